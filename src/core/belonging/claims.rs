//! Claims: whose a window is, and why.
//!
//! In this order: the user's word and our mark (both are in the mark), the launch it comes from,
//! the window or group it belongs to, stickiness and the scratchpad, the first rule that fits, the
//! other windows of its process, the environment of that, the directory it works in (these three
//! where a process may speak: `follow`), and what the configuration says of unclaimed windows. What
//! must be asked of others (the pid of an X11 window, the environment of a process) is an effect,
//! and the window stays *pending* until the answer or the deadline comes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::api::Claim;
use crate::config::{Asked, Config, DirectoryClaim, Rule, RuleOwner, Subject, Unclaimed};
use crate::core::belonging::Belonging;
use crate::core::belonging::consideration::{Consideration, Said};
use crate::core::belonging::desk::Desk;
use crate::core::belonging::facts::Facts;
use crate::core::belonging::rules::Reached;
use crate::core::projects::Projects;
use crate::core::tree::ContainerId;
use crate::core::turn::Turn;
use crate::core::windows::Windows;
use crate::core::windows::window::{Owned, Owner, WindowState};
use crate::core::words::cause::Cause;
use crate::core::words::deadline::{self, Deadline};
use crate::core::words::effect::Effect;
use crate::core::words::event::{ProcessInfo, X11Window};
use crate::core::words::note::Level;

impl Belonging {
    /// Decide every pending window that can be decided.
    pub(in crate::core) fn decide_claims(&mut self, turn: &mut Turn<'_>, desk: &mut Desk<'_>) {
        // In the order in which they came: of launches that fit equally well the first is for the
        // first.
        let mut pending: Vec<&WindowState> =
            desk.windows.table.windows.values().filter(|window| window.owner == Owner::Pending).collect();
        pending.sort_by_key(|window| window.serial);
        let mut pending: VecDeque<ContainerId> = pending.into_iter().map(|window| window.id).collect();
        let (mut waiting, mut owned) = (false, false);
        while let Some(id) = pending.pop_front() {
            let Some(window) = desk.windows.table.windows.get(&id) else { continue };
            // The first that says something decides; those after it are not even asked.
            let facts = desk.facts(&turn.config, self);
            let mut considerations = facts.considerations(window);
            let speaks = |considered: &Consideration| considered.said.speaks();
            let Some(Consideration { claim, said, .. }) = considerations.find(speaks) else { continue };
            drop(considerations);
            match said {
                Said::Owner(owner, by) => {
                    let process = window.client.pid.and_then(|pid| self.claims.processes.get(&pid).cloned().flatten());
                    let in_sight = facts.owner_in_sight(window, owner.clone(), claim);
                    desk.own(turn, id, Owned { owner: in_sight, claim, by });
                    self.tell_newcomer(turn, desk, id, &owner);
                    pending.extend(self.take_launch(turn, desk, id, process.as_ref()));
                    owned = true;
                }
                said => waiting |= self.ask(turn, &said),
            }
        }
        // Which rules place a window hangs on whose it is.
        for id in desk.facts(&turn.config, self).placements_due() {
            if !self.decide_placement(turn, desk, id)
                && let Some(window) = desk.windows.table.windows.get(&id)
            {
                let said = desk.facts(&turn.config, self).ask_process(window);
                waiting |= self.ask(turn, &said);
            }
        }
        if waiting {
            turn.deadlines.set_once(Deadline::Claims, turn.now + deadline::CLAIMS_DEADLINE);
        } else {
            turn.deadlines.clear(Deadline::Claims);
        }
        if owned {
            turn.wants.arrangement(Cause::Newcomer);
        }
        self.note_unknown_projects(turn, desk.projects);
    }

    /// Ask what must be known first. False if nothing must.
    fn ask(&mut self, turn: &mut Turn<'_>, said: &Said) -> bool {
        match said {
            Said::AskX11(x11) => {
                self.claims.x11.insert(*x11, false);
                turn.push(Effect::LookUpWindow { window: *x11 });
            }
            Said::AskProcess(pid) => {
                self.claims.processes.insert(*pid, None);
                let repository = needs_repositories(&turn.config);
                turn.push(Effect::ReadProcess { pid: *pid, repository });
            }
            Said::Wait => {}
            Said::Owner(..) | Said::NotApplicable(_) | Said::No(_) | Said::Misfit(_) => return false,
        }
        true
    }

