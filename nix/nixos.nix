# The NixOS module, for those without home-manager: `imports = [ i3pm.nixosModules.default ];`, or this file. The
# configuration is one for all users, in /etc.
{
  config,
  lib,
  ...
}:
let
  program = config.programs.i3pm;
  service = config.services.i3pm;
  packaged = service.units."i3pm.service";

  configPath = "i3pm/config.toml";
  otherTarget = lib.optional (service.systemd.target != "graphical-session.target") service.systemd.target;
in
{
  imports = [ ./common.nix ];

  config = lib.mkMerge [
    (lib.mkIf program.enable {
      environment.systemPackages = [ program.package ];

      environment.etc.${configPath} = lib.mkIf (program.configFile != null) { source = program.configFile; };

      # `include /etc/i3pm/keybindings.conf` in the configuration of i3 or sway.
      environment.etc."i3pm/keybindings.conf" = lib.mkIf (program.keybindings != { }) { text = program.keybindingsText; };
    })

    (lib.mkIf service.enable {
      # The units themselves are the package's; what follows are drop-ins and links.
      systemd.packages = [ program.package ];

      systemd.user.services.i3pm = {
        overrideStrategy = "asDropin";
        # The daemon's programs are the session's: no PATH of our own.
        enableDefaultPath = false;
        wantedBy = [ service.systemd.target ];
        partOf = otherTarget;
        after = otherTarget;
        aliases = [ service.aliases."i3pm.service" ];
        # Not for the greeter of a display manager.
        unitConfig = service.changes.Unit // {
          ConditionUser = "!@system";
        };
        serviceConfig =
          service.changes.Service
          // lib.optionalAttrs (program.configFile != null) {
            # An empty one takes back that of the package.
            ExecStart = [
              ""
              "${packaged.Service.ExecStart} --config /etc/${configPath}"
            ];
          };
      };

      systemd.user.sockets.i3pm = {
        overrideStrategy = "asDropin";
        wantedBy = [ "sockets.target" ];
        aliases = [ service.aliases."i3pm.socket" ];
        unitConfig.ConditionUser = "!@system";
      };
    })
  ];
}
