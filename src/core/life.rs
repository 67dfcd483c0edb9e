//! The life of the daemon: start, reload, signals, and the table of phases by which it stops.

use std::sync::Arc;
use std::time::Duration;

use crate::api::{ApiError, ConfigError, ErrorCode, Reload, Reply};
use crate::config::{Config, OnExit};
use crate::core::Core;
use crate::core::stage::connection::LinkState;
use crate::core::turn::Turn;
use crate::core::words::deadline::{self, Deadline};
use crate::core::words::effect::{Effect, Systemd};
use crate::core::words::event::{Process, Signal};
use crate::core::words::ids::{Caller, JobId};
use crate::core::words::note::{Level, Note};
use crate::core::words::phase::{Phase, Source};
use crate::core::words::seeded::{self, Fault};
use crate::core::words::store::StoreFile;
use crate::core::words::time::Time;

/// The steps of a shutdown: phase and the time it may take. Together less than two seconds.
const STEPS: [(Phase, Duration); 4] = [
    (Phase::Draining, Duration::from_millis(500)),
    (Phase::Restoring, Duration::from_millis(800)),
    (Phase::Flushing, Duration::from_millis(300)),
    (Phase::Saving, Duration::from_millis(300)),
];

/// The number of steps, the last one ("stopped") included.
const STEPS_COUNT: usize = STEPS.len() + 1;

/// How a step of the shutdown ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    Overdue,
}

impl Outcome {
    fn text(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Overdue => "deadline reached",
        }
    }
}

/// A shutdown under way.
#[derive(Debug, Clone)]
pub struct Shutdown {
    /// When it began.
    began: Time,
    /// When the step in hand began.
    step_began: Time,
    /// The step in hand has begun its work.
    entered: bool,
    /// Windows were brought back, and what that leaves behind is to be tidied up.
    restoring: bool,
    /// The outboxes are empty.
    flushed: bool,
    /// The write that is awaited.
    saving: Option<JobId>,
}

/// The daemon's life.
#[derive(Debug, Clone)]
pub struct Life {
    /// When it began.
    pub started: Time,
    /// Where it is.
    pub phase: Phase,
    /// The shutdown under way.
    pub shutdown: Option<Shutdown>,
    /// The service manager was told that we are ready.
    pub ready: bool,
}

impl Life {
    /// It begins.
    pub fn new(now: Time) -> Life {
        Life { started: now, phase: Phase::Starting, shutdown: None, ready: false }
    }
}

/// The configuration in force, and who waits for another.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// That in force.
    pub current: Arc<Config>,
    /// What is wrong with the file.
    pub error: Option<ConfigError>,
    /// It is being read.
    pub reloading: bool,
    /// Who waits for that.
    pub callers: Vec<Caller>,
    /// It is to be read once more when it has been read, for these.
    pub next: Option<Vec<Caller>>,
}

impl Core {
    /// The loop runs: read the files, find a window manager when they are read.
    pub(in crate::core) fn begin(&mut self, turn: &mut Turn<'_>) {
        turn.dirty.daemon = true;
        turn.push(Effect::ReadConfig);
        for file in StoreFile::EACH {
            turn.push(Effect::ReadStore(file));
        }
        turn.deadlines.set(Deadline::Loading, turn.now + deadline::LOADING_DEADLINE);
        turn.deadlines.set(Deadline::Ready, turn.now + deadline::READY_DEADLINE);
        self.arm_watchdog(turn);
    }

    /// Ping at a third of the interval.
    pub(in crate::core) fn arm_watchdog(&self, turn: &mut Turn<'_>) {
        if let Some(interval) = self.settings.watchdog {
            turn.deadlines.set(Deadline::Watchdog, turn.now + interval / 3);
        }
    }

    /// The service is up: with its windows read, or deliberately without a window manager.
    pub(in crate::core) fn ready(&mut self, turn: &mut Turn<'_>) {
        turn.deadlines.clear(Deadline::Ready);
        if !self.life.ready {
            self.life.ready = true;
            self.tell_status(turn);
            turn.push(Effect::Systemd(Systemd::Ready));
            let text = format!("ready after {} ms", turn.now.since(self.life.started).as_millis());
            turn.note(Level::Info, "ready", text);
        }
    }

    pub(in crate::core) fn loaded(&mut self, turn: &mut Turn<'_>) {
        if !self.model.keep.files.await_any() {
            turn.deadlines.clear(Deadline::Loading);
            self.begin_serving(turn);
        }
    }

    fn begin_serving(&mut self, turn: &mut Turn<'_>) {
        if self.life.phase == Phase::Starting {
            self.set_phase(turn, Phase::Running);
            self.stage.follow_names(turn, &mut self.model);
            turn.dirty.daemon = true;
            self.model.belonging.launches.resume_all(turn);
            self.stage.connect(turn);
        }
    }

