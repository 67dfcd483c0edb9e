//! Which launch a window comes from.
//!
//! What says most is the name of the launch in the environment of the window's process or of an
//! ancestor, then that the process is the one that was started or descends from it, then that class
//! and time fit. The environment of a process that has windows already says nothing: it is that of
//! its first launch, and programs with one process for all their windows (browsers, terminals with
//! a server) are asked for more of them by short-lived processes.

use std::cmp::Reverse;

use crate::api::{Claim, LaunchCandidate};
use crate::core::belonging::Belonging;
use crate::core::belonging::consideration::Said;
use crate::core::belonging::desk::Desk;
use crate::core::belonging::facts::Facts;
use crate::core::belonging::launch::{Arrival, Launch};
use crate::core::tree::ContainerId;
use crate::core::turn::Turn;
use crate::core::windows::window::WindowState;
use crate::core::words::event::ProcessInfo;
use crate::core::words::ids::LaunchId;

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

/// The most candidates that are remembered of a window.
const CANDIDATES_MAX: usize = 8;

/// A launch that a window may come from.
struct Candidate {
    id: LaunchId,
    score: u32,
    evidence: Vec<String>,
}

impl Belonging {
    /// A window has got its owner: remember what it might have come from, and take the launch that
    /// it did. Answers the window that looked like the one of that launch before: whose that is
    /// must be asked again.
    pub(in crate::core) fn take_launch(
        &mut self,
        turn: &mut Turn<'_>,
        desk: &mut Desk<'_>,
        id: ContainerId,
        process: Option<&ProcessInfo>,
    ) -> Option<ContainerId> {
        let window = desk.windows.table.windows.get(&id)?;
        let (serial, chosen) = (window.serial, window.claim == Claim::Launch);
        let candidates = desk.facts(&turn.config, self).launch_candidates(window, process);
        let best = candidates.first()?;
        let described = candidates.iter().take(CANDIDATES_MAX).enumerate().filter_map(|(index, candidate)| {
            let launch = self.launches.known.get(&candidate.id)?;
            Some(LaunchCandidate {
                launch: launch.token.clone(),
                app: launch.app.clone(),
                project: launch.owner.projects().next().map(str::to_string),
                age_ms: u64::try_from(turn.now.since(launch.asked).as_millis()).unwrap_or(u64::MAX),
                score: candidate.score,
                evidence: candidate.evidence.clone(),
                chosen: chosen && index == 0,
            })
        });
        let described = described.collect();
        self.launches.candidates.insert(serial, described);
        if !chosen {
            return None;
        }
        let launch = self.launches.known.get_mut(&best.id)?;
        let arrival = if best.score >= CERTAIN { Arrival::Over } else { Arrival::Likely(serial) };
        let before = std::mem::replace(&mut launch.arrival, arrival);
        self.launches.placements.insert(serial, launch.placement.clone());
        desk.windows.table.launched(id, &launch.app, launch.scratch);
        self.launches.drop_finished();
        self.launches.arm(turn);
        let Arrival::Likely(other) = before else { return None };
        let id = desk.windows.table.not_launched(other)?;
        self.launches.forget(other);
        Some(id)
    }
}

impl<'a> Facts<'a> {
    /// Does anything wait for a window? Then the process of a new one is looked at before all else.
    pub(in crate::core) fn launches_are_open(self) -> bool {
        self.belonging.launches.are_open()
    }

    /// What the launches say of a window, of whose process this is known.
    pub(in crate::core) fn owner_by_launch(self, window: &'a WindowState, process: Option<&ProcessInfo>) -> Said {
        let candidates = self.launch_candidates(window, process);
        let best = candidates.first().and_then(|best| Some((best, self.belonging.launches.known.get(&best.id)?)));
        let Some((best, launch)) = best else { return Said::No("no launch that waits for a window fits it".into()) };
        if let Some(gone) = launch.owner.projects().find(|name| !self.projects.known.contains(name)) {
            return Said::No(format!("it was started for {gone}, which is no more").into());
        }
        let by = format!("{}, launch {}: {}", launch.app, launch.token, best.evidence.join(", "));
        Said::Owner(launch.owner.clone(), Some(by))
    }

    /// The launches that a window may come from: the best first, and of equals the one that was
    /// asked for first.
    fn launch_candidates(self, window: &'a WindowState, process: Option<&ProcessInfo>) -> Vec<Candidate> {
        let others = |pid| {
            self.windows.table.windows.values().any(|other| other.client.pid == Some(pid) && other.id != window.id)
        };
        // The environment of a process that has other windows, or had some of several projects, is
        // that of a launch long ago.
        let speaks = window.client.pid.is_some_and(|pid| !others(pid) && !self.is_server(pid));
        let process = process.filter(|_| speaks);
        let subject = self.subject(window);
        let looks_like = |launch: &Launch| match self.config.app(&launch.app) {
            Some(app) if !app.condition.is_empty() => {
                app.condition.matches(&subject).then(|| format!("it is what `match` of {} asks for", app.name))
            }
            _ => class_like(window, &launch.class).map(|class| format!("its class is {class}")),
        };
        let open = self.belonging.launches.known.iter().filter(|(_, launch)| launch.arrival != Arrival::Over);
        let mut candidates: Vec<Candidate> = open
            .filter_map(|(id, launch)| {
                let certain = process.and_then(|process| launch.is_behind(window.client.pid?, process));
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
        if !window.origin.opened || self.arrival != Arrival::Expected {
            return None;
        }
        let (mut score, mut evidence) = (BY_CLASS, vec![evidence]);
        let title = window.client.title.as_deref().unwrap_or_default();
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
}

/// Does the text hold this word, with no letter or digit at its sides?
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    })
}

/// The class of a window, or what stands for it, if it is this one in any case of letters.
pub(in crate::core) fn class_like<'a>(window: &'a WindowState, class: &str) -> Option<&'a String> {
    let mut classes = [&window.client.class, &window.client.app_id, &window.client.instance].into_iter().flatten();
    classes.find(|found| found.to_lowercase() == class)
}
