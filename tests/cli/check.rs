//! `i3pm check`: no daemon, places, lines and carets.

use std::path::Path;

use serde_json::Value;

use crate::server::{Ran, command, run};

fn check(text: &[u8], arguments: &[&str]) -> (String, Ran) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.toml");
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap().to_owned();
    let ran = run(Path::new("/nowhere"), &[&["check", &file], arguments].concat());
    (file, ran)
}

#[test]
fn a_good_file() {
    let (file, ran) = check(b"[project.web]\n[[rule]]\nclass = 'X'\nproject = 'web'\n", &[]);
    assert_eq!(ran.good(), format!("{file}: good, 1 project, 1 rule\n"));
}

#[test]
fn every_fault_with_its_line() {
    let text = "unclaimed = 'activ'\n\n[project.web]\ndir = 'code'\n# \u{1f310}\n[[rule]]\ntitle = \"\u{1f310}\"; x\n";
    let (file, ran) = check(text.as_bytes(), &[]);
    let expected = format!(
        "{file}:7:12: unexpected key or value, expected newline, `#`\n 7 | title = \"\u{1f310}\"; x\n   |             ^\n"
    );
    // The wide character takes two cells, so the caret stands one cell further than the column says.
    assert_eq!(ran.bad(1), expected);

    let text = "unclaimed = 'activ'\n[project.web]\n\tdir = 'code'\x1b[2J'\n";
    let (file, ran) = check(text.as_bytes(), &[]);
    assert!(!ran.bad(1).contains('\x1b'), "{file}");

    let text = "unclaimed = 'activ'\n[project.web]\n\tdir = 'code'\n";
    let (file, ran) = check(text.as_bytes(), &[]);
    let lines = [
        "FILE:1:13: `unclaimed` must be \"active\" or \"global\", not \"activ\"; did you mean \"active\"?",
        " 1 | unclaimed = 'activ'",
        "   |             ^",
        "FILE:3:8: the directory \"code\" is not absolute; start it with / or ~/",
        " 3 |  dir = 'code'",
        "   |        ^\n",
    ];
    let expected = lines.join("\n").replace("FILE", &file);
    assert_eq!(ran.bad(1), expected);
}

#[test]
fn a_long_line_is_shown_in_part() {
    let text = format!("[project.web]\nicon = '{}' x", "a".repeat(5000));
    let (_, ran) = check(text.as_bytes(), &[]);
    let message = ran.bad(1);
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[1].len() < 120 && lines[1].ends_with("a' x"), "{message}");
    assert_eq!(lines[1].find('x'), lines[2].find('^'));
}

#[test]
fn warnings_do_not_make_it_bad() {
    let (file, ran) = check(b"[[rule]]\nclass = 'X'\nproject = 'web'\n", &[]);
    assert_eq!((ran.code, ran.stdout), (0, format!("{file}: good, 0 projects, 1 rule\n")));
    assert!(
        ran.stderr.starts_with(&format!("warning: {file}:3:11: no project `web` is declared here")),
        "{}",
        ran.stderr
    );
}

#[test]
fn as_json() {
    let (file, ran) = check(b"x = 1\n", &["--json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&found["errors"][0]["file"], &found["errors"][0]["line"], &found["errors"][0]["column"]),
        (&file.into(), &1.into(), &1.into())
    );
    let (_, ran) = check(b"", &["--json"]);
    let found: Value = serde_json::from_str(&ran.good()).unwrap();
    assert_eq!((&found["errors"], &found["projects"]), (&Value::Array(vec![]), &0.into()));
}

#[test]
fn files_that_cannot_be_read() {
    let (file, ran) = check(b"a = \"\xff\"", &[]);
    assert!(ran.bad(1).starts_with(&format!("{file}:1:6: this is not UTF-8")));
    let (file, ran) = check(&vec![b'#'; (1 << 20) + 1], &[]);
    assert!(ran.bad(1).contains(&format!("cannot read {file}: it is larger than 1048576 bytes")));
    let nowhere = Path::new("/nowhere");
    assert!(run(nowhere, &["check", "/nowhere/config.toml"]).bad(1).contains("cannot read /nowhere/config.toml"));
    assert!(run(nowhere, &["check", "/"]).bad(1).contains("cannot read /: "));
    // As the daemon says.
    assert!(run(nowhere, &["check", "/dev/null"]).bad(1).contains("it is not a regular file"));
    let directory = tempfile::tempdir().unwrap();
    let fifo = directory.path().join("fifo");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert!(run(nowhere, &["check", fifo.to_str().unwrap()]).bad(1).contains("it is not a regular file"));
}

#[test]
fn the_daemons_own_file() {
    let directory = tempfile::tempdir().unwrap();
    let run = |home: &str| {
        let output = command(Path::new("/nowhere"), &["check"])
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", directory.path())
            .output();
        Ran::of(&output.unwrap())
    };
    assert!(run("/home/ann").good().contains("there is no such file, so the defaults are in force"));
    std::fs::create_dir(directory.path().join("i3pm")).unwrap();
    std::fs::write(directory.path().join("i3pm/config.toml"), "[project.web]\ndir = '~/w'").unwrap();
    let ran = run("/nowhere/ann");
    assert_eq!((ran.code, ran.stdout.contains("good, 1 project")), (0, true));
    assert!(ran.stderr.ends_with("config.toml:1: the directory of the project `web` is not there: /nowhere/ann/w\n"));
    assert!(run("").bad(1).contains("needs HOME"));
}
