//! Projects: declared in the configuration, or created by calls and kept in a file of ours.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Core;
use super::deadline::{self, Deadline};
use super::effect::Effect;
use super::event::{CallId, JobId, PeerId, StoreError, StoreFile};
use super::explain::Cause;
use super::note::{Level, Note};
use super::store::{self, CHECKSUM_PLACE, Standing, StoreFault, seal};
use super::table::Owner;
use super::time::Time;
use crate::api::{
    self, ApiError, Claim, Deleted, ErrorCode, ProjectAnswer, ProjectCreate, ProjectRename, ProjectUpdate, Reply,
};
use crate::config::{Config, check_label, check_project_name, expand_dir};

/// The most projects that calls can create.
pub const CREATED_PROJECTS_MAX: usize = 1000;
/// The most former names that are kept of one project, the latest.
pub const FORMER_NAMES_MAX: usize = 8;

/// A project that a call created.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// Its directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir: Option<String>,
    /// Its icon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The names that it had before, the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectsFile<D> {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checksum: Option<String>,
    projects: BTreeMap<String, D>,
}

/// The version of the projects file that this program writes.
const PROJECTS_VERSION: u32 = 1;

/// All projects.
#[derive(Debug, Clone, Default)]
pub struct Projects {
    declared: BTreeMap<String, Declared>,
    created: BTreeMap<String, Details>,
}

/// A project of the configuration.
#[derive(Debug, Clone)]
struct Declared {
    details: Details,
    order: Option<u32>,
    line: usize,
}

impl Projects {
    /// Is there one of this name?
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.declared.contains_key(name) || self.created.contains_key(name)
    }

    /// All names: those that have an `order` first, by it; then by name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let declared = self.declared.iter().map(|(name, declared)| (declared.order.unwrap_or(u32::MAX), name));
        let created = self.created.keys().filter(|name| !self.declared.contains_key(*name));
        let mut names: Vec<(u32, &String)> = declared.chain(created.map(|name| (u32::MAX, name))).collect();
        names.sort_unstable();
        names.into_iter().map(|(_, name)| name.as_str())
    }

    /// What is known of one: the declared one wins.
    #[must_use]
    pub fn details(&self, name: &str) -> Option<&Details> {
        self.declared.get(name).map(|declared| &declared.details).or_else(|| self.created.get(name))
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
        let mut created = self.created.iter();
        let found = created.find(|(_, details)| details.formerly.iter().any(|former| former == name))?;
        Some(found.0)
    }

    /// Has any project had another name?
    #[must_use]
    pub fn have_former_names(&self) -> bool {
        self.created.values().any(|details| !details.formerly.is_empty())
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
                    formerly: Vec::new(),
                };
                (project.name.clone(), Declared { details, order: project.order, line: project.line })
            })
            .collect();
        self.declared.keys().filter(|name| self.created.contains_key(*name)).cloned().collect()
    }

    /// Take over the text of the projects file. People may write it too, so a checksum that does not fit does not spoil
    /// it, nor does one entry the others; what is wrong comes back.
    ///
    /// # Errors
    /// It is not one, or of a version we do not know.
    pub fn load(&mut self, text: &str) -> Result<Vec<StoreFault>, StoreFault> {
        let file: ProjectsFile<serde_json::Value> = store::parse(text, PROJECTS_VERSION)?;
        let mut faults = Vec::new();
        if !store::is_intact(text, file.checksum.as_deref()) {
            faults.push(StoreFault::damaged());
        }
        self.created.clear();
        for (name, value) in file.projects {
            let details = check_project_name(&name)
                .and_then(|()| serde_json::from_value(value).map_err(|error| error.to_string()))
                .and_then(|details: Details| {
                    details.formerly.iter().try_for_each(|name| check_project_name(name))?;
                    let checked = check_texts(&details.dir, &details.icon, &details.display_name);
                    checked.map(|()| details).map_err(|error| error.message)
                });
            match details {
                Ok(details) => {
                    self.created.insert(name, details);
                }
                Err(message) => {
                    faults.push(StoreFault { line: 0, column: 0, message: format!("project {name:?}: {message}") });
                }
            }
        }
        Ok(faults)
    }
}

fn projects_text(created: &BTreeMap<String, Details>) -> String {
    let checksum = Some(CHECKSUM_PLACE.to_string());
    let file = ProjectsFile { version: PROJECTS_VERSION, checksum, projects: created.clone() };
    seal(&serde_json::to_string_pretty(&file).expect("a projects file has string keys only"))
}

