//! i3 4.22 as a tree in memory: what its commands do to structure, focus, marks and workspaces.
//!
//! Modelled after what i3 is seen to do (`real.rs` compares), with its two peculiarities that i3pm
//! leans on: only visible workspaces are rendered, so the others keep stale rectangles; and the
//! scratchpad is a workspace like any other, with a tiling layer.

mod commands;
mod dump;
mod layouts;
mod manage;
mod moves;
mod workspaces;

use std::collections::BTreeMap;

use i3pm::core::tree::Rect;
use serde_json::Value;

use self::layouts::Size;
use super::{Client, EventKind, Pending};

/// A container's id. i3 gives out pointers, so the numbers are large.
pub type Id = u64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Root,
    Output,
    Dock,
    Workspace,
    Con,
    Floating,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scratch {
    None,
    Fresh,
    Changed,
}

#[derive(Debug, Clone)]
pub struct Con {
    pub parent: Option<Id>,
    pub kind: Kind,
    pub layout: &'static str,
    pub workspace_layout: &'static str,
    pub last_split: &'static str,
    pub nodes: Vec<Id>,
    pub floats: Vec<Id>,
    pub focus: Vec<Id>,
    pub percent: f64,
    pub marks: Vec<String>,
    pub fullscreen: u8,
    pub scratch: Scratch,
    pub sticky: bool,
    pub is_floating: bool,
    pub rect: Rect,
    /// Where the window is in it.
    pub window_rect: Rect,
    pub deco: Rect,
    pub geometry: Rect,
    pub name: Option<String>,
    pub window: Option<Client>,
}

/// The window manager.
#[derive(Debug, Clone)]
pub struct I3 {
    pub cons: BTreeMap<Id, Con>,
    next_id: Id,
    pub root: Id,
    pub scratch: Id,
    pub focused: Id,
    /// The container whose focus was told last, and whether it had a window then.
    told_focus: Option<(Id, bool)>,
    previous_workspace: Option<String>,
    auto_back_and_forth: bool,
    /// `move` takes nothing out of a floating container in the scratchpad: the vault cannot be
    /// made.
    pub vault_fails: bool,
    /// The file that `append_layout` finds: its path and text.
    pub layout_file: Option<(String, String)>,
    /// What each client was told last of the size of its window.
    told_sizes: BTreeMap<Id, Size>,
    /// All that clients were told.
    pub tellings: Vec<(Id, Size)>,
    pub events: Vec<Pending>,
    /// Windows that were asked to close.
    pub dying: Vec<Id>,
}

pub const DECORATION: i32 = 17;

impl I3 {
    /// A window manager with these outputs, each with its first workspace.
    pub fn new(outputs: &[(&str, Rect)], auto_back_and_forth: bool) -> I3 {
        let mut wm = I3 {
            cons: BTreeMap::new(),
            next_id: 0x5581_0000_0000,
            root: 0,
            scratch: 0,
            focused: 0,
            told_focus: None,
            previous_workspace: None,
            auto_back_and_forth,
            vault_fails: false,
            layout_file: None,
            told_sizes: BTreeMap::new(),
            tellings: Vec::new(),
            events: Vec::new(),
            dying: Vec::new(),
        };
        let width = outputs.iter().map(|output| output.1.x + output.1.width).max().unwrap_or(0);
        let height = outputs.iter().map(|output| output.1.y + output.1.height).max().unwrap_or(0);
        wm.root = wm.create(Kind::Root, None);
        let root = wm.root;
        wm.focused = root;
        wm.m(root).name = Some("root".into());
        wm.m(root).rect = Rect { x: 0, y: 0, width, height };
        let internal = wm.create_output("__i3", outputs.first().map(|output| output.1).unwrap_or_default(), false);
        let content = wm.c(internal).nodes[0];
        let scratch = wm.create(Kind::Workspace, None);
        wm.m(scratch).name = Some("__i3_scratch".into());
        wm.m(scratch).fullscreen = 1;
        wm.attach(scratch, content, false);
        wm.scratch = scratch;
        for (name, rect) in outputs {
            let output = wm.create_output(name, *rect, true);
            let content = wm.content(output);
            wm.create_workspace_on_output(content);
        }
        // The pointer begins in the middle of the screen, which is where the second of two outputs
        // begins.
        let under_pointer = wm.output_at(Rect { x: width / 2, y: height / 2, width: 1, height: 1 });
        let first = under_pointer.expect("the outputs cover the screen");
        let workspace = wm.c(wm.content(first)).nodes[0];
        wm.show_workspace(workspace);
        wm.render();
        wm.events.clear();
        wm
    }

