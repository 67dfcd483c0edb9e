//! Programs are started for a project, and their windows belong to it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::scene::Scene;
use crate::support::daemon::Rpc;
use crate::support::wait::wait_within;
use crate::support::{Cli, Daemon, Kind, Options, Snapshot, long, wait_for};

/// Launches in one burst.
const BURST: usize = 100;
/// Those of a short run: a terminal takes its time to start, and a launch is forgotten after 30 s without a window.
const SHORT_BURST: usize = 40;
/// Launches for a project that is hidden.
const YOUNG: usize = 12;
/// How long they may take to open their windows.
const BURST_LIMIT: Duration = Duration::from_secs(60);

on_both!(
    a_launch_for_a_hidden_project_is_hidden_with_it,
    a_burst_from_four_projects_is_all_right,
    what_is_hidden_in_its_first_moments_lives_on,
    a_program_with_one_process_opens_where_it_was_asked_for,
    a_launch_from_elsewhere_is_of_the_window_managers_session,
);

/// A program with a window of its own, as a person would start one.
pub fn configuration(kind: Kind) -> String {
    let command = match kind {
        Kind::I3 => r#"["xterm", "-T", "{project}", "-e", "sleep", "1000"]"#,
        Kind::Sway => r#"["foot", "--config", "/dev/null", "--title", "{project}", "sleep", "1000"]"#,
    };
    format!("[project.c]\n[project.d]\n[app.term]\ncommand = {command}\n")
}

fn launch(rpc: &mut Rpc, project: &str) -> Value {
    let launched = rpc.call("app.launch", json!({"name": "term", "project": project}));
    launched.unwrap_or_else(|error| panic!("{error:?}"))
}

fn a_launch_for_a_hidden_project_is_hidden_with_it(kind: Kind) {
    let options = Options { two_outputs: true, ..Options::default() };
    let mut scene = Scene::with(kind, &options, &configuration(kind));
    // As a binding would: the command line hands on the display.
    let said = Cli::done(&scene.wm, &["launch", "term"]);
    assert!(said.starts_with("term is started for project a"), "{said}");
    let window = scene.daemon().window("a");
    assert_eq!((&window["projects"], &window["claim"]), (&json!(["a"]), &json!("launch")), "{window:#}");
    // It is asked for while b is the active project, and comes when it likes.
    scene.switch("b");
    let said = Cli::done(&scene.wm, &["launch", "term", "--project", "c"]);
    assert!(said.starts_with("term is started for project c"), "{said}");
    let window = scene.daemon().window("c");
    assert_eq!((&window["projects"], &window["claim"]), (&json!(["c"]), &json!("launch")), "{window:#}");
    wait_for("the window to be hidden", || (scene.daemon().window("c")["hidden"] == true).then_some(()));
    assert_eq!(Snapshot::titles(&scene.wm), [""; 0]);
    let id = window["id"].to_string();
    let explained = Cli::done(&scene.wm, &["explain", &id]);
    assert!(explained.contains("CHOSEN  100  term for project c"), "{explained}");
    scene.switch("c");
    assert_eq!(Snapshot::titles(&scene.wm), ["c"]);
    // The next daemon knows it by its mark, and the programs live on.
    scene.daemon.take().expect("it runs").kill();
    scene.daemon = Some(Daemon::start(&scene.wm));
    assert_eq!(scene.daemon().project_of("c").as_deref(), Some("c"));
    assert_eq!(scene.daemon().project_of("a").as_deref(), Some("a"));
    for title in ["a", "c"] {
        scene.wm.run(&format!("[con_id={}] kill", scene.wm.id(title)));
    }
}

/// As from cron: the caller hands on nothing, and the daemon knows an earlier display.
fn a_launch_from_elsewhere_is_of_the_window_managers_session(kind: Kind) {
    let mut scene = Scene::with(kind, &Options::default(), &configuration(kind));
    scene.daemon.take().expect("it runs").kill();
    scene.daemon = Some(Daemon::start_stale(&scene.wm));
    launch(&mut scene.daemon().connect(), "a");
    let window = scene.daemon().window("a");
    assert_eq!((&window["projects"], &window["claim"]), (&json!(["a"]), &json!("launch")), "{window:#}");
    scene.wm.run(&format!("[con_id={}] kill", scene.wm.id("a")));
}

