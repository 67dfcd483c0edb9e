//! Starting a program: the part that may block, in the worker.
//!
//! A hidden verb of `i3pm` stands between: what a child must do before its program runs (a session,
//! limits, a directory) needs `unsafe` code between fork and exec, and is ordinary code in a
//! program of its own. It finds its order in a file, reports by a FIFO beside it, and calls exec:
//! its process becomes that of the program.
//!
//! If the user has a systemd, it is asked to run the verb as a transient service. So the program is
//! no child of ours, inherits nothing that our own unit forbids us, and does not end with us. The
//! service calls the verb once more when it has ended. Else the verb is our child.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::directory;
use crate::api::{LAUNCH_VERB, SESSION_VARIABLES, START_VARIABLES, StartOrder, report_of};
use crate::core::{Ending, LaunchOrder};
use crate::sockets::session;

/// What programs are started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launcher {
    /// The `i3pm` that belongs to this daemon.
    pub command_line: PathBuf,
    /// `$XDG_RUNTIME_DIR`.
    pub runtime_root: PathBuf,
    /// Where orders lie until they are read, and reports while programs run.
    pub orders: PathBuf,
    /// How many descriptors a program may have, if that is not what we may have.
    pub descriptors: Option<u64>,
}

impl Launcher {
    /// Programs start with the `i3pm` beside this executable, else with the one of PATH.
    #[must_use]
    pub fn new(runtime_root: &Path, runtime: &Path) -> Launcher {
        let beside = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.join("i3pm")));
        let command_line = beside.filter(|path| path.is_file()).unwrap_or_else(|| PathBuf::from("i3pm"));
        Launcher {
            command_line,
            runtime_root: runtime_root.to_owned(),
            orders: runtime.join("launch"),
            descriptors: None,
        }
    }

    /// Does a service manager of the user answer here? This is the socket that systemd's own
    /// programs look for.
    fn has_systemd(&self) -> bool {
        self.runtime_root.join("systemd/private").exists()
    }
}

/// A process of ours. It is ended when nobody holds this any more, because its purpose was given
/// up; unless it was allowed to live on.
#[derive(Debug)]
pub struct Process {
    child: std::process::Child,
    status: Option<ExitStatus>,
    lives: bool,
    /// Readable when it has ended; closed when that is known.
    pub end: Option<OwnedFd>,
}

impl Process {
    fn spawn(command: &mut Command) -> Result<Process, String> {
        let spawned = command.spawn();
        let child =
            spawned.map_err(|error| format!("{} cannot be run: {error}", command.get_program().to_string_lossy()))?;
        let mut process = Process { child, status: None, lives: false, end: None };
        match pidfd_open(process.pid(), PidfdFlags::empty()) {
            Ok(end) => {
                process.end = Some(end);
                Ok(process)
            }
            Err(error) => {
                process.kill();
                // The worker does this, and it may wait.
                let _ = process.child.wait();
                Err(format!("its process cannot be watched: {error}"))
            }
        }
    }

    /// Its process id, which is nobody else's until `ended` has said how it ended.
    #[must_use]
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// How it has ended, if it has. Does not wait.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().unwrap_or_default();
            if self.status.is_some() {
                self.end = None;
            }
        }
        self.status
    }

    /// From now on it is on its own.
    pub fn let_live(&mut self) {
        self.lives = true;
    }

    /// End it.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
    }
}

impl Drop for Process {
    /// Nobody looks after it any more: it is ended, and nobody waits for that. If a disk holds it
    /// up, its end may take time.
    fn drop(&mut self) {
        if self.status.is_none() && !self.lives {
            self.kill();
        }
    }
}

/// The order of a program and the FIFO of its reports, in the file system as long as this lives.
#[derive(Debug)]
struct Handover {
    order: PathBuf,
    report: PathBuf,
}

impl Handover {
    fn make(launcher: &Launcher, launch: u64, order: &StartOrder) -> io::Result<Handover> {
        directory::make(&launcher.orders)?;
        let path = launcher.orders.join(format!("{}-{launch}", std::process::id()));
        let handover = Handover { report: report_of(&path), order: path };
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&handover.order)?;
        file.write_all(&serde_json::to_vec(order)?)?;
        mknodat(CWD, &handover.report, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
        Ok(handover)
    }
}

