//! What outlives the daemon: our files, how they are read, and when they are written.

pub mod runtime;
pub mod state;
pub mod store;
pub mod stores;
