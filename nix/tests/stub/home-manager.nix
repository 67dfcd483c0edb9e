# What our module touches of home-manager, and what home-manager makes of units: files of xdg.configFile with their text.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  lines = mkOption {
    type = types.lines;
    default = "";
  };
  listOf =
    type:
    mkOption {
      type = types.listOf type;
      default = [ ];
    };
  # Section, setting, value or values.
  units = mkOption {
    type = types.attrsOf (types.attrsOf (types.attrsOf types.raw));
    default = { };
  };

  shown =
    unit:
    lib.concatStringsSep "\n" (
      lib.mapAttrsToList (
        section: settings:
        "[${section}]\n"
        + lib.concatStrings (
          lib.concatMap (name: map (value: "${name}=${toString value}\n") (lib.toList settings.${name})) (
            lib.attrNames settings
          )
        )
      ) (lib.filterAttrs (_: settings: settings != { }) unit)
    );

  files =
    kind:
    lib.concatMap (
      name:
      let
        unit = config.systemd.user.${kind + "s"}.${name};
        file = "${name}.${kind}";
        value.source = pkgs.writeText file (shown unit);
        links = variant: map (target: lib.nameValuePair "systemd/user/${target}.${variant}/${file}" value);
      in
      [ (lib.nameValuePair "systemd/user/${file}" value) ]
      ++ links "wants" (unit.Install.WantedBy or [ ])
      ++ links "requires" (unit.Install.RequiredBy or [ ])
    ) (lib.attrNames config.systemd.user.${kind + "s"});
in
{
  options = {
    assertions = listOf types.raw;
    home.packages = listOf types.package;
    systemd.user.services = units;
    systemd.user.sockets = units;
    wayland.windowManager.sway.extraConfig = lines;
    xsession.windowManager.i3.extraConfig = lines;
    xdg.configFile = mkOption {
      type = types.attrsOf (
        types.submodule {
          options.source = mkOption { type = types.package; };
        }
      );
      default = { };
    };
  };

  config.xdg.configFile = lib.listToAttrs (files "service" ++ files "socket");
}
