//! The types that cross our socket: calls, replies, error codes, notices and topics.
//!
//! The wire form is JSON-RPC 2.0, one message per line. Fields are only ever added; `PROTOCOL`
//! counts incompatible changes. The JSON Schema in `docs` is derived from these types.

mod app;
mod call;
mod error;
mod event;
mod inspect;
mod life;
mod limits;
mod metrics;
mod notice;
mod project;
mod reply;
mod start;
mod status;
mod topic;
mod window;

pub use app::*;
pub use call::*;
pub use error::*;
pub use event::*;
pub use inspect::*;
pub use life::*;
pub use limits::*;
pub use metrics::*;
pub use notice::*;
pub use project::*;
pub use reply::*;
pub use start::*;
pub use status::*;
pub use topic::*;
pub use window::*;

/// The number of the protocol; `ping` reports it.
pub const PROTOCOL: u32 = 1;
