//! Claims: whose a window is, and why.
//!
//! In this order: the user's word and our mark (both are in the mark), the launch it comes from, the window it belongs to, stickiness and the scratchpad, the
//! other windows of its process, the first rule that fits, the environment of its process, the directory it works in, and what the
//! configuration says of unclaimed windows. What must be asked of others (the pid of an X11 window, the environment of a process) is an effect, and
//! the window stays *pending* until the answer or the deadline comes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Core;
use super::deadline::{self, Deadline};
use super::effect::Effect;
use super::event::ProcessInfo;
use super::explain::Cause;
use super::note::Level;
use super::rules::Reached;
use super::table::{Owner, WindowState};
use super::time::Time;
use super::tree::ContainerId;
use crate::api::Claim;
use crate::config::{Asked, DirectoryClaim, Rule, RuleOwner, Subject, Unclaimed};

/// What is known of the processes behind windows.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// X11 windows whose pid was asked for; true: answered, or given up.
    pids: BTreeMap<u32, bool>,
    /// Processes whose environment was asked for; `Some` where the answer is there.
    processes: BTreeMap<u32, Option<ProcessInfo>>,
    /// Processes that have, or had, windows with no project in common: terminals and browsers with one server.
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

/// One claim, and what it says of a window.
pub(super) struct Consideration {
    /// Which.
    pub claim: Claim,
    /// Its name for people.
    pub name: &'static str,
    /// The number of the rule, from 1, and its line.
    pub rule: Option<(usize, usize)>,
    /// What it says.
    pub said: Said,
}

impl Consideration {
    fn new(claim: Claim, name: &'static str, said: Said) -> Consideration {
        Consideration { claim, name, rule: None, said }
    }
}

