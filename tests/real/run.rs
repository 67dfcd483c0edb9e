//! A window of an application is wanted, rather than one more: `i3pm run` and `i3pm scratch`.

use std::time::Duration;

use serde_json::json;

use super::launches::{configuration, end};
use super::scene::Scene;
use crate::support::{Cli, Daemon, Kind, Options, Snapshot, WindowManager, wait_for};

on_both!(
    a_window_is_put_away_and_comes_back_in_its_place,
    a_window_is_gone_to_and_summoned,
    each_project_has_a_scratch_window,
);

/// How long a terminal takes to start and to take another size.
const STARTED: Duration = Duration::from_millis(700);

fn wait_for_title(wm: &WindowManager, title: &str) {
    wait_for("the window of a launch", || wm.find(title));
    wait_for("it to have the focus", || (wm.focused_window().as_deref() == Some(title)).then_some(()));
}

fn count(scene: &Scene, title: &str) -> usize {
    Snapshot::titles(&scene.wm).iter().filter(|found| *found == title).count()
}

fn a_window_is_put_away_and_comes_back_in_its_place(kind: Kind) {
    let mut scene = Scene::with(kind, &Options::default(), &configuration(kind));
    scene.script("a", "1", 0, &["+1", "splitv", "+2"]);
    let said = Cli::done(&scene.wm, &["run", "term"]);
    assert!(said.starts_with("term is started for project a"), "{said}");
    wait_for_title(&scene.wm, "a");
    scene.script("a", "1", 0, &["splith", "+3"]);
    scene.wm.run(&format!("[con_id={}] resize set height 40 ppt", scene.wm.id("a")));
    assert!(Cli::done(&scene.wm, &["run", "term"]).contains("has the focus"));
    scene.daemon().wait_settled();
    let before = scene.look();
    // It has the focus, so it goes; what was beside it stays, and has its room.
    let said = Cli::done(&scene.wm, &["run", "term"]);
    assert!(said.starts_with("term is hidden"), "{said}");
    assert_eq!(Snapshot::titles(&scene.wm), ["a-1", "a-2", "a-3"]);
    let id = scene.daemon().window("a")["id"].to_string();
    let explained = Cli::done(&scene.wm, &["explain", &id]);
    assert!(explained.contains("put away"), "{explained}");
    // Projects and daemons come and go.
    scene.switch("b");
    assert_eq!(Snapshot::titles(&scene.wm), [""; 0]);
    scene.switch("a");
    assert_eq!(Snapshot::titles(&scene.wm), ["a-1", "a-2", "a-3"]);
    scene.daemon.take().expect("it runs").kill();
    scene.daemon = Some(Daemon::start(&scene.wm));
    scene.daemon().wait_settled();
    assert_eq!(Snapshot::titles(&scene.wm), ["a-1", "a-2", "a-3"], "the next daemon knows that it was put away");
    assert!(Cli::done(&scene.wm, &["run", "term", "--hide"]).starts_with("term is hidden"));
    // No second one is started, and all is as it was.
    let said = Cli::done(&scene.wm, &["run", "term"]);
    assert!(said.contains("was there already"), "{said}");
    scene.daemon().wait_settled();
    before.assert_same(&scene.look(), "after it was put away and came back");
    // A daemon that stops brings it back.
    Cli::done(&scene.wm, &["run", "term"]);
    scene.daemon.take().expect("it runs").stop();
    assert!(Snapshot::titles(&scene.wm).contains(&"a".to_owned()), "{:?}", Snapshot::titles(&scene.wm));
}

