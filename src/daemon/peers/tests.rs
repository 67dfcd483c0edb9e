use std::io::{BufRead, BufReader, Read};
use std::os::unix::net::UnixStream as StdStream;
use std::time::Duration;

use mio::{Events, Poll};

use super::*;
use crate::api::{LAST_CALLS_MAX, OUTBOX_BYTES_MAX, Ping};

const PING: &str = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n";

struct Rig {
    poll: Poll,
    events: Events,
    peers: Peers,
    now: Time,
}

impl Rig {
    fn new() -> Rig {
        Rig {
            poll: Poll::new().unwrap(),
            events: Events::with_capacity(64),
            peers: Peers::new(),
            now: Time::from_nanos(1),
        }
    }

    fn connect(&mut self) -> (StdStream, PeerId) {
        let (ours, theirs) = StdStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        theirs.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let peer = self.peers.add(self.poll.registry(), UnixStream::from_std(ours), Process::default()).unwrap();
        (theirs, peer)
    }

    /// One turn: everyone who asks, at most `calls`, in order; and who is gone.
    fn turn(&mut self, calls: usize) -> (Vec<(PeerId, CallId)>, Vec<Gone>) {
        self.poll.poll(&mut self.events, Some(Duration::ZERO)).unwrap();
        for event in &self.events {
            self.peers.stir(event);
        }
        self.peers.begin_turn();
        let asked = std::iter::from_fn(|| self.peers.next()).take(calls).filter_map(|asked| match asked {
            Asked::Call { peer, call, .. } => Some((peer, call)),
            Asked::NoCall => None,
        });
        let asked = asked.collect();
        (asked, self.peers.flush(self.poll.registry(), self.now))
    }

    fn answer(&mut self, (peer, call): (PeerId, CallId)) {
        let reply = Ping { version: "v".into(), protocol: 1, epoch: "e".into() };
        self.peers.answer(peer, call, &Ok(Reply::Ping(reply)));
    }
}

#[test]
fn calls_are_taken_one_line_per_peer_and_round() {
    let mut rig = Rig::new();
    let (mut greedy, first) = rig.connect();
    let (mut modest, second) = rig.connect();
    greedy.write_all(PING.repeat(3).as_bytes()).unwrap();
    modest.write_all(PING.as_bytes()).unwrap();
    let (asked, gone) = rig.turn(64);
    let order: Vec<PeerId> = asked.iter().map(|(peer, _)| *peer).collect();
    assert_eq!(order.len(), 4);
    assert!(order[..2].contains(&first) && order[..2].contains(&second), "{order:?}");
    assert!(gone.is_empty() && !rig.peers.is_ready());
}

#[test]
fn lines_that_are_no_calls_keep_a_call_waiting_for_one_round_only() {
    const LINES: usize = 5_000;
    let mut rig = Rig::new();
    let (mut noisy, _) = rig.connect();
    let (mut modest, peer) = rig.connect();
    noisy.write_all(b" \n".repeat(LINES).as_slice()).unwrap();
    modest.write_all(PING.as_bytes()).unwrap();
    let (asked, _) = rig.turn(64);
    assert_eq!(asked.iter().map(|(peer, _)| *peer).collect::<Vec<_>>(), [peer]);
    assert!(rig.peers.is_ready(), "the rest of the noise is for later turns");
    let turns = (0..2 * LINES).take_while(|_| rig.peers.is_ready() && rig.turn(64).0.is_empty()).count();
    assert!((LINES / 64 - 1..=LINES / 64 + 2).contains(&turns), "{turns}");
    noisy.write_all(PING.as_bytes()).unwrap();
    assert_eq!(rig.turn(64).0.len(), 1, "what comes after the noise is heard");
}

#[test]
fn the_budget_of_a_turn_leaves_the_rest_for_the_next() {
    let mut rig = Rig::new();
    let (mut stream, _) = rig.connect();
    stream.write_all(PING.repeat(5).as_bytes()).unwrap();
    assert_eq!(rig.turn(3).0.len(), 3);
    assert!(rig.peers.is_ready());
    assert_eq!(rig.turn(3).0.len(), 2);
}

