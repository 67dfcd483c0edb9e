//! Projects, and what a switch between them did.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A project as others see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Project {
    /// Its name.
    pub name: String,
    /// Its directory.
    pub dir: Option<String>,
    /// Its icon.
    pub icon: Option<String>,
    /// Its name for people.
    pub display_name: Option<String>,
    /// Its `order` in the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u32>,
    /// It is the active one.
    pub active: bool,
    /// Declared in the configuration (`file:line`), or created (null).
    pub declared: Option<String>,
    /// How many windows belong to it.
    pub windows: usize,
    /// How many of them ask for attention, hidden ones too.
    #[serde(default)]
    pub urgent: usize,
}

/// The projects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectList {
    /// Those with an `order` come first, sorted by it; the others follow by name.
    pub projects: Vec<Project>,
    /// The name of the active one.
    pub active: Option<String>,
    /// Why created ones are missing from this list, if they could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<String>,
}

/// One project, or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectAnswer {
    /// The project.
    pub project: Option<Project>,
    /// Windows that a create took along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<usize>,
}

/// What a delete did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deleted {
    /// The project that is gone.
    pub deleted: String,
    /// How many windows became global: those that belonged to no other project.
    pub windows: usize,
}

/// What a switch did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Switch {
    /// The project that is active now.
    pub project: Option<String>,
    /// The one that was active before.
    pub previous: Option<String>,
    /// False when it was active already and nothing was done.
    pub changed: bool,
    /// Windows taken off the screen.
    pub hidden: usize,
    /// Windows brought back.
    pub restored: usize,
    /// Commands the window manager refused, with its words.
    pub refused: Vec<String>,
    /// From the call to the window manager's last answer, in milliseconds.
    pub milliseconds: f64,
    /// Of these, waiting for the window manager.
    pub wm_milliseconds: f64,
    /// Messages sent to the window manager.
    pub messages: usize,
}
