//! What the daemon says of itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConfigError, RecentEvent, Switch, Topic};

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
    /// The window manager has nothing left to do for the daemon: no switch, no mark, no look at its
    /// tree.
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
    /// How windows are hidden: `vault`, `scratchpad`, or `scratchpad: ` with the reason why i3's
    /// vault is not used.
    pub hiding: Option<String>,
    /// Why there is no connection.
    pub reason: Option<String>,
    /// Another daemon that serves the window manager: this one waits until the other one stops
    /// that.
    #[serde(default)]
    pub holder: Option<WmHolder>,
}

/// A daemon that serves the window manager in the place of the one that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WmHolder {
    /// Its process, if the kernel says.
    pub pid: Option<u32>,
    /// Its own socket, if it says so.
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

/// Where the log goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogStatus {
    /// `journal` or `stderr`.
    pub sink: String,
    /// Lines that could not be written.
    pub lost: u64,
}
