//! What goes out: each effect of the core is done as it says.

use super::{EventLoop, Flushing};
use crate::api::{ApiError, Reply, Status};
use crate::core::{Effect, Event, Level, Note, StoreFile, Systemd};
use crate::daemon::files::FileTask;
use crate::daemon::stores::{self, GivenUp};
use crate::daemon::{clock, report};

impl EventLoop {
    /// Do what the core decided, in order.
    pub(super) fn apply(&mut self) {
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
                self.complete_answer(&mut result);
                self.meter.answered(clock::now(), call);
                self.peers.answer(peer, call, &result);
            }
            Effect::Notify { peer, notice } => self.peers.notify(peer, &notice),
            Effect::FlushPeers => self.flush_peers(),
            Effect::ReadConfig => self.read_config(),
            Effect::ReadStore(file) => self.read_store(file),
            Effect::SetStoreAside { file } => self.set_store_aside(file),
            Effect::WriteStore { job, file: file @ StoreFile::Runtime, text, .. } => {
                let result = stores::write_runtime(&self.paths.store(file), &text);
                self.pending.push_back(Event::StoreWritten { job, result });
            }
            Effect::WriteStore { job, file, text, made_from, required_directory } => {
                let given_up = GivenUp::default();
                let task = FileTask::WriteStore { job, file, text, made_from, given_up, required_directory };
                self.worker.submit(self.now, task);
            }
            Effect::WriteLayout { text } => {
                if let Err(error) = stores::write_layout(&self.paths.layout, &text) {
                    self.log.line(Level::Warning, "layout", error);
                }
            }
            Effect::Launch(order) => self.children.order(order),
            Effect::EndProgram { launch, ending } => {
                if let Some(unit) = self.children.end(launch, ending) {
                    self.worker.submit(self.now, FileTask::EndUnit { launch, unit, ending });
                }
            }
            Effect::ReadProcess { pid, repository } => {
                self.worker.submit(self.now, FileTask::ReadProcess { pid, repository });
            }
            Effect::WatchX11 => {
                let sought = self.display.open();
                self.find_display(sought);
            }
            Effect::DemandAttention { window } => self.display.demand_attention(window),
            Effect::LookUpWindow { window } => {
                let sought = self.display.look_up(self.now, window);
                self.find_display(sought);
            }
            Effect::Systemd(message) => self.tell_service_manager(&message),
            Effect::Note(note) => self.log.note(&note),
            Effect::DumpState(status) => self.dump_state(status),
            Effect::Stop => self.stopped = true,
        }
    }

    fn read_config(&mut self) {
        // The watches are laid anew before each look: the way may be another one by now.
        let previous = self.config_watch.begin();
        self.worker.submit(self.now, FileTask::WatchConfig(previous));
        self.worker.submit(self.now, FileTask::ReadConfig(self.paths.config_file.clone()));
    }

    fn read_store(&mut self, file: StoreFile) {
        match file {
            // It lies on a tmpfs: the start must have it, even if a disk hangs.
            StoreFile::Runtime => {
                let result = stores::read(&self.paths.store(file));
                self.pending.push_back(Event::StoreRead { file, result });
            }
            StoreFile::Projects | StoreFile::State => self.worker.submit(self.now, FileTask::ReadStore(file)),
        }
    }

    fn set_store_aside(&mut self, file: StoreFile) {
        match file {
            // The next write of it, which is not a task either, must not find it.
            StoreFile::Runtime => {
                let result = stores::set_aside(&self.paths.store(file));
                self.pending.push_back(Event::StoreSetAside { file, result });
            }
            StoreFile::Projects | StoreFile::State => {
                self.worker.submit(self.now, FileTask::SetStoreAside(file, GivenUp::default()));
            }
        }
    }

    /// Look for the display of the window manager with this process, if one is sought.
    fn find_display(&mut self, sought: Option<Option<u32>>) {
        if let Some(wm) = sought {
            self.worker.submit(self.now, FileTask::FindDisplay(wm));
        }
    }

    /// Write into an answer what only the loop knows.
    fn complete_answer(&self, result: &mut Result<Reply, ApiError>) {
        match result {
            Ok(Reply::Status(status)) => self.complete(status),
            Ok(Reply::Metrics(metrics)) => {
                self.meter.complete(metrics, self.peers.high_water(), self.log.status().lost);
            }
            _ => {}
        }
    }

    fn dump_state(&mut self, mut status: Box<Status>) {
        self.complete(&mut status);
        for line in report::lines(&status) {
            self.log.line(Level::Info, "state", line);
        }
    }

    /// A look for a window manager has brought this, or nothing yet.
    pub(super) fn looked(&mut self, found: Option<Event>) {
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
        report::complete(status, self.now, self.turn.status(), &self.peers, &self.deadlines(), self.log.status());
    }

    fn tell_service_manager(&mut self, message: &Systemd) {
        // The service manager keeps a socket that it gave us: a peer that connects from now on
        // waits for the next daemon.
        if *message == Systemd::Stopping && self.listener.is_given() {
            self.deafen();
        }
        if let Err(error) = self.service_manager.tell(self.now, message) {
            self.log.line(Level::Warning, "systemd.failed", format!("the service manager was not told: {error}"));
        } else if *message == Systemd::Watchdog {
            self.log.note(&Note::new(Level::Debug, "systemd.watchdog", "the watchdog was told that a turn is whole"));
        }
    }
}
