//! What the user does to workspaces while a project is hidden counts when it returns.

use serde_json::json;

use super::scene::Scene;
use crate::support::ipc::request;
use crate::support::tree::{list, text};
use crate::support::windows::Wish;
use crate::support::{Kind, Options, Program, Snapshot, wait_for};

on_both!(
    a_workspace_is_renamed,
    a_workspace_goes_to_another_output,
    a_workspace_is_emptied,
    siblings_change,
    commands_hit_hidden_windows,
    programs_ask_for_fullscreen,
    what_floats_together_has_two_owners,
    a_terminal_comes_back_from_the_scratchpad,
    a_rule_makes_a_dropdown,
    a_rule_makes_a_hidden_window_float,
    workspaces_stand_in_their_order,
    a_number_is_one_workspace
);

/// A workspace of `a` with a global window, and one that only `a` has.
fn shared(kind: Kind) -> Scene {
    let mut scene = Scene::new(kind);
    scene.script("g", "1", 0, &["+1"]);
    let id = scene.wm.id("g-1");
    scene.daemon().call("window.assign", serde_json::json!({"id": id, "global": true}));
    scene.script("a", "1", 0, &["split v", "+1", "split h", "+2"]);
    scene.script("a", "2", 1, &["+3", "split v", "+4"]);
    scene
}

/// The workspace of a snapshot that a window is on, and its output.
fn place(snapshot: &Snapshot, title: &str) -> (String, String) {
    let name = format!("{title:?}");
    let (workspace, lines) = snapshot
        .workspaces
        .iter()
        .map(|(workspace, lines)| (workspace, lines.texts()))
        .find(|(_, lines)| lines.iter().any(|line| line.contains(&name)))
        .unwrap_or_else(|| panic!("{title} is nowhere:\n{snapshot}"));
    let output = lines[0].strip_prefix("on ").and_then(|line| line.split(',').next()).expect("an output");
    (workspace.clone(), output.to_owned())
}

fn a_workspace_is_renamed(kind: Kind) {
    let mut scene = shared(kind);
    let a = scene.look();
    scene.switch("b");
    scene.wm.run("rename workspace \"1\" to \"9: mail\"");
    let mut expected = a;
    let renamed = expected.workspaces.remove("1").expect("it was there");
    expected.workspaces.insert("9: mail".into(), renamed);
    for name in expected.visible.values_mut().filter(|name| *name == "1") {
        *name = "9: mail".into();
    }
    expected.assert_same(&scene.switch("a"), "with a workspace under another name");
    // A daemon that was not there in the meantime goes by the marks.
    scene.switch("b");
    scene.daemon.take().expect("it runs").kill();
    scene.daemon = Some(crate::support::Daemon::start(&scene.wm));
    expected.assert_same(&scene.switch("a"), "with a workspace under another name, after a crash");
}

fn a_workspace_goes_to_another_output(kind: Kind) {
    let mut scene = shared(kind);
    let other = scene.outputs[1].clone();
    scene.switch("b");
    scene.wm.show_workspace("1", None);
    scene.wm.run(&format!("move workspace to output \"{other}\""));
    let back = scene.switch("a");
    for title in ["g-1", "a-1", "a-2"] {
        assert_eq!(place(&back, title), ("1".into(), other.clone()), "{title} beside the window that stayed:\n{back}");
    }
    assert_eq!(place(&back, "a-3").0, "2");
    // That is how it is left, and found again.
    scene.switch("b");
    back.assert_same(&scene.switch("a"), "on the other output");
}

fn a_workspace_is_emptied(kind: Kind) {
    let mut scene = shared(kind);
    scene.switch("b");
    let id = scene.wm.id("g-1");
    scene.wm.run(&format!("[con_id={id}] move container to workspace \"5\""));
    let back = scene.switch("a");
    assert_eq!(place(&back, "g-1").0, "5");
    for title in ["a-1", "a-2"] {
        assert_eq!(place(&back, title), ("1".into(), scene.outputs[0].clone()), "{back}");
    }
    scene.switch("b");
    back.assert_same(&scene.switch("a"), "without the window that left");
}

