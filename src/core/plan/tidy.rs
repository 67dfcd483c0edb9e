//! Tidying: what a switch leaves behind that nobody sees, and the next command of the user would.
//!
//! i3: the wrapper around all that tiles on a workspace. `layout` on it, across its own direction,
//! puts it into one more container, and i3 then removes such a pair of redundant containers by
//! itself (`tree_flatten`); the children hang on the workspace again. They have equal shares then,
//! so their shares are put right after it, which takes the workspace's size: only workspaces that
//! are visible have one for certain. So a wrapper on a visible workspace is dissolved in the
//! switch, others when they are shown. i3 looks at the whole tree for such pairs, so nothing is
//! dissolved while the user has one of his own.
//!
//! sway: with `workspace_layout tabbed` or `stacking` every container that comes to the root of a
//! workspace is put into one of its own, and `split none` takes that away. If sway refused part
//! of a way there and back, what was on the way is brought to its end.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::plan::focus::show_workspace;
use crate::core::plan::fullscreen::uncover;
use crate::core::plan::shares::{Shares, script_of};
use crate::core::plan::situation::{Situation, ancestor};
use crate::core::tree::layout::{has_redundant_pair, orientation, turn};
use crate::core::tree::mark::SCRATCH_WORKSPACE;
use crate::core::tree::{ContainerId, Layout, Node, NodeKind, Rect, View, WorkspaceNode, fullscreen_below};
use crate::core::words::command::{NO_BACK_AND_FORTH, Script};
use crate::core::words::wm::WmKind;

/// What comes back and may have to be tidied up after.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traces {
    /// Wrappers, with the layout of the workspace that each stands for.
    pub wrappers: BTreeMap<ContainerId, Layout>,
    /// sway: what comes to the root of a workspace.
    pub came: BTreeSet<ContainerId>,
    /// sway: containers at the root of a workspace that stand for one of that layout: each as a
    /// window in it, and how many containers up it is.
    pub wrapped: Vec<(ContainerId, usize, Layout)>,
    /// sway: containers that were made again: the id that each had, a window in it, and how many
    /// containers up it is.
    pub made: Vec<(ContainerId, ContainerId, usize)>,
}

impl Traces {
    /// Add those of a later arrangement.
    pub fn extend(&mut self, later: &Traces) {
        self.wrappers.extend(&later.wrappers);
        self.came.extend(&later.came);
        self.wrapped.extend(&later.wrapped);
        self.made.extend(&later.made);
    }

    /// The wrappers that a tree shows, those that had no name yet among them.
    #[must_use]
    pub fn wrappers(&self, view: &View<'_>) -> BTreeMap<ContainerId, Layout> {
        let named = self.wrapped.iter().filter_map(|(window, up, layout)| {
            let parent = ancestor(view, *window, *up)?;
            let at_root = view.parent(parent.id)?.kind == NodeKind::Workspace;
            (parent.kind == NodeKind::Con && at_root).then_some((parent.id, *layout))
        });
        let there = self.wrappers.iter().filter(|(id, _)| view.node(**id).is_some());
        there.map(|(id, layout)| (*id, *layout)).chain(named).collect()
    }

    /// sway: the wrappers that still float, as they do on their way to be unwrapped, with the
    /// layout that each stands for.
    #[must_use]
    pub fn floating_wrappers(&self, view: &View<'_>) -> BTreeMap<ContainerId, Layout> {
        let wrapped = self.wrapped.iter();
        let parents = wrapped.filter_map(|(window, up, layout)| Some((ancestor(view, *window, *up)?, *layout)));
        let floating = parents.filter(|(parent, _)| parent.kind == NodeKind::FloatingCon);
        floating.map(|(parent, layout)| (parent.id, layout)).collect()
    }
}

impl Traces {
    /// sway: the containers that were made again, by the ids that they had, with those that they
    /// have.
    #[must_use]
    pub fn renamed(&self, view: &View<'_>) -> BTreeMap<ContainerId, ContainerId> {
        let containers = self.made.iter().filter_map(|(id, window, up)| Some((*id, ancestor(view, *window, *up)?)));
        containers.filter(|(_, node)| !node.is_window()).map(|(id, node)| (id, node.id)).collect()
    }
}

/// What there is to tidy up.
#[derive(Debug, Default)]
pub struct Tidying {
    /// The commands.
    pub script: Script,
    /// The wrappers that are no more then.
    pub dissolved: BTreeSet<ContainerId>,
    /// sway: something came to the root of a workspace; was it put into a container?
    pub roots_are_split: Option<bool>,
}

