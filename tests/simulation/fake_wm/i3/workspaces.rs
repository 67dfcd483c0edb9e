//! Workspaces: they are made when named, vanish when empty and invisible, and wrap their children.

use super::{I3, Id, Kind};

impl I3 {
    pub fn workspace_get(&mut self, name: &str) -> Id {
        if let Some(id) = self.workspace_named(name) {
            return id;
        }
        let output = self.output_of(self.focused);
        let content = self.content(output);
        let workspace = self.create(Kind::Workspace, None);
        self.m(workspace).name = Some(name.into());
        self.attach(workspace, content, false);
        self.orient(workspace);
        self.workspace_event("init", Some(workspace), None);
        workspace
    }

    pub fn create_workspace_on_output(&mut self, content: Id) -> Id {
        let taken: Vec<i64> = self
            .workspaces()
            .iter()
            .map(|id| super::number_of(self.c(*id).name.as_deref().unwrap_or_default()))
            .collect();
        let number = (1..).find(|number| !taken.contains(number)).expect("there are free numbers");
        let workspace = self.create(Kind::Workspace, None);
        self.m(workspace).name = Some(number.to_string());
        self.attach(workspace, content, false);
        self.m(workspace).fullscreen = 1;
        self.orient(workspace);
        self.workspace_event("init", Some(workspace), None);
        workspace
    }

    /// A new workspace lies along the longer side of its output.
    fn orient(&mut self, workspace: Id) {
        let rect = self.c(self.output_of(workspace)).rect;
        self.m(workspace).rect = rect;
        self.m(workspace).layout = if rect.height > rect.width { "splitv" } else { "splith" };
    }

    pub fn show_workspace(&mut self, workspace: Id) {
        if self.internal(workspace) {
            return;
        }
        let mut old = None;
        for other in self.c(self.parent(workspace)).nodes.clone() {
            if self.c(other).fullscreen == 1 {
                old = Some(other);
            }
            self.m(other).fullscreen = 0;
        }
        self.m(workspace).fullscreen = 1;
        let current = self.workspace_of(self.focused);
        if current == Some(workspace) {
            return;
        }
        let mut old_focus = old.map(|old| self.descend_focused(old));
        if let Some(current) = current
            && !self.internal(current)
        {
            self.previous_workspace = self.c(current).name.clone();
        }
        let next = self.descend_focused(workspace);
        self.focus(next);
        self.workspace_event("focus", Some(workspace), current);
        if let Some(old) = old
            && self.cons.contains_key(&old)
            && self.c(old).nodes.is_empty()
            && self.c(old).floats.is_empty()
            && !self.visible(old)
        {
            let gone = self.workspace_payload("empty", Some(old), None);
            self.close(old, false, false);
            self.events.push(gone);
            if old_focus == Some(old) {
                old_focus = None;
            }
        }
        self.m(workspace).fullscreen = 1;
        self.push_sticky(old_focus);
    }

    fn sticky_below(&self, id: Id) -> bool {
        self.c(id).sticky || self.c(id).nodes.iter().any(|child| self.sticky_below(*child))
    }

    /// Sticky floating windows follow the visible workspace of their output.
    pub fn push_sticky(&mut self, old_focus: Option<Id>) {
        for output in self.c(self.root).focus.clone() {
            let content = self.content(output);
            let Some(visible) = self.c(content).nodes.iter().copied().find(|id| self.visible(*id)) else { continue };
            for workspace in self.c(content).focus.clone() {
                if !self.cons.contains_key(&workspace) {
                    continue;
                }
                for current in self.c(workspace).focus.clone() {
                    if self.kind(current) != Kind::Floating || !self.sticky_below(current) {
                        continue;
                    }
                    let old_parent = old_focus.filter(|id| self.cons.contains_key(id)).and_then(|id| self.c(id).parent);
                    let ignore_focus = old_parent != Some(current);
                    self.move_to_workspace(current, visible, true, ignore_focus);
                    if !ignore_focus {
                        let here = self.workspace_of(self.focused);
                        self.activate(self.descend_focused(current));
                        if let Some(here) = here {
                            self.activate(self.descend_focused(here));
                        }
                    }
                }
                if !self.cons.contains_key(&workspace) {
                    continue;
                }
            }
        }
    }

