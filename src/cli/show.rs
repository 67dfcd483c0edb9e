//! How the answer of a call is shown.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::output::warn;
use super::{apps, explain, life, metrics, render, status, text, windows};
use crate::api::{ProjectList, Switch};

/// How the answer of a call is shown.
#[derive(Debug, Clone, Copy)]
pub enum Show {
    /// The active project, and all projects.
    Overview,
    /// All projects.
    Projects,
    /// One project.
    Project,
    /// A project that was made.
    Created,
    /// A project that was changed.
    Updated,
    /// A project that was deleted.
    Deleted,
    /// What a switch did.
    Switch,
    /// Windows by output and workspace.
    WindowTree,
    /// Windows as a table.
    WindowTable,
    /// Windows that were assigned.
    Assigned,
    /// Why a window belongs where it does.
    Explanation,
    /// Which rules fit.
    RuleTested,
    /// A window that has the focus now.
    Focused,
    /// The status, with the metrics.
    Status,
    /// The metrics alone.
    Metrics,
    /// Who answers.
    Ping,
    /// What happened lately.
    Events,
    /// What came of reading the configuration.
    Reload,
    /// All applications.
    Apps,
    /// One application.
    App,
    /// A program that was started, or a window instead.
    Launched,
    /// What came of opening a project.
    Opened,
    /// What came of closing a project.
    Closed,
    /// A project with another name.
    Renamed,
}

impl Show {
    /// True if everything that was asked for is done. A part that could not be done is in the
    /// answer.
    #[must_use]
    pub fn all_is_done(&self, value: &Value) -> bool {
        match self {
            Show::Opened => life::all_opened(value),
            Show::Closed => life::all_closed(value),
            _ => true,
        }
    }

    /// What is printed as JSON: `project current` and `project show` print the project itself,
    /// `null` for none.
    #[must_use]
    pub fn json<'v>(&self, value: &'v Value) -> &'v Value {
        match self {
            Show::Project => value.get("project").unwrap_or(&Value::Null),
            _ => value,
        }
    }

    /// The answer as text. Complaints that are in it go to stderr.
    ///
    /// # Errors
    /// It is not what this program knows as the answer of the call.
    pub fn text(&self, value: Value) -> Result<String, serde_json::Error> {
        fn of<T: DeserializeOwned>(value: Value, render: fn(&T) -> String) -> Result<String, serde_json::Error> {
            serde_json::from_value(value).map(|answer| render(&answer))
        }
        match self {
            Show::Overview => of(value, |list| with_warning(list, render::overview)),
            Show::Projects => of(value, |list| with_warning(list, render::projects)),
            Show::Project => of(value, render::project),
            Show::Created => of(value, render::created),
            Show::Updated => of(value, render::updated),
            Show::Deleted => of(value, render::deleted),
            Show::Switch => of(value, |answer: &Switch| {
                for refused in &answer.refused {
                    warn(&format!("i3pm: the window manager refused: {}", text::escaped(refused)));
                }
                render::switch(answer)
            }),
            Show::WindowTree => of(value, windows::tree),
            Show::WindowTable => of(value, windows::table),
            Show::Assigned => of(value, render::assigned),
            Show::Explanation => of(value, explain::explanation),
            Show::RuleTested => of(value, explain::rule_tested),
            Show::Focused => of(value, render::focused),
            Show::Status => of(value, status::screen),
            Show::Metrics => of(value, metrics::text),
            Show::Ping => of(value, render::ping),
            Show::Events => of(value, render::events),
            Show::Apps => of(value, apps::list),
            Show::App => of(value, apps::show),
            Show::Launched => of(value, apps::launched),
            Show::Opened => of(value, |answer| {
                for complaint in life::not_opened(answer) {
                    warn(&format!("i3pm: {complaint}"));
                }
                life::opened(answer)
            }),
            Show::Renamed => of(value, life::renamed),
            Show::Closed => of(value, |answer| {
                if let Some(complaint) = life::not_closed(answer) {
                    warn(&complaint);
                }
                life::closed(answer)
            }),
            Show::Reload => of(value, |answer: &crate::api::Reload| {
                for warning in &answer.warnings {
                    warn(&format!("warning: {}", text::escaped(warning)));
                }
                render::reload(answer)
            }),
        }
    }
}

/// The projects. If some could not be read, that is said beside them.
fn with_warning(list: &ProjectList, render: fn(&ProjectList) -> String) -> String {
    if let Some(reason) = &list.incomplete {
        warn(&format!("i3pm: {}", text::escaped(reason)));
    }
    render(list)
}
