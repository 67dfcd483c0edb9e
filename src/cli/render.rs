//! Answers as text for people: plain, aligned, one fact a line.

use std::fmt::Write;

use super::text::{Table, count, escaped, span};
use crate::api::{
    Assigned, Deleted, Events, Ping, Project, ProjectAnswer, ProjectList, RecentEvent, Reload, Switch, Window,
};

/// What to do if there is no project yet.
pub const FIRST_RUN: &str = "\
No project yet. Windows that are open now can become one:
  i3pm project create NAME --dir DIR --take workspace
  i3pm window assign NAME
";

/// To `i3pm` alone.
pub fn overview(list: &ProjectList) -> String {
    if list.projects.is_empty() {
        return FIRST_RUN.to_owned();
    }
    let active = match &list.active {
        Some(name) => format!("{} is active.\n\n", escaped(name)),
        None => "No project is active.\n\n".to_owned(),
    };
    active + &projects(list)
}

/// To `project list`.
pub fn projects(list: &ProjectList) -> String {
    if list.projects.is_empty() {
        return FIRST_RUN.to_owned();
    }
    let mut table = Table::new(0);
    table.row(["", "NAME", "WINDOWS", "DIRECTORY", "FROM", "TITLE"]);
    for project in &list.projects {
        table.row([
            if project.active { "*" } else { "" }.to_owned(),
            project.name.clone(),
            windows(project),
            project.dir.clone().unwrap_or_else(|| "-".to_owned()),
            project.declared.clone().unwrap_or_else(|| "created".to_owned()),
            title(project).unwrap_or_default(),
        ]);
    }
    rendered(&table)
}

/// How many windows, and how many of them ask for attention.
fn windows(project: &Project) -> String {
    match project.urgent {
        0 => project.windows.to_string(),
        urgent => format!("{} ({urgent} urgent)", project.windows),
    }
}

/// The icon and the name for people, if there is either.
fn title(project: &Project) -> Option<String> {
    let parts: Vec<&str> = [&project.icon, &project.display_name].into_iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// To `project show` and `project current`; nothing for none. Bars look for the line `Name:`.
pub fn project(answer: &ProjectAnswer) -> String {
    let Some(project) = &answer.project else { return String::new() };
    let windows = windows(project);
    let order = project.order.map(|order| order.to_string());
    let rows = [
        ("Name:", Some(&project.name)),
        ("Display:", project.display_name.as_ref()),
        ("Icon:", project.icon.as_ref()),
        ("Directory:", project.dir.as_ref()),
        ("Order:", order.as_ref()),
        ("Windows:", Some(&windows)),
        ("Declared:", project.declared.as_ref()),
    ];
    let mut text = String::new();
    for (label, value) in rows {
        if let Some(value) = value {
            _ = writeln!(text, "  {label:<12}{}", escaped(value));
        }
    }
    text
}

/// To `project create`.
pub fn created(answer: &ProjectAnswer) -> String {
    let Some(project) = &answer.project else { return String::new() };
    let taken = answer.taken.map(|taken| format!(" with {}", count(taken, "window"))).unwrap_or_default();
    let name = escaped(&project.name);
    format!("created {name}{taken}; `i3pm project switch {name}` makes it the active one\n")
}

/// To `project update`.
pub fn updated(answer: &ProjectAnswer) -> String {
    let Some(project) = &answer.project else { return String::new() };
    format!("updated {}\n", escaped(&project.name))
}

/// To `project delete`.
pub fn deleted(answer: &Deleted) -> String {
    let windows = match answer.windows {
        0 => String::new(),
        1 => "; its window is global now".to_owned(),
        more => format!("; its {more} windows are global now"),
    };
    format!("deleted {}{windows}\n", escaped(&answer.deleted))
}

/// To `project switch` and `project clear`.
pub fn switch(answer: &Switch) -> String {
    let name = answer.project.as_deref().map_or("no project".into(), escaped);
    if !answer.changed {
        return format!("{name}: nothing to do, it was so already\n");
    }
    let before = answer.previous.as_deref().map(|before| format!(" (was {})", escaped(before))).unwrap_or_default();
    let Switch { hidden, restored, milliseconds, .. } = answer;
    format!("{name}{before}: {hidden} hidden, {restored} restored in {milliseconds:.1} ms\n")
}

/// To `window assign`.
pub fn assigned(answer: &Assigned) -> String {
    let Some(first) = answer.windows.first() else { return "no window to assign\n".to_owned() };
    let place = if first.global { "global".to_owned() } else { escaped(&first.projects.join(", ")).into_owned() };
    let mut text = format!("{}: {place}\n", count(answer.windows.len(), "window"));
    let mut table = Table::new(2);
    for window in &answer.windows {
        table.row([window.id.to_string(), super::windows::label(window)]);
    }
    table.render(&mut text);
    text
}

/// To `window focus`.
pub fn focused(window: &Window) -> String {
    let workspace = window.workspace.as_deref().unwrap_or("no workspace");
    format!("{} {} has the focus on {}\n", window.id, escaped(&super::windows::label(window)), escaped(workspace))
}

/// To `ping`.
pub fn ping(answer: &Ping) -> String {
    format!("i3pmd {} answers, protocol {}\n", escaped(&answer.version), answer.protocol)
}

/// To `reload`.
pub fn reload(answer: &Reload) -> String {
    match answer.changed {
        true if answer.summary.is_empty() => "the new configuration is in force\n".to_owned(),
        true => format!("the new configuration is in force: {}\n", escaped(&answer.summary.join("; "))),
        false => "the configuration has not changed\n".to_owned(),
    }
}

/// To `events`.
pub fn events(answer: &Events) -> String {
    answer.events.iter().map(event).collect()
}

/// One event as a line.
pub fn event(event: &RecentEvent) -> String {
    let age = format!("{} ago", span(event.age_ms));
    format!("{age:>16}  {:<7}  {:<16}  {}\n", escaped(&event.level), escaped(&event.kind), escaped(&event.text))
}

pub(super) fn rendered(table: &Table) -> String {
    let mut text = String::new();
    table.render(&mut text);
    text
}
