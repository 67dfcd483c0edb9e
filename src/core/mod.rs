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
mod turn;
pub mod windows;
pub mod words;

pub use audience::explain::MOVES_MAX;
pub use audience::journal::NOTES_MAX;
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

use crate::api::{self, ConfigError, Topic, Window};
use crate::config::Config;
use audience::calls::{CensusCall, SettledCall};
use audience::early::EarlyCall;
use audience::explain;
use audience::journal::Journal;
use audience::publish::Subscriber;
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
use turn::{Dirty, Turn};
use windows::deaths;
use windows::memory::ProjectMemory;
use windows::table::Table;
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
    started: Time,
    phase: Phase,
    shutdown: Option<Shutdown>,
    ready: bool,
    deadlines: Deadlines,
    link: Link,

    config: Arc<Config>,
    config_error: Option<ConfigError>,
    reload_calls: Vec<Caller>,
    /// The configuration is to be read once more when it has been read, for these.
    reload_next: Option<Vec<Caller>>,
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

    journal: Journal,
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
            journal: Journal::default(),
            unknown_projects: BTreeSet::new(),
        }
    }

    /// One thing happened: decide, and push what is to be done.
    pub fn handle(&mut self, now: Time, event: Event, effects: &mut Vec<Effect>) {
        if self.phase == Phase::Stopped {
            return;
        }
        let turn = &mut Turn::new(now, self.phase, effects);
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
                self.census_wanted = true;
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
        self.take_turn(turn);
    }

    /// The end of a turn: push the notices that its changes owe to subscribers, each at most once.
    pub fn end_turn(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if self.phase == Phase::Stopped {
            return;
        }
        let turn = &mut Turn::new(now, self.phase, effects);
        if self.runtime_wanted {
            self.rewrite_runtime(turn);
        }
        self.take_turn(turn);
        self.publish(turn);
        self.tell_status(turn);
    }

    /// Keep what an event leaves behind.
    fn take_turn(&mut self, turn: &mut Turn<'_>) {
        self.journal.take_from(turn);
        self.dirty.add(std::mem::take(&mut turn.dirty));
    }

    /// When `Event::Elapsed` is due next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Time> {
        if self.phase == Phase::Stopped { None } else { self.deadlines.earliest() }
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
                Deadline::NextSwitch => self.next_switch_overdue(turn),
                Deadline::Focus => self.focus_overdue(turn),
                Deadline::Ready => self.ready(turn),
                Deadline::Loading => self.loading_overdue(turn),
                Deadline::Watchdog => ping = true,
                Deadline::ConfigSettle => self.reload(turn, None),
                Deadline::ConfigRead => self.config_overdue(turn),
                Deadline::Claims => self.claims_overdue(turn),
                Deadline::Launch => self.launches_overdue(turn),
                Deadline::Open => self.openings_overdue(turn),
                Deadline::Close => self.closings_overdue(turn),
                Deadline::Hook => self.hooks_overdue(turn),
                Deadline::Census => self.census_wanted = true,
                Deadline::Uncover => self.uncover_wanted = true,
                Deadline::Early => self.early_calls_overdue(turn),
                Deadline::CensusCalls => self.census_calls_overdue(turn),
                Deadline::Settled => self.settled_overdue(turn),
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
        self.link.state != LinkState::Up
            || (self.arrangement.is_none()
                && !self.arrange_is_wanted()
                && !self.placing_is_wanted()
                && !self.close_is_wanted()
                && !self.marks_wanted
                && self.link.pending.as_ref().is_none_or(|pending| pending.purpose == Purpose::Census))
    }
}
