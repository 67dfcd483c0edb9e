//! The machine, from outside: made, entered, and taken down with everything in it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::support::wait::wait_within;
use crate::support::{Process, Session};
use crate::{ITEMS_VARIABLE, USER_VARIABLE, User, package};

/// What the line of an item that passed begins with.
pub const PASSED: &str = "ok      ";
/// What the line of an item that failed begins with.
pub const FAILED: &str = "FAILED  ";

/// How long the machine may take to be up.
const UP_LIMIT: Duration = Duration::from_secs(60);
/// How long the items of users who are there at the same time may take; what is not done then has failed.
const RUN_LIMIT: Duration = Duration::from_secs(300);
/// Where the machine sees the folder.
pub const INSIDE: &str = "/run/test";
/// Names a folder with another system, whose systemd, window managers and dpkg are used (`machine.sh`).
const SYSTEM_VARIABLE: &str = "I3PM_TEST_SYSTEM";
/// This executable, for the user inside.
const PROGRAM: &str = "program";

/// How many items passed and failed.
#[derive(Debug, Default)]
pub struct Tally {
    pub passed: usize,
    pub failed: usize,
}

/// A running machine. It ends when this is dropped, or when this process is killed.
#[derive(Debug)]
pub struct Machine {
    process: Option<Process>,
    /// The pid, outside, of the systemd.
    first: u32,
    folder: PathBuf,
    session: Session,
}

impl Machine {
    /// Install i3pm and start a machine with it.
    ///
    /// # Errors
    /// A sentence that says what is missing, or what did not work.
    pub fn start(users: &[u32]) -> Result<Machine, String> {
        if !rustix::process::geteuid().is_root() {
            return Err("namespaces and control groups are root's: run `make test-systemd` as root".into());
        }
        let session = Session::new();
        let folder = session.directory().join("machine");
        install(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/systemd/machine.sh");
        let mut command = session.command(script);
        command.arg("outside").arg(&folder).arg(format!("i3pm-test-{}", std::process::id()));
        command.args(users.iter().map(u32::to_string));
        if let Some(system) = std::env::var_os(SYSTEM_VARIABLE) {
            let found =
                fs::canonicalize(&system).map_err(|error| format!("{}: {error}", Path::new(&system).display()))?;
            command.env(SYSTEM_VARIABLE, found);
        }
        command.stdout(session.log_file("machine.log")).stderr(session.log_file("machine.log"));
        let process = session.spawn(command);
        let log = session.directory().join("machine.log");
        let mut machine = Machine { process: Some(process), first: 0, folder, session };
        let start = Instant::now();
        while !machine.is_up() {
            let ended = machine.process.as_mut().and_then(Process::try_wait);
            if ended.is_some() || start.elapsed() > UP_LIMIT {
                let log = fs::read_to_string(&log).unwrap_or_default();
                let state = ended.map_or_else(|| machine.state(), |status| format!("it ended with {status}"));
                return Err(format!("after {:?}: {state}\n{log}", start.elapsed()));
            }
            // Each look is a systemctl.
            std::thread::sleep(Duration::from_millis(20));
        }
        println!("a machine with {}, up after {:.1} s", machine.version(), start.elapsed().as_secs_f64());
        Ok(machine)
    }

    /// Run the items of each user, all users at the same time, and print their lines as they come.
    pub fn run(&self, users: &[User], tally: &mut Tally) {
        let (sender, lines) = mpsc::channel();
        let busy = users.iter().filter(|user| user.wanted().next().is_some());
        let mut processes: Vec<Process> = busy.map(|user| self.start_user(user.id, sender.clone())).collect();
        drop(sender);
        let (start, mut silent) = (Instant::now(), users.iter().map(|user| user.wanted().count()).sum::<usize>());
        while let Ok(line) = lines.recv_timeout(RUN_LIMIT.saturating_sub(start.elapsed())) {
            let (passed, failed) = (line.starts_with(PASSED), line.starts_with(FAILED));
            tally.passed += usize::from(passed);
            tally.failed += usize::from(failed);
            silent -= usize::from(passed || failed);
            println!("{line}");
        }
        for process in &mut processes {
            process.kill();
        }
        if silent > 0 {
            println!("{FAILED}{silent} items came to no end within {} s", RUN_LIMIT.as_secs());
            tally.failed += silent;
        }
    }

    fn start_user(&self, user: u32, lines: mpsc::Sender<String>) -> Process {
        let started = self.enter(&["systemctl", "start", &format!("user@{user}.service")]);
        assert!(started.status.success(), "the manager of user {user} does not start: {}", text(&started));
        let id = user.to_string();
        let mut command = self.entering();
        command.args(["setpriv", "--reuid", &id, "--regid", &id, "--clear-groups", "env", "RUST_BACKTRACE=0"]);
        command.arg(format!("{USER_VARIABLE}={user}"));
        command.args(std::env::var(ITEMS_VARIABLE).map(|items| format!("{ITEMS_VARIABLE}={items}")));
        command.arg(format!("{INSIDE}/{PROGRAM}"));
        let log = self.session.log_file(&format!("user-{user}.log"));
        let mut process = self.session.spawn(with_output(command, log));
        let output = process.child.stdout.take().expect("its output is piped");
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if lines.send(line).is_err() {
                    return;
                }
            }
        });
        process
    }

    /// A command inside the machine, as its root.
    fn entering(&self) -> Command {
        let mut command = self.session.command("nsenter");
        command.args(["-t", &self.first.to_string(), "-m", "-p", "-n", "-C", "-i", "-u", "-w", "--", "env", "-i"]);
        command.arg("PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
        command
    }

    fn enter(&self, arguments: &[&str]) -> Output {
        let mut command = self.entering();
        command.args(["timeout", "30"]).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.output().expect("nsenter; tests/setup.sh installs what is missing")
    }

    fn is_up(&mut self) -> bool {
        let Some(process) = &self.process else { return false };
        let pid = process.pid();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        let Some(first) = children.split_whitespace().next().and_then(|first| first.parse().ok()) else { return false };
        self.first = first;
        let is_systemd = fs::read_to_string(format!("/proc/{first}/comm")).is_ok_and(|name| name.trim() == "systemd");
        is_systemd && self.state() == "running"
    }

    fn state(&self) -> String {
        if self.first == 0 { "it did not start".into() } else { text(&self.enter(&["systemctl", "is-system-running"])) }
    }

    fn version(&self) -> String {
        text(&self.enter(&["systemctl", "--version"])).lines().next().unwrap_or_default().to_owned()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Its pid 1 is killed with it, and everything in the machine with that.
        self.process = None;
        for group in fs::read_to_string(self.folder.join("groups")).unwrap_or_default().lines() {
            remove_group(Path::new(group));
        }
    }
}

