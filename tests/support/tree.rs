//! Reading JSON, and the trees of window managers in it.

use serde_json::Value;

/// All containers below and with `node`, parents first.
#[must_use]
pub fn walk(node: &Value) -> Vec<&Value> {
    let mut all = vec![node];
    for child in children(node) {
        all.extend(walk(child));
    }
    all
}

/// Tiling children, then floating ones.
pub fn children(node: &Value) -> impl Iterator<Item = &Value> {
    list(&node["nodes"]).iter().chain(list(&node["floating_nodes"]))
}

/// A JSON list, empty if there is none.
#[must_use]
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A JSON text, empty if there is none.
#[must_use]
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A JSON whole number, zero if there is none.
#[must_use]
pub fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_default()
}

/// Does this container hold a window?
#[must_use]
pub fn is_window(node: &Value) -> bool {
    node["app_id"].is_string() || node["window"].is_number()
}

/// The title of a window.
#[must_use]
pub fn title(node: &Value) -> &str {
    text(&node["name"])
}

/// The container of the window with this title.
#[must_use]
pub fn find_window<'tree>(tree: &'tree Value, wanted: &str) -> Option<&'tree Value> {
    walk(tree).into_iter().find(|node| is_window(node) && title(node) == wanted)
}

/// All windows, with the name of the workspace each is on.
#[must_use]
pub fn windows(tree: &Value) -> Vec<(&Value, String)> {
    fn collect<'tree>(node: &'tree Value, workspace: &str, into: &mut Vec<(&'tree Value, String)>) {
        let workspace = if node["type"] == "workspace" { title(node) } else { workspace };
        if is_window(node) {
            into.push((node, workspace.to_owned()));
        }
        for child in children(node) {
            collect(child, workspace, into);
        }
    }
    let mut all = Vec::new();
    collect(tree, "", &mut all);
    all
}
