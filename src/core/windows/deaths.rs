//! Windows that close as soon as they are hidden: a program may not bear what it is told then, and
//! whoever looks for unsaved work should find a word of it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::api::ClosedWindow;
use crate::core::windows::window::WindowState;
use crate::core::words::time::Time;

/// A window that closes so soon after it was hidden is told of.
pub const DEATH_WITHIN: Duration = Duration::from_secs(1);
/// The most of them that are remembered.
pub const DEATHS_MAX: usize = 16;

/// What is known of them.
#[derive(Debug, Clone, Default)]
pub struct Deaths {
    /// When windows were hidden, by serial number: those of the last second.
    hidden_at: BTreeMap<u64, Time>,
    /// Those that closed, the latest last.
    closed: VecDeque<ClosedWindow>,
}

impl Deaths {
    /// The commands that hide these windows are on their way.
    pub fn hides(&mut self, now: Time, serials: impl Iterator<Item = u64>) {
        self.hidden_at.retain(|_, at| now.since(*at) < DEATH_WITHIN);
        self.hidden_at.extend(serials.map(|serial| (serial, now)));
    }

    /// The window manager is gone, and all windows with it.
    pub fn lets_all_go(&mut self) {
        self.hidden_at.clear();
    }

    /// These windows come back, or are asked to close.
    pub fn lets_go(&mut self, serials: impl Iterator<Item = u64>) {
        for serial in serials {
            self.hidden_at.remove(&serial);
        }
    }

    /// A window closed: what is to be told of it.
    pub fn closed(&mut self, now: Time, window: &WindowState) -> Option<&ClosedWindow> {
        let after = now.since(self.hidden_at.remove(&window.serial)?);
        // A splash closes by itself.
        let is_splash = window.unseen && (window.floating || window.client.dialog);
        if after >= DEATH_WITHIN || is_splash {
            return None;
        }
        if self.closed.len() == DEATHS_MAX {
            self.closed.pop_front();
        }
        let program = window.client.class.clone().or_else(|| window.client.app_id.clone());
        let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        self.closed.push_back(ClosedWindow { program, title: window.client.title.clone(), after_ms });
        self.closed.back()
    }

    /// All that are remembered, the latest last.
    pub fn all(&self) -> Vec<ClosedWindow> {
        self.closed.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::windows::window::Client;

    fn window(serial: u64) -> WindowState {
        let client = Client { class: Some("Emacs".into()), title: Some("notes".into()), ..Client::default() };
        WindowState { serial, client, ..WindowState::unknown() }
    }

    #[test]
    fn only_who_closes_at_once_is_told_of() {
        let mut deaths = Deaths::default();
        let start = Time::default();
        deaths.hides(start, 1..=4);
        deaths.lets_go(std::iter::once(3));
        let told = deaths.closed(start + Duration::from_millis(999), &window(1));
        assert_eq!(told.map(|closed| closed.after_ms), Some(999));
        assert_eq!(deaths.closed(start + DEATH_WITHIN, &window(2)), None);
        assert_eq!(deaths.closed(start, &window(3)), None, "it came back");
        assert_eq!(deaths.closed(start, &window(9)), None, "it was not hidden");
        assert_eq!(deaths.all().len(), 1);
        deaths.hides(start, std::iter::once(5));
        let splash = WindowState { unseen: true, floating: true, ..window(5) };
        assert_eq!(deaths.closed(start, &splash), None);
        for _ in 0..2 * DEATHS_MAX {
            deaths.hides(start, std::iter::once(7));
            deaths.closed(start, &window(7));
        }
        assert_eq!(deaths.all().len(), DEATHS_MAX);
        deaths.hides(start + DEATH_WITHIN, std::iter::empty());
        assert!(deaths.hidden_at.is_empty(), "nothing is kept of those that live");
    }
}
