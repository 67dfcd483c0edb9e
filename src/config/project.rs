//! Projects: what `[project.NAME]` says of one.

use super::{Template, WorkspaceChoice};

/// The most projects that a configuration may declare.
pub const PROJECTS_MAX: usize = 1024;
/// The most applications that are started with one project.
pub const PROJECT_APPS_MAX: usize = 32;
/// The most workspaces that one project may want.
pub const PROJECT_WORKSPACES_MAX: usize = 16;
/// How long a hook may run if nothing is said, in seconds.
pub const HOOK_LIMIT_SECONDS: u32 = 30;
/// The longest `hook_limit`, in seconds.
pub const HOOK_LIMIT_SECONDS_MAX: u32 = 3600;

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
    /// The same without symbolic links, as the kernel tells the directories of processes; known if
    /// the file was read and `dir` exists.
    pub real_dir: Option<String>,
    /// Which windows it claims by the directory their process works in.
    pub claims_by: Option<DirectoryClaim>,
    /// Its icon.
    pub icon: Option<String>,
    /// Its name for people.
    pub display_name: Option<String>,
    /// Its place in lists of projects, the lowest first; those without one follow, by name.
    pub order: Option<u32>,
    /// The applications that are started when it is opened and has no windows.
    pub apps: Vec<String>,
    /// What is run when it has become the active project; empty for nothing.
    pub on_enter: Vec<Template>,
    /// What is run when another project, or none, has become the active one; empty for nothing.
    pub on_leave: Vec<Template>,
    /// How long either of them may run, in seconds.
    pub hook_limit: u32,
    /// The workspaces that are shown when it is entered for the first time, one on each output: the
    /// first has the focus.
    pub workspaces: Vec<WorkspaceChoice>,
    /// The output that the first of them is made on, if that is connected.
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
