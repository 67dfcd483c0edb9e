# At the top level, where `nix run`, `nix develop` and `nix flake check` look; the rest is in nix/. There is no
# flake.lock: whoever uses this flake chooses its nixpkgs (`inputs.i3pm.inputs.nixpkgs.follows = "nixpkgs"`).
{
  description = "A project manager for the i3 and sway window managers";

  # Cargo.toml says which Rust is needed; releases of NixOS may have an older one.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "aarch64-linux"
        "x86_64-linux"
      ];
      forEach =
        make:
        nixpkgs.lib.genAttrs systems (
          system: make (nixpkgs.legacyPackages.${system}.extend self.overlays.default)
        );
    in
    {
      overlays.default = final: _: { i3pm = final.callPackage ./nix/package.nix { }; };

      packages = forEach (pkgs: {
        inherit (pkgs) i3pm;
        default = pkgs.i3pm;
      });

      apps = forEach (
        pkgs:
        let
          app = program: {
            type = "app";
            program = "${pkgs.i3pm}/bin/${program}";
          };
        in
        {
          default = app "i3pm";
          i3pm = app "i3pm";
          i3pmd = app "i3pmd";
        }
      );

      homeModules.default.imports = [ ./nix/home-manager.nix ];
      nixosModules.default.imports = [ ./nix/nixos.nix ];

      # What `make check` and `make test` run, but for tests/setup.sh, which knows Debian.
      devShells = forEach (pkgs: {
        default = pkgs.mkShell {
          packages = with pkgs; [
            cargo
            cargo-fuzz
            clippy
            dejavu_fonts
            fontconfig
            foot
            gnumake
            grim
            groff
            i3
            nix
            procps
            python3
            rustc
            rustfmt
            scrot
            strace
            sway
            util-linux
            wtype
            xdotool
            xorg-server
            xrandr
            xterm
            xwayland
          ];
        };
      });

      checks = forEach (pkgs: {
        package = pkgs.i3pm;
        i3 = pkgs.testers.runNixOSTest ./nix/tests/i3.nix;
        sway = pkgs.testers.runNixOSTest ./nix/tests/sway.nix;
      });

      formatter = forEach (pkgs: pkgs.nixfmt-tree);
    };
}
