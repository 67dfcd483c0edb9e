//! Launches: programs that were started for a project, and which windows come from them.
//!
//! A launch has one window, the first that fits it; those after it belong where they are opened. What says most is the name
//! of the launch in the environment of the window's process or of an ancestor, then that the process is the one that was started or descends from it,
//! then that class and time fit. The environment of a process that has windows already says nothing: it is that of its first launch, and programs
//! with one process for all their windows (browsers, terminals with a server) are asked for more of them by short-lived processes.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::api::{ApiError, AppLaunch, AppStart, Claim, ErrorCode, LaunchCandidate, LaunchState, Launched, Reply};
use crate::config::{App, Placement, WorkspaceChoice};
use crate::core::Core;
use crate::core::belonging::consideration::Said;
use crate::core::tree::ContainerId;
use crate::core::turn::Turn;
use crate::core::windows::window::{Owner, WindowState};
use crate::core::words::deadline::Deadline;
use crate::core::words::event::ProcessInfo;
use crate::core::words::ids::{Caller, LaunchId};
use crate::core::words::note::Level;
use crate::core::words::time::Time;

/// The most launches whose windows have not come.
pub const LAUNCHES_PENDING_MAX: usize = 128;
/// The most programs that run and were started by this daemon: each holds a file descriptor.
pub const LAUNCHES_RUNNING_MAX: usize = 512;
/// How long the window of a launch is waited for.
pub const LAUNCH_WINDOW_WAIT: Duration = Duration::from_secs(30);
/// For this long after a launch nothing more is started by those who want a window of the application: a key that is pressed twice opens one.
pub const LAUNCH_PATIENCE: Duration = Duration::from_secs(5);
/// Whoever called for a launch hears of it by then, whether the program runs or not. Less than the command line's own timeout.
pub const LAUNCH_ANSWER_DEADLINE: Duration = Duration::from_millis(1500);
/// A program that fails so soon after it was asked for has not done what it was started for.
pub const EARLY_END: Duration = Duration::from_secs(1);
/// The most candidates that are remembered of a window.
const CANDIDATES_MAX: usize = 8;

/// The name of the launch is in the environment of the window's process.
const BY_ENVIRONMENT: u32 = 100;
/// It is in that of an ancestor, and none is in its own.
const BY_ANCESTOR: u32 = 90;
/// The process was started, or descends from the one that was.
const BY_PROCESS: u32 = 80;
/// From here on there is no doubt.
const CERTAIN: u32 = BY_PROCESS;
/// The class is that of the application.
const BY_CLASS: u32 = 40;
/// The title names the project or the last part of its directory.
const BY_TITLE: u32 = 20;

/// A program that was started, or is being started.
#[derive(Debug, Clone)]
struct Launch {
    /// Its name in environments.
    token: String,
    app: String,
    owner: Owner,
    /// What the title of its window may name: the project and the last part of its directory.
    words: Vec<String>,
    /// The class that its windows most likely have, in lower case: the name of the program.
    class: String,
    /// Where and how its window is placed.
    placement: Placement,
    /// Its window is a scratch window.
    scratch: bool,
    asked: Time,
    /// Only to be looked at, not started.
    check: bool,
    caller: Option<Caller>,
    /// The process and when it was started.
    process: Option<(u32, u64)>,
    running: bool,
    stage: Stage,
}

/// What the runtime file keeps of a launch whose window has not come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaunchRecord {
    token: String,
    app: String,
    /// The project it was started for; none for a global one.
    project: Option<String>,
    words: Vec<String>,
    class: String,
    /// The workspace on which its window is put.
    workspace: Option<String>,
    scratch: bool,
    /// When it was asked for, by the clock that runs since the machine was started, in nanoseconds.
    asked: u64,
    /// The process and when it was started.
    process: Option<(u32, u64)>,
}

