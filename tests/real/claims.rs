//! Which project a window belongs to, and why.

use serde_json::{Value, json};

use super::scene::{Scene, among_others};
use crate::support::{Cli, Kind, Options, Program, Snapshot, Window, WindowManager, wait_for};

on_both!(
    the_process_decides,
    the_environment_decides,
    the_directory_decides,
    rules_decide,
    assigning_takes_effect_at_once,
    windows_of_several_projects,
    the_first_run,
    a_project_takes_what_is_there,
    a_restart_claims_nothing_new,
    what_follows_its_process_may_be_shown,
    a_switch_right_after_a_window_leaves_it_behind,
);

fn the_process_decides(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.script("a", "1", 0, &["+1"]);
    assert_eq!(claim(&mut scene, "a-1"), ("a".into(), "active".into()));
    scene.script("a", "1", 0, &["+2"]);
    assert_eq!(claim(&mut scene, "a-2").0, "a");
    scene.switch("b");
    // It has windows in `a`: this one somebody has opened here.
    let window = scene.request("a", &Window::named("a-3"));
    assert_eq!((&window["projects"], &window["claim"]), (&json!(["b"]), &json!("active")), "{window:#}");
    assert_eq!(Snapshot::titles(&scene.wm), ["a-3"]);
    // What had a splash only, which has closed, has its first window still to come.
    scene.switch("a");
    scene.script("s", "1", 0, &["+1"]);
    scene.with_program("s", |wm, program| program.close(wm, "s-1"));
    scene.switch("b");
    let window = scene.request("s", &Window::named("s-2"));
    assert_eq!((&window["projects"], &window["claim"]), (&json!(["a"]), &json!("process")), "{window:#}");
    wait_for("it to be hidden", || (scene.daemon().window("s-2")["hidden"] == true).then_some(()));
    let projects = scene.daemon().call("project.list", json!({}));
    let urgent = |name: &str| {
        projects["projects"]
            .as_array()
            .and_then(|list| list.iter().find(|project| project["name"] == name))
            .map(|project| project["urgent"].clone())
    };
    assert_eq!((urgent("a"), urgent("b")), (Some(json!(1)), Some(json!(0))), "{projects:#}");
    assert!(Cli::done(&scene.wm, &["events"]).contains("newcomer.hidden"));
    let explained = Cli::done(&scene.wm, &["explain", &scene.wm.id("a-3").to_string()]);
    assert!(explained.contains("has windows of several projects"), "{explained}");
}

/// Variables of a process, the projects of its window, and the claim that won.
type EnvironmentCase<'a> = (&'a [(&'a str, &'a str)], Value, &'a str);

fn the_environment_decides(kind: Kind) {
    let mut scene = Scene::new(kind);
    let cases: [EnvironmentCase<'_>; 5] = [
        (&[("I3PM_PROJECT", "b")], json!(["b"]), "environment"),
        (&[("I3PM_PROJECT_NAME", "b"), ("I3PM_SCOPE", "scoped")], json!(["b"]), "environment"),
        (&[("I3PM_PROJECT_NAME", "b"), ("I3PM_SCOPE", "global")], json!([]), "environment"),
        (&[("I3PM_PROJECT", "a")], json!(["a"]), "environment"),
        (&[("I3PM_PROJECT", "nobody")], json!(["a"]), "active"),
    ];
    for (number, (variables, projects, claim)) in cases.into_iter().enumerate() {
        let mut program = Program::start_with(&scene.wm, variables);
        let title = format!("e-{number}");
        program.request(&scene.wm, &Window::named(&title));
        let window = scene.daemon().window(&title);
        assert_eq!((&window["projects"], &window["claim"]), (&projects, &json!(claim)), "{variables:?} {window:#}");
    }
}

