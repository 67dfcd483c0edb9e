//! The window manager goes, comes, freezes and talks nonsense; the daemon stays.

use std::fs;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::fake_wm::{FakeWm, frame};
use crate::rig::World;

#[test]
fn it_reconnects_when_the_window_manager_comes_back() {
    let world = World::new();
    let wm = world.window_manager();
    let daemon = world.start();
    daemon.wait_wm("connected");
    let mut client = daemon.connect();
    drop(wm);
    daemon.wait_wm("disconnected");
    client.call("ping", json!({}));
    // Long enough for the backoff to have become slow: it is the socket's appearance that counts.
    daemon.wait_status("a slow backoff", |status| {
        let deadlines = status["deadlines"].as_array()?;
        deadlines.iter().any(|deadline| deadline["left_ms"].as_i64() > Some(2000)).then_some(())
    });
    let appeared = Instant::now();
    let _wm = FakeWm::start(&world.path("run/i3/ipc-socket.4343"));
    daemon.wait_wm("connected");
    assert!(appeared.elapsed() < Duration::from_secs(1), "after {:?}", appeared.elapsed());
    assert_eq!(client.call("window.list", json!({}))["windows"].as_array().unwrap().len(), 1);
}

#[test]
fn a_connection_that_is_closed_is_made_anew() {
    let world = World::new();
    let wm = world.window_manager();
    let daemon = world.start();
    daemon.wait_wm("connected");
    let versions = |wm: &FakeWm| wm.requests().iter().filter(|(kind, _)| *kind == 7).count();
    assert_eq!(versions(&wm), 1);
    wm.hang_up();
    crate::rig::wait_for("a second handshake", || (versions(&wm) == 2).then_some(()));
    daemon.wait_wm("connected");
}

#[test]
fn while_the_window_manager_is_frozen_calls_are_answered_and_say_so() {
    let world = World::new();
    let wm = world.window_manager();
    let daemon = world.start();
    daemon.wait_wm("connected");
    daemon.call("project.create", json!({"name": "b"}));
    wm.freeze();
    let mut asker = daemon.connect();
    asker.send(
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"project.create\",\"params\":{\"name\":\"a\",\"take\":\"visible\"}}\n",
    );
    let mut asker2 = daemon.connect();
    asker2.send(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"project.switch\",\"params\":{\"name\":\"b\"}}\n");
    let status = daemon.wait_wm("stale");
    assert!(status["wm"]["request"].is_string(), "{status}");
    let mut client = daemon.connect();
    let mut times: Vec<Duration> = (0..51)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(client.call("status", json!({}))["wm"]["state"], "stale");
            start.elapsed()
        })
        .collect();
    times.sort();
    assert!(times[25] < Duration::from_millis(10), "half of the answers took {:?}", times[25]);
    wm.thaw();
    daemon.wait_wm("connected");
    assert_eq!(wm.requests().iter().filter(|(kind, _)| *kind == 7).count(), 1, "it has connected again");
}

#[test]
fn answers_may_come_a_byte_at_a_time() {
    let world = World::new();
    let wm = world.window_manager();
    wm.dribble();
    let daemon = world.start();
    daemon.wait_wm("connected");
    assert_eq!(daemon.status()["windows"]["total"], 1);
}

#[test]
fn nonsense_from_the_window_manager_is_the_end_of_the_connection_only() {
    let world = World::new();
    let wm = world.window_manager();
    let daemon = world.start();
    daemon.wait_wm("connected");
    // An event that cannot be decoded: the tree is read again, on the same connection.
    let trees = |wm: &FakeWm| wm.requests().iter().filter(|(kind, _)| *kind == 4).count();
    let before = trees(&wm);
    wm.say(&frame(0x8000_0003, &json!({"change": "new", "container": 5})));
    crate::rig::wait_for("a census", || (trees(&wm) > before).then_some(()));
    // A stream that is out of step: connected again.
    wm.say(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    daemon.wait_log("out of step");
    daemon.wait_wm("connected");
}

#[test]
fn a_socket_that_accepts_and_never_answers_is_left_for_the_next() {
    let world = World::new();
    fs::create_dir(world.path("run/i3")).unwrap();
    let wm = FakeWm::start(&world.path("run/i3/ipc-socket.100"));
    // Newer, so it is tried first.
    std::thread::sleep(Duration::from_millis(20));
    let _silent = UnixListener::bind(world.path("run/i3/ipc-socket.200")).unwrap();
    let daemon = world.start();
    let status = daemon.wait_wm("connected");
    assert_eq!(status["wm"]["socket"], json!(world.path("run/i3/ipc-socket.100")));
    assert!(!wm.requests().is_empty());
}

#[test]
fn commands_carry_what_was_asked() {
    let world = World::new();
    let wm = world.window_manager();
    let daemon = world.start();
    daemon.wait_wm("connected");
    daemon.call("project.create", json!({"name": "a", "take": "visible"}));
    assert!(
        wm.commands().iter().any(|command| command.contains("mark") && command.contains("[con_id=20]")),
        "{:?}",
        wm.commands()
    );
    let windows = daemon.call("window.list", json!({}));
    assert_eq!(windows["windows"][0]["projects"], json!(["a"]));
}

#[test]
fn subscribers_hear_that_it_freezes_thaws_and_goes() {
    let world = World::new();
    let wm = world.window_manager();
    let daemon = world.start();
    daemon.wait_wm("connected");
    let mut subscriber = daemon.connect();
    subscriber.call("subscribe", json!({"topics": ["wm", "daemon"]}));
    let mut asker = daemon.connect();
    let states = |subscriber: &mut crate::rig::Client, last: &str| -> Vec<String> {
        let mut states = Vec::new();
        while states.last().is_none_or(|state| state != last) {
            let notice = subscriber.line().unwrap()["params"].clone();
            if notice["topic"] == "wm" {
                states.push(notice["state"].as_str().unwrap().to_owned());
            }
        }
        states
    };
    assert_eq!(states(&mut subscriber, "connected"), ["connected"]);
    wm.freeze();
    asker.send(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"state.repair\"}\n");
    assert_eq!(states(&mut subscriber, "stale"), ["stale"]);
    wm.thaw();
    assert_eq!(states(&mut subscriber, "connected"), ["connected"]);
    drop(wm);
    assert_eq!(states(&mut subscriber, "disconnected"), ["disconnected"]);
}
