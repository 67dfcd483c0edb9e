//! A switch that somebody asked for.

use crate::core::words::ids::Caller;
use crate::core::words::time::Time;

/// Somebody wants another project.
#[derive(Debug, Clone, PartialEq)]
pub struct SwitchRequest {
    /// Which; none for "no project".
    pub target: Option<String>,
    /// Who waits for it; nobody where a binding or tick asked.
    pub callers: Vec<Caller>,
    /// When it was asked for.
    pub asked: Time,
    /// It took too long already, and that was said.
    pub late: bool,
}