    fn create_output(&mut self, name: &str, rect: Rect, docks: bool) -> Id {
        let output = self.create(Kind::Output, None);
        self.m(output).layout = "output";
        self.m(output).name = Some(name.into());
        self.m(output).rect = rect;
        let root = self.root;
        self.attach(output, root, false);
        let mut parts = vec![(Kind::Con, "content")];
        if docks {
            parts.insert(0, (Kind::Dock, "topdock"));
            parts.push((Kind::Dock, "bottomdock"));
        }
        for (kind, name) in parts {
            let part = self.create(kind, None);
            self.m(part).name = Some(name.into());
            self.m(part).rect = rect;
            if kind == Kind::Dock {
                self.m(part).layout = "dockarea";
            }
            self.attach(part, output, false);
            if kind == Kind::Con {
                self.m(output).focus.retain(|id| *id != part);
                self.m(output).focus.insert(0, part);
            }
        }
        output
    }

    pub fn c(&self, id: Id) -> &Con {
        &self.cons[&id]
    }

    pub fn m(&mut self, id: Id) -> &mut Con {
        self.cons.get_mut(&id).expect("a container that exists")
    }

    pub fn create(&mut self, kind: Kind, parent: Option<Id>) -> Id {
        self.next_id += 16;
        let id = self.next_id;
        let none = Rect::default();
        self.cons.insert(
            id,
            Con {
                parent: None,
                kind,
                layout: "splith",
                workspace_layout: "default",
                last_split: "default",
                nodes: Vec::new(),
                floats: Vec::new(),
                focus: Vec::new(),
                percent: 0.0,
                marks: Vec::new(),
                fullscreen: 0,
                scratch: Scratch::None,
                sticky: false,
                is_floating: false,
                rect: none,
                window_rect: none,
                deco: none,
                geometry: none,
                name: None,
                window: None,
            },
        );
        if let Some(parent) = parent {
            self.attach(id, parent, false);
        }
        id
    }

    // ------------------------------------------------------------------ looking around

    pub fn parent(&self, id: Id) -> Id {
        self.c(id).parent.expect("only the root has no parent")
    }

    pub fn kind(&self, id: Id) -> Kind {
        self.c(id).kind
    }

    /// The outputs without `__i3`.
    pub fn outputs(&self) -> Vec<Id> {
        self.c(self.root).nodes.iter().copied().filter(|id| !self.internal(*id)).collect()
    }

    pub fn content(&self, output: Id) -> Id {
        let parts = &self.c(output).nodes;
        *parts.iter().find(|part| self.kind(**part) == Kind::Con).expect("every output has its content")
    }

    pub fn internal(&self, id: Id) -> bool {
        self.c(id).name.as_ref().is_some_and(|name| name.starts_with("__"))
    }

    fn up_to(&self, id: Id, kind: Kind) -> Option<Id> {
        let mut at = Some(id);
        while let Some(id) = at {
            if self.kind(id) == kind {
                return Some(id);
            }
            at = self.c(id).parent;
        }
        None
    }

    pub fn workspace_of(&self, id: Id) -> Option<Id> {
        self.up_to(id, Kind::Workspace)
    }

    pub fn output_of(&self, id: Id) -> Id {
        self.up_to(id, Kind::Output).expect("below an output")
    }

    pub fn workspaces(&self) -> Vec<Id> {
        let mut all = Vec::new();
        for output in &self.c(self.root).nodes {
            all.extend(self.c(self.content(*output)).nodes.iter().copied());
        }
        all
    }

    pub fn workspace_named(&self, name: &str) -> Option<Id> {
        self.workspaces().into_iter().find(|id| self.c(*id).name.as_deref() == Some(name))
    }

    pub fn leaf(&self, id: Id) -> bool {
        self.c(id).nodes.is_empty()
    }

    fn vertical(&self, id: Id) -> bool {
        matches!(self.c(id).layout, "splitv" | "stacked")
    }

    pub fn has_parent(&self, id: Id, ancestor: Id) -> bool {
        let mut at = self.c(id).parent;
        while let Some(id) = at {
            if id == ancestor {
                return true;
            }
            at = self.c(id).parent;
        }
        false
    }

    pub fn inside_floating(&self, id: Id) -> Option<Id> {
        let mut at = Some(id);
        while let Some(id) = at {
            let con = self.c(id);
            match con.kind {
                Kind::Floating => return Some(id),
                Kind::Workspace | Kind::Output => return None,
                _ if con.is_floating => return con.parent,
                _ => at = con.parent,
            }
        }
        None
    }

    pub fn fullscreen_below(&self, id: Id, mode: u8) -> Option<Id> {
        let mut queue = std::collections::VecDeque::from([id]);
        while let Some(at) = queue.pop_front() {
            let con = self.c(at);
            if at != id && con.fullscreen == mode {
                return Some(at);
            }
            queue.extend(con.nodes.iter().chain(&con.floats));
        }
        None
    }

