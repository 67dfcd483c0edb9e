# As much of nixpkgs as this project names: packages that are nothing but a name, and builders that keep what they are
# told where a test can look at it. What is not here is not there for the package, the modules and the flake either.
{ lib, system }:
let
  # A derivation that cannot be built, with what is known of it beside.
  named =
    name: known:
    derivation {
      inherit name system;
      builder = "/bin/sh";
      # All that it was told, evaluated and part of its identity, as with the real ones.
      told = builtins.toJSON (removeAttrs known [ "outPath" ]);
    }
    // {
      inherit name;
      pname = name;
      meta = { };
    }
    // known;

  packages = lib.genAttrs [
    "cargo"
    "cargo-fuzz"
    "clippy"
    "dejavu_fonts"
    "fontconfig"
    "foot"
    "gnumake"
    "grim"
    "groff"
    "i3"
    "nix"
    "nixfmt-tree"
    "procps"
    "python3"
    "rustc"
    "rustfmt"
    "scrot"
    "strace"
    "sway"
    "util-linux"
    "versionCheckHook"
    "wtype"
    "xdotool"
    "xorg-server"
    "xrandr"
    "xterm"
    "xwayland"
  ] (name: named name { });

  platform = {
    inherit system;
    isLinux = true;
    canExecute = other: other.system == system;
  };

  pkgs = packages // {
    inherit lib system pkgs;
    stdenv = {
      buildPlatform = platform;
      hostPlatform = platform;
    };
    callPackage =
      file: given:
      let
        function = import file;
      in
      function (builtins.intersectAttrs (builtins.functionArgs function) pkgs // given);
    extend = overlay: pkgs // overlay (pkgs // overlay pkgs pkgs) pkgs;

    rustPlatform.buildRustPackage =
      arguments: named arguments.pname (arguments // { outPath = "/nix/store/${arguments.pname}"; });
    mkShell = arguments: named "shell" (builtins.mapAttrs (_: map (package: package.name)) arguments);
    writeText = name: text: named name { inherit text; };
    runCommandLocal =
      name: arguments: script:
      named name { inherit script; };

    # The real one has the text made by a program at build time; the value is what it makes it of.
    formats.toml = _: {
      type = lib.types.tomlValue;
      generate = name: value: named name { inherit value; };
    };

    testers.runNixOSTest = test: named "vm-test" (import ./vm-test.nix { inherit lib pkgs test; });
  };
in
pkgs
