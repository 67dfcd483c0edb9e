//! The JSON Schema of the configuration, by which editors complete and check the text.
//!
//! Which keys there are, and which words a key may be, is what the reader knows; here is what they look like. It is laxer than the reader where JSON
//! Schema cannot say it (patterns of matchers that do not compile, limits in bytes).

use schemars::Schema;
use serde_json::{Map, Value, json};

use super::read::{Table, choices, keys};
use super::{PROJECT_NAME_BYTES_MAX, PROJECTS_MAX, RESERVED_NAMES, RULES_MAX, WINDOW_PROJECTS_MAX};

/// The schema, of JSON Schema 2020-12.
#[must_use]
pub fn schema() -> Schema {
    let mut schema = Map::from_iter([
        ("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema")),
        ("title".to_owned(), json!("i3pm.toml")),
        ("description".to_owned(), json!("The configuration of i3pm: i3pm.toml(5).")),
    ]);
    schema.extend(table(Table::Top));
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
    let words = |about: &str| Some(json!({"description": about, "enum": choices(key)?}));
    let text = |about: &str| Some(json!({"description": about, "type": "string"}));
    match (of, key) {
        (Table::Top, "unclaimed") => words("What a window belongs to that nothing claims."),
        (Table::Top, "on_exit") => words("What happens to hidden windows when the daemon stops."),
        (Table::Top, "on_activate") => words("What happens when a hidden window is to have the focus."),
        (Table::Top, "project") => Some(json!({
            "description": "The projects by name.",
            "type": "object",
            "propertyNames": project_name(),
            "additionalProperties": table(Table::Project),
            "maxProperties": PROJECTS_MAX,
        })),
        (Table::Top, "rule") => {
            let mut rule = table(Table::Rule);
            let any = |names: &[&str]| names.iter().map(|name| json!({"required": [name]})).collect::<Vec<_>>();
            rule.insert(
                "allOf".to_owned(),
                json!([
                    {"anyOf": any(&super::read::MATCHERS)},
                    {"oneOf": any(&super::read::ACTIONS)},
                ]),
            );
            Some(json!({
                "description": "Where windows belong; the first rule that fits decides.",
                "type": "array",
                "items": rule,
                "maxItems": RULES_MAX,
            }))
        }
        (Table::Project, "dir") => Some(json!({
            "description": "Its directory, absolute or beginning with ~/.",
            "type": "string",
            "pattern": "^(/|~/|~$)",
        })),
        (Table::Project, "icon") => text("A short text for bars."),
        (Table::Project, "display_name") => text("A name for people."),
        (Table::Rule, "class") => {
            text("What the class of an X11 window must fit: the text itself, glob:PATTERN or re:PATTERN.")
        }
        (Table::Rule, "instance") => text("What the instance of an X11 window must fit."),
        (Table::Rule, "app_id") => text("What the application id of a Wayland window must fit."),
        (Table::Rule, "title") => text("What the title must fit."),
        (Table::Rule, "project") => {
            let mut name = project_name();
            name["description"] = json!("The project that such a window belongs to.");
            Some(name)
        }
        (Table::Rule, "projects") => Some(json!({
            "description": "The projects that such a window belongs to.",
            "type": "array",
            "items": project_name(),
            "minItems": 1,
            "maxItems": WINDOW_PROJECTS_MAX,
        })),
        (Table::Rule, "global") => {
            Some(json!({"description": "Such a window belongs to no project and is always shown.", "const": true}))
        }
        _ => None,
    }
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
        for of in [Table::Top, Table::Project, Table::Rule] {
            for key in keys(of) {
                let shape = shape(of, key).unwrap_or_else(|| panic!("the key `{key}` is to be told in schema.rs"));
                assert!(shape["description"].as_str().is_some_and(|about| about.ends_with('.')), "{key}: {shape}");
            }
        }
    }
}
