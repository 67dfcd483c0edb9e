# The modules as the test target `nix` looks at them: each attribute is one case, made of plain values.
#
# `lib` is the stub's, or a real one (tests/nix/main.rs says how).
{
  lib ? import ./stub/lib.nix,
}:
let
  # The type of nixpkgs' pkgs.formats.toml, in the words of a real lib.
  tomlValue =
    with lib.types;
    oneOf [
      bool
      int
      float
      str
      path
      (attrsOf tomlValue)
      (listOf tomlValue)
    ]
    // {
      description = "TOML value";
    };
  withToml = if lib.types ? tomlValue then lib else lib // { types = lib.types // { inherit tomlValue; }; };

  pkgs = import ./stub/pkgs.nix {
    lib = withToml;
    system = "x86_64-linux";
  };

  evaluate =
    world: module: configuration:
    lib.evalModules {
      modules = [
        world
        module
        configuration
      ];
      specialArgs = { inherit pkgs; };
    };
  home = evaluate ./stub/home-manager.nix ../home-manager.nix;
  nixos = evaluate ./stub/nixos.nix ../nixos.nix;

  # What a user of home-manager gets.
  ofHome =
    configuration:
    let
      inherit ((home configuration)) config;
      file = config.programs.i3pm.configFile;
    in
    {
      files = lib.mapAttrs (_: entry: {
        inherit (entry.source) name;
        text = entry.source.text or entry.source.script or null;
      }) config.xdg.configFile;
      # What the configuration file is made of.
      inherit (config.programs.i3pm) settings;
      configFile = if file == null then null else "${file}";
      packages = map (package: package.name) config.home.packages;
      i3 = config.xsession.windowManager.i3.extraConfig;
      sway = config.wayland.windowManager.sway.extraConfig;
      failed = map (each: each.message) (lib.filter (each: !each.assertion) config.assertions);
    };

  # What a machine gets.
  ofNixos =
    configuration:
    let
      inherit ((nixos configuration)) config;
    in
    {
      inherit (config.systemd.user) services sockets;
      unitPackages = map (package: package.name) config.systemd.packages;
      packages = map (package: package.name) config.environment.systemPackages;
      etc = lib.mapAttrs (_: entry: entry.text or entry.source.name) config.environment.etc;
    };

  full = {
    programs.i3pm = {
      settings = {
        unclaimed = "global";
        # Beside those of the option.
        project.extra.dir = "/srv/extra";
      };
      projects = {
        web = {
          dir = "~/code/web";
          icon = "W";
          display_name = "The \"web\" site";
          order = 2;
          on_enter = [
            "notify-send"
            "{name}"
          ];
          workspaces = [
            3
            "web"
          ];
        };
        "ann/api:v2" = { };
      };
      rules = [
        {
          class = "Firefox";
          title = "glob:* – GitHub*";
          project = "web";
        }
        {
          app_id = "re:^(mpv|vlc)$";
          global = true;
        }
        {
          instance = "keys";
          projects = [
            "web"
            "ann/api:v2"
          ];
        }
      ];
      keybindings = {
        "Mod4+1" = "switch web";
        "Mod4+grave" = "switch -";
      };
    };
    services.i3pm = {
      enable = true;
      systemd.target = "sway-session.target";
      memoryMax = "64M";
      watchdogSec = 40;
      startLimitBurst = 9;
    };
  };

  # Every option, for docs/nix.md.
  documented =
    prefix: options:
    lib.concatMap (
      name:
      let
        option = options.${name};
        path = "${prefix}.${name}";
      in
      if option._type or null != "option" then
        documented path option
      else if option.internal or false then
        [ ]
      else
        [
          {
            inherit path;
            inherit (option) description;
            type = option.type.description;
            default = option.defaultText.text or (if option ? default then builtins.toJSON option.default else "");
            example = if option ? example then builtins.toJSON option.example else "";
          }
        ]
    ) (lib.attrNames options);
  inherit ((home { })) options;
in
{
  nothing = ofHome { };
  programOnly = ofHome { programs.i3pm.enable = true; };
  daemonOnly = ofHome { services.i3pm.enable = true; };
  full = ofHome full;
  unchecked = ofHome {
    imports = [ full ];
    programs.i3pm.checkConfig = false;
  };
  # A table of a later i3pm is passed on as it is.
  later = ofHome {
    programs.i3pm.settings.app.editor.command = [
      "foot"
      "vi"
    ];
  };

  # Only `i3pm check` can know that this rule says nothing.
  broken = ofHome {
    programs.i3pm = {
      enable = true;
      rules = [ { class = "Firefox"; } ];
    };
  };
  wrongType = ofHome { programs.i3pm.projects.web.dir = 7; };
  wrongKeybinding = ofHome {
    programs.i3pm = {
      enable = true;
      keybindings."Mod4+1" = "clear; exec evil";
    };
  };
  unknownOption = ofHome { services.i3pm.memoryMaximum = "1G"; };

  nixosDaemonOnly = ofNixos { services.i3pm.enable = true; };
  nixosFull = ofNixos full;

  documentation =
    documented "programs.i3pm" options.programs.i3pm ++ documented "services.i3pm" options.services.i3pm;

  # The stub's file sets say which files there are; the real ones are paths in a store.
  packageArguments =
    let
      package = pkgs.callPackage ../package.nix {
        lib = lib // {
          inherit (import ./stub/lib.nix) fileset;
        };
      };
    in
    removeAttrs package [
      "all"
      "drvAttrs"
      "out"
      "outPath"
    ];

  vmTests = lib.mapAttrs (_: test: {
    inherit (test) name testScript;
    services = lib.attrNames test.machines.machine.systemd.user.services;
  }) (lib.genAttrs [ "i3" "sway" ] (name: pkgs.testers.runNixOSTest (./. + "/${name}.nix")));
}
