# i3pm as a Nix package: `pkgs.callPackage ./nix/package.nix { }`.
{
  lib,
  rustPlatform,
  stdenv,
  versionCheckHook,
}:
let
  manifest = (lib.importTOML ../Cargo.toml).package;
  # The programs write their manual pages and completions themselves.
  canRun = stdenv.buildPlatform.canExecute stdenv.hostPlatform;
in
rustPlatform.buildRustPackage {
  pname = manifest.name;
  inherit (manifest) version;

  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../Cargo.lock
      ../Cargo.toml
      ../LICENSE-APACHE
      ../LICENSE-MIT
      ../Makefile
      ../README.md
      ../benches
      ../docs
      ../src
      ../systemd
      ../tests
    ];
  };
  cargoLock.lockFile = ../Cargo.lock;
  buildType = "dist";

  # The other tests want window managers and a machine of their own: nix/tests, and `make test`.
  cargoTestFlags = [ "--lib" ];
  checkType = "debug";

  postInstall = lib.optionalString canRun ''
    make install-data PREFIX="$out" I3PM="$out/bin/i3pm"
  '';

  nativeInstallCheckInputs = [ versionCheckHook ];
  doInstallCheck = canRun;

  meta = {
    inherit (manifest) description;
    license = with lib.licenses; [
      mit
      asl20
    ];
    platforms = lib.platforms.linux;
    mainProgram = "i3pm";
  };
}
