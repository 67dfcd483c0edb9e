//! i3 4.22 and sway 1.7 in memory: they execute the commands that i3pm sends, answer as the real
//! ones do and emit their events in their order (all events of a message before its reply).
//!
//! Structure, order, focus stacks, marks and workspaces are modelled; rectangles only roughly (one
//! font, no gaps). `real.rs` runs the same random scripts here and on the real ones and compares
//! the trees.

pub mod command;
mod i3;
mod sway;

use i3pm::core::WmKind;
use i3pm::core::tree::Rect;
use serde_json::{Value, json};

use i3::I3;
use sway::Sway;

/// A client window.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Client {
    pub class: Option<String>,
    pub instance: Option<String>,
    pub app_id: Option<String>,
    pub title: Option<String>,
    pub pid: u32,
    /// The X11 id: on i3 always, on sway never (no XWayland here).
    pub x11: u32,
    pub transient_for: Option<u32>,
    /// The leader of its group, or 0. Only the X server tells it.
    pub group: u32,
    /// So says the X server.
    pub modal: bool,
}

impl Client {
    /// A window of this class: on i3 the X11 window of this number, on sway a Wayland one.
    pub fn new(kind: WmKind, class: &str, title: String, pid: u32, number: u32) -> Client {
        let i3 = kind == WmKind::I3;
        Client {
            class: i3.then(|| class.to_owned()),
            instance: i3.then(|| class.to_lowercase()),
            app_id: (!i3).then(|| class.to_owned()),
            title: Some(title),
            pid,
            x11: if i3 { number } else { 0 },
            ..Client::default()
        }
    }
}

/// A window that is about to be mapped.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewWindow {
    pub client: Client,
    /// It asks to float, as dialogs do.
    pub floating: bool,
}

/// The events that one can subscribe to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    Workspace = 0,
    Window = 3,
    Binding = 5,
    Shutdown = 6,
    Tick = 7,
}

impl EventKind {
    fn named(name: &str) -> Option<EventKind> {
        Some(match name {
            "workspace" => EventKind::Workspace,
            "window" => EventKind::Window,
            "binding" => EventKind::Binding,
            "shutdown" => EventKind::Shutdown,
            "tick" => EventKind::Tick,
            _ => return None,
        })
    }
}

/// An event that was not read yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    pub kind: EventKind,
    pub payload: Value,
}

impl Pending {
    pub fn new(kind: EventKind, payload: Value) -> Pending {
        Pending { kind, payload }
    }

    /// An event that says what changed, and how the things are now. (`json!` would copy whole
    /// trees.)
    fn of(kind: EventKind, change: &str, things: impl IntoIterator<Item = (&'static str, Value)>) -> Pending {
        let mut payload = serde_json::Map::new();
        payload.insert("change".into(), json!(change));
        payload.extend(things.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Pending { kind, payload: Value::Object(payload) }
    }
}

/// One item of the reply to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub success: bool,
    pub parse_error: bool,
    pub error: Option<String>,
}

impl Outcome {
    fn plain(success: bool) -> Outcome {
        let error = (!success).then(|| "The fake refuses".to_owned());
        Outcome { success, parse_error: false, error }
    }

    fn parse_error(reason: &str) -> Outcome {
        Outcome { success: false, parse_error: true, error: Some(reason.to_owned()) }
    }

    fn json(&self, kind: WmKind) -> Value {
        let mut value = json!({"success": self.success});
        let object = value.as_object_mut().expect("an object");
        if self.parse_error || (kind == WmKind::Sway && !self.success) {
            object.insert("parse_error".into(), json!(self.parse_error));
        }
        if let Some(error) = &self.error {
            object.insert("error".into(), json!(error));
        }
        value
    }
}

/// `[...]` of a command, compiled.
struct Criteria {
    container: Option<u64>,
    patterns: Vec<(String, regex::Regex)>,
}

impl Criteria {
    fn new(pairs: &[(String, String)]) -> Option<Criteria> {
        let mut criteria = Criteria { container: None, patterns: Vec::new() };
        for (key, value) in pairs {
            if key == "con_id" {
                criteria.container = Some(value.parse().ok()?);
            } else {
                criteria.patterns.push((key.clone(), regex::Regex::new(value).ok()?));
            }
        }
        Some(criteria)
    }

