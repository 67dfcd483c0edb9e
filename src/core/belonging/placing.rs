//! Placing: what rules say of the places of windows is done.
//!
//! It is done when the owner of a window is decided, in one message for all windows that came
//! meanwhile. A window that is to be hidden is not placed: what hides it takes note of the place to
//! which it will return. What was sent is not sent again, whatever becomes of it: a command of the
//! user's may do anything.

use crate::api::Claim;
use crate::config::{Placement, Rule};
use crate::core::belonging::Belonging;
use crate::core::belonging::commands::commands;
use crate::core::belonging::desk::Desk;
use crate::core::belonging::facts::Facts;
use crate::core::tree::ContainerId;
use crate::core::turn::Turn;
use crate::core::windows::Windows;
use crate::core::windows::window::{Owned, Owner, WindowState};
use crate::core::words::cause::Cause;
use crate::core::words::command::{Script, not_executed};
use crate::core::words::note::Level;
use crate::core::words::phase::Phase;
use crate::core::words::wm::{CommandOutcome, WmKind};

/// A message of placements that has this many bytes takes no more windows.
const PLACE_BYTES_MAX: usize = 8 * 1024;

impl Belonging {
    /// Ask the rules where a window is placed. False if something must be asked first.
    pub(in crate::core) fn decide_placement(&mut self, turn: &Turn<'_>, desk: &Desk<'_>, id: ContainerId) -> bool {
        let Some(window) = desk.windows.table.windows.get(&id) else { return true };
        let serial = window.serial;
        let facts = desk.facts(&turn.config, self);
        let Some(fitting) = facts.fitting(window) else { return false };
        // What was said of its launch comes before the rules.
        let mut placement = self.launches.placement_of(serial);
        fitting.iter().for_each(|rule| placement.extend(&rule.placement));
        let enforced = enforced_of(&fitting);
        self.placing.due.remove(&serial);
        if !placement.is_empty() {
            self.placing.todo.insert(serial, placement);
        }
        if !enforced.is_empty() {
            self.placing.enforced.insert(serial, enforced);
        }
        true
    }

    /// The title or class of a window changed: rules that are enforced hold again, except for what
    /// the user did with it.
    pub(in crate::core) fn look_again(&mut self, turn: &mut Turn<'_>, desk: &mut Desk<'_>, id: ContainerId) -> bool {
        let Some(window) = desk.windows.table.windows.get(&id) else { return false };
        if window.owner == Owner::Pending || self.placing.due.contains(&window.serial) {
            return false;
        }
        if !turn.config.rules.iter().any(|rule| rule.enforced) {
            return false;
        }
        let facts = desk.facts(&turn.config, self);
        let Some(fitting) = facts.fitting(window) else { return false };
        let (serial, by_hand) = (window.serial, window.by_hand);
        let claims = fitting.iter().find(|rule| rule.owner.is_some()).filter(|rule| rule.enforced);
        let claims = claims.filter(|_| !matches!(window.claim, Claim::User | Claim::Parent));
        let owner = claims.and_then(|rule| Some((facts.rule_owner(rule)?, facts.rule_place(rule))));
        let owner = owner.filter(|(owner, _)| *owner != window.owner);
        let enforced = enforced_of(&fitting);
        let mut changed = false;
        if let Some((owner, by)) = owner {
            desk.own(turn, id, Owned { owner, claim: Claim::Rule, by: Some(by) });
            desk.windows.table.returns_to_where_it_is(id);
            turn.wants.arrangement(Cause::Rule);
            changed = true;
        }
        if !by_hand && !enforced.is_empty() && self.placing.enforced.get(&serial) != Some(&enforced) {
            self.placing.todo.insert(serial, enforced.clone());
            self.placing.enforced.insert(serial, enforced);
            changed = true;
        }
        changed
    }

    /// The message that places the windows that can be placed. It is on its way then.
    pub(in crate::core) fn place(&mut self, turn: &mut Turn<'_>, desk: &mut Desk<'_>) -> Option<String> {
        let kind = desk.scene.kind?;
        let mut script = Script::new();
        self.placing.in_flight.clear();
        for (serial, placement) in std::mem::take(&mut self.placing.todo) {
            let Some(window) = desk.windows.table.by_serial(serial) else { continue };
            let unseen = desk.facts(&turn.config, self).is_unseen(window);
            if window.hidden || script.bytes() >= PLACE_BYTES_MAX || (unseen && !has_looks(kind, &placement)) {
                self.placing.todo.insert(serial, placement);
                continue;
            }
            let (placed, rest) = if unseen { split(kind, placement) } else { (placement, Placement::default()) };
            let id = window.id;
            let commands = commands(kind, desk.windows, window, &placed);
            let workspace = placed.workspace.as_ref().map(|choice| desk.windows.workspace_name(choice));
            for (before, command) in &commands {
                match before {
                    true => script.push(command.as_str()),
                    false => script.on(id, command),
                }
            }
            if placed.focus == Some(false)
                && let Some(former) = former_focus(desk.windows, window)
            {
                script.on(former, "focus");
            }
            self.placing.count += 1;
            self.placing.in_flight.push(serial);
            self.placing.sent.insert(serial, commands.into_iter().map(|(_, command)| command).collect());
            if !rest.is_empty() {
                self.placing.todo.insert(serial, rest);
            }
            if let Some(name) = workspace {
                desk.windows.table.placed_on(id, name);
                turn.dirty.windows = true;
            }
        }
        // What is more than a message of it would be the commands of eight rules that fit one
        // window.
        let message = script.into_messages().into_iter().next()?;
        self.placing.message.clone_from(&message);
        Some(message)
    }

