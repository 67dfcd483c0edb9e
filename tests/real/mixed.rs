//! Workspaces that hold windows of several projects and global ones: nothing is lost, subtrees stay whole.

use fastrand::Rng;
use serde_json::{Value, json};

use super::scene::Scene;
use crate::support::Kind;
use crate::support::tree::{is_window, list, text, title, walk};

/// How many generated layouts each window manager gets.
const SEEDS: std::ops::Range<u64> = 2000..2010;

on_both!(subtrees_stay_whole, two_projects_in_one_container, generated_mixed_layouts_lose_nothing);

fn subtrees_stay_whole(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.script("g", "1", 0, &["+1", "+2"]);
    for title in ["g-1", "g-2"] {
        let id = scene.wm.id(title);
        scene.daemon().call("window.assign", json!({"id": id, "global": true}));
    }
    scene.script("a", "1", 0, &["+1", "split v", "+2", "split h", "+3", "layout tabbed", "+4"]);
    scene.script("a", "2", 1, &["+5", "split v", "+6"]);
    scene.visit_every_workspace();
    let before = scene.look();
    let subtree = nesting(&scene, "a");
    assert!(subtree.contains(&"splitv(a-1 tabbed(a-2 a-3 a-4))".to_owned()), "{subtree:?}");

    let without = scene.switch("b");
    assert_eq!(crate::support::Snapshot::titles(&scene.wm), ["g-1", "g-2"], "{without}");
    scene.script("b", "1", 0, &["+1"]);
    scene.script("b", "2", 1, &["+2", "floating enable"]);
    for round in 0..3 {
        let back = scene.switch("a");
        assert_eq!(nesting(&scene, "a"), subtree, "round {round}: subtrees of a\n{back}");
        assert_eq!(back.workspaces.get("2"), before.workspaces.get("2"), "a workspace of a alone");
        assert_eq!(back.focused, before.focused);
        scene.switch("b");
        assert_eq!(crate::support::Snapshot::titles(&scene.wm), ["b-1", "b-2", "g-1", "g-2"]);
    }
}

fn two_projects_in_one_container(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.script("a", "1", 0, &["+1", "split v", "layout tabbed", "+2", "+3"]);
    scene.script("b", "1", 0, &["+1", "+2"]);
    for title in ["b-1", "b-2"] {
        let id = scene.wm.id(title);
        scene.daemon().call("window.assign", json!({"id": id, "project": "b"}));
    }
    assert_eq!(crate::support::Snapshot::titles(&scene.wm), ["a-1", "a-2", "a-3"], "b's windows are hidden at once");
    for _ in 0..3 {
        scene.switch("b");
        assert_eq!(crate::support::Snapshot::titles(&scene.wm), ["b-1", "b-2"]);
        scene.switch("a");
        assert_eq!(crate::support::Snapshot::titles(&scene.wm), ["a-1", "a-2", "a-3"]);
    }
    scene.daemon().clear();
    assert_eq!(crate::support::Snapshot::titles(&scene.wm), ["a-1", "a-2", "a-3", "b-1", "b-2"]);
    assert_eq!(scene.all_titles().len(), 5);
}

fn generated_mixed_layouts_lose_nothing(kind: Kind) {
    let mut same = 0;
    for seed in SEEDS {
        let mut random = Rng::with_seed(seed);
        let mut scene = Scene::new(kind);
        let mut expected = [Vec::new(), Vec::new()];
        let mut always = Vec::new();
        for workspace in ["1", "2", "3"] {
            let output = scene.outputs[random.usize(..2)].clone();
            scene.wm.show_workspace(workspace, Some(&output));
            for _ in 0..random.usize(2..6) {
                let owner = ["a", "b", "g"][random.usize(..3)];
                let title = format!("{owner}-{workspace}{}", scene.all_titles().len());
                scene.open(owner, &title);
                for command in ["split h", "split v", "layout tabbed", "focus parent", "floating toggle", "move left"] {
                    if random.u8(..100) < 15 {
                        scene.wm.try_run(command);
                    }
                }
                match owner {
                    "a" => expected[0].push(title),
                    "b" => expected[1].push(title),
                    _ => always.push(title),
                }
            }
        }
        // All windows are open before any is given away: assigning hides at once.
        for (titles, owner) in [(&expected[0], json!({"project": "a"})), (&always, json!({"global": true}))] {
            assign(&mut scene, titles, &owner);
        }
        assign(&mut scene, &expected[1].clone(), &json!({"project": "b"}));
        let before = scene.switch("a");
        for round in 0..2 {
            for (index, name) in ["b", "a"].into_iter().enumerate() {
                let now = scene.switch(name);
                let mut shown = [expected[1 - index].clone(), always.clone()].concat();
                shown.sort();
                let titles = crate::support::Snapshot::titles(&scene.wm);
                assert_eq!(titles, shown, "seed {seed}, round {round}, project {name}\n{now}");
            }
        }
        same += usize::from(before.differences(&scene.look()).is_empty());
    }
    eprintln!("{}: {same} of {} mixed layouts came back exactly", kind.name(), SEEDS.count());
}

fn assign(scene: &mut Scene, titles: &[String], owner: &Value) {
    for title in titles {
        let mut params = owner.clone();
        params["id"] = json!(scene.wm.id(title));
        scene.daemon().call("window.assign", params);
    }
}

/// The largest subtrees all of whose windows' titles begin with `prefix`, as text without sizes, sorted.
fn nesting(scene: &Scene, prefix: &str) -> Vec<String> {
    fn whole(node: &Value, prefix: &str) -> bool {
        let mut windows = walk(node).into_iter().filter(|node| is_window(node)).peekable();
        windows.peek().is_some() && windows.all(|window| title(window).starts_with(prefix))
    }
    fn shape(node: &Value) -> String {
        if is_window(node) {
            return title(node).to_owned();
        }
        let children: Vec<String> = list(&node["nodes"]).iter().map(shape).collect();
        format!("{}({})", text(&node["layout"]), children.join(" "))
    }
    fn collect(node: &Value, prefix: &str, into: &mut Vec<String>) {
        let children = list(&node["nodes"]);
        for child in children {
            // A split around all tiling children of a workspace is our wrapper.
            let wrapper = node["type"] == "workspace"
                && children.len() == 1
                && !is_window(child)
                && matches!(text(&child["layout"]), "splith" | "splitv");
            if child["type"] == "con" && !wrapper && whole(child, prefix) {
                into.push(shape(child));
            } else {
                collect(child, prefix, into);
            }
        }
    }
    let mut found = Vec::new();
    let tree = scene.wm.tree();
    for workspace in walk(&tree).into_iter().filter(|node| node["type"] == "workspace") {
        collect(workspace, prefix, &mut found);
    }
    found.sort();
    found
}
