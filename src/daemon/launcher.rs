//! Starting a program: the part that may block, in the worker.
//!
//! A hidden verb of `i3pm` stands between: what a child must do before its program runs (a session, limits, a directory) needs `unsafe` code between
//! fork and exec, and is ordinary code in a program of its own. Where the user has a systemd, `systemd-run --scope` stands before that, so that the
//! program is in a control group of its own before it begins: else it would end with us. All of them call exec: the process stays the same.
//!
//! The child's stdin is our stderr, which the verb makes stdout and stderr of the program; its stdout and stderr are a pipe, by which systemd-run and
//! the verb say what is wrong. The last thing that the verb writes before exec is `LAUNCH_STARTED`; exec closes the pipe.

use std::io::{self, PipeReader, pipe};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::lineage;
use crate::api::LAUNCH_VERB;
use crate::core::{LaunchId, LaunchOrder};

/// What programs are started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launcher {
    /// The `i3pm` that belongs to this daemon.
    pub command_line: PathBuf,
    /// `$XDG_RUNTIME_DIR`.
    pub runtime_root: PathBuf,
    /// How many descriptors a program may have, where that is not what we may have.
    pub descriptors: Option<u64>,
}

impl Launcher {
    /// Programs start with the `i3pm` beside this executable, else with the one of PATH.
    #[must_use]
    pub fn new(runtime_root: &Path) -> Launcher {
        let beside = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.join("i3pm")));
        let command_line = beside.filter(|path| path.is_file()).unwrap_or_else(|| PathBuf::from("i3pm"));
        Launcher { command_line, runtime_root: runtime_root.to_owned(), descriptors: None }
    }
}

/// A process on its way to its program. It is ended and waited for where nobody takes it: its launch was given up meanwhile.
#[derive(Debug)]
pub struct Child(Option<Parts>);

/// What a child is made of.
#[derive(Debug)]
pub struct Parts {
    /// Which launch this is.
    pub launch: LaunchId,
    /// It only looks whether the program could be started.
    pub check: bool,
    /// The process.
    pub process: std::process::Child,
    /// When it was started, in clock ticks since boot.
    pub start_time: u64,
    /// Readable when the process has ended.
    pub end: OwnedFd,
    /// What it says before its program runs; closed from then on.
    pub report: PipeReader,
}

impl Child {
    /// What it is made of.
    #[must_use]
    pub fn take(mut self) -> Option<Parts> {
        self.0.take()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if let Some(mut parts) = self.0.take() {
            let _ = parts.process.kill();
            let _ = parts.process.wait();
        }
    }
}

/// Start a program.
///
/// # Errors
/// A sentence that says what failed.
pub fn start(launcher: &Launcher, order: &LaunchOrder) -> Result<Child, String> {
    let failed = |error: io::Error| format!("no file descriptors for it: {error}");
    let (report, their_end) = pipe().map_err(failed)?;
    let again = their_end.try_clone().map_err(failed)?;
    let log = io::stderr().as_fd().try_clone_to_owned().map_err(failed)?;
    let mut command = command(launcher, order);
    command.stdin(Stdio::from(log)).stdout(Stdio::from(their_end)).stderr(Stdio::from(again));
    let spawned = command.spawn();
    let mut process =
        spawned.map_err(|error| format!("{} cannot be run: {error}", command.get_program().to_string_lossy()))?;
    let end = i32::try_from(process.id())
        .ok()
        .and_then(Pid::from_raw)
        .ok_or(io::ErrorKind::NotFound.into())
        .and_then(|pid| Ok(pidfd_open(pid, PidfdFlags::empty())?));
    let end = end.map_err(|error: io::Error| {
        let _ = process.kill();
        let _ = process.wait();
        format!("its process cannot be watched: {error}")
    })?;
    let start_time = lineage::start_time(process.id()).unwrap_or_default();
    Ok(Child(Some(Parts { launch: order.launch, check: order.check, process, start_time, end, report })))
}

fn command(launcher: &Launcher, order: &LaunchOrder) -> Command {
    let mut command = if has_systemd(&launcher.runtime_root) && !order.check {
        let mut command = Command::new("systemd-run");
        command.args(["--user", "--scope", "--collect", "--quiet", "--slice=app.slice"]);
        command.arg(format!("--unit={}.scope", order.unit)).arg(format!("--description={}", order.description));
        command.arg("--").arg(&launcher.command_line);
        command
    } else {
        Command::new(&launcher.command_line)
    };
    command.arg(LAUNCH_VERB).arg("--directory").arg(&order.cwd);
    if let Some(descriptors) = launcher.descriptors {
        command.arg("--descriptors").arg(descriptors.to_string());
    }
    if order.check {
        command.arg("--check");
    }
    command.arg("--").args(&order.command);
    for name in &order.unset {
        command.env_remove(name);
    }
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        command.env("XDG_RUNTIME_DIR", &launcher.runtime_root);
    }
    command.envs(order.set.iter().map(|(name, value)| (name, value)));
    command
}

/// Does a service manager of the user answer here? This is the socket that systemd's own programs look for.
fn has_systemd(runtime_root: &Path) -> bool {
    runtime_root.join("systemd/private").exists()
}