/// What has become of the window of a launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It has not come.
    Expected,
    /// The one of this serial number looks like it; another may come that it certainly is.
    Likely(u64),
    /// It has come, or is not waited for any more.
    Over,
}

/// All launches that may still matter.
#[derive(Debug, Clone, Default)]
pub struct Launches {
    known: BTreeMap<LaunchId, Launch>,
    count: u64,
    /// For each window by its serial number: what it came from, or might have.
    candidates: BTreeMap<u64, Vec<LaunchCandidate>>,
    /// Where and how the windows that came are placed, by serial number.
    placements: BTreeMap<u64, Placement>,
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
            stage: if check { Stage::Over } else { Stage::Expected },
        };
        self.known.insert(id, launch);
        id
    }

    /// The launches whose windows are waited for, as a file keeps them.
    pub(in crate::core) fn records(&self) -> Vec<LaunchRecord> {
        let expected = self.known.values().filter(|launch| launch.stage == Stage::Expected);
        self.records_of_before.iter().cloned().chain(expected.map(Launch::record)).collect()
    }

    /// A window of this application, for this owner, that was asked for so recently that it may still come by itself.
    pub(in crate::core) fn awaited(&self, now: Time, app: &str, owner: &Owner, scratch: bool) -> Option<Launched> {
        let recent = |launch: &&Launch| {
            launch.stage == Stage::Expected
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
            stage: Stage::Expected,
        };
        let id = self.next_id();
        self.known.insert(id, launch);
    }

    /// How many windows are waited for.
    pub(in crate::core) fn pending(&self) -> usize {
        self.known.values().filter(|launch| launch.stage == Stage::Expected).count()
    }

    /// The launches that still wait for their windows, of this project or of none.
    pub(in crate::core) fn expected(&self, project: &str) -> Vec<Launched> {
        let expected = self.known.values().filter(|launch| launch.stage == Stage::Expected);
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
    fn are_open(&self) -> bool {
        self.known.values().any(|launch| launch.stage != Stage::Over)
    }

    /// When the waiting for a window ends.
    fn earliest(&self) -> Option<Time> {
        let due = |launch: &Launch| (launch.stage != Stage::Over).then_some(launch.asked + LAUNCH_WINDOW_WAIT);
        self.known.values().filter_map(due).min()
    }

    /// Whoever waited has an answer.
    pub(in crate::core) fn nobody_waits(&mut self) {
        self.known.values_mut().for_each(|launch| launch.caller = None);
    }

    /// What nobody waits for and does not run says nothing any more. A check that has been answered is one, too.
    fn drop_finished(&mut self) {
        self.known.retain(|_, launch| launch.running || launch.caller.is_some() || launch.stage != Stage::Over);
    }
}

/// A launch that a window may come from.
struct Candidate {
    id: LaunchId,
    score: u32,
    evidence: Vec<String>,
}

impl Core {
    /// The launches changed.
    pub(in crate::core) fn arm_launches(&mut self) {
        self.keep.runtime_wanted = true;
        match self.belonging.launches.earliest() {
            Some(time) => self.deadlines.set(Deadline::Launch, time),
            None => self.deadlines.clear(Deadline::Launch),
        }
    }

    /// What the daemon before this one had started may open its windows now. Its processes are no longer children of ours: their end is not told.
    pub(in crate::core) fn resume_launches(&mut self) {
        let records = std::mem::take(&mut self.belonging.launches.records_of_before);
        if records.is_empty() {
            return;
        }
        for record in records {
            let Some(app) = self.config.current.app(&record.app) else { continue };
            let placement = placement_of(app, record.workspace.as_deref(), record.scratch);
            self.belonging.launches.resume(record, placement);
        }
        self.arm_launches();
    }

