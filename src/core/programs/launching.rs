//! What becomes of a program that was started: a launch, or a hook.

use crate::api::{ApiError, Launched, Reply};
use crate::core::belonging::launches::Launches;
use crate::core::programs::Programs;
use crate::core::turn::Turn;
use crate::core::words::ids::{Caller, LaunchId};

impl Programs {
    /// The program runs, or was found if that was all that was asked.
    pub(in crate::core) fn started(
        &mut self,
        turn: &mut Turn<'_>,
        launches: &mut Launches,
        id: LaunchId,
        process: (u32, u64),
        program: String,
    ) {
        if !launches.has(id) {
            return self.hook_started(turn, id, process.0, &program);
        }
        if let Some((caller, launched)) = launches.started(turn, id, process, program) {
            self.answer_launch(turn, launches, id, caller, Ok(launched));
        }
    }

    /// The program could not be started.
    pub(in crate::core) fn failed(&mut self, turn: &mut Turn<'_>, launches: &mut Launches, id: LaunchId, reason: &str) {
        match launches.failed(turn, id, reason) {
            Some((caller, error)) => self.answer_launch(turn, launches, id, caller, Err(error)),
            None => self.hook_failed(turn, id, reason),
        }
    }

    /// The program has ended.
    pub(in crate::core) fn ended(
        &mut self,
        turn: &mut Turn<'_>,
        launches: &mut Launches,
        id: LaunchId,
        succeeded: bool,
        outcome: &str,
    ) {
        if !launches.ended(turn, id, succeeded, outcome) {
            self.hook_ended(turn, id, succeeded, outcome);
        }
    }

    /// Whoever called for a launch hears of it; if nobody did, a project is being opened.
    fn answer_launch(
        &mut self,
        turn: &mut Turn<'_>,
        launches: &Launches,
        id: LaunchId,
        caller: Option<Caller>,
        result: Result<Launched, ApiError>,
    ) {
        match caller {
            Some(caller) => turn.answer(caller, result.map(|launched| Reply::Launched(Box::new(launched)))),
            None => self.opening_heard(turn, launches, id, result),
        }
    }
}
