//! `append_layout`, as far as places of the vault need it, and what clients are told of their
//! sizes.

use i3pm::core::tree::Rect;
use serde_json::Value;

use super::{I3, Id, Kind};

/// A file without anything, which `append_layout` takes as a layout of nothing.
const EMPTY_FILE: &str = "/dev/null";

/// The width and height of a client's window.
pub type Size = (i32, i32);

impl I3 {
    /// `append_layout PATH`: a layout of one workspace, or nothing. Everything is laid out, and
    /// nobody is told.
    pub fn append_layout(&mut self, path: &str) -> bool {
        if path != EMPTY_FILE {
            let Some((_, text)) = self.layout_file.clone().filter(|(own, _)| own == path) else { return false };
            let layout: Value = serde_json::from_str(&text).expect("a layout of ours is JSON");
            assert_eq!(layout["type"], "workspace", "no other layout is modelled");
            let content = self.content(self.output_of(self.focused));
            let name = layout["name"].as_str().expect("a name");
            let taken = |name: &str| self.workspace_named(name).is_some();
            let free = (0..).map(|number| if number == 0 { name.to_owned() } else { format!("{name}_{number}") });
            let free = free.into_iter().find(|name| !taken(name)).expect("there are free names");
            let workspace = self.create(Kind::Workspace, None);
            self.m(workspace).name = Some(free);
            self.attach(workspace, content, false);
            self.append_children(workspace, &layout);
            self.lay_out();
            self.workspace_event("restored", Some(workspace), None);
        }
        self.lay_out();
        true
    }

    fn append_children(&mut self, parent: Id, layout: &Value) {
        let list = |name: &str| layout[name].as_array().cloned().unwrap_or_default();
        for node in list("nodes") {
            let id = self.create(Kind::Con, Some(parent));
            self.append_con(id, &node);
        }
        for node in list("floating_nodes") {
            assert_eq!(node["type"], "floating_con");
            let id = self.create(Kind::Floating, Some(parent));
            self.m(id).rect = rect(&node["rect"]);
            self.append_children(id, &node);
            for inner in self.c(id).nodes.clone() {
                self.m(inner).is_floating = true;
            }
        }
        self.fix_percent(parent);
    }

    fn append_con(&mut self, id: Id, node: &Value) {
        assert_eq!(node["type"], "con");
        let layout = match node["layout"].as_str() {
            None | Some("splith") => "splith",
            Some("tabbed") => "tabbed",
            other => panic!("{other:?} is not modelled"),
        };
        let con = self.m(id);
        con.layout = layout;
        con.rect = rect(&node["rect"]);
        con.window_rect = rect(&node["window_rect"]);
        self.append_children(id, node);
        for mark in node["marks"].as_array().into_iter().flatten() {
            self.m(id).marks.push(mark.as_str().expect("a mark").to_owned());
        }
    }

    /// Where a window is in its container when that is laid out.
    pub fn place_window(&mut self, id: Id) {
        let con = self.m(id);
        if con.window.is_some() {
            let Rect { width, height, .. } = con.rect;
            con.window_rect = Rect { x: 1, y: 1, width: (width - 2).max(0), height: (height - 2).max(0) };
        }
    }

    /// Every client whose window has another size than it was told last is told.
    pub fn tell_clients(&mut self) {
        for (id, con) in &self.cons {
            let size = (con.window_rect.width, con.window_rect.height);
            if con.window.is_some() && self.told_sizes.get(id) != Some(&size) {
                // What opens where nobody sees it has no size at first.
                if self.told_sizes.insert(*id, size).is_some() {
                    self.tellings.push((*id, size));
                }
            }
        }
        self.told_sizes.retain(|id, _| self.cons.contains_key(id));
    }
}

fn rect(value: &Value) -> Rect {
    if value.is_null() { Rect::default() } else { serde_json::from_value(value.clone()).expect("a rectangle") }
}
