//! One user of the machine: the user manager, the service, a window manager, and root's shell for what a user may not do.

use std::any::Any;
use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::journal::Journal;
use crate::support::tree::{text, windows};
use crate::support::{DEADLINE, Kind, Options, Program, Rpc, Session, WindowManager, wait_for};

/// The unit under test.
pub const SERVICE: &str = "i3pm.service";
/// How long a command may take that is not expected to.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);
/// What the test's own limit says when a command did not end.
const TIMED_OUT: i32 = 124;

/// A user with everything a session has.
pub struct Seat {
    pub user: u32,
    /// Which window manager the session runs.
    pub kind: Kind,
    /// It, where there is one.
    pub wm: Option<WindowManager>,
    /// A program with windows in it.
    pub program: Option<Program>,
}

/// What a command gave.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub output: String,
    pub took: Duration,
}

impl Seat {
    pub fn new(user: u32, kind: Kind) -> Seat {
        Seat { user, kind, wm: None, program: None }
    }

    /// `$XDG_RUNTIME_DIR`.
    pub fn runtime(&self) -> PathBuf {
        PathBuf::from(format!("/run/user/{}", self.user))
    }

    pub fn home(&self) -> PathBuf {
        PathBuf::from(format!("/run/home/{}", self.user))
    }

    /// The daemon's socket.
    pub fn socket(&self) -> PathBuf {
        self.runtime().join("i3pm/ipc.sock")
    }

    /// A program as the user runs it from outside the session: with no variable of a window manager.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let start = Instant::now();
        let output = Command::new("timeout")
            .arg(COMMAND_LIMIT.as_secs().to_string())
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
            .env("HOME", self.home())
            .env("XDG_RUNTIME_DIR", self.runtime())
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .output()
            .expect("timeout");
        let all = [output.stdout, output.stderr].concat();
        let ran = Ran {
            code: output.status.code().unwrap_or(-1),
            output: String::from_utf8_lossy(&all).trim_end().to_owned(),
            took: start.elapsed(),
        };
        assert!(ran.code != TIMED_OUT || ran.took < COMMAND_LIMIT, "{arguments:?} hangs: {}", ran.output);
        ran
    }

    /// `systemctl --user`, which has to succeed.
    #[track_caller]
    pub fn systemctl(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(&[&["systemctl", "--user"], arguments].concat());
        assert_eq!(ran.code, 0, "systemctl --user {arguments:?}: {}", ran.output);
        ran
    }

    /// `i3pm`.
    pub fn i3pm(&self, arguments: &[&str]) -> Ran {
        self.run(&[&["i3pm"], arguments].concat())
    }

    /// `i3pm`, which has to succeed.
    #[track_caller]
    pub fn i3pm_done(&self, arguments: &[&str]) -> Ran {
        let ran = self.i3pm(arguments);
        assert_eq!(ran.code, 0, "i3pm {arguments:?}: {}", ran.output);
        ran
    }

    /// A property of the service.
    #[track_caller]
    pub fn property(&self, name: &str) -> String {
        self.systemctl(&["show", SERVICE, "--value", "--property", name]).output
    }

    /// A property that is a number.
    #[track_caller]
    pub fn number(&self, name: &str) -> u64 {
        let value = self.property(name);
        value.parse().unwrap_or_else(|_| panic!("{name} is {value:?}, no number"))
    }

    /// The main process, once there is one.
    pub fn main_pid(&self) -> u32 {
        wait_for("the main process", || u32::try_from(self.number("MainPID")).ok().filter(|pid| *pid > 0))
    }

    /// A connection of the test's own.
    pub fn connect(&self) -> Rpc {
        Rpc::connect(&self.socket()).expect("the socket accepts a connection")
    }

    pub fn call(&self, method: &str, params: Value) -> Value {
        self.connect().call(method, params).unwrap_or_else(|error| panic!("{method}: {error:?}"))
    }

    pub fn status(&self) -> Value {
        self.call("status", json!({}))
    }

    /// Wait until the service is active and the daemon's link to the window manager is so.
    pub fn wait_link(&self, state: &str) -> Duration {
        let start = Instant::now();
        wait_for(&format!("an active service whose link is {state}"), || {
            let mut rpc = Rpc::connect(&self.socket()).ok()?;
            let status = rpc.call("status", json!({})).ok()?;
            (status["wm"]["state"] == state && status["phase"] == "running").then_some(())
        });
        wait_for("an active service", || (self.property("ActiveState") == "active").then_some(()));
        start.elapsed()
    }

    /// What every item begins with: a window manager that answers, windows of two projects in it, and a service that has just been started.
    pub fn make_well(&mut self) {
        let _ = self.run(&["systemctl", "--user", "stop", SERVICE, "i3pm.socket", "i3pm-rescue.service"]);
        let _ = self.run(&["systemctl", "--user", "reset-failed"]);
        if let Some(wm) = &self.wm {
            wm.thaw();
        } else {
            self.start_wm();
        }
        self.systemctl(&["daemon-reload"]);
        self.systemctl(&["start", SERVICE]);
        self.wait_link("connected");
        for project in ["work", "home"] {
            if self.i3pm(&["project", "show", project]).code != 0 {
                self.i3pm_done(&["project", "create", project]);
            }
            let title = format!("of-{project}");
            if self.wm().find(&title).is_none() {
                self.open(&title);
                self.i3pm_done(&["window", "assign", project, "--class", &title]);
            }
        }
        self.i3pm_done(&["project", "clear"]);
    }

    /// Start the window manager: i3 on an X server of its own, sway without a screen.
    pub fn start_wm(&mut self) {
        let session = Session::in_runtime_directory(&self.runtime());
        self.wm = Some(WindowManager::start_in(session, self.kind, &Options::default()));
    }

    /// End it, and its X server with everything that has windows there.
    pub fn end_wm(&mut self) {
        self.program = None;
        if let Some(wm) = self.wm.take() {
            wm.exit();
        }
    }

    pub fn wm(&self) -> &WindowManager {
        self.wm.as_ref().expect("a window manager")
    }

    /// Open a window.
    pub fn open(&mut self, title: &str) {
        let wm = self.wm.as_ref().expect("a window manager");
        self.program.get_or_insert_with(|| Program::start_bare(wm)).open(wm, title);
    }

    /// Titles of the windows that are on a workspace that the user can go to.
    pub fn shown(&self) -> Vec<String> {
        let tree = self.wm().tree();
        let mut titles: Vec<String> = windows(&tree)
            .into_iter()
            .filter(|(_, workspace)| !workspace.starts_with("__"))
            .map(|(window, _)| text(&window["name"]).to_owned())
            .collect();
        titles.sort();
        titles
    }

    /// Wait until a window is shown.
    pub fn wait_shown(&self, title: &str) {
        wait_for(&format!("{title} on a workspace"), || self.shown().iter().any(|shown| shown == title).then_some(()));
    }

    /// Make `work` the active project: the window of `home` is hidden then.
    pub fn hide_home(&self) {
        self.i3pm_done(&["project", "switch", "work"]);
        assert_eq!(self.shown(), ["of-work"]);
    }

    /// Send the daemon a signal, from a shell.
    pub fn signal(&self, name: &str) {
        let ran = self.run(&["sh", "-c", &format!("kill -{name} {}", self.main_pid())]);
        assert_eq!(ran.code, 0, "{}", ran.output);
    }

    /// The journal of the unit, from now on.
    pub fn journal(&self) -> Journal {
        Journal::from_now(self.user)
    }

    /// Write the configuration.
    pub fn configure(&self, config: &str) {
        let directory = self.home().join(".config/i3pm");
        fs::create_dir_all(&directory).expect("the configuration's directory");
        fs::write(directory.join("config.toml"), config).expect("the configuration");
    }

    /// What helps to see what went wrong.
    pub fn tell_state(&self) {
        println!("{}", self.run(&["systemctl", "--user", "status", "--no-pager", "--full", SERVICE]).output);
    }
}

