//! The JSON Schema of the configuration, by which editors complete and check the text.
//!
//! The reader knows which keys there are, and which words a key may be; this file says what they
//! look like. The schema is laxer than the reader if JSON Schema cannot say it (patterns of
//! matchers that do not compile, limits in bytes).

use schemars::Schema;
use serde_json::{Map, Value, json};

use super::read::{Table, choices, keys, matchers, owners, placements};
use super::{
    APPS_MAX, ARGUMENTS_MAX, COMMANDS_MAX, HOOK_LIMIT_SECONDS_MAX, PROJECT_APPS_MAX, PROJECT_NAME_BYTES_MAX,
    PROJECT_WORKSPACES_MAX, PROJECTS_MAX, RESERVED_NAMES, RULES_MAX, WINDOW_PROJECTS_MAX,
};

/// The schema, of JSON Schema 2020-12.
#[must_use]
pub fn schema() -> Schema {
    let mut schema = Map::from_iter([
        ("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema")),
        ("title".to_owned(), json!("i3pm.toml")),
        ("description".to_owned(), json!("The configuration of i3pm: i3pm.toml(5).")),
    ]);
    schema.extend(table(Table::Top));
    let mut condition = table(Table::Condition);
    condition.insert("minProperties".to_owned(), json!(1));
    schema.insert("$defs".to_owned(), json!({"condition": condition}));
    Schema::from(schema)
}

/// A table with the keys that it may have and no other.
fn table(of: Table) -> Map<String, Value> {
    let properties: Map<String, Value> =
        keys(of).into_iter().map(|key| (key.to_owned(), shape(of, key).unwrap_or(Value::Bool(true)))).collect();
    let table = json!({"type": "object", "properties": properties, "additionalProperties": false});
    table.as_object().cloned().unwrap_or_default()
}

/// What the value of a key looks like; `None` for a key that is missing here.
fn shape(of: Table, key: &str) -> Option<Value> {
    match of {
        Table::Top => top(key),
        Table::Project => project(key),
        Table::App => app(key).or_else(|| placement(key)),
        Table::Rule => rule(key).or_else(|| placement(key)).or_else(|| condition(key)),
        Table::Condition => condition(key),
    }
}

fn top(key: &str) -> Option<Value> {
    match key {
        "unclaimed" => words(key, "What a window belongs to that nothing claims."),
        "on_exit" => words(key, "What happens to hidden windows when the daemon stops."),
        "on_activate" => words(key, "What happens when a hidden window is to have the focus."),
        "on_newcomer" => words(key, "What happens with a window that opens and is not of the active project."),
        "terminal" => arguments("What begins the command of a terminal, for applications that run in one."),
        "menu" => arguments(
            "The program in which a person may choose a project, and its arguments: names go in, one a line, and one comes out.",
        ),
        "scratch" => Some(json!({
            "description": "The application that `i3pm scratch` is about where none is named.",
            "type": "string",
        })),
        "project" => Some(json!({
            "description": "The projects by name.",
            "type": "object",
            "propertyNames": project_name(),
            "additionalProperties": table(Table::Project),
            "maxProperties": PROJECTS_MAX,
        })),
        "app" => {
            let mut app = table(Table::App);
            app.insert("required".to_owned(), json!(["command"]));
            Some(json!({
                "description": "The applications by name.",
                "type": "object",
                "additionalProperties": app,
                "maxProperties": APPS_MAX,
            }))
        }
        "rule" => {
            let owns = json!({"oneOf": requires(owners())});
            let is_placed = json!({"anyOf": requires(placements()), "not": {"anyOf": requires(owners())}});
            Some(rules(
                "Where windows belong, and where and how they are placed.",
                &json!({"anyOf": [owns, is_placed]}),
            ))
        }
        _ => None,
    }
}

