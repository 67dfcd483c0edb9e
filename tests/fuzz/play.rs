//! A play of the core from a text: each line is one thing that happens. The answers to the core are
//! honest (no answer comes without a question) and never what it expects.
//!
//! | line | what happens |
//! |---|---|
//! | `P`, `x` | a peer connects; the last one is gone |
//! | `p LINE` | the last peer sends a line |
//! | `k`, `u` | a socket of a window manager accepts us; none does |
//! | `h PLACE`, `f` | another daemon serves it, and says where it answers; that one serves it no more |
//! | `l` | the connection to it is gone |
//! | `r JSON` | the request in flight is answered with that |
//! | `a` | it is answered as a good window manager would: with success, or the last tree |
//! | `e TYPE JSON` | an event of that type comes |
//! | `+ N` | N milliseconds pass |
//! | `c TOML` | the configuration is read (`\|` is a line break) |
//! | `s N JSON` | a file of ours is read: 0 projects, 1 state, 2 runtime |
//! | `w` | the worker has done everything it was told |
//! | `g N` | a signal |
//! | `i PID NAME=VALUE` | a process was looked at; nothing after the pid: it is gone |

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use i3pm::api::Call;
use i3pm::config;
use i3pm::core::keep::runtime::Runtime;
use i3pm::core::keep::state::LastingState;

use i3pm::core::{
    CallId, Core, Effect, Event, PeerId, Process, ProcessInfo, Settings, Signal, StoreFile, Time, WmRequest, X11Window,
};
use i3pm::wire::rpc::{CallIds, Incoming, PeerCodec};
use i3pm::wire::wm::{WmStream, encode};
use swayipc_types::CommandType;

#[allow(dead_code, reason = "shared with other tests")]
#[path = "../support/framing.rs"]
mod framing;

/// Lines of a play, so that one ends in time.
const LINES_MAX: usize = 400;
/// A stop may take so long, whatever was before it: the deadlines of its steps together are less.
const STOP_LIMIT: Duration = Duration::from_secs(15);
/// The most deadlines that are met within that. A core that sets them again and again keeps a
/// processor busy.
const STOP_DEADLINES_MAX: usize = 200;

/// Play a text, then stop.
pub fn play(text: &str) {
    let mut stage = Stage::new();
    stage.event(Event::Started);
    for line in text.lines().take(LINES_MAX) {
        let (verb, rest) = line.split_at_checked(1).unwrap_or((line, ""));
        stage.line(verb, rest.trim_start());
        if stage.stopped {
            return;
        }
    }
    stage.stop();
}

struct Stage {
    core: Core,
    now: Time,
    wm: Option<WmStream>,
    asked: Option<WmRequest>,
    connecting: bool,
    /// Another daemon serves the window manager, and we wait.
    held: bool,
    tree: String,
    peers: BTreeMap<PeerId, PeerCodec>,
    last_peer: u64,
    ids: CallIds,
    waiting: BTreeMap<CallId, PeerId>,
    jobs: Vec<Event>,
    looked_at: BTreeSet<u32>,
    flushing: bool,
    stopped: bool,
}

impl Stage {
    fn new() -> Stage {
        let now = Time::from_nanos(1_000_000_000);
        let settings = Settings {
            epoch: "epoch".into(),
            pid: 100,
            config_file: "config.toml".into(),
            layout_file: Some("/layout.json".into()),
            watchdog: Some(Duration::from_secs(20)),
            started_unix_ms: 0,
        };
        Stage {
            core: Core::new(settings, now),
            now,
            wm: None,
            asked: None,
            connecting: false,
            held: false,
            tree: r#"{"id":1,"type":"root","nodes":[]}"#.into(),
            peers: BTreeMap::new(),
            last_peer: 0,
            ids: CallIds::new(),
            waiting: BTreeMap::new(),
            jobs: Vec::new(),
            looked_at: BTreeSet::new(),
            flushing: false,
            stopped: false,
        }
    }

