//! Bare windows on X11: hundreds from one process, which write down what they are told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use x11rb::connection::Connection;
use x11rb::protocol::Event as XEvent;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, EventMask, PropMode,
    Window as XWindow, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::windows::{HARDY_VARIABLE, Order, Telling, Window, Wish, colour, serve_orders};

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

/// Serve as a program with X11 windows, until the input ends.
///
/// # Panics
/// When the X server refuses something.
pub fn serve() {
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
    /// The windows that were told a size. i3 itself tells a window that opens below something
    /// fullscreen that it has no size.
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
            // It says that it can be asked to close, and nobody looks at the request.
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
