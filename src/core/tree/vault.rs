//! What a tree says of the vaults of i3 (`plan::vault` makes them), and what of ours stands outside
//! of them.

use crate::core::tree::mark::{Mark, PLACEHOLDER};
use crate::core::tree::{ContainerId, Layout, Node, NodeKind, View};

/// A place of the vault that holds nothing.
#[must_use]
pub fn is_free(slot: &Node) -> bool {
    !slot.is_window() && slot.nodes.is_empty() && slot.floating_nodes.is_empty()
}

/// A place of the vault that holds no window: an empty container, or the shell of a window that
/// came back, around one.
#[must_use]
pub fn is_free_place(slot: &Node) -> bool {
    is_free(slot) || matches!(slot.nodes.as_slice(), [inner] if is_free(inner) && slot.floating_nodes.is_empty())
}

/// The places of the vaults: the children of the tiling children of i3's scratchpad workspace. A
/// window there that is in none of them is in a place of its own.
#[must_use]
pub fn vault_slots<'a>(view: &View<'a>) -> Vec<&'a Node> {
    let slots = |vault: &'a Node| if vault.is_window() { std::slice::from_ref(vault) } else { &vault.nodes };
    view.scratchpad.map(|scratchpad| scratchpad.nodes.iter().flat_map(slots).collect()).unwrap_or_default()
}

/// The berths that no vault has taken yet.
pub fn berths<'a>(view: &View<'a>) -> impl Iterator<Item = &'a Node> {
    view.scratchpad.into_iter().flat_map(|scratchpad| &scratchpad.nodes).filter(|node| is_free(node))
}

/// Is there a vault of stacks?
#[must_use]
pub fn has_stacks(view: &View<'_>) -> bool {
    view.scratchpad.is_some_and(|scratchpad| scratchpad.nodes.iter().any(|vault| vault.layout == Layout::Stacked))
}

/// Marks of ours on containers that are no windows: the user put them there; or a placeholder could
/// not be opened, and its mark hit what had the focus, which is the workspace if that was empty.
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
