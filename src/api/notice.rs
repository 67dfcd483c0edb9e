//! Notices: what a subscriber hears.
//!
//! A notice is a JSON-RPC notification with the method `notice`. The first notices after
//! `subscribe` carry the full state of each topic. All topics but `windows` then send their full
//! (small) state again on a change; `windows` sends the windows that changed and the ids of those
//! that closed, at most once per turn.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConfigError, Project, Window, WmHolder, WmState};

/// The `params` of a `notice`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// Counts the notices of this connection from 1; a gap cannot happen, a restart of the count is
    /// a new connection.
    pub seq: u64,
    /// Names this run of the daemon.
    pub epoch: String,
    /// The topic and its state or change.
    #[serde(flatten)]
    pub change: Change,
}

/// What a notice says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "topic", rename_all = "lowercase")]
pub enum Change {
    /// All projects, and the active one.
    Projects(ProjectsState),
    /// Full state (`full: true`), or what changed since the notice before.
    Windows(WindowsChange),
    /// All workspaces.
    Workspaces(WorkspacesState),
    /// The link to the window manager.
    Wm(WmNotice),
    /// The daemon itself.
    Daemon(DaemonState),
}

/// The state of the topic `projects`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectsState {
    /// The name of the active project.
    pub active: Option<String>,
    /// The active project itself, as it is among `projects`: all that most bars show.
    pub project: Option<Project>,
    /// The project a switch in flight goes to, if one is in flight.
    pub switching_to: Option<String>,
    /// All projects. Those with an `order` come first, sorted by it; the others follow by name.
    pub projects: Vec<Project>,
}

/// A change of the topic `windows`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WindowsChange {
    /// True: `changed` holds every window, forget what was before.
    pub full: bool,
    /// The windows that are new or different.
    pub changed: Vec<Window>,
    /// The ids of windows that are gone.
    pub closed: Vec<u64>,
}

/// The state of the topic `workspaces`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkspacesState {
    /// All workspaces of the window manager, except our own.
    pub workspaces: Vec<Workspace>,
}

/// One workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Workspace {
    /// Its name.
    pub name: String,
    /// The output it is on.
    pub output: String,
    /// It is the one its output shows.
    pub visible: bool,
    /// It has the focus.
    pub focused: bool,
}

/// The state of the topic `wm`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WmNotice {
    /// The state of the connection.
    pub state: WmState,
    /// `i3` or `sway`, once known.
    pub kind: Option<String>,
    /// Another daemon that serves the window manager: this one waits until the other one stops
    /// that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<WmHolder>,
}

/// The state of the topic `daemon`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DaemonState {
    /// `starting`, `running`, or a phase of the shutdown.
    pub phase: String,
    /// What is wrong with the configuration file, if anything is.
    pub config_error: Option<ConfigError>,
}
