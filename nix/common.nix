# What the modules for home-manager and for NixOS have in common: the options, the configuration file made of them, and
# what of the service differs from the units of the package.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;

  toml = pkgs.formats.toml { };
  program = config.programs.i3pm;
  service = config.services.i3pm;

  unitsOf = package: import ./units.nix { inherit lib package; };

  # Option -> where it stands in systemd/i3pm.service, and what it is.
  tunables = {
    watchdogSec = {
      section = "Service";
      key = "WatchdogSec";
      text = "How long the daemon may be silent before systemd takes it for hung and starts it anew; it speaks three times as often.";
    };
    timeoutStartSec = {
      section = "Service";
      key = "TimeoutStartSec";
      text = "How long the daemon may take to be ready.";
    };
    timeoutStopSec = {
      section = "Service";
      key = "TimeoutStopSec";
      text = "How long the daemon may take to stop; it takes two seconds at most by itself.";
    };
    restartSec = {
      section = "Service";
      key = "RestartSec";
      text = "How long systemd waits before it starts the daemon again.";
    };
    startLimitIntervalSec = {
      section = "Unit";
      key = "StartLimitIntervalSec";
      text = "The time in which starts are counted.";
    };
    startLimitBurst = {
      section = "Unit";
      key = "StartLimitBurst";
      text = "How many starts in that time are tried before the service counts as failed.";
    };
    memoryHigh = {
      section = "Service";
      key = "MemoryHigh";
      text = "Above so much memory the daemon is slowed down.";
    };
    memoryMax = {
      section = "Service";
      key = "MemoryMax";
      text = "Above so much memory the daemon is killed.";
    };
    cpuQuota = {
      section = "Service";
      key = "CPUQuota";
      text = "How much of one processor the daemon may use.";
    };
    tasksMax = {
      section = "Service";
      key = "TasksMax";
      text = "How many threads the daemon may have.";
    };
  };
  # What does not depend on where the package is.
  packaged =
    let
      unit = (unitsOf "")."i3pm.service";
    in
    tunable: unit.${tunable.section}.${tunable.key};

  ofText =
    description:
    mkOption {
      type = types.nullOr types.str;
      default = null;
      inherit description;
    };

  ofTexts =
    description:
    mkOption {
      type = types.nullOr (types.listOf types.str);
      default = null;
      inherit description;
    };

  project = types.submodule {
    freeformType = toml.type;
    options = {
      dir = ofText "Its directory, absolute or beginning with `~/`. It need not exist.";
      match = mkOption {
        type = types.nullOr (types.enum [ "cwd" "git" ]);
        default = null;
        description = "Which directory of a window's process must be that of the project or below it, for the project to claim it.";
      };
      icon = ofText "A short text for bars.";
      display_name = ofText "A name for people.";
      order = mkOption {
        type = types.nullOr types.int;
        default = null;
        description = "Its place in lists of projects, the lowest first.";
      };
      apps = ofTexts "The applications that are started when it is opened and has no windows.";
      on_enter = ofTexts "The program that is run when it has become the active one, and its arguments.";
      on_leave = ofTexts "The program that is run when it is the active one no longer, and its arguments.";
      hook_limit = mkOption {
        type = types.nullOr types.int;
        default = null;
        description = "How long either of them may run, in seconds.";
      };
      workspaces = mkOption {
        type = types.nullOr (types.listOf (types.either types.int types.str));
        default = null;
        description = "The workspaces that are shown when it is entered for the first time, by name or number.";
      };
      output = ofText "The output that the first of its workspaces is made on.";
    };
  };

  rule = types.submodule {
    freeformType = toml.type;
    options = {
      class = ofText "What the class of an X11 window must fit: the text itself, `glob:PATTERN` or `re:PATTERN`, as all matchers.";
      instance = ofText "What the instance of an X11 window must fit.";
      app_id = ofText "What the application id of a Wayland window must fit.";
      title = ofText "What the title must fit.";
      project = ofText "The project that such a window belongs to.";
      projects = ofTexts "The projects that such a window belongs to.";
      global = mkOption {
        type = types.nullOr types.bool;
        default = null;
        description = "`true`: such a window belongs to no project and is always shown.";
      };
    };
  };

  said = lib.filterAttrs (_: value: value != null);
