//! `i3pm app` and `i3pm launch`.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::arguments::{LaunchArguments, RunArguments, ScratchArguments};
use super::connection::Connection;
use super::failure::Failure;
use super::text::{Table, count, escaped};
use crate::api::{AppAnswer, AppLaunch, AppList, Call, IfOpen, LaunchState, Launched, SESSION_VARIABLES};

/// What to do if there is no application yet.
const FIRST_APP: &str = "\
No application yet. The configuration declares them:
  [app.files]
  command = [\"thunar\", \"{dir}\"]
";

/// To `app list`.
pub fn list(list: &AppList) -> String {
    if list.apps.is_empty() {
        return FIRST_APP.to_owned();
    }
    let mut table = Table::new(0);
    table.row(["NAME", "SCOPE", "WINDOWS", "COMMAND", "TITLE"]);
    for app in &list.apps {
        let parts: Vec<&str> = [&app.icon, &app.title].into_iter().flatten().map(String::as_str).collect();
        let terminal = if app.terminal { " (in a terminal)" } else { "" };
        table.row([
            app.name.clone(),
            app.scope.clone(),
            app.windows.len().to_string(),
            format!("{}{terminal}", written(&app.command)),
            parts.join(" "),
        ]);
    }
    let mut text = String::new();
    table.render(&mut text);
    text
}

/// To `app show`.
pub fn show(answer: &AppAnswer) -> String {
    let AppAnswer { app, start, refused, .. } = answer;
    let mut text = String::new();
    let mut row = |label: &str, value: Option<&str>| {
        if let Some(value) = value {
            _ = writeln!(text, "  {label:<12}{}", escaped(value));
        }
    };
    row("Name:", Some(&app.name));
    row("Title:", app.title.as_deref());
    row("Icon:", app.icon.as_deref());
    row("Scope:", Some(&app.scope));
    row("Command:", Some(&written(&app.command)));
    row("Terminal:", app.terminal.then_some("yes"));
    row("Single:", app.single.then_some("yes"));
    row("Declared:", Some(&app.declared));
    row("Windows:", Some(&app.windows.len().to_string()));
    if let Some(start) = start {
        row("Now:", Some(&written(&start.command)));
        row("  for:", Some(&whose(start.project.as_deref())));
        row("  in:", Some(&start.cwd));
        for (name, value) in &start.environment {
            row("  with:", Some(&format!("{name}={value}")));
        }
    }
    if let Some(reason) = refused {
        row("Now:", Some(&format!("refused: {reason}")));
    }
    text
}

/// To `launch`.
pub fn launched(answer: &Launched) -> String {
    let whose = whose(answer.project.as_deref());
    let (app, whose) = (escaped(&answer.app), escaped(&whose));
    let window = answer.window.map(|window| window.to_string()).unwrap_or_default();
    match answer.state {
        LaunchState::Starting => format!("{app} is being started for {whose}\n"),
        LaunchState::Started => {
            let pid = answer.pid.map(|pid| format!(", process {pid}")).unwrap_or_default();
            format!("{app} is started for {whose}{pid}\n")
        }
        LaunchState::Checked => {
            format!("{app}: good, {}\n", answer.program.as_deref().map(escaped).unwrap_or_default())
        }
        LaunchState::Focused => {
            format!("{app} was there already: window {window} has the focus\n")
        }
        LaunchState::Summoned => format!("{app} was there already: window {window} is here and has the focus\n"),
        LaunchState::Hidden => format!("{app} is hidden: window {window}\n"),
        LaunchState::Absent => format!("{app} has no window there\n"),
    }
}

fn whose(project: Option<&str>) -> String {
    project.map_or_else(|| "no project".to_owned(), |name| format!("project {name}"))
}

/// What `launch` asks.
pub fn launch_call(arguments: LaunchArguments) -> Call {
    let LaunchArguments { app, project, workspace, args } = arguments;
    let environment = session();
    Call::AppLaunch(AppLaunch { name: app, args, project, workspace, environment, ..AppLaunch::default() })
}

/// What `run` asks.
pub fn run_call(arguments: RunArguments) -> Call {
    let RunArguments { summon, hide, nohide, force, launch } = arguments;
    let choices = [(summon, IfOpen::Summon), (hide, IfOpen::Hide), (nohide, IfOpen::Focus), (force, IfOpen::Start)];
    let chosen = choices.into_iter().find_map(|(given, choice)| given.then_some(choice));
    let mut call = launch_call(launch);
    if let Call::AppLaunch(launch) = &mut call {
        launch.if_open = Some(chosen.unwrap_or(IfOpen::Toggle));
    }
    call
}

/// What `scratch` asks.
pub fn scratch_call(arguments: ScratchArguments) -> Call {
    let ScratchArguments { app, project } = arguments;
    Call::AppLaunch(AppLaunch {
        name: app.unwrap_or_default(),
        project,
        if_open: Some(IfOpen::Summon),
        scratch: true,
        environment: session(),
        ..AppLaunch::default()
    })
}

/// What an application will have of our environment.
pub fn session() -> BTreeMap<String, String> {
    let value = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    SESSION_VARIABLES.into_iter().filter_map(|name| Some((name.to_owned(), value(name)?))).collect()
}

/// What a check of applications found.
pub struct Checked {
    /// For people.
    pub text: String,
    /// For programs.
    pub json: Value,
    /// All could be started.
    pub good: bool,
}

/// Could these applications be started now, or all if none is named? The daemon looks, in the
/// environment that it would give them.
///
/// # Errors
/// The daemon did not answer.
pub fn check(connection: &mut Connection, names: Vec<String>) -> Result<Checked, Failure> {
    let names = match names.is_empty() {
        false => names,
        true => {
            let list: AppList = connection.answer(&Call::AppList)?;
            list.apps.into_iter().map(|app| app.name).collect()
        }
    };
    let (mut text, mut results, mut bad) = (String::new(), Vec::new(), 0);
    for name in &names {
        let launch = AppLaunch { name: name.clone(), environment: session(), check: true, ..AppLaunch::default() };
        match connection.call(&Call::AppLaunch(launch)) {
            Ok(value) => {
                let program = value["program"].as_str().unwrap_or_default();
                _ = writeln!(text, "{}: good, {}", escaped(name), escaped(program));
                results.push(json!({"app": name, "good": true, "program": program}));
            }
            Err(Failure::Refused { message, .. }) => {
                bad += 1;
                _ = writeln!(text, "{}: {}", escaped(name), escaped(&message));
                results.push(json!({"app": name, "good": false, "error": message}));
            }
            Err(other) => return Err(other),
        }
    }
    if names.is_empty() {
        text.push_str(FIRST_APP);
    } else if bad > 0 {
        _ = writeln!(text, "{}, {bad} not good", count(names.len(), "application"));
    }
    Ok(Checked { text, json: json!({"apps": results}), good: bad == 0 })
}

/// A command as a reader needs it to see which words are one argument.
fn written(command: &[String]) -> String {
    let plain = |character: char| character.is_alphanumeric() || "-_./=:,@%+{}".contains(character);
    let word = |word: &String| match !word.is_empty() && word.chars().all(plain) {
        true => word.clone(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    };
    command.iter().map(word).collect::<Vec<_>>().join(" ")
}
