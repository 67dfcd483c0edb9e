# i3pm as a Nix package: `callPackage ./nix/package.nix { }`.
{ lib, rustPlatform, installShellFiles }:

let
  manifest = (lib.importTOML ../Cargo.toml).package;
in
rustPlatform.buildRustPackage {
  pname = manifest.name;
  version = manifest.version;

  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [ ../Cargo.toml ../Cargo.lock ../src ../tests ../benches ../docs ];
  };
  cargoLock.lockFile = ../Cargo.lock;
  buildType = "dist";

  # The other tests want real window managers, which a build has no room for.
  cargoTestFlags = [ "--lib" ];

  nativeBuildInputs = [ installShellFiles ];
  postInstall = ''
    mkdir man
    $out/bin/i3pm man man
    installManPage man/*
    installShellCompletion --cmd i3pm \
      --bash <($out/bin/i3pm completions bash) \
      --zsh <($out/bin/i3pm completions zsh) \
      --fish <($out/bin/i3pm completions fish)
  '';

  meta = {
    description = manifest.description;
    license = with lib.licenses; [ mit asl20 ];
    platforms = lib.platforms.linux;
    mainProgram = "i3pm";
  };
}