/// Among the siblings of what is hidden one closes, one opens, one floats, and one moves away.
fn siblings_change(kind: Kind) {
    let mut scene = Scene::new(kind);
    for number in 1..=4 {
        scene.script("g", "1", 0, &[&format!("+{number}")]);
        let id = scene.wm.id(&format!("g-{number}"));
        scene.daemon().call("window.assign", serde_json::json!({"id": id, "global": true}));
        scene.script("a", "1", 0, &[&format!("+{number}")]);
    }
    scene.switch("b");
    scene.with_program("g", |wm, program| program.close(wm, "g-1"));
    let float = scene.wm.id("g-2");
    scene.wm.run(&format!("[con_id={float}] floating enable"));
    let away = scene.wm.id("g-3");
    scene.wm.run(&format!("[con_id={away}] move container to workspace \"6\""));
    scene.script("g", "1", 0, &["+5"]);
    let id = scene.wm.id("g-5");
    scene.daemon().call("window.assign", serde_json::json!({"id": id, "global": true}));
    let back = scene.switch("a");
    let lines = back.workspaces["1"].texts();
    let order: Vec<&str> = ["a-1", "a-2", "a-3", "g-4", "a-4"]
        .into_iter()
        .filter(|title| lines.iter().any(|line| line.contains(&format!("{title:?}"))))
        .collect();
    assert_eq!(order.len(), 5, "all are there:\n{back}");
    let at = |title: &str| lines.iter().position(|line| line.contains(&format!("{title:?}")));
    assert!(
        order.windows(2).all(|two| at(two[0]) < at(two[1])),
        "they stand in the order in which they stood:\n{back}"
    );
    assert!(at("g-5").is_some(), "{back}");
    assert_eq!(place(&back, "g-3").0, "6");
    scene.switch("b");
    back.assert_same(&scene.switch("a"), "after all that");
}

/// A player goes on to the next film while its project is hidden, and a rule of the user's comes upon its new title.
fn programs_ask_for_fullscreen(kind: Kind) {
    let mut scene = Scene::new(kind);
    let mut program = Program::start_bare(&scene.wm);
    for (workspace, titles) in [("1", ["tiled", "beside"]), ("2", ["float", "below"])] {
        scene.wm.show_workspace(workspace, None);
        for title in titles {
            program.open(&scene.wm, title);
        }
    }
    scene.wm.run(&format!("[con_id={}] floating enable, focus", scene.wm.id("float")));
    let mode = |scene: &Scene, title: &str| scene.wm.find(title).map(|found| found["fullscreen_mode"].clone());
    for round in ["heard", "forgotten", "moved"] {
        scene.switch("b");
        for title in ["tiled", "float"] {
            program.wish(title, Wish::Fullscreen(true));
        }
        for title in ["tiled", "float"] {
            wait_for("what is hidden to be taken off fullscreen", || {
                scene.daemon().wait_settled();
                (mode(&scene, title)? == 0).then_some(())
            });
        }
        match round {
            "forgotten" => {
                scene.daemon.take().expect("it runs").kill();
                scene.daemon = Some(crate::support::Daemon::start(&scene.wm));
            }
            "moved" => {
                for command in ["move left", "move container to workspace 3"] {
                    for title in ["tiled", "float"] {
                        scene.wm.try_run(&format!("[con_id={}] {command}", scene.wm.id(title)));
                    }
                }
            }
            _ => {}
        }
        scene.switch("a");
        assert_eq!(Snapshot::titles(&scene.wm), ["below", "beside", "float", "tiled"], "{round}");
        for title in ["tiled", "float"] {
            if round != "moved" {
                assert_eq!(mode(&scene, title), Some(json!(1)), "{title}, {round}: {}", scene.look());
            }
            program.wish(title, Wish::Fullscreen(false));
        }
    }
}

/// The right half of the screen is a monitor of its own, or none at all. Only on i3: a headless sway 1.7 does not disable an output.
/// Not LEFT and RIGHT: i3 takes those for directions.
fn plug(scene: &mut Scene, plugged: bool) {
    let arguments: &[&str] =
        if plugged { &["--setmonitor", "EAST", "960/254x1080/285+960+0", "none"] } else { &["--delmonitor", "EAST"] };
    let done = scene.wm.command("xrandr").args(arguments).status().expect("xrandr; see tests/setup.sh");
    assert!(done.success(), "xrandr {arguments:?}");
    let count = if plugged { 2 } else { 1 };
    wait_for("i3 to see the monitors", || (scene.wm.outputs().len() == count).then_some(()));
}

