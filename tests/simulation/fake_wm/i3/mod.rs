//! i3 4.22 as a tree in memory: what its commands do to structure, focus, marks and workspaces.
//!
//! Modelled after what i3 is seen to do (`real.rs` compares), with its two peculiarities that i3pm
//! leans on: only visible workspaces are rendered, so the others keep stale rectangles; and the
//! scratchpad is a workspace like any other, with a tiling layer.

mod commands;
mod directions;
mod dump;
mod focusing;
mod layouts;
mod manage;
mod moves;
mod resize;
mod scratchpad;
mod structure;
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

/// The number a workspace is sorted by; -1 for a name that does not begin with one.
pub fn number_of(name: &str) -> i64 {
    let trimmed = name.trim_start().trim_start_matches('+');
    let digits: String = trimmed.chars().take_while(char::is_ascii_digit).collect();
    digits.parse::<i64>().ok().filter(|number| *number <= i64::from(i32::MAX)).unwrap_or(-1)
}
