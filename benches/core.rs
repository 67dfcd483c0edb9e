//! The work of the daemon itself, without a socket and without a window manager: in the course of a
//! switch (decoding a tree, and deciding), for an event and for a call, from the bytes to the
//! decision and from the bytes to the answer.

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::Arc;

use i3pm::api::{Call, Subscribe, Topic};
use i3pm::config::{self, Subject};
use i3pm::core::plan::{self, Before, Situation};
use i3pm::core::tree::{Node, View};
use i3pm::core::windows::table::Table;
use i3pm::core::windows::unwanted::Unwanted;
use i3pm::core::windows::window::{Coming, Owner};
use i3pm::core::words::wm::HidingPlace;
use i3pm::core::{CallId, Core, Effect, Event, PeerId, Process, Settings, StoreFile, Time, WmKind, WmRequest};
use i3pm::wire::rpc::{CallIds, Incoming, PeerCodec};
use i3pm::wire::wm::{WmStream, decode_tree};

#[allow(dead_code, reason = "shared with tests")]
#[path = "../tests/support/framing.rs"]
mod framing;

const WORKSPACES: usize = 4;

/// A tree of i3 with this many windows on four workspaces, split in twos.
fn tree(windows: usize) -> String {
    let mut id = 100;
    let mut next = || {
        id += 1;
        id
    };
    let mut workspaces = Vec::new();
    for workspace in 0..WORKSPACES {
        let mut splits = Vec::new();
        for split in 0..windows / WORKSPACES / 2 {
            let leaves: Vec<String> = (0..2)
                .map(|leaf| {
                    format!(
                        r#"{{"id":{},"type":"con","name":"window {split} {leaf}","layout":"splith","percent":0.5,"rect":{{"x":0,"y":0,"width":960,"height":540}},"window":{},"window_properties":{{"class":"Term","instance":"term"}},"marks":[],"focus":[],"nodes":[],"floating_nodes":[]}}"#,
                        next(),
                        next()
                    )
                })
                .collect();
            splits.push(format!(
                r#"{{"id":{},"type":"con","name":null,"layout":"splitv","percent":0.1,"rect":{{"x":0,"y":0,"width":960,"height":1080}},"window":null,"marks":[],"focus":[],"nodes":[{}],"floating_nodes":[]}}"#,
                next(),
                leaves.join(",")
            ));
        }
        workspaces.push(format!(
            r#"{{"id":{},"type":"workspace","name":"{workspace}","layout":"splith","rect":{{"x":0,"y":0,"width":1920,"height":1080}},"focus":[],"nodes":[{}],"floating_nodes":[]}}"#,
            next(),
            splits.join(",")
        ));
    }
    format!(
        r#"{{"id":1,"type":"root","name":"root","nodes":[{{"id":2,"type":"output","name":"screen","nodes":[{{"id":3,"type":"con","name":"content","focus":[],"nodes":[{}],"floating_nodes":[]}}],"floating_nodes":[]}}],"floating_nodes":[]}}"#,
        workspaces.join(",")
    )
}

fn plan_of(tree: &Node, table: &Table) -> usize {
    let view = View::new(tree);
    let situation = Situation { kind: WmKind::Sway, hides_in: HidingPlace::Scratchpad, view: &view, table };
    let hides = plan::find_hides(&situation, &|_| Some(Unwanted::Stowed(0)));
    let before = Before::new(&view);
    let hiding = plan::hide(&situation, &hides, false, &before, None, &|_| None);
    hiding.script.into_messages().len() + hiding.leaving.len()
}

fn switch(criterion: &mut Criterion) {
    for windows in [16, 200] {
        let text = tree(windows);
        let decoded = decode_tree(&text).expect("a tree of our own");
        let mut table = Table::default();
        table.reconcile(WmKind::Sway, &View::new(&decoded), Coming::Found);
        for window in table.windows.values_mut() {
            window.owner = Owner::project("a");
        }
        criterion.bench_function(&format!("decode a tree of {windows} windows"), |bencher| {
            bencher.iter(|| decode_tree(black_box(&text)));
        });
        criterion.bench_function(&format!("reconcile {windows} windows"), |bencher| {
            bencher.iter(|| table.clone().reconcile(WmKind::Sway, &View::new(black_box(&decoded)), Coming::Found));
        });
        criterion.bench_function(&format!("plan to hide {windows} windows"), |bencher| {
            bencher.iter(|| plan_of(black_box(&decoded), &table));
        });
    }
}

