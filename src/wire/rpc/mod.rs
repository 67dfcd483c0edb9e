//! JSON-RPC 2.0 on our own socket, one message per line: the daemon's end (`PeerCodec`) and the
//! client's (`encode_call`, `decode_answer`).
//!
//! Everything a peer sends is untrusted and everything it makes us keep has a limit. Every call
//! gets exactly one answer; what is wrong with a line is answered here and never reaches the core.
//! No more is decoded than the outbox can take answers for, so a peer that asks faster than it
//! reads waits instead of being closed.

mod answer;
mod client;
mod outbox;
mod request;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use serde_json::value::RawValue;

use self::answer::{encode_answer, encode_notice};
use self::outbox::Outbox;
use self::request::{Id, Line, Request};
use super::byte_queue::ByteQueue;
use crate::api::{
    ApiError, CALLS_IN_FLIGHT_MAX, Call, ErrorCode, LINE_BYTES_MAX, Notice, OUTBOX_BYTES_MAX, OUTBOX_NOTICES_MAX,
    Reply, SKIPPED_BYTES_MAX,
};
use crate::core::CallId;

pub use self::client::{AnswerError, MessageError, ServerMessage, decode_answer, encode_call};

/// Room in the outbox that only small answers may take, in bytes: enough to tell every call in
/// flight that its answer did not fit.
pub const ANSWER_RESERVE_BYTES: usize = 32 << 10;
/// What is small in this sense: an `answer_too_large` with the longest id is.
const SMALL_ANSWER_BYTES_MAX: usize = ANSWER_RESERVE_BYTES / CALLS_IN_FLIGHT_MAX;

/// Gives out call ids, none of them twice.
#[derive(Debug, Clone, Default)]
pub struct CallIds {
    last: u64,
}

impl CallIds {
    /// Begins with 1.
    #[must_use]
    pub fn new() -> CallIds {
        CallIds::default()
    }

    fn next(&mut self) -> CallId {
        self.last += 1;
        CallId(self.last)
    }
}

/// What a peer sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// A call, to be answered once with `PeerCodec::answer`; a notification too, its answer goes
    /// nowhere.
    Call {
        /// Which.
        call: CallId,
        /// What.
        request: Call,
    },
    /// A line, or a part of a batch, that is no call: answered here if there is something to
    /// answer. It counts as a call does.
    NoCall,
}

/// More waits for a peer than may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{bytes} bytes and {notices} notices wait for the peer, which does not read them; the limits are {OUTBOX_BYTES_MAX} and {OUTBOX_NOTICES_MAX}"
)]
pub struct Overflow {
    /// Bytes that wait.
    pub bytes: usize,
    /// Notices that wait.
    pub notices: usize,
}

/// The daemon's end of one connection.
#[derive(Debug, Clone, Default)]
pub struct PeerCodec {
    inbox: ByteQueue,
    /// Bytes at the end of the inbox that are no whole line yet.
    tail_bytes: usize,
    /// The line after those in the inbox is too long; nothing of it is stored, and it is the last.
    overlong: Option<Overlong>,
    /// Decoded and not handed out yet: calls of one line.
    ready: VecDeque<Ready>,
    in_flight: BTreeMap<CallId, Place>,
    batches: BTreeMap<u64, Batch>,
    last_batch: u64,
    /// Bytes of answers that wait for the rest of their batch.
    held_bytes: usize,
    outbox: Outbox,
    /// Why it is to be closed as soon as the outbox is empty.
    closing: Option<ApiError>,
}

/// A line that is too long. The peer is closed when both are done: a peer that writes all of it
/// before it reads must get the answer, and no broken pipe.
#[derive(Debug, Clone, Default)]
struct Overlong {
    /// It is answered, with all before it.
    answered: bool,
    /// Its newline has come, or so much that we do not wait for it.
    ended: bool,
    /// Bytes of it that were not stored.
    skipped_bytes: usize,
}

