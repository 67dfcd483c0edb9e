//! The end of an arrangement: what was done is taken over, or what was lost is owed.

use crate::api::ErrorCode;
use crate::config::OnNewcomer;
use crate::core::model::Model;
use crate::core::plan::Traces;
use crate::core::stage::Stage;
use crate::core::stage::in_hand::Arrangement;
use crate::core::turn::Turn;
use crate::core::words::deadline::Deadline;
use crate::core::words::effect::Effect;
use crate::core::words::note::Level;
use crate::core::words::phase::Phase;
use crate::core::words::seeded::{self, Fault};
use crate::core::words::time::Time;

impl Stage {
    pub(super) fn arrange_finish(&mut self, turn: &mut Turn<'_>, model: &mut Model) {
        let Some(mut arrangement) = self.arrangement.take() else { return };
        turn.deadlines.clear(Deadline::Switch);
        if let (Some(left), Some(_)) = (arrangement.left.take(), &arrangement.switch)
            && let Some(active) = model.projects.active()
        {
            model.windows.project_left(active, left);
        }
        let worked = arrangement.sent > 0;
        self.remember_moves(model, turn.now, &arrangement);
        if !arrangement.refused.is_empty() {
            // A placeholder or a place of the vault may have been left in sight with no mark of
            // ours.
            let before = arrangement.before.as_ref().map(|before| before.empties.clone());
            // Of two in a row the first may have left what was there before the second.
            self.empties_before = match (self.empties_before.take(), before) {
                (Some(first), Some(second)) => Some(&first & &second),
                (first, second) => second.or(first),
            };
            let before = arrangement.before.iter().flat_map(|before| before.focus_orders.values());
            model.windows.table.refused_with(before.flatten().copied().collect());
        }
        self.apply(turn, model, &arrangement);
        for id in &arrangement.asking {
            if let Some(window) = model.windows.table.windows.get(id).and_then(|window| window.client.x11) {
                turn.push(Effect::DemandAttention { window });
            }
        }
        if worked && !seeded::has(Fault::NoCensusAfterwards) {
            self.census_wanted = true;
            // Nothing else says so of what was not heard.
            model.windows.doubt();
        }
        if !arrangement.refused.is_empty() {
            let text = format!("the window manager refused: {}", arrangement.refused.join("; "));
            turn.note(Level::Warning, "wm.refused", text);
        }
        if let Some(switch) = arrangement.switch.take() {
            self.switch_done(turn, model, switch, &arrangement);
        } else if worked {
            let text = format!("{} windows hidden, {} shown", arrangement.hidden, arrangement.restored);
            turn.note(Level::Debug, "arranged", text);
        }
        if worked || turn.phase == Phase::Running {
            self.write_runtime(turn, model, None);
        }
        turn.dirty.windows = true;
    }

    pub(super) fn remember_moves(&mut self, model: &mut Model, now: Time, arrangement: &Arrangement) {
        let returned =
            model.windows.table.hidden.iter().filter(|container| arrangement.returned.contains(&container.anchor));
        for (containers, hidden) in
            [(returned.collect::<Vec<_>>(), false), (arrangement.hidden_records.iter().collect(), true)]
        {
            for container in containers {
                model.belonging.history.remember(now, container, hidden, &arrangement.cause);
            }
        }
    }

    /// Take over what the commands did, until the census afterwards reads it.
    pub(super) fn apply(&mut self, turn: &Turn<'_>, model: &mut Model, arrangement: &Arrangement) {
        // If something was refused, the census afterwards finds out what is still hidden.
        let all_done = arrangement.refused.is_empty();
        let returned = if all_done { arrangement.returned.as_slice() } else { &[] };
        let table = &mut model.windows.table;
        table.shown(returned);
        for record in &arrangement.hidden_records {
            table.hide(record, turn.config.on_newcomer == OnNewcomer::Notify);
            model.belonging.placing.hidden(record);
        }
        table.wrapped(arrangement.traces.wrappers.clone());
        self.traces.extend(&arrangement.traces);
        self.goal.clone_from(&arrangement.goal);
        self.marks_wanted = true;
    }

    /// The link broke: what the commands did, the census after the reconnect will show.
    pub(in crate::core) fn arrangement_lost(&mut self, turn: &mut Turn<'_>, model: &mut Model) {
        // The next tree may be that of another window manager.
        self.traces = Traces::default();
        if let Some(before) = self.arrangement.as_ref().and_then(|arrangement| arrangement.before.as_ref()) {
            model.windows.owe_fullscreen(before.owed(&model.windows.table));
        }
        let mut cut_off = None;
        if let Some(arrangement) = self.arrangement.as_ref().filter(|arrangement| arrangement.in_commands) {
            // What may have been done is known as well as after a start with the runtime file:
            // marks do not tell siblings and shares.
            if !seeded::has(Fault::ForgetRecordsOnLoss) {
                model.windows.table.may_be_hidden(&arrangement.hidden_records);
            }
            if let (Some(active), Some(left)) = (model.projects.active(), &arrangement.left) {
                model.windows.project_left(active, left.clone());
            }
            cut_off = arrangement.switch.as_ref().map(|switch| switch.target.clone());
        }
        self.arrange_abort(turn, ErrorCode::WmLost, "the connection to the window manager broke during the switch");
        if let Some(next) = self.next_switch.take() {
            self.fail_switch(
                turn,
                next,
                ErrorCode::WmLost,
                "the connection to the window manager broke before the switch",
            );
        }
        model.projects.lose_sight(cut_off);
    }

    pub(super) fn arrange_abort(&mut self, turn: &mut Turn<'_>, code: ErrorCode, message: &str) {
        let Some(arrangement) = self.arrangement.take() else { return };
        turn.deadlines.clear(Deadline::Switch);
        self.census_wanted = true;
        turn.dirty.projects = true;
        if let Some(switch) = arrangement.switch {
            turn.note(Level::Warning, "switch.failed", message);
            self.fail_switch(turn, switch, code, message);
        }
    }
}
