//! The loop: the one place that waits.
//!
//! A turn is: wait, read the clock once, collect what is ready within its budgets and hand each message to the core at
//! once, do what the core decided, write to the peers, set the timer. epoll tells of a change only once, so each source
//! keeps a bit that says "ready" until a read or write says otherwise; a turn that left something ready does not wait.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mio::{Events, Poll, Registry, Token, Waker};

use super::children::Children;
use super::config_watch::{ConfigWatch, Touched};
use super::display::Display;
use super::files::{self, FileOutcome, FileTask};
use super::listener::{self, Accepted, Listener};
use super::log::Log;
use super::meter::{Meter, Refusal};
use super::offenders::Offenders;
use super::paths::Paths;
use super::peers::{self, Asked, Peers};
use super::signals::Signals;
use super::socket_watch::SocketWatch;
use super::stores::{self, GivenUp, Stores};
use super::systemd::ServiceManager;
use super::window_manager::WindowManager;
use super::wm_claim::{Claims, Tokens};
use super::worker::Worker;
use super::{clock, process, report};
use crate::api::{ACCEPTS_PER_TURN_MAX, CALLS_PER_TURN_MAX, FRAMES_PER_TURN_MAX, PEERS_MAX, Reply, Status, TurnStatus};
use crate::core::{Core, Effect, Event, Level, Note, Process, Settings, StoreFile, Systemd, Time};
use crate::sockets;

const SIGNALS: Token = Token(1);
const TIMER: Token = Token(2);
const WORKER: Token = Token(3);
const WINDOW_MANAGER: Token = Token(4);
const DISPLAY: Token = Token(5);
const CONFIG_WATCH: Token = Token(6);
const SOCKET_WATCH: Token = Token(7);
const LISTENER: listener::Tokens = listener::Tokens { peers: Token(8), place: Token(11) };
const CLAIMS: Tokens = Tokens { waiting: Token(9), holder: Token(10) };

/// Events taken from the kernel at a time.
const EVENTS_MAX: usize = 64;
/// A turn that took longer is logged.
const LONG_TURN: Duration = Duration::from_millis(20);
/// Between two lines about long turns.
const LONG_TURN_PAUSE: Duration = Duration::from_secs(10);
/// A socket is there a moment before somebody listens on it.
const SOCKET_SETTLE: Duration = Duration::from_millis(10);
/// Between two lines about connections that are turned away.
const REFUSALS_PAUSE: Duration = Duration::from_secs(10);
/// How often the end of a turn may bring new events.
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

/// Connections that were turned away.
#[derive(Debug, Default)]
struct Refusals {
    logged_at: Option<Time>,
    /// Since then, without a line.
    unlogged: u64,
}