    /// The program runs, or was found where that was all that was asked.
    pub(in crate::core) fn launch_started(
        &mut self,
        turn: &mut Turn<'_>,
        id: LaunchId,
        process: (u32, u64),
        program: String,
    ) {
        let Some(launch) = self.belonging.launches.known.get_mut(&id) else {
            return self.hook_started(turn, id, process.0, &program);
        };
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
        self.belonging.launches.drop_finished();
        self.answer_launch(turn, id, caller, Ok(launched));
        self.arm_launches();
    }

    /// The program could not be started.
    pub(in crate::core) fn launch_failed(&mut self, turn: &mut Turn<'_>, id: LaunchId, reason: &str) {
        let Some(launch) = self.belonging.launches.known.remove(&id) else {
            return self.hook_failed(turn, id, reason);
        };
        let text = format!("{} could not be started: {reason}", launch.app);
        if !launch.check {
            turn.note(Level::Warning, "launch.failed", text.clone());
        }
        self.answer_launch(turn, id, launch.caller, Err(ApiError::new(ErrorCode::LaunchFailed, text)));
        self.arm_launches();
    }

    /// The program has ended. Its window may still come where it ended well, from another process that it asked for it.
    pub(in crate::core) fn launch_ended(&mut self, turn: &mut Turn<'_>, id: LaunchId, succeeded: bool, outcome: &str) {
        let Some(launch) = self.belonging.launches.known.get_mut(&id) else {
            return self.hook_ended(turn, id, succeeded, outcome);
        };
        launch.running = false;
        // What failed has asked nobody for a window.
        if !succeeded && launch.stage == Stage::Expected {
            launch.stage = Stage::Over;
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
        self.belonging.launches.drop_finished();
        self.arm_launches();
    }

    /// Windows have not come.
    pub(in crate::core) fn launches_overdue(&mut self, turn: &mut Turn<'_>) {
        let mut given_up = Vec::new();
        for launch in self.belonging.launches.known.values_mut() {
            if launch.asked + LAUNCH_WINDOW_WAIT <= turn.now {
                if launch.stage == Stage::Expected {
                    let wait = LAUNCH_WINDOW_WAIT.as_secs();
                    given_up.push(format!("{} has opened no window in {wait} s, launch {}", launch.app, launch.token));
                }
                launch.stage = Stage::Over;
            }
        }
        for text in given_up {
            turn.note(Level::Info, "launch.no_window", text);
        }
        self.belonging.launches.drop_finished();
        self.arm_launches();
    }

    /// A caller has waited long enough for a program to run.
    pub(in crate::core) fn launch_call_overdue(&mut self, turn: &mut Turn<'_>, caller: Caller) {
        let mut known = self.belonging.launches.known.values_mut();
        let Some(launch) = known.find(|launch| launch.caller == Some(caller)) else { return };
        launch.caller = None;
        let launched = launch.describe(LaunchState::Starting, None);
        turn.answer(caller, Ok(Reply::Launched(Box::new(launched))));
        self.belonging.launches.drop_finished();
        self.arm_launches();
    }

    fn answer_launch(
        &mut self,
        turn: &mut Turn<'_>,
        id: LaunchId,
        caller: Option<Caller>,
        result: Result<Launched, ApiError>,
    ) {
        match caller {
            Some(caller) => {
                turn.answer(caller, result.map(|launched| Reply::Launched(Box::new(launched))));
            }
            None => self.opening_heard(turn, id, result),
        }
    }

    /// Does anything wait for a window? Then the process of a new one is looked at before all else.
    pub(in crate::core) fn launches_are_open(&self) -> bool {
        self.belonging.launches.are_open()
    }

    /// What the launches say of a window, of whose process this is known.
    pub(in crate::core) fn owner_by_launch(&self, window: &WindowState, process: Option<&ProcessInfo>) -> Said {
        let candidates = self.launch_candidates(window, process);
        let best = candidates.first().and_then(|best| Some((best, self.belonging.launches.known.get(&best.id)?)));
        let Some((best, launch)) = best else { return Said::No("no launch that waits for a window fits it".into()) };
        if let Some(gone) = launch.owner.projects().find(|name| !self.projects.known.contains(name)) {
            return Said::No(format!("it was started for {gone}, which is no more").into());
        }
        let by = format!("{}, launch {}: {}", launch.app, launch.token, best.evidence.join(", "));
        Said::Owner(launch.owner.clone(), Some(by))
    }

    /// A window has got its owner: remember what it might have come from, and take the launch that it did. Answers the window that looked like the
    /// one of that launch before: whose that is must be asked again.
    pub(in crate::core) fn take_launch(
        &mut self,
        now: Time,
        id: ContainerId,
        process: Option<&ProcessInfo>,
    ) -> Option<ContainerId> {
        let window = self.windows.table.windows.get(&id)?;
        let (serial, chosen) = (window.serial, window.claim == Claim::Launch);
        let candidates = self.launch_candidates(window, process);
        let best = candidates.first()?;
        let described = candidates.iter().take(CANDIDATES_MAX).enumerate().filter_map(|(index, candidate)| {
            let launch = self.belonging.launches.known.get(&candidate.id)?;
            Some(LaunchCandidate {
                launch: launch.token.clone(),
                app: launch.app.clone(),
                project: launch.owner.projects().next().map(str::to_string),
                age_ms: u64::try_from(now.since(launch.asked).as_millis()).unwrap_or(u64::MAX),
                score: candidate.score,
                evidence: candidate.evidence.clone(),
                chosen: chosen && index == 0,
            })
        });
        let described = described.collect();
        self.belonging.launches.candidates.insert(serial, described);
        if !chosen {
            return None;
        }
        let launch = self.belonging.launches.known.get_mut(&best.id)?;
        let stage = if best.score >= CERTAIN { Stage::Over } else { Stage::Likely(serial) };
        let before = std::mem::replace(&mut launch.stage, stage);
        self.belonging.launches.placements.insert(serial, launch.placement.clone());
        if let Some(window) = self.windows.table.windows.get_mut(&id) {
            window.app = Some(launch.app.clone());
            window.scratch = launch.scratch;
        }
        self.belonging.launches.drop_finished();
        self.arm_launches();
        let Stage::Likely(other) = before else { return None };
        let other = self.windows.table.windows.values_mut().find(|window| window.serial == other)?;
        if other.claim != Claim::Launch {
            return None;
        }
        other.owner = Owner::Pending;
        other.claim = Claim::Pending;
        other.app = None;
        other.scratch = false;
        self.belonging.launches.forget(other.serial);
        Some(other.id)
    }

    /// The launches that a window may come from: the best first, and of equals the one that was asked for first.
    fn launch_candidates(&self, window: &WindowState, process: Option<&ProcessInfo>) -> Vec<Candidate> {
        let others =
            |pid| self.windows.table.windows.values().any(|other| other.pid == Some(pid) && other.id != window.id);
        // The environment of a process that has other windows, or had some of several projects, is that of a launch long ago.
        let speaks = window.pid.is_some_and(|pid| !others(pid) && !self.is_server(pid));
        let process = process.filter(|_| speaks);
        let subject = self.subject(window);
        let looks_like = |launch: &Launch| match self.config.current.app(&launch.app) {
            Some(app) if !app.condition.is_empty() => {
                app.condition.matches(&subject).then(|| format!("it is what `match` of {} asks for", app.name))
            }
            _ => class_like(window, &launch.class).map(|class| format!("its class is {class}")),
        };
        let open = self.belonging.launches.known.iter().filter(|(_, launch)| launch.stage != Stage::Over);
        let mut candidates: Vec<Candidate> = open
            .filter_map(|(id, launch)| {
                let certain = process.and_then(|process| launch.is_behind(window.pid?, process));
                let (score, evidence) = certain.or_else(|| launch.likeness(window, looks_like(launch)?))?;
                Some(Candidate { id: *id, score, evidence })
            })
            .collect();
        candidates.sort_by_key(|candidate| (Reverse(candidate.score), candidate.id));
        candidates
    }
}

impl Launch {
    /// How well a window fits that looks like this one's.
    fn likeness(&self, window: &WindowState, evidence: String) -> Option<(u32, Vec<String>)> {
        // Of windows that were there before us nobody knows when they opened.
        if !window.opened || self.stage != Stage::Expected {
            return None;
        }
        let (mut score, mut evidence) = (BY_CLASS, vec![evidence]);
        let title = window.title.as_deref().unwrap_or_default();
        if let Some(word) = self.words.iter().find(|word| has_word(title, word)) {
            evidence.push(format!("its title names {word}"));
            score += BY_TITLE;
        }
        Some((score, evidence))
    }

