//! The ways to ask for a switch: call, command line, tick, key binding. All do the same.

use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;

use super::scene::Scene;
use crate::support::ipc::request;
use crate::support::tree::{list, text};
use crate::support::{Cli, Kind, Options, wait_for};

on_both!(
    ticks,
    no_tick_is_lost_while_windows_move,
    key_bindings,
    the_command_line,
    refusals,
    notices,
    hidden_windows_that_ask_for_attention,
    attention_is_asked_for_where_it_comes_back,
    the_newest_request_wins,
);

fn ticks(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.three_workspaces("a");
    let a = scene.look();
    for (payload, expected) in [
        ("project:switch:b", Some("b")),
        ("project:switch:a", Some("a")),
        ("project:clear", None),
        ("project:switch:b", Some("b")),
        ("project:none", None),
        ("project:switch:a", Some("a")),
    ] {
        scene.wm.ask(request::TICK, payload);
        scene.daemon().wait_current(expected);
    }
    a.assert_same(&scene.look(), "after switching by ticks");
    // What is no request of ours, or names no project, changes nothing.
    for payload in ["project:switch:nobody", "project:switch:", "project:", "something else", "i3pm:reload-config"] {
        scene.wm.ask(request::TICK, payload);
    }
    scene.switch("b");
    scene.switch("a");
    a.assert_same(&scene.look(), "after ticks that mean nothing");
}

/// sway is heard on another connection while its commands run (`daemon/wm_handover.rs`): whatever is
/// commanded meanwhile is heard once.
fn no_tick_is_lost_while_windows_move(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.three_workspaces("a");
    scene.switch("b");
    let mut sender = scene.wm.connect();
    let ends = std::sync::atomic::AtomicBool::new(false);
    let sent = std::thread::scope(|threads| {
        let sending = threads.spawn(|| {
            let mut sent = 0;
            // Each is told to the log: nobody is called so.
            while !ends.load(Ordering::Relaxed) {
                sender.ask(request::TICK, &format!("project:switch:nobody-{sent}")).expect("an answer");
                sent += 1;
                // No two in step with the switches: they are to fall into every part of one.
                std::thread::sleep(Duration::from_micros(fastrand::u64(..800)));
            }
            sent
        });
        for name in ["a", "b"].iter().cycle().take(40) {
            scene.daemon().switch(name);
        }
        ends.store(true, Ordering::Relaxed);
        sending.join().expect("it sends")
    });
    let told = |number: u32| format!("a tick wants to switch to \"nobody-{number}\"");
    let log =
        wait_for("the last tick to be told", || Some(scene.daemon().log()).filter(|log| log.contains(&told(sent - 1))));
    let wrong: Vec<u32> = (0..sent).filter(|number| log.matches(&told(*number)).count() != 1).collect();
    assert!(sent > 40 && wrong.is_empty(), "of {sent} ticks these are not told once: {wrong:?}");
}

fn key_bindings(kind: Kind) {
    let config = "bindsym Mod4+a nop i3pm switch a\nbindsym Mod4+b nop i3pm switch b\nbindsym Mod4+c nop i3pm clear\n\
                  bindsym Mod4+d nop i3pm switch -\nbindsym Mod4+n nop i3pm next\nbindsym Mod4+p nop i3pm prev\n";
    let mut scene = Scene::with(kind, &Options { two_outputs: true, config: config.into() }, "");
    scene.three_workspaces("a");
    let a = scene.look();
    for (key, expected) in [("b", Some("b")), ("a", Some("a")), ("b", Some("b")), ("c", None), ("a", Some("a"))] {
        press(&scene, key);
        scene.daemon().wait_current(expected);
    }
    a.assert_same(&scene.look(), "after switching by keys");
    scene.daemon().create_projects(&["e"]);
    // The order of use is a, b, e.
    for (key, expected) in [
        ("d", "b"),
        ("d", "a"),
        ("n", "b"),
        ("n", "e"),
        ("n", "a"),
        ("p", "e"),
        ("a", "a"),
        ("n", "e"),
        ("a", "a"),
        ("p", "b"),
        ("a", "a"),
    ] {
        press(&scene, key);
        scene.daemon().wait_current(Some(expected));
    }
    a.assert_same(&scene.look(), "after switching by order of use");
    assert!(Cli::done(&scene.wm, &["project", "switch", "-"]).starts_with("b (was a)"));
    assert!(Cli::done(&scene.wm, &["project", "prev"]).starts_with("e (was b)"));
}

