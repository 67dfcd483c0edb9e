# The module of a test of a whole machine: its script, and what its machines are made of.
{
  lib,
  pkgs,
  test,
}:
let
  module = import test { inherit lib pkgs; };
  machine =
    node:
    (lib.evalModules {
      modules = [
        ./nixos.nix
        node
      ];
      specialArgs = { inherit pkgs; };
    }).config;
in
{
  inherit (module) name testScript;
  machines = lib.mapAttrs (_: node: machine node) module.nodes;
}
