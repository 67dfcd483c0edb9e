# The home-manager module: `imports = [ i3pm.homeModules.default ];`, or this file.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  program = config.programs.i3pm;
  service = config.services.i3pm;

  # Where a unit names the target of the session, the one that was chosen stands.
  inSession = lib.replaceStrings [ "graphical-session.target" ] [ service.systemd.target ];
  each = function: value: if lib.isList value then map function value else function value;
  # home-manager takes what [Install] says for lists.
  words = value: lib.concatMap (lib.splitString " ") (lib.toList value);
  ofSession =
    unit:
    unit
    // lib.optionalAttrs (unit ? Unit) { Unit = lib.mapAttrs (_: each inSession) unit.Unit; }
    // lib.optionalAttrs (unit ? Install) {
      Install = lib.mapAttrs (_: value: map inSession (words value)) unit.Install;
    };

  changed =
    name: unit:
    if name == "i3pm.service" then
      unit
      // {
        Unit =
          unit.Unit
          // service.changes.Unit
          // lib.optionalAttrs (program.configFile != null) { X-Reload-Triggers = [ "${program.configFile}" ]; };
        Service = unit.Service // service.changes.Service;
      }
    else
      unit;

  units = lib.mapAttrs (name: unit: changed name (ofSession unit)) service.units;
  ofKind =
    kind:
    lib.mapAttrs' (file: unit: lib.nameValuePair (lib.removeSuffix kind file) unit) (
      lib.filterAttrs (file: _: lib.hasSuffix kind file) units
    );

  # systemd takes the name at the end of a chain of links for the unit's own, and the others for aliases.
  aliases = lib.mapAttrs' (file: alias: {
    name = "systemd/user/${alias}";
    value.source = config.xdg.configFile."systemd/user/${file}".source;
  }) service.aliases;
in
{
  imports = [ ./common.nix ];

  config = lib.mkMerge [
    (lib.mkIf program.enable {
      assertions = [
        {
          assertion = pkgs.stdenv.hostPlatform.isLinux;
          message = "programs.i3pm: i3pm runs on Linux only.";
        }
      ];

      home.packages = [ program.package ];

      xdg.configFile."i3pm/config.toml" = lib.mkIf (program.configFile != null) { source = program.configFile; };

      # Not `config.keybindings`: to define one there replaces home-manager's own.
      xsession.windowManager.i3.extraConfig = program.keybindingsText;
      wayland.windowManager.sway.extraConfig = program.keybindingsText;
    })

    (lib.mkIf service.enable {
      systemd.user.services = ofKind ".service";
      systemd.user.sockets = ofKind ".socket";
      xdg.configFile = aliases;
    })
  ];
}
