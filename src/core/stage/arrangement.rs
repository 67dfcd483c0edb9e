//! Arrangements: making the windows on the screen be the wanted ones.
//!
//! An arrangement is a short dialogue with the window manager: read the tree; build places in the
//! vault (i3) or wrap workspaces where that is needed, and read again; send the commands; the last
//! reply is the barrier. Each step looks at a fresh tree only, so an arrangement that was cut off
//! is simply made again. A census afterwards checks that all is as it should be.

use std::sync::Arc;
use std::time::Duration;

use crate::api::ErrorCode;
use crate::core::belonging::facts::{Facts, Scene};
use crate::core::model::Model;
use crate::core::plan::{self, Before, Situation, Traces};
use crate::core::stage::Stage;
use crate::core::stage::in_hand::Arrangement;
use crate::core::stage::work::{Made, Work};
use crate::core::tree::{Node, View};
use crate::core::turn::Turn;
use crate::core::windows::memory::ProjectMemory;
use crate::core::words::cause::Cause;
use crate::core::words::command::{Script, not_executed, refusals};
use crate::core::words::effect::Effect;
use crate::core::words::note::Level;
use crate::core::words::phase::Phase;
use crate::core::words::seeded::{self, Fault};
use crate::core::words::wm::{HidingPlace, Purpose, WmKind, WmReply, WmRequest};

/// How often an arrangement that did not reach its goal is made again before we wait for something
/// to change.
const ATTEMPTS_MAX: usize = 3;

/// How many layouts an arrangement has i3 append: windows that change their sizes all the time do
/// not hold it up.
const LAYOUTS_MAX: usize = 6;

/// Windows cannot be hidden in this way; another is taken from now on.
struct Fails;

impl Stage {
    pub(in crate::core) fn arrange_is_wanted(&self, turn: &Turn<'_>) -> bool {
        let drained = turn.phase > Phase::Running;
        (self.next_switch.is_some() && !drained)
            || (self.arrange_wanted
                && self.arrange_attempts < ATTEMPTS_MAX
                && (!drained || turn.phase == Phase::Restoring))
    }

    pub(in crate::core) fn arrange_start(&mut self, turn: &mut Turn<'_>) {
        let next = if turn.phase > Phase::Running { None } else { self.next_switch.take() };
        self.arrange_wanted = false;
        // A census that finds all in order sets this back: what the window manager will not do is
        // not asked for ever.
        self.arrange_attempts += 1;
        if next.is_some() {
            self.arrange_attempts = 0;
            turn.dirty.projects = true;
        }
        let asked = self.arrange_cause.take();
        let cause = match &next {
            Some(switch) => Cause::Switch(switch.target.clone()),
            None if turn.phase >= Phase::Restoring => Cause::Exit,
            None => asked.unwrap_or(Cause::Repair),
        };
        self.arrangement = Some(Arrangement::new(next, cause));
        self.arm_switch(turn);
        self.request(turn, Purpose::Arrange, WmRequest::Tree);
    }

    /// The arrangement in hand has messages to send.
    pub(in crate::core) fn arrange_continue(&mut self, turn: &mut Turn<'_>, model: &mut Model) {
        let Some(arrangement) = self.arrangement.as_mut() else { return };
        match arrangement.messages.pop_front() {
            Some(message) => {
                arrangement.sent += 1;
                arrangement.message.clone_from(&message);
                let request = self.link.arranging(message);
                self.request(turn, Purpose::Arrange, request);
                if seeded::has(Fault::AnswerBeforeBarrier) {
                    self.answer_early(turn, model);
                }
            }
            None if arrangement.in_commands => self.arrange_finish(turn, model),
            None => self.request(turn, Purpose::Arrange, WmRequest::Tree),
        }
    }

