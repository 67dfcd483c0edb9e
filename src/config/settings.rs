//! A configuration that was read: all of its text that is valid, as values.

use super::{App, DeclaredProject, Rule, Template};
use crate::api::ConfigError;

/// The longest configuration text, in bytes.
pub const CONFIG_BYTES_MAX: usize = 1 << 20;

/// A checked configuration.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The file it came from.
    pub file: String,
    /// Its text: two configurations are the same if their texts are.
    pub text: String,
    /// The home directory that stands for `~` in it.
    pub home: Option<String>,
    /// What a window belongs to that nothing claims.
    pub unclaimed: Unclaimed,
    /// What happens to hidden windows when the daemon stops.
    pub on_exit: OnExit,
    /// What happens when a hidden window is activated.
    pub on_activate: OnActivate,
    /// What happens with a window that opens and is not of the active project.
    pub on_newcomer: OnNewcomer,
    /// What the command of an application in a terminal begins with; empty if nothing is said.
    pub terminal: Vec<Template>,
    /// The program, and its arguments, in which a person may choose a project; empty if nothing
    /// is said.
    pub menu: Vec<Template>,
    /// The application that `i3pm scratch` is about if none is named.
    pub scratch: Option<String>,
    /// The applications, in the order of the text.
    pub apps: Vec<App>,
    /// The declared projects, in the order of the text.
    pub projects: Vec<DeclaredProject>,
    /// The rules, in the order of the text.
    pub rules: Vec<Rule>,
    /// Things to look at that are not errors: `file:line:column: sentence`.
    pub warnings: Vec<String>,
    /// Projects that rules name and the text does not declare, each with a warning: they may have
    /// been created.
    pub undeclared: Vec<(String, String)>,
}

impl PartialEq for Config {
    fn eq(&self, other: &Config) -> bool {
        // The disk says where the directories of its projects are, not the text.
        let mut pairs = self.projects.iter().zip(&other.projects);
        let same_places = pairs.all(|(one, two)| one.real_dir == two.real_dir);
        self.file == other.file && self.text == other.text && self.warnings == other.warnings && same_places
    }
}

impl Config {
    /// The application of this name.
    #[must_use]
    pub fn app(&self, name: &str) -> Option<&App> {
        self.apps.iter().find(|app| app.name == name)
    }

    /// The declared project of this name.
    #[must_use]
    pub fn project(&self, name: &str) -> Option<&DeclaredProject> {
        self.projects.iter().find(|project| project.name == name)
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

/// What happens with a window that opens and is not of the active project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnNewcomer {
    /// It is hidden, and its project asks for attention.
    #[default]
    Hide,
    /// It belongs to the active project too from now on, and is shown.
    Show,
    /// It is hidden, and both its project and it ask for attention.
    Notify,
}

/// A text and everything that is wrong with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// What could be read; complete only if `faults` is empty.
    pub config: Config,
    /// What is wrong, in the order of the text, at most `FAULTS_MAX`.
    pub faults: Vec<ConfigError>,
}
