//! Projects that are opened, closed and renamed.

use serde_json::{Value, json};

use super::scene::Scene;
use crate::support::{Cli, Daemon, Kind, Options, Program, Snapshot, Window, wait_for};

on_both!(
    a_project_is_opened_with_two_apps,
    a_window_that_refuses_to_close_stays,
    a_hidden_project_is_closed,
    a_rename_holds_whenever_the_daemon_dies,
    a_project_is_entered_where_it_wants_to_be,
);

/// A terminal with a title of its own, as a person would start one.
fn terminal(kind: Kind, title: &str) -> String {
    match kind {
        Kind::I3 => format!(r#"["xterm", "-T", "{title} of {{project}}", "-e", "sleep", "1000"]"#),
        Kind::Sway => {
            format!(r#"["foot", "--config", "/dev/null", "--title", "{title} of {{project}}", "sleep", "1000"]"#)
        }
    }
}

fn a_project_is_opened_with_two_apps(kind: Kind) {
    let [one, two] = ["one", "two"].map(|title| terminal(kind, title));
    let configuration = format!(
        "[project.c]\napps = [\"one\", \"missing\", \"two\"]\n[app.one]\ncommand = {one}\n[app.two]\ncommand = {two}\n\
         [app.missing]\ncommand = [\"no-such-program\"]\n"
    );
    let mut scene = Scene::with(kind, &Options::default(), &configuration);
    scene.script("a", "1", 0, &["+1"]);
    let opened = Cli::run(&scene.wm, &["project", "open", "c"]);
    assert_eq!(opened.status.code(), Some(1), "one application is missing: {opened:?}");
    assert!(opened.output.starts_with("c (was a): 1 hidden, 0 restored"), "{}", opened.output);
    assert!(opened.output.contains("  one is started for project c, process "), "{}", opened.output);
    assert!(opened.output.contains("  two is started for project c, process "), "{}", opened.output);
    assert!(
        opened.errors.contains("i3pm: missing: missing could not be started: command not found"),
        "{}",
        opened.errors
    );
    println!("{}: opened in {:?}", kind.name(), opened.took);
    for title in ["one of c", "two of c"] {
        let window = scene.daemon().window(title);
        assert_eq!((&window["projects"], &window["claim"]), (&json!(["c"]), &json!("launch")), "{window:#}");
    }
    // With windows it is only switched to, from wherever.
    scene.switch("a");
    let answer = scene.daemon().call("project.open", json!({"name": "c"}));
    assert_eq!(
        (&answer["windows"], &answer["apps"], &answer["switch"]["restored"]),
        (&json!(2), &json!([]), &json!(2))
    );
    scene.daemon().wait_settled();
    assert_eq!(Snapshot::titles(&scene.wm), ["one of c", "two of c"]);
    // They are closed as they were opened.
    let closed = Cli::done(&scene.wm, &["project", "close", "c", "--wait", "10"]);
    assert_eq!(closed, "c: 2 windows closed\n");
    assert_eq!(scene.daemon().current().as_deref(), Some("c"));
    assert_eq!(scene.all_titles(), ["a-1"]);
}

/// Open a bare window, and wait until the daemon knows whose it is.
fn open(scene: &mut Scene, program: &mut Program, title: &str, refuses_to_close: bool) -> u64 {
    let window = Window { title: title.into(), class: "bare".into(), refuses_to_close, ..Window::default() };
    program.request(&scene.wm, &window);
    scene.daemon().window(title)["id"].as_u64().expect("an id")
}

fn titles(windows: &Value) -> Vec<&str> {
    let mut titles: Vec<&str> =
        windows.as_array().expect("windows").iter().filter_map(|window| window["title"].as_str()).collect();
    titles.sort_unstable();
    titles
}

fn a_window_that_refuses_to_close_stays(kind: Kind) {
    let mut scene = Scene::new(kind);
    let mut programs = [Program::start_bare(&scene.wm), Program::start_bare(&scene.wm)];
    scene.switch("b");
    for title in ["b-1", "b-2"] {
        open(&mut scene, &mut programs[1], title, false);
    }
    scene.switch("a");
    let unsaved = open(&mut scene, &mut programs[0], "unsaved", true);
    for title in ["a-1", "a-2", "shared", "global"] {
        open(&mut scene, &mut programs[0], title, false);
    }
    let ids = ["shared", "global"].map(|title| scene.wm.id(title));
    scene.daemon().call("window.assign", json!({"id": ids[0], "project": "b", "also": true}));
    scene.daemon().call("window.assign", json!({"id": ids[1], "global": true}));
    let closed = Cli::run(&scene.wm, &["project", "close", "a"]);
    println!("{}: answered after {:?}", kind.name(), closed.took);
    assert_eq!(closed.status.code(), Some(1), "{closed:?}");
    assert!(closed.output.starts_with("a: 2 windows closed\n"), "{}", closed.output);
    assert!(closed.output.contains("shared") && !closed.output.contains("global"), "{}", closed.output);
    assert!(closed.errors.contains("1 window did not close") && closed.errors.contains("unsaved"), "{}", closed.errors);
    scene.daemon().wait_settled();
    assert_eq!(scene.all_titles(), ["b-1", "b-2", "global", "shared", "unsaved"]);
    assert_eq!(scene.daemon().current().as_deref(), Some("a"));
    assert_eq!(scene.daemon().project_of("unsaved").as_deref(), Some("a"));
    assert_eq!(scene.daemon().window("shared")["projects"], json!(["b"]));
    assert_eq!(Snapshot::titles(&scene.wm), ["global", "unsaved"], "what belongs to b alone now is hidden with it");
    // It is waited for as long as one likes, and what closes meanwhile has closed.
    let mut rpc = scene.daemon().connect();
    let waiting = std::thread::spawn(move || rpc.call("project.close", json!({"name": "a", "wait_ms": 20_000})));
    std::thread::sleep(std::time::Duration::from_millis(200));
    programs[0].close(&scene.wm, "unsaved");
    let answer = waiting.join().expect("no panic").expect("an answer");
    assert_eq!((titles(&answer["closed"]), answer["closed"][0]["id"].as_u64()), (vec!["unsaved"], Some(unsaved)));
    assert_eq!(answer["refused"], json!([]));
    assert_eq!(scene.all_titles(), ["b-1", "b-2", "global", "shared"]);
}

fn a_hidden_project_is_closed(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.script("a", "1", 0, &["+1", "split v", "+2", "layout tabbed", "+3"]);
    scene.script("a", "2", 1, &["+4", "+5"]);
    scene.wm.run("floating enable");
    let mut bare = Program::start_bare(&scene.wm);
    open(&mut scene, &mut bare, "unsaved", true);
    scene.switch("b");
    scene.script("b", "1", 0, &["+1", "split v", "+2"]);
    let b = scene.look();
    let answer = scene.daemon().call("project.close", json!({"name": "a"}));
    assert_eq!(titles(&answer["closed"]), ["a-1", "a-2", "a-3", "a-4", "a-5"], "{answer:#}");
    assert_eq!((titles(&answer["refused"]), &answer["released"]), (vec!["unsaved"], &json!([])), "{answer:#}");
    scene.daemon().wait_settled();
    b.assert_same(&scene.look(), "a hidden project was closed");
    let window = scene.daemon().window("unsaved");
    assert_eq!((&window["projects"], &window["hidden"]), (&json!(["a"]), &json!(true)), "{window:#}");
    scene.switch("a");
    assert_eq!(Snapshot::titles(&scene.wm), ["unsaved"]);
    scene.switch("b");
    b.assert_same(&scene.look(), "b afterwards");
    bare.close(&scene.wm, "unsaved");
    let answer = scene.daemon().call("project.close", json!({"name": "a"}));
    assert_eq!((&answer["closed"], &answer["refused"]), (&json!([]), &json!([])));
    wait_for("nothing to be hidden", || (scene.daemon().status()["windows"]["hidden"] == 0).then_some(()));
}

/// The daemon dies right after a rename: when all marks were sent, and with one of them and the runtime file as they were before.
fn a_rename_holds_whenever_the_daemon_dies(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.script("a", "1", 0, &["+1", "split v", "+2", "layout tabbed", "+3"]);
    scene.script("a", "2", 1, &["+4", "+5"]);
    let a = scene.look();
    scene.switch("b");
    scene.script("b", "1", 0, &["+1"]);
    let b = scene.look();
    let runtime_file = scene.wm.session.runtime_directory().join("i3pm/runtime.json");
    let said = Cli::done(&scene.wm, &["project", "rename", "a", "z"]);
    assert_eq!(said, "its name is z now, and 5 windows have it\n");
    scene.daemon.take().expect("it runs").kill();
    scene.daemon = Some(Daemon::start(&scene.wm));
    scene.daemon().wait_settled();
    b.assert_same(&scene.look(), "a hidden project was renamed");
    a.assert_same(&scene.switch("z"), "under another name, after a crash");
    b.assert_same(&scene.switch("b"), "b, too");

    let before = std::fs::read(&runtime_file).expect("the runtime file");
    let marks = ["a-2", "a-5"].map(|title| owner_mark(&scene, title));
    scene.daemon().call("project.rename", json!({"name": "z", "to": "y"}));
    scene.daemon().wait_settled();
    scene.daemon.take().expect("it runs").kill();
    for ((id, mark), title) in marks.iter().zip(["a-2", "a-5"]) {
        let (_, new) = owner_mark(&scene, title);
        assert!(mark.ends_with(":z") && new.ends_with(":y"), "{mark} became {new}");
        scene.wm.run(&format!("[con_id={id}] unmark \"{new}\""));
        scene.wm.run(&format!("[con_id={id}] mark --add \"{mark}\""));
    }
    std::fs::write(&runtime_file, before).expect("the runtime file");
    scene.daemon = Some(Daemon::start(&scene.wm));
    scene.daemon().wait_settled();
    b.assert_same(&scene.look(), "a daemon that died between the projects file and the last mark");
    for title in ["a-1", "a-2", "a-5"] {
        assert_eq!(scene.daemon().project_of(title).as_deref(), Some("y"));
        assert!(owner_mark(&scene, title).1.ends_with(":y"), "the marks follow");
    }
    a.assert_same(&scene.switch("y"), "after that");
    let list = scene.daemon().call("project.list", json!({}));
    let names = list["projects"].as_array().expect("projects").iter().map(|project| &project["name"]);
    assert_eq!(names.collect::<Vec<_>>(), ["b", "y"]);
}

/// The container of a window, and the mark that says whose it is.
fn owner_mark(scene: &Scene, title: &str) -> (u64, String) {
    let node = scene.wm.find(title).expect("the window");
    let mut marks = node["marks"].as_array().expect("marks").iter().filter_map(Value::as_str);
    let mark = marks.find(|mark| mark.starts_with("_i3pm1:w:")).expect("an owner mark").to_owned();
    (node["id"].as_u64().expect("an id"), mark)
}

/// Two outputs. The first workspace is made on the output that the project wants, the second on the other; a window that came before that is there.
fn a_project_is_entered_where_it_wants_to_be(kind: Kind) {
    let options = Options { two_outputs: true, ..Options::default() };
    let name = if kind == Kind::I3 { "class" } else { "app_id" };
    let outputs = Scene::with(kind, &options, "").outputs.clone();
    let configuration = format!(
        "[project.c]\nworkspaces = [\"wanted\", \"second\"]\noutput = \"{}\"\n[[rule]]\n{name} = \"c\"\nproject = \"c\"\n\
         [project.d]\nworkspaces = [8]\noutput = \"NONE-1\"\n",
        outputs[1]
    );
    let mut scene = Scene::with(kind, &options, &configuration);
    assert_eq!(scene.outputs, outputs);
    scene.script("a", "1", 0, &["+1"]);
    scene.script("a", "2", 1, &["+2"]);
    scene.wm.run("workspace 1");
    let a = scene.look();
    let early = Window { title: "c-1".into(), class: "c".into(), ..Window::default() };
    assert_eq!(scene.request("c", &early)["projects"], json!(["c"]));
    wait_for("it to be hidden", || (scene.daemon().window("c-1")["hidden"] == true).then_some(()));
    let window = scene.daemon().window("c-1");
    assert_eq!((&window["workspace"], &window["output"]), (&json!("wanted"), &json!(outputs[1])), "{window:#}");
    scene.daemon().wait_settled();
    a.assert_same(&scene.look(), "a window of a hidden project came");
    let c = scene.switch("c");
    assert_eq!(scene.wm.focused_workspace(), "wanted");
    let shown: Vec<(&str, &str)> =
        c.visible.iter().map(|(output, workspace)| (output.as_str(), workspace.as_str())).collect();
    assert_eq!(shown, [(outputs[0].as_str(), "second"), (outputs[1].as_str(), "wanted")], "{c}");
    assert_eq!(Snapshot::titles(&scene.wm), ["c-1"]);
    // An output that is not connected is no reason not to go there.
    scene.switch("d");
    assert_eq!(scene.wm.focused_workspace(), "8");
    a.assert_same(&scene.switch("a"), "a, where it was left");
    // Once left it is entered as it was left.
    scene.switch("c");
    assert_eq!(scene.wm.focused_workspace(), "wanted");
    scene.wm.show_workspace("elsewhere", Some(&outputs[0]));
    scene.script("c", "elsewhere", 0, &["+2"]);
    scene.switch("a");
    scene.switch("c");
    assert_eq!(scene.wm.focused_workspace(), "elsewhere");
}