    pub fn visible(&self, workspace: Id) -> bool {
        self.fullscreen_below(self.output_of(workspace), 1) == Some(workspace)
    }

    pub fn by_mark(&self, mark: &str) -> Option<Id> {
        self.cons.iter().find(|(_, con)| con.marks.iter().any(|own| own == mark)).map(|(id, _)| *id)
    }

    pub fn descend_focused(&self, id: Id) -> Id {
        let mut at = id;
        while at != self.focused
            && let Some(next) = self.c(at).focus.first()
        {
            at = *next;
        }
        at
    }

    pub fn descend_tiling_focused(&self, id: Id) -> Id {
        let mut at = id;
        while at != self.focused {
            match self.c(at).focus.iter().find(|child| self.kind(**child) != Kind::Floating) {
                Some(next) => at = *next,
                None => break,
            }
        }
        at
    }

    fn next_focused(&self, id: Id) -> Id {
        let id = if self.c(id).is_floating { self.parent(id) } else { id };
        let parent = self.parent(id);
        let stack = &self.c(parent).focus;
        let mut next = stack[0];
        if next == id {
            next = stack.get(1).copied().unwrap_or(parent);
        }
        while let Some(first) = self.c(next).focus.first()
            && *first != id
        {
            next = *first;
        }
        if self.kind(id) == Kind::Floating && next != parent { self.descend_focused(next) } else { next }
    }

    pub fn permits_focus(&self, id: Id) -> bool {
        let mut at = Some(self.focused);
        while let Some(here) = at
            && self.c(here).fullscreen == 0
        {
            at = self.c(here).parent;
        }
        let Some(full) = at else { return true };
        self.kind(full) == Kind::Workspace
            || id == full
            || (self.c(full).fullscreen == 1 && self.workspace_of(id) != self.workspace_of(full))
            || self.has_parent(id, full)
    }

    // ------------------------------------------------------------------ attaching, detaching,
    // focus

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

    pub fn focus(&mut self, id: Id) {
        let mut at = id;
        while let Some(parent) = self.c(at).parent {
            let stack = &mut self.m(parent).focus;
            stack.retain(|other| *other != at);
            stack.insert(0, at);
            at = parent;
        }
        self.focused = id;
    }

    pub fn activate(&mut self, id: Id) {
        self.focus(id);
        if let Some(floating) = self.inside_floating(id) {
            let workspace = self.parent(floating);
            let floats = &mut self.m(workspace).floats;
            floats.retain(|other| *other != floating);
            floats.push(floating);
        }
    }

    fn activate_unblock(&mut self, id: Id) {
        let Some(workspace) = self.workspace_of(id) else { return };
        let before = self.focused;
        if let Some(full) = self.covering(workspace)
            && full != id
            && !self.has_parent(id, full)
        {
            self.set_fullscreen(full, 0);
        }
        self.activate(id);
        if Some(workspace) != self.workspace_of(before) {
            self.activate(before);
            self.show_workspace(workspace);
            self.activate(id);
        }
    }

    pub fn covering(&self, workspace: Id) -> Option<Id> {
        self.fullscreen_below(self.root, 2).or_else(|| self.fullscreen_below(workspace, 1))
    }

    // ------------------------------------------------------------------ percent, closing,
    // splitting

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

    /// Close a container. False where windows were only asked to go.
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

    // ------------------------------------------------------------------ events

    pub fn window_event(&mut self, change: &str, id: Id) {
        let container = self.dump(id);
        self.events.push(Pending::of(EventKind::Window, change, [("container", container)]));
    }

    pub fn workspace_payload(&self, change: &str, current: Option<Id>, old: Option<Id>) -> Pending {
        let dump = |id: Option<Id>| id.map_or(Value::Null, |id| self.dump(id));
        Pending::of(EventKind::Workspace, change, [("current", dump(current)), ("old", dump(old))])
    }

    pub fn workspace_event(&mut self, change: &str, current: Option<Id>, old: Option<Id>) {
        let event = self.workspace_payload(change, current, old);
        self.events.push(event);
    }
}

pub fn replace(list: &mut [Id], old: Id, new: Id) {
    for id in list {
        if *id == old {
            *id = new;
        }
    }
}

/// The number a workspace is sorted by; -1 for a name that does not begin with one.
pub fn number_of(name: &str) -> i64 {
    let trimmed = name.trim_start().trim_start_matches('+');
    let digits: String = trimmed.chars().take_while(char::is_ascii_digit).collect();
    digits.parse::<i64>().ok().filter(|number| *number <= i64::from(i32::MAX)).unwrap_or(-1)
}
