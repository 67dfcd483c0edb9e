//! What each command asks.

use serde_json::{Value, json};

use crate::server::{Answer, Server};

#[test]
fn each_command_asks_for_its_method() {
    let current = std::env::current_dir().unwrap();
    let below = |path: &str| current.join(path).to_str().unwrap().to_owned();
    let expected: Vec<(&[&str], Value)> = vec![
        (&[], json!(["project.list"])),
        (&["project", "list"], json!(["project.list"])),
        (&["project", "current"], json!(["project.current"])),
        (&["project", "switch", "web"], json!(["project.switch", {"name": "web"}])),
        (&["project", "switch", "none"], json!(["project.clear"])),
        (&["window", "focus", "7"], json!(["window.focus", {"id": 7}])),
        (
            &["window", "focus", "--class", "re:^Fire", "--title", "x"],
            json!(["window.focus", {"class": "re:^Fire", "title": "x"}]),
        ),
        (&["project", "switch", "-"], json!(["project.switch", {"name": "-"}])),
        (&["project", "next"], json!(["project.switch", {"name": "next"}])),
        (&["project", "prev"], json!(["project.switch", {"name": "prev"}])),
        (&["project", "clear"], json!(["project.clear"])),
        (&["project", "show", "web"], json!(["project.get", {"name": "web"}])),
        (&["project", "delete", "web"], json!(["project.delete", {"name": "web"}])),
        (&["project", "create", "web"], json!(["project.create", {"name": "web"}])),
        (
            &[
                "project",
                "create",
                "web",
                "--dir",
                "~/w",
                "--icon",
                "W",
                "--display-name",
                "The web",
                "--take",
                "visible",
            ],
            json!(["project.create",
                {"name": "web", "dir": "/home/ann/w", "icon": "W", "display_name": "The web", "take": "visible"}]),
        ),
        (&["project", "create", "web", "-d", "src"], json!(["project.create", {"name": "web", "dir": below("src")}])),
        (
            &["project", "update", "web", "--dir", "", "--icon", ""],
            json!(["project.update", {"name": "web", "dir": "", "icon": ""}]),
        ),
        (&["project", "open", "web"], json!(["project.open", {"name": "web"}])),
        (&["project", "rename", "web", "site"], json!(["project.rename", {"name": "web", "to": "site"}])),
        (&["project", "close", "web"], json!(["project.close", {"name": "web"}])),
        (&["project", "close", "web", "--wait", "2.5"], json!(["project.close", {"name": "web", "wait_ms": 2500}])),
        (&["windows"], json!(["window.list", {}])),
        (&["windows", "--table", "--project", "web"], json!(["window.list", {"project": "web"}])),
        (&["windows", "--hidden"], json!(["window.list", {"hidden": true}])),
        (&["window", "assign", "web"], json!(["window.assign", {"project": "web", "global": false, "also": false}])),
        (
            &["window", "assign", "--global", "--window", "18446744073709551615"],
            json!(["window.assign", {"id": u64::MAX, "global": true, "also": false}]),
        ),
        (
            &["window", "assign", "web", "--workspace", "3: x", "--class", "XTerm", "--also"],
            json!(["window.assign",
                {"project": "web", "workspace": "3: x", "class": "XTerm", "global": false, "also": true}]),
        ),
        (&["app", "list"], json!(["app.list"])),
        (&["app", "show", "term"], json!(["app.get", {"name": "term"}])),
        (&["launch", "term"], json!(["app.launch", {"name": "term"}])),
        (
            &["launch", "term", "--project", "web", "--workspace", "3", "--", "--project", "-x"],
            json!(["app.launch", {"name": "term", "args": ["--project", "-x"], "project": "web", "workspace": "3"}]),
        ),
        (&["status"], json!(["status"])),
        (&["daemon", "status"], json!(["status"])),
        (&["ping"], json!(["ping"])),
        (&["daemon", "ping"], json!(["ping"])),
        (&["events"], json!(["events.recent", {}])),
        (&["daemon", "events", "--limit", "5"], json!(["events.recent", {"limit": 5}])),
        (&["reload"], json!(["reload"])),
        (&["explain"], json!(["window.explain", {}])),
        (&["explain", "7"], json!(["window.explain", {"id": 7}])),
        (&["explain", "--class", "XTerm"], json!(["window.explain", {"class": "XTerm"}])),
        (&["explain", "--title", "vim"], json!(["window.explain", {"title": "vim"}])),
        (&["subscribe", "wm", "windows"], json!(["subscribe", {"topics": ["wm", "windows"]}])),
        (&["subscribe"], json!(["subscribe", {"topics": ["all"]}])),
    ];
    for (arguments, call) in expected {
        let server = Server::new(|_, _| Answer::Error(-32014, "superseded", "a newer one came"));
        assert_eq!(server.run(arguments).bad(1), "i3pm: a newer one came\n", "{arguments:?}");
        assert_eq!(server.calls(), [call], "{arguments:?}");
    }
}

#[test]
fn every_call_is_one_the_daemon_takes() {
    // The other end of the same contract: what is sent decodes as a call.
    let arguments: [&[&str]; 5] = [
        &["project", "create", "web", "--take", "focused"],
        &["window", "assign", "web"],
        &["windows"],
        &["explain", "--title", "vim"],
        &["events", "--limit", "3"],
    ];
    for arguments in arguments {
        let server = Server::new(|_, _| Answer::Error(-32014, "superseded", "a newer one came"));
        server.run(arguments).bad(1);
        for call in server.calls() {
            let method = call[0].as_str().unwrap().to_owned();
            i3pm::api::Call::decode(&method, call.get(1).cloned()).unwrap_or_else(|error| panic!("{call}: {error}"));
        }
    }
}
