//! Everyone connected to our socket: their streams, their codecs, and whose turn it is.
//!
//! Nobody waits for a peer. Bytes that it does not read stay in its bounded outbox, and past the limit it is closed. Calls are
//! taken in rounds of one line per peer, so that one who asks without pause takes no more than its share.

use std::io::{self, Write};
use std::time::Duration;

use mio::net::UnixStream;
use mio::{Registry, Token};
use slotmap::{DefaultKey, Key, KeyData, SlotMap};

use super::socket::Socket;
use crate::api::{
    ApiError, Call, DECODED_BYTES_PER_TURN_MAX, ErrorCode, LAST_CALLS_MAX, LAST_WORD_MS, Notice, PEERS_MAX, PeerStatus,
    READ_BYTES, READS_PER_TURN_MAX, Reply,
};
use crate::core::{CallId, PeerId, Process, Time};
use crate::wire::rpc::{CallIds, Incoming, PeerCodec};

/// Tokens of ours: above those of the programs that were started, and of 31 bits, which every target has.
const TOKENS: std::ops::Range<usize> = 1 << 30..1 << 31;
/// How long one that is to be closed may take to read why.
const LAST_WORD: Duration = Duration::from_millis(LAST_WORD_MS as u64);

/// Everyone connected to our socket.
#[derive(Debug, Default)]
pub struct Peers {
    peers: SlotMap<DefaultKey, Peer>,
    ids: CallIds,
    /// Peers with a turn in this round.
    round: Vec<DefaultKey>,
    buffer: Vec<u8>,
    reads_left: usize,
    decode_bytes_left: usize,
    /// Outboxes are flushed and nothing is read any more.
    flushing: bool,
    high: HighWater,
    /// How many have come.
    welcomed: usize,
}

#[derive(Debug)]
struct Peer {
    /// Nobody else's for a thousand million peers, so that what is told of one who is gone reaches nobody.
    token: Token,
    socket: Socket,
    codec: PeerCodec,
    process: Process,
    /// It sends no more. It may still read.
    ended: bool,
    /// Nothing reaches it any more. What it has sent still counts, as far as `last_calls_left` goes.
    deaf: bool,
    last_calls_left: usize,
    /// It has had notices: a subscriber stays when it has nothing more to say.
    subscriber: bool,
    /// Something is to be done for it outside of reading: write, or close.
    stirred: bool,
    /// It is to be closed: when, at the latest.
    close_by: Option<Time>,
}

/// Why a connection has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closure {
    /// It hung up, or had everything it asked for.
    Done,
    /// It did not read what it had asked for.
    Lagged,
    /// It sent a line that was too long.
    Line,
}

impl Closure {
    /// All of them.
    pub const ALL: [Closure; 3] = [Closure::Done, Closure::Lagged, Closure::Line];

    /// Its name among the numbers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Closure::Done => "done",
            Closure::Lagged => "lagged",
            Closure::Line => "line_too_long",
        }
    }
}

/// The most that ever waited of one peer, since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HighWater {
    /// Bytes read and not decoded.
    pub inbox_bytes: usize,
    /// Bytes to be written.
    pub outbox_bytes: usize,
    /// Notices to be written.
    pub outbox_notices: usize,
    /// Calls to be answered.
    pub calls_in_flight: usize,
}

impl HighWater {
    fn note(&mut self, codec: &PeerCodec) {
        self.inbox_bytes = self.inbox_bytes.max(codec.inbox_bytes());
        self.outbox_bytes = self.outbox_bytes.max(codec.outbox_bytes());
        self.outbox_notices = self.outbox_notices.max(codec.outbox_notices());
        self.calls_in_flight = self.calls_in_flight.max(codec.calls_in_flight());
    }
}

/// What became of a peer that is gone.
#[derive(Debug, PartialEq, Eq)]
pub struct Gone {
    /// Who.
    pub peer: PeerId,
    /// Why.
    pub closure: Closure,
    /// A sentence, where it is worth a line in the log.
    pub reason: Option<String>,
    /// Its process.
    pub process: Process,
}

/// What one peer brings in a round: a line, or one call of a batch.
#[derive(Debug, PartialEq)]
pub enum Asked {
    /// A call.
    Call {
        /// Who asks.
        peer: PeerId,
        /// Which call it is.
        call: CallId,
        /// What is asked.
        request: Call,
    },
    /// What was no call; it is answered where there was something to answer.
    NoCall,
}

impl Peers {
    /// Nobody.
    #[must_use]
    pub fn new() -> Peers {
        Peers::default()
    }

