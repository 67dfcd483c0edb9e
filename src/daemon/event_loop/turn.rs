//! What is known of the turns of the loop, and when a long one is told in the log.

use std::time::Duration;

use super::now_and_then::NowAndThen;
use crate::api::TurnStatus;
use crate::core::Time;

/// A turn that took longer is logged.
const LONG_TURN: Duration = Duration::from_millis(20);

/// What is known of the turns.
#[derive(Debug, Default)]
pub struct Turn {
    status: TurnStatus,
    /// The kinds of events in this one, with their counts.
    kinds: Vec<(&'static str, u32)>,
    /// The lines about long ones.
    lines: NowAndThen,
    /// The time of the longest that was not told.
    untold_longest: Duration,
}

impl Turn {
    /// An event of this kind is handled in this turn.
    pub fn note(&mut self, kind: &'static str) {
        match self.kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => self.kinds.push((kind, 1)),
        }
    }

    /// The turn that began at `start` is over; the answer is a line for the log, if it was a long
    /// one.
    pub fn end(&mut self, start: Time, took: Duration) -> Option<String> {
        let status = &mut self.status;
        status.count += 1;
        status.last_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        status.longest_us = status.longest_us.max(status.last_us);
        let line = if took > LONG_TURN { self.tell(start, took) } else { None };
        self.kinds.clear();
        line
    }

    /// The numbers that a status shows.
    #[must_use]
    pub fn status(&self) -> &TurnStatus {
        &self.status
    }

    /// The line about a long turn, or none if there was one lately: a busy machine must not fill
    /// the log.
    fn tell(&mut self, now: Time, took: Duration) -> Option<String> {
        let Some(untold) = self.lines.tell(now) else {
            self.untold_longest = self.untold_longest.max(took);
            return None;
        };
        let longest = std::mem::take(&mut self.untold_longest);
        let kinds: Vec<_> = self.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let before = match untold {
            0 => String::new(),
            _ => format!("; {untold} more before it, the longest {} ms", longest.as_millis()),
        };
        Some(format!("a turn took {} ms: {}{before}", took.as_millis(), kinds.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::now_and_then::PAUSE;
    use super::*;

    #[test]
    fn long_turns_are_told_now_and_then_and_all_are_counted() {
        let mut turn = Turn::default();
        let (start, took) = (Time::from_nanos(1), Duration::from_millis(30));
        turn.note("call");
        assert_eq!(turn.tell(start, took).as_deref(), Some("a turn took 30 ms: 1 call"));
        assert_eq!(turn.tell(start + took, 2 * took), None);
        assert_eq!(turn.tell(start + took, took), None);
        let told = turn.tell(start + PAUSE, took);
        assert_eq!(told.as_deref(), Some("a turn took 30 ms: 1 call; 2 more before it, the longest 60 ms"));
        let told = turn.tell(start + 2 * PAUSE, took);
        assert_eq!(told.as_deref(), Some("a turn took 30 ms: 1 call"));
    }
}
