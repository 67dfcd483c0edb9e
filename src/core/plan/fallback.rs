//! The scratchpad in place of the vault: how sway hides, and an i3 that does not do what the vault
//! rests on.
//!
//! The vault is undocumented behaviour, so it is probed: after the message that makes one, the next
//! tree must show its places in the tiling layer of `__i3_scratch`, where `vault_slots` looks for
//! them. If it does not, a second time, containers are floated at their own size and sent to the
//! scratchpad instead. They come back as they do from the vault, by a swap; what was swapped with
//! them is closed then (`StandIn`), where in the vault it would be a free place. What that costs:
//! windows get another size for a moment, and the user's plain `scratchpad show` finds them.

use crate::core::plan::situation::Situation;
use crate::core::tree::{ContainerId, NodeKind};

/// The most messages of an arrangement that make places in the vault: one makes a whole one, and a
/// second try is given.
pub const VAULT_MESSAGES_MAX: usize = 2;

/// What status says if an i3 has no vault.
pub const PROBE_FAILED: &str =
    "scratchpad: the vault probe failed, its places did not stay in the tiling layer of i3's scratchpad";

/// i3: does a container float, in the scratchpad or elsewhere? What is swapped with one that does
/// will float in its place.
#[must_use]
pub fn floats(situation: &Situation<'_>, id: ContainerId) -> bool {
    situation.view.parent(id).is_some_and(|parent| parent.kind == NodeKind::FloatingCon)
}