    /// The window manager answered to the message. Returns what it left out, which is to be sent
    /// again, and whether it refused anything.
    pub(in crate::core) fn placed(
        &mut self,
        turn: &mut Turn<'_>,
        windows: &Windows,
        kind: WmKind,
        outcomes: &[CommandOutcome],
    ) -> (Option<String>, bool) {
        let serials = std::mem::take(&mut self.placing.in_flight);
        // One rule's command is no reason to leave out the others'.
        let rest = not_executed(kind, &self.placing.message, outcomes);
        if let Some(rest) = &rest {
            self.placing.in_flight.clone_from(&serials);
            self.placing.message.clone_from(rest);
        }
        let refused: Vec<String> = outcomes.iter().filter_map(CommandOutcome::refusal).collect();
        if !refused.is_empty() {
            // A window that closed in the meantime is no fault of a rule's.
            let all_there = serials.iter().all(|serial| windows.table.by_serial(*serial).is_some());
            let level = if all_there { Level::Warning } else { Level::Debug };
            let (count, refused) = (serials.len(), refused.join("; "));
            let text = format!("the window manager refused what rules say of {count} windows: {refused}");
            turn.note(level, "rule.refused", text);
        }
        (rest, !refused.is_empty())
    }

    /// The rules changed: those that are enforced hold for all windows that the user left alone.
    /// How many windows that is about.
    pub(in crate::core) fn enforce_everywhere(&mut self, turn: &mut Turn<'_>, desk: &mut Desk<'_>) -> usize {
        let ids: Vec<ContainerId> = desk.windows.table.windows.keys().copied().collect();
        ids.into_iter().filter(|id| self.look_again(turn, desk, *id)).count()
    }
}

impl<'a> Facts<'a> {
    /// The windows whose owner is decided, and whose rules were not asked yet if they are
    /// placed.
    pub(in crate::core) fn placements_due(self) -> Vec<ContainerId> {
        let due = self.belonging.placing.due.iter().filter_map(|serial| self.windows.table.by_serial(*serial));
        due.filter(|window| window.owner != Owner::Pending).map(|window| window.id).collect()
    }

    /// The window cannot be placed where it will be seen before it is shown.
    fn is_unseen(self, window: &'a WindowState) -> bool {
        window.hidden || self.unwanted(self.projects.active(), window).is_some()
    }

    /// Is there a window to be placed?
    pub(in crate::core) fn placing_is_wanted(self) -> bool {
        let mut windows = self.belonging.placing.todo.keys().filter_map(|serial| self.windows.table.by_serial(*serial));
        self.scene.phase == Phase::Running
            && windows.any(|window| !window.hidden && (!self.is_unseen(window) || self.looks_are_due(window)))
    }

    /// Is there something about a window in sight that can be done before it is hidden, and will
    /// be?
    pub(in crate::core) fn looks_are_due(self, window: &'a WindowState) -> bool {
        let todo = self.belonging.placing.todo.get(&window.serial);
        self.scene.phase == Phase::Running
            && !window.hidden
            && todo.is_some_and(|todo| self.scene.kind.is_some_and(|kind| has_looks(kind, todo)))
    }
}

/// Has it anything that can be done before the window is hidden?
fn has_looks(kind: WmKind, placement: &Placement) -> bool {
    !split(kind, placement.clone()).0.is_empty()
}

/// What can be done before the window is hidden, and what cannot. On i3 a window that will float is
/// hidden while it tiles, and floats when it is shown; commands may be about what floats.
fn split(kind: WmKind, placement: Placement) -> (Placement, Placement) {
    let Placement { workspace, output, fullscreen, float, mark, border, commands, .. } = placement;
    let (now, later) = match kind {
        WmKind::I3 if float == Some(true) => ((None, Vec::new()), (float, commands)),
        _ => ((float, commands), (None, Vec::new())),
    };
    let looks = Placement { mark, border, float: now.0, commands: now.1, ..Placement::default() };
    let rest = Placement { workspace, output, fullscreen, float: later.0, commands: later.1, ..Placement::default() };
    (looks, rest)
}

/// What had the focus before a window came, if it or that window has it still.
fn former_focus(windows: &Windows, window: &WindowState) -> Option<ContainerId> {
    let former = windows.table.by_serial(window.origin.focused_before?)?;
    let focused = windows.table.windows.values().find(|other| other.focused).map(|other| other.id);
    let untouched = focused.is_none_or(|id| id == former.id || id == window.id);
    (untouched && !former.hidden).then_some(former.id)
}

/// What these rules say together, as far as they are enforced.
fn enforced_of(fitting: &[&Rule]) -> Placement {
    let mut enforced = Placement::default();
    fitting.iter().filter(|rule| rule.enforced).for_each(|rule| enforced.extend(&rule.placement));
    enforced
}