#[test]
fn a_call_is_answered_after_its_peer_has_said_its_last_word() {
    let mut rig = Rig::new();
    let (mut stream, _) = rig.connect();
    stream.write_all(PING.trim_end().as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let (asked, gone) = rig.turn(64);
    assert_eq!((asked.len(), gone.len()), (1, 0));
    rig.answer(asked[0]);
    let (_, gone) = rig.turn(64);
    assert_eq!(gone.len(), 1);
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    assert!(line.contains("\"protocol\":1"), "{line}");
}

#[test]
fn what_a_peer_asked_before_it_left_counts() {
    let mut rig = Rig::new();
    let (mut stream, _) = rig.connect();
    stream.write_all(PING.repeat(2).as_bytes()).unwrap();
    drop(stream);
    let (asked, _) = rig.turn(1);
    rig.answer(asked[0]);
    let (asked, gone) = rig.turn(64);
    assert_eq!((asked.len(), gone.len()), (1, 1));
    // The answer comes too late and goes nowhere.
    rig.answer(asked[0]);
}

#[test]
fn one_who_has_hung_up_does_not_keep_its_place_with_what_it_asked() {
    let mut rig = Rig::new();
    let (mut stream, _) = rig.connect();
    stream.write_all(PING.repeat(1000).as_bytes()).unwrap();
    drop(stream);
    let (asked, gone) = rig.turn(1000);
    assert!((LAST_CALLS_MAX - 1..=LAST_CALLS_MAX).contains(&asked.len()), "{} calls", asked.len());
    asked.into_iter().for_each(|asked| rig.answer(asked));
    assert_eq!(gone.len() + rig.turn(1000).1.len(), 1);
    assert!(!rig.peers.is_ready());
}

#[test]
fn one_who_never_reads_is_closed_at_the_limit() {
    let mut rig = Rig::new();
    let (mut stream, peer) = rig.connect();
    stream.set_nonblocking(true).unwrap();
    let change = crate::api::Change::Windows(crate::api::WindowsChange {
        full: false,
        changed: Vec::new(),
        closed: vec![u64::MAX; 1000],
    });
    let mut gone = Vec::new();
    for seq in 0..(4 * OUTBOX_BYTES_MAX / 20_000) as u64 {
        let notice = Notice { seq, epoch: "e".into(), change: change.clone() };
        rig.peers.notify(peer, &notice);
        gone.extend(rig.turn(64).1);
    }
    // It may still read why, for a second.
    assert!(gone.is_empty());
    assert_eq!(rig.peers.deadline(), Some(rig.now + LAST_WORD));
    rig.now = rig.now + LAST_WORD;
    gone.extend(rig.turn(64).1);
    assert_eq!((gone.len(), gone[0].closure), (1, Closure::Lagged));
    assert!(gone[0].reason.as_ref().unwrap().contains("does not read"), "{gone:?}");
    assert_eq!(rig.peers.deadline(), None);
    assert!(stream.read(&mut [0; 16]).is_ok());
}

#[test]
fn one_that_lags_and_then_reads_is_told_why_and_let_go_at_once() {
    let mut rig = Rig::new();
    let (mut stream, peer) = rig.connect();
    let change = crate::api::Change::Windows(crate::api::WindowsChange {
        full: false,
        changed: Vec::new(),
        closed: vec![u64::MAX; 1000],
    });
    for seq in 0..(4 * OUTBOX_BYTES_MAX / 20_000) as u64 {
        rig.peers.notify(peer, &Notice { seq, epoch: "e".into(), change: change.clone() });
        assert!(rig.turn(64).1.is_empty());
    }
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    });
    let gone = (0..10_000_000).find_map(|_| rig.turn(64).1.pop()).unwrap();
    assert_eq!(gone.closure, Closure::Lagged);
    let text = reader.join().unwrap();
    let last = text.lines().last().unwrap();
    assert!(last.contains("-32042") && last.contains("does not read"), "{last}");
}

#[test]
fn a_subscriber_stays_until_it_hangs_up() {
    let mut rig = Rig::new();
    let (mut stream, peer) = rig.connect();
    stream.write_all(PING.as_bytes()).unwrap();
    let (asked, _) = rig.turn(64);
    let change = crate::api::Change::Wm(crate::api::WmNotice {
        state: crate::api::WmState::Connected,
        kind: None,
        holder: None,
    });
    rig.peers.notify(peer, &Notice { seq: 1, epoch: "e".into(), change });
    rig.answer(asked[0]);
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(rig.turn(64).1.is_empty());
    assert!(rig.turn(64).1.is_empty());
    drop(stream);
    assert_eq!(rig.turn(64).1.len(), 1);
}

