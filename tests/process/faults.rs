//! Clients that misbehave, one way after the other, while a good client is asked and must see right answers in time.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Signal, getrlimit, kill_process, setrlimit};
use serde_json::{Value, json};

use crate::proc::{descriptors, memory};
use crate::rig::{Client, DEADLINE, Daemon, World, wait_for};
use crate::witness::Witness;

const PING: &[u8] = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n";
const STATUS: &[u8] = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}\n";
const SUBSCRIBE: &[u8] = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscribe\",\"params\":{\"topics\":[\"all\"]}}\n";

/// How long nothing is said: many turns, and many calls of the good client.
const SILENCE: Duration = Duration::from_millis(300);

/// While `fault` does its worst, the good client is served; it is served afterwards too.
fn survives(fault: impl FnOnce(&World, &Daemon)) {
    let world = World::new();
    let daemon = world.start();
    let witness = Witness::new(&world, &daemon);
    fault(&world, &daemon);
    witness.finish();
    assert!(!daemon.log().contains("panicked"), "{}", daemon.log());
}

#[test]
fn silent_clients() {
    survives(|_, daemon| {
        let mut silent: Vec<Client> = (0..50).map(|_| daemon.connect()).collect();
        std::thread::sleep(SILENCE);
        // They are still served: silence is no fault.
        silent.iter_mut().for_each(|client| drop(client.call("ping", json!({}))));
    });
}

#[test]
fn half_a_line_and_no_more() {
    survives(|_, daemon| {
        let mut halves: Vec<Client> = (0..50).map(|_| daemon.connect()).collect();
        halves.iter_mut().for_each(|client| client.send(&PING[..20]));
        std::thread::sleep(SILENCE);
        halves.iter_mut().for_each(|client| client.send(&PING[20..]));
        halves.iter_mut().for_each(|client| assert_eq!(client.line().unwrap()["result"]["protocol"], 1));
    });
}

#[test]
fn one_byte_a_second() {
    survives(|_, daemon| {
        let mut slow = daemon.connect();
        let (start, end) = PING.split_at(PING.len() - 3);
        slow.send(start);
        for byte in end {
            std::thread::sleep(Duration::from_secs(1));
            slow.send(&[*byte]);
        }
        assert_eq!(slow.line().unwrap()["result"]["protocol"], 1);
    });
}

#[test]
fn subscribed_to_everything_and_never_reading() {
    survives(|_, daemon| {
        let mut deaf: Vec<Client> = (0..8).map(|_| daemon.connect()).collect();
        deaf.iter_mut().for_each(|client| client.send(SUBSCRIBE));
        let mut worker = daemon.connect();
        for number in 0..20 {
            worker.call("project.create", json!({"name": format!("p{number}"), "display_name": "x".repeat(200)}));
        }
        let (mut rounds, start) = (0, Instant::now());
        while worker.call("status", json!({}))["peers"].as_array().unwrap().len() > 3 {
            rounds += 1;
            assert!(start.elapsed() < DEADLINE, "they are never closed");
            worker.call("project.update", json!({"name": "p0", "icon": rounds.to_string()}));
        }
    });
}

#[test]
fn floods_of_requests_whose_answers_nobody_reads() {
    survives(|_, daemon| {
        let mut floods: Vec<(Client, usize)> = (0..8).map(|_| (daemon.connect(), 0)).collect();
        for (client, sent) in &mut floods {
            let stream = client.stream();
            stream.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
            loop {
                match stream.write(&STATUS[*sent % STATUS.len()..]) {
                    Ok(count) => *sent += count,
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::WouldBlock, "it is not closed but left waiting");
                        break;
                    }
                }
            }
        }
        // Once it reads, every whole call has its answer.
        for (client, sent) in &mut floods {
            assert!(*sent > 100 * STATUS.len(), "{sent} bytes");
            for _ in 0..*sent / STATUS.len() {
                assert_eq!(client.line().unwrap()["result"]["protocol"], 1);
            }
        }
    });
}

#[test]
fn closed_in_the_middle_of_a_reply() {
    survives(|_, daemon| {
        for _ in 0..200 {
            let mut client = daemon.connect();
            client.send(&STATUS.repeat(50));
            client.stream().read_exact(&mut [0; 10]).unwrap();
        }
        wait_for("all of them to be gone", || (daemon.status()["peers"].as_array().unwrap().len() <= 2).then_some(()));
    });
}

#[test]
fn half_closed() {
    survives(|_, daemon| {
        for _ in 0..50 {
            let mut client = daemon.connect();
            client.send(&PING.repeat(10));
            client.stream().shutdown(Shutdown::Write).unwrap();
            (0..10).for_each(|_| assert_eq!(client.line().unwrap()["id"], 1));
            assert_eq!(client.line(), None);
        }
    });
}

