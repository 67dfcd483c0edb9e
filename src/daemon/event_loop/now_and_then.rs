//! Lines that may come often, and are logged only now and then.

use std::time::Duration;

use crate::core::Time;

/// The pause between two lines of a kind.
pub const PAUSE: Duration = Duration::from_secs(10);

/// Lines of one kind.
#[derive(Debug, Default)]
pub struct NowAndThen {
    told_at: Option<Time>,
    /// Those since then.
    untold: u64,
}

impl NowAndThen {
    /// If a line must be logged now: how many were not logged since the one before. Else the line
    /// is counted.
    pub fn tell(&mut self, now: Time) -> Option<u64> {
        if self.told_at.is_some_and(|at| now.since(at) < PAUSE) {
            self.untold += 1;
            return None;
        }
        self.told_at = Some(now);
        Some(std::mem::take(&mut self.untold))
    }
}
