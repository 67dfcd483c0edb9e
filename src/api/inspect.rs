//! Replies that show the daemon's decisions and its table, for `i3pm explain` and `i3pm doctor`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Claim, LaunchCandidate, Window};

/// Why a window belongs where it does, why it is hidden or shown, and what was done with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// The window.
    pub explained: Window,
    /// Every claim, in the order in which they are asked.
    pub claims: Vec<ClaimStep>,
    /// The launches it might have come from, when it was decided: the best first.
    #[serde(default)]
    pub launches: Vec<LaunchCandidate>,
    /// Why it is hidden or shown: a sentence.
    pub because: String,
    /// Where it returns to, if it is hidden.
    pub returns: Option<ReturnPlace>,
    /// The commands by which rules placed it last.
    #[serde(default)]
    pub placed: Vec<String>,
    /// The last moves that the daemon made with it, the newest last.
    pub moves: Vec<WindowMove>,
}

/// What one claim said of a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimStep {
    /// Its name: `user`, `mark`, `launch`, `parent`, `sticky`, `scratchpad`, `process`, `rule`,
    /// `environment` or `unclaimed`.
    pub name: String,
    /// The claim it makes.
    pub claim: Claim,
    /// The number of the rule, from 1, with its place in the configuration.
    pub rule: Option<String>,
    /// What became of it.
    pub outcome: ClaimOutcome,
    /// Why: a sentence.
    pub text: String,
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimOutcome {
    /// It decides.
    Won,
    /// It says nothing of this window, or another came first.
    Lost,
    /// It has nothing to do with such a window.
    NotApplicable,
    /// Its answer is waited for.
    Waiting,
}

/// Where a hidden window returns to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReturnPlace {
    /// The workspace.
    pub workspace: String,
    /// The output.
    pub output: String,
    /// How its container stood: `wrapped` (all tiling windows of the workspace), `only` (its one
    /// tiling child), `part` (among others) or `floating`.
    pub role: String,
    /// The container it stood in, if it was a part and that is remembered.
    pub parent: Option<u64>,
    /// Its place there, from 0.
    pub position: Option<usize>,
    /// How many windows are in its container.
    pub windows: usize,
}

/// A move that the daemon made with a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WindowMove {
    /// How long ago, in milliseconds.
    pub age_ms: u64,
    /// True: it was hidden; false: it was shown.
    pub hidden: bool,
    /// The workspace it left or came back to.
    pub workspace: String,
    /// Why: `switch to NAME`, `newcomer`, `assigned`, `project deleted`, `configuration`, `rule`,
    /// `start`, `exit` or `repair`.
    pub cause: String,
}

/// Which rules fit a window, and what they would do with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleTested {
    /// Every rule, in the order in which they are asked.
    pub rules: Vec<RuleStep>,
    /// Where the rules say that the window belongs, if they do. Other claims may come before them.
    pub owner: Option<RuleOutcome>,
    /// The commands that would place it when it appears.
    pub commands: Vec<String>,
}

/// What becomes of one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleStep {
    /// Its number, from 1, with its place in the configuration.
    pub rule: String,
    /// What becomes of it.
    pub verdict: RuleVerdict,
    /// Why: a sentence.
    pub text: String,
}

/// What becomes of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleVerdict {
    /// It fits.
    Fits,
    /// It does not fit.
    Misfit,
    /// A rule before it fits, and ends the list.
    NotReached,
    /// The process of the window was not asked yet.
    Unknown,
}

/// Where rules say that a window belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleOutcome {
    /// To no project: it is always shown.
    pub global: bool,
    /// The projects.
    pub projects: Vec<String>,
}

/// The daemon's table, to be compared with the living tree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StateDump {
    /// The active project.
    pub active: Option<String>,
    /// Nothing is on the way between the daemon and the window manager.
    pub settled: bool,
    /// No window has moved since the daemon last read the tree.
    pub places_current: bool,
    /// Every window, by the id of its container.
    pub windows: Vec<WindowRecord>,
    /// Every hidden container.
    pub containers: Vec<HiddenRecord>,
    /// What is wrong with the daemon's files.
    pub files: Vec<FileFault>,
    /// Windows that closed within a second of being hidden, the latest last; at most 16.
    #[serde(default)]
    pub closed: Vec<ClosedWindow>,
    /// How many processes with windows have an environment that cannot be read.
    #[serde(default)]
    pub unreadable_processes: usize,
}

/// A window that closed within a second of being hidden.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClosedWindow {
    /// Its WM_CLASS or Wayland application id.
    pub program: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// How long after the daemon sent the command that hid it, in milliseconds.
    pub after_ms: u64,
}

/// A window, as the daemon's table has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WindowRecord {
    /// The id of its container.
    pub id: u64,
    /// The daemon's number for it.
    pub serial: u64,
    /// The daemon has hidden it.
    pub hidden: bool,
    /// The workspace it is on, or returns to.
    pub workspace: Option<String>,
    /// The marks of ours that it should bear.
    pub marks: Vec<String>,
}

/// A hidden container, as the daemon's table has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HiddenRecord {
    /// Its id.
    pub id: u64,
    /// The number of the window that bears its mark.
    pub anchor: u64,
    /// The numbers of its windows.
    pub windows: Vec<u64>,
}

/// What is wrong with a file of the daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileFault {
    /// The name of the file.
    pub name: String,
    /// What is wrong, and the next step.
    pub text: String,
}