/// A window meets a thousand rules of which none fits. The goal is 50 us.
fn rules(criterion: &mut Criterion) {
    const RULES: usize = 1000;
    let literal = |number: usize| format!("class = 'Class{number}'");
    let mixed = |number: usize| match number % 4 {
        0 => format!("class = 'Class{number}'"),
        1 => format!("app_id = 'org.example.app{number}'"),
        2 => format!("title = 'glob:*project {number} *'"),
        _ => format!("class = 're:^(Term|Editor){number}$'"),
    };
    let patterns = |number: usize| format!("title = 're:(?i)chapter {number} of'");
    let kinds: [(&str, &dyn Fn(usize) -> String); 3] =
        [("literal", &literal), ("mixed", &mixed), ("patterns on titles", &patterns)];
    let subject = Subject {
        class: Some("Firefox"),
        instance: Some("Navigator"),
        title: Some("Issue 6: applications, rules and launching - Mozilla Firefox"),
        ..Subject::default()
    };
    for (kind, line) in kinds {
        let text: String = (0..RULES).map(|number| format!("[[rule]]\n{}\nglobal = true\n", line(number))).collect();
        let config = config::parse("config.toml", &text, None).expect("good rules");
        criterion.bench_function(&format!("{RULES} rules that do not fit: {kind}"), |bencher| {
            bencher.iter(|| config.rules.iter().filter(|rule| rule.condition.matches(black_box(&subject))).count());
        });
    }
}

/// A daemon without its shell: bytes are decoded and decided about, and no effect is performed.
struct Stage {
    core: Core,
    stream: WmStream,
    now: Time,
    effects: Vec<Effect>,
}

const PEER: PeerId = PeerId(1);

