//! Hidden containers that came to sight without us.

use crate::core::tree::mark::{self, Role, SCRATCH_WORKSPACE};
use crate::core::tree::{ContainerId, Node, View};
use crate::core::windows::hidden::{HiddenContainer, inside_floating};
use crate::core::words::wm::WmKind;

/// A hidden container that came to sight without us, and what was heard of it since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surfaced {
    /// It.
    pub container: ContainerId,
    /// The serial number of its window that has the focus.
    pub focused: Option<u64>,
    /// It moved: `scratchpad show` brought it up.
    pub moved: bool,
    /// The command that puts it back is on its way.
    pub sent: bool,
}

impl Surfaced {
    /// Nothing was heard of it yet.
    #[must_use]
    pub fn new(container: ContainerId) -> Surfaced {
        Surfaced { container, focused: None, moved: false, sent: false }
    }
}

/// Keep of the surfaced containers those that are on a workspace, and add those of which no event
/// told: what floats there, bears the mark of a hidden container, and did not float before.
pub(in crate::core) fn find(surfaced: &mut Vec<Surfaced>, hidden: &[HiddenContainer], kind: WmKind, view: &View<'_>) {
    let shown = |id: ContainerId| {
        view.workspace_of(id).is_some_and(|workspace| {
            let mut floats = workspace.node.floating_nodes.iter();
            workspace.name() != SCRATCH_WORKSPACE && floats.any(|float| inside_floating(kind, float).id == id)
        })
    };
    // What `i3pm rescue` brought back bears no mark any longer.
    let marked = |id: ContainerId| {
        let windows = view.node(id).map(Node::windows).unwrap_or_default();
        windows.iter().any(|node| mark::hidden_of(&node.marks).is_some())
    };
    surfaced.retain(|surfaced| shown(surfaced.container) && marked(surfaced.container));
    for container in hidden.iter().filter(|container| container.role != Role::Floating && shown(container.id)) {
        if marked(container.id) && !surfaced.iter().any(|surfaced| surfaced.container == container.id) {
            surfaced.push(Surfaced::new(container.id));
        }
    }
}
