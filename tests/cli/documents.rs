//! What is written in `docs` and what is generated from the code is what the code does.

use std::path::{Path, PathBuf};

use clap::CommandFactory;
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

/// A schema as text. Its descriptions are comments of the code: a line that ends in the code does
/// not end for readers.
fn written(schema: &Schema) -> String {
    let text = serde_json::to_string_pretty(schema).unwrap() + "\n";
    let joined = |line: &str| match line.trim_start().starts_with("\"description\": ") {
        true => line.split(r"\n\n").map(|part| part.replace(r"\n", " ")).collect::<Vec<_>>().join(r"\n\n"),
        false => line.to_owned(),
    };
    text.split('\n').map(joined).collect::<Vec<_>>().join("\n")
}

/// `I3PM_BLESS=1 cargo test --test cli documents` writes the files again.
fn assert_current(name: &str, schema: &Schema) {
    let current = written(schema);
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
    assert_current("schema/config.json", &config::schema());
}

/// Texts of a configuration that are good, and texts with one fault each.
const GOOD: [&str; 17] = [
    "",
    "unclaimed = 'global'\non_exit = 'keep'\non_activate = 'summon'",
    "[project.web]\ndir = '/x'\nicon = 'I'\ndisplay_name = 'Y'",
    "[project.'a/b:c.d']\ndir = '~/x'",
    "[project.web]\ndir = '~'",
    "[[rule]]\nclass = 'a'\nproject = 'p'",
    "[[rule]]\ntitle = 'glob:a*'\nglobal = true",
    "[[rule]]\napp_id = 're:^a'\ninstance = 'b'\nprojects = ['p', 'q']",
    "rule = []",
    "[[rule]]\nany = [{class = 'a', workspace = '1'}, {not = {floating = true}}]\nworkspace = 3\nborder = 'pixel 2'\ncontinue = true",
    "[[rule]]\nmatch = {project = 'p', pid = 3}\ncommand = ['move left']\nno_focus = true\nonce = false",
    "[project.web]\ndir = '/x'\n[[project.web.rule]]\nrole = 'r'\nworkspace = 'mail'",
    "terminal = ['foot']\n[app.shell]\ncommand = ['tmux']\nargs = ['{dir}']\nterminal = true\nscope = 'global'",
    "[app.editor]\ncommand = ['code']\nmatch = {app_id = 'code'}\nenv = {A = 'b'}\nfloat = true\nwhen_no_project = 'refuse'",
    "[project.web]\non_enter = ['x', '{project}']\non_leave = ['y']\nhook_limit = 3600",
    "[project.web]\nworkspaces = ['3: web', 4]\noutput = 'DP-1'",
    "[project.web]\norder = 3\napps = ['x', 'x']\n[app.x]\ncommand = ['x']",
];
const BAD: [&str; 44] = [
    "x = 1",
    "unclaimed = 'x'",
    "on_exit = 3",
    "on_activate = 'Summon'",
    "project = 'x'",
    "project.web = 'x'",
    "[project.web]\ndir = 'x'",
    "[project.web]\ndir = ''",
    "[project.web]\nicon = 3",
    "[project.web]\ncolour = 'x'",
    "[project.none]",
    "[project.next]",
    "[project.'-']",
    "[project.'/a']",
    "[project.'a/']",
    "[project.'a b']",
    "[project.'a/../b']",
    "[project.a.b]\ndir = '/x'",
    "rule = [1]",
    "[rule]\nclass = 'a'\nproject = 'p'",
    "[[rule]]\nclass = 'a'",
    "[[rule]]\nproject = 'p'",
    "[[rule]]\nclass = 'a'\nproject = 'p'\nglobal = true",
    "[[rule]]\nclass = 'a'\nglobal = false",
    "[[rule]]\nclass = 'a'\nprojects = []",
    "[[rule]]\nclas = 'a'\ntitle = 'b'\nproject = 'none'",
    "[[rule]]\nworkspace = '1'\nfloat = true",
    "[[rule]]\nclass = 'a'\nfocus = false",
    "[[rule]]\nclass = 'a'\nborder = 'thick'",
    "[[rule]]\nany = []\nglobal = true",
    "[[rule]]\nnot = {}\nglobal = true",
    "[[rule]]\nclass = 'a'\ncommand = []",
    "[[project.web.rule]]\nclass = 'a'\nproject = 'web'",
    "[app.x]\ntitle = 'no command'",
    "[app.x]\ncommand = 'x'",
    "[app.x]\ncommand = ['x']\nenv = {I3PM_X = 'y'}",
    "[project.web]\norder = -1",
    "[project.web]\norder = '1'",
    "[project.web]\napps = 'x'",
    "[project.web]\non_enter = []",
    "[project.web]\non_leave = 'x'",
    "[project.web]\nhook_limit = 0",
    "[project.web]\nworkspaces = 'x'",
    "[project.web]\noutput = 3",
];