/// What a claim says of a window.
pub(super) enum Said {
    /// Whose it is, and what exactly says so.
    Owner(Owner, Option<String>),
    /// Nothing, because it has nothing to do with such a window.
    NotApplicable(&'static str),
    /// Nothing, though it was looked at.
    No(Cow<'static, str>),
    /// Nothing: this key of the rule does not fit.
    Misfit(&'static str),
    /// The process of this X11 window must be known first.
    AskPid(u32),
    /// The environment of this process must be known first.
    AskProcess(u32),
    /// An answer is on its way.
    Wait,
}

impl Said {
    /// Does it decide, or must something be known first? Those after it are not even asked.
    fn speaks(&self) -> bool {
        !matches!(self, Said::NotApplicable(_) | Said::No(_) | Said::Misfit(_))
    }
}

impl Core {
    /// Decide every pending window that can be decided.
    pub(super) fn decide_claims(&mut self, now: Time, effects: &mut Vec<Effect>) {
        // In the order in which they came: of launches that fit equally well the first is for the first.
        let mut pending: Vec<&WindowState> =
            self.table.windows.values().filter(|window| window.owner == Owner::Pending).collect();
        pending.sort_by_key(|window| window.serial);
        let mut pending: VecDeque<ContainerId> = pending.into_iter().map(|window| window.id).collect();
        let (mut waiting, mut owned) = (false, false);
        while let Some(id) = pending.pop_front() {
            let Some(window) = self.table.windows.get(&id) else { continue };
            // The first that says something decides; those after it are not even asked.
            let mut considerations = self.considerations(window);
            let speaks = |considered: &Consideration| considered.said.speaks();
            let Some(Consideration { claim, said, .. }) = considerations.find(speaks) else { continue };
            drop(considerations);
            match said {
                Said::Owner(owner, by) => {
                    let process = window.pid.and_then(|pid| self.claims.processes.get(&pid).cloned().flatten());
                    self.own(id, owner, claim, by);
                    pending.extend(self.take_launch(now, id, process.as_ref()));
                    owned = true;
                }
                said => waiting |= self.ask(&said, effects),
            }
        }
        // Which rules place a window hangs on whose it is.
        for id in self.placements_due() {
            if !self.decide_placement(id)
                && let Some(window) = self.table.windows.get(&id)
            {
                let said = self.ask_process(window);
                waiting |= self.ask(&said, effects);
            }
        }
        if waiting {
            self.deadlines.set_once(Deadline::Claims, now + deadline::CLAIMS_DEADLINE);
        } else {
            self.deadlines.clear(Deadline::Claims);
        }
        if owned {
            self.because(Cause::Newcomer);
            self.arrange_if_needed();
        }
        self.note_unknown_projects(now, effects);
    }

    /// Ask what must be known first. False where nothing must.
    fn ask(&mut self, said: &Said, effects: &mut Vec<Effect>) -> bool {
        match said {
            Said::AskPid(x11) => {
                self.claims.pids.insert(*x11, false);
                effects.push(Effect::LookUpPid { window: *x11 });
            }
            Said::AskProcess(pid) => {
                self.claims.processes.insert(*pid, None);
                let repository = self.needs_repositories();
                effects.push(Effect::ReadProcess { pid: *pid, repository });
            }
            Said::Wait => {}
            Said::Owner(..) | Said::NotApplicable(_) | Said::No(_) | Said::Misfit(_) => return false,
        }
        true
    }

    /// Give a window to its owner. The caller asks for an arrangement when all are given.
    pub(super) fn own(&mut self, id: ContainerId, owner: Owner, claim: Claim, by: Option<String>) {
        let active = self.project_for_new_windows().map(str::to_string);
        let Some(window) = self.table.windows.get_mut(&id) else { return };
        // What is hidden already returns to where it was.
        window.away = window.opened
            && !window.hidden
            && matches!((&owner, &active), (Owner::Projects(projects), Some(active)) if !projects.contains(active));
        window.owner = owner;
        window.claim = claim;
        window.claimed_by = by;
        window.by_user = claim == Claim::User;
        self.marks_wanted = true;
        self.arrange_attempts = 0;
        self.dirty.windows = true;
        self.dirty.projects = true;
    }

    /// What each claim says of a window, in the order in which they are asked. The last always says something.
    pub(super) fn considerations<'a>(
        &'a self,
        window: &'a WindowState,
    ) -> impl Iterator<Item = Consideration> + use<'a> {
        type Consider = fn(&Core, &WindowState) -> Consideration;
        const BEFORE_RULES: [Consider; 5] =
            [Core::by_launch, Core::by_parent, Core::by_sticky, Core::by_scratchpad, Core::by_process];
        const AFTER_RULES: [Consider; 3] = [Core::by_environment, Core::by_directory, Core::by_unclaimed];
        let ask = move |consider: Consider| consider(self, window);
        let rules = self.each_rule(self.subject(window)).map(move |(number, rule, reached)| Consideration {
            claim: Claim::Rule,
            name: "rule",
            rule: Some((number, rule.line)),
            said: self.by_rule(rule, reached, window),
        });
        BEFORE_RULES.into_iter().map(ask).chain(rules).chain(AFTER_RULES.into_iter().map(ask))
    }

    fn by_launch(&self, window: &WindowState) -> Consideration {
        let said = match self.process_of(window) {
            _ if !self.launches_are_open() => Said::NotApplicable("nothing that was started waits for a window"),
            _ if self.parent_of(window).is_some() => Said::NotApplicable("it is a dialog of another window"),
            Err(said) => said,
            Ok(process) => self.owner_by_launch(window, process),
        };
        Consideration::new(Claim::Launch, "launch", said)
    }

    /// What is known of the process of a window; nothing where there is nothing to be known.
    fn process_of(&self, window: &WindowState) -> Result<Option<&ProcessInfo>, Said> {
        let Some(pid) = self.pid_of(window)? else { return Ok(None) };
        match self.claims.processes.get(&pid) {
            None => Err(Said::AskProcess(pid)),
            Some(None) => Err(Said::Wait),
            Some(Some(process)) => Ok(Some(process)),
        }
    }

    /// The process of a window, where that can be known.
    fn pid_of(&self, window: &WindowState) -> Result<Option<u32>, Said> {
        match (window.pid, window.x11, window.x11.map(|x11| self.claims.pids.get(&x11).copied())) {
            (None, Some(x11), Some(None)) => Err(Said::AskPid(x11)),
            (None, _, Some(Some(false))) => Err(Said::Wait),
            (pid, ..) => Ok(pid),
        }
    }

    /// Has this process, or had it, windows of projects with nothing in common?
    pub(super) fn is_server(&self, pid: u32) -> bool {
        self.claims.servers.contains(&pid)
    }

    fn by_parent(&self, window: &WindowState) -> Consideration {
        let said = match (self.parent_of(window), window.transient_for) {
            (None, None) => Said::NotApplicable("it is no dialog"),
            (None, Some(_)) => Said::No("the window that it belongs to is not there".into()),
            (Some(parent), _) if parent.owner == Owner::Pending => Said::Wait,
            (Some(parent), _) => Said::Owner(parent.owner.clone(), parent.title.clone()),
        };
        Consideration::new(Claim::Parent, "parent", said)
    }

    fn by_sticky(&self, window: &WindowState) -> Consideration {
        let said = match window.sticky {
            true => Said::Owner(Owner::Global, Some("sticky".to_string())),
            false => Said::NotApplicable("it is not sticky"),
        };
        Consideration::new(Claim::Default, "sticky", said)
    }

    fn by_scratchpad(&self, window: &WindowState) -> Consideration {
        let said = match window.in_scratchpad {
            true => Said::Owner(Owner::Global, Some("scratchpad".to_string())),
            false => Said::NotApplicable("it is not in the scratchpad"),
        };
        Consideration::new(Claim::Default, "scratchpad", said)
    }

    fn by_process(&self, window: &WindowState) -> Consideration {
        let said = match self.pid_of(window) {
            Err(said) => said,
            Ok(None) => Said::No("its process is not known".into()),
            Ok(Some(pid)) if self.is_server(pid) => Said::No(server(pid)),
            Ok(Some(pid)) => match self.owner_by_process(pid, window.id) {
                Some(owner) => Said::Owner(owner, Some(format!("process {pid}"))),
                None => Said::No("its process has no other windows, or none that all have a project in common".into()),
            },
        };
        Consideration::new(Claim::Process, "process", said)
    }

    fn by_rule(&self, rule: &Rule, reached: Reached, window: &WindowState) -> Said {
        match reached {
            Reached::Misfit(key) => Said::Misfit(key),
            Reached::Unknown => self.ask_process(window),
            Reached::After(line) => {
                Said::No(format!("the rule in line {line} fits, and does not say `continue`").into())
            }
            Reached::NoProject => match &rule.owner {
                Some(RuleOwner::Projects(names)) => {
                    Said::No(format!("there is no project {}", names.join(", ")).into())
                }
                _ => Said::No("no project of it is there".into()),
            },
            Reached::Fits => match self.rule_owner(rule) {
                Some(owner) => Said::Owner(owner, Some(self.rule_place(rule))),
                None => Said::NotApplicable("it fits, and says only where and how the window is placed"),
            },
        }
    }

    /// A rule must know something of the window's process.
    fn ask_process(&self, window: &WindowState) -> Said {
        self.process_of(window).err().unwrap_or(Said::Wait)
    }

    /// A window as rules look at it.
    pub(super) fn subject<'a>(&'a self, window: &'a WindowState) -> Subject<'a> {
        fn or_nothing<T>(value: Option<T>) -> Asked<T> {
            value.map_or(Asked::Nothing, Asked::Is)
        }
        let pid = match self.pid_of(window) {
            Ok(pid) => or_nothing(pid),
            Err(_) => Asked::Unknown,
        };
        let process = self.process_of(window);
        let of_process = |text: fn(&ProcessInfo) -> Option<&str>| match &process {
            Ok(process) => or_nothing(process.and_then(text)),
            Err(_) => Asked::Unknown,
        };
        Subject {
            class: window.class.as_deref(),
            app_id: window.app_id.as_deref(),
            instance: window.instance.as_deref(),
            title: window.title.as_deref(),
            role: window.role.as_deref(),
            workspace: window.workspace.as_deref(),
            output: window.output.as_deref(),
            floating: window.floating,
            dialog: window.dialog,
            transient: window.transient_for.is_some(),
            projects: match &window.owner {
                Owner::Projects(projects) => Some(projects),
                Owner::Pending | Owner::Global => None,
            },
            app: or_nothing(window.app.as_deref()),
            pid,
            exe: of_process(|info| info.exe.as_deref()),
            cwd: of_process(|info| info.cwd.as_deref()),
        }
    }

    fn by_environment(&self, window: &WindowState) -> Consideration {
        let said = match (window.pid, self.process_of(window)) {
            (Some(pid), _) if self.is_server(pid) => Said::No(server(pid)),
            (_, Err(said)) => said,
            (_, Ok(None)) => Said::NotApplicable("its process is not known"),
            (_, Ok(Some(process))) => match self.owner_by_environment(process) {
                Some((owner, by)) => Said::Owner(owner, Some(by)),
                None => Said::No("the environment of its process names no project".into()),
            },
        };
        Consideration::new(Claim::Environment, "environment", said)
    }

    /// The project that claims by directories and whose own is the nearest one above the one of the process.
    fn by_directory(&self, window: &WindowState) -> Consideration {
        let mut claiming = self.config.projects.iter().filter(|project| project.claims_by.is_some()).peekable();
        let said = match (window.pid, self.process_of(window)) {
            _ if claiming.peek().is_none() => Said::NotApplicable("no project claims by directories"),
            (Some(pid), _) if self.is_server(pid) => Said::No(server(pid)),
            (_, Err(said)) => said,
            (_, Ok(None)) => Said::NotApplicable("its process is not known"),
            (_, Ok(Some(process))) => {
                let fitting = claiming.filter_map(|project| {
                    let directory = match project.claims_by? {
                        DirectoryClaim::WorkingDirectory => process.cwd.as_deref()?,
                        DirectoryClaim::Repository => process.repository.as_deref()?,
                    };
                    let root = project.real_dir.as_deref().or(project.dir.as_deref())?;
                    is_below(root, directory).then_some((root.len(), project, directory))
                });
                match fitting.max_by_key(|(length, ..)| *length) {
                    Some((_, project, directory)) => {
                        Said::Owner(Owner::project(&project.name), Some(format!("its process works in {directory}")))
                    }
                    None => Said::No("the directory of its process is that of no project that claims so".into()),
                }
            }
        };
        Consideration::new(Claim::Directory, "directory", said)
    }

    fn by_unclaimed(&self, window: &WindowState) -> Consideration {
        let (claim, owner) = match (self.config.unclaimed, self.project_for_new_windows()) {
            (Unclaimed::Active, Some(active)) if window.opened => (Claim::Active, Owner::project(active)),
            _ => (Claim::Default, Owner::Global),
        };
        Consideration::new(claim, "unclaimed", Said::Owner(owner, None))
    }

    /// The window that a dialog or transient belongs to.
    fn parent_of(&self, window: &WindowState) -> Option<&WindowState> {
        let parent = window.transient_for?;
        self.table.windows.values().find(|other| other.x11 == Some(parent) && other.id != window.id)
    }

    /// The projects that all other windows of a process have in common.
    fn owner_by_process(&self, pid: u32, except: ContainerId) -> Option<Owner> {
        let siblings = self
            .table
            .windows
            .values()
            .filter(|other| other.pid == Some(pid) && other.id != except && other.owner != Owner::Pending);
        let owners = siblings.map(|other| other.owner.projects().map(str::to_string).collect::<BTreeSet<String>>());
        let common = owners.reduce(|common, owner| &common & &owner)?;
        (!common.is_empty()).then_some(Owner::Projects(common))
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
            let said = value(name)?;
            Some((Owner::project(self.projects.current_name(said)?), format!("{name}={said}")))
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
                    && self.projects.current_name(value).is_none()
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
                self.note(now, Level::Warning, "claim.unknown_project", text, effects);
            }
        }
    }

    /// Remember which processes have windows in projects that have nothing in common.
    pub(super) fn find_servers(&mut self) {
        let mut common: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
        for window in self.table.windows.values() {
            if let (Some(pid), Owner::Projects(projects)) = (window.pid, &window.owner) {
                let common = common.entry(pid).or_insert_with(|| projects.iter().map(String::as_str).collect());
                common.retain(|project| projects.contains(*project));
                if common.is_empty() {
                    self.claims.servers.insert(pid);
                }
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
        if self.needs_repositories() {
            // Those that were looked at before may not have been asked for theirs.
            self.claims.processes.retain(|_, info| info.is_none());
        }
        self.because(Cause::Configuration);
        self.decide_claims(now, effects);
    }

    /// Does a project claim by repositories?
    fn needs_repositories(&self) -> bool {
        self.config.projects.iter().any(|project| project.claims_by == Some(DirectoryClaim::Repository))
    }
}

/// Is this directory the other, or below it? Both are absolute and end with no slash, but for the root itself.
fn is_below(root: &str, directory: &str) -> bool {
    directory.strip_prefix(root.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn server(pid: u32) -> Cow<'static, str> {
    format!("process {pid} has windows of several projects").into()
}
