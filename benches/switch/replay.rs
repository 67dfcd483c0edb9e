//! A message of commands said again to another window manager: container ids become those of the
//! same containers there.
//!
//! A container is the same when it is at the same place in the tree; a window, when it has the same
//! title.

use std::sync::Arc;

use i3pm::core::words::command::commands_of;
use regex::{Captures, Regex};
use serde_json::Value;

use crate::support::tree::{find_window, is_window, list, title, walk};

/// A recorded message.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its commands.
    pub text: String,
    /// The tree on which they were planned.
    pub tree: Option<Arc<str>>,
}

impl Message {
    /// Were both planned on one tree?
    pub fn same_tree(&self, other: &Message) -> bool {
        match (&self.tree, &other.tree) {
            (Some(one), Some(two)) => Arc::ptr_eq(one, two),
            (one, two) => one.is_none() && two.is_none(),
        }
    }

    /// How many commands it has.
    pub fn commands(&self) -> usize {
        commands_of(&self.text).len()
    }
}

/// The message for the twin. `now` is the recorded side's tree of now, which knows windows that
/// opened after the tree of the message.
pub fn translate(message: &Message, now: &Value, twin: &Value) -> String {
    let planned: Option<Value> =
        message.tree.as_ref().map(|text| serde_json::from_str(text).expect("a tree of the window manager"));
    let ids = Regex::new(r#"(con_id[= ]"?)(\d+)"#).expect("an expression");
    let replaced = ids.replace_all(&message.text, |found: &Captures<'_>| {
        let id: u64 = found[2].parse().expect("digits");
        let there = planned.as_ref().and_then(|tree| same(tree, id, twin)).or_else(|| same(now, id, twin));
        let there = there.unwrap_or_else(|| panic!("no container like {id} on the twin: {}", message.text));
        format!("{}{there}", &found[1])
    });
    replaced.into_owned()
}

/// The id that the container `id` of `tree` has in `twin`.
fn same(tree: &Value, id: u64, twin: &Value) -> Option<u64> {
    let node = walk(tree).into_iter().find(|node| node["id"].as_u64() == Some(id))?;
    let there = if is_window(node) { find_window(twin, title(node))? } else { follow(twin, &path(tree, id)?)? };
    there["id"].as_u64()
}

/// Which child of which list, from the root down.
fn path(node: &Value, id: u64) -> Option<Vec<(&'static str, usize)>> {
    if node["id"].as_u64() == Some(id) {
        return Some(Vec::new());
    }
    ["nodes", "floating_nodes"].into_iter().find_map(|name| {
        list(&node[name]).iter().enumerate().find_map(|(index, child)| {
            let mut below = path(child, id)?;
            below.insert(0, (name, index));
            Some(below)
        })
    })
}

fn follow<'tree>(root: &'tree Value, path: &[(&'static str, usize)]) -> Option<&'tree Value> {
    path.iter().try_fold(root, |node, (name, index)| list(&node[*name]).get(*index))
}
