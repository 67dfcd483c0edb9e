//! `i3pm project open`, `close` and `rename`.

use serde_json::json;

use crate::server::{Server, command};

fn switch() -> serde_json::Value {
    json!({"project": "web", "previous": "mail", "changed": true, "hidden": 3, "restored": 2, "refused": [],
           "milliseconds": 5.0, "wm_milliseconds": 4.0, "messages": 1})
}

#[test]
fn an_open_says_what_was_started_and_what_was_not() {
    let launched = json!({"app": "term", "state": "started", "launch": "e-1", "project": "web", "global": false,
                          "pid": 9, "program": "/bin/x", "window": null});
    let good = json!({"app": "term", "launched": launched, "error": null});
    let bad = json!({"app": "edit", "launched": null, "error": "command not found: \u{1b}[1m"});
    let server = Server::with_result(json!({"switch": switch(), "windows": 0, "apps": [good.clone(), bad]}));
    let said = "web (was mail): 3 hidden, 2 restored in 5.0 ms\n  term is started for project web, process 9\n";
    let ran = server.run(&["project", "open", "web"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, said), "not all was started");
    assert_eq!(ran.stderr, "i3pm: edit: command not found: \\u{1b}[1m\n");
    assert_eq!(server.run(&["--json", "project", "open", "web"]).code, 1);
    let server = Server::with_result(json!({"switch": switch(), "windows": 0, "apps": [good]}));
    assert_eq!(server.run(&["project", "open", "web"]).good(), said);
    // What the window manager and the session say is handed on, as for a launch.
    let mut command = command(&server.socket(), &["project", "open", "web"]);
    assert!(command.env("DISPLAY", ":3").env("SECRET", "x").status().expect("i3pm runs").success());
    let expected = json!(["project.open", {"name": "web", "environment": {"DISPLAY": ":3"}}]);
    assert_eq!(server.calls().last(), Some(&expected));
}

#[test]
fn a_close_says_which_windows_are_still_there() {
    let window = |id: u64, title: &str| json!({"id": id, "title": title});
    let answer = |refused: &[serde_json::Value], released: &[serde_json::Value]| json!({"project": "web", "closed": [window(1, "a"), window(2, "b")], "refused": refused, "released": released});
    let server = Server::with_result(answer(&[], &[]));
    assert_eq!(server.run(&["project", "close", "web"]).good(), "web: 2 windows closed\n");
    let server = Server::with_result(answer(&[window(7, "*draft \u{1b}[1m")], &[window(8, "shared")]));
    let ran = server.run(&["project", "close", "web"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (
            1,
            "web: 2 windows closed\nnot asked, since they are not its own alone; they belong to it no longer:\n  8  shared\n"
        )
    );
    assert_eq!(
        ran.stderr,
        "i3pm: 1 window did not close; `i3pm project switch web` shows what they ask:\n  7  *draft \\u{1b}[1m\n"
    );
    assert_eq!(server.run(&["--json", "project", "close", "web"]).code, 1);
    let server = Server::with_result(answer(&[], &[]));
    let ran = server.run(&["project", "close", "web", "--wait", "61"]);
    assert_eq!((ran.code, server.calls().len()), (2, 0), "{}", ran.stderr);
}

#[test]
fn a_rename_says_the_new_name() {
    let project = json!({"name": "site", "dir": null, "icon": null, "display_name": null, "active": false, "declared": null,
                         "windows": 2, "urgent": 0});
    let server = Server::with_result(json!({"project": project}));
    assert_eq!(
        server.run(&["project", "rename", "web", "site"]).good(),
        "its name is site now, and 2 windows have it\n"
    );
}
