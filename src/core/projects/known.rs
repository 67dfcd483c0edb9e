//! Projects: declared in the configuration, or created by calls and kept in a file of ours.

use std::collections::BTreeMap;

use crate::api::{
    self, ApiError, Claim, Deleted, ErrorCode, ProjectAnswer, ProjectCreate, ProjectRename, ProjectUpdate, Reply,
};
use crate::config::{Config, check_project_name};
use crate::core::Core;
use crate::core::belonging::cause::Cause;
use crate::core::projects::change::{StoreChange, StoreRequest, check_texts};
use crate::core::projects::projects_file::{Created, Details};
use crate::core::turn::Turn;
use crate::core::windows::window::{Owner, WindowState};
use crate::core::words::deadline::{self, Deadline};
use crate::core::words::ids::{Caller, JobId};
use crate::core::words::note::{Level, Note};
use crate::core::words::store::{Standing, StoreError, StoreFile};
use crate::core::words::time::Time;

/// The most projects that calls can create.
pub const CREATED_PROJECTS_MAX: usize = 1000;
/// All projects.
#[derive(Debug, Clone, Default)]
pub struct KnownProjects {
    declared: BTreeMap<String, Declared>,
    pub(in crate::core) created: Created,
}

/// A project of the configuration.
#[derive(Debug, Clone)]
struct Declared {
    details: Details,
    order: Option<u32>,
    line: usize,
}

impl KnownProjects {
    /// Is there one of this name?
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.declared.contains_key(name) || self.created.entries.contains_key(name)
    }

    /// All names: those that have an `order` first, by it; then by name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let declared = self.declared.iter().map(|(name, declared)| (declared.order.unwrap_or(u32::MAX), name));
        let created = self.created.entries.keys().filter(|name| !self.declared.contains_key(*name));
        let mut names: Vec<(u32, &String)> = declared.chain(created.map(|name| (u32::MAX, name))).collect();
        names.sort_unstable();
        names.into_iter().map(|(_, name)| name.as_str())
    }

    /// What is known of one: the declared one wins.
    #[must_use]
    pub fn details(&self, name: &str) -> Option<&Details> {
        self.declared.get(name).map(|declared| &declared.details).or_else(|| self.created.entries.get(name))
    }

    /// The line of the configuration that declares it.
    #[must_use]
    pub fn declared_at(&self, name: &str) -> Option<usize> {
        self.declared.get(name).map(|declared| declared.line)
    }

    /// The present name of the project that has this name or had it; a name that is in use is nobody's former one.
    #[must_use]
    pub fn current_name<'n>(&'n self, name: &'n str) -> Option<&'n str> {
        if self.contains(name) {
            return Some(name);
        }
        let mut created = self.created.entries.iter();
        let found = created.find(|(_, details)| details.formerly.iter().any(|former| former == name))?;
        Some(found.0)
    }

    /// Has any project had another name?
    #[must_use]
    pub fn have_former_names(&self) -> bool {
        self.created.entries.values().any(|details| !details.formerly.is_empty())
    }

    /// Its `order`, where it has one.
    fn order(&self, name: &str) -> Option<u32> {
        self.declared.get(name)?.order
    }

    /// Take over the declared ones. Returns the names that are created too.
    pub fn declare(&mut self, config: &Config) -> Vec<String> {
        self.declared = config
            .projects
            .iter()
            .map(|project| {
                let details = Details {
                    dir: project.dir.clone(),
                    icon: project.icon.clone(),
                    display_name: project.display_name.clone(),
                    ..Details::default()
                };
                (project.name.clone(), Declared { details, order: project.order, line: project.line })
            })
            .collect();
        self.declared.keys().filter(|name| self.created.entries.contains_key(*name)).cloned().collect()
    }
}

/// How many windows a project has.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    windows: usize,
    /// Those that want attention.
    urgent: usize,
}

impl Tally {
    fn count(&mut self, window: &WindowState) {
        self.windows += 1;
        self.urgent += usize::from(window.wants_attention() || window.is_news());
    }
}

impl Core {
    /// A project as others see it.
    pub(in crate::core) fn project(&self, name: &str) -> Option<api::Project> {
        let mut tally = Tally::default();
        self.windows
            .table
            .windows
            .values()
            .filter(|window| window.owner.has(name))
            .for_each(|window| tally.count(window));
        self.project_with(name, tally)
    }

