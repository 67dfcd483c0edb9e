//! All state and every decision. Pure: no clock, no file descriptor, no thread, no logger.
//!
//! `Core::handle` takes what happened and pushes what is to be done. There is one way in which windows come and go: an
//! *arrangement* (`arrange`) compares what should be on the screen with a fresh tree and sends the commands that make up the
//! difference. A switch, a new window of a hidden project, an assignment, the start and the end are all arrangements.

mod agenda;
mod audience;
mod belonging;
mod check;
pub mod keep;
mod life;
pub mod plan;
mod programs;
mod projects;
mod stage;
pub mod tree;
mod turn;
mod waiting;
pub mod windows;
pub mod words;

pub use audience::journal::NOTES_MAX;
pub use belonging::cause::MOVES_MAX;
pub use belonging::commands::COMMAND_VALUE_CHARACTERS_MAX;
pub use belonging::follow::{FOLLOW_TIME, PROCESSES_REMEMBERED_MAX};
pub use belonging::launches::{LAUNCH_ANSWER_DEADLINE, LAUNCH_WINDOW_WAIT, LAUNCHES_PENDING_MAX, LAUNCHES_RUNNING_MAX};
pub use keep::store::faults as store_faults;
pub use programs::hooks::{HOOK_GRACE, HOOKS_RUNNING_MAX};
pub use stage::census::strays;
pub use tree::vault::misplaced_marks;
pub use words::deadline::Deadline;
pub use words::effect::{Effect, LaunchOrder, Systemd};
pub use words::event::{Ancestor, Event, Process, ProcessInfo, Signal, X11Window};
pub use words::histogram::{BOUNDS_US, Histogram};
pub use words::ids::{CallId, Caller, JobId, LaunchId, PeerId, Ticket};
pub use words::note::{Level, Note};
pub use words::phase::Phase;
pub use words::store::{Fingerprint, StoreError, StoreFault, StoreFile, StoreTrouble, decode as decode_store};
pub use words::time::Time;
pub use words::wm::{CommandOutcome, WindowChange, WmEvent, WmKind, WmReply, WmRequest};

use std::sync::Arc;
use std::time::Duration;

use crate::config::Config;
use audience::Audience;
use belonging::Belonging;
use keep::Keep;
use life::{Configuration, Life};
use programs::Programs;
use projects::Projects;
use stage::Stage;
use stage::link::LinkState;
use turn::Turn;
use windows::Windows;
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

/// The daemon's mind. A copy of it lives on from where it was copied: that is how the simulator tries every way a switch can end.
#[derive(Debug, Clone)]
pub struct Core {
    settings: Settings,
    life: Life,
    config: Configuration,
    windows: Windows,
    belonging: Belonging,
    projects: Projects,
    stage: Stage,
    programs: Programs,
    keep: Keep,
    audience: Audience,
    deadlines: Deadlines,
}

impl Core {
    /// A core that knows nothing yet.
    #[must_use]
    pub fn new(settings: Settings, now: Time) -> Core {
        let config = Config { file: settings.config_file.clone(), ..Config::default() };
        Core {
            settings,
            life: Life::new(now),
            config: Configuration {
                current: Arc::new(config),
                error: None,
                reloading: false,
                callers: Vec::new(),
                next: None,
            },
            windows: Windows::default(),
            belonging: Belonging::default(),
            projects: Projects::default(),
            stage: Stage::new(now),
            programs: Programs::default(),
            keep: Keep::default(),
            audience: Audience::default(),
            deadlines: Deadlines::default(),
        }
    }

