//! The world of one run: the daemon's shell without a kernel, virtual time, and what happens when.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use i3pm::api::{ConfigError, Reply};
use i3pm::core::{
    CallId, Core, Effect, Event, PeerId, Process, ProcessInfo, Settings, StoreError, StoreFile, StoreTrouble, Systemd,
    Time, WmEvent, WmKind, WmReply, WmRequest,
};
use i3pm::wire::wm::WmStream;

use crate::peers::Peers;
use crate::wm_side::WmSide;

/// How many lines of the record a failure shows.
const RECORD_LINES_MAX: u64 = 30;
/// No call may wait longer: every deadline of a call is well below.
const CALL_WAIT_MAX: Duration = Duration::from_secs(6);
/// The longest line of the record.
const RECORD_LINE_CHARACTERS_MAX: usize = 700;

/// A rule was broken. The text says which.
pub type Broken = String;

/// What happens at some time.
#[derive(Debug)]
enum Happening {
    /// The window manager executes a request.
    Execute,
    /// Bytes of the window manager arrive.
    Arrive,
    /// The worker, the disk or the X server answers a daemon of this generation.
    Worker { generation: u32, event: Event },
    /// A file is on the disk, whether the daemon that wrote it still lives or not.
    Stored { file: StoreFile, text: String },
    /// A socket appears in the runtime directory.
    SocketAppears,
    /// The window manager goes on.
    Thaw,
    /// A window manager starts.
    WmStart,
    /// The daemon starts.
    DaemonStart,
}

/// Which faults a run has, each in so many of 1000 steps.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    pub freeze: u32,
    pub connection_lost: u32,
    pub restart: u32,
    pub exit: u32,
    pub kill: u32,
    pub terminate: u32,
    pub refuse: u32,
    pub worker: u32,
}

impl Faults {
    /// Those of a seed: each is there in some of the runs, so that a run without it exists for every failure.
    pub fn draw(rng: &mut Rng) -> Faults {
        let mut one = |often: u32| if rng.u8(..3) == 0 { often } else { 0 };
        Faults {
            freeze: one(8),
            connection_lost: one(6),
            restart: one(4),
            exit: one(3),
            kill: one(6),
            terminate: one(3),
            refuse: one(30),
            worker: one(60),
        }
    }
}

/// What is on the disk.
#[derive(Debug, Default)]
struct Disk {
    files: BTreeMap<StoreFile, String>,
    config: String,
}

/// Everything.
pub struct World {
    pub rng: Rng,
    pub now: Time,
    pub faults: Faults,
    core: Option<Core>,
    generation: u32,
    stopped: bool,
    pub wm: WmSide,
    stream: Option<WmStream>,
    pub peers: Peers,
    disk: Disk,
    /// The variables of each process.
    pub processes: BTreeMap<u32, Vec<(String, String)>>,
    schedule: BTreeMap<(Time, u64), Happening>,
    scheduled: u64,
    pending: VecDeque<Event>,
    effects: Vec<Effect>,
    /// Calls that the core has and has not answered.
    outstanding: BTreeMap<CallId, (PeerId, Time, String)>,
    /// After so many effects the daemon is killed.
    kill_in: Option<u32>,
    /// Files are written one after the other.
    written_at: Time,
    pub terminated: Option<Time>,
    ready: bool,
    broken: Option<Broken>,
    pub recording: bool,
    record_lines_max: u64,
    record: VecDeque<String>,
    /// A hash of everything that was recorded.
    pub trace: u64,
    pub turns: u64,
}

impl World {
    pub fn new(kind: WmKind, rng: Rng, recording: bool) -> World {
        let mut rng = rng;
        let outputs = rng.usize(1..=2);
        let back_and_forth = rng.u8(..4) == 0;
        let faults = if std::env::var("FAULTS").is_ok_and(|value| value == "none") {
            Faults::default()
        } else {
            Faults::draw(&mut rng)
        };
        let mut world = World {
            now: Time::from_nanos(1_000_000_000),
            faults,
            core: None,
            generation: 0,
            stopped: false,
            wm: WmSide::new(kind, outputs, back_and_forth),
            stream: None,
            peers: Peers::default(),
            disk: Disk::default(),
            processes: BTreeMap::new(),
            schedule: BTreeMap::new(),
            scheduled: 0,
            pending: VecDeque::new(),
            effects: Vec::new(),
            outstanding: BTreeMap::new(),
            kill_in: None,
            written_at: Time::default(),
            terminated: None,
            ready: false,
            broken: None,
            recording,
            record_lines_max: crate::environment("RECORD_LINES", RECORD_LINES_MAX),
            record: VecDeque::new(),
            trace: 0xcbf2_9ce4_8422_2325,
            turns: 0,
            rng,
        };
        world.disk.config = crate::operations::configuration(&mut world.rng, false);
        world
    }