    /// Names in environments that are no projects claim nothing; say so once each.
    fn note_unknown_projects(&mut self, turn: &mut Turn<'_>, projects: &Projects) {
        /// How many such names are remembered.
        const UNKNOWN_PROJECTS_MAX: usize = 64;
        let mut unknown = Vec::new();
        for (pid, info) in &self.claims.processes {
            for (name, value) in info.iter().flat_map(|info| &info.variables) {
                if (name == "I3PM_PROJECT" || name == "I3PM_PROJECT_NAME")
                    && !value.is_empty()
                    && projects.known.current_name(value).is_none()
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
                turn.note(Level::Warning, "claim.unknown_project", text);
            }
        }
    }

    /// Remember which processes have windows in projects that have nothing in common.
    pub(in crate::core) fn find_servers(&mut self, windows: &Windows) {
        let mut common: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
        for window in windows.table.windows.values() {
            if let (Some(pid), Owner::Projects(projects)) = (window.client.pid, &window.owner) {
                let common = common.entry(pid).or_insert_with(|| projects.iter().map(String::as_str).collect());
                common.retain(|project| projects.contains(*project));
                if common.is_empty() {
                    self.claims.servers.insert(pid);
                }
            }
        }
    }

    pub(in crate::core) fn x11_window(&mut self, turn: &mut Turn<'_>, desk: &mut Desk<'_>, x11: u32, told: X11Window) {
        if let Some(answered) = self.claims.x11.get_mut(&x11) {
            *answered = true;
        }
        turn.dirty.windows |= desk.windows.table.x11_said(x11, &told);
        self.find_servers(desk.windows);
        self.decide_claims(turn, desk);
    }

    pub(in crate::core) fn process_read(
        &mut self,
        turn: &mut Turn<'_>,
        desk: &mut Desk<'_>,
        pid: u32,
        info: Option<ProcessInfo>,
    ) {
        if let Some(known) = self.claims.processes.get_mut(&pid) {
            let info = info.unwrap_or_default();
            self.claims.formers.drop_other(pid, &info);
            *known = Some(info);
        }
        self.decide_claims(turn, desk);
    }

    /// Decide without what did not come.
    pub(in crate::core) fn claims_overdue(&mut self, turn: &mut Turn<'_>, desk: &mut Desk<'_>) {
        for answered in self.claims.x11.values_mut() {
            *answered = true;
        }
        for info in self.claims.processes.values_mut() {
            info.get_or_insert_with(ProcessInfo::default);
        }
        turn.note(Level::Debug, "claim.overdue", "processes of new windows could not be read in time");
        self.decide_claims(turn, desk);
    }

    /// The rules or projects changed: look again at windows that no mark, user or process decided.
    pub(in crate::core) fn reclaim(&mut self, turn: &mut Turn<'_>, desk: &mut Desk<'_>) {
        desk.windows.table.ask_anew();
        if needs_repositories(&turn.config) {
            // Those that were looked at before may not have been asked for theirs.
            self.claims.processes.retain(|_, info| info.is_none());
        }
        turn.wants.because(Cause::Configuration);
        self.decide_claims(turn, desk);
    }
}