/// A monitor is unplugged while a project is hidden, or shown, and plugged in again.
#[test]
fn an_output_comes_and_goes() {
    let mut scene = Scene::with(Kind::I3, &Options::default(), "");
    let left = ["--setmonitor", "WEST", "960/254x1080/285+0+0", "screen"];
    assert!(scene.wm.command("xrandr").args(left).status().expect("xrandr").success());
    plug(&mut scene, true);
    scene.outputs = scene.wm.outputs();
    scene.three_workspaces("a");
    scene.visit_every_workspace();
    let a = scene.look();
    scene.switch("b");
    scene.script("b", "4", 0, &["+1"]);

    plug(&mut scene, false);
    plug(&mut scene, true);
    a.assert_same(&scene.switch("a"), "hidden while the monitor was away");

    // On one monitor everything is in sight, and found again there.
    scene.switch("b");
    plug(&mut scene, false);
    let on_one = scene.switch("a");
    assert_eq!(Snapshot::titles(&scene.wm).len(), 16, "{on_one}");
    scene.switch("b");
    on_one.assert_same(&scene.switch("a"), "on the monitor that is left");

    // So it was left there, and stays there when the other one is back.
    scene.switch("b");
    plug(&mut scene, true);
    assert_eq!(Snapshot::titles(&scene.wm), ["b-1"]);
    let back = scene.switch("a");
    assert_eq!(Snapshot::titles(&scene.wm).len(), 16, "{back}");
}

/// Whatever a rule or a key of the user's does to a hidden window, the window manager lives on and no window is lost. sway ended at most of
/// these with a window inside a hidden container. (Left out are `focus tiling`, `focus mode_toggle` and `gaps`: docs/layouts.md.)
fn commands_hit_hidden_windows(kind: Kind) {
    let mut scene = Scene::new(kind);
    let mut titles = scene.script("a", "1", 0, &["+1", "split v", "+2", "split h", "layout tabbed", "+3", "+4"]);
    titles.extend(scene.script("a", "2", 0, &["layout stacking", "+5", "split h", "+6"]));
    titles.extend(scene.script("a", "3", 1, &["+7", "+8", "split v", "+9", "focus parent", "floating enable"]));
    scene.script("b", "1", 0, &["+1"]);
    titles.sort();
    for (round, command) in [
        "floating toggle",
        "floating disable",
        "layout tabbed",
        "layout toggle split",
        "move left",
        "move up",
        "resize set 800 600",
        "resize shrink width 10 px",
        "fullscreen enable",
        "sticky enable, sticky disable",
        "split v",
        "border none, border pixel 1",
        "mark --add theirs, unmark theirs",
    ]
    .into_iter()
    .enumerate()
    {
        scene.switch("b");
        for title in &titles {
            scene.wm.try_run(&format!("[con_id={}] {command}", scene.wm.id(title)));
        }
        if round % 2 == 0 {
            scene.switch("a");
        } else {
            scene.daemon.take().expect("it runs").stop();
            scene.daemon = Some(crate::support::Daemon::start(&scene.wm));
            scene.switch("a");
        }
        let shown = Snapshot::titles(&scene.wm);
        let lost: Vec<&String> = titles.iter().filter(|title| !shown.contains(title)).collect();
        assert!(lost.is_empty(), "{lost:?} are lost after {command:?}");
    }
}

