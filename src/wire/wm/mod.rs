//! The i3 and sway IPC: frames of `i3-ipc`, a length, a type and JSON.
//!
//! A window manager queues events and replies of one client in one stream and replies after
//! executing, so a reply is a barrier. At most one request is in flight. Header and payload go out
//! as one buffer, because i3 spins on half a frame: `swayipc_types` makes it. The decoder is ours:
//! it takes bytes split anywhere, within a limit, and never waits. No event can break the link: an
//! event that cannot be decoded becomes `Event::WmUndecodable`. Only the framing and the order of
//! replies are trusted; if they are wrong, the connection must go.

mod body;
mod lenient;
mod node;
#[cfg(test)]
pub(crate) mod tests;

use swayipc_types::{CommandType, EventType, MAGIC};

use self::body::Body;
use super::byte_queue::ByteQueue;
use crate::core::{CommandOutcome, Event, Ticket, WmEvent, WmKind, WmReply, WmRequest};

pub use self::node::{CONTAINER_LEVELS_MAX, decode_tree};

/// The longest payload we accept, in bytes. A tree of 500 windows is about 430 KB.
pub const FRAME_BYTES_MAX: usize = 16 << 20;
/// The longest payload we should send, in bytes: sway executes a request only if the whole of it
/// fits the buffer of its socket.
pub const REQUEST_BYTES_MAX: usize = 32 << 10;
/// How much of an undecodable message is kept to describe it, in bytes.
const REASON_BYTES_MAX: usize = 200;

const HEADER_BYTES: usize = MAGIC.len() + 4 + 4;
/// The bit that tells events from replies.
const EVENT_BIT: u32 = 1 << 31;

/// Why a connection to a window manager cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WmStreamError {
    /// What came is no i3 IPC, or its framing is lost.
    #[error("the window manager's stream is out of step: a message begins with {found:?} instead of \"i3-ipc\"")]
    BadMagic {
        /// The bytes in the place of the magic string, escaped.
        found: String,
    },
    /// A message is longer than we take.
    #[error("the window manager sends a message of {bytes} bytes; the limit is {FRAME_BYTES_MAX}")]
    FrameTooLarge {
        /// Its length by its header.
        bytes: usize,
    },
    /// A reply came and nothing was asked.
    #[error("the window manager answers (type {kind}) and nothing was asked")]
    UnexpectedReply {
        /// The type of the reply.
        kind: u32,
    },
    /// It takes back what it gave before.
    #[error("the window manager does not tell any more what happens")]
    Unsubscribed,
    /// A reply came that belongs to another request.
    #[error("the window manager answers with type {got} to a request of type {expected}")]
    WrongReply {
        /// The type of the request in flight.
        expected: u32,
        /// The type of the reply.
        got: u32,
    },
}

/// One connection to a window manager: what is in flight, and the bytes of a message that is not
/// whole yet.
#[derive(Debug, Clone, Default)]
pub struct WmStream {
    inbox: ByteQueue,
    in_flight: Option<InFlight>,
    /// A subscription is unanswered, which was asked for in one go with commands (`Unheard`).
    resubscribes: bool,
    failed: Option<WmStreamError>,
}

/// The request that waits for its reply.
#[derive(Debug, Clone, Copy)]
struct InFlight {
    ticket: Ticket,
    kind: CommandType,
    /// A subscription goes with it.
    subscribes: bool,
}

impl WmStream {
    /// A new connection: nothing asked, nothing received.
    #[must_use]
    pub fn new() -> WmStream {
        WmStream::default()
    }

    /// The bytes of a request. All of them must be written before anything else. The reply will
    /// bring the ticket back. A request while another is unanswered is a bug of the caller.
    #[must_use]
    pub fn send(&mut self, ticket: Ticket, request: &WmRequest) -> Vec<u8> {
        debug_assert!(self.in_flight.is_none(), "a request while {:?} is in flight", self.in_flight);
        let subscribes = matches!(request, WmRequest::Unheard { .. });
        self.in_flight = Some(InFlight { ticket, kind: command_type(request), subscribes });
        encode(request)
    }

    /// The request that waits for its reply.
    #[must_use]
    pub fn in_flight(&self) -> Option<Ticket> {
        self.in_flight.map(|request| request.ticket)
    }

