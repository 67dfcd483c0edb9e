//! The window manager restarts, exits, freezes: the daemon stays up and is right afterwards.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;

use super::scene::{Scene, alone};
use crate::support::figures::tell;
use crate::support::{Cli, Daemon, Kind, Options, Session, Snapshot, WindowManager, wait_for};

/// From the new socket to a daemon that is connected.
const RECONNECT_LIMIT: Duration = Duration::from_secs(1);
/// How long `i3pm status` may take while the window manager is frozen, above what the start of a process takes.
const STATUS_LIMIT: Duration = Duration::from_millis(10);
/// How long the daemon may take to stop while the window manager is frozen.
const FROZEN_STOP_LIMIT: Duration = Duration::from_secs(3);

on_both!(exit_and_new_start, frozen_and_thawed, stopped_while_frozen);

/// sway does not restart in place.
#[test]
fn i3_restarts_in_place() {
    let mut scene = Scene::new(Kind::I3);
    scene.daemon().create_projects(&["c"]);
    let mut left = Vec::new();
    for name in ["a", "b", "c"] {
        scene.switch(name);
        scene.three_workspaces(name);
        left.push((name, scene.look()));
    }
    scene.wm.restart_in_place();
    scene.daemon().wait_connected(RECONNECT_LIMIT);
    let c = scene.look();
    left[2].1.assert_same(&c, "the restart itself");
    for name in ["a", "b", "c", "b", "a"] {
        let now = scene.switch(name);
        let before = &left.iter().find(|project| project.0 == name).expect("one of them").1;
        before.assert_same(&now, &format!("project {name} after i3's restart"));
    }
    assert_eq!(scene.daemon().windows().len(), 48);
}

/// Of two window managers with one runtime directory the one that is served keeps the daemon, though it is slow to come back.
#[test]
fn i3_restarts_in_place_beside_another() {
    let slow = "include `sleep 0.4; echo /nowhere`".to_owned();
    let wm = WindowManager::i3(&Options { config: slow, ..Options::default() });
    let beside = Session::in_runtime_directory(&wm.session.runtime_directory());
    let _other = WindowManager::start_in(beside, Kind::I3, &Options::default());
    let mut daemon = Daemon::start(&wm);
    assert_eq!(daemon.status()["wm"]["pid"], json!(wm.pid()));
    for round in 0..3 {
        wm.restart_in_place();
        daemon.wait_connected(RECONNECT_LIMIT);
        assert_eq!(daemon.status()["wm"]["pid"], json!(wm.pid()), "round {round}: {}", daemon.log());
    }
}

/// i3 with an `ipc-socket` of its own, for a daemon whose environment does not say where: its display does.
#[test]
fn an_ipc_socket_of_its_own_is_found() {
    let session = Session::new();
    let place = session.directory().join("odd.sock");
    let config = format!("ipc-socket {}", place.display());
    let wm = WindowManager::start_in(session, Kind::I3, &Options { config, ..Options::default() });
    let mut daemon = Daemon::start_untold(&wm);
    assert_eq!(daemon.status()["wm"]["socket"], json!(place));
    let mut rescue = wm.command(crate::support::daemon::COMMAND_LINE);
    let output = rescue.args(["rescue", "--json"]).env_remove("I3SOCK").stdout(Stdio::piped()).output().expect("i3pm");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(report["socket"], json!(place), "{report}");
}

