//! A switch leaves no trace: hidden programs hear nothing of it, bars little, and a hundred of them add nothing.

use std::fs;
use std::path::PathBuf;

use super::scene::Scene;
use crate::support::figures::tell;
use crate::support::ipc::request;
use crate::support::tree::{list, text, walk};
use crate::support::{Kind, Options, wait_for};

/// How many switches the hidden terminal sits through.
const SWITCHES: usize = 100;
/// Writes the size of its terminal into `$1` whenever that changes, once at the start.
const TELL_SIZE: &str = r#"
tell() { stty size >>"$1"; }
trap 'tell "$1"' WINCH
tell "$1"
while :; do sleep 100000 & wait; done
"#;

on_both!(terminals_hear_nothing, bars_hear_of_the_users_workspaces_only, a_hundred_rounds_add_nothing);

fn terminals_hear_nothing(kind: Kind) {
    let options = Options { two_outputs: true, config: "workspace_layout default\n".into() };
    let mut scene = Scene::with(kind, &options, "");
    scene.script("a", "1", 0, &["+1", "split v"]);
    let logs: Vec<PathBuf> = (0..3).map(|number| open_terminal(&mut scene, number)).collect();
    scene.script("a", "1", 0, &["split h", "+2"]);
    let sizes_before: Vec<Vec<String>> = logs.iter().map(settled_sizes).collect();
    let a = scene.look();
    scene.switch("b");
    scene.script("b", "1", 0, &["+1", "split v", "+2"]);
    for index in 0..SWITCHES {
        scene.switch(if index % 2 == 0 { "a" } else { "b" });
    }
    let back = scene.switch("a");
    a.assert_same(&back, "with terminals");

    // A real change of size is what the terminals hear next; it comes after anything the switches caused. Fullscreen
    // changes the size of one window alone.
    let mut changes = 0;
    for (number, (log, before)) in logs.iter().zip(&sizes_before).enumerate() {
        let id = scene.wm.id(&format!("terminal-{number}"));
        scene.wm.run(&format!("[con_id={id}] fullscreen enable"));
        let heard = wait_for("the terminal to hear of its new size", || {
            let sizes = read_sizes(log);
            (sizes.len() > before.len() && cells(sizes.last()?) > cells(before.last()?)).then_some(sizes)
        });
        let between = &heard[before.len()..heard.len() - 1];
        changes += between.len();
        if kind == Kind::I3 {
            assert!(between.is_empty(), "terminal {number} was {:?} and heard of {between:?}", before.last());
        }
    }
    tell(
        &format!("sigwinch-{}", kind.name()),
        &format!("{}: {changes} SIGWINCH in {} terminals over {} switches", kind.name(), logs.len(), SWITCHES + 2),
    );
}

/// Every bar draws itself anew at each event of a workspace.
fn bars_hear_of_the_users_workspaces_only(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.three_workspaces("a");
    let mut bar = scene.wm.connect();
    bar.ask(request::SUBSCRIBE, r#"["workspace"]"#).expect("a subscription");
    let mut counts = Vec::new();
    for (number, name) in ["b", "a", "b", "a"].into_iter().enumerate() {
        let answer = scene.daemon().switch(name);
        scene.daemon().wait_settled();
        // The first time i3 is given a vault.
        let most = if number == 0 && kind == Kind::I3 { 2 } else { 1 };
        assert!(answer["messages"].as_u64() <= Some(most), "{name}: {answer:#}");
        let events = bar.take_events().expect("events");
        for event in &events {
            for workspace in [&event["current"], &event["old"]] {
                let called = text(&workspace["name"]);
                // The user's own scratchpad is there before us.
                assert!(!called.contains("i3pm"), "{}: {called}", event["change"]);
            }
        }
        counts.push(events.len());
    }
    tell(
        &format!("events-{}", kind.name()),
        &format!("{}: events of workspaces in four switches of three workspaces each: {counts:?}", kind.name()),
    );
    assert!(counts.iter().all(|count| *count <= 16), "{counts:?}");
}

/// Neither containers nor marks, and nothing drifts.
fn a_hundred_rounds_add_nothing(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.mixed_workspaces();
    let a = scene.switch("a");
    let b = scene.switch("b");
    let before = containers_and_marks(&scene);
    for _ in 0..SWITCHES / 2 {
        scene.daemon().switch("a");
        scene.daemon().switch("b");
    }
    scene.daemon().wait_settled();
    b.assert_same(&scene.look(), "b after a hundred switches");
    assert_eq!(containers_and_marks(&scene), before);
    a.assert_same(&scene.switch("a"), "a after a hundred switches");
}

/// How many containers there are anywhere, and how many marks.
fn containers_and_marks(scene: &Scene) -> (usize, usize) {
    let tree = scene.wm.tree();
    let nodes = walk(&tree);
    (nodes.len(), nodes.iter().map(|node| list(&node["marks"]).len()).sum())
}

/// Open a terminal that writes down its sizes; answers the file.
fn open_terminal(scene: &mut Scene, number: usize) -> PathBuf {
    let log = scene.wm.session.directory().join(format!("sizes-{number}"));
    let title = format!("terminal-{number}");
    let mut command = match scene.wm.kind {
        Kind::I3 => {
            let mut command = scene.wm.command("xterm");
            command.args(["-class", "Terminal", "-T", &title, "-e"]);
            command
        }
        Kind::Sway => {
            let mut command = scene.wm.command("foot");
            command.args(["--config", "/dev/null", "--app-id", "terminal", "--title", &title]);
            command
        }
    };
    command.args(["sh", "-c", TELL_SIZE, "terminal"]).arg(&log);
    let process = scene.wm.session.spawn(command);
    scene.keep(process);
    scene.daemon().window(&title);
    wait_for("the terminal to run", || (!read_sizes(&log).is_empty()).then_some(()));
    log
}

fn read_sizes(log: &PathBuf) -> Vec<String> {
    fs::read_to_string(log).unwrap_or_default().lines().map(str::to_owned).collect()
}

fn cells(size: &str) -> u32 {
    size.split_whitespace().filter_map(|number| number.parse::<u32>().ok()).product()
}

/// The sizes so far, once no new one has come for a while: a terminal hears of a layout a little after the window
/// manager has made it.
fn settled_sizes(log: &PathBuf) -> Vec<String> {
    let mut last = read_sizes(log);
    let mut equal_looks = 0;
    wait_for("the terminal's size to settle", || {
        let now = read_sizes(log);
        equal_looks = if now == last { equal_looks + 1 } else { 0 };
        last = now;
        (equal_looks > 100).then(|| last.clone())
    })
}
