//! All state and every decision. Pure: no clock, no file descriptor, no thread, no logger.
//!
//! `Core::handle` takes what happened and pushes what is to be done. There is one way in which windows come and go: an
//! *arrangement* (`arrange`) compares what should be on the screen with a fresh tree and sends the commands that make up the
//! difference. A switch, a new window of a hidden project, an assignment, the start and the end are all arrangements.

mod agenda;
mod audience;
mod belonging;
pub mod keep;
mod life;
pub mod plan;
mod programs;
mod projects;
mod stage;
pub mod tree;
pub mod windows;
pub mod words;

pub use audience::explain::MOVES_MAX;
pub use belonging::follow::{FOLLOW_TIME, PROCESSES_REMEMBERED_MAX};
pub use belonging::launches::{LAUNCH_ANSWER_DEADLINE, LAUNCH_WINDOW_WAIT, LAUNCHES_PENDING_MAX, LAUNCHES_RUNNING_MAX};
pub use belonging::rules::COMMAND_VALUE_CHARACTERS_MAX;
pub use keep::store::faults as store_faults;
pub use programs::hooks::{HOOK_GRACE, HOOKS_RUNNING_MAX};
pub use stage::census::strays;
pub use windows::misplaced::misplaced_marks;
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

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::api::{self, ConfigError, RecentEvent, Topic, Window};
use crate::config::Config;
use audience::calls::{CensusCall, SettledCall};
use audience::early::EarlyCall;
use audience::explain;
use audience::publish::{Dirty, Subscriber};
use belonging::cause;
use belonging::claims::Claims;
use belonging::launches::Launches;
use belonging::rules;
use keep::stores::Stores;
use life::{Files, Shutdown};
use programs::hooks::Hooks;
use programs::opening::Opening;
use projects::known::{Projects, StoreRequest};
use stage::arrangement::Arrangement;
use stage::closing::Closing;
use stage::goal;
use stage::link::{Link, LinkState};
use stage::surfacing::FocusRequest;
use stage::switches::SwitchRequest;
use windows::deaths;
use windows::memory::ProjectMemory;
use windows::table::Table;
use words::deadline::{self, Deadlines};
use words::seeded::{self, Fault};
use words::wm::Purpose;

