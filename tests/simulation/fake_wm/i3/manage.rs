//! Windows come, go and change; the tree is rendered; i3 restarts in place.

use std::collections::BTreeMap;

use i3pm::core::tree::Rect;

use super::{DECORATION, I3, Id, Kind};
use crate::fake_wm::{Client, EventKind, NewWindow, Pending};

impl I3 {
    /// A window is mapped. `floating` is what a dialog asks for.
    pub fn open(&mut self, new: &NewWindow) -> Id {
        let focused = self.focused;
        let empty = self.kind(focused) == Kind::Con && self.leaf(focused) && self.c(focused).window.is_none();
        let client = new.client.clone();
        let id = if empty {
            focused
        } else {
            let place = self.open_place();
            let id = self.create(Kind::Con, None);
            self.m(id).window = Some(client.clone());
            self.attach(id, place, false);
            self.fix_percent(place);
            id
        };
        self.m(id).window = Some(client);
        self.m(id).geometry = Rect { x: 0, y: 0, width: 200, height: 150 };
        let workspace = self.workspace_of(id).expect("on a workspace");
        let covering = self.covering(workspace);
        let mut set_focus = false;
        if covering.is_none() {
            set_focus = self.visible(workspace) && self.output_of(self.focused) == self.output_of(workspace);
        } else {
            let parent = self.parent(id);
            let stack = &mut self.m(parent).focus;
            if stack[0] != id {
                stack.retain(|other| *other != id);
                stack.insert(1, id);
            }
        }
        if new.floating {
            self.floating_enable(id);
        }
        self.window_event("new", id);
        if set_focus && self.mapped(id) {
            self.activate(id);
        }
        self.render();
        let focused = self.focused;
        self.push_sticky(Some(focused));
        id
    }

    /// Where `open` and a new window go.
    pub fn open_place(&self) -> Id {
        let mut place = self.parent(self.focused);
        let up = self.c(place).parent.map(|up| self.kind(up));
        if up == Some(Kind::Output) && self.kind(place) != Kind::Dock {
            place = self.focused;
        }
        if self.kind(place) == Kind::Floating {
            let workspace = self.parent(place);
            place = self.descend_tiling_focused(workspace);
            if self.kind(place) != Kind::Workspace {
                place = self.parent(place);
            }
        }
        place
    }

    /// A window is gone.
    pub fn gone(&mut self, id: Id) {
        self.close(id, false, false);
        self.render();
    }

    pub fn set_title(&mut self, id: Id, title: &str) {
        if let Some(window) = self.m(id).window.as_mut() {
            window.title = Some(title.to_owned());
        }
        self.window_event("title", id);
    }

    /// A property of a window, of which nobody is told.
    pub fn set_transient(&mut self, x11: u32, leader: u32) {
        let windows = self.cons.values_mut().filter_map(|con| con.window.as_mut());
        for window in windows.filter(|window| window.x11 == x11) {
            window.transient_for = Some(leader);
        }
    }

    /// Is it on the screen, as far as workspaces and fullscreen say?
    fn mapped(&self, id: Id) -> bool {
        let Some(workspace) = self.workspace_of(id) else { return false };
        if self.internal(workspace) || !self.visible(workspace) {
            return false;
        }
        match self.covering(workspace) {
            Some(full) => full == id || self.has_parent(id, full) || self.has_parent(full, id),
            None => true,
        }
    }

    /// Lay everything out, draw it and tell who has to know.
    pub fn render(&mut self) {
        self.lay_out();
        self.tell_clients();
        let focused = self.focused;
        let told = Some((focused, self.c(focused).window.is_some()));
        if self.told_focus != told && self.mapped(focused) {
            self.told_focus = told;
            if self.c(focused).window.is_some() {
                self.window_event("focus", focused);
            }
        }
    }

    /// Give what is on visible workspaces its rectangles.
    pub fn lay_out(&mut self) {
        for output in self.outputs() {
            let rect = self.c(output).rect;
            let content = self.content(output);
            self.m(content).rect = rect;
            let Some(workspace) = self.c(content).nodes.iter().copied().find(|id| self.c(*id).fullscreen == 1) else {
                continue;
            };
            self.m(workspace).rect = rect;
            match self.covering(workspace) {
                Some(full) => {
                    self.m(full).rect = rect;
                    self.place(full);
                }
                None => {
                    self.place(workspace);
                    for floating in self.c(workspace).floats.clone() {
                        self.place(floating);
                    }
                }
            }
        }
    }

