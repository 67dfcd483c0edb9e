//! Whoever folds the notices over the first state knows what a newcomer is told: whatever happens, whenever it subscribed.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use i3pm::api::{Call, Change, Subscribe, Topic};
use i3pm::core::tree::{Node, NodeKind, Rect};
use i3pm::core::words::command::commands_of;
use i3pm::core::{
    CallId, CommandOutcome, Core, Effect, Event, PeerId, Process, Settings, StoreFile, Ticket, Time, WindowChange,
    WmEvent, WmKind, WmReply, WmRequest,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Steps of one run.
const STEPS_MAX: usize = 80;
/// So many windows come and go.
const WINDOWS: u8 = 8;

/// What a subscriber has folded: the small topics whole, the windows one by one.
#[derive(Debug, Default, PartialEq)]
struct Picture {
    seq: u64,
    topics: BTreeMap<String, Value>,
    windows: BTreeMap<u64, Value>,
}

impl Picture {
    fn fold(&mut self, seq: u64, change: &Change) {
        assert_eq!(seq, self.seq + 1, "no notice is left out");
        self.seq = seq;
        let Change::Windows(windows) = change else {
            let whole = serde_json::to_value(change).expect("a notice is JSON");
            self.topics.insert(whole["topic"].as_str().expect("a topic").to_owned(), whole);
            return;
        };
        if windows.full {
            self.windows.clear();
        }
        for id in &windows.closed {
            assert!(self.windows.remove(id).is_some(), "window {id} closes and was not known");
        }
        for window in &windows.changed {
            self.windows.insert(window.id, serde_json::to_value(window).expect("a window is JSON"));
        }
    }
}

/// A core, a window manager that knows windows and no commands, and subscribers.
struct World {
    core: Core,
    now: Time,
    asked: Option<(Ticket, WmRequest)>,
    windows: BTreeMap<u64, Node>,
    pictures: BTreeMap<PeerId, Picture>,
    peers: u64,
    calls: u64,
}

impl World {
    fn new() -> World {
        let now = Time::from_nanos(1_000_000_000);
        let settings = Settings {
            epoch: "e".into(),
            pid: 1,
            config_file: "config.toml".into(),
            layout_file: None,
            watchdog: None,
            started_unix_ms: 0,
        };
        let mut world = World {
            core: Core::new(settings, now),
            now,
            asked: None,
            windows: BTreeMap::new(),
            pictures: BTreeMap::new(),
            peers: 0,
            calls: 0,
        };
        world.turn(Event::Started);
        world.turn(Event::ConfigRead(i3pm::config::parse("config.toml", "", None).map(Into::into)));
        for file in [StoreFile::Projects, StoreFile::State, StoreFile::Runtime] {
            world.turn(Event::StoreRead { file, result: Ok(None) });
        }
        world
    }

    /// One turn of the loop.
    fn turn(&mut self, event: Event) {
        self.handle(event);
        let mut effects = Vec::new();
        self.core.end_turn(self.now, &mut effects);
        self.apply(effects);
    }

    fn handle(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let mut effects = Vec::new();
            self.core.handle(self.now, event, &mut effects);
            events.extend(self.apply(effects));
        }
    }

    fn apply(&mut self, effects: Vec<Effect>) -> Vec<Event> {
        let mut events = Vec::new();
        for effect in effects {
            match effect {
                Effect::WmSend { ticket, request } => self.asked = Some((ticket, request)),
                Effect::WriteStore { job, file, .. } if file != StoreFile::Runtime => {
                    events.push(Event::StoreWritten { job, result: Ok(()) });
                }
                Effect::Notify { peer, notice } => {
                    assert_eq!(notice.epoch, "e");
                    if let Some(picture) = self.pictures.get_mut(&peer) {
                        picture.fold(notice.seq, &notice.change);
                    }
                }
                _ => {}
            }
        }
        events
    }

    fn answer(&mut self) {
        let Some((ticket, request)) = self.asked.take() else { return };
        let reply = match request {
            WmRequest::Version => WmReply::Version { kind: WmKind::Sway, human_readable: "1.7".into() },
            WmRequest::Subscribe(_) => WmReply::Subscribed(true),
            WmRequest::Tick(_) => WmReply::Ticked(true),
            WmRequest::Config => WmReply::Config(String::new()),
            WmRequest::Tree => WmReply::Tree(Box::new(self.tree())),
            WmRequest::Command(command) | WmRequest::Unheard { text: command, .. } => {
                WmReply::Command(vec![CommandOutcome { success: true, error: None }; commands_of(&command).len()])
            }
        };
        self.turn(Event::WmReply { ticket, reply });
    }

    fn tree(&self) -> Node {
        let workspace = Node {
            id: 10,
            kind: NodeKind::Workspace,
            name: Some("1".into()),
            focused: !self.windows.values().any(|window| window.focused),
            nodes: self.windows.values().cloned().collect(),
            ..Node::default()
        };
        let output = Node {
            id: 3,
            kind: NodeKind::Output,
            name: Some("DP-1".into()),
            current_workspace: Some("1".into()),
            nodes: vec![workspace],
            ..Node::default()
        };
        Node { id: 1, kind: NodeKind::Root, nodes: vec![output], ..Node::default() }
    }

    fn window(&mut self, change: WindowChange, id: u64) {
        let Some(window) = self.windows.get(&id).cloned() else { return };
        if change == WindowChange::Close {
            self.windows.remove(&id);
        }
        self.turn(Event::WmEvent(WmEvent::Window { change, container: Box::new(window) }));
    }

    fn call(&mut self, peer: PeerId, method: &str, params: Value) -> Event {
        self.calls += 1;
        let request = Call::decode(method, Some(params)).expect("a call");
        Event::Call { peer, call: CallId(self.calls), request }
    }

    fn subscribe(&mut self, topics: Vec<Topic>) -> PeerId {
        self.peers += 1;
        self.calls += 1;
        let (peer, call) = (PeerId(self.peers), CallId(self.calls));
        self.pictures.insert(peer, Picture::default());
        self.handle(Event::PeerConnected { peer, process: Process::default() });
        self.handle(Event::Call { peer, call, request: Call::Subscribe(Subscribe { topics }) });
        peer
    }

    /// What happens; `number` says with which window or project.
    fn step(&mut self, what: u8, number: u8) {
        let id = 100 + u64::from(number % WINDOWS);
        let name = format!("p{}", number % 3);
        match what {
            0 | 1 if !self.windows.contains_key(&id) => {
                let window = Node {
                    id,
                    kind: NodeKind::Con,
                    name: Some("new".into()),
                    app_id: Some(name),
                    rect: Rect { x: 0, y: 0, width: 500, height: 600 },
                    ..Node::default()
                };
                self.windows.insert(id, window);
                self.window(WindowChange::New, id);
            }
            0 | 2 => {
                if let Some(window) = self.windows.get_mut(&id) {
                    window.name = Some(format!("title {number}"));
                }
                self.window(WindowChange::Title, id);
            }
            1 | 3 => {
                self.windows.values_mut().for_each(|window| window.focused = window.id == id);
                self.window(WindowChange::Focus, id);
            }
            4 => self.window(WindowChange::Close, id),
            5 => {
                if let Some(window) = self.windows.get_mut(&id) {
                    window.urgent = !window.urgent;
                }
                self.window(WindowChange::Urgent, id);
            }
            6..=10 => {
                let (method, params) = match what {
                    6 => ("project.create", json!({"name": name})),
                    7 => ("project.switch", json!({"name": name})),
                    8 => ("window.assign", json!({"id": id, "project": name})),
                    9 => ("project.update", json!({"name": name, "icon": number.to_string()})),
                    _ => ("project.delete", json!({"name": name})),
                };
                let event = self.call(PeerId(1), method, params);
                self.turn(event);
            }
            11 if self.asked.is_none() => {
                self.turn(Event::WmConnected { socket: "/run/wm.sock".into(), pid: Some(7) });
            }
            11 if number < 40 => {
                self.asked = None;
                self.turn(Event::WmLost { reason: "gone".into() });
            }
            12 => {
                self.now = self.now + Duration::from_millis(u64::from(number) * 20);
                self.turn(Event::Elapsed);
            }
            13 => {
                self.subscribe(vec![Topic::All]);
                self.turn(Event::Elapsed);
            }
            _ => self.answer(),
        }
    }

    /// Everyone knows what a newcomer is told.
    fn check(&mut self) {
        let newcomer = self.subscribe(vec![Topic::All]);
        let mut effects = Vec::new();
        self.core.end_turn(self.now, &mut effects);
        self.apply(effects);
        let fresh = self.pictures.remove(&newcomer).expect("it has just come");
        assert_eq!(fresh.topics.len(), Topic::EACH.len() - 1, "every topic but the windows has a state");
        self.handle(Event::PeerClosed { peer: newcomer });
        for (peer, picture) in &self.pictures {
            assert_eq!((&picture.topics, &picture.windows), (&fresh.topics, &fresh.windows), "{peer:?} differs");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]
    #[test]
    fn folded_notices_are_what_a_newcomer_is_told(
        steps in prop::collection::vec((0_u8..20, any::<u8>()), 1..STEPS_MAX)
    ) {
        let mut world = World::new();
        world.subscribe(vec![Topic::All]);
        world.turn(Event::WmConnected { socket: "/run/wm.sock".into(), pid: Some(7) });
        (0..8).for_each(|_| world.answer());
        for (what, number) in steps {
            world.step(what, number);
            world.check();
        }
    }
}