    fn fits(&self, id: u64, marks: &[String], client: Option<&Client>) -> bool {
        self.container.is_none_or(|container| container == id)
            && self.patterns.iter().all(|(key, pattern)| {
                let text = |value: Option<&String>| value.is_some_and(|value| pattern.is_match(value));
                match key.as_str() {
                    "con_mark" => marks.iter().any(|mark| pattern.is_match(mark)),
                    "class" => text(client.and_then(|client| client.class.as_ref())),
                    "instance" => text(client.and_then(|client| client.instance.as_ref())),
                    "app_id" => text(client.and_then(|client| client.app_id.as_ref())),
                    "title" => text(client.and_then(|client| client.title.as_ref())),
                    _ => false,
                }
            })
    }
}

fn rectangle(rect: Rect) -> Value {
    json!({"x": rect.x, "y": rect.y, "width": rect.width, "height": rect.height})
}

#[derive(Debug, Clone)]
enum Engine {
    I3(Box<I3>),
    Sway(Box<Sway>),
}

/// A window manager in memory.
#[derive(Debug, Clone)]
pub struct FakeWm {
    kind: WmKind,
    engine: Engine,
    subscribed: Vec<EventKind>,
    /// The command of the next message, counted from 0, that is refused, if it is one for certain
    /// containers: a fault.
    pub refuse: Option<usize>,
}

/// What a request is answered with.
pub struct Answer {
    /// The events that come before it: type and payload.
    pub events: Vec<(u32, Vec<u8>)>,
    /// The payload of the reply.
    pub payload: Vec<u8>,
}

impl FakeWm {
    /// With outputs of 960x1080 side by side, named as those of the real ones in tests.
    pub fn new(kind: WmKind, outputs: usize, auto_back_and_forth: bool) -> FakeWm {
        let width = if outputs > 1 { 960 } else { 1920 };
        let rects: Vec<(String, Rect)> = (0..outputs)
            .map(|number| {
                let rect = Rect { x: 960 * number as i32, y: 0, width, height: 1080 };
                let name = match kind {
                    WmKind::I3 if outputs == 1 => "screen".into(),
                    WmKind::I3 => format!("fake-{number}"),
                    WmKind::Sway => format!("HEADLESS-{}", number + 1),
                };
                (name, rect)
            })
            .collect();
        let named: Vec<(&str, Rect)> = rects.iter().map(|(name, rect)| (name.as_str(), *rect)).collect();
        let engine = match kind {
            WmKind::I3 => Engine::I3(Box::new(I3::new(&named, auto_back_and_forth))),
            WmKind::Sway => Engine::Sway(Box::new(Sway::new(&named, auto_back_and_forth))),
        };
        FakeWm { kind, engine, subscribed: Vec::new(), refuse: None }
    }

    /// From now on i3 does not do what the vault rests on.
    pub fn forbid_vault(&mut self) {
        if let Engine::I3(wm) = &mut self.engine {
            wm.vault_fails = true;
        }
    }

    /// The file that i3 finds when it appends a layout.
    pub fn put_layout(&mut self, path: &str, text: &str) {
        if let Engine::I3(wm) = &mut self.engine {
            wm.layout_file = Some((path.to_owned(), text.to_owned()));
        }
    }

    /// i3: the sizes that clients were told since the last time, with their containers.
    pub fn take_tellings(&mut self) -> Vec<(u64, (i32, i32))> {
        match &mut self.engine {
            Engine::I3(wm) => std::mem::take(&mut wm.tellings),
            Engine::Sway(_) => Vec::new(),
        }
    }

    pub fn kind(&self) -> WmKind {
        self.kind
    }

    /// Has it met what the real one dies of?
    pub fn has_crashed(&self) -> bool {
        matches!(&self.engine, Engine::Sway(wm) if wm.has_crashed)
    }

    /// Run a message, as a client or as the user's key bindings.
    pub fn run(&mut self, text: &str) -> Vec<Outcome> {
        let items = command::parse(self.kind, text);
        match &mut self.engine {
            Engine::I3(wm) => wm.run(&items, self.refuse),
            Engine::Sway(wm) => wm.run(&items, self.refuse),
        }
    }

    /// Map a window.
    pub fn open(&mut self, window: &NewWindow) -> u64 {
        match &mut self.engine {
            Engine::I3(wm) => wm.open(window),
            Engine::Sway(wm) => wm.open(window),
        }
    }

    /// A client closes its window.
    pub fn close(&mut self, container: u64) {
        match &mut self.engine {
            Engine::I3(wm) => wm.gone(container),
            Engine::Sway(wm) => wm.gone(container),
        }
    }

    /// The windows that were asked to close and did not yet.
    pub fn dying(&self) -> Vec<u64> {
        match &self.engine {
            Engine::I3(wm) => wm.dying.clone(),
            Engine::Sway(wm) => wm.dying.clone(),
        }
    }

    pub fn set_title(&mut self, container: u64, title: &str) {
        match &mut self.engine {
            Engine::I3(wm) => wm.set_title(container, title),
            Engine::Sway(wm) => wm.set_title(container, title),
        }
    }

    /// i3: a window says whose dialog it is, another X11 window.
    pub fn set_transient(&mut self, x11: u32, leader: u32) {
        if let Engine::I3(wm) = &mut self.engine {
            wm.set_transient(x11, leader);
        }
    }

