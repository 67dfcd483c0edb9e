//! Scenarios: a text script of timed events goes in, a transcript of the core's effects comes out and is compared with the one
//! in `snapshots/`. A script reads like a play; each of its lines is one of the verbs of `Stage::play`.
//!
//! A workspace of a tree is written `NAME[WINDOW ...]`, a window `ID:CLASS`, or `ID:CLASS@PID` with its process, then `<PARENT` with the window that it is
//! transient for, and `=TITLE` at the end; `~` before a window says that it is in the scratchpad, `^` that it floats, and `(WINDOW)` that a
//! container is around it alone. Marks that the core sends are
//! remembered and are on the windows of later trees, as a window manager would have it.

mod closing;
mod folding;
mod hooks;
mod launches;

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use i3pm::api::Call;
use i3pm::config;
use i3pm::core::tree::{Layout, Node, NodeKind, Rect, WindowProperties};
use i3pm::core::words::command::commands_of;
use i3pm::core::{
    Ancestor, CallId, CommandOutcome, Core, Effect, Event, LaunchId, LaunchOrder, PeerId, Process, ProcessInfo,
    Settings, Signal, StoreFile, Ticket, Time, WindowChange, WmEvent, WmKind, WmReply, WmRequest,
};

const CONFIG_FILE: &str = "config.toml";
const PEER: PeerId = PeerId(1);
/// The id of the first workspace of a tree; windows have two digits and more.
const FIRST_WORKSPACE: u64 = 5;
/// The id of the container around a window alone is so much greater.
const AROUND: u64 = 10_000;

#[test]
fn every_scenario_plays_as_written() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut scripts: Vec<_> = fs::read_dir(&directory)
        .expect("the directory of the scenarios")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    scripts.sort();
    assert!(!scripts.is_empty(), "no scenario in {}", directory.display());
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        for script in scripts {
            let name = script.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = fs::read_to_string(&script).expect("a script");
            insta::assert_snapshot!(name, Stage::new().run(&text));
        }
    });
}

struct Stage {
    core: Core,
    now: Time,
    ticket: Option<Ticket>,
    /// How many commands the request in flight has; none for one of another type.
    commands: Option<usize>,
    calls: u64,
    marks: BTreeMap<u64, Vec<String>>,
    transcript: String,
}

impl Stage {
    fn new() -> Stage {
        let now = Time::from_nanos(1_000_000_000);
        let settings = Settings {
            epoch: "epoch".into(),
            pid: 100,
            config_file: CONFIG_FILE.into(),
            layout_file: Some("/run/user/1000/i3pm/layout.json".into()),
            watchdog: Some(Duration::from_secs(30)),
            started_unix_ms: 1_700_000_000_000,
        };
        Stage {
            core: Core::new(settings, now),
            now,
            ticket: None,
            commands: None,
            calls: 0,
            marks: BTreeMap::new(),
            transcript: String::new(),
        }
    }

