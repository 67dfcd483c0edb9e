//! Who asks and who listens: calls, those who wait for an answer, notices, and what is told of the
//! state.

pub mod calls;
pub mod dump;
pub mod early;
pub mod explain;
pub mod journal;
pub mod metrics;
pub mod overdue;
pub mod publish;
pub mod status;
pub mod stored;

use std::collections::BTreeMap;

use crate::api::{Change, Topic, Window};
use crate::core::turn::Dirty;
use crate::core::waiting::Waiting;
use crate::core::words::ids::PeerId;

/// Who asks, who listens, and what they were told.
#[derive(Debug, Clone, Default)]
pub struct Audience {
    /// The connections.
    pub peers: BTreeMap<PeerId, publish::Subscriber>,
    /// Calls that have no answer yet.
    pub waiting: Waiting,
    /// Which topics may have changed since they were published.
    pub dirty: Dirty,
    /// The windows as they were published.
    pub published_windows: BTreeMap<u64, Window>,
    /// The other topics as they were published.
    pub published: BTreeMap<Topic, Change>,
    /// Notices that were sent.
    pub notices_count: u64,
    /// What the service manager was told.
    pub status_line: String,
    /// The newest notes.
    pub journal: journal::Journal,
}
