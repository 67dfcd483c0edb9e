//! The structure of a tree: order, nesting and layouts, with the windows by title.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use i3pm::core::tree::mark::PREFIX;
use serde_json::Value;

use crate::support::tree::{is_window, list, text, title};

/// The least difference of two shares that counts.
const SHARE_TOLERANCE: f64 = 0.02;

/// What a tree looks like to a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Structure {
    /// Workspace by workspace: which window stands where, and in what. Our own wrappers and marks
    /// are left out.
    pub lines: String,
    /// The share of each window and what it is in, by path.
    shares: BTreeMap<String, f64>,
}

impl Structure {
    pub fn new(tree: &Value) -> Structure {
        let mut structure = Structure { lines: String::new(), shares: BTreeMap::new() };
        structure.walk(tree);
        structure
    }

    fn walk(&mut self, node: &Value) {
        if node["type"] != "workspace" {
            list(&node["nodes"]).iter().for_each(|child| self.walk(child));
            return;
        }
        if title(node) == "__i3_scratch" {
            // What is hidden has no place; the checks count the windows.
            return;
        }
        let (layout, children) = inside(node);
        if children.is_empty() && list(&node["floating_nodes"]).is_empty() {
            return;
        }
        let _ = writeln!(self.lines, "workspace {} {layout}", title(node));
        self.children(&children, layout, 1, title(node));
        for float in list(&node["floating_nodes"]) {
            let _ = writeln!(self.lines, "  floating {}", if node["sticky"] == true { "sticky" } else { "" });
            self.node(float, 2, title(node));
        }
    }

    fn children(&mut self, children: &[(&Value, f64)], layout: &str, depth: usize, path: &str) {
        for (place, (child, share)) in children.iter().enumerate() {
            let path = format!("{path}/{place}");
            if matches!(layout, "splith" | "splitv") {
                self.shares.insert(path.clone(), *share);
            }
            self.node(child, depth, &path);
        }
    }

    fn node(&mut self, node: &Value, depth: usize, path: &str) {
        let mut marks: Vec<&str> =
            list(&node["marks"]).iter().map(text).filter(|mark| !mark.starts_with(PREFIX)).collect();
        marks.sort_unstable();
        let mut extra = if marks.is_empty() { String::new() } else { format!(" {marks:?}") };
        if node["fullscreen_mode"].as_i64().unwrap_or(0) > 0 {
            extra.push_str(" fullscreen");
        }
        if is_window(node) {
            let _ = writeln!(self.lines, "{}{}{extra}", "  ".repeat(depth), title(node));
            return;
        }
        let (layout, children) = inside(node);
        if let [(only, _)] = children.as_slice() {
            // A container around one thing is not seen.
            return self.node(only, depth, path);
        }
        let _ = writeln!(self.lines, "{}{layout}{extra}", "  ".repeat(depth));
        self.children(&children, layout, depth + 1, path);
    }

    /// How another differs: `None` if it does not.
    pub fn difference(&self, other: &Structure) -> Option<String> {
        if self.lines != other.lines {
            return Some(format!("it should be\n{}and is\n{}", self.lines, other.lines));
        }
        let far = |path: &String, share: &f64| {
            let other = other.shares.get(path).copied().unwrap_or(0.0);
            ((share - other).abs() > SHARE_TOLERANCE).then(|| format!("{path} has {other:.3} instead of {share:.3}"))
        };
        let far: Vec<String> = self.shares.iter().filter_map(|(path, share)| far(path, share)).collect();
        (!far.is_empty()).then(|| format!("{}\n{}", far.join(", "), self.lines))
    }
}

/// The layout of a container and its tiling children with their shares. A container that holds
/// nothing but one more is not seen, nor is one that divides the same way as the one it is in.
fn inside(node: &Value) -> (&str, Vec<(&Value, f64)>) {
    if let [only] = list(&node["nodes"])
        && !is_window(only)
    {
        return inside(only);
    }
    let layout = text(&node["layout"]);
    let percent = |child: &Value| child["percent"].as_f64().unwrap_or(0.0);
    let total: f64 = list(&node["nodes"]).iter().map(percent).sum();
    let mut children = Vec::new();
    for child in list(&node["nodes"]) {
        let share = if total > 0.0 { percent(child) / total } else { 0.0 };
        let (inner, grandchildren) = if is_window(child) { ("", Vec::new()) } else { inside(child) };
        if inner == layout && matches!(layout, "splith" | "splitv") && child["fullscreen_mode"] != 1 {
            children.extend(grandchildren.into_iter().map(|(child, inner)| (child, share * inner)));
        } else {
            children.push((child, share));
        }
    }
    (layout, children)
}
