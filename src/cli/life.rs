//! `i3pm project open`.

use std::fmt::Write;

use serde_json::Value;

use super::text::escaped;
use super::{apps, render};
use crate::api::Opened;

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
