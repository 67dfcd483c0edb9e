//! Windows to test with, and the programs they belong to.
//!
//! On i3 a [`Program`] is this executable started again: it maps as many bare X11 windows as it is
//! told, so hundreds are cheap. On sway it is a `foot --server`, whose windows are terminals that
//! run nothing; [`Program::start_bare`] is as cheap there as on i3. X11 windows end their program
//! when they are told that they are 0 by 0 pixels large, as those of Emacs, Tk, Xt and SDL do. All
//! windows of a program belong to one process; claims look at processes, so tests use several
//! programs.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use x11rb::connection::Connection;
use x11rb::protocol::Event as XEvent;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, EventMask, PropMode,
    Window as XWindow, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::session::Process;
use super::wait::wait_for;
use super::wm::{Kind, WindowManager};

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
/// A window that was told nothing for so long has heard all that there is.
const HEARD_ALL: Duration = Duration::from_millis(30);
/// The bit of WM_HINTS' flags that says that a window asks for attention.
const HINTS_URGENT: u32 = 1 << 8;
/// The one that says that it has a group.
const HINTS_GROUP: u32 = 1 << 6;
/// Those of WM_NORMAL_HINTS that say that it has a smallest and a largest size.
const HINTS_MIN_MAX: u32 = 1 << 4 | 1 << 5;
/// The state of an icon in WM_CHANGE_STATE.
const ICONIC: u32 = 3;

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
    /// Its smallest and largest size are this one, which has window managers float it.
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

    /// Let a window ask for attention, or no longer. Wayland windows by sway's own command: what a
    /// program there could do (xdg-activation) sway drops where the window is hidden.
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
        Ok(kind) if kind == Kind::I3.name() => serve_x11(),
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

fn serve_x11() {
    let (connection, screen) = x11rb::connect(None).expect("the X server of the session");
    let server = XProgram::new(&connection, screen);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while let Ok(event) = connection.wait_for_event() {
                server.hear(&event);
            }
        });
        server.serve();
        // The end of the process ends the windows and the thread.
        std::process::exit(0);
    })
}

struct XProgram<'connection, C: Connection> {
    connection: &'connection C,
    screen: usize,
    atoms: Atoms,
    tellings: Mutex<Vec<(XWindow, Telling)>>,
    /// The windows that were told a size. What opens below something fullscreen is told by i3
    /// itself that it has none.
    sized: Mutex<BTreeSet<XWindow>>,
}

#[derive(Clone, Copy)]
struct Atoms {
    pid: u32,
    name: u32,
    utf8: u32,
    kind: u32,
    dialog: u32,
    state: u32,
    modal: u32,
    fullscreen: u32,
    maximized: [u32; 2],
    change_state: u32,
    activate: u32,
    protocols: u32,
    delete: u32,
}