    /// Welcome a peer.
    ///
    /// # Errors
    /// It cannot be polled; it is let go.
    pub fn add(&mut self, registry: &Registry, stream: UnixStream, process: Process) -> io::Result<PeerId> {
        let token = Token(TOKENS.start + self.welcomed % TOKENS.len());
        self.welcomed += 1;
        let key = self.peers.try_insert_with_key(|_| {
            Ok::<Peer, io::Error>(Peer {
                token,
                socket: Socket::new(registry, stream, token)?,
                codec: PeerCodec::new(),
                process,
                ended: false,
                deaf: false,
                last_calls_left: LAST_CALLS_MAX,
                subscriber: false,
                stirred: false,
                close_by: None,
            })
        })?;
        Ok(PeerId(key.data().as_ffi()))
    }

    /// True where no further peer may come.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.peers.len() >= PEERS_MAX
    }

    /// Something is ready. Tokens of those who are gone fall out.
    pub fn stir(&mut self, event: &mio::event::Event) {
        let Some(peer) = self.peers.values_mut().find(|peer| peer.token == event.token()) else { return };
        peer.socket.stir(event);
        // It has closed both ways, perhaps long after it had said its last word.
        if event.is_write_closed() {
            peer.deaf = true;
            peer.stirred = true;
        }
    }

    /// A new turn: nothing of its budgets is used up.
    pub fn begin_turn(&mut self) {
        self.reads_left = READS_PER_TURN_MAX;
        self.decode_bytes_left = DECODED_BYTES_PER_TURN_MAX;
    }

    /// True where another turn would get on without waiting.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.peers.values().any(|peer| peer.can_ask(self.flushing) || peer.can_write() || peer.stirred)
    }

    /// What comes next, round robin: one line of each peer before a second one of any. `None` where nobody has one now, or
    /// enough was decoded for one turn.
    pub fn next(&mut self) -> Option<Asked> {
        if self.flushing || self.decode_bytes_left == 0 {
            return None;
        }
        let mut rounds_without_a_call = 0;
        loop {
            let Some(key) = self.round.pop() else {
                if rounds_without_a_call == 1 {
                    return None;
                }
                rounds_without_a_call += 1;
                let waiting = self.peers.iter().filter(|(_, peer)| peer.can_ask(false));
                self.round.extend(waiting.map(|(key, _)| key));
                continue;
            };
            let Some(peer) = self.peers.get_mut(key) else { continue };
            if peer.deaf && !peer.may_ask_once_more() {
                continue;
            }
            if !peer.codec.has_next() {
                if self.reads_left == 0 {
                    continue;
                }
                self.reads_left -= 1;
                peer.read(&mut self.buffer);
            }
            peer.stirred = true;
            let before = peer.codec.inbox_bytes();
            self.high.note(&peer.codec);
            let incoming = peer.codec.next(&mut self.ids);
            self.decode_bytes_left = self.decode_bytes_left.saturating_sub(before - peer.codec.inbox_bytes());
            self.high.note(&peer.codec);
            match incoming {
                Some(Incoming::Call { call, request }) => {
                    return Some(Asked::Call { peer: PeerId(key.data().as_ffi()), call, request });
                }
                Some(Incoming::NoCall) => return Some(Asked::NoCall),
                None => {}
            }
            // It may have said half a line and have more to say.
            if peer.can_ask(false) && self.reads_left > 0 {
                rounds_without_a_call = 0;
            }
        }
    }

    /// Answer a call. A peer that is gone hears nothing.
    pub fn answer(&mut self, peer: PeerId, call: CallId, result: &Result<Reply, ApiError>) {
        let Some(peer) = self.peers.get_mut(key_of(peer)) else { return };
        peer.stirred = true;
        if let Err(overflow) = peer.codec.answer(call, result) {
            peer.codec.lag(overflow);
        }
        self.high.note(&peer.codec);
    }

    /// Send a notice. A peer that is gone hears nothing.
    pub fn notify(&mut self, peer: PeerId, notice: &Notice) {
        let Some(peer) = self.peers.get_mut(key_of(peer)) else { return };
        peer.stirred = true;
        peer.subscriber = true;
        if let Err(overflow) = peer.codec.notice(notice) {
            peer.codec.lag(overflow);
        }
        self.high.note(&peer.codec);
    }

    /// Write what waits, and let go of those who are through: the only place that writes to a peer.
    pub fn flush(&mut self, registry: &Registry, now: Time) -> Vec<Gone> {
        let mut gone = Vec::new();
        let flushing = self.flushing;
        self.peers.retain(|key, peer| {
            let is_overdue = peer.close_by.is_some_and(|at| at <= now);
            if !(peer.stirred || peer.can_write() || is_overdue) {
                return true;
            }
            peer.stirred = false;
            peer.write(registry);
            if peer.codec.closing().is_some() {
                peer.close_by.get_or_insert(now + LAST_WORD);
            }
            let Some((closure, reason)) = peer.verdict(flushing, is_overdue) else { return true };
            let process = std::mem::take(&mut peer.process);
            gone.push(Gone { peer: PeerId(key.data().as_ffi()), closure, reason, process });
            false
        });
        gone
    }

    /// When the first of those that are to be closed has had its time.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        self.peers.values().filter_map(|peer| peer.close_by).min()
    }

    /// Read no more; `is_flushed` tells when everything is written.
    pub fn begin_flush(&mut self) {
        self.flushing = true;
        self.round.clear();
    }

    /// True where all outboxes are empty.
    #[must_use]
    pub fn is_flushed(&self) -> bool {
        self.peers.values().all(|peer| peer.codec.output().is_empty())
    }

    /// Write into a status what only we know of a peer.
    pub fn complete(&self, status: &mut PeerStatus) {
        let Some(peer) = self.peers.get(KeyData::from_ffi(status.peer).into()) else { return };
        status.inbox_bytes = peer.codec.inbox_bytes();
        status.outbox_bytes = peer.codec.outbox_bytes();
        status.calls_in_flight = peer.codec.calls_in_flight();
    }

    /// The most that ever waited of one peer.
    #[must_use]
    pub fn high_water(&self) -> &HighWater {
        &self.high
    }
}

