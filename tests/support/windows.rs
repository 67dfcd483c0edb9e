//! Windows to test with, and the programs they belong to.
//!
//! On i3 a [`Program`] is this executable started again: it maps as many bare X11 windows as it is
//! told, so hundreds are cheap. On sway it is a `foot --server`, whose windows are terminals that
//! run nothing; [`Program::start_bare`] is as cheap there as on i3. X11 windows end their program
//! if they are told that they are 0 by 0 pixels large, as those of Emacs, Tk, Xt and SDL do. All
//! windows of a program belong to one process; claims look at processes, so tests use several
//! programs.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{ChildStdin, Stdio};

use super::session::Process;
use super::wait::wait_for;
use super::wm::{Kind, WindowManager};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Set in a process that is to serve as a program with X11 windows.
const SERVE_VARIABLE: &str = "I3PM_TEST_WINDOWS";

/// In the environment of a [`Program`] that lives on when it is told that it is 0x0, having had a
/// size (X11).
pub const HARDY_VARIABLE: &str = "I3PM_TEST_HARDY";
/// What an answer of such a process begins with.
const ANSWER: &str = ">>";
/// How many equal looks at a window in a row mean that it has settled (sway moves from no border to
/// one when the program has answered).
const EQUAL_LOOKS: usize = 3;

/// foot 1.21 makes a floating window smaller, to whole cells, some time after it was resized.
const WHOLE_CELLS_OFF: &str = "resize-by-cells=no";
/// What a terminal runs: says its title (`$1`) on a background of its own (`$2`) and does nothing
/// more.
const SHOW_TITLE: &str = r#"printf '\033]11;#%s\007\n  %s' "$2" "$1"; exec sleep 100000"#;

/// A window to open.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Window {
    /// Its title: how tests name it, so it is unique in a session.
    pub title: String,
    /// WM_CLASS (with the lower-case form as instance), or the application id.
    pub class: String,
    /// The title of the window of the same program that it belongs to (X11).
    #[serde(default)]
    pub transient_for: Option<String>,
    /// It is a dialog (X11), which i3 floats.
    #[serde(default)]
    pub dialog: bool,
    /// The title of the window of the same program that leads its group (X11).
    #[serde(default)]
    pub group: Option<String>,
    /// It is modal (X11), and i3 floats it.
    #[serde(default)]
    pub modal: bool,
    /// It stays when it is asked to close, as an editor does that asks whether to save (bare
    /// windows).
    #[serde(default)]
    pub refuses_to_close: bool,
}

impl Window {
    /// A window whose class is its title.
    #[must_use]
    pub fn named(title: &str) -> Window {
        Window { title: title.into(), class: title.into(), ..Window::default() }
    }
}

/// What a process with bare windows is told.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Order {
    /// Open windows, all at once.
    Open(Vec<Window>),
    /// Close the window with this title.
    Close(String),
    /// Give the window with this title another.
    Retitle(String, String),
    /// Let the window with this title ask for attention, or no longer.
    Urgent(String, bool),
    /// Ask for the activation of the window with this title.
    Activate(String),
    /// Let the program of the window with this title wish for something.
    Wish(String, Wish),
    /// Write down in this file what all windows were told since the last time (X11).
    Tell(PathBuf),
}

/// What a program asks of the window manager for one of its windows, whenever it likes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wish {
    /// To be fullscreen, as a player is when the next film begins, or no longer.
    Fullscreen(bool),
    /// To be maximized, or no longer.
    Maximized(bool),
    /// To be an icon.
    Minimized,
    /// To have this size as its smallest and its largest, so that window managers float it.
    OneSize(u16, u16),
    /// To have this size (X11; a Wayland window takes the largest that it may have).
    Size(u16, u16),
    /// To be unmapped, as into a tray (X11).
    Unmapped,
    /// To be mapped again (X11).
    Mapped,
}

/// What a window was told (X11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Telling {
    /// ConfigureNotify: its width and height.
    Size(u16, u16),
    /// MapNotify.
    Mapped,
    /// UnmapNotify.
    Unmapped,
}

/// A process that has windows.
#[derive(Debug)]
pub struct Program {
    process: Process,
    input: Option<ChildStdin>,
    answers: Option<BufReader<std::process::ChildStderr>>,
    /// Where the terminals' server listens (sway).
    socket: PathBuf,
    terminals: Vec<Process>,
}

