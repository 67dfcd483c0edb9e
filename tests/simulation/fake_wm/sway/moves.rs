//! Floating, fullscreen, moving to workspaces and in directions, swapping.

use i3pm::core::tree::Rect;

use super::{Id, Sway};
use crate::fake_wm::command::Direction;

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

    fn forget_size(&mut self, id: Id) {
        let con = self.m(id);
        con.width_fraction = 0.0;
        con.height_fraction = 0.0;
    }

    fn move_to_workspace(&mut self, id: Id, workspace: Id) {
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

    // ------------------------------------------------------------------ swap

    fn swap_places(&mut self, one: Id, two: Id) {
        let (a, b) = (self.c(one).clone(), self.c(two).clone());
        let (a_floating, b_floating) = (self.is_floating(one), self.is_floating(two));
        for (id, other) in [(one, &b), (two, &a)] {
            let con = self.m(id);
            con.rect = other.rect;
            con.width_fraction = other.width_fraction;
            con.height_fraction = other.height_fraction;
        }
        let (a_workspace, b_workspace) = (self.workspace_of(one), self.workspace_of(two));
        let index = self.index(one);
        let at = self.index(two);
        match (b.parent, b_workspace) {
            (Some(parent), _) => self.insert_child(parent, one, at),
            (None, Some(workspace)) if b_floating => self.add_floating(workspace, one),
            (None, Some(workspace)) => self.insert_tiling(workspace, one, at),
            (None, None) => {}
        }
        match (a.parent, a_workspace) {
            (Some(parent), _) => self.insert_child(parent, two, index),
            (None, Some(workspace)) if a_floating => self.add_floating(workspace, two),
            (None, Some(workspace)) => self.insert_tiling(workspace, two, index),
            (None, None) => {}
        }
    }

    fn swap_focus(&mut self, one: Id, two: Id, focus: Option<Id>) {
        let Some(focus) = focus else {
            self.set_focus(None);
            return;
        };
        if focus != one && focus != two {
            self.set_focus(Some(focus));
            return;
        }
        let (first, second) = (self.workspace_of(one), self.workspace_of(two));
        let stacked = |layout: &str| matches!(layout, "tabbed" | "stacked");
        if focus == one && stacked(self.parent_layout(two)) {
            if second.is_some_and(|workspace| self.visible(workspace)) {
                self.set_focus(Some(two));
            }
            self.set_focus(Some(if first == second { one } else { two }));
        } else if focus == two && stacked(self.parent_layout(one)) {
            if first.is_some_and(|workspace| self.visible(workspace)) {
                self.set_focus(Some(one));
            }
            self.set_focus(Some(if first == second { two } else { one }));
        } else if first != second {
            self.set_focus(Some(if focus == one { two } else { one }));
        } else {
            self.set_focus(Some(focus));
        }
    }

    pub fn swap(&mut self, one: Id, two: Id) {
        let pads = [one, two].map(|id| (self.c(id).scratchpad, self.hidden(id)));
        for (id, (scratchpad, hidden)) in [one, two].into_iter().zip(pads) {
            if scratchpad {
                if hidden {
                    self.scratchpad_show(id);
                }
                self.scratchpad_remove(id);
            }
        }
        // sway 1.7 follows the null pointer to the workspace of what is inside something hidden.
        if [one, two].into_iter().any(|id| self.workspace_of(id).is_none()) {
            self.has_crashed = true;
            return;
        }
        let modes = [one, two].map(|id| self.c(id).fullscreen);
        for (id, mode) in [one, two].into_iter().zip(modes) {
            if mode != 0 {
                self.fullscreen_disable(id);
            }
        }
        let focus = self.focused_container();
        let shown = |wm: &Sway, id: Id| wm.workspace_of(id).and_then(|ws| wm.active_workspace(wm.w(ws).output));
        let visible = [shown(self, one), shown(self, two)];
        let previous = self.previous_workspace.clone();
        self.swap_places(one, two);
        for workspace in visible.into_iter().flatten() {
            if self.is_workspace(workspace) && !self.visible(workspace) {
                let focus = self.focus_inactive(workspace);
                self.set_focus(focus);
            }
        }
        self.swap_focus(one, two, focus);
        self.previous_workspace = previous;
        for (id, (scratchpad, hidden)) in [two, one].into_iter().zip(pads) {
            if scratchpad {
                self.scratchpad_add(id, None);
                if !hidden {
                    self.scratchpad_show(id);
                }
            }
        }
        for (id, mode) in [two, one].into_iter().zip(modes) {
            if mode != 0 {
                self.set_fullscreen(id, mode);
            }
        }
    }
}

fn along(layout: &str, direction: Direction) -> bool {
    match layout {
        "splith" | "tabbed" => direction.horizontal(),
        "splitv" | "stacked" => !direction.horizontal(),
        _ => false,
    }
}
