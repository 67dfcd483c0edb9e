//! What becomes of a window of a project that is not the active one when it opens.
//!
//! What a person opens is seen, and what is hidden is said: its project asks for attention until it
//! is switched to, and a note tells it. `on_newcomer` says whether it is hidden at all. A question,
//! a modal window that belongs to no other one, is shown where the person is.

use std::collections::BTreeSet;

use crate::api::Claim;
use crate::config::{OnNewcomer, WINDOW_PROJECTS_MAX};
use crate::core::belonging::Belonging;
use crate::core::belonging::desk::Desk;
use crate::core::belonging::facts::Facts;
use crate::core::tree::ContainerId;
use crate::core::turn::Turn;
use crate::core::windows::window::{Owner, WindowState};
use crate::core::words::note::Level;
use crate::core::words::wm::WmKind;

impl Belonging {
    /// A newcomer has its owner: say so if it is hidden, or would have been.
    pub(in crate::core) fn tell_newcomer(
        &self,
        turn: &mut Turn<'_>,
        desk: &mut Desk<'_>,
        id: ContainerId,
        claimed: &Owner,
    ) {
        let here = desk.scene.target;
        let Some(window) = desk.windows.table.windows.get(&id) else { return };
        let title = window.client.title.clone().unwrap_or_default();
        let names = claimed.projects().collect::<Vec<_>>().join(", ");
        if *claimed != window.owner {
            let here = here.unwrap_or_default();
            let text = format!("window {id} {title:?} of {names} opened in {here}, and is shown there");
            return turn.note(Level::Info, "newcomer.shown", text);
        }
        let facts = desk.facts(&turn.config, self);
        let came_along = window.hidden || facts.is_at_home(window, claimed);
        if !window.origin.opened || came_along || facts.unwanted(here, window).is_none() {
            return;
        }
        desk.windows.table.not_seen_yet(id);
        turn.dirty.projects = true;
        let text = format!("window {id} {title:?} of {names} opened, and is hidden until that is switched to");
        turn.note(Level::Info, "newcomer.hidden", text);
    }
}

impl<'a> Facts<'a> {
    /// To whom a newcomer belongs that is claimed for these: to the project at hand too if it is
    /// to be seen there.
    pub(in crate::core) fn owner_in_sight(self, window: &'a WindowState, owner: Owner, claim: Claim) -> Owner {
        let (Owner::Projects(projects), Some(here)) = (&owner, self.scene.target) else { return owner };
        let stays_hidden = window.hidden || !window.origin.opened || self.is_at_home(window, &owner);
        let stays_hidden = stays_hidden || window.sticky || window.in_scratchpad;
        let is_known = projects.iter().any(|project| self.projects.known.contains(project));
        if projects.contains(here) || stays_hidden || !is_known || projects.len() >= WINDOW_PROJECTS_MAX {
            return owner;
        }
        if self.config.on_newcomer == OnNewcomer::Show || self.is_question(window, claim) {
            return Owner::Projects(projects | &BTreeSet::from([here.to_string()]));
        }
        owner
    }

    /// Was it in sight where it opened? Then it goes with its project where the user has gone
    /// elsewhere meanwhile.
    fn is_at_home(self, window: &'a WindowState, owner: &Owner) -> bool {
        self.projects.opened_in(window).is_none_or(|project| owner.has(project))
    }

    /// Does it hold other windows up until it is answered? sway does not tell, so there it is any
    /// dialog.
    pub(in crate::core) fn is_modal(self, window: &'a WindowState) -> bool {
        window.client.modal || (self.scene.kind == Some(WmKind::Sway) && window.client.dialog)
    }

    /// A modal window that belongs to no other waits for somebody who answers.
    fn is_question(self, window: &'a WindowState, claim: Claim) -> bool {
        let by_process =
            matches!(claim, Claim::Launch | Claim::Parent | Claim::Process | Claim::Environment | Claim::Directory);
        self.is_modal(window) && by_process && self.parent_of(window).is_none()
    }
}