impl Program {
    /// Start one.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(wm: &WindowManager) -> Program {
        Program::start_with(wm, &[])
    }

    /// Start one with variables in its environment.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start_with(wm: &WindowManager, variables: &[(&str, &str)]) -> Program {
        match wm.kind {
            Kind::I3 => start_bare(wm, variables),
            Kind::Sway => start_foot(wm, variables),
        }
    }

    /// Start one whose windows show nothing, so that hundreds are cheap on either window manager.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start_bare(wm: &WindowManager) -> Program {
        start_bare(wm, &[])
    }

    /// The same, and it lives on when it is told that it is 0x0.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start_hardy(wm: &WindowManager) -> Program {
        start_bare(wm, &[(HARDY_VARIABLE, "1")])
    }

    /// Start one with X11 windows on sway, whose configuration has `xwayland enable`.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start_on_xwayland(wm: &WindowManager) -> Program {
        let told = wm.session.directory().join("xwayland-display");
        wm.run(&format!("exec echo $DISPLAY > {}", told.display()));
        let display = wait_for("the display of Xwayland", || {
            std::fs::read_to_string(&told).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
        });
        start_bare(wm, &[(SERVE_VARIABLE, Kind::I3.name()), ("DISPLAY", &display)])
    }

    /// Its process, to which all its windows belong.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Open a window whose class is its title, and wait until it is in the tree as it will stay.
    /// Answers the id of its container.
    pub fn open(&mut self, wm: &WindowManager, title: &str) -> u64 {
        self.open_window(wm, &Window::named(title))
    }

    /// Open a window and wait until it is in the tree as it will stay. Answers the id of its
    /// container.
    ///
    /// # Panics
    /// When it does not come.
    pub fn open_window(&mut self, wm: &WindowManager, window: &Window) -> u64 {
        self.request(wm, window);
        let look = || wm.find(&window.title);
        let mut seen: Option<Value> = None;
        let mut looks = 0;
        wait_for(&format!("the window {:?}", window.title), || {
            let found = look()?;
            let same = seen.as_ref().is_some_and(|before| settled_part(before) == settled_part(&found));
            looks = if same { looks + 1 } else { 0 };
            seen = Some(found);
            // i3 is done with a window when it shows it; a terminal on sway answers a first
            // configure later.
            (wm.kind == Kind::I3 || (looks >= EQUAL_LOOKS && border(seen.as_ref()) != "none")).then_some(())
        });
        seen.as_ref().and_then(|node| node["id"].as_u64()).expect("a window has an id")
    }

    /// Ask for a window without waiting for it.
    ///
    /// # Panics
    /// When the program is gone.
    pub fn request(&mut self, wm: &WindowManager, window: &Window) {
        if self.input.is_some() {
            self.request_all(std::slice::from_ref(window));
        } else {
            let mut command = wm.command("footclient");
            command.arg(format!("--server-socket={}", self.socket.display()));
            command.args(["--app-id", &window.class, "--title", &window.title, "sh", "-c", SHOW_TITLE, "sh"]);
            command.arg(&window.title).arg(format!("{:06x}", colour(&window.title)));
            self.terminals.push(wm.session.spawn(command));
        }
    }

    /// Ask for bare windows, all at once, without waiting for them.
    ///
    /// # Panics
    /// When the program is gone, or one with terminals.
    pub fn request_all(&mut self, windows: &[Window]) {
        self.order(&Order::Open(windows.to_vec()));
    }

    /// Close a window and wait until it is gone.
    ///
    /// # Panics
    /// When it stays.
    pub fn close(&mut self, wm: &WindowManager, title: &str) {
        if self.input.is_some() {
            self.order(&Order::Close(title.into()));
        } else {
            wm.run(&format!("[con_id={}] kill", wm.id(title)));
        }
        wait_for(&format!("the end of the window {title:?}"), || wm.find(title).is_none().then_some(()));
    }

    /// Ask the window manager to activate a window, as pagers do with _NET_ACTIVE_WINDOW (X11).
    pub fn activate(&mut self, title: &str) {
        self.order(&Order::Activate(title.into()));
    }

    /// Let the program of a bare window wish for something.
    pub fn wish(&mut self, title: &str, wish: Wish) {
        self.order(&Order::Wish(title.into(), wish));
    }

    /// What each window was told since the last time, by title (X11).
    ///
    /// # Panics
    /// When the program is gone.
    pub fn take_tellings(&mut self, wm: &WindowManager) -> BTreeMap<String, Vec<Telling>> {
        let file = wm.session.directory().join("tellings");
        self.order(&Order::Tell(file.clone()));
        let text = std::fs::read_to_string(file).expect("what they were told");
        serde_json::from_str(&text).expect("what they were told")
    }

    /// Give a bare window another title.
    pub fn retitle(&mut self, title: &str, new: &str) {
        self.order(&Order::Retitle(title.into(), new.into()));
    }

    /// Let a window ask for attention, or no longer. For Wayland windows this is sway's own
    /// command: sway drops what a program could do (xdg-activation) if the window is hidden.
    pub fn ask_for_attention(&mut self, wm: &WindowManager, title: &str, urgent: bool) {
        if self.input.is_some() {
            self.order(&Order::Urgent(title.into(), urgent));
        } else {
            wm.run(&format!("[con_id={}] urgent {}", wm.id(title), if urgent { "enable" } else { "disable" }));
        }
    }

    fn order(&mut self, order: &Order) {
        let input = self.input.as_mut().expect("a program with bare windows");
        writeln!(input, "{}", serde_json::to_string(order).expect("an order")).expect("the program listens");
        self.answer();
    }

    fn answer(&mut self) {
        let answers = self.answers.as_mut().expect("a program with bare windows");
        loop {
            let mut line = String::new();
            let length = answers.read_line(&mut line).expect("its answer");
            assert!(length > 0, "the program with the windows is gone");
            if line.starts_with(ANSWER) {
                return;
            }
            eprint!("windows: {line}");
        }
    }
}

