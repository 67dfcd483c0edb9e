//! Projects that are opened, closed and renamed: what is asked, and what is answered.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Launched, Switch};

/// The longest that `project.close` waits, in milliseconds.
pub const CLOSE_WAIT_MAX_MS: u64 = 60_000;

/// What `project.open` takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectOpen {
    /// The name of the project.
    pub name: String,
    /// Variables of the caller's session that the applications will have, as in `app.launch`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
}

/// What became of a project that was opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Opened {
    /// What the switch to it did.
    pub switch: Switch,
    /// How many windows it had after that. If it had some, none of its applications is started.
    pub windows: usize,
    /// Its applications, in the order of the configuration.
    pub apps: Vec<OpenedApp>,
}

/// What became of one application of a project that was opened: it was started, or there is an
/// error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenedApp {
    /// The application.
    pub app: String,
    /// What became of its launch. One that still waits for its window is not made again.
    pub launched: Option<Launched>,
    /// Why it was not started.
    pub error: Option<String>,
}

/// What `project.close` takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectClose {
    /// The name of the project.
    pub name: String,
    /// How long its windows may take to close, in milliseconds: 1500 if it is missing, 60000 at
    /// most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<u64>,
}

/// What became of the windows of a project that was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectClosed {
    /// The project.
    pub project: String,
    /// The windows that closed.
    pub closed: Vec<ClosingWindow>,
    /// Those that were asked to close and are still there: their program asks whether to save, or
    /// takes longer. They still belong to the project.
    pub refused: Vec<ClosingWindow>,
    /// Those that belong to other projects too, or are shown everywhere. They were not asked to
    /// close, and belong to this project no more.
    pub released: Vec<ClosingWindow>,
}

/// A window, as it was when its project was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClosingWindow {
    /// The id of its container.
    pub id: u64,
    /// Its title.
    pub title: Option<String>,
}

/// What `project.rename` takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectRename {
    /// The name of the project, which is one that was created.
    pub name: String,
    /// Its new name.
    pub to: String,
}
