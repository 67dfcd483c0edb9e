//! `i3pm windows`: by output and workspace, or in columns.

use std::fmt::Write;

use super::text::{Table, escaped};
use crate::api::{Window, WindowList};

/// A tree of outputs and workspaces, in the order of the list; hidden windows stand where they will
/// return to.
pub fn tree(list: &WindowList) -> String {
    let mut text = String::new();
    for (output, windows) in grouped(list.windows.iter(), |window| window.output.as_deref()) {
        _ = writeln!(text, "{}", escaped(output.unwrap_or("no output")));
        for (workspace, windows) in grouped(windows.into_iter(), |window| window.workspace.as_deref()) {
            _ = writeln!(text, "  {}", escaped(workspace.unwrap_or("no workspace")));
            for window in windows {
                text.push_str(&line(window));
            }
        }
    }
    text
}

fn line(window: &Window) -> String {
    let sign = match (window.focused, window.hidden) {
        (true, _) => '*',
        (_, true) => '-',
        _ => ' ',
    };
    let mut line = format!("  {sign} {}  {}", window.id, escaped(&label(window)));
    for project in &window.projects {
        _ = write!(line, " [{}]", escaped(project));
    }
    for state in states(window) {
        _ = write!(line, " {state}");
    }
    line.push('\n');
    line
}

/// One window a line.
pub fn table(list: &WindowList) -> String {
    let mut table = Table::new(0);
    table.row(["ID", "PROJECT", "WORKSPACE", "OUTPUT", "PID", "CLAIM", "STATE", "CLASS", "TITLE"]);
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    for window in &list.windows {
        let states = states(window).join(",");
        let claim = serde_json::to_value(window.claim).ok();
        table.row([
            window.id.to_string(),
            if window.projects.is_empty() { "-".to_owned() } else { window.projects.join(",") },
            text(&window.workspace),
            text(&window.output),
            window.pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string()),
            claim.as_ref().and_then(|claim| claim.as_str()).unwrap_or("-").to_owned(),
            if states.is_empty() { "-".to_owned() } else { states },
            class(window).unwrap_or("-").to_owned(),
            window.title.clone().unwrap_or_default(),
        ]);
    }
    let mut text = String::new();
    table.render(&mut text);
    text
}

/// Class and title.
pub(super) fn label(window: &Window) -> String {
    match (class(window), window.title.as_deref()) {
        (Some(class), Some(title)) => format!("{class} - {title}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "a window without a name".to_owned(),
    }
}

fn class(window: &Window) -> Option<&str> {
    window.class.as_deref().or(window.app_id.as_deref())
}

fn states(window: &Window) -> Vec<&'static str> {
    let states = [
        ("hidden", window.hidden),
        ("global", window.global),
        ("floating", window.floating),
        ("focused", window.focused),
        ("urgent", window.urgent),
    ];
    states.into_iter().filter_map(|(name, is_so)| is_so.then_some(name)).collect()
}

type Groups<'a> = Vec<(Option<&'a str>, Vec<&'a Window>)>;

/// The windows with the same key together, in the order in which the keys come first.
fn grouped<'a>(windows: impl Iterator<Item = &'a Window>, key: impl Fn(&'a Window) -> Option<&'a str>) -> Groups<'a> {
    let mut groups: Groups<'a> = Vec::new();
    for window in windows {
        let name = key(window);
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, members)) => members.push(window),
            None => groups.push((name, vec![window])),
        }
    }
    groups
}