/// What must stand still before a test goes on.
pub(super) fn settled_part(node: &Value) -> [&Value; 4] {
    ["rect", "window_rect", "border", "geometry"].map(|name| &node[name])
}

fn border(node: Option<&Value>) -> &str {
    node.and_then(|node| node["border"].as_str()).unwrap_or("none")
}

/// Does this foot have that setting? Others refuse to start with it.
fn foot_knows(wm: &WindowManager, setting: &str) -> bool {
    let mut check = wm.command("foot");
    check.args(["--config", "/dev/null", "--check-config", "--override", setting]);
    check.status().expect("foot").success()
}

fn start_foot(wm: &WindowManager, variables: &[(&str, &str)]) -> Program {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let socket = wm.session.runtime_directory().join(format!("test-foot-{number}.sock"));
    let mut command = wm.command("foot");
    command.arg(format!("--server={}", socket.display())).args(["--config", "/dev/null", "--log-level=warning"]);
    if foot_knows(wm, WHOLE_CELLS_OFF) {
        command.args(["--override", WHOLE_CELLS_OFF]);
    }
    command.envs(variables.iter().copied()).stderr(wm.session.log_file("foot.log"));
    let process = wm.session.spawn(command);
    wait_for("foot's server", || std::os::unix::net::UnixStream::connect(&socket).ok());
    Program { process, input: None, answers: None, socket, terminals: Vec::new() }
}

fn start_bare(wm: &WindowManager, variables: &[(&str, &str)]) -> Program {
    let mut command = wm.command(std::env::current_exe().expect("this executable"));
    // The arguments are for the test runner; a target without one looks at the variable first
    // thing.
    command.args(["--exact", "windows_program", "--nocapture", "--test-threads=1"]);
    command.env(SERVE_VARIABLE, wm.kind.name()).envs(variables.iter().copied());
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut process = wm.session.spawn(command);
    let input = process.child.stdin.take();
    let answers = process.child.stderr.take().map(BufReader::new);
    let mut program = Program { process, input, answers, socket: PathBuf::new(), terminals: Vec::new() };
    program.answer();
    program
}

/// In a process that [`Program`] made of this executable: open windows as told, until the input
/// ends; answers true. In any other process: false.
///
/// # Panics
/// When the X server or the compositor refuses something.
#[must_use]
pub fn serve_if_asked() -> bool {
    match std::env::var(SERVE_VARIABLE) {
        Err(_) => return false,
        Ok(kind) if kind == Kind::I3.name() => super::x11::serve(),
        Ok(_) => super::wayland::serve(),
    }
    true
}

/// Do what each order says, and answer it.
///
/// # Panics
/// When something is no order.
pub(super) fn serve_orders(mut serve: impl FnMut(Order)) {
    eprintln!("{ANSWER} ready");
    for line in std::io::stdin().lines() {
        serve(serde_json::from_str(&line.expect("an order")).expect("an order"));
        eprintln!("{ANSWER} done");
    }
}

/// A colour of its own for each title, so that a screenshot shows which window is where.
pub(super) fn colour(title: &str) -> u32 {
    let hash = title.bytes().fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
    0x0040_4040 + (hash & 0x007f_7f7f)
}
