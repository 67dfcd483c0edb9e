//! Calls: what a peer may ask.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ApiError, AppLaunch, AppName, ErrorCode, ProjectClose, ProjectOpen, ProjectRename};

/// A decoded request. One variant per method; `METHODS` lists their names.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "method", content = "params")]
pub enum Call {
    /// Is the daemon there, and which one?
    #[serde(rename = "ping")]
    Ping,
    /// Everything the daemon knows of itself.
    #[serde(rename = "status")]
    Status,
    /// What is counted and measured, for monitoring.
    #[serde(rename = "metrics")]
    Metrics,
    /// Read the configuration again; answered when it is in force or refused.
    #[serde(rename = "reload")]
    Reload,
    /// All projects.
    #[serde(rename = "project.list")]
    ProjectList,
    /// One project.
    #[serde(rename = "project.get")]
    ProjectGet(ProjectName),
    /// The active project, or null.
    #[serde(rename = "project.current")]
    ProjectCurrent,
    /// Make a project the active one; answered when the window manager has done it. In place of a
    /// name: `-` the project used before, `next` and `prev` the next and the previous one in order
    /// of use, `none` no project.
    #[serde(rename = "project.switch")]
    ProjectSwitch(ProjectName),
    /// No project: every window is shown.
    #[serde(rename = "project.clear")]
    ProjectClear,
    /// Make a new project.
    #[serde(rename = "project.create")]
    ProjectCreate(ProjectCreate),
    /// Change a created project.
    #[serde(rename = "project.update")]
    ProjectUpdate(ProjectUpdate),
    /// Delete a created project; its windows become global.
    #[serde(rename = "project.delete")]
    ProjectDelete(ProjectName),
    /// All windows, or those a filter lets through.
    #[serde(rename = "window.list")]
    WindowList(WindowFilter),
    /// One window.
    #[serde(rename = "window.get")]
    WindowGet(WindowId),
    /// Say to which project a window belongs, or that it is global.
    #[serde(rename = "window.assign")]
    WindowAssign(WindowAssign),
    /// Why a window belongs where it does, and why it is hidden or shown.
    #[serde(rename = "window.explain")]
    WindowExplain(WindowChoice),
    /// Give a window the focus, a hidden one too; answered with the window when it has it.
    #[serde(rename = "window.focus")]
    WindowFocus(WindowFocus),
    /// All applications of the configuration.
    #[serde(rename = "app.list")]
    AppList,
    /// One application, and what would be started now.
    #[serde(rename = "app.get")]
    AppGet(AppName),
    /// Start an application; answered when its program runs, or cannot be run.
    #[serde(rename = "app.launch")]
    AppLaunch(AppLaunch),
    /// Which rules fit a window, a real or an imagined one, and what they would do.
    #[serde(rename = "rule.test")]
    RuleTest(Box<RuleTest>),
    /// What happened lately.
    #[serde(rename = "events.recent")]
    EventsRecent(EventsRecent),
    /// The daemon's table, as it is.
    #[serde(rename = "state.dump")]
    StateDump,
    /// Read the tree, put right what is not as it should be, and answer the table.
    #[serde(rename = "state.repair")]
    StateRepair,
    /// The full state of each topic now, then every change.
    #[serde(rename = "subscribe")]
    Subscribe(Subscribe),
    /// No more notices of these topics.
    #[serde(rename = "unsubscribe")]
    Unsubscribe(Subscribe),
    /// Make a project the active one, and start its applications if it has no windows; answered
    /// when their programs run, or cannot be run.
    #[serde(rename = "project.open")]
    ProjectOpen(ProjectOpen),
    /// Ask the windows of a project to close; answered when they are gone, or their time is over.
    #[serde(rename = "project.close")]
    ProjectClose(ProjectClose),
    /// Give a created project another name.
    #[serde(rename = "project.rename")]
    ProjectRename(ProjectRename),
}

/// The names of all methods, in the order of `Call`.
pub const METHODS: [&str; 29] = [
    "ping",
    "status",
    "metrics",
    "reload",
    "project.list",
    "project.get",
    "project.current",
    "project.switch",
    "project.clear",
    "project.create",
    "project.update",
    "project.delete",
    "window.list",
    "window.get",
    "window.assign",
    "window.explain",
    "window.focus",
    "app.list",
    "app.get",
    "app.launch",
    "rule.test",
    "events.recent",
    "state.dump",
    "state.repair",
    "subscribe",
    "unsubscribe",
    "project.open",
    "project.close",
    "project.rename",
];

