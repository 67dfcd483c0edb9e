//! The section of docs/nix.md that lists the options is made from the modules.

use std::fs;
use std::path::Path;

use regex::Regex;
use serde_json::Value;

const HEADING: &str = "\n## Options\n";

/// Hold the document against the options; `I3PM_BLESS=1` writes the section anew.
pub fn assert_current(path: &Path, options: &Value) {
    let text = fs::read_to_string(path).expect("the document");
    let (before, section) = text.split_once(HEADING).expect("a section on the options");
    let after = section.find("\n## ").map_or("", |start| &section[start..]);
    let current = format!("{before}{HEADING}{}{after}", listed(options));
    if std::env::var_os("I3PM_BLESS").is_some_and(|value| value == "1") {
        fs::write(path, &current).expect("the document is written");
    } else {
        assert!(text == current, "docs/nix.md is not what the modules say: run I3PM_BLESS=1 cargo test --test nix");
    }
}

fn listed(options: &Value) -> String {
    let role = Regex::new(r"\{(command|manpage|option)\}").expect("a pattern");
    let mut listed = String::new();
    for option in options.as_array().expect("a list") {
        let field = |name: &str| option[name].as_str().unwrap_or_else(|| panic!("{option}: {name}")).trim().to_owned();
        let description = role.replace_all(&field("description"), "").into_owned();
        assert!(description.ends_with('.'), "{}: a description is a sentence: {description}", field("path"));
        let kind = field("type").replace('\n', "\\n");
        listed.push_str(&format!("\n### `{}`\n\n{description}\n\n- type: {kind}\n", field("path")));
        listed.push_str(&format!("- default: {}\n", shown(&field("default"))));
        if !field("example").is_empty() {
            listed.push_str(&format!("- example: {}\n", shown(&field("example"))));
        }
    }
    listed
}

/// Values as code, words as they are.
fn shown(value: &str) -> String {
    match serde_json::from_str::<Value>(value) {
        Ok(parsed) => format!("`{}`", as_nix(&parsed)),
        Err(_) => value.to_owned(),
    }
}

fn as_nix(value: &Value) -> String {
    let is_plain = |name: &str| name.chars().all(|each| each.is_ascii_alphanumeric() || each == '_');
    match value {
        Value::Array(values) if values.is_empty() => "[ ]".to_owned(),
        Value::Array(values) => format!("[ {} ]", values.iter().map(as_nix).collect::<Vec<_>>().join(" ")),
        Value::Object(entries) if entries.is_empty() => "{ }".to_owned(),
        Value::Object(entries) => {
            let shown = entries.iter().map(|(name, value)| {
                let name = if is_plain(name) { name.clone() } else { format!("\"{name}\"") };
                format!("{name} = {};", as_nix(value))
            });
            format!("{{ {} }}", shown.collect::<Vec<_>>().join(" "))
        }
        other => other.to_string(),
    }
}
