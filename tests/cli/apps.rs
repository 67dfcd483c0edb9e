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
        ("focused", "term was there already: window 7 has the focus\n"),
        ("summoned", "term was there already: window 7 is here and has the focus\n"),
        ("hidden", "term is hidden: window 7\n"),
        ("absent", "term has no window there\n"),
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
fn run_and_scratch_say_what_is_done_where_a_window_is_there() {
    let launched = json!({"app": "term", "state": "hidden", "launch": null, "project": "web", "global": false, "pid": null, "program": null, "window": 7});
    for (arguments, name, if_open, more) in [
        (&["run", "term"][..], "term", "toggle", json!({})),
        (&["run", "term", "--summon"], "term", "summon", json!({})),
        (&["run", "term", "--hide"], "term", "hide", json!({})),
        (&["run", "term", "--nohide", "--project", "web"], "term", "focus", json!({"project": "web"})),
        (&["run", "term", "--force", "--", "-x"], "term", "start", json!({"args": ["-x"]})),
        (&["scratch"], "", "summon", json!({"scratch": true})),
        (&["scratch", "term"], "term", "summon", json!({"scratch": true})),
    ] {
        let server = Server::with_result(launched.clone());
        assert_eq!(server.run(arguments).good(), "term is hidden: window 7\n");
        let mut params = json!({"name": name, "if_open": if_open});
        params.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        assert_eq!(server.calls(), [json!(["app.launch", params])]);
    }
    let both = Server::with_result(launched).run(&["run", "term", "--summon", "--hide"]);
    assert_eq!(both.code, 2, "{}", both.stderr);
}

fn project(name: &str) -> Value {
    json!({"name": name, "dir": null, "icon": null, "display_name": null, "active": false, "declared": null, "order": null, "windows": 0, "urgent": 0})
}

#[test]
fn a_person_is_asked_for_the_project_in_the_menu() {
    let with_menu = |menu: Value, when: &str| {
        let mut app = app("term");
        app["when_no_project"] = json!(when);
        let app = json!({"app": app, "start": null, "refused": "no project is active", "menu": menu});
        Server::new(move |method: &str, call: &Value| match (method, call["params"]["project"].as_str()) {
            ("app.get", _) => Answer::Result(app.clone()),
            ("project.list", _) => {
                Answer::Result(json!({"projects": [project("api"), project("web")], "active": null}))
            }
            ("app.launch", Some(name)) => Answer::Result(
                json!({"app": "term", "state": "started", "launch": "e-1", "project": name, "global": false, "pid": 9, "program": "/bin/x", "window": null}),
            ),
            _ => {
                Answer::Error(-32011, "no_project", "\"term\" is an application of projects, and no project is active")
            }
        })
    };
    let second = json!(["sed", "-n", "2p"]);
    assert_eq!(
        with_menu(second.clone(), "ask").run(&["launch", "term"]).good(),
        "term is started for project web, process 9\n"
    );
    assert_eq!(
        with_menu(second.clone(), "ask").run(&["run", "term"]).good(),
        "term is started for project web, process 9\n"
    );
    for (menu, when, said) in [
        (second, "refuse", "no project is active"),
        (json!([]), "ask", "no project is active"),
        (json!(["true"]), "ask", "no project was chosen"),
        (json!(["echo", "wbe"]), "ask", "there is no project \"wbe\""),
        (json!(["/no/such/menu"]), "ask", "the menu /no/such/menu of the configuration cannot be run"),
    ] {
        let ran = with_menu(menu, when).run(&["launch", "term"]);
        assert!(ran.code == 1 && ran.stderr.contains(said), "{}: {}", ran.code, ran.stderr);
    }
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
