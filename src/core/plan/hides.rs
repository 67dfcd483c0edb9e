//! Which containers to take away, and how each of them stands.

use crate::core::plan::shares::{gap, room_of};
use crate::core::plan::situation::Situation;
use crate::core::tree::layout::has_redundant_pair;
use crate::core::tree::mark::{PREFIX, Role, SCRATCH_WORKSPACE};
use crate::core::tree::{ContainerId, Node, NodeKind, Rect, WorkspaceNode};
use crate::core::windows::hidden::{FormerPlace, inside_floating};
use crate::core::windows::unwanted::Unwanted;
use crate::core::windows::window::WindowState;
use crate::core::words::seeded::{self, Fault};
use crate::core::words::wm::WmKind;

/// A container to take away.
#[derive(Debug, Clone)]
pub struct Hide<'a> {
    /// The container; the workspace itself, if all its tiling children are to be taken away in a
    /// wrapper that is made for them.
    pub node: &'a Node,
    /// The workspace it is on.
    pub workspace: WorkspaceNode<'a>,
    /// How it stands.
    pub role: Role,
    /// What it stands in, if it is a part: its parent first.
    pub path: Vec<FormerPlace>,
    /// It comes back in the same script, to hang on its workspace in another way.
    pub comes_back: bool,
}

impl Hide<'_> {
    /// The children of the workspace go together, in a wrapper that is made for them.
    pub(in crate::core) fn wraps(&self) -> bool {
        self.node.kind == NodeKind::Workspace
    }

    /// The containers that leave the workspace.
    pub fn tops(&self) -> impl Iterator<Item = &Node> {
        if self.wraps() { self.node.nodes.iter() } else { std::slice::from_ref(self.node).iter() }
    }

    /// Their ids.
    pub fn leaving(&self) -> impl Iterator<Item = ContainerId> {
        self.tops().map(|node| node.id)
    }
}

/// The containers to take away so that every window goes that is unwanted: per workspace and
/// reason the largest subtrees that go wholly for it.
pub fn find_hides<'a>(
    situation: &Situation<'a>,
    unwanted: &dyn Fn(&'a WindowState) -> Option<Unwanted<'a>>,
) -> Vec<Hide<'a>> {
    let reason_of = |node: &Node| situation.table.windows.get(&node.id).and_then(unwanted);
    let may_tidy = situation.kind == WmKind::I3 && !has_redundant_pair(situation.view);
    let mut hides = Vec::new();
    for workspace in &situation.view.workspaces {
        if workspace.name() == SCRATCH_WORKSPACE {
            continue;
        }
        let tiling = &workspace.node.nodes;
        let reasons: Vec<Option<Unwanted<'a>>> = tiling.iter().map(|node| whole_reason(node, &reason_of)).collect();
        let pure = reasons.first().is_some_and(|first| first.is_some() && reasons.iter().all(|other| other == first));
        let way = match tiling.as_slice() {
            _ if !pure || situation.kind == WmKind::Sway => None,
            [only] if situation.table.wrappers.contains_key(&only.id) => Some((only, Role::Wrapped)),
            [only] if !(may_tidy && must_wrap(only)) => Some((only, Role::Only)),
            _ if may_tidy || wraps_untidied(workspace.node) => Some((workspace.node, Role::Wrapped)),
            _ => None,
        };
        if let Some((node, role)) = way {
            hides.push(Hide { node, workspace: *workspace, role, path: Vec::new(), comes_back: false });
        } else {
            find_parts(situation, workspace.node, &mut Vec::new(), workspace, &reason_of, &mut hides);
        }
        for float in &workspace.node.floating_nodes {
            let inner = inside_floating(situation.kind, float);
            if whole_reason(inner, &reason_of).is_some() && may_go(situation.kind, inner) {
                hides.push(Hide {
                    node: inner,
                    workspace: *workspace,
                    role: Role::Floating,
                    path: Vec::new(),
                    comes_back: false,
                });
            } else {
                find_parts(situation, inner, &mut Vec::new(), workspace, &reason_of, &mut hides);
            }
        }
    }
    // Whatever is taken away before it may leave a pair that i3 would take for redundant.
    hides.sort_by_key(|hide| !hide.wraps());
    hides
}

/// i3: can the children of a workspace be wrapped without its tidying up the whole tree?
pub(in crate::core) fn wraps_untidied(workspace: &Node) -> bool {
    workspace.nodes.len() > 1 && workspace.layout.is_split()
}

