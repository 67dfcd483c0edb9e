mod others;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::core::keep::runtime::Intent;
use crate::core::keep::store::*;
use crate::core::keep::stores::STORE_ATTEMPTS_MAX;
use crate::core::projects::known::KnownProjects;
use crate::core::projects::projects_file::{Created, FORMER_NAMES_MAX};
use crate::core::tree::mark::Role;
use crate::core::tree::{Layout, Rect};
use crate::core::turn::Turn;
use crate::core::windows::hidden::{FormerPlace, HiddenContainer};
use crate::core::windows::memory::{Focus, ProjectMemory};
use crate::core::words::deadline;
use crate::core::words::effect::Effect;
use crate::core::words::event::Event;
use crate::core::words::ids::{JobId, PeerId};
use crate::core::words::note::Note;
use crate::core::words::phase::Phase;
use crate::core::words::store::{Fingerprint, StoreError};
use crate::core::words::time::Time;
use crate::core::{Core, Settings};

fn runtime() -> Runtime {
    let mut runtime = Runtime::new(Some("web".into()), Some(Intent { project: Some("docs \"é\"".into()) }));
    let focused = Some(Focus { id: 94_000_000_000_001, serial: Some(3), up: 0 });
    let focus_orders = BTreeMap::from([("1: \"é\"".into(), vec![1, 2])]);
    let visible = vec![("DP-1".into(), "1: \"é\"".into())];
    runtime.memories.insert("web".into(), ProjectMemory { visible, focused, focus_orders, ..ProjectMemory::default() });
    runtime.hidden.push(HiddenContainer {
        id: 7,
        anchor: 2,
        windows: vec![2, 3],
        role: Role::Part,
        sticky: false,
        order: 1,
        workspace_layout: Layout::Tabbed,
        rect: Rect { x: -5, y: 0, width: 640, height: 480 },
        output: "DP-1".into(),
        workspace: "2".into(),
        path: vec![FormerPlace {
            id: 5,
            is_workspace: true,
            layout: Layout::Splith,
            children: vec![6, 7],
            branch: 7,
            share_ppm: 500_000,
            ..FormerPlace::default()
        }],
        wrapper: false,
        shell: true,
        fullscreen_containers: vec![(8, 1)],
        fullscreen: vec![(3, 1)],
    });
    runtime
}

/// The text of a projects file as calls make it.
fn projects_text() -> String {
    let Start { mut core, mut effects } = Start::with(StoreFile::Projects, Ok(None));
    for (call, params) in [r#"{"name":"web","dir":"/home/é","icon":"W"}"#, r#"{"name":"weg"}"#].iter().enumerate() {
        let request = crate::api::Call::decode("project.create", serde_json::from_str(params).ok()).unwrap();
        effects.clear();
        let (peer, call) = (crate::core::PeerId(1), crate::core::CallId(call as u64));
        core.handle(Time::from_nanos(1), Event::Call { peer, call, request }, &mut effects);
        if call.0 == 0 {
            let job = written(&effects).expect("the first is written at once").0;
            core.handle(Time::from_nanos(1), Event::StoreWritten { job, result: Ok(()) }, &mut effects);
        }
    }
    written(&effects).expect("the second is written").1
}

/// A job of a write, and its text.
fn written_by(effect: &Effect) -> Option<(crate::core::JobId, String)> {
    match effect {
        Effect::WriteStore { job, text, .. } => Some((*job, text.clone())),
        _ => None,
    }
}

/// A call of a peer.
fn call(method: &str, params: serde_json::Value) -> Event {
    let request = crate::api::Call::decode(method, Some(params)).unwrap();
    Event::Call { peer: PeerId(1), call: crate::core::CallId(1), request }
}

fn written(effects: &[Effect]) -> Option<(crate::core::JobId, String)> {
    effects.iter().find_map(|effect| match effect {
        Effect::WriteStore { job, file: StoreFile::Projects, text, .. } => Some((*job, text.clone())),
        _ => None,
    })
}

fn new_core() -> Core {
    let settings = Settings {
        epoch: "e".into(),
        pid: 1,
        config_file: "/config.toml".into(),
        layout_file: None,
        watchdog: None,
        started_unix_ms: 0,
    };
    Core::new(settings, Time::from_nanos(0))
}