    /// A file could not be read in time: go on without it. What it says is still awaited for a
    /// while.
    pub(in crate::core) fn loading_overdue(&mut self, turn: &mut Turn<'_>) {
        if self.life.phase == Phase::Starting {
            let text = "files of the start could not be read in time; going on with what was read";
            turn.note(Level::Warning, "loading.overdue", text);
            self.model.keep.stores_overdue(turn);
            turn.deadlines.set(Deadline::Loading, turn.now + deadline::READING_DEADLINE);
            self.begin_serving(turn);
        } else {
            self.model.keep.files.give_up();
            self.projects_changed(turn);
        }
    }

    /// Read the configuration again, for a caller or for nobody; once more if it is being read,
    /// which may have begun before what is to be read was there.
    pub(in crate::core) fn reload(&mut self, turn: &mut Turn<'_>, caller: Option<Caller>) {
        turn.deadlines.clear(Deadline::ConfigSettle);
        if self.config.reloading {
            self.config.next.get_or_insert_default().extend(caller);
        } else {
            self.config.callers.extend(caller);
            self.config.reloading = true;
            if self.life.ready {
                turn.push(Effect::Systemd(Systemd::Reloading));
            }
            self.model.keep.read_stores_again(turn);
            turn.push(Effect::ReadConfig);
            turn.deadlines.set(Deadline::ConfigRead, turn.now + deadline::CONFIG_READ_DEADLINE);
        }
    }

    pub(in crate::core) fn config_overdue(&mut self, turn: &mut Turn<'_>) {
        let error = ConfigError {
            file: self.settings.config_file.clone(),
            line: 0,
            column: 0,
            message: "could not be read in time; the one before is in force".to_string(),
        };
        self.config_read(turn, Err(error));
    }

    pub(in crate::core) fn config_read(&mut self, turn: &mut Turn<'_>, result: Result<Arc<Config>, ConfigError>) {
        turn.deadlines.clear(Deadline::ConfigRead);
        let first = self.model.keep.files.read(Source::Config);
        let mut summary = Vec::new();
        let answer = match result {
            Ok(config) => {
                let changed = *config != *self.config.current || self.config.error.is_some();
                self.config.error = None;
                self.model.projects.refused = None;
                if changed || first {
                    turn.config = Arc::clone(&config);
                    let before = std::mem::replace(&mut self.config.current, config);
                    self.projects_changed(turn);
                    for warning in self.config_warnings() {
                        turn.note(Level::Warning, "config.warning", warning);
                    }
                    if !first {
                        let owners = self
                            .model
                            .windows
                            .table
                            .windows
                            .values()
                            .map(|window| (window.serial, window.owner.clone()));
                        let owners = owners.collect();
                        let (belonging, mut desk) = self.stage.desk(turn.phase, &mut self.model);
                        belonging.reclaim(turn, &mut desk);
                        let enforced = belonging.enforce_everywhere(turn, &mut desk);
                        summary = desk.facts(&turn.config, belonging).summary(&before, &owners, enforced);
                        let mut text = "the new configuration is in force".to_string();
                        if !summary.is_empty() {
                            text = format!("{text}: {}", summary.join("; "));
                        }
                        turn.note(Level::Info, "config.reloaded", text);
                    }
                }
                Ok(Reply::Reload(Reload { changed, warnings: self.config_warnings(), summary }))
            }
            Err(error) => {
                let kept = if first { "built-in defaults are in force" } else { "the one before is in force" };
                let note = Note::new(Level::Warning, "config.rejected", format!("{error} ({kept})"))
                    .with("config_file", &error.file)
                    .with("config_line", error.line);
                turn.log(note);
                let text = error.to_string();
                self.model.projects.refused = Some(error.clone());
                self.config.error = Some(error);
                Err(ApiError::new(ErrorCode::ConfigRejected, text))
            }
        };
        turn.dirty.daemon = true;
        for caller in std::mem::take(&mut self.config.callers) {
            turn.answer(caller, answer.clone());
        }
        if std::mem::take(&mut self.config.reloading) && self.life.ready {
            self.tell_status(turn);
            turn.push(Effect::Systemd(Systemd::Ready));
        }
        if let Some(callers) = self.config.next.take() {
            self.config.callers = callers;
            self.reload(turn, None);
        }
        self.loaded(turn);
    }

