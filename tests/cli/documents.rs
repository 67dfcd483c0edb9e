//! What is written in `docs` and what is generated from the code is what the code does.

use std::path::{Path, PathBuf};

use i3pm::api::{self, Call, ErrorCode, METHODS, Notice, Reply, Topic};
use i3pm::config;
use schemars::Schema;

use crate::server::run;

fn document(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(document(name)).unwrap_or_else(|error| panic!("docs/{name}: {error}"))
}

/// `I3PM_BLESS=1 cargo test --test cli documents` writes the files again.
fn assert_current(name: &str, schema: &Schema) {
    let current = serde_json::to_string_pretty(schema).unwrap() + "\n";
    if std::env::var_os("I3PM_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(document(name), &current).unwrap();
    }
    assert!(
        text(name) == current,
        "docs/{name} is not what the types say: run I3PM_BLESS=1 cargo test --test cli documents"
    );
}

#[test]
fn the_schemas_are_current() {
    assert_current("schema/call.json", &schemars::schema_for!(Call));
    assert_current("schema/reply.json", &schemars::schema_for!(Reply));
    assert_current("schema/notice.json", &schemars::schema_for!(Notice));
}

#[test]
fn the_protocol_names_every_method_topic_and_error() {
    let protocol = text("protocol.md");
    let rows = |heading: &str| -> Vec<String> {
        let section =
            protocol.split("\n## ").find(|section| section.starts_with(heading)).expect("the section is there");
        section.lines().filter(|line| line.starts_with("| ") && line.contains('`')).map(str::to_owned).collect()
    };
    let first = |row: &String| row.split('|').nth(1).expect("a cell").trim().trim_matches('`').to_owned();

    assert_eq!(rows("Methods").iter().map(first).collect::<Vec<_>>(), METHODS);

    let topics = Topic::EACH.into_iter().chain([Topic::All]);
    let names: Vec<String> =
        topics.map(|topic| serde_json::to_value(topic).unwrap().as_str().unwrap().to_owned()).collect();
    assert_eq!(rows("Notices").iter().map(first).collect::<Vec<_>>(), names);

    let expected: Vec<String> = ErrorCode::ALL
        .iter()
        .map(|code| format!("| {} | `{}` |", code.number(), serde_json::to_value(code).unwrap().as_str().unwrap()))
        .collect();
    let errors = rows("Errors");
    assert_eq!(errors.len(), expected.len());
    for (row, expected) in errors.iter().zip(expected) {
        assert!(row.starts_with(&expected), "{row}: should be {expected}");
    }

    let incompatible = format!("counts incompatible changes; it is {}.", api::PROTOCOL);
    assert!(protocol.contains(&incompatible), "docs/protocol.md should say: {incompatible}");
    let expected = api::SERVER_LIMITS.map(|(name, value, unit)| format!("| `{name}` | {value} {unit} |"));
    let limits = rows("Limits");
    assert_eq!(limits.len(), expected.len());
    for (row, expected) in limits.iter().zip(expected) {
        assert!(row.starts_with(&expected), "{row}: should be {expected}");
    }
}

#[test]
fn the_example_of_the_configuration_is_good() {
    let manual = text("i3pm.toml.5.md");
    let section = manual.split("\n## ").find(|section| section.starts_with("Example")).expect("an example");
    let example: String =
        section.lines().filter_map(|line| line.strip_prefix("    ")).map(|line| format!("{line}\n")).collect();
    let checked = config::check("example", &example, Some("/home/ann"));
    assert_eq!((checked.faults, checked.config.warnings), (vec![], vec![]));
    assert_eq!((checked.config.projects.len(), checked.config.rules.len()), (2, 3));
    for name in config::RESERVED_NAMES {
        assert!(manual.contains(&format!("`{name}`")), "{name}");
    }
    for limit in [
        format!("{} projects and {} rules", config::PROJECTS_MAX, config::RULES_MAX),
        format!("at most {} bytes and compiles", config::MATCHER_BYTES_MAX),
        format!("first {} bytes", config::SUBJECT_BYTES_MAX),
        format!("1 to {} of", config::PROJECT_NAME_BYTES_MAX),
        format!("at most {} bytes.", config::LABEL_BYTES_MAX),
    ] {
        assert!(manual.contains(&limit), "docs/i3pm.toml.5.md should say: {limit}");
    }
    assert_eq!((config::CONFIG_BYTES_MAX, config::REGEX_COMPILED_BYTES_MAX), (1 << 20, 1 << 20), "the text says 1 MiB");
}

#[test]
fn manual_pages_and_completions() {
    let directory = tempfile::tempdir().unwrap();
    let pages = directory.path().join("man/man1");
    assert_eq!(run(Path::new("/nowhere"), &["man", pages.to_str().unwrap()]).good(), "");
    let page = |name: &str| std::fs::read_to_string(pages.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(page("i3pm.1").contains(".TH i3pm 1") && page("i3pm.1").contains("Exit codes"));
    assert!(page("i3pm-project-switch.1").contains("Make a project the active one"));
    assert!(!pages.join("i3pm-man.1").exists(), "hidden verbs have no page");
    for (shell, part) in [("bash", "complete -F"), ("zsh", "#compdef i3pm"), ("fish", "complete -c i3pm")] {
        assert!(run(Path::new("/nowhere"), &["completions", shell]).good().contains(part), "{shell}");
    }
    let message = run(Path::new("/nowhere"), &["man", "/dev/null/x"]).bad(1);
    assert!(message.contains("cannot write manual pages into /dev/null/x"), "{message}");
}