    fn line(&mut self, verb: &str, rest: &str) {
        match verb {
            "P" => {
                self.last_peer += 1;
                let peer = PeerId(self.last_peer);
                self.peers.insert(peer, PeerCodec::new());
                self.event(Event::PeerConnected { peer, process: Process::default() });
            }
            "x" => {
                if let Some((peer, _)) = self.peers.pop_last() {
                    self.event(Event::PeerClosed { peer });
                }
            }
            "p" => self.peer_sends(rest),
            "k" if std::mem::take(&mut self.connecting) => {
                self.wm = Some(WmStream::new());
                self.event(Event::WmConnected { socket: "/run/wm.sock".into(), pid: Some(7) });
            }
            "u" if std::mem::take(&mut self.connecting) => {
                self.event(Event::WmUnavailable { reason: "nobody there".into() });
            }
            "h" if std::mem::take(&mut self.connecting) => {
                self.held = true;
                let place = (!rest.is_empty()).then(|| rest.to_owned());
                self.event(Event::WmHeld { socket: "/run/wm.sock".into(), holder: Process::default(), place });
            }
            "f" if std::mem::take(&mut self.held) => self.event(Event::WmFreed),
            "l" => self.lose_wm(),
            "r" => self.reply(rest),
            "a" => {
                let answer = match &self.asked {
                    Some(WmRequest::Tree) => self.tree.clone(),
                    Some(WmRequest::Version) => {
                        format!(
                            r#"{{"human_readable":"{}"}}"#,
                            if rest == "sway" { "sway version 1.7" } else { "4.22" }
                        )
                    }
                    Some(WmRequest::Command(_) | WmRequest::Unheard { .. }) => r#"[{"success":true}]"#.into(),
                    Some(WmRequest::Config) => r#"{"config":""}"#.into(),
                    Some(WmRequest::Subscribe(_) | WmRequest::Tick(_)) => r#"{"success":true}"#.into(),
                    None => return,
                };
                self.reply(&answer);
            }
            "e" => {
                let (kind, payload) = rest.split_once(' ').unwrap_or((rest, ""));
                let kind = kind.parse().unwrap_or(0);
                self.frame(framing::EVENT_BIT | (kind & 0xff), payload);
            }
            "+" => drop(self.pass(Duration::from_millis(rest.parse().unwrap_or(1).min(3_600_000)))),
            "c" => {
                let read = config::parse("config.toml", &rest.replace('|', "\n"), Some("/home/ann")).map(Arc::new);
                self.event(Event::ConfigRead(read));
            }
            "s" => self.file_is_read(rest),
            "w" => {
                for event in std::mem::take(&mut self.jobs) {
                    self.event(event);
                }
            }
            "g" => {
                let signal = match rest.parse().unwrap_or(10) {
                    1 => Signal::HangUp,
                    2 => Signal::Interrupt,
                    15 => Signal::Terminate,
                    10 => Signal::User1,
                    other => Signal::Other(other),
                };
                self.event(Event::Signal { signal, sender: None });
            }
            "i" => {
                let (pid, variables) = rest.split_once(' ').unwrap_or((rest, ""));
                let Some(pid) = pid.parse().ok().filter(|pid| self.looked_at.remove(pid)) else { return };
                let variable = variables.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
                let info = variable.map(|variable| ProcessInfo {
                    start_time: u64::from(pid),
                    variables: vec![variable],
                    ..ProcessInfo::default()
                });
                self.event(Event::ProcessRead { pid, info });
            }
            _ => {}
        }
    }

    fn peer_sends(&mut self, line: &str) {
        let Some(mut entry) = self.peers.last_entry() else { return };
        let peer = *entry.key();
        entry.get_mut().receive(format!("{line}\n").as_bytes());
        // Answers go out between two calls, as they would.
        while let Some(codec) = self.peers.get_mut(&peer) {
            codec.written(codec.output().len());
            match codec.next(&mut self.ids) {
                Some(Incoming::Call { call, request }) => self.call(peer, call, request),
                Some(Incoming::NoCall) => {}
                None => break,
            }
        }
    }

    fn call(&mut self, peer: PeerId, call: CallId, request: Call) {
        self.waiting.insert(call, peer);
        self.event(Event::Call { peer, call, request });
    }

    fn file_is_read(&mut self, rest: &str) {
        let (file, text) = rest.split_once(' ').unwrap_or((rest, ""));
        // A text that is sealed with a checksum would never come through by chance.
        let (file, text) = match file {
            "1" => (StoreFile::State, serde_json::from_str::<LastingState>(text).ok().map(LastingState::to_text)),
            "2" => (StoreFile::Runtime, serde_json::from_str::<Runtime>(text).ok().map(Runtime::to_text)),
            _ => (StoreFile::Projects, None),
        };
        let text = text.or_else(|| (!rest.is_empty()).then(|| rest.to_owned()));
        self.event(Event::StoreRead { file, result: Ok(text) });
    }

    fn lose_wm(&mut self) {
        if self.wm.take().is_some() {
            self.asked = None;
            self.event(Event::WmLost { reason: "gone".into() });
        }
    }

