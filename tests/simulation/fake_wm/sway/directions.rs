//! Moving containers in directions, and onto other outputs.

use super::{Id, Sway};
use crate::fake_wm::command::Direction;

impl Sway {
    /// The output next to another, side by side.
    pub fn next_output(&self, output: usize, direction: Direction) -> Option<usize> {
        match direction {
            Direction::Left => output.checked_sub(1),
            Direction::Right => (output + 1 < self.outputs.len()).then_some(output + 1),
            Direction::Up | Direction::Down => None,
        }
    }

    fn toward(&mut self, id: Id, target: Id, direction: Direction) {
        if self.is_view(target) {
            if self.c(target).parent == self.c(id).parent && self.workspace_of(target) == self.workspace_of(id) {
                let (a, b) = (self.index(id), self.index(target));
                match (self.c(id).parent, self.c(id).workspace) {
                    (Some(parent), _) => {
                        self.m(parent).children.as_mut().expect("a parent has children").swap(a, b);
                    }
                    (None, Some(workspace)) => self.wm(workspace).tiling.swap(a, b),
                    (None, None) => {}
                }
                return;
            }
            let index = self.index(target) + usize::from(direction.backwards());
            let workspace = self.workspace_of(target).expect("on a workspace");
            match self.c(target).parent {
                Some(parent) => self.insert_child(parent, id, index),
                None => self.insert_tiling(workspace, id, index),
            }
            self.forget_size(id);
            self.squash_workspace(workspace);
            return;
        }
        if along(self.c(target).layout, direction) {
            let index = if direction.backwards() { usize::MAX } else { 0 };
            self.insert_child(target, id, index);
            self.forget_size(id);
            if let Some(workspace) = self.workspace_of(target) {
                self.squash_workspace(workspace);
            }
            return;
        }
        match self.active_tiling_child(target) {
            Some(child) if child != target => self.toward(id, child, direction),
            _ => self.add_child(target, id),
        }
    }

    fn onto_next_output(&mut self, id: Id, direction: Direction) -> bool {
        let Some(workspace) = self.workspace_of(id) else { return false };
        let Some(output) = self.next_output(self.w(workspace).output, direction) else { return false };
        let Some(target) = self.active_workspace(output) else { return false };
        match self.c(id).fullscreen {
            0 => {
                self.forget_size(id);
                if along(self.w(target).layout, direction) {
                    let index = if direction.backwards() { usize::MAX } else { 0 };
                    self.insert_tiling(target, id, index);
                    return true;
                }
                match self.focus_inactive_tiling(target) {
                    None => self.add_tiling(target, id),
                    Some(inactive) => {
                        let top = self.toplevel(inactive);
                        self.toward(id, top, direction);
                    }
                }
                true
            }
            1 => {
                self.move_to_workspace(id, target);
                true
            }
            _ => false,
        }
    }

    fn in_direction(&mut self, id: Id, direction: Direction) -> bool {
        match self.c(id).fullscreen {
            0 => {}
            1 => return self.onto_next_output(id, direction),
            _ => return false,
        }
        let mut current = id;
        let mut wrapped = false;
        let (ancestor, index, target) = loop {
            if self.c(current).fullscreen != 0 || self.is_floating(current) {
                return false;
            }
            if !along(self.parent_layout(current), direction) {
                match self.c(current).parent {
                    Some(parent) => current = parent,
                    None => {
                        let workspace = self.workspace_of(current).expect("on a workspace");
                        current = self.wrap_children(workspace);
                        self.wm(workspace).layout = if direction.horizontal() { "splith" } else { "splitv" };
                        self.forget_size(id);
                        wrapped = true;
                    }
                }
                continue;
            }
            let siblings = self.siblings(current);
            let index = self.index(current);
            let target = if direction.backwards() {
                index.checked_sub(1).map(|at| siblings[at])
            } else {
                siblings.get(index + 1).copied()
            };
            if current == id {
                if let Some(target) = target {
                    self.toward(id, target, direction);
                    return true;
                }
                match self.c(id).parent {
                    None => return self.onto_next_output(id, direction),
                    Some(parent) => {
                        current = parent;
                        continue;
                    }
                }
            }
            break (current, index, target);
        };
        let parent = self.c(id).parent.expect("below the ancestor");
        if let Some(target) = target {
            self.toward(id, target, direction);
            return true;
        }
        if !wrapped && self.c(parent).parent.is_none() && self.children(parent).len() == 1 {
            return self.onto_next_output(id, direction);
        }
        let at = index + usize::from(!direction.backwards());
        let workspace = self.workspace_of(ancestor).expect("on a workspace");
        match self.c(ancestor).parent {
            Some(above) => self.insert_child(above, id, at),
            None => self.insert_tiling(workspace, id, at),
        }
        self.forget_size(ancestor);
        self.reap_empty(parent);
        if let Some(workspace) = self.containers.contains_key(&id).then(|| self.workspace_of(id)).flatten() {
            self.squash_workspace(workspace);
        }
        true
    }

    pub fn command_direction(&mut self, id: Id, direction: Direction) -> bool {
        if self.is_floating(id) {
            if self.c(id).fullscreen != 0 {
                return false;
            }
            let rect = self.c(id).rect;
            let (x, y) = match direction {
                Direction::Left => (-10, 0),
                Direction::Right => (10, 0),
                Direction::Up => (0, -10),
                Direction::Down => (0, 10),
            };
            self.floating_move_to(id, rect.x + x, rect.y + y);
            return true;
        }
        let (old_parent, old_workspace) = (self.c(id).parent, self.workspace_of(id));
        if !self.in_direction(id, direction) {
            return true;
        }
        if let Some(parent) = old_parent {
            self.reap_empty(parent);
        } else if let Some(workspace) = old_workspace {
            self.consider_destroy(workspace);
        }
        if self.is_view(id) {
            self.window_event("move", id);
        }
        // The container may have been one of a redundant pair, and be gone.
        let Some(workspace) = self.containers.contains_key(&id).then(|| self.workspace_of(id)).flatten() else {
            return true;
        };
        self.set_raw_focus(workspace);
        self.set_focus(Some(id));
        if old_workspace != Some(workspace) {
            self.workspace_event("focus", Some(workspace), old_workspace);
        }
        true
    }
}

fn along(layout: &str, direction: Direction) -> bool {
    match layout {
        "splith" | "tabbed" => direction.horizontal(),
        "splitv" | "stacked" => !direction.horizontal(),
        _ => false,
    }
}
