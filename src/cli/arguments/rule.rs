//! What may be written after `i3pm rule`.

use clap::{ArgGroup, Args, Subcommand};

use crate::api::RuleTest;

/// What can be done with rules.
#[derive(Debug, Subcommand)]
pub enum RuleCommand {
    /// Say which rules of the configuration in force fit a window, why the others do not, and what
    /// would be done when it appears.
    Test(Box<RuleTestArguments>),
}

/// What `rule test` takes.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("said").required(true).multiple(true)))]
pub struct RuleTestArguments {
    /// An open window, by its id as `i3pm windows` shows it; the other options replace what it has.
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
