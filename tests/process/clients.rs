//! Hostile and clumsy clients: each gets a clear error, and the daemon serves the others on.

use std::io::{Read, Write};
use std::time::Duration;

use serde_json::{Value, json};

use crate::proc::peak_kib;
use crate::rig::{Client, Daemon, World, wait_for};

fn started() -> (World, Daemon) {
    let world = World::new();
    let daemon = world.start();
    (world, daemon)
}

#[test]
fn what_is_no_call_is_answered_with_what_is_wrong() {
    let (_world, daemon) = started();
    let mut client = daemon.connect();
    for (line, code) in [
        (&b"{nonsense\n"[..], -32700),
        (b"\xff\xfe\"\n", -32700),
        (b"[]\n", -32600),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"no.such\"}\n", -32601),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"project.get\",\"params\":{\"nam\":1}}\n", -32602),
    ] {
        client.send(line);
        assert_eq!(client.line().unwrap()["error"]["code"], json!(code), "{}", String::from_utf8_lossy(line));
    }
    client.call("ping", json!({}));
}

#[test]
fn a_line_of_a_hundred_megabytes_is_refused_and_costs_no_memory() {
    let (_world, daemon) = started();
    let mut client = daemon.connect();
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..100 {
        client.send(&piece);
    }
    client.send(b"\n");
    assert_eq!(client.line().unwrap()["error"]["code"], json!(-32600));
    let line = daemon.wait_log("longer than");
    assert!(line.contains(&format!("pid {}", std::process::id())), "{line}");
    let peak = peak_kib(daemon.pid());
    assert!(peak < 40 << 10, "{peak} kB at most");
    daemon.call("ping", json!({}));
}

#[test]
fn a_call_may_come_in_pieces_and_with_the_end_of_the_stream() {
    let (_world, daemon) = started();
    let mut client = daemon.connect();
    for byte in b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}" {
        client.send(&[*byte]);
    }
    client.stream().shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(client.line().unwrap()["id"], 1);
    assert!(client.line().is_none(), "it is closed when it is answered");
}

#[test]
fn one_too_many_is_told_so() {
    let (_world, daemon) = started();
    let mut clients: Vec<Client> = (0..64).map(|_| daemon.connect()).collect();
    clients.iter_mut().for_each(|client| drop(client.call("ping", json!({}))));
    let mut late = daemon.connect();
    let refused = late.line().unwrap();
    assert_eq!(refused["error"]["code"], -32041, "{refused}");
    assert!(late.line().is_none());
    clients.pop();
    wait_for("a place", || daemon.connect().try_call("ping", json!({})).ok());
    clients[0].call("ping", json!({}));
}

#[test]
fn without_descriptors_it_says_so_and_serves_again_when_there_are_some() {
    let world = World::new();
    let mut daemon = world.spawn(world.daemon_in_shell("ulimit -n 40; exec \"$@\""));
    daemon.wait_answer();
    let mut clients: Vec<Client> = Vec::new();
    // Each either gets an answer or is told why not; never is one left waiting.
    let refused: Value = loop {
        assert!(clients.len() < 40);
        let mut client = daemon.connect();
        _ = client.stream().write_all(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n");
        let answer = client.line().expect("an answer, or a reason");
        match answer.get("error") {
            None => clients.push(client),
            Some(error) => break error.clone(),
        }
    };
    daemon.wait_log("no file descriptor");
    // The call itself may have found nobody; the reason was written before the end of the stream.
    assert_eq!(refused["code"], -32041, "{refused}");
    assert!(refused["message"].as_str().unwrap().contains("no file descriptor"), "{refused}");
    // Those who are served notice nothing.
    clients.iter_mut().for_each(|client| drop(client.call("ping", json!({}))));
    clients.truncate(clients.len() / 2);
    wait_for("an answer", || daemon.connect().try_call("ping", json!({})).ok());
}

#[test]
fn the_status_tells_every_limit() {
    let (_world, daemon) = started();
    let status = daemon.status();
    let limits: Vec<(&str, u64, &str)> = status["limits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|limit| {
            let text = |name: &str| limit[name].as_str().unwrap();
            (text("name"), limit["value"].as_u64().unwrap(), text("unit"))
        })
        .collect();
    for (name, value, unit) in i3pm::api::SERVER_LIMITS {
        assert!(limits.contains(&(name, value as u64, unit)), "{name}: {limits:?}");
    }
}

#[test]
fn a_program_with_control_characters_in_its_name_makes_no_line_of_its_own_in_the_log() {
    let (world, daemon) = started();
    let mut clients: Vec<Client> = (0..64).map(|_| daemon.connect()).collect();
    clients.iter_mut().for_each(|client| drop(client.call("ping", json!({}))));
    let program = world.copy_program(env!("CARGO_BIN_EXE_i3pm"), "x\n<3>\u{1b}[2Jy");
    let output = world.command(program.to_str().unwrap()).arg("ping").output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && complaint.contains("64 connections are open"), "{complaint}");
    let line = daemon.wait_log("is turned away");
    assert!(line.contains("(x\\n<3>\\u{1b}[2Jy)"), "{line}");
}

