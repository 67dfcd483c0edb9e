//! The focus: one stack of all nodes, and what is read off it.

use super::{Id, Sway};

impl Sway {
    /// The parent of a node; an output stands for itself by its id.
    pub fn parent_node(&self, id: Id) -> Option<Id> {
        if let Some(workspace) = self.workspaces.get(&id) {
            return Some(self.outputs[workspace.output].id);
        }
        if let Some(con) = self.containers.get(&id) {
            return con.parent.or(con.workspace);
        }
        (id != self.root).then_some(self.root)
    }

    pub fn has_ancestor(&self, id: Id, ancestor: Id) -> bool {
        let global = |id: Id| self.containers.get(&id).is_some_and(|con| con.fullscreen == 2);
        if ancestor == self.root && global(id) {
            return true;
        }
        let mut at = self.parent_node(id);
        while let Some(id) = at {
            if id == ancestor || (ancestor == self.root && global(id)) {
                return true;
            }
            at = self.parent_node(id);
        }
        false
    }

    pub fn workspace_of(&self, id: Id) -> Option<Id> {
        if self.is_workspace(id) {
            return Some(id);
        }
        self.c(self.toplevel(id)).workspace
    }

    pub fn toplevel(&self, id: Id) -> Id {
        let mut at = id;
        while let Some(parent) = self.c(at).parent {
            at = parent;
        }
        at
    }

    pub fn is_floating(&self, id: Id) -> bool {
        let con = self.c(id);
        con.scratchpad || (con.parent.is_none() && con.workspace.is_some_and(|ws| self.w(ws).floating.contains(&id)))
    }

    pub fn in_floating(&self, id: Id) -> bool {
        self.is_floating(self.toplevel(id))
    }

    pub fn focus_inactive(&self, node: Id) -> Option<Id> {
        if self.is_view(node) {
            return Some(node);
        }
        let found = self.stack.iter().copied().find(|id| self.has_ancestor(*id, node));
        found.or_else(|| self.is_workspace(node).then_some(node))
    }

    pub fn focus_inactive_view(&self, node: Id) -> Option<Id> {
        if self.is_view(node) {
            return Some(node);
        }
        self.stack.iter().copied().find(|id| self.is_view(*id) && self.has_ancestor(*id, node))
    }

    fn first_on(&self, workspace: Id, floating: bool) -> Option<Id> {
        let fits = |id: &Id| {
            self.containers.contains_key(id)
                && self.in_floating(*id) == floating
                && self.workspace_of(*id) == Some(workspace)
        };
        self.stack.iter().copied().find(fits)
    }

    pub fn focus_inactive_tiling(&self, workspace: Id) -> Option<Id> {
        if self.w(workspace).tiling.is_empty() { None } else { self.first_on(workspace, false) }
    }

    pub fn focus_inactive_floating(&self, workspace: Id) -> Option<Id> {
        if self.w(workspace).floating.is_empty() { None } else { self.first_on(workspace, true) }
    }

    pub fn active_tiling_child(&self, parent: Id) -> Option<Id> {
        if self.is_view(parent) {
            return Some(parent);
        }
        let fits = |id: &Id| {
            self.parent_node(*id) == Some(parent)
                && self.workspaces.get(&parent).is_none_or(|workspace| workspace.tiling.contains(id))
        };
        self.stack.iter().copied().find(fits)
    }

    pub fn focus(&self) -> Option<Id> {
        if self.has_focus { self.stack.first().copied() } else { None }
    }

    pub fn focused_container(&self) -> Option<Id> {
        self.focus().filter(|id| self.containers.contains_key(id))
    }

    pub fn focused_workspace(&self) -> Option<Id> {
        self.workspace_of(self.focus_inactive(self.root)?)
    }

    pub fn set_raw_focus(&mut self, id: Id) {
        self.stack.retain(|other| *other != id);
        self.stack.insert(0, id);
    }

    /// The fullscreen container that would cover this one.
    pub fn obstructing(&self, id: Id) -> Option<Id> {
        let mut at = Some(id);
        let mut inside = false;
        while let Some(here) = at {
            inside |= self.c(here).fullscreen != 0;
            at = self.c(here).parent;
        }
        if let Some(full) = self.workspace_of(id).and_then(|workspace| self.w(workspace).fullscreen)
            && !inside
        {
            return Some(full);
        }
        self.fullscreen_global.filter(|full| *full != id && !self.within(id, *full))
    }

