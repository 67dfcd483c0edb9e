//! The command line: arguments, one blocking connection with a deadline, answers as text or JSON.
//!
//! A command is a call and a way to show its answer; `doctor` makes several. What needs no daemon (`check`, `rescue`, `man`, `completions`) never looks
//! for one.

mod apps;
mod arguments;
mod ask;
mod check;
mod connection;
mod doctor;
mod explain;
mod failure;
mod follow;
mod import;
mod launch_verb;
mod life;
mod manual;
mod metrics;
mod render;
mod rescue;
mod status;
mod text;
mod windows;

use std::io::{ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{CommandFactory, Parser};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use self::arguments::{Arguments, TIMEOUT_SECONDS_MAX};
pub use self::connection::ANSWER_BYTES_MAX;

use self::arguments::{
    AppCommand, AssignArguments, Command, CreateArguments, DaemonCommand, DoctorArguments, EventsArguments,
    ExplainArguments, FocusArguments, ProjectCommand, RescueArguments, RuleCommand, SubscribeArguments,
    UpdateArguments, WindowCommand, WindowsArguments,
};
use self::connection::{Connection, version_warning};
use self::failure::Failure;
use crate::api::{
    AppName, Call, EventsRecent, ProjectClose, ProjectCreate, ProjectList, ProjectName, ProjectOpen, ProjectRename,
    ProjectUpdate, Switch, WindowAssign, WindowChoice, WindowFilter, WindowFocus,
};
use crate::config::expand_dir;

/// What the next daemon is given at least, after one that was stopping or starting.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(1);

/// Do what the arguments of this process say. `daemon` is what those of the daemon may say, for its manual page.
#[must_use]
pub fn run(daemon: fn() -> clap::Command) -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version go to stdout, and a reader that has gone is no fault of ours.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    if let Some(Command::LaunchVerb(verb)) = &arguments.command {
        return launch_verb::run(verb);
    }
    let as_json = arguments.common.json;
    match execute(arguments, daemon) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(text) = failure.text(as_json) {
                warn(&text);
            }
            if matches!(failure, Failure::ReaderGone) {
                // As every program of a pipe ends.
                let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGPIPE);
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

fn execute(arguments: Arguments, daemon: fn() -> clap::Command) -> Result<(), Failure> {
    let mut output = Output { as_json: arguments.common.json };
    match &arguments.command {
        Some(Command::Check(check)) => return run_check(check.path.as_deref(), &mut output),
        Some(Command::Rescue(options)) => return run_rescue(options, &mut output),
        Some(Command::Man { directory }) => {
            return manual::write(directory, daemon()).map_err(|error| {
                Failure::refused(format!("cannot write manual pages into {}: {error}", directory.display()))
            });
        }
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "i3pm", &mut script);
            return output.text(&String::from_utf8_lossy(&script));
        }
        _ => {}
    }
    let socket = socket_path(arguments.common.socket)?;
    if let Some(Command::Doctor(options)) = &arguments.command {
        return run_doctor(options, &socket, arguments.common.timeout, &mut output);
    }
    if let Some(Command::Import(options)) = &arguments.command {
        return import::run(options, &socket, arguments.common.timeout, &mut output);
    }
    if let Some(Command::App(AppCommand::Check { names })) = arguments.command {
        return run_app_check(names, &socket, arguments.common.timeout, &mut output);
    }
    // What can be refused without the daemon is refused before it is asked.
    let request = request(arguments.command)?;
    let timeout = arguments.common.timeout + request.wait();
    let start = Instant::now();
    match request {
        Request::Call { call, show } => {
            let mut connection = Connection::open(&socket, timeout)?;
            let mut value = match connection.call(&call) {
                Err(failure) if may_ask_again(&call, &failure) => {
                    // It is being restarted: whoever has its socket next answers. Where nobody has, the first word stands.
                    match Connection::open(&socket, timeout.saturating_sub(start.elapsed()).max(SHORTEST_TIMEOUT)) {
                        Ok(next) => connection = next,
                        Err(_) => return Err(failure),
                    }
                    connection.call(&call)?
                }
                Err(failure) => match ask::instead(&mut connection, &call, &failure)? {
                    Some(call) => {
                        // The person took a while.
                        connection.wait_from_now(timeout);
                        connection.call(&call)?
                    }
                    None => return Err(failure),
                },
                Ok(value) => value,
            };
            warn_of_version(&call, &value);
            // The screen has the numbers too, which are an answer of their own.
            if matches!(show, Show::Status) && !output.as_json {
                value = Value::Array(vec![value, connection.call(&Call::Metrics)?]);
            }
            let all_done = show.all_is_done(&value);
            match output.as_json {
                true => output.line(&text::json_line(unwrapped(&show, &value))),
                false => output.text(&show.text(value).map_err(|error| {
                    connection.with_version_hint(Failure::refused(format!(
                        "this i3pm does not understand the daemon's answer: {error}"
                    )))
                })?),
            }?;
            if all_done { Ok(()) } else { Err(Failure::Told) }
        }
        Request::Subscribe(arguments) => follow::subscribe(&socket, timeout, arguments, &mut output),
        Request::Follow(arguments) => follow::events(&socket, timeout, arguments, &mut output),
    }
}

