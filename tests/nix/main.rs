//! The Nix files: evaluated, and what comes of them compared with what it is made from and given to the real programs.
//!
//! nixpkgs cannot be had everywhere, so its library and packages are stood for by `nix/tests/stub`. With `I3PM_NIXPKGS_LIB=DIR` the
//! modules are evaluated with the real library in that directory. Nothing is built: that takes `nix flake check`.

mod document;
mod unit;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use self::unit::Unit;

/// Where the package is in evaluations.
const PACKAGE: &str = "/nix/store/i3pm";
/// What is copied for `nix flake check`, which copies all it is pointed at.
const FLAKE: [&str; 12] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "Makefile",
    "README.md",
    "benches",
    "docs",
    "flake.nix",
    "nix",
    "src",
    "systemd",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where the units are, as nix/units.nix has it.
fn units() -> PathBuf {
    root().join("systemd")
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; tests/setup.sh installs what is missing"))
}

fn good(command: &mut Command) -> String {
    let output = run(command);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{complaint}", output.status);
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// A case of `nix/tests/evaluate.nix`, or why it cannot be evaluated.
fn evaluate(case: &str) -> Result<Value, String> {
    let mut command = Command::new("nix-instantiate");
    command.args(["--eval", "--strict", "--json", "--readonly-mode", "--store", "dummy://", "--attr", case]);
    if let Ok(directory) = std::env::var("I3PM_NIXPKGS_LIB") {
        command.args(["--arg", "lib", &format!("import {directory}")]);
    }
    let output = run(command.arg(root().join("nix/tests/evaluate.nix")));
    match output.status.success() {
        true => Ok(serde_json::from_slice(&output.stdout).expect("JSON")),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn case(name: &str) -> Value {
    evaluate(name).unwrap_or_else(|complaint| panic!("{name}: {complaint}"))
}

/// A unit of ours, its commands in the package's place.
fn packaged(file: &str) -> Unit {
    let path = units().join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut unit = unit::read(&text);
    for (key, values) in unit.values_mut().flatten() {
        if key.starts_with("Exec") {
            values.iter_mut().for_each(|value| *value = unit::in_package(value, PACKAGE));
        }
    }
    unit
}

fn packaged_files() -> Vec<String> {
    let entries = fs::read_dir(units()).expect("the units");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"));
    names.filter(|name| name.ends_with(".service") || name.ends_with(".socket")).collect()
}

/// The files below `systemd/user` that home-manager is given, as units.
fn units_of_home(case: &Value) -> BTreeMap<String, Unit> {
    let files = case["files"].as_object().expect("files");
    let units = files.iter().filter_map(|(path, file)| {
        let name = path.strip_prefix("systemd/user/")?;
        let mut unit = unit::read(file["text"].as_str().expect("a text"));
        // A list of words is one line of them, or a line each.
        for values in unit.get_mut("Install").into_iter().flat_map(BTreeMap::values_mut) {
            *values = vec![values.join(" ")];
        }
        Some((name.to_owned(), unit))
    });
    units.collect()
}

#[test]
fn every_file_is_nix() {
    let mut directories = vec![root().join("nix")];
    let mut files = vec![root().join("flake.nix")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => directories.push(path),
                false => files.push(path),
            }
        }
    }
    files.retain(|file| file.extension() == Some(OsStr::new("nix")));
    assert!(files.len() > 10, "{files:?}");
    good(Command::new("nix-instantiate").args(["--parse", "--store", "dummy://"]).args(files));
}

#[test]
fn the_flake_is_sound() {
    let directory = tempfile::tempdir().expect("a directory");
    let copy = directory.path().join("i3pm");
    fs::create_dir_all(copy.join("tests")).expect("a directory");
    for name in FLAKE.iter().filter(|name| root().join(name).exists()) {
        good(Command::new("cp").arg("-r").arg(root().join(name)).arg(copy.join(name)));
    }
    let flake = |arguments: &[&str]| {
        let mut command = Command::new("nix");
        command.args(["--extra-experimental-features", "nix-command flakes", "--store"]);
        command.arg(directory.path().join("store")).env("HOME", directory.path()).env_remove("XDG_CACHE_HOME");
        command.arg("flake").args(arguments).args(["--no-write-lock-file", "--override-input", "nixpkgs"]);
        command.arg(format!("path:{}", copy.join("nix/tests/stub").display()));
        good(command.arg(format!("path:{}", copy.display())))
    };
    flake(&["check", "--no-build"]);
    // A check passes over some outputs, what shows them all does not.
    let outputs: Value = serde_json::from_str(&flake(&["show", "--json"])).expect("JSON");
    let system = format!("{}-linux", std::env::consts::ARCH);
    for (output, names) in [
        ("apps", &["default", "i3pm", "i3pmd"] as &[&str]),
        ("checks", &["i3", "package", "sway"]),
        ("devShells", &["default"]),
        ("packages", &["default", "i3pm"]),
    ] {
        let found: Vec<&String> = outputs[output][&system].as_object().expect(output).keys().collect();
        assert_eq!(found, names, "{output}");
    }
    assert_eq!(outputs["formatter"][&system]["name"], json!("nixfmt-tree"));
    for output in ["overlays", "nixosModules", "homeModules"] {
        assert!(outputs[output].is_object(), "{output}: {outputs}");
    }
}

#[test]
fn home_manager_runs_the_units_of_the_package() {
    let case = case("daemonOnly");
    let units = units_of_home(&case);
    let mut expected = BTreeMap::new();
    for file in packaged_files() {
        let unit = packaged(&file);
        let install = unit.get("Install").cloned().unwrap_or_default();
        let words = |key: &str| -> Vec<String> {
            let values = install.get(key).into_iter().flatten();
            values.flat_map(|value| value.split_whitespace()).map(str::to_owned).collect()
        };
        for target in words("WantedBy") {
            expected.insert(format!("{target}.wants/{file}"), unit.clone());
        }
        expected.insert(file, unit);
    }
    for kind in ["service", "socket"] {
        expected.insert(format!("i3-project-daemon.{kind}"), expected[&format!("i3pm.{kind}")].clone());
    }
    assert_eq!(units, expected);
    for name in [
        "i3pm.service",
        "i3pm.socket",
        "i3-project-daemon.service",
        "i3-project-daemon.socket",
        "graphical-session.target.wants/i3pm.service",
        "sockets.target.wants/i3pm.socket",
    ] {
        assert!(units.contains_key(name), "{name}");
    }
    assert_eq!((&case["packages"], &case["configFile"], &case["failed"]), (&json!(["i3pm"]), &json!(null), &json!([])));
}

#[test]
fn options_change_what_they_say_and_nothing_else() {
    let case = case("full");
    let mut expected = packaged("i3pm.service");
    let config = case["configFile"].as_str().expect("a file");
    for (section, key, value) in [
        ("Service", "MemoryMax", "64M"),
        ("Service", "WatchdogSec", "40"),
        ("Unit", "StartLimitBurst", "9"),
        ("Unit", "X-Reload-Triggers", config),
    ] {
        let before = expected.get_mut(section).expect("a section").insert(key.to_owned(), vec![value.to_owned()]);
        assert_eq!(before.is_none(), key == "X-Reload-Triggers", "{key} before: {before:?}");
    }
    for value in expected.values_mut().flat_map(BTreeMap::values_mut).flatten() {
        *value = value.replace("graphical-session.target", "sway-session.target");
    }
    let units = units_of_home(&case);
    assert_eq!(units["i3pm.service"], expected);
    assert_eq!(units["sway-session.target.wants/i3pm.service"], expected);
    assert!(!units.contains_key("graphical-session.target.wants/i3pm.service"));
}

#[test]
fn nothing_is_done_unasked() {
    let nothing = json!({
        "configFile": null, "failed": [], "files": {}, "i3": "", "packages": [], "settings": {}, "sway": "",
    });
    assert_eq!(case("nothing"), nothing);
    let mut program_only = nothing;
    program_only["packages"] = json!(["i3pm"]);
    assert_eq!(case("programOnly"), program_only);
    assert_eq!(case("later")["settings"], json!({"app": {"editor": {"command": ["foot", "vi"]}}}));
}

/// Run what builds the configuration file of a case: nixpkgs' TOML of the settings, and the script that checks it.
fn build(case: &Value) -> (Output, PathBuf, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    let (plain, built) = (directory.path().join("plain.toml"), directory.path().join("built.toml"));
    fs::write(&plain, toml::to_string(&case["settings"]).expect("TOML")).expect("a file");
    let script = case["files"]["i3pm/config.toml"]["text"].as_str().expect("a script");
    // As Nix runs it, the two store paths in the places that they have here.
    let program = script.split(' ').next().expect("a word");
    assert_eq!(program, format!("{PACKAGE}/bin/i3pm"));
    let source = script.lines().next().and_then(|line| line.split(' ').nth(2)).expect("a path");
    let script =
        script.replace(program, env!("CARGO_BIN_EXE_i3pm")).replace(source, plain.to_str().expect("a plain path"));
    let mut command = Command::new("sh");
    command.args(["-eu", "-c", &script]).env("out", &built).env("HOME", "/homeless-shelter");
    (run(&mut command), built, directory)
}

#[test]
fn the_configuration_is_what_the_options_say_and_is_checked() {
    let (output, built, _directory) = build(&case("full"));
    assert!(output.status.success(), "{output:?}");
    let text = fs::read_to_string(&built).expect("the built file");
    let checked = i3pm::config::check("built", &text, Some("/home/ann"));
    assert_eq!(checked.faults, vec![]);
    let config = checked.config;
    assert_eq!(config.unclaimed, i3pm::config::Unclaimed::Global);
    let projects: Vec<_> =
        config.projects.iter().map(|project| (project.name.as_str(), project.dir.as_deref())).collect();
    assert_eq!(projects, [("ann/api:v2", None), ("extra", Some("/srv/extra")), ("web", Some("/home/ann/code/web"))]);
    assert_eq!(config.projects[2].display_name.as_deref(), Some("The \"web\" site"));
    assert_eq!((config.projects[2].order, config.projects[2].on_enter.len()), (Some(2), 2));
    assert_eq!((config.projects[2].workspaces.len(), config.projects[0].hook_limit), (2, 30));
    let table: toml::Table = text.parse().expect("TOML");
    let rules = table["rule"].as_array().expect("a list of rules");
    let matchers = |rule: &toml::Value| {
        ["class", "title", "app_id", "instance"].into_iter().filter(|key| rule.get(key).is_some()).collect::<Vec<_>>()
    };
    assert_eq!(
        rules.iter().map(matchers).collect::<Vec<_>>(),
        [vec!["class", "title"], vec!["app_id"], vec!["instance"]],
        "in the order of the options"
    );
}

#[test]
fn a_fault_in_the_configuration_ends_the_build() {
    let (output, built, _directory) = build(&case("broken"));
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("[[rule]]"), "{output:?}");
    assert!(!built.exists());
    let unchecked = case("unchecked");
    assert_eq!(unchecked["files"]["i3pm/config.toml"]["text"], json!(null), "without a check, without a script");
}

