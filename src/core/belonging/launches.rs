//! Launches: programs that were started for a project, and which windows come from them.
//!
//! A launch has one window, the first that fits it; those after it belong where they are opened.
//! Which one that is, `launched` says.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::api::{ApiError, AppLaunch, AppStart, ErrorCode, LaunchCandidate, LaunchState, Launched, Reply};
use crate::config::{App, Placement};
use crate::core::belonging::launch::{Arrival, Launch, LaunchRecord, last_part, placement_of, program_name};
use crate::core::turn::Turn;
use crate::core::windows::window::Owner;
use crate::core::words::deadline::Deadline;
use crate::core::words::ids::{Caller, LaunchId};
use crate::core::words::note::Level;
use crate::core::words::time::Time;

/// The most launches whose windows have not come.
pub const LAUNCHES_PENDING_MAX: usize = 128;
/// The most programs that run and were started by this daemon: each holds a file descriptor.
pub const LAUNCHES_RUNNING_MAX: usize = 512;
/// How long the window of a launch is waited for.
pub const LAUNCH_WINDOW_WAIT: Duration = Duration::from_secs(30);
/// For this long after a launch nothing more is started by those who want a window of the
/// application: a key that is pressed twice opens one.
pub const LAUNCH_PATIENCE: Duration = Duration::from_secs(5);
/// Whoever called for a launch hears of it by then, whether the program runs or not. Less than the
/// command line's own timeout.
pub const LAUNCH_ANSWER_DEADLINE: Duration = Duration::from_millis(1500);
/// A program that fails so soon after it was asked for has not done what it was started for.
pub const EARLY_END: Duration = Duration::from_secs(1);
/// All launches that may still matter.
#[derive(Debug, Clone, Default)]
pub struct Launches {
    pub(super) known: BTreeMap<LaunchId, Launch>,
    count: u64,
    /// For each window by its serial number: what it came from, or might have.
    pub(super) candidates: BTreeMap<u64, Vec<LaunchCandidate>>,
    /// Where and how the windows that came are placed, by serial number.
    pub(super) placements: BTreeMap<u64, Placement>,
    /// What the daemon before this one had started, until the configuration is there, too.
    pub(in crate::core) records_of_before: Vec<LaunchRecord>,
}

impl Launches {
    /// The name that the next launch will have. `epoch` names this run of the daemon.
    pub(in crate::core) fn next_token(&self, epoch: &str) -> String {
        format!("{epoch}-{}", self.count + 1)
    }

    /// A number that no launch has had.
    pub(in crate::core) fn next_id(&mut self) -> LaunchId {
        self.count += 1;
        LaunchId(self.count)
    }

    pub(in crate::core) fn add(
        &mut self,
        now: Time,
        app: &App,
        request: &AppLaunch,
        start: &AppStart,
        token: String,
        caller: Option<Caller>,
    ) -> LaunchId {
        let check = request.check;
        let id = self.next_id();
        let directory = start.environment.get("I3PM_PROJECT_DIR").map(|directory| last_part(directory).to_string());
        let directory = directory.filter(|word| !word.is_empty());
        let launch = Launch {
            token,
            app: app.name.clone(),
            owner: start.project.as_ref().map_or(Owner::Global, Owner::project),
            words: start.project.iter().cloned().chain(directory).collect(),
            class: start.command.first().map(|program| program_name(program)).unwrap_or_default(),
            placement: placement_of(app, request.workspace.as_deref(), request.scratch),
            scratch: request.scratch,
            asked: now,
            check,
            caller,
            process: None,
            running: false,
            arrival: if check { Arrival::Over } else { Arrival::Expected },
        };
        self.known.insert(id, launch);
        id
    }

    /// The launches whose windows are waited for, as a file keeps them.
    pub(in crate::core) fn records(&self) -> Vec<LaunchRecord> {
        let expected = self.known.values().filter(|launch| launch.arrival == Arrival::Expected);
        self.records_of_before.iter().cloned().chain(expected.map(Launch::record)).collect()
    }

