//! Pictures of trees, for people.

use std::fmt::Write as _;

use serde_json::Value;

use crate::support::wm::{is_window, list, text, title};

/// The tree with ids, for people.
pub fn picture(tree: &Value) -> String {
    fn line(node: &Value, depth: usize, floating: bool, into: &mut String) {
        let id = node["id"].as_u64().unwrap_or(0);
        let name =
            if is_window(node) || node["type"] == "workspace" || node["type"] == "output" { title(node) } else { "" };
        let mark = if floating { "~" } else { "" };
        let focused = if node["focused"] == true { " FOCUSED" } else { "" };
        let full =
            if node["type"] != "workspace" && node["fullscreen_mode"].as_i64().unwrap_or(0) > 0 { " FULL" } else { "" };
        let _ = writeln!(
            into,
            "{}{mark}{} {id} {name} {} {}{focused}{full}",
            "  ".repeat(depth),
            text(&node["type"]),
            text(&node["layout"]),
            node["marks"]
        );
        for child in list(&node["nodes"]) {
            line(child, depth + 1, false, into);
        }
        for child in list(&node["floating_nodes"]) {
            line(child, depth + 1, true, into);
        }
    }
    let mut lines = String::new();
    line(tree, 0, false, &mut lines);
    lines
}
