//! Claims: whose a window is, and why.
//!
//! In this order: the user's word and our mark (both are in the mark), the window it belongs to, stickiness and the scratchpad, the
//! other windows of its process, the first rule that fits, the environment of its process, and what the configuration says of
//! unclaimed windows. What must be asked of others (the pid of an X11 window, the environment of a process) is an effect, and
//! the window stays *pending* until the answer or the deadline comes.

use std::collections::{BTreeMap, BTreeSet};

use super::Core;
use super::deadline::{self, Deadline};
use super::effect::Effect;
use super::event::ProcessInfo;
use super::note::Level;
use super::table::{Owner, WindowState};
use super::time::Time;
use super::tree::ContainerId;
use crate::api::Claim;
use crate::config::{RuleAction, Subject, Unclaimed};

/// What is known of the processes behind windows.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// X11 windows whose pid was asked for; true: answered, or given up.
    pids: BTreeMap<u32, bool>,
    /// Processes whose environment was asked for; `Some` where the answer is there.
    processes: BTreeMap<u32, Option<ProcessInfo>>,
    /// Processes that have, or had, windows in two projects: terminals and browsers with one server.
    servers: BTreeSet<u32>,
}

impl Claims {
    /// Forget what belongs to windows that are gone.
    pub fn forget(&mut self, x11: Option<u32>, pid: Option<u32>, pid_has_windows: bool) {
        if let Some(window) = x11 {
            self.pids.remove(&window);
        }
        if let Some(pid) = pid
            && !pid_has_windows
        {
            self.processes.remove(&pid);
            self.servers.remove(&pid);
        }
    }
}

/// A decision, or what it waits for.
enum Verdict {
    Owned(Owner, Claim, Option<String>),
    AskPid(u32),
    AskProcess(u32),
    Wait,
}

impl Core {
    /// Decide every pending window that can be decided.
    pub(super) fn decide_claims(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let pending: Vec<ContainerId> = self
            .table
            .windows
            .values()
            .filter(|window| window.owner == Owner::Pending)
            .map(|window| window.id)
            .collect();
        let (mut waiting, mut owned) = (false, false);
        for id in pending {
            let Some(window) = self.table.windows.get(&id) else { continue };
            match self.verdict(window) {
                Verdict::Owned(owner, claim, by) => {
                    self.own(id, owner, claim, by);
                    owned = true;
                }
                Verdict::AskPid(x11) => {
                    self.claims.pids.insert(x11, false);
                    effects.push(Effect::LookUpPid { window: x11 });
                    waiting = true;
                }
                Verdict::AskProcess(pid) => {
                    self.claims.processes.insert(pid, None);
                    effects.push(Effect::ReadProcess { pid });
                    waiting = true;
                }
                Verdict::Wait => waiting = true,
            }
        }
        if waiting {
            self.deadlines.set_once(Deadline::Claims, now + deadline::CLAIMS_DEADLINE);
        } else {
            self.deadlines.clear(Deadline::Claims);
        }
        if owned {
            self.arrange_if_needed();
        }
        self.note_unknown_projects(now, effects);
    }

    /// Give a window to its owner. The caller asks for an arrangement when all are given.
    pub(super) fn own(&mut self, id: ContainerId, owner: Owner, claim: Claim, by: Option<String>) {
        let active = self.project_for_new_windows().map(str::to_string);
        let Some(window) = self.table.windows.get_mut(&id) else { return };
        window.away =
            window.opened && matches!((&owner, &active), (Owner::Project(project), Some(active)) if project != active);
        window.owner = owner;
        window.claim = claim;
        window.claimed_by = by;
        window.by_user = claim == Claim::User;
        self.marks_wanted = true;
        self.arrange_attempts = 0;
        self.dirty.windows = true;
        self.dirty.projects = true;
    }

    fn verdict(&self, window: &WindowState) -> Verdict {
        if let Some(parent) = self.parent_of(window) {
            let by = parent.title.clone();
            return match &parent.owner {
                Owner::Pending => Verdict::Wait,
                owner => Verdict::Owned(owner.clone(), Claim::Parent, by),
            };
        }
        if window.sticky || window.in_scratchpad {
            let by = if window.sticky { "sticky" } else { "scratchpad" };
            return Verdict::Owned(Owner::Global, Claim::Default, Some(by.to_string()));
        }
        if let (None, Some(x11)) = (window.pid, window.x11) {
            match self.claims.pids.get(&x11) {
                None => return Verdict::AskPid(x11),
                Some(false) => return Verdict::Wait,
                Some(true) => {}
            }
        }
        let process = window.pid.filter(|pid| !self.claims.servers.contains(pid));
        if let Some(project) = process.and_then(|pid| self.project_of_process(pid, window.id)) {
            return Verdict::Owned(
                Owner::Project(project),
                Claim::Process,
                process.map(|pid| format!("process {pid}")),
            );
        }
        if let Some((owner, by)) = self.rule_for(window) {
            return Verdict::Owned(owner, Claim::Rule, Some(by));
        }
        if let Some(pid) = process {
            match self.claims.processes.get(&pid) {
                None => return Verdict::AskProcess(pid),
                Some(None) => return Verdict::Wait,
                Some(Some(info)) => {
                    if let Some((owner, by)) = self.owner_by_environment(info) {
                        return Verdict::Owned(owner, Claim::Environment, Some(by));
                    }
                }
            }
        }
        match (self.config.unclaimed, self.project_for_new_windows()) {
            (Unclaimed::Active, Some(active)) if window.opened => {
                Verdict::Owned(Owner::Project(active.to_string()), Claim::Active, None)
            }
            _ => Verdict::Owned(Owner::Global, Claim::Default, None),
        }
    }