impl Drop for Handover {
    fn drop(&mut self) {
        for path in [&self.order, &self.report] {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A program on its way.
#[derive(Debug)]
pub struct Started {
    /// It is only looked for.
    pub check: bool,
    /// The verb; or the program that asked for it, if a service manager runs the verb.
    pub process: Process,
    /// The service, if it is one.
    pub unit: Option<String>,
    /// What is reported of it.
    pub report: Report,
}

/// What is reported of a program. Its files are there as long as this is.
#[derive(Debug)]
pub struct Report {
    /// The end to read from; never waits.
    pub lines: File,
    _handover: Handover,
}

/// Start a program.
///
/// # Errors
/// A sentence that says what failed.
pub fn start(launcher: &Launcher, order: &LaunchOrder) -> Result<Started, String> {
    let handed = StartOrder {
        command: order.command.clone(),
        directory: order.cwd.clone(),
        environment: environment(launcher, order),
        descriptors: launcher.descriptors,
        check: order.check,
    };
    let failed = |error: io::Error| format!("its order cannot be put into {}: {error}", launcher.orders.display());
    let handover = Handover::make(launcher, order.launch.0, &handed).map_err(failed)?;
    // The reader has to be there before the writer.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let lines = rustix::fs::open(&handover.report, flags, Mode::empty()).map_err(|error| failed(error.into()))?.into();
    let unit = Some(format!("{}.service", order.unit)).filter(|_| launcher.has_systemd() && !order.check);
    let mut command = match &unit {
        Some(unit) => {
            let words = OpenOptions::new().write(true).open(&handover.report).map_err(failed)?;
            let again = words.try_clone().map_err(failed)?;
            let mut command = service(launcher, order, unit, &handover.order);
            command.stdout(words).stderr(again);
            command
        }
        None => {
            let mut command = verb(launcher, &handover.order);
            command.stdout(io::stderr().as_fd().try_clone_to_owned().map_err(failed)?);
            command
        }
    };
    let process = Process::spawn(command.stdin(Stdio::null()))?;
    Ok(Started { check: order.check, process, unit, report: Report { lines, _handover: handover } })
}

/// Ask everything in a service to end, or end it. This does not wait for the end.
///
/// # Errors
/// A sentence that says what failed.
pub fn end_unit(launcher: &Launcher, unit: &str, ending: Ending) -> Result<Process, String> {
    let mut command = Command::new("systemctl");
    let signal = match ending {
        Ending::Asked => "--signal=SIGTERM",
        Ending::Killed => "--signal=SIGKILL",
    };
    command.args(["--user", "kill", "--quiet", signal]);
    command.arg("--").arg(unit).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Process::spawn(command.env("XDG_RUNTIME_DIR", &launcher.runtime_root))
}

fn verb(launcher: &Launcher, order: &Path) -> Command {
    let mut command = Command::new(&launcher.command_line);
    command.arg(LAUNCH_VERB).arg(order);
    command
}

/// What asks for the service. It ends when the verb runs.
fn service(launcher: &Launcher, order: &LaunchOrder, unit: &str, handed: &Path) -> Command {
    let mut command = Command::new("systemd-run");
    command.args(["--user", "--quiet", "--collect", "--slice=app.slice", "--service-type=exec"]);
    command.arg(format!("--unit={unit}")).arg(format!("--description={}", order.description));
    let name = order.command.first().and_then(|program| Path::new(program).file_name()).unwrap_or_default();
    command.arg(property("SyslogIdentifier", name.to_string_lossy()));
    // What a program leaves behind when its first process ends still counts as the program, or
    // nobody looks after it any more.
    let (exit, kill) = if order.may_fork { ("cgroup", "control-group") } else { ("main", "process") };
    command.arg(property("ExitType", exit)).arg(property("KillMode", kill));
    // A browser lives on without one of its tabs.
    command.arg(property("OOMPolicy", "continue"));
    let quoted = |path: &Path| format!("\"{}\"", path.display().to_string().replace('\\', "\\\\").replace('"', "\\\""));
    let last = format!("{} {LAUNCH_VERB} --ended {}", quoted(&launcher.command_line), quoted(handed));
    command.arg(property("ExecStopPost", last));
    command.arg("--").arg(&launcher.command_line).arg(LAUNCH_VERB).arg(handed);
    command.env("XDG_RUNTIME_DIR", &launcher.runtime_root);
    command
}

fn property(name: &str, value: impl std::fmt::Display) -> String {
    format!("--property={name}={value}")
}

/// Our own environment, without what the order leaves out, below that of the window manager's
/// session, below what the order sets.
fn environment(launcher: &Launcher, order: &LaunchOrder) -> Vec<(OsString, OsString)> {
    let mut environment: BTreeMap<OsString, OsString> =
        std::env::vars_os().filter(|(name, _)| !order.unset.iter().any(|known| name == *known)).collect();
    environment.entry("XDG_RUNTIME_DIR".into()).or_insert_with(|| launcher.runtime_root.clone().into());
    let of_session: Vec<&str> = SESSION_VARIABLES.into_iter().filter(|name| !START_VARIABLES.contains(name)).collect();
    if let Some(wm) = order.wm {
        environment.extend(session::variables(wm, &of_session, &launcher.runtime_root));
    }
    let socket = order.wm_socket.iter().map(|(name, value)| (name.into(), value.into()));
    environment.extend(socket);
    environment.extend(order.set.iter().map(|(name, value)| (name.into(), value.into())));
    environment.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use rustix::process::{WaitId, WaitIdOptions, waitid};

    use super::*;

    #[test]
    fn who_is_dropped_is_ended_and_not_waited_for() {
        let process = Process::spawn(Command::new("sleep").arg("1000")).unwrap();
        let pid = process.pid();
        drop(process);
        // It is still ours to wait for.
        let ended = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED).unwrap().unwrap();
        assert_eq!(ended.terminating_signal(), Some(9));
    }
}
