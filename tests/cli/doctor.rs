//! `i3pm doctor` with a daemon, files and a service manager of the test's own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::server::{Answer, Ran, Server, command};

/// Private directories, with a `systemctl` that says what it is told.
struct Home {
    directory: tempfile::TempDir,
}

impl Home {
    fn new() -> Home {
        let home = Home { directory: tempfile::tempdir().expect("a directory") };
        for name in ["bin", "run", "data/i3pm", "state/i3pm"] {
            fs::create_dir_all(home.path().join(name)).expect("a directory");
            fs::set_permissions(home.path().join(name), fs::Permissions::from_mode(0o700)).expect("its mode");
        }
        home
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn service(&self, script: &str) {
        let path = self.path().join("bin/systemctl");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a script");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("its mode");
    }

    /// The unit is so, in a session with a graphical-session.target or without.
    fn unit(&self, load: &str, active: &str, file: &str, session: bool) {
        let session = if session { "active" } else { "inactive" };
        self.service(&format!(
            "echo 'LoadState={load}\nActiveState={active}\nUnitFileState={file}\nResult=watchdog\n\nActiveState={session}'"
        ));
    }

    fn run(&self, socket: &Path, arguments: &[&str]) -> Ran {
        let mut command = command(socket, arguments);
        command
            .env("PATH", self.path().join("bin"))
            .env("HOME", self.path())
            .env("XDG_RUNTIME_DIR", self.path().join("run"))
            .env("XDG_DATA_HOME", self.path().join("data"))
            .env("XDG_STATE_HOME", self.path().join("state"));
        Ran::of(&command.output().expect("i3pm runs"))
    }

    /// The checks of this name: state, text and repair.
    fn checks(&self, socket: &Path, name: &str) -> Vec<(String, String, String)> {
        let ran = self.run(socket, &["doctor", "--json", "--timeout", "0.5", "--wm-socket", "/nowhere"]);
        let answer: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let checks = answer["checks"].as_array().expect("checks").iter().filter(|check| check["name"] == name);
        checks.map(|check| (text(&check["state"]), text(&check["text"]), text(&check["repair"]))).collect()
    }

    fn one(&self, socket: &Path, name: &str) -> (String, String, String) {
        let checks = self.checks(socket, name);
        assert_eq!(checks.len(), 1, "{checks:#?}");
        checks.into_iter().next().expect("one")
    }
}

fn status() -> Value {
    json!({
        "version": env!("CARGO_PKG_VERSION"), "protocol": 1, "epoch": "e", "pid": 77, "uptime_ms": 1, "phase": "running",
        "project": null,
        "wm": {"state": "connected", "kind": "i3", "version": "4.22", "socket": null, "pid": 5, "state_age_ms": 1,
            "silent_ms": 1, "request": null, "request_age_ms": null, "hiding": "vault", "reason": null},
        "config": {"file": "/c.toml", "error": null, "warnings": []},
        "switch": {"in_flight": null, "next": null, "count": 0, "last": null},
        "deadlines": [], "peers": [], "turns": {"count": 1, "longest_us": 1, "last_us": 1},
        "windows": {"total": 0, "hidden": 0, "global": 0}, "projects": 0,
        "log": {"sink": "journal", "lost": 0}, "notes": [], "limits": [],
    })
}

/// A daemon that answers with this status, and knows no other call.
fn daemon(status: Value) -> Server {
    let server = Server::new(move |method, _| match method {
        "status" => Answer::Result(status.clone()),
        _ => Answer::Error(-32601, "method_not_found", "no such method"),
    });
    fs::set_permissions(server.socket(), fs::Permissions::from_mode(0o600)).expect("its mode");
    server
}

#[test]
fn one_line_a_check() {
    let home = Home::new();
    let server = daemon(status());
    let ran = home.run(&server.socket(), &["doctor", "--wm-socket", "/nowhere"]);
    assert_eq!(ran.code, 1, "not all is well");
    let shown = ran.stdout.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    assert_snapshot!(shown, @r"
    ok       daemon       i3pmd answers, pid 77
    ok       version      i3pm and i3pmd are VERSION
    ok       config       /c.toml
    ok       log          goes to journal, no line was lost
    ok       wm           the daemon is connected to i3
    ok       permissions  socket and directories are yours alone
    ok       environment  every variable leads somewhere
    PROBLEM  wm-socket    no window manager answers: /nowhere: No such file or directory (os error 2) -> run this in the session of the window manager, or name its socket with --wm-socket
    ok       files        none was written yet
    ok       service      there is no service manager of the user here
    ");
}

#[test]
fn what_the_daemon_says_of_itself() {
    let home = Home::new();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut changed = status();
        change(&mut changed);
        daemon(changed)
    };
    let server = with(&|status| status["version"] = json!("0.0.1"));
    let (state, text, repair) = home.one(&server.socket(), "version");
    assert_eq!((state.as_str(), repair.as_str()), ("warning", "pkill -x i3pmd, then run i3pmd"));
    home.service("exit 1");
    assert_eq!(home.one(&server.socket(), "version").2, "systemctl --user restart i3pm");
    assert!(text.contains("the daemon is i3pmd 0.0.1"), "{text}");

    let server = with(&|status| status["log"]["lost"] = json!(9));
    assert!(home.one(&server.socket(), "log").1.contains("goes to journal, and 9 lines were lost"));

    let fault = json!({"file": "/c.toml", "line": 3, "column": 7, "message": "no"});
    let server = with(&|status| status["config"]["error"] = fault.clone());
    assert_eq!(home.one(&server.socket(), "config").1, "/c.toml:3:7: no");
    let server = with(&|status| status["config"]["warnings"] = json!(["/c.toml:1:1: look", "and here"]));
    assert_eq!(home.one(&server.socket(), "config").1, "/c.toml:1:1: look, and 1 more");

    for (state, word) in [("stale", "has not answered"), ("disconnected", "no window manager"), ("connecting", "is")] {
        let server = with(&|status| status["wm"]["state"] = json!(state));
        let check = home.one(&server.socket(), "wm");
        assert!(check.0 != "ok" && check.1.contains(word), "{check:?}");
    }
    let server = with(&|status| status["phase"] = json!("saving"));
    assert_eq!(home.one(&server.socket(), "daemon").0, "warning");
}

#[test]
fn a_daemon_that_is_not_there_or_does_not_answer() {
    let home = Home::new();
    let (state, text, repair) = home.one(&home.path().join("run/none.sock"), "daemon");
    assert_eq!(state, "problem");
    assert!(text.starts_with("no daemon at ") && repair == "run i3pmd", "{text} {repair}");
    let server = Server::new(|_, _| Answer::Silence);
    let (state, text, repair) = home.one(&server.socket(), "daemon");
    assert_eq!(state, "problem");
    assert!(text.contains("did not answer `status` within 0.5 s") && repair.contains("kill -KILL"), "{text} {repair}");
}

#[test]
fn the_service_unit() {
    let home = Home::new();
    let server = daemon(status());
    let service = |home: &Home| home.one(&server.socket(), "service");
    assert_eq!(service(&home).0, "ok", "no systemctl at all is no failure");
    home.service("exit 1");
    assert_eq!(service(&home).0, "ok", "no service manager of the user is none");
    home.service("exec sleep 60");
    assert_eq!(service(&home).0, "ok", "nor one that does not answer");
    home.unit("not-found", "inactive", "", true);
    assert_eq!(service(&home).0, "ok");
    home.unit("loaded", "active", "enabled", true);
    assert_eq!(service(&home), ("ok".into(), "i3pm.service is active, enabled".into(), String::new()));
    home.unit("loaded", "active", "disabled", true);
    assert_eq!(service(&home).2, "systemctl --user enable i3pm");
    home.unit("loaded", "active", "disabled", false);
    assert_eq!(service(&home).0, "ok", "nothing could start it but the session");
    home.unit("loaded", "failed", "enabled", true);
    let (state, text, repair) = service(&home);
    assert_eq!((state.as_str(), text.as_str()), ("problem", "i3pm.service has failed (watchdog)"));
    assert!(repair.contains("systemctl --user reset-failed i3pm"), "{repair}");
    home.unit("loaded", "inactive", "enabled", true);
    assert_eq!(service(&home).0, "ok", "a daemon answers");
    let without_daemon = |home: &Home| home.one(&home.path().join("none"), "service");
    assert_eq!(without_daemon(&home).2, "systemctl --user start i3pm");
    home.unit("loaded", "inactive", "disabled", true);
    assert_eq!(without_daemon(&home).2, "systemctl --user enable --now i3pm");
    home.unit("loaded", "inactive", "enabled", false);
    let (_, text, repair) = without_daemon(&home);
    assert!(text.contains("no graphical-session.target"), "{text}");
    assert_eq!(repair, "in the configuration of i3 or sway: exec --no-startup-id systemctl --user start i3pm");
    home.unit("bad-setting", "inactive", "", true);
    assert_eq!(service(&home).0, "problem");
}

#[test]
fn files_and_permissions() {
    let home = Home::new();
    let server = daemon(status());
    let socket = server.socket();
    assert_eq!(home.one(&socket, "files"), ("ok".into(), "none was written yet".into(), String::new()));
    fs::write(home.path().join("state/i3pm/state.json"), "{\"order_of_use\": []}").unwrap();
    assert_eq!(home.one(&socket, "files").1, "state.json can be read");
    let projects = home.path().join("data/i3pm/projects.json");
    fs::write(&projects, "{\"version\": 1,\n x").unwrap();
    let (state, text, repair) = home.one(&socket, "files");
    assert_eq!((state.as_str(), text), ("problem", format!("{}:2:2: key must be a string", projects.display())));
    assert!(repair.contains("keeps the file aside"), "{repair}");
    fs::rename(&projects, projects.with_extension("json.bad")).unwrap();
    assert!(home.one(&socket, "files").1.contains("projects.json.bad was kept aside"));
    fs::create_dir(&projects).unwrap();
    let found = home.checks(&socket, "files");
    assert!(found.iter().any(|check| check.1.ends_with("cannot be read: it is a directory")), "{found:?}");
    // Both are done as it says: the one made readable, the other mended and moved back.
    fs::remove_dir(&projects).unwrap();
    fs::write(projects.with_extension("json.bad"), "{\"version\": 1, \"projects\": {}}").unwrap();
    fs::rename(projects.with_extension("json.bad"), &projects).unwrap();
    assert_eq!(home.one(&socket, "files").1, "projects.json, state.json can be read");

    assert_eq!(home.one(&socket, "permissions").0, "ok");
    fs::set_permissions(home.path().join("state/i3pm"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).unwrap();
    let found = home.checks(&socket, "permissions");
    assert_eq!(found[0].2, format!("chmod 600 {}", socket.display()));
    assert_eq!(found[1].2, format!("chmod 700 {}", home.path().join("state/i3pm").display()));
    for (_, _, repair) in found {
        assert!(Command::new("sh").args(["-c", &repair]).status().unwrap().success(), "{repair}");
    }
    assert_eq!(home.one(&socket, "permissions").0, "ok");
}

#[test]
fn variables_that_lead_nowhere() {
    let home = Home::new();
    let server = daemon(status());
    let environment = |variables: &[(&str, &str)]| {
        let mut command = command(&server.socket(), &["doctor", "--json"]);
        command.env("HOME", home.path()).envs(variables.iter().copied());
        let answer: Value = serde_json::from_str(&Ran::of(&command.output().unwrap()).stdout).unwrap();
        let checks = answer["checks"].as_array().unwrap().iter().filter(|check| check["name"] == "environment");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        checks.map(|check| (text(&check["text"]), text(&check["repair"]))).collect::<Vec<_>>()
    };
    let texts =
        |variables: &[(&str, &str)]| environment(variables).into_iter().map(|(text, _)| text).collect::<Vec<_>>();
    let run = home.path().join("run").to_str().unwrap().to_owned();
    assert_eq!(texts(&[]), ["XDG_RUNTIME_DIR is not set"]);
    // As over ssh: programs are started with the display of the window manager.
    assert_eq!(texts(&[("XDG_RUNTIME_DIR", &run)]), ["every variable leads somewhere"]);
    let mut variables = vec![
        ("XDG_RUNTIME_DIR", run.as_str()),
        ("I3SOCK", "/nowhere.sock"),
        ("SWAYSOCK", "/neither.sock"),
        ("DISPLAY", ":98765"),
        ("WAYLAND_DISPLAY", "wayland-98765"),
    ];
    let found = environment(&variables);
    let stale = [
        "SWAYSOCK is stale: /neither.sock",
        "I3SOCK is stale: /nowhere.sock",
        "DISPLAY is stale",
        "WAYLAND_DISPLAY is stale",
    ];
    assert_eq!(found.len(), stale.len(), "{found:?}");
    for ((text, repair), beginning) in found.iter().zip(stale) {
        assert!(text.starts_with(beginning), "{text}");
        // As it says.
        let name = repair.strip_prefix("unset ").expect("what to do");
        variables.retain(|(other, _)| *other != name);
    }
    assert_eq!(texts(&variables), ["every variable leads somewhere"]);
    assert!(texts(&[("XDG_RUNTIME_DIR", "/no/where"), ("DISPLAY", "far:0")])[0].contains("is no directory"));
}

#[test]
fn nobody_is_advised_to_start_a_daemon_that_could_not_be_asked() {
    let home = Home::new();
    home.unit("loaded", "inactive", "enabled", true);
    let with = |code: &'static str| {
        let server = Server::new(move |_, _| Answer::Error(-32041, code, "64 connections are open"));
        fs::set_permissions(server.socket(), fs::Permissions::from_mode(0o600)).unwrap();
        server
    };
    let long = home.path().join("x".repeat(120));
    let (full, stopping) = (with("overloaded"), with("stopping"));
    for (socket, word) in
        [(full.socket(), "end who holds them"), (stopping.socket(), "in a moment"), (long, "--socket or I3PM_SOCKET")]
    {
        let (state, text, repair) = home.one(&socket, "daemon");
        assert!(state == "problem" && repair.contains(word), "{text} -> {repair}");
        assert_eq!(home.one(&socket, "service").0, "ok", "{socket:?}");
    }
}

#[test]
fn fixing_asks_the_daemon_first() {
    let home = Home::new();
    let server = daemon(status());
    let ran = home.run(&server.socket(), &["doctor", "--fix", "--wm-socket", "/nowhere"]);
    assert!(ran.stdout.starts_with("the daemon could not repair anything: no such method"), "{}", ran.stdout);
    assert_eq!(server.calls()[0], json!(["state.repair"]));
    let without = home.run(&server.socket(), &["doctor", "--wm-socket", "/nowhere"]);
    assert!(!without.stdout.contains("repair anything"), "{}", without.stdout);
    assert_eq!(server.calls().iter().filter(|call| **call == json!(["state.repair"])).count(), 1);
}

#[test]
fn a_rescue_leaves_it_to_a_service_that_is_started_again() {
    let home = Home::new();
    let rescue = |options: &[&str]| {
        let arguments = [&["rescue", "--unless-active", "i3pm.service", "--wm-socket", "/nowhere"], options].concat();
        home.run(&home.path().join("none"), &arguments)
    };
    for state in ["failed", "inactive", "deactivating"] {
        home.service(&format!("echo {state}"));
        let ran = rescue(&[]);
        assert!(ran.code == 1 && ran.stderr.contains("/nowhere"), "{state}: it tries, and nobody is there: {ran:?}");
    }
    home.service("exit 1");
    assert_eq!(rescue(&[]).code, 1, "who knows nothing of the unit rescues");
    for state in ["active", "activating", "reloading"] {
        home.service(&format!(
            "[ \"$*\" = '--user show --value --property=ActiveState -- i3pm.service' ] && echo {state}"
        ));
        let ran = rescue(&[]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
        assert_eq!(ran.stdout, format!("i3pm.service is {state}: what is hidden is left to it\n"));
        let answer: Value = serde_json::from_str(&rescue(&["--json"]).stdout).expect("JSON");
        assert_eq!(answer, json!({"unit": "i3pm.service", "state": state}));
    }
}
