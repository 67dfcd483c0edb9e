//! The types that cross our socket: calls, replies, error codes, notices and topics.
//!
//! The wire form is JSON-RPC 2.0, one message per line. Fields are only ever added; `PROTOCOL`
//! counts incompatible changes. The JSON Schema in `docs` is derived from these types.

mod call;
mod error;
mod inspect;
mod metrics;
mod notice;
mod reply;

pub use call::*;
pub use error::*;
pub use inspect::*;
pub use metrics::*;
pub use notice::*;
pub use reply::*;

/// The number of the protocol; `ping` reports it.
pub const PROTOCOL: u32 = 1;

/// The most calls that one JSON-RPC batch may hold.
pub const BATCH_CALLS_MAX: usize = 32;
/// The longest line that a peer may send, in bytes, its newline included.
pub const LINE_BYTES_MAX: usize = 1 << 20;
/// The most bytes that may wait to be written to one peer.
pub const OUTBOX_BYTES_MAX: usize = 1 << 20;
/// The most notices that may wait to be written to one peer.
pub const OUTBOX_NOTICES_MAX: usize = 256;
/// The most peers served at a time.
pub const PEERS_MAX: usize = 64;
/// The most calls decoded in one turn, over all peers.
pub const CALLS_PER_TURN_MAX: usize = 64;
/// The most connections accepted in one turn.
pub const ACCEPTS_PER_TURN_MAX: usize = 8;
/// The most calls of one peer that may wait for their answers.
pub const CALLS_IN_FLIGHT_MAX: usize = 64;