/// What is known of the turns.
#[derive(Debug, Default)]
struct Turn {
    status: TurnStatus,
    /// The kinds of events in this one, with their counts.
    kinds: Vec<(&'static str, u32)>,
    /// When a long one was told in the log, and those since, with the longest of them.
    told_at: Option<Time>,
    untold: u32,
    untold_longest: Duration,
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
    /// A loop with everything registered and nothing done yet. On an error the log comes back, to write it down.
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
                    display: Display::new(DISPLAY),
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
        // The path of the socket goes before anything that may take time.
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
                SIGNALS => self.signals.readable = true,
                TIMER => self.timer.readable = true,
                WORKER => self.worker.ready = true,
                WINDOW_MANAGER => self.window_manager.stir(event),
                DISPLAY => self.display.stir(event),
                CONFIG_WATCH => self.config_watch.readable = true,
                SOCKET_WATCH => self.socket_watch.readable = true,
                token if token == LISTENER.peers => self.listener.readable = true,
                token if token == LISTENER.place => self.listener.stir_place(),
                token if token == CLAIMS.waiting || token == CLAIMS.holder => self.window_manager.claims.stir(event),
                token if Children::owns(token) => self.children.stir(token),
                _ => self.peers.stir(event),
            }
        }
        Ok(())
    }

    /// Would another turn get on without waiting?
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

    /// Hand everything that is ready to the core, each source within its budget.
    fn collect(&mut self, now: Time) {
        self.now = now;
        self.again = false;
        for (signal, sender) in self.signals.take() {
            self.deliver(Event::Signal { signal, sender });
        }
        self.timer.acknowledge();
        self.collect_files();
        // Before the windows: a program is started before its window comes.
        while let Some(event) = self.children.next(self.now) {
            self.deliver(event);
        }
        self.collect_window_manager();
        self.collect_display();
        self.collect_watches();
        // Before the calls: who connects has mostly asked already.
        self.accept();
        if let Some(sentence) = self.listener.keep_place(self.poll.registry(), LISTENER, self.now) {
            self.log.note(&Note::new(Level::Warning, "socket.gone", sentence));
        }
        self.peers.begin_turn();
        for _ in 0..CALLS_PER_TURN_MAX {
            match self.peers.next() {
                Some(Asked::Call { peer, call, request }) => {
                    self.meter.asked(clock::now(), call, &request);
                    self.deliver(Event::Call { peer, call, request });
                }
                Some(Asked::NoCall) => {}
                None => break,
            }
        }
        if self.core.next_deadline().is_some_and(|deadline| deadline <= now) {
            self.deliver(Event::Elapsed);
        }
    }

    fn collect_files(&mut self) {
        while let Some(finished) = self.worker.next(self.now) {
            if let Some(trouble) = finished.trouble {
                self.log.line(Level::Warning, "worker.stuck", trouble);
            }
            match finished.outcome {
                FileOutcome::Event(event) => self.deliver(event),
                FileOutcome::Watched(laid) => {
                    if let Some(fault) = laid.as_ref().and_then(|laid| laid.fault.as_ref()) {
                        let text = format!(
                            "changes of the configuration may go unnoticed, a directory cannot be watched: {fault}; \
                             `i3pm reload` reads it, and tries that again"
                        );
                        self.log.line(Level::Warning, "config.watch", text);
                    }
                    if self.config_watch.complete(laid) == Touched::Yes {
                        self.deliver(Event::ConfigTouched);
                    }
                }
                FileOutcome::Launched(launch, started) => {
                    if let Some(event) = self.children.add(self.poll.registry(), self.now, launch, started) {
                        self.deliver(event);
                    }
                }
                FileOutcome::Ending(launch, Ok(process)) => {
                    self.children.add_other(self.poll.registry(), launch, process);
                }
                FileOutcome::Ending(_, Err(reason)) => self.log.line(Level::Warning, "launch.not_ended", reason),
                FileOutcome::Display(found) => self.display.connect(self.poll.registry(), self.now, found),
                FileOutcome::Sockets(told) => {
                    let found = self.window_manager.told(self.poll.registry(), self.now, told);
                    self.looked(found);
                    self.deliver_pending();
                }
            }
        }
    }

    fn collect_window_manager(&mut self) {
        if let Some(lost) = self.window_manager.flush(self.poll.registry()) {
            self.lose_window_manager(lost);
        }
        for _ in 0..FRAMES_PER_TURN_MAX {
            let Some(event) = self.window_manager.next(self.poll.registry()) else { break };
            if matches!(event, Event::WmLost { .. }) {
                self.lose_window_manager(event);
            } else {
                self.deliver(event);
            }
        }
        self.window_manager.claims.tell_waiting();
        if let Some(event) = self.window_manager.claims.next(self.poll.registry(), self.now) {
            self.deliver(event);
        }
        if self.socket_settles_at.take_if(|at| *at <= self.now).is_some() && !self.window_manager.is_connected() {
            self.deliver(Event::WmSocketAppeared);
        }
    }

    fn lose_window_manager(&mut self, event: Event) {
        self.socket_watch.wake();
        self.deliver(event);
    }

    fn collect_display(&mut self) {
        self.display.advance(self.poll.registry(), self.now);
        while let Some(event) = self.display.next(self.now) {
            self.deliver(event);
        }
        if let Some(trouble) = self.display.trouble() {
            self.log.line(
                Level::Warning,
                "x11.failed",
                format!("{trouble}; windows have no process until the next connection"),
            );
        }
    }

    fn collect_watches(&mut self) {
        if self.config_watch.readable {
            match self.config_watch.read() {
                Ok(Touched::Yes) => self.deliver(Event::ConfigTouched),
                Ok(Touched::No) => {}
                Err(error) => self.log.line(Level::Error, "config.watch", format!("reading inotify failed: {error}")),
            }
        }
        if self.socket_watch.readable {
            match self.socket_watch.read() {
                Ok(true) => self.socket_settles_at = Some(self.now + SOCKET_SETTLE),
                Ok(false) => {}
                Err(error) => self.log.line(Level::Error, "wm.watch", format!("reading inotify failed: {error}")),
            }
        }
    }

    fn accept(&mut self) {
        if self.flushing != Flushing::No {
            return;
        }
        if self.listener.deadline().is_some_and(|deadline| deadline <= self.now) {
            self.listener.retry();
        }
        for _ in 0..ACCEPTS_PER_TURN_MAX {
            match self.listener.accept(self.now) {
                Accepted::None => return,
                Accepted::Peer(stream, process) if self.peers.is_full() => {
                    let reason = format!("{PEERS_MAX} connections are open");
                    peers::turn_away(stream, &format!("{reason}; close one and try again"));
                    self.refused(&process, Refusal::Full, &reason);
                }
                Accepted::Peer(stream, process) => {
                    match self.peers.add(self.poll.registry(), stream, process.clone()) {
                        Ok(peer) => {
                            self.meter.accepted();
                            self.deliver(Event::PeerConnected { peer, process });
                        }
                        Err(error) => {
                            self.refused(&process, Refusal::Failed, &format!("it cannot be polled: {error}"));
                        }
                    }
                }
                Accepted::NoRoom(stream) => {
                    let reason = "no file descriptor is left";
                    let process = process::behind(&stream);
                    peers::turn_away(stream, &format!("{reason}; try again later"));
                    self.listener.restock();
                    self.refused(&process, Refusal::NoDescriptor, reason);
                }
                Accepted::Foreign(process) => self.refused(&process, Refusal::Foreign, "it belongs to another user"),
                Accepted::Failed(error) => {
                    self.listener.restock();
                    self.refused(&Process::default(), Refusal::Failed, &error.to_string());
                }
            }
        }
    }

    /// Log that a connection was not taken, a few times a minute at most: whoever connects without end shall not fill the
    /// log.
    fn refused(&mut self, process: &Process, refusal: Refusal, reason: &str) {
        self.meter.refused(refusal);
        if self.refusals.logged_at.is_some_and(|at| self.now.since(at) < REFUSALS_PAUSE) {
            self.refusals.unlogged += 1;
            return;
        }
        let unlogged = std::mem::take(&mut self.refusals.unlogged);
        self.refusals.logged_at = Some(self.now);
        let before = if unlogged == 0 { String::new() } else { format!("; {unlogged} more before it") };
        let text = format!("a connection of {} is turned away: {reason}{before}", name(process));
        self.log.note(&Note::new(Level::Warning, "peer.refused", text).of_peer(process));
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

    /// Start what there is place for, write, and set the timer.
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
                let text = format!("{} is closed: {reason}", name(&process));
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
        let turn = &mut self.turn;
        turn.status.count += 1;
        turn.status.last_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        turn.status.longest_us = turn.status.longest_us.max(turn.status.last_us);
        if took > LONG_TURN
            && let Some(text) = turn.tell(start, took)
        {
            self.log.line(Level::Warning, "turn.long", text);
        }
        self.turn.kinds.clear();
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

    /// Do what the core decided, in order.
    fn apply(&mut self) {
        let mut effects = std::mem::take(&mut self.effects);
        for effect in effects.drain(..) {
            self.perform(effect);
        }
        // Its room is used again.
        self.effects = effects;
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::WmConnect { previous_pid } => {
                // Awake before the look, so that no socket comes between.
                self.socket_watch.wake();
                let found = self.window_manager.connect(self.poll.registry(), self.now, previous_pid);
                self.looked(found);
            }
            Effect::WmTryNext => {
                self.socket_watch.wake();
                let found = self.window_manager.try_next(self.poll.registry(), self.now);
                self.looked(found);
            }
            Effect::WmSend { ticket, request } => {
                if let Some(lost) = self.window_manager.send(self.poll.registry(), ticket, &request) {
                    self.socket_watch.wake();
                    self.pending.push_back(lost);
                }
            }
            Effect::Answer { peer, call, mut result } => {
                match result.as_mut() {
                    Ok(Reply::Status(status)) => self.complete(status),
                    Ok(Reply::Metrics(metrics)) => {
                        self.meter.complete(metrics, self.peers.high_water(), self.log.status().lost);
                    }
                    _ => {}
                }
                self.meter.answered(clock::now(), call);
                self.peers.answer(peer, call, &result);
            }
            Effect::Notify { peer, notice } => self.peers.notify(peer, &notice),
            Effect::FlushPeers => self.flush_peers(),
            Effect::ReadConfig => {
                // Laid anew before each look: what leads there may be another way by now.
                let previous = self.config_watch.begin();
                self.worker.submit(self.now, FileTask::WatchConfig(previous));
                let task = FileTask::ReadConfig(self.paths.config_file.clone());
                self.worker.submit(self.now, task);
            }
            // It lies on a tmpfs: the start must have it, whatever disk hangs.
            Effect::ReadStore(file @ StoreFile::Runtime) => {
                let result = stores::read(&self.paths.store(file));
                self.pending.push_back(Event::StoreRead { file, result });
            }
            Effect::ReadStore(file) => self.worker.submit(self.now, FileTask::ReadStore(file)),
            // As the writing of it: the next write must find it gone.
            Effect::SetStoreAside { file: file @ StoreFile::Runtime } => {
                let result = stores::set_aside(&self.paths.store(file));
                self.pending.push_back(Event::StoreSetAside { file, result });
            }
            Effect::SetStoreAside { file } => {
                self.worker.submit(self.now, FileTask::SetStoreAside(file, GivenUp::default()));
            }
            Effect::WriteStore { job, file: file @ StoreFile::Runtime, text, .. } => {
                let result = stores::write_runtime(&self.paths.store(file), &text);
                self.pending.push_back(Event::StoreWritten { job, result });
            }
            Effect::WriteLayout { text } => {
                if let Err(error) = stores::write_layout(&self.paths.layout, &text) {
                    self.log.line(Level::Warning, "layout", error);
                }
            }
            Effect::WriteStore { job, file, text, made_from, required_directory } => {
                let given_up = GivenUp::default();
                let task = FileTask::WriteStore { job, file, text, made_from, given_up, required_directory };
                self.worker.submit(self.now, task);
            }
            Effect::Launch(order) => self.children.order(order),
            Effect::EndProgram { launch, force } => {
                if let Some(unit) = self.children.end(launch, force) {
                    self.worker.submit(self.now, FileTask::EndUnit { launch, unit, force });
                }
            }
            Effect::ReadProcess { pid, repository } => {
                self.worker.submit(self.now, FileTask::ReadProcess { pid, repository });
            }
            Effect::WatchX11 => {
                if let Some(wm) = self.display.open() {
                    self.worker.submit(self.now, FileTask::FindDisplay(wm));
                }
            }
            Effect::LookUpWindow { window } => {
                if let Some(wm) = self.display.look_up(self.now, window) {
                    self.worker.submit(self.now, FileTask::FindDisplay(wm));
                }
            }
            Effect::Systemd(message) => {
                // It keeps a socket that it gave us: who connects from now on waits for the next daemon.
                if message == Systemd::Stopping && self.listener.is_given() {
                    self.deafen();
                }
                self.tell_service_manager(&message);
            }
            Effect::Note(note) => self.log.note(&note),
            Effect::DumpState(mut status) => {
                self.complete(&mut status);
                for line in report::lines(&status) {
                    self.log.line(Level::Info, "state", line);
                }
            }
            Effect::Stop => self.stopped = true,
        }
    }

    /// A look for a window manager has brought this, or nothing yet.
    fn looked(&mut self, found: Option<Event>) {
        if self.window_manager.asks_others() {
            self.worker.submit(self.now, FileTask::FindSockets);
        }
        if let Some(trouble) = self.window_manager.claims.trouble() {
            self.log.line(Level::Warning, "wm.claim", trouble);
        }
        if let Some(Event::WmConnected { pid, .. }) = &found {
            self.socket_watch.sleep();
            self.display.renew(self.poll.registry(), *pid);
        }
        self.pending.extend(found);
    }

    fn flush_peers(&mut self) {
        if self.flushing != Flushing::No {
            return;
        }
        self.flushing = Flushing::Yes;
        self.peers.begin_flush();
        self.deafen();
    }

    fn deafen(&mut self) {
        if let Err(error) = self.listener.deafen(self.poll.registry()) {
            self.log.line(Level::Warning, "peer.refused", format!("the socket is still polled: {error}"));
        }
    }

    fn complete(&self, status: &mut Status) {
        report::complete(status, self.now, &self.turn.status, &self.peers, &self.deadlines(), self.log.status());
    }

    fn tell_service_manager(&mut self, message: &Systemd) {
        if let Err(error) = self.service_manager.tell(self.now, message) {
            self.log.line(Level::Warning, "systemd.failed", format!("the service manager was not told: {error}"));
        } else if *message == Systemd::Watchdog {
            self.log.note(&Note::new(Level::Debug, "systemd.watchdog", "the watchdog was told that a turn is whole"));
        }
    }
}

