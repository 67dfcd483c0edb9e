//! The configuration: text in, checked values with their places out. No I/O.

use crate::api::ConfigError;

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
    /// The declared projects, in the order of the text.
    pub projects: Vec<DeclaredProject>,
    /// The rules, in the order of the text.
    pub rules: Vec<Rule>,
    /// Things to look at that are not errors: `file:line:column: sentence`.
    pub warnings: Vec<String>,
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

/// One `[[rule]]`.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The line of its header, from 1.
    pub line: usize,
    /// What its matchers must all fit.
    pub class: Option<Matcher>,
    /// The same.
    pub app_id: Option<Matcher>,
    /// The same.
    pub instance: Option<Matcher>,
    /// The same.
    pub title: Option<Matcher>,
    /// What it then does.
    pub action: RuleAction,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleAction {
    /// The window belongs to this project.
    Project(String),
    /// The window is global.
    Global,
}

/// Literal text, `glob:` or `re:`.
#[derive(Debug, Clone)]
pub enum Matcher {
    /// Equal.
    Literal(String),
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
    /// Does every matcher of this rule fit?
    #[must_use]
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        let _ = subject;
        false
    }
}

/// Read a configuration.
///
/// `file` is for messages; `home` replaces a leading `~`.
///
/// # Errors
/// The first fault, with its place.
pub fn parse(file: &str, text: &str, home: Option<&str>) -> Result<Config, ConfigError> {
    let _ = home;
    Ok(Config { file: file.into(), text: text.into(), ..Config::default() })
}

/// May a project have this name? 1 to 64 of ASCII letters, digits, `.`, `_`, `-`, `/`, `:`, the first a letter or
/// digit; no empty, `.` or `..` segment between slashes; not one of the reserved words.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn check_project_name(name: &str) -> Result<(), String> {
    let _ = name;
    Ok(())
}
