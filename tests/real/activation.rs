//! Hidden windows that somebody wants to see, and the user's own scratchpad.

use std::time::{Duration, Instant};

use serde_json::json;

use super::scene::{Scene, alone};
use crate::support::figures::tell;
use crate::support::ipc::request;
use crate::support::tree::list;
use crate::support::{Cli, Kind, Options, Program, Snapshot, Window, wait_for};

on_both!(
    the_focus_of_a_hidden_window_goes_to_its_project,
    the_focus_of_a_hidden_window_summons_it,
    activation_may_only_be_told,
    the_users_scratchpad_stays_the_users,
);

/// How long the daemon may take to put a screen right. (It takes a few milliseconds, but the machine may be busy.)
const SETTLED_LIMIT: Duration = Duration::from_secs(2);

/// Longer than sway waits before it takes a window off urgent (`focus` from another workspace).
const URGENT_TIMEOUT: Duration = Duration::from_millis(700);
/// The longest time from `scratchpad show` to the user's own window, in the middle of some.
const GUARD_LIMIT: Duration = Duration::from_millis(50);

/// Project `a` on two workspaces, one of them with containers, and `b` in front of it.
fn two_projects(kind: Kind, configuration: &str) -> Scene {
    let mut scene = Scene::with(kind, &Options { two_outputs: true, ..Options::default() }, configuration);
    scene.script("a", "1", 0, &["+1", "split v", "+2", "layout tabbed", "+3"]);
    scene.script("a", "2", 1, &["+4"]);
    scene.script("a", "3", 0, &["+5", "+6", "floating enable"]);
    scene.visit_every_workspace();
    scene.switch("b");
    scene.script("b", "1", 0, &["+1", "+2"]);
    scene
}

fn the_focus_of_a_hidden_window_goes_to_its_project(kind: Kind) {
    let mut scene = two_projects(kind, "");
    scene.switch("a");
    let a = scene.look();
    for title in ["a-1", "a-4", "a-2", "a-5", "a-6"] {
        scene.switch("b");
        let b = scene.look();
        let text = Cli::done(&scene.wm, &["window", "focus", "--title", title]);
        assert!(text.contains(title), "{text}");
        assert_eq!(scene.daemon().current().as_deref(), Some("a"));
        assert_eq!(scene.wm.focused_window().as_deref(), Some(title));
        assert_eq!(Snapshot::titles(&scene.wm), ["a-1", "a-2", "a-3", "a-4", "a-5", "a-6"]);
        scene.switch("b");
        b.assert_same(&scene.look(), "the project that was left for a window");
        if kind == Kind::I3 {
            // i3's own way does nothing.
            let id = scene.wm.id(title);
            scene.wm.run(&format!("[con_id={id}] focus"));
            scene.wm.settle();
            b.assert_same(&scene.look(), "the focus of a hidden window");
        }
        activate(&mut scene, title);
        scene.daemon().wait_current(Some("a"));
        wait_for(&format!("the focus on {title}"), || {
            (scene.wm.focused_window().as_deref() == Some(title)).then_some(())
        });
        scene.switch("b");
        b.assert_same(&scene.look(), "the project that was left for a window that was activated");
    }
    scene.switch("a");
    scene.wm.run(&format!("[con_id={}] focus", scene.wm.id("a-6")));
    scene.wm.run(&format!("[con_id={}] focus", scene.wm.id("a-4")));
    let back = scene.look();
    assert_eq!(a.workspaces.keys().collect::<Vec<_>>(), back.workspaces.keys().collect::<Vec<_>>());
    // A window that is shown: nothing is switched. By class, the one that is shown is meant.
    let id = scene.wm.id("a-1").to_string();
    Cli::done(&scene.wm, &["window", "focus", &id]);
    assert_eq!(scene.wm.focused_window().as_deref(), Some("a-1"));
    scene.daemon().call("window.focus", json!({"class": "re:^b$"}));
    assert_eq!(scene.daemon().current().as_deref(), Some("b"));
    for params in [json!({"id": 5_000_000}), json!({"title": "glob:nothing*"})] {
        assert_eq!(scene.daemon().call_refused("window.focus", params).code, "unknown_window");
    }
    for params in [json!({}), json!({"title": "re:("})] {
        assert_eq!(scene.daemon().call_refused("window.focus", params).code, "invalid_params");
    }
}