in
{
  options = {
    programs.i3pm = {
      enable = mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = "Whether to install {command}`i3pm` and write its configuration.";
      };

      package = mkOption {
        type = types.package;
        default = pkgs.i3pm or (pkgs.callPackage ./package.nix { });
        defaultText = lib.literalExpression "pkgs.i3pm, or the package of this source";
        description = "The package with {command}`i3pm` and {command}`i3pmd`.";
      };

      settings = mkOption {
        inherit (toml) type;
        default = { };
        example = {
          unclaimed = "global";
          on_activate = "summon";
        };
        description = ''
          The configuration, in the words of {manpage}`i3pm.toml(5)`. Every table that is known there may stand here; for
          projects and rules there are options of their own.
        '';
      };

      projects = mkOption {
        type = types.attrsOf project;
        default = { };
        example = {
          web = {
            dir = "~/code/web";
            icon = "W";
          };
        };
        description = "The projects by name: the `[project.NAME]` tables of {manpage}`i3pm.toml(5)`.";
      };

      rules = mkOption {
        type = types.listOf rule;
        default = [ ];
        example = [
          {
            class = "Firefox";
            title = "glob:*GitHub*";
            project = "web";
          }
        ];
        description = "Where windows belong, and where and how they are placed. The `[[rule]]` tables of {manpage}`i3pm.toml(5)`.";
      };

      checkConfig = mkOption {
        type = types.bool;
        default = true;
        description = "Whether to check the configuration with {command}`i3pm check` while it is built. A fault ends the build.";
      };

      keybindings = mkOption {
        type = types.attrsOf (types.strMatching "[^;,\n]+");
        default = { };
        example = {
          "Mod4+F1" = "switch web";
          "Mod4+grave" = "switch -";
          "Mod4+F10" = "clear";
        };
        description = ''
          Keys of i3 and sway, and what i3pm does when one is pressed: `switch NAME`, `switch -`, `next`, `prev` or `clear`.
          Each becomes `bindsym KEY nop i3pm COMMAND`, for which no process is started: the daemon hears of the binding.
        '';
      };

      configFile = mkOption {
        type = types.nullOr types.package;
        readOnly = true;
        internal = true;
        description = "The configuration file, or null where nothing is set.";
      };

      keybindingsText = mkOption {
        type = types.str;
        readOnly = true;
        internal = true;
        description = "The lines for the configuration of i3 and sway.";
      };
    };

    services.i3pm = {
      enable = mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = "Whether to run the daemon, {manpage}`i3pmd(8)`, in graphical sessions.";
      };

      systemd.target = mkOption {
        type = types.str;
        default = "graphical-session.target";
        example = "sway-session.target";
        description = "The target that starts the daemon and stops it. It must be one that the session reaches.";
      };

      units = mkOption {
        type = types.attrsOf types.raw;
        readOnly = true;
        internal = true;
        description = "The units of the package as attribute sets.";
      };

      aliases = mkOption {
        type = types.attrsOf types.str;
        readOnly = true;
        internal = true;
        description = "The names of i3pm's predecessor, which the units of the package have too.";
      };

      changes = mkOption {
        type = types.attrsOf types.raw;
        readOnly = true;
        internal = true;
        description = "What the options say otherwise than the unit of the package, by section.";
      };
    }
    // lib.mapAttrs (
      _: tunable:
      mkOption {
        type = types.either types.int types.str;
        default = packaged tunable;
        description = "${tunable.text} `${tunable.key}=` of the unit.";
      }
    ) tunables;
  };

  config = {
    programs.i3pm = {
      enable = lib.mkIf service.enable (lib.mkDefault true);

      settings = {
        project = lib.mkIf (program.projects != { }) (lib.mapAttrs (_: said) program.projects);
        rule = lib.mkIf (program.rules != [ ]) (map said program.rules);
      };

      configFile =
        let
          plain = toml.generate "i3pm-config.toml" program.settings;
          # A program for another machine cannot be asked.
          canCheck = pkgs.stdenv.buildPlatform.canExecute pkgs.stdenv.hostPlatform;
        in
        if program.settings == { } then
          null
        else if program.checkConfig && canCheck then
          pkgs.runCommandLocal "i3pm-config.toml" { } ''
            ${program.package}/bin/i3pm check ${plain}
            cp ${plain} "$out"
          ''
        else
          plain;

      keybindingsText = lib.concatStrings (
        lib.mapAttrsToList (key: command: "bindsym ${key} nop i3pm ${command}\n") program.keybindings
      );
    };

    services.i3pm = {
      units = unitsOf program.package;
      aliases = {
        "i3pm.service" = "i3-project-daemon.service";
        "i3pm.socket" = "i3-project-daemon.socket";
      };
      changes =
        let
          changed = lib.filterAttrs (name: tunable: toString service.${name} != toString (packaged tunable)) tunables;
          ofSection =
            section:
            lib.mapAttrs' (name: tunable: lib.nameValuePair tunable.key service.${name}) (
              lib.filterAttrs (_: tunable: tunable.section == section) changed
            );
        in
        {
          Unit = ofSection "Unit";
          Service = ofSection "Service";
        };
    };
  };
}
