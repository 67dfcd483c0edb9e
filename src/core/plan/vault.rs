//! The vault of i3: a container of empty containers in the *tiling* layer of `__i3_scratch`.
//!
//! A container is hidden by swapping it with an empty one there: nothing floats, nothing is resized, and plain `scratchpad show`, which looks
//! only at floating children, never finds it. This is undocumented behaviour of i3 (4.22 and 4.24 were tried). The vault is made on a
//! temporary workspace: a tabbed container is floated and sent to the scratchpad, then `move up` takes the container inside it
//! out of the floating one and leaves it tiled on `__i3_scratch`. Each message that makes places makes a whole vault; vaults add up.

use super::{Before, Presence, Situation, final_focus};
use crate::core::command::{NO_BACK_AND_FORTH, Script};
use crate::core::mark::SCRATCH_WORKSPACE;
use crate::core::plan::hide::is_free;
use crate::core::table::vault_slots;
use crate::core::tree::Node;

/// How many places one vault has at least.
pub const PLACES_MIN: usize = 16;

/// What must be done before `needed` containers can be hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VaultStep {
    /// Nothing: there are places enough.
    Ready,
    /// Send this, read the tree, and look again.
    Send(Script),
}

/// The next step towards `needed` free places. Looks only at the tree, so it may be asked again after any interruption.
#[must_use]
pub fn vault_step(situation: &Situation<'_>, needed: usize, before: &Before) -> VaultStep {
    let free = vault_slots(situation.view).into_iter().filter(|slot| is_free(slot)).count();
    if free >= needed {
        return VaultStep::Ready;
    }
    let mut script = Script::new();
    match situation.view.workspace(SCRATCH_WORKSPACE).and_then(|workspace| places_made(workspace.node)) {
        Some((outer, inner)) => {
            script.on(outer.id, "floating enable, move scratchpad");
            script.on(inner.id, "move up");
        }
        None => {
            let places = (needed - free).max(PLACES_MIN);
            if let Some(leftover) = situation.view.workspace(SCRATCH_WORKSPACE) {
                for node in leftover.node.walk().into_iter().filter(|node| is_free(node) && node.id != leftover.node.id)
                {
                    script.on(node.id, "kill");
                }
            }
            script.push(format!("workspace {NO_BACK_AND_FORTH} {SCRATCH_WORKSPACE}"));
            script.push("open");
            // On the workspace's only child this wraps it; `split h` then wraps the child once more.
            script.push("layout tabbed");
            script.push("split h");
            for _ in 0..places {
                script.push("open");
            }
            script.push("layout tabbed");
        }
    }
    script.extend(final_focus(situation.kind, &before.visible, before.focused, |_| Presence::Empty));
    VaultStep::Send(script)
}

/// The two containers, one inside the other, around empty places on the temporary workspace.
fn places_made(workspace: &Node) -> Option<(&Node, &Node)> {
    let [outer] = workspace.nodes.as_slice() else { return None };
    let [inner] = outer.nodes.as_slice() else { return None };
    (inner.nodes.len() >= PLACES_MIN && inner.nodes.iter().all(is_free)).then_some((outer, inner))
}
