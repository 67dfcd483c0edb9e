//! Making, attaching, detaching, wrapping and dissolving containers.

use i3pm::core::tree::Rect;

use super::{Container, Id, Sway};
use crate::fake_wm::Client;

impl Sway {
    pub fn create_container(&mut self, client: Option<Client>) -> Id {
        let id = self.new_id();
        let none = Rect::default();
        self.containers.insert(
            id,
            Container {
                parent: None,
                workspace: None,
                children: if client.is_some() { None } else { Some(Vec::new()) },
                layout: "none",
                previous_split: "none",
                client,
                marks: Vec::new(),
                fullscreen: 0,
                scratchpad: false,
                sticky: false,
                rect: none,
                saved: none,
                width_fraction: 0.0,
                height_fraction: 0.0,
            },
        );
        self.stack.push(id);
        id
    }

    pub fn children(&self, id: Id) -> &[Id] {
        self.c(id).children.as_deref().unwrap_or_default()
    }

    pub fn siblings(&self, id: Id) -> Vec<Id> {
        let con = self.c(id);
        match (con.parent, con.workspace) {
            (Some(parent), _) => self.children(parent).to_vec(),
            (None, Some(workspace)) if self.w(workspace).tiling.contains(&id) => self.w(workspace).tiling.clone(),
            (None, Some(workspace)) => self.w(workspace).floating.clone(),
            (None, None) => Vec::new(),
        }
    }

    pub fn index(&self, id: Id) -> usize {
        self.siblings(id).iter().position(|other| *other == id).expect("among its siblings")
    }

