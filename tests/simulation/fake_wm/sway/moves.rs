//! Floating, fullscreen, moving to workspaces and to containers.

use i3pm::core::tree::Rect;

use super::{Id, Sway};

impl Sway {
    pub fn default_size(&mut self, id: Id) {
        let Some(workspace) = self.workspace_of(id) else { return };
        let area = self.outputs[self.w(workspace).output].rect;
        let view = self.is_view(id);
        let rect = &mut self.m(id).rect;
        rect.width = area.width / 2 + if view { 2 } else { 0 };
        rect.height = area.height * 3 / 4 + if view { 2 } else { 0 };
    }

    pub fn center(&mut self, id: Id) {
        let Some(workspace) = self.workspace_of(id) else { return };
        let area = self.outputs[self.w(workspace).output].rect;
        let rect = &mut self.m(id).rect;
        rect.x = area.x + (area.width - rect.width) / 2;
        rect.y = area.y + (area.height - rect.height) / 2;
    }

    pub fn set_floating(&mut self, id: Id, enable: bool) {
        if self.is_floating(id) == enable {
            return;
        }
        let Some(workspace) = self.workspace_of(id) else { return };
        let set_focus = self.focused_container() == Some(id);
        if enable {
            let old_parent = self.c(id).parent;
            self.detach(id);
            self.add_floating(workspace, id);
            self.default_size(id);
            self.center(id);
            if let Some(parent) = old_parent {
                if set_focus {
                    self.set_raw_focus(parent);
                    self.set_raw_focus(id);
                }
                self.reap_empty(parent);
            }
        } else {
            if self.c(id).scratchpad {
                self.scratchpad_remove(id);
            }
            self.detach(id);
            match self.focus_inactive_tiling(workspace) {
                Some(reference) if self.is_view(reference) => self.add_sibling(reference, id, true),
                Some(reference) => self.add_child(reference, id),
                None => self.add_tiling(workspace, id),
            }
            let con = self.m(id);
            con.width_fraction = 0.0;
            con.height_fraction = 0.0;
        }
        self.window_event("floating", id);
    }

    // ------------------------------------------------------------------ fullscreen

    pub fn set_fullscreen(&mut self, id: Id, mode: u8) {
        if self.c(id).fullscreen == mode {
            return;
        }
        if mode == 0 {
            self.fullscreen_disable(id);
            return;
        }
        if let Some(other) = self.fullscreen_global {
            self.fullscreen_disable(other);
        }
        if mode == 1 {
            if let Some(other) = self.workspace_of(id).and_then(|workspace| self.w(workspace).fullscreen) {
                self.fullscreen_disable(other);
            }
        } else if self.c(id).fullscreen == 1 {
            self.fullscreen_disable(id);
        }
        self.fullscreen_enable(id, mode);
    }

    pub fn fullscreen_enable(&mut self, id: Id, mode: u8) {
        let con = self.m(id);
        con.saved = con.rect;
        if mode == 2 {
            self.fullscreen_global = Some(id);
            if self.focused_container().is_some_and(|focus| focus != id) {
                self.set_focus(Some(id));
            }
            self.m(id).fullscreen = 2;
        } else {
            self.m(id).fullscreen = 1;
            if let Some(workspace) = self.workspace_of(id) {
                self.wm(workspace).fullscreen = Some(id);
                if self.focused_workspace() == Some(workspace) {
                    self.set_focus(Some(id));
                } else {
                    let focus = self.focus_inactive(self.root);
                    self.set_raw_focus(id);
                    if let Some(focus) = focus {
                        self.set_raw_focus(focus);
                    }
                }
            }
        }
        self.window_event("fullscreen_mode", id);
    }

