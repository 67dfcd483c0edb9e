//! Why windows are hidden and shown.

use std::collections::{BTreeMap, VecDeque};

use crate::api::WindowMove;
use crate::core::windows::hidden::HiddenContainer;
use crate::core::words::time::Time;

/// How many moves of a window are remembered.
pub const MOVES_MAX: usize = 8;

/// Why an arrangement is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Another project becomes the active one; none for "no project".
    Switch(Option<String>),
    /// The daemon has come to know the windows.
    Start,
    /// A new window found its owner.
    Newcomer,
    /// The user said where a window belongs.
    Assigned,
    /// A project is no more.
    ProjectDeleted,
    /// Rules or declared projects changed.
    Configuration,
    /// The title or class of a window changed, and a rule is enforced.
    Rule,
    /// The user put a window of an application away.
    PutAway,
    /// The daemon stops.
    Exit,
    /// Something was not as it should be.
    Repair,
}

impl Cause {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Cause::Switch(Some(name)) => format!("switch to {name}"),
            Cause::Switch(None) => "switch to no project".to_string(),
            Cause::Start => "start".to_string(),
            Cause::Newcomer => "newcomer".to_string(),
            Cause::Assigned => "assigned".to_string(),
            Cause::ProjectDeleted => "project deleted".to_string(),
            Cause::Configuration => "configuration".to_string(),
            Cause::Rule => "rule".to_string(),
            Cause::PutAway => "put away".to_string(),
            Cause::Exit => "exit".to_string(),
            Cause::Repair => "repair".to_string(),
        }
    }
}

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