#[test]
fn the_schema_of_the_configuration_says_what_the_reader_says() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, value: &serde_json::Value| {
        let path = directory.path().join(name);
        std::fs::write(&path, value.to_string()).unwrap();
        path
    };
    let validate = |schema: &serde_json::Value, texts: &[&str]| {
        let mut command = std::process::Command::new("jsonschema");
        for (nth, text) in texts.iter().enumerate() {
            command.arg("-i").arg(write(&format!("{nth}.json"), &toml::from_str(text).unwrap()));
        }
        let output = command.arg(write("schema", schema)).output().expect("jsonschema; tests/setup.sh installs it");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let schema = serde_json::to_value(config::schema()).unwrap();
    for text in GOOD {
        assert_eq!(config::check("good", text, Some("/home/ann")).faults, vec![], "{text}");
    }
    validate(&schema, &GOOD);

    let names: Vec<String> = (0..=config::WINDOW_PROJECTS_MAX).map(|number| format!("'p{number}'")).collect();
    let many = format!("[[rule]]\nclass = 'a'\nprojects = [{}]", names.join(", "));
    let long = format!("[project.{}]", "a".repeat(config::PROJECT_NAME_BYTES_MAX + 1));
    let bad: Vec<&str> = BAD.into_iter().chain([many.as_str(), long.as_str()]).collect();
    for text in &bad {
        assert!(!config::check("bad", text, Some("/home/ann")).faults.is_empty(), "{text}");
    }
    // None of them fits. What is referred to is looked for at the top.
    validate(&serde_json::json!({"$defs": schema["$defs"], "not": schema}), &bad);
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
    let said = manual.split_whitespace().collect::<Vec<_>>().join(" ");
    for limit in [
        format!("{} projects and {} rules", config::PROJECTS_MAX, config::RULES_MAX),
        format!("at most {} bytes and compiles", config::MATCHER_BYTES_MAX),
        format!("first {} bytes", config::SUBJECT_BYTES_MAX),
        format!("1 to {} of", config::PROJECT_NAME_BYTES_MAX),
        format!("at most {} bytes.", config::LABEL_BYTES_MAX),
    ] {
        assert!(said.contains(&limit), "docs/i3pm.toml.5.md should say: {limit}");
    }
    assert_eq!((config::CONFIG_BYTES_MAX, config::REGEX_COMPILED_BYTES_MAX), (1 << 20, 1 << 20), "the text says 1 MiB");
}

#[test]
fn the_installed_example_is_good() {
    let checked = config::check("example", &text("examples/config.toml"), Some("/home/ann"));
    assert_eq!((checked.faults, checked.config.warnings), (vec![], vec![]));
    assert_eq!((checked.config.projects.len(), checked.config.rules.len()), (2, 3));
}

#[test]
fn manual_pages() {
    let directory = tempfile::tempdir().unwrap();
    let pages = directory.path().join("man");
    assert_eq!(run(Path::new("/nowhere"), &["man", pages.to_str().unwrap()]).good(), "");
    let page = |name: &str| std::fs::read_to_string(pages.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(page("man1/i3pm.1").contains(".TH i3pm 1") && page("man1/i3pm.1").contains("Exit codes"));
    assert!(page("man1/i3pm-project-switch.1").contains("Make a project the active one"));
    assert!(!pages.join("man1/i3pm-man.1").exists(), "hidden verbs have no page");

    let daemon = page("man8/i3pmd.8");
    for option in i3pm::daemon::arguments::Arguments::command().get_arguments().filter_map(|option| option.get_long()) {
        assert!(daemon.contains(&option.replace('-', "\\-")), "--{option}");
    }
    for (document, name) in
        [("i3pm.toml.5.md", "man5/i3pm.toml.5"), ("protocol.md", "man7/i3pm-ipc.7"), ("i3pmd.8.md", "man8/i3pmd.8")]
    {
        let text = page(name);
        let headings = text.lines().filter_map(|line| line.strip_prefix(".SH ")).map(|title| title.replace('"', ""));
        let expected = self::text(document);
        let expected = expected.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_uppercase);
        let known = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "SEE ALSO"];
        let headings: Vec<String> = headings.filter(|title| !known.contains(&title.as_str())).collect();
        assert_eq!(headings, expected.collect::<Vec<_>>(), "{name}");
        assert!(text.contains(".SH \"SEE ALSO\"\n\\fBi3pm\\fR(1)"), "{name}");
    }
    // A row of a table, a term, what stands as it is, a line that goes on.
    let ipc = page("man7/i3pm-ipc.7");
    assert!(ipc.contains(".TP\n\\fBproject.get\\fR\nparams: \\fBname\\fR\n.br\nresult: \\fBproject\\fR\n"), "{ipc}");
    let toml = page("man5/i3pm.toml.5");
    assert!(
        toml.contains(".TP\n\\fBon_exit\\fR = \\fB\"restore\"\\fR or \\fB\"keep\"\\fR\nWhen the daemon stops"),
        "{toml}"
    );
    assert!(toml.contains("of at most 1 MiB.\ni3pm never writes to it"), "{toml}");
    assert!(toml.contains(".EX\n# Windows that nothing claims"), "{toml}");

    let files = ["man1", "man5", "man7", "man8"].map(|section| std::fs::read_dir(pages.join(section)).unwrap());
    let mut groff = std::process::Command::new("groff");
    groff.args(["-man", "-Kutf8", "-Tutf8", "-ww", "-z"]);
    groff.args(files.into_iter().flatten().map(|file| file.unwrap().path()));
    let output = groff.output().expect("groff; tests/setup.sh installs it");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "groff has complaints");

    let message = run(Path::new("/nowhere"), &["man", "/dev/null/x"]).bad(1);
    assert!(message.contains("cannot write manual pages into /dev/null/x"), "{message}");
}

#[test]
fn completions() {
    for (shell, part) in [("bash", "complete -F"), ("zsh", "#compdef i3pm"), ("fish", "complete -c i3pm")] {
        assert!(run(Path::new("/nowhere"), &["completions", shell]).good().contains(part), "{shell}");
    }
}