    /// Is this what the process comes from, without doubt?
    fn is_behind(&self, pid: u32, process: &ProcessInfo) -> Option<(u32, Vec<String>)> {
        let named = process.variables.iter().find(|(name, _)| name == "I3PM_LAUNCH").map(|(_, value)| value);
        if let Some(named) = named {
            let ours = *named == self.token;
            return ours.then(|| (BY_ENVIRONMENT, vec![format!("process {pid} has the name of the launch")]));
        }
        let ancestors = &process.ancestors;
        if let Some(found) = ancestors.iter().find(|ancestor| ancestor.launch.as_ref() == Some(&self.token)) {
            return Some((
                BY_ANCESTOR,
                vec![format!("process {}, an ancestor, has the name of the launch", found.pid)],
            ));
        }
        // Pids are used again; with the time of its start one is the same process.
        let ancestors = ancestors.iter().map(|ancestor| (ancestor.pid, ancestor.start_time));
        let mut line = std::iter::once((pid, process.start_time)).chain(ancestors);
        let (started, _) = line.find(|known| self.process == Some(*known))?;
        Some((BY_PROCESS, vec![format!("process {started} is the one that was started")]))
    }

    fn record(&self) -> LaunchRecord {
        let workspace = self.placement.workspace.as_ref().map(WorkspaceChoice::to_string);
        LaunchRecord {
            token: self.token.clone(),
            app: self.app.clone(),
            project: self.owner.projects().next().map(str::to_string),
            words: self.words.clone(),
            class: self.class.clone(),
            workspace,
            scratch: self.scratch,
            asked: self.asked.nanos(),
            process: self.process,
        }
    }

