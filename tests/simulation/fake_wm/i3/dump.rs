//! The tree as i3 writes it.

use serde_json::{Value, json};

use super::{I3, Id, Kind, Scratch};
use crate::fake_wm::rectangle;

impl I3 {
    pub fn dump(&self, id: Id) -> Value {
        let con = self.c(id);
        let split = !con.nodes.is_empty() && !matches!(con.layout, "output" | "dockarea");
        let orientation = match (split, con.layout) {
            (false, _) => "none",
            (true, "splitv" | "stacked") => "vertical",
            _ => "horizontal",
        };
        let title = con.window.as_ref().and_then(|window| window.title.clone());
        let mut value = json!({
            "id": id,
            "type": match con.kind {
                Kind::Root => "root",
                Kind::Output => "output",
                Kind::Dock => "dockarea",
                Kind::Workspace => "workspace",
                Kind::Con => "con",
                Kind::Floating => "floating_con",
            },
            "orientation": orientation,
            "scratchpad_state": match con.scratch {
                Scratch::None => "none",
                Scratch::Fresh => "fresh",
                Scratch::Changed => "changed",
            },
            "percent": if con.percent == 0.0 { Value::Null } else { json!(con.percent) },
            "urgent": false,
            "marks": con.marks,
            "focused": id == self.focused,
            "layout": con.layout,
            "workspace_layout": con.workspace_layout,
            "last_split_layout": if con.layout == "splitv" { "splitv" } else { "splith" },
            "border": "pixel",
            "current_border_width": if con.window.is_some() { 1 } else { -1 },
            "rect": rectangle(con.rect),
            "deco_rect": rectangle(con.deco),
            "window_rect": rectangle(con.window_rect),
            "geometry": rectangle(con.geometry),
            "name": title.or_else(|| con.name.clone()),
            "window_icon_padding": -1,
            "window": con.window.as_ref().map(|window| window.x11),
            "window_type": con.window.as_ref().map(|_| "normal"),
            "focus": con.focus,
            "fullscreen_mode": con.fullscreen,
            "sticky": con.sticky,
            "floating": if con.is_floating { "user_on" } else { "auto_off" },
            "swallows": [],
        });
        let object = value.as_object_mut().expect("an object");
        let dump = |ids: &[Id]| Value::Array(ids.iter().map(|child| self.dump(*child)).collect());
        object.insert("nodes".into(), dump(&con.nodes));
        object.insert("floating_nodes".into(), dump(&con.floats));
        if !matches!(con.kind, Kind::Root | Kind::Output) {
            object.insert("output".into(), json!(self.c(self.output_of(id)).name));
        }
        if con.kind == Kind::Workspace {
            object.insert("num".into(), json!(super::number_of(con.name.as_deref().unwrap_or_default())));
        }
        if let Some(window) = &con.window {
            object.insert(
                "window_properties".into(),
                json!({"class": window.class, "instance": window.instance, "title": window.title,
                    "transient_for": window.transient_for}),
            );
        }
        value
    }
}