fn the_focus_of_a_hidden_window_summons_it(kind: Kind) {
    let mut scene = two_projects(kind, "on_activate = \"summon\"\n");
    Cli::done(&scene.wm, &["window", "focus", "--title", "a-4"]);
    assert_eq!(scene.daemon().current().as_deref(), Some("b"));
    assert_eq!(scene.daemon().window("a-4")["projects"], json!(["a", "b"]));
    assert_eq!(scene.wm.focused_window().as_deref(), Some("a-4"));
    assert_eq!(Snapshot::titles(&scene.wm), ["a-4", "b-1", "b-2"]);
    activate(&mut scene, "a-2");
    wait_for("a-2 alone to come", || (Snapshot::titles(&scene.wm) == ["a-2", "a-4", "b-1", "b-2"]).then_some(()));
    wait_for("the focus", || (scene.wm.focused_window().as_deref() == Some("a-2")).then_some(()));
    scene.switch("a");
    let mut all: Vec<String> = (1..=6).map(|number| format!("a-{number}")).collect();
    assert_eq!(Snapshot::titles(&scene.wm), all);
    scene.switch("b");
    all.retain(|title| title == "a-4" || title == "a-2");
    all.extend(["b-1".into(), "b-2".into()]);
    assert_eq!(Snapshot::titles(&scene.wm), all);
}

/// Somebody wants to see a hidden window: on sway that brings the whole hidden container up as a box; i3 does nothing.
fn activate(scene: &mut Scene, title: &str) {
    match scene.wm.kind {
        Kind::I3 => scene.with_program("a", |_, program| program.activate(title)),
        Kind::Sway => scene.wm.run(&format!("[con_id={}] focus", scene.wm.id(title))),
    }
}

fn activation_may_only_be_told(kind: Kind) {
    let mut scene = two_projects(kind, "on_activate = \"notify\"\n");
    let b = scene.look();
    let mut subscriber = scene.daemon().connect();
    subscriber.call("subscribe", json!({"topics": ["projects"]})).expect("a subscription");
    for (title, urgent) in [("a-1", 1), ("a-6", 2), ("a-1", 2)] {
        activate(&mut scene, title);
        if title == "a-6" || urgent == 1 {
            wait_for("the notice", || {
                let notice = subscriber.notice().expect("a notice");
                let mut projects = list(&notice["projects"]).iter();
                projects.find(|project| project["name"] == "a" && project["urgent"] == urgent).map(|_| ())
            });
        }
        settled_as(&scene, &b, "after an activation that is only told");
        assert_eq!(scene.daemon().window(title)["urgent"], true);
    }
    assert_eq!(scene.daemon().current().as_deref(), Some("b"));
    scene.switch("a");
    wait_for("it to be so in truth in sight", || (scene.wm.find("a-1")?["urgent"] == true).then_some(()));
}

