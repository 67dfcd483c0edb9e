//! A window manager that speaks the i3 IPC and does as a test tells it: it answers, freezes, goes
//! away, comes back.

use std::io::{ErrorKind, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use serde_json::{Value, json};

#[allow(dead_code, clippy::duplicate_mod, reason = "shared with other tests, which may have it already")]
#[path = "../support/framing.rs"]
mod framing;

const COMMAND: u32 = 0;
const SUBSCRIBE: u32 = 2;
const TREE: u32 = 4;
const VERSION: u32 = 7;
const TICK: u32 = 10;
/// The type of a window's event.
const WINDOW_EVENT: u32 = framing::EVENT_BIT | 3;

/// A fake i3 with one workspace and one window.
pub struct FakeWm {
    path: PathBuf,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// The lock is held while a message is written: a message that does not fit at once is finished
    /// before the next begins.
    writing: Mutex<()>,
}

#[derive(Default)]
struct State {
    frozen: bool,
    /// Answers are written a byte at a time.
    dribbles: bool,
    /// Windows besides the first.
    more_windows: u64,
    stopped: bool,
    connections: Vec<UnixStream>,
    requests: Vec<(u32, String)>,
}

impl FakeWm {
    /// Start one that listens at `path`.
    pub fn start(path: &Path) -> FakeWm {
        let listener = UnixListener::bind(path).unwrap();
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(stream), false) = (stream, theirs.state().stopped) else { return };
                theirs.state().connections.push(stream.try_clone().unwrap());
                let theirs = Arc::clone(&theirs);
                std::thread::spawn(move || theirs.serve(stream));
            }
        });
        FakeWm { path: path.to_owned(), shared }
    }

    /// Answer nothing from now on.
    pub fn freeze(&self) {
        self.shared.state().frozen = true;
    }

    /// Answer the requests that came meanwhile, and go on.
    pub fn thaw(&self) {
        self.shared.state().frozen = false;
        self.shared.changed.notify_all();
    }

    /// Write answers a byte at a time from now on.
    pub fn dribble(&self) {
        self.shared.state().dribbles = true;
    }

    /// From now on there are `count` windows besides the first.
    #[allow(dead_code, reason = "one is enough for most tests")]
    pub fn add_windows(&self, count: u64) {
        self.shared.state().more_windows = count;
    }

    /// The requests so far: types and payloads.
    pub fn requests(&self) -> Vec<(u32, String)> {
        self.shared.state().requests.clone()
    }

    /// The commands among them.
    pub fn commands(&self) -> Vec<String> {
        self.requests().into_iter().filter(|(kind, _)| *kind == COMMAND).map(|(_, payload)| payload).collect()
    }

    /// Close every connection and go on listening.
    pub fn hang_up(&self) {
        for stream in self.shared.state().connections.drain(..) {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }

    /// Send bytes to every connection, whatever they are.
    pub fn say(&self, bytes: &[u8]) {
        let _whole = self.shared.writing.lock().unwrap();
        for stream in &mut self.shared.state().connections {
            let _ = stream.write_all(bytes);
        }
    }
}

impl Drop for FakeWm {
    /// The window manager is gone, and its socket too.
    fn drop(&mut self) {
        self.shared.state().stopped = true;
        self.hang_up();
        let _ = UnixStream::connect(&self.path);
        let _ = std::fs::remove_file(&self.path);
        self.thaw();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn serve(&self, mut stream: UnixStream) {
        loop {
            let (kind, payload) = match framing::read(&mut stream) {
                Ok(request) => request,
                Err(error) => return assert_ne!(error.kind(), ErrorKind::InvalidData, "{error}"),
            };
            let payload = String::from_utf8(payload).unwrap();
            let mut state = self.state();
            state.requests.push((kind, payload.clone()));
            while state.frozen {
                state = self.changed.wait(state).unwrap();
            }
            let (dribbles, more_windows) = (state.dribbles, state.more_windows);
            drop(state);
            let message = frame(kind, &answer(kind, &payload, more_windows));
            let _whole = self.writing.lock().unwrap();
            let pieces = message.chunks(if dribbles { 1 } else { message.len() });
            for piece in pieces {
                if stream.write_all(piece).is_err() {
                    return;
                }
            }
        }
    }
}

/// The event of a window: `change` is what happened to it, `name` is its title now.
pub fn window_event(change: &str, number: u64, name: &str, urgent: bool) -> Vec<u8> {
    let mut container = window(number);
    container["name"] = name.into();
    container["urgent"] = urgent.into();
    frame(WINDOW_EVENT, &json!({"change": change, "container": container}))
}

/// A message of the i3 IPC.
pub fn frame(kind: u32, payload: &Value) -> Vec<u8> {
    framing::frame(kind, payload.to_string().as_bytes())
}

fn answer(kind: u32, payload: &str, more_windows: u64) -> Value {
    match kind {
        VERSION => json!({"major": 4, "minor": 22, "patch": 0, "human_readable": "4.22 (fake)",
                          "loaded_config_file_name": "/dev/null"}),
        COMMAND => payload.split(';').map(|_| json!({"success": true})).collect(),
        TREE => tree(more_windows),
        SUBSCRIBE | TICK => json!({"success": true}),
        _ => json!([]),
    }
}

/// One output with one workspace with windows, and i3's own scratchpad. The first window has the
/// focus.
fn tree(more_windows: u64) -> Value {
    let inner = |id: u64, kind: &str, name: &str, nodes: Vec<Value>| {
        let focus: Vec<&Value> = nodes.iter().map(|node| &node["id"]).collect();
        json!({
            "id": id, "type": kind, "name": name, "layout": "splith", "orientation": "horizontal", "percent": null,
            "focused": false, "marks": [], "fullscreen_mode": 0, "sticky": false, "urgent": false,
            "floating": "auto_off", "scratchpad_state": "none", "floating_nodes": [], "focus": focus,
            "rect": {"x": 0, "y": 0, "width": 1280, "height": 720}, "output": "fake-0", "num": -1,
            "nodes": nodes,
        })
    };
    let scratch = inner(4, "workspace", "__i3_scratch", vec![]);
    let internal = inner(2, "output", "__i3", vec![inner(3, "con", "content", vec![scratch])]);
    let workspace = inner(12, "workspace", "1", (0..=more_windows).map(window).collect());
    let output = inner(10, "output", "fake-0", vec![inner(11, "con", "content", vec![workspace])]);
    inner(1, "root", "root", vec![internal, output])
}

/// The window of this number; 0 is the first.
fn window(number: u64) -> Value {
    json!({
        "id": 20 + number, "type": "con", "name": "a title", "layout": "splith", "orientation": "none", "percent": 1.0,
        "focused": number == 0, "window": 77 + number, "window_type": "normal", "marks": [], "fullscreen_mode": 0,
        "sticky": false, "urgent": false, "floating": "auto_off", "scratchpad_state": "none", "nodes": [],
        "floating_nodes": [], "focus": [], "rect": {"x": 0, "y": 0, "width": 1280, "height": 720},
        "window_rect": {"x": 0, "y": 0, "width": 1280, "height": 720},
        "deco_rect": {"x": 0, "y": 0, "width": 0, "height": 0},
        "window_properties": {"class": "Fake", "instance": "fake", "title": "a title"},
    })
}