fn load(bytes: Vec<u8>) -> (KnownProjects, Result<Vec<StoreFault>, StoreFault>) {
    let mut projects = KnownProjects::default();
    let read = text_of(bytes, Created::read).map(|(found, faults)| {
        projects.created.merge(found);
        faults
    });
    (projects, read)
}

fn text_of<T>(bytes: Vec<u8>, read: impl Fn(&str) -> Result<T, StoreFault>) -> Result<T, StoreFault> {
    match decode(bytes) {
        Ok(text) => read(&text),
        Err(StoreTrouble::Unusable(fault)) => Err(fault),
        Err(StoreTrouble::Unreadable(_)) => panic!("decoding reads nothing"),
    }
}

/// The text cut off at every length, and with every single bit turned.
fn damaged(text: &str) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let bytes = text.as_bytes();
    let cut = (0..bytes.len()).map(|length| bytes[..length].to_vec()).collect();
    let turned = (0..bytes.len() * 8).map(|bit| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    });
    (cut, turned.collect())
}

#[test]
fn no_cut_and_no_turned_bit_of_a_runtime_or_state_file_is_believed() {
    let text = runtime().to_text();
    assert_eq!(Runtime::from_text(&text), Ok(runtime()));
    let (cut, turned) = damaged(&text);
    for bytes in cut.into_iter().chain(turned) {
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        text_of(bytes, Runtime::from_text).expect_err(&shown);
    }

    let state = LastingState::new(vec!["web".into(), "docs".into()]);
    let text = state.clone().to_text();
    assert_eq!(LastingState::from_text(&text), Ok(state));
    let (cut, turned) = damaged(&text);
    for bytes in cut.into_iter().chain(turned) {
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        text_of(bytes, LastingState::from_text).expect_err(&shown);
    }
}

#[test]
fn every_cut_and_every_turned_bit_of_a_projects_file_is_said() {
    let text = projects_text();
    let (whole, faults) = load(text.clone().into_bytes());
    assert_eq!((faults, whole.names().collect::<Vec<_>>()), (Ok(vec![]), vec!["web", "weg"]));
    let (cut, turned) = damaged(&text);
    for bytes in cut {
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        let (projects, faults) = load(bytes);
        assert!(faults.is_err_and(|fault| fault.line > 0 && fault.column > 0), "{shown}");
        assert_eq!(projects.names().count(), 0);
    }
    let mut salvaged = 0;
    for bytes in turned {
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        let (projects, faults) = load(bytes);
        match faults {
            Ok(faults) => {
                assert!(!faults.is_empty(), "passed over: {shown}");
                salvaged += 1;
                let names: BTreeSet<&str> = projects.names().collect();
                assert!(names.contains("web") || names.contains("weg"), "one bit took both projects: {shown}");
            }
            Err(_) => assert_eq!(projects.names().count(), 0),
        }
    }
    assert!(salvaged > 100, "turned bits in names and directories leave the rest usable: {salvaged}");
}

#[test]
fn a_place_is_named() {
    let fault = Runtime::from_text("{\"version\":2,\n  \"active\": x").unwrap_err();
    assert_eq!(fault.at("/r/runtime.json"), "/r/runtime.json:2:13: expected value");
    let fault = LastingState::from_text("").unwrap_err();
    assert_eq!(fault.at("state.json"), "state.json:1:1: EOF while parsing a value");
    let Err(StoreTrouble::Unusable(fault)) = decode(b"{\n  \"a\xff".to_vec()) else { panic!("it is text") };
    assert_eq!(fault.at("f"), "f:2:5: this is not UTF-8");
    let fault = LastingState::from_text("{\"version\": 7, \"later\": 1}").unwrap_err();
    assert_eq!(fault.at("f"), "f: its version is 7, this program knows 1");
}

