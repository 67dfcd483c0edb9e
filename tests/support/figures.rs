//! Figures: what tests measure and count. `cargo test` shows the output of tests that failed only,
//! so they are written to files, which `make test` prints at its end.

use std::fs;
use std::path::Path;

/// Print a text, and keep it as `target/tmp/figures/NAME`.
///
/// # Panics
/// When it cannot be written.
pub fn tell(name: &str, text: &str) {
    eprintln!("{text}");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("figures");
    fs::create_dir_all(&folder).expect("a folder for figures");
    fs::write(folder.join(name), format!("{}\n", text.trim_end())).expect("a file for a figure");
}
