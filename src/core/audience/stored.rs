//! A change of the projects file is on the disk.

use crate::api::{Deleted, ProjectAnswer, Reply};
use crate::core::Core;
use crate::core::projects::change::{StoreChange, StoreRequest};
use crate::core::turn::Turn;
use crate::core::words::cause::Cause;
use crate::core::words::deadline;
use crate::core::words::note::{Level, Note};

impl Core {
    /// A change of the projects file is on the disk: it is in force, and who asked for it hears so.
    pub(in crate::core) fn stored(&mut self, turn: &mut Turn<'_>, request: StoreRequest) {
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
                        let project = self.model.projects.described(&self.model.windows, &create.name);
                        turn.answer(caller, Ok(Reply::Project(ProjectAnswer { project, taken: None })));
                    }
                }
                turn.wants.rearranged = true;
            }
            StoreChange::Update(update) => {
                let project = self.model.projects.described(&self.model.windows, &update.name);
                turn.answer(caller, Ok(Reply::Project(ProjectAnswer { project, taken: None })));
            }
            StoreChange::Rename(rename) => {
                self.stage.project_renamed(turn, &mut self.model, &rename);
                self.programs.follow_names(&self.model.projects.known);
                let project = self.model.projects.described(&self.model.windows, &rename.to);
                turn.answer(caller, Ok(Reply::Project(ProjectAnswer { project, taken: None })));
            }
            StoreChange::Delete(name) => {
                let text = format!("project {name:?}");
                turn.log(Note::new(Level::Info, "project.deleted", text).with("project", &name));
                let windows = self.stage.forget_project(turn, &mut self.model, &name);
                turn.wants.arrangement(Cause::ProjectDeleted);
                let reply = Deleted { deleted: name, windows };
                turn.answer(caller, Ok(Reply::Deleted(reply)));
            }
        }
    }
}
