//! Switches: asked for, waited for, made or failed. The newest request wins; the windows are moved
//! by an arrangement that serves it.

use std::time::Duration;

use crate::api::{ApiError, ErrorCode, Reply, Switch};
use crate::core::model::Model;
use crate::core::projects::order::Nowhere;
use crate::core::stage::Stage;
use crate::core::stage::connection::LinkState;
use crate::core::stage::in_hand::Arrangement;
use crate::core::stage::request::SwitchRequest;
use crate::core::told::Told;
use crate::core::turn::Turn;
use crate::core::words::deadline::{self, Deadline};
use crate::core::words::ids::Caller;
use crate::core::words::note::{Level, Note};
use crate::core::words::seeded::{self, Fault};

/// What whoever waits for the switch in flight hears when it is late.
pub const SWITCH_IS_LATE: &str =
    "the window manager did not finish the switch in time; it is completed when it answers";

impl Stage {
    /// Ask for a switch: the newest request wins.
    pub(in crate::core) fn switch(
        &mut self,
        turn: &mut Turn<'_>,
        model: &mut Model,
        target: Option<String>,
        caller: Option<Caller>,
    ) {
        let unfinished = self.arrangement.is_some() || self.arrange_is_wanted(turn);
        let in_flight = self.arrangement.as_mut().and_then(|arrangement| arrangement.switch.as_mut());
        match (in_flight, &mut self.next_switch) {
            (Some(in_flight), None) if in_flight.target == target => {
                in_flight.callers.extend(caller);
            }
            (_, Some(next)) if next.target == target => {
                next.callers.extend(caller);
            }
            (None, None)
                if model.projects.active() == target.as_deref()
                    && self.link.state == LinkState::Up
                    && !self.link.stale
                    && !unfinished =>
            {
                let reply = Switch { project: target.clone(), previous: target, ..Switch::default() };
                if let Some(caller) = caller {
                    turn.answer(caller, Ok(Reply::Switch(reply.clone())));
                }
                turn.tell(Told::Switched(Box::new(reply)));
            }
            _ => {
                if let Some(replaced) = self.next_switch.take() {
                    if seeded::has(Fault::ForgetSuperseded) {
                        for caller in &replaced.callers {
                            turn.waiting.remove(*caller);
                        }
                    }
                    let text = "a newer switch took the place of this one";
                    self.fail_switch(turn, replaced, ErrorCode::Superseded, text);
                }
                let callers = caller.into_iter().collect();
                self.next_switch = Some(SwitchRequest { target, callers, asked: turn.now, late: false });
                turn.dirty.projects = true;
            }
        }
    }

    /// A switch will not be made.
    pub(in crate::core) fn fail_switch(
        &mut self,
        turn: &mut Turn<'_>,
        mut request: SwitchRequest,
        code: ErrorCode,
        message: &str,
    ) {
        for caller in request.callers.drain(..) {
            turn.answer(caller, Err(ApiError::new(code, message)));
        }
        let message = message.to_string();
        turn.tell(Told::SwitchFailed { target: request.target, code, message });
        // Subscribers were told of it.
        turn.dirty.projects = true;
    }

    /// Projects are gone: no switch ends in one of them. One in flight ends in no project, for its
    /// commands may be on their way.
    pub(in crate::core) fn fail_lost_switches(&mut self, turn: &mut Turn<'_>, model: &mut Model) {
        if seeded::has(Fault::SwitchToNowhere) {
            return;
        }
        let is_lost =
            |target: &Option<String>| target.as_ref().is_some_and(|name| !model.projects.known.contains(name));
        let in_flight = self.arrangement.as_mut().and_then(|arrangement| arrangement.switch.as_mut());
        let in_flight = in_flight.filter(|switch| is_lost(&switch.target)).map(|switch| {
            let nowhere = SwitchRequest { target: None, callers: Vec::new(), ..*switch };
            std::mem::replace(switch, nowhere)
        });
        let next = self.next_switch.take_if(|next| is_lost(&next.target));
        for lost in in_flight.into_iter().chain(next) {
            let text = format!("project {:?} is gone, so it is not switched to", lost.target.as_deref().unwrap_or(""));
            self.fail_switch(turn, lost, ErrorCode::UnknownProject, &text);
        }
    }

