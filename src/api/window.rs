//! Windows, and what claims them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a window belongs where it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Claim {
    /// The user said so.
    User,
    /// Our mark was on it.
    Mark,
    /// The launch it comes from: what i3pm started for a project.
    Launch,
    /// It belongs to another window: a dialog or transient.
    Parent,
    /// A rule of the configuration.
    Rule,
    /// The other windows of its process.
    Process,
    /// The environment of its process.
    Environment,
    /// The directory that its process works in.
    Directory,
    /// The project that was active when it opened.
    Active,
    /// None of these: global.
    Default,
    /// Not decided yet: its process is being looked at.
    Pending,
}

/// A window as others see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// The id of its container.
    pub id: u64,
    /// The projects it belongs to, by name; it is shown while any of them is active.
    pub projects: Vec<String>,
    /// It belongs to none and is always shown.
    pub global: bool,
    /// i3pm has hidden it.
    pub hidden: bool,
    /// The user put it away: it is hidden, whichever project is active, until it is asked for.
    #[serde(default)]
    pub stowed: bool,
    /// The workspace it is on, or will return to.
    pub workspace: Option<String>,
    /// The output of that workspace.
    pub output: Option<String>,
    /// WM_CLASS, its class part (X11).
    pub class: Option<String>,
    /// WM_CLASS, its instance part (X11).
    pub instance: Option<String>,
    /// The application id (Wayland).
    pub app_id: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// The process it belongs to, if known.
    pub pid: Option<u32>,
    /// It floats.
    pub floating: bool,
    /// It has the focus.
    pub focused: bool,
    /// It asks for attention.
    pub urgent: bool,
    /// Why it belongs where it does.
    pub claim: Claim,
    /// What exactly claimed it: a rule's `file:line`, a variable, a window.
    pub claimed_by: Option<String>,
}

/// The windows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WindowList {
    /// In the order of the tree, hidden ones last.
    pub windows: Vec<Window>,
}

/// What an assignment did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Assigned {
    /// The windows it touched.
    pub windows: Vec<Window>,
}