    /// Bytes came, split anywhere.
    pub fn receive(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.inbox.push(bytes);
        }
    }

    /// Bytes received and not decoded yet.
    #[must_use]
    pub fn inbox_bytes(&self) -> usize {
        self.inbox.len()
    }

    /// The next message, or none until more bytes come.
    ///
    /// # Errors
    /// The stream is out of step. Every later call says the same: the connection must be dropped.
    #[allow(clippy::should_implement_trait, reason = "not an iterator: none means not yet")]
    pub fn next(&mut self) -> Result<Option<Event>, WmStreamError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.next_message().inspect_err(|error| {
            self.failed = Some(error.clone());
            self.inbox.clear();
        })
    }

    fn next_message(&mut self) -> Result<Option<Event>, WmStreamError> {
        loop {
            let Some(Header { payload_bytes, kind }) = Header::decode(self.inbox.as_slice())? else { return Ok(None) };
            let Some(payload) = self.inbox.as_slice().get(HEADER_BYTES..HEADER_BYTES + payload_bytes) else {
                return Ok(None);
            };
            let event = if kind & EVENT_BIT != 0 {
                Some(decode_event(kind & !EVENT_BIT, payload))
            } else if std::mem::take(&mut self.resubscribes) {
                expect(CommandType::Subscribe, kind)?;
                if decode_reply(CommandType::Subscribe, payload) != WmReply::Subscribed(true) {
                    return Err(WmStreamError::Unsubscribed);
                }
                None
            } else {
                let request = self.in_flight.take().ok_or(WmStreamError::UnexpectedReply { kind })?;
                expect(request.kind, kind)?;
                self.resubscribes = request.subscribes;
                Some(Event::WmReply { ticket: request.ticket, reply: decode_reply(request.kind, payload) })
            };
            self.inbox.take(HEADER_BYTES + payload_bytes);
            if event.is_some() {
                return Ok(event);
            }
        }
    }
}

/// Is a reply one to what was asked?
fn expect(asked: CommandType, got: u32) -> Result<(), WmStreamError> {
    let expected = u32::from(asked);
    if got == expected { Ok(()) } else { Err(WmStreamError::WrongReply { expected, got }) }
}

/// A request as one buffer: header and payload, and a SUBSCRIBE behind commands that are unheard.
#[must_use]
pub fn encode(request: &WmRequest) -> Vec<u8> {
    let kind = command_type(request);
    match request {
        WmRequest::Command(text) | WmRequest::Tick(text) => kind.encode_with(text),
        WmRequest::Unheard { text, unheard, .. } => [kind.encode_with(text), subscription(unheard)].concat(),
        WmRequest::Subscribe(events) => subscription(events),
        WmRequest::Tree | WmRequest::Version | WmRequest::Config => kind.encode_with(""),
    }
}

fn subscription(events: &[&str]) -> Vec<u8> {
    CommandType::Subscribe.encode_with(serde_json::Value::from(events).to_string())
}

fn command_type(request: &WmRequest) -> CommandType {
    match request {
        WmRequest::Command(_) | WmRequest::Unheard { .. } => CommandType::RunCommand,
        WmRequest::Tree => CommandType::GetTree,
        WmRequest::Version => CommandType::GetVersion,
        WmRequest::Config => CommandType::GetConfig,
        WmRequest::Subscribe(_) => CommandType::Subscribe,
        WmRequest::Tick(_) => CommandType::SendTick,
    }
}

struct Header {
    payload_bytes: usize,
    kind: u32,
}

impl Header {
    /// The result is none until all of the header is there; wrong magic is seen at its first wrong
    /// byte.
    fn decode(bytes: &[u8]) -> Result<Option<Header>, WmStreamError> {
        let magic = &bytes[..bytes.len().min(MAGIC.len())];
        if !MAGIC.starts_with(magic) {
            return Err(WmStreamError::BadMagic { found: magic.escape_ascii().to_string() });
        }
        let number = |at: usize| Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let Some(length) = number(MAGIC.len()) else { return Ok(None) };
        let payload_bytes = length as usize;
        if payload_bytes > FRAME_BYTES_MAX {
            return Err(WmStreamError::FrameTooLarge { bytes: payload_bytes });
        }
        Ok(number(MAGIC.len() + 4).map(|kind| Header { payload_bytes, kind }))
    }
}

/// i3 puts a Latin-1 WM_CLASS as it is into its JSON. One odd window must not cost us the tree.
fn text(payload: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(payload)
}

