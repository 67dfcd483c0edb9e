//! The vault of i3: a container of empty containers in the *tiling* layer of `__i3_scratch`.
//!
//! A container is hidden by swapping it with an empty one there: nothing floats, nothing is resized, and plain `scratchpad show`, which looks
//! only at floating children, never finds it. This is undocumented behaviour of i3 (4.22 and 4.24 were tried). The vault is made in one
//! message, on the workspace that has the focus, so that no bar hears of a workspace of ours: a tabbed container that holds another one is
//! floated and sent to the scratchpad, then `move up` takes the inner one out of the floating one and leaves it tiled on
//! `__i3_scratch`. Each message that makes places makes a whole vault; vaults add up.

use super::{Before, Presence, Situation, final_focus};
use crate::core::command::Script;
use crate::core::mark::{PLACEHOLDER, VAULT};
use crate::core::table::{is_free, vault_slots};

/// How many places one vault has at least.
pub const PLACES_MIN: usize = 16;

/// The commands that make places in the vault, where there are fewer free ones than `needed`. Looks only at the tree, so it may be
/// asked again after any interruption.
#[must_use]
pub fn vault_step(situation: &Situation<'_>, needed: usize, before: &Before) -> Script {
    let mut script = Script::new();
    let free = vault_slots(situation.view).into_iter().filter(|slot| is_free(slot)).count();
    let Some(workspace) = situation.view.focused_workspace().filter(|_| free < needed) else { return script };
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
    for _ in 1..(needed - free).max(PLACES_MIN) {
        script.push("open");
    }
    script.push("layout tabbed");
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