/// How many notes are kept.
pub const NOTES_MAX: usize = 128;

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
    started: Time,
    phase: Phase,
    shutdown: Option<Shutdown>,
    ready: bool,
    deadlines: Deadlines,
    link: Link,

    config: Arc<Config>,
    config_error: Option<ConfigError>,
    reload_calls: Vec<(PeerId, CallId)>,
    /// The configuration is to be read once more when it has been read, for these.
    reload_next: Option<Vec<(PeerId, CallId)>>,
    /// Calls that came before what answers them was read.
    early_calls: Vec<EarlyCall>,
    reloading: bool,
    files: Files,
    stores: Stores,
    projects: Projects,
    store_queue: VecDeque<StoreRequest>,
    next_job: u64,

    table: Table,
    workspaces: Vec<api::Workspace>,
    /// The names of workspaces, as last heard.
    workspace_names: BTreeMap<tree::ContainerId, String>,
    /// The workspace that has the focus, as last heard.
    focused_workspace: Option<String>,
    /// The workspace that the user was on before this one.
    previous_workspace: Option<String>,
    claims: Claims,
    launches: Launches,
    /// The runtime file lacks something that was learnt since.
    runtime_wanted: bool,
    openings: Vec<Opening>,
    closings: Vec<Closing>,
    hooks: Hooks,
    /// Variables of the user's session, as they were handed on last.
    session: BTreeMap<String, String>,
    placing: rules::Placing,
    positions_stale: bool,
    marks_wanted: bool,
    uncover_wanted: bool,
    marks_refused: usize,
    strays: Vec<u64>,
    /// Where something was refused: the empty containers that were in sight before, until those that came are gone.
    empties_before: Option<BTreeSet<u64>>,
    /// The last tree showed which those are.
    empties_sought: bool,
    /// The windows (serial number, mode) that an arrangement which was cut off took off fullscreen.
    fullscreen_owed: Vec<(u64, u8)>,
    /// What the last arrangement left, until a census has seen it.
    traces: plan::Traces,
    /// Where the last arrangement ended, until a census has seen it.
    goal: Option<goal::Goal>,
    /// What is to be tidied up, as the last census saw it.
    tidying: Option<String>,
    /// Marks of ours that are where none of ours should be, as the last census saw them.
    misplaced: Vec<(u64, String)>,
    marks_sent: Vec<(u64, Vec<String>, Vec<String>)>,
    census_wanted: bool,
    census_calls: Vec<CensusCall>,
    settled_calls: Vec<SettledCall>,

    active: Option<String>,
    undecided: Option<Option<String>>,
    decided: bool,
    memories: BTreeMap<String, ProjectMemory>,
    order_of_use: Vec<String>,
    /// What was used since the order of use was last written, with the number of the next job at that time.
    fresh_uses: BTreeMap<String, u64>,
    walk: Option<Vec<String>>,
    arrangement: Option<Arrangement>,
    arrange_wanted: bool,
    arrange_attempts: usize,
    arrange_cause: Option<cause::Cause>,
    history: explain::History,
    deaths: deaths::Deaths,
    next_switch: Option<SwitchRequest>,
    switch_count: u64,
    last_switch: Option<api::Switch>,
    switch_durations: Histogram,
    put_back_refused: usize,
    focus_request: Option<FocusRequest>,

    peers: BTreeMap<PeerId, Subscriber>,
    notices_count: u64,
    dirty: Dirty,
    published_windows: BTreeMap<u64, Window>,
    published: BTreeMap<Topic, api::Change>,
    status_line: String,

    notes: VecDeque<(Time, RecentEvent)>,
    next_note: u64,
    unknown_projects: BTreeSet<String>,
}

impl Core {
    /// A core that knows nothing yet.
    #[must_use]
    pub fn new(settings: Settings, now: Time) -> Core {
        let config = Config { file: settings.config_file.clone(), ..Config::default() };
        Core {
            settings,
            started: now,
            phase: Phase::Starting,
            shutdown: None,
            ready: false,
            deadlines: Deadlines::default(),
            link: Link::new(now),
            config: Arc::new(config),
            config_error: None,
            reload_calls: Vec::new(),
            reload_next: None,
            early_calls: Vec::new(),
            reloading: false,
            files: Files::default(),
            stores: Stores::default(),
            projects: Projects::default(),
            store_queue: VecDeque::new(),
            next_job: 0,
            table: Table::default(),
            workspaces: Vec::new(),
            workspace_names: BTreeMap::new(),
            focused_workspace: None,
            previous_workspace: None,
            claims: Claims::default(),
            launches: Launches::default(),
            runtime_wanted: false,
            openings: Vec::new(),
            closings: Vec::new(),
            hooks: Hooks::default(),
            session: BTreeMap::new(),
            placing: rules::Placing::default(),
            positions_stale: false,
            marks_wanted: false,
            uncover_wanted: false,
            marks_refused: 0,
            strays: Vec::new(),
            empties_before: None,
            empties_sought: false,
            fullscreen_owed: Vec::new(),
            traces: plan::Traces::default(),
            goal: None,
            tidying: None,
            misplaced: Vec::new(),
            marks_sent: Vec::new(),
            census_wanted: false,
            census_calls: Vec::new(),
            settled_calls: Vec::new(),
            active: None,
            undecided: None,
            decided: false,
            memories: BTreeMap::new(),
            order_of_use: Vec::new(),
            fresh_uses: BTreeMap::new(),
            walk: None,
            arrangement: None,
            arrange_wanted: false,
            arrange_attempts: 0,
            arrange_cause: None,
            history: explain::History::default(),
            deaths: deaths::Deaths::default(),
            next_switch: None,
            switch_count: 0,
            last_switch: None,
            switch_durations: Histogram::default(),
            put_back_refused: 0,
            focus_request: None,
            peers: BTreeMap::new(),
            notices_count: 0,
            dirty: Dirty::default(),
            published_windows: BTreeMap::new(),
            published: BTreeMap::new(),
            status_line: String::new(),
            notes: VecDeque::new(),
            next_note: 1,
            unknown_projects: BTreeSet::new(),
        }
    }

