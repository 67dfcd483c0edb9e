//! How containers lie, and which of them i3 takes for redundant.

use crate::core::tree::{Layout, NodeKind, View};

/// The split that lies in the direction of a layout: tabs are side by side, stacks one above the
/// other.
#[must_use]
pub fn orientation(layout: Layout) -> &'static str {
    match layout {
        Layout::Splitv | Layout::Stacked => "splitv",
        Layout::Splith | Layout::Tabbed | Layout::Other => "splith",
    }
}

/// Around an only child of a split, `split` sets the direction of what it is in.
#[must_use]
pub fn turn(layout: Layout) -> &'static str {
    if layout == Layout::Splitv { "split v" } else { "split h" }
}

/// Is there a pair of containers that i3 would take for redundant?
#[must_use]
pub fn has_redundant_pair(view: &View<'_>) -> bool {
    view.nodes().any(|node| {
        let [child] = node.nodes.as_slice() else { return false };
        let Some(parent) = view.parent(node.id) else { return false };
        node.kind == NodeKind::Con && !child.nodes.is_empty() && is_redundant(parent.layout, node.layout, child.layout)
    })
}

/// Would i3 remove a container with this layout and its only child, for the child lies in the
/// direction of what both are in, and the container across it?
#[must_use]
pub fn is_redundant(outer: Layout, container: Layout, child: Layout) -> bool {
    container.is_split()
        && child.is_split()
        && container != child
        && outer != Layout::Other
        && orientation(outer) == orientation(child)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// con.c and tree.c of i3: `tree_flatten`.
    #[test]
    fn only_a_split_across_two_that_lie_alike_is_redundant() {
        use Layout::{Other, Splith, Splitv, Stacked, Tabbed};
        assert!(is_redundant(Splith, Splitv, Splith));
        assert!(is_redundant(Tabbed, Splitv, Splith));
        assert!(is_redundant(Stacked, Splith, Splitv));
        assert!(!is_redundant(Splitv, Splitv, Splith), "it lies across the outer one");
        assert!(!is_redundant(Stacked, Splitv, Splith), "so it is hidden in a vault of stacks");
        assert!(!is_redundant(Splith, Tabbed, Splith), "tabs are no split");
        assert!(!is_redundant(Splith, Splitv, Tabbed), "nor are they below one");
        assert!(!is_redundant(Other, Splitv, Splith), "nothing is below an output");
    }
}
