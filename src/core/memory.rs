//! What marks cannot hold: how each project was left, the order of use, and the intent of a switch in flight.
//!
//! It goes to the runtime directory before the first command of a switch, so that a daemon that was killed finds it. The
//! tree has the last word: where the two disagree, what is seen there is true.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::launch::LaunchRecord;
use super::store::{self, CHECKSUM_PLACE, StoreFault, seal};
use super::table::{Handling, HiddenContainer, is_default, layout_word};
use super::tree::{ContainerId, Layout};

/// A container, as it can be found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Focus {
    /// The container.
    pub id: ContainerId,
    /// Our number for it, where it is a window, or for the window in it that had the focus last.
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
        fn rename<T>(map: &mut BTreeMap<String, T>, old: &str, new: &str) {
            if let Some(value) = map.remove(old) {
                map.insert(new.to_string(), value);
            }
        }
        rename(&mut self.focus_orders, old, new);
        rename(&mut self.outputs, old, new);
        rename(&mut self.layouts, old, new);
        for name in self.previous.iter_mut().filter(|name| *name == old) {
            *name = new.to_string();
        }
        for (_, name) in self.visible.iter_mut().filter(|(_, name)| name == old) {
            *name = new.to_string();
        }
    }
}

/// A workspace's own layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkspaceLayout(#[serde(with = "layout_word")] pub Layout);

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
    /// The windows (serial number, mode) that were taken off fullscreen for an arrangement and have not got it back.
    #[serde(default)]
    pub fullscreen_owed: Vec<(u64, u8)>,
    /// The wrappers that stand on workspaces, with the layout each stands for.
    pub wrappers: Vec<Wrapper>,
    /// What no mark says of windows, by serial number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub windows: BTreeMap<u64, Handling>,
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

/// The version of the state file that this program writes.
const STATE_VERSION: u32 = 1;

/// The state file: what outlives the session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastingState {
    #[serde(default)]
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checksum: Option<String>,
    /// Projects by time of use, the latest first.
    #[serde(default)]
    pub order_of_use: Vec<String>,
}

impl LastingState {
    /// A state file of this version.
    #[must_use]
    pub fn new(order_of_use: Vec<String>) -> LastingState {
        LastingState { version: STATE_VERSION, checksum: None, order_of_use }
    }

    /// Its text.
    #[must_use]
    pub fn to_text(mut self) -> String {
        self.checksum = Some(CHECKSUM_PLACE.to_string());
        seal(&serde_json::to_string_pretty(&self).expect("strings only"))
    }

    /// Read a text.
    ///
    /// # Errors
    /// It is not one, of a version we do not know, or damaged.
    pub fn from_text(text: &str) -> Result<LastingState, StoreFault> {
        let mut state: LastingState = store::parse(text, &[STATE_VERSION])?;
        let checksum = state.checksum.take();
        state.version = STATE_VERSION;
        if store::is_intact(text, checksum.as_deref()) { Ok(state) } else { Err(StoreFault::damaged()) }
    }
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