    /// One thing happened: decide, and push what is to be done.
    pub fn handle(&mut self, now: Time, event: Event, effects: &mut Vec<Effect>) {
        if self.phase == Phase::Stopped {
            return;
        }
        match event {
            Event::Started => self.begin(now, effects),
            Event::Signal { signal, sender } => self.signal(now, signal, sender, effects),
            Event::Elapsed => self.elapsed(now, effects),
            Event::WmConnected { socket, pid } => self.wm_connected(now, socket, pid, effects),
            Event::WmUnavailable { reason } => self.wm_unavailable(now, reason, effects),
            Event::WmHeld { socket, holder, place } => self.wm_held(now, &socket, holder, place, effects),
            Event::WmFreed => self.wm_freed(now, effects),
            Event::WmLost { reason } => self.wm_lost(now, reason, effects),
            Event::WmReply { ticket, reply } => self.wm_reply(now, ticket, reply, effects),
            Event::WmEvent(event) => self.wm_event(now, event, effects),
            Event::WmUndecodable { what } => {
                self.note(now, Level::Warning, "wm.undecodable", format!("{what}; reading all windows again"), effects);
                self.census_wanted = true;
            }
            Event::WmSocketAppeared => self.socket_appeared(now, effects),
            Event::PeerConnected { peer, process } => self.peer_connected(peer, process),
            Event::PeerClosed { peer } => self.peer_closed(peer),
            Event::Call { peer, call, request } => self.call(now, peer, call, request, effects),
            Event::PeersFlushed => self.peers_flushed(),
            Event::ConfigTouched => {
                self.deadlines.set(Deadline::ConfigSettle, now + deadline::CONFIG_SETTLE);
            }
            Event::ConfigRead(result) => self.config_read(now, result, effects),
            Event::StoreRead { file, result } => self.store_read(now, file, result, effects),
            Event::StoreSetAside { file, result } => self.store_set_aside(now, file, result, effects),
            Event::StoreWritten { job, result } => self.store_written(now, job, result, effects),
            Event::X11Window { window, told } => self.x11_window(now, window, told, effects),
            Event::X11Activated { window } => self.x11_activated(now, window, effects),
            Event::LaunchStarted { launch, pid, start_time, program } => {
                self.launch_started(now, launch, (pid, start_time), program, effects);
            }
            Event::LaunchFailed { launch, reason } => self.launch_failed(now, launch, &reason, effects),
            Event::LaunchEnded { launch, succeeded, outcome } => {
                self.launch_ended(now, launch, succeeded, &outcome, effects);
            }
            Event::ProcessRead { pid, info } => self.process_read(now, pid, info, effects),
        }
        self.pump(now, effects);
    }

    /// The end of a turn: push the notices that its changes owe to subscribers, each at most once.
    pub fn end_turn(&mut self, effects: &mut Vec<Effect>) {
        if self.phase == Phase::Stopped {
            return;
        }
        if self.runtime_wanted {
            self.rewrite_runtime(effects);
        }
        self.publish(effects);
        self.tell_status(effects);
    }

