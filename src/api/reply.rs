//! Replies: what a call is answered with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AppAnswer, AppList, Explanation, Launched, LogStatus, Metrics, Opened, ProjectClosed, RuleTested, StateDump, Topic,
};

/// The result of a call; which variant follows from the method.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Reply {
    /// To `ping`.
    Ping(Ping),
    /// To `status`.
    Status(Box<Status>),
    /// To `metrics`.
    Metrics(Box<Metrics>),
    /// To `reload`.
    Reload(Reload),
    /// To `rule.test`.
    RuleTested(RuleTested),
    /// To `project.list`.
    Projects(ProjectList),
    /// To `project.get`, `project.current`, `project.create`, `project.update`, `project.rename`.
    Project(ProjectAnswer),
    /// To `project.switch` and `project.clear`.
    Switch(Switch),
    /// To `project.delete`.
    Deleted(Deleted),
    /// To `window.list`.
    Windows(WindowList),
    /// To `window.get` and `window.focus`.
    Window(Box<Window>),
    /// To `window.assign`.
    Assigned(Assigned),
    /// To `window.explain`.
    Explanation(Box<Explanation>),
    /// To `app.list`.
    Apps(AppList),
    /// To `app.get`.
    App(Box<AppAnswer>),
    /// To `app.launch`.
    Launched(Box<Launched>),
    /// To `events.recent`.
    Events(Events),
    /// To `state.dump` and `state.repair`.
    State(Box<StateDump>),
    /// To `subscribe` and `unsubscribe`.
    Subscribed(Subscribed),
    /// To `project.open`.
    Opened(Box<Opened>),
    /// To `project.close`.
    ProjectClosed(ProjectClosed),
}

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ping {
    /// The version of the daemon.
    pub version: String,
    /// The number of the protocol.
    pub protocol: u32,
    /// Names this run of the daemon.
    pub epoch: String,
}

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
    /// Those with an `order` first, by it; then by name.
    pub projects: Vec<Project>,
    /// The name of the active one.
    pub active: Option<String>,
    /// Why created ones are missing from this list, where they could not be read.
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
    /// The process it belongs to, where known.
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

/// What happened lately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Events {
    /// Oldest first.
    pub events: Vec<RecentEvent>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecentEvent {
    /// Counts from 1 since the daemon started.
    pub seq: u64,
    /// How long ago, in milliseconds.
    pub age_ms: u64,
    /// `debug`, `info`, `warning` or `error`.
    pub level: String,
    /// What happened, in a word or two.
    pub kind: String,
    /// A sentence.
    pub text: String,
}

/// What a subscription now holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Subscribed {
    /// The topics of this connection.
    pub topics: Vec<Topic>,
}

/// What a reload did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reload {
    /// False: the text was the same as before.
    pub changed: bool,
    /// Things to look at that did not stop it.
    pub warnings: Vec<String>,
    /// What it changed: sentences.
    #[serde(default)]
    pub summary: Vec<String>,
}

/// What is wrong with the configuration, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigError {
    /// The file.
    pub file: String,
    /// Counts from 1; 0 where the fault has no place in the text.
    pub line: usize,
    /// Counts characters from 1; 0 where the fault has no place in the text.
    pub column: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.line == 0 {
            write!(formatter, "{}: {}", self.file, self.message)
        } else {
            write!(formatter, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
        }
    }
}

/// The state of the connection to the window manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WmState {
    /// A socket was found; its windows are being read.
    Connecting,
    /// All is well.
    Connected,
    /// A request is unanswered past its deadline; the connection is kept.
    Stale,
    /// There is none.
    Disconnected,
}