#[test]
fn four_thousand_connections() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, rustix::process::Rlimit { current: limit.maximum, ..limit }).unwrap();
    assert!(limit.maximum.is_none_or(|maximum| maximum > 5000), "4,000 descriptors are needed: {limit:?}");
    survives(|world, daemon| {
        let crowd: Vec<UnixStream> = (0..4000).map(|_| UnixStream::connect(world.socket()).unwrap()).collect();
        let mut told = 0;
        for mut stream in &crowd {
            stream.set_read_timeout(Some(DEADLINE)).unwrap();
            // Who is served hears nothing until it asks; the others have been told why not.
            stream.write_all(PING).ok();
            let mut line = String::new();
            _ = BufReader::new(stream).read_line(&mut line);
            let answer: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
            if answer["error"]["code"] == -32041 {
                told += 1;
            } else {
                assert_eq!(answer["result"]["protocol"], 1, "{answer}");
            }
        }
        drop(crowd);
        assert!(told >= 4000 - 64, "{told} were told that there is no room");
        wait_for("a place", || daemon.connect().try_call("ping", json!({})).ok());
    });
}

#[test]
fn connected_and_closed_again_and_again() {
    let cycles = 100_000;
    survives(|world, daemon| {
        let before = memory(daemon.pid()).resident;
        let start = Instant::now();
        for _ in 0..cycles {
            drop(UnixStream::connect(world.socket()).unwrap());
        }
        println!("{cycles} cycles in {:.1} s", start.elapsed().as_secs_f64());
        wait_for("all of them to be gone", || (daemon.status()["peers"].as_array().unwrap().len() <= 2).then_some(()));
        let descriptors = descriptors(daemon.pid());
        assert!(descriptors < 40, "{descriptors} descriptors are open");
        let grown = memory(daemon.pid()).resident.saturating_sub(before);
        assert!(grown < 4 << 10, "{grown} kB more");
    });
}

#[test]
fn a_line_of_100_megabytes() {
    survives(|_, daemon| {
        let mut client = daemon.connect();
        let piece = vec![b'x'; 1 << 20];
        (0..100).for_each(|_| client.send(&piece));
        client.send(b"\n");
        assert_eq!(client.line().unwrap()["error"]["code"], -32600);
        assert_eq!(client.line(), None);
    });
}

#[test]
fn a_hundred_thousand_brackets() {
    survives(|_, daemon| {
        let mut client = daemon.connect();
        let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
        let objects = "{\"a\":".repeat(100_000);
        let inside = |what: &str, nested: &str| match what {
            "params" => format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"project.get\",\"params\":{nested}}}"),
            _ => format!("{{\"jsonrpc\":\"2.0\",\"id\":{nested},\"method\":\"ping\"}}"),
        };
        for (line, code) in [
            (open.clone(), -32700),
            (objects.clone(), -32700),
            (format!("{open}{close}"), -32600),
            (format!("{objects}1{}", "}".repeat(100_000)), -32600),
            (inside("params", &format!("{open}{close}")), -32602),
            (inside("id", &format!("{open}{close}")), -32600),
        ] {
            client.send(line.as_bytes());
            client.send(b"\n");
            let mut answer = client.line().unwrap();
            // A batch of one request that is none.
            if answer.is_array() {
                answer = answer[0].take();
            }
            assert_eq!(answer["error"]["code"], code, "{} …: {answer}", &line[..60]);
        }
        client.call("ping", json!({}));
    });
}

