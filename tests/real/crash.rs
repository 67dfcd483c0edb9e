//! The daemon is killed while windows are hidden: the next one goes on, and `i3pm rescue` needs none.
//! `kill_loop` kills it in the middle of its work.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use i3pm::core::tree::mark::{Mark, SCRATCH_WORKSPACE};

use super::scene::{Scene, among_others};
use crate::support::tree::{children, is_window, list, text, title, walk, windows};
use crate::support::{Cli, Daemon, Kind, Options, Program, Snapshot, WindowManager, wait_for};

on_both!(
    killed_while_hidden,
    killed_before_a_new_window_manager,
    rescue_with_a_dead_daemon,
    rescue_with_a_wedged_daemon,
    rescue_where_no_daemon_ever_ran,
    what_was_made_to_hide_a_window_does_not_come_back,
);

fn killed_while_hidden(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.three_workspaces("a");
    let a = scene.look();
    scene.switch("b");
    scene.three_workspaces("b");
    let b = scene.look();
    for round in 0..2 {
        scene.daemon.take().expect("it runs").kill();
        b.assert_same(&scene.look(), "a dead daemon");
        scene.daemon = Some(Daemon::start(&scene.wm));
        b.assert_same(&scene.look(), "a new daemon");
        assert_eq!(scene.daemon().current().as_deref(), Some("b"));
        let windows = scene.daemon().windows();
        assert_eq!(windows.len(), 32, "every window is accounted for");
        for window in &windows {
            let hidden = window["projects"] == serde_json::json!(["a"]);
            assert_eq!(window["hidden"], hidden, "round {round}: {window:#}");
        }
        a.assert_same(&scene.switch("a"), "a after the daemon was killed");
        b.assert_same(&scene.switch("b"), "b after the daemon was killed");
    }
}

/// The window manager ends while the daemon is dead. X11 windows outlive i3, without our marks; sway takes its windows along.
fn killed_before_a_new_window_manager(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.mixed_workspaces();
    let everything = if kind == Kind::I3 { scene.all_titles() } else { Vec::new() };
    scene.wm.freeze();
    let mut caller = scene.daemon().connect();
    let waiting = std::thread::spawn(move || caller.call("project.switch", json!({"name": "a"})));
    wait_for("the switch to begin", || {
        let status = scene.daemon().status();
        (status["switch"]["in_flight"] == "a" && status["wm"]["request"].is_string()).then_some(())
    });
    scene.daemon.take().expect("it runs").kill();
    assert!(waiting.join().expect("an answer").is_err(), "nobody is left to answer");
    scene.wm.thaw();
    scene.wm.exit();
    scene.wm.start_again();
    scene.daemon = Some(Daemon::start(&scene.wm));
    assert_eq!(scene.all_titles(), everything);
    assert_eq!(Snapshot::titles(&scene.wm), everything, "nothing is hidden that nobody could call back");
    assert_eq!(scene.daemon().windows().len(), everything.len(), "every window is accounted for");

    scene.forget_programs();
    scene.switch("a");
    let new = scene.script("new", "7", 0, &["+1", "split v", "+2"]);
    let a = scene.look();
    scene.switch("b");
    assert!(!Snapshot::titles(&scene.wm).iter().any(|title| new.contains(title)));
    a.assert_same(&scene.switch("a"), "with the new window manager");
}

/// What is hidden comes back to the workspace that its mark names, beside what is there, and nothing of ours is left.
fn rescue_with_a_dead_daemon(kind: Kind) {
    for build in [pure, Scene::mixed_workspaces] {
        let mut scene = Scene::new(kind);
        build(&mut scene);
        scene.open("scratch", "scratch-1");
        scene.wm.run("move scratchpad");
        scene.daemon.take().expect("it runs").kill();
        let containers = rescue_and_look(&scene);
        // A second time there is nothing to do, and it says so in peace.
        let again = Cli::done(&scene.wm, &["rescue"]);
        assert!(again.contains("nothing"), "{containers} were hidden, then: {again}");
        let rescued = scene.look();
        assert!(rescued.scratchpad.iter().any(|line| line.to_string().contains("\"scratch-1\"")), "{rescued}");
        // The next daemon takes the marks' word, and hides again what is not of its project.
        scene.daemon = Some(Daemon::start(&scene.wm));
        wait_for("only b to be on the screen", || {
            Snapshot::titles(&scene.wm).iter().all(|title| !title.starts_with("a-")).then_some(())
        });
    }
}

fn rescue_with_a_wedged_daemon(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.mixed_workspaces();
    let titles = Snapshot::titles(&scene.wm);
    scene.daemon().signal("STOP");
    rescue_and_look(&scene);
    scene.daemon().signal("CONT");
    // Everything stays in sight until something is asked of it, and then it is right again.
    scene.switch("a");
    scene.switch("b");
    assert_eq!(Snapshot::titles(&scene.wm), titles);
}

fn rescue_where_no_daemon_ever_ran(kind: Kind) {
    let _machine = among_others();
    let wm = WindowManager::start(kind, &Options { two_outputs: true, ..Options::default() });
    let mut program = Program::start(&wm);
    for (title, command) in
        [("scratch-1", "move scratchpad"), ("one", "split v"), ("two", "layout tabbed"), ("three", "floating enable")]
    {
        program.open(&wm, title);
        wm.run(command);
    }
    let before = Snapshot::take(&wm);
    let answer = Cli::done(&wm, &["rescue"]);
    assert!(answer.contains("nothing"), "{answer}");
    before.assert_same(&Snapshot::take(&wm), "a rescue with nothing to do");
}

