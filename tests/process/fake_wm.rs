//! A window manager that speaks the i3 IPC and does what a test tells it: answer, freeze, go away, come back.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use serde_json::{Value, json};

const COMMAND: u32 = 0;
const SUBSCRIBE: u32 = 2;
const TREE: u32 = 4;
const VERSION: u32 = 7;
const TICK: u32 = 10;
/// The event of a window.
const WINDOW_EVENT: u32 = 1 << 31 | 3;

/// A fake i3 with one workspace and one window.
pub struct FakeWm {
    path: PathBuf,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// Held while a message is written: one that does not fit at once is finished before the next begins.
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
    /// One that listens at `path`.
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

    /// Answer what was asked meanwhile, and go on.
    pub fn thaw(&self) {
        self.shared.state().frozen = false;
        self.shared.changed.notify_all();
    }

    /// Write answers a byte at a time from now on.
    pub fn dribble(&self) {
        self.shared.state().dribbles = true;
    }

    /// So many windows are there besides the first.
    #[allow(dead_code, reason = "one is enough for most tests")]
    pub fn add_windows(&self, count: u64) {
        self.shared.state().more_windows = count;
    }

    /// What was asked of it so far: types and payloads.
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
    /// Gone, its socket too.
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
        let mut header = [0; 14];
        while stream.read_exact(&mut header).is_ok() {
            assert_eq!(&header[..6], b"i3-ipc");
            let length = u32::from_ne_bytes(header[6..10].try_into().unwrap());
            let kind = u32::from_ne_bytes(header[10..].try_into().unwrap());
            let mut payload = vec![0; length as usize];
            if stream.read_exact(&mut payload).is_err() {
                return;
            }
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

/// The window of this number has changed so; its title is this now.
pub fn window_event(change: &str, number: u64, name: &str, urgent: bool) -> Vec<u8> {
    let mut container = window(number);
    container["name"] = name.into();
    container["urgent"] = urgent.into();
    frame(WINDOW_EVENT, &json!({"change": change, "container": container}))
}

/// A message of the i3 IPC.
pub fn frame(kind: u32, payload: &Value) -> Vec<u8> {
    let payload = payload.to_string();
    let mut bytes = b"i3-ipc".to_vec();
    bytes.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_ne_bytes());
    bytes.extend_from_slice(&kind.to_ne_bytes());
    bytes.extend_from_slice(payload.as_bytes());
    bytes
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

/// One output with one workspace with windows, of which the first has the focus, and i3's own scratchpad.
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

/// A window of this number, which is the first where it is 0.
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