#[test]
fn bytes_that_are_no_text_and_json_that_is_none() {
    survives(|_, daemon| {
        let mut client = daemon.connect();
        let call = |params: &[u8]| {
            let start = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"project.get\",\"params\":";
            [start, params, b"}\n"].concat()
        };
        for (params, code) in [
            (&b"{\"name\":\"\xff\xfe\"}"[..], -32700),
            (b"{\"name\":\"\xed\xa0\x80\"}", -32700),
            (b"{\"name\":\"a\0b\"}", -32700),
            (b"{\"name\":\"\\u0000\"}", -32000),
            (b"{\"name\":\"\\ud800\"}", -32602),
            (b"{\"name\":\"\\udc00\\ud800\"}", -32602),
            (b"{\"name\":1e400}", -32602),
            (b"{\"name\":123456789012345678901234567890}", -32602),
            (b"{\"name\":NaN}", -32700),
            (b"{\"name\":\"witness\"", -32700),
            (b"\0", -32700),
            (b"1", -32600),
            (b"[\"witness\"]", -32602),
        ] {
            client.send(&call(params));
            let answer = client.line().unwrap();
            let shown = String::from_utf8_lossy(params);
            assert_eq!(answer["error"]["code"], code, "{shown}: {answer}");
            assert!(!answer["error"]["message"].as_str().unwrap().contains('\0'), "{shown}: {answer}");
        }
        for line in [
            &b"{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}\n"[..],
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"method\":\"status\"}\n",
            b"{\"jsonrpc\":2.0,\"id\":1,\"method\":\"ping\"}\n",
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}\n",
            b"{\"jsonrpc\":\"2.0\",\"id\":1}\n",
        ] {
            client.send(line);
            let answer = client.line().unwrap();
            assert_eq!(answer["error"]["code"], -32600, "{}: {answer}", String::from_utf8_lossy(line));
        }
        client.send(b"{\"jsonrpc\":\"2.0\",\"id\":1e999,\"method\":\"window.get\",\"params\":{\"id\":1e999}}\n");
        let mut line = String::new();
        client.reader.read_line(&mut line).unwrap();
        assert!(line.contains("-32602") && line.contains("\"id\":1e999"), "{line}");
        // Of a parameter that is given twice the last counts.
        client.send(&call(b"{\"name\":\"nobody\",\"name\":\"witness\"}"));
        assert_eq!(client.line().unwrap()["result"]["project"]["name"], "witness");
        // Nothing of it has reached the log as it was sent.
        assert!(daemon.log().chars().all(|character| character == '\n' || !character.is_control()));
    });
}

#[test]
fn ids_of_every_type() {
    survives(|_, daemon| {
        let mut client = daemon.connect();
        for id in [json!(0), json!(-1), json!(1.5), json!(u64::MAX), json!(""), json!("x\n\u{1b}\u{2028}"), Value::Null]
        {
            client.send(format!("{}\n", json!({"jsonrpc": "2.0", "id": id, "method": "ping"})).as_bytes());
            let answer = client.line().unwrap();
            assert_eq!((&answer["id"], &answer["result"]["protocol"]), (&id, &json!(1)));
        }
        for id in [json!(true), json!(false), json!([]), json!([1]), json!({}), json!({"a": 1}), json!("x".repeat(300))]
        {
            client.send(format!("{}\n", json!({"jsonrpc": "2.0", "id": id, "method": "ping"})).as_bytes());
            let answer = client.line().unwrap();
            assert_eq!((&answer["id"], &answer["error"]["code"]), (&Value::Null, &json!(-32600)), "{id}");
        }
        // Without an id it is done, and not answered.
        client.send(b"{\"jsonrpc\":\"2.0\",\"method\":\"ping\"}\n");
        assert_eq!(client.call("ping", json!({}))["protocol"], 1);
    });
}

#[test]
fn batches_of_ten_thousand() {
    survives(|_, daemon| {
        let mut client = daemon.connect();
        let ping = std::str::from_utf8(PING).unwrap().trim_end();
        let batch = |count: usize| format!("[{}]\n", vec![ping; count].join(","));
        client.send(batch(10_000).as_bytes());
        assert_eq!(client.line().unwrap()["error"]["code"], -32600);
        // In parts that are allowed all are answered.
        let mut writer = client.stream().try_clone().unwrap();
        let parts = batch(32).repeat(313);
        let writer = std::thread::spawn(move || writer.write_all(parts.as_bytes()).unwrap());
        for _ in 0..313 {
            let answers = client.line().unwrap();
            let answers = answers.as_array().unwrap();
            assert_eq!(answers.len(), 32);
            assert!(answers.iter().all(|answer| answer["result"]["protocol"] == 1));
        }
        writer.join().unwrap();
    });
}

