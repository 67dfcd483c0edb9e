//! Arrangements: making the windows on the screen be the wanted ones.
//!
//! An arrangement is a short dialogue with the window manager: read the tree; build places in the vault (i3) or wrap
//! workspaces where that is needed, and read again; send the commands; the last reply is the barrier. Each step looks at a fresh tree
//! only, so an arrangement that was cut off is simply made again. A census afterwards checks that all is as it should be.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use crate::api::ErrorCode;
use crate::config::OnNewcomer;
use crate::core::Core;
use crate::core::belonging::cause::Cause;
use crate::core::keep::runtime::{Intent, Runtime, Wrapper};
use crate::core::plan::{self, Before, Hide, Hiding, Situation, StandIn, Traces};
use crate::core::stage::goal::{EndState, Goal};
use crate::core::stage::switches::SwitchRequest;
use crate::core::tree::{ContainerId, Node, View};
use crate::core::turn::Turn;
use crate::core::windows::hidden::HiddenContainer;
use crate::core::windows::memory::ProjectMemory;
use crate::core::windows::window::WindowState;
use crate::core::words::command::{Script, not_executed, refusals};
use crate::core::words::deadline::Deadline;
use crate::core::words::effect::Effect;
use crate::core::words::note::Level;
use crate::core::words::phase::Phase;
use crate::core::words::seeded::{self, Fault};
use crate::core::words::store::StoreFile;
use crate::core::words::time::Time;
use crate::core::words::wm::{HidingPlace, Purpose, RUN_COMMAND, WmKind, WmReply, WmRequest};

/// How often an arrangement that did not reach its goal is made again before we wait for something to change.
const ATTEMPTS_MAX: usize = 3;

/// How many layouts an arrangement has i3 append: windows that change their sizes all the time do not hold it up.
const LAYOUTS_MAX: usize = 6;

/// An arrangement in hand.
#[derive(Debug, Clone)]
pub struct Arrangement {
    /// The switch it serves, if it serves one.
    pub switch: Option<SwitchRequest>,
    cause: Cause,
    before: Option<Before>,
    prepared: bool,
    vault_messages: usize,
    layouts: LayoutTries,
    messages: VecDeque<String>,
    /// The message that has no answer yet.
    message: String,
    in_commands: bool,
    hidden_records: Vec<HiddenContainer>,
    returned: Vec<u64>,
    traces: Traces,
    goal: Option<Goal>,
    left: Option<ProjectMemory>,
    /// What the window manager said of the commands that it refused.
    pub(in crate::core) refused: Vec<String>,
    /// How many windows it hides.
    pub(in crate::core) hidden: usize,
    /// How many windows it brings back.
    pub(in crate::core) restored: usize,
    /// How many messages were sent.
    pub(in crate::core) sent: usize,
    /// How long the window manager took for them.
    pub(in crate::core) waited: Duration,
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
    /// One more is wanted, and so many places of a size are free now. Windows may have changed their sizes since the last one.
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

impl Core {
    pub(in crate::core) fn arrange_is_wanted(&self) -> bool {
        let drained = self.life.phase > Phase::Running;
        (self.stage.next_switch.is_some() && !drained)
            || (self.stage.arrange_wanted
                && self.stage.arrange_attempts < ATTEMPTS_MAX
                && (!drained || self.life.phase == Phase::Restoring))
    }

    pub(in crate::core) fn arrange_start(&mut self, turn: &mut Turn<'_>) {
        let next = if self.life.phase > Phase::Running { None } else { self.stage.next_switch.take() };
        self.stage.arrange_wanted = false;
        // A census that finds all in order sets this back: what the window manager will not do is not asked for ever.
        self.stage.arrange_attempts += 1;
        if next.is_some() {
            self.stage.arrange_attempts = 0;
            turn.dirty.projects = true;
        }
        let asked = self.stage.arrange_cause.take();
        let cause = match &next {
            Some(switch) => Cause::Switch(switch.target.clone()),
            None if self.life.phase >= Phase::Restoring => Cause::Exit,
            None => asked.unwrap_or(Cause::Repair),
        };
        self.stage.arrangement = Some(Arrangement::new(next, cause));
        self.arm_switch();
        self.request(turn, Purpose::Arrange, WmRequest::Tree);
    }

