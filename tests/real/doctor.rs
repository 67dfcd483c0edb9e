//! `i3pm doctor` on real window managers: all well, and with faults that are planted.

use serde_json::Value;

use super::scene::Scene;
use crate::support::daemon::configure;
use crate::support::tree::{list, text, walk};
use crate::support::{Cli, Daemon, Kind, Options};

on_both!(
    all_is_well_with_windows_hidden,
    a_dead_daemon_is_said_with_what_is_hidden,
    a_window_that_closes_when_it_is_hidden_is_said,
    a_lost_runtime_file_is_written_again,
    a_wedged_daemon_is_said_and_the_tree_looked_at,
    marks_where_they_should_not_be_are_found_and_repaired,
    another_window_manager_than_the_daemons_is_said,
);

#[test]
fn rules_that_end_sway_are_named() {
    let rules = "for_window [app_id=\"a\"] gaps inner all set 5\nfor_window [title=\"^ready$\"] gaps inner all set 5\n";
    let options = Options { config: rules.into(), ..Options::default() };
    let scene = Scene::with(Kind::Sway, &options, "");
    let found = look(&scene, &[]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_found(&found, "wm-rules", "ends it when a hidden window begins to fit", "[[rule]]");
}

/// The checks that are not well: name, text and repair.
fn faults(run: &Cli) -> Vec<(String, String, String)> {
    let answer: Value = serde_json::from_str(&run.output).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let checks = list(&answer["checks"]).iter().filter(|check| check["state"] != "ok");
    let faults: Vec<_> = checks
        .map(|check| (text(&check["name"]).into(), text(&check["text"]).into(), text(&check["repair"]).into()))
        .collect();
    assert_eq!(run.status.code(), Some(i32::from(!faults.is_empty())), "{faults:#?}");
    assert_eq!(answer["well"], faults.is_empty());
    faults
}

fn look(scene: &Scene, options: &[&str]) -> Vec<(String, String, String)> {
    let arguments: Vec<&str> = ["doctor", "--json"].iter().chain(options).copied().collect();
    faults(&Cli::run(&scene.wm, &arguments))
}

#[track_caller]
fn assert_well(scene: &Scene, options: &[&str]) {
    let found = look(scene, options);
    assert!(found.is_empty(), "something is wrong: {found:#?}");
}

#[track_caller]
fn assert_found(found: &[(String, String, String)], name: &str, part: &str, repair: &str) {
    let fits =
        |fault: &&(String, String, String)| fault.0 == name && fault.1.contains(part) && fault.2.contains(repair);
    assert!(found.iter().any(|fault| fits(&fault)), "no {name} {part:?} with {repair:?} in {found:#?}");
}

/// Windows of two projects, those of `a` hidden.
fn scene(kind: Kind) -> Scene {
    let mut scene = Scene::new(kind);
    scene.script("a", "1", 0, &["+1", "+2", "split v", "+3"]);
    scene.script("a", "2", 1, &["+4"]);
    scene.switch("b");
    scene.script("b", "1", 0, &["+1", "+2"]);
    scene
}

fn all_is_well_with_windows_hidden(kind: Kind) {
    let mut scene = scene(kind);
    assert_well(&scene, &[]);
    assert_well(&scene, &["--fix"]);
    scene.switch("a");
    assert_well(&scene, &[]);
    scene.daemon().clear();
    let shown = Cli::done(&scene.wm, &["doctor"]);
    for name in ["daemon", "version", "config", "log", "wm", "wm-socket", "wm-version", "windows", "marks", "hidden"] {
        assert!(shown.lines().any(|line| line.starts_with(&format!("ok  {name} "))), "no {name} in\n{shown}");
    }
    for name in ["placeholders", "permissions", "environment", "files", "programs", "service"] {
        assert!(shown.lines().any(|line| line.starts_with(&format!("ok  {name} "))), "no {name} in\n{shown}");
    }
}

fn a_dead_daemon_is_said_with_what_is_hidden(kind: Kind) {
    let mut scene = scene(kind);
    scene.daemon.take().expect("it runs").kill();
    scene.with_program("late", |wm, program| program.open(wm, "late-1"));
    let found = look(&scene, &[]);
    assert_found(&found, "daemon", "no daemon at", "run i3pmd");
    // sway's windows are hidden one by one.
    let containers = if kind == Kind::Sway { 4 } else { 2 };
    let hidden = format!("no daemon serves them: 4 windows in {containers} containers");
    assert_found(&found, "hidden", &hidden, "i3pm rescue");
    assert_found(&found, "marks", "(late-1) bears no mark of ours", "start i3pmd");
    assert_eq!(found.len(), 3, "{found:#?}");
    let fixed = Cli::run(&scene.wm, &["doctor", "--fix"]);
    assert!(fixed.output.starts_with("the daemon could not repair anything: no daemon at"), "{}", fixed.output);
    assert_eq!(fixed.status.code(), Some(1));

    // What it says helps.
    Cli::done(&scene.wm, &["rescue"]);
    assert!(!look(&scene, &[]).iter().any(|fault| fault.0 == "hidden"));
    scene.daemon = Some(Daemon::start(&scene.wm));
    scene.daemon().window("late-1");
    assert_well(&scene, &[]);
}

fn a_window_that_closes_when_it_is_hidden_is_said(kind: Kind) {
    let mut scene = scene(kind);
    scene.open("b", "b-3");
    scene.daemon().switch("a");
    scene.with_program("b", |wm, program| program.close(wm, "b-3"));
    let found = look(&scene, &[]);
    assert_found(&found, "programs", "\"b-3\" closed", "global = true");
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(Cli::done(&scene.wm, &["events"]).contains("closed_hidden"));

    // With the rule that it names the program is never hidden.
    configure(&scene.wm, "[[rule]]\nany = [{ class = \"b\" }, { app_id = \"b\" }]\nglobal = true\n");
    scene.daemon.take().expect("it runs").stop();
    scene.daemon = Some(Daemon::start(&scene.wm));
    scene.switch("b");
    scene.open("b", "b-4");
    scene.switch("a");
    scene.with_program("b", |wm, program| program.close(wm, "b-4"));
    assert_well(&scene, &[]);
}

fn a_lost_runtime_file_is_written_again(kind: Kind) {
    let scene = scene(kind);
    let runtime = scene.wm.session.runtime_directory().join("i3pm/runtime.json");
    std::fs::remove_file(&runtime).expect("the runtime file");
    let found = look(&scene, &[]);
    assert_found(&found, "files", "is not there, and windows are hidden", "i3pm doctor --fix");
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_well(&scene, &["--fix"]);
    assert!(runtime.exists());
}

fn a_wedged_daemon_is_said_and_the_tree_looked_at(kind: Kind) {
    let mut scene = scene(kind);
    scene.daemon().signal("STOP");
    let marked = scene.wm.id("b-1");
    // The mark moves from its window to another, which has one of its own.
    let mark = our_mark(&scene, "b-2");
    scene.wm.run(&format!("[con_id={marked}] mark --add \"{mark}\""));
    let run = Cli::run(&scene.wm, &["doctor", "--json", "--timeout", "0.5"]);
    let found = faults(&run);
    assert!(run.took.as_secs() < 10, "{:?}", run.took);
    assert_found(&found, "daemon", "did not answer", "systemctl --user restart i3pm");
    assert_found(&found, "hidden", "no daemon serves them", "i3pm rescue");
    assert_found(&found, "marks", "(b-1) bears 2 marks that say whose it is", "i3pmd");
    assert_found(&found, "marks", "(b-2) bears no mark of ours", "i3pmd");
    scene.daemon().signal("CONT");
    assert_well(&scene, &["--fix"]);
    assert_eq!(our_mark(&scene, "b-2"), mark, "it is back where it belongs");

    // Or it is killed, and another one started.
    scene.daemon().signal("STOP");
    scene.daemon.take().expect("it runs").kill();
    scene.daemon = Some(Daemon::start(&scene.wm));
    scene.daemon().wait_settled();
    assert_well(&scene, &[]);
}

/// The owner mark of a window.
fn our_mark(scene: &Scene, title: &str) -> String {
    let window = scene.wm.find(title).expect("the window");
    let mark = list(&window["marks"]).iter().map(text).find(|mark| mark.starts_with("_i3pm1:w:"));
    mark.expect("an owner mark").to_owned()
}

fn marks_where_they_should_not_be_are_found_and_repaired(kind: Kind) {
    let scene = scene(kind);
    // On a container that is no window: the parent of two.
    scene.wm.run(&format!("[con_id={}] focus; split v", scene.wm.id("b-2")));
    let mut scene = scene;
    scene.open("b", "b-3");
    scene.wm.run("focus parent; mark --add \"_i3pm1:w:77:c:g\"");
    let found = look(&scene, &[]);
    assert_found(&found, "marks", "is no window, and bears our mark _i3pm1:w:77:c:g", "i3pm doctor --fix");
    if kind == Kind::I3 {
        scene.wm.run("workspace 9; open; mark --add \"_i3pm1:t:9\"; workspace 1");
        let found = look(&scene, &[]);
        assert_found(&found, "placeholders", "of ours was left on 9", "i3pm doctor --fix");
    }
    assert_well(&scene, &["--fix"]);
    let tree = scene.wm.tree();
    let marks = walk(&tree).into_iter().flat_map(|node| list(&node["marks"]).to_vec()).collect::<Vec<_>>();
    assert!(!marks.iter().any(|mark| ["_i3pm1:w:77:c:g", "_i3pm1:t:9"].contains(&text(mark))), "{marks:?}");
}

fn another_window_manager_than_the_daemons_is_said(kind: Kind) {
    let scene = scene(kind);
    let other = Scene::new(kind);
    let socket = other.wm.socket();
    let found = look(&scene, &["--wm-socket", socket.to_str().expect("UTF-8")]);
    assert_found(&found, "wm-socket", "but from here", "start the daemon from the session you want");
    assert_eq!(found.len(), 1, "{found:#?}");
    // From the session that it is in nothing is wrong.
    assert_well(&scene, &[]);
    let found = look(&scene, &["--wm-socket", "/nowhere"]);
    assert!(found.is_empty(), "the daemon's own answers: {found:#?}");
    other.wm.freeze();
    let run = Cli::run(&other.wm, &["doctor", "--json", "--timeout", "0.3"]);
    let found = faults(&run);
    assert_found(&found, "wm-socket", "did not answer in 0.3 s", "--wm-socket");
    other.wm.thaw();
    assert_well(&other, &[]);
}
