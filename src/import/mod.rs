//! From the predecessor: what its files in `~/.config/i3` say, as a configuration of i3pm, and to
//! whom windows belong by its marks on them.
//!
//! Each file is read as it is found, leniently: they were written by hand, by a daemon and by Nix,
//! and changed over the years. What cannot be carried over is said in a remark, with the file, the
//! thing and the reason; nothing is left out silently. The formats are those that its source and
//! the files of its users show.

mod apps;
mod living;
mod marks;
mod monitors;
mod rules;

pub use living::{MarkedWindow, marked_windows};
pub use marks::{OldMark, old_mark};

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::config::{check_label, check_project_name, expand_dir};

/// The files beside `projects/*.json` that are read, by name.
pub const FILES: [&str; 5] = [ACTIVE_PROJECT, APP_CLASSES, REGISTRY, WINDOW_RULES, MONITORS];
/// Where the projects are, a file each.
pub const PROJECTS: &str = "projects";

const ACTIVE_PROJECT: &str = "active-project.json";
const APP_CLASSES: &str = "app-classes.json";
const REGISTRY: &str = "application-registry.json";
const WINDOW_RULES: &str = "window-rules.json";
const MONITORS: &str = "workspace-monitor-mapping.json";

/// The terminal that the predecessor ran applications in.
const TERMINAL: [&str; 2] = ["ghostty", "-e"];

/// A file of the predecessor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name below the directory: `projects/web.json`.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// A configuration.
    pub toml: String,
    /// What was not carried over, or was changed, and why: `file: sentence`.
    pub remarks: Vec<String>,
    /// How many projects it has.
    pub projects: usize,
    /// How many applications it has.
    pub apps: usize,
    /// How many rules it has.
    pub rules: usize,
}

/// Make a configuration of the files there are.
#[must_use]
pub fn convert(sources: &[Source]) -> Imported {
    let mut import = Import::default();
    for source in sources.iter().filter(|source| source.name.starts_with("projects/")) {
        if let Some(value) = import.read(source) {
            import.project(&source.name, &value);
        }
    }
    type Convert = fn(&mut Import, &Value);
    let others: [(&str, Convert); 5] = [
        (APP_CLASSES, Import::classes),
        (REGISTRY, Import::registry),
        (WINDOW_RULES, Import::window_rules),
        (MONITORS, Import::monitors),
        (ACTIVE_PROJECT, Import::active_project),
    ];
    for (name, convert) in others {
        if let Some(source) = sources.iter().find(|source| source.name == name)
            && let Some(value) = import.read(source)
        {
            convert(&mut import, &value);
        }
    }
    let mut head = "# From the files of the i3 project daemon. `i3pm check` reads it as the daemon would.\n".to_owned();
    if import.wants_terminal {
        _ = writeln!(head, "terminal = {}", strings(TERMINAL));
        import.remark(REGISTRY, "applications in a terminal ran in ghostty; another is named by `terminal` at the top");
    }
    import.done.remarks.push(
        "windows: a process speaks for its first window alone; a later one belongs to the project in which it is opened, \
         unless its rule or application says follow = \"process\""
            .to_owned(),
    );
    import.done.toml.insert_str(0, &head);
    import.done
}

/// An import in hand.
#[derive(Debug, Default)]
struct Import {
    done: Imported,
    projects: BTreeSet<String>,
    /// An application runs in a terminal.
    wants_terminal: bool,
}

impl Import {
    fn remark(&mut self, file: &str, sentence: impl std::fmt::Display) {
        self.done.remarks.push(format!("{file}: {sentence}"));
    }

    /// A file as JSON; if it is none, a remark says at which place.
    fn read(&mut self, source: &Source) -> Option<Value> {
        let value = serde_json::from_str(&source.text);
        value.map_err(|error| self.remark(&source.name, format_args!("left out, it is no JSON: {error}"))).ok()
    }

