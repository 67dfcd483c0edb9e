//! Calls that have waited long enough: each is answered with what is known, or what goes on.

use crate::api::{ApiError, ErrorCode};
use crate::core::Core;
use crate::core::stage::switches::SWITCH_IS_LATE;
use crate::core::turn::Turn;
use crate::core::waiting::Want;
use crate::core::words::ids::Caller;

impl Core {
    /// The time of some is over.
    pub(in crate::core) fn waiting_overdue(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        for (caller, want) in turn.waiting.take(|wait| wait.until <= now) {
            self.wait_is_over(turn, caller, want);
            if turn.waiting.is_due(caller, now) {
                let text = "it could not be done in time; `i3pm status` tells what the daemon waits for";
                turn.answer(caller, Err(ApiError::new(ErrorCode::WmTimeout, text)));
            }
        }
    }

    fn wait_is_over(&mut self, turn: &mut Turn<'_>, caller: Caller, want: Want) {
        let timeout = |text: &str| Err(ApiError::new(ErrorCode::WmTimeout, text));
        match want {
            Want::Done => {}
            Want::Known(request) => self.early_call_overdue(turn, caller, *request),
            Want::Census(wants) => self.serve(turn, caller, wants),
            Want::Settled(wants) => self.answer_settled(turn, caller, wants),
            Want::Reload => {
                let text = "the configuration is still being read; the one before is in force until then";
                turn.answer(caller, Err(ApiError::new(ErrorCode::ConfigRejected, text)));
            }
            Want::Switch if self.switch_target().is_some_and(|switch| switch.callers.contains(&caller)) => {
                turn.answer(caller, timeout(SWITCH_IS_LATE));
            }
            Want::Switch => {
                let text = "the window manager does not answer; the switch is made when it does";
                turn.answer(caller, timeout(text));
            }
            Want::Focus => {
                let text = "the window manager did not answer in time; the window gets the focus when it does";
                turn.answer(caller, timeout(text));
            }
            Want::Launch => self.launch_call_overdue(turn, caller),
            Want::Open => self.opening_overdue(turn, caller),
            Want::Close => self.closing_overdue(turn, caller),
            Want::Store => {
                self.projects.changes.retain(|change| change.caller != caller);
                let text = "the changes before it could not be written in time; nothing was changed";
                turn.answer(caller, Err(ApiError::new(ErrorCode::StoreFailed, text)));
            }
        }
    }
}