    // ------------------------------------------------------------------ the record

    pub fn say(&mut self, text: impl FnOnce() -> String) {
        if !self.recording {
            return;
        }
        let mut line = text();
        for byte in line.bytes() {
            self.trace = (self.trace ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        let whole = self.record_lines_max > RECORD_LINES_MAX;
        if let Some((end, _)) = line.char_indices().nth(RECORD_LINE_CHARACTERS_MAX).filter(|_| !whole) {
            line.truncate(end);
        }
        if self.record.len() as u64 >= self.record_lines_max {
            self.record.pop_front();
        }
        self.record.push_back(format!("{:>12.6} {line}", self.now.nanos() as f64 / 1e9));
    }

    pub fn record(&self) -> String {
        self.record.iter().map(|line| format!("{line}\n")).collect()
    }

    pub fn break_rule(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.broken.get_or_insert(text);
    }

    fn verdict(&mut self) -> Result<(), Broken> {
        self.broken.take().map_or(Ok(()), Err)
    }

    // ------------------------------------------------------------------ time

    fn after(&mut self, delay: Duration, happening: Happening) {
        self.scheduled += 1;
        self.schedule.insert((self.now + delay, self.scheduled), happening);
    }

    fn micros(&mut self, limit: u64) -> Duration {
        Duration::from_micros(self.rng.u64(1..=limit))
    }

    /// When something happens next.
    pub fn next_time(&self) -> Option<Time> {
        let scheduled = self.schedule.keys().next().map(|(time, _)| *time);
        let deadline = self.core.as_ref().filter(|_| !self.stopped).and_then(Core::next_deadline);
        scheduled.into_iter().chain(deadline).min()
    }

    /// Does nothing happen for a while?
    pub fn is_idle(&self) -> bool {
        self.next_time().is_none_or(|next| next > self.now + Duration::from_millis(500))
    }

    /// Let a little time pass, not beyond what happens next.
    pub fn linger(&mut self) {
        let pause = self.micros(4000);
        let then = self.now + pause;
        self.now = self.next_time().map_or(then, |next| next.min(then)).max(self.now);
    }

    /// Go to what happens next, and let it happen.
    ///
    /// # Errors
    /// A rule was broken.
    pub fn advance(&mut self) -> Result<(), Broken> {
        if self.peers.has_work() && self.core.is_some() {
            return self.turn(Vec::new());
        }
        let Some(next) = self.next_time() else {
            self.now = self.now + Duration::from_millis(5);
            return Ok(());
        };
        self.now = self.now.max(next);
        let mut events = Vec::new();
        if let Some(entry) = self.schedule.first_entry()
            && entry.key().0 <= self.now
        {
            let happening = entry.remove();
            events = self.happen(happening);
        }
        self.turn(events)
    }

    fn happen(&mut self, happening: Happening) -> Vec<Event> {
        match happening {
            Happening::Execute => {
                let refuse = (self.rng.u32(..1000) < self.faults.refuse).then(|| self.rng.usize(..8));
                if let Some(what) = self.wm.execute(refuse) {
                    self.say(|| format!("wm executes {what}"));
                }
                self.wm_moves();
                Vec::new()
            }
            Happening::Arrive => self.arrive(),
            Happening::Worker { generation, event } if generation == self.generation => vec![event],
            Happening::Worker { .. } => Vec::new(),
            Happening::Stored { file, text } => {
                self.disk.files.insert(file, text);
                Vec::new()
            }
            Happening::SocketAppears => vec![Event::WmSocketAppeared],
            Happening::Thaw => {
                self.say(|| "wm thaws".into());
                self.wm.frozen = false;
                self.wm_moves();
                Vec::new()
            }
            Happening::WmStart => {
                self.say(|| "wm starts".into());
                self.wm.start();
                self.socket_appears();
                Vec::new()
            }
            Happening::DaemonStart => {
                self.start_daemon();
                Vec::new()
            }
        }
    }

    /// Some bytes of the window manager reach the daemon.
    fn arrive(&mut self) -> Vec<Event> {
        let (Some(socket), Some(stream)) = (&mut self.wm.socket, &mut self.stream) else { return Vec::new() };
        let length = socket.to_daemon.len();
        let count = if length == 0 || self.rng.u8(..3) > 0 { length } else { self.rng.usize(1..=length) };
        let bytes: Vec<u8> = socket.to_daemon.drain(..count).collect();
        stream.receive(&bytes);
        let mut events = Vec::new();
        loop {
            match stream.next() {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(error) => {
                    self.break_rule(format!("the stream of the window manager: {error}"));
                    break;
                }
            }
        }
        if socket_is_over(self.wm.socket.as_ref()) {
            self.wm.socket = None;
            self.stream = None;
            events.push(Event::WmLost { reason: "it has closed the connection".into() });
        } else {
            self.wm_moves();
        }
        events
    }

    /// What the window manager has to do and to say gets its time.
    pub fn wm_moves(&mut self) {
        self.wm.tell();
        let waiting = |schedule: &BTreeMap<(Time, u64), Happening>, execute: bool| {
            schedule.values().any(|happening| match happening {
                Happening::Execute => execute,
                Happening::Arrive => !execute,
                _ => false,
            })
        };
        if self.wm.has_work() && !waiting(&self.schedule, true) {
            let delay = self.micros(3000);
            self.after(delay, Happening::Execute);
        }
        let bytes = self.wm.socket.as_ref().is_some_and(|socket| socket.ended || !socket.to_daemon.is_empty());
        if bytes && !waiting(&self.schedule, false) {
            let delay = self.micros(500);
            self.after(delay, Happening::Arrive);
        }
    }

    // ------------------------------------------------------------------ faults

    pub fn is_alive(&self) -> bool {
        self.core.is_some() && !self.stopped
    }

    pub fn freeze(&mut self) {
        if self.wm.up && !self.wm.frozen {
            self.wm.frozen = true;
            let pause = Duration::from_millis(self.rng.u64(20..5000));
            self.say(|| format!("wm freezes for {pause:?}"));
            self.after(pause, Happening::Thaw);
        }
    }

    pub fn lose_connection(&mut self) {
        if self.wm.socket.is_some() {
            self.say(|| "the connection to the wm breaks".into());
            self.wm.break_connection();
            self.wm_moves();
        }
    }

    pub fn restart_wm(&mut self) {
        if self.wm.up && !self.wm.frozen && self.wm.wm.kind() == WmKind::I3 {
            self.say(|| "wm restarts in place".into());
            self.wm.restart();
            self.wm_moves();
            self.socket_appears();
        }
    }

    pub fn exit_wm(&mut self) {
        if self.wm.up && !self.wm.frozen {
            self.say(|| "wm exits".into());
            self.wm.exit();
            self.wm_moves();
            let pause = Duration::from_millis(self.rng.u64(1..4000));
            self.after(pause, Happening::WmStart);
        }
    }

    fn socket_appears(&mut self) {
        // inotify may miss it, or come twice.
        for _ in 0..self.rng.u8(..3) {
            let delay = self.micros(30_000);
            self.after(delay, Happening::SocketAppears);
        }
    }

    pub fn kill_daemon_soon(&mut self) {
        if self.is_alive() {
            self.kill_in = Some(self.rng.u32(..12));
        }
    }

    /// The daemon is gone, with all its connections.
    fn daemon_gone(&mut self) {
        self.core = None;
        self.stopped = false;
        self.generation += 1;
        self.stream = None;
        self.wm.disconnect();
        self.peers.all_gone();
        self.outstanding.clear();
        self.pending.clear();
        self.effects.clear();
        self.kill_in = None;
        self.terminated = None;
        self.ready = false;
        let pause = self.micros(200_000);
        self.after(pause, Happening::DaemonStart);
    }

    fn start_daemon(&mut self) {
        if self.core.is_some() {
            return;
        }
        self.generation += 1;
        let generation = self.generation;
        self.say(|| format!("daemon {generation} starts"));
        let watchdog = self.rng.bool().then_some(Duration::from_secs(30));
        let settings = Settings {
            epoch: format!("run-{generation}"),
            pid: 1000 + generation,
            config_file: "/config/i3pm/config.toml".into(),
            watchdog,
        };
        self.core = Some(Core::new(settings, self.now));
        self.pending.push_back(Event::Started);
    }

    /// Everything that was broken is mended and breaks no more.
    pub fn mend(&mut self) {
        self.say(|| "faults end".into());
        self.faults = Faults::default();
        self.kill_in = None;
        if self.wm.frozen {
            self.wm.frozen = false;
            self.wm_moves();
        }
    }

    // ------------------------------------------------------------------ turns

    /// SIGTERM, SIGHUP and their like.
    pub fn signal(&mut self, signal: i3pm::core::Signal) -> Result<(), Broken> {
        let sender = Some(Process { pid: Some(7), uid: Some(1000), command: Some("test".into()) });
        if self.is_alive() {
            let stops = matches!(signal, i3pm::core::Signal::Terminate | i3pm::core::Signal::Interrupt);
            if stops && self.terminated.is_none() {
                self.terminated = Some(self.now);
            }
            return self.turn(vec![Event::Signal { signal, sender }]);
        }
        Ok(())
    }

    pub fn touch_config(&mut self) -> Result<(), Broken> {
        let broken = self.rng.u8(..4) == 0;
        self.disk.config = crate::operations::configuration(&mut self.rng, broken);
        if self.is_alive() { self.turn(vec![Event::ConfigTouched]) } else { Ok(()) }
    }

    pub fn connect_peer(&mut self) -> Result<Option<PeerId>, Broken> {
        if !self.is_alive() || self.peers.flushing {
            return Ok(None);
        }
        let peer = self.peers.connect();
        self.turn(vec![Event::PeerConnected { peer, process: Process::default() }])?;
        Ok(Some(peer))
    }

    pub fn vanish_peer(&mut self, peer: PeerId) -> Result<(), Broken> {
        self.peers.vanish(peer);
        self.turn(vec![Event::PeerClosed { peer }])
    }

    /// One turn of the daemon.
    ///
    /// # Errors
    /// A rule was broken.
    pub fn turn(&mut self, events: Vec<Event>) -> Result<(), Broken> {
        self.turns += 1;
        if self.core.is_none() || self.stopped {
            return self.verdict();
        }
        self.deliver_pending();
        for event in events {
            self.deliver(event);
        }
        for (peer, call, request) in self.peers.take(&mut self.rng) {
            if !self.is_alive() || !self.peers.knows(peer) {
                break;
            }
            self.outstanding.insert(call, (peer, self.now, format!("{request:?}")));
            self.deliver(Event::Call { peer, call, request });
        }
        if self.core.as_ref().and_then(Core::next_deadline).is_some_and(|deadline| deadline <= self.now) {
            self.deliver(Event::Elapsed);
            let left = self.core.as_ref().and_then(Core::next_deadline);
            if let Some(deadline) = left.filter(|deadline| *deadline <= self.now) {
                self.break_rule(format!("after Elapsed a deadline is still due: {deadline:?} at {:?}", self.now));
            }
        }
        for round in 0.. {
            if let Some(core) = &mut self.core {
                core.end_turn(&mut self.effects);
            }
            self.apply();
            if self.pending.is_empty() {
                break;
            }
            if round > 16 {
                self.break_rule("the end of a turn brings events without end");
                break;
            }
            self.deliver_pending();
        }
        match self.peers.flush(&mut self.rng) {
            Ok(gone) => {
                for peer in gone {
                    self.say(|| format!("{peer:?} is closed"));
                    self.deliver(Event::PeerClosed { peer });
                }
            }
            Err(error) => self.break_rule(error),
        }
        if self.peers.flushing && self.peers.is_flushed() && self.is_alive() {
            self.deliver(Event::PeersFlushed);
        }
        self.check_turn();
        self.verdict()
    }

    fn check_turn(&mut self) {
        let late = self.outstanding.iter().find(|(_, (_, since, _))| self.now.since(*since) > CALL_WAIT_MAX);
        if let Some((call, (peer, since, what))) = late {
            let text = format!("{call:?} of {peer:?} waits since {:?}: {what}", self.now.since(*since));
            self.break_rule(text);
        }
        if let Some(since) = self.terminated
            && self.is_alive()
            && self.now.since(since) > Duration::from_millis(2500)
        {
            self.break_rule(format!("told to stop {:?} ago", self.now.since(since)));
        }
        if self.stopped {
            self.say(|| "daemon stopped".into());
            if !self.outstanding.is_empty() {
                let text = format!("stopped with calls unanswered: {:?}", self.outstanding);
                self.break_rule(text);
            }
            self.daemon_gone();
        }
    }

    fn deliver(&mut self, event: Event) {
        self.pending.push_back(event);
        self.deliver_pending();
    }

    fn deliver_pending(&mut self) {
        while let Some(event) = self.pending.pop_front() {
            if self.stopped || self.core.is_none() {
                continue;
            }
            if let Event::PeerClosed { peer } = &event {
                self.outstanding.retain(|_, (owner, _, _)| owner != peer);
            }
            self.say(|| told_event(&event));
            if let Some(core) = &mut self.core {
                core.handle(self.now, event, &mut self.effects);
            }
            self.apply();
        }
    }

    fn apply(&mut self) {
        let effects = std::mem::take(&mut self.effects);
        for effect in effects {
            if self.stopped {
                self.break_rule(format!("after Stop: {effect:?}"));
                return;
            }
            self.say(|| told_effect(&effect));
            self.perform(effect);
            if let Some(left) = &mut self.kill_in {
                if *left == 0 {
                    self.say(|| "daemon killed".into());
                    self.daemon_gone();
                    return;
                }
                *left -= 1;
            }
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::WmConnect { .. } => {
                self.wm.disconnect();
                self.connect_wm();
            }
            Effect::WmTryNext => {
                self.wm.disconnect();
                self.stream = None;
                self.pending.push_back(Event::WmUnavailable { reason: "nobody else".into() });
            }
            Effect::WmSend { ticket, request } => self.send(ticket, &request),
            Effect::Answer { peer, call, result } => {
                if self.outstanding.remove(&call).is_none() && self.peers.knows(peer) {
                    self.break_rule(format!("{call:?} of {peer:?} is answered and does not wait: {result:?}"));
                } else {
                    self.check_answer(&result);
                    self.peers.answer(peer, call, &result);
                }
            }
            Effect::Notify { peer, notice } => self.peers.notify(peer, &notice),
            Effect::FlushPeers => self.peers.flushing = true,
            Effect::ReadConfig => {
                let file = "/config/i3pm/config.toml";
                let result = i3pm::config::parse(file, &self.disk.config, Some("/home/user")).map(Arc::new);
                self.work(Event::ConfigRead(result), |_| {
                    let message = "the disk does not answer".into();
                    Event::ConfigRead(Err(ConfigError { file: file.into(), line: 0, column: 0, message }))
                });
            }
            Effect::ReadStore(file) => {
                let text = self.disk.files.get(&file).cloned();
                self.work(Event::StoreRead { file, result: Ok(text) }, move |_| Event::StoreRead {
                    file,
                    result: Err(StoreTrouble::Unreadable("the disk does not answer".into())),
                });
            }
            Effect::SetStoreAside { file } => {
                self.disk.files.remove(&file);
                let result = Ok(format!("/{}", file.name()));
                self.pending.push_back(Event::StoreSetAside { file, result });
            }
            Effect::WriteStore { job, file: StoreFile::Runtime, text, .. } => {
                self.disk.files.insert(StoreFile::Runtime, text);
                self.pending.push_back(Event::StoreWritten { job, result: Ok(()) });
            }
            Effect::WriteStore { job, file, text, required_directory } => {
                if let Some(directory) = required_directory.filter(|directory| directory.contains("missing")) {
                    let result = Err(StoreError::Directory(format!("{directory} is no directory")));
                    self.work(Event::StoreWritten { job, result: result.clone() }, move |_| Event::StoreWritten {
                        job,
                        result,
                    });
                } else if self.rng.u32(..1000) < self.faults.worker {
                    let result = Err(StoreError::Write("no space left".into()));
                    self.work(Event::StoreWritten { job, result: result.clone() }, move |_| Event::StoreWritten {
                        job,
                        result,
                    });
                } else {
                    let pause = self.micros(20_000);
                    self.written_at = self.written_at.max(self.now) + pause;
                    let delay = self.written_at.since(self.now);
                    self.after(delay, Happening::Stored { file, text });
                    let generation = self.generation;
                    let event = Event::StoreWritten { job, result: Ok(()) };
                    self.after(delay, Happening::Worker { generation, event });
                }
            }
            Effect::ReadProcess { pid } => {
                let variables = self.processes.get(&pid).cloned();
                let info = variables.map(|variables| ProcessInfo { start_time: u64::from(pid), variables });
                self.work(Event::ProcessRead { pid, info }, move |_| Event::ProcessRead { pid, info: None });
            }
            Effect::LookUpPid { window } => {
                let pid = self.wm.wm.windows().into_iter().find(|(_, client)| client.x11 == window);
                let pid = pid.map(|(_, client)| client.pid).filter(|pid| *pid != 0);
                self.work(Event::WindowPid { window, pid }, move |_| Event::WindowPid { window, pid: None });
            }
            Effect::Systemd(message) => {
                if message == Systemd::Ready {
                    self.ready = true;
                }
                if message == Systemd::Reloading && !self.ready {
                    self.break_rule("RELOADING before READY");
                }
            }
            Effect::Note(_) | Effect::DumpState(_) => {}
            Effect::Stop => self.stopped = true,
        }
    }

    fn check_answer(&mut self, result: &Result<Reply, i3pm::api::ApiError>) {
        if let Err(error) = result
            && error.code == i3pm::api::ErrorCode::InternalError
        {
            self.break_rule(format!("an internal error: {error}"));
        }
    }

    fn connect_wm(&mut self) {
        let life = self.wm.life;
        if self.wm.connect() {
            self.stream = Some(WmStream::new());
            self.pending.push_back(Event::WmConnected { socket: format!("/run/wm.{life}"), pid: Some(100 + life) });
        } else {
            self.stream = None;
            self.pending.push_back(Event::WmUnavailable { reason: "no socket".into() });
        }
    }

    fn send(&mut self, ticket: i3pm::core::Ticket, request: &WmRequest) {
        let Some(stream) = &mut self.stream else {
            // The connection broke in the same turn: the shell has nobody to send it to.
            return;
        };
        if let Some(other) = stream.in_flight() {
            self.break_rule(format!("{request:?} is sent while {other:?} is in flight"));
            return;
        }
        let frame = stream.send(ticket, request);
        if let Err(error) = self.wm.receive(&frame) {
            self.break_rule(error);
        }
        self.wm_moves();
    }

    /// Something the worker or the X server answers: soon, late, wrongly or never.
    fn work(&mut self, event: Event, fails: impl FnOnce(&mut World) -> Event) {
        let generation = self.generation;
        let (delay, event) = if self.rng.u32(..1000) < self.faults.worker {
            match self.rng.u8(..3) {
                0 => return,
                1 => (Duration::from_millis(self.rng.u64(100..4000)), event),
                _ => (self.micros(20_000), fails(self)),
            }
        } else {
            (self.micros(10_000), event)
        };
        self.after(delay, Happening::Worker { generation, event });
    }

    /// Begin with a daemon.
    pub fn begin(&mut self) -> Result<(), Broken> {
        self.start_daemon();
        self.turn(Vec::new())
    }
}

fn socket_is_over(socket: Option<&crate::wm_side::Socket>) -> bool {
    socket.is_some_and(|socket| socket.ended && socket.to_daemon.is_empty())
}

/// An event as a line of the record.
fn told_event(event: &Event) -> String {
    match event {
        Event::WmReply { ticket, reply: WmReply::Tree(_) } => format!("> tree {ticket:?}"),
        Event::WmReply { ticket, reply: WmReply::Command(outcomes) } => {
            let refused: Vec<_> = outcomes.iter().enumerate().filter(|(_, outcome)| !outcome.success).collect();
            format!("> {} commands done {ticket:?}, refused {refused:?}", outcomes.len())
        }
        Event::WmEvent(WmEvent::Window { change, container }) => {
            format!("> window {change:?} {} {:?}", container.id, container.marks)
        }
        Event::WmEvent(WmEvent::Workspace { change, current, old }) => {
            let name = |node: &Option<Box<i3pm::core::tree::Node>>| {
                node.as_ref().and_then(|node| node.name.clone()).unwrap_or_default()
            };
            format!("> workspace {change} {:?} old {:?}", name(current), name(old))
        }
        event => format!("> {event:?}"),
    }
}

/// An effect as a line of the record.
fn told_effect(effect: &Effect) -> String {
    match effect {
        Effect::Notify { peer, notice } => {
            let topic = format!("{:?}", notice.change);
            let topic = topic.split('(').next().unwrap_or_default();
            format!("  < notice {} of {topic} to {peer:?}", notice.seq)
        }
        effect => format!("  < {effect:?}"),
    }
}