/// There is always another user to be: root starts the daemon as nobody, and whoever is not root knocks as root.
#[test]
fn nobody_but_our_own_user_is_served_and_root_is_somebody_else() {
    let (ours, root): (&[&str], &[&str]) = match rustix::process::getuid().is_root() {
        true => (&["setpriv", "--reuid=65534", "--clear-groups"], &["env"]),
        false => (&["env"], &["sudo", "-n"]),
    };
    let world = World::new();
    // The binaries may lie where nobody else may look.
    for (name, built) in [("i3pmd", env!("CARGO_BIN_EXE_i3pmd")), ("i3pm", env!("CARGO_BIN_EXE_i3pm"))] {
        world.copy_program(built, name);
    }
    if ours[0] == "setpriv" {
        let chown = std::process::Command::new("chown").args(["-R", "65534"]).arg(world.path("")).status().unwrap();
        assert!(chown.success());
    }
    let command = |by: &[&str], program: &str| {
        let mut command = world.command(by[0]);
        command.args(&by[1..]).arg(world.path(program));
        command
    };
    let mut start = command(ours, "i3pmd");
    start.arg("--log-level=debug");
    let daemon = world.spawn(start);
    daemon.wait_log("listening");
    let knock = |by: &[&str]| command(by, "i3pm").arg("--socket").arg(world.socket()).arg("ping").output().unwrap();
    let answer = knock(root);
    assert!(!answer.status.success() && answer.stdout.is_empty(), "root is answered: {answer:?}");
    daemon.wait_log("it belongs to another user");
    let answer = knock(ours);
    assert!(answer.status.success(), "its own user is not: {answer:?}");
}

#[test]
fn a_subscriber_that_never_reads_is_closed_and_the_others_are_not() {
    let world = World::new();
    let _wm = world.window_manager();
    let daemon = world.start();
    daemon.wait_wm("connected");
    let mut deaf = daemon.connect();
    deaf.send(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscribe\",\"params\":{\"topics\":[\"all\"]}}\n");
    let mut worker = daemon.connect();
    // Every change of a project is a notice with all projects.
    for number in 0..40 {
        worker.call("project.create", json!({"name": format!("p{number}"), "display_name": "x".repeat(200)}));
    }
    let (mut rounds, start) = (0, std::time::Instant::now());
    while !daemon.log().contains("does not read") {
        rounds += 1;
        assert!(start.elapsed() < crate::rig::DEADLINE, "it is never closed");
        worker.call("project.update", json!({"name": "p0", "icon": rounds.to_string()}));
    }
    let line = daemon.wait_log("does not read");
    assert!(line.contains(&format!("pid {}", std::process::id())), "{line}");
    worker.call("ping", json!({}));
    // What was written before is there, and then the end.
    deaf.stream().set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut rest = Vec::new();
    let _ = deaf.reader.read_to_end(&mut rest);
    assert!(!rest.is_empty());
}

#[test]
fn a_client_that_asks_without_pause_does_not_starve_another() {
    let (_world, daemon) = started();
    let mut flood = daemon.connect();
    let stream = flood.stream().try_clone().unwrap();
    let calls = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}\n".repeat(1000);
    let writer = std::thread::spawn(move || {
        let mut stream = stream;
        while stream.write_all(&calls).is_ok() {}
    });
    let reader = std::thread::spawn(move || std::io::copy(&mut flood.reader, &mut std::io::sink()));
    let mut client = daemon.connect();
    for _ in 0..200 {
        let start = std::time::Instant::now();
        client.call("ping", json!({}));
        assert!(start.elapsed() < Duration::from_millis(500), "an answer took {:?}", start.elapsed());
    }
    drop(daemon);
    writer.join().unwrap();
    let _ = reader.join().unwrap();
}

#[test]
fn it_takes_all_the_descriptors_it_may_have() {
    let world = World::new();
    let mut daemon = world.spawn(world.daemon_in_shell("ulimit -S -n 40; exec \"$@\""));
    daemon.wait_answer();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", daemon.pid())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let numbers: Vec<&str> = line.split_whitespace().skip(3).take(2).collect();
    assert_eq!(numbers[0], numbers[1], "{line}");
    assert_ne!(numbers[0], "40");
}

#[test]
fn an_offender_is_named_once_and_counted_every_time() {
    let (_world, daemon) = started();
    for _ in 0..5 {
        let mut client = daemon.connect();
        client.send(&vec![b'x'; (1 << 20) + 1]);
        client.send(b"\n");
        assert_eq!(client.line().unwrap()["error"]["code"], json!(-32600));
        assert!(client.line().is_none());
    }
    let closed = wait_for("all to be counted", || {
        let metrics = daemon.call("metrics", json!({}));
        let family =
            metrics["families"].as_array()?.iter().find(|family| family["name"] == "i3pm_peers_closed")?.clone();
        let samples = family["samples"].as_array()?.clone();
        let sample = samples.into_iter().find(|sample| sample["labels"]["reason"] == "line_too_long")?;
        (sample["value"] == json!(5.0)).then_some(sample)
    });
    let log = daemon.log();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("longer than")).collect();
    assert_eq!(lines.iter().filter(|line| line.contains(" WARN ")).count(), 1, "{closed}: {lines:?}");
    assert!(lines[0].contains(&format!("pid {}", std::process::id())), "{lines:?}");
}
