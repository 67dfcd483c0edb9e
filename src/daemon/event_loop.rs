//! The loop: the one place that waits.
//!
//! A turn is: wait, read the clock once, collect what is ready within its budgets and hand each
//! message to the core at once, do what the core decided, write to the peers, set the timer. epoll
//! tells of a change only once, so each source keeps a bit that says "ready" until a read or write
//! says otherwise; a turn that left something ready does not wait.

mod collect;
mod now_and_then;
mod perform;
mod refusals;
mod sources;
mod turn;

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mio::{Events, Poll};

use self::refusals::Refusals;
use self::sources::Sources;
use self::turn::Turn;
use super::children::Children;
use super::config_watch::ConfigWatch;
use super::display::Display;
use super::files::FileTask;
use super::listener::Listener;
use super::log::Log;
use super::meter::Meter;
use super::offenders::Offenders;
use super::paths::Paths;
use super::peers::{self, Peers};
use super::signals::Signals;
use super::socket_watch::SocketWatch;
use super::systemd::ServiceManager;
use super::window_manager::WindowManager;
use super::worker::Worker;
use super::{clock, report};
use crate::core::{Core, Effect, Event, Level, Note, Settings, Time};

/// The most events that are taken from the kernel at a time.
const EVENTS_MAX: usize = 64;
/// The most times that the end of a turn may bring new events.
const ENDINGS_PER_TURN_MAX: usize = 8;

/// Every source, and the core.
#[derive(Debug)]
pub struct EventLoop {
    poll: Poll,
    core: Core,
    now: Time,
    effects: Vec<Effect>,
    /// Events that applying an effect has brought.
    pending: VecDeque<Event>,
    turn: Turn,
    paths: Arc<Paths>,
    log: Log,
    signals: Signals,
    timer: clock::Timer,
    worker: Worker<FileTask>,
    children: Children,
    window_manager: WindowManager,
    display: Display,
    config_watch: ConfigWatch,
    socket_watch: SocketWatch,
    socket_settles_at: Option<Time>,
    listener: Listener,
    peers: Peers,
    service_manager: ServiceManager,
    flushing: Flushing,
    refusals: Refusals,
    offenders: Offenders,
    meter: Meter,
    stopped: bool,
    /// The core was told something after it had ended its turn.
    again: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flushing {
    No,
    /// `PeersFlushed` is owed.
    Yes,
    Done,
}

/// What the loop is made of.
#[derive(Debug)]
pub struct Parts {
    /// Where everything lies.
    pub paths: Paths,
    /// `--wm-socket`.
    pub wm_socket: Option<PathBuf>,
    /// The log.
    pub log: Log,
    /// The signals, installed long before.
    pub signals: Signals,
    /// The socket that serves calls.
    pub listener: Listener,
    /// The service manager.
    pub service_manager: ServiceManager,
    /// What the core must know.
    pub settings: Settings,
}

impl EventLoop {
    /// A loop with everything registered and nothing done yet. On an error the log comes back, to
    /// write it down.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn new(parts: Parts) -> Result<EventLoop, (io::Error, Log)> {
        let Parts { paths, wm_socket, log, signals, listener, service_manager, settings } = parts;
        match Sources::new(&paths, wm_socket, signals, listener) {
            Ok(sources) => {
                let now = clock::now();
                Ok(EventLoop {
                    poll: sources.poll,
                    core: Core::new(settings, now),
                    now,
                    effects: Vec::new(),
                    pending: VecDeque::new(),
                    turn: Turn::default(),
                    paths: Arc::new(paths),
                    log,
                    signals: sources.signals,
                    timer: sources.timer,
                    worker: sources.worker,
                    children: Children::default(),
                    window_manager: sources.window_manager,
                    display: Display::new(sources::DISPLAY),
                    config_watch: sources.config_watch,
                    socket_watch: sources.socket_watch,
                    socket_settles_at: None,
                    listener: sources.listener,
                    peers: Peers::new(),
                    service_manager,
                    flushing: Flushing::No,
                    refusals: Refusals::default(),
                    offenders: Offenders::default(),
                    meter: Meter::default(),
                    stopped: false,
                    again: false,
                })
            }
            Err(error) => Err((error, log)),
        }
    }

    /// Turn until the core says stop; the log comes back, to be closed last.
    ///
    /// # Errors
    /// The poll itself fails: nothing can be waited for any more.
    pub fn run(mut self) -> (io::Result<()>, Log) {
        let mut events = Events::with_capacity(EVENTS_MAX);
        self.deliver(Event::Started);
        self.end_turn();
        let mut result = self.finish_turn();
        while result.is_ok() && !self.stopped {
            result = self.wait(&mut events);
            if result.is_ok() {
                let start = clock::now();
                self.collect(start);
                self.end_turn();
                result = self.finish_turn();
                self.account(start);
            }
        }
        // The path of the socket is removed before anything that may take time.
        drop(self.listener);
        (result, self.log)
    }

    fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let timeout = self.is_ready().then_some(Duration::ZERO);
        match self.poll.poll(events, timeout) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => events.clear(),
            Err(error) => return Err(error),
        }
        for event in events.iter() {
            match event.token() {
                sources::SIGNALS => self.signals.readable = true,
                sources::TIMER => self.timer.readable = true,
                sources::WORKER => self.worker.ready = true,
                sources::WINDOW_MANAGER => self.window_manager.stir(event),
                sources::DISPLAY => self.display.stir(event),
                sources::CONFIG_WATCH => self.config_watch.readable = true,
                sources::SOCKET_WATCH => self.socket_watch.readable = true,
                token if token == sources::LISTENER.peers => self.listener.readable = true,
                token if token == sources::LISTENER.place => self.listener.stir_place(),
                token if token == sources::CLAIMS.waiting || token == sources::CLAIMS.holder => {
                    self.window_manager.claims.stir(event)
                }
                token if Children::owns(token) => self.children.stir(token),
                _ => self.peers.stir(event),
            }
        }
        Ok(())
    }

    /// True if another turn would get on without waiting.
    fn is_ready(&self) -> bool {
        self.again
            || self.signals.readable
            || self.worker.ready
            || self.children.is_ready()
            || self.window_manager.is_ready()
            || self.window_manager.claims.is_ready()
            || self.display.is_ready()
            || self.config_watch.readable
            || self.socket_watch.readable
            || self.peers.is_ready()
            || self.listener.is_place_ready()
            || (self.flushing == Flushing::No && self.listener.is_ready())
    }

    /// The core ends its turn, as often as that brings something new.
    fn end_turn(&mut self) {
        for _ in 0..ENDINGS_PER_TURN_MAX {
            self.core.end_turn(self.now, &mut self.effects);
            self.apply();
            if self.pending.is_empty() {
                return;
            }
            self.deliver_pending();
        }
        self.again = true;
    }

    /// Start the programs that there is place for, write, and set the timer.
    fn finish_turn(&mut self) -> io::Result<()> {
        while let Some(order) = self.children.commission() {
            self.worker.submit(self.now, FileTask::Launch(order));
        }
        self.display.flush(self.poll.registry());
        let gone = self.peers.flush(self.poll.registry(), self.now);
        if !gone.is_empty() {
            self.listener.retry();
        }
        for peers::Gone { peer, closure, reason, process } in gone {
            self.meter.closed(closure);
            if let Some(reason) = reason {
                let is_news = self.offenders.is_news(process.pid, closure);
                let level = if is_news { Level::Warning } else { Level::Debug };
                let text = format!("{} is closed: {reason}", report::process(&process));
                self.log.note(&Note::new(level, "peer.closed", text).of_peer(&process));
            }
            self.deliver(Event::PeerClosed { peer });
            self.again = true;
        }
        if self.flushing == Flushing::Yes && self.peers.is_flushed() {
            self.flushing = Flushing::Done;
            self.deliver(Event::PeersFlushed);
            self.again = true;
        }
        if self.service_manager.deadline().is_some_and(|deadline| deadline <= self.now)
            && let Err(error) = self.service_manager.flush(self.now)
        {
            self.log.line(Level::Warning, "systemd.failed", format!("the service manager was not told: {error}"));
        }
        let ours = self.deadlines().into_iter().filter_map(|(_, deadline)| deadline);
        let earliest = ours.chain(self.core.next_deadline()).min();
        self.timer.arm(earliest)
    }

    /// The deadlines of the loop itself.
    fn deadlines(&self) -> [(&'static str, Option<Time>); 9] {
        [
            ("file", self.worker.deadline()),
            ("launch", self.children.deadline()),
            ("x11_answer", self.display.deadline()),
            ("peer_close", self.peers.deadline()),
            ("accept_retry", self.listener.deadline()),
            ("socket_restore", self.listener.place_deadline()),
            ("systemd_retry", self.service_manager.deadline()),
            ("wm_socket_settle", self.socket_settles_at),
            ("claim_holder", self.window_manager.claims.deadline()),
        ]
    }

    fn account(&mut self, start: Time) {
        let took = clock::now().since(start);
        self.meter.turn(took);
        if let Some(line) = self.turn.end(start, took) {
            self.log.line(Level::Warning, "turn.long", line);
        }
    }

    fn deliver(&mut self, event: Event) {
        self.pending.push_back(event);
        self.deliver_pending();
    }

    fn deliver_pending(&mut self) {
        while let Some(event) = self.pending.pop_front() {
            self.turn.note(report::kind(&event));
            self.core.handle(self.now, event, &mut self.effects);
            self.apply();
        }
    }
}