    /// The window that a dialog or transient belongs to.
    fn parent_of(&self, window: &WindowState) -> Option<&WindowState> {
        let parent = window.transient_for?;
        self.table.windows.values().find(|other| other.x11 == Some(parent) && other.id != window.id)
    }

    /// The one project that all other windows of a process belong to.
    fn project_of_process(&self, pid: u32, except: ContainerId) -> Option<String> {
        let mut siblings = self
            .table
            .windows
            .values()
            .filter(|other| other.pid == Some(pid) && other.id != except && other.owner != Owner::Pending);
        let Owner::Project(project) = &siblings.next()?.owner else { return None };
        siblings.all(|other| matches!(&other.owner, Owner::Project(same) if same == project)).then(|| project.clone())
    }

    fn rule_for(&self, window: &WindowState) -> Option<(Owner, String)> {
        let subject = Subject {
            class: window.class.as_deref(),
            app_id: window.app_id.as_deref(),
            instance: window.instance.as_deref(),
            title: window.title.as_deref(),
        };
        let rule = self.config.rules.iter().find(|rule| {
            rule.matches(&subject)
                && match &rule.action {
                    RuleAction::Project(project) => self.projects.contains(project),
                    RuleAction::Global => true,
                }
        })?;
        let owner = match &rule.action {
            RuleAction::Project(project) => Owner::Project(project.clone()),
            RuleAction::Global => Owner::Global,
        };
        Some((owner, format!("{}:{}", self.config.file, rule.line)))
    }

    /// What a process says of itself: `I3PM_PROJECT`, or the predecessor's `I3PM_PROJECT_NAME` and `I3PM_SCOPE`.
    fn owner_by_environment(&self, info: &ProcessInfo) -> Option<(Owner, String)> {
        let value = |name: &str| {
            info.variables
                .iter()
                .find(|(other, _)| other == name)
                .map(|(_, value)| value.as_str())
                .filter(|value| !value.is_empty())
        };
        if value("I3PM_SCOPE") == Some("global") {
            return Some((Owner::Global, "I3PM_SCOPE=global".to_string()));
        }
        ["I3PM_PROJECT", "I3PM_PROJECT_NAME"].iter().find_map(|name| {
            let project = value(name).filter(|project| self.projects.contains(project))?;
            Some((Owner::Project(project.to_string()), format!("{name}={project}")))
        })
    }

    /// Names in environments that are no projects claim nothing; say so once each.
    fn note_unknown_projects(&mut self, now: Time, effects: &mut Vec<Effect>) {
        /// How many such names are remembered.
        const UNKNOWN_PROJECTS_MAX: usize = 64;
        let mut unknown = Vec::new();
        for (pid, info) in &self.claims.processes {
            for (name, value) in info.iter().flat_map(|info| &info.variables) {
                if (name == "I3PM_PROJECT" || name == "I3PM_PROJECT_NAME")
                    && !value.is_empty()
                    && !self.projects.contains(value)
                    && !self.unknown_projects.contains(value)
                {
                    unknown.push((*pid, name.clone(), value.clone()));
                }
            }
        }
        for (pid, name, value) in unknown {
            if self.unknown_projects.len() < UNKNOWN_PROJECTS_MAX && self.unknown_projects.insert(value.clone()) {
                let text = format!(
                    "process {pid} has {name}={value:?}, but there is no project of that name; it claims nothing"
                );
                self.note(now, Level::Info, "claim.unknown_project", text, effects);
            }
        }
    }

    /// Remember which processes have windows in two projects.
    pub(super) fn find_servers(&mut self) {
        let mut first: BTreeMap<u32, &str> = BTreeMap::new();
        for window in self.table.windows.values() {
            if let (Some(pid), Owner::Project(project)) = (window.pid, &window.owner)
                && *first.entry(pid).or_insert(project) != project
            {
                self.claims.servers.insert(pid);
            }
        }
    }

    pub(super) fn window_pid(&mut self, now: Time, x11: u32, pid: Option<u32>, effects: &mut Vec<Effect>) {
        if let Some(answered) = self.claims.pids.get_mut(&x11) {
            *answered = true;
        }
        if let Some(window) = self.table.windows.values_mut().find(|window| window.x11 == Some(x11)) {
            window.pid = window.pid.or(pid);
            self.dirty.windows = true;
        }
        self.find_servers();
        self.decide_claims(now, effects);
    }

    pub(super) fn process_read(&mut self, now: Time, pid: u32, info: Option<ProcessInfo>, effects: &mut Vec<Effect>) {
        if let Some(known) = self.claims.processes.get_mut(&pid) {
            *known = Some(info.unwrap_or_default());
        }
        self.decide_claims(now, effects);
    }

    /// Decide without what did not come.
    pub(super) fn claims_overdue(&mut self, now: Time, effects: &mut Vec<Effect>) {
        for answered in self.claims.pids.values_mut() {
            *answered = true;
        }
        for info in self.claims.processes.values_mut() {
            info.get_or_insert_with(ProcessInfo::default);
        }
        self.note(now, Level::Debug, "claim.overdue", "processes of new windows could not be read in time", effects);
        self.decide_claims(now, effects);
    }

    /// The rules or projects changed: look again at windows that no mark, user or process decided.
    pub(super) fn reclaim(&mut self, now: Time, effects: &mut Vec<Effect>) {
        for window in self.table.windows.values_mut() {
            if matches!(window.claim, Claim::Rule | Claim::Default) {
                window.owner = Owner::Pending;
                window.claim = Claim::Pending;
                window.opened = false;
            }
        }
        self.decide_claims(now, effects);
    }
}
