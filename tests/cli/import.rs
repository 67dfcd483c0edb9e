//! `i3pm import`: files of the predecessor in, a configuration out.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        let home = Home(tempfile::tempdir().unwrap());
        fs::create_dir_all(home.path().join(".config/i3/projects")).unwrap();
        fs::write(
            home.path().join(".config/i3/projects/web.json"),
            r#"{"name":"web","directory":"/srv/web","colour":"red"}"#,
        )
        .unwrap();
        home
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_i3pm"));
        command.arg("import").args(arguments).env_clear().env("HOME", self.path()).env("XDG_RUNTIME_DIR", self.path());
        command.output().unwrap()
    }

    fn config(&self) -> Option<String> {
        fs::read_to_string(self.path().join(".config/i3pm/config.toml")).ok()
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn a_configuration_goes_to_stdout_and_what_is_left_out_to_stderr() {
    let home = Home::new();
    let output = home.run(&[]);
    assert!(output.status.success(), "{output:?}");
    assert!(text(&output.stdout).contains("[project.web]\ndir = \"/srv/web\"\n"), "{output:?}");
    assert!(text(&output.stderr).contains("projects/web.json: the project: `colour` has no counterpart"), "{output:?}");
    assert!(text(&output.stderr).contains("marks on windows were not read: no window manager answers"), "{output:?}");
    assert_eq!(home.config(), None);
}

#[test]
fn a_dry_run_only_counts() {
    let home = Home::new();
    let output = home.run(&["--dry-run"]);
    assert!(output.status.success(), "{output:?}");
    assert!(
        text(&output.stdout).contains("config.toml: 1 project, 0 applications, 0 rules, 0 marked windows"),
        "{output:?}"
    );
    assert_eq!(home.config(), None);
}

#[test]
fn a_configuration_that_is_there_is_never_written_over() {
    let home = Home::new();
    let output = home.run(&["--write"]);
    assert!(output.status.success(), "{output:?}");
    let written = home.config().expect("it was written");
    assert!(written.contains("[project.web]"), "{written}");
    fs::write(home.path().join(".config/i3pm/config.toml"), "# mine").unwrap();
    let output = home.run(&["--write"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stderr).contains("is there already and stays as it is"), "{output:?}");
    assert_eq!(home.config().as_deref(), Some("# mine"));
}

#[test]
fn a_directory_with_none_of_the_files_is_an_error() {
    let home = Home::new();
    let output = home.run(&["/nowhere"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stderr).contains("/nowhere has none of active-project.json"), "{output:?}");
}
