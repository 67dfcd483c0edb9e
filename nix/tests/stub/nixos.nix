# What our module and the machines of our tests touch of NixOS. What they say of X11, sway and the machine is only taken
# down.
{ lib, ... }:
let
  inherit (lib) mkOption types;
  raw = mkOption {
    type = types.raw;
    default = null;
  };
  listOf =
    type:
    mkOption {
      type = types.listOf type;
      default = [ ];
    };
  settings = mkOption {
    type = types.attrsOf types.raw;
    default = { };
  };
  units = mkOption {
    type = types.attrsOf (
      types.submodule {
        options = {
          after = listOf types.str;
          aliases = listOf types.str;
          enableDefaultPath = mkOption {
            type = types.bool;
            default = true;
          };
          overrideStrategy = mkOption {
            type = types.str;
            default = "asDropinIfExists";
          };
          partOf = listOf types.str;
          serviceConfig = settings;
          unitConfig = settings;
          wantedBy = listOf types.str;
        };
      }
    );
    default = { };
  };
in
{
  options = {
    environment.systemPackages = listOf types.package;
    environment.etc = mkOption {
      type = types.attrsOf (types.attrsOf types.raw);
      default = { };
    };
    programs.bash.loginShellInit = raw;
    programs.sway.enable = raw;
    services.displayManager = raw;
    services.getty.autologinUser = raw;
    services.xserver = raw;
    systemd.packages = listOf types.package;
    systemd.user.services = units;
    systemd.user.sockets = units;
    users.users = settings;
    virtualisation.memorySize = raw;
    virtualisation.qemu.options = listOf types.str;
  };
}