    /// Things to look at in the configuration: a rule for a project that was created is none.
    pub(in crate::core) fn config_warnings(&self) -> Vec<String> {
        let undeclared =
            self.config.current.undeclared.iter().filter(|(name, _)| !self.model.projects.known.contains(name));
        self.config.current.warnings.iter().chain(undeclared.map(|(_, warning)| warning)).cloned().collect()
    }

    pub(in crate::core) fn signal(&mut self, turn: &mut Turn<'_>, signal: Signal, sender: Option<Process>) {
        let name = match signal {
            Signal::Terminate => "SIGTERM".to_string(),
            Signal::Interrupt => "SIGINT".to_string(),
            Signal::HangUp => "SIGHUP".to_string(),
            Signal::User1 => "SIGUSR1".to_string(),
            // The numbers of Linux; of the real-time ones the first two are the C library's own.
            Signal::Other(12) => "SIGUSR2".to_string(),
            Signal::Other(13) => "SIGPIPE".to_string(),
            Signal::Other(14) => "SIGALRM".to_string(),
            Signal::Other(number @ 34..=64) => format!("SIGRTMIN+{}", number - 34),
            Signal::Other(number) => format!("signal {number}"),
        };
        let from = sender.as_ref().map_or("an unknown sender".to_string(), |process| {
            format!(
                "pid {} ({}), uid {}",
                process.pid.unwrap_or(0),
                process.command.as_deref().unwrap_or("unknown"),
                process.uid.unwrap_or(0)
            )
        });
        let ignored = if matches!(signal, Signal::Other(_)) { "; ignored" } else { "" };
        let mut note = Note::new(Level::Info, "signal", format!("{name} from {from}{ignored}")).with("signal", &name);
        if let Some(process) = sender {
            note = note
                .with("sender_pid", process.pid.unwrap_or(0))
                .with("sender_uid", process.uid.unwrap_or(0))
                .with("sender_command", process.command.unwrap_or_default());
        }
        turn.log(note);
        match signal {
            Signal::Terminate | Signal::Interrupt => self.stop(turn),
            Signal::HangUp => self.reload(turn, None),
            Signal::User1 => {
                let status = self.status(turn);
                turn.push(Effect::DumpState(Box::new(status)));
            }
            Signal::Other(_) => {}
        }
    }

    /// Asked to stop: the first time politely, the second time without waiting for anybody.
    fn stop(&mut self, turn: &mut Turn<'_>) {
        match self.life.phase {
            Phase::Starting | Phase::Running => {
                turn.push(Effect::Systemd(Systemd::Stopping));
                let first = if self.life.phase == Phase::Starting { Phase::Flushing } else { Phase::Draining };
                turn.deadlines.clear(Deadline::Reconnect);
                turn.deadlines.clear(Deadline::Ready);
                turn.deadlines.clear(Deadline::Loading);
                self.stage.drain(turn);
                self.life.shutdown = Some(Shutdown {
                    began: turn.now,
                    step_began: turn.now,
                    entered: false,
                    restoring: false,
                    flushed: false,
                    saving: None,
                });
                self.enter(turn, first);
            }
            Phase::Draining | Phase::Restoring | Phase::Flushing => {
                turn.note(Level::Warning, "shutdown.hurried", "asked again to stop: going straight to saving");
                self.enter(turn, Phase::Saving);
            }
            Phase::Saving | Phase::Stopped => {}
        }
    }

    /// The notes of this turn say so too, from here on.
    fn set_phase(&mut self, turn: &mut Turn<'_>, phase: Phase) {
        self.life.phase = phase;
        turn.phase = phase;
    }

    fn enter(&mut self, turn: &mut Turn<'_>, phase: Phase) {
        self.set_phase(turn, phase);
        turn.dirty.daemon = true;
        if let Some(shutdown) = &mut self.life.shutdown {
            shutdown.step_began = turn.now;
            shutdown.entered = false;
        }
        if let Some((_, limit)) = STEPS.iter().find(|(step, _)| *step == phase) {
            turn.deadlines.set(Deadline::Phase, turn.now + *limit);
        }
    }

    /// Begin the step in hand, and go on to the next as long as steps are done.
    pub(in crate::core) fn advance_shutdown(&mut self, turn: &mut Turn<'_>) {
        while self.life.shutdown.is_some() && self.life.phase != Phase::Stopped {
            if !self.life.shutdown.as_ref().is_some_and(|shutdown| shutdown.entered) {
                self.enter_step(turn);
            }
            if !self.step_is_done(turn) {
                return;
            }
            self.step_over(turn, Outcome::Done);
        }
    }

