//! Private window managers: i3 on an Xvfb of its own, or sway without a screen.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::elsewhere;
use super::ipc::{Ipc, request};
use super::session::{Process, Session};
use super::tree::{find_window, is_window, list, number, text, title, walk};
use super::wait::{DEADLINE, wait_for};
use super::windows::settled_part;

/// Xvfb's own limit is 256 clients.
const X_CLIENTS_MAX: &str = "2048";

/// For how long nothing changes when programs have drawn their windows.
const DRAWN_AFTER: Duration = Duration::from_millis(50);

/// Starts sway with `"$@"` in a user namespace. `$$` is the pid it will have.
const SWAY_AS_ROOT: &str = r#"
SWAYSOCK="$XDG_RUNTIME_DIR/sway-ipc.0.$$.sock" exec unshare --user --map-user=1000 --map-group=1000 sway "$@"
"#;

/// Which window manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// i3.
    I3,
    /// sway.
    Sway,
}

impl Kind {
    /// Both.
    pub const ALL: [Kind; 2] = [Kind::I3, Kind::Sway];

    /// `i3` or `sway`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::I3 => "i3",
            Kind::Sway => "sway",
        }
    }
}

/// How a window manager is started.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Two outputs of 960x1080 side by side instead of one of 1920x1080.
    pub two_outputs: bool,
    /// Lines added to its configuration.
    pub config: String,
}

/// A running window manager of a private session.
#[derive(Debug)]
pub struct WindowManager {
    /// Which it is.
    pub kind: Kind,
    /// Its session.
    pub session: Session,
    process: RefCell<Process>,
    socket: RefCell<PathBuf>,
    connection: RefCell<Option<Ipc>>,
    /// `DISPLAY` or `WAYLAND_DISPLAY`, with its value.
    display: RefCell<(&'static str, String)>,
    options: Options,
    _x_server: Option<Process>,
}

impl WindowManager {
    /// Start an i3.
    #[must_use]
    pub fn i3(options: &Options) -> WindowManager {
        WindowManager::start(Kind::I3, options)
    }

    /// Start a sway.
    #[must_use]
    pub fn sway(options: &Options) -> WindowManager {
        WindowManager::start(Kind::Sway, options)
    }

    /// Start a window manager and wait until it answers.
    ///
    /// # Panics
    /// When it does not, with the end of its log.
    #[must_use]
    pub fn start(kind: Kind, options: &Options) -> WindowManager {
        WindowManager::start_in(Session::new(), kind, options)
    }

    /// The same in a session that there is.
    ///
    /// # Panics
    /// As `start`.
    #[must_use]
    pub fn start_in(session: Session, kind: Kind, options: &Options) -> WindowManager {
        fs::write(session.directory().join("wm.conf"), configuration(kind, options)).expect("the configuration");
        let (x_server, display) = match kind {
            Kind::I3 => {
                let (process, display) = start_x_server(&session);
                (Some(process), ("DISPLAY", display))
            }
            Kind::Sway => (None, ("WAYLAND_DISPLAY", String::new())),
        };
        let process = spawn(kind, &session, options, &display.1);
        let wm = WindowManager {
            kind,
            process: RefCell::new(process),
            socket: RefCell::new(PathBuf::new()),
            connection: RefCell::new(None),
            display: RefCell::new(display),
            options: options.clone(),
            _x_server: x_server,
            session,
        };
        wm.wait_until_up();
        wm
    }

    /// A program in this session, with the variables that the window manager gives its children.
    #[must_use]
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = elsewhere::command(&self.session, program.as_ref());
        let (variable, display) = &*self.display.borrow();
        command.env(variable, display);
        command.env(if self.kind == Kind::I3 { "I3SOCK" } else { "SWAYSOCK" }, &*self.socket.borrow());
        command
    }