/// The projects; that some could not be read is said beside them.
fn with_warning(list: &ProjectList, render: fn(&ProjectList) -> String) -> String {
    if let Some(reason) = &list.incomplete {
        warn(&format!("i3pm: {}", text::escaped(reason)));
    }
    render(list)
}

/// Is it certain that nothing was done? A daemon that is starting or stopping says so; one that is gone may have done what changes
/// something.
fn may_ask_again(call: &Call, failure: &Failure) -> bool {
    match failure {
        Failure::Refused { code, .. } => matches!(code.as_deref(), Some("starting" | "stopping")),
        Failure::NoDaemon(_) => call.only_reads(),
        _ => false,
    }
}

/// What a command asks of the daemon.
enum Request {
    Call { call: Call, show: Show },
    Subscribe(SubscribeArguments),
    Follow(EventsArguments),
}

impl Request {
    /// So long the daemon itself is asked to wait.
    fn wait(&self) -> Duration {
        match self {
            Request::Call { call: Call::ProjectClose(close), .. } => {
                close.wait_ms.map_or(Duration::ZERO, Duration::from_millis)
            }
            _ => Duration::ZERO,
        }
    }
}

/// How the answer of a call is shown.
enum Show {
    Overview,
    Projects,
    Project,
    Created,
    Updated,
    Deleted,
    Switch,
    WindowTree,
    WindowTable,
    Assigned,
    Explanation,
    RuleTested,
    Focused,
    Status,
    Metrics,
    Ping,
    Events,
    Reload,
    Apps,
    App,
    Launched,
    Opened,
    Closed,
    Renamed,
}

impl Show {
    /// Is it all that was asked for? A part of it that could not be done is in the answer.
    fn all_is_done(&self, value: &Value) -> bool {
        match self {
            Show::Opened => life::all_opened(value),
            Show::Closed => life::all_closed(value),
            _ => true,
        }
    }

    fn text(&self, value: Value) -> Result<String, serde_json::Error> {
        fn of<T: DeserializeOwned>(value: Value, render: fn(&T) -> String) -> Result<String, serde_json::Error> {
            serde_json::from_value(value).map(|answer| render(&answer))
        }
        match self {
            Show::Overview => of(value, |list| with_warning(list, render::overview)),
            Show::Projects => of(value, |list| with_warning(list, render::projects)),
            Show::Project => of(value, render::project),
            Show::Created => of(value, render::created),
            Show::Updated => of(value, render::updated),
            Show::Deleted => of(value, render::deleted),
            Show::Switch => of(value, |answer: &Switch| {
                for refused in &answer.refused {
                    warn(&format!("i3pm: the window manager refused: {}", text::escaped(refused)));
                }
                render::switch(answer)
            }),
            Show::WindowTree => of(value, windows::tree),
            Show::WindowTable => of(value, windows::table),
            Show::Assigned => of(value, render::assigned),
            Show::Explanation => of(value, explain::explanation),
            Show::RuleTested => of(value, explain::rule_tested),
            Show::Focused => of(value, render::focused),
            Show::Status => of(value, status::screen),
            Show::Metrics => of(value, metrics::text),
            Show::Ping => of(value, render::ping),
            Show::Events => of(value, render::events),
            Show::Apps => of(value, apps::list),
            Show::App => of(value, apps::show),
            Show::Launched => of(value, apps::launched),
            Show::Opened => of(value, |answer| {
                for complaint in life::not_opened(answer) {
                    warn(&format!("i3pm: {complaint}"));
                }
                life::opened(answer)
            }),
            Show::Renamed => of(value, life::renamed),
            Show::Closed => of(value, |answer| {
                if let Some(complaint) = life::not_closed(answer) {
                    warn(&complaint);
                }
                life::closed(answer)
            }),
            Show::Reload => of(value, |answer: &crate::api::Reload| {
                for warning in &answer.warnings {
                    warn(&format!("warning: {}", text::escaped(warning)));
                }
                render::reload(answer)
            }),
        }
    }
}

