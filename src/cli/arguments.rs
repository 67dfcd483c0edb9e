//! What may be written after `i3pm`. The comments here, and in the files of single commands, are
//! the help texts and the man pages.

mod app;
mod events;
mod project;
mod rule;
mod time;
mod window;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

pub use self::app::{AppCommand, LaunchArguments, RunArguments, ScratchArguments};
pub use self::events::{EventsArguments, SubscribeArguments};
pub use self::project::{CreateArguments, ProjectCommand, UpdateArguments};
pub use self::rule::RuleCommand;
pub use self::time::TIMEOUT_SECONDS_MAX;
pub use self::window::{AssignArguments, ExplainArguments, FocusArguments, WindowCommand, WindowsArguments};

use crate::api::LAUNCH_VERB;

/// Projects for i3 and sway: windows belong to a project, one command switches between projects.
///
/// Without a command: which project is active, and all projects.
#[derive(Debug, Parser)]
#[command(name = "i3pm", version, disable_help_subcommand = true, after_help = EXIT_CODES)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 refused, 2 wrong usage, 3 no daemon, 4 timed out.";

/// What every command takes.
#[derive(Debug, Args)]
pub struct Common {
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: bool,
    /// Wait at most this long for the daemon; decimals are fine.
    #[arg(long, global = true, value_name = "SECONDS", default_value = "2", value_parser = time::parse_timeout)]
    pub timeout: Duration,
    /// The daemon's socket [default: $I3PM_SOCKET, or $XDG_RUNTIME_DIR/i3pm/ipc.sock].
    #[arg(long, global = true, value_name = "PATH")]
    pub socket: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List, switch, make and change projects.
    #[command(subcommand)]
    Project(ProjectCommand),
    /// Show the windows: by output and workspace, or as a table.
    Windows(WindowsArguments),
    /// Say where a window belongs, or give it the focus.
    #[command(subcommand)]
    Window(WindowCommand),
    /// Show what the daemon knows of itself.
    Status,
    /// Print the daemon's counters and durations as OpenMetrics text, for monitoring.
    Metrics,
    /// Say whether the daemon answers, and its version.
    Ping,
    /// Show what happened lately.
    Events(EventsArguments),
    /// Print the state of each topic, then every change, one JSON notice a line.
    Subscribe(SubscribeArguments),
    /// Read the configuration again.
    Reload,
    /// Check a configuration; no daemon is needed.
    Check(CheckArguments),
    /// Say why a window belongs where it does, and why it is hidden or shown: the focused one, or
    /// the one that is named.
    Explain(ExplainArguments),
    /// Look at rules.
    #[command(subcommand)]
    Rule(RuleCommand),
    /// Check that all is well, and say how to repair what is not; a daemon is not needed.
    Doctor(DoctorArguments),
    /// Bring every hidden window back; no daemon is needed.
    Rescue(RescueArguments),
    /// Make a configuration of the files of the i3 project daemon that came before i3pm.
    ///
    /// The configuration goes to stdout; what could not be carried over, and the windows that its
    /// marks give to projects, are said on stderr.
    Import(ImportArguments),
    /// The same as `status`, `events` and `ping`.
    #[command(subcommand)]
    Daemon(DaemonCommand),
    /// List the applications of the configuration, show one, or check them.
    #[command(subcommand)]
    App(AppCommand),
    /// Start an application of the configuration, for the active project.
    Launch(LaunchArguments),
    /// Go to a window of an application, hide it again if it has the focus, or start it if
    /// there is none.
    Run(RunArguments),
    /// Show or hide the scratch window of the project: a floating window of an application, one for
    /// each project.
    Scratch(ScratchArguments),
    /// What the daemon puts before a program that it starts: a session, limits, a directory.
    #[command(name = LAUNCH_VERB, hide = true)]
    LaunchVerb(LaunchVerbArguments),
    /// Write the manual pages into `man1`, `man5`, `man7` and `man8` of a directory.
    #[command(hide = true)]
    Man {
        /// The directory; made if it is missing.
        directory: PathBuf,
    },
    /// Print the completions of a shell.
    #[command(hide = true)]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// What `check` takes.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The file [default: $XDG_CONFIG_HOME/i3pm/config.toml].
    pub path: Option<PathBuf>,
}

/// What `import` takes.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// The directory of its files [default: ~/.config/i3].
    pub directory: Option<PathBuf>,
    /// Only say what would be done.
    #[arg(long, conflicts_with = "write")]
    pub dry_run: bool,
    /// Write $XDG_CONFIG_HOME/i3pm/config.toml, if it is not there, let the daemon read it, and
    /// assign the windows.
    #[arg(long)]
    pub write: bool,
    /// The window manager's socket [default: $SWAYSOCK, $I3SOCK, or the one that is found].
    #[arg(long, value_name = "PATH")]
    pub wm_socket: Option<PathBuf>,
}

/// What `rescue` takes.
#[derive(Debug, Args)]
pub struct RescueArguments {
    /// The window manager's socket [default: $SWAYSOCK, $I3SOCK, or the one that is found].
    #[arg(long, value_name = "PATH")]
    pub wm_socket: Option<PathBuf>,
    /// Do nothing while this unit of the user's systemd is active, or is being started again.
    #[arg(long, value_name = "UNIT")]
    pub unless_active: Option<String>,
}

/// What `doctor` takes.
#[derive(Debug, Args)]
pub struct DoctorArguments {
    /// First let the daemon repair what it can.
    #[arg(long)]
    pub fix: bool,
    /// The window manager's socket [default: $SWAYSOCK, $I3SOCK, or the one that is found].
    #[arg(long, value_name = "PATH")]
    pub wm_socket: Option<PathBuf>,
}

/// What the hidden verb takes.
#[derive(Debug, Args)]
pub struct LaunchVerbArguments {
    /// The file of the order.
    pub order: PathBuf,
    /// What was ordered has ended; the service manager says how in the environment.
    #[arg(long)]
    pub ended: bool,
}

/// The predecessor's names.
#[derive(Debug, Subcommand)]
pub enum DaemonCommand {
    /// Show what the daemon knows of itself.
    Status,
    /// Show what happened lately.
    Events(EventsArguments),
    /// Say whether the daemon answers, and its version.
    Ping,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }
}
