//! Applications: what is asked of them, and what is answered.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Names an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppName {
    /// The name of the application, as in `[app.NAME]`.
    pub name: String,
}

/// What `app.launch` takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppLaunch {
    /// The name of the application, as in `[app.NAME]`. With `scratch` it may be missing: then it
    /// is the one that the configuration names with `scratch`.
    #[serde(default)]
    pub name: String,
    /// What is done if a window of it is there. If this is missing: `focus` for a single
    /// application, and `start` for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_open: Option<IfOpen>,
    /// Its window is the scratch window of the project, or of all if the application is global:
    /// it floats, and is kept apart from other windows of the application.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub scratch: bool,
    /// Arguments after those of the configuration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// The project it is started for; the active one if it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The workspace that its window is put on, whatever the configuration says: a name, or the
    /// number that it begins with. It also stands for `{workspace}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Variables of the caller's session that the application will have: the daemon may have been
    /// started before the session.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Start nothing: only see whether it could be started.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub check: bool,
}

/// What is done if a window of an application is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IfOpen {
    /// Another one is started.
    Start,
    /// It gets the focus, where it is.
    Focus,
    /// It gets the focus, where it is; the one that has it is hidden.
    Toggle,
    /// It comes to the focused workspace and gets the focus; the one that has it is hidden.
    Summon,
    /// It is hidden. Nothing is started if there is none.
    Hide,
}

/// The variables that `i3pm launch` hands on: where the display is, what the window manager gave
/// for this start (a startup id or an activation token, which it gives to what it starts itself),
/// and where programs are found.
pub const SESSION_VARIABLES: [&str; 12] = [
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "SWAYSOCK",
    "I3SOCK",
    "XDG_SESSION_TYPE",
    "XDG_SESSION_ID",
    "XDG_CURRENT_DESKTOP",
    "DBUS_SESSION_BUS_ADDRESS",
    "DESKTOP_STARTUP_ID",
    "XDG_ACTIVATION_TOKEN",
    "PATH",
];

/// Those of them that are meant for one start alone.
pub const START_VARIABLES: [&str; 2] = ["DESKTOP_STARTUP_ID", "XDG_ACTIVATION_TOKEN"];

/// An application, as the configuration has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct App {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: Option<String>,
    /// Its icon.
    pub icon: Option<String>,
    /// `project` or `global`.
    pub scope: String,
    /// Its program and arguments, as they are written.
    pub command: Vec<String>,
    /// It runs in a terminal.
    pub terminal: bool,
    /// There is at most one window of it in each project, or everywhere if it is global.
    pub single: bool,
    /// What happens if it is one of projects and none is active or named: `home`, `ask` or
    /// `refuse`.
    #[serde(default)]
    pub when_no_project: String,
    /// Where it is declared: `file:line`.
    pub declared: String,
    /// The windows that are known to be its own.
    pub windows: Vec<u64>,
}

/// The applications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppList {
    /// In the order of the configuration.
    pub apps: Vec<App>,
}

/// An application, and what would be started now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppAnswer {
    /// The application.
    pub app: App,
    /// What would be started now.
    pub start: Option<AppStart>,
    /// Why nothing would be.
    pub refused: Option<String>,
    /// The program, with its arguments, in which a person may choose a project. It reads the names,
    /// one on each line, and prints one of them.
    #[serde(default)]
    pub menu: Vec<String>,
}

/// What is started: everything is filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppStart {
    /// The project it is started for.
    pub project: Option<String>,
    /// Its windows belong to no project.
    pub global: bool,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The directory it is started in.
    pub cwd: String,
    /// The variables that it is given.
    pub environment: BTreeMap<String, String>,
}

/// How far a launch has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LaunchState {
    /// It was asked for, and the program does not run yet.
    Starting,
    /// The program runs.
    Started,
    /// It could be started: nothing was.
    Checked,
    /// A window of it was there already and gets the focus: nothing was started.
    Focused,
    /// A window of it was there already; it came to the focused workspace and has the focus.
    Summoned,
    /// A window of it was there, and is hidden until it is asked for again.
    Hidden,
    /// No window of it is there to be hidden.
    Absent,
}

/// What became of a launch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Launched {
    /// The application.
    pub app: String,
    /// How far it has come.
    pub state: LaunchState,
    /// The name of the launch, `I3PM_LAUNCH` in the environment of the program.
    pub launch: Option<String>,
    /// The project it was started for.
    pub project: Option<String>,
    /// Its windows belong to no project.
    pub global: bool,
    /// The process.
    pub pid: Option<u32>,
    /// The file of the program, if it was looked for.
    pub program: Option<String>,
    /// The window that gets the focus, or was hidden.
    pub window: Option<u64>,
}

/// A launch that a window might have come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaunchCandidate {
    /// The name of the launch.
    pub launch: String,
    /// Its application.
    pub app: String,
    /// The project it was started for.
    pub project: Option<String>,
    /// How long before the decision about the window the launch was asked for, in milliseconds.
    pub age_ms: u64,
    /// How well they fit, from 0 to 100.
    pub score: u32,
    /// What speaks for it.
    pub evidence: Vec<String>,
    /// The window comes from this one.
    pub chosen: bool,
}
