//! The configuration: text in, checked values with their places out. No I/O.
//!
//! `check` gives every fault in a text; `parse` gives the first, which is what a daemon needs. Keys are tables of names
//! and readers (`read.rs`), so a new key is a new line there. A project name, a directory or a label that comes from
//! elsewhere goes through the same checks as one that is written here.

mod matcher;
mod place;
mod read;
mod schema;
mod value;

pub use matcher::{
    GLOB_ALTERNATIVES_MAX, MATCHER_BYTES_MAX, Matcher, REGEX_CACHE_BYTES_MAX, REGEX_COMPILED_BYTES_MAX,
    REGEX_NESTING_MAX, SUBJECT_BYTES_MAX,
};
pub use place::{FAULTS_MAX, nearest};
pub use schema::schema;
pub use value::{
    DIR_BYTES_MAX, LABEL_BYTES_MAX, PROJECT_NAME_BYTES_MAX, RESERVED_NAMES, check_label, check_project_name, expand_dir,
};

use crate::api::ConfigError;

/// The longest configuration text, in bytes.
pub const CONFIG_BYTES_MAX: usize = 1 << 20;
/// The most projects that a configuration may declare.
pub const PROJECTS_MAX: usize = 1024;
/// The most rules that a configuration may hold.
pub const RULES_MAX: usize = 1024;
/// The most projects that one window may belong to: their names go into its mark, which then has 3 KiB at most.
pub const WINDOW_PROJECTS_MAX: usize = 16;

/// A checked configuration.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The file it came from.
    pub file: String,
    /// Its text: two configurations are the same when their texts are.
    pub text: String,
    /// What a window belongs to that nothing claims.
    pub unclaimed: Unclaimed,
    /// What happens to hidden windows when the daemon stops.
    pub on_exit: OnExit,
    /// What happens when a hidden window is activated.
    pub on_activate: OnActivate,
    /// The declared projects, in the order of the text.
    pub projects: Vec<DeclaredProject>,
    /// The rules, in the order of the text.
    pub rules: Vec<Rule>,
    /// Things to look at that are not errors: `file:line:column: sentence`.
    pub warnings: Vec<String>,
    /// Projects that rules name and the text does not declare, each with a warning: they may have been created.
    pub undeclared: Vec<(String, String)>,
}

impl PartialEq for Config {
    fn eq(&self, other: &Config) -> bool {
        self.file == other.file && self.text == other.text && self.warnings == other.warnings
    }
}

/// What a window belongs to that nothing claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unclaimed {
    /// The project that is active when it opens.
    #[default]
    Active,
    /// None.
    Global,
}

/// What happens to hidden windows when the daemon stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnExit {
    /// They are shown.
    #[default]
    Restore,
    /// They stay hidden.
    Keep,
}

/// What happens when a hidden window is activated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnActivate {
    /// Its project becomes the active one, and it gets the focus.
    #[default]
    Switch,
    /// It belongs to the active project too from now on, and gets the focus.
    Summon,
    /// It stays hidden and asks for attention.
    Notify,
}

/// A project of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredProject {
    /// Its name.
    pub name: String,
    /// Its directory, `~/` expanded.
    pub dir: Option<String>,
    /// Its icon.
    pub icon: Option<String>,
    /// Its name for people.
    pub display_name: Option<String>,
    /// The line of its header, from 1.
    pub line: usize,
}

/// One `[[rule]]`. At least one of its matchers is there.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The line of its header, from 1.
    pub line: usize,
    /// What the class part of WM_CLASS must fit.
    pub class: Option<Matcher>,
    /// What the Wayland application id must fit.
    pub app_id: Option<Matcher>,
    /// What the instance part of WM_CLASS must fit.
    pub instance: Option<Matcher>,
    /// What the title must fit.
    pub title: Option<Matcher>,
    /// What it does with a window that fits all of them.
    pub action: RuleAction,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleAction {
    /// The window belongs to these projects, one at least.
    Projects(Vec<String>),
    /// The window is global.
    Global,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subject<'a> {
    /// WM_CLASS, its class part.
    pub class: Option<&'a str>,
    /// Wayland application id.
    pub app_id: Option<&'a str>,
    /// WM_CLASS, its instance part.
    pub instance: Option<&'a str>,
    /// The title.
    pub title: Option<&'a str>,
}

impl Rule {
    /// Does every matcher of this rule fit? A matcher never fits what the window does not have.
    #[must_use]
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        self.misfit(subject).is_none()
    }

    /// The first key of this rule that does not fit; none where it matches.
    #[must_use]
    pub fn misfit(&self, subject: &Subject<'_>) -> Option<&'static str> {
        let pairs = [
            ("class", &self.class, subject.class),
            ("app_id", &self.app_id, subject.app_id),
            ("instance", &self.instance, subject.instance),
            ("title", &self.title, subject.title),
        ];
        let mut given =
            pairs.iter().filter_map(|(key, matcher, text)| Some((*key, matcher.as_ref()?, *text))).peekable();
        if given.peek().is_none() {
            return Some("every key");
        }
        given.find(|(_, matcher, text)| !text.is_some_and(|text| matcher.matches(text))).map(|(key, ..)| key)
    }
}

/// A text and everything that is wrong with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// What could be read; complete only where `faults` is empty.
    pub config: Config,
    /// What is wrong, in the order of the text, at most `FAULTS_MAX`.
    pub faults: Vec<ConfigError>,
}

/// Read a configuration and tell every fault in it.
///
/// `file` is for messages; `home` replaces a leading `~`.
#[must_use]
pub fn check(file: &str, text: &str, home: Option<&str>) -> Checked {
    read::read(file, text, home, true)
}

/// Read a configuration.
///
/// `file` is for messages; `home` replaces a leading `~`.
///
/// # Errors
/// The first fault, with its place.
pub fn parse(file: &str, text: &str, home: Option<&str>) -> Result<Config, ConfigError> {
    let Checked { config, faults } = read::read(file, text, home, false);
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
