//! The limits of the server. Each has a name, a value and a unit, and `status` tells them all.
//!
//! A limit is of one of three kinds. Budgets of a turn only spread work over turns. At limits of
//! the second kind the peer is not read until there is room again, so it waits and nobody else
//! does. At all others the offender is refused or closed with a reason.

use super::Topic;

/// The most calls that one JSON-RPC batch may hold; a larger one is refused.
pub const BATCH_CALLS_MAX: usize = 32;
/// The longest line that a peer may send, in bytes, its newline included; a longer one closes the
/// connection.
pub const LINE_BYTES_MAX: usize = 1 << 20;
/// How much of an overlong line is skipped before its sender is closed without waiting for its end,
/// in bytes.
pub const SKIPPED_BYTES_MAX: usize = 256 << 20;
/// The longest id of a call, in bytes of JSON; a call with a longer one is refused.
pub const ID_BYTES_MAX: usize = 256;
/// The longest name of a method, in bytes; no method has a longer one.
pub const METHOD_BYTES_MAX: usize = 64;
/// The longest error message that is sent, in bytes; a longer one is cut.
pub const ERROR_MESSAGE_BYTES_MAX: usize = 4 << 10;
/// The most bytes that may wait to be written to one peer. With half of it full the peer is not
/// read; an answer without room becomes an error, a notice without room closes the connection.
pub const OUTBOX_BYTES_MAX: usize = 1 << 20;
/// The most notices that may wait to be written to one peer; one more closes the connection.
pub const OUTBOX_NOTICES_MAX: usize = 256;
/// The most peers served at a time; another one is told so and closed.
pub const PEERS_MAX: usize = 64;
/// The most calls taken from a peer that has hung up and hears no answer. Its last calls still
/// count, but thousands of calls do not keep its place.
pub const LAST_CALLS_MAX: usize = 32;
/// The most topics one peer may have subscribed to: there are no more, and a second subscription is
/// the same one.
pub const SUBSCRIPTIONS_MAX: usize = Topic::EACH.len();
/// The most calls of one peer that may wait for their answers; with so many the peer is not read.
pub const CALLS_IN_FLIGHT_MAX: usize = 64;
/// The most calls taken in one turn, over all peers, one of each peer in a round. A line that is no
/// call counts as one, a batch as its calls, which may be spread over turns.
pub const CALLS_PER_TURN_MAX: usize = 64;
/// The most bytes of lines decoded in one turn, over all peers; the line that reaches it is the
/// last of its turn.
pub const DECODED_BYTES_PER_TURN_MAX: usize = 1 << 20;
/// The most reads in one turn, over all peers, of at most `READ_BYTES` each.
pub const READS_PER_TURN_MAX: usize = 128;
/// The most bytes read from a peer at a time.
pub const READ_BYTES: usize = 16 << 10;
/// The most connections accepted in one turn.
pub const ACCEPTS_PER_TURN_MAX: usize = 8;
/// The most connections that wait to be accepted; whoever comes after them waits in `connect`. With
/// the thousands that the system allows, a program that connects without end would put its
/// connections before everybody else's.
pub const BACKLOG_MAX: usize = 128;
/// The most messages of the window manager taken in one turn: a flood of title events must not keep
/// a call waiting.
pub const FRAMES_PER_TURN_MAX: usize = 64;
/// How long a peer that is to be closed may take to read why, in milliseconds.
pub const LAST_WORD_MS: usize = 1000;

/// Every limit of the server by its name in `status`, with its value and what that counts.
pub const SERVER_LIMITS: [(&str, usize, &str); 20] = [
    ("peers", PEERS_MAX, "connections"),
    ("line", LINE_BYTES_MAX, "bytes"),
    ("skipped", SKIPPED_BYTES_MAX, "bytes"),
    ("id", ID_BYTES_MAX, "bytes"),
    ("method", METHOD_BYTES_MAX, "bytes"),
    ("batch", BATCH_CALLS_MAX, "calls"),
    ("calls_in_flight", CALLS_IN_FLIGHT_MAX, "calls"),
    ("last_calls", LAST_CALLS_MAX, "calls"),
    ("subscriptions", SUBSCRIPTIONS_MAX, "topics"),
    ("outbox", OUTBOX_BYTES_MAX, "bytes"),
    ("outbox_notices", OUTBOX_NOTICES_MAX, "notices"),
    ("error_message", ERROR_MESSAGE_BYTES_MAX, "bytes"),
    ("last_word", LAST_WORD_MS, "milliseconds"),
    ("calls_per_turn", CALLS_PER_TURN_MAX, "calls"),
    ("decoded_bytes_per_turn", DECODED_BYTES_PER_TURN_MAX, "bytes"),
    ("reads_per_turn", READS_PER_TURN_MAX, "reads"),
    ("read", READ_BYTES, "bytes"),
    ("backlog", BACKLOG_MAX, "connections"),
    ("accepts_per_turn", ACCEPTS_PER_TURN_MAX, "connections"),
    ("frames_per_turn", FRAMES_PER_TURN_MAX, "messages of the window manager"),
];
