//! What outlives the daemon: our files, how they are read, and when they are written.

pub mod runtime;
pub mod state;
pub mod store;
pub mod stores;

/// Our files.
#[derive(Debug, Clone, Default)]
pub struct Keep {
    /// What is known of them.
    pub stores: stores::Stores,
    /// The number of the next job of the worker.
    pub next_job: u64,
    /// The runtime file lacks something that was learnt since.
    pub runtime_wanted: bool,
}
