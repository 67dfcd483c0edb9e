//! The command line: everything is in `i3pm::cli`.

use std::process::ExitCode;

use clap::CommandFactory;

fn main() -> ExitCode {
    i3pm::cli::run(i3pm::daemon::arguments::Arguments::command)
}
