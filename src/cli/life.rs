//! `i3pm project open`, `close` and `rename`.

use std::fmt::Write;

use serde_json::Value;

use super::text::{Table, count, escaped};
use super::{apps, render};
use crate::api::{ClosingWindow, Opened, ProjectAnswer, ProjectClosed};

/// To `project open`: what was done.
pub fn opened(answer: &Opened) -> String {
    let mut text = render::switch(&answer.switch);
    for launched in answer.apps.iter().filter_map(|app| app.launched.as_ref()) {
        _ = write!(text, "  {}", apps::launched(launched));
    }
    text
}

/// To `project open`: which applications were not started, and why.
pub fn not_opened(answer: &Opened) -> Vec<String> {
    let errors = answer.apps.iter().filter_map(|app| Some((&app.app, app.error.as_ref()?)));
    errors.map(|(app, error)| format!("{}: {}", escaped(app), escaped(error))).collect()
}

/// Were all applications started that were to be?
pub fn all_opened(answer: &Value) -> bool {
    answer["apps"].as_array().is_none_or(|apps| apps.iter().all(|app| app["error"].is_null()))
}

/// To `project close`: what closed, and what belongs to others.
pub fn closed(answer: &ProjectClosed) -> String {
    let mut text = format!("{}: {} closed\n", escaped(&answer.project), count(answer.closed.len(), "window"));
    if !answer.released.is_empty() {
        _ = writeln!(text, "not asked, since they are not its own alone; they belong to it no longer:");
        text.push_str(&windows(&answer.released));
    }
    text
}

/// To `project close`: which windows are still there.
pub fn not_closed(answer: &ProjectClosed) -> Option<String> {
    let name = escaped(&answer.project);
    let many = count(answer.refused.len(), "window");
    (!answer.refused.is_empty()).then(|| {
        let windows = windows(&answer.refused);
        format!("i3pm: {many} did not close; `i3pm project switch {name}` shows what they ask:\n{}", windows.trim_end())
    })
}

/// Did all windows close that were asked to?
pub fn all_closed(answer: &Value) -> bool {
    answer["refused"].as_array().is_none_or(Vec::is_empty)
}

/// To `project rename`.
pub fn renamed(answer: &ProjectAnswer) -> String {
    let Some(project) = &answer.project else { return String::new() };
    format!("its name is {} now, and {} have it\n", escaped(&project.name), count(project.windows, "window"))
}

fn windows(windows: &[ClosingWindow]) -> String {
    let mut table = Table::new(2);
    for window in windows {
        table.row([window.id.to_string(), window.title.clone().unwrap_or_default()]);
    }
    render::rendered(&table)
}