    /// The arrangement in hand has messages to send.
    pub(in crate::core) fn arrange_continue(&mut self, turn: &mut Turn<'_>) {
        let Some(arrangement) = self.stage.arrangement.as_mut() else { return };
        match arrangement.messages.pop_front() {
            Some(message) => {
                arrangement.sent += 1;
                arrangement.message.clone_from(&message);
                self.request(turn, Purpose::Arrange, WmRequest::Command(message));
                if seeded::has(Fault::AnswerBeforeBarrier) {
                    self.answer_early(turn);
                }
            }
            None if arrangement.in_commands => self.arrange_finish(turn),
            None => self.request(turn, Purpose::Arrange, WmRequest::Tree),
        }
    }

    pub(in crate::core) fn arrange_reply(&mut self, turn: &mut Turn<'_>, reply: WmReply, waited: Duration) {
        let Some(arrangement) = self.stage.arrangement.as_mut() else { return };
        arrangement.waited += waited;
        match reply {
            WmReply::Tree(tree) => self.arrange_step(turn, &tree),
            WmReply::Command(outcomes) => {
                let refused = refusals(&arrangement.message, &outcomes);
                let rest = self.stage.link.kind.and_then(|kind| not_executed(kind, &arrangement.message, &outcomes));
                if let Some(rest) = rest {
                    arrangement.messages.push_front(rest);
                }
                arrangement.refused.extend(refused.into_iter().filter(|_| !seeded::has(Fault::IgnoreRefusal)));
                if arrangement.in_commands && arrangement.messages.is_empty() {
                    self.arrange_finish(turn);
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
        self.stage.arrangement.as_ref().is_some_and(|arrangement| arrangement.in_commands)
    }

    /// Do commands of ours show workspaces for their own sake?
    pub(in crate::core) fn moves_about(&self) -> bool {
        self.stage.link.pending.as_ref().is_some_and(|pending| match pending.purpose {
            Purpose::Arrange => pending.name == RUN_COMMAND,
            purpose => purpose == Purpose::Tidy,
        })
    }

    /// The project whose windows shall be on the screen when the arrangement in hand is done.
    fn target(&self) -> Option<&str> {
        match self.stage.arrangement.as_ref().and_then(|arrangement| arrangement.switch.as_ref()) {
            Some(switch) => switch.target.as_deref(),
            None => self.projects.active.as_deref(),
        }
    }

    /// The projects for whose sake a window is to be hidden, while `target` is the active one, in one text: what is hidden for
    /// different projects is never hidden together.
    pub(in crate::core) fn unwanted_for(&self, target: Option<&str>, window: &WindowState) -> Option<String> {
        if self.life.phase >= Phase::Restoring {
            return None;
        }
        if window.stowed {
            // By itself: what was beside it stays, or comes and goes with its project.
            return Some(format!("\nstowed {}", window.serial));
        }
        let projects = window.effective_projects()?;
        // A window of projects that nobody knows could never be called back.
        let hidden = target.is_some_and(|target| !projects.contains(target))
            && projects.iter().any(|project| self.projects.known.contains(project));
        // What returns to different places is not hidden together either.
        let said = self.place_said(window.serial).map(|(output, workspace)| format!("\n{output}\n{workspace}"));
        hidden.then(|| projects.iter().map(String::as_str).collect::<Vec<_>>().join(" ") + &said.unwrap_or_default())
    }

    /// Is there a window that is hidden and should not be, or the other way round?
    pub(in crate::core) fn is_disarranged(&self) -> bool {
        let target = self.projects.active.as_deref();
        !self.stage.fullscreen_owed.is_empty()
            || self
                .windows
                .table
                .windows
                .values()
                .any(|window| self.unwanted_for(target, window).is_some() != window.hidden)
    }

    /// One step of the arrangement in hand, on a fresh tree.
    fn arrange_step(&mut self, turn: &mut Turn<'_>, tree: &Node) {
        let Some(kind) = self.stage.link.kind else { return };
        let view = View::new(tree);
        self.reconcile(turn, &view);
        // What is hidden and in sight goes back first; then the tree is read again.
        if self.put_back_is_wanted() {
            return;
        }
        let Some(mut arrangement) = self.stage.arrangement.take() else { return };
        let mut before = arrangement.before.take().unwrap_or_else(|| {
            let mut before = Before::new(&view);
            before.owe(&self.windows.table, &std::mem::take(&mut self.stage.fullscreen_owed));
            before
        });
        let target = match &arrangement.switch {
            Some(switch) => switch.target.clone(),
            None => self.projects.active.clone(),
        };
        let hides_in = self.stage.link.hides_in(kind);
        let situation = Situation { kind, hides_in, view: &view, table: &self.windows.table };
        let unwanted = |window: &WindowState| self.unwanted_for(target.as_deref(), window);
        let entered = target.as_ref().filter(|_| arrangement.switch.is_some());
        let first = entered.filter(|name| !self.windows.memories.contains_key(*name));
        let first = first.and_then(|name| self.first_memory(name, &before.visible));
        let memory = entered.and_then(|name| self.windows.memories.get(name)).or(first.as_ref());
        // One that came since this began is given its looks first, and hidden by the next.
        let unwanted_now = |window: &WindowState| unwanted(window).filter(|_| !self.looks_are_due(window));
        let mut hides = plan::find_hides(&situation, &unwanted_now);
        if seeded::has(Fault::SkipOneHide) {
            hides.truncate(hides.len().saturating_sub(1));
        }
        hides.extend(plan::find_alone(&situation, &hides, memory));
        let returning: Vec<&HiddenContainer> = self
            .windows
            .table
            .hidden
            .iter()
            .skip(usize::from(seeded::has(Fault::SkipOneRestore)))
            .filter(|container| {
                container.windows.iter().any(|serial| {
                    self.windows.table.by_serial(*serial).is_some_and(|window| unwanted(window).is_none())
                })
            })
            .collect();
        let mut script = Script::new();
        if !std::mem::replace(&mut arrangement.prepared, true) {
            script.extend(plan::prepare(&situation, &hides, &returning, &mut before));
            if kind == WmKind::Sway {
                // What the arrangement before this one left behind would be taken for the user's.
                let came = Traces { came: std::mem::take(&mut self.stage.traces.came), ..Traces::default() };
                script.extend(plan::tidy::tidy(&situation, &came).script);
            }
        }
        // What is taken off fullscreen first has another size then.
        if hides_in == HidingPlace::Vault && script.is_empty() {
            let may_append = !self.stage.link.layouts_fail && arrangement.layouts.sent < LAYOUTS_MAX;
            let layout_file = self.settings.layout_file.as_deref().filter(|_| may_append);
            let layout_file = layout_file.and_then(plan::layout_word);
            let making = plan::vault_step(&situation, &hides, &before, layout_file.as_deref());
            let fails = match making.layout {
                Some(_) => arrangement.layouts.fail(making.free),
                None => !making.script.is_empty() && arrangement.vault_messages == plan::VAULT_MESSAGES_MAX,
            };
            if fails {
                arrangement.before = Some(before);
                self.stage.arrangement = Some(arrangement);
                match making.layout {
                    Some(_) => self.layouts_failed(turn),
                    None => self.vault_failed(turn),
                }
                return self.arrange_step(turn, tree);
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
                self.write_runtime(turn, Some(&arrangement));
            }
            self.stage.arrangement = Some(arrangement);
            return;
        }
        let elsewhere = |node: &Node| self.elsewhere(node);
        let mut hiding = plan::hide(&situation, &hides, !returning.is_empty(), &before, memory, &elsewhere);
        for record in &mut hiding.records {
            let fullscreen = self.belonging.placing.fullscreen_of(record);
            record.fullscreen.extend(fullscreen);
        }
        let again = std::mem::take(&mut hiding.again);
        let without_shell: Vec<HiddenContainer> =
            returning.iter().map(|container| self.windows.table.without_shell(container)).collect();
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
        // Each workspace that gets the focus is described to all subscribers, on sway with all that is on it.
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
        self.windows.deaths.hides(turn.now, records.iter().flat_map(|record| record.windows.iter().copied()));
        self.windows.deaths.lets_go(returning.iter().flat_map(|container| container.windows.iter().copied()));
        arrangement.hidden = records.iter().map(|record| record.windows.len()).sum();
        arrangement.restored = returning.iter().map(|container| container.windows.len()).sum();
        arrangement.returned = returning.iter().map(|container| container.anchor).collect();
        arrangement.left = arrangement
            .switch
            .is_some()
            .then(|| ProjectMemory { previous: self.windows.previous.clone(), ..before.memory(&self.windows.table) });
        arrangement.hidden_records = records;
        arrangement.in_commands = true;
        arrangement.messages = script.into_messages().into();
        arrangement.before = Some(before);
        self.write_runtime(turn, Some(&arrangement));
        self.stage.arrangement = Some(arrangement);
        if self.stage.arrangement.as_ref().is_some_and(|arrangement| arrangement.messages.is_empty()) {
            self.arrange_finish(turn);
        }
    }

    /// The vault is not where it was made: hide in the scratchpad, for as long as this connection lasts.
    fn vault_failed(&mut self, turn: &mut Turn<'_>) {
        self.stage.link.vault_fails = true;
        turn.dirty.daemon = true;
        let text = format!("hiding in the {}; a plain `scratchpad show` finds what is hidden", plan::PROBE_FAILED);
        turn.note(Level::Warning, "wm.vault", text);
    }

    /// i3 makes no places from layouts, as where their file cannot be written: hide windows in places without a size, for as long as this
    /// connection lasts.
    fn layouts_failed(&mut self, turn: &mut Turn<'_>) {
        self.stage.link.layouts_fail = true;
        let file = self.settings.layout_file.as_deref().unwrap_or_default();
        let text = format!(
            "i3 makes no places from {file}; programs hidden one by one are told that they are 0 by 0 pixels large, and some die of it"
        );
        turn.note(Level::Warning, "wm.layouts", text);
    }

    fn arrange_finish(&mut self, turn: &mut Turn<'_>) {
        let Some(mut arrangement) = self.stage.arrangement.take() else { return };
        self.deadlines.clear(Deadline::Switch);
        if let (Some(left), Some(_)) = (arrangement.left.take(), &arrangement.switch)
            && let Some(active) = &self.projects.active
        {
            self.windows.memories.insert(active.clone(), left);
        }
        let worked = arrangement.sent > 0;
        self.remember_moves(turn.now, &arrangement);
        if !arrangement.refused.is_empty() {
            // A placeholder or a place of the vault may have been left in sight with no mark of ours.
            let before = arrangement.before.as_ref().map(|before| before.empties.clone());
            // Of two in a row the first may have left what was there before the second.
            self.stage.empties_before = match (self.stage.empties_before.take(), before) {
                (Some(first), Some(second)) => Some(&first & &second),
                (first, second) => second.or(first),
            };
            let before = arrangement.before.iter().flat_map(|before| before.focus_orders.values());
            self.windows.table.in_sight = before.flatten().copied().collect();
        }
        self.apply(&arrangement);
        if worked && !seeded::has(Fault::NoCensusAfterwards) {
            self.stage.census_wanted = true;
        }
        if !arrangement.refused.is_empty() {
            let text = format!("the window manager refused: {}", arrangement.refused.join("; "));
            turn.note(Level::Warning, "wm.refused", text);
        }
        if let Some(switch) = arrangement.switch.take() {
            self.switch_done(turn, switch, &arrangement);
        } else if worked {
            let text = format!("{} windows hidden, {} shown", arrangement.hidden, arrangement.restored);
            turn.note(Level::Debug, "arranged", text);
        }
        if worked || self.life.phase == Phase::Running {
            self.write_runtime(turn, None);
        }
        turn.dirty.windows = true;
    }

    fn remember_moves(&mut self, now: Time, arrangement: &Arrangement) {
        let returned =
            self.windows.table.hidden.iter().filter(|container| arrangement.returned.contains(&container.anchor));
        for (containers, hidden) in
            [(returned.collect::<Vec<_>>(), false), (arrangement.hidden_records.iter().collect(), true)]
        {
            for container in containers {
                self.belonging.history.remember(now, container, hidden, &arrangement.cause);
            }
        }
    }

    /// Take over what the commands did, until the census afterwards reads it.
    fn apply(&mut self, arrangement: &Arrangement) {
        // Where something was refused, the census afterwards finds out what is still hidden.
        let all_done = arrangement.refused.is_empty();
        self.windows.table.hidden.retain(|container| !all_done || !arrangement.returned.contains(&container.anchor));
        let still_hidden: BTreeSet<u64> =
            self.windows.table.hidden.iter().flat_map(|container| container.windows.clone()).collect();
        for window in self.windows.table.windows.values_mut().filter(|window| window.hidden) {
            window.hidden = still_hidden.contains(&window.serial);
            window.unseen &= window.hidden;
        }
        for record in &arrangement.hidden_records {
            for window in
                self.windows.table.windows.values_mut().filter(|window| record.windows.contains(&window.serial))
            {
                window.hidden = true;
                // As one that was activated, where the user wants that.
                window.activated |= window.unseen && self.config.current.on_newcomer == OnNewcomer::Notify;
                window.away = false;
                window.focused = false;
                window.workspace = Some(record.workspace.clone());
                window.output = Some(record.output.clone());
            }
            self.belonging.placing.hidden(record);
            self.windows.table.hidden.push(record.clone());
        }
        self.windows.table.wrappers.extend(&arrangement.traces.wrappers);
        self.stage.traces.extend(&arrangement.traces);
        self.stage.goal.clone_from(&arrangement.goal);
        self.stage.marks_wanted = true;
    }

    /// The link broke: what the commands did, the census after the reconnect will show.
    pub(in crate::core) fn arrangement_lost(&mut self, turn: &mut Turn<'_>) {
        // The next tree may be that of another window manager.
        self.stage.traces = Traces::default();
        if let Some(before) = self.stage.arrangement.as_ref().and_then(|arrangement| arrangement.before.as_ref()) {
            self.stage.fullscreen_owed = before.owed(&self.windows.table);
        }
        if let Some(arrangement) = self.stage.arrangement.as_ref().filter(|arrangement| arrangement.in_commands) {
            // What may have been done is known as well as after a start with the runtime file: marks do not tell siblings and shares.
            let forgets = seeded::has(Fault::ForgetRecordsOnLoss);
            self.windows.table.hidden.extend(arrangement.hidden_records.iter().filter(|_| !forgets).cloned());
            if let (Some(active), Some(left)) = (&self.projects.active, &arrangement.left) {
                self.windows.memories.insert(active.clone(), left.clone());
            }
            if let Some(switch) = &arrangement.switch {
                self.projects.undecided = Some(switch.target.clone());
            }
        }
        self.arrange_abort(turn, ErrorCode::WmLost, "the connection to the window manager broke during the switch");
        if let Some(next) = self.stage.next_switch.take() {
            self.fail_switch(
                turn,
                next,
                ErrorCode::WmLost,
                "the connection to the window manager broke before the switch",
            );
        }
        self.projects.decided = false;
    }

    fn arrange_abort(&mut self, turn: &mut Turn<'_>, code: ErrorCode, message: &str) {
        let Some(arrangement) = self.stage.arrangement.take() else { return };
        self.deadlines.clear(Deadline::Switch);
        self.stage.census_wanted = true;
        turn.dirty.projects = true;
        if let Some(switch) = arrangement.switch {
            turn.note(Level::Warning, "switch.failed", message);
            self.fail_switch(turn, switch, code, message);
        }
    }

    /// A reconciled tree is at hand: which project is active, if that is in doubt?
    pub(in crate::core) fn decide_active(&mut self, turn: &mut Turn<'_>) {
        // What the user put away says nothing of projects.
        let windows = || self.windows.table.windows.values().filter(|window| !window.stowed);
        if let Some(intent) = self.projects.undecided.take() {
            let some_hidden = windows().any(|window| window.hidden);
            let completed = match &intent {
                None => !some_hidden,
                Some(name) => {
                    let mut windows = windows().filter(|window| window.belongs_to(name)).peekable();
                    if windows.peek().is_none() { some_hidden } else { windows.all(|window| !window.hidden) }
                }
            };
            if completed {
                self.projects.active = intent;
            }
        }
        // Of one that is not known because its file has not come, nothing can be said.
        let known = self.life.files.tell_projects();
        if known && self.projects.active.as_ref().is_some_and(|name| !self.projects.known.contains(name)) {
            self.projects.active = None;
        }
        let seen =
            |hidden: bool, name: &str| windows().any(|window| window.hidden == hidden && window.belongs_to(name));
        // Where the remembered project is hidden, the one whose windows are on the screen is the active one.
        let contradicted = match &self.projects.active {
            Some(name) => seen(true, name) && !seen(false, name),
            None => windows().any(|window| window.hidden),
        };
        if contradicted
            && let Some(visible) =
                self.projects.known.names().find(|name| seen(false, name) && !seen(true, name)).map(str::to_string)
        {
            self.projects.active = Some(visible);
        }
        self.projects.decided = true;
        turn.dirty.projects = true;
    }

    /// Write the runtime file for the sake of something beside the arrangement in hand, if there is one.
    pub(in crate::core) fn rewrite_runtime(&mut self, turn: &mut Turn<'_>) {
        let arrangement = self.stage.arrangement.take();
        self.write_runtime(turn, arrangement.as_ref());
        self.stage.arrangement = arrangement;
    }

    /// Write the runtime file: before the commands of an arrangement, and when it is done.
    pub(in crate::core) fn write_runtime(&mut self, turn: &mut Turn<'_>, arrangement: Option<&Arrangement>) {
        // Whoever has not even found a window manager knows nothing that another daemon, which serves it, has not written better.
        self.keep.runtime_wanted = self.stage.link.kind.is_none();
        if self.keep.runtime_wanted {
            return;
        }
        let intent = arrangement
            .filter(|arrangement| arrangement.in_commands)
            .and_then(|arrangement| arrangement.switch.as_ref())
            .map(|switch| Intent { project: switch.target.clone() })
            // That of the daemon before, until the tree has been seen.
            .or_else(|| self.projects.undecided.clone().map(|project| Intent { project }));
        let mut runtime = Runtime::new(self.projects.active.clone(), intent);
        runtime.memories.clone_from(&self.windows.memories);
        runtime.hidden.clone_from(&self.windows.table.hidden);
        runtime.fullscreen_owed.clone_from(&self.stage.fullscreen_owed);
        let wrappers = self.windows.table.wrappers.iter();
        runtime.wrappers = wrappers.map(|(id, stands_for)| Wrapper { id: *id, stands_for: *stands_for }).collect();
        runtime.windows = self.windows.table.handlings();
        for serial in self.belonging.placing.float_when_shown() {
            runtime.windows.entry(serial).or_default().floats = true;
        }
        runtime.launches = self.belonging.launches.records();
        if let Some(arrangement) = arrangement {
            if let Some(before) = &arrangement.before {
                runtime.fullscreen_owed.extend(before.owed(&self.windows.table));
            }
            runtime.hidden.extend(arrangement.hidden_records.iter().cloned());
            if let (Some(active), Some(left)) = (&self.projects.active, &arrangement.left) {
                runtime.memories.insert(active.clone(), left.clone());
            }
        }
        if seeded::has(Fault::ForgetRuntimeFile) {
            return;
        }
        self.write_store(turn, StoreFile::Runtime, runtime.to_text(), None);
    }

    /// The output and workspace that a container shall return to, where it opened while its project was not the active one: what a rule
    /// says, the workspace on which that project was left, or the one that it wants.
    fn elsewhere(&self, node: &Node) -> Option<(String, String)> {
        let windows = node.windows();
        let first = self.windows.table.windows.get(&windows.first()?.id)?;
        if let Some(place) = self.place_said(first.serial) {
            return Some(place);
        }
        let all_away =
            windows.iter().all(|node| self.windows.table.windows.get(&node.id).is_some_and(|window| window.away));
        let projects = first.effective_projects().filter(|_| all_away)?;
        let left = projects.iter().find_map(|project| self.windows.memories.get(project));
        let left = left.and_then(|memory| memory.visible.last().cloned());
        left.or_else(|| projects.iter().find_map(|project| self.preferred_place(project)))
    }

    /// The project that a window belongs to that appears now: where a switch is in hand, the user saw the project before it until its commands
    /// went out.
    pub(in crate::core) fn project_on_screen(&self) -> Option<&str> {
        if self.is_commanding() { self.target() } else { self.projects.active.as_deref() }
    }

    /// The project that the user is in, or has asked for.
    pub(in crate::core) fn project_for_new_windows(&self) -> Option<&str> {
        self.target()
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

/// i3: take the stand-ins on workspaces that will be visible from there, so that they are not drawn.
fn clear(stand_ins: &mut [StandIn], visible: &[(String, String)]) -> Script {
    let mut script = Script::new();
    let is_seen = |stand_in: &StandIn| visible.iter().any(|(_, name)| Some(name.as_str()) == stand_in.workspace());
    for stand_in in stand_ins.iter_mut().filter(|stand_in| is_seen(stand_in)) {
        stand_in.leave(&mut script);
    }
    script
}
