//! Connections that were turned away, and when the log is told of one.

use std::time::Duration;

use crate::core::Time;

/// The pause between two lines about connections that are turned away.
const PAUSE: Duration = Duration::from_secs(10);

/// The connections that were turned away.
#[derive(Debug, Default)]
pub struct Refusals {
    logged_at: Option<Time>,
    /// Those since then, without a line.
    unlogged: u64,
}

impl Refusals {
    /// A connection of `whose` was turned away. The answer is a line for the log; none if there was
    /// one lately, so that a program that connects without end does not fill the log.
    pub fn tell(&mut self, now: Time, whose: &str, reason: &str) -> Option<String> {
        if self.logged_at.is_some_and(|at| now.since(at) < PAUSE) {
            self.unlogged += 1;
            return None;
        }
        self.logged_at = Some(now);
        let before = match std::mem::take(&mut self.unlogged) {
            0 => String::new(),
            unlogged => format!("; {unlogged} more before it"),
        };
        Some(format!("a connection of {whose} is turned away: {reason}{before}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_now_and_then_and_all_are_counted() {
        let mut refusals = Refusals::default();
        let start = Time::from_nanos(1);
        let line = |before: &str| Some(format!("a connection of pid 1 is turned away: full{before}"));
        assert_eq!(refusals.tell(start, "pid 1", "full"), line(""));
        assert_eq!(refusals.tell(start, "pid 1", "full"), None);
        assert_eq!(refusals.tell(start, "pid 2", "full"), None);
        assert_eq!(refusals.tell(start + PAUSE, "pid 1", "full"), line("; 2 more before it"));
        assert_eq!(refusals.tell(start + 2 * PAUSE, "pid 1", "full"), line(""));
    }
}
