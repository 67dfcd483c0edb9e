//! Fullscreen, moving containers to workspaces and into and out of the floating layer, swapping.

use i3pm::core::tree::Rect;

use super::{I3, Id, Kind, Scratch};

impl I3 {
    pub fn set_fullscreen(&mut self, id: Id, mode: u8) {
        self.m(id).fullscreen = mode;
        self.window_event("fullscreen_mode", id);
    }

    pub fn disable_fullscreen(&mut self, id: Id) {
        if self.kind(id) != Kind::Workspace && self.c(id).fullscreen != 0 {
            self.set_fullscreen(id, 0);
        }
    }

    pub fn enable_fullscreen(&mut self, id: Id, mode: u8) {
        if self.kind(id) == Kind::Workspace || self.c(id).fullscreen == mode {
            return;
        }
        let Some(workspace) = self.workspace_of(id) else { return };
        if let Some(other) = self.covering(workspace) {
            self.disable_fullscreen(other);
        }
        let here = self.workspace_of(self.focused);
        let before = self.focused;
        if mode == 2 && here != Some(workspace) {
            self.show_workspace(workspace);
        }
        self.activate(id);
        if mode != 2 && here != Some(workspace) {
            self.activate(before);
        }
        self.set_fullscreen(id, mode);
    }

    pub fn move_to_workspace(&mut self, id: Id, workspace: Id, fix_coordinates: bool, ignore_focus: bool) {
        if self.workspace_of(id) == Some(workspace) {
            return;
        }
        let target = self.descend_focused(workspace);
        self.move_to(id, target, fix_coordinates, ignore_focus);
    }

    /// Move behind the focused container of the place where `target` is.
    fn move_to(&mut self, id: Id, target: Id, fix_coordinates: bool, ignore_focus: bool) {
        let target_workspace = self.workspace_of(target).expect("a target on a workspace");
        if !ignore_focus && !self.permits_focus(target_workspace) {
            return;
        }
        let mut id = if self.c(id).is_floating { self.parent(id) } else { id };
        let source_workspace = self.workspace_of(id).expect("a container on a workspace");
        if self.kind(id) == Kind::Workspace {
            while let Some(child) = self.c(id).floats.first().copied() {
                self.move_to_workspace(child, target_workspace, true, false);
            }
            if !self.cons.contains_key(&id) || self.leaf(id) {
                return;
            }
            id = self.encapsulate(id);
        }
        let current_workspace = self.workspace_of(self.focused).expect("the focus is on a workspace");
        let (source_output, target_output) = (self.output_of(id), self.output_of(target_workspace));
        let mut focus_next = None;
        if !ignore_focus && source_workspace == current_workspace && target_workspace != source_workspace {
            let next = self.descend_focused(source_workspace);
            let next = if next == id || self.has_parent(next, id) { self.next_focused(id) } else { next };
            focus_next = Some(next);
        }
        let mut target = target;
        if self.kind(target) != Kind::Workspace {
            target = self.parent(target);
        }
        if self.kind(target) == Kind::Floating {
            target = self.parent(target);
        }
        if self.kind(id) == Kind::Floating {
            target = target_workspace;
            if source_output != target_output && fix_coordinates {
                let (from, to) = (self.c(source_output).rect, self.c(target_output).rect);
                self.fix_coordinates(id, from, to);
            }
        }
        let mut covering = self.fullscreen_below(target_workspace, 1);
        let own = self.c(id).fullscreen != 0
            || self.fullscreen_below(id, 2).is_some()
            || self.fullscreen_below(id, 1).is_some();
        if own && let Some(other) = covering.take() {
            self.disable_fullscreen(other);
        }
        let parent = self.parent(id);
        self.detach(id);
        self.attach(id, target, false);
        self.fix_percent(parent);
        self.m(id).percent = 0.0;
        self.fix_percent(target);
        if !ignore_focus && !self.internal(target_workspace) && covering.is_none() {
            let content = self.content(target_output);
            let old_focus_workspace = self.c(content).focus[0];
            let old_focus = self.focused;
            let down = self.descend_focused(id);
            self.activate(down);
            if old_focus_workspace == current_workspace && self.kind(old_focus) != Kind::Workspace {
                self.activate(old_focus);
            } else if self.workspace_of(self.focused) != Some(old_focus_workspace) {
                let down = self.descend_focused(old_focus_workspace);
                self.focus(down);
            }
        }
        if !ignore_focus {
            self.show_workspace(current_workspace);
        }
        if let Some(next) = focus_next {
            let down = self.descend_focused(next);
            self.activate(down);
        }
        self.child_removed(parent);
        self.window_event("move", id);
    }