    pub fn fullscreen_disable(&mut self, id: Id) {
        if self.is_floating(id) {
            let con = self.m(id);
            con.rect = con.saved;
        }
        if self.c(id).fullscreen == 1 {
            if let Some(workspace) = self.workspace_of(id) {
                self.wm(workspace).fullscreen = None;
            }
        } else {
            self.fullscreen_global = None;
        }
        self.m(id).fullscreen = 0;
        self.window_event("fullscreen_mode", id);
        if self.c(id).scratchpad
            && let Some(focus) = self.focused_container()
            && (focus == id || self.within(focus, id))
        {
            let next = self.focus_inactive(self.root);
            self.set_focus(next);
        }
    }

    // ------------------------------------------------------------------ workspaces

    fn workspace_is_empty(&self, workspace: Id) -> bool {
        let workspace = self.w(workspace);
        workspace.tiling.is_empty() && workspace.floating.iter().all(|id| self.c(*id).sticky)
    }

    pub fn forget_size(&mut self, id: Id) {
        let con = self.m(id);
        con.width_fraction = 0.0;
        con.height_fraction = 0.0;
    }

    pub fn move_to_workspace(&mut self, id: Id, workspace: Id) {
        if self.workspace_of(id) == Some(workspace) {
            return;
        }
        if self.is_floating(id) {
            let old = self.workspace_of(id).map(|old| self.w(old).output);
            self.detach(id);
            self.add_floating(workspace, id);
            if old != Some(self.w(workspace).output) && self.c(id).fullscreen == 0 {
                self.center(id);
            }
        } else {
            self.detach(id);
            if self.workspace_is_empty(workspace) && !self.is_view(id) {
                self.unwrap_into(workspace, id);
            } else {
                self.forget_size(id);
                self.add_tiling(workspace, id);
            }
        }
        if self.is_view(id) {
            self.window_event("move", id);
        }
        self.focus_fullscreen(workspace);
    }

    fn focus_fullscreen(&mut self, workspace: Id) {
        if let Some(full) = self.w(workspace).fullscreen
            && self.focused_workspace() == Some(workspace)
            && let Some(focus) = self.focus_inactive(full)
        {
            self.set_raw_focus(focus);
        }
    }

    fn move_to_container(&mut self, id: Id, target: Id) {
        if id == target || self.within(id, target) || self.within(target, id) {
            return;
        }
        let Some(workspace) = self.workspace_of(target) else { return };
        if self.is_floating(id) {
            self.move_to_workspace(id, workspace);
            return;
        }
        self.detach(id);
        self.forget_size(id);
        if self.is_view(target) {
            self.add_sibling(target, id, true);
        } else {
            self.add_child(target, id);
        }
        if self.is_view(id) {
            self.window_event("move", id);
        }
        self.focus_fullscreen(workspace);
    }

    pub fn command_to_workspace(&mut self, node: Id, name: &str, back_and_forth: bool) -> bool {
        let id = if self.is_workspace(node) {
            if self.w(node).tiling.is_empty() {
                return false;
            }
            self.wrap_children(node)
        } else {
            node
        };
        if self.c(id).fullscreen == 2 {
            return false;
        }
        let old_parent = self.c(id).parent;
        let old_workspace = self.workspace_of(id);
        let old_output = old_workspace.map(|workspace| self.w(workspace).output);
        let mut name = name.to_owned();
        if back_and_forth
            && self.auto_back_and_forth
            && let Some(previous) = self.previous_workspace.clone()
            && old_workspace.is_some_and(|workspace| self.w(workspace).name == name)
        {
            name = previous;
        }
        let sticky = {
            let top = self.toplevel(id);
            self.c(top).sticky && self.is_floating(top)
        };
        let here = self.focused_workspace().map(|workspace| self.w(workspace).output);
        let workspace = match self.workspace_named(&name) {
            Some(workspace) => workspace,
            None if sticky && old_output == here => return false,
            None => self.workspace_get(&name),
        };
        let destination = self.focus_inactive_tiling(workspace).unwrap_or(workspace);
        if sticky && old_output == Some(self.w(workspace).output) {
            return false;
        }
        let new_output = self.w(workspace).output;
        let last_there = if old_output == Some(new_output) { None } else { self.active_workspace(new_output) };
        let focus = self.focus();
        if self.hidden(self.toplevel(id)) {
            self.detach(id);
            self.scratchpad_show(id);
        }
        if self.is_workspace(destination) {
            self.move_to_workspace(id, workspace);
        } else if !self.containers.contains_key(&destination) {
            // Showing a hidden container ended the empty workspace that it was to go to.
            let workspace = self.workspace_get(&name);
            self.move_to_workspace(id, workspace);
        } else {
            self.move_to_container(id, destination);
        }
        if let Some(last) = last_there
            && self.active_workspace(new_output) != Some(last)
            && let Some(focus) = self.focus_inactive(last)
        {
            self.set_raw_focus(focus);
        }
        self.after_move(id, old_parent, old_workspace, focus);
        true
    }