    /// A window of this application, for this owner, that was asked for so recently that it may
    /// still come by itself.
    pub(in crate::core) fn awaited(&self, now: Time, app: &str, owner: &Owner, scratch: bool) -> Option<Launched> {
        let recent = |launch: &&Launch| {
            launch.arrival == Arrival::Expected
                && now.since(launch.asked) < LAUNCH_PATIENCE
                && (launch.app.as_str(), &launch.owner, launch.scratch) == (app, owner, scratch)
        };
        self.known.values().find(recent).map(|launch| launch.describe(LaunchState::Starting, None))
    }

    fn resume(&mut self, record: LaunchRecord, placement: Placement) {
        let LaunchRecord { token, app, project, words, class, workspace: _, scratch, asked, process } = record;
        let launch = Launch {
            token,
            app,
            owner: project.map_or(Owner::Global, Owner::project),
            words,
            class,
            placement,
            scratch,
            asked: Time::from_nanos(asked),
            check: false,
            caller: None,
            process,
            running: false,
            arrival: Arrival::Expected,
        };
        let id = self.next_id();
        self.known.insert(id, launch);
    }

    /// Is it one of them?
    pub(in crate::core) fn has(&self, id: LaunchId) -> bool {
        self.known.contains_key(&id)
    }

    /// How many windows are waited for.
    pub(in crate::core) fn pending(&self) -> usize {
        self.known.values().filter(|launch| launch.arrival == Arrival::Expected).count()
    }

    /// The launches that still wait for their windows, of this project or of none.
    pub(in crate::core) fn expected(&self, project: &str) -> Vec<Launched> {
        let expected = self.known.values().filter(|launch| launch.arrival == Arrival::Expected);
        let of_project = expected.filter(|launch| launch.owner == Owner::Global || launch.owner.has(project));
        of_project.map(Launch::describe_now).collect()
    }

    /// How far a launch has come.
    pub(in crate::core) fn describe(&self, id: LaunchId) -> Option<Launched> {
        self.known.get(&id).map(Launch::describe_now)
    }

    /// To whom the windows of each belong.
    pub(in crate::core) fn owners(&mut self) -> impl Iterator<Item = &mut Owner> {
        self.known.values_mut().map(|launch| &mut launch.owner)
    }

    /// How many programs run.
    pub(in crate::core) fn running(&self) -> usize {
        self.known.values().filter(|launch| launch.running).count()
    }

    /// The launches that a window might have come from, when it was decided.
    pub(in crate::core) fn candidates_of(&self, serial: u64) -> Vec<LaunchCandidate> {
        self.candidates.get(&serial).cloned().unwrap_or_default()
    }

    /// A window is gone.
    pub(in crate::core) fn forget(&mut self, serial: u64) {
        self.candidates.remove(&serial);
        self.placements.remove(&serial);
    }

    /// Where and how the launch of a window says that it is placed.
    pub(in crate::core) fn placement_of(&self, serial: u64) -> Placement {
        self.placements.get(&serial).cloned().unwrap_or_default()
    }

    /// May a window come from any of them?
    pub(super) fn are_open(&self) -> bool {
        self.known.values().any(|launch| launch.arrival != Arrival::Over)
    }

    /// When the waiting for a window ends.
    fn earliest(&self) -> Option<Time> {
        let due = |launch: &Launch| (launch.arrival != Arrival::Over).then_some(launch.asked + LAUNCH_WINDOW_WAIT);
        self.known.values().filter_map(due).min()
    }

    /// Whoever waited has an answer.
    pub(in crate::core) fn nobody_waits(&mut self) {
        self.known.values_mut().for_each(|launch| launch.caller = None);
    }

    /// What nobody waits for and does not run says nothing any more. A check that has been answered
    /// is one, too.
    pub(super) fn drop_finished(&mut self) {
        self.known.retain(|_, launch| launch.running || launch.caller.is_some() || launch.arrival != Arrival::Over);
    }
}

impl Launches {
    /// The launches changed.
    pub(in crate::core) fn arm(&mut self, turn: &mut Turn<'_>) {
        turn.wants.runtime = true;
        match self.earliest() {
            Some(time) => turn.deadlines.set(Deadline::Launch, time),
            None => turn.deadlines.clear(Deadline::Launch),
        }
    }

