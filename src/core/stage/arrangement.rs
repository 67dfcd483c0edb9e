//! Arrangements: making the windows on the screen be the wanted ones.
//!
//! An arrangement is a short dialogue with the window manager: read the tree; build places in the
//! vault (i3) or wrap workspaces where that is needed, and read again; send the commands; the last
//! reply is the barrier. Each step looks at a fresh tree only, so an arrangement that was cut off
//! is simply made again. A census afterwards checks that all is as it should be.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::api::ErrorCode;
use crate::core::belonging::facts::{Facts, Scene};
use crate::core::model::Model;
use crate::core::plan::{self, Before, Hide, Hiding, Situation, StandIn, Traces};
use crate::core::projects::preferred::first_memory;
use crate::core::stage::Stage;
use crate::core::stage::goal::{EndState, Goal};
use crate::core::stage::request::SwitchRequest;
use crate::core::tree::{ContainerId, Node, View};
use crate::core::turn::Turn;
use crate::core::windows::hidden::HiddenContainer;
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

/// An arrangement in hand.
#[derive(Debug, Clone)]
pub struct Arrangement {
    /// The switch it serves, if it serves one.
    pub switch: Option<SwitchRequest>,
    pub(super) cause: Cause,
    pub(super) before: Option<Before>,
    pub(super) prepared: bool,
    pub(super) vault_messages: usize,
    layouts: LayoutTries,
    pub(super) messages: VecDeque<String>,
    /// The message that has no answer yet.
    pub(super) message: String,
    pub(super) in_commands: bool,
    pub(super) hidden_records: Vec<HiddenContainer>,
    pub(super) returned: Vec<u64>,
    pub(super) traces: Traces,
    pub(super) goal: Option<Goal>,
    pub(super) left: Option<ProjectMemory>,
    /// What the window manager said of the commands that it refused.
    pub(super) refused: Vec<String>,
    /// How many windows it hides.
    pub(super) hidden: usize,
    /// How many windows it brings back.
    pub(super) restored: usize,
    /// How many messages were sent.
    pub(super) sent: usize,
    /// How long the window manager took for them.
    pub(super) waited: Duration,
}

/// The layouts that an arrangement had i3 append.
#[derive(Debug, Clone, Default)]
struct LayoutTries {
    sent: usize,
    /// Those in a row of which nothing came.
    in_vain: usize,
    /// How many places of a size were free before the last one.
    free_before: usize,
}

impl LayoutTries {
    /// One more is wanted, and so many places of a size are free now. Windows may have changed
    /// their sizes since the last one.
    fn count(&mut self, free: usize) {
        self.sent += 1;
        self.in_vain = if free > self.free_before { 1 } else { self.in_vain + 1 };
        self.free_before = free;
    }

    fn fail(&self, free: usize) -> bool {
        free <= self.free_before && self.in_vain == plan::VAULT_MESSAGES_MAX
    }
}