impl<'connection, C: Connection> XProgram<'connection, C> {
    fn new(connection: &'connection C, screen: usize) -> XProgram<'connection, C> {
        let atom = |name: &str| {
            let cookie = connection.intern_atom(false, name.as_bytes()).expect("a request");
            cookie.reply().expect("an atom").atom
        };
        let atoms = Atoms {
            pid: atom("_NET_WM_PID"),
            name: atom("_NET_WM_NAME"),
            utf8: atom("UTF8_STRING"),
            kind: atom("_NET_WM_WINDOW_TYPE"),
            dialog: atom("_NET_WM_WINDOW_TYPE_DIALOG"),
            state: atom("_NET_WM_STATE"),
            modal: atom("_NET_WM_STATE_MODAL"),
            fullscreen: atom("_NET_WM_STATE_FULLSCREEN"),
            maximized: ["_NET_WM_STATE_MAXIMIZED_VERT", "_NET_WM_STATE_MAXIMIZED_HORZ"].map(atom),
            change_state: atom("WM_CHANGE_STATE"),
            activate: atom("_NET_ACTIVE_WINDOW"),
            protocols: atom("WM_PROTOCOLS"),
            delete: atom("WM_DELETE_WINDOW"),
        };
        XProgram { connection, screen, atoms, tellings: Mutex::default(), sized: Mutex::default() }
    }

    fn hear(&self, event: &XEvent) {
        let told = match event {
            XEvent::ConfigureNotify(told) => (told.window, Telling::Size(told.width, told.height)),
            XEvent::MapNotify(told) => (told.window, Telling::Mapped),
            XEvent::UnmapNotify(told) => (told.window, Telling::Unmapped),
            _ => return,
        };
        if let Telling::Size(width, height) = told.1 {
            let mut sized = self.sized.lock().expect("nobody panics with it");
            if (width, height) != (0, 0) {
                sized.insert(told.0);
            } else if sized.contains(&told.0) && std::env::var_os(HARDY_VARIABLE).is_none() {
                eprintln!("window {} is told that it is 0x0, and its program dies", told.0);
                std::process::exit(1);
            }
        }
        self.tellings.lock().expect("nobody panics with it").push(told);
    }

    /// Everything that was told, when no more comes.
    fn tell(&self, windows: &[(String, XWindow)], file: &Path) {
        self.connection.sync().expect("the X server");
        let mut heard = usize::MAX;
        loop {
            let now = self.tellings.lock().expect("nobody panics with it").len();
            if std::mem::replace(&mut heard, now) == now {
                break;
            }
            std::thread::sleep(HEARD_ALL);
        }
        let tellings = std::mem::take(&mut *self.tellings.lock().expect("nobody panics with it"));
        let of = |id: XWindow| tellings.iter().filter(move |told| told.0 == id).map(|told| told.1).collect();
        let all: BTreeMap<&str, Vec<Telling>> = windows.iter().map(|(title, id)| (title.as_str(), of(*id))).collect();
        std::fs::write(file, serde_json::to_string(&all).expect("JSON")).expect("the directory of the session");
    }

    fn serve(&self) {
        let mut windows: Vec<(String, XWindow)> = Vec::new();
        let id = |windows: &[(String, XWindow)], title: &str| {
            windows.iter().find(|window| window.0 == title).unwrap_or_else(|| panic!("no window {title:?}")).1
        };
        serve_orders(|order| {
            match order {
                Order::Open(opened) => {
                    for window in opened {
                        let named = |title: &String| id(&windows, title);
                        let parent = window.transient_for.as_ref().map(named);
                        let group = window.group.as_ref().map(named);
                        let id = self.open(&window, parent, group);
                        windows.push((window.title, id));
                    }
                }
                Order::Close(title) => {
                    self.connection.destroy_window(id(&windows, &title)).expect("a request");
                    windows.retain(|window| window.0 != title);
                }
                Order::Urgent(title, urgent) => {
                    let hints = [if urgent { HINTS_URGENT } else { 0 }, 0, 0, 0, 0, 0, 0, 0, 0];
                    let (property, kind) = (AtomEnum::WM_HINTS, AtomEnum::WM_HINTS);
                    let window = id(&windows, &title);
                    let set = self.connection.change_property32(PropMode::REPLACE, window, property, kind, &hints);
                    set.expect("a request");
                }
                // As a pager does: source 2.
                Order::Activate(title) => self.message(id(&windows, &title), self.atoms.activate, [2, 0, 0, 0, 0]),
                Order::Wish(title, wish) => self.wish(id(&windows, &title), wish),
                Order::Tell(file) => self.tell(&windows, &file),
                Order::Retitle(title, new) => {
                    let window = id(&windows, &title);
                    self.set_title(window, &new);
                    windows.retain(|window| window.0 != title);
                    windows.push((new, window));
                }
            }
            self.connection.sync().expect("the X server");
        });
    }

    /// Tell the root something about a window.
    fn message(&self, window: XWindow, kind: u32, data: [u32; 5]) {
        let root = self.connection.setup().roots[self.screen].root;
        let mask = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        let message = ClientMessageEvent::new(32, window, kind, data);
        self.connection.send_event(false, root, mask, message).expect("a request");
    }

    fn wish(&self, window: XWindow, wish: Wish) {
        let connection = self.connection;
        let state = |on: bool, atoms: [u32; 2]| {
            self.message(window, self.atoms.state, [u32::from(on), atoms[0], atoms[1], 1, 0]);
        };
        let done = match wish {
            Wish::Fullscreen(on) => return state(on, [self.atoms.fullscreen, 0]),
            Wish::Maximized(on) => return state(on, self.atoms.maximized),
            Wish::Minimized => return self.message(window, self.atoms.change_state, [ICONIC, 0, 0, 0, 0]),
            Wish::OneSize(width, height) => {
                let [width, height] = [width.into(), height.into()];
                let hints = [HINTS_MIN_MAX, 0, 0, 0, 0, width, height, width, height, 0, 0, 0, 0, 0, 0, 0, 0, 0];
                let (property, kind) = (AtomEnum::WM_NORMAL_HINTS, AtomEnum::WM_SIZE_HINTS);
                connection.change_property32(PropMode::REPLACE, window, property, kind, &hints)
            }
            Wish::Size(width, height) => {
                let size = ConfigureWindowAux::new().width(u32::from(width)).height(u32::from(height));
                connection.configure_window(window, &size)
            }
            Wish::Unmapped => connection.unmap_window(window),
            Wish::Mapped => connection.map_window(window),
        };
        done.expect("a request");
    }

    fn open(&self, window: &Window, parent: Option<XWindow>, group: Option<XWindow>) -> XWindow {
        let connection = self.connection;
        let screen = &connection.setup().roots[self.screen];
        let id = connection.generate_id().expect("a window id");
        let attributes =
            CreateWindowAux::new().background_pixel(colour(&window.title)).event_mask(EventMask::STRUCTURE_NOTIFY);
        connection
            .create_window(
                x11rb::COPY_DEPTH_FROM_PARENT,
                id,
                screen.root,
                0,
                0,
                200,
                150,
                0,
                WindowClass::INPUT_OUTPUT,
                screen.root_visual,
                &attributes,
            )
            .expect("a request");
        let class = format!("{}\0{}\0", window.class.to_lowercase(), window.class);
        let set8 = |property: u32, kind: u32, value: &[u8]| {
            connection.change_property8(PropMode::REPLACE, id, property, kind, value).expect("a request");
        };
        let set32 = |property: u32, kind: AtomEnum, value: u32| {
            connection.change_property32(PropMode::REPLACE, id, property, kind, &[value]).expect("a request");
        };
        set8(AtomEnum::WM_CLASS.into(), AtomEnum::STRING.into(), class.as_bytes());
        self.set_title(id, &window.title);
        set32(self.atoms.pid, AtomEnum::CARDINAL, std::process::id());
        if let Some(parent) = parent {
            set32(AtomEnum::WM_TRANSIENT_FOR.into(), AtomEnum::WINDOW, parent);
        }
        if window.dialog {
            set32(self.atoms.kind, AtomEnum::ATOM, self.atoms.dialog);
        }
        if window.modal {
            set32(self.atoms.state, AtomEnum::ATOM, self.atoms.modal);
        }
        if let Some(group) = group {
            let (property, hints) = (AtomEnum::WM_HINTS, [HINTS_GROUP, 0, 0, 0, 0, 0, 0, 0, group]);
            let set = connection.change_property32(PropMode::REPLACE, id, property, property, &hints);
            set.expect("a request");
        }
        if window.refuses_to_close {
            // It says that it can be asked, and nobody looks at what it is asked.
            set32(self.atoms.protocols, AtomEnum::ATOM, self.atoms.delete);
        }
        connection.map_window(id).expect("a request");
        id
    }

    fn set_title(&self, window: XWindow, title: &str) {
        for (property, kind) in
            [(self.atoms.name, self.atoms.utf8), (AtomEnum::WM_NAME.into(), AtomEnum::STRING.into())]
        {
            let set = self.connection.change_property8(PropMode::REPLACE, window, property, kind, title.as_bytes());
            set.expect("a request");
        }
    }
}

/// A colour of its own for each title, so that a screenshot shows which window is where.
fn colour(title: &str) -> u32 {
    let hash = title.bytes().fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
    0x0040_4040 + (hash & 0x007f_7f7f)
}