    /// Its socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.socket.borrow().clone()
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.borrow().pid()
    }

    /// The value of DISPLAY or WAYLAND_DISPLAY.
    #[must_use]
    pub fn display(&self) -> String {
        self.display.borrow().1.clone()
    }

    /// A connection of one's own, for events.
    ///
    /// # Panics
    /// When the window manager does not accept it.
    #[must_use]
    pub fn connect(&self) -> Ipc {
        Ipc::connect(&self.socket()).expect("the window manager accepts a connection")
    }

    /// Ask something.
    ///
    /// # Panics
    /// When it does not answer, with the end of its log.
    pub fn ask(&self, kind: u32, payload: &str) -> Value {
        let mut connection = self.connection.borrow_mut();
        let answer = connection.get_or_insert_with(|| self.connect()).ask(kind, payload);
        answer.unwrap_or_else(|error| {
            *connection = None;
            panic!("{} on {kind} {payload:?}: {error}\n{}", self.kind.name(), self.log_tail())
        })
    }

    /// Run commands, all of which must succeed.
    ///
    /// # Panics
    /// When one fails, with the window manager's words.
    pub fn run(&self, commands: &str) {
        let answer = self.ask(request::COMMAND, commands);
        assert!(succeeded(&answer), "{} refuses {commands:?}: {answer}", self.kind.name());
    }

    /// Run commands that may fail; did all succeed?
    pub fn try_run(&self, commands: &str) -> bool {
        succeeded(&self.ask(request::COMMAND, commands))
    }

    /// The whole tree.
    #[must_use]
    pub fn tree(&self) -> Value {
        self.ask(request::TREE, "")
    }

    /// The container of the window with this title, wherever it is.
    #[must_use]
    pub fn find(&self, title: &str) -> Option<Value> {
        find_window(&self.tree(), title).cloned()
    }

    /// The container id of the window with this title.
    ///
    /// # Panics
    /// When there is no such window.
    #[must_use]
    pub fn id(&self, title: &str) -> u64 {
        let window = self.find(title).unwrap_or_else(|| panic!("no window {title:?}"));
        window["id"].as_u64().unwrap_or_else(|| panic!("{title:?} has no id"))
    }

    /// The names of the outputs, from left to right.
    ///
    /// # Panics
    /// When the answer is not a list.
    #[must_use]
    pub fn outputs(&self) -> Vec<String> {
        let answer = self.ask(request::OUTPUTS, "");
        let mut outputs: Vec<(i64, String)> = answer
            .as_array()
            .expect("a list of outputs")
            .iter()
            .filter(|output| output["active"] == true)
            .map(|output| (number(&output["rect"]["x"]), text(&output["name"]).to_owned()))
            .filter(|(_, name)| !name.starts_with("xroot"))
            .collect();
        outputs.sort();
        outputs.into_iter().map(|(_, name)| name).collect()
    }

    /// The name of the workspace that has the focus.
    ///
    /// # Panics
    /// When none has it.
    #[must_use]
    pub fn focused_workspace(&self) -> String {
        let workspaces = self.ask(request::WORKSPACES, "");
        let list = workspaces.as_array().expect("a list of workspaces");
        let focused = list.iter().find(|workspace| workspace["focused"] == true).expect("a focused workspace");
        text(&focused["name"]).to_owned()
    }

    /// The title of the window that has the focus.
    #[must_use]
    pub fn focused_window(&self) -> Option<String> {
        let tree = self.tree();
        walk(&tree).into_iter().find(|node| node["focused"] == true && is_window(node)).map(|node| title(node).into())
    }

    /// Show a workspace, whatever its name; with an output, on that output.
    pub fn show_workspace(&self, name: &str, output: Option<&str>) {
        let quoted = self.quote(name);
        self.run(&format!("workspace --no-auto-back-and-forth {quoted}"));
        if let Some(output) = output {
            self.run(&format!("move workspace to output {output}"));
            self.run(&format!("workspace --no-auto-back-and-forth {quoted}"));
        }
    }

    /// A text as one argument of a command. sway keeps backslashes as they are and has no form for
    /// both quotes.
    #[must_use]
    pub fn quote(&self, text: &str) -> String {
        match self.kind {
            Kind::I3 => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
            Kind::Sway if text.contains('"') => format!("'{text}'"),
            Kind::Sway => format!("\"{text}\""),
        }
    }

    /// Wait until everything is done that the window manager was asked before, no matter who asked.
    pub fn settle(&self) {
        self.ask(request::TICK, "i3pm-test:settle");
    }

    /// Wait until the programs have drawn their windows in the sizes that they were given last:
    /// nothing has changed for a while. If a program is late, and its window on sway floats by
    /// then, the window gets the older size.
    pub fn wait_drawn(&self) {
        let look =
            || walk(&self.tree()).into_iter().map(|node| settled_part(node).map(Value::clone)).collect::<Vec<_>>();
        let (mut seen, mut since) = (look(), Instant::now());
        wait_for("windows that stand still", || {
            let now = look();
            if now != seen {
                (seen, since) = (now, Instant::now());
            }
            (self.kind == Kind::I3 || since.elapsed() >= DRAWN_AFTER).then_some(())
        });
    }

    /// Take a picture of the screen; `path` ends with `.png`.
    ///
    /// # Panics
    /// When the program for it fails.
    pub fn screenshot(&self, path: &Path) {
        let mut command = match self.kind {
            Kind::I3 => self.command("scrot"),
            Kind::Sway => self.command("grim"),
        };
        if self.kind == Kind::I3 {
            command.arg("--overwrite");
        }
        let output = command.arg(path).stderr(Stdio::piped()).output().expect("scrot or grim; see tests/setup.sh");
        assert!(output.status.success(), "no picture: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Stop it with SIGSTOP.
    pub fn freeze(&self) {
        self.process.borrow_mut().signal("STOP");
    }

    /// Let it go on.
    pub fn thaw(&self) {
        self.process.borrow_mut().signal("CONT");
    }

    /// i3's in-place restart: the same process, a new connection, new container ids.
    ///
    /// # Panics
    /// When it does not come back.
    pub fn restart_in_place(&self) {
        assert_eq!(self.kind, Kind::I3, "only i3 restarts in place");
        // i3 keeps the connection that asked, and answers on it when it is up again; all others it
        // closes.
        let answer = self.connect().ask(request::COMMAND, "restart").expect("an answer of the new i3");
        assert!(succeeded(&answer), "{answer}");
        *self.connection.borrow_mut() = None;
        self.wait_until_up();
    }

    /// End it.
    ///
    /// # Panics
    /// When it does not end.
    pub fn exit(&self) {
        let mut connection = self.connect();
        // It may be gone before it answers.
        let _ = connection.ask(request::COMMAND, "exit");
        self.process.borrow_mut().wait(DEADLINE);
        *self.connection.borrow_mut() = None;
    }

    /// Start it again after `exit`; answers when its socket is there.
    pub fn start_again(&self) {
        if self.kind == Kind::Sway {
            self.display.borrow_mut().1.clear();
        }
        *self.process.borrow_mut() = spawn(self.kind, &self.session, &self.options, &self.display());
        self.wait_until_up();
    }

    fn wait_until_up(&self) {
        let pid = self.pid();
        let mut connection = wait_for(&format!("the socket of {}\n{}", self.kind.name(), self.log_tail()), || {
            if let Some(status) = self.process.borrow_mut().try_wait() {
                panic!("{} ended with {status}:\n{}", self.kind.name(), self.log_tail());
            }
            let named = self.options.config.lines().find_map(|line| line.strip_prefix("ipc-socket "));
            let usual = || find_socket(self.kind, &self.session.runtime_directory(), pid);
            let socket = named.map(PathBuf::from).or_else(usual)?;
            let connection = Ipc::connect(&socket).ok()?;
            *self.socket.borrow_mut() = socket;
            Some(connection)
        });
        connection.ask(request::VERSION, "").expect("an answer");
        *self.connection.borrow_mut() = Some(connection);
        if self.kind == Kind::Sway {
            let runtime_directory = self.session.runtime_directory();
            let name = wait_for("the display of sway", || {
                // The lock of a display outlives a sway that was killed; the newest display is the
                // living one.
                let is_display = |name: &String| name.starts_with("wayland-") && !name.ends_with(".lock");
                file_names(&runtime_directory).into_iter().rfind(is_display)
            });
            self.display.borrow_mut().1 = name;
        }
    }

    fn log_tail(&self) -> String {
        let log = fs::read(self.session.directory().join("wm.log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

fn succeeded(answer: &Value) -> bool {
    let items = list(answer);
    !items.is_empty() && items.iter().all(|item| item["success"] == true)
}

fn configuration(kind: Kind, options: &Options) -> String {
    let mut lines = String::from("focus_follows_mouse no\ndefault_border pixel 1\n");
    match kind {
        Kind::I3 => {
            lines.insert_str(0, "# i3 config file (v4)\nfont pango:monospace 8\n");
            if options.two_outputs {
                lines.push_str("fake-outputs 960x1080+0+0,960x1080+960+0\n");
            }
        }
        Kind::Sway => {
            lines.insert_str(0, "xwayland disable\n");
            let size = if options.two_outputs { "960x1080" } else { "1920x1080" };
            lines.push_str(&format!("output HEADLESS-1 resolution {size} position 0,0\n"));
            if options.two_outputs {
                lines.push_str("output HEADLESS-2 resolution 960x1080 position 960,0\n");
            }
        }
    }
    lines + &options.config + "\n"
}

fn spawn(kind: Kind, session: &Session, options: &Options, display: &str) -> Process {
    let mut command = match kind {
        Kind::I3 => {
            let mut command = elsewhere::command(session, "i3".as_ref());
            command.env("DISPLAY", display);
            command
        }
        // sway 1.7 refuses to run as root, but not as a user of a namespace that root is mapped to.
        // Its socket gets the name that it has for the user outside.
        Kind::Sway if elsewhere::folder().is_none() && rustix::process::geteuid().is_root() => {
            let mut command = session.command("sh");
            command.args(["-c", SWAY_AS_ROOT, "sway"]);
            command
        }
        Kind::Sway => elsewhere::command(session, "sway".as_ref()),
    };
    if kind == Kind::Sway {
        let outputs = if options.two_outputs { "2" } else { "1" };
        command
            .env("WLR_BACKENDS", "headless")
            .env("WLR_LIBINPUT_NO_DEVICES", "1")
            .env("WLR_RENDERER", "pixman")
            .env("WLR_HEADLESS_OUTPUTS", outputs);
    }
    command.arg("-c").arg(session.directory().join("wm.conf"));
    command.stdout(session.log_file("wm.log")).stderr(session.log_file("wm.log"));
    session.spawn(command)
}

/// Xvfb chooses a free display number itself and tells it on the descriptor it is given.
fn start_x_server(session: &Session) -> (Process, String) {
    let mut command = elsewhere::command(session, "Xvfb".as_ref());
    command.args(["-displayfd", "1", "-screen", "0", "1920x1080x24", "-nolisten", "tcp", "-noreset"]);
    command.args(["-maxclients", X_CLIENTS_MAX]).stdout(Stdio::piped()).stderr(session.log_file("xvfb.log"));
    let mut process = session.spawn(command);
    let mut line = String::new();
    let output = process.child.stdout.take().expect("its output is piped");
    BufReader::new(output).read_line(&mut line).expect("the number of the display");
    assert!(!line.trim().is_empty(), "Xvfb did not start; see {:?}", session.directory().join("xvfb.log"));
    (process, format!(":{}", line.trim()))
}

/// The socket that a window manager with this pid made at its default place.
fn find_socket(kind: Kind, runtime_directory: &Path, pid: u32) -> Option<PathBuf> {
    let (directory, prefix, suffix) = match kind {
        Kind::I3 => (runtime_directory.join("i3"), "ipc-socket.", format!("ipc-socket.{pid}")),
        Kind::Sway => (runtime_directory.to_owned(), "sway-ipc.", format!(".{pid}.sock")),
    };
    let name = file_names(&directory).into_iter().find(|name| name.starts_with(prefix) && name.ends_with(&suffix))?;
    Some(directory.join(name))
}

fn file_names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