impl Turn {
    /// The line about a long turn; none where there was one lately. A busy machine shall not fill the log.
    fn tell(&mut self, now: Time, took: Duration) -> Option<String> {
        if self.told_at.is_some_and(|at| now.since(at) < LONG_TURN_PAUSE) {
            self.untold += 1;
            self.untold_longest = self.untold_longest.max(took);
            return None;
        }
        self.told_at = Some(now);
        let kinds: Vec<_> = self.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let (untold, longest) = (std::mem::take(&mut self.untold), std::mem::take(&mut self.untold_longest));
        let before = match untold {
            0 => String::new(),
            _ => format!("; {untold} more before it, the longest {} ms", longest.as_millis()),
        };
        Some(format!("a turn took {} ms: {}{before}", took.as_millis(), kinds.join(", ")))
    }

    fn note(&mut self, kind: &'static str) {
        match self.kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => self.kinds.push((kind, 1)),
        }
    }
}

/// What is registered with the poll from the start.
struct Sources {
    poll: Poll,
    signals: Signals,
    timer: clock::Timer,
    worker: Worker<FileTask>,
    window_manager: WindowManager,
    config_watch: ConfigWatch,
    socket_watch: SocketWatch,
    listener: Listener,
}

impl Sources {
    fn new(
        paths: &Paths,
        wm_socket: Option<PathBuf>,
        mut signals: Signals,
        mut listener: Listener,
    ) -> io::Result<Sources> {
        let poll = Poll::new()?;
        let registry: &Registry = poll.registry();
        signals.register(registry, SIGNALS)?;
        listener.register(registry, LISTENER)?;
        let timer = clock::Timer::new(registry, TIMER)?;
        let config_watch = ConfigWatch::new(registry, CONFIG_WATCH)?;
        let environment = sockets::environment(wm_socket);
        let named = [&environment.explicit, &environment.swaysock, &environment.i3sock];
        let named = named.into_iter().flatten().cloned().collect();
        let socket_watch = SocketWatch::new(registry, SOCKET_WATCH, paths.runtime_root.clone(), named)?;
        let claims = Claims::new(CLAIMS, paths.socket.display().to_string());
        let window_manager = WindowManager::new(environment, paths.runtime_root.clone(), WINDOW_MANAGER, claims);
        let waker = Arc::new(Waker::new(registry, WORKER)?);
        let (watches, places, stores) = (config_watch.watches(), paths.clone(), Stores::default());
        let worker = Worker::new(waker, move |task| files::perform(&places, &stores, &watches, task));
        Ok(Sources { poll, signals, timer, worker, window_manager, config_watch, socket_watch, listener })
    }
}

/// A process, for a line of the log.
fn name(process: &Process) -> String {
    let pid = process.pid.map_or_else(|| "unknown".into(), |pid| pid.to_string());
    format!("pid {pid} ({})", process.command.as_deref().unwrap_or("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_turns_are_told_now_and_then_and_all_are_counted() {
        let mut turn = Turn::default();
        let (start, took) = (Time::from_nanos(1), Duration::from_millis(30));
        turn.note("call");
        assert_eq!(turn.tell(start, took).as_deref(), Some("a turn took 30 ms: 1 call"));
        assert_eq!(turn.tell(start + took, 2 * took), None);
        assert_eq!(turn.tell(start + took, took), None);
        let told = turn.tell(start + LONG_TURN_PAUSE, took);
        assert_eq!(told.as_deref(), Some("a turn took 30 ms: 1 call; 2 more before it, the longest 60 ms"));
        let told = turn.tell(start + 2 * LONG_TURN_PAUSE, took);
        assert_eq!(told.as_deref(), Some("a turn took 30 ms: 1 call"));
    }
}
