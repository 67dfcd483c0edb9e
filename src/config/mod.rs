//! The configuration: text in, checked values with their places out. No I/O.
//!
//! `check` gives every fault in a text; `parse` gives the first, which is what a daemon needs. Keys are tables of names
//! and readers (`read.rs`), so a new key is a new line there. A project name, a directory or a label that comes from
//! elsewhere goes through the same checks as one that is written here.

mod app;
mod condition;
mod matcher;
mod place;
mod placement;
mod read;
mod schema;
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
pub use schema::schema;
pub use template::Template;
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
/// The most applications that are started with one project.
pub const PROJECT_APPS_MAX: usize = 32;
/// The most workspaces that one project may want.
pub const PROJECT_WORKSPACES_MAX: usize = 16;
/// How long a hook may run where nothing is said, in seconds.
pub const HOOK_LIMIT_SECONDS: u32 = 30;
/// The longest `hook_limit`, in seconds.
pub const HOOK_LIMIT_SECONDS_MAX: u32 = 3600;
/// The most projects that one window may belong to: their names go into its mark, which then has 3 KiB at most.
pub const WINDOW_PROJECTS_MAX: usize = 16;

/// A checked configuration.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The file it came from.
    pub file: String,
    /// Its text: two configurations are the same when their texts are.
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
    /// What the command of an application in a terminal begins with; empty where nothing is said.
    pub terminal: Vec<Template>,
    /// The program, and its arguments, in which a person may choose a project; empty where nothing is said.
    pub menu: Vec<Template>,
    /// The application that `i3pm scratch` is about where none is named.
    pub scratch: Option<String>,
    /// The applications, in the order of the text.
    pub apps: Vec<App>,
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
        // Where the directories of its projects are is told by the disk, not by the text.
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

/// Which directory of a window's process must be that of a project, or below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryClaim {
    /// The one it works in.
    WorkingDirectory,
    /// The root of the Git repository in which that is.
    Repository,
}

/// A project of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredProject {
    /// Its name.
    pub name: String,
    /// Its directory, `~/` expanded.
    pub dir: Option<String>,
    /// Where that is with no link in it, as the kernel tells directories of processes; known where the file was read, and `dir` is there.
    pub real_dir: Option<String>,
    /// Which windows it claims by the directory their process works in.
    pub claims_by: Option<DirectoryClaim>,
    /// Its icon.
    pub icon: Option<String>,
    /// Its name for people.
    pub display_name: Option<String>,
    /// Its place in lists of projects, the lowest first; those without one come after, by name.
    pub order: Option<u32>,
    /// The applications that are started when it is opened and has no windows.
    pub apps: Vec<String>,
    /// What is run when it has become the active one; empty for nothing.
    pub on_enter: Vec<Template>,
    /// What is run when another one, or none, has become the active one; empty for nothing.
    pub on_leave: Vec<Template>,
    /// How long either of them may run, in seconds.
    pub hook_limit: u32,
    /// The workspaces that are shown when it is entered for the first time, one on each output: the first has the focus.
    pub workspaces: Vec<WorkspaceChoice>,
    /// The output that the first of them is made on, where that is connected.
    pub output: Option<String>,
    /// The line of its header, from 1.
    pub line: usize,
}

impl DeclaredProject {
    /// A project of which nothing is said.
    #[must_use]
    pub fn named(name: &str, line: usize) -> DeclaredProject {
        DeclaredProject {
            name: name.to_owned(),
            dir: None,
            real_dir: None,
            claims_by: None,
            icon: None,
            display_name: None,
            order: None,
            apps: Vec::new(),
            on_enter: Vec::new(),
            on_leave: Vec::new(),
            hook_limit: HOOK_LIMIT_SECONDS,
            workspaces: Vec::new(),
            output: None,
            line,
        }
    }
}

/// One `[[rule]]`, or `[[project.NAME.rule]]`. Rules are asked in the order of the text; the first whose condition fits ends that, unless
/// it says `continue`.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The line of its header, from 1.
    pub line: usize,
    /// What a window must be like; never empty.
    pub condition: Condition,
    /// Where the window belongs, if it says so.
    pub owner: Option<RuleOwner>,
    /// Where and how the window is placed. Never empty where no owner is said.
    pub placement: Placement,
    /// What it says holds again when the title or class of the window changes, and after a reload; else only when the window appears.
    pub enforced: bool,
    /// The rules after it are asked too: they add what is not said yet.
    pub continues: bool,
}

impl Rule {
    /// Does another ask for the same and do the same?
    fn says_what(&self, other: &Rule) -> bool {
        self.condition == other.condition
            && self.owner == other.owner
            && self.placement == other.placement
            && self.enforced == other.enforced
    }
}

/// Where a rule says that windows belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleOwner {
    /// To those of these projects that there are, one at least.
    Projects(Vec<String>),
    /// To none: they are always shown.
    Global,
    /// To those of the other windows of its process, or what its environment says, however long that runs; where neither says anything, it is as if
    /// the rule said nothing.
    Process,
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