/// A change of the projects file that waits, or is being written.
#[derive(Debug, Clone)]
pub struct StoreRequest {
    peer: PeerId,
    call: CallId,
    change: StoreChange,
    job: Option<JobId>,
}

impl StoreRequest {
    /// Who waits for it.
    #[must_use]
    pub fn caller(&self) -> (PeerId, CallId) {
        (self.peer, self.call)
    }
}

#[derive(Debug, Clone)]
enum StoreChange {
    Create(ProjectCreate),
    Update(ProjectUpdate),
    Delete(String),
    Rename(ProjectRename),
}

impl Core {
    /// A project as others see it.
    pub(super) fn project(&self, name: &str) -> Option<api::Project> {
        let details = self.projects.details(name)?.clone();
        let windows = || self.table.windows.values().filter(|window| window.owner.has(name));
        Some(api::Project {
            name: name.to_string(),
            dir: details.dir,
            icon: details.icon,
            display_name: details.display_name,
            order: self.projects.order(name),
            active: self.active.as_deref() == Some(name),
            declared: self.projects.declared_at(name).map(|line| format!("{}:{line}", self.config.file)),
            windows: windows().count(),
            urgent: windows().filter(|window| window.wants_attention()).count(),
        })
    }

    pub(super) fn unknown_project(&self, name: &str) -> ApiError {
        let names: Vec<&str> = self.projects.names().take(20).collect();
        let known = if names.is_empty() {
            "there is none yet; `i3pm project create NAME` makes one".to_string()
        } else {
            format!("the projects are {}", names.join(", "))
        };
        ApiError::new(ErrorCode::UnknownProject, format!("no project {name:?}; {known}"))
    }

    fn check_changeable(&self, name: &str) -> Result<(), ApiError> {
        if let Some(line) = self.projects.declared_at(name) {
            let text = format!("project {name:?} is declared at {}:{line}; change it there", self.config.file);
            return Err(ApiError::new(ErrorCode::DeclaredProject, text));
        }
        if self.projects.contains(name) { Ok(()) } else { Err(self.unknown_project(name)) }
    }

    fn check_create(&self, create: &ProjectCreate) -> Result<(), ApiError> {
        check_project_name(&create.name).map_err(|text| ApiError::new(ErrorCode::InvalidName, text))?;
        if let Some(line) = self.projects.declared_at(&create.name) {
            let text = format!("project {:?} is declared at {}:{line} already", create.name, self.config.file);
            return Err(ApiError::new(ErrorCode::ProjectExists, text));
        }
        if self.projects.contains(&create.name) {
            let text = format!("project {:?} exists already; `i3pm project update` changes it", create.name);
            return Err(ApiError::new(ErrorCode::ProjectExists, text));
        }
        if self.projects.created.len() >= CREATED_PROJECTS_MAX {
            let text = format!("there are {CREATED_PROJECTS_MAX} created projects already; delete one first");
            return Err(ApiError::new(ErrorCode::Overloaded, text));
        }
        check_texts(&create.dir, &create.icon, &create.display_name)
    }

    pub(super) fn project_create(
        &mut self,
        now: Time,
        peer: PeerId,
        call: CallId,
        create: ProjectCreate,
        effects: &mut Vec<Effect>,
    ) {
        match self.check_create(&create) {
            Ok(()) => self.store(now, peer, call, StoreChange::Create(create), effects),
            Err(error) => self.answer(peer, call, Err(error), effects),
        }
    }

    pub(super) fn project_update(
        &mut self,
        now: Time,
        peer: PeerId,
        call: CallId,
        update: ProjectUpdate,
        effects: &mut Vec<Effect>,
    ) {
        let checked = self
            .check_changeable(&update.name)
            .and_then(|()| check_texts(&update.dir, &update.icon, &update.display_name));
        match checked {
            Ok(()) => self.store(now, peer, call, StoreChange::Update(update), effects),
            Err(error) => self.answer(peer, call, Err(error), effects),
        }
    }

    pub(super) fn project_delete(
        &mut self,
        now: Time,
        peer: PeerId,
        call: CallId,
        name: String,
        effects: &mut Vec<Effect>,
    ) {
        match self.check_changeable(&name) {
            Ok(()) => self.store(now, peer, call, StoreChange::Delete(name), effects),
            Err(error) => self.answer(peer, call, Err(error), effects),
        }
    }