/// Only what is the hidden project's leaves a floating container; what stays is in sight, where it was.
fn what_floats_together_has_two_owners(kind: Kind) {
    for (lines, stays) in [
        (["+1", "+2", "layout tabbed", "+3", "focus parent", "floating enable"].as_slice(), "a-3"),
        (&["+1", "+2", "split v", "layout tabbed", "+3", "focus parent", "floating enable"], "a-3"),
        (&["+1", "+2", "split v", "+3", "focus parent", "floating enable"], "a-2"),
    ] {
        let mut scene = Scene::new(kind);
        scene.script("a", "1", 0, lines);
        let id = scene.wm.id(stays);
        scene.daemon().call("window.assign", serde_json::json!({"id": id, "global": true}));
        scene.daemon().wait_settled();
        let a = scene.look();
        for _ in 0..2 {
            let b = scene.switch("b");
            assert_eq!(Snapshot::titles(&scene.wm), [stays], "{lines:?}");
            assert_eq!(place(&b, stays).0, "1", "{lines:?}");
            let back = scene.switch("a");
            assert_eq!(Snapshot::titles(&scene.wm), ["a-1", "a-2", "a-3"], "{lines:?}");
            assert_eq!(a.structure(), back.structure(), "{lines:?}: it was\n{a}\nand is\n{back}");
        }
        scene.switch("b");
        scene.daemon().clear();
        assert_eq!(Snapshot::titles(&scene.wm), ["a-1", "a-2", "a-3"], "{lines:?}");
    }
}

/// It tiles again, and is not left sticky, which would make it everybody's. sway refuses the first command, and
/// with it the rest.
fn a_rule_makes_a_hidden_window_float(kind: Kind) {
    let mut scene = Scene::with(kind, &Options::default(), "");
    let titles = scene.script("a", "1", 0, &["+1", "+2", "split v", "+3"]);
    for hit in ["a-2", "a-3"] {
        scene.switch("b");
        let id = scene.wm.id(hit);
        assert_eq!(scene.wm.try_run(&format!("[con_id={id}] floating enable, sticky enable")), kind == Kind::I3);
        scene.switch("a");
        for title in &titles {
            assert_eq!(scene.daemon().window(title)["floating"], false, "{title}");
            assert_eq!(scene.wm.find(title).expect("a window")["sticky"], false, "{title}");
        }
    }
    scene.switch("b");
    assert_eq!(Snapshot::titles(&scene.wm), [""; 0]);
}

/// Scripts that swallow terminals take them to the scratchpad, and back when the program in front of them ends.
fn a_terminal_comes_back_from_the_scratchpad(kind: Kind) {
    let mut scene = Scene::with(kind, &Options::default(), "");
    scene.script("a", "1", 0, &["+1", "+2"]);
    let id = scene.wm.id("a-2");
    scene.wm.run(&format!("[con_id={id}] move scratchpad"));
    wait_for("the daemon to see it there", || scene.daemon().window("a-2")["workspace"].is_null().then_some(()));
    scene.switch("b");
    scene.script("b", "2", 0, &["+1"]);
    // The daemon that knew where it was may be gone by then.
    scene.daemon.take().expect("it runs").kill();
    scene.daemon = Some(crate::support::Daemon::start(&scene.wm));
    let is_hidden = |scene: &mut Scene| scene.daemon().window("a-2")["hidden"] == true;
    for _ in 0..2 {
        scene.wm.run(&format!("[con_id={id}] scratchpad show, floating disable"));
        wait_for("the terminal to be hidden", || is_hidden(&mut scene).then_some(()));
        let a = scene.switch("a");
        assert_eq!(place(&a, "a-2").0, "1", "{a}");
        scene.wm.run(&format!("[con_id={id}] move scratchpad"));
        wait_for("the daemon to see it there", || scene.daemon().window("a-2")["workspace"].is_null().then_some(()));
        scene.switch("b");
    }
    // What the user brings back himself is where he has put it.
    scene.switch("a");
    scene.script("a", "3", 0, &["+3"]);
    scene.wm.run(&format!("[con_id={id}] scratchpad show, floating disable"));
    wait_for("the daemon to see it", || (scene.daemon().window("a-2")["workspace"] == "3").then_some(()));
    scene.switch("b");
    let a = scene.switch("a");
    assert_eq!(place(&a, "a-2").0, "3", "{a}");
}

