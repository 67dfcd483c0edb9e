//! The model: what is known, and what was decided of it. What is said to the window manager and to
//! others about it is not in here.

use crate::core::belonging::Belonging;
use crate::core::keep::Keep;
use crate::core::projects::Projects;
use crate::core::turn::Turn;
use crate::core::windows::Windows;
use crate::core::windows::window::Owner;

/// What is known of windows and projects.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// The windows.
    pub windows: Windows,
    /// The projects.
    pub projects: Projects,
    /// Whose the windows are.
    pub belonging: Belonging,
    /// What outlives the daemon.
    pub keep: Keep,
}

impl Model {
    /// Projects have other names: what has the old one gets the new one.
    pub fn follow_names(&mut self, turn: &mut Turn<'_>) {
        if !self.projects.known.have_former_names() {
            return;
        }
        let known = &self.projects.known;
        let follow_owner = |owner: &mut Owner| {
            let Owner::Projects(names) = owner else { return false };
            if names.iter().all(|name| known.current_name(name).is_none_or(|current| current == name)) {
                return false;
            }
            *names = std::mem::take(names).into_iter().map(|name| known.followed(name)).collect();
            true
        };
        for window in self.windows.table.windows.values_mut() {
            if follow_owner(&mut window.owner) {
                turn.wants.marks = true;
                turn.dirty.windows = true;
                turn.dirty.projects = true;
            }
        }
        self.belonging.launches.owners().for_each(|owner| {
            follow_owner(owner);
        });
        for (name, memory) in std::mem::take(&mut self.windows.memories) {
            self.windows.memories.entry(known.followed(name)).or_insert(memory);
        }
        self.projects.follow_names();
    }
}