    /// A key binding ran this command.
    pub fn binding(&mut self, command: &str) {
        match &mut self.engine {
            Engine::I3(wm) => wm.binding(command),
            Engine::Sway(wm) => wm.binding(command),
        }
        self.run(command);
    }

    /// Somebody sent a tick.
    pub fn tick(&mut self, payload: &str) {
        self.announce(Pending::new(EventKind::Tick, json!({"first": false, "payload": payload})));
    }

    /// Tell whoever has subscribed.
    pub fn announce(&mut self, event: Pending) {
        match &mut self.engine {
            Engine::I3(wm) => wm.events.push(event),
            Engine::Sway(wm) => wm.events.push(event),
        }
    }

    /// Every window: its container and client.
    pub fn windows(&self) -> Vec<(u64, Client)> {
        match &self.engine {
            Engine::I3(wm) => wm.windows().into_iter().map(|(id, client)| (id, client.clone())).collect(),
            Engine::Sway(wm) => wm.windows().into_iter().map(|(id, client)| (id, client.clone())).collect(),
        }
    }

    /// The containers that are not empty on the workspaces but `except`, and the windows in the
    /// scratchpad.
    pub fn containers(&self, except: &str) -> (Vec<u64>, Vec<u64>) {
        match &self.engine {
            Engine::I3(wm) => wm.containers(except),
            Engine::Sway(wm) => wm.shown_and_hidden(except),
        }
    }

    /// GET_TREE.
    pub fn tree(&self) -> Value {
        match &self.engine {
            Engine::I3(wm) => wm.dump(wm.root),
            Engine::Sway(wm) => wm.dump_root(),
        }
    }

    /// i3's in-place restart. The connection is gone and the subscriptions with it.
    pub fn restart(&mut self) {
        if let Engine::I3(wm) = &mut self.engine {
            wm.restart();
        }
        self.subscribed.clear();
    }

    /// The client has taken another connection, without these subscriptions.
    pub fn unsubscribe(&mut self, names: &[&str]) {
        let gone: Vec<EventKind> = names.iter().filter_map(|name| EventKind::named(name)).collect();
        self.subscribed.retain(|kind| !gone.contains(kind));
    }

    /// The client is gone.
    pub fn disconnect(&mut self) {
        self.subscribed.clear();
        let _ = self.take_events();
    }

    /// The events since the last time that the client subscribed to: their type on the wire and
    /// payload.
    pub fn take_events(&mut self) -> Vec<(u32, Vec<u8>)> {
        let events = match &mut self.engine {
            Engine::I3(wm) => std::mem::take(&mut wm.events),
            Engine::Sway(wm) => std::mem::take(&mut wm.events),
        };
        events
            .into_iter()
            .filter(|event| self.subscribed.contains(&event.kind))
            .map(|event| (0x8000_0000 | event.kind as u32, event.payload.to_string().into_bytes()))
            .collect()
    }

    /// Answer a request of the client: RUN_COMMAND 0, SUBSCRIBE 2, GET_TREE 4, GET_VERSION 7.
    pub fn request(&mut self, kind: u32, payload: &[u8]) -> Answer {
        let text = String::from_utf8_lossy(payload).into_owned();
        let reply = match kind {
            0 => {
                let outcomes = self.run(&text);
                Value::Array(outcomes.iter().map(|outcome| outcome.json(self.kind)).collect())
            }
            2 => {
                let names: Vec<String> = serde_json::from_slice(payload).unwrap_or_default();
                let known = names.iter().all(|name| {
                    EventKind::named(name).is_some() || (name == "output" && self.kind == WmKind::I3) || name == "mode"
                });
                if known {
                    for kind in names.iter().filter_map(|name| EventKind::named(name)) {
                        if !self.subscribed.contains(&kind) {
                            self.subscribed.push(kind);
                        }
                        if kind == EventKind::Tick {
                            self.announce(Pending::new(kind, json!({"first": true, "payload": ""})));
                        }
                    }
                }
                json!({"success": known})
            }
            4 => self.tree(),
            7 => match self.kind {
                WmKind::I3 => json!({"major": 4, "minor": 22, "patch": 0,
                    "human_readable": "4.22 (2023-01-02)", "loaded_config_file_name": "/fake/config"}),
                WmKind::Sway => json!({"human_readable": "sway version 1.7", "major": 1, "minor": 7, "patch": 0,
                    "loaded_config_file_name": "/fake/config"}),
            },
            _ => json!({"success": false}),
        };
        // i3 sends the first tick after the reply to the subscription; a reader must bear both
        // orders.
        let late_tick = kind == 2 && self.kind == WmKind::I3;
        let events = if late_tick { Vec::new() } else { self.take_events() };
        Answer { events, payload: reply.to_string().into_bytes() }
    }
}