fn project(key: &str) -> Option<Value> {
    match key {
        "dir" => Some(json!({
            "description": "Its directory, absolute or beginning with ~/.",
            "type": "string",
            "pattern": "^(/|~/|~$)",
        })),
        "icon" => text("A short text for bars."),
        "display_name" => text("A name for people."),
        "order" => Some(json!({
            "description": "Its place in lists of projects, the lowest first.",
            "type": "integer",
            "minimum": 0,
            "maximum": u32::MAX,
        })),
        "match" => words(
            key,
            "Which directory of a window's process must be that of the project or below it, for the project to claim it.",
        ),
        "apps" => Some(json!({
            "description": "The applications that are started when it is opened and has no windows.",
            "type": "array",
            "items": {"type": "string"},
            "maxItems": PROJECT_APPS_MAX,
        })),
        "on_enter" => arguments("The program that is run when it has become the active one, and its arguments."),
        "on_leave" => arguments("The program that is run when it is the active one no longer, and its arguments."),
        "hook_limit" => Some(json!({
            "description": "How long either of them may run, in seconds.",
            "type": "integer",
            "minimum": 1,
            "maximum": HOOK_LIMIT_SECONDS_MAX,
        })),
        "workspaces" => Some(json!({
            "description": "The workspaces that are shown when it is entered for the first time, the first with the focus, by name or number.",
            "type": "array",
            "items": {"type": ["string", "integer"], "minimum": 0},
            "maxItems": PROJECT_WORKSPACES_MAX,
        })),
        "output" => text("The output that the first of its workspaces is made on."),
        "rule" => {
            Some(rules("Rules whose windows belong to this project.", &json!({"not": {"anyOf": requires(owners())}})))
        }
        _ => None,
    }
}

fn app(key: &str) -> Option<Value> {
    match key {
        "command" => arguments("The program and its arguments; there is no shell."),
        "args" => arguments("More arguments."),
        "match" => Some(condition_as("What its windows are like, where their process does not say it.")),
        "follow" => words(key, "All its windows belong where the others of their process do."),
        "scope" => words(key, "Whether its windows belong to the project that it is started for, or are global."),
        "terminal" => flag("It runs in the terminal."),
        "single" => flag("All its windows are of one process."),
        "env" => Some(json!({
            "description": "Variables of its environment.",
            "type": "object",
            "propertyNames": {"not": {"pattern": "^I3PM_"}},
            "additionalProperties": {"type": "string"},
        })),
        "cwd" => text("The directory it is started in."),
        "when_no_project" => words(key, "What happens when it is started while no project is active."),
        "icon" => text("A short text for menus."),
        "title" => text("A name for people."),
        _ => None,
    }
}

fn rule(key: &str) -> Option<Value> {
    match key {
        "match" => {
            Some(condition_as("What a window must be like, with keys that mean something else in the rule itself."))
        }
        "project" => {
            let mut name = project_name();
            name["description"] = json!("The project that such a window belongs to.");
            Some(name)
        }
        "projects" => Some(json!({
            "description": "The projects that such a window belongs to.",
            "type": "array",
            "items": project_name(),
            "minItems": 1,
            "maxItems": WINDOW_PROJECTS_MAX,
        })),
        "follow" => words(key, "Such a window belongs where the others of its process do, however long that runs."),
        "global" => only_true("Such a window belongs to no project and is always shown."),
        "once" => flag("It is placed when it appears; with false also when its title or class changes."),
        "continue" => flag("The rules after this one are looked at, too."),
        _ => None,
    }
}

fn placement(key: &str) -> Option<Value> {
    match key {
        "workspace" => Some(json!({
            "description": "The workspace it is put on, by name or number.",
            "type": ["string", "integer"],
            "minimum": 0,
        })),
        "output" => text("The output it is put on."),
        "float" => flag("It floats, or it does not."),
        "fullscreen" => flag("It is fullscreen, or it is not."),
        "mark" => text("A mark that it gets."),
        "focus" => only_true("It gets the focus."),
        "no_focus" => only_true("It does not keep the focus."),
        "border" => Some(json!({
            "description": "Its border.",
            "type": "string",
            "pattern": "^(none|(normal|pixel)( [0-9]{1,3})?)$",
        })),
        "command" => Some(json!({
            "description": "Commands of the window manager that are run for it.",
            "oneOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": COMMANDS_MAX},
            ],
        })),
        _ => None,
    }
}