impl Arrangement {
    fn new(switch: Option<SwitchRequest>, cause: Cause) -> Arrangement {
        Arrangement {
            switch,
            cause,
            before: None,
            prepared: false,
            vault_messages: 0,
            layouts: LayoutTries::default(),
            messages: VecDeque::new(),
            message: String::new(),
            in_commands: false,
            hidden_records: Vec::new(),
            returned: Vec::new(),
            traces: Traces::default(),
            goal: None,
            left: None,
            refused: Vec::new(),
            hidden: 0,
            restored: 0,
            sent: 0,
            waited: Duration::ZERO,
        }
    }
}

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
                self.request(turn, Purpose::Arrange, WmRequest::Command(message));
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
            before.owe(&model.windows.table, &std::mem::take(&mut model.windows.fullscreen_owed));
            before
        });
        let target = match &arrangement.switch {
            Some(switch) => switch.target.clone(),
            None => model.projects.active().map(str::to_string),
        };
        let hides_in = self.link.hides_in(kind);
        let situation = Situation { kind, hides_in, view: &view, table: &model.windows.table };
        let config = Arc::clone(&turn.config);
        let target = target.as_deref();
        let scene = Scene { phase: turn.phase, kind: Some(kind), target };
        let Model { windows, projects, belonging, .. } = &*model;
        let facts = Facts { config: &config, windows, projects, belonging, scene };
        let unwanted = |window| facts.unwanted(target, window);
        let entered = target.as_ref().filter(|_| arrangement.switch.is_some());
        let first = entered.filter(|name| !model.windows.memories.contains_key(**name));
        let first = first.and_then(|name| first_memory(&config, &model.windows, name, &before.visible));
        let memory = entered.and_then(|name| model.windows.memories.get(*name)).or(first.as_ref());
        // One that came since this began is given its looks first, and hidden by the next.
        let unwanted_now = |window| unwanted(window).filter(|_| !facts.looks_are_due(window));
        let mut hides = plan::find_hides(&situation, &unwanted_now);
        if seeded::has(Fault::SkipOneHide) {
            hides.truncate(hides.len().saturating_sub(1));
        }
        hides.extend(plan::find_alone(&situation, &hides, memory));
        let returning: Vec<&HiddenContainer> = model
            .windows
            .table
            .hidden
            .iter()
            .skip(usize::from(seeded::has(Fault::SkipOneRestore)))
            .filter(|container| {
                container.windows.iter().any(|serial| {
                    model.windows.table.by_serial(*serial).is_some_and(|window| unwanted(window).is_none())
                })
            })
            .collect();
        let mut script = Script::new();
        if !std::mem::replace(&mut arrangement.prepared, true) {
            script.extend(plan::prepare(&situation, &hides, &returning, &mut before));
            if kind == WmKind::Sway {
                // What the arrangement before this one left behind would be taken for the user's.
                let came = Traces { came: std::mem::take(&mut self.traces.came), ..Traces::default() };
                script.extend(plan::tidy::tidy(&situation, &came).script);
            }
        }
        // What is taken off fullscreen first has another size then.
        if hides_in == HidingPlace::Vault && script.is_empty() {
            let may_append = !self.link.layouts_fail && arrangement.layouts.sent < LAYOUTS_MAX;
            let layout_file = self.layout_file.as_deref().filter(|_| may_append);
            let layout_file = layout_file.and_then(plan::layout_word);
            let making = plan::vault_step(&situation, &hides, &before, layout_file.as_deref());
            let fails = match making.layout {
                Some(_) => arrangement.layouts.fail(making.free),
                None => !making.script.is_empty() && arrangement.vault_messages == plan::VAULT_MESSAGES_MAX,
            };
            if fails {
                arrangement.before = Some(before);
                self.arrangement = Some(arrangement);
                match making.layout {
                    Some(_) => self.layouts_failed(turn),
                    None => self.vault_failed(turn),
                }
                return self.arrange_step(turn, model, tree);
            }
            match making.layout {
                Some(_) => arrangement.layouts.count(making.free),
                None => arrangement.vault_messages += usize::from(!making.script.is_empty()),
            }
            if let Some(text) = making.layout {
                turn.push(Effect::WriteLayout { text });
            }
            script.extend(making.script);
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
        let elsewhere = |node: &Node| facts.elsewhere(node);
        let mut hiding = plan::hide(&situation, &hides, !returning.is_empty(), &before, memory, &elsewhere);
        for record in &mut hiding.records {
            let fullscreen = model.belonging.placing.fullscreen_of(record);
            record.fullscreen.extend(fullscreen);
        }
        let again = std::mem::take(&mut hiding.again);
        let without_shell: Vec<HiddenContainer> =
            returning.iter().map(|container| model.windows.table.without_shell(container)).collect();
        let mut returning: Vec<&HiddenContainer> = without_shell.iter().collect();
        returning.extend(&again);
        let mut restoring = plan::restore(&situation, &returning, &mut hiding, memory, &before);
        let Hiding { mut script, records, mut stand_ins, leaving, .. } = hiding;
        script.extend(std::mem::take(&mut restoring.script));
        let end = EndState { situation: &situation, before: &before, memory, leaving: &records, returning: &returning };
        let urgent_again = restoring.ask_again(end.focused().map(|reach| reach.id));
        let works = !script.is_empty() || !restoring.late.is_empty() || memory.is_some();
        // What draws the screen at once comes when that is as it shall be.
        let draws = !restoring.late.is_empty();
        script.extend(restoring.measure.clone());
        if draws {
            script.extend(end.show());
            script.extend(clear(&mut stand_ins, end.visible()));
            script.extend(restoring.late);
        }
        let mut orders = restoring.orders;
        // Whatever else is focused on a workspace takes fullscreen off.
        orders.extend(staying_fullscreen(&before, &hides, &leaving));
        script.extend(orders.clone());
        // Each workspace that gets the focus is described to all subscribers, on sway with all that
        // is on it.
        let is_shown = kind == WmKind::Sway && orders.is_empty() && end.is_shown_by(&restoring.shown);
        let mut said = restoring.said;
        said.extend(orders);
        // What floats or is fullscreen has its place only now.
        if draws || !before.fullscreen_off.is_empty() || memory.is_some_and(|memory| !memory.fullscreen.is_empty()) {
            script.extend(restoring.measure);
        }
        if works {
            if !is_shown {
                script.extend(end.show());
            }
            script.extend(end.focus());
        }
        script.extend(urgent_again);
        if !draws {
            script.extend(clear(&mut stand_ins, end.visible()));
        }
        for stand_in in &stand_ins {
            script.push(format!("[{}] kill", stand_in.criteria));
        }
        arrangement.traces = restoring.traces;
        arrangement.goal = works.then(|| Goal {
            orders: said,
            visible: end.visible().to_vec(),
            route: end.route(),
            focused: end.focused(),
            below_focused: end.below_focused(),
            fullscreen: match seeded::has(Fault::ForgetFullscreen) {
                true => Vec::new(),
                false => before.fullscreen.iter().filter(|(id, _)| end.stays(*id)).copied().collect(),
            },
        });
        model.windows.deaths.hides(turn.now, records.iter().flat_map(|record| record.windows.iter().copied()));
        model.windows.deaths.lets_go(returning.iter().flat_map(|container| container.windows.iter().copied()));
        arrangement.hidden = records.iter().map(|record| record.windows.len()).sum();
        arrangement.restored = returning.iter().map(|container| container.windows.len()).sum();
        arrangement.returned = returning.iter().map(|container| container.anchor).collect();
        arrangement.left = arrangement
            .switch
            .is_some()
            .then(|| ProjectMemory { previous: model.windows.previous.clone(), ..before.memory(&model.windows.table) });
        arrangement.hidden_records = records;
        arrangement.in_commands = true;
        arrangement.messages = script.into_messages().into();
        arrangement.before = Some(before);
        self.write_runtime(turn, model, Some(&arrangement));
        self.arrangement = Some(arrangement);
        if self.arrangement.as_ref().is_some_and(|arrangement| arrangement.messages.is_empty()) {
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

/// Fullscreen was taken off before hiding: those that stay get it back.
fn staying_fullscreen(before: &Before, hides: &[Hide<'_>], leaving: &BTreeSet<ContainerId>) -> Script {
    let mut script = Script::new();
    let below = hides.iter().flat_map(Hide::tops).flat_map(Node::walk).map(|node| node.id);
    let hidden: BTreeSet<ContainerId> = below.chain(leaving.iter().copied()).collect();
    let forgets = seeded::has(Fault::ForgetFullscreen);
    for (id, mode) in before.fullscreen_off.iter().filter(|(id, _)| !forgets && !hidden.contains(id)) {
        script.on(*id, plan::fullscreen_command(*mode));
    }
    script
}

/// i3: take the stand-ins on workspaces that will be visible from there, so that they are not
/// drawn.
fn clear(stand_ins: &mut [StandIn], visible: &[(String, String)]) -> Script {
    let mut script = Script::new();
    let is_seen = |stand_in: &StandIn| visible.iter().any(|(_, name)| Some(name.as_str()) == stand_in.workspace());
    for stand_in in stand_ins.iter_mut().filter(|stand_in| is_seen(stand_in)) {
        stand_in.leave(&mut script);
    }
    script
}