#[test]
fn empty_lines_without_end_do_not_keep_the_loop() {
    let mut rig = Rig::new();
    let (stream, _) = rig.connect();
    let flood = std::thread::spawn(move || {
        let mut stream = stream;
        let lines = [b'\n'; 64 << 10];
        for _ in 0..400 {
            if stream.write_all(&lines).is_err() {
                return;
            }
        }
    });
    let (mut turns, mut gone) = (0, Vec::new());
    while gone.is_empty() {
        let turn = rig.turn(64);
        assert!(turn.0.is_empty());
        gone = turn.1;
        turns += 1;
        assert!(turns < 10_000_000);
    }
    flood.join().unwrap();
    assert!(turns >= 400 * 64 / 16 / READS_PER_TURN_MAX, "{turns}");
}

#[test]
fn lines_of_a_megabyte_from_everybody_are_not_decoded_in_one_turn() {
    let mut rig = Rig::new();
    let line = format!("\"{}\"\n", "x".repeat(DECODED_BYTES_PER_TURN_MAX / 2));
    let writers: Vec<_> = (0..6)
        .map(|_| {
            let (mut stream, line) = (rig.connect().0, line.clone());
            std::thread::spawn(move || {
                stream.write_all(line.as_bytes()).unwrap();
                let mut reader = BufReader::new(stream);
                let mut answer = String::new();
                reader.read_line(&mut answer).unwrap();
                (answer, reader)
            })
        })
        .collect();
    // Everything is read, and each turn decodes two of them at most.
    let (mut answered, mut most) = (0, 0);
    for _ in 0..1_000_000 {
        rig.poll.poll(&mut rig.events, Some(Duration::ZERO)).unwrap();
        rig.events.iter().for_each(|event| rig.peers.stir(event));
        rig.peers.begin_turn();
        let lines = std::iter::from_fn(|| rig.peers.next()).count();
        rig.peers.flush(rig.poll.registry(), rig.now);
        (answered, most) = (answered + lines, most.max(lines));
        if answered == 6 {
            break;
        }
    }
    assert_eq!(answered, 6);
    assert!(most <= 2, "{most} in one turn");
    writers.into_iter().for_each(|writer| assert!(writer.join().unwrap().0.contains("-32600")));
}

#[test]
fn a_line_of_100_megabytes_is_refused_and_its_sender_reads_why() {
    let mut rig = Rig::new();
    let (mut stream, _) = rig.connect();
    let writer = std::thread::spawn(move || {
        let piece = [b'x'; 64 << 10];
        let mut sent = 0;
        while sent < 100 << 20 && stream.write_all(&piece).is_ok() {
            sent += piece.len();
        }
        let mut line = String::new();
        let _ = BufReader::new(stream).read_line(&mut line);
        (sent, line)
    });
    let mut gone = Vec::new();
    for _ in 0..10_000_000 {
        gone = rig.turn(64).1;
        if !gone.is_empty() {
            break;
        }
    }
    assert!(gone[0].reason.as_ref().unwrap().contains("longer than"), "{gone:?}");
    let (sent, line) = writer.join().unwrap();
    assert_eq!(sent, 100 << 20);
    assert!(line.contains("-32600"), "{line}");
}

#[test]
fn one_who_is_turned_away_is_told_so() {
    let (ours, theirs) = StdStream::pair().unwrap();
    turn_away(UnixStream::from_std(ours), "64 are connected");
    let mut line = String::new();
    BufReader::new(theirs).read_line(&mut line).unwrap();
    assert!(line.contains("-32041") && line.contains("64 are connected"), "{line}");
}

#[test]
fn a_token_is_of_31_bits_and_nobody_elses() {
    let mut rig = Rig::new();
    let mut tokens = std::collections::BTreeSet::new();
    // The last of them, and those that begin anew.
    for welcomed in (0..3).chain(TOKENS.len() - 3..TOKENS.len()) {
        rig.peers.welcomed = welcomed;
        let (_stream, peer) = rig.connect();
        let token = rig.peers.peers[key_of(peer)].token.0;
        assert!(i32::try_from(token).is_ok() && token >= TOKENS.start, "{token:#x}");
        assert!(tokens.insert(token), "{token:#x} is used twice");
    }
    let (_stream, peer) = rig.connect();
    assert_eq!(rig.peers.peers[key_of(peer)].token.0, TOKENS.start, "after the last comes the first");
}