/// Press a key together with the logo key.
fn press(scene: &Scene, key: &str) {
    let mut command = match scene.wm.kind {
        Kind::I3 => scene.wm.command("xdotool"),
        Kind::Sway => scene.wm.command("wtype"),
    };
    match scene.wm.kind {
        Kind::I3 => command.args(["key", &format!("super+{key}")]),
        Kind::Sway => command.args(["-M", "logo", "-k", key, "-m", "logo"]),
    };
    let output = command.stderr(Stdio::piped()).output().expect("xdotool or wtype; tests/setup.sh installs them");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn the_command_line(kind: Kind) {
    let mut scene = Scene::new(kind);
    let directory = scene.wm.session.directory().to_string_lossy().into_owned();
    Cli::done(&scene.wm, &["project", "create", "c", "--dir", &directory]);
    scene.three_workspaces("a");
    let a = scene.look();
    Cli::done(&scene.wm, &["project", "switch", "c"]);
    let current = Cli::done(&scene.wm, &["project", "current"]);
    assert!(current.lines().next().is_some_and(|line| line.ends_with('c')), "{current}");
    let current = Cli::done(&scene.wm, &["project", "current", "--json"]);
    let current: serde_json::Value = serde_json::from_str(&current).expect("JSON");
    assert!(current.to_string().contains(&directory), "{current}");
    Cli::done(&scene.wm, &["project", "clear"]);
    assert_eq!(Cli::done(&scene.wm, &["project", "current"]), "");
    assert_eq!(Cli::done(&scene.wm, &["project", "current", "--json"]).trim(), "null");
    Cli::done(&scene.wm, &["project", "switch", "a"]);
    a.assert_same(&scene.look(), "after switching on the command line");
    for arguments in [
        &["project", "list"][..],
        &["project", "show", "c"],
        &["windows"],
        &["windows", "--table"],
        &["windows", "--json"],
        &["status"],
        &["ping"],
        &["events"],
        &["daemon", "status"],
        &["daemon", "ping"],
    ] {
        assert!(!Cli::done(&scene.wm, arguments).trim().is_empty(), "{arguments:?} prints something");
    }
    let windows = Cli::done(&scene.wm, &["windows", "--json"]);
    assert!(serde_json::from_str::<serde_json::Value>(&windows).is_ok(), "{windows}");
}

fn refusals(kind: Kind) {
    let mut scene = Scene::new(kind);
    let error = scene.daemon().call_refused("project.switch", json!({"name": "nobody"}));
    assert_eq!(error.code, "unknown_project");
    assert!(error.message.contains("nobody"), "{error:?}");
    let error = scene.daemon().call_refused("project.create", json!({"name": "no/../where"}));
    assert_eq!(error.code, "invalid_name");
    let error = scene.daemon().call_refused("project.create", json!({"name": "c", "dir": "/nowhere/at/all"}));
    assert_eq!(error.code, "invalid_directory");
    assert!(error.message.contains("/nowhere/at/all"), "{error:?}");
    let error = scene.daemon().call_refused("window.assign", json!({"id": 1, "project": "a"}));
    assert_eq!(error.code, "unknown_window");
    let run = Cli::run(&scene.wm, &["project", "switch", "nobody"]);
    assert_eq!(run.status.code(), Some(1), "{run:?}");
    assert!(run.errors.contains("nobody"), "{run:?}");
    assert_eq!(Cli::run(&scene.wm, &["project", "swich"]).status.code(), Some(2));
    scene.daemon.take().expect("it runs").kill();
    let run = Cli::run(&scene.wm, &["ping"]);
    assert_eq!(run.status.code(), Some(3), "{run:?}");
}

fn notices(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.script("a", "1", 0, &["+1"]);
    let mut subscriber = scene.daemon().connect();
    subscriber.call("subscribe", json!({"topics": ["all"]})).expect("a subscription");
    let mut topics = Vec::new();
    for _ in 0..5 {
        let notice = subscriber.notice().expect("the state of a topic");
        topics.push(notice["topic"].as_str().unwrap_or_default().to_owned());
    }
    topics.sort();
    assert_eq!(topics, ["daemon", "projects", "windows", "wm", "workspaces"], "first the full state of each");
    scene.switch("b");
    let mut last = 5;
    wait_for("the notice of the switch", || {
        let notice = subscriber.notice().expect("a notice");
        last += 1;
        assert_eq!(notice["seq"], last, "{notice}");
        (notice["topic"] == "projects" && notice["active"] == "b").then_some(())
    });
    scene.open("b", "b-1");
    wait_for("the notice of the window", || {
        let notice = subscriber.notice().expect("a notice");
        let changed = notice["changed"].as_array()?;
        changed.iter().any(|window| window["title"] == "b-1").then_some(())
    });
}

fn hidden_windows_that_ask_for_attention(kind: Kind) {
    let mut scene = Scene::new(kind);
    // Each is hidden alone: sway 1.7 ends when a window is made urgent inside a container in the scratchpad.
    scene.script("a", "1", 0, &["+2", "+1", "floating enable"]);
    scene.script("a", "2", 1, &["+3", "floating enable"]);
    scene.switch("b");
    scene.script("b", "1", 0, &["+1"]);
    let mut subscriber = scene.daemon().connect();
    subscriber.call("subscribe", json!({"topics": ["projects", "windows"]})).expect("a subscription");
    for (title, urgent, count) in [("a-1", true, 1), ("a-3", true, 2), ("a-1", false, 1)] {
        scene.with_program("a", |wm, program| program.ask_for_attention(wm, title, urgent));
        let (mut window, mut project) = (false, false);
        wait_for(&format!("the notices of {title} (urgent: {urgent})"), || {
            let notice = subscriber.notice().expect("a notice");
            window |= list(&notice["changed"]).iter().any(|window| {
                window["title"] == title
                    && window["urgent"] == urgent
                    && window["hidden"] == true
                    && window["projects"] == json!(["a"])
            });
            project |=
                list(&notice["projects"]).iter().any(|project| project["name"] == "a" && project["urgent"] == count);
            (window && project).then_some(())
        });
    }
    let listed = Cli::done(&scene.wm, &["project", "list"]);
    assert!(listed.contains("3 (1 urgent)"), "{listed}");
    // The switch ends with the focus on it: it has what it asked for.
    scene.switch("a");
    assert_eq!(scene.daemon().window("a-3")["urgent"], false);
}

/// Bars show it on the button of the workspace.
fn attention_is_asked_for_where_it_comes_back(kind: Kind) {
    let mut scene = Scene::with(kind, &Options::default(), "");
    scene.script("a", "1", 0, &["+1", "+2"]);
    scene.script("a", "2", 0, &["+3"]);
    scene.script("a", "3", 0, &["+4", "floating enable"]);
    scene.script("a", "4", 0, &["+5"]);
    scene.switch("b");
    let urgent = |scene: &Scene| -> Vec<String> {
        let workspaces = scene.wm.ask(request::WORKSPACES, "");
        let urgent = list(&workspaces).iter().filter(|workspace| workspace["urgent"] == true);
        urgent.map(|workspace| text(&workspace["name"]).to_owned()).collect()
    };
    for title in ["a-1", "a-3", "a-4"] {
        scene.with_program("a", |wm, program| program.ask_for_attention(wm, title, true));
        wait_for("the daemon to hear of it", || (scene.daemon().window(title)["urgent"] == true).then_some(()));
    }
    scene.switch("a");
    wait_for("all three workspaces to be urgent", || (urgent(&scene) == ["1", "2", "3"]).then_some(()));
    for title in ["a-1", "a-3", "a-4"] {
        assert_eq!(scene.daemon().window(title)["urgent"], true, "{title}");
    }
}

fn the_newest_request_wins(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.daemon().create_projects(&["c"]);
    for name in ["a", "b", "c"] {
        scene.switch(name);
        scene.script(name, "1", 0, &["+1", "split v", "+2"]);
    }
    // All of these arrive while the window manager cannot answer: the first is on its way, the last is what counts.
    scene.wm.freeze();
    let threads: Vec<_> = ["a", "b", "a", "b"]
        .map(|name| {
            let mut rpc = scene.daemon().connect();
            let handle = std::thread::spawn(move || rpc.call("project.switch", json!({"name": name})));
            let waiting = || {
                let status = scene.daemon().status();
                let next = &status["switch"]["next"];
                let on_its_way = &status["switch"]["in_flight"];
                (next == name || (next.is_null() && on_its_way == name)).then_some(())
            };
            wait_for("the daemon to have the call", waiting);
            handle
        })
        .into();
    scene.wm.thaw();
    let answers: Vec<_> = threads.into_iter().map(|thread| thread.join().expect("an answer")).collect();
    let codes: Vec<String> = answers
        .iter()
        .map(|answer| answer.as_ref().map_or_else(|error| error.code.clone(), |_| "done".into()))
        .collect();
    assert_eq!(codes[1..], ["superseded", "superseded", "done"], "{answers:?}");
    scene.daemon().wait_current(Some("b"));
    assert_eq!(crate::support::Snapshot::titles(&scene.wm), ["b-1", "b-2"]);
}