/// Decode a text; if it cannot be read, decode it without its numbers that are not numbers. sway
/// writes `NaN` and `Infinity` for the share of a container that was squeezed to nothing, and JSON
/// has no words for them.
fn decode<T>(payload: &[u8], decode: impl Fn(&str) -> Result<T, String>) -> Result<T, String> {
    let text = text(payload);
    decode(&text).or_else(|reason| match without_odd_numbers(&text) {
        Some(text) => decode(&text),
        None => Err(reason),
    })
}

/// The text with `null` in place of every word, outside of strings, that JSON does not know; `None`
/// if there is no such word.
fn without_odd_numbers(text: &str) -> Option<String> {
    let mut better = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|character: char| character == '"' || character.is_ascii_alphabetic()) {
        let (before, word) = rest.split_at(at);
        let is_string = word.starts_with('"');
        let end = match is_string {
            true => end_of_string(word),
            false => word.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(word.len()),
        };
        let (word, after) = word.split_at(end);
        // `e` is also in 1e9.
        if is_string || matches!(word, "true" | "false" | "null" | "e" | "E") {
            better.push_str(before);
            better.push_str(word);
        } else {
            better.push_str(before.trim_end_matches('-'));
            better.push_str("null");
        }
        rest = after;
    }
    better.push_str(rest);
    (better != text).then_some(better)
}

/// The place behind the second quote of a string that begins the text.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let is_end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        is_end
    });
    end.map_or(text.len(), |at| at + 2)
}

fn decode_reply(asked: CommandType, payload: &[u8]) -> WmReply {
    let reply = decode(payload, |text| {
        Ok(match asked {
            CommandType::GetTree => WmReply::Tree(decode_tree(text)?),
            CommandType::RunCommand => {
                let outcome = |body: Body| CommandOutcome { success: body.success, error: body.error };
                WmReply::Command(body::decode_list(text)?.into_iter().map(outcome).collect())
            }
            CommandType::Subscribe => WmReply::Subscribed(body::decode(text)?.success),
            CommandType::SendTick => WmReply::Ticked(body::decode(text)?.success),
            CommandType::GetConfig => WmReply::Config(body::decode(text)?.config.unwrap_or_default()),
            _ => version(body::decode(text)?),
        })
    });
    reply.unwrap_or_else(|reason| WmReply::Undecodable(bounded(reason)))
}

/// sway says `variant` from 1.8 on; the version of an older sway begins with its name.
fn version(body: Body) -> WmReply {
    let human_readable = body.human_readable.unwrap_or_default();
    let is_sway = body.variant.as_deref() == Some("sway") || human_readable.starts_with("sway");
    WmReply::Version { kind: if is_sway { WmKind::Sway } else { WmKind::I3 }, human_readable }
}

fn decode_event(kind: u32, payload: &[u8]) -> Event {
    // The type alone tells `Output` and the events that mean nothing to us.
    let kind = match kind {
        _ if kind == EventType::Workspace as u32 & !EVENT_BIT => EventType::Workspace,
        _ if kind == EventType::Window as u32 & !EVENT_BIT => EventType::Window,
        _ if kind == EventType::Tick as u32 & !EVENT_BIT => EventType::Tick,
        _ if kind == EventType::Binding as u32 & !EVENT_BIT => EventType::Binding,
        _ if kind == EventType::Shutdown as u32 & !EVENT_BIT => EventType::Shutdown,
        _ if kind == EventType::Output as u32 & !EVENT_BIT => return Event::WmEvent(WmEvent::Output),
        _ => return Event::WmEvent(WmEvent::Other),
    };
    match decode(payload, body::decode).and_then(|body| event(&kind, body)) {
        Ok(event) => Event::WmEvent(event),
        Err(reason) => Event::WmUndecodable { what: bounded(format!("{kind:?} event: {reason}")) },
    }
}

fn event(kind: &EventType, body: Body) -> Result<WmEvent, String> {
    let change = body.change.unwrap_or_default();
    Ok(match kind {
        EventType::Window => {
            let container = body.container.ok_or("it has no container")?;
            WmEvent::Window { change: body::window_change(&change), container }
        }
        EventType::Workspace => {
            let change = body::workspace_change(&change);
            WmEvent::Workspace { change, current: body.current, old: body.old }
        }
        EventType::Tick => WmEvent::Tick { first: body.first, payload: body.payload.unwrap_or_default() },
        EventType::Binding => WmEvent::Binding { command: body.command.unwrap_or_default() },
        EventType::Shutdown => WmEvent::Shutdown { change },
        _ => WmEvent::Other,
    })
}

fn bounded(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(REASON_BYTES_MAX));
    text
}
