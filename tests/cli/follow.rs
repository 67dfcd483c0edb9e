//! Commands that go on.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{Answer, Server, command, run};

fn notice(seq: u64, topic: &str) -> String {
    format!("{}\n", json!({"jsonrpc": "2.0", "method": "notice", "params": {"seq": seq, "epoch": "e", "topic": topic}}))
}

#[test]
fn subscribe_prints_a_notice_a_line_whatever_the_order() {
    // The state may come before the answer or after it, and a newer daemon may have more topics.
    let server = Server::new(|_, call| {
        let answer = json!({"jsonrpc": "2.0", "id": call["id"], "result": {"topics": ["wm"]}});
        let bytes = format!("{}{answer}\n{}{}", notice(1, "wm"), notice(2, "wm\u{9b}"), notice(3, "weather"));
        Answer::Bytes(bytes.into_bytes())
    });
    let mut child = command(&server.socket(), &["subscribe", "wm"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    assert_eq!(next(), r#"{"epoch":"e","seq":1,"topic":"wm"}"#);
    assert_eq!(next(), r#"{"epoch":"e","seq":2,"topic":"wm\u009b"}"#);
    assert_eq!(serde_json::from_str::<Value>(&next()).unwrap()["topic"], "weather");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn subscribe_ends_after_a_count_and_leaves_out_how_it_began() {
    let server = || {
        Server::new(|_, call| {
            let answer = json!({"jsonrpc": "2.0", "id": call["id"], "result": {"topics": ["wm", "daemon"]}});
            let notices = [notice(2, "daemon"), notice(3, "wm"), notice(4, "daemon"), notice(5, "wm")].concat();
            Answer::Bytes(format!("{}{answer}\n{notices}", notice(1, "wm")).into_bytes())
        })
    };
    let numbers = |arguments: &[&str]| -> Vec<u64> {
        let output = server().run(arguments).good();
        let seq = |line: &str| serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64().unwrap();
        output.lines().map(seq).collect()
    };
    assert_eq!(numbers(&["subscribe", "wm", "daemon", "--count", "1"]), [1]);
    assert_eq!(numbers(&["subscribe", "wm", "daemon", "--count", "4"]), [1, 2, 3, 4]);
    assert_eq!(numbers(&["subscribe", "wm", "daemon", "--no-initial", "--count", "2"]), [3, 4]);
    assert!(server().run(&["subscribe", "--count", "0"]).bad(2).contains("--count"));
}

/// Answers a subscription with one notice and the reason for which it closes.
fn closing(code: &'static str) -> Server {
    Server::new(move |_, call| {
        let answer = json!({"jsonrpc": "2.0", "id": call["id"], "result": {"topics": ["wm"]}});
        let error = json!({"code": -32041, "message": "the peer lags", "data": {"code": code}});
        let end = json!({"jsonrpc": "2.0", "id": null, "error": error});
        Answer::Bytes(format!("{answer}\n{}{end}\n", notice(1, "wm")).into_bytes())
    })
}

#[test]
fn subscribe_ends_with_the_daemon_where_that_is_asked_for() {
    let ran = closing("lagged").run(&["subscribe", "wm", "--once"]);
    assert_eq!((ran.code, ran.stdout.lines().count(), ran.stderr.as_str()), (1, 1, "i3pm: the peer lags\n"));
    let nowhere = tempfile::tempdir().unwrap();
    let ran = run(&nowhere.path().join("none.sock"), &["subscribe", "--once"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    // What no other daemon would say differently ends it in any case.
    assert_eq!(closing("invalid_params").run(&["subscribe", "wm"]).code, 1);
}

#[test]
fn subscribe_and_events_wait_for_a_daemon_and_for_the_next_one() {
    for (arguments, disconnected) in
        [(&["subscribe", "wm"][..], "{\"connection\":\"disconnected\""), (&["events", "--follow"], "-- disconnected: ")]
    {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("i3pm.sock");
        let mut child = command(&socket, arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = || lines.next().unwrap().unwrap();
        for round in 0..2 {
            let line = next();
            assert!(line.starts_with(disconnected), "{line}");
            // One that was asked something and goes is one that has closed, or broken.
            assert_eq!(line.contains("no daemon at"), round == 0, "said once, and of the right thing: {line}");
            let listener = UnixListener::bind(&socket).unwrap();
            let mut peer = BufReader::new(listener.accept().unwrap().0);
            let mut answer = |result: Value| {
                let mut call = String::new();
                peer.read_line(&mut call).unwrap();
                let id = serde_json::from_str::<Value>(&call).unwrap()["id"].clone();
                let answer = json!({"jsonrpc": "2.0", "id": id, "result": result});
                peer.get_mut().write_all(format!("{answer}\n{}", notice(1, "wm")).as_bytes()).unwrap();
            };
            answer(json!({"topics": ["wm"]}));
            assert!(next().contains("connected"));
            if arguments[0] == "events" {
                answer(json!({"events": [{"seq": 1, "age_ms": 1, "level": "info", "kind": "k", "text": "first"}]}));
                assert!(next().ends_with("first"));
            } else {
                assert!(next().contains("\"topic\":\"wm\""));
            }
            std::fs::remove_file(&socket).unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// The signal that ended a program, which a reader that has gone gives it.
fn ended_by(child: std::process::Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    (output.status.signal(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn who_has_no_reader_any_more_ends_as_programs_of_pipes_do() {
    let many = Server::new(|_, call| {
        let answer = json!({"jsonrpc": "2.0", "id": call["id"], "result": {"topics": ["all"]}});
        let notices: String = (1..=10_000).map(|seq| notice(seq, "wm")).collect();
        Answer::Bytes(format!("{answer}\n{notices}").into_bytes())
    });
    let piped = |socket: &Path, arguments: &[&str]| {
        command(socket, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut child = piped(&many.socket(), &["subscribe"]);
    child.stdout.take().unwrap().read_exact(&mut [0]).unwrap();
    assert_eq!(ended_by(child), (Some(13), String::new()));
    // One that has nothing more to print, and one that waits for a daemon.
    let quiet = Server::new(|_, call| {
        let answer = json!({"jsonrpc": "2.0", "id": call["id"], "result": {"topics": ["wm"]}});
        Answer::Bytes(format!("{answer}\n{}", notice(1, "wm")).into_bytes())
    });
    let nowhere = tempfile::tempdir().unwrap();
    let none = nowhere.path().join("none.sock");
    for (socket, arguments) in
        [(quiet.socket(), &["subscribe"][..]), (none.clone(), &["subscribe"]), (none, &["events", "-f"])]
    {
        let mut child = piped(&socket, arguments);
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
        let gone = Instant::now();
        assert_eq!(ended_by(child), (Some(13), String::new()), "{arguments:?}");
        assert!(gone.elapsed() < Duration::from_secs(1), "{arguments:?} ended after {:?}", gone.elapsed());
    }
}

#[test]
fn events_go_on_without_a_gap_or_a_repetition() {
    let event = |seq: u64| json!({"seq": seq, "age_ms": 1500, "level": "info", "kind": "switch", "text": format!("number {seq}")});
    let round = AtomicU64::new(0);
    let server = Server::new(move |method, call| match method {
        "subscribe" => Answer::Bytes(
            format!(
                "{}\n{}{}",
                json!({"jsonrpc": "2.0", "id": call["id"], "result": {"topics": ["wm"]}}),
                notice(1, "wm"),
                notice(2, "wm")
            )
            .into_bytes(),
        ),
        "events.recent" => {
            // First 3 events, then 3 and 2 new ones, then so many that the last 32 leave a gap.
            let newest = [3, 5, 105, 105][round.fetch_add(1, Ordering::SeqCst).min(3) as usize];
            let limit = call["params"]["limit"].as_u64().unwrap_or(1000);
            let events: Vec<Value> = (1..=newest).rev().take(limit as usize).map(event).collect();
            let events: Vec<Value> = events.into_iter().rev().collect();
            let answer = json!({"jsonrpc": "2.0", "id": call["id"], "result": {"events": events}});
            Answer::Bytes(format!("{answer}\n{}", notice(3, "wm")).into_bytes())
        }
        _ => Answer::Close,
    });
    let mut child = command(&server.socket(), &["events", "--follow"]).stdout(Stdio::piped()).spawn().unwrap();
    let lines: Vec<String> =
        BufReader::new(child.stdout.take().unwrap()).lines().take(105).map(|line| line.unwrap()).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(lines[0], "       1.5 s ago  info     switch            number 1");
    for (index, line) in lines.iter().enumerate() {
        assert!(line.ends_with(&format!(" number {}", index + 1)), "{index}: {line}");
    }
}