impl<'a> Facts<'a> {
    /// What each claim says of a window, in the order in which they are asked. The last always says
    /// something.
    pub(in crate::core) fn considerations(
        self,
        window: &'a WindowState,
    ) -> impl Iterator<Item = Consideration> + use<'a> {
        type Consider<'f> = fn(Facts<'f>, &'f WindowState) -> Consideration;
        let before_rules: [Consider<'a>; 4] =
            [Facts::by_launch, Facts::by_parent, Facts::by_sticky, Facts::by_scratchpad];
        let after_rules: [Consider<'a>; 4] =
            [Facts::by_process, Facts::by_environment, Facts::by_directory, Facts::by_unclaimed];
        let ask = move |consider: Consider<'a>| consider(self, window);
        let rules = self.each_rule(self.subject(window)).map(move |(number, rule, reached)| Consideration {
            claim: Claim::Rule,
            name: "rule",
            rule: Some((number, rule.line)),
            said: self.by_rule(rule, reached, window),
        });
        before_rules.into_iter().map(ask).chain(rules).chain(after_rules.into_iter().map(ask))
    }

    fn by_launch(self, window: &'a WindowState) -> Consideration {
        let said = match self.process_of(window) {
            _ if !self.launches_are_open() => Said::NotApplicable("nothing that was started waits for a window"),
            _ if self.parent_of(window).is_some() => Said::NotApplicable("it is a dialog of another window"),
            Err(said) => said,
            Ok(process) => self.owner_by_launch(window, process),
        };
        Consideration::new(Claim::Launch, "launch", said)
    }

    /// What is known of the process of a window; nothing if there is nothing to be known.
    pub(in crate::core) fn process_of(self, window: &'a WindowState) -> Result<Option<&'a ProcessInfo>, Said> {
        let Some(pid) = self.pid_of(window)? else { return Ok(None) };
        match self.belonging.claims.processes.get(&pid) {
            None => Err(Said::AskProcess(pid)),
            Some(None) => Err(Said::Wait),
            Some(Some(process)) => Ok(Some(process)),
        }
    }

    /// The process of a window, if that can be known.
    pub(in crate::core) fn pid_of(self, window: &'a WindowState) -> Result<Option<u32>, Said> {
        match (
            window.client.pid,
            window.client.x11,
            window.client.x11.map(|x11| self.belonging.claims.x11.get(&x11).copied()),
        ) {
            (None, Some(x11), Some(None)) => Err(Said::AskX11(x11)),
            (None, _, Some(Some(false))) => Err(Said::Wait),
            (pid, ..) => Ok(pid),
        }
    }

    /// Has this process, or had it, windows of projects with nothing in common?
    pub(in crate::core) fn is_server(self, pid: u32) -> bool {
        self.belonging.claims.servers.contains(&pid)
    }

    fn by_sticky(self, window: &'a WindowState) -> Consideration {
        let said = match window.sticky {
            true => Said::Owner(Owner::Global, Some("sticky".to_string())),
            false => Said::NotApplicable("it is not sticky"),
        };
        Consideration::new(Claim::Default, "sticky", said)
    }

    fn by_scratchpad(self, window: &'a WindowState) -> Consideration {
        let said = match window.in_scratchpad {
            true => Said::Owner(Owner::Global, Some("scratchpad".to_string())),
            false => Said::NotApplicable("it is not in the scratchpad"),
        };
        Consideration::new(Claim::Default, "scratchpad", said)
    }

    fn by_rule(self, rule: &Rule, reached: Reached, window: &'a WindowState) -> Said {
        // Whose the next window of its process is hangs on that of this one, whoever decides it.
        if let Err(said) = self.pid_of(window) {
            return said;
        }
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
                None if rule.owner == Some(RuleOwner::Process) => {
                    Said::No("it fits, and says that the process is asked, after the rules".into())
                }
                None => Said::NotApplicable("it fits, and says only where and how the window is placed"),
            },
        }
    }

    /// A rule must know something of the window's process.
    pub(in crate::core) fn ask_process(self, window: &'a WindowState) -> Said {
        self.process_of(window).err().unwrap_or(Said::Wait)
    }

    /// A window as rules look at it.
    pub(in crate::core) fn subject(self, window: &'a WindowState) -> Subject<'a> {
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
            class: window.client.class.as_deref(),
            app_id: window.client.app_id.as_deref(),
            instance: window.client.instance.as_deref(),
            title: window.client.title.as_deref(),
            role: window.client.role.as_deref(),
            workspace: window.workspace.as_deref(),
            output: window.output.as_deref(),
            floating: window.floating,
            dialog: window.client.dialog,
            transient: window.client.transient_for.is_some(),
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

    fn by_unclaimed(self, window: &'a WindowState) -> Consideration {
        let (claim, owner) = match (self.config.unclaimed, self.projects.opened_in(window)) {
            (Unclaimed::Active, Some(active)) if window.origin.opened => (Claim::Active, Owner::project(active)),
            _ => (Claim::Default, Owner::Global),
        };
        Consideration::new(claim, "unclaimed", Said::Owner(owner, None))
    }
}

/// Does a project claim by repositories?
fn needs_repositories(config: &Config) -> bool {
    config.projects.iter().any(|project| project.claims_by == Some(DirectoryClaim::Repository))
}
