//! What marks cannot hold: how each project was left, the order of use, and the intent of a switch in flight.
//!
//! It goes to the runtime directory before the first command of a switch, so that a daemon that was killed finds it. The
//! tree has the last word: where the two disagree, what is seen there is true.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::table::{HiddenContainer, layout_word};
use super::tree::{ContainerId, Layout};

/// A container, as it can be found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Focus {
    /// The container.
    pub id: ContainerId,
    /// Our number for it, where it is a window.
    pub serial: Option<u64>,
}

/// How a project was left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectMemory {
    /// The workspace of each output (output, workspace), the focused one last.
    pub visible: Vec<(String, String)>,
    /// What had the focus.
    pub focused: Option<Focus>,
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

/// A workspace's own layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkspaceLayout(#[serde(with = "layout_word")] pub Layout);

/// The version of the runtime file that this program writes.
const RUNTIME_VERSION: u32 = 2;

/// The runtime file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runtime {
    version: u32,
    /// The active project.
    pub active: Option<String>,
    /// Where a switch in flight goes, if one is in flight.
    pub intent: Option<Intent>,
    /// How each project was left.
    pub memories: BTreeMap<String, ProjectMemory>,
    /// What is hidden.
    pub hidden: Vec<HiddenContainer>,
    /// The wrappers that stand on workspaces, with the layout each stands for.
    pub wrappers: Vec<Wrapper>,
}

/// A wrapper of ours that stands on a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrapper {
    /// The container.
    pub id: ContainerId,
    /// The layout of the workspace that it stands for.
    #[serde(with = "layout_word")]
    pub stands_for: Layout,
}

/// Where a switch goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The project; none for "no project".
    pub project: Option<String>,
}

impl Runtime {
    /// A runtime file of this version.
    #[must_use]
    pub fn new(active: Option<String>, intent: Option<Intent>) -> Runtime {
        Runtime { version: RUNTIME_VERSION, active, intent, ..Runtime::default() }
    }

    /// Its text.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a runtime file has string keys only")
    }

    /// Read a text.
    ///
    /// # Errors
    /// A sentence: it is not one, or of a version we do not know.
    pub fn from_text(text: &str) -> Result<Runtime, String> {
        let runtime: Runtime = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if runtime.version == RUNTIME_VERSION {
            Ok(runtime)
        } else {
            Err(format!("its version is {}, this program knows {RUNTIME_VERSION}", runtime.version))
        }
    }
}

/// The state file: what outlives the session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastingState {
    /// Projects by time of use, the latest first.
    #[serde(default)]
    pub order_of_use: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_file_comes_back() {
        let mut runtime = Runtime::new(Some("a".into()), Some(Intent { project: None }));
        runtime.memories.insert(
            "a".into(),
            ProjectMemory {
                visible: vec![("DP-1".into(), "1: \"x\"".into())],
                focused: Some(Focus { id: 94_000_000_000_001, serial: Some(3) }),
                focus_orders: BTreeMap::from([("1".into(), vec![1, 2])]),
                fullscreen: vec![(Focus { id: 5, serial: None }, 1)],
                outputs: BTreeMap::from([("1".into(), "DP-1".into())]),
                layouts: BTreeMap::from([("1".into(), WorkspaceLayout(Layout::Stacked))]),
            },
        );
        assert_eq!(Runtime::from_text(&runtime.to_text()), Ok(runtime));
    }

    #[test]
    fn a_broken_or_newer_one_says_so() {
        assert!(Runtime::from_text("{").is_err());
        let newer =
            Runtime::new(None, None).to_text().replace(&format!("\"version\":{RUNTIME_VERSION}"), "\"version\":9");
        assert!(Runtime::from_text(&newer).unwrap_err().contains("version is 9"));
    }
}