    /// Put all tiling children into one new container with the workspace's layout.
    pub fn encapsulate(&mut self, workspace: Id) -> Id {
        let new = self.wrap_children(workspace);
        self.attach(new, workspace, true);
        new
    }

    /// A new container, not attached yet, with the tiling children of the workspace in it.
    pub fn wrap_children(&mut self, workspace: Id) -> Id {
        let new = self.create(Kind::Con, None);
        self.m(new).parent = Some(workspace);
        self.m(new).layout = self.c(workspace).layout;
        let order: Vec<Id> =
            self.c(workspace).focus.iter().copied().filter(|id| self.kind(*id) != Kind::Floating).collect();
        for child in self.c(workspace).nodes.clone() {
            self.detach(child);
            self.attach(child, new, true);
        }
        self.m(new).focus = order;
        new
    }

    pub fn force_orientation(&mut self, workspace: Id, vertical: bool) {
        let split = self.wrap_children(workspace);
        self.m(workspace).layout = if vertical { "splitv" } else { "splith" };
        self.attach(split, workspace, false);
        self.fix_percent(workspace);
    }

    pub fn workspace_attach_to(&mut self, workspace: Id) -> Id {
        if self.c(workspace).workspace_layout == "default" {
            return workspace;
        }
        let new = self.create(Kind::Con, None);
        self.m(new).layout = self.c(workspace).workspace_layout;
        self.attach(new, workspace, false);
        self.fix_percent(workspace);
        new
    }

    pub fn move_workspace_to_output(&mut self, workspace: Id, output: Id) {
        let content = self.content(output);
        let old_content = self.parent(workspace);
        if old_content == content {
            return;
        }
        let before = self.c(content).focus.first().copied();
        let was_visible = self.visible(workspace);
        if self.c(old_content).nodes.len() == 1 {
            self.create_workspace_on_output(old_content);
        }
        self.detach(workspace);
        if was_visible {
            let next = self.c(old_content).focus[0];
            self.show_workspace(next);
        }
        self.attach(workspace, content, false);
        let (from, to) = (self.c(old_content).rect, self.c(content).rect);
        for floating in self.c(workspace).floats.clone() {
            self.fix_coordinates(floating, from, to);
        }
        self.workspace_event("move", Some(workspace), None);
        if was_visible {
            self.show_workspace(workspace);
        }
        if let Some(before) = before
            && self.cons.contains_key(&before)
            && self.c(content).nodes.contains(&before)
        {
            self.child_removed(before);
        }
    }

    pub fn set_layout(&mut self, id: Id, layout: &'static str) {
        let target = if self.kind(id) == Kind::Workspace { id } else { self.parent(id) };
        if matches!(self.c(target).layout, "splith" | "splitv") {
            self.m(target).last_split = self.c(target).layout;
        }
        if self.kind(target) == Kind::Workspace {
            if self.c(target).nodes.is_empty() {
                let con = self.m(target);
                con.workspace_layout = if matches!(layout, "stacked" | "tabbed") { layout } else { "default" };
                con.layout = layout;
            } else if layout != "default" {
                let last_split = self.c(target).last_split;
                let new = self.wrap_children(target);
                self.m(new).layout = layout;
                self.m(new).last_split = last_split;
                self.attach(new, target, false);
                let root = self.root;
                self.flatten(root);
                return;
            }
        }
        if layout == "default" {
            let last = self.c(target).last_split;
            self.m(target).layout = if last == "default" { "splith" } else { last };
        } else {
            self.m(target).layout = layout;
        }
    }
}
