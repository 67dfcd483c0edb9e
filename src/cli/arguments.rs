//! What may be written after `i3pm`. The comments here are the help texts and the man pages.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

use crate::api::{CLOSE_WAIT_MAX_MS, LAUNCH_VERB, RuleTest, Take, Topic};

/// The longest `--timeout`, in seconds.
pub const TIMEOUT_SECONDS_MAX: f64 = 86_400.0;

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
    #[arg(long, global = true, value_name = "SECONDS", default_value = "2", value_parser = parse_timeout)]
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
    /// Print what is counted and measured, as OpenMetrics text for monitoring.
    Metrics,
    /// Is the daemon there, and which version?
    Ping,
    /// Show what happened lately.
    Events(EventsArguments),
    /// Print the state of each topic, then every change, one JSON notice a line.
    Subscribe(SubscribeArguments),
    /// Read the configuration again.
    Reload,
    /// Check a configuration; no daemon is needed.
    Check(CheckArguments),
    /// Say why a window belongs where it does, and why it is hidden or shown: the focused one, or the one that is named.
    Explain(ExplainArguments),
    /// Look at rules.
    #[command(subcommand)]
    Rule(RuleCommand),
    /// Check that all is well, and say what would repair what is not; works without a daemon too.
    Doctor(DoctorArguments),
    /// Bring every hidden window back; no daemon is needed.
    Rescue(RescueArguments),
    /// Make a configuration of the files of the i3 project daemon that came before i3pm.
    ///
    /// The configuration goes to stdout; what could not be carried over, and the windows that its marks give to projects, are said on stderr.
    Import(ImportArguments),
    /// The same as `status`, `events` and `ping`.
    #[command(subcommand)]
    Daemon(DaemonCommand),
    /// List the applications of the configuration, show one, or check them.
    #[command(subcommand)]
    App(AppCommand),
    /// Start an application of the configuration, for the active project.
    Launch(LaunchArguments),
    /// Go to a window of an application, hide it again where it has the focus, or start it where there is none.
    Run(RunArguments),
    /// Show or hide the scratch window of the project: a floating window of an application, one for each project.
    Scratch(ScratchArguments),
    /// What the daemon puts before a program that it starts: a session, limits, a directory.
    #[command(name = LAUNCH_VERB, hide = true)]
    LaunchVerb(LaunchVerbArguments),
    /// Write the manual pages into `man1`, `man5`, `man7` and `man8` of a directory.
    #[command(hide = true)]
    Man {
        /// The directory; made where it is missing.
        directory: PathBuf,
    },
    /// Print the completions of a shell.
    #[command(hide = true)]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// What can be done with projects.
