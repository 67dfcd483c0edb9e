//! The vault of i3: a container of empty containers in the *tiling* layer of `__i3_scratch`.
//!
//! A container is hidden by swapping it with an empty one there: nothing floats, nothing is resized, and plain `scratchpad show`, which looks
//! only at floating children, never finds it. This is undocumented behaviour of i3 (4.22 and 4.24 were tried). The vault is made in one
//! message, on the workspace that has the focus, so that no bar hears of a workspace of ours: a tabbed container that holds another one is
//! floated and sent to the scratchpad, then `move up` takes the inner one out of the floating one and leaves it tiled on
//! `__i3_scratch`. Each message that makes places makes a whole vault; vaults add up.
//!
//! Whenever i3 tidies its tree it looks at the vaults, too, and would remove a split with an only child that lies in the direction of the
//! vault (`plan::tidy`). So what would go in a vault of tabs is hidden in one of stacks.

use super::hide::orientation;
use super::tidy::is_redundant;
use super::{Before, Hide, Presence, Situation, final_focus};
use crate::core::command::Script;
use crate::core::mark::{PLACEHOLDER, VAULT};
use crate::core::table::{is_free_place, vault_slots};
use crate::core::tree::{ContainerId, Layout, View};

/// How many places a vault of tabs has at least.
pub const PLACES_MIN: usize = 16;

/// How many one of stacks has at least: seldom anything needs them.
const STACKS_MIN: usize = 8;

/// The free places of the vaults.
#[derive(Debug, Default)]
pub(super) struct FreePlaces {
    of_tabs: Vec<ContainerId>,
    of_stacks: Vec<ContainerId>,
}

impl FreePlaces {
    pub(super) fn new(view: &View<'_>) -> FreePlaces {
        let mut free = FreePlaces::default();
        for slot in vault_slots(view).into_iter().rev().filter(|slot| is_free_place(slot)) {
            let lies = view.parent(slot.id).map(|vault| orientation(vault.layout));
            if lies == Some(orientation(Layout::Stacked)) { &mut free.of_stacks } else { &mut free.of_tabs }
                .push(slot.id);
        }
        free
    }

    /// The next one for what is hidden.
    pub(super) fn take(&mut self, hide: &Hide<'_>) -> Option<ContainerId> {
        if needs_stacks(hide) { self.of_stacks.pop() } else { self.of_tabs.pop() }
    }
}

/// Would a container be redundant in a vault of tabs? One that is made for it never is.
fn needs_stacks(hide: &Hide<'_>) -> bool {
    let [child] = hide.node.nodes.as_slice() else { return false };
    !hide.wraps() && !child.nodes.is_empty() && is_redundant(Layout::Tabbed, hide.node.layout, child.layout)
}

/// The commands that make places in the vaults, where there are fewer free ones than `hides` needs. Looks only at the tree, so it may be
/// asked again after any interruption.
#[must_use]
pub fn vault_step(situation: &Situation<'_>, hides: &[Hide<'_>], before: &Before) -> Script {
    let free = FreePlaces::new(situation.view);
    let stacks = hides.iter().filter(|hide| needs_stacks(hide)).count();
    let tabs = hides.len() - stacks;
    let mut script = Script::new();
    if free.of_tabs.len() < tabs {
        script.extend(make_vault(situation, Layout::Tabbed, (tabs - free.of_tabs.len()).max(PLACES_MIN), before));
    }
    // Making one is a tidying itself. So the first of stacks is made with the first of tabs, before it is needed.
    if free.of_stacks.len() < stacks || (!script.is_empty() && !has_stacks(situation.view)) {
        let places = stacks.saturating_sub(free.of_stacks.len()).max(STACKS_MIN);
        script.extend(make_vault(situation, Layout::Stacked, places, before));
    }
    script
}

fn has_stacks(view: &View<'_>) -> bool {
    view.scratchpad.is_some_and(|scratchpad| scratchpad.nodes.iter().any(|vault| vault.layout == Layout::Stacked))
}

fn make_vault(situation: &Situation<'_>, layout: Layout, places: usize, before: &Before) -> Script {
    let mut script = Script::new();
    let Some(workspace) = situation.view.focused_workspace() else { return script };
    // At the root of the workspace, whatever has the focus on it.
    script.on(workspace.node.id, "focus");
    let companion = format!("{PLACEHOLDER}companion");
    let is_empty = workspace.node.nodes.is_empty();
    if is_empty {
        // Beside others `split` wraps what is opened next; alone, a window that opens meanwhile would be wrapped with it.
        script.push("open");
        script.push(format!("mark --add {companion}"));
    }
    script.push("open");
    script.push("split h");
    script.push("layout tabbed");
    // In a tabbed container `split` wraps an only child once more.
    script.push("split h");
    for _ in 1..places {
        script.push("open");
    }
    script.push(format!("layout {}", layout.command_word()));
    script.push("focus parent");
    script.push(format!("mark --add {VAULT}"));
    script.push("focus parent");
    let outer = format!("{PLACEHOLDER}vault");
    script.push(format!("mark --add {outer}"));
    script.push("floating enable");
    script.push("move scratchpad");
    script.push(format!("[con_mark=\"^{VAULT}$\"] move up"));
    // The outer one is empty then, and gone. Where it is not, it is closed with all it holds before anybody can see it.
    script.push(format!("[con_mark=\"^{outer}$\"] kill"));
    script.push(format!("unmark {VAULT}"));
    script.extend(final_focus(situation, &before.visible, before.focused, |_| Presence::Empty));
    if is_empty {
        script.push(format!("[con_mark=\"^{companion}$\"] kill"));
    }
    script
}
