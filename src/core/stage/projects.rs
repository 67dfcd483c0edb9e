//! What it means for the screen that projects come, go, or have other names.
//!
//! *Renaming.* The projects file comes first, and has the old name beside the new one
//! (`formerly`). It is put in place as a whole: a daemon that dies before has done nothing. One
//! that dies after it, and before the runtime file, the marks of all windows or the order of use
//! have the new name, leaves the old one in them; the next daemon reads that as the new one, here
//! as well, and sends the marks that are missing. So no window is without its project at any
//! moment. The environments of programs that run keep the old name for ever, and are read in the
//! same way.

use std::sync::Arc;

use crate::api::{Claim, ProjectRename};
use crate::core::model::Model;
use crate::core::stage::Stage;
use crate::core::turn::Turn;
use crate::core::windows::window::{Owned, Owner};
use crate::core::words::cause::Cause;
use crate::core::words::deadline::{self, Deadline};
use crate::core::words::note::{Level, Note};

impl Stage {
    /// Projects came or went.
    pub(in crate::core) fn projects_changed(&mut self, turn: &mut Turn<'_>, model: &mut Model) {
        let config = Arc::clone(&turn.config);
        for name in model.projects.known.declare(&config) {
            let text =
                format!("project {name:?} is declared in {} and was created too; the declared one holds", config.file);
            turn.note(Level::Warning, "project.twice", text);
        }
        self.follow_names(turn, model);
        if model.projects.is_decided() && model.keep.files.tell_projects() {
            model.projects.leave_if_unknown();
        }
        self.fail_lost_switches(turn, model);
        // Nothing that asks for the windows of a project would find those of one that is no more.
        let stowed =
            model.windows.table.windows.values().filter(|window| window.stowed && window.owner != Owner::Global);
        let lost = stowed.filter(|window| !window.owner.projects().any(|name| model.projects.known.contains(name)));
        for id in lost.map(|window| window.id).collect::<Vec<_>>() {
            self.unstow(turn, model, id);
        }
        turn.dirty.projects = true;
        self.because(Cause::Configuration);
        self.arrange_if_needed(turn, model);
    }

    /// A project is no more: nothing is left of it here. Answers how many windows are global for
    /// it.
    pub(in crate::core) fn forget_project(&mut self, turn: &mut Turn<'_>, model: &mut Model, name: &str) -> usize {
        let of_project = model.windows.table.windows.values().filter(|window| window.owner.has(name));
        let owned: Vec<(u64, usize)> = of_project.map(|window| (window.id, window.owner.projects().count())).collect();
        self.fail_lost_switches(turn, model);
        model.windows.forget_project(name);
        model.projects.forget(name);
        let mut windows = 0;
        for (id, projects) in owned {
            // Nothing that asks for its windows would find it.
            self.unstow(turn, model, id);
            if projects == 1 {
                windows += 1;
                let by = Some(format!("project {name:?} was deleted"));
                let owned = Owned { owner: Owner::Global, claim: Claim::Default, by };
                self.own(turn, model, id, owned);
            } else {
                self.disown(turn, model, id, name);
            }
        }
        windows
    }

    /// The projects file has a new name for a project.
    pub(in crate::core) fn project_renamed(&mut self, turn: &mut Turn<'_>, model: &mut Model, rename: &ProjectRename) {
        let text = format!("project {:?} is {:?} now", rename.name, rename.to);
        turn.log(Note::new(Level::Info, "project.renamed", text).with("project", &rename.to));
        self.follow_names(turn, model);
        self.rewrite_runtime(turn, model);
        turn.deadlines.set_once(Deadline::Save, turn.now + deadline::SAVE_DELAY);
    }

    /// Whatever has an old name gets the new one.
    pub(in crate::core) fn follow_names(&mut self, turn: &mut Turn<'_>, model: &mut Model) {
        model.follow_names(turn);
        let known = &model.projects.known;
        let in_hand = self.arrangement.as_mut().and_then(|arrangement| arrangement.switch.as_mut());
        let switches = in_hand.into_iter().chain(&mut self.next_switch).filter_map(|switch| switch.target.as_mut());
        let closed = self.closings.iter_mut().map(|closing| &mut closing.project);
        switches.chain(closed).for_each(|name| known.follow(name));
    }
}
