//! Changes of the projects that calls created: one after another, each done when it is on the disk.

use crate::api::{ApiError, ErrorCode, ProjectCreate, ProjectRename, ProjectUpdate};
use crate::config::check_project_name;
use crate::core::model::Model;
use crate::core::projects::change::{StoreChange, StoreRequest, check_texts};
use crate::core::projects::known::CREATED_PROJECTS_MAX;
use crate::core::told::Told;
use crate::core::turn::Turn;
use crate::core::words::deadline::{self, Deadline};
use crate::core::words::ids::{Caller, JobId};
use crate::core::words::store::{Standing, StoreError, StoreFile};

impl Model {
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

    pub(in crate::core) fn project_rename(&mut self, turn: &mut Turn<'_>, caller: Caller, rename: ProjectRename) {
        match self.check_rename(&rename) {
            Ok(()) => self.store(turn, caller, StoreChange::Rename(rename)),
            Err(error) => turn.answer(caller, Err(error)),
        }
    }

    fn store(&mut self, turn: &mut Turn<'_>, caller: Caller, change: StoreChange) {
        self.keep.changes.push_back(StoreRequest { caller, asked: turn.now, change, job: None });
        if self.keep.changes.len() == 1 {
            self.store_next(turn);
        }
    }

    /// Write the projects as they will be after the first change that waits.
    pub(in crate::core) fn store_next(&mut self, turn: &mut Turn<'_>) {
        while let Some(request) = self.keep.changes.front() {
            let until = (turn.now + deadline::STORE_DEADLINE).min(request.asked + deadline::STORE_CALL_DEADLINE);
            turn.deadlines.set_once(Deadline::Store, until);
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
        // Later than every change that is known, also where a clock is wrong.
        let time = turn.unix_ms().max(self.projects.known.created.newest().saturating_add(1));
        let Some(request) = self.keep.changes.front() else { return };
        let mut created = self.projects.known.created.clone();
        created.apply(&request.change, time);
        let required_directory = match &request.change {
            StoreChange::Create(create) => create.dir.clone(),
            StoreChange::Update(update) => update.dir.clone().filter(|dir| !dir.is_empty()),
            StoreChange::Delete(_) | StoreChange::Rename(_) => None,
        };
        let job = self.keep.write_store(turn, StoreFile::Projects, created.to_text(), required_directory);
        if let Some(request) = self.keep.changes.front_mut() {
            request.job = Some((job, time));
        }
    }

    /// The first change that waits will not be made.
    fn refuse_store(&mut self, turn: &mut Turn<'_>, error: ApiError) {
        turn.deadlines.clear(Deadline::Store);
        if let Some(request) = self.keep.changes.pop_front() {
            turn.answer(request.caller, Err(error));
        }
    }

    /// The file has the first change that waited, or it could not be written.
    pub(in crate::core) fn change_written(&mut self, turn: &mut Turn<'_>, result: Result<(), StoreError>) {
        let error = match result {
            Ok(()) => {
                turn.deadlines.clear(Deadline::Store);
                let Some(request) = self.keep.changes.pop_front() else { return };
                let (_, time) = request.job.unwrap_or((JobId(0), 0));
                self.projects.known.created.apply(&request.change, time);
                turn.dirty.projects = true;
                return turn.tell(Told::Stored(Box::new(request)));
            }
            Err(StoreError::Directory(text)) => ApiError::new(ErrorCode::InvalidDirectory, text),
            Err(StoreError::Write(text)) => {
                let text = format!("{text}; nothing was changed: make room or mend its directory and try again");
                ApiError::new(ErrorCode::StoreFailed, text)
            }
            // What is there has been taken in: the change is made once more, to that.
            Err(StoreError::Changed(_)) => {
                if let Some(request) = self.keep.changes.front_mut() {
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
            self.keep.write_store(turn, StoreFile::Projects, text, None);
        }
    }

    /// The file was not written in time.
    pub(in crate::core) fn store_overdue(&mut self, turn: &mut Turn<'_>) {
        self.keep.stores.forsake(StoreFile::Projects);
        let text = "the projects file could not be written in time; nothing was changed, unless the disk does it late";
        self.refuse_store(turn, ApiError::new(ErrorCode::StoreFailed, text));
        self.store_next(turn);
    }

    fn check_create(&self, create: &ProjectCreate) -> Result<(), ApiError> {
        check_project_name(&create.name).map_err(|text| ApiError::new(ErrorCode::InvalidName, text))?;
        if let Some(place) = self.projects.known.declared_at(&create.name) {
            let text = format!("project {:?} is declared at {place} already", create.name);
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

    fn check_changeable(&self, name: &str) -> Result<(), ApiError> {
        if let Some(place) = self.projects.known.declared_at(name) {
            let text = format!("project {name:?} is declared at {place}; change it there");
            return Err(ApiError::new(ErrorCode::DeclaredProject, text));
        }
        if self.projects.known.contains(name) { Ok(()) } else { Err(self.unknown_project(name)) }
    }

    fn check_rename(&self, rename: &ProjectRename) -> Result<(), ApiError> {
        self.check_changeable(&rename.name)?;
        check_project_name(&rename.to).map_err(|text| ApiError::new(ErrorCode::InvalidName, text))?;
        let exists = |text: String| Err(ApiError::new(ErrorCode::ProjectExists, text));
        match self.projects.known.declared_at(&rename.to) {
            Some(place) => exists(format!("project {:?} is declared at {place} already", rename.to)),
            None if self.projects.known.contains(&rename.to) => {
                exists(format!("project {:?} exists already; take another name, or delete that one first", rename.to))
            }
            None => Ok(()),
        }
    }
}