#[test]
fn keys_become_lines_that_i3_takes() {
    let case = case("full");
    let expected = "bindsym Mod4+1 nop i3pm switch web\nbindsym Mod4+grave nop i3pm switch -\n";
    assert_eq!((case["i3"].as_str(), case["sway"].as_str()), (Some(expected), Some(expected)));
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), format!("# i3 config file (v4)\nfont pango:monospace 8\n{expected}")).expect("a file");
    good(Command::new("i3").arg("-C").arg("-c").arg(file.path()));
}

#[test]
fn what_is_wrong_is_said_at_evaluation() {
    for (case, place) in [
        ("wrongType", "programs.i3pm.projects.web.dir"),
        ("wrongKeybinding", "programs.i3pm.keybindings.Mod4+1"),
        ("unknownOption", "services.i3pm.memoryMaximum"),
    ] {
        let complaint = evaluate(case).expect_err(case).replace('"', "");
        assert!(complaint.contains(place), "{case}: {complaint}");
    }
}

#[test]
fn nixos_puts_drop_ins_on_the_units_of_the_package() {
    let usual = case("nixosDaemonOnly");
    assert_eq!(usual["unitPackages"], json!(["i3pm"]));
    let expected = json!({
        "after": [], "partOf": [], "wantedBy": ["graphical-session.target"],
        "aliases": ["i3-project-daemon.service"],
        "enableDefaultPath": false, "overrideStrategy": "asDropin",
        "serviceConfig": {}, "unitConfig": {"ConditionUser": "!@system"},
    });
    assert_eq!(usual["services"]["i3pm"], expected);
    assert_eq!(usual["sockets"]["i3pm"]["wantedBy"], json!(["sockets.target"]));
    assert_eq!(usual["sockets"]["i3pm"]["aliases"], json!(["i3-project-daemon.socket"]));
    assert_eq!(usual["etc"], json!({}));

    let full = case("nixosFull");
    let service = &full["services"]["i3pm"];
    let start = format!("{PACKAGE}/bin/i3pmd --config /etc/i3pm/config.toml");
    assert_eq!(service["serviceConfig"], json!({"ExecStart": ["", start], "MemoryMax": "64M", "WatchdogSec": 40}));
    assert_eq!(service["unitConfig"], json!({"ConditionUser": "!@system", "StartLimitBurst": 9}));
    let target = json!(["sway-session.target"]);
    assert_eq!([&service["wantedBy"], &service["after"], &service["partOf"]], [&target; 3]);
    assert_eq!(full["etc"]["i3pm/config.toml"], "i3pm-config.toml");
    assert_eq!(full["etc"]["i3pm/keybindings.conf"].as_str().map(|text| text.lines().count()), Some(2));
    // The daemon takes such a command line.
    let arguments = start.split(' ').skip(1);
    good(Command::new(env!("CARGO_BIN_EXE_i3pmd")).args(arguments).arg("--version"));
}

