//! The configuration: a text goes in, checked values with their places come out. No I/O.
//!
//! `check` gives every fault in a text; `parse` gives the first, which is what a daemon needs. Keys
//! are tables of names and readers (`read`), so a new key is a new line there. A project name, a
//! directory or a label that comes from elsewhere goes through the same checks as one that is
//! written here.

mod app;
mod condition;
mod matcher;
mod place;
mod placement;
mod project;
mod read;
mod rule;
mod schema;
mod settings;
mod template;
mod value;

pub use app::{
    APP_NAME_BYTES_MAX, APP_PLACES, APPS_MAX, ARGUMENT_BYTES_MAX, ARGUMENTS_MAX, App, AppScope, HOOK_PLACES,
    VARIABLES_MAX, WhenNoProject, check_app_name, is_variable_name,
};
pub use condition::{Asked, CONDITION_KEYS_MAX, CONDITION_LEVELS_MAX, Condition, Subject, Verdict};
pub use matcher::{
    GLOB_ALTERNATIVES_MAX, MATCHER_BYTES_MAX, Matcher, REGEX_CACHE_BYTES_MAX, REGEX_COMPILED_BYTES_MAX,
    REGEX_NESTING_MAX, SUBJECT_BYTES_MAX,
};
pub use place::{FAULTS_MAX, nearest};
pub use placement::{
    BORDER_PIXELS_MAX, Border, COMMAND_BYTES_MAX, COMMAND_PLACES, COMMANDS_MAX, PLACE_BYTES_MAX, Placement,
    RULE_MARK_BYTES_MAX, WorkspaceChoice, check_workspace,
};
pub use project::{
    DeclaredProject, DirectoryClaim, HOOK_LIMIT_SECONDS, HOOK_LIMIT_SECONDS_MAX, PROJECT_APPS_MAX,
    PROJECT_WORKSPACES_MAX, PROJECTS_MAX,
};
pub use rule::{RULES_MAX, Rule, RuleOwner, WINDOW_PROJECTS_MAX};
pub use schema::schema;
pub use settings::{CONFIG_BYTES_MAX, Checked, Config, OnActivate, OnExit, OnNewcomer, Unclaimed};
pub use template::Template;
pub use value::{
    DIR_BYTES_MAX, LABEL_BYTES_MAX, PROJECT_NAME_BYTES_MAX, RESERVED_NAMES, check_label, check_project_name, expand_dir,
};

use crate::api::ConfigError;

/// Read a configuration and tell every fault in it.
///
/// `file` is for messages; `home` replaces a leading `~`.
#[must_use]
pub fn check(file: &str, text: &str, home: Option<&str>) -> Checked {
    read::read(file, text, home, read::Syntax::Every)
}

/// Read a configuration.
///
/// `file` is for messages; `home` replaces a leading `~`.
///
/// # Errors
/// The first fault, with its place.
pub fn parse(file: &str, text: &str, home: Option<&str>) -> Result<Config, ConfigError> {
    let Checked { config, faults } = read::read(file, text, home, read::Syntax::First);
    match faults.into_iter().next() {
        None => Ok(config),
        Some(fault) => Err(fault),
    }
}

/// The text of a file's bytes.
///
/// # Errors
/// More than `CONFIG_BYTES_MAX`, or not UTF-8, with the place of the first byte that is not.
pub fn decode<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, ConfigError> {
    if bytes.len() > CONFIG_BYTES_MAX {
        return Err(read::too_large(file, bytes.len()));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        place::Places::new(file, &good).fault(good.len(), "this is not UTF-8; save the file as UTF-8")
    })
}

#[cfg(test)]
mod tests;