impl Call {
    /// True if it changes nothing, so that it may be asked again.
    #[must_use]
    pub fn only_reads(&self) -> bool {
        matches!(
            self,
            Call::Ping
                | Call::Status
                | Call::Metrics
                | Call::ProjectList
                | Call::ProjectGet(_)
                | Call::ProjectCurrent
                | Call::WindowList(_)
                | Call::WindowGet(_)
                | Call::WindowExplain(_)
                | Call::EventsRecent(_)
                | Call::StateDump
        )
    }

    /// Decode a method and its parameters.
    ///
    /// # Errors
    /// `method_not_found` for an unknown method; `invalid_params` if the parameters do not fit,
    /// with the name of the field.
    pub fn decode(method: &str, params: Option<Value>) -> Result<Call, ApiError> {
        Ok(match method {
            "ping" => none(params, Call::Ping)?,
            "status" => none(params, Call::Status)?,
            "metrics" => none(params, Call::Metrics)?,
            "reload" => none(params, Call::Reload)?,
            "project.list" => none(params, Call::ProjectList)?,
            "project.get" => Call::ProjectGet(some(method, params)?),
            "project.current" => none(params, Call::ProjectCurrent)?,
            "project.switch" => Call::ProjectSwitch(some(method, params)?),
            "project.clear" => none(params, Call::ProjectClear)?,
            "project.create" => Call::ProjectCreate(some(method, params)?),
            "project.update" => Call::ProjectUpdate(some(method, params)?),
            "project.delete" => Call::ProjectDelete(some(method, params)?),
            "window.list" => Call::WindowList(optional(method, params)?),
            "window.get" => Call::WindowGet(some(method, params)?),
            "window.assign" => Call::WindowAssign(some(method, params)?),
            "window.explain" => Call::WindowExplain(optional(method, params)?),
            "window.focus" => Call::WindowFocus(some(method, params)?),
            "app.list" => none(params, Call::AppList)?,
            "app.get" => Call::AppGet(some(method, params)?),
            "app.launch" => Call::AppLaunch(some(method, params)?),
            "rule.test" => Call::RuleTest(Box::new(some(method, params)?)),
            "events.recent" => Call::EventsRecent(optional(method, params)?),
            "state.dump" => none(params, Call::StateDump)?,
            "state.repair" => none(params, Call::StateRepair)?,
            "subscribe" => Call::Subscribe(some(method, params)?),
            "unsubscribe" => Call::Unsubscribe(some(method, params)?),
            "project.open" => Call::ProjectOpen(some(method, params)?),
            "project.close" => Call::ProjectClose(some(method, params)?),
            "project.rename" => Call::ProjectRename(some(method, params)?),
            _ => {
                return Err(ApiError::new(
                    ErrorCode::MethodNotFound,
                    format!("no method {method:?}; the methods are {}", METHODS.join(", ")),
                ));
            }
        })
    }
}

impl Call {
    /// Which method it is: an index of `METHODS`.
    #[must_use]
    pub fn method_index(&self) -> usize {
        match self {
            Call::Ping => 0,
            Call::Status => 1,
            Call::Metrics => 2,
            Call::Reload => 3,
            Call::ProjectList => 4,
            Call::ProjectGet(_) => 5,
            Call::ProjectCurrent => 6,
            Call::ProjectSwitch(_) => 7,
            Call::ProjectClear => 8,
            Call::ProjectCreate(_) => 9,
            Call::ProjectUpdate(_) => 10,
            Call::ProjectDelete(_) => 11,
            Call::WindowList(_) => 12,
            Call::WindowGet(_) => 13,
            Call::WindowAssign(_) => 14,
            Call::WindowExplain(_) => 15,
            Call::WindowFocus(_) => 16,
            Call::AppList => 17,
            Call::AppGet(_) => 18,
            Call::AppLaunch(_) => 19,
            Call::RuleTest(_) => 20,
            Call::EventsRecent(_) => 21,
            Call::StateDump => 22,
            Call::StateRepair => 23,
            Call::Subscribe(_) => 24,
            Call::Unsubscribe(_) => 25,
            Call::ProjectOpen(_) => 26,
            Call::ProjectClose(_) => 27,
            Call::ProjectRename(_) => 28,
        }
    }
}

fn some<T: serde::de::DeserializeOwned>(method: &str, params: Option<Value>) -> Result<T, ApiError> {
    let params = params.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    if !params.is_object() {
        return Err(ApiError::new(
            ErrorCode::InvalidParams,
            format!("{method}: params must be an object with named members"),
        ));
    }
    serde_json::from_value(params)
        .map_err(|error| ApiError::new(ErrorCode::InvalidParams, format!("{method}: {error}")))
}

