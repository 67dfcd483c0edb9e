//! Renaming a created project: whatever has the old name gets the new one.
//!
//! The projects file comes first, and has the old name beside the new one (`formerly`). It is put in place as a whole: a daemon that dies before has
//! done nothing. One that dies after it, and before the runtime file, the marks of all windows or the order of use have the new name, leaves the
//! old one in them; the next daemon reads that as the new one, here as well, and sends the marks that are missing. So no window is
//! without its project at any moment. The environments of programs that run keep the old name for ever, and are read in the same way.

use std::collections::BTreeSet;

use crate::api::ProjectRename;
use crate::core::Core;
use crate::core::turn::Turn;
use crate::core::windows::window::Owner;
use crate::core::words::deadline::{self, Deadline};
use crate::core::words::note::{Level, Note};

impl Core {
    /// The projects file has the new name.
    pub(in crate::core) fn project_renamed(&mut self, turn: &mut Turn<'_>, rename: &ProjectRename) {
        let text = format!("project {:?} is {:?} now", rename.name, rename.to);
        turn.log(Note::new(Level::Info, "project.renamed", text).with("project", &rename.to));
        self.follow_names(turn);
        self.rewrite_runtime(turn);
        self.deadlines.set_once(Deadline::Save, turn.now + deadline::SAVE_DELAY);
    }

    /// Have what bears the former name of a project bear its present one.
    pub(in crate::core) fn follow_names(&mut self, turn: &mut Turn<'_>) {
        if !self.projects.known.have_former_names() {
            return;
        }
        let projects = &self.projects.known;
        let follow = |name: &mut String| {
            if let Some(current) = projects.current_name(name).filter(|current| *current != name.as_str()) {
                *name = current.to_string();
            }
        };
        let follow_owner = |owner: &mut Owner| {
            let Owner::Projects(names) = owner else { return false };
            if names.iter().all(|name| projects.current_name(name).is_none_or(|current| current == name)) {
                return false;
            }
            *names = std::mem::take(names)
                .into_iter()
                .map(|mut name| {
                    follow(&mut name);
                    name
                })
                .collect();
            true
        };
        for window in self.windows.table.windows.values_mut() {
            if follow_owner(&mut window.owner) {
                self.stage.marks_wanted = true;
                turn.dirty.windows = true;
                turn.dirty.projects = true;
            }
        }
        self.belonging.launches.owners().for_each(|owner| {
            follow_owner(owner);
        });
        for (mut name, memory) in std::mem::take(&mut self.windows.memories) {
            follow(&mut name);
            self.windows.memories.entry(name).or_insert(memory);
        }
        for names in std::iter::once(&mut self.projects.order_of_use).chain(&mut self.projects.walk) {
            names.iter_mut().for_each(follow);
            let mut seen = BTreeSet::new();
            names.retain(|name| seen.insert(name.clone()));
        }
        let in_hand = self.stage.arrangement.as_mut().and_then(|arrangement| arrangement.switch.as_mut());
        let switches = in_hand.into_iter().chain(&mut self.stage.next_switch).map(|switch| &mut switch.target);
        let wanted = switches.chain(&mut self.projects.undecided).chain([&mut self.projects.active]).flatten();
        let opened = self.programs.openings.iter_mut().map(|opening| &mut opening.project);
        let closed = self.stage.closings.iter_mut().map(|closing| &mut closing.project);
        wanted.chain(opened).chain(closed).for_each(follow);
    }
}