    pub(in crate::core) fn arrange_reply(
        &mut self,
        turn: &mut Turn<'_>,
        model: &mut Model,
        reply: WmReply,
        waited: Duration,
    ) {
        let Some(arrangement) = self.arrangement.as_mut() else { return };
        arrangement.waited += waited;
        match reply {
            WmReply::Tree(tree) => self.arrange_step(turn, model, &tree),
            WmReply::Command(outcomes) => {
                let refused = refusals(&arrangement.message, &outcomes);
                let rest = self.link.kind.and_then(|kind| not_executed(kind, &arrangement.message, &outcomes));
                if let Some(rest) = rest {
                    arrangement.messages.push_front(rest);
                }
                arrangement.refused.extend(refused.into_iter().filter(|_| !seeded::has(Fault::IgnoreRefusal)));
                if arrangement.in_commands && arrangement.messages.is_empty() {
                    self.arrange_finish(turn, model);
                }
            }
            other => {
                self.unexpected(turn, &other);
                self.arrange_abort(turn, ErrorCode::WmRefused, "the window manager's answer could not be read");
            }
        }
    }

    /// Are the commands of an arrangement on their way, which move what is hidden?
    pub(in crate::core) fn is_commanding(&self) -> bool {
        self.arrangement.as_ref().is_some_and(|arrangement| arrangement.in_commands)
    }

    /// Do commands of ours show workspaces for their own sake?
    pub(in crate::core) fn moves_about(&self) -> bool {
        self.link.pending.as_ref().is_some_and(|pending| match pending.purpose {
            Purpose::Arrange => pending.commands,
            purpose => purpose == Purpose::Tidy,
        })
    }

    /// Is there a window that is hidden and should not be, or the other way round?
    pub(in crate::core) fn is_disarranged(&self, turn: &Turn<'_>, model: &Model) -> bool {
        let target = model.projects.active();
        let facts = self.facts(turn, model);
        let mut windows = model.windows.table.windows.values();
        !model.windows.fullscreen_owed.is_empty()
            || windows.any(|window| facts.unwanted(target, window).is_some() != window.hidden)
    }

    /// One step of the arrangement in hand, on a fresh tree.
    fn arrange_step(&mut self, turn: &mut Turn<'_>, model: &mut Model, tree: &Node) {
        let Some(kind) = self.link.kind else { return };
        let view = View::new(tree);
        self.reconcile(turn, model, &view);
        // What is hidden and in sight goes back first; then the tree is read again.
        if self.put_back_is_wanted(model) {
            return;
        }
        let Some(mut arrangement) = self.arrangement.take() else { return };
        let mut before = arrangement.before.take().unwrap_or_else(|| {
            let mut before = Before::new(&view);
            let owed = model.windows.take_fullscreen_owed();
            before.owe(&model.windows.table, &owed);
            before
        });
        let config = Arc::clone(&turn.config);
        let Model { windows, projects, belonging, .. } = &*model;
        let active = || projects.active().map(str::to_string);
        let target = arrangement.switch.as_ref().map_or_else(active, |switch| switch.target.clone());
        let scene = Scene { phase: turn.phase, kind: Some(kind), target: target.as_deref() };
        let facts = Facts { config: &config, windows, projects, belonging, scene };
        let situation = Situation { kind, hides_in: self.link.hides_in(kind), view: &view, table: &windows.table };
        let work = Work::new(situation, facts, arrangement.switch.is_some(), &before);
        let mut script = self.prepare(&mut arrangement, &work, &mut before);
        // What is taken off fullscreen first has another size then.
        if situation.hides_in == HidingPlace::Vault && script.is_empty() {
            match self.make_places(turn, &mut arrangement, &work, &before) {
                Ok(making) => script.extend(making),
                Err(Fails) => {
                    arrangement.before = Some(before);
                    self.arrangement = Some(arrangement);
                    return self.arrange_step(turn, model, tree);
                }
            }
        }
        if !script.is_empty() {
            arrangement.messages = script.into_messages().into();
            let owes = !before.fullscreen_off.is_empty();
            arrangement.before = Some(before);
            if owes {
                self.write_runtime(turn, model, Some(&arrangement));
            }
            self.arrangement = Some(arrangement);
            return;
        }
        let made = work.script(&before);
        let previous = windows.previous.clone();
        let left = || ProjectMemory { previous, ..before.memory(&windows.table) };
        arrangement.left = arrangement.switch.is_some().then(left);
        arrangement.before = Some(before);
        self.send(turn, model, arrangement, made);
    }