    /// All projects as others see them. The windows are looked through once.
    pub(in crate::core) fn all_projects(&self) -> Vec<api::Project> {
        let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
        for window in self.windows.table.windows.values() {
            for name in window.owner.projects() {
                tallies.entry(name).or_default().count(window);
            }
        }
        let told = |name: &str| self.project_with(name, tallies.get(name).copied().unwrap_or_default());
        self.projects.known.names().filter_map(told).collect()
    }

    fn project_with(&self, name: &str, tally: Tally) -> Option<api::Project> {
        let details = self.projects.known.details(name)?.clone();
        Some(api::Project {
            name: name.to_string(),
            dir: details.dir,
            icon: details.icon,
            display_name: details.display_name,
            order: self.projects.known.order(name),
            active: self.projects.active.as_deref() == Some(name),
            declared: self.projects.known.declared_at(name).map(|line| format!("{}:{line}", self.config.current.file)),
            windows: tally.windows,
            urgent: tally.urgent,
        })
    }

    pub(in crate::core) fn unknown_project(&self, name: &str) -> ApiError {
        // It may be one of those that could not be read.
        if let Some(text) = self.keep.stores.left_alone(StoreFile::Projects) {
            return ApiError::new(ErrorCode::UnknownProject, format!("project {name:?} is not known: {text}"));
        }
        let names: Vec<&str> = self.projects.known.names().take(20).collect();
        let known = if names.is_empty() {
            "there is none yet; `i3pm project create NAME` makes one".to_string()
        } else {
            format!("the projects are {}", names.join(", "))
        };
        // Nor can it be declared in a text that is not in force.
        let refused = self.config.error.as_ref().map(|error| format!("; the configuration is not in force: {error}"));
        let text = format!("no project {name:?}; {known}{}", refused.unwrap_or_default());
        ApiError::new(ErrorCode::UnknownProject, text)
    }

    fn check_changeable(&self, name: &str) -> Result<(), ApiError> {
        if let Some(line) = self.projects.known.declared_at(name) {
            let text = format!("project {name:?} is declared at {}:{line}; change it there", self.config.current.file);
            return Err(ApiError::new(ErrorCode::DeclaredProject, text));
        }
        if self.projects.known.contains(name) { Ok(()) } else { Err(self.unknown_project(name)) }
    }

    fn check_create(&self, create: &ProjectCreate) -> Result<(), ApiError> {
        check_project_name(&create.name).map_err(|text| ApiError::new(ErrorCode::InvalidName, text))?;
        if let Some(line) = self.projects.known.declared_at(&create.name) {
            let text = format!("project {:?} is declared at {}:{line} already", create.name, self.config.current.file);
            return Err(ApiError::new(ErrorCode::ProjectExists, text));
        }
        if self.projects.known.contains(&create.name) {
            let text = format!("project {:?} exists already; `i3pm project update` changes it", create.name);
            return Err(ApiError::new(ErrorCode::ProjectExists, text));
        }
        if self.projects.known.created.entries.len() >= CREATED_PROJECTS_MAX {
            let text = format!("there are {CREATED_PROJECTS_MAX} created projects already; delete one first");
            return Err(ApiError::new(ErrorCode::Overloaded, text));
        }
        check_texts(&create.dir, &create.icon, &create.display_name)
    }

    pub(in crate::core) fn project_create(&mut self, turn: &mut Turn<'_>, caller: Caller, create: ProjectCreate) {
        match self.check_create(&create) {
            Ok(()) => self.store(turn, caller, StoreChange::Create(create)),
            Err(error) => turn.answer(caller, Err(error)),
        }
    }

    pub(in crate::core) fn project_update(&mut self, turn: &mut Turn<'_>, caller: Caller, update: ProjectUpdate) {
        let checked = self
            .check_changeable(&update.name)
            .and_then(|()| check_texts(&update.dir, &update.icon, &update.display_name));
        match checked {
            Ok(()) => self.store(turn, caller, StoreChange::Update(update)),
            Err(error) => turn.answer(caller, Err(error)),
        }
    }

    pub(in crate::core) fn project_delete(&mut self, turn: &mut Turn<'_>, caller: Caller, name: String) {
        match self.check_changeable(&name) {
            Ok(()) => self.store(turn, caller, StoreChange::Delete(name)),
            Err(error) => turn.answer(caller, Err(error)),
        }
    }

