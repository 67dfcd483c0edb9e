//! Stopping: whatever clients and the window manager do, it ends in time and with 0.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::rig::{Client, Daemon, World};

fn stop_within(daemon: &mut Daemon, limit: Duration) {
    let start = Instant::now();
    daemon.signal(15);
    let status = daemon.wait_exit(limit);
    assert_eq!(status.code(), Some(0), "after {:?}:\n{}", start.elapsed(), daemon.log());
}

/// A client that has asked for more than the sockets hold and reads nothing of it.
fn never_reading(daemon: &Daemon) -> Client {
    let mut client = daemon.connect();
    client.call("subscribe", json!({"topics": ["all"]}));
    client.stream().set_nonblocking(true).unwrap();
    let call = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}\n";
    let mut rest = &call[..];
    let mut refusals = 0;
    // Until it is not read any more: its outbox is full, and so are both sockets.
    while refusals < 50 {
        if let Ok(count) = client.stream().write(rest) {
            refusals = 0;
            rest = if count == rest.len() { call } else { &rest[count..] };
        } else {
            refusals += 1;
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    client
}

#[test]
fn idle_it_is_gone_at_once() {
    let world = World::new();
    let _wm = world.window_manager();
    let mut daemon = world.start();
    daemon.wait_wm("connected");
    // 100 ms is promised of a release build on a quiet machine.
    stop_within(&mut daemon, Duration::from_millis(500));
}

#[test]
fn the_worst_clients_do_not_keep_it() {
    let world = World::new();
    let _wm = world.window_manager();
    let mut daemon = world.start();
    daemon.wait_wm("connected");
    let silent: Vec<Client> = (0..10).map(|_| daemon.connect()).collect();
    let mut half = daemon.connect();
    half.send(b"{\"jsonrpc\":\"2.0\",\"id\":1,");
    let deaf = never_reading(&daemon);
    let mut polite = daemon.connect();
    polite.call("subscribe", json!({"topics": ["daemon"]}));
    stop_within(&mut daemon, Duration::from_secs(1));
    // Who reads has heard of it to the end.
    let mut rest = String::new();
    polite.reader.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("flushing") || rest.contains("draining") || rest.contains("restoring"), "{rest}");
    drop((silent, half, deaf));
}

#[test]
fn a_frozen_window_manager_does_not_keep_it() {
    let world = World::new();
    let wm = world.window_manager();
    let mut daemon = world.start();
    daemon.wait_wm("connected");
    wm.freeze();
    let mut client = daemon.connect();
    client.send(
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"project.create\",\"params\":{\"name\":\"a\",\"take\":\"visible\"}}\n",
    );
    daemon.wait_wm("stale");
    stop_within(&mut daemon, Duration::from_secs(3));
    assert!(daemon.log().contains("shutdown step 5/5"), "{}", daemon.log());
}

#[test]
fn asked_twice_it_goes_straight_to_saving() {
    let world = World::new();
    let wm = world.window_manager();
    let mut daemon = world.start();
    daemon.wait_wm("connected");
    daemon.call("project.create", json!({"name": "a", "take": "visible"}));
    daemon.call("project.create", json!({"name": "b"}));
    let mut client = daemon.connect();
    wm.freeze();
    client.send(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"project.switch\",\"params\":{\"name\":\"b\"}}\n");
    daemon.wait_status("the switch", |status| status["switch"]["in_flight"].is_string().then_some(()));
    daemon.signal(15);
    daemon.wait_log("SIGTERM from pid");
    daemon.signal(15);
    daemon.wait_log("straight to saving");
    assert_eq!(daemon.wait_exit(Duration::from_secs(2)).code(), Some(0));
    // The one who asked for the switch is told, as everyone is.
    let answer = client.line().unwrap();
    assert_eq!(answer["id"], 1, "{answer}");
    assert_eq!(answer["error"]["data"]["code"], "stopping", "{answer}");
}

#[test]
fn without_a_window_manager_it_stops_while_starting() {
    let world = World::new();
    let mut daemon = world.start();
    stop_within(&mut daemon, Duration::from_secs(1));
}

#[test]
fn what_was_created_is_there_after_a_restart() {
    let world = World::new();
    let _wm = world.window_manager();
    let mut daemon = world.start();
    daemon.wait_wm("connected");
    daemon.call("project.create", json!({"name": "kept", "dir": world.path("home")}));
    stop_within(&mut daemon, Duration::from_secs(1));
    let daemon = world.start();
    daemon.wait_wm("connected");
    let project = daemon.call("project.get", json!({"name": "kept"}));
    assert_eq!(project["project"]["dir"], json!(world.path("home")));
}
