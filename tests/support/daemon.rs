//! The daemon and the command line as programs of a private session, and a client of the daemon's
//! socket.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::session::Process;
use super::tree::{list, text};
use super::wait::{DEADLINE, wait_for};
use super::wm::WindowManager;

/// The daemon under test.
pub const DAEMON: &str = env!("CARGO_BIN_EXE_i3pmd");
/// The command line under test.
pub const COMMAND_LINE: &str = env!("CARGO_BIN_EXE_i3pm");

/// A running daemon.
#[derive(Debug)]
pub struct Daemon {
    process: Process,
    socket: PathBuf,
    log: PathBuf,
    rpc: Rpc,
}

impl Daemon {
    /// Start it in the session of a window manager, and wait until it runs and is connected.
    ///
    /// # Panics
    /// When it does not come up, with its log.
    #[must_use]
    pub fn start(wm: &WindowManager) -> Daemon {
        Daemon::start_program(wm, Path::new(DAEMON))
    }

    /// The same, with another socket as that of the window manager.
    #[must_use]
    pub fn start_through(wm: &WindowManager, wm_socket: &Path) -> Daemon {
        let mut command = wm.command(DAEMON);
        command.arg("--wm-socket").arg(wm_socket);
        Daemon::start_command(wm, command)
    }

    /// The same without what the environment says of the window manager's socket.
    ///
    /// # Panics
    /// As `start`.
    #[must_use]
    pub fn start_untold(wm: &WindowManager) -> Daemon {
        let mut command = wm.command(DAEMON);
        command.env_remove("I3SOCK").env_remove("SWAYSOCK");
        Daemon::start_command(wm, command)
    }

    /// The same with the environment of an earlier session, as a service manager may have it.
    ///
    /// # Panics
    /// As `start`.
    #[must_use]
    pub fn start_stale(wm: &WindowManager) -> Daemon {
        let mut command = wm.command(DAEMON);
        command.arg("--wm-socket").arg(wm.socket());
        command.env_remove("I3SOCK").env_remove("SWAYSOCK").env_remove("XAUTHORITY");
        command.env("DISPLAY", ":9876").env("WAYLAND_DISPLAY", "wayland-9876");
        Daemon::start_command(wm, command)
    }

    /// The same with another executable.
    #[must_use]
    pub fn start_program(wm: &WindowManager, program: &Path) -> Daemon {
        Daemon::start_command(wm, wm.command(program))
    }

    fn start_command(wm: &WindowManager, mut command: Command) -> Daemon {
        let socket = wm.session.runtime_directory().join("i3pm/ipc.sock");
        let log = wm.session.directory().join("i3pmd.log");
        command.stderr(wm.session.log_file("i3pmd.log"));
        let mut process = wm.session.spawn(command);
        let rpc = wait_for("the daemon's socket", || {
            if let Some(status) = process.try_wait() {
                panic!("i3pmd ended with {status}:\n{}", read(&log));
            }
            let mut rpc = Rpc::connect(&socket).ok()?;
            rpc.call("ping", json!({})).ok()?;
            Some(rpc)
        });
        let mut daemon = Daemon { process, socket, log, rpc };
        daemon.wait_connected(DEADLINE);
        daemon
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Everything it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        read(&self.log)
    }

    /// A connection of one's own.
    ///
    /// # Panics
    /// When it is not accepted.
    #[must_use]
    pub fn connect(&self) -> Rpc {
        Rpc::connect(&self.socket).expect("the daemon accepts a connection")
    }