/// Run a script as root of the machine.
///
/// # Panics
/// When it fails.
#[track_caller]
pub fn as_root(script: &str) -> String {
    const DONE: &str = "\nthe script is done";
    let mut shell = UnixStream::connect("/run/root").expect("root's shell");
    shell.set_read_timeout(Some(COMMAND_LIMIT)).expect("a timeout");
    write!(shell, "{script}\nprintf '{}'\n", DONE.replace('\n', "\\n")).expect("the shell reads");
    shell.shutdown(Shutdown::Write).expect("the end of the script");
    let mut answer = String::new();
    shell.read_to_string(&mut answer).expect("the shell's answer");
    match answer.strip_suffix(DONE) {
        Some(answer) => answer.to_owned(),
        None => panic!("root's script failed: {script}\n{answer}"),
    }
}

/// What a panic said.
pub fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked").to_owned()
}

/// Call again and again until `until`; answers the longest that an answer took.
pub fn slowest_call(socket: &Path, mut until: impl FnMut() -> bool) -> Duration {
    let mut rpc = Rpc::connect(socket).expect("the socket accepts a connection");
    let (mut slowest, start) = (Duration::ZERO, Instant::now());
    while !until() {
        let asked = Instant::now();
        rpc.call("project.current", json!({})).expect("an answer");
        slowest = slowest.max(asked.elapsed());
        assert!(start.elapsed() < 2 * DEADLINE, "it takes too long");
        // As a person's programs ask: now and then, not without pause.
        std::thread::sleep(Duration::from_millis(1));
    }
    slowest
}