/// Terminals that the window manager starts, as a key binding does.
fn the_directory_decides(kind: Kind) {
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path().join("code");
    for name in ["web/.git", "web/src", "web/sub", "api/src", "webs"] {
        std::fs::create_dir_all(root.join(name)).expect("a directory");
    }
    // The kernel knows directories by where they are, people by the links to them.
    let link = directory.path().join("link");
    std::os::unix::fs::symlink(&root, &link).expect("a link");
    let configuration = format!(
        "[project.web]\ndir = {:?}\nmatch = \"git\"\n[project.sub]\ndir = {:?}\nmatch = \"cwd\"\n[project.api]\ndir = {:?}\n",
        link.join("web"),
        root.join("web/sub"),
        root.join("api")
    );
    let mut scene = Scene::with(kind, &Options::default(), &configuration);
    let cases = [
        ("web/src", json!(["web"]), "directory"),
        // The nearest one.
        ("web/sub", json!(["sub"]), "directory"),
        // A project that does not say so claims nothing by its directory, nor does one with the beginning of a name.
        ("api/src", json!(["a"]), "active"),
        ("webs", json!(["a"]), "active"),
    ];
    for (number, (name, projects, claim)) in cases.into_iter().enumerate() {
        let title = format!("d-{number}");
        let terminal = match kind {
            Kind::I3 => format!("xterm -T {title} -e sleep 1000"),
            Kind::Sway => format!("foot --config /dev/null --title {title} sleep 1000"),
        };
        scene.wm.run(&format!("exec cd {} && exec {terminal}", root.join(name).display()));
        let window = wait_for("the terminal to be claimed", || {
            let windows = scene.daemon().windows();
            windows.into_iter().find(|window| window["title"] == title.as_str() && window["claim"] != "pending")
        });
        assert_eq!((&window["projects"], &window["claim"]), (&projects, &json!(claim)), "{window:#}");
    }
    let id = scene.daemon().window("d-0")["id"].to_string();
    let explained = Cli::done(&scene.wm, &["explain", &id]);
    assert!(explained.contains("its process works in") && explained.contains("code/web"), "{explained}");
}

fn rules_decide(kind: Kind) {
    let key = if kind == Kind::I3 { "class" } else { "app_id" };
    let configuration = format!(
        "[project.declared]\n\n[[rule]]\n{key} = \"glob:Term*\"\nproject = \"declared\"\n\n\
         [[rule]]\ntitle = \"re:^everywhere [0-9]+$\"\nglobal = true\n"
    );
    let mut scene = Scene::with(kind, &Options::default(), &configuration);
    let cases = [
        ("one", "Terminal", json!(["declared"]), "rule"),
        ("everywhere 12", "Other", json!([]), "rule"),
        ("everywhere else", "Other", json!(["a"]), "active"),
    ];
    for (title, class, projects, claim) in cases {
        // The rule comes before the environment.
        let mut program = Program::start(&scene.wm);
        program.request(&scene.wm, &Window { title: title.into(), class: class.into(), ..Window::default() });
        let window = scene.daemon().window(title);
        assert_eq!((&window["projects"], &window["claim"]), (&projects, &json!(claim)), "{window:#}");
    }
    let mut program = Program::start_with(&scene.wm, &[("I3PM_PROJECT", "b")]);
    program.request(&scene.wm, &Window { title: "two".into(), class: "Terminal".into(), ..Window::default() });
    let window = scene.daemon().window("two");
    assert_eq!((&window["projects"], &window["claim"]), (&json!(["declared"]), &json!("rule")), "{window:#}");
    assert!(window["claimed_by"].as_str().unwrap_or_default().contains("config.toml:3"), "{window:#}");
}

/// Only X11 windows say to whom they belong.
#[test]
fn dialogs_follow_their_window() {
    let mut scene = Scene::new(Kind::I3);
    scene.script("x", "1", 0, &["+1"]);
    scene.switch("b");
    let id = scene.wm.id("x-1");
    scene.daemon().call("window.assign", json!({"id": id, "project": "b"}));
    scene.script("x", "1", 0, &["+2"]);
    let id = scene.wm.id("x-2");
    scene.daemon().call("window.assign", json!({"id": id, "project": "a"}));
    // The process has windows in two projects; each dialog goes with its own window.
    for (number, parent, project) in [(3, "x-1", "b"), (4, "x-2", "a"), (5, "x-1", "b")] {
        let title = format!("x-{number}");
        let dialog = Window {
            title: title.clone(),
            class: "x".into(),
            transient_for: Some(parent.into()),
            dialog: number != 5,
            ..Window::default()
        };
        let window = scene.request("x", &dialog);
        assert_eq!((&window["projects"], &window["claim"]), (&json!([project]), &json!("parent")), "{window:#}");
    }
    assert_eq!(shown_soon(&scene, &["x-1", "x-3", "x-5"]), ["x-1", "x-3", "x-5"]);
    scene.switch("a");
    assert_eq!(Snapshot::titles(&scene.wm), ["x-2", "x-4"]);
}