    pub fn parent_layout(&self, id: Id) -> &'static str {
        let con = self.c(id);
        match (con.parent, con.workspace) {
            (Some(parent), _) => self.c(parent).layout,
            (None, Some(workspace)) => self.w(workspace).layout,
            (None, None) => "none",
        }
    }

    pub fn detach(&mut self, id: Id) {
        if self.c(id).fullscreen == 1
            && let Some(workspace) = self.workspace_of(id)
        {
            self.wm(workspace).fullscreen = None;
        }
        if self.c(id).fullscreen == 2 {
            self.fullscreen_global = None;
        }
        let (parent, workspace) = (self.c(id).parent, self.c(id).workspace);
        if let Some(parent) = parent {
            self.m(parent).children.as_mut().expect("a parent has children").retain(|other| *other != id);
        } else if let Some(workspace) = workspace {
            self.wm(workspace).tiling.retain(|other| *other != id);
            self.wm(workspace).floating.retain(|other| *other != id);
        }
        self.m(id).parent = None;
        self.m(id).workspace = None;
    }

    fn on_workspace(&self, id: Id) -> bool {
        self.workspace_of(id).is_some()
    }

    pub fn insert_child(&mut self, parent: Id, id: Id, index: usize) {
        if self.on_workspace(id) {
            self.detach(id);
        }
        let children = self.m(parent).children.as_mut().expect("a parent has children");
        let index = index.min(children.len());
        children.insert(index, id);
        self.m(id).parent = Some(parent);
        self.fullscreen_reparented(id);
    }

    pub fn add_child(&mut self, parent: Id, id: Id) {
        self.insert_child(parent, id, usize::MAX);
    }

    pub fn add_sibling(&mut self, fixed: Id, id: Id, after: bool) {
        if self.on_workspace(id) {
            self.detach(id);
        }
        let index = self.index(fixed) + usize::from(after);
        let (parent, workspace) = (self.c(fixed).parent, self.c(fixed).workspace);
        match (parent, workspace) {
            (Some(parent), _) => {
                self.m(parent).children.as_mut().expect("a parent has children").insert(index, id);
            }
            (None, Some(workspace)) => {
                let tiling = self.w(workspace).tiling.contains(&fixed);
                let workspace = self.wm(workspace);
                if tiling { workspace.tiling.insert(index, id) } else { workspace.floating.insert(index, id) }
            }
            (None, None) => {}
        }
        self.m(id).parent = parent;
        self.m(id).workspace = workspace;
        self.fullscreen_reparented(id);
    }

    pub fn add_tiling(&mut self, workspace: Id, id: Id) {
        if self.on_workspace(id) {
            let parent = self.c(id).parent;
            self.detach(id);
            if let Some(parent) = parent {
                self.reap_empty(parent);
            }
        }
        self.insert_tiling(workspace, id, usize::MAX);
    }

    pub fn insert_tiling(&mut self, workspace: Id, id: Id, index: usize) {
        if self.on_workspace(id) {
            self.detach(id);
        }
        let tiling = &mut self.wm(workspace).tiling;
        let index = index.min(tiling.len());
        tiling.insert(index, id);
        self.m(id).workspace = Some(workspace);
        self.fullscreen_reparented(id);
    }

    pub fn add_floating(&mut self, workspace: Id, id: Id) {
        if self.on_workspace(id) {
            self.detach(id);
        }
        self.wm(workspace).floating.push(id);
        self.m(id).workspace = Some(workspace);
        self.fullscreen_reparented(id);
    }

    fn fullscreen_reparented(&mut self, id: Id) {
        let Some(workspace) = self.workspace_of(id) else { return };
        if self.c(id).fullscreen != 1 || self.w(workspace).fullscreen == Some(id) {
            return;
        }
        if let Some(other) = self.w(workspace).fullscreen {
            self.fullscreen_disable(other);
        }
        self.wm(workspace).fullscreen = Some(id);
    }

    pub fn begin_destroy(&mut self, id: Id) {
        if self.is_view(id) {
            self.window_event("close", id);
        }
        if self.c(id).fullscreen == 1
            && let Some(workspace) = self.workspace_of(id)
        {
            self.wm(workspace).fullscreen = None;
        }
        if self.c(id).scratchpad && self.c(id).fullscreen == 2 {
            self.fullscreen_disable(id);
        }
        self.node_destroyed(id);
        if self.c(id).scratchpad {
            self.scratchpad_remove(id);
        }
        if self.c(id).fullscreen == 2 {
            self.fullscreen_disable(id);
        }
        self.detach(id);
        for child in self.children(id).to_vec() {
            self.m(child).parent = None;
        }
        self.stack.retain(|other| *other != id);
        self.dying.retain(|other| *other != id);
        self.containers.remove(&id);
    }

    pub fn reap_empty(&mut self, id: Id) {
        if !self.containers.contains_key(&id) || self.is_view(id) {
            return;
        }
        let workspace = self.workspace_of(id);
        let mut at = Some(id);
        while let Some(id) = at {
            if !self.children(id).is_empty() {
                return;
            }
            at = self.c(id).parent;
            self.begin_destroy(id);
        }
        if let Some(workspace) = workspace {
            self.consider_destroy(workspace);
        }
    }

    pub fn flatten(&mut self, id: Id) {
        let mut at = Some(id);
        while let Some(id) = at {
            let [child] = self.children(id)[..] else { return };
            at = self.c(id).parent;
            self.replace(id, child);
            self.begin_destroy(id);
        }
    }

    pub fn replace(&mut self, id: Id, by: Id) {
        let mode = self.c(id).fullscreen;
        let scratchpad = self.c(id).scratchpad;
        let mut workspace = None;
        if mode != 0 {
            self.fullscreen_disable(id);
        }
        if scratchpad {
            workspace = self.c(id).workspace;
            self.scratchpad_show(id);
            self.scratchpad_remove(id);
        }
        if self.c(id).parent.is_some() || self.c(id).workspace.is_some() {
            let (width, height) = (self.c(id).width_fraction, self.c(id).height_fraction);
            // A child that takes its parent's place leaves it first, whether or not it is shown.
            if self.c(by).parent == Some(id) {
                self.detach(by);
            }
            self.add_sibling(id, by, true);
            self.detach(id);
            let con = self.m(by);
            con.width_fraction = width;
            con.height_fraction = height;
        }
        if scratchpad {
            // Showing it may have ended the workspace that it came from; sway 1.7 loses the
            // container then.
            self.scratchpad_add(by, workspace.filter(|id| self.is_workspace(*id)));
        }
        if mode != 0 {
            self.fullscreen_enable(by, mode);
        }
    }

    pub fn split(&mut self, id: Id, layout: &'static str) -> Id {
        if self.c(id).parent.is_some() || self.c(id).workspace.is_some() {
            let current = if self.is_floating(id) { "none" } else { self.parent_layout(id) };
            if self.siblings(id).len() == 1 && matches!(current, "splith" | "splitv") {
                match (self.c(id).parent, self.c(id).workspace) {
                    (Some(parent), _) => self.m(parent).layout = layout,
                    (None, Some(workspace)) => self.wm(workspace).layout = layout,
                    (None, None) => {}
                }
                return id;
            }
        }
        let set_focus = self.focus() == Some(id);
        let new = self.create_container(None);
        let old = self.c(id).clone();
        let con = self.m(new);
        con.layout = layout;
        con.rect = old.rect;
        con.width_fraction = old.width_fraction;
        con.height_fraction = old.height_fraction;
        self.replace(id, new);
        self.add_child(new, id);
        if set_focus {
            self.set_raw_focus(new);
            if self.c(new).fullscreen == 2 {
                self.set_focus(Some(id));
            } else {
                self.set_raw_focus(id);
            }
        }
        new
    }

    pub fn wrap_children(&mut self, workspace: Id) -> Id {
        let full = self.w(workspace).fullscreen;
        let middle = self.create_container(None);
        self.m(middle).layout = self.w(workspace).layout;
        for child in self.w(workspace).tiling.clone() {
            self.detach(child);
            self.add_child(middle, child);
        }
        self.wm(workspace).tiling.push(middle);
        self.m(middle).workspace = Some(workspace);
        self.wm(workspace).fullscreen = full;
        middle
    }

    pub fn split_workspace(&mut self, workspace: Id, layout: &'static str) {
        let old = self.w(workspace).layout;
        if self.w(workspace).tiling.is_empty() {
            let workspace = self.wm(workspace);
            workspace.previous_split = old;
            workspace.layout = layout;
            return;
        }
        let middle = self.wrap_children(workspace);
        self.wm(workspace).layout = layout;
        self.m(middle).layout = old;
        if self.focus() == Some(workspace) {
            self.set_focus(Some(middle));
        }
    }

    pub fn unwrap_into(&mut self, workspace: Id, wrapper: Id) {
        self.wm(workspace).layout = self.c(wrapper).layout;
        for child in self.children(wrapper).to_vec() {
            self.detach(child);
            self.add_tiling(workspace, child);
        }
    }

    // ------------------------------------------------------------------ redundant pairs

    pub fn squash_workspace(&mut self, workspace: Id) {
        let mut at = 0;
        while let Some(child) = self.workspaces.get(&workspace).and_then(|ws| ws.tiling.get(at).copied()) {
            at = at.saturating_add_signed(1 + self.squash(child));
        }
    }

    fn squash(&mut self, id: Id) -> isize {
        let children = self.children(id).to_vec();
        let [child] = children[..] else {
            self.squash_children(id);
            return 0;
        };
        if !self.squashable(id, child) {
            self.squash_children(id);
            return 0;
        }
        let index = self.index(id);
        let mut change = 0isize;
        for current in self.children(child).to_vec() {
            self.detach(current);
            match (self.c(id).parent, self.c(id).workspace) {
                (Some(parent), _) => self.insert_child(parent, current, index),
                (None, Some(workspace)) => self.insert_tiling(workspace, current, index),
                (None, None) => {}
            }
            change += 1;
        }
        self.reap_empty(child);
        change - 1
    }

    fn squash_children(&mut self, id: Id) {
        let mut at = 0;
        while let Some(child) = self.containers.get(&id).and_then(|con| con.children.as_ref()?.get(at).copied()) {
            at = at.saturating_add_signed(1 + self.squash(child));
        }
    }

    fn squashable(&self, id: Id, child: Id) -> bool {
        let split = |layout: &str| matches!(layout, "splith" | "splitv");
        let (own, inner) = (self.c(id).layout, self.c(child).layout);
        split(own) && split(inner) && !parallel(own, inner) && parallel(self.parent_layout(id), inner)
    }

    // ------------------------------------------------------------------ scratchpad

    pub fn hidden(&self, id: Id) -> bool {
        self.c(id).scratchpad && self.c(id).workspace.is_none()
    }

    pub fn scratchpad_add(&mut self, id: Id, workspace: Option<Id>) {
        let (parent, old) = (self.c(id).parent, self.workspace_of(id));
        if self.c(id).fullscreen != 0 {
            self.fullscreen_disable(id);
        }
        if !self.is_floating(id) {
            self.set_floating(id, true);
            self.default_size(id);
            self.center(id);
        }
        self.detach(id);
        self.m(id).scratchpad = true;
        self.scratchpad.push(id);
        if let Some(workspace) = workspace {
            self.add_floating(workspace, id);
        } else {
            let mut focus = None;
            if let Some(parent) = parent.filter(|parent| self.containers.contains_key(parent)) {
                focus = self.focus_inactive(parent);
            }
            if focus.is_none()
                && let Some(old) = old.filter(|old| self.is_workspace(*old))
            {
                focus = self.focus_inactive(old);
            }
            self.set_focus(focus);
        }
        self.window_event("move", id);
    }

    pub fn scratchpad_remove(&mut self, id: Id) {
        self.m(id).scratchpad = false;
        if self.scratchpad.contains(&id) {
            self.scratchpad.retain(|other| *other != id);
            self.window_event("move", id);
        }
    }

    pub fn scratchpad_show(&mut self, id: Id) {
        let Some(target) = self.focused_workspace() else { return };
        let old = self.workspace_of(id);
        if let Some(full) = self.w(target).fullscreen {
            self.fullscreen_disable(full);
        }
        if let Some(full) = self.fullscreen_global {
            self.fullscreen_disable(full);
        }
        let mut id = id;
        if let Some(old) = old {
            self.detach(id);
            self.consider_destroy(old);
        } else {
            id = self.toplevel(id);
        }
        self.add_floating(target, id);
        let (rect, own) = (self.outputs[self.w(target).output].rect, self.c(id).rect);
        let middle = (own.x + own.width / 2, own.y + own.height / 2);
        let inside =
            (rect.x..rect.x + rect.width).contains(&middle.0) && (rect.y..rect.y + rect.height).contains(&middle.1);
        if !inside {
            self.center(id);
        }
        let focus = self.focus_inactive(id);
        self.set_focus(focus);
    }

    pub fn scratchpad_hide(&mut self, id: Id) {
        let focus = self.focus_inactive(self.root);
        let workspace = self.workspace_of(id);
        self.disable_all_fullscreen(id);
        self.detach(id);
        if focus.is_some_and(|focus| focus == id || self.has_ancestor(focus, id)) {
            let next = workspace.and_then(|workspace| self.focus_inactive(workspace));
            self.set_focus(next);
        }
        self.scratchpad.retain(|other| *other != id);
        self.scratchpad.push(id);
        self.window_event("move", id);
    }

    fn disable_all_fullscreen(&mut self, id: Id) {
        if self.c(id).fullscreen != 0 {
            self.fullscreen_disable(id);
        }
        for child in self.children(id).to_vec() {
            self.disable_all_fullscreen(child);
        }
    }
}

pub fn parallel(one: &str, two: &str) -> bool {
    let class = |layout: &str| match layout {
        "splith" | "tabbed" => 1,
        "splitv" | "stacked" => 2,
        _ => 0,
    };
    class(one) != 0 && class(one) == class(two)
}