/// A decoded call, or what is wrong with it.
#[derive(Debug, Clone)]
struct Ready {
    request: Result<Call, ApiError>,
    place: Place,
}

/// Where the answer of a call belongs.
#[derive(Debug, Clone)]
enum Place {
    /// Nowhere: a notification.
    Nowhere,
    /// On a line of its own.
    Line(Id),
    /// Into a batch.
    Batch { batch: u64, slot: usize, id: Id },
}

/// The answers of one batch, in the order of its calls.
#[derive(Debug, Clone)]
struct Batch {
    answers: Vec<Vec<u8>>,
    missing: usize,
}

impl PeerCodec {
    /// A new connection.
    #[must_use]
    pub fn new() -> PeerCodec {
        PeerCodec::default()
    }

    /// Bytes came, split anywhere. Nothing of a line that is too long is kept.
    pub fn receive(&mut self, bytes: &[u8]) {
        if self.closing.is_some() {
            return;
        }
        if let Some(line) = &mut self.overlong {
            line.skipped_bytes += bytes.len();
            line.ended |= bytes.contains(&b'\n') || line.skipped_bytes > SKIPPED_BYTES_MAX;
            self.close_after_overlong();
            return;
        }
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.tail_bytes + piece.len() > LINE_BYTES_MAX {
                self.inbox.truncate(self.inbox.len() - self.tail_bytes);
                self.tail_bytes = 0;
                self.overlong = Some(Overlong { ended: piece.ends_with(b"\n"), ..Overlong::default() });
                return;
            }
            self.inbox.push(piece);
            self.tail_bytes = if piece.ends_with(b"\n") { 0 } else { self.tail_bytes + piece.len() };
        }
    }

    /// The next call, at the cost of one line at most; or none until more bytes come, calls are
    /// answered or the outbox is written (see `has_next`).
    pub fn next(&mut self, ids: &mut CallIds) -> Option<Incoming> {
        if !self.has_next() {
            return None;
        }
        if self.ready.is_empty() {
            self.next_line();
        }
        let Some(Ready { request, place }) = self.ready.pop_front() else { return Some(Incoming::NoCall) };
        match request {
            Ok(request) => {
                let call = ids.next();
                self.in_flight.insert(call, place);
                Some(Incoming::Call { call, request })
            }
            Err(error) => {
                self.answer_ours(&place, error);
                Some(Incoming::NoCall)
            }
        }
    }

    /// True if `next` can do something without another byte: call it again in this turn or the
    /// next.
    #[must_use]
    pub fn has_next(&self) -> bool {
        self.may_ask() && (!self.ready.is_empty() || self.inbox.len() > self.tail_bytes || self.owes_overlong())
    }

    /// True if the peer's bytes should be read. False while it does not take its answers, has
    /// too many calls in flight or lines in the inbox, or is about to be closed.
    #[must_use]
    pub fn wants_read(&self) -> bool {
        let has_end = self.overlong.as_ref().is_some_and(|line| line.ended);
        self.may_ask() && !has_end && self.inbox.len() - self.tail_bytes < LINE_BYTES_MAX
    }

    /// Answer a call that `next` gave out. An answer that finds no room becomes the error
    /// `answer_too_large`.
    ///
    /// # Errors
    /// Not even that error finds room in the outbox: the peer does not read and is to be closed.
    pub fn answer(&mut self, call: CallId, result: &Result<Reply, ApiError>) -> Result<(), Overflow> {
        let place = self.in_flight.remove(&call);
        debug_assert!(place.is_some(), "{call:?} is answered and does not wait for an answer");
        let has_lagged = self.closing.as_ref().is_some_and(|error| error.code == ErrorCode::Lagged);
        place.filter(|_| !has_lagged).map_or(Ok(()), |place| self.put(&place, result))
    }

    /// Send a notice. Nothing is sent to a peer that is about to be closed.
    ///
    /// # Errors
    /// More than `OUTBOX_BYTES_MAX` bytes or `OUTBOX_NOTICES_MAX` notices would wait: the peer lags
    /// and is to be closed.
    pub fn notice(&mut self, notice: &Notice) -> Result<(), Overflow> {
        if self.closing.is_some() {
            return Ok(());
        }
        let message = encode_notice(notice);
        let bytes = self.outbox_bytes() + message.len() + 1;
        if bytes > OUTBOX_BYTES_MAX - ANSWER_RESERVE_BYTES || self.outbox.notices() >= OUTBOX_NOTICES_MAX {
            return Err(Overflow { bytes, notices: self.outbox.notices() + 1 });
        }
        self.outbox.push_notice(&message);
        Ok(())
    }

    /// Read no more of this peer, tell it why if that finds room, and have it closed when `output`
    /// is written. Calls in flight may still be answered until then.
    pub fn close(&mut self, error: &ApiError) {
        if self.closing.is_some() {
            return;
        }
        self.closing = Some(error.clone());
        self.inbox.clear();
        self.tail_bytes = 0;
        self.ready.clear();
        // If there is no room nothing more can be done for it.
        let _ = self.put(&Place::Line(RawValue::NULL.to_owned()), &Err(error.clone()));
    }

    /// The peer has hung up: forget what it has sent and we have not handed out.
    pub fn forget(&mut self) {
        self.inbox.clear();
        self.tail_bytes = 0;
        self.ready.clear();
        self.overlong = None;
    }

    /// The peer does not read: drop what waits for it, up to the end of a line that is half
    /// written, tell it why, and have it closed when that is written. It hears no more answers.
    pub fn lag(&mut self, overflow: Overflow) {
        if self.closing.is_some() {
            return;
        }
        self.outbox.drop_lines();
        self.batches.clear();
        self.held_bytes = 0;
        self.close(&ApiError::new(ErrorCode::Lagged, overflow.to_string()));
    }

    /// Why the peer is to be closed as soon as `output` is empty, if it is.
    #[must_use]
    pub fn closing(&self) -> Option<&ApiError> {
        self.closing.as_ref()
    }

    /// The bytes to write.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        self.outbox.as_slice()
    }

    /// That many bytes of `output` are written.
    pub fn written(&mut self, count: usize) {
        self.outbox.written(count);
    }

    /// Bytes read and not decoded.
    #[must_use]
    pub fn inbox_bytes(&self) -> usize {
        self.inbox.len()
    }

    /// Bytes that wait to be written, those of unfinished batches included.
    #[must_use]
    pub fn outbox_bytes(&self) -> usize {
        self.outbox.len() + self.held_bytes
    }

    /// Notices that wait to be written.
    #[must_use]
    pub fn outbox_notices(&self) -> usize {
        self.outbox.notices()
    }

    /// Calls handed out and not answered, notifications included.
    #[must_use]
    pub fn calls_in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// The answers of unfinished batches do not count here: they cannot be written before the rest
    /// is handed out.
    fn may_ask(&self) -> bool {
        self.closing.is_none()
            && self.in_flight.len() < CALLS_IN_FLIGHT_MAX
            && self.outbox.len() <= OUTBOX_BYTES_MAX / 2
            && self.outbox.notices() <= OUTBOX_NOTICES_MAX / 2
    }

    /// Decode one line into `ready`, or answer what is wrong with it.
    fn next_line(&mut self) {
        // A run of empty lines is as good as one.
        let empty = self.inbox.as_slice().iter().take_while(|byte| **byte == b'\n').count();
        if empty > 0 {
            self.inbox.take(empty);
            return;
        }
        let Some(end) = self.inbox.as_slice().iter().position(|byte| *byte == b'\n') else {
            debug_assert!(self.owes_overlong(), "asked for a line where there is none");
            self.answer_ours(&Place::Line(RawValue::NULL.to_owned()), overlong());
            if let Some(line) = &mut self.overlong {
                line.answered = true;
            }
            self.close_after_overlong();
            return;
        };
        let line = Line::decode(&self.inbox.as_slice()[..end]);
        self.inbox.take(end + 1);
        match line {
            Line::Empty => {}
            Line::Broken(error) => self.answer_ours(&Place::Line(RawValue::NULL.to_owned()), error),
            Line::Single(Request { id, call }) => {
                let place = id.map_or(Place::Nowhere, Place::Line);
                self.ready.push_back(Ready { request: call, place });
            }
            Line::Batch(requests) => self.start_batch(requests),
        }
    }

    fn owes_overlong(&self) -> bool {
        self.overlong.as_ref().is_some_and(|line| !line.answered)
    }

    fn close_after_overlong(&mut self) {
        if matches!(self.overlong, Some(Overlong { answered: true, ended: true, .. })) && self.closing.is_none() {
            self.closing = Some(overlong());
        }
    }

    fn start_batch(&mut self, requests: Vec<Request>) {
        let wanted = requests.iter().filter(|request| request.id.is_some()).count();
        self.last_batch += 1;
        let batch = self.last_batch;
        if wanted > 0 {
            self.batches.insert(batch, Batch { answers: vec![Vec::new(); wanted], missing: wanted });
        }
        let mut slot = 0;
        for Request { id, call } in requests {
            let place = match id {
                None => Place::Nowhere,
                Some(id) => {
                    slot += 1;
                    Place::Batch { batch, slot: slot - 1, id }
                }
            };
            self.ready.push_back(Ready { request: call, place });
        }
    }

    fn answer_ours(&mut self, place: &Place, error: ApiError) {
        if let Err(overflow) = self.put(place, &Err(error)) {
            self.lag(overflow);
        }
    }

    /// Put an answer where it belongs.
    fn put(&mut self, place: &Place, result: &Result<Reply, ApiError>) -> Result<(), Overflow> {
        match place {
            Place::Nowhere => {}
            Place::Line(id) => {
                let message = self.encode_to_fit(id, result)?;
                self.outbox.push_line(&message);
            }
            Place::Batch { batch, slot, id } => {
                let message = self.encode_to_fit(id, result)?;
                let Some(open) = self.batches.get_mut(batch) else { return Ok(()) };
                self.held_bytes += message.len();
                open.answers[*slot] = message;
                open.missing -= 1;
                if open.missing == 0 {
                    let answers = self.batches.remove(batch).map(|batch| batch.answers).unwrap_or_default();
                    self.held_bytes -= answers.iter().map(Vec::len).sum::<usize>();
                    self.outbox.push_array(&answers);
                }
            }
        }
        Ok(())
    }

    fn encode_to_fit(&self, id: &RawValue, result: &Result<Reply, ApiError>) -> Result<Vec<u8>, Overflow> {
        let message = encode_answer(id, result);
        if self.has_room_for(&message) {
            return Ok(message);
        }
        let error = ApiError::new(
            ErrorCode::AnswerTooLarge,
            format!(
                "the answer has {} bytes and there is room for {}; ask for less, or read what waits first",
                message.len(),
                (OUTBOX_BYTES_MAX - ANSWER_RESERVE_BYTES).saturating_sub(self.outbox_bytes()),
            ),
        );
        let message = encode_answer(id, &Err(error));
        if self.has_room_for(&message) {
            return Ok(message);
        }
        Err(Overflow { bytes: self.outbox_bytes() + message.len(), notices: self.outbox.notices() })
    }

    fn has_room_for(&self, message: &[u8]) -> bool {
        let reserve = if message.len() <= SMALL_ANSWER_BYTES_MAX { 0 } else { ANSWER_RESERVE_BYTES };
        // Two more for the newline, or for comma and brackets.
        self.outbox_bytes() + message.len() + 2 <= OUTBOX_BYTES_MAX - reserve
    }
}

fn overlong() -> ApiError {
    let reason = format!("a line is longer than {LINE_BYTES_MAX} bytes; this connection is closed");
    ApiError::new(ErrorCode::InvalidRequest, reason)
}
