//! The runtime file: what marks cannot hold, and the intent of a switch in flight.
//!
//! It goes to the runtime directory before the first command of a switch, so that a daemon that was
//! killed finds it. The tree has the last word: if the two disagree, what is seen there is true.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::core::belonging::launch::LaunchRecord;
use crate::core::tree::{ContainerId, Layout};
use crate::core::windows::hidden::{HiddenContainer, layout_word};
use crate::core::windows::memory::ProjectMemory;
use crate::core::windows::window::Handling;
use crate::core::words::store::{self, CHECKSUM_PLACE, StoreFault, seal};

/// The version of the runtime file that this program writes.
const RUNTIME_VERSION: u32 = 2;

/// The runtime file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runtime {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checksum: Option<String>,
    /// The active project.
    pub active: Option<String>,
    /// Where a switch in flight goes, if one is in flight.
    pub intent: Option<Intent>,
    /// How each project was left.
    pub memories: BTreeMap<String, ProjectMemory>,
    /// What is hidden.
    pub hidden: Vec<HiddenContainer>,
    /// The windows (serial number, mode) that were taken off fullscreen for an arrangement and have
    /// not got it back.
    #[serde(default)]
    pub fullscreen_owed: Vec<(u64, u8)>,
    /// The wrappers that stand on workspaces, with the layout each stands for.
    pub wrappers: Vec<Wrapper>,
    /// What no mark says of windows, by serial number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub windows: BTreeMap<u64, Handling>,
    /// The workspaces without a number in the order in which they stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workspaces: Vec<String>,
    /// The launches whose windows are waited for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub launches: Vec<LaunchRecord>,
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
    pub fn to_text(mut self) -> String {
        self.checksum = Some(CHECKSUM_PLACE.to_string());
        seal(&serde_json::to_string(&self).expect("a runtime file has string keys only"))
    }

    /// Read a text. No person writes it, so what does not fit its checksum is not used.
    ///
    /// # Errors
    /// It is not one, of a version we do not know, or damaged.
    pub fn from_text(text: &str) -> Result<Runtime, StoreFault> {
        let mut runtime: Runtime = store::parse(text, &[RUNTIME_VERSION])?;
        match runtime.checksum.take() {
            Some(checksum) if store::is_intact(text, Some(&checksum)) => Ok(runtime),
            _ => Err(StoreFault::damaged()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::windows::memory::{Focus, WorkspaceLayout};

    #[test]
    fn a_runtime_file_comes_back() {
        let mut runtime = Runtime::new(Some("a".into()), Some(Intent { project: None }));
        runtime.memories.insert(
            "a".into(),
            ProjectMemory {
                visible: vec![("DP-1".into(), "1: \"x\"".into())],
                focused: Some(Focus { id: 94_000_000_000_001, serial: Some(3), up: 0 }),
                previous: Some("3: mail".into()),
                focus_orders: BTreeMap::from([("1".into(), vec![1, 2])]),
                fullscreen: vec![(Focus { id: 5, serial: Some(9), up: 2 }, 1)],
                outputs: BTreeMap::from([("1".into(), "DP-1".into())]),
                layouts: BTreeMap::from([("1".into(), WorkspaceLayout(Layout::Stacked))]),
            },
        );
        assert_eq!(Runtime::from_text(&runtime.clone().to_text()), Ok(runtime));
    }

    #[test]
    fn a_broken_or_newer_one_says_so() {
        assert!(Runtime::from_text("{").is_err());
        let newer =
            Runtime::new(None, None).to_text().replace(&format!("\"version\":{RUNTIME_VERSION}"), "\"version\":9");
        assert!(Runtime::from_text(&newer).unwrap_err().message.contains("version is 9"));
    }
}
