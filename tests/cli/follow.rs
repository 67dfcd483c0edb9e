//! Commands that go on.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::server::{Answer, Ran, Server, command};

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

#[test]
fn subscribe_ends_when_the_daemon_does() {
    let server = Server::new(|_, call| match call["id"].as_u64() {
        Some(1) => Answer::Bytes(
            format!(
                "{}\n{}{}\n",
                json!({"jsonrpc": "2.0", "id": 1, "result": {"topics": ["wm"]}}),
                notice(1, "wm"),
                json!({"jsonrpc": "2.0", "id": null,
                    "error": {"code": -32041, "message": "the peer lags", "data": {"code": "overloaded"}}})
            )
            .into_bytes(),
        ),
        _ => Answer::Close,
    });
    let ran = server.run(&["subscribe", "wm"]);
    assert_eq!((ran.code, ran.stdout.lines().count(), ran.stderr.as_str()), (1, 1, "i3pm: the peer lags\n"));
}

#[test]
fn subscribe_is_quiet_when_its_reader_goes() {
    let server = Server::new(|_, call| {
        let answer = json!({"jsonrpc": "2.0", "id": call["id"], "result": {"topics": ["all"]}});
        let notices: String = (1..=10_000).map(|seq| notice(seq, "wm")).collect();
        Answer::Bytes(format!("{answer}\n{notices}").into_bytes())
    });
    let mut child =
        command(&server.socket(), &["subscribe"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    assert_eq!(Ran::of(&child.wait_with_output().unwrap()).good(), "");
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
