//! All state and every decision. Pure: no clock, no file descriptor, no thread, no logger.
//!
//! `Core::handle` takes what happened and pushes what is to be done. There is one way in which
//! windows come and go: an *arrangement* (`arrange`) compares what should be on the screen with a
//! fresh tree and sends the commands that make up the difference. A switch, a new window of a
//! hidden project, an assignment, the start and the end are all arrangements.

mod agenda;
mod audience;
mod belonging;
mod check;
pub mod keep;
mod life;
mod model;
pub mod plan;
mod programs;
mod projects;
mod stage;
mod told;
pub mod tree;
mod turn;
mod waiting;
pub mod windows;
pub mod words;

pub use audience::journal::NOTES_MAX;
pub use belonging::commands::COMMAND_VALUE_CHARACTERS_MAX;
pub use belonging::follow::FOLLOW_TIME;
pub use belonging::formers::PROCESSES_REMEMBERED_MAX;
pub use belonging::history::MOVES_MAX;
pub use belonging::launches::{LAUNCH_ANSWER_DEADLINE, LAUNCH_WINDOW_WAIT, LAUNCHES_PENDING_MAX, LAUNCHES_RUNNING_MAX};
pub use keep::store::faults as store_faults;
pub use programs::hooks::{HOOK_GRACE, HOOKS_RUNNING_MAX};
pub use stage::census::strays;
pub use tree::vault::misplaced_marks;
pub use words::deadline::Deadline;
pub use words::effect::{Effect, Ending, LaunchOrder, Systemd};
pub use words::event::{Ancestor, Event, Process, ProcessInfo, Signal, X11Window};
pub use words::histogram::{BOUNDS_US, Histogram};
pub use words::ids::{CallId, Caller, JobId, LaunchId, PeerId, Ticket};
pub use words::note::{Level, Note};
pub use words::phase::Phase;
pub use words::store::{Fingerprint, StoreError, StoreFault, StoreFile, StoreTrouble, decode as decode_store};
pub use words::time::Time;
pub use words::wm::{CommandOutcome, WindowChange, WmEvent, WmKind, WmReply, WmRequest, WorkspaceChange};

use std::sync::Arc;
use std::time::Duration;

use crate::api::Topic;
use crate::config::Config;
use audience::Audience;
use belonging::facts::Facts;
use life::{Configuration, Life};
use model::Model;
use programs::Programs;
use stage::Stage;
use stage::connection::LinkState;
use told::Told;
use turn::{Dirty, Turn};
use words::deadline::{self, Deadlines};
use words::seeded::{self, Fault};
use words::wm::Purpose;

/// What the core must know from the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Names this run.
    pub epoch: String,
    /// Our process id.
    pub pid: u32,
    /// The path of the configuration file, for messages.
    pub config_file: String,
    /// The file through which i3 gets layouts; `None` where its path cannot be said.
    pub layout_file: Option<String>,
    /// The watchdog interval the service manager asked for.
    pub watchdog: Option<Duration>,
    /// The time of day at the start, in milliseconds since 1970.
    pub started_unix_ms: u64,
}

/// The daemon's mind. A copy of it lives on from where it was copied: that is how the simulator
/// tries every way a switch can end.
#[derive(Debug, Clone)]
pub struct Core {
    settings: Settings,
    life: Life,
    config: Configuration,
    model: Model,
    stage: Stage,
    programs: Programs,
    audience: Audience,
    deadlines: Deadlines,
}

impl Core {
    /// A core that knows nothing yet.
    #[must_use]
    pub fn new(settings: Settings, now: Time) -> Core {
        let config = Config { file: settings.config_file.clone(), ..Config::default() };
        Core {
            life: Life::new(now),
            config: Configuration {
                current: Arc::new(config),
                error: None,
                reloading: false,
                callers: Vec::new(),
                next: None,
            },
            model: Model::default(),
            stage: Stage::new(now, settings.layout_file.clone()),
            programs: Programs::new(settings.epoch.clone()),
            audience: Audience::default(),
            deadlines: Deadlines::default(),
            settings,
        }
    }