    /// When `Event::Elapsed` is due next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Time> {
        if self.phase == Phase::Stopped { None } else { self.deadlines.earliest() }
    }

    /// The deadlines that have come. The watchdog ping is the last of them, and only where none was long overdue: a
    /// late one means that the loop was held up.
    fn elapsed(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let overdue = self.deadlines.earliest().map_or(Duration::ZERO, |time| now.since(time));
        let mut ping = false;
        while let Some(deadline) = self.deadlines.take_due(now) {
            if seeded::has(Fault::LeaveDeadline) {
                self.deadlines.set(deadline, now);
                break;
            }
            match deadline {
                Deadline::Request => self.request_overdue(now, effects),
                Deadline::Reconnect => self.connect(now, effects),
                Deadline::Switch => self.switch_overdue(now, effects),
                Deadline::NextSwitch => self.next_switch_overdue(now, effects),
                Deadline::Focus => self.focus_overdue(effects),
                Deadline::Ready => self.ready(now, effects),
                Deadline::Loading => self.loading_overdue(now, effects),
                Deadline::Watchdog => ping = true,
                Deadline::ConfigSettle => self.reload(now, None, effects),
                Deadline::ConfigRead => self.config_overdue(now, effects),
                Deadline::Claims => self.claims_overdue(now, effects),
                Deadline::Launch => self.launches_overdue(now, effects),
                Deadline::Open => self.openings_overdue(now, effects),
                Deadline::Close => self.closings_overdue(now, effects),
                Deadline::Hook => self.hooks_overdue(now, effects),
                Deadline::Census => self.census_wanted = true,
                Deadline::Uncover => self.uncover_wanted = true,
                Deadline::Early => self.early_calls_overdue(now, effects),
                Deadline::CensusCalls => self.census_calls_overdue(now, effects),
                Deadline::Settled => self.settled_overdue(now, effects),
                Deadline::Store => self.store_overdue(now, effects),
                Deadline::Save => {
                    self.save_order_of_use(effects);
                }
                Deadline::Phase => self.phase_overdue(now, effects),
            }
        }
        if ping {
            if overdue <= deadline::OVERDUE_LIMIT || seeded::has(Fault::PingWhileWedged) {
                effects.push(Effect::Systemd(Systemd::Watchdog));
            } else {
                let text = format!("no watchdog ping: the loop was held up for {} ms", overdue.as_millis());
                self.note(now, Level::Warning, "watchdog.withheld", text, effects);
            }
            self.arm_watchdog(now);
        }
    }

    /// Start the next thing that needs the window manager, where nothing is in flight.
    fn pump(&mut self, now: Time, effects: &mut Vec<Effect>) {
        self.serve_early_calls(now, effects);
        self.run_errands(now, effects);
        self.settle(effects);
        self.settle_closings(now, effects);
        self.advance_shutdown(now, effects);
    }

    /// Is there nothing left that the window manager shall do?
    fn is_settled(&self) -> bool {
        self.link.state != LinkState::Up
            || (self.arrangement.is_none()
                && !self.arrange_is_wanted()
                && !self.placing_is_wanted()
                && !self.close_is_wanted()
                && !self.marks_wanted
                && self.link.pending.as_ref().is_none_or(|pending| pending.purpose == Purpose::Census))
    }

    /// Log a note, and keep it.
    #[track_caller]
    fn note(
        &mut self,
        now: Time,
        level: Level,
        kind: &'static str,
        text: impl Into<String>,
        effects: &mut Vec<Effect>,
    ) {
        self.log(now, Note::new(level, kind, text), effects);
    }

    fn log(&mut self, now: Time, mut note: Note, effects: &mut Vec<Effect>) {
        note.phase = Some(self.phase.name());
        if self.notes.len() == NOTES_MAX {
            self.notes.pop_front();
        }
        let event = RecentEvent {
            seq: self.next_note,
            age_ms: 0,
            level: note.level.name().to_string(),
            kind: note.kind.to_string(),
            text: note.text.clone(),
        };
        self.next_note += 1;
        self.notes.push_back((now, event));
        effects.push(Effect::Note(note));
    }

    /// The newest notes, oldest first, with their ages.
    fn recent(&self, now: Time, limit: usize) -> Vec<RecentEvent> {
        let skip = self.notes.len().saturating_sub(limit);
        self.notes
            .iter()
            .skip(skip)
            .map(|(time, event)| RecentEvent {
                age_ms: u64::try_from(now.since(*time).as_millis()).unwrap_or(u64::MAX),
                ..event.clone()
            })
            .collect()
    }
}