    /// The keys of an object that nothing was made of, apart from those that say nothing a user
    /// would miss.
    fn leftovers(&mut self, file: &str, thing: &str, object: &Map<String, Value>, known: &[&str]) {
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            self.remark(file, format_args!("{thing}: `{key}` has no counterpart and was left out"));
        }
    }

    /// A name that i3pm takes, and a remark if it is not the one that was given.
    fn project_name(&mut self, file: &str, old: &str) -> Option<String> {
        let new = new_name(old);
        match check_project_name(&new) {
            Ok(()) => {
                if new != old {
                    self.remark(
                        file,
                        format_args!("the project {old:?} is called `{new}` here; i3pm does not take that name"),
                    );
                }
                Some(new)
            }
            Err(why) => {
                self.remark(file, format_args!("the project {old:?} was left out: {why}"));
                None
            }
        }
    }

    fn project(&mut self, file: &str, value: &Value) {
        let Some(object) = value.as_object() else {
            return self.remark(file, "left out, it is no JSON object");
        };
        let stem = file.trim_start_matches("projects/").trim_end_matches(".json");
        let old = text(object, "name").unwrap_or(stem);
        let Some(name) = self.project_name(file, old) else { return };
        if !self.projects.insert(name.clone()) {
            return self.remark(file, format_args!("left out, there is a project `{name}` already"));
        }
        _ = writeln!(self.done.toml, "\n[project.{}]", key(&name));
        if let Some(directory) = text(object, "directory") {
            let directory = directory.strip_prefix("$HOME").map_or(directory.to_owned(), |below| format!("~{below}"));
            match expand_dir(&directory, Some("/home")) {
                Ok(_) => self.line("dir", &string(&directory)),
                Err(why) => self.remark(file, format_args!("`directory` was left out: {why}")),
            }
        }
        for (old, new) in [("icon", "icon"), ("display_name", "display_name")] {
            let Some(label) = text(object, old).filter(|label| !label.is_empty() && *label != name) else { continue };
            match check_label(old, label) {
                Ok(()) => self.line(new, &string(label)),
                Err(why) => self.remark(file, format_args!("`{old}` was left out: {why}")),
            }
        }
        // Windows of those classes belonged to the project that was active when they opened, as all
        // do here if nothing else claims them.
        let known = ["name", "directory", "icon", "display_name", "scoped_classes", "created_at", "updated_at"];
        self.leftovers(file, "the project", object, &known);
        self.done.projects += 1;
    }

    /// Classes that are global become rules. Those that belong to the active project need none.
    fn classes(&mut self, value: &Value) {
        let Some(object) = value.as_object() else {
            return self.remark(APP_CLASSES, "left out, it is no JSON object");
        };
        for class in list(value, "global_classes") {
            match class.as_str() {
                Some(class) => self.rule(&[either(&[class])], &[("global".into(), "true".into())]),
                None => self.remark(APP_CLASSES, format_args!("the global class {class} was left out, it is no text")),
            }
        }
        let scoped = list(value, "scoped_classes");
        if !scoped.is_empty() {
            self.remark(
                APP_CLASSES,
                "windows of classes that are in neither list were global; they belong to the project that is active when \
                 they open, as `scoped_classes` do. `unclaimed = \"global\"` makes them, and those, global",
            );
        }
        self.leftovers(APP_CLASSES, "the file", object, &["scoped_classes", "global_classes"]);
    }

    fn active_project(&mut self, value: &Value) {
        if let Some(name) = value["project_name"].as_str() {
            self.remark(
                ACTIVE_PROJECT,
                format_args!("the project {name:?} was active; `i3pm project switch` goes there"),
            );
        }
    }

    /// A line of the table at hand.
    fn line(&mut self, name: &str, value: &str) {
        _ = writeln!(self.done.toml, "{name} = {value}");
    }

    /// A rule with these lines of matchers and actions.
    fn rule(&mut self, matchers: &[(String, String)], actions: &[(String, String)]) {
        _ = writeln!(self.done.toml, "\n[[rule]]");
        for (name, value) in matchers.iter().chain(actions) {
            self.line(name, value);
        }
        self.done.rules += 1;
    }
}

/// The name that a project of the predecessor has here: its own, with `-` for what i3pm does not
/// take.
#[must_use]
pub fn new_name(old: &str) -> String {
    if check_project_name(old).is_ok() {
        return old.to_owned();
    }
    let allowed = |character: char| character.is_ascii_alphanumeric() || "._-/:".contains(character);
    let new: String = old.chars().map(|character| if allowed(character) { character } else { '-' }).collect();
    new.trim_matches(['-', '.', '/']).to_owned()
}

/// A matcher for the class of X11 or the application id of Wayland: the predecessor did not tell
/// them apart.
fn either(patterns: &[&str]) -> (String, String) {
    let one = |pattern: &&str| {
        let pattern = string(pattern);
        format!("{{ class = {pattern} }}, {{ app_id = {pattern} }}")
    };
    ("any".to_owned(), format!("[{}]", patterns.iter().map(one).collect::<Vec<_>>().join(", ")))
}

/// A text that is there.
fn text<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v str> {
    object.get(name)?.as_str()
}

/// A list, empty if there is none.
fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// A name as a key of TOML.
fn key(name: &str) -> String {
    let bare = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { string(name) }
}

/// A text as TOML writes it.
fn string(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The same for several.
fn strings<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    format!("[{}]", texts.into_iter().map(string).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests;