    /// One thing happened: decide, and push what is to be done.
    pub fn handle(&mut self, now: Time, event: Event, effects: &mut Vec<Effect>) {
        if self.life.phase == Phase::Stopped {
            return;
        }
        let turn = &mut self.open_turn(now, effects);
        match event {
            Event::Started => self.begin(turn),
            Event::Signal { signal, sender } => self.signal(turn, signal, sender),
            Event::Elapsed => self.elapsed(turn),
            Event::WmConnected { socket, pid } => self.stage.wm_connected(turn, socket, pid),
            Event::WmUnavailable { reason } => self.stage.wm_unavailable(turn, reason),
            Event::WmHeld { socket, holder, place } => self.stage.wm_held(turn, &socket, holder, place),
            Event::WmFreed => self.stage.wm_freed(turn),
            Event::WmLost { reason } => self.stage.wm_lost(turn, &mut self.model, reason),
            Event::WmReply { ticket, reply } => self.stage.wm_reply(turn, &mut self.model, ticket, reply),
            Event::WmEvent(event) => self.stage.wm_event(turn, &mut self.model, event),
            Event::WmUndecodable { what } => {
                turn.note(Level::Warning, "wm.undecodable", format!("{what}; reading all windows again"));
                turn.wants.census = true;
            }
            Event::WmSocketAppeared => self.stage.socket_appeared(turn),
            Event::PeerConnected { peer, process } => self.peer_connected(peer, process),
            Event::PeerClosed { peer } => self.peer_closed(peer),
            Event::Call { peer, call, request } => self.call(turn, Caller { peer, call }, request),
            Event::PeersFlushed => self.peers_flushed(),
            Event::ConfigTouched => {
                turn.deadlines.set(Deadline::ConfigSettle, now + deadline::CONFIG_SETTLE);
            }
            Event::ConfigRead(result) => self.config_read(turn, result),
            Event::StoreRead { file, result } => self.model.store_read(turn, file, result),
            Event::StoreSetAside { file, result } => self.model.store_set_aside(turn, file, result),
            Event::StoreWritten { job, result } => self.model.store_written(turn, job, result),
            Event::X11Window { window, told } => {
                let (belonging, mut desk) = self.stage.desk(turn.phase, &mut self.model);
                belonging.x11_window(turn, &mut desk, window, told);
            }
            Event::X11Activated { window } => self.stage.x11_activated(turn, &mut self.model, window),
            Event::LaunchStarted { launch, pid, start_time, program } => {
                self.programs.started(turn, &mut self.model.belonging.launches, launch, (pid, start_time), program);
            }
            Event::LaunchFailed { launch, reason } => {
                self.programs.failed(turn, &mut self.model.belonging.launches, launch, &reason)
            }
            Event::LaunchEnded { launch, succeeded, outcome } => {
                self.programs.ended(turn, &mut self.model.belonging.launches, launch, succeeded, &outcome);
            }
            Event::ProcessRead { pid, info } => {
                let (belonging, mut desk) = self.stage.desk(turn.phase, &mut self.model);
                belonging.process_read(turn, &mut desk, pid, info);
            }
        }
        self.hear(turn);
        self.pump(turn);
        turn.deadlines.arm(Deadline::Waiting, turn.waiting.earliest());
        self.check(turn);
        self.close_turn(turn);
    }

    /// The end of a turn: push the notices that its changes owe to subscribers, each at most once.
    pub fn end_turn(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if self.life.phase == Phase::Stopped {
            return;
        }
        let turn = &mut self.open_turn(now, effects);
        if self.model.keep.runtime_wanted {
            self.stage.rewrite_runtime(turn, &mut self.model);
        }
        self.audience.dirty.add(std::mem::take(&mut turn.dirty));
        let Dirty { projects, wm, daemon, .. } = self.audience.dirty;
        self.publish(turn);
        if projects || wm || daemon {
            self.tell_status(turn);
        }
        self.close_turn(turn);
    }

