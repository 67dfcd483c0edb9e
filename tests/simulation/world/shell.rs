//! The daemon's shell without a kernel: turns, and what becomes of each effect.

use std::time::Duration;

use i3pm::api::{ErrorCode, Reply};
use i3pm::core::{Core, Effect, Event, PeerId, Process, ProcessInfo, StoreFile, Systemd, WmRequest, X11Window};
use i3pm::wire::wm::WmStream;

use super::disk::{FileTask, KEPT};
use super::record::{told_effect, told_event};
use super::{Broken, CALL_WAIT_MAX, Happening, Program, World};
use crate::support::framing;

/// A loop that was held up longer does not ping.
const HELD_UP_MAX: Duration = Duration::from_secs(1);

impl World {
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
        self.edit_config(broken);
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
            let due = self.core.as_ref().and_then(Core::next_deadline).unwrap_or(self.now);
            self.held_up = self.now.since(due);
            self.deliver(Event::Elapsed);
            self.held_up = Duration::ZERO;
            let left = self.core.as_ref().and_then(Core::next_deadline);
            if let Some(deadline) = left.filter(|deadline| *deadline <= self.now) {
                self.break_rule(format!("after Elapsed a deadline is still due: {deadline:?} at {:?}", self.now));
            }
        }
        for round in 0.. {
            if let Some(core) = &mut self.core {
                core.end_turn(self.now, &mut self.effects);
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

    pub(super) fn check_turn(&mut self) {
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

    pub(super) fn deliver(&mut self, event: Event) {
        self.pending.push_back(event);
        self.deliver_pending();
    }

    pub(super) fn deliver_pending(&mut self) {
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

    pub(super) fn apply(&mut self) {
        let effects = std::mem::take(&mut self.effects);
        for effect in effects {
            if self.stopped {
                self.break_rule(format!("after Stop: {effect:?}"));
                return;
            }
            self.say(|| told_effect(&effect));
            let told = self.harvest.as_ref().map(|_| told_effect(&effect));
            self.perform(effect);
            if let Some(told) = told {
                self.fork_after_effect(&told);
            }
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

    pub(super) fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::WmConnect { .. } => {
                if self.wm.socket.as_ref().is_some_and(|socket| !socket.ended) {
                    self.break_rule("it connects while it is connected");
                }
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
                    self.check_barrier(&result);
                    self.peers.answer(peer, call, &result);
                }
            }
            Effect::Notify { peer, notice } => self.peers.notify(peer, &notice),
            Effect::FlushPeers => self.peers.flushing = true,
            Effect::ReadConfig => self.submit(FileTask::Config(String::new())),
            Effect::ReadStore(file @ StoreFile::Runtime) => {
                let text = self.disk.files.get(&file).cloned();
                self.pending.push_back(Event::StoreRead { file, result: Ok(text) });
            }
            Effect::ReadStore(file) => self.submit(FileTask::Read(file)),
            Effect::SetStoreAside { file } => {
                self.disk.files.remove(&file);
                let result = Ok(format!("/{}", file.name()));
                self.pending.push_back(Event::StoreSetAside { file, result });
            }
            Effect::WriteStore { job, file: file @ StoreFile::Runtime, text, .. } => {
                self.put(file, text);
                self.pending.push_back(Event::StoreWritten { job, result: Ok(()) });
            }
            Effect::WriteLayout { text } => {
                if !self.wm.layouts_fail {
                    self.wm.wm.put_layout(super::faults::LAYOUT_FILE, &text);
                }
            }
            Effect::WriteStore { job, file, text, made_from, required_directory } => {
                self.submit(FileTask::Write { job, file, text, made_from, directory: required_directory });
            }
            // Its window does not come: the wait for it ends.
            Effect::Launch(order) => {
                let (launch, pid) = (order.launch, 1_000_000 + self.rng.u32(..1000));
                let started = Event::LaunchStarted { launch, pid, start_time: 1, program: "/bin/program".into() };
                self.work(started, move |_| Event::LaunchFailed { launch, reason: "no such program".into() });
            }
            Effect::EndProgram { launch, .. } => {
                let outcome = "signal: 15 (SIGTERM)".to_string();
                let ended = Event::LaunchEnded { launch, succeeded: false, outcome };
                self.work(ended.clone(), move |_| ended);
            }
            Effect::ReadProcess { pid, .. } => {
                let process = self.processes.get(&pid).cloned();
                let info = process.map(|Program { started, variables }| ProcessInfo {
                    start_time: u64::from(pid),
                    started,
                    variables,
                    ..ProcessInfo::default()
                });
                self.work(Event::ProcessRead { pid, info }, move |_| Event::ProcessRead { pid, info: None });
            }
            Effect::LookUpWindow { window } => {
                let client = self.wm.wm.windows().into_iter().find(|(_, client)| client.x11 == window);
                let told = client.map_or_else(X11Window::default, |(_, client)| X11Window {
                    pid: (client.pid != 0).then_some(client.pid),
                    group: (client.group != 0).then_some(client.group),
                    modal: client.modal,
                });
                let told = Event::X11Window { window, told };
                self.work(told, move |_| Event::X11Window { window, told: X11Window::default() });
            }
            Effect::Systemd(message) => {
                if message == Systemd::Watchdog && self.held_up > HELD_UP_MAX {
                    let text = format!("a watchdog ping from a loop that was held up for {:?}", self.held_up);
                    self.break_rule(text);
                }
                if message == Systemd::Ready {
                    self.ready = true;
                }
                if message == Systemd::Reloading && !self.ready {
                    self.break_rule("RELOADING before READY");
                }
            }
            Effect::Note(_) | Effect::DumpState(_) | Effect::WatchX11 | Effect::DemandAttention { .. } => {}
            Effect::Stop => self.stopped = true,
        }
    }

    pub(super) fn check_answer(&mut self, result: &Result<Reply, i3pm::api::ApiError>) {
        let Err(error) = result else { return };
        if error.code == ErrorCode::InternalError {
            self.break_rule(format!("an internal error: {error}"));
        }
        // If its file could not be read, that is said.
        let is_known = KEPT.iter().any(|name| error.message.starts_with(&format!("no project {name:?}")));
        if error.code == ErrorCode::UnknownProject && is_known && self.disk.files.contains_key(&StoreFile::Projects) {
            self.break_rule(format!("judged by a table without what the file says: {error}"));
        }
    }

    /// Whoever is told that a switch is done sees that it is: all its commands were answered.
    fn check_barrier(&mut self, result: &Result<Reply, i3pm::api::ApiError>) {
        let in_flight = self.stream.as_ref().and_then(WmStream::in_flight);
        if let (Ok(Reply::Switch(switch)), Some(ticket)) = (result, in_flight)
            && switch.changed
        {
            self.break_rule(format!("a switch is answered while {ticket:?} is not: {switch:?}"));
        }
    }

    pub(super) fn connect_wm(&mut self) {
        let life = self.wm.life;
        self.awaits_claim = false;
        if self.wm.up && self.held {
            // Nothing is sent to it; who holds it says so in its own time, and may be gone before.
            self.stream = None;
            self.awaits_claim = true;
            let delay = self.micros(500_000);
            self.after(delay, Happening::Held);
        } else if self.wm.connect() {
            self.stream = Some(WmStream::new());
            self.pending.push_back(Event::WmConnected { socket: format!("/run/wm.{life}"), pid: Some(100 + life) });
        } else {
            self.stream = None;
            self.pending.push_back(Event::WmUnavailable { reason: "no socket".into() });
        }
    }

    pub(super) fn send(&mut self, ticket: i3pm::core::Ticket, request: &WmRequest) {
        if self.held {
            self.break_rule(format!("{request:?} is sent while another daemon serves the window manager"));
            return;
        }
        if let WmRequest::Unheard { unheard, .. } = request {
            self.hand_over(unheard);
        }
        let Some(stream) = &mut self.stream else {
            // The connection broke in the same turn: the shell has nobody to send it to.
            return;
        };
        if let Some(other) = stream.in_flight() {
            self.break_rule(format!("{request:?} is sent while {other:?} is in flight"));
            return;
        }
        let frames = stream.send(ticket, request);
        // Commands, and perhaps a subscription behind them.
        let first = framing::whole(&frames).map_or(frames.len(), |(_, length)| length);
        for frame in [&frames[..first], &frames[first..]] {
            if !frame.is_empty()
                && let Err(error) = self.wm.receive(frame)
            {
                self.break_rule(error);
            }
        }
        self.wm_moves();
    }

    /// A new connection takes over, and hears less. Sometimes there is none to be had. What the old
    /// one was told comes first either way.
    fn hand_over(&mut self, unheard: &[&str]) {
        if self.faults.worker == 0 || self.rng.u8(..16) > 0 {
            self.wm.wm.unsubscribe(unheard);
        }
    }

    /// Something the worker or the X server answers: soon, late, wrongly or never.
    pub(super) fn work(&mut self, event: Event, fails: impl FnOnce(&mut World) -> Event) {
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