/// A window that a rule takes to the scratchpad and shows from there is the user's own in every project.
fn a_rule_makes_a_dropdown(kind: Kind) {
    let criteria = if kind == Kind::I3 { "[class=\"drop\"]" } else { "[app_id=\"drop\"]" };
    let config = format!("for_window {criteria} move scratchpad, scratchpad show\n");
    let mut scene = Scene::with(kind, &Options { config, ..Options::default() }, "");
    scene.script("a", "1", 0, &["+1"]);
    scene.open("drop", "drop-1");
    let is_shown = |scene: &Scene| Snapshot::titles(&scene.wm).contains(&"drop-1".to_owned());
    for project in ["b", "a"] {
        scene.switch(project);
        scene.script(project, "2", 0, &["+7"]);
        let mut seen = Vec::new();
        for _ in 0..4 {
            scene.wm.run(&format!("{criteria} scratchpad show"));
            scene.daemon().wait_settled();
            seen.push(is_shown(&scene));
        }
        assert!(seen.windows(2).all(|pair| pair[0] != pair[1]), "in {project} the key shows and hides it: {seen:?}");
    }
}

/// The workspaces as bars show them.
fn names(scene: &Scene) -> Vec<String> {
    let workspaces = scene.wm.ask(request::WORKSPACES, "");
    list(&workspaces).iter().map(|workspace| text(&workspace["name"]).to_owned()).collect()
}

/// Workspaces without a number stand in the order in which they were made.
fn workspaces_stand_in_their_order(kind: Kind) {
    let mut scene = Scene::with(kind, &Options::default(), "");
    for (number, name) in ["web", "code", "mail"].iter().enumerate() {
        scene.script("a", name, 0, &[&format!("+{number}")]);
    }
    let order = names(&scene);
    for shown in ["mail", "code", "web"] {
        scene.wm.show_workspace(shown, None);
        let a = scene.look();
        scene.switch("b");
        a.assert_same(&scene.switch("a"), "with named workspaces");
        assert_eq!(names(&scene), order, "{shown} was shown");
    }
    // Neither a daemon that was killed meanwhile nor the view of no project forgets it.
    scene.switch("b");
    scene.daemon.take().expect("it runs").kill();
    scene.daemon = Some(crate::support::Daemon::start(&scene.wm));
    scene.script("b", "9", 0, &["+1"]);
    scene.daemon().clear();
    scene.daemon().wait_settled();
    assert_eq!(names(&scene), [&["9".to_owned()], order.as_slice()].concat(), "with no project");
    if kind == Kind::I3 {
        // A workspace that stays goes behind those that come back.
        scene.switch("a");
        scene.script("g", "mail", 0, &["+1"]);
        let id = scene.wm.id("g-1");
        scene.daemon().call("window.assign", json!({"id": id, "global": true}));
        scene.switch("b");
        assert_eq!(names(&scene), ["9", "mail"]);
        scene.switch("a");
        assert_eq!(names(&scene), order, "where one stayed");
    }
}

/// `workspace number 1` goes to `1: code` as well as to `1`.
fn a_number_is_one_workspace(kind: Kind) {
    let mut scene = Scene::with(kind, &Options::default(), "");
    scene.script("a", "1: code", 0, &["+1", "+2"]);
    scene.switch("b");
    scene.script("b", "2", 0, &["+1"]);
    scene.wm.run("workspace number 1");
    scene.open("b", "b-2");
    scene.open("g", "g-1");
    let id = scene.wm.id("g-1");
    scene.daemon().call("window.assign", json!({"id": id, "global": true}));
    let b = scene.look();
    assert_eq!(names(&scene), ["1", "2"]);
    for _ in 0..2 {
        let a = scene.switch("a");
        assert_eq!(names(&scene), ["1: code"], "{a}");
        assert_eq!(place(&a, "g-1").0, "1: code");
        b.assert_same(&scene.switch("b"), "where the number was alone");
    }
    // Two that have a text each are two.
    scene.wm.run("rename workspace \"1\" to \"1: notes\"");
    scene.switch("a");
    let mut both = names(&scene);
    both.sort();
    assert_eq!(both, ["1: code", "1: notes"]);
    // So are two that were there together.
    scene.script("a", "7", 0, &["+7"]);
    scene.script("g", "7: files", 0, &["+2"]);
    let id = scene.wm.id("g-2");
    scene.daemon().call("window.assign", json!({"id": id, "global": true}));
    let a = scene.look();
    scene.switch("b");
    a.assert_same(&scene.switch("a"), "with two workspaces of one number");
}