    fn check_rename(&self, rename: &ProjectRename) -> Result<(), ApiError> {
        self.check_changeable(&rename.name)?;
        check_project_name(&rename.to).map_err(|text| ApiError::new(ErrorCode::InvalidName, text))?;
        let exists = |text: String| Err(ApiError::new(ErrorCode::ProjectExists, text));
        match self.projects.known.declared_at(&rename.to) {
            Some(line) => {
                exists(format!("project {:?} is declared at {}:{line} already", rename.to, self.config.current.file))
            }
            None if self.projects.known.contains(&rename.to) => {
                exists(format!("project {:?} exists already; take another name, or delete that one first", rename.to))
            }
            None => Ok(()),
        }
    }

    pub(in crate::core) fn project_rename(&mut self, turn: &mut Turn<'_>, caller: Caller, rename: ProjectRename) {
        match self.check_rename(&rename) {
            Ok(()) => self.store(turn, caller, StoreChange::Rename(rename)),
            Err(error) => turn.answer(caller, Err(error)),
        }
    }

    fn store(&mut self, turn: &mut Turn<'_>, caller: Caller, change: StoreChange) {
        self.projects.changes.push_back(StoreRequest { caller, asked: turn.now, change, job: None });
        if self.projects.changes.len() == 1 {
            self.store_next(turn);
        }
    }

    /// Write the projects as they will be after the first change that waits.
    pub(in crate::core) fn store_next(&mut self, turn: &mut Turn<'_>) {
        while let Some(request) = self.projects.changes.front() {
            let until = (turn.now + deadline::STORE_DEADLINE).min(request.asked + deadline::STORE_CALL_DEADLINE);
            self.deadlines.set_once(Deadline::Store, until);
            match self.keep.stores.standing(StoreFile::Projects) {
                // `store_set_aside` comes back here.
                Some(Standing::SettingAside(_)) => return,
                Some(Standing::LeftAlone(text)) => {
                    let error = ApiError::new(ErrorCode::StoreFailed, text.clone());
                    self.refuse_store(turn, error);
                    continue;
                }
                Some(Standing::SetAside(_)) | None => {}
            }
            // What was true when the call came may not be after the change before it.
            let still = match &request.change {
                StoreChange::Create(create) => self.check_create(create),
                StoreChange::Update(update) => self.check_changeable(&update.name),
                StoreChange::Delete(name) => self.check_changeable(name),
                StoreChange::Rename(rename) => self.check_rename(rename),
            };
            if let Err(error) = still {
                self.refuse_store(turn, error);
                continue;
            }
            // `store_written` comes back here.
            if !self.keep.stores.is_being_written(StoreFile::Projects) {
                self.write_change(turn);
            }
            return;
        }
    }

    fn write_change(&mut self, turn: &mut Turn<'_>) {
        let time = self.time_of_change(turn.now);
        let Some(request) = self.projects.changes.front() else { return };
        let mut created = self.projects.known.created.clone();
        created.apply(&request.change, time);
        let required_directory = match &request.change {
            StoreChange::Create(create) => create.dir.clone(),
            StoreChange::Update(update) => update.dir.clone().filter(|dir| !dir.is_empty()),
            StoreChange::Delete(_) | StoreChange::Rename(_) => None,
        };
        let job = self.write_store(turn, StoreFile::Projects, created.to_text(), required_directory);
        if let Some(request) = self.projects.changes.front_mut() {
            request.job = Some((job, time));
        }
    }

    /// In milliseconds since 1970; later than every change that is known, also where a clock is wrong.
    fn time_of_change(&self, now: Time) -> u64 {
        let running = u64::try_from(now.since(self.life.started).as_millis()).unwrap_or(u64::MAX);
        let clock = self.settings.started_unix_ms.saturating_add(running);
        clock.max(self.projects.known.created.newest().saturating_add(1))
    }

    /// The first change that waits will not be made.
    fn refuse_store(&mut self, turn: &mut Turn<'_>, error: ApiError) {
        self.deadlines.clear(Deadline::Store);
        if let Some(request) = self.projects.changes.pop_front() {
            turn.answer(request.caller, Err(error));
        }
    }

