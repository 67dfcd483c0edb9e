//! What may be written after `i3pm windows`, `window` and `explain`.

use clap::{ArgGroup, Args, Subcommand};

/// What `windows` takes.
#[derive(Debug, Args)]
pub struct WindowsArguments {
    /// One window a line, in columns.
    #[arg(long)]
    pub table: bool,
    /// Only windows of this project.
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// Only hidden windows.
    #[arg(long)]
    pub hidden: bool,
}

/// What can be done with windows.
#[derive(Debug, Subcommand)]
pub enum WindowCommand {
    /// Put windows into a project, or make them global: the focused one, or those that are named.
    Assign(AssignArguments),
    /// Give a window the focus; if it is hidden, go to its project first (or as `on_activate`
    /// says).
    Focus(FocusArguments),
}

/// What `window focus` takes.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("which").args(["window", "class", "title"]).required(true).multiple(true)))]
pub struct FocusArguments {
    /// The window by its id, as `i3pm windows` shows it.
    #[arg(value_name = "ID")]
    pub window: Option<u64>,
    /// A window of this class (X11) or application id (Wayland); `glob:` and `re:` are known as in
    /// rules.
    #[arg(long)]
    pub class: Option<String>,
    /// A window with this title; `glob:` and `re:` are known as in rules.
    #[arg(long)]
    pub title: Option<String>,
}

/// What `window assign` takes.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("place").args(["name", "global"]).required(true)))]
pub struct AssignArguments {
    /// The project that the windows will belong to.
    pub name: Option<String>,
    /// They will belong to no project and always be shown.
    #[arg(long)]
    pub global: bool,
    /// One window by its id, as `i3pm windows` shows it.
    #[arg(long, value_name = "ID")]
    pub window: Option<u64>,
    /// All windows of this workspace.
    #[arg(long, value_name = "NAME")]
    pub workspace: Option<String>,
    /// All windows of this class (X11) or application id (Wayland).
    #[arg(long)]
    pub class: Option<String>,
    /// Keep the projects they belong to already: they are shown in any of them.
    #[arg(long, conflicts_with = "global")]
    pub also: bool,
}

/// What `explain` takes.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("window").args(["id", "class", "title"])))]
pub struct ExplainArguments {
    /// The window by its id, as `i3pm windows` shows it.
    #[arg(value_name = "WINDOW")]
    pub id: Option<u64>,
    /// The window of this class (X11) or application id (Wayland).
    #[arg(long)]
    pub class: Option<String>,
    /// The window with this in its title.
    #[arg(long)]
    pub title: Option<String>,
}
