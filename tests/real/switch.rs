//! Switching: what comes back is what was left.

use std::fmt::Write as _;

use serde_json::json;

use super::scene::Scene;
use crate::support::{Kind, Options, Snapshot, Workspace};

on_both!(
    nested_layouts_come_back,
    three_projects_take_turns,
    floating_windows_come_back,
    floating_windows_with_titles_come_back,
    fullscreen_comes_back,
    sticky_windows_come_back,
    the_user_s_scratchpad_is_left_alone,
    any_workspace_name_works,
    one_window_keeps_its_orientation,
    projects_apart_are_shown_together,
    the_active_project_is_left_alone,
    a_project_is_left_on_an_empty_workspace,
    back_and_forth_does_not_lead_astray,
    each_project_has_its_own_way_back,
    marks_of_the_user_survive,
);

fn nested_layouts_come_back(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.three_workspaces("a");
    let a = scene.look();
    let empty = scene.switch("b");
    assert!(empty.workspaces.is_empty(), "nothing of a is left on a workspace:\n{empty}");
    scene.three_workspaces("b");
    scene.wm.run("workspace 3");
    let b = scene.look();
    for round in 1..=3 {
        a.assert_same(&scene.switch("a"), &format!("a in round {round}"));
        b.assert_same(&scene.switch("b"), &format!("b in round {round}"));
    }
    let windows = scene.daemon().windows();
    assert_eq!(windows.len(), 32);
    for window in windows {
        assert_eq!(window["hidden"], window["projects"] == json!(["a"]), "{window:#}");
        assert!(["1", "2", "3"].contains(&window["workspace"].as_str().unwrap_or("none")), "{window:#}");
    }
}

fn three_projects_take_turns(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.daemon().create_projects(&["c"]);
    let mut left: Vec<(&str, Snapshot)> = Vec::new();
    for name in ["a", "b", "c"] {
        scene.switch(name);
        scene.three_workspaces(name);
        left.push((name, scene.look()));
    }
    for name in ["a", "b", "c", "b", "a", "c", "a"] {
        let now = scene.switch(name);
        let before = &left.iter().find(|project| project.0 == name).expect("one of them").1;
        before.assert_same(&now, &format!("project {name}"));
    }
}

fn floating_windows_come_back(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.script("a", "1", 0, &["+1", "split v", "+2"]);
    scene.script(
        "a",
        "1",
        0,
        &["+3", "floating enable, resize set 400 px 300 px, move absolute position 100 px 200 px", "+4"],
    );
    scene.script("a", "1", 0, &["floating enable, resize set 301 px 203 px, move absolute position 317 px 411 px"]);
    // A workspace with nothing but floating windows, and one that is not visible.
    let only = ["+5", "floating enable, resize set 500 px 500 px, move absolute position 1200 px 30 px", "+6"];
    scene.script("a", "2", 1, &only);
    scene.script("a", "2", 1, &["floating enable, resize set 222 px 333 px, move absolute position 1000 px 500 px"]);
    scene.script("a", "3", 1, &["+7", "+8", "floating enable, resize set 350 px 250 px"]);
    scene.wm.run("workspace 2; workspace 1");
    let a = scene.look();
    let empty = scene.switch("b");
    assert!(empty.workspaces.is_empty(), "{empty}");
    scene.script("b", "1", 0, &["+1"]);
    scene.script("b", "2", 1, &["+2", "floating enable"]);
    let b = scene.look();
    for _ in 0..2 {
        a.assert_same(&scene.switch("a"), "floating windows");
        b.assert_same(&scene.switch("b"), "the other project");
    }
}

/// sway gives the rectangle of a floating window without its title bar, and takes one with it.
fn floating_windows_with_titles_come_back(kind: Kind) {
    let config = "default_border normal\ndefault_floating_border normal\n".to_owned();
    let mut scene = Scene::with(kind, &Options { two_outputs: true, config }, "");
    let floating = "floating enable, resize set 400 px 300 px, move absolute position 100 px 200 px";
    scene.script("a", "1", 0, &["+1", "split v", "+2", "+3", floating]);
    scene.script("a", "2", 1, &["layout tabbed", "+4", "+5", "+6", floating]);
    let a = scene.look();
    scene.switch("b");
    scene.script("b", "1", 0, &["+1"]);
    for _ in 0..2 {
        a.assert_same(&scene.switch("a"), "floating windows with title bars");
        scene.switch("b");
    }
}