    fn describe_now(&self) -> Launched {
        let state = if self.process.is_some() { LaunchState::Started } else { LaunchState::Starting };
        self.describe(state, None)
    }

    fn describe(&self, state: LaunchState, program: Option<String>) -> Launched {
        Launched {
            app: self.app.clone(),
            state,
            launch: Some(self.token.clone()).filter(|_| !self.check),
            project: self.owner.projects().next().map(str::to_string),
            global: self.owner == Owner::Global,
            pid: self.process.map(|(pid, _)| pid),
            program,
            window: None,
        }
    }
}

/// The class that windows of a program most likely have, in lower case: its name without the directories.
pub(in crate::core) fn program_name(program: &str) -> String {
    last_part(program).to_lowercase()
}

/// The class of a window, or what stands for it, where it is this one in any case of letters.
pub(in crate::core) fn class_like<'a>(window: &'a WindowState, class: &str) -> Option<&'a String> {
    let mut classes = [&window.class, &window.app_id, &window.instance].into_iter().flatten();
    classes.find(|found| found.to_lowercase() == class)
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default()
}

/// Where and how the window of a launch is placed.
fn placement_of(app: &App, workspace: Option<&str>, scratch: bool) -> Placement {
    let mut placement = app.placement.clone();
    if let Some(name) = workspace {
        placement.workspace = Some(WorkspaceChoice::from(name));
    }
    if scratch {
        placement.float = Some(true);
    }
    placement
}

/// Does the text hold this word, with no letter or digit at its sides?
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    })
}
