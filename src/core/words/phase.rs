//! Where the daemon is in its life, and what it reads at its start.

use crate::core::words::store::StoreFile;

/// Where the daemon is in its life. Phases never go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Files are being read.
    Starting,
    /// Serving.
    Running,
    /// Step 1 of the shutdown: the switch in flight ends.
    Draining,
    /// Step 2: hidden windows are shown.
    Restoring,
    /// Step 3: peers get their last answers.
    Flushing,
    /// Step 4: state goes to disk.
    Saving,
    /// Step 5: nothing is left to do.
    Stopped,
}

impl Phase {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Phase::Starting => "starting",
            Phase::Running => "running",
            Phase::Draining => "draining",
            Phase::Restoring => "restoring",
            Phase::Flushing => "flushing",
            Phase::Saving => "saving",
            Phase::Stopped => "stopped",
        }
    }
}

/// Something that is read at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The configuration.
    Config,
    /// A file of ours.
    Store(StoreFile),
}