fn optional<T: serde::de::DeserializeOwned + Default>(method: &str, params: Option<Value>) -> Result<T, ApiError> {
    match params {
        None => Ok(T::default()),
        some_params => some(method, some_params),
    }
}

/// A method without parameters takes none, `{}` or `[]`.
fn none(params: Option<Value>, call: Call) -> Result<Call, ApiError> {
    match params {
        None => Ok(call),
        Some(Value::Object(members)) if members.is_empty() => Ok(call),
        Some(Value::Array(items)) if items.is_empty() => Ok(call),
        Some(_) => Err(ApiError::new(ErrorCode::InvalidParams, "this method takes no parameters")),
    }
}

/// Names a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectName {
    /// The name of the project.
    pub name: String,
}

/// What `project.create` takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectCreate {
    /// 1 to 64 of ASCII letters, digits, `.`, `_`, `-`, `/`, `:`; the first a letter or digit.
    pub name: String,
    /// The directory of the project: absolute and existing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir: Option<String>,
    /// A short text for bars, usually one character.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The name for people; `name` if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Windows that are open now and become the project's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take: Option<Take>,
}

/// Which open windows a new project takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Take {
    /// Those of the focused workspace.
    Workspace,
    /// Those of all visible workspaces.
    Visible,
    /// The focused one.
    Focused,
}

/// What `project.update` takes: a missing member stays as it is, an empty string removes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectUpdate {
    /// The project to change.
    pub name: String,
    /// The new directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir: Option<String>,
    /// The new icon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The new name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

/// Which windows `window.list` answers with: those that fit every member that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowFilter {
    /// Only windows of this project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Only hidden windows, or only shown ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<bool>,
}

/// Names a window by the id of its container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowId {
    /// The container id, as the window manager and `window.list` give it.
    pub id: u64,
}

/// What `window.assign` takes: which windows (the focused one if none of `id`, `workspace`,
/// `class` is given), and either `project` or `global`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowAssign {
    /// One window by the id of its container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// All windows of the workspace with this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// All windows with this class (X11) or application id (Wayland).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The project that they will belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// They will belong to no project, and always be shown.
    #[serde(default)]
    pub global: bool,
    /// Keep the projects they already belong to, and add `project` to them.
    #[serde(default)]
    pub also: bool,
}

/// What `window.focus` takes: which window, by at least one of these; it must fit all that are
/// given. If several fit, it is one that is shown, else one of the project that was used last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowFocus {
    /// The id of its container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// Its class (X11) or application id (Wayland): literal, `glob:` or `re:` as in a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Its title: literal, `glob:` or `re:` as in a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// Which window `window.explain` is about: the focused one if nothing is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowChoice {
    /// The id of its container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// Its class (X11) or application id (Wayland).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// A part of its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// What `rule.test` takes: the id of a window that is there, or what a window would be like. With
/// both, the window of that id, with these values in place of its own. A value that is not said is
/// that of the window, or missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RuleTest {
    /// The id of its container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// WM_CLASS, its class part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Wayland application id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// WM_CLASS, its instance part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// WM_WINDOW_ROLE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The application that it was launched as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// Its workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Its output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// The project that it belongs to; what the rules say if it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// It floats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floating: Option<bool>,
    /// It is a dialog.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialog: Option<bool>,
    /// It belongs to another window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transient: Option<bool>,
    /// Its process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// The program of its process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exe: Option<String>,
    /// The working directory of its process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
}

/// What `events.recent` takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventsRecent {
    /// At most this many, the newest ones; if this is missing, all that are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// What `subscribe` and `unsubscribe` take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subscribe {
    /// The topics; `all` stands for every one.
    pub topics: Vec<super::Topic>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_method_has_its_index() {
        for (index, method) in METHODS.into_iter().enumerate() {
            let params = match method {
                "project.get" | "project.switch" | "project.create" | "project.update" | "project.delete"
                | "app.get" | "app.launch" | "project.open" | "project.close" => Some(json!({"name": "a"})),
                "project.rename" => Some(json!({"name": "a", "to": "b"})),
                "window.get" => Some(json!({"id": 1})),
                "window.assign" | "window.focus" => Some(json!({})),
                "subscribe" | "unsubscribe" => Some(json!({"topics": []})),
                _ => None,
            };
            let call = Call::decode(method, params).unwrap_or_else(|error| panic!("{method}: {error}"));
            assert_eq!(call.method_index(), index, "{method}");
            assert_eq!(serde_json::to_value(&call).expect("a call is JSON")["method"], method);
        }
    }
}