/// Only the X server tells of groups and modal windows.
#[test]
fn dialogs_follow_their_group_and_questions_are_seen() {
    let mut scene = Scene::new(Kind::I3);
    scene.script("x", "1", 0, &["+1"]);
    scene.switch("b");
    scene.script("b", "1", 0, &["+1"]);
    let of_group = |title: &str, dialog: bool| Window {
        title: title.into(),
        class: "x".into(),
        group: Some("x-1".into()),
        dialog,
        ..Window::default()
    };
    let window = scene.request("x", &of_group("x-3", true));
    assert_eq!((&window["projects"], &window["claim"]), (&json!(["a"]), &json!("parent")), "{window:#}");
    let question = Window { title: "x-4".into(), class: "x".into(), modal: true, ..Window::default() };
    let window = scene.request("x", &question);
    assert_eq!((&window["projects"], &window["claim"]), (&json!(["a", "b"]), &json!("process")), "{window:#}");
    assert_eq!(shown_soon(&scene, &["b-1", "x-4"]), ["b-1", "x-4"]);
    assert!(Cli::done(&scene.wm, &["events"]).contains("newcomer.shown"));
    // Of the same group, as all windows of some toolkits are, but no dialog: opened here.
    let window = scene.request("x", &of_group("x-5", false));
    assert_eq!((&window["projects"], &window["claim"]), (&json!(["b"]), &json!("active")), "{window:#}");
    scene.switch("a");
    assert_eq!(Snapshot::titles(&scene.wm), ["x-1", "x-3", "x-4"]);
}

/// A rule may have it as it was; `on_newcomer` may have it seen.
fn what_follows_its_process_may_be_shown(kind: Kind) {
    let key = if kind == Kind::I3 { "class" } else { "app_id" };
    let configuration = format!("on_newcomer = \"show\"\n[[rule]]\n{key} = \"f\"\nfollow = \"process\"\n");
    let mut scene = Scene::with(kind, &Options::default(), &configuration);
    scene.script("f", "1", 0, &["+1"]);
    scene.switch("b");
    let window = scene.request("f", &Window { title: "f-2".into(), class: "f".into(), ..Window::default() });
    assert_eq!((&window["projects"], &window["claim"]), (&json!(["a", "b"]), &json!("process")), "{window:#}");
    assert_eq!(shown_soon(&scene, &["f-2"]), ["f-2"]);
    scene.switch("a");
    assert_eq!(Snapshot::titles(&scene.wm), ["f-1", "f-2"]);
}

/// The window appears, and the user goes elsewhere before it is known whose it is.
fn a_switch_right_after_a_window_leaves_it_behind(kind: Kind) {
    let mut scene = Scene::new(kind);
    let mut programs = Vec::new();
    for number in 1..=5 {
        scene.switch("a");
        let title = format!("n-{number}");
        let mut program = Program::start(&scene.wm);
        program.request(&scene.wm, &Window::named(&title));
        wait_for("the window manager to show it", || scene.wm.find(&title));
        scene.switch("b");
        let window = scene.daemon().window(&title);
        assert_eq!((&window["projects"], &window["claim"]), (&json!(["a"]), &json!("active")), "{window:#}");
        programs.push(program);
    }
    assert_eq!(shown_soon(&scene, &[]), [""; 0]);
}

fn assigning_takes_effect_at_once(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.script("a", "1", 0, &["+1", "+2", "split v", "+3"]);
    scene.script("a", "2", 1, &["+4", "+5"]);
    Cli::done(&scene.wm, &["window", "assign", "b"]);
    assert_eq!(Snapshot::titles(&scene.wm), ["a-1", "a-2", "a-3", "a-4"], "the focused window went");
    assert_eq!(claim(&mut scene, "a-5"), ("b".into(), "user".into()));
    Cli::done(&scene.wm, &["window", "assign", "b", "--workspace", "1"]);
    assert_eq!(Snapshot::titles(&scene.wm), ["a-4"]);
    let id = scene.wm.id("a-4").to_string();
    Cli::done(&scene.wm, &["window", "assign", "--global", "--window", &id]);
    scene.switch("b");
    assert_eq!(Snapshot::titles(&scene.wm), ["a-1", "a-2", "a-3", "a-4", "a-5"]);
    Cli::done(&scene.wm, &["window", "assign", "a", "--class", "a"]);
    assert_eq!(Snapshot::titles(&scene.wm), [""; 0]);
    scene.switch("a");
    assert_eq!(Snapshot::titles(&scene.wm), ["a-1", "a-2", "a-3", "a-4", "a-5"]);
}

