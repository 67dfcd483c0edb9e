//! The command line. Everything is in `i3pm::cli`; only `rescue` comes from elsewhere.

use std::path::Path;
use std::process::ExitCode;

use i3pm::cli::Rescued;

fn main() -> ExitCode {
    i3pm::cli::run(rescue)
}

fn rescue(_wm_socket: Option<&Path>) -> anyhow::Result<Rescued> {
    anyhow::bail!("this build cannot bring windows back without a daemon; start it with `i3pmd`")
}
