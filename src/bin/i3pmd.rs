//! The daemon.

fn main() -> std::process::ExitCode {
    i3pm::daemon::main()
}