/// Everything the daemon knows of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// The version of the daemon.
    pub version: String,
    /// The number of the protocol.
    pub protocol: u32,
    /// Names this run of the daemon.
    pub epoch: String,
    /// The process id of the daemon.
    pub pid: u32,
    /// Since the start, in milliseconds.
    pub uptime_ms: u64,
    /// `starting`, `running`, or a phase of the shutdown.
    pub phase: String,
    /// The active project.
    pub project: Option<String>,
    /// The window manager.
    pub wm: WmStatus,
    /// The configuration.
    pub config: ConfigStatus,
    /// Switches.
    pub switch: SwitchStatus,
    /// Nothing is left that the window manager shall do: no switch, no mark, no look at its tree.
    #[serde(default)]
    pub settled: bool,
    /// Every deadline that is set.
    pub deadlines: Vec<DeadlineStatus>,
    /// Every connection on our socket.
    pub peers: Vec<PeerStatus>,
    /// The turns of the loop.
    pub turns: TurnStatus,
    /// How many windows there are.
    pub windows: WindowCounts,
    /// How many projects there are.
    pub projects: usize,
    /// The log.
    #[serde(default)]
    pub log: LogStatus,
    /// The newest notes, oldest first.
    pub notes: Vec<RecentEvent>,
    /// The limits in force, by name.
    pub limits: Vec<Limit>,
}

/// The window manager, as `status` tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WmStatus {
    /// The state of the connection.
    pub state: WmState,
    /// `i3` or `sway`, once known.
    pub kind: Option<String>,
    /// What it calls itself.
    pub version: Option<String>,
    /// Its socket.
    pub socket: Option<String>,
    /// Its process.
    pub pid: Option<u32>,
    /// Since the state began, in milliseconds.
    pub state_age_ms: u64,
    /// Since it last said anything, in milliseconds.
    pub silent_ms: Option<u64>,
    /// The request that waits for its answer.
    pub request: Option<String>,
    /// How long it has waited, in milliseconds.
    pub request_age_ms: Option<u64>,
    /// How windows are hidden: `vault`, `scratchpad`, or `scratchpad: ` with the reason why i3's vault is not used.
    pub hiding: Option<String>,
    /// Why there is no connection.
    pub reason: Option<String>,
    /// Another daemon that serves the window manager: this one waits until it does so no more.
    #[serde(default)]
    pub holder: Option<WmHolder>,
}

/// A daemon that serves the window manager in the place of the one that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WmHolder {
    /// Its process, where the kernel says.
    pub pid: Option<u32>,
    /// Its own socket, where it says so.
    pub socket: Option<String>,
}

/// The configuration, as `status` tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigStatus {
    /// The file, whether it exists or not.
    pub file: String,
    /// What is wrong with it; the configuration before is in force.
    pub error: Option<ConfigError>,
    /// Things to look at.
    pub warnings: Vec<String>,
}

/// Switches, as `status` tells them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SwitchStatus {
    /// Where the one in flight goes; an empty string is "no project".
    pub in_flight: Option<String>,
    /// Where the one after it goes; an empty string is "no project".
    pub next: Option<String>,
    /// Switches done since the start.
    pub count: u64,
    /// What the last one did.
    pub last: Option<Switch>,
}

/// A deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadlineStatus {
    /// What it waits for.
    pub name: String,
    /// Time left in milliseconds; negative when overdue.
    pub left_ms: i64,
}

/// A connection on our socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PeerStatus {
    /// Our number for it.
    pub peer: u64,
    /// Its process.
    pub pid: Option<u32>,
    /// The name of its program.
    pub command: Option<String>,
    /// Its subscriptions.
    pub topics: Vec<Topic>,
    /// Bytes read and not yet decoded.
    pub inbox_bytes: usize,
    /// Bytes that wait to be written.
    pub outbox_bytes: usize,
    /// Calls that wait for their answers.
    pub calls_in_flight: usize,
}

/// The turns of the loop.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TurnStatus {
    /// Turns since the start.
    pub count: u64,
    /// The longest, in microseconds.
    pub longest_us: u64,
    /// The last whole one, in microseconds.
    pub last_us: u64,
}

/// How many windows there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WindowCounts {
    /// All.
    pub total: usize,
    /// Hidden by us.
    pub hidden: usize,
    /// Of no project.
    pub global: usize,
}

/// A limit in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limit {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: u64,
    /// What the value counts.
    pub unit: String,
}
