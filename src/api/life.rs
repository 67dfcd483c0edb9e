//! Projects that are opened: what is asked, and what is answered.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Launched, Switch};

/// What `project.open` takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectOpen {
    /// The name of the project.
    pub name: String,
    /// Variables of the caller's session that the applications shall have, as in `app.launch`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
}

/// What became of a project that was opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Opened {
    /// What the switch to it did.
    pub switch: Switch,
    /// How many windows it had after that. Where it had some, none of its applications is started.
    pub windows: usize,
    /// Its applications, in the order of the configuration.
    pub apps: Vec<OpenedApp>,
}

/// What became of one application of a project that was opened: it was started, or there is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenedApp {
    /// The application.
    pub app: String,
    /// What became of its launch. One that still waits for its window is not made again.
    pub launched: Option<Launched>,
    /// Why it was not started.
    pub error: Option<String>,
}