    /// A handler is given what everybody may need.
    fn open_turn<'e>(&mut self, now: Time, effects: &'e mut Vec<Effect>) -> Turn<'e> {
        let mut turn = Turn::new(now, self.life.phase, Arc::clone(&self.config.current), effects);
        turn.waiting = std::mem::take(&mut self.audience.waiting);
        turn.deadlines = std::mem::take(&mut self.deadlines);
        turn.clock = (self.life.started, self.settings.started_unix_ms);
        turn
    }

    /// Keep what it leaves behind.
    fn close_turn(&mut self, turn: &mut Turn<'_>) {
        self.deadlines = std::mem::take(&mut turn.deadlines);
        self.audience.waiting = std::mem::take(&mut turn.waiting);
        self.audience.journal.take_from(turn);
        self.audience.dirty.add(std::mem::take(&mut turn.dirty));
    }

    /// When `Event::Elapsed` is due next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Time> {
        if self.life.phase == Phase::Stopped { None } else { self.deadlines.earliest() }
    }

    /// The deadlines that have come. The watchdog ping is the last of them, and only if none was
    /// long overdue: a late one means that the loop was held up.
    fn elapsed(&mut self, turn: &mut Turn<'_>) {
        let overdue = turn.deadlines.earliest().map_or(Duration::ZERO, |time| turn.now.since(time));
        let mut ping = false;
        while let Some(deadline) = turn.deadlines.take_due(turn.now) {
            if seeded::has(Fault::LeaveDeadline) {
                turn.deadlines.set(deadline, turn.now);
                break;
            }
            match deadline {
                Deadline::Request => self.stage.request_overdue(turn),
                Deadline::Reconnect => self.stage.connect(turn),
                Deadline::Switch => self.stage.switch_overdue(turn),
                Deadline::Waiting => self.waiting_overdue(turn),
                Deadline::Ready => self.ready(turn),
                Deadline::Loading => self.loading_overdue(turn),
                Deadline::Watchdog => ping = true,
                Deadline::ConfigSettle => self.reload(turn, None),
                Deadline::ConfigRead => self.config_overdue(turn),
                Deadline::Claims => {
                    let (belonging, mut desk) = self.stage.desk(turn.phase, &mut self.model);
                    belonging.claims_overdue(turn, &mut desk);
                }
                Deadline::Launch => self.model.belonging.launches.overdue(turn),
                Deadline::Hook => self.programs.hooks_overdue(turn),
                Deadline::Census => turn.wants.census = true,
                Deadline::Uncover => self.stage.uncover_is_due(),
                Deadline::Store => self.model.store_overdue(turn),
                Deadline::Save => {
                    self.model.save_order_of_use(turn);
                }
                Deadline::Phase => self.phase_overdue(turn),
            }
        }
        if ping {
            if overdue <= deadline::OVERDUE_LIMIT || seeded::has(Fault::PingWhileWedged) {
                turn.push(Effect::Systemd(Systemd::Watchdog));
            } else {
                let text = format!("no watchdog ping: the loop was held up for {} ms", overdue.as_millis());
                turn.note(Level::Warning, "watchdog.withheld", text);
            }
            self.arm_watchdog(turn);
        }
    }

    /// Start the next thing that needs the window manager, if nothing is in flight.
    fn pump(&mut self, turn: &mut Turn<'_>) {
        self.serve_early_calls(turn);
        self.hear(turn);
        self.run_errands(turn);
        self.settle(turn);
        self.stage.settle_closings(turn, &mut self.model);
        self.advance_shutdown(turn);
        // What came of it.
        if self.hear(turn) || self.life.shutdown.is_some() {
            self.run_errands(turn);
        }
    }

    /// Hand on what parts want of others, and what they tell them, until nothing is left. Was there
    /// anything?
    fn hear(&mut self, turn: &mut Turn<'_>) -> bool {
        let mut any = false;
        loop {
            if turn.wants.is_any() {
                any = true;
                self.stage.heed(turn, &mut self.model);
            }
            let Some(told) = turn.told.pop_front() else { return any };
            any = true;
            match told {
                Told::FileRead => self.loaded(turn),
                Told::Saved { job, next } => self.saved(job, next),
                Told::Stored(request) => self.stored(turn, *request),
                Told::ProjectsChanged => self.projects_changed(turn),
                Told::Renamed => {
                    self.stage.follow_names(turn, &mut self.model);
                    self.programs.follow_names(&self.model.projects.known);
                }
                Told::ProjectGone(name) => drop(self.stage.forget_project(turn, &mut self.model, &name)),
                Told::AnotherSession => self.programs.forget_session(),
                Told::PlacesChanged => {
                    if self.has_subscribers(Topic::Windows) || self.has_subscribers(Topic::Workspaces) {
                        turn.deadlines.set_once(Deadline::Census, turn.now + deadline::CENSUS_DELAY);
                    }
                }
                Told::FirstTree => self.ready(turn),
                Told::TreeRead => self.answer_census_calls(turn),
                Told::ReloadAsked => self.reload(turn, None),
                Told::Switched(switch) => {
                    self.programs.run_hooks(turn, &mut self.model, &self.stage, &switch);
                    self.programs.start_opened(turn, &mut self.model, &mut self.stage, &switch);
                }
                Told::SwitchFailed { target, code, message } => {
                    self.programs.fail_openings(turn, &self.stage, target.as_ref(), code, &message);
                }
            }
        }
    }

    /// Projects came or went.
    fn projects_changed(&mut self, turn: &mut Turn<'_>) {
        self.stage.projects_changed(turn, &mut self.model);
        self.programs.follow_names(&self.model.projects.known);
    }

    /// What questions about windows may look at.
    fn facts<'a>(&'a self, turn: &'a Turn<'_>) -> Facts<'a> {
        self.stage.facts(turn, &self.model)
    }

    /// Is there nothing left for the window manager to do?
    fn is_settled(&self, turn: &Turn<'_>) -> bool {
        self.stage.link().state != LinkState::Up
            || (!self.stage.is_arranging()
                && !self.stage.arrange_is_wanted(turn)
                && !self.stage.placing_is_wanted(turn, &self.model)
                && !self.stage.close_is_wanted(turn)
                && !self.stage.marks_are_wanted()
                && self.stage.link().pending.as_ref().is_none_or(|pending| pending.purpose == Purpose::Census))
    }
}