    /// When the switch in flight is late.
    pub(in crate::core) fn arm_switch(&mut self, turn: &mut Turn<'_>) {
        let is_new = |switch: &&SwitchRequest| !switch.late;
        let time = self.switch_target().filter(is_new).map(|switch| switch.asked + deadline::SWITCH_DEADLINE);
        turn.deadlines.arm(Deadline::Switch, time);
    }

    /// The switch in flight is late; it goes on.
    pub(in crate::core) fn switch_overdue(&mut self, turn: &mut Turn<'_>) {
        let in_flight = self.arrangement.as_mut().and_then(|arrangement| arrangement.switch.as_mut());
        if let Some(switch) = in_flight
            && !std::mem::replace(&mut switch.late, true)
        {
            turn.note(Level::Warning, "switch.late", SWITCH_IS_LATE);
        }
    }

    /// The arrangement that served it is done.
    pub(in crate::core) fn switch_done(
        &mut self,
        turn: &mut Turn<'_>,
        model: &mut Model,
        switch: SwitchRequest,
        arrangement: &Arrangement,
    ) {
        let previous = model.projects.enter(switch.target.clone(), model.keep.next_job());
        model.windows.project_entered(switch.target.as_deref());
        if switch.target.is_some() {
            turn.deadlines.set_once(Deadline::Save, turn.now + deadline::SAVE_DELAY);
        }
        let took = turn.now.since(switch.asked);
        self.switch_durations.observe(took);
        let reply = Switch {
            project: switch.target,
            previous,
            changed: true,
            hidden: arrangement.hidden,
            restored: arrangement.restored,
            refused: arrangement.refused.clone(),
            milliseconds: milliseconds(took),
            wm_milliseconds: milliseconds(arrangement.waited),
            messages: arrangement.sent,
        };
        let name = |project: &Option<String>| project.clone().unwrap_or_else(|| "no project".to_string());
        let note = Note::new(
            Level::Info,
            "switch",
            format!(
                "{} (was {}): {} hidden, {} restored in {:.1} ms",
                name(&reply.project),
                name(&reply.previous),
                reply.hidden,
                reply.restored,
                reply.milliseconds
            ),
        )
        .with("project", name(&reply.project))
        .with("switch_ms", format!("{:.1}", reply.milliseconds));
        turn.log(note);
        self.switch_count += 1;
        self.last_switch = Some(reply.clone());
        turn.dirty.projects = true;
        for caller in switch.callers {
            turn.answer(caller, Ok(Reply::Switch(reply.clone())));
        }
        turn.tell(Told::Switched(Box::new(reply)));
    }

    /// `Fault::AnswerBeforeBarrier`.
    pub(in crate::core) fn answer_early(&mut self, turn: &mut Turn<'_>, model: &mut Model) {
        let Some(arrangement) = &mut self.arrangement else { return };
        let Some(switch) = &mut arrangement.switch else { return };
        let reply = Switch {
            project: switch.target.clone(),
            previous: model.projects.active().map(str::to_string),
            changed: true,
            hidden: arrangement.hidden,
            restored: arrangement.restored,
            messages: arrangement.sent,
            ..Switch::default()
        };
        for caller in std::mem::take(&mut switch.callers) {
            turn.answer(caller, Ok(Reply::Switch(reply.clone())));
        }
    }

    /// Where a switch in flight goes.
    pub(in crate::core) fn switch_target(&self) -> Option<&SwitchRequest> {
        self.arrangement.as_ref().and_then(|arrangement| arrangement.switch.as_ref())
    }

    /// The project that the name in a request for a switch means; `None` for no project.
    pub(in crate::core) fn destination(&self, model: &mut Model, name: &str) -> Result<Option<String>, ApiError> {
        let newest = self.next_switch.as_ref().or(self.switch_target());
        let current = match newest {
            Some(request) => request.target.clone(),
            None => model.projects.active().map(str::to_string),
        };
        model.projects.destination(name, current.as_deref()).map_err(|nowhere| match nowhere {
            Nowhere::Unknown => model.unknown_project(name),
            Nowhere::NoOther(text) => model.no_other_project(text),
        })
    }
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
