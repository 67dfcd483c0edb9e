//! What a command asks of the daemon, and how the answer is shown.

use std::time::Duration;

use super::apps;
use super::arguments::{
    AppCommand, AssignArguments, Command, CreateArguments, DaemonCommand, EventsArguments, ExplainArguments,
    FocusArguments, ProjectCommand, RuleCommand, SubscribeArguments, UpdateArguments, WindowCommand, WindowsArguments,
};
use super::failure::Failure;
use super::show::Show;
use crate::api::{
    AppName, Call, EventsRecent, ProjectClose, ProjectCreate, ProjectName, ProjectOpen, ProjectRename, ProjectUpdate,
    WindowAssign, WindowChoice, WindowFilter, WindowFocus,
};
use crate::config::expand_dir;

/// What a command asks of the daemon.
#[derive(Debug)]
pub enum Request {
    /// One call.
    Call {
        /// The call.
        call: Call,
        /// How its answer is shown.
        show: Show,
    },
    /// `i3pm subscribe`.
    Subscribe(SubscribeArguments),
    /// `i3pm events --follow`.
    Follow(EventsArguments),
}

impl Request {
    /// What a command asks. Whatever can be refused without the daemon is refused here.
    ///
    /// # Errors
    /// An argument is of no use, or the command is no call.
    pub fn of(command: Option<Command>) -> Result<Request, Failure> {
        let (call, show) = match command {
            None => (Call::ProjectList, Show::Overview),
            Some(Command::Project(command)) => project_call(command)?,
            Some(Command::Windows(WindowsArguments { table, project, hidden })) => {
                let filter = WindowFilter { project, hidden: hidden.then_some(true) };
                (Call::WindowList(filter), if table { Show::WindowTable } else { Show::WindowTree })
            }
            Some(Command::Window(WindowCommand::Assign(assign))) => {
                let AssignArguments { name, global, window, workspace, class, also } = assign;
                let assign = WindowAssign { id: window, workspace, class, project: name, global, also };
                (Call::WindowAssign(assign), Show::Assigned)
            }
            Some(Command::Explain(ExplainArguments { id, class, title })) => {
                (Call::WindowExplain(WindowChoice { id, class, title }), Show::Explanation)
            }
            Some(Command::Rule(RuleCommand::Test(arguments))) => {
                (Call::RuleTest(Box::new((*arguments).into())), Show::RuleTested)
            }
            Some(Command::Window(WindowCommand::Focus(FocusArguments { window, class, title }))) => {
                (Call::WindowFocus(WindowFocus { id: window, class, title }), Show::Focused)
            }
            Some(Command::App(AppCommand::List)) => (Call::AppList, Show::Apps),
            Some(Command::App(AppCommand::Show { name })) => (Call::AppGet(AppName { name }), Show::App),
            Some(Command::Launch(launch)) => (apps::launch_call(launch), Show::Launched),
            Some(Command::Run(run)) => (apps::run_call(run), Show::Launched),
            Some(Command::Scratch(scratch)) => (apps::scratch_call(scratch), Show::Launched),
            Some(Command::Status | Command::Daemon(DaemonCommand::Status)) => (Call::Status, Show::Status),
            Some(Command::Metrics) => (Call::Metrics, Show::Metrics),
            Some(Command::Ping | Command::Daemon(DaemonCommand::Ping)) => (Call::Ping, Show::Ping),
            Some(Command::Events(events) | Command::Daemon(DaemonCommand::Events(events))) => {
                if events.follow {
                    return Ok(Request::Follow(events));
                }
                (Call::EventsRecent(EventsRecent { limit: events.limit }), Show::Events)
            }
            Some(Command::Subscribe(subscribe)) => return Ok(Request::Subscribe(subscribe)),
            Some(Command::Reload) => (Call::Reload, Show::Reload),
            Some(
                Command::Check(_)
                | Command::Doctor(_)
                | Command::Import(_)
                | Command::Rescue(_)
                | Command::Man { .. }
                | Command::Completions { .. }
                | Command::LaunchVerb(_)
                | Command::App(AppCommand::Check { .. }),
            ) => {
                return Err(Failure::Usage("this command is no call".to_owned()));
            }
        };
        Ok(Request::Call { call, show })
    }

    /// The time that the daemon itself is asked to wait.
    #[must_use]
    pub fn wait(&self) -> Duration {
        match self {
            Request::Call { call: Call::ProjectClose(close), .. } => {
                close.wait_ms.map_or(Duration::ZERO, Duration::from_millis)
            }
            _ => Duration::ZERO,
        }
    }
}

fn project_call(command: ProjectCommand) -> Result<(Call, Show), Failure> {
    Ok(match command {
        ProjectCommand::List => (Call::ProjectList, Show::Projects),
        ProjectCommand::Current => (Call::ProjectCurrent, Show::Project),
        ProjectCommand::Switch { name } if name == "none" => (Call::ProjectClear, Show::Switch),
        ProjectCommand::Switch { name } => (Call::ProjectSwitch(ProjectName { name }), Show::Switch),
        ProjectCommand::Next => (Call::ProjectSwitch(ProjectName { name: "next".to_owned() }), Show::Switch),
        ProjectCommand::Prev => (Call::ProjectSwitch(ProjectName { name: "prev".to_owned() }), Show::Switch),
        ProjectCommand::Clear => (Call::ProjectClear, Show::Switch),
        ProjectCommand::Create(CreateArguments { name, dir, icon, display_name, take }) => {
            let dir = dir.map(|dir| absolute(&dir)).transpose()?;
            let create = ProjectCreate { name, dir, icon, display_name, take: take.map(Into::into) };
            (Call::ProjectCreate(create), Show::Created)
        }
        ProjectCommand::Update(UpdateArguments { name, dir, icon, display_name }) => {
            let dir = dir.map(|dir| absolute(&dir)).transpose()?;
            (Call::ProjectUpdate(ProjectUpdate { name, dir, icon, display_name }), Show::Updated)
        }
        ProjectCommand::Delete { name } => (Call::ProjectDelete(ProjectName { name }), Show::Deleted),
        ProjectCommand::Show { name } => (Call::ProjectGet(ProjectName { name }), Show::Project),
        ProjectCommand::Open { name } => {
            (Call::ProjectOpen(ProjectOpen { name, environment: apps::session() }), Show::Opened)
        }
        ProjectCommand::Close { name, wait } => {
            let wait_ms = wait.and_then(|wait| u64::try_from(wait.as_millis()).ok());
            (Call::ProjectClose(ProjectClose { name, wait_ms }), Show::Closed)
        }
        ProjectCommand::Rename { name, to } => (Call::ProjectRename(ProjectRename { name, to }), Show::Renamed),
    })
}

/// A directory as the daemon wants it: it does not know our own, so `.` is said in full. An empty
/// one stays empty.
fn absolute(dir: &str) -> Result<String, Failure> {
    if dir.is_empty() {
        return Ok(String::new());
    }
    if dir == "~" || dir.starts_with("~/") {
        return expand_dir(dir, std::env::var("HOME").ok().as_deref()).map_err(Failure::Usage);
    }
    let whole = std::path::absolute(dir).map_err(|error| Failure::Usage(format!("the directory {dir}: {error}")))?;
    whole.into_os_string().into_string().map_err(|_| Failure::Usage("the current directory is not UTF-8".to_owned()))
}