fn a_burst_from_four_projects_is_all_right(kind: Kind) {
    let mut scene = Scene::with(kind, &Options::default(), &configuration(kind));
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut rpc = scene.daemon().connect();
    let mut expected = BTreeMap::new();
    let burst = if long() { BURST } else { SHORT_BURST };
    for _ in 0..burst {
        let project = ["a", "b", "c", "d"][rng.usize(..4)];
        let launched = launch(&mut rpc, project);
        expected.insert(launched["pid"].as_u64().expect("a process"), project.to_owned());
        if rng.u8(..10) == 0 {
            // A busy window manager may take its time: the switch is made all the same.
            let name = ["a", "b", "c", "d", "none"][rng.usize(..5)];
            let code =
                rpc.call("project.switch", json!({"name": name})).map_or_else(|error| error.code, |_| String::new());
            assert!(["", "wm_timeout", "superseded"].contains(&code.as_str()), "{code}");
        }
    }
    let found = wait_within("all windows", BURST_LIMIT, || {
        let windows = scene.daemon().windows();
        let decided = windows.iter().filter(|window| window["claim"] != "pending");
        let found: BTreeMap<u64, String> = decided
            .filter_map(|window| {
                Some((window["pid"].as_u64()?, window["projects"][0].as_str().unwrap_or("").to_owned()))
            })
            .collect();
        // What has died will have none.
        let is_alive = |pid: &u64| std::fs::exists(format!("/proc/{pid}")).expect("/proc");
        expected.keys().all(|pid| found.contains_key(pid) || !is_alive(pid)).then_some(found)
    });
    let died = expected.len() - found.len();
    assert_eq!(died, 0, "seed {seed}");
    assert_eq!(found, expected, "seed {seed}");
    for window in scene.daemon().windows() {
        assert_eq!(window["claim"], "launch", "seed {seed}: {window:#}");
    }
    scene.daemon().wait_settled();
    end(found.into_keys());
}

/// i3 tells a bare window that is hidden that it is 0 by 0 pixels large, and one xterm in six dies of that while it starts.
fn what_is_hidden_in_its_first_moments_lives_on(kind: Kind) {
    let configuration = configuration(kind);
    let floats = configuration.rsplit_once("[app.term]").expect("an application").1;
    let configuration = format!("{configuration}[app.floats]{floats}float = true\n");
    let mut scene = Scene::with(kind, &Options::default(), &configuration);
    scene.script("a", "1", 0, &["+1"]);
    let mut rpc = scene.daemon().connect();
    let mut pids = Vec::new();
    for name in ["term", "floats"].into_iter().cycle().take(YOUNG) {
        let launched = rpc.call("app.launch", json!({"name": name, "project": "c"}));
        let launched = launched.unwrap_or_else(|error| panic!("{error:?}"));
        pids.push(launched["pid"].as_u64().expect("a process"));
    }
    wait_within("all windows to be hidden", BURST_LIMIT, || {
        let windows = scene.daemon().windows();
        (windows.iter().filter(|window| window["hidden"] == true).count() == YOUNG).then_some(())
    });
    scene.switch("c");
    wait_for("those that must float to do so", || {
        let windows = scene.daemon().windows();
        let floating = windows.iter().filter(|window| window["floating"] == true).count();
        (windows.len() == YOUNG + 1 && floating == YOUNG / 2).then_some(())
    });
    assert_eq!(Snapshot::titles(&scene.wm), ["c"; YOUNG]);
    end(pids.into_iter());
}

/// The bare program of the tests has one process for all its windows, as browsers have; what is launched only asks it for one.
fn a_program_with_one_process_opens_where_it_was_asked_for(kind: Kind) {
    let condition = if kind == Kind::I3 { "class" } else { "app_id" };
    let configuration = format!("[app.browser]\ncommand = [\"true\"]\nmatch = {{ {condition} = \"a\" }}\n");
    let mut scene = Scene::with(kind, &Options::default(), &configuration);
    scene.script("a", "1", 0, &["+1"]);
    let pid = scene.daemon().window("a-1")["pid"].clone();
    scene.switch("b");
    for (title, project) in [("a-2", "b"), ("a-3", "a"), ("a-4", "b")] {
        scene.daemon().call("app.launch", json!({"name": "browser", "project": project}));
        let named =
            crate::support::Window { title: title.into(), class: "a".into(), ..crate::support::Window::default() };
        let window = scene.request("a", &named);
        assert_eq!(window["pid"], pid, "one process");
        assert_eq!((&window["projects"], &window["claim"]), (&json!([project]), &json!("launch")), "{window:#}");
    }
}

/// End programs.
pub fn end(pids: impl Iterator<Item = u64>) {
    for pid in pids {
        let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw).expect("a pid");
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}