/// sway 1.7 ends when a window in a container in its scratchpad becomes urgent, or stops being so: each is there alone.
#[test]
fn urgent_windows_may_be_hidden() {
    let mut scene = Scene::with(Kind::Sway, &Options::default(), "");
    scene.script("a", "1", 0, &["+1", "+2"]);
    scene.script("a", "2", 0, &["+3"]);
    scene.wm.run(&format!("[con_id={}] urgent enable", scene.wm.id("a-1")));
    scene.wm.run(&format!("[con_id={}] urgent enable", scene.wm.id("a-2")));
    // This gives a-2 the focus, and sway takes it off urgent half a second later.
    scene.wm.run("workspace 1; workspace 2");
    scene.switch("b");
    for title in ["a-1", "a-2"] {
        let window = scene.daemon().window(title);
        assert_eq!((&window["hidden"], &window["urgent"]), (&json!(true), &json!(true)), "{title}");
        assert_eq!(scene.wm.find(title).expect("a window")["urgent"], true, "{title}");
    }
    // sway's timer is over by then, and takes a-2 off it while that is hidden.
    let start = Instant::now();
    while start.elapsed() < URGENT_TIMEOUT {
        scene.wm.settle();
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(scene.wm.find("a-2").expect("sway still runs")["urgent"], false);
    scene.switch("a");
    assert_eq!(scene.wm.find("a-1").expect("a window")["urgent"], true, "it never had the focus");
}

/// An X11 window may become urgent at any time.
#[test]
fn hidden_x11_windows_may_ask_for_attention_on_sway() {
    let config = Options { config: "xwayland enable\n".into(), ..Options::default() };
    let mut scene = Scene::with(Kind::Sway, &config, "");
    let mut program = Program::start_on_xwayland(&scene.wm);
    for title in ["x-1", "x-2", "x-3"] {
        program.open(&scene.wm, title);
        assert_eq!(scene.daemon().project_of(title).as_deref(), Some("a"));
    }
    scene.wm.run("workspace 2");
    program.open(&scene.wm, "x-4");
    scene.switch("b");
    program.ask_for_attention(&scene.wm, "x-1", true);
    // sway has heard of it when it has heard of the next window.
    program.open(&scene.wm, "x-5");
    assert_eq!(scene.wm.find("x-1").expect("sway still runs")["urgent"], true);
    scene.switch("a");
    assert_eq!(scene.wm.find("x-1").expect("a window")["urgent"], true, "in sight it asks still");
    assert_eq!(Snapshot::titles(&scene.wm), ["x-1", "x-2", "x-3", "x-4"], "x-5 was opened in b");
    // In sight it may ask again.
    program.ask_for_attention(&scene.wm, "x-1", false);
    program.ask_for_attention(&scene.wm, "x-1", true);
    wait_for("x-1 to be urgent", || (scene.wm.find("x-1")?["urgent"] == true).then_some(()));
}

/// The user sees his own window after `scratchpad show` within 50 ms.
#[test]
fn the_scratchpads_guard_is_quick() {
    let _machine = alone();
    let options = Options { config: "for_window [title=\"^own\"] move scratchpad\n".into(), ..Options::default() };
    let mut scene = Scene::without_others(Kind::Sway, &options, "");
    for number in 1..=20 {
        scene.script("a", &number.to_string(), 0, &[&format!("+{number}")]);
    }
    scene.switch("b");
    let own = Window { title: "own-1".into(), class: "own".into(), ..Window::default() };
    scene.request("own", &own);
    let mut times: Vec<Duration> = (0..11)
        .map(|_| {
            let mut events = scene.wm.connect();
            events.ask(request::SUBSCRIBE, r#"["window"]"#).expect("a subscription");
            let start = Instant::now();
            events.ask(request::COMMAND, "scratchpad show").expect("an answer");
            wait_for("the user's window", || {
                let events = events.take_events().expect("events");
                let own =
                    |event: &serde_json::Value| event["change"] == "focus" && event["container"]["name"] == "own-1";
                events.iter().any(own).then_some(())
            });
            let time = start.elapsed();
            scene.wm.run("scratchpad show");
            time
        })
        .collect();
    times.sort();
    tell("guard-sway", &format!("sway: scratchpad show with 20 hidden containers: {times:?}"));
    assert!(times[times.len() / 2] < GUARD_LIMIT, "{times:?}");
}

fn the_users_scratchpad_stays_the_users(kind: Kind) {
    let config = "for_window [title=\"^own\"] move scratchpad\n";
    let mut scene = Scene::with(kind, &Options { config: config.into(), ..Options::default() }, "");
    scene.script("a", "1", 0, &["+1", "split v", "+2"]);
    scene.script("a", "2", 0, &["+3"]);
    scene.switch("b");
    scene.script("b", "1", 0, &["+1"]);
    let b = scene.look();
    // Nothing of the user's is in it: nothing comes.
    for _ in 0..4 {
        scene.wm.try_run("scratchpad show");
        settled_as(&scene, &b, "after scratchpad show with nothing in the scratchpad");
    }
    for title in ["own-1", "own-2"] {
        scene
            .request("own", &crate::support::Window { title: title.into(), class: "own".into(), ..Default::default() });
    }
    settled_as(&scene, &b, "with two windows in the scratchpad");
    let mut seen = Vec::new();
    for _ in 0..4 {
        let start = Instant::now();
        scene.wm.try_run("scratchpad show");
        let shown = wait_for("a window of the user's", || {
            let titles = Snapshot::titles(&scene.wm);
            titles.iter().find(|title| title.starts_with("own")).cloned()
        });
        assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
        wait_for("it alone, and the focus on it", || {
            let alone = Snapshot::titles(&scene.wm) == ["b-1", &shown];
            (alone && scene.wm.focused_window().as_ref() == Some(&shown)).then_some(())
        });
        seen.push(shown);
        // Switching leaves it as it is: in sight, and a window of the scratchpad.
        scene.switch("a");
        assert!(Snapshot::titles(&scene.wm).iter().any(|title| title.starts_with("own")), "it stays");
        scene.switch("b");
        scene.wm.run(&format!("[con_id={}] focus; scratchpad show", scene.wm.id(seen.last().expect("one"))));
        settled_as(&scene, &b, "when the user has put it away");
    }
    assert_eq!(seen, ["own-1", "own-2", "own-1", "own-2"], "in turn, as the window manager does it");
    // One that is shown elsewhere comes along, whatever is first in the list.
    scene.with_program("own", |wm, program| program.close(wm, "own-2"));
    for workspace in ["1", "7", "8", "9"] {
        scene.wm.run(&format!("workspace {workspace}"));
        scene.wm.try_run("scratchpad show");
        wait_for(&format!("own-1 on workspace {workspace}"), || {
            let here = scene.daemon().window("own-1")["workspace"] == workspace;
            (here && scene.wm.focused_window().as_deref() == Some("own-1")).then_some(())
        });
    }
    // Hidden containers are where they were.
    scene.switch("a");
    assert_eq!(Snapshot::titles(&scene.wm), ["a-1", "a-2", "a-3", "own-1"]);
}

/// Wait until the screen is as it was, and stays so when the daemon has nothing left to do.
#[track_caller]
fn settled_as(scene: &Scene, before: &Snapshot, when: &str) {
    let start = Instant::now();
    while start.elapsed() < SETTLED_LIMIT && !before.differences(&scene.look()).is_empty() {
        std::thread::sleep(Duration::from_millis(1));
    }
    before.assert_same(&scene.look(), when);
}