/// `project current` and `project show` print the project itself, `null` for none.
fn unwrapped<'v>(show: &Show, value: &'v Value) -> &'v Value {
    match show {
        Show::Project => value.get("project").unwrap_or(&Value::Null),
        _ => value,
    }
}

fn request(command: Option<Command>) -> Result<Request, Failure> {
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

/// A directory as the daemon wants it: it does not know ours, so `.` is said in full. An empty one stays empty.
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

/// `--socket`, `I3PM_SOCKET`, or the daemon's own place in the runtime directory.
fn socket_path(given: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let named = || std::env::var_os("I3PM_SOCKET").filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(path) = given.or_else(named) {
        return Ok(path);
    }
    let directory = runtime_directory().ok_or_else(|| {
        Failure::NoDaemon(
            "XDG_RUNTIME_DIR is not set and /run/user/UID is not there, so there is no place to look; name the socket \
             with --socket"
                .to_owned(),
        )
    })?;
    Ok(directory.join("i3pm/ipc.sock"))
}

/// `$XDG_RUNTIME_DIR`, or where a login puts it: a shell without its environment (ssh, cron) still finds the daemon.
fn runtime_directory() -> Option<PathBuf> {
    let named = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    named.or_else(|| {
        let user = rustix::process::getuid().as_raw();
        let usual = PathBuf::from(format!("/run/user/{user}"));
        std::fs::metadata(&usual).is_ok_and(|found| found.is_dir() && found.uid() == user).then_some(usual)
    })
}

fn run_check(path: Option<&Path>, output: &mut Output) -> Result<(), Failure> {
    let findings = check::check(path)?;
    if output.as_json {
        output.line(&text::json_line(&findings.json))?;
    } else {
        if !findings.complaints.is_empty() {
            warn(findings.complaints.trim_end());
        }
        if findings.good {
            output.text(&findings.summary)?;
        }
    }
    match findings.good {
        true => Ok(()),
        false => Err(Failure::Told),
    }
}

fn run_rescue(options: &RescueArguments, output: &mut Output) -> Result<(), Failure> {
    if let Some(active) = options.unless_active.as_deref().and_then(rescue::Active::find) {
        return match output.as_json {
            true => output.line(&text::json_line(&active.json())),
            false => output.text(&active.text()),
        };
    }
    let report = rescue::run(options.wm_socket.as_deref())?;
    match output.as_json {
        true => output.line(&text::json_line(&rescue::json(&report)))?,
        false => output.text(&rescue::text(&report))?,
    }
    for complaint in rescue::complaints(&report) {
        warn(&format!("i3pm: {complaint}"));
    }
    match report.still_hidden {
        0 => Ok(()),
        _ => Err(Failure::Told),
    }
}

fn run_doctor(options: &DoctorArguments, socket: &Path, timeout: Duration, output: &mut Output) -> Result<(), Failure> {
    let visit = doctor::run(options, socket, timeout);
    match output.as_json {
        true => output.line(&text::json_line(&visit.json()))?,
        false => output.text(&visit.text())?,
    }
    match visit.is_well() {
        true => Ok(()),
        false => Err(Failure::Told),
    }
}

fn run_app_check(names: Vec<String>, socket: &Path, timeout: Duration, output: &mut Output) -> Result<(), Failure> {
    let checked = apps::check(&mut Connection::open(socket, timeout)?, names)?;
    match output.as_json {
        true => output.line(&text::json_line(&checked.json))?,
        false => output.text(&checked.text)?,
    }
    match checked.good {
        true => Ok(()),
        false => Err(Failure::Told),
    }
}

/// Calls that say who answers are the place to say that it is not our twin.
fn warn_of_version(call: &Call, value: &Value) {
    let version = match call {
        Call::Ping | Call::Status => value["version"].as_str(),
        _ => None,
    };
    if let Some(warning) = version.and_then(version_warning) {
        warn(&format!("i3pm: warning: {}", text::escaped(&warning)));
    }
}

/// Where answers go.
#[derive(Debug)]
struct Output {
    as_json: bool,
}

impl Output {
    fn text(&mut self, text: &str) -> Result<(), Failure> {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::ReaderGone,
            _ => Failure::refused(format!("cannot write the answer: {error}")),
        })
    }

    fn line(&mut self, line: &str) -> Result<(), Failure> {
        self.text(&format!("{line}\n"))
    }
}

/// Say something beside the answer. Nobody is left to be told where stderr is gone.
fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