    pub fn floating_enable(&mut self, id: Id) -> bool {
        if self.c(id).is_floating || matches!(self.kind(id), Kind::Workspace | Kind::Floating) {
            return false;
        }
        let set_focus = id == self.focused;
        let workspace = self.workspace_of(id).expect("a container on a workspace");
        let mut place = None;
        let mut before_parent = true;
        if !set_focus {
            let mut ancestor = id;
            while self.kind(self.parent(ancestor)) != Kind::Workspace {
                before_parent &= self.c(self.parent(ancestor)).focus.first() == Some(&ancestor);
                ancestor = self.parent(ancestor);
            }
            let stack = &self.c(workspace).focus;
            let at = stack.iter().position(|other| *other == ancestor).expect("in its workspace's stack");
            place = if before_parent { at.checked_sub(1).map(|at| stack[at]) } else { stack.get(at + 1).copied() };
        }
        let old_parent = self.parent(id);
        self.detach(id);
        self.fix_percent(old_parent);
        let wrapper = self.create(Kind::Floating, None);
        self.m(wrapper).parent = Some(workspace);
        self.m(workspace).floats.insert(0, wrapper);
        let stack = &mut self.m(workspace).focus;
        let at = place.and_then(|place| stack.iter().position(|other| *other == place));
        match (before_parent, at) {
            (true, Some(at)) => stack.insert(at + 1, wrapper),
            (true, None) => stack.insert(0, wrapper),
            (false, Some(at)) => stack.insert(at, wrapper),
            (false, None) => stack.push(wrapper),
        }
        if matches!(self.kind(old_parent), Kind::Con | Kind::Floating) && self.c(old_parent).nodes.is_empty() {
            self.m(id).parent = None;
            self.close(old_parent, false, false);
        }
        let mut rect = self.c(id).geometry;
        if rect == Rect::default() {
            for child in &self.c(id).nodes {
                rect.width += self.c(*child).geometry.width;
                rect.height = rect.height.max(self.c(*child).geometry.height);
            }
        }
        self.m(wrapper).nodes.push(id);
        self.m(wrapper).focus.push(id);
        let con = self.m(id);
        con.parent = Some(wrapper);
        con.percent = 1.0;
        con.is_floating = true;
        rect.width += 2;
        rect.height += 2;
        self.m(wrapper).rect = rect;
        self.check_size(wrapper);
        if rect.x == 0 && rect.y == 0 {
            self.center(wrapper, workspace);
        }
        let correct = self.output_of(workspace);
        let mut now = self.output_at(self.c(wrapper).rect);
        if now != Some(correct) {
            if let Some(other) = now {
                let (from, to) = (self.c(other).rect, self.c(correct).rect);
                self.fix_coordinates(wrapper, from, to);
                now = self.output_at(self.c(wrapper).rect);
            }
            if now != Some(correct) {
                self.center(wrapper, workspace);
            }
        }
        self.place(wrapper);
        if set_focus {
            self.activate(id);
        }
        self.window_event("floating", id);
        true
    }

    pub fn floating_disable(&mut self, id: Id) {
        if !self.c(id).is_floating {
            return;
        }
        let workspace = self.workspace_of(id).expect("a container on a workspace");
        if self.internal(workspace) {
            return;
        }
        let neighbour = self.descend_tiling_focused(workspace);
        if self.kind(neighbour) == Kind::Workspace {
            let parent = self.parent(id);
            self.detach(id);
            self.close(parent, false, true);
            self.attach(id, neighbour, false);
            self.m(id).percent = 0.0;
            let parent = self.parent(id);
            self.fix_percent(parent);
        } else {
            self.insert_into(id, neighbour, true);
        }
        self.m(id).is_floating = false;
        self.window_event("floating", id);
    }

    pub fn check_size(&mut self, floating: Id) {
        let whole = self.c(self.root).rect;
        let rect = &mut self.m(floating).rect;
        rect.width = rect.width.clamp(77, whole.width.max(77));
        rect.height = rect.height.clamp(52, whole.height.max(52));
    }

    pub fn center(&mut self, floating: Id, workspace: Id) {
        let around = self.c(workspace).rect;
        let rect = &mut self.m(floating).rect;
        rect.x = around.x + around.width / 2 - rect.width / 2;
        rect.y = around.y + around.height / 2 - rect.height / 2;
    }

    pub fn fix_coordinates(&mut self, floating: Id, from: Rect, to: Rect) {
        let rect = &mut self.m(floating).rect;
        let x = rect.x - from.x + rect.width / 2;
        let y = rect.y - from.y + rect.height / 2;
        rect.x = to.x + x * to.width / from.width.max(1) - rect.width / 2;
        rect.y = to.y + y * to.height / from.height.max(1) - rect.height / 2;
    }

