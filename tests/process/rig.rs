//! A private world for one daemon, and what to look at it with.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fake_wm::FakeWm;

/// How long anything may take that is expected to happen: generous, because machines are shared.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Wait until `condition` gives something.
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(start.elapsed() < DEADLINE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Private directories.
pub struct World {
    directory: TempDir,
}

impl World {
    pub fn new() -> World {
        let directory = tempfile::Builder::new().prefix("i3pm-").tempdir().unwrap();
        for name in ["run", "home", "config"] {
            fs::create_dir(directory.path().join(name)).unwrap();
        }
        World { directory }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A copy of a program in this world. Another process makes it: a file that is open for writing
    /// here is so in a child of another test too, until that calls exec, and cannot be run meanwhile.
    pub fn copy_program(&self, built: &str, name: &str) -> PathBuf {
        let program = self.path(name);
        let copied = Command::new("cp").arg(built).arg(&program).status().unwrap();
        assert!(copied.success(), "{built} could not be copied");
        program
    }

    pub fn socket(&self) -> PathBuf {
        self.path("run/i3pm/ipc.sock")
    }

    pub fn config_file(&self) -> PathBuf {
        self.path("config/i3pm/config.toml")
    }

    /// Write the configuration, its directory too.
    pub fn write_config(&self, text: &str) {
        fs::create_dir_all(self.config_file().parent().unwrap()).unwrap();
        fs::write(self.config_file(), text).unwrap();
    }

    /// A window manager that is there at once.
    pub fn window_manager(&self) -> FakeWm {
        fs::create_dir_all(self.path("run/i3")).unwrap();
        FakeWm::start(&self.path("run/i3/ipc-socket.4242"))
    }

    /// A program in this world, with nothing of the world outside.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_STATE_HOME", self.path("state"))
            .stdin(Stdio::null());
        command
    }

    pub fn daemon_command(&self) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_i3pmd"));
        command.arg("--log-level=debug");
        command
    }

    /// The same as people run it: a debug log costs time, and that of an hour would fill a disk.
    #[allow(dead_code, reason = "for the soak and the benchmark")]
    pub fn quiet_daemon_command(&self) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_i3pmd"));
        command.arg("--log-level=warning");
        command
    }

    /// The daemon through a shell: `script` ends with `exec "$@"`.
    pub fn daemon_in_shell(&self, script: &str) -> Command {
        let mut command = self.command("sh");
        command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_i3pmd"), "--log-level=debug"]);
        command
    }

    /// Start it; its log goes to a file.
    pub fn spawn(&self, mut command: Command) -> Daemon {
        let log = self.path("i3pmd.log");
        let file = fs::File::options().create(true).append(true).open(&log).unwrap();
        let child = command.stderr(file).spawn().unwrap();
        Daemon { child, log, socket: self.socket(), senders: RefCell::new(Vec::new()) }
    }

    /// Start it and wait until it answers.
    pub fn start(&self) -> Daemon {
        let mut daemon = self.spawn(self.daemon_command());
        daemon.wait_answer();
        daemon
    }

    /// A service manager to be told things.
    pub fn service_manager(&self) -> ServiceManager {
        let path = self.path("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        ServiceManager { socket, path }
    }
}

/// What listens at `NOTIFY_SOCKET`.
pub struct ServiceManager {
    socket: UnixDatagram,
    pub path: PathBuf,
}

impl ServiceManager {
    /// The next datagram within this time.
    pub fn next(&self, limit: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(limit)).unwrap();
        let mut buffer = [0; 4096];
        let length = self.socket.recv(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }

    /// Everything up to a datagram that begins so, that one included.
    pub fn until(&self, beginning: &str) -> Vec<String> {
        let mut datagrams = Vec::new();
        loop {
            let next = self.next(DEADLINE).unwrap_or_else(|| panic!("no {beginning} after {datagrams:?}"));
            let found = next.starts_with(beginning);
            datagrams.push(next);
            if found {
                return datagrams;
            }
        }
    }
}

/// A running daemon; killed when dropped.
pub struct Daemon {
    child: Child,
    log: PathBuf,
    socket: PathBuf,
    /// Who has sent it signals.
    senders: RefCell<Vec<Child>>,
}

impl Daemon {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Wait until a line of the log has this in it.
    pub fn wait_log(&self, needle: &str) -> String {
        let start = Instant::now();
        loop {
            let log = self.log();
            if let Some(line) = log.lines().find(|line| line.contains(needle)) {
                return line.to_owned();
            }
            assert!(start.elapsed() < DEADLINE, "no {needle:?} in the log:\n{log}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    pub fn wait_answer(&mut self) {
        let socket = self.socket.clone();
        wait_for("the daemon's first answer", || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the daemon ended with {status}:\n{}", self.log());
            }
            Client::connect(&socket)?.try_call("ping", json!({})).ok()
        });
    }

    pub fn connect(&self) -> Client {
        Client::connect(&self.socket).expect("the daemon accepts a connection")
    }

    /// One call on a connection of its own.
    pub fn call(&self, method: &str, params: Value) -> Value {
        self.connect().call(method, params)
    }

    pub fn status(&self) -> Value {
        self.call("status", json!({}))
    }

    /// Wait until the status says so.
    pub fn wait_status<T>(&self, what: &str, mut condition: impl FnMut(&Value) -> Option<T>) -> T {
        let mut client = self.connect();
        wait_for(what, || condition(&client.call("status", json!({}))))
    }

    pub fn wait_wm(&self, state: &str) -> Value {
        self.wait_status(&format!("wm.state {state}"), |status| {
            (status["wm"]["state"] == state).then(|| status.clone())
        })
    }

    /// Send a signal by number, from a shell that lives on, so that its name can be found out.
    pub fn signal(&self, number: i32) {
        let script = format!("kill -{number} {}; echo sent; read line", self.pid());
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut shell = shell.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(shell.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "sent\n");
        self.senders.borrow_mut().push(shell);
    }

    /// Wait for its end, not longer than `limit`.
    pub fn wait_exit(&mut self, limit: Duration) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < limit, "it has not ended after {limit:?}:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        for mut sender in self.senders.borrow_mut().drain(..) {
            drop(sender.stdin.take());
            let _ = sender.wait();
        }
    }
}

/// A connection to the daemon.
pub struct Client {
    pub reader: BufReader<UnixStream>,
    count: u64,
}

impl Client {
    pub fn connect(socket: &Path) -> Option<Client> {
        let stream = UnixStream::connect(socket).ok()?;
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        Some(Client { reader: BufReader::new(stream), count: 0 })
    }

    pub fn stream(&mut self) -> &mut UnixStream {
        self.reader.get_mut()
    }

    /// Send bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream().write_all(bytes).expect("the daemon reads");
    }

    /// The next line; `None` at the end of the stream.
    pub fn line(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(serde_json::from_str(&line).expect("a line of JSON")),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("no line: {error}"),
        }
    }

    /// Ask, and take the result, or the error.
    pub fn try_call(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.count += 1;
        let id = self.count;
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        if writeln!(self.stream(), "{message}").is_err() {
            return Err(json!("the daemon does not read"));
        }
        loop {
            let Some(answer) = self.line() else { return Err(json!("the daemon closed the connection")) };
            if answer["id"] == json!(id) {
                return answer.get("result").cloned().ok_or_else(|| answer["error"].clone());
            }
        }
    }

    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.try_call(method, params).unwrap_or_else(|error| panic!("{method}: {error}"))
    }
}
