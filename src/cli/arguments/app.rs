//! What may be written after `i3pm app`, `launch`, `run` and `scratch`.

use clap::{ArgGroup, Args, Subcommand};

/// What can be done with applications.
#[derive(Debug, Subcommand)]
pub enum AppCommand {
    /// List all applications.
    List,
    /// Show one application, and what would be started now.
    Show {
        /// The application, as in `[app.NAME]`.
        name: String,
    },
    /// Check whether applications could be started now: their programs and directories must be
    /// there.
    Check {
        /// The applications [default: all].
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
}

/// What `launch` takes.
#[derive(Debug, Args)]
pub struct LaunchArguments {
    /// The application, as in `[app.NAME]`.
    pub app: String,
    /// Start it for this project instead of the active one.
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// Put its window on this workspace, whatever the configuration says; a number is the workspace
    /// that begins with it.
    #[arg(long, value_name = "NAME")]
    pub workspace: Option<String>,
    /// Arguments after those of the configuration.
    #[arg(last = true, value_name = "ARGS")]
    pub args: Vec<String>,
}

/// What `run` takes.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("open").args(["summon", "hide", "nohide", "force"])))]
pub struct RunArguments {
    /// Bring it to the focused workspace instead of going to it.
    #[arg(long)]
    pub summon: bool,
    /// Hide it wherever it is, and start nothing.
    #[arg(long)]
    pub hide: bool,
    /// Never hide it: if it has the focus, it stays.
    #[arg(long)]
    pub nohide: bool,
    /// Start another one.
    #[arg(long)]
    pub force: bool,
    /// What is started if nothing is there.
    #[command(flatten)]
    pub launch: LaunchArguments,
}

/// What `scratch` takes.
#[derive(Debug, Args)]
pub struct ScratchArguments {
    /// The application, as in `[app.NAME]` [default: what `scratch` of the configuration names].
    pub app: Option<String>,
    /// The scratch window of this project instead of the active one's.
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
}
