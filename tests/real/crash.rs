//! The daemon is killed at any instant: nothing is lost, and the next one goes on.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::scene::Scene;
use crate::support::wm::{children, list, text, walk};
use crate::support::{Cli, Daemon, Kind, Snapshot};

/// How long after the request for a switch the daemon is killed, in microseconds.
const KILLED_AFTER_US: [u64; 8] = [0, 300, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

on_both!(killed_while_hidden, killed_in_the_middle_of_a_switch, rescue_without_a_daemon);

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

fn killed_in_the_middle_of_a_switch(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.three_workspaces("a");
    let a = scene.look();
    scene.switch("b");
    scene.three_workspaces("b");
    let b = scene.look();
    let everything = scene.all_titles();
    let projects: Vec<(String, Vec<String>)> = ["a", "b"]
        .map(|name| {
            let mut titles: Vec<String> = everything.iter().filter(|title| title.starts_with(name)).cloned().collect();
            titles.sort();
            (name.to_owned(), titles)
        })
        .into();
    let mut exact = 0;
    let mut target = "a";
    for delay_us in KILLED_AFTER_US {
        let socket = scene.wm.session.runtime_directory().join("i3pm/ipc.sock");
        let mut peer = UnixStream::connect(socket).expect("the daemon accepts");
        let line =
            serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": "project.switch", "params": {"name": target}});
        writeln!(peer, "{line}").expect("the daemon listens");
        // The instant is what is tested here; nothing is waited for.
        std::thread::sleep(Duration::from_micros(delay_us));
        scene.daemon.take().expect("it runs").kill();
        scene.wm.settle();
        assert_eq!(scene.all_titles(), everything, "killed after {delay_us} us: a window is lost");
        scene.daemon = Some(Daemon::start(&scene.wm));
        for (name, titles) in &projects {
            let now = scene.switch(name);
            assert_eq!(&Snapshot::titles(&scene.wm), titles, "killed after {delay_us} us, project {name}\n{now}");
            let before = if name == "a" { &a } else { &b };
            let differences = before.differences(&now);
            exact += usize::from(differences.is_empty());
            if !differences.is_empty() {
                eprintln!("{}: killed after {delay_us} us, {name}:\n{differences}", kind.name());
            }
        }
        // The last switch of the loop above went to b.
        target = "a";
    }
    eprintln!("{}: {exact} of {} layouts were exact after a kill in a switch", kind.name(), 2 * KILLED_AFTER_US.len());
}

fn rescue_without_a_daemon(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.three_workspaces("a");
    scene.script("a", "4", 1, &["+20", "floating enable, resize set 400 px 300 px", "+21"]);
    scene.switch("b");
    scene.script("b", "1", 0, &["+1"]);
    scene.open("scratch", "scratch-1");
    scene.wm.run("move scratchpad");
    let everything = scene.all_titles();
    scene.daemon.take().expect("it runs").kill();
    Cli::done(&scene.wm, &["rescue"]);
    let mut expected = everything.clone();
    expected.retain(|title| title != "scratch-1");
    assert_eq!(Snapshot::titles(&scene.wm), expected, "every window that we hid is back");
    assert_eq!(scene.all_titles(), everything, "and the user's scratchpad still has its own");
    assert!(scene.look().scratchpad.iter().any(|line| line.to_string().contains("\"scratch-1\"")));
    let tree = scene.wm.tree();
    for node in walk(&tree) {
        if node["type"] == "workspace" && node["name"] == "__i3_scratch" {
            assert_eq!(list(&node["nodes"]).len(), 0, "no vault is left behind: {node:#}");
        }
        assert_ne!(node["name"], "_i3pmtmp", "no workspace of ours is left behind");
        let ours = list(&node["marks"]).iter().any(|mark| text(mark).starts_with("_i3pm"));
        let empty = children(node).next().is_none() && !crate::support::wm::is_window(node);
        assert!(!(ours && empty), "no empty container of ours is left behind: {node:#}");
    }
    // A second time there is nothing to do, and it says so in peace.
    Cli::done(&scene.wm, &["rescue"]);
}
