//! Directories of ours.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// Make a directory that only we can enter, and those above it that are missing. One that is there
/// keeps its mode.
///
/// # Errors
/// What the kernel says.
pub fn make(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}
