# Stands for nixpkgs where `nix flake check` cannot fetch it.
{
  outputs = _: {
    lib = import ./lib.nix;
    legacyPackages = builtins.listToAttrs (
      map
        (system: {
          name = system;
          value = import ./pkgs.nix {
            lib = import ./lib.nix;
            inherit system;
          };
        })
        [
          "aarch64-linux"
          "x86_64-linux"
        ]
    );
  };
}