fn exit_and_new_start(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.three_workspaces("a");
    scene.switch("b");
    scene.script("b", "1", 0, &["+1", "split v", "+2"]);
    let pid = scene.daemon().pid();
    scene.wm.exit();
    wait_for("the daemon to notice", || (scene.daemon().wm_state() == "disconnected").then_some(()));
    assert_eq!(scene.daemon().call("ping", json!({}))["protocol"], 1, "it answers meanwhile");
    let error = scene.daemon().call_refused("project.switch", json!({"name": "a"}));
    assert_eq!(error.code, "wm_disconnected");

    scene.wm.start_again();
    let took = scene.daemon().wait_connected(RECONNECT_LIMIT);
    tell(
        &format!("reconnect-{}", kind.name()),
        &format!("{}: connected {took:?} after the new socket answered", kind.name()),
    );
    assert_eq!(scene.daemon().pid(), pid);
    // X11 windows outlive i3; sway takes its clients along.
    let titles = scene.all_titles();
    if kind == Kind::I3 {
        assert_eq!(titles.len(), 18, "{titles:?}");
    }
    let mut known: Vec<String> =
        scene.daemon().windows().iter().map(|window| window["title"].as_str().unwrap_or_default().into()).collect();
    known.sort();
    assert_eq!(known, titles, "every window is accounted for");

    scene.forget_programs();
    scene.daemon().switch("a");
    let new = scene.script("n", "7", 0, &["+1", "split v", "+2"]);
    let a = scene.look();
    scene.daemon().switch("b");
    let shown = Snapshot::titles(&scene.wm);
    assert!(!new.iter().any(|title| shown.contains(title)), "{shown:?}");
    a.assert_same(&scene.switch("a"), "with the new window manager");
}

fn frozen_and_thawed(kind: Kind) {
    let _machine = alone();
    let mut scene = Scene::without_others(kind, &Options { two_outputs: true, ..Options::default() }, "");
    scene.three_workspaces("a");
    let a = scene.look();
    scene.switch("b");
    scene.three_workspaces("b");
    let b = scene.look();

    scene.wm.freeze();
    let mut rpc = scene.daemon().connect();
    let waiting = std::thread::spawn(move || rpc.call("project.switch", json!({"name": "a"})));
    wait_for("the daemon to call the link stale", || (scene.daemon().wm_state() == "stale").then_some(()));
    let median = |arguments: &[&str], expected: &str| {
        let mut times: Vec<Duration> = (0..9)
            .map(|_| {
                let run = Cli::run(&scene.wm, arguments);
                assert!(run.status.success() && run.output.contains(expected), "{run:?}");
                run.took
            })
            .collect();
        times.sort();
        times[4]
    };
    let floor = median(&["--version"], "i3pm");
    let status = median(&["status"], "does not answer");
    let call_start = Instant::now();
    scene.daemon().status();
    let call = call_start.elapsed();
    eprintln!(
        "{}: i3pm status while it is frozen: {status:?} (i3pm --version: {floor:?}), the call alone {call:?}",
        kind.name()
    );
    assert!(status < floor + STATUS_LIMIT, "{status:?}, and {floor:?} for a process alone");
    assert!(call < STATUS_LIMIT, "{call:?}");

    scene.wm.thaw();
    scene.daemon().wait_connected(crate::support::DEADLINE);
    // The caller was answered, one way or the other; the switch itself was done.
    let answer = waiting.join().expect("an answer");
    assert!(answer.as_ref().map_or_else(|error| error.code == "wm_timeout", |_| true), "{answer:?}");
    scene.daemon().wait_current(Some("a"));
    a.assert_same(&scene.look(), "after the thaw");
    b.assert_same(&scene.switch("b"), "after the thaw");
}

fn stopped_while_frozen(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.three_workspaces("a");
    let a = scene.look();
    scene.switch("b");
    scene.script("b", "1", 0, &["+1"]);
    let everything = scene.all_titles();
    scene.wm.freeze();
    let took = scene.daemon.take().expect("it runs").stop();
    eprintln!("{}: SIGTERM to exit while it is frozen: {took:?}", kind.name());
    assert!(took < FROZEN_STOP_LIMIT, "{took:?}");
    scene.wm.thaw();
    scene.daemon = Some(Daemon::start(&scene.wm));
    assert_eq!(scene.all_titles(), everything);
    scene.daemon().switch("b");
    a.assert_same(&scene.switch("a"), "after a stop while frozen");
}
