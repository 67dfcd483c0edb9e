//! What is worked on to find out whose windows are: the windows, beside what is looked at.

use crate::config::Config;
use crate::core::belonging::Belonging;
use crate::core::belonging::facts::{Facts, Scene};
use crate::core::projects::Projects;
use crate::core::tree::ContainerId;
use crate::core::turn::Turn;
use crate::core::windows::Windows;
use crate::core::windows::window::{Owned, Owner};

/// The windows, and what is looked at.
#[derive(Debug)]
pub struct Desk<'a> {
    /// The windows.
    pub windows: &'a mut Windows,
    /// The projects.
    pub projects: &'a Projects,
    /// What is on the screen.
    pub scene: Scene<'a>,
}

impl Desk<'_> {
    /// What questions about windows may look at.
    #[must_use]
    pub fn facts<'a>(&'a self, config: &'a Config, belonging: &'a Belonging) -> Facts<'a> {
        Facts { config, windows: self.windows, projects: self.projects, belonging, scene: self.scene }
    }

    /// Give a window to its owner. The caller asks for an arrangement when all are given.
    pub fn own(&mut self, turn: &mut Turn<'_>, id: ContainerId, owned: Owned) {
        let Some(window) = self.windows.table.windows.get(&id) else { return };
        let is_new = window.owner == Owner::Pending;
        let active = if is_new { self.projects.opened_in(window) } else { self.scene.target };
        let leaves =
            matches!((&owned.owner, active), (Owner::Projects(names), Some(active)) if !names.contains(active));
        self.windows.table.own(id, owned, leaves);
        turn.wants.marks = true;
        turn.wants.anew = true;
        turn.dirty.windows = true;
        turn.dirty.projects = true;
    }
}