#[test]
fn the_tests_of_whole_machines_are_python_and_run_the_service() {
    let tests = case("vmTests");
    for (name, program) in [("i3", "i3-msg"), ("sway", "swaymsg")] {
        let test = &tests[name];
        assert_eq!(test["name"], json!(format!("i3pm-{name}")));
        assert_eq!(test["services"], json!(["i3pm"]));
        let script = test["testScript"].as_str().expect("a script");
        assert!(script.contains(program), "{script}");
        good(Command::new("python3").args(["-c", "import ast, sys; ast.parse(sys.argv[1])", script]));
    }
}

#[test]
fn the_package_is_made_of_files_that_are_there() {
    let arguments = case("packageArguments");
    assert_eq!(arguments["version"], json!(env!("CARGO_PKG_VERSION")));
    assert_eq!(arguments["buildType"], json!("dist"), "the profile in Cargo.toml");
    let sources: Vec<&str> = arguments["src"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    for needed in ["Cargo.lock", "src", "tests", "benches", "docs", "Makefile"] {
        assert!(sources.contains(&needed), "{needed} is not in {sources:?}");
    }

    // What is run after the programs are installed.
    let directory = tempfile::tempdir().expect("a directory");
    let prefix = directory.path().join("out");
    fs::create_dir_all(prefix.join("bin")).expect("a directory");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_i3pm"), prefix.join("bin/i3pm")).expect("a link");
    let script = arguments["postInstall"].as_str().expect("a script");
    good(Command::new("sh").args(["-eu", "-c", script]).env("out", &prefix).current_dir(root()));
    for file in [
        "share/man/man1/i3pm.1",
        "share/man/man5/i3pm.toml.5",
        "share/man/man7/i3pm-ipc.7",
        "share/man/man8/i3pmd.8",
        "share/i3pm/schema/config.json",
        "share/doc/i3pm/examples/config.toml",
        "share/bash-completion/completions/i3pm",
        "share/zsh/site-functions/_i3pm",
        "share/fish/vendor_completions.d/i3pm.fish",
    ] {
        let length = fs::metadata(prefix.join(file)).map(|found| found.len()).unwrap_or(0);
        assert!(length > 100, "{file} has {length} bytes");
    }
}

#[test]
fn every_option_is_documented() {
    document::assert_current(&root().join("docs/nix.md"), &case("documentation"));
}
