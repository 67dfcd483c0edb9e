//! What a peer subscribes to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A subscription class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// The projects and which one is active.
    Projects,
    /// The windows and where they are.
    Windows,
    /// The workspaces of the window manager.
    Workspaces,
    /// The connection to the window manager.
    Wm,
    /// The daemon: its phase and configuration.
    Daemon,
    /// Every topic; only in a call, never in a notice.
    All,
}

impl Topic {
    /// The topics that notices carry.
    pub const EACH: [Topic; 5] = [Topic::Projects, Topic::Windows, Topic::Workspaces, Topic::Wm, Topic::Daemon];

    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Topic::Projects => "projects",
            Topic::Windows => "windows",
            Topic::Workspaces => "workspaces",
            Topic::Wm => "wm",
            Topic::Daemon => "daemon",
            Topic::All => "all",
        }
    }
}
