//! `i3pm app` and `i3pm launch`.

use serde_json::{Value, json};

use crate::server::{Answer, Server, command};

fn app(name: &str) -> Value {
    json!({"name": name, "title": "The \u{1b}[1m terminal", "icon": "T", "scope": "project", "command": ["xterm", "-T", "it's {dir}"],
           "terminal": false, "single": true, "declared": "c.toml:7", "windows": [7, 8]})
}

#[test]
fn applications_are_shown() {
    let server = Server::with_result(json!({"apps": [app("term")]}));
    let text = server.run(&["app", "list"]).good();
    assert_eq!(
        text,
        "NAME  SCOPE    WINDOWS  COMMAND                   TITLE\n\
         term  project  2        xterm -T 'it'\\''s {dir}'  T The \\u{1b}[1m terminal\n",
        "what is one argument is seen, and no title steers the terminal"
    );
    assert!(Server::with_result(json!({"apps": []})).run(&["app", "list"]).good().contains("[app.files]"));
    let start =
        json!({"project": "web", "global": false, "command": ["xterm"], "cwd": "/srv", "environment": {"A": "b c"}});
    let server = Server::with_result(json!({"app": app("term"), "start": start, "refused": null}));
    let text = server.run(&["app", "show", "term"]).good();
    for line in [
        "  Name:       term",
        "  Single:     yes",
        "  Now:        xterm",
        "    for:      project web",
        "    with:     A=b c",
    ] {
        assert!(text.lines().any(|found| found == line), "{line:?} in\n{text}");
    }
    let server = Server::with_result(json!({"app": app("term"), "start": null, "refused": "no project is active"}));
    assert!(server.run(&["app", "show", "term"]).good().contains("refused: no project is active"));
}

#[test]
fn a_launch_says_what_became_of_it() {
    let launched = |state: &str| json!({"app": "term", "state": state, "launch": "e-1", "project": "web", "global": false, "pid": 9, "program": "/bin/x", "window": 7});
    for (state, text) in [
        ("started", "term is started for project web, process 9\n"),
        ("starting", "term is being started for project web\n"),
        ("focused", "term was there already: window 7 gets the focus\n"),
    ] {
        assert_eq!(Server::with_result(launched(state)).run(&["launch", "term"]).good(), text);
    }
    // What the window manager and the session say is handed on, and nothing else.
    let server = Server::with_result(launched("started"));
    let mut command = command(&server.socket(), &["launch", "term"]);
    command.env("DISPLAY", ":3").env("DESKTOP_STARTUP_ID", "one").env("SECRET", "x").env("SWAYSOCK", "");
    assert!(command.status().expect("i3pm runs").success());
    let environment = json!({"DISPLAY": ":3", "DESKTOP_STARTUP_ID": "one"});
    assert_eq!(server.calls(), [json!(["app.launch", {"name": "term", "environment": environment}])]);
}

#[test]
fn a_check_looks_at_each() {
    let answer = |method: &str, call: &Value| match (method, call["params"]["name"].as_str()) {
        ("app.list", _) => Answer::Result(json!({"apps": [app("good"), app("bad")]})),
        (_, Some("good")) => Answer::Result(json!({"program": "/bin/good"})),
        _ => Answer::Error(-32009, "launch_failed", "bad could not be started: command not found"),
    };
    let ran = Server::new(answer).run(&["app", "check"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
    assert_eq!(
        ran.stdout,
        "good: good, /bin/good\nbad: bad could not be started: command not found\n2 applications, 1 not good\n"
    );
    let server = Server::new(answer);
    assert_eq!(server.run(&["app", "check", "good"]).good(), "good: good, /bin/good\n");
    assert_eq!(server.calls(), [json!(["app.launch", {"name": "good", "check": true}])]);
}
