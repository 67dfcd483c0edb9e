//! What people see.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::server::{Answer, Server};

fn shown(arguments: &[&str], result: Value) -> String {
    // A release must not change what the screens look like.
    Server::with_result(result).run(arguments).good().replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

fn projects() -> Value {
    json!({
        "active": "web",
        "projects": [
            {"name": "docs", "dir": null, "icon": null, "display_name": null, "active": false, "declared": null, "windows": 0},
            {"name": "ann/api:v1", "dir": "/home/ann/api", "icon": "日", "display_name": "The API", "active": false,
                "declared": "/home/ann/.config/i3pm/config.toml:4", "windows": 12},
            {"name": "web", "dir": "/home/ann/web\u{1b}[2J", "active": true, "windows": 3, "added_later": {"x": 1}},
        ],
    })
}

#[test]
fn the_first_run() {
    let nothing = json!({"active": null, "projects": []});
    let text = shown(&[], nothing.clone());
    assert_eq!(text, shown(&["project", "list"], nothing.clone()));
    assert_snapshot!(text, @r"
    No project yet. Windows that are open now can become one:
      i3pm project create NAME --dir DIR --take workspace
      i3pm window assign NAME
    ");
    assert_eq!(shown(&["project", "list", "--json"], nothing), "{\"active\":null,\"projects\":[]}\n");
}

#[test]
fn project_list() {
    assert_snapshot!(shown(&["project", "list"], projects()), @r"
       NAME        WINDOWS  DIRECTORY               FROM                                  TITLE
       docs        0        -                       created
       ann/api:v1  12       /home/ann/api           /home/ann/.config/i3pm/config.toml:4  日 The API
    *  web         3        /home/ann/web\u{1b}[2J  created
    ");
    let text = shown(&[], projects());
    assert_eq!(text, format!("web is active.\n\n{}", shown(&["project", "list"], projects())));
    let mut none = projects();
    none["active"] = Value::Null;
    assert!(shown(&[], none).starts_with("No project is active.\n\n"));
    let mut incomplete = projects();
    incomplete["incomplete"] = json!("projects.json cannot be used: \u{7}no");
    for arguments in [&[][..], &["project", "list"]] {
        let ran = Server::with_result(incomplete.clone()).run(arguments);
        assert_eq!(ran.stderr, "i3pm: projects.json cannot be used: \\u{7}no\n");
    }
}

#[test]
fn the_current_project() {
    assert_eq!(shown(&["project", "current"], json!({"project": null})), "");
    assert_eq!(shown(&["project", "current", "--json"], json!({"project": null})), "null\n");
    let answer = json!({"project": projects()["projects"][1]});
    assert_snapshot!(shown(&["project", "current"], answer.clone()), @r"
    Name:       ann/api:v1
    Display:    The API
    Icon:       日
    Directory:  /home/ann/api
    Windows:    12
    Declared:   /home/ann/.config/i3pm/config.toml:4
    ");
    assert_eq!(
        shown(&["project", "show", "ann/api:v1"], answer.clone()),
        shown(&["project", "current"], answer.clone())
    );
    assert!(
        shown(&["project", "current"], answer.clone()).starts_with("  Name:       ann/api:v1\n"),
        "bars look for it"
    );
    let printed: Value = serde_json::from_str(&shown(&["project", "current", "--json"], answer.clone())).unwrap();
    assert_eq!(printed, answer["project"]);
}

#[test]
fn changes_of_projects() {
    let mut answer = json!({"project": projects()["projects"][2], "taken": 1});
    assert_snapshot!(shown(&["project", "create", "web", "--take", "focused"], answer.clone()), @r"
    created web with 1 window; `i3pm project switch web` makes it the active one
    ");
    answer["taken"] = Value::Null;
    assert_snapshot!(shown(&["project", "create", "web"], answer.clone()), @r"
    created web; `i3pm project switch web` makes it the active one
    ");
    assert_eq!(shown(&["project", "update", "web", "--icon", "w"], answer), "updated web\n");
    let delete = |windows| shown(&["project", "delete", "web"], json!({"deleted": "web", "windows": windows}));
    assert_eq!(delete(0), "deleted web\n");
    assert_eq!(delete(1), "deleted web; its window is global now\n");
    assert_eq!(delete(2), "deleted web; its 2 windows are global now\n");
}

fn switch(project: Option<&str>, previous: Option<&str>, changed: bool) -> Value {
    json!({"project": project, "previous": previous, "changed": changed, "hidden": 12, "restored": 9, "refused": [],
        "milliseconds": 23.44, "wm_milliseconds": 20.0, "messages": 3})
}

#[test]
fn switches() {
    let web = &["project", "switch", "web"][..];
    assert_eq!(
        shown(web, switch(Some("web"), Some("docs"), true)),
        "web (was docs): 12 hidden, 9 restored in 23.4 ms\n"
    );
    assert_eq!(shown(web, switch(Some("web"), None, true)), "web: 12 hidden, 9 restored in 23.4 ms\n");
    assert_eq!(shown(web, switch(Some("web"), Some("web"), false)), "web: nothing to do, it was so already\n");
    assert_eq!(
        shown(&["project", "clear"], switch(None, Some("web"), true)),
        "no project (was web): 12 hidden, 9 restored in 23.4 ms\n"
    );
    let mut refused = switch(Some("web"), None, true);
    refused["refused"] = json!(["No such\ncontainer"]);
    let ran = Server::with_result(refused).run(web);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "i3pm: the window manager refused: No such\\ncontainer\n"));
}

fn window(id: u64, change: Value) -> Value {
    let mut window = json!({
        "id": id, "projects": ["web"], "global": false, "hidden": false, "workspace": "1", "output": "eDP-1",
        "class": "XTerm", "instance": "xterm", "app_id": null, "title": "~", "pid": 100 + id % 100, "floating": false,
        "focused": false, "urgent": false, "claim": "active", "claimed_by": null,
    });
    for (key, value) in change.as_object().unwrap() {
        window[key] = value.clone();
    }
    window
}

fn windows() -> Value {
    json!({"windows": [
        window(1, json!({"focused": true, "title": "日本 – Firefox", "class": "Firefox", "claim": "rule"})),
        window(2, json!({"workspace": "2: b", "output": "HDMI-1", "floating": true, "urgent": true, "pid": null})),
        window(3, json!({"class": null, "app_id": "foot", "title": "evil\u{1b}]0;x\u{7}\nline", "global": true,
            "projects": [], "claim": "default"})),
        window(40_000_000_000, json!({"hidden": true, "projects": ["docs"], "claim": "mark", "title": null})),
        window(5, json!({"hidden": true, "workspace": null, "output": null, "class": null, "title": null,
            "claim": "pending"})),
    ]})
}

#[test]
fn windows_as_a_tree() {
    assert_snapshot!(shown(&["windows"], windows()), @r"
    eDP-1
      1
      * 1  Firefox - 日本 – Firefox [web] focused
        3  foot - evil\u{1b}]0;x\u{7}\nline global
      - 40000000000  XTerm [docs] hidden
    HDMI-1
      2: b
        2  XTerm - ~ [web] floating urgent
    no output
      no workspace
      - 5  a window without a name [web] hidden
    ");
    assert_eq!(shown(&["windows"], json!({"windows": []})), "");
}

#[test]
fn windows_as_a_table() {
    assert_snapshot!(shown(&["windows", "--table"], windows()), @r"
    ID           PROJECT  WORKSPACE  OUTPUT  PID  CLAIM    STATE            CLASS    TITLE
    1            web      1          eDP-1   101  rule     focused          Firefox  日本 – Firefox
    2            web      2: b       HDMI-1  -    active   floating,urgent  XTerm    ~
    3            -        1          eDP-1   103  default  global           foot     evil\u{1b}]0;x\u{7}\nline
    40000000000  docs     1          eDP-1   100  mark     hidden           XTerm
    5            web      -          -       105  pending  hidden           -
    ");
}

#[test]
fn windows_as_json() {
    let printed: Value = serde_json::from_str(&shown(&["windows", "--json"], windows())).unwrap();
    assert_eq!(printed, windows());
}

#[test]
fn assignments() {
    let assign = |windows: Value| shown(&["window", "assign", "web"], json!({"windows": windows}));
    assert_snapshot!(assign(json!([window(1, json!({})), window(22, json!({"title": "b"}))])), @r"
    2 windows: web
      1   XTerm - ~
      22  XTerm - b
    ");
    assert_snapshot!(assign(json!([window(1, json!({"projects": [], "global": true}))])), @r"
    1 window: global
      1  XTerm - ~
    ");
    assert_eq!(assign(json!([])), "no window to assign\n");
}

#[test]
fn recent_events() {
    let answer = json!({"events": [
        {"seq": 1, "age_ms": 3_725_000, "level": "warning", "kind": "config", "text": "a\nb"},
        {"seq": 2, "age_ms": 20, "level": "info", "kind": "switch", "text": "web"},
    ]});
    assert_snapshot!(shown(&["events"], answer), @r"
    1 h 2 min ago  warning  config            a\nb
        0.0 s ago  info     switch            web
    ");
}

#[test]
fn reloads() {
    assert_eq!(shown(&["reload"], json!({"changed": false, "warnings": []})), "the configuration has not changed\n");
    let ran = Server::with_result(json!({"changed": true, "warnings": ["config.toml:1:1: x"]})).run(&["reload"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
        (0, "the new configuration is in force\n", "warning: config.toml:1:1: x\n")
    );
}

fn status() -> Value {
    json!({
        "version": env!("CARGO_PKG_VERSION"), "protocol": 1, "epoch": "e", "pid": 77, "uptime_ms": 3_725_000,
        "phase": "running", "project": "web",
        "wm": {"state": "connected", "kind": "i3", "version": "4.22", "socket": "/run/i3.sock", "pid": 5,
            "state_age_ms": 61_000, "silent_ms": 12, "request": null, "request_age_ms": null, "hiding": "vault",
            "reason": null},
        "config": {"file": "/home/ann/.config/i3pm/config.toml", "error": null, "warnings": []},
        "switch": {"in_flight": null, "next": null, "count": 4, "last": switch(Some("web"), Some("docs"), true)},
        "deadlines": [{"name": "watchdog", "left_ms": 3300}],
        "peers": [{"peer": 1, "pid": 9, "command": "i3pm", "topics": [], "inbox_bytes": 0, "outbox_bytes": 10,
            "calls_in_flight": 1}],
        "turns": {"count": 100, "longest_us": 1234, "last_us": 56},
        "windows": {"total": 20, "hidden": 8, "global": 3},
        "projects": 2,
        "notes": [],
        "limits": [],
    })
}

fn histogram(name: &str, label: &str, of: &[(&str, [u64; 4])]) -> Value {
    let sample = |(value, counts): &(&str, [u64; 4])| {
        let labels = if label.is_empty() { json!({}) } else { json!({label: value}) };
        json!({"labels": labels, "counts": counts, "sum": 1.5})
    };
    let samples: Vec<Value> = of.iter().map(sample).collect();
    json!({"name": name, "kind": "histogram", "help": "h", "bounds": [0.000_1, 0.02, 1.5], "samples": samples})
}

fn numbers(name: &str, label: &str, of: &[(&str, u64)]) -> Value {
    let sample = |(value, number): &(&str, u64)| {
        let labels = if label.is_empty() { json!({}) } else { json!({label: value}) };
        json!({"labels": labels, "value": number})
    };
    let samples: Vec<Value> = of.iter().map(sample).collect();
    json!({"name": name, "kind": "counter", "help": "h", "samples": samples})
}

fn metrics() -> Value {
    json!({"families": [
        histogram("i3pm_turn_duration_seconds", "", &[("", [98, 2, 0, 0])]),
        histogram("i3pm_switch_duration_seconds", "", &[("", [0, 3, 1, 0])]),
        histogram("i3pm_call_duration_seconds", "method", &[
            ("ping", [7, 0, 0, 0]), ("project.current", [900, 5, 0, 0]), ("project.switch", [0, 3, 1, 0]),
            ("reload", [0, 0, 0, 0]), ("status", [1, 0, 0, 0]),
        ]),
        numbers("i3pm_peers_accepted", "", &[("", 930)]),
        numbers("i3pm_peers_refused", "reason", &[("full", 3), ("foreign", 0)]),
        numbers("i3pm_peers_closed", "reason", &[("done", 920), ("lagged", 2), ("line_too_long", 1)]),
        numbers("i3pm_subscriptions", "topic", &[("projects", 2), ("windows", 0), ("wm", 1)]),
        numbers("i3pm_notices", "", &[("", 345)]),
        numbers("i3pm_queue_high_water_bytes", "queue", &[("inbox", 140), ("outbox", 2048)]),
        numbers("i3pm_outbox_notices_high_water", "", &[("", 4)]),
        numbers("i3pm_calls_in_flight_high_water", "", &[("", 5)]),
        numbers("i3pm_of_a_newer_daemon", "", &[("", 6)]),
    ]})
}

fn shown_status(status: Value, metrics: Value) -> String {
    let server =
        Server::new(move |method, _| Answer::Result(if method == "status" { &status } else { &metrics }.clone()));
    let shown = server.run(&["status"]).good().replace(env!("CARGO_PKG_VERSION"), "VERSION");
    assert_eq!(server.calls(), [json!(["status"]), json!(["metrics"])]);
    shown
}

#[test]
fn a_status_as_json_is_the_answer_alone() {
    let server = Server::with_result(status());
    let printed: Value = serde_json::from_str(&server.run(&["status", "--json"]).good()).unwrap();
    assert_eq!((printed, server.calls()), (status(), vec![json!(["status"])]));
}

#[test]
fn a_healthy_status() {
    assert_snapshot!(shown_status(status(), metrics()), @r"
    daemon    i3pmd VERSION, pid 77, running for 1 h 2 min
    project   web
    wm        i3 4.22 connected for 1 min 1 s, hides in its vault, heard 0.0 s ago
    config    /home/ann/.config/i3pm/config.toml
    windows   20, 8 hidden, 3 global
    projects  2
    switches  4, half within 20 ms, 99 % within 1.5 s, the last: web (was docs): 12 hidden, 9 restored in 23.4 ms
    calls     917 answered, half within 0.1 ms, 99 % within 0.1 ms, 1 in flight; most: 905 project.current, 7 ping, 4 project.switch
    peers     1, 10 bytes wait; 930 so far, turned away: 3 full, closed: 2 lagged, 1 line_too_long
    topics    projects 2, wm 1; 345 notices so far
    queues    at most 140 bytes in, 2048 bytes and 4 notices out, 5 calls of a peer at once
    turns     100, half within 0.1 ms, 99 % within 20 ms, the longest 1.2 ms, the last 0.1 ms
    deadline  watchdog in 3.3 s
    ");
}

#[test]
fn a_sick_status() {
    let mut sick = status();
    sick["project"] = Value::Null;
    sick["wm"]["state"] = json!("stale");
    sick["wm"]["request"] = json!("RUN_COMMAND");
    sick["wm"]["request_age_ms"] = json!(2500);
    sick["wm"]["reason"] = json!("no answer past the deadline");
    sick["config"]["error"] = json!({"file": "config.toml", "line": 3, "column": 9, "message": "unclosed group"});
    sick["config"]["warnings"] = json!(["config.toml:4:1: look"]);
    sick["switch"] = json!({"in_flight": "docs", "next": "", "count": 0, "last": null});
    sick["deadlines"][0]["left_ms"] = json!(-1500);
    sick["log"] = json!({"sink": "journal", "lost": 9});
    // Of a daemon that measures less, and is slow.
    let slow = json!({"families": [histogram("i3pm_turn_duration_seconds", "", &[("", [0, 1, 0, 9])])]});
    assert_snapshot!(shown_status(sick, slow), @r"
    daemon    i3pmd VERSION, pid 77, running for 1 h 2 min
    project   none
    wm        i3 4.22 does not answer for 1 min 1 s, hides in its vault, heard 0.0 s ago: no answer past the deadline
              RUN_COMMAND waits for 2.5 s
    config    config.toml:3:9: unclosed group (the one before is in force)
              warning: config.toml:4:1: look
    windows   20, 8 hidden, 3 global
    projects  2
    switches  0
    switches  on the way to docs
    switches  then to no project
    calls     0 answered, 1 in flight
    peers     1, 10 bytes wait
    turns     100, half over 1.5 s, 99 % over 1.5 s, the longest 1.2 ms, the last 0.1 ms
    log       9 lines lost
    deadline  watchdog overdue by 1.5 s
    ");
}
