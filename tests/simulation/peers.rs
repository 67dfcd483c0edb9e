//! Fake peers: clients behind the real `wire::rpc` codec. They split lines, send rubbish, stop
//! reading and vanish.

use std::collections::BTreeMap;

use fastrand::Rng;
use i3pm::api::{ApiError, Call, Notice, Reply};
use i3pm::core::{CallId, PeerId};
use i3pm::wire::rpc::{CallIds, Incoming, PeerCodec, ServerMessage, decode_answer, encode_call};
use serde_json::Value;

/// Both ends of one connection.
#[derive(Debug, Clone, Default)]
struct Peer {
    codec: PeerCodec,
    /// What the client sent and the daemon has not read.
    to_daemon: Vec<u8>,
    /// A line of the daemon that has not come whole.
    line: Vec<u8>,
    /// The client takes what is written to it.
    reads: bool,
    /// Calls of the client that wait, by its own ids.
    waiting: BTreeMap<u64, Call>,
    last_id: u64,
    last_seq: u64,
    overflowed: bool,
}

/// Everyone connected to the daemon.
#[derive(Debug, Clone, Default)]
pub struct Peers {
    peers: BTreeMap<PeerId, Peer>,
    ids: CallIds,
    last: u64,
    /// The daemon reads no more calls.
    pub flushing: bool,
    /// Answers that the checks wait for: the results of their own calls.
    pub kept: BTreeMap<(PeerId, u64), Result<Value, String>>,
}

impl Peers {
    pub fn count(&self) -> usize {
        self.peers.len()
    }

    pub fn knows(&self, peer: PeerId) -> bool {
        self.peers.contains_key(&peer)
    }

    pub fn any(&self, rng: &mut Rng) -> Option<PeerId> {
        let ids: Vec<PeerId> = self.peers.keys().copied().collect();
        (!ids.is_empty()).then(|| ids[rng.usize(..ids.len())])
    }

    pub fn connect(&mut self) -> PeerId {
        self.last += 1;
        let peer = PeerId(self.last);
        self.peers.insert(peer, Peer { reads: true, ..Peer::default() });
        peer
    }

    pub fn vanish(&mut self, peer: PeerId) {
        self.peers.remove(&peer);
    }

    /// The daemon is gone, and all connections with it. Peer and call ids are never used again.
    pub fn all_gone(&mut self) {
        self.peers.clear();
        self.flushing = false;
    }

    pub fn stop_reading(&mut self, peer: PeerId) {
        if let Some(peer) = self.peers.get_mut(&peer) {
            peer.reads = false;
        }
    }

    /// The client sends a call; answers the id it gave it.
    pub fn call(&mut self, peer: PeerId, call: Call) -> u64 {
        let peer = self.peers.get_mut(&peer).expect("a peer that is there");
        peer.last_id += 1;
        peer.to_daemon.extend_from_slice(encode_call(peer.last_id, &call).as_bytes());
        peer.waiting.insert(peer.last_id, call);
        peer.last_id
    }

    pub fn rubbish(&mut self, peer: PeerId, text: &str) {
        if let Some(peer) = self.peers.get_mut(&peer) {
            peer.to_daemon.extend_from_slice(text.as_bytes());
        }
    }

    /// Bytes on their way to the daemon, or back?
    pub fn has_work(&self) -> bool {
        let input = |peer: &Peer| peer.codec.has_next() || (!peer.to_daemon.is_empty() && peer.codec.wants_read());
        let output = |peer: &Peer| peer.reads && !peer.codec.output().is_empty();
        self.peers.values().any(|peer| output(peer) || (!self.flushing && input(peer)))
    }

    /// The daemon reads a piece of what was sent, and takes one call of each peer.
    pub fn take(&mut self, rng: &mut Rng) -> Vec<(PeerId, CallId, Call)> {
        let mut calls = Vec::new();
        if self.flushing {
            return calls;
        }
        for (id, peer) in &mut self.peers {
            if !peer.to_daemon.is_empty() && peer.codec.wants_read() {
                let length = peer.to_daemon.len();
                let count = if rng.bool() { length } else { rng.usize(1..=length) };
                peer.codec.receive(&peer.to_daemon[..count]);
                peer.to_daemon.drain(..count);
            }
            if let Some(Incoming::Call { call, request }) = peer.codec.next(&mut self.ids) {
                calls.push((*id, call, request));
            }
        }
        calls
    }

    pub fn answer(&mut self, peer: PeerId, call: CallId, result: &Result<Reply, ApiError>) {
        if let Some(peer) = self.peers.get_mut(&peer) {
            peer.overflowed |= peer.codec.answer(call, result).is_err();
        }
    }

    pub fn notify(&mut self, peer: PeerId, notice: &Notice) {
        if let Some(peer) = self.peers.get_mut(&peer) {
            peer.overflowed |= peer.codec.notice(notice).is_err();
        }
    }

    /// Are all outboxes written?
    pub fn is_flushed(&self) -> bool {
        self.peers.values().all(|peer| peer.codec.output().is_empty())
    }

    /// The daemon writes what the clients take; answers those that it closes.
    ///
    /// # Errors
    /// An answer that nobody waits for, a notice out of its order, a line that is none.
    pub fn flush(&mut self, rng: &mut Rng) -> Result<Vec<PeerId>, String> {
        let mut gone = Vec::new();
        for (id, peer) in &mut self.peers {
            if peer.reads && !peer.codec.output().is_empty() {
                let length = peer.codec.output().len();
                let count = if rng.u8(..4) > 0 { length } else { rng.usize(1..=length) };
                let bytes = peer.codec.output()[..count].to_vec();
                peer.codec.written(count);
                for byte in bytes {
                    if byte != b'\n' {
                        peer.line.push(byte);
                        continue;
                    }
                    let line = std::mem::take(&mut peer.line);
                    let text = String::from_utf8(line).map_err(|error| error.to_string())?;
                    Peer::receive(peer, *id, &text, &mut self.kept)?;
                }
            }
            if peer.overflowed || (peer.codec.closing().is_some() && peer.codec.output().is_empty()) {
                gone.push(*id);
            }
        }
        for id in &gone {
            self.peers.remove(id);
        }
        Ok(gone)
    }
}

impl Peer {
    fn receive(
        peer: &mut Peer,
        id: PeerId,
        line: &str,
        kept: &mut BTreeMap<(PeerId, u64), Result<Value, String>>,
    ) -> Result<(), String> {
        match decode_answer(line).map_err(|error| format!("{error}: {line}"))? {
            ServerMessage::Answer { id: None, .. } => {}
            ServerMessage::Answer { id: Some(call), result } => {
                let waited = peer.waiting.remove(&call);
                if waited.is_none() {
                    return Err(format!("{id:?}: call {call} was answered twice or never asked: {line}"));
                }
                kept.insert((id, call), result.map_err(|error| format!("{:?}: {error}", error.name())));
            }
            ServerMessage::Notice { params } => {
                let notice = ServerMessage::notice(&params).map_err(|error| format!("{error}: {line}"))?;
                if notice.seq != peer.last_seq + 1 {
                    return Err(format!("{id:?}: notice {} after {}", notice.seq, peer.last_seq));
                }
                peer.last_seq = notice.seq;
            }
        }
        Ok(())
    }
}