impl Stage {
    /// The daemon is connected to a window manager with this tree, and has nothing to do.
    fn new(tree: &str) -> Stage {
        let now = Time::from_nanos(1_000_000_000);
        let settings = Settings {
            epoch: "epoch".into(),
            pid: 100,
            config_file: "config.toml".into(),
            layout_file: None,
            watchdog: None,
            started_unix_ms: 0,
        };
        let mut stage = Stage { core: Core::new(settings, now), stream: WmStream::new(), now, effects: Vec::new() };
        stage.handle(Event::Started);
        stage.handle(Event::ConfigRead(config::parse("config.toml", "", None).map(Arc::new)));
        for file in [StoreFile::Projects, StoreFile::State, StoreFile::Runtime] {
            stage.handle(Event::StoreRead { file, result: Ok(None) });
        }
        stage.handle(Event::PeerConnected { peer: PEER, process: Process::default() });
        stage.handle(Event::WmConnected { socket: "/run/wm.sock".into(), pid: Some(7) });
        while let Some((ticket, request)) = stage.asked() {
            _ = stage.stream.send(ticket, &request);
            stage.hear(&match &request {
                WmRequest::Command(text) | WmRequest::Unheard { text, .. } => {
                    frame(0, &format!("[{}]", vec![r#"{"success":true}"#; text.split(';').count()].join(",")))
                }
                WmRequest::Tick(_) => frame(10, r#"{"success":true}"#),
                WmRequest::Subscribe(_) => frame(2, r#"{"success":true}"#),
                WmRequest::Tree => frame(4, tree),
                WmRequest::Version => frame(7, r#"{"human_readable":"4.22"}"#),
                WmRequest::Config => frame(9, r#"{"config":""}"#),
            });
        }
        stage
    }

    /// The request that the turns since the last look have brought.
    fn asked(&mut self) -> Option<(i3pm::core::Ticket, WmRequest)> {
        self.core.end_turn(self.now, &mut self.effects);
        self.effects.drain(..).find_map(|effect| match effect {
            Effect::WmSend { ticket, request } => Some((ticket, request)),
            _ => None,
        })
    }

    fn handle(&mut self, event: Event) {
        self.core.handle(self.now, event, &mut self.effects);
    }

    fn hear(&mut self, bytes: &[u8]) {
        self.stream.receive(bytes);
        while let Some(event) = self.stream.next().expect("frames of our own") {
            self.handle(event);
        }
    }

    /// A turn in which these bytes came from the window manager. The result is the number of
    /// effects.
    fn turn(&mut self, bytes: &[u8]) -> usize {
        self.hear(bytes);
        self.core.end_turn(self.now, &mut self.effects);
        self.effects.drain(..).count()
    }
}

/// A message of the i3 IPC.
fn frame(kind: u32, payload: &str) -> Vec<u8> {
    framing::frame(kind, payload.as_bytes())
}

/// An event of the 100th window of the tree. It has the whole container, as i3 tells it.
fn window_event(change: &str, title: &str, tree: &Node) -> Vec<u8> {
    let id = tree.windows()[99].id;
    frame(
        framing::EVENT_BIT | 3,
        &format!(
            r#"{{"change":"{change}","container":{{"id":{id},"type":"con","name":"{title}","layout":"splith","orientation":"none","percent":0.5,"focused":false,"window":77,"window_type":"normal","marks":[],"fullscreen_mode":0,"sticky":false,"urgent":false,"floating":"auto_off","scratchpad_state":"none","border":"normal","current_border_width":2,"rect":{{"x":0,"y":0,"width":960,"height":540}},"window_rect":{{"x":2,"y":0,"width":956,"height":538}},"deco_rect":{{"x":0,"y":0,"width":960,"height":20}},"geometry":{{"x":0,"y":0,"width":484,"height":316}},"window_properties":{{"class":"Term","instance":"term","title":"{title}"}},"nodes":[],"floating_nodes":[],"focus":[]}}}}"#
        ),
    )
}

/// The goal is a decision in 10 us.
fn event(criterion: &mut Criterion) {
    let text = tree(200);
    let decoded = decode_tree(&text).expect("a tree of our own");
    let titles = ["one title", "another title"].map(|title| window_event("title", title, &decoded));
    let mut bench = |name: &str, subscribed: bool, events: &[Vec<u8>]| {
        let mut stage = Stage::new(&text);
        if subscribed {
            let request = Call::Subscribe(Subscribe { topics: vec![Topic::All] });
            stage.handle(Event::Call { peer: PEER, call: CallId(1), request });
        }
        let mut events = events.iter().cycle();
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| stage.turn(black_box(events.next().expect("they begin anew"))));
        });
    };
    bench("a title, from bytes to decision", false, &titles);
    bench("a title, from bytes to a notice for a subscriber", true, &titles);
    bench("a focus, from bytes to decision", false, &[window_event("focus", "a title", &decoded)]);
    bench("64 titles in a turn, with a subscriber", true, &[titles.concat().repeat(32)]);
}

fn call(criterion: &mut Criterion) {
    let mut stage = Stage::new(&tree(200));
    let (mut codec, mut ids) = (PeerCodec::new(), CallIds::new());
    for method in ["project.current", "window.list"] {
        let line = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{method}\"}}\n");
        criterion.bench_function(&format!("{method}, from bytes to bytes, 200 windows"), |bencher| {
            bencher.iter(|| {
                codec.receive(black_box(line.as_bytes()));
                let Some(Incoming::Call { call, request }) = codec.next(&mut ids) else { panic!("no call") };
                stage.handle(Event::Call { peer: PEER, call, request });
                stage.core.end_turn(stage.now, &mut stage.effects);
                for effect in stage.effects.drain(..) {
                    if let Effect::Answer { call, result, .. } = effect {
                        codec.answer(call, &result).expect("it is read");
                    }
                }
                let bytes = codec.output().len();
                codec.written(bytes);
                bytes
            });
        });
    }
}

criterion_group!(benches, switch, rules, event, call);
criterion_main!(benches);