/// Remove a control group with those below it; what was killed leaves it a moment later.
fn remove_group(group: &Path) {
    for entry in fs::read_dir(group).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_group(&entry.path());
        }
    }
    wait_within(&format!("the end of the control group {}", group.display()), Duration::from_secs(10), || {
        (fs::remove_dir(group).is_ok() || !group.exists()).then_some(())
    });
}

/// What `make install` makes, the package, the units of the machine, and this executable: in a folder that every user can read.
fn install(folder: &Path) -> Result<(), String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::create_dir(folder).map_err(|error| error.to_string())?;
    let staging = folder.join("staging");
    let mut make = Command::new("make");
    make.current_dir(source).args(["--no-print-directory", "install", "PREFIX=/usr/local"]);
    make.arg(format!("DESTDIR={}", staging.display())).env_remove("MAKEFLAGS").stdin(Stdio::null());
    let output = make.output().map_err(|error| format!("make: {error}"))?;
    if !output.status.success() {
        return Err(format!("make install: {}", text(&output)));
    }
    let copy =
        |from: &Path, to: &Path| fs::copy(from, to).map(drop).map_err(|error| format!("{}: {error}", from.display()));
    if let Some(built) = package::built() {
        copy(&built, &folder.join(package::FILE))?;
    }
    fs::rename(staging.join("usr/local"), folder.join("local")).map_err(|error| error.to_string())?;
    fs::create_dir(folder.join("units")).map_err(|error| error.to_string())?;
    for entry in fs::read_dir(source.join("tests/systemd/units")).map_err(|error| error.to_string())?.flatten() {
        copy(&entry.path(), &folder.join("units").join(entry.file_name()))?;
    }
    copy(&std::env::current_exe().map_err(|error| error.to_string())?, &folder.join(PROGRAM))?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).map_err(|error| error.to_string())
}

fn with_output(mut command: Command, log: fs::File) -> Command {
    command.stdout(Stdio::piped()).stderr(log);
    command
}

fn text(output: &Output) -> String {
    let all = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8_lossy(&all).trim().to_owned()
}
