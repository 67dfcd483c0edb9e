//! Restoring: the commands that bring hidden containers back to their places.
//!
//! The plan is made on the tree as it is before the containers that leave in the same script are
//! gone, so it keeps account of who stands where: `tiling` holds the tiling children that a parent
//! will have at each point of the script.

mod i3;
mod making;
mod measure;
mod orders;
mod place;
mod restoration;
mod shape;
mod spots;
mod sway;

pub use orders::fullscreen_command;

use std::cmp::Reverse;

use crate::core::plan::before::Before;
use crate::core::plan::hiding::Hiding;
use crate::core::plan::restore::measure::measure;
use crate::core::plan::restore::orders::{fullscreen_again, urgent_again};
use crate::core::plan::restore::restoration::Restoration;
use crate::core::plan::situation::Situation;
use crate::core::plan::tidy::Traces;
use crate::core::tree::ContainerId;
use crate::core::tree::mark::Role;
use crate::core::windows::hidden::HiddenContainer;
use crate::core::windows::memory::ProjectMemory;
use crate::core::words::command::Script;
use crate::core::words::wm::WmKind;

/// i3 says of a window in the scratchpad that it is on every desktop (`_NET_WM_DESKTOP`) and does
/// not take that back when it is swapped out; at its next in-place restart it would float the
/// window and make it sticky. `sticky` makes it look again, and touches nothing if nothing matches.
const SAY_DESKTOPS: &str = "[con_mark=\"^_i3pm1:none$\"] sticky disable";

/// What a script of restoring does.
#[derive(Debug, Default)]
pub struct Restoring {
    /// The commands.
    pub script: Script,
    /// i3: commands about floating containers that draw the screen at once, so they come when all
    /// else is in place and visible as it will be.
    pub late: Script,
    /// The commands that put focus orders and fullscreen right, after those.
    pub orders: Script,
    /// sway: those for focus orders that `script` has already.
    pub said: Script,
    /// The workspaces that `script` shows one after the other.
    pub shown: Vec<String>,
    /// i3: the commands that give what came back to workspaces that will not be visible its size,
    /// before anything is told to a program: when all is in place there, and before the screen is
    /// drawn; once more when the rest of it has its place, or is fullscreen.
    pub measure: Script,
    /// sway: what asks for attention, and must go on if it has not the focus in the end.
    pub urgent: Vec<ContainerId>,
    /// i3, which has no command for that: the same.
    pub asking: Vec<ContainerId>,
    /// What it leaves to be tidied up.
    pub traces: Traces,
}

impl Restoring {
    /// sway: the commands for what asks for attention, when the focus is where it will stay.
    #[must_use]
    pub fn ask_again(&self, focused: Option<ContainerId>) -> Script {
        let mut script = Script::new();
        for id in self.urgent.iter().filter(|id| Some(**id) != focused) {
            script.on(*id, "urgent enable");
        }
        script
    }
}

/// The commands that bring `returning` back after those of `hiding`. The stand-ins that are swapped
/// back are taken out of it.
#[must_use]
pub fn restore(
    situation: &Situation<'_>,
    returning: &[&HiddenContainer],
    hiding: &mut Hiding,
    memory: Option<&ProjectMemory>,
    before: &Before,
) -> Restoring {
    let visible = memory.map_or(&before.visible, |memory| &memory.visible);
    let mut builder = Restoration::new(situation, returning, hiding, memory, before);
    let mut ordered: Vec<&HiddenContainer> = returning.to_vec();
    // The deepest first: a place is put right before it is itself swapped about, which on an
    // invisible workspace of i3 takes its size away until it is shown.
    let depth = |container: &HiddenContainer| match situation.kind {
        WmKind::I3 => container.path.len(),
        WmKind::Sway => 0,
    };
    let rank = |container: &HiddenContainer| situation.table.rank(&container.workspace);
    ordered
        .sort_by_key(|container| (rank(container), &container.workspace, Reverse(depth(container)), container.order));
    let (floating, tiling): (Vec<_>, Vec<_>) =
        ordered.iter().copied().partition(|container| container.role == Role::Floating);
    match situation.kind {
        WmKind::I3 => {
            builder.restore_each(&tiling);
            builder.resize();
            builder.unstick(&tiling);
            builder.dissolve_wrappers();
            builder.restore_each(&floating);
            builder.reorder(&ordered);
        }
        WmKind::Sway => {
            let previous = memory.and_then(|memory| memory.previous.as_deref());
            let latest: Vec<&str> = previous.into_iter().chain(visible.iter().map(|(_, name)| name.as_str())).collect();
            builder.restore_all_on_sway(&tiling, &floating, &latest);
        }
    }
    let Restoration { leaving, script, late, focus_orders, said, shown, traces, .. } = builder;
    let mut orders = Script::new();
    for order in focus_orders.into_values() {
        orders.extend(order);
    }
    let fullscreen = fullscreen_again(situation, &ordered, leaving, memory);
    let covers = !fullscreen.is_empty() || !before.fullscreen_off.is_empty();
    orders.extend(fullscreen);
    if situation.kind == WmKind::I3 && !ordered.is_empty() {
        orders.push(SAY_DESKTOPS);
    }
    let asking = urgent_again(situation, &ordered, leaving);
    let (urgent, asking) = match situation.kind {
        WmKind::I3 => (Vec::new(), asking),
        WmKind::Sway => (asking, Vec::new()),
    };
    Restoring {
        script,
        late,
        orders,
        said,
        shown,
        measure: measure(situation, &ordered, visible, covers),
        urgent,
        asking,
        traces,
    }
}