/// i3: must the only tiling child of a workspace be wrapped to be hidden? What is swapped onto an
/// invisible workspace has no size until it is shown; what is inside it keeps the one it had. So a
/// window or a container of tabs goes inside one more container.
fn must_wrap(only: &Node) -> bool {
    only.is_window() || !only.layout.is_split()
}

/// May a container be taken away as it is? sway ends when what is inside a container in its
/// scratchpad is the object of a command, of a rule or of a request of its program, so every window
/// is hidden by itself there.
fn may_go(kind: WmKind, node: &Node) -> bool {
    kind == WmKind::I3 || node.is_window()
}

/// Find the parts below `parent`; `above` are the containers above it, the outermost first.
fn find_parts<'a>(
    situation: &Situation<'a>,
    parent: &'a Node,
    above: &mut Vec<FormerPlace>,
    workspace: &WorkspaceNode<'a>,
    reason_of: &dyn Fn(&Node) -> Option<Unwanted<'a>>,
    hides: &mut Vec<Hide<'a>>,
) {
    if parent.windows().iter().all(|window| reason_of(window).is_none()) {
        return;
    }
    // What stands in a wrapper stands on the workspace.
    let is_workspace = parent.id == workspace.node.id || situation.table.wrappers.contains_key(&parent.id);
    let first = parent.nodes.first().and_then(|first| whole_reason(first, reason_of));
    let goes_with_first = |node: &Node| first.is_some() && whole_reason(node, reason_of) == first;
    // There are no gaps below tabs and stacks.
    let in_tabs = parent.layout.shows_one() || above.iter().any(|level| level.layout.shows_one());
    let (room, gap) = match situation.kind {
        WmKind::I3 => (Rect::default(), 0),
        WmKind::Sway if in_tabs => (room_of(situation.view, parent, &|_| true), 0),
        WmKind::Sway => (room_of(situation.view, parent, &|_| true), gap(situation.view, workspace.node)),
    };
    let place = FormerPlace {
        id: parent.id,
        is_workspace,
        layout: parent.layout,
        children: in_order(parent.nodes.iter().map(|child| child.id).collect()),
        whole: is_workspace && situation.kind == WmKind::Sway && parent.nodes.iter().all(goes_with_first),
        room,
        gap,
        marks: parent.marks.iter().filter(|mark| !mark.starts_with(PREFIX)).cloned().collect(),
        ..FormerPlace::default()
    };
    for node in &parent.nodes {
        above.push(FormerPlace { branch: node.id, share_ppm: share_ppm(parent, node), ..place.clone() });
        if whole_reason(node, reason_of).is_some() && may_go(situation.kind, node) {
            let path: Vec<FormerPlace> = above.iter().rev().cloned().collect();
            let floats = situation.kind == WmKind::Sway && path.iter().all(|level| !level.is_workspace);
            let role = if floats { Role::Floating } else { Role::Part };
            hides.push(Hide { node, workspace: *workspace, role, path, comes_back: false });
        } else {
            find_parts(situation, node, above, workspace, reason_of, hides);
        }
        above.pop();
    }
}

/// The share of its parent that a child has. i3 and sway may say percentages that do not add up to
/// one.
fn share_ppm(parent: &Node, child: &Node) -> u32 {
    let total: f64 = parent.nodes.iter().filter_map(|node| node.percent).sum();
    let share = child.percent.unwrap_or(0.0) / if total > 0.0 { total } else { 1.0 };
    // A float to integer cast saturates: out of range is 0 or the most there is.
    let share = if seeded::has(Fault::WrongShare) { share / 2.0 } else { share };
    (share.clamp(0.0, 1.0) * 1e6) as u32
}

/// Siblings as they stand; not with `Fault::WrongSiblingOrder`.
fn in_order(mut children: Vec<ContainerId>) -> Vec<ContainerId> {
    if seeded::has(Fault::WrongSiblingOrder) {
        children.reverse();
    }
    children
}

/// The reason for which every window at or below a node is to be hidden; `None` if they differ or
/// one stays.
fn whole_reason<'a>(node: &Node, reason_of: &dyn Fn(&Node) -> Option<Unwanted<'a>>) -> Option<Unwanted<'a>> {
    if node.is_window() {
        return reason_of(node);
    }
    let mut children = node.children();
    let first = whole_reason(children.next()?, reason_of)?;
    children.all(|child| whole_reason(child, reason_of).as_ref() == Some(&first)).then_some(first)
}
