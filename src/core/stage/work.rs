//! What an arrangement has to do: what is hidden, what returns, and the script that does both.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::core::belonging::facts::Facts;
use crate::core::plan::{self, Before, Hide, Hiding, Restoring, Situation, StandIn, Traces};
use crate::core::projects::preferred::first_memory;
use crate::core::stage::goal::{EndState, Goal};
use crate::core::tree::{ContainerId, Node};
use crate::core::windows::hidden::HiddenContainer;
use crate::core::windows::memory::ProjectMemory;
use crate::core::words::command::Script;
use crate::core::words::seeded::{self, Fault};
use crate::core::words::wm::WmKind;

/// What an arrangement has to do.
pub(super) struct Work<'a> {
    /// Where it is done.
    pub situation: Situation<'a>,
    /// What is hidden.
    pub hides: Vec<Hide<'a>>,
    /// What returns.
    pub returning: Vec<&'a HiddenContainer>,
    facts: Facts<'a>,
    /// How the project that is entered was left, or is to be entered for the first time.
    memory: Option<Cow<'a, ProjectMemory>>,
}

/// The script that does it, and what that means.
pub(super) struct Made {
    pub script: Script,
    /// What is hidden by it.
    pub records: Vec<HiddenContainer>,
    /// The anchors of what returns.
    pub returned: Vec<u64>,
    /// The serial numbers of the windows that return.
    pub returned_windows: Vec<u64>,
    pub traces: Traces,
    /// i3: the windows that ask for attention, which no command says.
    pub asking: Vec<ContainerId>,
    /// How the screen is then.
    pub goal: Option<Goal>,
}

impl<'a> Work<'a> {
    /// Look what is to be done. `enters`: a switch is served, and its project is entered.
    pub fn new(situation: Situation<'a>, facts: Facts<'a>, enters: bool, before: &Before) -> Work<'a> {
        let target = facts.scene.target;
        let unwanted = |window| facts.unwanted(target, window);
        let memory = target.filter(|_| enters).and_then(|name| match facts.windows.memories.get(name) {
            Some(memory) => Some(Cow::Borrowed(memory)),
            None => first_memory(facts.config, facts.windows, name, &before.visible).map(Cow::Owned),
        });
        // One that came since this began is given its looks first, and hidden by the next.
        let unwanted_now = |window| unwanted(window).filter(|_| !facts.looks_are_due(window));
        let mut hides = plan::find_hides(&situation, &unwanted_now);
        if seeded::has(Fault::SkipOneHide) {
            hides.truncate(hides.len().saturating_sub(1));
        }
        hides.extend(plan::find_alone(&situation, &hides, memory.as_deref()));
        let table = &facts.windows.table;
        let is_wanted = |serial: &u64| table.by_serial(*serial).is_some_and(|window| unwanted(window).is_none());
        let returning = table.hidden.iter().skip(usize::from(seeded::has(Fault::SkipOneRestore)));
        let returning = returning.filter(|container| container.windows.iter().any(is_wanted)).collect();
        Work { situation, hides, returning, facts, memory }
    }

    /// The commands, when nothing must be prepared any more.
    pub fn script(&self, before: &Before) -> Made {
        let memory = self.memory.as_deref();
        let elsewhere = |node: &Node| self.facts.elsewhere(node);
        let mut hiding =
            plan::hide(&self.situation, &self.hides, !self.returning.is_empty(), before, memory, &elsewhere);
        for record in &mut hiding.records {
            let fullscreen = self.facts.belonging.placing.fullscreen_of(record);
            record.fullscreen.extend(fullscreen);
        }
        let again = std::mem::take(&mut hiding.again);
        let without_shell: Vec<HiddenContainer> =
            self.returning.iter().map(|container| self.situation.table.without_shell(container)).collect();
        let mut returning: Vec<&HiddenContainer> = without_shell.iter().collect();
        returning.extend(&again);
        // With no project on the screen there is none whose names these would be.
        let renamings = match memory {
            Some(memory) => plan::renamings(&self.situation, &returning, &hiding.leaving, memory),
            None => Vec::new(),
        };
        for renaming in &renamings {
            hiding.script.push(renaming.command.clone());
        }
        let (view, before) = plan::renamed(&renamings, self.situation.view, &mut hiding, before);
        let situation = &Situation { view: &view, ..self.situation };
        let before = &*before;
        let mut restoring = plan::restore(situation, &returning, &mut hiding, memory, before);
        let Hiding { script, records, stand_ins, leaving, .. } = hiding;
        let end = EndState { situation, before, memory, leaving: &records, returning: &returning };
        // Whatever else is focused on a workspace takes fullscreen off.
        let fullscreen = staying_fullscreen(before, &self.hides, &leaving);
        let focused = end.focused().map(|reach| reach.id);
        let mut asking = std::mem::take(&mut restoring.asking);
        asking.retain(|id| Some(*id) != focused);
        let (script, traces, goal) = self.in_order(before, &end, script, restoring, fullscreen, stand_ins);
        Made {
            script,
            returned: returning.iter().map(|container| container.anchor).collect(),
            returned_windows: returning.iter().flat_map(|container| container.windows.iter().copied()).collect(),
            records,
            traces,
            goal,
            asking,
        }
    }

    /// Hiding (`script`), then restoring, then what is shown and has the focus at the end.
    fn in_order(
        &self,
        before: &Before,
        end: &EndState<'_>,
        mut script: Script,
        mut restoring: Restoring,
        fullscreen: Script,
        mut stand_ins: Vec<StandIn>,
    ) -> (Script, Traces, Option<Goal>) {
        let memory = self.memory.as_deref();
        script.extend(std::mem::take(&mut restoring.script));
        let urgent_again = restoring.ask_again(end.focused().map(|reach| reach.id));
        let works = !script.is_empty() || !restoring.late.is_empty() || memory.is_some();
        // What draws the screen at once comes when that is as it will be.
        let draws = !restoring.late.is_empty();
        script.extend(restoring.measure.clone());
        if draws {
            script.extend(end.show());
            script.extend(clear(&mut stand_ins, end.visible()));
            script.extend(restoring.late);
        }
        let mut orders = restoring.orders;
        orders.extend(fullscreen);
        script.extend(orders.clone());
        // Each workspace that gets the focus is described to all subscribers, on sway with all that
        // is on it.
        let is_shown = self.situation.kind == WmKind::Sway && orders.is_empty() && end.is_shown_by(&restoring.shown);
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
        let mut said = restoring.said;
        said.extend(orders);
        let stays = |(id, _): &&(ContainerId, u8)| end.stays(*id) && !seeded::has(Fault::ForgetFullscreen);
        let goal = works.then(|| Goal {
            orders: said,
            visible: end.visible().to_vec(),
            route: end.route(),
            focused: end.focused(),
            below_focused: end.below_focused(),
            fullscreen: before.fullscreen.iter().filter(stays).copied().collect(),
        });
        (script, restoring.traces, goal)
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
