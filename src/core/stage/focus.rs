//! A window that is to have the focus.

use crate::api::Launched;
use crate::core::words::ids::Caller;

/// A window that gets the focus as soon as it can.
#[derive(Debug, Clone, PartialEq)]
pub struct FocusRequest {
    /// Its serial number.
    pub(super) serial: u64,
    /// The workspace to which it comes first; none where it is good where it is.
    pub(super) here: Option<String>,
    /// The command that gives it the focus is on its way.
    pub(super) sent: bool,
    /// Who waits for it; nobody if an activation asked.
    pub caller: Option<FocusCaller>,
}

/// Somebody who waits until a window has the focus.
#[derive(Debug, Clone, PartialEq)]
pub struct FocusCaller {
    /// Who.
    pub caller: Caller,
    /// What is answered if an application was asked for; else it is the window.
    pub launched: Option<Box<Launched>>,
}