fn fullscreen_comes_back(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.script("a", "3", 0, &["+1", "split v", "+2", "fullscreen enable"]);
    scene.script("a", "1", 0, &["+3", "+4", "split v", "+5", "fullscreen enable"]);
    let a = scene.look();
    let empty = scene.switch("b");
    assert!(empty.workspaces.is_empty(), "{empty}");
    scene.script("b", "1", 0, &["+1"]);
    let b = scene.look();
    for _ in 0..2 {
        a.assert_same(&scene.switch("a"), "fullscreen on a visible and on an invisible workspace");
        b.assert_same(&scene.switch("b"), "the other project");
    }
}

fn sticky_windows_come_back(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.script("a", "1", 0, &["+1", "+2", "floating enable, resize set 400 px 300 px, sticky enable"]);
    let id = scene.wm.id("a-2");
    // A sticky window is global unless somebody says otherwise.
    scene.daemon().call("window.assign", json!({"id": id, "project": "a"}));
    let a = scene.look();
    let empty = scene.switch("b");
    assert!(empty.workspaces.is_empty(), "{empty}");
    scene.script("b", "2", 0, &["+1"]);
    let b = scene.look();
    for _ in 0..2 {
        a.assert_same(&scene.switch("a"), "a sticky window");
        b.assert_same(&scene.switch("b"), "the other project");
    }
}

fn the_user_s_scratchpad_is_left_alone(kind: Kind) {
    let mut scene = Scene::new(kind);
    for title in ["scratch-1", "scratch-2"] {
        scene.open("scratch", title);
        scene.wm.run("move scratchpad");
    }
    scene.script("a", "1", 0, &["+1", "split v", "+2"]);
    let a = scene.look();
    let kept =
        |snapshot: &Snapshot| snapshot.scratchpad.iter().filter(|line| line.to_string().contains("\"scratch-")).count();
    assert_eq!(kept(&a), 2, "{a}");
    scene.switch("b");
    scene.script("b", "1", 0, &["+1"]);
    let b = scene.look();
    assert_eq!(kept(&b), 2, "{b}");
    a.assert_same(&scene.switch("a"), "with windows in the scratchpad");
    b.assert_same(&scene.switch("b"), "with windows in the scratchpad");
    if kind == Kind::I3 {
        // The vault is out of its reach: it goes round the user's own.
        for _ in 0..6 {
            scene.wm.try_run("scratchpad show");
            let shown = Snapshot::titles(&scene.wm);
            assert!(!shown.iter().any(|title| title.starts_with("a-")), "a hidden window came up: {shown:?}");
        }
    }
}

fn any_workspace_name_works(kind: Kind) {
    let mut names =
        vec!["3:web", "say \"hi\"", "it's; move left", "[con_id=1] kill, x", "ünï → 漢字 🙂", "two  spaces", "a,b;c"];
    if kind == Kind::I3 {
        names.extend(["back\\slash", "both \" and '"]);
    }
    let mut scene = Scene::new(kind);
    let mut count = 0;
    for (index, name) in names.iter().enumerate() {
        let windows = [format!("+{}", count + 1), format!("+{}", count + 2)];
        count += 2;
        scene.script("a", name, index % 2, &[&windows[0], "split v", &windows[1]]);
    }
    let a = scene.look();
    assert_eq!(a.workspaces.len(), names.len(), "{a}");
    let empty = scene.switch("b");
    assert!(empty.workspaces.is_empty(), "{empty}");
    a.assert_same(&scene.switch("a"), "workspaces with unusual names");
}

fn one_window_keeps_its_orientation(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.script("a", "1", 0, &["+1", "split v"]);
    scene.script("a", "2", 1, &["layout tabbed", "+2"]);
    scene.script("a", "3", 1, &["layout stacking", "+3", "+4"]);
    let a = scene.look();
    scene.switch("b");
    a.assert_same(&scene.switch("a"), "workspaces of one window");
    // The next window opens where it would have opened.
    scene.wm.run("workspace 1");
    scene.open("a", "a-5");
    let rects: Vec<i64> = ["a-1", "a-5"]
        .map(|title| scene.wm.find(title).expect("it is there")["rect"]["width"].as_i64().unwrap_or(0))
        .into();
    assert_eq!(rects, [960, 960], "the second window opens below the first");
}

