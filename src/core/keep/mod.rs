//! What outlives the daemon: our files, how they are read, and when they are written.

pub mod changes;
pub mod files;
pub mod known;
pub mod runtime;
pub mod state;
pub mod store;
pub mod stores;

use std::collections::VecDeque;

use crate::core::projects::change::StoreRequest;
use crate::core::words::ids::Caller;

/// Our files.
#[derive(Debug, Clone, Default)]
pub struct Keep {
    /// What is awaited of them.
    pub files: files::Files,
    /// Changes of the projects file that wait, or are being written.
    changes: VecDeque<StoreRequest>,
    /// What is known of them.
    pub stores: known::Stores,
    /// The number of the next job of the worker.
    next_job: u64,
    /// The runtime file lacks something that was learnt since.
    pub runtime_wanted: bool,
}

impl Keep {
    /// The number of the next job of the worker.
    #[must_use]
    pub fn next_job(&self) -> u64 {
        self.next_job
    }

    /// Whoever waited for a change has an answer.
    pub fn nobody_waits(&mut self) {
        self.changes.clear();
    }

    /// Nobody waits for this one's change any longer: it is not made.
    pub fn drop_change(&mut self, caller: Caller) {
        self.changes.retain(|change| change.caller != caller);
    }
}