    fn check_rename(&self, rename: &ProjectRename) -> Result<(), ApiError> {
        self.check_changeable(&rename.name)?;
        check_project_name(&rename.to).map_err(|text| ApiError::new(ErrorCode::InvalidName, text))?;
        let exists = |text: String| Err(ApiError::new(ErrorCode::ProjectExists, text));
        match self.projects.declared_at(&rename.to) {
            Some(line) => exists(format!("project {:?} is declared at {}:{line} already", rename.to, self.config.file)),
            None if self.projects.contains(&rename.to) => {
                exists(format!("project {:?} exists already; take another name, or delete that one first", rename.to))
            }
            None => Ok(()),
        }
    }

    pub(super) fn project_rename(
        &mut self,
        now: Time,
        peer: PeerId,
        call: CallId,
        rename: ProjectRename,
        effects: &mut Vec<Effect>,
    ) {
        match self.check_rename(&rename) {
            Ok(()) => self.store(now, peer, call, StoreChange::Rename(rename), effects),
            Err(error) => self.answer(peer, call, Err(error), effects),
        }
    }

    fn store(&mut self, now: Time, peer: PeerId, call: CallId, change: StoreChange, effects: &mut Vec<Effect>) {
        self.store_queue.push_back(StoreRequest { peer, call, change, job: None });
        if self.store_queue.len() == 1 {
            self.store_next(now, effects);
        }
    }