    /// What must be done first: what is fullscreen is taken off it, what tiles is wrapped.
    fn prepare(&mut self, arrangement: &mut Arrangement, work: &Work<'_>, before: &mut Before) -> Script {
        let mut script = Script::new();
        if std::mem::replace(&mut arrangement.prepared, true) {
            return script;
        }
        script.extend(plan::prepare(&work.situation, &work.hides, &work.returning, before));
        if work.situation.kind == WmKind::Sway {
            // What the arrangement before this one left behind would be taken for the user's.
            let came = Traces { came: std::mem::take(&mut self.traces.came), ..Traces::default() };
            script.extend(plan::tidy::tidy(&work.situation, &came).script);
        }
        script
    }

    /// i3: the commands that make the places in the vault that are missing.
    fn make_places(
        &mut self,
        turn: &mut Turn<'_>,
        arrangement: &mut Arrangement,
        work: &Work<'_>,
        before: &Before,
    ) -> Result<Script, Fails> {
        let may_append = !self.link.layouts_fail && arrangement.layouts.sent < LAYOUTS_MAX;
        let layout_file = self.layout_file.as_deref().filter(|_| may_append).and_then(plan::layout_word);
        let making = plan::vault_step(&work.situation, &work.hides, before, layout_file.as_deref());
        if let Some(text) = making.layout {
            if arrangement.layouts.fail(making.free) {
                self.layouts_failed(turn);
                return Err(Fails);
            }
            arrangement.layouts.count(making.free);
            turn.push(Effect::WriteLayout { text });
        } else if !making.script.is_empty() {
            if arrangement.vault_messages == plan::VAULT_MESSAGES_MAX {
                self.vault_failed(turn);
                return Err(Fails);
            }
            arrangement.vault_messages += 1;
        }
        Ok(making.script)
    }

    /// The script is made: write down what it is about, and begin to send it.
    fn send(&mut self, turn: &mut Turn<'_>, model: &mut Model, mut arrangement: Arrangement, made: Made) {
        let Made { script, records, returned, returned_windows, traces, asking, goal } = made;
        let hidden = || records.iter().flat_map(|record| record.windows.iter().copied());
        model.windows.deaths.hides(turn.now, hidden());
        arrangement.hidden = hidden().count();
        arrangement.restored = returned_windows.len();
        model.windows.deaths.lets_go(returned_windows.into_iter());
        arrangement.traces = traces;
        arrangement.goal = goal;
        arrangement.asking = asking;
        arrangement.returned = returned;
        arrangement.hidden_records = records;
        arrangement.in_commands = true;
        arrangement.messages = script.into_messages().into();
        let sends_nothing = arrangement.messages.is_empty();
        self.write_runtime(turn, model, Some(&arrangement));
        self.arrangement = Some(arrangement);
        if sends_nothing {
            self.arrange_finish(turn, model);
        }
    }

    /// The vault is not where it was made: hide in the scratchpad, for as long as this connection
    /// lasts.
    fn vault_failed(&mut self, turn: &mut Turn<'_>) {
        self.link.vault_fails = true;
        turn.dirty.daemon = true;
        let text = format!("hiding in the {}; a plain `scratchpad show` finds what is hidden", plan::PROBE_FAILED);
        turn.note(Level::Warning, "wm.vault", text);
    }

    /// i3 makes no places from layouts, as where their file cannot be written: hide windows in
    /// places without a size, for as long as this connection lasts.
    fn layouts_failed(&mut self, turn: &mut Turn<'_>) {
        self.link.layouts_fail = true;
        let file = self.layout_file.as_deref().unwrap_or_default();
        let text = format!(
            "i3 makes no places from {file}; programs hidden one by one are told that they are 0 by 0 pixels large, and some die of it"
        );
        turn.note(Level::Warning, "wm.layouts", text);
    }
}
