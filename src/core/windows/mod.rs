//! The windows as they are known: what was seen of them, whose they are, how they stood.

pub mod changes;
pub mod deaths;
pub mod described;
pub mod hidden;
pub mod memory;
pub mod reconcile;
pub mod surfaced;
pub mod table;
pub mod unwanted;
pub mod window;

use std::collections::BTreeMap;

use crate::api;
use crate::config::WorkspaceChoice;
use crate::core::tree::{ContainerId, leading_number};

/// All that is known of windows and workspaces.
#[derive(Debug, Clone, Default)]
pub struct Windows {
    /// Every window there is, and what is hidden.
    pub table: table::Table,
    /// The workspaces, as others see them.
    pub workspaces: Vec<api::Workspace>,
    /// The names of workspaces, as last heard.
    pub names: BTreeMap<ContainerId, String>,
    /// The workspace that has the focus, as last heard.
    pub focused: Option<String>,
    /// The workspace that the user was on before this one.
    pub previous: Option<String>,
    /// How each project was left.
    pub memories: BTreeMap<String, memory::ProjectMemory>,
    /// The windows (serial number, mode) that an arrangement which was cut off took off fullscreen.
    pub fullscreen_owed: Vec<(u64, u8)>,
    /// Windows that closed soon after we hid them.
    pub deaths: deaths::Deaths,
    /// Something moved since the last tree.
    pub stale: bool,
}

impl Windows {
    /// The name of the workspace that is meant, whether it is there or not.
    #[must_use]
    pub fn workspace_name(&self, choice: &WorkspaceChoice) -> String {
        match choice {
            WorkspaceChoice::Name(name) => name.clone(),
            WorkspaceChoice::Number(number) => {
                let fits = |name: &&String| leading_number(name) == Some(*number);
                self.names.values().find(fits).cloned().unwrap_or_else(|| number.to_string())
            }
        }
    }
}
