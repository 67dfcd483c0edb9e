//! What is counted and measured, as `i3pm metrics` prints it.

use serde_json::json;

use crate::openmetrics::{self, Samples};
use crate::rig::{Daemon, World, wait_for};

fn metrics(world: &World) -> Samples {
    let output = world.command(env!("CARGO_BIN_EXE_i3pm")).arg("metrics").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    openmetrics::parse(&String::from_utf8(output.stdout).unwrap())
}

fn started() -> (World, crate::fake_wm::FakeWm, Daemon) {
    let world = World::new();
    let wm = world.window_manager();
    let daemon = world.start();
    daemon.wait_wm("connected");
    (world, wm, daemon)
}

#[test]
fn calls_turns_and_the_link_are_measured() {
    let (world, _wm, daemon) = started();
    let before = metrics(&world);
    let mut client = daemon.connect();
    for _ in 0..5 {
        client.call("project.current", json!({}));
    }
    client.call("subscribe", json!({"topics": ["wm"]}));
    client.call("project.create", json!({"name": "web"}));
    let after = metrics(&world);
    let grown = |key: &str| after[key] - before[key];
    assert_eq!(grown("i3pm_call_duration_seconds_count{method=\"project.current\"}"), 5.0);
    assert!(grown("i3pm_call_duration_seconds_sum{method=\"project.current\"}") > 0.0);
    assert!(grown("i3pm_turn_duration_seconds_count") >= 5.0, "a call that waits for its answer is a turn at least");
    assert_eq!(grown("i3pm_projects"), 1.0);
    assert_eq!(grown("i3pm_subscriptions{topic=\"wm\"}"), 1.0);
    assert_eq!(grown("i3pm_notices_total"), 1.0);
    // The look before was a connection of its own, and so is this one.
    assert!(grown("i3pm_peers_closed_total{reason=\"done\"}") >= 1.0);
    assert_eq!(grown("i3pm_peers_accepted_total"), 2.0);
    assert_eq!(after["i3pm_wm_state{state=\"connected\"}"], 1.0);
    assert_eq!(after["i3pm_wm_state{state=\"stale\"}"], 0.0);
    assert!(after["i3pm_wm_state_age_seconds"] > 0.0 && after["i3pm_uptime_seconds"] > 0.0);
    assert!(after["i3pm_queue_high_water_bytes{queue=\"outbox\"}"] > 0.0);
    assert_eq!(after["i3pm_log_lines_lost_total"], 0.0);
}

#[test]
fn a_switch_is_measured_once() {
    let (world, _wm, daemon) = started();
    daemon.call("project.create", json!({"name": "web"}));
    let answer = daemon.call("project.switch", json!({"name": "web"}));
    daemon.call("project.current", json!({}));
    let after = metrics(&world);
    assert_eq!(after["i3pm_switch_duration_seconds_count"], 1.0);
    let (sum, told) = (after["i3pm_switch_duration_seconds_sum"], answer["milliseconds"].as_f64().unwrap() / 1000.0);
    assert!((sum - told).abs() < 1e-6, "{sum} and {told}");
}

#[test]
fn who_is_refused_or_closed_is_counted_by_reason() {
    let (world, _wm, daemon) = started();
    let mut long = daemon.connect();
    long.send(&vec![b'x'; (1 << 20) + 1]);
    long.send(b"\n");
    assert_eq!(long.line().unwrap()["error"]["code"], -32600);
    wait_for("the end of it", || {
        (metrics(&world)["i3pm_peers_closed_total{reason=\"line_too_long\"}"] == 1.0).then_some(())
    });
    let mut clients: Vec<_> = (0..64).map(|_| daemon.connect()).collect();
    clients.iter_mut().for_each(|client| drop(client.try_call("ping", json!({}))));
    let mut late = daemon.connect();
    assert_eq!(late.line().unwrap()["error"]["code"], -32041);
    clients.truncate(32);
    wait_for("a place", || daemon.connect().try_call("ping", json!({})).ok());
    let after = metrics(&world);
    assert!(after["i3pm_peers_refused_total{reason=\"full\"}"] >= 1.0, "{after:?}");
}