fn key_of(peer: PeerId) -> DefaultKey {
    KeyData::from_ffi(peer.0).into()
}

impl Peer {
    fn can_ask(&self, flushing: bool) -> bool {
        !flushing && (self.codec.has_next() || (self.socket.is_readable() && !self.ended && self.codec.wants_read()))
    }

    /// It has hung up: is there a call left for it? What is beyond is forgotten.
    fn may_ask_once_more(&mut self) -> bool {
        let Some(left) = self.last_calls_left.checked_sub(1) else {
            self.codec.forget();
            self.ended = true;
            self.stirred = true;
            return false;
        };
        self.last_calls_left = left;
        true
    }

    fn can_write(&self) -> bool {
        self.socket.is_writable() && !self.deaf && !self.codec.output().is_empty()
    }

    fn read(&mut self, buffer: &mut Vec<u8>) {
        if self.ended || !self.codec.wants_read() {
            return;
        }
        buffer.resize(READ_BYTES, 0);
        match self.socket.read(buffer) {
            Ok(None) => {}
            Ok(Some(0)) => {
                self.ended = true;
                // A last line may lack its end: `printf '{...}' | nc -U`.
                self.codec.receive(b"\n");
            }
            Ok(Some(count)) => self.codec.receive(&buffer[..count]),
            Err(_) => {
                self.ended = true;
                self.deaf = true;
            }
        }
    }

    fn write(&mut self, registry: &Registry) {
        if !self.deaf {
            match self.socket.write(registry, self.codec.output()) {
                Ok(count) => self.codec.written(count),
                // It reads no more; what it has sent before still counts.
                Err(_) => self.deaf = true,
            }
        }
        if self.deaf {
            let rest = self.codec.output().len();
            self.codec.written(rest);
        }
    }

    /// Is it through, why, and is that worth a line?
    fn verdict(&mut self, flushing: bool, is_overdue: bool) -> Option<(Closure, Option<String>)> {
        if let Some(error) = self.codec.closing().filter(|_| is_overdue || self.codec.output().is_empty()) {
            let closure = if error.code == ErrorCode::InvalidRequest { Closure::Line } else { Closure::Lagged };
            return Some((closure, Some(error.message.clone())));
        }
        let silent = self.ended && (flushing || !self.codec.has_next());
        if silent && self.deaf {
            return Some((Closure::Done, None));
        }
        let answered = self.codec.calls_in_flight() == 0 && self.codec.outbox_bytes() == 0;
        (silent && answered && !self.subscriber).then_some((Closure::Done, None))
    }
}

/// Tell a peer that there is no room for it. It has read nothing yet, so one small write does not wait.
pub fn turn_away(mut stream: UnixStream, reason: &str) {
    let mut codec = PeerCodec::new();
    codec.close(&ApiError::new(ErrorCode::Overloaded, reason));
    let _ = stream.write(codec.output());
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read};
    use std::os::unix::net::UnixStream as StdStream;
    use std::time::Duration;

    use mio::{Events, Poll};

    use super::*;
    use crate::api::{OUTBOX_BYTES_MAX, Ping};

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
}