#[derive(Debug, Subcommand)]
pub enum ProjectCommand {
    /// List all projects.
    List,
    /// Show the active project; nothing where none is active.
    Current,
    /// Make a project the active one.
    Switch {
        /// The project; or `-` for the one used before, `next`, `prev`, `none`.
        name: String,
    },
    /// Go on to the next project in order of use: pressed again and again, it walks through all of them.
    Next,
    /// The same the other way round.
    Prev,
    /// No project: show every window.
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
    /// Make a project the active one and, where it has no windows, start its applications (`apps` of the configuration).
    Open {
        /// The project.
        name: String,
    },
    /// Ask the windows of a project to close, hidden ones too, and say which did not; windows of other projects stay.
    Close {
        /// The project.
        name: String,
        /// How long they may take, in seconds, at most 60; `--timeout` counts on top of it.
        #[arg(long, value_name = "SECONDS", value_parser = parse_wait)]
        wait: Option<Duration>,
    },
    /// Give a project that was made with `create` another name; its windows, its place in the order of use and how it was left stay its own.
    Rename {
        /// The project.
        name: String,
        /// The name that it shall have.
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
    /// Windows that are open now and become the project's.
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
    /// Give a window the focus; where it is hidden, go to its project first (or as `on_activate` says).
    Focus(FocusArguments),
}

/// What `window focus` takes.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("which").args(["window", "class", "title"]).required(true).multiple(true)))]
pub struct FocusArguments {
    /// The window by its id, as `i3pm windows` shows it.
    #[arg(value_name = "ID")]
    pub window: Option<u64>,
    /// A window of this class (X11) or application id (Wayland); `glob:` and `re:` are known as in rules.
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
    /// The project the windows shall belong to.
    pub name: Option<String>,
    /// They shall belong to no project and always be shown.
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

/// What `events` takes.
#[derive(Debug, Args)]
pub struct EventsArguments {
    /// Go on with what happens from now.
    #[arg(long, short)]
    pub follow: bool,
    /// At most this many, the newest.
    #[arg(long, short = 'n', value_name = "COUNT")]
    pub limit: Option<usize>,
    /// With --follow: end with the daemon, rather than go on with the next one.
    #[arg(long, requires = "follow")]
    pub once: bool,
}

/// What `subscribe` takes.
#[derive(Debug, Args)]
pub struct SubscribeArguments {
    /// The topics [default: all].
    #[arg(value_name = "TOPIC", value_parser = topic_parser())]
    pub topics: Vec<Topic>,
    /// End after this many notices.
    #[arg(long, short = 'n', value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Leave out the state that each topic begins with: only what changes from now.
    #[arg(long)]
    pub no_initial: bool,
    /// End with the daemon, or where there is none, rather than wait for the next one.
    #[arg(long)]
    pub once: bool,
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
    /// Write $XDG_CONFIG_HOME/i3pm/config.toml, if it is not there, let the daemon read it, and assign the windows.
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

/// What can be done with rules.
#[derive(Debug, Subcommand)]
pub enum RuleCommand {
    /// Say which rules of the configuration in force fit a window, why the others do not, and what would be done when it appears.
    Test(Box<RuleTestArguments>),
}

/// What `rule test` takes.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("said").required(true).multiple(true)))]
pub struct RuleTestArguments {
    /// A window that is there, by its id, as `i3pm windows` shows it; what is said beside it holds instead of what it has.
    #[arg(value_name = "WINDOW", group = "said")]
    pub id: Option<u64>,
    /// The class part of WM_CLASS (X11).
    #[arg(long, group = "said")]
    pub class: Option<String>,
    /// The application id (Wayland).
    #[arg(long, group = "said")]
    pub app_id: Option<String>,
    /// The instance part of WM_CLASS (X11).
    #[arg(long, group = "said")]
    pub instance: Option<String>,
    /// The title.
    #[arg(long, group = "said")]
    pub title: Option<String>,
    /// WM_WINDOW_ROLE (X11).
    #[arg(long, group = "said")]
    pub role: Option<String>,
    /// The application that it was launched as.
    #[arg(long, group = "said")]
    pub app: Option<String>,
    /// The workspace that it appears on.
    #[arg(long, group = "said")]
    pub workspace: Option<String>,
    /// The output that it appears on.
    #[arg(long, group = "said")]
    pub output: Option<String>,
    /// The project that it belongs to [default: what the rules say].
    #[arg(long, group = "said")]
    pub project: Option<String>,
    /// It floats.
    #[arg(long, group = "said")]
    pub floating: bool,
    /// It is a dialog.
    #[arg(long, group = "said")]
    pub dialog: bool,
    /// It belongs to another window.
    #[arg(long, group = "said")]
    pub transient: bool,
    /// Its process.
    #[arg(long, group = "said")]
    pub pid: Option<u32>,
    /// The program of its process.
    #[arg(long, group = "said", value_name = "PATH")]
    pub exe: Option<String>,
    /// The working directory of its process.
    #[arg(long, group = "said", value_name = "DIRECTORY")]
    pub cwd: Option<String>,
}

impl From<RuleTestArguments> for RuleTest {
    fn from(arguments: RuleTestArguments) -> RuleTest {
        let RuleTestArguments { id, class, app_id, instance, title, role, app, workspace, output, project, .. } =
            arguments;
        let RuleTestArguments { floating, dialog, transient, pid, exe, cwd, .. } = arguments;
        let [floating, dialog, transient] = [floating, dialog, transient].map(|said| said.then_some(true));
        RuleTest {
            id,
            class,
            app_id,
            instance,
            title,
            role,
            app,
            workspace,
            output,
            project,
            floating,
            dialog,
            transient,
            pid,
            exe,
            cwd,
        }
    }
}

/// What `doctor` takes.
#[derive(Debug, Args)]
pub struct DoctorArguments {
    /// Let the daemon put right first what it can.
    #[arg(long)]
    pub fix: bool,
    /// The window manager's socket [default: $SWAYSOCK, $I3SOCK, or the one that is found].
    #[arg(long, value_name = "PATH")]
    pub wm_socket: Option<PathBuf>,
}

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
    /// Look whether applications could be started now: that their programs and directories are there.
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
    /// For this project instead of the active one.
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// Put its window on this workspace, whatever the configuration says; a number is the workspace that begins with it.
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
    /// Bring it to the focused workspace rather than going to it.
    #[arg(long)]
    pub summon: bool,
    /// Hide it wherever it is, and start nothing.
    #[arg(long)]
    pub hide: bool,
    /// Only ever go to it: one that has the focus stays.
    #[arg(long)]
    pub nohide: bool,
    /// Start another one.
    #[arg(long)]
    pub force: bool,
    /// What is started where nothing is there.
    #[command(flatten)]
    pub launch: LaunchArguments,
}

/// What `scratch` takes.
#[derive(Debug, Args)]
pub struct ScratchArguments {
    /// The application, as in `[app.NAME]` [default: what `scratch` of the configuration names].
    pub app: Option<String>,
    /// That of this project instead of the active one.
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
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
    /// Is the daemon there, and which version?
    Ping,
}

fn parse_timeout(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "write a number of seconds, such as 2 or 0.5".to_owned())?;
    if !(seconds > 0.0 && seconds <= TIMEOUT_SECONDS_MAX) {
        return Err(format!("it must be more than 0 and at most {TIMEOUT_SECONDS_MAX} seconds"));
    }
    Ok(Duration::from_secs_f64(seconds).max(Duration::from_millis(1)))
}

fn parse_wait(text: &str) -> Result<Duration, String> {
    let longest = Duration::from_millis(CLOSE_WAIT_MAX_MS);
    match parse_timeout(text)? {
        wait if wait <= longest => Ok(wait),
        _ => Err(format!("it must be at most {} seconds", longest.as_secs())),
    }
}

const TOPICS: [(&str, Topic); 6] = [
    ("projects", Topic::Projects),
    ("windows", Topic::Windows),
    ("workspaces", Topic::Workspaces),
    ("wm", Topic::Wm),
    ("daemon", Topic::Daemon),
    ("all", Topic::All),
];

fn topic_parser() -> impl TypedValueParser<Value = Topic> {
    PossibleValuesParser::new(TOPICS.map(|(name, _)| name)).try_map(|name| {
        let found = TOPICS.iter().find(|(known, _)| *known == name);
        found.map(|(_, topic)| *topic).ok_or("no such topic")
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_topic_has_a_name() {
        for topic in Topic::EACH.into_iter().chain([Topic::All]) {
            let name = serde_json::to_value(topic).expect("a topic is a string");
            assert!(TOPICS.iter().any(|(known, of)| name == *known && *of == topic), "{name}");
        }
    }

    #[test]
    fn timeouts() {
        assert_eq!(parse_timeout("0.25"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_timeout("0.0000001"), Ok(Duration::from_millis(1)), "the socket knows no less");
        for text in ["0", "-1", "x", "inf", "nan", "1e9", ""] {
            assert!(parse_timeout(text).is_err(), "{text}");
        }
    }
}
