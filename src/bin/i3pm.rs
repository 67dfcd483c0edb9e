//! The command line: everything is in `i3pm::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    i3pm::cli::run()
}