    pub fn command_to_container(&mut self, id: Id, destination: Id) -> bool {
        if self.c(id).fullscreen == 2 || destination == id || self.within(id, destination) {
            return false;
        }
        let (old_parent, old_workspace, focus) = (self.c(id).parent, self.workspace_of(id), self.focus());
        if self.hidden(self.toplevel(id)) {
            self.detach(id);
            self.scratchpad_show(id);
        }
        // sway 1.7 and 1.10.1 follow the null pointer to the workspace of what is hidden.
        if self.workspace_of(destination).is_none() {
            self.has_crashed = true;
            return true;
        }
        self.move_to_container(id, destination);
        self.after_move(id, old_parent, old_workspace, focus);
        true
    }

    /// The focus goes back, and what is empty goes.
    fn after_move(&mut self, id: Id, old_parent: Option<Id>, old_workspace: Option<Id>, mut focus: Option<Id>) {
        if focus == Some(id) {
            focus = old_parent
                .filter(|parent| self.containers.contains_key(parent))
                .and_then(|parent| self.focus_inactive(parent));
            if focus.is_none()
                && let Some(old) = old_workspace.filter(|old| self.is_workspace(*old))
            {
                focus = self.focus_inactive(old);
            }
        }
        if focus.is_none_or(|id| self.is_workspace(id) || self.containers.contains_key(&id)) {
            self.set_focus(focus);
        }
        if let Some(parent) = old_parent {
            self.reap_empty(parent);
        } else if let Some(old) = old_workspace {
            self.consider_destroy(old);
        }
    }

    pub fn workspace_to_output(&mut self, workspace: Id, output: usize) {
        let old_output = self.w(workspace).output;
        if old_output == output {
            return;
        }
        let there = self.active_workspace(output);
        self.add_workspace(output, workspace);
        if self.outputs[old_output].workspaces.is_empty() {
            let name = self.next_name();
            let new = self.create_workspace(old_output, &name);
            self.set_raw_focus(new);
        }
        if let Some(there) = there {
            self.consider_destroy(there);
        }
        let focus = self.focus_inactive(workspace);
        self.set_focus(focus);
        self.workspace_event("move", Some(workspace), None);
    }

    pub fn floating_move_to(&mut self, id: Id, x: i32, y: i32) {
        let rect = &mut self.m(id).rect;
        rect.x = x;
        rect.y = y;
        let rect = *rect;
        if self.hidden(id) {
            return;
        }
        let middle = (rect.x + rect.width / 2, rect.y + rect.height / 2);
        let distance = |area: Rect| {
            let near =
                (middle.0.clamp(area.x, area.x + area.width - 1), middle.1.clamp(area.y, area.y + area.height - 1));
            (i64::from(near.0 - middle.0)).pow(2) + (i64::from(near.1 - middle.1)).pow(2)
        };
        let output = (0..self.outputs.len()).min_by_key(|number| distance(self.outputs[*number].rect)).unwrap_or(0);
        let Some(target) = self.active_workspace(output) else { return };
        if self.workspace_of(id) != Some(target) {
            self.detach(id);
            self.add_floating(target, id);
        }
    }

    // ------------------------------------------------------------------ directions

    // ------------------------------------------------------------------ swap
}
