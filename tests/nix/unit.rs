//! Units of systemd, as systemd.syntax(7) has them.

use std::collections::BTreeMap;

/// Section, setting, its values in order.
pub type Unit = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// Read a unit.
pub fn read(text: &str) -> Unit {
    let mut unit = Unit::new();
    let mut section = String::new();
    for line in text.replace("\\\n", " ").lines() {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.to_owned();
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("neither section nor setting: {line}"));
        unit.entry(section.clone()).or_default().entry(key.to_owned()).or_default().push(value.to_owned());
    }
    unit
}

/// A command of a unit with our programs at their place in a package.
pub fn in_package(command: &str, package: &str) -> String {
    let start = command.find(|character| !"-+:!|".contains(character)).unwrap_or(0);
    let (prefixes, command) = command.split_at(start);
    let end = command.find(' ').unwrap_or(command.len());
    let (program, arguments) = command.split_at(end);
    match program.rsplit('/').next() {
        Some(name @ ("i3pm" | "i3pmd")) => format!("{prefixes}{package}/bin/{name}{arguments}"),
        _ => format!("{prefixes}{command}"),
    }
}

#[test]
fn commands_are_told_apart() {
    for (command, expected) in [
        ("i3pmd", "/p/bin/i3pmd"),
        ("-+/usr/local/bin/i3pm rescue --json", "-+/p/bin/i3pm rescue --json"),
        ("/bin/sleep 1", "/bin/sleep 1"),
        ("@bindir@/i3pmd", "/p/bin/i3pmd"),
    ] {
        assert_eq!(in_package(command, "/p"), expected);
    }
}
