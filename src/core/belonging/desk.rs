//! What is worked on to find out whose windows are: the windows, beside what is looked at.

use crate::api::Claim;
use crate::config::Config;
use crate::core::belonging::Belonging;
use crate::core::belonging::facts::{Facts, Scene};
use crate::core::projects::Projects;
use crate::core::tree::ContainerId;
use crate::core::turn::Turn;
use crate::core::windows::Windows;
use crate::core::windows::window::Owner;

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

/// Whose a window is, and why.
#[derive(Debug)]
pub struct Owned {
    /// Whose.
    pub owner: Owner,
    /// By which claim.
    pub claim: Claim,
    /// What said so, for people.
    pub by: Option<String>,
}

impl Desk<'_> {
    /// What questions about windows may look at.
    #[must_use]
    pub fn facts<'a>(&'a self, config: &'a Config, belonging: &'a Belonging) -> Facts<'a> {
        Facts { config, windows: self.windows, projects: self.projects, belonging, scene: self.scene }
    }

    /// Give a window to its owner. The caller asks for an arrangement when all are given.
    pub fn own(&mut self, turn: &mut Turn<'_>, id: ContainerId, owned: Owned) {
        let Some(window) = self.windows.table.windows.get_mut(&id) else { return };
        let Owned { owner, claim, by } = owned;
        let is_new = window.owner == Owner::Pending;
        let active = if is_new { self.projects.opened_in(window) } else { self.scene.target };
        let leaves = matches!((&owner, active), (Owner::Projects(names), Some(active)) if !names.contains(active));
        // What is hidden already returns to where it was.
        window.away = window.origin.opened && !window.hidden && leaves;
        window.owner = owner;
        window.claim = claim;
        window.claimed_by = by;
        window.by_user = claim == Claim::User;
        turn.wants.marks = true;
        turn.wants.anew = true;
        turn.dirty.windows = true;
        turn.dirty.projects = true;
    }
}