    /// Is a container inside another?
    pub fn within(&self, id: Id, ancestor: Id) -> bool {
        let parent = |id: Id| self.containers.get(&id).and_then(|con| con.parent);
        let mut at = parent(id);
        while let Some(here) = at {
            if here == ancestor {
                return true;
            }
            at = parent(here);
        }
        false
    }

    fn set_seat_workspace(&mut self, workspace: Option<Id>) {
        if self.seat_workspace == workspace {
            return;
        }
        let old = self.seat_workspace;
        if let Some(old) = old.and_then(|old| self.workspaces.get(&old)) {
            self.previous_workspace = Some(old.name.clone());
        }
        self.workspace_event("focus", workspace, old);
        self.seat_workspace = workspace;
    }

    pub fn set_focus(&mut self, node: Option<Id>) {
        if self.focus() == node {
            return;
        }
        let Some(node) = node else {
            self.has_focus = false;
            return;
        };
        let last_workspace = self.focused_workspace();
        let container = (!self.is_workspace(node)).then_some(node);
        let new_workspace = self.workspace_of(node);
        match container {
            Some(container) if self.obstructing(container).is_some() => return,
            None if self.fullscreen_global.is_some() => return,
            _ => {}
        }
        let old_on_output = new_workspace.and_then(|workspace| self.active_workspace(self.w(workspace).output));
        if let Some(container) = container {
            let mut parent = self.c(container).parent;
            while let Some(id) = parent {
                self.set_raw_focus(id);
                parent = self.c(id).parent;
            }
        }
        if let Some(workspace) = new_workspace {
            self.set_raw_focus(workspace);
        }
        if let Some(container) = container {
            self.set_raw_focus(container);
        }
        // The event of a window must come from a seat that has the focus already.
        self.has_focus = true;
        self.set_seat_workspace(new_workspace);
        if let Some(container) = container.filter(|id| self.is_view(*id)) {
            self.window_event("focus", container);
        }
        if let (Some(new), Some(old)) = (new_workspace, old_on_output)
            && new != old
        {
            for floater in self.w(old).floating.clone() {
                if self.c(floater).sticky && self.is_floating(floater) {
                    self.detach(floater);
                    self.add_floating(new, floater);
                }
            }
        }
        if let Some(old) = old_on_output {
            self.consider_destroy(old);
        }
        if last_workspace != old_on_output
            && let Some(last) = last_workspace
        {
            self.consider_destroy(last);
        }
    }

    /// What the seat does when a container goes: the focus, or the place in the stack, passes to a
    /// neighbour.
    pub fn node_destroyed(&mut self, id: Id) {
        let mut parent = self.parent_node(id);
        let focus = self.focus();
        let needs_focus = focus.is_some_and(|focus| focus == id || self.has_ancestor(focus, id));
        let was_scratchpad = self.c(id).scratchpad;
        self.stack.retain(|other| *other != id);
        if parent.is_none() && !needs_focus {
            return;
        }
        let mut next = None;
        while let Some(at) = parent {
            next = self.focus_inactive_view(at);
            if next.is_none() && self.is_workspace(at) {
                next = Some(at);
            }
            if next.is_some() {
                break;
            }
            parent = self.parent_node(at);
        }
        let next = next.or_else(|| {
            let last = self.stack.iter().copied().find_map(|id| self.workspace_of(id))?;
            Some(self.focus_inactive_view(last).unwrap_or(last))
        });
        let Some(next) = next else { return };
        if self.is_workspace(next) && !self.visible(next) {
            return;
        }
        if needs_focus {
            if was_scratchpad {
                self.set_focus(None);
            }
            if self.focus() != Some(next) {
                self.set_focus(Some(next));
            }
        } else {
            let focus = self.focus_inactive(self.root);
            self.set_raw_focus(next);
            if let Some(focus) = focus {
                if !self.is_workspace(focus)
                    && let Some(workspace) = self.workspace_of(focus)
                {
                    self.set_raw_focus(workspace);
                }
                self.set_raw_focus(focus);
            }
        }
    }
}