#[test]
fn files_of_before_and_by_hand_are_read() {
    let state = LastingState::from_text("{\"order_of_use\": [\"web\"]}").unwrap();
    assert_eq!(state.order_of_use, ["web"]);
    let (projects, faults) = load(br#"{"version": 1, "projects": {"web": {}}}"#.to_vec());
    assert_eq!((faults, projects.names().count()), (Ok(vec![]), 1));
    // Changed by hand: it is said, and what it says holds.
    let (projects, faults) = load(projects_text().replace("weg", "way").into_bytes());
    assert_eq!((faults, projects.contains("way")), (Ok(vec![StoreFault::damaged()]), true));
    let (projects, faults) = load(br#"{"version": 1, "projects": {"web": {"dri": 1}, "b c": {}, "x": {}}}"#.to_vec());
    let told: Vec<String> = faults.unwrap().iter().map(|fault| fault.at("p")).collect();
    assert!(told[0].starts_with("p: project \"b c\": "), "{told:?}");
    assert!(told[1].starts_with("p: project \"web\": unknown field `dri`"), "{told:?}");
    assert_eq!(projects.names().collect::<Vec<_>>(), ["x"]);
}

#[test]
fn former_names() {
    let text = br#"{"version": 1, "projects": {"site": {"formerly": ["draft", "web"]}, "draft": {}, "x": {"formerly": ["a b"]}}}"#;
    let (projects, faults) = load(text.to_vec());
    let told: Vec<String> = faults.unwrap().iter().map(|fault| fault.at("p")).collect();
    assert!(told.len() == 1 && told[0].starts_with("p: project \"x\": the project name \"a b\""), "{told:?}");
    assert_eq!(projects.current_name("web"), Some("site"));
    assert_eq!(projects.current_name("draft"), Some("draft"), "a name in use is nobody's former one");
    assert_eq!(projects.current_name("other"), None);

    let mut start = Start::with(StoreFile::Projects, Ok(None));
    start.create("name-0");
    let last = FORMER_NAMES_MAX + 3;
    let mut text = start.write();
    for number in 0..last {
        let params = serde_json::json!({"name": format!("name-{number}"), "to": format!("name-{}", number + 1)});
        start.call("project.rename", params);
        text = start.write();
    }
    let (projects, faults) = load(text.into_bytes());
    assert_eq!(faults, Ok(vec![]));
    let kept = (0..last).filter(|number| projects.current_name(&format!("name-{number}")).is_some());
    assert_eq!(kept.collect::<Vec<_>>(), (last - FORMER_NAMES_MAX..last).collect::<Vec<_>>(), "the latest are kept");
}

/// What the core does about one file at its start: the effects in order, notes as text.
struct Start {
    core: Core,
    effects: Vec<Effect>,
}

impl Start {
    fn save(&mut self) -> Option<JobId> {
        let turn = &mut Turn::new(Time::default(), Phase::Running, Arc::default(), &mut self.effects);
        self.core.model.save_order_of_use(turn)
    }

    fn with(file: StoreFile, result: Result<Option<String>, StoreTrouble>) -> Start {
        let mut start = Start { core: new_core(), effects: Vec::new() };
        start.event(Event::Started);
        start.event(Event::ConfigRead(Ok(std::sync::Arc::default())));
        for other in StoreFile::EACH.into_iter().filter(|other| *other != file) {
            start.event(Event::StoreRead { file: other, result: Ok(None) });
        }
        start.effects.clear();
        start.event(Event::StoreRead { file, result });
        start
    }

    fn event(&mut self, event: Event) {
        self.at(Time::from_nanos(1), event);
    }

    fn at(&mut self, now: Time, event: Event) {
        self.core.handle(now, event, &mut self.effects);
    }

    /// What is written of the projects file: the job, the text, and what it was made from.
    fn written(&self) -> (crate::core::JobId, String, Option<Fingerprint>) {
        let found = self.effects.iter().find_map(|effect| match effect {
            Effect::WriteStore { job, file: StoreFile::Projects, text, made_from, .. } => {
                Some((*job, text.clone(), *made_from))
            }
            _ => None,
        });
        found.expect("something to write")
    }

    fn answers(&self) -> usize {
        self.effects.iter().filter(|effect| matches!(effect, Effect::Answer { .. })).count()
    }

    fn create(&mut self, name: &str) {
        self.call("project.create", serde_json::json!({"name": name}));
    }

    fn call(&mut self, method: &str, params: serde_json::Value) {
        self.event(call(method, params));
    }

    /// The disk has written what it was given last. Answers the text.
    fn write(&mut self) -> String {
        let (job, text) = written(&self.effects).expect("something to write");
        self.effects.clear();
        self.event(Event::StoreWritten { job, result: Ok(()) });
        text
    }

    fn note(&self, kind: &str) -> Option<&Note> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Note(note) if note.kind == kind => Some(note),
            _ => None,
        })
    }

    fn sets_aside(&self) -> bool {
        self.effects.iter().any(|effect| matches!(effect, Effect::SetStoreAside { .. }))
    }

    fn refusal(&self) -> Option<&crate::api::ApiError> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Answer { result, .. } => result.as_ref().as_ref().err(),
            _ => None,
        })
    }
}