    /// What the daemon before this one had started may open its windows now. Its processes are no
    /// longer children of ours: their end is not told.
    pub(in crate::core) fn resume_all(&mut self, turn: &mut Turn<'_>) {
        let records = std::mem::take(&mut self.records_of_before);
        if records.is_empty() {
            return;
        }
        for record in records {
            let Some(app) = turn.config.app(&record.app) else { continue };
            let placement = placement_of(app, record.workspace.as_deref(), record.scratch);
            self.resume(record, placement);
        }
        self.arm(turn);
    }

    /// The program runs, or was found if that was all that was asked. Returns who waited for it,
    /// and what is to be said; none if it is no launch.
    pub(in crate::core) fn started(
        &mut self,
        turn: &mut Turn<'_>,
        id: LaunchId,
        process: (u32, u64),
        program: String,
    ) -> Option<(Option<Caller>, Launched)> {
        let launch = self.known.get_mut(&id)?;
        let caller = launch.caller.take();
        let mut started = None;
        if !launch.check {
            launch.process = Some(process);
            launch.running = true;
            started = Some(format!("{}: {program}, process {}, launch {}", launch.app, process.0, launch.token));
        }
        let state = if launch.check { LaunchState::Checked } else { LaunchState::Started };
        let launched = launch.describe(state, Some(program));
        if let Some(text) = started {
            turn.note(Level::Info, "launch.started", text);
        }
        self.drop_finished();
        self.arm(turn);
        Some((caller, launched))
    }

    /// The program could not be started. Returns who waited for it, and what is to be said; none if
    /// it is no launch.
    pub(in crate::core) fn failed(
        &mut self,
        turn: &mut Turn<'_>,
        id: LaunchId,
        reason: &str,
    ) -> Option<(Option<Caller>, ApiError)> {
        let launch = self.known.remove(&id)?;
        let text = format!("{} could not be started: {reason}", launch.app);
        if !launch.check {
            turn.note(Level::Warning, "launch.failed", text.clone());
        }
        self.arm(turn);
        Some((launch.caller, ApiError::new(ErrorCode::LaunchFailed, text)))
    }

    /// The program has ended. Its window may still come if it ended well, from another process
    /// that it asked for it. False if it is no launch.
    pub(in crate::core) fn ended(&mut self, turn: &mut Turn<'_>, id: LaunchId, succeeded: bool, outcome: &str) -> bool {
        let Some(launch) = self.known.get_mut(&id) else { return false };
        launch.running = false;
        // What failed has asked nobody for a window.
        if !succeeded && launch.arrival == Arrival::Expected {
            launch.arrival = Arrival::Over;
        }
        let is_early = turn.now.since(launch.asked) < EARLY_END;
        let (level, at_once) = match succeeded {
            true => (Level::Debug, ""),
            // Whoever asked was told that it runs.
            false if is_early => (Level::Warning, " right after its start"),
            false => (Level::Info, ""),
        };
        let text = format!("{} has ended ({outcome}){at_once}, launch {}", launch.app, launch.token);
        turn.note(level, "launch.ended", text);
        self.drop_finished();
        self.arm(turn);
        true
    }

    /// Windows have not come.
    pub(in crate::core) fn overdue(&mut self, turn: &mut Turn<'_>) {
        let mut given_up = Vec::new();
        for launch in self.known.values_mut() {
            if launch.asked + LAUNCH_WINDOW_WAIT <= turn.now {
                if launch.arrival == Arrival::Expected {
                    let wait = LAUNCH_WINDOW_WAIT.as_secs();
                    given_up.push(format!("{} has opened no window in {wait} s, launch {}", launch.app, launch.token));
                }
                launch.arrival = Arrival::Over;
            }
        }
        for text in given_up {
            turn.note(Level::Info, "launch.no_window", text);
        }
        self.drop_finished();
        self.arm(turn);
    }

    /// A caller has waited long enough for a program to run.
    pub(in crate::core) fn call_overdue(&mut self, turn: &mut Turn<'_>, caller: Caller) {
        let mut known = self.known.values_mut();
        let Some(launch) = known.find(|launch| launch.caller == Some(caller)) else { return };
        launch.caller = None;
        let launched = launch.describe(LaunchState::Starting, None);
        turn.answer(caller, Ok(Reply::Launched(Box::new(launched))));
        self.drop_finished();
        self.arm(turn);
    }
}
