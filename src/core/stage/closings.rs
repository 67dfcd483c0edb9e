//! Projects that are being closed.

use std::collections::VecDeque;

use crate::api::ClosingWindow;
use crate::core::words::ids::Caller;

/// A project that is being closed.
#[derive(Debug, Clone)]
pub struct Closing {
    /// Its name.
    pub(in crate::core) project: String,
    /// Who waits for it. With nobody left it goes on until every window was asked.
    pub(super) callers: Vec<Caller>,
    pub(super) step: Step,
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Which windows it has must be looked at.
    Wanted,
    /// The windows are asked: by serial number, as they were.
    Asked { windows: Vec<(u64, ClosingWindow)>, released: Vec<ClosingWindow>, messages: VecDeque<String> },
}

impl Closing {
    /// Is this window asked to close?
    pub(in crate::core) fn asks(&self, serial: u64) -> bool {
        matches!(&self.step, Step::Asked { windows, .. } if windows.iter().any(|(asked, _)| *asked == serial))
    }
}
