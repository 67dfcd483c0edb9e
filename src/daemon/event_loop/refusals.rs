//! Connections that were turned away, and when the log is told of one.

use super::now_and_then::NowAndThen;
use crate::core::Time;

/// The connections that were turned away.
#[derive(Debug, Default)]
pub struct Refusals(NowAndThen);

impl Refusals {
    /// A connection of `whose` was turned away. The answer is a line for the log, or none if there
    /// was one lately: a program that connects without end must not fill the log.
    pub fn tell(&mut self, now: Time, whose: &str, reason: &str) -> Option<String> {
        let before = match self.0.tell(now)? {
            0 => String::new(),
            untold => format!("; {untold} more before it"),
        };
        Some(format!("a connection of {whose} is turned away: {reason}{before}"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::now_and_then::PAUSE;
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