    /// Call, and expect to be served.
    ///
    /// # Panics
    /// When the daemon refuses, with its words and its log.
    #[track_caller]
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        let shown = params.to_string();
        match self.rpc.call(method, params) {
            Ok(result) => result,
            Err(error) => panic!("{method} {shown}: {error:?}\n{}", log_tail(&self.log)),
        }
    }

    /// Call, and expect to be refused.
    ///
    /// # Panics
    /// When the daemon serves.
    #[track_caller]
    pub fn call_refused(&mut self, method: &str, params: Value) -> RpcError {
        let shown = params.to_string();
        self.rpc.call(method, params).expect_err(&format!("{method} {shown} must be refused"))
    }

    /// What `status` answers.
    pub fn status(&mut self) -> Value {
        self.call("status", json!({}))
    }

    /// The state of its link to the window manager.
    pub fn wm_state(&mut self) -> String {
        text(&self.status()["wm"]["state"]).to_owned()
    }

    /// Wait until it runs and is connected to a window manager. Answers how long that took.
    ///
    /// # Panics
    /// When that takes longer than `limit`.
    pub fn wait_connected(&mut self, limit: Duration) -> Duration {
        let start = Instant::now();
        loop {
            let status = self.status();
            if status["wm"]["state"] == "connected" && status["phase"] == "running" {
                return start.elapsed();
            }
            assert!(start.elapsed() < limit, "not connected after {limit:?}: {status:#}\n{}", log_tail(&self.log));
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// All windows.
    pub fn windows(&mut self) -> Vec<Value> {
        list(&self.call("window.list", json!({}))["windows"]).to_vec()
    }

    /// The window with this title, once the daemon has decided where it belongs.
    pub fn window(&mut self, title: &str) -> Value {
        wait_for(&format!("the daemon to know {title:?}"), || {
            let found = self.windows().into_iter().find(|window| window["title"] == title)?;
            (found["claim"] != "pending").then_some(found)
        })
    }

    /// The project a window belongs to; `None` if it is global.
    pub fn project_of(&mut self, title: &str) -> Option<String> {
        list(&self.window(title)["projects"]).first().map(|name| text(name).to_owned())
    }

    /// Make projects.
    pub fn create_projects(&mut self, names: &[&str]) {
        for name in names {
            self.call("project.create", json!({"name": name}));
        }
    }

    /// Switch and wait for the answer.
    #[track_caller]
    pub fn switch(&mut self, name: &str) -> Value {
        self.call("project.switch", json!({"name": name}))
    }

    /// Show everything.
    #[track_caller]
    pub fn clear(&mut self) -> Value {
        self.call("project.clear", json!({}))
    }

    /// The name of the active project.
    pub fn current(&mut self) -> Option<String> {
        self.call("project.current", json!({}))["project"]["name"].as_str().map(str::to_owned)
    }

    /// Wait until this project is the active one and nothing is on the way.
    pub fn wait_current(&mut self, name: Option<&str>) {
        wait_for(&format!("the project {name:?} to be active"), || {
            let status = self.status();
            (status["project"].as_str() == name && status["switch"]["in_flight"].is_null()).then_some(())
        });
    }

    /// Wait until the window manager has nothing left to do for the daemon.
    pub fn wait_settled(&mut self) {
        wait_for("the daemon to have nothing left to do", || (self.status()["settled"] == true).then_some(()));
    }

    /// Send it a signal by name.
    pub fn signal(&mut self, name: &str) {
        self.process.signal(name);
    }

    /// Stop it with SIGTERM. Answers how long that took.
    ///
    /// # Panics
    /// When it does not end with success.
    pub fn stop(mut self) -> Duration {
        let start = Instant::now();
        self.process.signal("TERM");
        let status = self.process.wait(DEADLINE);
        let took = start.elapsed();
        assert!(status.success(), "i3pmd ended with {status} on SIGTERM\n{}", log_tail(&self.log));
        took
    }

    /// Has it ended?
    pub fn has_ended(&mut self) -> bool {
        self.process.try_wait().is_some()
    }

    /// Kill it with SIGKILL.
    pub fn kill(mut self) {
        self.process.kill();
    }
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

fn log_tail(path: &Path) -> String {
    let log = read(path);
    let lines: Vec<&str> = log.lines().collect();
    format!("the daemon's log ends with:\n{}", lines[lines.len().saturating_sub(30)..].join("\n"))
}

/// A refusal.
#[derive(Debug, Clone, PartialEq)]
pub struct RpcError {
    /// The number of JSON-RPC.
    pub number: i64,
    /// Its name, from `data.code`.
    pub code: String,
    /// The sentence.
    pub message: String,
}

/// A blocking connection to the daemon.
#[derive(Debug)]
pub struct Rpc {
    stream: BufReader<UnixStream>,
    next_id: u64,
    notices: Vec<Value>,
}

impl Rpc {
    /// Connect.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn connect(socket: &Path) -> std::io::Result<Rpc> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.set_write_timeout(Some(DEADLINE))?;
        Ok(Rpc { stream: BufReader::new(stream), next_id: 1, notices: Vec::new() })
    }

    /// Call and wait for the answer; notices that come first are kept.
    ///
    /// # Errors
    /// What the daemon refuses with. A connection that breaks has the code `closed`.
    pub fn call(&mut self, method: &str, params: Value) -> Result<Value, RpcError> {
        let id = self.next_id;
        self.next_id += 1;
        let line = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let sent = writeln!(self.stream.get_mut(), "{line}");
        sent.map_err(|error| closed(&error.to_string()))?;
        loop {
            let answer = self.receive()?;
            if answer["id"].as_u64() != Some(id) {
                self.notices.push(answer);
                continue;
            }
            let error = &answer["error"];
            if error.is_null() {
                return Ok(answer["result"].clone());
            }
            return Err(RpcError {
                number: error["code"].as_i64().unwrap_or_default(),
                code: text(&error["data"]["code"]).into(),
                message: text(&error["message"]).into(),
            });
        }
    }

    /// The next notice, whether it has come already or not: its `params`.
    ///
    /// # Errors
    /// `closed` when the connection breaks.
    pub fn notice(&mut self) -> Result<Value, RpcError> {
        let message = if self.notices.is_empty() { self.receive()? } else { self.notices.remove(0) };
        Ok(message["params"].clone())
    }

    fn receive(&mut self) -> Result<Value, RpcError> {
        let mut line = String::new();
        let length = self.stream.read_line(&mut line).map_err(|error| closed(&error.to_string()))?;
        if length == 0 {
            return Err(closed("end of the connection"));
        }
        serde_json::from_str(&line).map_err(|error| closed(&format!("{error}: {line}")))
    }
}

fn closed(why: &str) -> RpcError {
    RpcError { number: 0, code: "closed".into(), message: why.into() }
}

/// What a run of `i3pm` gave.
#[derive(Debug, Clone)]
pub struct Cli {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub output: String,
    /// What it complained of.
    pub errors: String,
    /// From start to end.
    pub took: Duration,
}

impl Cli {
    /// Run `i3pm` in the session of a window manager.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn run(wm: &WindowManager, arguments: &[&str]) -> Cli {
        let start = Instant::now();
        let mut command = wm.command(COMMAND_LINE);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = command.output().expect("i3pm");
        Cli {
            status: output.status,
            output: String::from_utf8_lossy(&output.stdout).into_owned(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
            took: start.elapsed(),
        }
    }

    /// Run it and expect exit code 0; answers what it printed.
    ///
    /// # Panics
    /// When it ends otherwise, with what it complained of.
    #[track_caller]
    pub fn done(wm: &WindowManager, arguments: &[&str]) -> String {
        let run = Cli::run(wm, arguments);
        assert!(run.status.success(), "i3pm {arguments:?}: {}\n{}{}", run.status, run.output, run.errors);
        run.output
    }
}

/// Write the configuration of the daemon.
///
/// # Panics
/// When it cannot be written.
pub fn configure(wm: &WindowManager, text: &str) {
    let directory = wm.session.directory().join("config/i3pm");
    fs::create_dir_all(&directory).expect("the configuration directory");
    fs::write(directory.join("config.toml"), text).expect("the configuration");
}