    /// The output under the middle of a rectangle, or else one that it touches.
    pub fn output_at(&self, rect: Rect) -> Option<Id> {
        let middle = (rect.x + rect.width / 2, rect.y + rect.height / 2);
        let inside = |output: &Id| {
            let own = self.c(*output).rect;
            (own.x..own.x + own.width).contains(&middle.0) && (own.y..own.y + own.height).contains(&middle.1)
        };
        self.outputs().into_iter().find(inside).or_else(|| self.output_touching(rect))
    }

    fn output_touching(&self, rect: Rect) -> Option<Id> {
        self.outputs().into_iter().rfind(|output| {
            let own = self.c(*output).rect;
            rect.x.max(own.x) < (rect.x + rect.width).min(own.x + own.width)
                && rect.y.max(own.y) < (rect.y + rect.height).min(own.y + own.height)
        })
    }

    pub fn reposition(&mut self, floating: Id, rect: Rect) -> bool {
        if self.output_touching(rect).is_none() {
            return false;
        }
        self.m(floating).rect = rect;
        self.reassign(floating);
        if self.c(floating).scratch == Scratch::Fresh {
            self.m(floating).scratch = Scratch::Changed;
        }
        self.render();
        true
    }

    /// A floating window goes to the visible workspace of the output it was moved over.
    fn reassign(&mut self, floating: Id) {
        let workspace = self.workspace_of(floating).expect("on a workspace");
        if self.internal(workspace) {
            return;
        }
        let Some(output) = self.output_at(self.c(floating).rect) else { return };
        if output == self.output_of(floating) {
            return;
        }
        let target = self.c(self.content(output)).focus[0];
        let down = self.descend_focused(floating);
        let focused = down == self.focused || self.has_parent(down, self.focused);
        self.move_to_workspace(floating, target, false, false);
        if focused {
            self.show_workspace(target);
            self.activate(down);
        }
    }

    // ------------------------------------------------------------------ directions

    // ------------------------------------------------------------------ scratchpad, swap

    pub fn swap(&mut self, first: Id, second: Id) -> bool {
        if self.kind(first) != Kind::Con
            || self.kind(second) != Kind::Con
            || first == second
            || self.has_parent(first, second)
            || self.has_parent(second, first)
        {
            return false;
        }
        let (one, two) = (self.workspace_of(first), self.workspace_of(second));
        let restore = if one == two && one == self.workspace_of(self.focused) {
            Some(self.focused)
        } else if first == self.focused || self.has_parent(self.focused, first) {
            Some(second)
        } else if second == self.focused || self.has_parent(self.focused, second) {
            Some(first)
        } else {
            None
        };
        let (parent_one, parent_two) = (self.parent(first), self.parent(second));
        for list in 0..2 {
            let of = |wm: &mut I3, id: Id| {
                let con = wm.m(id);
                std::mem::take(if list == 0 { &mut con.nodes } else { &mut con.focus })
            };
            let put = |wm: &mut I3, id: Id, ids: Vec<Id>| {
                let con = wm.m(id);
                *(if list == 0 { &mut con.nodes } else { &mut con.focus }) = ids;
            };
            let exchange = |ids: Vec<Id>| -> Vec<Id> {
                let other = |id: Id| match id {
                    id if id == first => second,
                    id if id == second => first,
                    id => id,
                };
                ids.into_iter().map(other).collect()
            };
            let ids = exchange(of(self, parent_one));
            put(self, parent_one, ids);
            if parent_one != parent_two {
                let ids = exchange(of(self, parent_two));
                put(self, parent_two, ids);
            }
        }
        let (a, b) = (self.c(first).clone(), self.c(second).clone());
        for (id, other) in [(first, &b), (second, &a)] {
            let con = self.m(id);
            con.parent = other.parent;
            con.is_floating = other.is_floating;
            con.rect = other.rect;
            con.window_rect = other.window_rect;
            con.percent = other.percent;
        }
        if let Some(restore) = restore {
            self.focus(restore);
        }
        if a.fullscreen == 0 {
            self.disable_fullscreen(second)
        } else {
            self.enable_fullscreen(second, a.fullscreen)
        }
        if b.fullscreen == 0 {
            self.disable_fullscreen(first)
        } else {
            self.enable_fullscreen(first, b.fullscreen)
        }
        self.fix_percent(parent_two);
        self.fix_percent(parent_one);
        true
    }
}
