//! Calls that have waited long enough: each is answered with what is known, or what goes on.

use crate::api::{ApiError, ErrorCode};
use crate::core::Core;
use crate::core::stage::switches::SWITCH_IS_LATE;
use crate::core::turn::Turn;
use crate::core::waiting::{Wait, Want};
use crate::core::words::ids::Caller;

impl Core {
    /// The time of some is over.
    pub(in crate::core) fn waiting_overdue(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        let is_over = |wait: &Wait| wait.until <= now;
        // A wait that is over may lead to the next one, which is over too.
        loop {
            let over = turn.waiting.take(|wait| is_over(wait) && !matches!(wait.want, Want::Done));
            if over.is_empty() {
                break;
            }
            for (caller, want) in over {
                self.wait_is_over(turn, caller, want);
            }
        }
        for (caller, _) in turn.waiting.take(is_over) {
            let text = "it could not be done in time; `i3pm status` tells what the daemon waits for";
            turn.answer(caller, Err(ApiError::new(ErrorCode::WmTimeout, text)));
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
            Want::Switch if self.stage.switch_target().is_some_and(|switch| switch.callers.contains(&caller)) => {
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
            Want::Launch => self.model.belonging.launches.call_overdue(turn, caller),
            Want::Open => self.programs.opening_overdue(turn, &self.model.belonging.launches, caller),
            Want::Close => self.stage.closing_overdue(turn, &mut self.model, caller),
            Want::Store => {
                self.model.keep.drop_change(caller);
                let text = "the changes before it could not be written in time; nothing was changed";
                turn.answer(caller, Err(ApiError::new(ErrorCode::StoreFailed, text)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::api::{Reply, Take};
    use crate::core::waiting::CensusWant;
    use crate::core::{CallId, Effect, PeerId, Phase, Settings, Time};

    #[test]
    fn a_wait_that_leads_to_one_which_is_over_too_has_its_own_answer() {
        let (peer, call) = (PeerId(1), CallId(1));
        let settings = Settings {
            epoch: String::new(),
            pid: 1,
            config_file: String::new(),
            layout_file: None,
            watchdog: None,
            started_unix_ms: 0,
        };
        let mut core = Core::new(settings, Time::default());
        let mut effects = Vec::new();
        let turn = &mut Turn::new(Time::from_nanos(9), Phase::Running, Arc::default(), &mut effects);
        // Its project was created by the time at which whoever asked must have an answer.
        let take = CensusWant::Take("web".into(), Take::Visible, Time::from_nanos(8));
        turn.waiting.add(Caller { peer, call }, Time::from_nanos(8), Want::Census(take));
        core.waiting_overdue(turn);
        assert!(turn.waiting.callers().is_empty());
        let [Effect::Answer { result, .. }] = effects.as_slice() else { panic!("{effects:?}") };
        assert!(matches!(&**result, Ok(Reply::Project(answer)) if answer.taken == Some(0)), "{result:?}");
    }
}
