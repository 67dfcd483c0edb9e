//! `application-registry.json`: what could be launched.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::rules::shortened_object;
use super::{Import, REGISTRY, either, key, list, string, strings, text};

/// The variables of parameters, and what i3pm calls them.
const VARIABLES: [(&str, &str); 7] = [
    ("$PROJECT_DISPLAY_NAME", "{name}"),
    ("$PROJECT_NAME", "{project}"),
    ("$PROJECT_ICON", "{icon}"),
    ("$PROJECT_DIR", "{dir}"),
    ("$SESSION_NAME", "{session}"),
    ("$WORKSPACE", "{workspace}"),
    ("$HOME", "{home}"),
];

/// What an application of the predecessor says, and is looked at.
const KNOWN_OF_APPS: [&str; 15] = [
    "name",
    "command",
    "parameters",
    "scope",
    "preferred_workspace",
    "icon",
    "display_name",
    "multi_instance",
    "terminal",
    "fallback_behavior",
    "expected_class",
    "expected_title_contains",
    "aliases",
    "nix_package",
    "description",
];

impl Import {
    pub(super) fn registry(&mut self, value: &Value) {
        if !value["applications"].is_array() {
            return self.remark(REGISTRY, "left out, it has no list `applications`");
        }
        for app in list(value, "applications") {
            match app.as_object() {
                Some(object) => self.app(object),
                None => self.remark(REGISTRY, "an application that is no JSON object was left out"),
            }
        }
    }

    fn app(&mut self, object: &Map<String, Value>) {
        let (Some(name), Some(command)) = (text(object, "name"), text(object, "command")) else {
            let which = shortened_object(object);
            return self.remark(REGISTRY, format_args!("an application without name or command was left out: {which}"));
        };
        let thing = format!("the application {name:?}");
        _ = writeln!(self.done.toml, "\n[app.{}]", key(name));
        // A word with a blank in it was run by a shell as several.
        self.line("command", &strings(command.split_whitespace()));
        let parameters: Vec<String> = object.get("parameters").map(words).unwrap_or_default();
        let arguments: Vec<String> = parameters.iter().map(|parameter| self.argument(&thing, parameter)).collect();
        if !arguments.is_empty() {
            self.line("args", &strings(arguments.iter().map(String::as_str)));
        }
        let is_global = text(object, "scope") == Some("global");
        self.line("scope", &string(if is_global { "global" } else { "project" }));
        if let Some(workspace) = object.get("preferred_workspace").and_then(Value::as_u64) {
            self.line("workspace", &string(&workspace.to_string()));
        }
        if let Some(icon) = text(object, "icon").filter(|icon| !icon.is_empty()) {
            self.line("icon", &string(icon));
        }
        if let Some(title) = text(object, "display_name").filter(|title| !title.is_empty()) {
            self.line("title", &string(title));
        }
        if object.get("multi_instance") == Some(&Value::Bool(false)) {
            self.line("single", "true");
        }
        if object.get("terminal") == Some(&Value::Bool(true)) {
            self.line("terminal", "true");
            self.wants_terminal = true;
        }
        match text(object, "fallback_behavior") {
            Some("use_home") => self.line("when_no_project", &string("home")),
            Some("error") => self.line("when_no_project", &string("refuse")),
            Some("skip") if parameters.iter().any(|parameter| parameter.contains("$PROJECT_")) => {
                self.remark(
                    REGISTRY,
                    format_args!("{thing}: without a project its parameters were left out; here it starts at home"),
                );
            }
            _ => {}
        }
        self.matched(object);
        if object.get("aliases").is_some_and(|aliases| !words(aliases).is_empty()) {
            self.remark(
                REGISTRY,
                format_args!("{thing}: `aliases` have no counterpart; `match` names the class instead"),
            );
        }
        self.leftovers(REGISTRY, &thing, object, &KNOWN_OF_APPS);
        self.done.apps += 1;
    }

    /// By what the windows of an application are known.
    fn matched(&mut self, object: &Map<String, Value>) {
        let mut matched = Vec::new();
        if let Some(class) = text(object, "expected_class").filter(|class| !class.is_empty()) {
            matched.push(either(&[class]));
        }
        if let Some(part) = text(object, "expected_title_contains").filter(|part| !part.is_empty()) {
            matched.push(("title".to_owned(), string(&format!("re:{}", regex::escape(part)))));
        }
        if !matched.is_empty() {
            let inside: Vec<String> = matched.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            self.line("match", &format!("{{ {} }}", inside.join(", ")));
        }
    }

    /// A parameter with the placeholders of i3pm.
    fn argument(&mut self, thing: &str, parameter: &str) -> String {
        // Braces that were there are no placeholders.
        let mut argument = parameter.replace('{', "{{").replace('}', "}}");
        for (old, new) in VARIABLES {
            argument = argument.replace(old, new);
        }
        if argument.contains('$') {
            self.remark(
                REGISTRY,
                format_args!("{thing}: the parameter {parameter:?} has a variable that is not replaced here"),
            );
        }
        argument
    }
}

/// A list of texts; the registry of some versions has one text instead.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => text.split_whitespace().map(str::to_owned).collect(),
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