    /// The file has the first change that waited, or it could not be written.
    pub(in crate::core) fn change_written(&mut self, turn: &mut Turn<'_>, result: Result<(), StoreError>) {
        let error = match result {
            Ok(()) => {
                self.deadlines.clear(Deadline::Store);
                let Some(request) = self.projects.changes.pop_front() else { return };
                let (_, time) = request.job.unwrap_or((JobId(0), 0));
                self.projects.known.created.apply(&request.change, time);
                turn.dirty.projects = true;
                return self.stored(turn, request);
            }
            Err(StoreError::Directory(text)) => ApiError::new(ErrorCode::InvalidDirectory, text),
            Err(StoreError::Write(text)) => {
                let text = format!("{text}; nothing was changed: make room or mend its directory and try again");
                ApiError::new(ErrorCode::StoreFailed, text)
            }
            // What is there has been taken in: the change is made once more, to that.
            Err(StoreError::Changed(_)) => {
                if let Some(request) = self.projects.changes.front_mut() {
                    request.job = None;
                }
                return;
            }
        };
        self.refuse_store(turn, error);
    }

    /// Write what is known, for nobody waits: the file was set aside, or lacks some of it.
    pub(in crate::core) fn rewrite_projects(&mut self, turn: &mut Turn<'_>) {
        if !self.projects.known.created.entries.is_empty() && !self.keep.stores.is_being_written(StoreFile::Projects) {
            let text = self.projects.known.created.to_text();
            self.write_store(turn, StoreFile::Projects, text, None);
        }
    }

    /// The file was not written in time.
    pub(in crate::core) fn store_overdue(&mut self, turn: &mut Turn<'_>) {
        self.keep.stores.forsake(StoreFile::Projects);
        let text = "the projects file could not be written in time; nothing was changed, unless the disk does it late";
        self.refuse_store(turn, ApiError::new(ErrorCode::StoreFailed, text));
        self.store_next(turn);
    }

    fn stored(&mut self, turn: &mut Turn<'_>, request: StoreRequest) {
        let caller = request.caller;
        match request.change {
            StoreChange::Create(create) => {
                let text = format!("project {:?}", create.name);
                let note = Note::new(Level::Info, "project.created", text).with("project", &create.name);
                turn.log(note);
                match create.take {
                    Some(take) => {
                        let until = request.asked + deadline::STORE_CALL_DEADLINE;
                        self.take_windows(turn, caller, (create.name, until), take);
                    }
                    None => {
                        let project = self.project(&create.name);
                        turn.answer(caller, Ok(Reply::Project(ProjectAnswer { project, taken: None })));
                    }
                }
                self.arrange_if_needed();
            }
            StoreChange::Update(update) => {
                let project = self.project(&update.name);
                turn.answer(caller, Ok(Reply::Project(ProjectAnswer { project, taken: None })));
            }
            StoreChange::Rename(rename) => {
                self.project_renamed(turn, &rename);
                let project = self.project(&rename.to);
                turn.answer(caller, Ok(Reply::Project(ProjectAnswer { project, taken: None })));
            }
            StoreChange::Delete(name) => {
                let text = format!("project {name:?}");
                turn.log(Note::new(Level::Info, "project.deleted", text).with("project", &name));
                let windows = self.forget_project(turn, &name);
                self.because(Cause::ProjectDeleted);
                self.arrange_if_needed();
                let reply = Deleted { deleted: name, windows };
                turn.answer(caller, Ok(Reply::Deleted(reply)));
            }
        }
    }

    /// A project is no more: nothing is left of it here. Answers how many windows are global for it.
    pub(in crate::core) fn forget_project(&mut self, turn: &mut Turn<'_>, name: &str) -> usize {
        let of_project = self.windows.table.windows.values().filter(|window| window.owner.has(name));
        let owned: Vec<(u64, usize)> = of_project.map(|window| (window.id, window.owner.projects().count())).collect();
        if self.projects.active.as_deref() == Some(name) {
            self.projects.active = None;
        }
        self.fail_lost_switches(turn);
        self.windows.memories.remove(name);
        self.projects.order_of_use.retain(|other| other != name);
        let mut windows = 0;
        for (id, projects) in owned {
            // Nothing that asks for its windows would find it.
            self.unstow(turn, id);
            if projects == 1 {
                windows += 1;
                self.own(turn, id, Owner::Global, Claim::Default, Some(format!("project {name:?} was deleted")));
            } else {
                self.disown(turn, id, name);
            }
        }
        windows
    }
}
