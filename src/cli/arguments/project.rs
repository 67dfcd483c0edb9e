//! What may be written after `i3pm project`.

use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use super::time::parse_wait;
use crate::api::Take;

/// What can be done with projects.
#[derive(Debug, Subcommand)]
pub enum ProjectCommand {
    /// List all projects.
    List,
    /// Show the active project; nothing if none is active.
    Current,
    /// Make a project the active one.
    Switch {
        /// The project; or `-` for the one used before, `next`, `prev`, `none`.
        name: String,
    },
    /// Go on to the next project in order of use: pressed again and again, it walks through all of
    /// them.
    Next,
    /// Go back through the projects in order of use.
    Prev,
    /// Leave the project: show every window.
    Clear,
    /// Make a new project.
    Create(CreateArguments),
    /// Change a project that was made with `create`.
    Update(UpdateArguments),
    /// Delete a project that was made with `create`; its windows become global.
    Delete {
        /// The project.
        name: String,
    },
    /// Show one project.
    Show {
        /// The project.
        name: String,
    },
    /// Make a project the active one and, if it has no windows, start its applications (`apps`
    /// of the configuration).
    Open {
        /// The project.
        name: String,
    },
    /// Ask the windows of a project to close, hidden ones too, and say which did not; windows of
    /// other projects stay.
    Close {
        /// The project.
        name: String,
        /// How long they may take, in seconds, at most 60; `--timeout` counts on top of it.
        #[arg(long, value_name = "SECONDS", value_parser = parse_wait)]
        wait: Option<Duration>,
    },
    /// Give a project that was made with `create` another name; its windows, its place in the order
    /// of use and how it was left stay its own.
    Rename {
        /// The project.
        name: String,
        /// The name that it will have.
        to: String,
    },
}

/// What `project create` takes.
#[derive(Debug, Args)]
pub struct CreateArguments {
    /// 1 to 64 of ASCII letters, digits, `.`, `_`, `-`, `/`, `:`, the first a letter or digit.
    pub name: String,
    /// The directory of the project.
    #[arg(long, short, alias = "directory")]
    pub dir: Option<String>,
    /// A short text for bars, usually one character.
    #[arg(long)]
    pub icon: Option<String>,
    /// A name for people.
    #[arg(long, alias = "display")]
    pub display_name: Option<String>,
    /// The open windows that will belong to the project.
    #[arg(long, value_enum)]
    pub take: Option<TakeArgument>,
}

/// What `project update` takes.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("change").args(["dir", "icon", "display_name"]).required(true).multiple(true)))]
pub struct UpdateArguments {
    /// The project.
    pub name: String,
    /// The new directory; an empty one removes it.
    #[arg(long, short, alias = "directory")]
    pub dir: Option<String>,
    /// The new icon; an empty one removes it.
    #[arg(long)]
    pub icon: Option<String>,
    /// The new name for people; an empty one removes it.
    #[arg(long, alias = "display")]
    pub display_name: Option<String>,
}

/// Which open windows a new project takes.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum TakeArgument {
    /// Those of the focused workspace.
    Workspace,
    /// Those of all visible workspaces.
    Visible,
    /// The focused one.
    Focused,
}

impl From<TakeArgument> for Take {
    fn from(argument: TakeArgument) -> Take {
        match argument {
            TakeArgument::Workspace => Take::Workspace,
            TakeArgument::Visible => Take::Visible,
            TakeArgument::Focused => Take::Focused,
        }
    }
}