fn projects_apart_are_shown_together(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.script("a", "1", 0, &["+1", "split v", "+2", "split h", "+3", "layout tabbed", "+4"]);
    scene.script("a", "2", 1, &["+5", "+6"]);
    let a = scene.look();
    scene.switch("b");
    scene.script("b", "3", 0, &["+1", "split v", "+2", "split h", "+3"]);
    scene.script("b", "4", 1, &["+4", "+5", "floating enable"]);
    let b = scene.look();
    let answer = scene.daemon().clear();
    assert_eq!(answer["project"], json!(null));
    assert_eq!(scene.daemon().current(), None);
    let both = scene.look().without_focus();
    let mut expected = a.clone().without_focus();
    expected.workspaces.extend(b.clone().without_focus().workspaces);
    expected.assert_same(&both, "no project: every window is shown");
    a.assert_same(&scene.switch("a"), "a after no project");
    b.assert_same(&scene.switch("b"), "b after no project");
}

fn the_active_project_is_left_alone(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.three_workspaces("a");
    scene.switch("b");
    scene.script("b", "1", 0, &["+1"]);
    let b = scene.look();
    let mut listener = scene.wm.connect();
    let events = r#"["window","workspace","mode","binding"]"#;
    listener.ask(crate::support::ipc::request::SUBSCRIBE, events).expect("a subscription");
    let answer = scene.daemon().switch("b");
    assert_eq!(answer["changed"], false, "{answer:#}");
    assert_eq!(answer["messages"], 0, "{answer:#}");
    let heard = listener.take_events().expect("the events");
    assert!(heard.is_empty(), "{heard:?}");
    b.assert_same(&scene.look(), "switching to the active project");
    // The listener does hear: a real switch makes events.
    scene.switch("a");
    assert!(!listener.take_events().expect("the events").is_empty());
}

fn a_project_is_left_on_an_empty_workspace(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.script("a", "1", 0, &["+1", "split v", "+2"]);
    scene.script("a", "2", 1, &["+3"]);
    scene.wm.show_workspace("9", Some(&scene.outputs[0].clone()));
    let a = scene.look();
    scene.switch("b");
    scene.script("b", "1", 0, &["+1"]);
    scene.script("b", "4", 1, &["+2"]);
    a.assert_same(&scene.switch("a"), "left on an empty workspace");
}

fn back_and_forth_does_not_lead_astray(kind: Kind) {
    let config = "workspace_auto_back_and_forth yes\nmouse_warping output\n".to_owned();
    let mut scene = Scene::with(kind, &Options { two_outputs: true, config }, "");
    scene.three_workspaces("a");
    let a = scene.look();
    scene.switch("b");
    scene.three_workspaces("b");
    let b = scene.look();
    for _ in 0..3 {
        a.assert_same(&scene.switch("a"), "with workspace_auto_back_and_forth");
        b.assert_same(&scene.switch("b"), "with workspace_auto_back_and_forth");
    }
}

/// `workspace back_and_forth` goes where it went when the project was left, on one output. With two, where i3 makes up a name for the empty
/// workspace of the other one that both projects use, it now and then goes there.
fn each_project_has_its_own_way_back(kind: Kind) {
    let mut scene = Scene::with(kind, &Options::default(), "");
    for (name, workspaces) in [("a", ["1", "2", "3"]), ("b", ["4", "2", "1"])] {
        scene.switch(name);
        for (number, workspace) in workspaces.iter().enumerate() {
            scene.script(name, workspace, 0, &[&format!("+{number}")]);
        }
        scene.wm.show_workspace(workspaces[1], None);
        scene.wm.show_workspace(workspaces[2], None);
    }
    for (left_from, name, way_back) in [("b", "a", "2"), ("a", "b", "2"), ("b", "a", "2")] {
        let here = scene.switch(name).focused;
        scene.wm.run("workspace back_and_forth");
        assert_eq!(scene.wm.focused_workspace(), way_back, "{name} after {left_from}");
        scene.wm.run("workspace back_and_forth");
        assert_eq!(scene.look().focused, here, "and back again");
    }
}

fn marks_of_the_user_survive(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.script("a", "1", 0, &["+1", "mark --add first", "+2", "mark --add second", "split v", "+3"]);
    // Both of these drop our marks, too; the window stays where it belongs.
    scene.script("a", "1", 0, &["mark alone"]);
    let id = scene.wm.id("a-2");
    scene.wm.run(&format!("[con_id={id}] unmark"));
    let a = scene.look();
    let mut marks = String::new();
    for line in a.workspaces.values().flat_map(Workspace::texts).filter(|line| line.contains("marks")) {
        let _ = write!(marks, "{line} ");
    }
    assert!(marks.contains("first") && marks.contains("alone"), "{a}");
    let empty = scene.switch("b");
    assert!(empty.workspaces.is_empty(), "windows without their marks still belong to a:\n{empty}");
    a.assert_same(&scene.switch("a"), "with the user's marks");
}
