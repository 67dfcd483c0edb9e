//! Replies: what a call is answered with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AppAnswer, AppList, Assigned, Deleted, Events, Explanation, Launched, Metrics, Opened, ProjectAnswer,
    ProjectClosed, ProjectList, RuleTested, StateDump, Status, Switch, Topic, Window, WindowList,
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
