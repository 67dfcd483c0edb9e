//! What happened lately.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happened lately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Events {
    /// Oldest first.
    pub events: Vec<RecentEvent>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecentEvent {
    /// Counts from 1 since the daemon started.
    pub seq: u64,
    /// How long ago, in milliseconds.
    pub age_ms: u64,
    /// `debug`, `info`, `warning` or `error`.
    pub level: String,
    /// What happened, in a word or two.
    pub kind: String,
    /// A sentence.
    pub text: String,
}
