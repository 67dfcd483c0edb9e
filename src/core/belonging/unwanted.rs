//! Which windows are to be hidden, and for whose sake.

use crate::core::belonging::facts::Facts;
use crate::core::projects::preferred::preferred_place;
use crate::core::tree::Node;
use crate::core::windows::unwanted::Unwanted;
use crate::core::windows::window::WindowState;
use crate::core::words::phase::Phase;

impl<'a> Facts<'a> {
    /// Why a window is to be hidden while `target` is the active project; none if it is to be seen.
    pub fn unwanted(self, target: Option<&str>, window: &'a WindowState) -> Option<Unwanted<'a>> {
        if self.scene.phase >= Phase::Restoring {
            return None;
        }
        if window.stowed {
            return Some(Unwanted::Stowed(window.serial));
        }
        let projects = window.effective_projects()?;
        // A window of projects that nobody knows could never be called back.
        let hidden = target.is_some_and(|target| !projects.contains(target))
            && projects.iter().any(|project| self.projects.known.contains(project));
        hidden.then(|| Unwanted::Elsewhere { projects, place: self.place_said(window.serial) })
    }

    /// The output and workspace that a rule says for a window that will be hidden before it is
    /// there.
    fn place_said(self, serial: u64) -> Option<(String, String)> {
        let placement = self.belonging.placing.todo(serial)?;
        let on_output =
            |name: &str| self.windows.workspaces.iter().find(|workspace| workspace.output == name && workspace.visible);
        let (workspace, output) = match (&placement.workspace, &placement.output) {
            (None, None) => return None,
            (None, Some(output)) => (on_output(output)?.name.clone(), Some(output.clone())),
            (Some(choice), output) => (self.windows.workspace_name(choice), output.clone()),
        };
        let known =
            self.windows.workspaces.iter().find(|known| known.name == workspace).map(|known| known.output.clone());
        let own = self.windows.table.by_serial(serial).and_then(|window| window.output.clone());
        Some((known.or(output).or(own)?, workspace))
    }

    /// The output and workspace that a container must return to, if that is not where it is: what a
    /// rule says; where it was before the user took it to the scratchpad; or, if it opened while
    /// its project was not the active one, where that project was left or wants to be.
    pub fn elsewhere(self, node: &Node) -> Option<(String, String)> {
        let windows = node.windows();
        let first = self.windows.table.windows.get(&windows.first()?.id)?;
        if let Some(place) = self.place_said(first.serial) {
            return Some(place);
        }
        if let Some(home) = first.home.clone().filter(|_| !first.in_scratchpad) {
            return Some(home);
        }
        let all_away =
            windows.iter().all(|node| self.windows.table.windows.get(&node.id).is_some_and(|window| window.away));
        let projects = first.effective_projects().filter(|_| all_away)?;
        let left = projects.iter().find_map(|project| self.windows.memories.get(project));
        let left = left.and_then(|memory| memory.visible.last().cloned());
        left.or_else(|| projects.iter().find_map(|project| preferred_place(self.config, self.windows, project)))
    }
}
