//! Marks of ours that are where none of ours should be.

use crate::core::tree::mark::{Mark, PLACEHOLDER};
use crate::core::tree::{ContainerId, Node, NodeKind, View};
use crate::core::windows::table::is_free;

/// Marks of ours on containers that are no windows: the user put them there; or a placeholder could not be opened, and its mark hit
/// what had the focus, which is the workspace where that was empty.
#[must_use]
pub fn misplaced_marks(view: &View<'_>) -> Vec<(ContainerId, String)> {
    let roots = view.workspaces.iter().map(|workspace| workspace.node).chain(view.scratchpad);
    let ours = |node: &Node, mark: &str| match node.kind {
        NodeKind::Workspace => mark.starts_with(PLACEHOLDER),
        _ => Mark::parse(mark).is_some() || (mark.starts_with(PLACEHOLDER) && !is_free(node)),
    };
    roots
        .flat_map(|root| root.walk())
        .filter(|node| !node.is_window())
        .flat_map(|node| node.marks.iter().map(move |mark| (node, mark)))
        .filter(|(node, mark)| ours(node, mark))
        .map(|(node, mark)| (node.id, mark.clone()))
        .collect()
}