    /// Write the projects as they will be after the first change that waits.
    pub(super) fn store_next(&mut self, now: Time, effects: &mut Vec<Effect>) {
        while let Some(request) = self.store_queue.front() {
            match self.stores.get(&StoreFile::Projects) {
                // `store_set_aside` comes back here.
                Some(Standing::SettingAside(_)) => return,
                Some(Standing::LeftAlone(text)) => {
                    let (error, caller) = (ApiError::new(ErrorCode::StoreFailed, text.clone()), request.caller());
                    self.store_queue.pop_front();
                    self.answer(caller.0, caller.1, Err(error), effects);
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
            let (peer, call) = (request.peer, request.call);
            if let Err(error) = still {
                self.store_queue.pop_front();
                self.answer(peer, call, Err(error), effects);
                continue;
            }
            let mut created = self.projects.created.clone();
            apply(&mut created, &request.change);
            let required_directory = match &request.change {
                StoreChange::Create(create) => create.dir.clone(),
                StoreChange::Update(update) => update.dir.clone().filter(|dir| !dir.is_empty()),
                StoreChange::Delete(_) | StoreChange::Rename(_) => None,
            };
            let job = self.new_job();
            if let Some(request) = self.store_queue.front_mut() {
                request.job = Some(job);
            }
            self.deadlines.set(Deadline::Store, now + deadline::STORE_DEADLINE);
            effects.push(Effect::WriteStore {
                job,
                file: StoreFile::Projects,
                text: projects_text(&created),
                required_directory,
            });
            return;
        }
    }

    pub(super) fn store_written(
        &mut self,
        now: Time,
        job: JobId,
        result: Result<(), StoreError>,
        effects: &mut Vec<Effect>,
    ) {
        if self.store_queue.front().is_some_and(|request| request.job == Some(job)) {
            self.deadlines.clear(Deadline::Store);
            let Some(request) = self.store_queue.pop_front() else { return };
            match result {
                Ok(()) => {
                    apply(&mut self.projects.created, &request.change);
                    self.dirty.projects = true;
                    self.stored(now, request, effects);
                }
                Err(StoreError::Directory(text)) => {
                    self.answer(
                        request.peer,
                        request.call,
                        Err(ApiError::new(ErrorCode::InvalidDirectory, text)),
                        effects,
                    );
                }
                Err(StoreError::Write(text)) => {
                    let text = format!("{text}; nothing was changed: make room or mend its directory and try again");
                    self.answer(request.peer, request.call, Err(ApiError::new(ErrorCode::StoreFailed, text)), effects);
                }
            }
            self.store_next(now, effects);
            return;
        }
        match result {
            Ok(()) => self.store_failure = None,
            Err(StoreError::Directory(text) | StoreError::Write(text)) => self.store_failed(now, text, effects),
        }
        self.saved(job);
    }

    /// The projects file was set aside: what could be read of it shall not be lost with it.
    pub(super) fn rewrite_projects(&mut self, effects: &mut Vec<Effect>) {
        if !self.projects.created.is_empty() {
            let job = self.new_job();
            let text = projects_text(&self.projects.created);
            effects.push(Effect::WriteStore { job, file: StoreFile::Projects, text, required_directory: None });
        }
    }

    /// The file was not written in time.
    pub(super) fn store_overdue(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if let Some(request) = self.store_queue.pop_front() {
            let text = "the projects file could not be written in time; nothing was changed";
            self.answer(request.peer, request.call, Err(ApiError::new(ErrorCode::StoreFailed, text)), effects);
        }
        self.store_next(now, effects);
    }

    fn stored(&mut self, now: Time, request: StoreRequest, effects: &mut Vec<Effect>) {
        let (peer, call) = (request.peer, request.call);
        match request.change {
            StoreChange::Create(create) => {
                let text = format!("project {:?}", create.name);
                let note = Note::new(Level::Info, "project.created", text).with("project", &create.name);
                self.log(now, note, effects);
                match create.take {
                    Some(take) => self.take_windows(now, peer, call, create.name, take, effects),
                    None => {
                        let project = self.project(&create.name);
                        self.answer(peer, call, Ok(Reply::Project(ProjectAnswer { project, taken: None })), effects);
                    }
                }
                self.arrange_if_needed();
            }
            StoreChange::Update(update) => {
                let project = self.project(&update.name);
                self.answer(peer, call, Ok(Reply::Project(ProjectAnswer { project, taken: None })), effects);
            }
            StoreChange::Rename(rename) => {
                self.project_renamed(now, &rename, effects);
                let project = self.project(&rename.to);
                self.answer(peer, call, Ok(Reply::Project(ProjectAnswer { project, taken: None })), effects);
            }
            StoreChange::Delete(name) => {
                let text = format!("project {name:?}");
                self.log(now, Note::new(Level::Info, "project.deleted", text).with("project", &name), effects);
                let of_project = self.table.windows.values().filter(|window| window.owner.has(&name));
                let owned: Vec<(u64, usize)> =
                    of_project.map(|window| (window.id, window.owner.projects().count())).collect();
                if self.active.as_ref() == Some(&name) {
                    self.active = None;
                }
                self.fail_lost_switches(effects);
                self.memories.remove(&name);
                self.order_of_use.retain(|other| *other != name);
                let mut windows = 0;
                for (id, projects) in owned {
                    // Nothing that asks for its windows would find it.
                    self.unstow(id);
                    if projects == 1 {
                        windows += 1;
                        self.own(id, Owner::Global, Claim::Default, Some(format!("project {name:?} was deleted")));
                    } else {
                        self.disown(id, &name);
                    }
                }
                self.because(Cause::ProjectDeleted);
                self.arrange_if_needed();
                let reply = Deleted { deleted: name, windows };
                self.answer(peer, call, Ok(Reply::Deleted(reply)), effects);
            }
        }
    }
}

/// The same limits as for declared projects. An empty text removes, and nothing is asked of it.
fn check_texts(dir: &Option<String>, icon: &Option<String>, display_name: &Option<String>) -> Result<(), ApiError> {
    if let Some(dir) = dir.as_ref().filter(|dir| !dir.is_empty()) {
        expand_dir(dir, None).map_err(|text| ApiError::new(ErrorCode::InvalidDirectory, text))?;
    }
    for (what, label) in [("the icon", icon), ("the display name", display_name)] {
        check_label(what, label.as_deref().unwrap_or_default())
            .map_err(|text| ApiError::new(ErrorCode::InvalidParams, text))?;
    }
    Ok(())
}

fn apply(created: &mut BTreeMap<String, Details>, change: &StoreChange) {
    match change {
        StoreChange::Create(create) => {
            let details = Details {
                dir: create.dir.clone(),
                icon: create.icon.clone(),
                display_name: create.display_name.clone(),
                formerly: Vec::new(),
            };
            created.insert(create.name.clone(), details);
            forget_former(created, &create.name);
        }
        StoreChange::Update(update) => {
            if let Some(details) = created.get_mut(&update.name) {
                for (field, new) in [
                    (&mut details.dir, &update.dir),
                    (&mut details.icon, &update.icon),
                    (&mut details.display_name, &update.display_name),
                ] {
                    if let Some(new) = new {
                        *field = Some(new.clone()).filter(|text| !text.is_empty());
                    }
                }
            }
        }
        StoreChange::Delete(name) => {
            created.remove(name);
        }
        StoreChange::Rename(ProjectRename { name, to }) => {
            if let Some(mut details) = created.remove(name) {
                details.formerly.push(name.clone());
                let excess = details.formerly.len().saturating_sub(FORMER_NAMES_MAX);
                details.formerly.drain(..excess);
                created.insert(to.clone(), details);
                forget_former(created, to);
            }
        }
    }
}

/// A name is in use from now on, so no project had it before.
fn forget_former(created: &mut BTreeMap<String, Details>, name: &str) {
    for details in created.values_mut() {
        details.formerly.retain(|former| former != name);
    }
}
