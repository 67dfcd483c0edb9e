//! `swap`: two containers change places, and the focus stays where it was.

use super::{Id, Sway};

impl Sway {
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
