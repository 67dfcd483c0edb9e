//! The daemon as it is installed: a release build. Tests that measure it must measure the program
//! that people run.
//!
//! Needs nothing of the rest of `support`, so that targets without a window manager include it
//! alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Build it, and tell where it is. `make test` has built it already; then this only looks.
///
/// # Panics
/// When it cannot be built.
#[must_use]
pub fn release_build() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--locked", "--quiet", "--message-format=json", "--bin", "i3pmd"]);
    let output = command.current_dir(root).stdin(Stdio::null()).stderr(Stdio::inherit()).output().expect("cargo");
    assert!(output.status.success(), "the release build failed");
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    let executable = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    let executable = executable.expect("cargo tells where it put the executable");
    // Pages of a file that was just written count as dirty pages of whoever runs it, until they are
    // on disk.
    fs::File::open(&executable).and_then(|file| file.sync_all()).expect("the executable on disk");
    executable
}
