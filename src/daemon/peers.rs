//! Everyone connected to our socket, and whose turn it is.
//!
//! Nobody waits for a peer. Bytes that it does not read stay in its bounded outbox, and past the
//! limit it is closed. Calls are taken in rounds of one line per peer, so that a peer that asks
//! without pause takes no more than its share.

mod peer;

use std::io::{self, Write};
use std::time::Duration;

use mio::net::UnixStream;
use mio::{Registry, Token};
use slotmap::{DefaultKey, Key, KeyData, SlotMap};

pub use self::peer::Closure;

use self::peer::Peer;
use crate::api::{
    ApiError, Call, DECODED_BYTES_PER_TURN_MAX, ErrorCode, LAST_WORD_MS, Notice, PEERS_MAX, PeerStatus,
    READS_PER_TURN_MAX, Reply,
};
use crate::core::{CallId, PeerId, Process, Time};
use crate::wire::rpc::{CallIds, Incoming, PeerCodec};

/// Tokens of ours: above those of the programs that were started, and of 31 bits, which every
/// target has.
const TOKENS: std::ops::Range<usize> = 1 << 30..1 << 31;
/// The time that a peer that is to be closed may take to read why.
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
    /// A sentence, if it is worth a line in the log.
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
    /// What was no call; it is answered if there was something to answer.
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
        let key = self.peers.try_insert_with_key(|_| Peer::new(registry, stream, token, process))?;
        Ok(PeerId(key.data().as_ffi()))
    }

    /// True if no further peer may come.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.peers.len() >= PEERS_MAX
    }

    /// epoll has said something. Tokens of peers that are gone are dropped.
    pub fn stir(&mut self, event: &mio::event::Event) {
        if let Some(peer) = self.peers.values_mut().find(|peer| peer.token == event.token()) {
            peer.stir(event);
        }
    }

    /// A new turn: its budgets are whole.
    pub fn begin_turn(&mut self) {
        self.reads_left = READS_PER_TURN_MAX;
        self.decode_bytes_left = DECODED_BYTES_PER_TURN_MAX;
    }

    /// True if another turn would get on without waiting.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.peers.values().any(|peer| peer.can_ask(self.flushing) || peer.can_write() || peer.stirred)
    }

    /// What comes next, round robin: one line of each peer before a second one of any. `None` if
    /// nobody has one now, or enough was decoded for one turn.
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
            if !peer.may_ask_once_more() {
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
            // It may have sent half a line, and have more to send.
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

    /// Write what waits, and let go of the peers that are through: the only place that writes to a
    /// peer.
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

    /// When the time of the first peer is over that is about to be closed.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        self.peers.values().filter_map(|peer| peer.close_by).min()
    }

    /// Read no more; `is_flushed` tells when everything is written.
    pub fn begin_flush(&mut self) {
        self.flushing = true;
        self.round.clear();
    }

    /// True if all outboxes are empty.
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

/// Tell a peer that there is no room for it. It has read nothing yet, so one small write does not
/// wait.
pub fn turn_away(mut stream: UnixStream, reason: &str) {
    let mut codec = PeerCodec::new();
    codec.close(&ApiError::new(ErrorCode::Overloaded, reason));
    let _ = stream.write(codec.output());
}

#[cfg(test)]
mod tests;