#[test]
fn a_bad_projects_file_is_set_aside_before_it_is_written_over() {
    let mut start = Start::with(StoreFile::Projects, Ok(Some("{".into())));
    assert!(start.sets_aside());
    start.create("new");
    assert_eq!(written(&start.effects), None, "not before the bad one is safe");
    start.event(Event::StoreSetAside { file: StoreFile::Projects, result: Ok("/d/projects.json".into()) });
    let note = start.note("store.set_aside").expect("it is said").text.clone();
    assert!(
        note.starts_with("/d/projects.json:1:1: EOF while parsing an object; it is kept as /d/projects.json.bad; ")
    );
    assert!(note.contains("i3pm project list"), "the next step is named: {note}");
    assert!(written(&start.effects).expect("written now").1.contains("\"new\""));
}

#[test]
fn one_that_cannot_be_set_aside_or_read_is_not_written_over() {
    let mut start = Start::with(StoreFile::Projects, Ok(Some("{".into())));
    start.create("new");
    let result = Err("/d/projects.json could not be renamed: no".into());
    start.event(Event::StoreSetAside { file: StoreFile::Projects, result });
    let refusal = start.refusal().expect("refused").clone();
    assert_eq!(refusal.code, crate::api::ErrorCode::StoreFailed);
    assert!(refusal.message.contains("could not be renamed") && refusal.message.contains("i3pm reload"));
    assert_eq!(written(&start.effects), None);

    let trouble = StoreTrouble::Unreadable("/d/projects.json cannot be read: Permission denied".into());
    let mut start = Start::with(StoreFile::Projects, Err(trouble));
    assert!(!start.sets_aside(), "an unreadable one is never renamed");
    start.create("new");
    assert!(start.refusal().expect("refused").message.contains("Permission denied"));
    assert_eq!(written(&start.effects), None);
    // It is readable now.
    start.effects.clear();
    start.event(Event::Signal { signal: crate::core::Signal::HangUp, sender: None });
    assert!(start.effects.contains(&Effect::ReadStore(StoreFile::Projects)), "{:?}", start.effects);
    start.event(Event::StoreRead { file: StoreFile::Projects, result: Ok(Some(projects_text())) });
    start.create("new");
    let text = written(&start.effects).expect("it can be written again").1;
    assert!(["\"new\"", "\"web\"", "\"weg\""].iter().all(|name| text.contains(name)), "{text}");
}

#[test]
fn what_came_too_late_is_not_written_over_either() {
    let mut start = Start { core: new_core(), effects: Vec::new() };
    start.event(Event::Started);
    let late = start.core.next_deadline().expect("the loading has a deadline");
    start.at(late, Event::Elapsed);
    assert!(start.note("store.unreadable").is_some());
    // It may still come: who needs it waits, but not for long.
    start.at(late, call("project.create", serde_json::json!({"name": "new"})));
    assert!(start.refusal().is_none());
    start.at(late + deadline::EARLY_CALLS_DEADLINE, Event::Elapsed);
    assert_eq!(start.refusal().expect("refused").code, crate::api::ErrorCode::Starting);
    // It will not come any more.
    start.at(late + deadline::READING_DEADLINE, Event::Elapsed);
    start.effects.clear();
    start.at(late + deadline::READING_DEADLINE, call("project.create", serde_json::json!({"name": "new"})));
    assert!(start.refusal().expect("refused").message.contains("in time"));
    assert_eq!(written(&start.effects), None);
}