    fn run(mut self, script: &str) -> String {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let _ = writeln!(self.transcript, "{line}");
            if !line.starts_with('#') {
                let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
                self.play(verb, rest.trim());
            }
        }
        self.transcript
    }

    fn play(&mut self, verb: &str, rest: &str) {
        match verb {
            // `start TOML`: the loop runs, all files are read; `|` stands for a line break of the configuration.
            "start" => {
                self.event(Event::Started);
                self.event(Event::PeerConnected { peer: PEER, process: Process::default() });
                let read = config::parse(CONFIG_FILE, &rest.replace('|', "\n"), Some("/home/ann")).map(Arc::new);
                self.event(Event::ConfigRead(read));
                for file in [StoreFile::Projects, StoreFile::State, StoreFile::Runtime] {
                    self.event(Event::StoreRead { file, result: Ok(None) });
                }
            }
            // `connect i3|sway WORKSPACES`: the handshake, to the first tree.
            "connect" => {
                let (kind, tree) = rest.split_once(' ').unwrap_or((rest, ""));
                let (kind, version) = if kind == "i3" { (WmKind::I3, "4.22") } else { (WmKind::Sway, "1.7") };
                self.event(Event::WmConnected { socket: "/run/wm.sock".into(), pid: Some(7) });
                self.reply(WmReply::Version { kind, human_readable: version.into() });
                for _ in 0..6 {
                    self.reply(WmReply::Subscribed(true));
                }
                self.reply(WmReply::Tree(Box::new(self.tree(tree))));
            }
            // `accepts SOCKET`: somebody accepts a connection there, and has said nothing yet.
            "accepts" => self.event(Event::WmConnected { socket: rest.into(), pid: Some(8) }),
            "unreadable" => self.reply(WmReply::Undecodable(rest.into())),
            // `held PID PLACE`: another daemon serves the window manager.
            "held" => {
                let (pid, place) = rest.split_once(' ').expect("PID PLACE");
                let holder = Process { pid: pid.parse().ok(), uid: Some(1000), command: Some("i3pmd".into()) };
                self.event(Event::WmHeld { socket: "/run/wm.sock".into(), holder, place: Some(place.into()) });
            }
            "freed" => self.event(Event::WmFreed),
            "tree" => self.reply(WmReply::Tree(Box::new(self.tree(rest)))),
            "done" => self.outcomes(None),
            "refused" => self.outcomes(Some(rest)),
            "lost" => {
                self.ticket = None;
                self.event(Event::WmLost { reason: rest.into() });
            }
            "opens" => {
                let container = Box::new(self.window(rest));
                self.event(Event::WmEvent(WmEvent::Window { change: WindowChange::New, container }));
            }
            "closes" => {
                let container = Box::new(self.window(rest));
                self.event(Event::WmEvent(WmEvent::Window { change: WindowChange::Close, container }));
            }
            "focuses" => {
                let container = Box::new(Node { focused: true, ..self.window(rest) });
                self.event(Event::WmEvent(WmEvent::Window { change: WindowChange::Focus, container }));
            }
            "moves" => {
                let container = Box::new(self.window(rest));
                self.event(Event::WmEvent(WmEvent::Window { change: WindowChange::Move, container }));
            }
            // `titled ID:CLASS TITLE`: the window says another title.
            "titled" => {
                let (window, title) = rest.split_once(' ').expect("ID:CLASS TITLE");
                let container = Box::new(Node { name: Some(title.to_string()), ..self.window(window) });
                self.event(Event::WmEvent(WmEvent::Window { change: WindowChange::Title, container }));
            }
            "tick" => self.event(Event::WmEvent(WmEvent::Tick { first: false, payload: rest.into() })),
            "binding" => self.event(Event::WmEvent(WmEvent::Binding { command: rest.into() })),
            "call" => {
                let (method, params) = rest.split_once(' ').unwrap_or((rest, ""));
                let params = (!params.is_empty()).then(|| serde_json::from_str(params).expect("parameters"));
                self.calls += 1;
                let request = Call::decode(method, params).expect("a call");
                self.event(Event::Call { peer: PEER, call: CallId(self.calls), request });
            }
            "signal" => {
                let signal =
                    if rest == "TERM" { Signal::Terminate } else { Signal::Other(rest.parse().expect("a number")) };
                let sender = Process { pid: Some(42), uid: Some(1000), command: Some("kill".into()) };
                self.event(Event::Signal { signal, sender: Some(sender) });
            }
            // `runs LAUNCH PID`: the program of a launch runs; its process was started at the time PID.
            "runs" => {
                let (launch, pid) = rest.split_once(' ').expect("LAUNCH PID");
                let pid = pid.parse().expect("a pid");
                let program = "/bin/program".into();
                let launch = LaunchId(launch.parse().expect("a number"));
                self.event(Event::LaunchStarted { launch, pid, start_time: u64::from(pid), program });
            }
            "fails" => {
                let (launch, reason) = rest.split_once(' ').expect("LAUNCH REASON");
                let launch = LaunchId(launch.parse().expect("a number"));
                self.event(Event::LaunchFailed { launch, reason: reason.into() });
            }
            "ends" => {
                let launch = LaunchId(rest.parse().expect("a number"));
                self.event(Event::LaunchEnded { launch, succeeded: true, outcome: "exit status: 0".into() });
            }
            // `process PID NAME=VALUE ... <ANCESTOR ...`: what `/proc` says; each process was started at the time of its pid. One with neither
            // has an environment that cannot be read.
            "process" => {
                let mut words = rest.split_whitespace();
                let pid: u32 = words.next().and_then(|pid| pid.parse().ok()).expect("a pid");
                let (ancestors, variables): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with('<'));
                let variable = |word: &str| word.split_once('=').map(|(name, value)| (name.into(), value.into()));
                let ancestor = |word: &str| {
                    let (pid, launch) =
                        word[1..].split_once(':').map_or((&word[1..], None), |(pid, launch)| (pid, Some(launch)));
                    let pid: u32 = pid.parse().expect("a pid");
                    Ancestor { pid, start_time: u64::from(pid), launch: launch.map(str::to_string) }
                };
                let info = ProcessInfo {
                    start_time: u64::from(pid),
                    unreadable: (variables.is_empty() && ancestors.is_empty()).then(|| "there is none".into()),
                    variables: variables.into_iter().filter_map(variable).collect(),
                    ancestors: ancestors.into_iter().map(ancestor).collect(),
                    ..ProcessInfo::default()
                };
                self.event(Event::ProcessRead { pid, info: Some(info) });
            }
            "flushed" => self.event(Event::PeersFlushed),
            "config" => {
                let read = config::parse(CONFIG_FILE, &rest.replace('|', "\n"), Some("/home/ann")).map(Arc::new);
                self.event(Event::ConfigRead(read));
            }
            "wait" => self.wait(rest),
            _ => panic!("no verb {verb:?}"),
        }
    }

    /// Let milliseconds pass; deadlines that come on the way are met one by one.
    fn wait(&mut self, millis: &str) {
        let until = self.now + Duration::from_millis(millis.parse().expect("milliseconds"));
        while let Some(deadline) = self.core.next_deadline().filter(|deadline| *deadline <= until) {
            self.now = self.now.max(deadline);
            let _ = writeln!(self.transcript, "  ({} ms)", self.now.since(Time::from_nanos(1_000_000_000)).as_millis());
            self.event(Event::Elapsed);
        }
        self.now = until;
    }

    /// Each command of the message in flight has an outcome; the first is refused, where there is a reason.
    fn outcomes(&mut self, refusal: Option<&str>) {
        let count =
            self.commands.unwrap_or_else(|| panic!("no message of commands is in flight:\n{}", self.transcript));
        let mut outcomes = vec![CommandOutcome { success: true, error: None }; count];
        if let Some(reason) = refusal {
            outcomes[0] = CommandOutcome { success: false, error: Some(reason.into()) };
        }
        self.reply(WmReply::Command(outcomes));
    }

    fn reply(&mut self, reply: WmReply) {
        let ticket = self.ticket.take();
        let ticket = ticket.unwrap_or_else(|| panic!("no request is in flight:\n{}", self.transcript));
        self.event(Event::WmReply { ticket, reply });
    }

    fn event(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let mut effects = Vec::new();
            self.core.handle(self.now, event, &mut effects);
            self.core.end_turn(self.now, &mut effects);
            for effect in effects {
                events.extend(self.tell(effect));
            }
        }
    }

    /// Write an effect down. The disk is quick and never full: what it answers comes back.
    fn tell(&mut self, effect: Effect) -> Option<Event> {
        let mut answer = None;
        let line = match effect {
            Effect::WmSend { ticket, request } => {
                assert!(self.ticket.replace(ticket).is_none(), "two requests in flight");
                self.commands = match &request {
                    WmRequest::Command(command) | WmRequest::Unheard { text: command, .. } => {
                        Some(commands_of(command).len())
                    }
                    _ => None,
                };
                match request {
                    WmRequest::Command(command) | WmRequest::Unheard { text: command, .. } => {
                        self.remember_marks(&command);
                        command.split("; ").fold("send".to_string(), |text, part| format!("{text}\n      {part}"))
                    }
                    WmRequest::Tree => "send GET_TREE".into(),
                    // The handshake is the same every time.
                    WmRequest::Config | WmRequest::Version | WmRequest::Subscribe(_) | WmRequest::Tick(_) => {
                        return None;
                    }
                }
            }
            Effect::Answer { call, result, .. } => match *result {
                Ok(reply) => format!("answer {} {}", call.0, serde_json::to_string(&reply).expect("a reply")),
                Err(error) => format!("answer {} {:?}: {}", call.0, error.code, error.message),
            },
            Effect::Notify { notice, .. } => format!("notice {}", serde_json::to_string(&notice).expect("a notice")),
            Effect::WriteStore { file, job, .. } => {
                if file != StoreFile::Runtime {
                    answer = Some(Event::StoreWritten { job, result: Ok(()) });
                }
                format!("write {file:?}")
            }
            Effect::Launch(order) => {
                let LaunchOrder { launch, command, cwd, set, check, .. } = *order;
                let shown = [
                    "I3PM_LAUNCH",
                    "I3PM_PROJECT",
                    "I3PM_HOOK",
                    "I3PM_PROJECT_BEFORE",
                    "I3PM_PROJECT_AFTER",
                    "SWAYSOCK",
                    "DISPLAY",
                    "DESKTOP_STARTUP_ID",
                ];
                let ours = set.iter().filter(|(name, _)| shown.contains(&name.as_str()));
                let ours: Vec<String> = ours.map(|(name, value)| format!("{name}={value}")).collect();
                format!(
                    "launch {} {command:?} in {cwd} with {}{}",
                    launch.0,
                    ours.join(" "),
                    if check { ", check" } else { "" }
                )
            }
            Effect::WriteLayout { text } => format!("write the layout {text}"),
            Effect::Note(note) => format!("note {} {}: {}", note.level.name(), note.kind, note.text),
            Effect::Systemd(systemd) => format!("systemd {systemd:?}"),
            other => format!("{other:?}"),
        };
        let _ = writeln!(self.transcript, "  > {line}");
        answer
    }

    /// What a window manager would know of the marks it was sent.
    fn remember_marks(&mut self, command: &str) {
        for part in command.split("; ") {
            let Some((id, rest)) = part.strip_prefix("[con_id=").and_then(|rest| rest.split_once("] ")) else {
                continue;
            };
            let id = id.split(' ').next().unwrap_or(id);
            let marks = self.marks.entry(id.parse().expect("an id")).or_default();
            if let Some(mark) = rest.strip_prefix("mark --add ") {
                marks.push(mark.trim_matches('"').to_string());
            } else if let Some(mark) = rest.strip_prefix("unmark ") {
                marks.retain(|other| other != mark.trim_matches('"'));
            }
        }
    }

    fn floating(&self, text: &str) -> Node {
        Node { kind: NodeKind::FloatingCon, ..self.window(text) }
    }

    fn tiled(&self, text: &str) -> Node {
        let Some(inside) = text.strip_prefix('(').map(|text| text.trim_end_matches(')')) else {
            return self.window(text);
        };
        let window = self.window(inside);
        let id = AROUND + window.id;
        Node {
            id,
            kind: NodeKind::Con,
            layout: Layout::Splith,
            rect: window.rect,
            nodes: vec![window],
            ..Node::default()
        }
    }

    fn tree(&self, text: &str) -> Node {
        let mut scratchpad = Vec::new();
        let mut workspaces = Vec::new();
        for (number, part) in (FIRST_WORKSPACE..).zip(text.split(']').map(str::trim).filter(|part| !part.is_empty())) {
            let (name, windows) = part.split_once('[').expect("NAME[...]");
            let (hidden, shown): (Vec<&str>, Vec<&str>) =
                windows.split_whitespace().partition(|window| window.starts_with('~'));
            scratchpad.extend(hidden.iter().map(|window| self.floating(window.trim_start_matches('~'))));
            // The first window of the first workspace has the focus, or that workspace.
            let focused = number == FIRST_WORKSPACE;
            let (floating, tiling): (Vec<&str>, Vec<&str>) =
                shown.into_iter().partition(|window| window.starts_with('^'));
            let mut nodes: Vec<Node> = tiling.iter().map(|window| self.tiled(window)).collect();
            for node in nodes.iter_mut().take(usize::from(focused)) {
                let around = !node.nodes.is_empty();
                let window = if around { &mut node.nodes[0] } else { node };
                window.focused = true;
            }
            workspaces.push(Node {
                id: number,
                kind: NodeKind::Workspace,
                name: Some(name.trim().to_string()),
                layout: Layout::Splith,
                rect: Rect { x: 0, y: 0, width: 1000, height: 600 },
                focused: focused && nodes.is_empty(),
                nodes,
                floating_nodes: floating.iter().map(|window| self.floating(window.trim_start_matches('^'))).collect(),
                ..Node::default()
            });
        }
        let output = |id, name: &str, nodes: Vec<Node>| Node {
            id,
            kind: NodeKind::Output,
            name: Some(name.into()),
            current_workspace: nodes.first().and_then(|node: &Node| node.name.clone()),
            nodes,
            ..Node::default()
        };
        let scratchpad = Node {
            id: 4,
            kind: NodeKind::Workspace,
            name: Some("__i3_scratch".into()),
            floating_nodes: scratchpad,
            ..Node::default()
        };
        Node {
            id: 1,
            kind: NodeKind::Root,
            nodes: vec![output(2, "__i3", vec![scratchpad]), output(3, "DP-1", workspaces)],
            ..Node::default()
        }
    }

    fn window(&self, text: &str) -> Node {
        let (id, class) = text.split_once(':').expect("ID:CLASS");
        let (class, title) = class.split_once('=').map_or((class, None), |(class, title)| (class, Some(title)));
        let (class, parent) = class.split_once('<').map_or((class, None), |(class, parent)| (class, Some(parent)));
        let (class, pid) = class.split_once('@').map_or((class, None), |(class, pid)| (class, Some(pid)));
        let id: u64 = id.parse().expect("an id");
        let transient_for = parent.map(|parent| parent.parse().expect("an id"));
        Node {
            id,
            // The ids of X11 are the same.
            window: parent.and_then(|_| id.try_into().ok()),
            window_properties: WindowProperties { transient_for, ..WindowProperties::default() },
            kind: NodeKind::Con,
            name: Some(title.map_or_else(|| format!("{class} {id}"), str::to_string)),
            app_id: Some(class.to_string()),
            pid: pid.map(|pid| pid.parse().expect("a pid")),
            rect: Rect { x: 0, y: 0, width: 500, height: 600 },
            marks: self.marks.get(&id).cloned().unwrap_or_default(),
            ..Node::default()
        }
    }
}
