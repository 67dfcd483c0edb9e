//! The situation that a plan is made from, and questions to it.

use std::collections::BTreeSet;

use crate::core::tree::{ContainerId, Node, NodeKind, View, WorkspaceNode};
use crate::core::windows::hidden::HiddenContainer;
use crate::core::windows::memory::ProjectMemory;
use crate::core::windows::table::Table;
use crate::core::words::wm::{HidingPlace, WmKind};

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The window manager.
    pub kind: WmKind,
    /// Where it can hide containers.
    pub hides_in: HidingPlace,
    /// Its tree.
    pub view: &'a View<'a>,
    /// The windows, reconciled with that tree.
    pub table: &'a Table,
}

/// The output that the workspace of a hidden container will be on when that comes back, if that is
/// there.
#[must_use]
pub fn output_for<'a>(
    view: &View<'_>,
    memory: Option<&'a ProjectMemory>,
    container: &'a HiddenContainer,
) -> Option<&'a str> {
    let remembered = memory.and_then(|memory| memory.outputs.get(&container.workspace));
    let output = remembered.unwrap_or(&container.output).as_str();
    view.outputs().contains(&output).then_some(output)
}

/// What a window is in, so many containers up.
pub(in crate::core) fn ancestor<'a>(view: &View<'a>, window: ContainerId, up: usize) -> Option<&'a Node> {
    let mut node = view.node(window)?;
    for _ in 0..up {
        node = view.parent(node.id)?;
    }
    matches!(node.kind, NodeKind::Con | NodeKind::FloatingCon).then_some(node)
}

/// Does any window stay on a workspace?
pub(in crate::core) fn keeps_windows(
    situation: &Situation<'_>,
    leaving: &BTreeSet<ContainerId>,
    workspace: &WorkspaceNode<'_>,
) -> bool {
    workspace.node.windows().iter().any(|window| !leaves(situation, leaving, window.id))
}

/// Is the container one that leaves, or below one?
pub(in crate::core) fn leaves(situation: &Situation<'_>, leaving: &BTreeSet<ContainerId>, id: ContainerId) -> bool {
    let mut current = Some(id);
    while let Some(id) = current {
        if leaving.contains(&id) {
            return true;
        }
        current = situation.view.parent(id).map(|parent| parent.id);
    }
    false
}