    /// One thing happened: decide, and push what is to be done.
    pub fn handle(&mut self, now: Time, event: Event, effects: &mut Vec<Effect>) {
        if self.life.phase == Phase::Stopped {
            return;
        }
        let turn = &mut Turn::new(now, self.life.phase, effects);
        turn.waiting = std::mem::take(&mut self.audience.waiting);
        match event {
            Event::Started => self.begin(turn),
            Event::Signal { signal, sender } => self.signal(turn, signal, sender),
            Event::Elapsed => self.elapsed(turn),
            Event::WmConnected { socket, pid } => self.wm_connected(turn, socket, pid),
            Event::WmUnavailable { reason } => self.wm_unavailable(turn, reason),
            Event::WmHeld { socket, holder, place } => self.wm_held(turn, &socket, holder, place),
            Event::WmFreed => self.wm_freed(turn),
            Event::WmLost { reason } => self.wm_lost(turn, reason),
            Event::WmReply { ticket, reply } => self.wm_reply(turn, ticket, reply),
            Event::WmEvent(event) => self.wm_event(turn, event),
            Event::WmUndecodable { what } => {
                turn.note(Level::Warning, "wm.undecodable", format!("{what}; reading all windows again"));
                self.stage.census_wanted = true;
            }
            Event::WmSocketAppeared => self.socket_appeared(turn),
            Event::PeerConnected { peer, process } => self.peer_connected(peer, process),
            Event::PeerClosed { peer } => self.peer_closed(peer),
            Event::Call { peer, call, request } => self.call(turn, Caller { peer, call }, request),
            Event::PeersFlushed => self.peers_flushed(),
            Event::ConfigTouched => {
                self.deadlines.set(Deadline::ConfigSettle, now + deadline::CONFIG_SETTLE);
            }
            Event::ConfigRead(result) => self.config_read(turn, result),
            Event::StoreRead { file, result } => self.store_read(turn, file, result),
            Event::StoreSetAside { file, result } => self.store_set_aside(turn, file, result),
            Event::StoreWritten { job, result } => self.store_written(turn, job, result),
            Event::X11Window { window, told } => self.x11_window(turn, window, told),
            Event::X11Activated { window } => self.x11_activated(turn, window),
            Event::LaunchStarted { launch, pid, start_time, program } => {
                self.launch_started(turn, launch, (pid, start_time), program);
            }
            Event::LaunchFailed { launch, reason } => self.launch_failed(turn, launch, &reason),
            Event::LaunchEnded { launch, succeeded, outcome } => {
                self.launch_ended(turn, launch, succeeded, &outcome);
            }
            Event::ProcessRead { pid, info } => self.process_read(turn, pid, info),
        }
        self.pump(turn);
        self.deadlines.arm(Deadline::Waiting, turn.waiting.earliest());
        self.audience.waiting = std::mem::take(&mut turn.waiting);
        self.take_turn(turn);
        self.check();
    }

    /// The end of a turn: push the notices that its changes owe to subscribers, each at most once.
    pub fn end_turn(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if self.life.phase == Phase::Stopped {
            return;
        }
        let turn = &mut Turn::new(now, self.life.phase, effects);
        if self.keep.runtime_wanted {
            self.rewrite_runtime(turn);
        }
        self.take_turn(turn);
        self.publish(turn);
        self.tell_status(turn);
    }

    /// Keep what an event leaves behind.
    fn take_turn(&mut self, turn: &mut Turn<'_>) {
        self.audience.journal.take_from(turn);
        self.audience.dirty.add(std::mem::take(&mut turn.dirty));
    }

    /// When `Event::Elapsed` is due next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Time> {
        if self.life.phase == Phase::Stopped { None } else { self.deadlines.earliest() }
    }

    /// The deadlines that have come. The watchdog ping is the last of them, and only where none was long overdue: a
    /// late one means that the loop was held up.
    fn elapsed(&mut self, turn: &mut Turn<'_>) {
        let overdue = self.deadlines.earliest().map_or(Duration::ZERO, |time| turn.now.since(time));
        let mut ping = false;
        while let Some(deadline) = self.deadlines.take_due(turn.now) {
            if seeded::has(Fault::LeaveDeadline) {
                self.deadlines.set(deadline, turn.now);
                break;
            }
            match deadline {
                Deadline::Request => self.request_overdue(turn),
                Deadline::Reconnect => self.connect(turn),
                Deadline::Switch => self.switch_overdue(turn),
                Deadline::Waiting => self.waiting_overdue(turn),
                Deadline::Ready => self.ready(turn),
                Deadline::Loading => self.loading_overdue(turn),
                Deadline::Watchdog => ping = true,
                Deadline::ConfigSettle => self.reload(turn, None),
                Deadline::ConfigRead => self.config_overdue(turn),
                Deadline::Claims => self.claims_overdue(turn),
                Deadline::Launch => self.launches_overdue(turn),
                Deadline::Hook => self.hooks_overdue(turn),
                Deadline::Census => self.stage.census_wanted = true,
                Deadline::Uncover => self.stage.uncover_wanted = true,
                Deadline::Store => self.store_overdue(turn),
                Deadline::Save => {
                    self.save_order_of_use(turn);
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
            self.arm_watchdog(turn.now);
        }
    }

    /// Start the next thing that needs the window manager, where nothing is in flight.
    fn pump(&mut self, turn: &mut Turn<'_>) {
        self.serve_early_calls(turn);
        self.run_errands(turn);
        self.settle(turn);
        self.settle_closings(turn);
        self.advance_shutdown(turn);
    }

    /// Is there nothing left that the window manager shall do?
    fn is_settled(&self) -> bool {
        self.stage.link.state != LinkState::Up
            || (self.stage.arrangement.is_none()
                && !self.arrange_is_wanted()
                && !self.placing_is_wanted()
                && !self.close_is_wanted()
                && !self.stage.marks_wanted
                && self.stage.link.pending.as_ref().is_none_or(|pending| pending.purpose == Purpose::Census))
    }
}
