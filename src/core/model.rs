//! The model: what is known, and what was decided of it. What is said to the window manager and to
//! others about it is not in here.

use crate::core::belonging::Belonging;
use crate::core::keep::Keep;
use crate::core::projects::Projects;
use crate::core::turn::Turn;
use crate::core::windows::Windows;

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
        let followed = |name| self.projects.known.followed(name);
        if self.windows.rename_projects(followed) {
            turn.wants.marks = true;
            turn.dirty.windows = true;
            turn.dirty.projects = true;
        }
        self.belonging.launches.owners().for_each(|owner| {
            owner.rename(followed);
        });
        self.projects.follow_names();
    }
}
