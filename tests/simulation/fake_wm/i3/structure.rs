//! Attaching, detaching, closing, splitting and flattening containers.

use super::{I3, Id, Kind, number_of};

impl I3 {
    pub fn attach(&mut self, id: Id, parent: Id, ignore_focus: bool) {
        self.attach_after(id, parent, None, ignore_focus);
    }

    pub fn attach_after(&mut self, id: Id, parent: Id, previous: Option<Id>, ignore_focus: bool) {
        self.m(id).parent = Some(parent);
        let mut target = parent;
        match self.kind(id) {
            Kind::Workspace => {
                let number = number_of(self.c(id).name.as_deref().unwrap_or_default());
                let place = if number < 0 {
                    None
                } else {
                    let order = &self.c(parent).nodes;
                    order.iter().position(|other| {
                        let other = number_of(self.c(*other).name.as_deref().unwrap_or_default());
                        other < 0 || number <= other
                    })
                };
                let place = place.unwrap_or(self.c(parent).nodes.len());
                self.m(parent).nodes.insert(place, id);
            }
            Kind::Floating => self.m(parent).floats.push(id),
            _ => {
                let mut current = previous;
                if !ignore_focus {
                    let stack = &self.c(parent).focus;
                    current = stack.iter().copied().find(|other| self.kind(*other) != Kind::Floating).or(current);
                }
                if self.c(id).window.is_some()
                    && self.kind(parent) == Kind::Workspace
                    && self.c(parent).workspace_layout != "default"
                {
                    target = self.workspace_attach_to(parent);
                    self.m(id).parent = Some(target);
                    current = None;
                }
                let nodes = &mut self.m(target).nodes;
                match current.and_then(|other| nodes.iter().position(|node| *node == other)) {
                    Some(place) if !matches!(self.kind(parent), Kind::Root | Kind::Output) => {
                        self.m(target).nodes.insert(place + 1, id)
                    }
                    _ => self.m(target).nodes.push(id),
                }
            }
        }
        self.m(target).focus.push(id);
    }

    pub fn detach(&mut self, id: Id) {
        let parent = self.parent(id);
        let con = self.m(parent);
        con.nodes.retain(|node| *node != id);
        con.floats.retain(|node| *node != id);
        con.focus.retain(|node| *node != id);
    }

    pub fn fix_percent(&mut self, id: Id) {
        let children = self.c(id).nodes.clone();
        let mut total: f64 = 0.0;
        let mut with = 0usize;
        for child in &children {
            if self.c(*child).percent > 0.0 {
                total += self.c(*child).percent;
                with += 1;
            }
        }
        if with != children.len() {
            for child in &children {
                if self.c(*child).percent <= 0.0 {
                    let share = if with == 0 { 1.0 } else { total / with as f64 };
                    self.m(*child).percent = share;
                    total += share;
                }
            }
        }
        for child in &children {
            let con = self.m(*child);
            con.percent = if total == 0.0 { 1.0 / children.len() as f64 } else { con.percent / total };
        }
    }

    /// Close a container. False if windows were only asked to go.
    pub fn close(&mut self, id: Id, ask_windows: bool, keep_parent: bool) -> bool {
        let parent = self.c(id).parent;
        let mut aborted = false;
        for child in self.c(id).nodes.clone() {
            aborted |= !self.close(child, ask_windows, true);
        }
        if aborted {
            return false;
        }
        if self.c(id).window.is_some() {
            if ask_windows {
                if !self.dying.contains(&id) {
                    self.dying.push(id);
                }
                return false;
            }
            self.window_event("close", id);
            self.m(id).window = None;
        }
        let next = (id == self.focused).then(|| self.next_focused(id));
        if parent.is_some() {
            self.detach(id);
        }
        if let Some(parent) = parent
            && self.kind(id) != Kind::Floating
        {
            self.fix_percent(parent);
        }
        if !keep_parent {
            self.render();
        }
        self.cons.remove(&id);
        self.dying.retain(|other| *other != id);
        if self.told_focus.is_some_and(|(told, _)| told == id) {
            self.told_focus = None;
        }
        if let Some(next) = next {
            self.activate(next);
        }
        if !keep_parent && let Some(parent) = parent {
            self.child_removed(parent);
        }
        true
    }

