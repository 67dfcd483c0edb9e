//! sway 1.7 as a tree in memory, with its one focus stack for everything.
//!
//! Where it differs from i3 and i3pm has to know: floating containers hang directly in a workspace,
//! the scratchpad is a list beside the tree, workspaces are no containers (criteria never match
//! them), a split container that moves to an empty workspace dissolves, and the focus order of any
//! container is read off one stack of all nodes.

mod arrange;
mod commands;
mod containers;
mod directions;
mod dump;
mod focusing;
mod layout;
mod moves;
mod resize;
mod seat;
mod swap;

use std::collections::BTreeMap;

use i3pm::core::tree::Rect;
use serde_json::{Value, json};

use super::{Client, EventKind, NewWindow, Pending};

pub type Id = u64;

#[derive(Debug, Clone)]
pub struct Container {
    pub parent: Option<Id>,
    /// Only of a container without parent: where it is, `None` in the scratchpad.
    pub workspace: Option<Id>,
    /// `None` for a window.
    pub children: Option<Vec<Id>>,
    pub layout: &'static str,
    pub previous_split: &'static str,
    pub client: Option<Client>,
    pub marks: Vec<String>,
    pub fullscreen: u8,
    pub scratchpad: bool,
    pub sticky: bool,
    pub rect: Rect,
    pub saved: Rect,
    pub width_fraction: f64,
    pub height_fraction: f64,
}

#[derive(Debug, Clone)]
pub struct Workspace {
    pub name: String,
    pub output: usize,
    pub layout: &'static str,
    pub previous_split: &'static str,
    pub tiling: Vec<Id>,
    pub floating: Vec<Id>,
    pub fullscreen: Option<Id>,
}

#[derive(Debug, Clone)]
pub struct Output {
    pub id: Id,
    pub name: String,
    pub rect: Rect,
    pub workspaces: Vec<Id>,
}

/// The window manager.
#[derive(Debug, Clone)]
pub struct Sway {
    next_id: Id,
    pub root: Id,
    pub outputs: Vec<Output>,
    pub workspaces: BTreeMap<Id, Workspace>,
    pub containers: BTreeMap<Id, Container>,
    pub scratchpad: Vec<Id>,
    /// Every workspace and container, most recently focused first.
    pub stack: Vec<Id>,
    pub has_focus: bool,
    seat_workspace: Option<Id>,
    previous_workspace: Option<String>,
    auto_back_and_forth: bool,
    pub fullscreen_global: Option<Id>,
    pub events: Vec<Pending>,
    pub dying: Vec<Id>,
    /// It has met what sway dies of.
    pub has_crashed: bool,
}

impl Sway {
    pub fn new(outputs: &[(&str, Rect)], auto_back_and_forth: bool) -> Sway {
        let mut wm = Sway {
            next_id: 0,
            root: 1,
            outputs: Vec::new(),
            workspaces: BTreeMap::new(),
            containers: BTreeMap::new(),
            scratchpad: Vec::new(),
            stack: Vec::new(),
            has_focus: false,
            seat_workspace: None,
            previous_workspace: None,
            auto_back_and_forth,
            fullscreen_global: None,
            events: Vec::new(),
            dying: Vec::new(),
            has_crashed: false,
        };
        wm.root = wm.new_id();
        for (number, (name, rect)) in outputs.iter().enumerate() {
            let id = wm.new_id();
            wm.outputs.push(Output { id, name: (*name).into(), rect: *rect, workspaces: Vec::new() });
            let name = wm.next_name();
            let workspace = wm.create_workspace(number, &name);
            if number == 0 {
                wm.set_focus(Some(workspace));
            }
        }
        wm.events.clear();
        wm
    }

    fn new_id(&mut self) -> Id {
        self.next_id += 1;
        self.next_id
    }

    pub fn c(&self, id: Id) -> &Container {
        &self.containers[&id]
    }

    pub fn m(&mut self, id: Id) -> &mut Container {
        self.containers.get_mut(&id).expect("a container that exists")
    }

    pub fn w(&self, id: Id) -> &Workspace {
        &self.workspaces[&id]
    }

    pub fn wm(&mut self, id: Id) -> &mut Workspace {
        self.workspaces.get_mut(&id).expect("a workspace that exists")
    }

    pub fn is_workspace(&self, id: Id) -> bool {
        self.workspaces.contains_key(&id)
    }

    pub fn is_view(&self, id: Id) -> bool {
        self.containers.get(&id).is_some_and(|con| con.client.is_some())
    }

    // ------------------------------------------------------------------ workspaces

    pub fn create_workspace(&mut self, output: usize, name: &str) -> Id {
        let id = self.new_id();
        let rect = self.outputs[output].rect;
        let layout = if rect.height > rect.width { "splitv" } else { "splith" };
        self.workspaces.insert(
            id,
            Workspace {
                name: name.to_owned(),
                output,
                layout,
                previous_split: "none",
                tiling: Vec::new(),
                floating: Vec::new(),
                fullscreen: None,
            },
        );
        self.add_workspace(output, id);
        self.workspace_event("init", Some(id), None);
        self.stack.push(id);
        id
    }

    pub fn add_workspace(&mut self, output: usize, id: Id) {
        for other in &mut self.outputs {
            other.workspaces.retain(|workspace| *workspace != id);
        }
        self.wm(id).output = output;
        let mut order = std::mem::take(&mut self.outputs[output].workspaces);
        order.push(id);
        order.sort_by_key(|id| {
            let digits: String = self.w(*id).name.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u64>().unwrap_or(u64::MAX)
        });
        self.outputs[output].workspaces = order;
    }