fn windows_of_several_projects(kind: Kind) {
    let key = if kind == Kind::I3 { "class" } else { "app_id" };
    let configuration = format!("[[rule]]\n{key} = \"both\"\nprojects = [\"a\", \"b\", \"nobody\"]\n");
    let mut scene = Scene::with(kind, &Options { two_outputs: true, ..Options::default() }, &configuration);
    scene.daemon().create_projects(&["c"]);
    // Beside each other: one window of `a`, one of `a` and `b`, one of all three.
    scene.script("a", "1", 0, &["+1", "+2", "split v", "+3"]);
    scene.script("a", "2", 1, &["+4"]);
    for (title, project) in [("a-2", "b"), ("a-3", "b"), ("a-3", "c")] {
        let id = scene.wm.id(title).to_string();
        Cli::done(&scene.wm, &["window", "assign", "--also", project, "--window", &id]);
    }
    let window = scene.daemon().window("a-3");
    assert_eq!((&window["projects"], &window["claim"]), (&json!(["a", "b", "c"]), &json!("user")), "{window:#}");
    scene.visit_every_workspace();
    let a = scene.look();
    scene.switch("b");
    assert_eq!(Snapshot::titles(&scene.wm), ["a-2", "a-3"], "what also belongs to b stays");
    scene.switch("c");
    assert_eq!(Snapshot::titles(&scene.wm), ["a-3"], "hidden for different projects, each on its own");
    scene.switch("b");
    assert_eq!(Snapshot::titles(&scene.wm), ["a-2", "a-3"]);
    scene.switch("a");
    assert_eq!(Snapshot::titles(&scene.wm), ["a-1", "a-2", "a-3", "a-4"]);
    a.assert_same(&scene.look(), "after three projects in turn took their windows");

    // A hidden window that is given one more project stays where it will return to.
    scene.switch("b");
    scene.script("b", "5", 1, &[]);
    scene.switch("c");
    let id = scene.wm.id("a-1").to_string();
    Cli::done(&scene.wm, &["window", "assign", "--also", "b", "--window", &id]);
    for name in ["b", "c", "b"] {
        scene.switch(name);
        assert_eq!(scene.daemon().window("a-1")["workspace"], "1", "in {name}");
    }
    Cli::done(&scene.wm, &["window", "assign", "a", "--window", &id]);

    // Marks hold the whole set: a daemon that comes anew finds it.
    scene.switch("c");
    scene.daemon.take().expect("it runs").kill();
    scene.daemon = Some(crate::support::Daemon::start(&scene.wm));
    assert_eq!(scene.daemon().window("a-2")["projects"], json!(["a", "b"]));
    assert_eq!(scene.daemon().window("a-3")["projects"], json!(["a", "b", "c"]));
    scene.switch("b");
    assert_eq!(Snapshot::titles(&scene.wm), ["a-2", "a-3"]);

    // The rule names one that is not there; the next window of its process belongs where it opens.
    let mut program = Program::start(&scene.wm);
    let named = |title: &str| Window { title: title.into(), class: "both".into(), ..Window::default() };
    program.open_window(&scene.wm, &named("r-1"));
    let window = scene.daemon().window("r-1");
    assert_eq!((&window["projects"], &window["claim"]), (&json!(["a", "b"]), &json!("rule")), "{window:#}");
    program.open_window(&scene.wm, &Window::named("r-2"));
    let window = scene.daemon().window("r-2");
    assert_eq!((&window["projects"], &window["claim"]), (&json!(["b"]), &json!("active")), "{window:#}");

    // A project that is deleted leaves the others.
    let deleted = scene.daemon().call("project.delete", json!({"name": "b"}));
    assert_eq!(deleted["windows"], 1, "r-2 had no other: {deleted:#}");
    assert_eq!(scene.daemon().window("a-3")["projects"], json!(["a", "c"]));
    scene.switch("c");
    assert_eq!(Snapshot::titles(&scene.wm), ["a-3", "r-2"]);
    let error = scene.daemon().call_refused("window.assign", json!({"global": true, "also": true}));
    assert_eq!(error.code, "invalid_params", "{error:?}");
    let id = scene.wm.id("a-3");
    for number in 2..=16 {
        let name = format!("p-{number}");
        scene.daemon().create_projects(&[&name]);
        let assign = json!({"id": id, "project": name, "also": true});
        if number < 16 {
            scene.daemon().call("window.assign", assign);
        } else {
            let error = scene.daemon().call_refused("window.assign", assign);
            assert_eq!(error.code, "overloaded", "sixteen projects are the most: {error:?}");
        }
    }
    assert_eq!(scene.daemon().window("a-3")["projects"].as_array().map(Vec::len), Some(16));
}

