//! sway: getting rid of a container around all that tiles on a workspace.
//!
//! sway has no command for it. But a tiled container that comes to an empty workspace is unwrapped:
//! its children come to the root, and the workspace takes over its layout. So a wrapper goes to
//! another workspace and comes back, and so does, before and after it, what floats on its
//! workspace.

use std::collections::BTreeSet;

use crate::core::plan::situation::Situation;
use crate::core::tree::mark::SCRATCH_WORKSPACE;
use crate::core::tree::{ContainerId, Layout, Node, Rect, WorkspaceNode};
use crate::core::words::command::{NO_BACK_AND_FORTH, Script, quote};
use crate::core::words::wm::WmKind;

/// Where a container goes on its way back to a workspace.
#[derive(Debug, Clone)]
pub struct Detour {
    /// The move to another workspace.
    away: String,
    /// The move to this one.
    back: String,
}

impl Detour {
    /// The way from and to the workspace of this name, by way of one of those that are `known`
    /// anyway, since bars hear of the workspaces that are made for it: best one that is not there
    /// now, where nothing can be disturbed. Only where there is no other at all it is ours. `None`
    /// if the name cannot be said.
    #[must_use]
    pub fn new(situation: &Situation<'_>, name: &str, known: &BTreeSet<&str>) -> Option<Detour> {
        let view = situation.view;
        let absent = known.iter().find(|other| **other != name && view.workspace(other).is_none());
        let present = view.workspaces.iter().map(|workspace| workspace.name()).filter(|other| *other != name);
        let ways = absent.copied().into_iter().chain(present).chain([SCRATCH_WORKSPACE]);
        Some(Detour { away: ways.filter_map(to_workspace).next()?, back: to_workspace(name)? })
    }

    /// The move away.
    pub fn away(&self) -> &str {
        &self.away
    }

    /// Unwrap what `criteria` name, on a workspace where nothing else tiles.
    ///
    /// It must float, or it would be unwrapped on the way already, and the rest of the chain would
    /// be about what is no more (of which sway 1.7 dies).
    pub fn unwrap(
        &self,
        script: &mut Script,
        criteria: &str,
        workspace: Option<&WorkspaceNode<'_>>,
        leaving: &BTreeSet<ContainerId>,
    ) {
        let Detour { away, back } = self;
        // What floats was centred where it came from another output, so it is told its place again.
        let staying: Vec<(&Node, Rect)> = workspace
            .into_iter()
            .flat_map(|on| on.node.floating_nodes.iter().map(|float| (float, with_title_bar(float, on.node))))
            .filter(|(float, _)| !float.sticky && !leaving.contains(&float.id))
            .collect();
        for (float, _) in &staying {
            script.on(float.id, away);
        }
        script.push(format!("[{criteria}] {away}, floating disable, {back}"));
        for (float, Rect { x, y, .. }) in staying {
            // `move absolute position` takes it to the workspace that is visible. A focus inside it
            // stayed where it was all the way, and sway shows the other workspace until it is told.
            let told = if float.walk().iter().any(|node| node.focused && node.id != float.id) { ", focus" } else { "" };
            script.on(float.id, format_args!("{back}, move absolute position {x} px {y} px, {back}{told}"));
        }
    }
}

/// The move to a workspace; `None` where its name cannot be said.
#[must_use]
pub fn to_workspace(name: &str) -> Option<String> {
    Some(format!("move {NO_BACK_AND_FORTH} container to workspace {}", quote(WmKind::Sway, name)?))
}

/// The rectangle of a floating container of a workspace, as sway takes it: it gives it without the
/// title bar; on a workspace of stacks without as many title bars as containers float there.
#[must_use]
pub fn with_title_bar(node: &Node, workspace: &Node) -> Rect {
    let bars = if workspace.layout == Layout::Stacked { workspace.floating_nodes.len() } else { 1 };
    let title = node.deco_rect.height.saturating_mul(i32::try_from(bars).unwrap_or(i32::MAX));
    Rect { y: node.rect.y - title, height: node.rect.height + title, ..node.rect }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_workspace_of_stacks_sway_leaves_out_a_title_bar_for_each_that_floats() {
        let title = Rect { height: 25, ..Rect::default() };
        let rect = Rect { x: 10, y: 150, width: 700, height: 450 };
        let float = Node { rect, deco_rect: title, ..Node::default() };
        let workspace = |layout| Node { layout, floating_nodes: vec![float.clone(), float.clone()], ..Node::default() };
        let whole = |layout| with_title_bar(&float, &workspace(layout));
        assert_eq!(whole(Layout::Splith), Rect { y: 125, height: 475, ..rect });
        assert_eq!(whole(Layout::Stacked), Rect { y: 100, height: 500, ..rect });
    }
}