fn a_window_is_gone_to_and_summoned(kind: Kind) {
    let options = Options { two_outputs: true, ..Options::default() };
    let mut scene = Scene::with(kind, &options, &configuration(kind));
    scene.script("a", "1", 0, &["+1"]);
    // Two in a row open one.
    Cli::done(&scene.wm, &["run", "term"]);
    let again = Cli::done(&scene.wm, &["run", "term"]);
    assert!(!again.contains("process"), "nothing more is started: {again}");
    wait_for("the window of a launch", || scene.wm.find("a"));
    scene.script("a", "2", 1, &["+2"]);
    assert_eq!(scene.wm.focused_workspace(), "2");
    assert!(Cli::done(&scene.wm, &["run", "term", "--nohide"]).contains("has the focus"));
    assert_eq!((scene.wm.focused_workspace().as_str(), scene.wm.focused_window().as_deref()), ("1", Some("a")));
    assert!(Cli::done(&scene.wm, &["run", "term", "--nohide"]).contains("has the focus"), "and it stays");
    scene.script("a", "2", 1, &[]);
    let said = Cli::done(&scene.wm, &["run", "term", "--summon"]);
    assert!(said.contains("is here"), "{said}");
    assert_eq!((scene.wm.focused_workspace().as_str(), scene.wm.focused_window().as_deref()), ("2", Some("a")));
    assert_eq!(scene.daemon().window("a")["workspace"], "2");
    // Put away on one workspace, it comes back on another where it is summoned.
    assert!(Cli::done(&scene.wm, &["run", "term", "--summon"]).starts_with("term is hidden"));
    scene.script("a", "1", 0, &[]);
    assert!(Cli::done(&scene.wm, &["run", "term", "--summon"]).contains("is here"));
    assert_eq!((scene.wm.focused_workspace().as_str(), scene.wm.focused_window().as_deref()), ("1", Some("a")));
    // That of another project is gone to with its project.
    scene.switch("b");
    assert!(Cli::done(&scene.wm, &["run", "term", "--project", "a"]).contains("has the focus"));
    assert_eq!(scene.daemon().current().as_deref(), Some("a"));
    // One more is started where that is asked for.
    assert!(Cli::done(&scene.wm, &["run", "term", "--force"]).starts_with("term is started"));
    wait_for("another one", || (count(&scene, "a") == 2).then_some(()));
    let absent = Cli::done(&scene.wm, &["run", "term", "--hide", "--project", "b"]);
    assert!(absent.contains("no window"), "{absent}");
}

fn each_project_has_a_scratch_window(kind: Kind) {
    let options = Options { two_outputs: true, ..Options::default() };
    let mut scene = Scene::with(kind, &options, &format!("scratch = \"term\"\n{}", configuration(kind)));
    scene.script("a", "1", 0, &["+1"]);
    Cli::done(&scene.wm, &["scratch"]);
    wait_for_title(&scene.wm, "a");
    scene.wm.wait_drawn();
    wait_for("it to float", || (scene.daemon().window("a")["floating"] == true).then_some(()));
    scene.wm.run(&format!("[con_id={0}] resize set 333 px 222 px, move position 55 px 66 px", scene.wm.id("a")));
    scene.daemon().wait_settled();
    if kind == Kind::I3 {
        // An xterm that floats and is hidden while it starts or takes another size may die of it: docs/layouts.md.
        std::thread::sleep(STARTED);
    }
    let place = |scene: &Scene| (scene.wm.find("a").expect("it is there")["rect"].clone(), scene.wm.focused_window());
    let before = place(&scene);
    // It is no window among others of its application.
    let other = Cli::done(&scene.wm, &["run", "term"]);
    assert!(other.starts_with("term is started for project a"), "{other}");
    wait_for("a second one", || (count(&scene, "a") == 2).then_some(()));
    let tiled = wait_for("it to be known as a window of the launch", || {
        let windows = scene.daemon().windows();
        windows.into_iter().find(|window| window["floating"] == false && window["claim"] == "launch")
    });
    end(tiled["pid"].as_u64().into_iter());
    wait_for("the second one to close", || (count(&scene, "a") == 1).then_some(()));
    // Away, over a daemon that is killed, and back: where it was, as large as it was.
    Cli::done(&scene.wm, &["scratch"]);
    if scene.wm.focused_window().as_deref() == Some("a") {
        // It had not had the focus.
        Cli::done(&scene.wm, &["scratch"]);
    }
    assert_eq!(Snapshot::titles(&scene.wm), ["a-1"]);
    scene.daemon.take().expect("it runs").kill();
    scene.daemon = Some(Daemon::start(&scene.wm));
    scene.daemon().wait_settled();
    Cli::done(&scene.wm, &["scratch"]);
    assert_eq!(place(&scene), before);
    // It leaves and comes with its project, and the other has its own.
    scene.switch("b");
    assert_eq!(Snapshot::titles(&scene.wm), [""; 0]);
    Cli::done(&scene.wm, &["scratch"]);
    wait_for_title(&scene.wm, "b");
    scene.switch("a");
    assert_eq!(place(&scene), before);
    // On the workspace where the user is.
    scene.script("a", "2", 1, &["+2"]);
    Cli::done(&scene.wm, &["scratch"]);
    assert_eq!(scene.daemon().window("a")["workspace"], "2");
    let refused = scene.daemon().call_refused("app.launch", json!({"scratch": true, "name": "trem"}));
    assert!(refused.message.contains("did you mean \"term\"?"), "{refused:?}");
}
