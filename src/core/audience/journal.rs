//! The newest notes, for whoever asks what happened.

use std::collections::VecDeque;

use crate::api::RecentEvent;
use crate::core::turn::Turn;
use crate::core::words::time::Time;

/// How many notes are kept.
pub const NOTES_MAX: usize = 128;

/// The newest notes.
#[derive(Debug, Clone)]
pub struct Journal {
    notes: VecDeque<(Time, RecentEvent)>,
    next_seq: u64,
}

impl Default for Journal {
    fn default() -> Journal {
        Journal { notes: VecDeque::new(), next_seq: 1 }
    }
}

impl Journal {
    /// Keep what was logged in a turn.
    pub fn take_from(&mut self, turn: &mut Turn<'_>) {
        for note in turn.take_notes() {
            if self.notes.len() == NOTES_MAX {
                self.notes.pop_front();
            }
            self.notes.push_back((turn.now, RecentEvent { seq: self.next_seq, ..note }));
            self.next_seq += 1;
        }
    }

    /// The newest ones, at most so many, oldest first, with their ages.
    #[must_use]
    pub fn recent(&mut self, turn: &mut Turn<'_>, limit: usize) -> Vec<RecentEvent> {
        self.take_from(turn);
        let now = turn.now;
        let skip = self.notes.len().saturating_sub(limit);
        let age = |time: Time| u64::try_from(now.since(time).as_millis()).unwrap_or(u64::MAX);
        let newest = self.notes.iter().skip(skip);
        newest.map(|(time, note)| RecentEvent { age_ms: age(*time), ..note.clone() }).collect()
    }
}
