//! What marks cannot hold: how each project was left, the order of use, and the intent of a switch
//! in flight.
//!
//! It goes to the runtime directory before the first command of a switch, so that a daemon that was
//! killed finds it. The tree has the last word: if the two disagree, what is seen there is true.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::core::tree::{ContainerId, Layout};
use crate::core::windows::hidden::{is_default, layout_word};

/// A container, as it can be found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Focus {
    /// The container.
    pub id: ContainerId,
    /// Our number for it, if it is a window, or for the window in it that had the focus last.
    pub serial: Option<u64>,
    /// How many containers up from that window it is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub up: usize,
}

/// How a project was left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectMemory {
    /// The workspace of each output (output, workspace), the focused one last.
    pub visible: Vec<(String, String)>,
    /// What had the focus.
    pub focused: Option<Focus>,
    /// The workspace that had it before, where `workspace back_and_forth` goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// Serial numbers of the windows of each workspace, least recently focused first.
    pub focus_orders: BTreeMap<String, Vec<u64>>,
    /// Its windows that were fullscreen, with the mode.
    #[serde(default)]
    pub fullscreen: Vec<(Focus, u8)>,
    /// The output of each workspace.
    #[serde(default)]
    pub outputs: BTreeMap<String, String>,
    /// The layout of each workspace.
    #[serde(default)]
    pub layouts: BTreeMap<String, WorkspaceLayout>,
}

impl ProjectMemory {
    /// A workspace has another name from now on.
    pub fn rename_workspace(&mut self, old: &str, new: &str) {
        rename_key(&mut self.focus_orders, old, new);
        rename_key(&mut self.outputs, old, new);
        rename_key(&mut self.layouts, old, new);
        for name in self.previous.iter_mut().filter(|name| *name == old) {
            *name = new.to_string();
        }
        for (_, name) in self.visible.iter_mut().filter(|(_, name)| name == old) {
            *name = new.to_string();
        }
    }
}

/// What is known of a workspace by its name is known by another one.
pub(in crate::core) fn rename_key<T>(map: &mut BTreeMap<String, T>, old: &str, new: &str) {
    if let Some(value) = map.remove(old) {
        map.insert(new.to_string(), value);
    }
}

/// A workspace's own layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkspaceLayout(#[serde(with = "layout_word")] pub Layout);
