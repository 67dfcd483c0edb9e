//! What always holds at the end of a turn: the core's specification, as far as it can be asked.
//!
//! Debug builds and every test ask it after each event. A release build does not.

use std::collections::BTreeSet;

use crate::core::Core;
use crate::core::stage::connection::LinkState;
use crate::core::turn::Turn;
use crate::core::windows::window::Owner;
use crate::core::words::deadline::Deadline;
use crate::core::words::phase::Phase;
use crate::core::words::seeded;

impl Core {
    /// Panics if anything does not hold. A fault that a test has planted may break it.
    pub(in crate::core) fn check(&self, turn: &Turn<'_>) {
        if cfg!(debug_assertions) && !seeded::is_planted() && self.life.phase != Phase::Stopped {
            let broken = self.broken(turn);
            assert!(broken.is_empty(), "what always holds does not: {}", broken.join("; "));
        }
    }

    fn broken(&self, turn: &Turn<'_>) -> Vec<&'static str> {
        let windows = &self.model.windows.table.windows;
        let link = self.stage.link();
        let serials: BTreeSet<u64> = windows.values().map(|window| window.serial).collect();
        let pending = windows.values().any(|window| window.owner == Owner::Pending);
        let hidden = &self.model.windows.table.hidden;
        let has_way_back = |serial: &u64| hidden.iter().any(|container| container.windows.contains(serial));
        let is_set = |deadline| turn.deadlines.is_set(deadline);
        let rules = [
            // Every wait has a deadline.
            (
                link.pending.is_none() || link.stale || is_set(Deadline::Request),
                "a request is in flight without a deadline",
            ),
            (
                turn.waiting.earliest().is_some() == is_set(Deadline::Waiting),
                "who waits and the deadline of those who wait differ",
            ),
            (
                !pending
                    || !self.model.projects.is_decided()
                    || link.state != LinkState::Up
                    || is_set(Deadline::Claims),
                "a window is pending without a deadline",
            ),
            (!link.stale || link.pending.is_some(), "the link is stale, and nothing is in flight"),
            // What is wanted is done, or under way.
            (
                !self.may_run_errands() || self.wanted_errand(turn).is_none(),
                "the link is free, and something is wanted",
            ),
            (turn.told.is_empty(), "something was told, and nobody has heard it"),
            // A window has one number, and what is hidden has a way back.
            (serials.len() == windows.len(), "two windows have one serial number"),
            (
                windows
                    .values()
                    .filter(|window| window.hidden && !self.stage.is_stray(window.id))
                    .all(|window| has_way_back(&window.serial)),
                "a hidden window has no way back",
            ),
        ];
        rules.into_iter().filter(|(holds, _)| !holds).map(|(_, rule)| rule).collect()
    }
}
