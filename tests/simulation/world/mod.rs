//! The world of one run: the daemon's shell without a kernel, virtual time, and what happens when.

pub mod disk;
mod faults;
mod harvest;
mod record;
mod shell;

pub use faults::Faults;
pub use harvest::{Fork, Points};

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use fastrand::Rng;
use i3pm::core::{CallId, Core, Effect, Event, PeerId, Process, StoreFile, Time, WmKind};
use i3pm::wire::wm::WmStream;

use crate::peers::Peers;
use crate::wm_side::WmSide;
use disk::{Disk, FileTask, How};

/// How many lines of the record a failure shows.
const RECORD_LINES_MAX: u64 = 30;
/// No call may wait longer: every deadline of a call is well below.
const CALL_WAIT_MAX: Duration = Duration::from_secs(4);
/// The longest line of the record.
const RECORD_LINE_CHARACTERS_MAX: usize = 700;

/// A rule was broken. The text says which.
pub type Broken = String;

/// What happens at some time.
#[derive(Debug, Clone)]
enum Happening {
    /// The window manager executes a request.
    Execute,
    /// Bytes of the window manager arrive.
    Arrive,
    /// The worker, the disk or the X server answers a daemon of this generation.
    Worker { generation: u32, event: Event },
    /// The worker is done with a task.
    Worked { generation: u32, task: FileTask, how: How },
    /// A write that hung and was given up is done late.
    Landed { generation: u32, file: StoreFile, text: String },
    /// A socket appears in the runtime directory.
    SocketAppears,
    /// The window manager goes on.
    Thaw,
    /// The daemon is told which other one serves the window manager.
    Held,
    /// The other daemon serves it no more.
    Freed,
    /// A window manager starts.
    WmStart,
    /// The daemon starts.
    DaemonStart,
}

/// A process that opens windows.
#[derive(Debug, Clone)]
pub struct Program {
    pub started: Time,
    /// Those of its variables that are about us.
    pub variables: Vec<(String, String)>,
}

/// Everything.
#[derive(Clone)]
pub struct World {
    pub rng: Rng,
    pub now: Time,
    pub faults: Faults,
    core: Option<Core>,
    generation: u32,
    stopped: bool,
    pub wm: WmSide,
    stream: Option<WmStream>,
    /// Another daemon serves the window manager.
    held: bool,
    /// Ours waits until it does so no more.
    awaits_claim: bool,
    pub peers: Peers,
    disk: Disk,
    /// The processes of windows.
    pub processes: BTreeMap<u32, Program>,
    schedule: BTreeMap<(Time, u64), Happening>,
    scheduled: u64,
    pending: VecDeque<Event>,
    effects: Vec<Effect>,
    /// Calls that the core has and has not answered.
    outstanding: BTreeMap<CallId, (PeerId, Time, String)>,
    /// After so many effects the daemon is killed.
    kill_in: Option<u32>,
    /// Forks are gathered here.
    harvest: Option<Box<harvest::Harvest>>,
    /// How long the deadline that is being handled is overdue.
    held_up: Duration,
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
    /// One where things break, with a configuration drawn.
    pub fn new(kind: WmKind, rng: Rng, recording: bool) -> World {
        let mut world = World::quiet(kind, rng, recording);
        if !std::env::var("FAULTS").is_ok_and(|value| value == "none") {
            world.faults = Faults::draw(&mut world.rng);
        }
        world.disk.config = crate::operations::configuration(&mut world.rng, false);
        world.bear_witness();
        world
    }

    /// One where nothing breaks.
    pub fn quiet(kind: WmKind, rng: Rng, recording: bool) -> World {
        let mut rng = rng;
        let outputs = rng.usize(1..=2);
        let back_and_forth = rng.u8(..4) == 0;
        World {
            now: Time::from_nanos(1_000_000_000),
            faults: Faults::default(),
            core: None,
            generation: 0,
            stopped: false,
            wm: WmSide::new(kind, outputs, back_and_forth),
            stream: None,
            held: false,
            awaits_claim: false,
            peers: Peers::default(),
            disk: Disk::default(),
            processes: BTreeMap::new(),
            schedule: BTreeMap::new(),
            scheduled: 0,
            pending: VecDeque::new(),
            effects: Vec::new(),
            outstanding: BTreeMap::new(),
            kill_in: None,
            harvest: None,
            held_up: Duration::ZERO,
            terminated: None,
            ready: false,
            broken: None,
            recording,
            record_lines_max: crate::runs::environment("RECORD_LINES", RECORD_LINES_MAX),
            record: VecDeque::new(),
            trace: 0xcbf2_9ce4_8422_2325,
            turns: 0,
            rng,
        }
    }

    /// The configuration file is this.
    pub fn configure(&mut self, text: &str) {
        self.disk.config = text.to_owned();
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
                self.fork_before_execution();
                let refuse = (self.rng.u32(..1000) < self.faults.refuse).then(|| self.rng.usize(..8));
                let refuse = refuse.filter(|_| !self.wm.makes_vault());
                let _ = self.wm.wm.take_tellings();
                let done = self.wm.execute(refuse);
                if let Some(window) = self.wm.take_told_zero() {
                    self.break_rule(format!("window {window} is told that it is 0x0, by {done:?}"));
                }
                if let Some(what) = done {
                    self.say(|| format!("wm executes {what}"));
                }
                if self.wm.wm.has_crashed() {
                    self.exit_wm();
                }
                self.fork_after_execution();
                self.wm_moves();
                Vec::new()
            }
            Happening::Arrive => self.arrive(),
            Happening::Worker { generation, event } if generation == self.generation => vec![event],
            Happening::Worker { .. } => Vec::new(),
            Happening::Worked { generation, task, how } => self.worked(generation, task, how),
            Happening::Landed { generation, file, text } => {
                self.landed(generation, file, text);
                Vec::new()
            }
            Happening::SocketAppears => vec![Event::WmSocketAppeared],
            Happening::Thaw => {
                self.say(|| "wm thaws".into());
                self.wm.frozen = false;
                self.wm_moves();
                Vec::new()
            }
            Happening::Held if self.awaits_claim => {
                let holder = Process { pid: Some(77), uid: Some(1000), command: Some("i3pmd".into()) };
                vec![Event::WmHeld { socket: "/run/wm".into(), holder, place: Some("/run/other.sock".into()) }]
            }
            Happening::Held => Vec::new(),
            Happening::Freed => self.freed(),
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

    /// Set the time of what the window manager has to do and to say.
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
}

fn socket_is_over(socket: Option<&crate::wm_side::Socket>) -> bool {
    socket.is_some_and(|socket| socket.ended && socket.to_daemon.is_empty())
}
