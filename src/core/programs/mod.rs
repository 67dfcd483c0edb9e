//! Programs that are started: applications, those of a project that is opened, and hooks.

pub mod apps;
pub mod hooks;
pub mod opening;

use std::collections::BTreeMap;

/// Programs that we start.
#[derive(Debug, Clone, Default)]
pub struct Programs {
    /// Projects that are being opened.
    pub openings: Vec<opening::Opening>,
    /// Hooks that run.
    pub hooks: hooks::Hooks,
    /// Variables of the user's session, as they were handed on last.
    pub session: BTreeMap<String, String>,
}