    pub fn child_removed(&mut self, id: Id) {
        let Some(con) = self.cons.get(&id) else { return };
        let content = con.parent.is_some_and(|parent| self.kind(parent) == Kind::Output);
        match con.kind {
            Kind::Output | Kind::Root | Kind::Dock => {}
            _ if content => {}
            Kind::Workspace => {
                if con.focus.is_empty() && !self.visible(id) {
                    let gone = self.workspace_payload("empty", Some(id), None);
                    self.close(id, false, false);
                    self.events.push(gone);
                }
            }
            _ => {
                if con.nodes.is_empty() {
                    self.close(id, false, false);
                }
            }
        }
    }

    pub fn split(&mut self, id: Id, vertical: bool) {
        if self.c(id).is_floating {
            return;
        }
        let layout = if vertical { "splitv" } else { "splith" };
        let mut id = id;
        if self.kind(id) == Kind::Workspace {
            if self.c(id).nodes.len() < 2 {
                if self.c(id).nodes.is_empty() {
                    self.m(id).workspace_layout = "default";
                }
                self.m(id).layout = layout;
                return;
            }
            id = self.encapsulate(id);
        }
        let parent = self.parent(id);
        if self.c(parent).nodes.len() == 1 && matches!(self.c(parent).layout, "splith" | "splitv") {
            self.m(parent).layout = layout;
            return;
        }
        let new = self.create(Kind::Con, None);
        replace(&mut self.m(parent).nodes, id, new);
        replace(&mut self.m(parent).focus, id, new);
        self.m(new).parent = Some(parent);
        self.m(new).layout = layout;
        self.m(new).percent = self.c(id).percent;
        self.m(id).percent = 0.0;
        self.attach(id, new, false);
    }

    /// Remove pairs of split containers that undo each other, as every `move` does for the whole
    /// tree.
    pub fn flatten(&mut self, id: Id) {
        if let Some((parent, child)) = self.redundant(id) {
            let next = self.c(child).focus.first().copied();
            for current in self.c(child).nodes.clone() {
                self.detach(current);
                self.m(current).parent = Some(parent);
                let place = self.c(parent).nodes.iter().position(|node| *node == id).expect("its own child");
                self.m(parent).nodes.insert(place, current);
                self.m(parent).focus.push(current);
                self.m(current).percent = self.c(id).percent;
            }
            if let Some(next) = next
                && self.c(parent).focus.first() == Some(&id)
            {
                let stack = &mut self.m(parent).focus;
                stack.retain(|other| *other != next);
                stack.insert(0, next);
            }
            self.close(id, false, true);
            return;
        }
        for child in self.c(id).nodes.clone().into_iter().chain(self.c(id).floats.clone()) {
            if self.cons.contains_key(&child) {
                self.flatten(child);
            }
        }
    }

    fn redundant(&self, id: Id) -> Option<(Id, Id)> {
        let con = self.c(id);
        let parent = con.parent?;
        if con.kind != Kind::Con || self.c(parent).layout == "output" || con.window.is_some() || con.nodes.len() != 1 {
            return None;
        }
        let child = con.nodes[0];
        let split = |id: Id| matches!(self.c(id).layout, "splith" | "splitv");
        (split(id)
            && !self.leaf(child)
            && split(child)
            && self.vertical(id) != self.vertical(child)
            && self.vertical(child) == self.vertical(parent))
        .then_some((parent, child))
    }
}

fn replace(list: &mut [Id], old: Id, new: Id) {
    for id in list {
        if *id == old {
            *id = new;
        }
    }
}
