//! What becomes of a window of a project that is not the active one when it opens.
//!
//! What a person opens is seen, and what is hidden is said: its project asks for attention until it is switched to, and a note tells it.
//! `on_newcomer` says whether it is hidden at all. A question, a modal window that belongs to no other one, is shown where the person is.

use std::collections::BTreeSet;

use crate::api::Claim;
use crate::config::{OnNewcomer, WINDOW_PROJECTS_MAX};
use crate::core::Core;
use crate::core::tree::ContainerId;
use crate::core::turn::Turn;
use crate::core::windows::window::{Owner, WindowState};
use crate::core::words::note::Level;
use crate::core::words::time::Time;
use crate::core::words::wm::WmKind;

impl Core {
    /// A window appeared. Whose it is may be known later, and the user may have gone elsewhere by then.
    pub(in crate::core) fn appeared(&mut self, now: Time, id: ContainerId) {
        let project = self.project_on_screen().map(str::to_string);
        if let Some(window) = self.windows.table.windows.get_mut(&id) {
            window.seen = now;
            window.opened_in = project;
        }
    }

    /// The project that was the active one when a window appeared, by the name that it has now.
    pub(in crate::core) fn opened_in<'a>(&'a self, window: &'a WindowState) -> Option<&'a str> {
        self.projects.known.current_name(window.opened_in.as_deref()?)
    }

    /// To whom a newcomer belongs that is claimed for these: to the project at hand too where it is to be seen there.
    pub(in crate::core) fn owner_in_sight(&self, window: &WindowState, owner: Owner, claim: Claim) -> Owner {
        let (Owner::Projects(projects), Some(here)) = (&owner, self.project_for_new_windows()) else { return owner };
        let stays_hidden = window.hidden || !window.opened || self.is_at_home(window, &owner);
        let stays_hidden = stays_hidden || window.sticky || window.in_scratchpad;
        let is_known = projects.iter().any(|project| self.projects.known.contains(project));
        if projects.contains(here) || stays_hidden || !is_known || projects.len() >= WINDOW_PROJECTS_MAX {
            return owner;
        }
        if self.config.current.on_newcomer == OnNewcomer::Show || self.is_question(window, claim) {
            return Owner::Projects(projects | &BTreeSet::from([here.to_string()]));
        }
        owner
    }

    /// Was it in sight where it opened? Then it goes with its project where the user has gone elsewhere meanwhile.
    fn is_at_home(&self, window: &WindowState, owner: &Owner) -> bool {
        self.opened_in(window).is_none_or(|project| owner.has(project))
    }

    /// Does it hold other windows up until it is answered? sway does not tell, so there it is any dialog.
    pub(in crate::core) fn is_modal(&self, window: &WindowState) -> bool {
        window.modal || (self.stage.link.kind == Some(WmKind::Sway) && window.dialog)
    }

    /// A modal window that belongs to no other waits for somebody who answers.
    fn is_question(&self, window: &WindowState, claim: Claim) -> bool {
        let by_process =
            matches!(claim, Claim::Launch | Claim::Parent | Claim::Process | Claim::Environment | Claim::Directory);
        self.is_modal(window) && by_process && self.parent_of(window).is_none()
    }

    /// A newcomer has its owner: say so where it is hidden, or would have been.
    pub(in crate::core) fn tell_newcomer(&mut self, turn: &mut Turn<'_>, id: ContainerId, claimed: &Owner) {
        let here = self.project_for_new_windows().map(str::to_string);
        let Some(window) = self.windows.table.windows.get(&id) else { return };
        let title = window.title.clone().unwrap_or_default();
        let names = claimed.projects().collect::<Vec<_>>().join(", ");
        if *claimed != window.owner {
            let here = here.unwrap_or_default();
            let text = format!("window {id} {title:?} of {names} opened in {here}, and is shown there");
            return turn.note(Level::Info, "newcomer.shown", text);
        }
        let came_along = window.hidden || self.is_at_home(window, claimed);
        if !window.opened || came_along || self.unwanted_for(here.as_deref(), window).is_none() {
            return;
        }
        if let Some(window) = self.windows.table.windows.get_mut(&id) {
            window.unseen = true;
        }
        turn.dirty.projects = true;
        let text = format!("window {id} {title:?} of {names} opened, and is hidden until that is switched to");
        turn.note(Level::Info, "newcomer.hidden", text);
    }
}
