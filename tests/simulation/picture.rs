//! Pictures of trees, for people.

use serde_json::Value;

use crate::support::tree::{is_window, list, text, title};

/// The tree with ids, for people.
pub fn picture(tree: &Value) -> String {
    outline(tree, &|node| {
        let id = node["id"].as_u64().unwrap_or(0);
        let name =
            if is_window(node) || node["type"] == "workspace" || node["type"] == "output" { title(node) } else { "" };
        let focused = if node["focused"] == true { " FOCUSED" } else { "" };
        let full =
            if node["type"] != "workspace" && node["fullscreen_mode"].as_i64().unwrap_or(0) > 0 { " FULL" } else { "" };
        format!("{} {id} {name} {} {}{focused}{full}", text(&node["type"]), text(&node["layout"]), node["marks"])
    })
}

/// A line for each node, further in than that of its parent; `~` before one that floats.
pub fn outline(tree: &Value, describe: &dyn Fn(&Value) -> String) -> String {
    fn add(node: &Value, depth: usize, floating: bool, describe: &dyn Fn(&Value) -> String, into: &mut String) {
        let mark = if floating { "~" } else { "" };
        *into += &format!("{}{mark}{}\n", "  ".repeat(depth), describe(node));
        for child in list(&node["nodes"]) {
            add(child, depth + 1, false, describe, into);
        }
        for child in list(&node["floating_nodes"]) {
            add(child, depth + 1, true, describe, into);
        }
    }
    let mut lines = String::new();
    add(tree, 0, false, describe, &mut lines);
    lines
}
