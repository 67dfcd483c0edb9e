//! What was done with each window, and why.

use std::collections::{BTreeMap, VecDeque};

use crate::api::WindowMove;
use crate::core::windows::hidden::HiddenContainer;
use crate::core::words::cause::Cause;
use crate::core::words::time::Time;

/// How many moves of a window are remembered.
pub const MOVES_MAX: usize = 8;

/// What was done with each window, by serial number.
#[derive(Debug, Clone, Default)]
pub struct History(BTreeMap<u64, VecDeque<Move>>);

#[derive(Debug, Clone)]
struct Move {
    time: Time,
    hidden: bool,
    workspace: String,
    cause: Cause,
}

impl History {
    /// The windows of a container were hidden, or shown.
    pub fn remember(&mut self, time: Time, container: &HiddenContainer, hidden: bool, cause: &Cause) {
        for serial in &container.windows {
            let moves = self.0.entry(*serial).or_default();
            if moves.len() == MOVES_MAX {
                moves.pop_front();
            }
            moves.push_back(Move { time, hidden, workspace: container.workspace.clone(), cause: cause.clone() });
        }
    }

    /// A window is gone.
    pub fn forget(&mut self, serial: u64) {
        self.0.remove(&serial);
    }

    /// What is remembered of one, with ages.
    pub fn of(&self, now: Time, serial: u64) -> Vec<WindowMove> {
        let moves = self.0.get(&serial).into_iter().flatten();
        moves
            .map(|made| WindowMove {
                age_ms: u64::try_from(now.since(made.time).as_millis()).unwrap_or(u64::MAX),
                hidden: made.hidden,
                workspace: made.workspace.clone(),
                cause: made.cause.text(),
            })
            .collect()
    }
}