/// Not by a rescue, nor by a daemon that knows nothing but the marks.
fn what_was_made_to_hide_a_window_does_not_come_back(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.daemon().clear();
    scene.script("a", "1", 0, &["+1"]);
    scene.script("b", "1", 0, &["+2"]);
    for project in ["a", "b"] {
        Cli::done(&scene.wm, &["window", "assign", project, "--class", project]);
    }
    let beside = |scene: &Scene| {
        let tree = scene.wm.tree();
        let workspace = walk(&tree).into_iter().find(|node| node["type"] == "workspace" && node["name"] == "1");
        let nodes = workspace.map(|node| list(&node["nodes"]).to_vec()).unwrap_or_default();
        nodes.iter().map(|node| if is_window(node) { title(node).to_owned() } else { "a split".to_owned() }).collect()
    };
    let before: Vec<String> = beside(&scene);
    assert_eq!(before.len(), 2, "{before:?}");
    for rescued in [true, false] {
        scene.switch("a");
        let shown: Vec<String> = beside(&scene);
        assert_eq!(shown, ["a-1"]);
        scene.daemon.take().expect("it runs").kill();
        let runtime = scene.wm.session.runtime_directory().join("i3pm/runtime.json");
        std::fs::remove_file(&runtime).expect("the runtime file");
        if rescued {
            Cli::done(&scene.wm, &["rescue"]);
            assert_eq!(beside(&scene), before, "after a rescue");
        }
        scene.daemon = Some(Daemon::start(&scene.wm));
        scene.daemon().clear();
        assert_eq!(beside(&scene), before, "after the next daemon, rescued: {rescued}");
    }
}

/// Every workspace of `a` is `a`'s alone, some also `b`'s.
fn pure(scene: &mut Scene) {
    scene.three_workspaces("a");
    scene.script("a", "4", 1, &["+20", "floating enable, resize set 400 px 300 px", "+21"]);
    scene.switch("b");
    scene.script("b", "1", 0, &["+1"]);
}

/// Rescue, and look at every window and container. Answers how many containers were hidden.
fn rescue_and_look(scene: &Scene) -> usize {
    let before = scene.wm.tree();
    let mut expected = BTreeMap::new();
    let mut containers = 0;
    for (window, workspace) in windows(&before) {
        let told = marks(window).find_map(|mark| match Mark::parse(mark) {
            Some(Mark::Hidden(hidden)) => Some(hidden.workspace),
            _ => None,
        });
        containers += usize::from(told.is_some());
        if !workspace.starts_with("__") || title(window).starts_with("scratch") {
            expected.insert(title(window).to_owned(), workspace);
        } else if let Some(told) = told {
            // All windows of the container return with the one that bears the mark.
            for inside in walk(container_of(&before, window)).into_iter().filter(|node| is_window(node)) {
                expected.insert(title(inside).to_owned(), told.clone());
            }
        }
    }
    assert_eq!(expected.keys().cloned().collect::<Vec<_>>(), scene.all_titles(), "the marks speak for every window");
    assert!(containers > 3, "{containers} hidden containers are too few to be a test");
    Cli::done(&scene.wm, &["rescue"]);
    let tree = scene.wm.tree();
    let now: BTreeMap<String, String> =
        windows(&tree).into_iter().map(|(window, workspace)| (title(window).to_owned(), workspace)).collect();
    assert_eq!(now, expected, "every window is on the workspace that the mark of its container named");
    for node in walk(&tree) {
        if node["type"] == "workspace" && node["name"] == "__i3_scratch" {
            assert_eq!(list(&node["nodes"]).len(), 0, "no vault is left behind: {node:#}");
        }
        assert_ne!(node["name"], SCRATCH_WORKSPACE, "no workspace of ours is left behind");
        let empty = children(node).next().is_none() && !is_window(node);
        assert!(!(marks(node).next().is_some() && empty), "no empty container of ours is left behind: {node:#}");
        let hidden = marks(node).any(|mark| matches!(Mark::parse(mark), Some(Mark::Hidden(_))));
        assert!(!hidden, "no mark says that something is hidden: {node:#}");
    }
    containers
}

/// Our marks.
fn marks(node: &Value) -> impl Iterator<Item = &str> {
    list(&node["marks"]).iter().map(text).filter(|mark| mark.starts_with("_i3pm"))
}

/// The hidden container around a window: the largest below the vault, or below the scratchpad.
fn container_of<'tree>(tree: &'tree Value, window: &'tree Value) -> &'tree Value {
    let scratch = walk(tree).into_iter().find(|node| node["type"] == "workspace" && node["name"] == "__i3_scratch");
    let vaults = list(&scratch.expect("a scratchpad")["nodes"]).iter().flat_map(children);
    let mut hidden = vaults.chain(list(&scratch.expect("a scratchpad")["floating_nodes"]));
    hidden.find(|node| walk(node).iter().any(|inside| inside["id"] == window["id"])).unwrap_or(window)
}