#[test]
fn a_call_of_the_start_waits_for_what_answers_it() {
    for (method, params) in [
        ("project.create", serde_json::json!({"name": "new"})),
        ("project.list", serde_json::json!({})),
        ("project.switch", serde_json::json!({"name": "web"})),
        ("project.switch", serde_json::json!({"name": "-"})),
        ("window.list", serde_json::json!({})),
        ("window.assign", serde_json::json!({"project": "web", "id": 7})),
        ("app.launch", serde_json::json!({"name": "term"})),
        ("app.list", serde_json::json!({})),
        ("subscribe", serde_json::json!({"topics": ["all"]})),
    ] {
        let mut start = Start { core: new_core(), effects: Vec::new() };
        start.event(Event::Started);
        start.event(Event::PeerConnected { peer: PeerId(1), process: crate::core::Process::default() });
        start.event(call("ping", serde_json::json!({})));
        assert_eq!(start.answers(), 1, "what needs no file is answered at once");
        start.event(call(method, params.clone()));
        start.event(Event::ConfigRead(Ok(std::sync::Arc::default())));
        for file in StoreFile::EACH {
            assert_eq!(start.answers(), 1, "{method} before {file:?} is read");
            let text = (file == StoreFile::Projects).then(projects_text);
            start.event(Event::StoreRead { file, result: Ok(text) });
        }
        // Whether there is a window manager is known a moment later.
        start.event(Event::WmUnavailable { reason: "none".into() });
        match method {
            "project.create" => assert!(written(&start.effects).expect("written").1.contains("\"weg\"")),
            _ => assert_eq!(start.answers(), 2, "{method}: {:?}", start.effects),
        }
        if let Some(refusal) = start.refusal() {
            assert_ne!(refusal.code, crate::api::ErrorCode::UnknownProject, "{method} {params}");
        }
    }
}

#[test]
fn a_stop_saves_nothing_that_was_not_read() {
    for read in [false, true] {
        let mut start = Start { core: new_core(), effects: Vec::new() };
        start.event(Event::Started);
        if read {
            let text = LastingState::new(vec!["web".into()]).to_text();
            start.event(Event::StoreRead { file: StoreFile::State, result: Ok(Some(text)) });
        }
        start.event(Event::Signal { signal: crate::core::Signal::Terminate, sender: None });
        start.event(Event::PeersFlushed);
        let is_write = |effect: &&Effect| matches!(effect, Effect::WriteStore { .. });
        let writes: Vec<&Effect> = start.effects.iter().filter(is_write).collect();
        let names = |effect: &&Effect| matches!(effect, Effect::WriteStore { text, .. } if text.contains("web"));
        assert!(writes.len() == usize::from(read) && writes.iter().all(names), "{writes:?}");
    }
}

#[test]
fn the_good_part_of_a_projects_file_is_written_anew() {
    let text = r#"{"version": 1, "projects": {"good": {}, "b c": {}}}"#;
    let mut start = Start::with(StoreFile::Projects, Ok(Some(text.into())));
    start.event(Event::StoreSetAside { file: StoreFile::Projects, result: Ok("/d/projects.json".into()) });
    let text = written(&start.effects).expect("written anew").1;
    assert!(text.contains("\"good\"") && !text.contains("b c"), "{text}");
}

#[test]
fn the_order_of_use_is_saved_unless_the_file_could_not_be_read() {
    let saved = |result| {
        let mut start = Start::with(StoreFile::State, result);
        start.save()
    };
    assert!(saved(Ok(None)).is_some());
    assert!(saved(Ok(Some("{".into()))).is_some());
    assert_eq!(saved(Err(StoreTrouble::Unreadable("no".into()))), None);
}

#[test]
fn a_failure_to_write_is_said_once_until_a_write_succeeds() {
    let mut start = Start::with(StoreFile::State, Ok(None));
    let fail = |start: &mut Start, result| {
        start.effects.clear();
        let job = crate::core::JobId(1 << 40);
        start.event(Event::StoreWritten { job, result });
        start.note("store.failed").is_some()
    };
    let full = || Err(crate::core::StoreError::Write("runtime.json could not be written: disk full".into()));
    assert!(fail(&mut start, full()));
    assert!(!fail(&mut start, full()));
    assert!(!fail(&mut start, Ok(())));
    assert!(fail(&mut start, full()));
}