    fn enter_step(&mut self, turn: &mut Turn<'_>) {
        let phase = self.life.phase;
        if let Some(shutdown) = &mut self.life.shutdown {
            shutdown.entered = true;
        }
        match phase {
            Phase::Restoring
                if self.config.current.on_exit == OnExit::Restore && self.stage.hidden_count(&self.model) > 0 =>
            {
                self.stage.show_all();
                if let Some(shutdown) = &mut self.life.shutdown {
                    shutdown.restoring = true;
                }
            }
            Phase::Flushing => {
                self.answer_waiting_calls(turn);
                self.publish(turn);
                turn.push(Effect::FlushPeers);
            }
            Phase::Saving => {
                // Asked twice to stop, we come here without the step before.
                self.answer_waiting_calls(turn);
                let job = self.model.save_order_of_use(turn);
                if let Some(shutdown) = &mut self.life.shutdown {
                    shutdown.saving = job;
                }
            }
            _ => {}
        }
    }

    fn answer_waiting_calls(&mut self, turn: &mut Turn<'_>) {
        let callers = turn.waiting.callers();
        for caller in callers.into_iter().filter(|_| !seeded::has(Fault::ForgetAnswerOnStop)) {
            let error = ApiError::new(ErrorCode::Stopping, "the daemon is stopping");
            turn.answer(caller, Err(error));
        }
        self.config.callers.clear();
        self.config.next = None;
        self.model.keep.nobody_waits();
        self.programs.nobody_waits();
        self.stage.nobody_waits();
        self.model.belonging.launches.nobody_waits();
    }

    fn step_is_done(&self, turn: &Turn<'_>) -> bool {
        let Some(shutdown) = &self.life.shutdown else { return false };
        match self.life.phase {
            Phase::Draining => !self.stage.is_arranging(),
            Phase::Restoring => {
                let reachable = self.stage.link().state == LinkState::Up && self.model.projects.is_decided();
                let tidy =
                    !shutdown.restoring || (!self.stage.census_is_wanted() && self.stage.link().pending.is_none());
                // After a refusal the census shows what is still hidden or was left in sight.
                let unsure = self.stage.arrange_is_wanted(turn) || self.stage.is_unsure();
                !self.stage.is_arranging() && (!reachable || (!unsure && tidy))
            }
            Phase::Flushing => shutdown.flushed,
            Phase::Saving => shutdown.saving.is_none(),
            _ => false,
        }
    }

    fn step_over(&mut self, turn: &mut Turn<'_>, outcome: Outcome) {
        let Some(shutdown) = &self.life.shutdown else { return };
        let number = STEPS.iter().position(|(step, _)| *step == self.life.phase).map_or(STEPS_COUNT, |at| at + 1);
        let took = turn.now.since(shutdown.step_began);
        let text = format!(
            "shutdown step {number}/{STEPS_COUNT} {}: {} after {:.1} ms",
            self.life.phase.name(),
            outcome.text(),
            took.as_secs_f64() * 1e3
        );
        let level = if outcome == Outcome::Done { Level::Info } else { Level::Warning };
        let note = Note::new(level, "shutdown.step", text).with("step", number).with("outcome", outcome.text());
        let began = shutdown.began;
        turn.log(note);
        turn.deadlines.clear(Deadline::Phase);
        let next = match self.life.phase {
            Phase::Draining => Phase::Restoring,
            Phase::Restoring => Phase::Flushing,
            Phase::Flushing => Phase::Saving,
            _ => Phase::Stopped,
        };
        self.enter(turn, next);
        if next == Phase::Stopped {
            let text = format!(
                "shutdown step {STEPS_COUNT}/{STEPS_COUNT} stopped: done after {:.1} ms in all",
                turn.now.since(began).as_secs_f64() * 1e3
            );
            let note = Note::new(Level::Info, "shutdown.step", text)
                .with("step", STEPS_COUNT)
                .with("outcome", Outcome::Done.text());
            turn.log(note);
            turn.push(Effect::Stop);
        }
    }

    /// The step in hand ran into its deadline.
    pub(in crate::core) fn phase_overdue(&mut self, turn: &mut Turn<'_>) {
        if let Some(shutdown) = &mut self.life.shutdown {
            shutdown.entered = true;
        }
        if self.life.phase != Phase::Stopped && self.life.shutdown.is_some() {
            self.step_over(turn, Outcome::Overdue);
        }
    }

    pub(in crate::core) fn peers_flushed(&mut self) {
        if let Some(shutdown) = &mut self.life.shutdown {
            shutdown.flushed = true;
        }
    }

    /// The order of use was written, or not; perhaps there is another job that does it once more.
    pub(in crate::core) fn saved(&mut self, job: JobId, next: Option<JobId>) {
        if let Some(shutdown) = &mut self.life.shutdown
            && shutdown.saving == Some(job)
        {
            shutdown.saving = next;
        }
    }
}
