//! What comes in: each source is asked for what it has, and the core gets that at once.

use std::time::Duration;

use super::{EventLoop, Flushing, sources};
use crate::api::{ACCEPTS_PER_TURN_MAX, CALLS_PER_TURN_MAX, FRAMES_PER_TURN_MAX, PEERS_MAX};
use crate::core::{Event, Level, Note, Process, Time};
use crate::daemon::config_watch::Touched;
use crate::daemon::files::FileOutcome;
use crate::daemon::listener::Accepted;
use crate::daemon::meter::Refusal;
use crate::daemon::peers::{self, Asked};
use crate::daemon::{clock, process, report};

/// A socket exists a moment before somebody listens on it.
const SOCKET_SETTLE: Duration = Duration::from_millis(10);

impl EventLoop {
    /// Hand everything that is ready to the core, each source within its budget.
    pub(super) fn collect(&mut self, now: Time) {
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
        // Before the calls: most peers have asked already when they connect.
        self.accept();
        if let Some(sentence) = self.listener.keep_place(self.poll.registry(), sources::LISTENER, self.now) {
            self.log.note(&Note::new(Level::Warning, "socket.gone", sentence));
        }
        self.collect_calls();
        if self.core.next_deadline().is_some_and(|deadline| deadline <= now) {
            self.deliver(Event::Elapsed);
        }
    }

    fn collect_calls(&mut self) {
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

    /// Count a connection that was not taken, and log it now and then.
    fn refused(&mut self, process: &Process, refusal: Refusal, reason: &str) {
        self.meter.refused(refusal);
        if let Some(line) = self.refusals.tell(self.now, &report::process(process), reason) {
            self.log.note(&Note::new(Level::Warning, "peer.refused", line).of_peer(process));
        }
    }
}