    /// Give the children of a container their rectangles.
    pub fn place(&mut self, id: Id) {
        self.place_window(id);
        let con = self.c(id);
        let (rect, layout, children) = (con.rect, con.layout, con.nodes.clone());
        let count = i32::try_from(children.len()).unwrap_or(i32::MAX);
        let total = if layout == "splith" { rect.width } else { rect.height };
        let mut sizes: Vec<i32> = children
            .iter()
            .map(|child| {
                let percent = self.c(*child).percent;
                let percent = if percent > 0.0 { percent } else { 1.0 / f64::from(count) };
                (percent * f64::from(total)).round() as i32
            })
            .collect();
        let mut missing = total - sizes.iter().sum::<i32>();
        if missing.abs() <= count * 2 {
            let mut at = 0;
            while missing != 0 && !sizes.is_empty() {
                let places = sizes.len();
                sizes[at % places] += missing.signum();
                missing -= missing.signum();
                at += 1;
            }
        }
        let (mut x, mut y) = (rect.x, rect.y);
        for (number, child) in children.into_iter().enumerate() {
            let number = number as i32;
            let mut own = rect;
            let mut deco = Rect::default();
            match layout {
                "splith" => {
                    own = Rect { x, width: sizes[number as usize], ..rect };
                    x += own.width;
                }
                "splitv" => {
                    own = Rect { y, height: sizes[number as usize], ..rect };
                    y += own.height;
                }
                "tabbed" => {
                    let width = rect.width / count;
                    deco = Rect { x: number * width, y: 0, width, height: if count > 1 { DECORATION } else { 1 } };
                    if count > 1 {
                        own.y += DECORATION;
                        own.height -= DECORATION;
                    }
                }
                _ => {
                    deco = Rect { x: 0, y: number * DECORATION, width: rect.width, height: DECORATION };
                    if count > 1 {
                        own.y += DECORATION * count;
                        own.height -= DECORATION * count;
                    }
                }
            }
            own.width = own.width.max(1);
            own.height = own.height.max(1);
            self.m(child).rect = own;
            self.m(child).deco = deco;
            self.place(child);
        }
    }

    /// `restart`: containers get new ids, split containers lose their marks, clients lose their
    /// connection.
    pub fn restart(&mut self) {
        self.events.clear();
        let mut order = Vec::new();
        self.in_order(self.root, &mut order);
        let mut names = BTreeMap::new();
        for id in &order {
            self.next_id += 16;
            names.insert(*id, self.next_id + 0x1000_0000);
        }
        self.next_id += 0x1000_0000;
        let renamed = |ids: &[Id]| ids.iter().filter_map(|id| names.get(id).copied()).collect::<Vec<_>>();
        let mut cons = BTreeMap::new();
        for (id, con) in &self.cons {
            let mut con = con.clone();
            con.parent = con.parent.and_then(|id| names.get(&id).copied());
            con.nodes = renamed(&con.nodes);
            con.floats = renamed(&con.floats);
            con.focus = renamed(&con.focus);
            if !con.nodes.is_empty() {
                con.marks.clear();
            }
            cons.insert(names[id], con);
        }
        self.cons = cons;
        self.root = names[&self.root];
        self.scratch = names[&self.scratch];
        self.focused = names[&self.focused];
        self.told_focus = None;
        self.dying = renamed(&self.dying);
        let sizes = std::mem::take(&mut self.told_sizes);
        self.told_sizes = sizes.into_iter().filter_map(|(id, size)| Some((*names.get(&id)?, size))).collect();
        self.render();
        self.events.clear();
    }

    fn in_order(&self, id: Id, order: &mut Vec<Id>) {
        order.push(id);
        for child in self.c(id).nodes.iter().chain(&self.c(id).floats) {
            self.in_order(*child, order);
        }
    }

    pub fn containers(&self, except: &str) -> (Vec<Id>, Vec<Id>) {
        let (mut shown, mut hidden) = (Vec::new(), Vec::new());
        for workspace in self.workspaces() {
            if self.c(workspace).name.as_deref() == Some(except) {
                continue;
            }
            let mut below = Vec::new();
            self.in_order(workspace, &mut below);
            for id in below.into_iter().skip(1) {
                let con = self.c(id);
                let window = con.window.is_some();
                if workspace == self.scratch {
                    if window {
                        hidden.push(id);
                    }
                } else if con.kind == Kind::Con && (window || !con.nodes.is_empty()) {
                    shown.push(id);
                }
            }
        }
        (shown, hidden)
    }

    /// Every window: its container and client.
    pub fn windows(&self) -> Vec<(Id, &Client)> {
        self.cons.iter().filter_map(|(id, con)| con.window.as_ref().map(|window| (*id, window))).collect()
    }

    pub fn binding(&mut self, command: &str) {
        self.events.push(Pending::new(
            EventKind::Binding,
            serde_json::json!({"change": "run", "binding": {"command": command, "event_state_mask": [], "input_code": 0,
                "symbol": "F1", "input_type": "keyboard", "mods": []}}),
        ));
    }
}
