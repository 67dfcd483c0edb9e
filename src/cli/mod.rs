//! The command line: arguments, one blocking connection with a deadline, answers as text or JSON.
//!
//! A command is a call and a way to show its answer; `doctor` makes several. What needs no daemon
//! (`check`, `rescue`, `man`, `completions`) never looks for one.

mod apps;
mod arguments;
mod ask;
mod check;
mod connection;
mod dialogue;
mod doctor;
mod explain;
mod failure;
mod follow;
mod import;
mod launch_verb;
mod life;
mod manual;
mod metrics;
mod output;
mod places;
mod render;
mod request;
mod rescue;
mod show;
mod status;
mod text;
mod windows;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser};

pub use self::arguments::{Arguments, TIMEOUT_SECONDS_MAX};
pub use self::connection::ANSWER_BYTES_MAX;

use self::arguments::{AppCommand, Command, DoctorArguments, RescueArguments};
use self::connection::Connection;
use self::failure::Failure;
use self::output::{Output, warn};
use self::request::Request;

/// Do what the arguments of this process say. `daemon` is what those of the daemon may say, for its
/// manual page.
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
    let socket = places::socket_path(arguments.common.socket)?;
    if let Some(Command::Doctor(options)) = &arguments.command {
        return run_doctor(options, &socket, arguments.common.timeout, &mut output);
    }
    if let Some(Command::Import(options)) = &arguments.command {
        return import::run(options, &socket, arguments.common.timeout, &mut output);
    }
    if let Some(Command::App(AppCommand::Check { names })) = arguments.command {
        return run_app_check(names, &socket, arguments.common.timeout, &mut output);
    }
    // What can be refused without the daemon is refused before we ask it.
    let request = Request::of(arguments.command)?;
    let timeout = arguments.common.timeout + request.wait();
    match request {
        Request::Call { call, show } => dialogue::run(&call, show, &socket, timeout, &mut output),
        Request::Subscribe(arguments) => follow::subscribe(&socket, timeout, arguments, &mut output),
        Request::Follow(arguments) => follow::events(&socket, timeout, arguments, &mut output),
    }
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
