//! `i3pm import`: reads the files of the predecessor, shows or writes a configuration, and gives
//! the windows that it marked to their projects.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use super::arguments::ImportArguments;
use super::check;
use super::connection::Connection;
use super::failure::Failure;
use super::output::{Output, warn};
use super::text::{count, escaped, json_line};
use crate::api::{Call, WindowAssign};
use crate::config::CONFIG_BYTES_MAX;
use crate::import::{FILES, Imported, MarkedWindow, PROJECTS, Source, convert, marked_windows, new_name};

/// Do it.
///
/// # Errors
/// The directory has none of the files; with `--write`, there is a configuration already, or it
/// cannot be written.
pub fn run(options: &ImportArguments, socket: &Path, timeout: Duration, output: &mut Output) -> Result<(), Failure> {
    let directory = match &options.directory {
        Some(directory) => directory.clone(),
        None => std::env::var_os("HOME")
            .map(|home| PathBuf::from(home).join(".config/i3"))
            .ok_or_else(|| Failure::Usage("HOME is not set; name the directory: `i3pm import DIRECTORY`".to_owned()))?,
    };
    let (sources, mut remarks) = read(&directory)?;
    let mut imported = convert(&sources);
    remarks.append(&mut imported.remarks);
    let (_, wm_sockets) = super::rescue::candidates(options.wm_socket.as_deref());
    let windows = marked_windows(&wm_sockets).unwrap_or_else(|error| {
        remarks.push(format!("marks on windows were not read: {error:#}"));
        Vec::new()
    });
    let file = check::default_file(std::env::var("HOME").ok().as_deref())?;
    for remark in &remarks {
        warn(&format!("i3pm: {}", escaped(remark)));
    }
    let Imported { toml, projects, apps, rules, .. } = &imported;
    let summary = format!(
        "{}, {}, {}, {}",
        count(*projects, "project"),
        count(*apps, "application"),
        count(*rules, "rule"),
        count(windows.len(), "marked window")
    );
    let mut assigned = 0;
    if options.write {
        create(&file, toml)?;
        assigned = assign(&windows, socket, timeout);
    }
    if output.as_json {
        let assignments = windows.iter().map(|window| {
            let project = window.mark.project.as_deref().map(new_name);
            json!({"id": window.id, "title": window.title, "project": project, "app": window.mark.app})
        });
        return output.line(&json_line(&json!({
            "file": file, "written": options.write, "toml": toml, "remarks": remarks, "projects": projects, "apps": apps,
            "rules": rules, "windows": assignments.collect::<Vec<_>>(), "assigned": assigned,
        })));
    }
    match (options.write, options.dry_run) {
        (true, _) => {
            let there = escaped(&file.to_string_lossy()).into_owned();
            output.text(&format!("{there}: written, {summary}; {assigned} of them assigned\n"))
        }
        (false, true) => {
            let mut text = format!("would be written to {}: {summary}\n", escaped(&file.to_string_lossy()));
            for window in &windows {
                text.push_str(&assignment(window));
            }
            output.text(&text)
        }
        (false, false) => {
            for window in &windows {
                warn(assignment(window).trim_end());
            }
            output.text(toml)
        }
    }
}

/// The command that gives a window to its project, for people.
fn assignment(window: &MarkedWindow) -> String {
    let MarkedWindow { id, title, mark } = window;
    let whose = mark.project.as_deref().map_or("--global".to_owned(), new_name);
    format!("i3pm window assign {} --window {id}   # {}\n", escaped(&whose), escaped(title))
}

/// The files there are, and remarks about those that cannot be read.
fn read(directory: &Path) -> Result<(Vec<Source>, Vec<String>), Failure> {
    let mut names: Vec<String> = FILES.map(str::to_owned).into();
    if let Ok(entries) = std::fs::read_dir(directory.join(PROJECTS)) {
        let names_of = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.extend(names_of.filter(|name| name.ends_with(".json")).map(|name| format!("{PROJECTS}/{name}")));
    }
    names.sort();
    let (mut sources, mut remarks) = (Vec::new(), Vec::new());
    for name in names {
        match check::read(&directory.join(&name)) {
            Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
                remarks.push(format!("{name}: left out, it has more than {CONFIG_BYTES_MAX} bytes"));
            }
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => sources.push(Source { name, text }),
                Err(_) => remarks.push(format!("{name}: left out, it is not UTF-8")),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => remarks.push(format!("{name}: left out, it cannot be read: {error}")),
        }
    }
    if sources.is_empty() && remarks.is_empty() {
        return Err(Failure::refused(format!(
            "{} has none of {} or {PROJECTS}/*.json; name the directory: `i3pm import DIRECTORY`",
            directory.display(),
            FILES.join(", ")
        )));
    }
    Ok((sources, remarks))
}

/// Write a configuration if there is none.
fn create(file: &Path, toml: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::refused(format!(
            "{} is there already and stays as it is; leave out --write and take from the output what you want",
            file.display()
        )),
        _ => Failure::refused(format!("cannot write {}: {error}", file.display())),
    };
    if let Some(directory) = file.parent() {
        std::fs::create_dir_all(directory).map_err(failed)?;
    }
    let mut created = std::fs::File::create_new(file).map_err(failed)?;
    created.write_all(toml.as_bytes()).map_err(failed)
}

/// Let the daemon read the configuration, and give the windows to their projects. Answers how many
/// took it.
fn assign(windows: &[MarkedWindow], socket: &Path, timeout: Duration) -> usize {
    let told = |failure: &Failure| warn(&failure.text(false).unwrap_or_default());
    let mut connection = match Connection::open(socket, timeout) {
        Ok(connection) => connection,
        Err(failure) => {
            told(&failure);
            windows.iter().for_each(|window| warn(assignment(window).trim_end()));
            return 0;
        }
    };
    if let Err(failure) = connection.call(&Call::Reload) {
        told(&failure);
    }
    let assigned = windows.iter().filter(|window| {
        let project = window.mark.project.as_deref().map(new_name);
        let global = project.is_none();
        let call = WindowAssign { id: Some(window.id), workspace: None, class: None, project, global, also: false };
        connection.call(&Call::WindowAssign(call)).inspect_err(|failure| told(failure)).is_ok()
    });
    assigned.count()
}
