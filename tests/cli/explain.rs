//! `i3pm explain`: what people see.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::server::Server;

#[test]
fn an_explanation() {
    let step = |name: &str, claim: &str, rule: Value, outcome: &str, text: &str| json!({"name": name, "claim": claim, "rule": rule, "outcome": outcome, "text": text});
    let answer = json!({
        "explained": {"id": 7, "projects": ["web"], "global": false, "hidden": true, "workspace": "1", "output": "DP-1",
            "class": "Firefox", "instance": null, "app_id": null, "title": "a\u{1b}[2J", "pid": 1, "floating": false,
            "focused": false, "urgent": false, "claim": "rule", "claimed_by": "/c.toml:3"},
        "claims": [
            step("user", "user", Value::Null, "lost", "you have not assigned it"),
            step("sticky", "default", Value::Null, "not_applicable", "it is not sticky"),
            step("rule", "rule", json!("1 at /c.toml:3"), "won", "project web (/c.toml:3)"),
            step("environment", "environment", Value::Null, "waiting", "its answer is waited for"),
        ],
        "because": "hidden: it belongs to project web, and project docs is active",
        "returns": {"workspace": "1", "output": "DP-1", "role": "part", "parent": 5, "position": 1, "windows": 3},
        "moves": [{"age_ms": 61_000, "hidden": true, "workspace": "1", "cause": "switch to docs"}],
    });
    let shown = Server::with_result(answer.clone()).run(&["explain"]).good();
    assert_snapshot!(shown, @r"
    window 7: Firefox - a\u{1b}[2J
    hidden: it belongs to project web, and project docs is active
    returns to workspace 1 on DP-1, as child 2 of container 5, in a container of 3 windows

    claims, in the order in which they are asked:
      lost   user                 you have not assigned it
      -      sticky               it is not sticky
      WON    rule 1 at /c.toml:3  project web (/c.toml:3)
      waits  environment          its answer is waited for

    the last moves that the daemon made with it:
      1 min 1 s ago  hidden from 1  switch to docs
    ");
    let mut fresh = answer;
    fresh["moves"] = json!([]);
    fresh["returns"] = Value::Null;
    let shown = Server::with_result(fresh).run(&["explain", "7"]).good();
    assert!(shown.ends_with("\nthe daemon has not moved it\n") && !shown.contains("returns to"), "{shown}");
}

#[test]
fn a_test_of_rules() {
    let answer = json!({
        "rules": [
            {"rule": "1 at /c.toml:3", "verdict": "misfit", "text": "its class does not fit"},
            {"rule": "2 at /c.toml:7", "verdict": "fits", "text": "it fits: the window belongs to web"},
            {"rule": "3 at /c.toml:11", "verdict": "not_reached", "text": "the rule in line 7 fits, and does not say `continue`"},
        ],
        "owner": {"global": false, "projects": ["web"]},
        "commands": ["move --no-auto-back-and-forth container to workspace \"3\"", "title_format \"\u{1b}[2J\""],
    });
    let shown = Server::with_result(answer.clone()).run(&["rule", "test", "--class", "Firefox"]).good();
    assert_snapshot!(shown, @r#"
    no    1 at /c.toml:3   its class does not fit
    FITS  2 at /c.toml:7   it fits: the window belongs to web
    -     3 at /c.toml:11  the rule in line 7 fits, and does not say `continue`

    the window belongs to web
    when it appears:
      move --no-auto-back-and-forth container to workspace "3"
      title_format "\u{1b}[2J"
    "#);
    let mut nothing = answer;
    nothing["rules"] = json!([]);
    nothing["owner"] = Value::Null;
    nothing["commands"] = json!([]);
    let shown = Server::with_result(nothing).run(&["rule", "test", "7", "--title", "T"]).good();
    assert_snapshot!(shown, @r"
    there are no rules

    no rule says where the window belongs
    it stays where the window manager puts it
    ");
}