    pub fn next_name(&self) -> String {
        let taken = |number: &u32| {
            let wanted = number.to_string();
            self.workspaces
                .values()
                .any(|workspace| workspace.name.chars().take_while(char::is_ascii_digit).collect::<String>() == wanted)
        };
        (1..).find(|number| !taken(number)).expect("there are free numbers").to_string()
    }

    pub fn workspace_named(&self, name: &str) -> Option<Id> {
        let all = self.outputs.iter().flat_map(|output| &output.workspaces);
        all.copied().find(|id| self.w(*id).name.eq_ignore_ascii_case(name))
    }

    /// Make a workspace on the output that has the focus.
    pub fn workspace_get(&mut self, name: &str) -> Id {
        if let Some(id) = self.workspace_named(name) {
            return id;
        }
        let output = self.focused_workspace().map_or(0, |id| self.w(id).output);
        self.create_workspace(output, name)
    }

    pub fn active_workspace(&self, output: usize) -> Option<Id> {
        let on = |id: &&Id| self.workspaces.get(id).is_some_and(|workspace| workspace.output == output);
        self.stack.iter().find(on).copied().or_else(|| self.outputs[output].workspaces.first().copied())
    }

    pub fn visible(&self, workspace: Id) -> bool {
        self.is_workspace(workspace) && self.active_workspace(self.w(workspace).output) == Some(workspace)
    }

    pub fn consider_destroy(&mut self, id: Id) {
        let Some(workspace) = self.workspaces.get(&id) else { return };
        if !workspace.tiling.is_empty() || !workspace.floating.is_empty() {
            return;
        }
        if self.active_workspace(workspace.output) == Some(id) || self.focus_inactive(self.root) == Some(id) {
            return;
        }
        self.workspace_event("empty", Some(id), None);
        self.stack.retain(|other| *other != id);
        if self.seat_workspace == Some(id) {
            self.seat_workspace = None;
        }
        for output in &mut self.outputs {
            output.workspaces.retain(|other| *other != id);
        }
        self.workspaces.remove(&id);
    }

    // ------------------------------------------------------------------ windows

    pub fn open(&mut self, new: &NewWindow) -> Id {
        // The title is read after the window was announced.
        let client = Client { title: None, ..new.client.clone() };
        let id = self.create_container(Some(client));
        let workspace = self.focused_workspace().expect("there is a workspace");
        let node = self.focus_inactive(workspace);
        let mut sibling = None;
        if let Some(node) = node.filter(|node| !self.is_workspace(*node)) {
            if self.is_floating(node) {
                sibling = self.focus_inactive_tiling(workspace);
                if let Some(view) = sibling.and_then(|id| self.focus_inactive_view(id)) {
                    sibling = Some(view);
                }
            } else {
                sibling = Some(node);
            }
        }
        match sibling {
            Some(sibling) => self.add_sibling(sibling, id, true),
            None => self.add_tiling(workspace, id),
        }
        self.window_event("new", id);
        if new.floating {
            self.set_floating(id, true);
        }
        if let Some(title) = &new.client.title {
            self.set_title(id, title);
        }
        self.arrange();
        let here = self.workspace_of(id);
        let covered = here.is_some_and(|here| self.w(here).fullscreen.is_some());
        if self.fullscreen_global.is_none() && !covered && here == self.focused_workspace() {
            self.set_focus(Some(id));
        }
        self.arrange();
        id
    }

    pub fn gone(&mut self, id: Id) {
        let parent = self.c(id).parent;
        let workspace = self.workspace_of(id);
        self.begin_destroy(id);
        if let Some(parent) = parent {
            self.reap_empty(parent);
        } else if let Some(workspace) = workspace {
            self.consider_destroy(workspace);
        }
        self.arrange();
    }

    pub fn set_title(&mut self, id: Id, title: &str) {
        if let Some(client) = self.m(id).client.as_mut() {
            client.title = Some(title.to_owned());
        }
        self.window_event("title", id);
    }

    pub fn windows(&self) -> Vec<(Id, &Client)> {
        self.containers.iter().filter_map(|(id, con)| con.client.as_ref().map(|client| (*id, client))).collect()
    }

    // ------------------------------------------------------------------ events

    pub fn window_event(&mut self, change: &str, id: Id) {
        let container = self.dump_container(id);
        self.events.push(Pending::of(EventKind::Window, change, [("container", container)]));
    }

    pub fn workspace_event(&mut self, change: &str, current: Option<Id>, old: Option<Id>) {
        let known = |id: Option<Id>| id.filter(|id| self.is_workspace(*id));
        let dump = |id: Option<Id>| known(id).map_or(Value::Null, |id| self.dump_workspace(id));
        let event = Pending::of(EventKind::Workspace, change, [("current", dump(current)), ("old", dump(old))]);
        self.events.push(event);
    }

    pub fn binding(&mut self, command: &str) {
        let payload = json!({"change": "run", "binding": {"command": command, "event_state_mask": [],
            "input_code": 0, "symbols": ["F1"], "symbol": "F1", "input_type": "keyboard"}});
        self.events.push(Pending::new(EventKind::Binding, payload));
    }
}
