//! The tree as sway writes it.

use i3pm::core::tree::Rect;
use serde_json::{Value, json};

use super::{Id, Sway};
use crate::fake_wm::rectangle;

const SCRATCH_OUTPUT: i64 = 2_147_483_647;
const SCRATCH_WORKSPACE: i64 = 2_147_483_646;

fn node(id: Value, kind: &str, name: Value, focused: bool, focus: Value, rect: Rect) -> Value {
    json!({
        "id": id, "type": kind, "orientation": "horizontal", "percent": null, "urgent": false, "marks": [],
        "focused": focused, "layout": "splith", "border": "none", "current_border_width": 0,
        "rect": rectangle(rect), "deco_rect": rectangle(Rect::default()), "window_rect": rectangle(Rect::default()),
        "geometry": rectangle(Rect::default()), "name": name, "window": null, "nodes": [], "floating_nodes": [],
        "focus": focus, "fullscreen_mode": 0, "sticky": false,
    })
}

fn orientation(layout: &str) -> &'static str {
    match layout {
        "splitv" | "stacked" => "vertical",
        "splith" | "tabbed" => "horizontal",
        _ => "none",
    }
}

impl Sway {
    fn focus_order(&self, parent: Id) -> Value {
        json!(self.stack.iter().filter(|id| self.parent_node(**id) == Some(parent)).collect::<Vec<_>>())
    }

    pub fn dump_container(&self, id: Id) -> Value {
        let con = self.c(id);
        let title = con.client.as_ref().and_then(|client| client.title.clone());
        let kind = if self.is_floating(id) { "floating_con" } else { "con" };
        let focused = self.focus() == Some(id);
        let mut value = node(json!(id), kind, json!(title), focused, self.focus_order(id), con.rect);
        let object = value.as_object_mut().expect("an object");
        let mut set = |key: &str, value: Value| {
            object.insert(key.into(), value);
        };
        set("layout", json!(con.layout));
        set("orientation", json!(orientation(con.layout)));
        set("sticky", json!(con.sticky));
        set("fullscreen_mode", json!(con.fullscreen));
        set("marks", json!(con.marks));
        if let Some(parent) = self.parent_node(id) {
            let area = match self.containers.get(&parent) {
                Some(parent) => parent.rect,
                None => self.outputs[self.w(parent).output].rect,
            };
            let share = f64::from(con.rect.width) / f64::from(area.width.max(1)) * f64::from(con.rect.height)
                / f64::from(area.height.max(1));
            set("percent", json!(share));
        }
        if let Some(client) = &con.client {
            set("pid", json!(client.pid));
            set("app_id", json!(client.app_id));
            set("shell", json!("xdg_shell"));
            set("visible", json!(self.workspace_of(id).is_some_and(|workspace| self.visible(workspace))));
            set("border", json!("pixel"));
            set("current_border_width", json!(1));
        }
        let children: Vec<Value> = self.children(id).iter().map(|child| self.dump_container(*child)).collect();
        set("nodes", Value::Array(children));
        value
    }

    pub fn dump_workspace(&self, id: Id) -> Value {
        let workspace = self.w(id);
        let area = self.outputs[workspace.output].rect;
        let focused = self.focus() == Some(id);
        let mut value = node(json!(id), "workspace", json!(workspace.name), focused, self.focus_order(id), area);
        let object = value.as_object_mut().expect("an object");
        let digits: String = workspace.name.chars().take_while(char::is_ascii_digit).collect();
        object.insert("num".into(), json!(digits.parse::<i32>().unwrap_or(-1)));
        object.insert("fullscreen_mode".into(), json!(1));
        object.insert("output".into(), json!(self.outputs[workspace.output].name));
        object.insert("layout".into(), json!(workspace.layout));
        object.insert("orientation".into(), json!(orientation(workspace.layout)));
        let list = |ids: &[Id]| Value::Array(ids.iter().map(|id| self.dump_container(*id)).collect());
        object.insert("nodes".into(), list(&workspace.tiling));
        object.insert("floating_nodes".into(), list(&workspace.floating));
        value
    }

    pub fn dump_root(&self) -> Value {
        let width = self.outputs.iter().map(|output| output.rect.x + output.rect.width).max().unwrap_or(0);
        let whole = Rect { x: 0, y: 0, width, height: self.outputs.first().map_or(0, |output| output.rect.height) };
        let order: Vec<Id> = self.scratchpad.iter().rev().copied().collect();
        let mut scratch =
            node(json!(SCRATCH_WORKSPACE), "workspace", json!("__i3_scratch"), false, json!(order), whole);
        let hidden: Vec<Value> =
            self.scratchpad.iter().filter(|id| self.hidden(**id)).map(|id| self.dump_container(*id)).collect();
        scratch["floating_nodes"] = Value::Array(hidden);
        scratch["fullscreen_mode"] = json!(1);
        let mut internal =
            node(json!(SCRATCH_OUTPUT), "output", json!("__i3"), false, json!([SCRATCH_WORKSPACE]), whole);
        internal["layout"] = json!("output");
        internal["nodes"] = Value::Array(vec![scratch]);
        let mut outputs = vec![internal];
        let mut focus: Vec<Id> = Vec::new();
        for id in &self.stack {
            if let Some(workspace) = self.workspace_of(*id) {
                let output = self.outputs[self.w(workspace).output].id;
                if !focus.contains(&output) {
                    focus.push(output);
                }
            }
        }
        for (number, output) in self.outputs.iter().enumerate() {
            let order = self.focus_order(output.id);
            let mut value = node(json!(output.id), "output", json!(output.name), false, order, output.rect);
            value["layout"] = json!("output");
            value["orientation"] = json!("none");
            value["active"] = json!(true);
            let shown = self.active_workspace(number).map(|id| self.w(id).name.clone());
            value["current_workspace"] = json!(shown);
            value["nodes"] = Value::Array(output.workspaces.iter().map(|id| self.dump_workspace(*id)).collect());
            outputs.push(value);
        }
        let mut root = node(json!(self.root), "root", json!("root"), false, json!(focus), whole);
        root["nodes"] = Value::Array(outputs);
        root
    }
}