/// Tidy up after what an arrangement left.
#[must_use]
pub fn tidy(situation: &Situation<'_>, traces: &Traces) -> Tidying {
    match situation.kind {
        WmKind::I3 => dissolve_wrappers(situation),
        WmKind::Sway => {
            let mut script = unsplit(situation.view, &traces.came);
            let roots_are_split = (!traces.came.is_empty()).then(|| !script.is_empty());
            for id in traces.floating_wrappers(situation.view).keys() {
                script.on(*id, "floating disable");
            }
            script.extend(leave_temporary_workspace(situation.view));
            script.extend(uncover(situation.kind, situation.view));
            Tidying { script, dissolved: BTreeSet::new(), roots_are_split }
        }
    }
}

fn dissolve_wrappers(situation: &Situation<'_>) -> Tidying {
    let mut tidying = Tidying::default();
    if situation.table.wrappers.is_empty() || has_redundant_pair(situation.view) {
        return tidying;
    }
    let Tidying { script, dissolved, .. } = &mut tidying;
    for workspace in situation.view.workspaces.iter().filter(|workspace| workspace.visible) {
        let [wrapper] = workspace.node.nodes.as_slice() else { continue };
        let stands_for = situation.table.wrappers.get(&wrapper.id);
        let own_layout = workspace.node.layout;
        if stands_for.is_some()
            && wrapper.layout.is_split()
            && own_layout.is_split()
            && fullscreen_below(workspace.node).is_empty()
            && keeps_focus_order(workspace, wrapper)
        {
            if own_layout != wrapper.layout {
                script.on(wrapper.id, turn(wrapper.layout));
            }
            script.extend(dissolve(wrapper, wrapper.layout, Some(workspace.node.rect)));
            dissolved.insert(wrapper.id);
        }
    }
    tidying
}

/// The commands that dissolve a wrapper, a split in the direction of the workspace it is alone on;
/// with the rectangle of the workspace also those that give its children their shares again.
#[must_use]
pub fn dissolve(wrapper: &Node, workspace: Layout, rect: Option<Rect>) -> Script {
    let mut script = Script::new();
    let across = if orientation(workspace) == "splitv" { "layout splith" } else { "layout splitv" };
    script.on(wrapper.id, across);
    if let Some(rect) = rect {
        let mut shares = Shares::equal(wrapper, rect);
        shares.aim_at(wrapper);
        let order: Vec<ContainerId> = wrapper.nodes.iter().map(|child| child.id).collect();
        script.extend(script_of(&shares.borders(&order)));
    }
    script
}

/// The commands that put the children of a dissolved wrapper into their focus order again.
#[must_use]
pub fn focus_children(wrapper: &Node) -> Script {
    let mut script = Script::new();
    for id in wrapper.focus.iter().rev().filter(|_| wrapper.focus.len() > 1) {
        script.on(*id, "focus");
    }
    script
}

/// Is the focus order of a workspace the same when its wrapper is dissolved? i3 keeps the first of
/// it, if nothing floats, and puts the others into the order in which they stand. If it is
/// not, `focus` would have to mend it, which between two commands of the user would take the focus
/// from him.
fn keeps_focus_order(workspace: &WorkspaceNode<'_>, wrapper: &Node) -> bool {
    let first = wrapper.focus.first();
    let others = wrapper.nodes.iter().map(|child| &child.id).filter(|id| Some(*id) != first);
    workspace.node.floating_nodes.is_empty() && wrapper.focus.iter().skip(1).eq(others)
}

/// sway closes an empty workspace when it is left, not when a floating container is taken from it
/// by its place.
fn leave_temporary_workspace(view: &View<'_>) -> Script {
    let mut script = Script::new();
    let empty = |workspace: &WorkspaceNode<'_>| !workspace.visible && workspace.node.children().next().is_none();
    if view.workspace(SCRATCH_WORKSPACE).as_ref().is_some_and(empty)
        && let Some(focused) = view.focused_workspace()
        && let Some(back) = show_workspace(WmKind::Sway, focused.name())
    {
        script.push(format!("workspace {NO_BACK_AND_FORTH} {SCRATCH_WORKSPACE}"));
        script.push(back);
    }
    script
}

fn unsplit(view: &View<'_>, came: &BTreeSet<ContainerId>) -> Script {
    let mut script = Script::new();
    for id in came {
        let parent = view.parent(*id).filter(|parent| parent.kind == NodeKind::Con && parent.nodes.len() == 1);
        let outer = parent.and_then(|parent| view.parent(parent.id));
        if outer.is_some_and(|outer| outer.kind == NodeKind::Workspace) {
            script.on(*id, "split none");
        }
    }
    script
}