#[test]
fn a_client_that_is_stopped_and_goes_on() {
    survives(|world, daemon| {
        let mut command = world.command(env!("CARGO_BIN_EXE_i3pm"));
        let mut stopped =
            command.args(["subscribe", "--once"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 1];
        stopped.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
        let pid = Pid::from_child(&stopped);
        kill_process(pid, Signal::STOP).unwrap();
        let mut worker = daemon.connect();
        for number in 0..20 {
            worker.call("project.create", json!({"name": format!("p{number}"), "display_name": "x".repeat(200)}));
        }
        // What waited for it is dropped as soon as it is too much; it has a second to read why.
        let waiting = |worker: &mut Client| {
            let status = worker.call("status", json!({}));
            let peers = status["peers"].as_array().unwrap().iter();
            peers.filter(|peer| peer["command"] == "i3pm").map(|peer| peer["outbox_bytes"].as_u64().unwrap()).sum()
        };
        let (mut rounds, mut most, start) = (0_u64, 0_u64, Instant::now());
        loop {
            let bytes: u64 = waiting(&mut worker);
            if bytes < most / 2 {
                break;
            }
            (rounds, most) = (rounds + 1, most.max(bytes));
            assert!(start.elapsed() < DEADLINE, "it never lags: {most} bytes wait");
            worker.call("project.update", json!({"name": "p0", "icon": rounds.to_string()}));
        }
        kill_process(pid, Signal::CONT).unwrap();
        let output = stopped.wait_with_output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{complaint}");
        assert!(complaint.contains("does not read"), "it is told why: {complaint}");
    });
}

#[test]
fn the_daemon_is_stopped_and_goes_on() {
    let world = World::new();
    let daemon = world.start();
    let pid = Pid::from_raw(i32::try_from(daemon.pid()).unwrap()).unwrap();
    let mut clients: Vec<Client> = (0..20).map(|_| daemon.connect()).collect();
    clients.iter_mut().for_each(|client| drop(client.call("ping", json!({}))));
    for _ in 0..3 {
        kill_process(pid, Signal::STOP).unwrap();
        clients.iter_mut().for_each(|client| client.send(&PING.repeat(20)));
        // They wait in the backlog.
        let mut late: Vec<Client> = (0..20).map(|_| daemon.connect()).collect();
        late.iter_mut().for_each(|client| client.send(PING));
        std::thread::sleep(SILENCE);
        kill_process(pid, Signal::CONT).unwrap();
        for client in &mut clients {
            (0..20).for_each(|_| assert_eq!(client.line().unwrap()["result"]["protocol"], 1));
        }
        late.iter_mut().for_each(|client| assert_eq!(client.line().unwrap()["result"]["protocol"], 1));
    }
    Witness::new(&world, &daemon).finish();
}

/// A terminal that is stopped, a pipe that nobody empties, a journal that is stuck: the log's queue fills, lines are lost and counted, and nobody waits.
#[test]
fn a_log_that_nobody_reads() {
    let world = World::new();
    let (reader, writer) = std::io::pipe().unwrap();
    let mut command = world.daemon_command();
    let mut child = command.stderr(writer).spawn().unwrap();
    drop(command);
    let client = || {
        wait_for("an answer", || {
            let mut client = Client::connect(&world.socket())?;
            client.try_call("ping", json!({})).ok()?;
            Some(client)
        })
    };
    let mut client = client();
    let lost = |client: &mut Client| client.call("status", json!({}))["log"]["lost"].as_u64().unwrap();
    // Each is a line or two; a pipe holds 64 KiB, the queue 512 lines.
    let mut number = 0;
    let start = Instant::now();
    while lost(&mut client) < 100 {
        number += 1;
        assert!(start.elapsed() < DEADLINE, "no line is lost");
        client.call("project.create", json!({"name": format!("p{number}")}));
        client.call("project.delete", json!({"name": format!("p{number}")}));
    }
    // It serves, and it stops in time.
    let asked = Instant::now();
    client.call("ping", json!({}));
    assert!(asked.elapsed() < crate::witness::ANSWER_LIMIT, "{:?}", asked.elapsed());
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let stopped = wait_for("its end", || child.try_wait().unwrap());
    assert!(stopped.success() && asked.elapsed() < Duration::from_secs(3), "{stopped} after {:?}", asked.elapsed());
    drop(reader);
}

/// A suspended machine and a stopped process look the same: the clock has jumped when it goes on, and every deadline is long over. The watchdog
/// is not told that this was a healthy turn; the next one is.
#[test]
fn the_clock_jumps_over_every_deadline() {
    let world = World::new();
    let manager = world.service_manager();
    let mut command = world.daemon_command();
    command.env("NOTIFY_SOCKET", &manager.path).env("WATCHDOG_USEC", "900000");
    let mut daemon = world.spawn(command);
    daemon.wait_answer();
    manager.until("READY=1");
    let pid = Pid::from_raw(i32::try_from(daemon.pid()).unwrap()).unwrap();
    for round in 1..=2 {
        manager.until("WATCHDOG=1");
        kill_process(pid, Signal::STOP).unwrap();
        while manager.next(Duration::from_millis(50)).is_some() {}
        std::thread::sleep(Duration::from_millis(1600));
        kill_process(pid, Signal::CONT).unwrap();
        let again = Instant::now();
        manager.until("WATCHDOG=1");
        assert!(again.elapsed() > Duration::from_millis(100), "it was told at once, though the loop was held up");
        wait_for("a line about it", || (daemon.log().matches("no watchdog ping").count() == round).then_some(()));
    }
    Witness::new(&world, &daemon).finish();
}