    fn reply(&mut self, payload: &str) {
        if let Some(request) = self.asked.take() {
            if request == WmRequest::Tree && payload.len() > 2 {
                self.tree = payload.to_owned();
            }
            let (kind, _) = framing::whole(&encode(&request)).expect("a request is whole");
            self.frame(kind, payload);
            if matches!(request, WmRequest::Unheard { .. }) {
                self.frame(u32::from(CommandType::Subscribe), r#"{"success":true}"#);
            }
        }
    }

    /// A message of the window manager, through our own decoder.
    fn frame(&mut self, kind: u32, payload: &str) {
        let Some(stream) = &mut self.wm else { return };
        stream.receive(&framing::frame(kind, payload.as_bytes()));
        match stream.next() {
            Ok(Some(event)) => self.event(event),
            Ok(None) => {}
            Err(error) => panic!("a good frame is not taken: {error}"),
        }
    }

    /// Time passes; deadlines on the way are met one by one.
    fn pass(&mut self, span: Duration) -> usize {
        let until = self.now + span;
        let mut met = 0;
        while let Some(deadline) = self.core.next_deadline().filter(|deadline| *deadline <= until && !self.stopped) {
            self.now = self.now.max(deadline);
            self.event(Event::Elapsed);
            met += 1;
        }
        self.now = until;
        met
    }

    /// SIGTERM comes; then only time passes.
    fn stop(&mut self) {
        self.event(Event::Signal { signal: Signal::Terminate, sender: None });
        let met = self.pass(STOP_LIMIT);
        assert!(self.stopped, "it does not stop");
        assert!(met <= STOP_DEADLINES_MAX, "{met} deadlines before it stopped");
    }

    fn event(&mut self, event: Event) {
        let mut effects = Vec::new();
        self.core.handle(self.now, event, &mut effects);
        self.core.end_turn(self.now, &mut effects);
        for effect in effects {
            self.perform(effect);
        }
        if std::mem::take(&mut self.flushing) {
            self.event(Event::PeersFlushed);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::WmConnect { .. } => (self.connecting, self.held) = (true, false),
            Effect::WmTryNext => {
                (self.wm, self.asked, self.connecting) = (None, None, true);
            }
            Effect::WmSend { ticket, request } => {
                let stream = self.wm.as_mut().expect("a request goes to a window manager that is there");
                assert!(stream.in_flight().is_none(), "two requests in flight");
                let _ = stream.send(ticket, &request);
                self.asked = Some(request);
            }
            Effect::Answer { peer, call, result } => {
                assert_eq!(
                    self.waiting.remove(&call),
                    Some(peer),
                    "an answer that nobody waits for, or the second one"
                );
                // The answer to a peer that is gone goes into the void.
                if let Some(codec) = self.peers.get_mut(&peer) {
                    codec.answer(call, &result).expect("there is room");
                }
            }
            Effect::Notify { peer, notice } => {
                let codec = self.peers.get_mut(&peer).expect("a peer that is there");
                // A peer that does not read is none of the core's business.
                let _ = codec.notice(&notice);
                codec.written(codec.output().len());
            }
            Effect::FlushPeers => self.flushing = true,
            Effect::WriteStore { job, .. } => self.jobs.push(Event::StoreWritten { job, result: Ok(()) }),
            Effect::SetStoreAside { file } => {
                self.jobs.push(Event::StoreSetAside { file, result: Ok("x.bad".into()) });
            }
            Effect::Launch(order) => {
                let started =
                    Event::LaunchStarted { launch: order.launch, pid: 9, start_time: 9, program: "/bin/x".into() };
                self.jobs.push(started);
            }
            Effect::EndProgram { launch, .. } => {
                self.jobs.push(Event::LaunchEnded { launch, succeeded: false, outcome: "signal: 15 (SIGTERM)".into() });
            }
            Effect::LookUpWindow { window } => {
                let told = X11Window { pid: Some(window), ..X11Window::default() };
                self.jobs.push(Event::X11Window { window, told });
            }
            Effect::ReadProcess { pid, .. } => {
                self.looked_at.insert(pid);
            }
            Effect::Stop => self.stopped = true,
            Effect::WatchX11 | Effect::DemandAttention { .. } | Effect::WriteLayout { .. } => {}
            Effect::ReadConfig | Effect::ReadStore(_) | Effect::Systemd(_) | Effect::Note(_) | Effect::DumpState(_) => {
            }
        }
    }
}