fn the_first_run(kind: Kind) {
    let _machine = among_others();
    let wm = WindowManager::start(kind, &Options { two_outputs: true, ..Options::default() });
    let mut program = Program::start(&wm);
    for number in 0..12 {
        wm.run(&format!("workspace {}", 1 + number % 3));
        program.open(&wm, &format!("w-{number:02}"));
    }
    let before = Snapshot::take(&wm);
    let mut daemon = crate::support::Daemon::start(&wm);
    before.assert_same(&Snapshot::take(&wm), "a daemon that starts without projects");
    for number in 0..12 {
        let window = daemon.window(&format!("w-{number:02}"));
        assert_eq!((&window["global"], &window["projects"]), (&json!(true), &json!([])), "{window:#}");
    }
    for arguments in [&["project", "list"][..], &[]] {
        let run = Cli::run(&wm, arguments);
        let said = format!("{}{}", run.output, run.errors);
        assert!(said.contains("i3pm project create"), "{arguments:?} says what to do first: {said}");
        assert!(said.contains("i3pm window assign"), "{arguments:?} says what to do first: {said}");
    }
    daemon.stop();
    before.assert_same(&Snapshot::take(&wm), "a daemon that came and went");
}

fn a_project_takes_what_is_there(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.daemon().clear();
    scene.script("g", "1", 0, &["+1", "split v", "+2"]);
    scene.script("g", "2", 1, &["+3", "+4"]);
    scene.script("g", "3", 0, &["+5"]);
    assert_eq!(claim(&mut scene, "g-1").0, "");
    Cli::done(&scene.wm, &["project", "create", "here", "--take", "workspace"]);
    assert_eq!(scene.daemon().project_of("g-5").as_deref(), Some("here"));
    Cli::done(&scene.wm, &["project", "create", "one", "--take", "focused"]);
    assert_eq!(scene.daemon().project_of("g-5").as_deref(), Some("one"));
    scene.wm.run("workspace 1; workspace 2");
    Cli::done(&scene.wm, &["project", "create", "seen", "--take", "visible"]);
    let names: Vec<_> =
        ["g-1", "g-2", "g-3", "g-4", "g-5"].map(|title| scene.daemon().project_of(title).unwrap_or_default()).into();
    assert_eq!(names, ["seen", "seen", "seen", "seen", "one"]);
    let deleted = scene.daemon().call("project.delete", json!({"name": "seen"}));
    assert_eq!(deleted["windows"], 4, "{deleted:#}");
    assert_eq!(scene.daemon().project_of("g-1"), None);
}

fn a_restart_claims_nothing_new(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.daemon().clear();
    scene.script("g", "1", 0, &["+1"]);
    scene.switch("a");
    scene.script("a", "1", 0, &["+1"]);
    scene.daemon.take().expect("it runs").stop();
    scene.daemon = Some(crate::support::Daemon::start(&scene.wm));
    assert_eq!(scene.daemon().project_of("g-1"), None, "what was global stays global");
    assert_eq!(scene.daemon().project_of("a-1").as_deref(), Some("a"));
    assert_eq!(scene.daemon().window("a-1")["claim"], "mark");
}

/// The project of a window (empty: global), and why.
fn claim(scene: &mut Scene, title: &str) -> (String, String) {
    let window = scene.daemon().window(title);
    let project = window["projects"][0].as_str().unwrap_or_default();
    (project.into(), window["claim"].as_str().unwrap_or_default().into())
}

/// The titles that are shown, once they are the expected ones or the time is over.
fn shown_soon(scene: &Scene, expected: &[&str]) -> Vec<String> {
    crate::support::wait_for(&format!("{expected:?} to be what is shown"), || {
        let titles = Snapshot::titles(&scene.wm);
        (titles == expected).then_some(titles)
    })
}
