//! What processes say of their windows, and when they may.
//!
//! A process and its environment tell whose its first window is. A splash is not the one that was
//! waited for: until the process has a window that tiles, they tell it of each that comes within
//! `FOLLOW_TIME` of its start, also if the splash has closed, whatever the user does meanwhile.
//! What a program opens beside a window that is there, or later, somebody has asked for who sits in
//! front of the screen: it belongs where it opened, whatever the other windows of the process
//! belong to, but for a question that holds those up (`newcomer`), and if a rule or an
//! application says `follow = "process"`. All of it comes after the rules.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use crate::api::Claim;
use crate::config::{DirectoryClaim, RuleOwner};
use crate::core::belonging::consideration::{Consideration, Said};
use crate::core::belonging::facts::Facts;
use crate::core::belonging::rules::Reached;
use crate::core::tree::ContainerId;
use crate::core::windows::window::{Owner, WindowState};
use crate::core::words::event::ProcessInfo;

/// For this long after its start a process speaks for windows that come after a splash; after that
/// for its very first one only.
pub const FOLLOW_TIME: Duration = Duration::from_secs(30);
impl<'a> Facts<'a> {
    /// The process of a window, if it may say whose that is.
    fn speaking_process(self, window: &'a WindowState) -> Result<(u32, &'a ProcessInfo), Said> {
        let Some(pid) = self.pid_of(window)? else {
            return Err(Said::NotApplicable("its process is not known"));
        };
        if self.is_server(pid) {
            return Err(Said::No(format!("process {pid} has windows of several projects").into()));
        }
        let Some(process) = self.process_of(window)? else {
            return Err(Said::NotApplicable("its process is not known"));
        };
        let earlier = |other: &&WindowState| other.client.pid == Some(pid) && other.serial < window.serial;
        let mut others = self.windows.table.windows.values().filter(earlier).peekable();
        let is_first = others.peek().is_none() && self.belonging.claims.formers().of(pid, process).is_none();
        let has_other = others.any(|other| !other.floating && !other.client.dialog);
        let age = window.origin.seen.since(process.started);
        if is_first || (age < FOLLOW_TIME && !has_other) || self.is_modal(window) || self.follows(window)? {
            return Ok((pid, process));
        }
        let why = match has_other {
            true => format!("process {pid} has another window"),
            false => format!("process {pid} had windows before, and had run for {} s", age.as_secs()),
        };
        Err(Said::No(format!("{why}: what is opened then belongs where that is done").into()))
    }

    /// Does a rule that fits this window, or its application, say `follow = "process"`?
    fn follows(self, window: &'a WindowState) -> Result<bool, Said> {
        let app_of = |name: &str| {
            let launched = |other: &WindowState| other.app.as_deref() == Some(name);
            let of_process = |other: &&WindowState| other.client.pid == window.client.pid && launched(other);
            launched(window) || self.windows.table.windows.values().any(|other| of_process(&other))
        };
        let mut apps = self.config.apps.iter().filter(|app| app.follows_process);
        if apps.any(|app| app_of(&app.name) || self.looks_like(app, window)) {
            return Ok(true);
        }
        let says = |owner: &Option<RuleOwner>| *owner == Some(RuleOwner::Process);
        if !self.config.rules.iter().any(|rule| says(&rule.owner)) {
            return Ok(false);
        }
        for (_, rule, reached) in self.each_rule(self.subject(window)) {
            match reached {
                Reached::Fits if says(&rule.owner) => return Ok(true),
                Reached::Unknown => return Err(self.ask_process(window)),
                _ => {}
            }
        }
        Ok(false)
    }

    pub(in crate::core) fn by_process(self, window: &'a WindowState) -> Consideration {
        let said = match self.speaking_process(window) {
            Err(said) => said,
            Ok((pid, process)) => match self.owner_by_process(pid, process, window.id) {
                Some(owner) => Said::Owner(owner, Some(format!("process {pid}"))),
                None => Said::No("its process has no other windows, or none that all have a project in common".into()),
            },
        };
        Consideration::new(Claim::Process, "process", said)
    }

    /// The projects that all other windows of a process have in common, and those that it had.
    fn owner_by_process(self, pid: u32, process: &ProcessInfo, except: ContainerId) -> Option<Owner> {
        let siblings = self
            .windows
            .table
            .windows
            .values()
            .filter(|other| other.client.pid == Some(pid) && other.id != except && other.owner != Owner::Pending);
        let owners = siblings.map(|other| other.owner.projects().map(str::to_string).collect::<BTreeSet<String>>());
        // Projects that have another name since.
        let today = |name: &String| self.projects.known.current_name(name).map(str::to_string);
        let former = self.belonging.claims.formers().of(pid, process);
        let former = former.map(|former| former.projects.iter().filter_map(today).collect());
        let common = owners.chain(former).reduce(|common, owner| &common & &owner)?;
        (!common.is_empty()).then_some(Owner::Projects(common))
    }

    pub(in crate::core) fn by_environment(self, window: &'a WindowState) -> Consideration {
        let said = match self.speaking_process(window) {
            Err(said) => said,
            Ok((_, process)) => match self.owner_by_environment(process) {
                Some((owner, by)) => Said::Owner(owner, Some(by)),
                None => Said::No(match &process.unreadable {
                    None => "the environment of its process names no project".into(),
                    Some(why) => format!("the environment of its process cannot be read: {why}").into(),
                }),
            },
        };
        Consideration::new(Claim::Environment, "environment", said)
    }

    /// What a process says of itself: `I3PM_PROJECT`, or the predecessor's `I3PM_PROJECT_NAME` and
    /// `I3PM_SCOPE`.
    fn owner_by_environment(self, info: &ProcessInfo) -> Option<(Owner, String)> {
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
            Some((Owner::project(self.projects.known.current_name(said)?), format!("{name}={said}")))
        })
    }

    /// The project that claims by directories and whose own is the nearest one above the one of the
    /// process.
    pub(in crate::core) fn by_directory(self, window: &'a WindowState) -> Consideration {
        let mut claiming = self.config.projects.iter().filter(|project| project.claims_by.is_some()).peekable();
        let said = if claiming.peek().is_none() {
            Said::NotApplicable("no project claims by directories")
        } else {
            match self.speaking_process(window) {
                Err(said) => said,
                Ok((_, process)) => {
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
                            let by = format!("its process works in {directory}");
                            Said::Owner(Owner::project(&project.name), Some(by))
                        }
                        None => {
                            let text = "the directory of its process is that of no project that claims so";
                            Said::No(Cow::Borrowed(text))
                        }
                    }
                }
            }
        };
        Consideration::new(Claim::Directory, "directory", said)
    }
}

/// Is this directory the other, or below it? Both are absolute and end with no slash, but for the
/// root itself.
fn is_below(root: &str, directory: &str) -> bool {
    directory.strip_prefix(root.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