fn condition(key: &str) -> Option<Value> {
    let list = |about: &str| {
        Some(json!({"description": about, "type": "array", "items": {"$ref": "#/$defs/condition"}, "minItems": 1}))
    };
    match key {
        "class" => text("What the class of an X11 window must fit: the text itself, glob:PATTERN or re:PATTERN."),
        "instance" => text("What the instance of an X11 window must fit."),
        "app_id" => text("What the application id of a Wayland window must fit."),
        "title" => text("What the title must fit."),
        "role" => text("What WM_WINDOW_ROLE must fit."),
        "app" => text("What the name of the application that it was launched as must fit."),
        "workspace" => text("What the name of its workspace must fit."),
        "output" => text("What the name of its output must fit."),
        "project" => text("What the name of a project that it belongs to must fit."),
        "exe" => text("What the path of its program must fit."),
        "cwd" => text("What the working directory of its process must fit."),
        "floating" => flag("It floats, or it does not."),
        "dialog" => flag("It is a dialog, or it is not."),
        "transient" => flag("It belongs to another window, or it does not."),
        "pid" => Some(json!({"description": "The number of its process.", "type": "integer", "minimum": 0})),
        "all" => list("Conditions that must all fit."),
        "any" => list("Conditions of which one at least must fit."),
        "not" => Some(condition_as("A condition that must not fit.")),
        _ => None,
    }
}

/// A list of rules; what they do is in `actions`.
fn rules(about: &str, actions: &Value) -> Value {
    let mut rule = table(Table::Rule);
    rule.insert("allOf".to_owned(), json!([{"anyOf": requires(matchers())}, actions]));
    json!({"description": about, "type": "array", "items": rule, "maxItems": RULES_MAX})
}

/// One schema for each name, which asks for it.
fn requires<'n>(names: impl Iterator<Item = &'n str>) -> Vec<Value> {
    names.map(|name| json!({"required": [name]})).collect()
}

fn condition_as(about: &str) -> Value {
    json!({"description": about, "$ref": "#/$defs/condition"})
}

fn words(key: &str, about: &str) -> Option<Value> {
    Some(json!({"description": about, "enum": choices(key)?}))
}

fn text(about: &str) -> Option<Value> {
    Some(json!({"description": about, "type": "string"}))
}

fn flag(about: &str) -> Option<Value> {
    Some(json!({"description": about, "type": "boolean"}))
}

fn only_true(about: &str) -> Option<Value> {
    Some(json!({"description": about, "const": true}))
}

fn arguments(about: &str) -> Option<Value> {
    Some(json!({
        "description": about,
        "type": "array",
        "items": {"type": "string"},
        "minItems": 1,
        "maxItems": ARGUMENTS_MAX,
    }))
}

fn project_name() -> Value {
    json!({
        "type": "string",
        "pattern": format!("^[A-Za-z0-9][A-Za-z0-9._/:-]{{0,{}}}$", PROJECT_NAME_BYTES_MAX - 1),
        // Between slashes there is something other than `.` and `..`.
        "not": {"anyOf": [{"enum": RESERVED_NAMES}, {"pattern": "(^|/)[.]{0,2}(/|$)"}]},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_shape() {
        for of in [Table::Top, Table::Project, Table::App, Table::Rule, Table::Condition] {
            for key in keys(of) {
                let shape = shape(of, key).unwrap_or_else(|| panic!("the key `{key}` is to be told in schema.rs"));
                assert!(shape["description"].as_str().is_some_and(|about| about.ends_with('.')), "{key}: {shape}");
            }
        }
    }
}
