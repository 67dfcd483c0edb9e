//! What is left alone on a workspace when the others leave it: it was among them, and must be the
//! workspace's own again.
//!
//! Several projects stand side by side on a workspace while none is active. Each is a container
//! then, and the workspace has the layout of one of them. On i3 only an empty workspace can be
//! given a layout, so the container is hidden and comes back in the same script. sway unwraps it,
//! and changes the layout of a workspace as it is.

use std::collections::BTreeSet;

use crate::core::plan::focus::show_workspace;
use crate::core::plan::hides::Hide;
use crate::core::plan::hiding::Hiding;
use crate::core::plan::situation::{Situation, leaves};
use crate::core::plan::unwrap::Detour;
use crate::core::tree::mark::{Role, SCRATCH_WORKSPACE};
use crate::core::tree::{ContainerId, Layout, Node, WorkspaceNode};
use crate::core::windows::memory::ProjectMemory;
use crate::core::words::command::Script;
use crate::core::words::wm::WmKind;

/// i3: the containers that are alone when those of `hides` are gone, and must be hung up anew.
#[must_use]
pub fn find_alone<'a>(situation: &Situation<'a>, hides: &[Hide<'a>], memory: Option<&ProjectMemory>) -> Vec<Hide<'a>> {
    if situation.kind != WmKind::I3 {
        return Vec::new();
    }
    let leaving: BTreeSet<ContainerId> = hides.iter().flat_map(Hide::leaving).collect();
    let mut alone = Vec::new();
    for workspace in user_workspaces(situation) {
        let [only] = staying(workspace, &leaving)[..] else { continue };
        let is_whole = only.walk().iter().all(|node| !leaving.contains(&node.id)) && is_of_projects(situation, only);
        if workspace.node.nodes.len() == 1 || !is_whole {
            continue;
        }
        let is_wrapper = situation.table.wrappers.contains_key(&only.id);
        if is_wrapper || wrong_layout(workspace, memory).is_some() {
            let role = if is_wrapper { Role::Wrapped } else { Role::Only };
            alone.push(Hide { node: only, workspace: *workspace, role, path: Vec::new(), comes_back: true });
        }
    }
    alone
}

/// sway: unwrap the wrappers that are alone, and give the workspaces of the project that stays the
/// layouts it left them with.
pub fn take_over(situation: &Situation<'_>, hiding: &mut Hiding, memory: Option<&ProjectMemory>) {
    for workspace in user_workspaces(situation) {
        let all = &workspace.node.nodes;
        let staying = staying(workspace, &hiding.leaving);
        let some_left = all.len() > staying.len()
            || staying.iter().any(|node| node.nodes.iter().any(|child| hiding.leaving.contains(&child.id)));
        if !some_left {
            continue;
        }
        match staying[..] {
            [only] if situation.table.wrappers.contains_key(&only.id) => {
                unwrap(situation, hiding, workspace, only);
            }
            [first, ..] if staying.iter().all(|node| is_of_projects(situation, node)) => {
                if let Some(layout) = wrong_layout(workspace, memory) {
                    set_layout(situation, hiding, workspace, first, layout);
                }
            }
            _ => {}
        }
    }
}

fn user_workspaces<'a>(situation: &Situation<'a>) -> impl Iterator<Item = &'a WorkspaceNode<'a>> {
    situation.view.workspaces.iter().filter(|workspace| workspace.name() != SCRATCH_WORKSPACE)
}

fn staying<'a>(workspace: &WorkspaceNode<'a>, leaving: &BTreeSet<ContainerId>) -> Vec<&'a Node> {
    workspace.node.nodes.iter().filter(|node| !leaving.contains(&node.id)).collect()
}

/// Is no window at or below a container global? What a project left is not for those.
fn is_of_projects(situation: &Situation<'_>, node: &Node) -> bool {
    let window = |node: &Node| situation.table.windows.get(&node.id);
    node.windows().iter().all(|node| window(node).is_some_and(|window| window.effective_projects().is_some()))
}

/// The layout that the project left the workspace with, if it has another now.
fn wrong_layout(workspace: &WorkspaceNode<'_>, memory: Option<&ProjectMemory>) -> Option<Layout> {
    let layout = memory?.layouts.get(workspace.name())?.0;
    (layout != workspace.node.layout).then_some(layout)
}

fn unwrap(situation: &Situation<'_>, hiding: &mut Hiding, workspace: &WorkspaceNode<'_>, wrapper: &Node) {
    let hidden = situation.table.hidden.iter().chain(&hiding.records);
    let known = hidden.map(|container| container.workspace.as_str()).collect();
    let Some(detour) = Detour::new(situation, workspace.name(), &known) else { return };
    // Shown, it does not vanish when it is empty.
    hiding.script.extend(show_workspace(situation.kind, workspace.name()).map(Script::from).unwrap_or_default());
    hiding.script.on(wrapper.id, "floating enable");
    detour.unwrap(&mut hiding.script, &format!("con_id={}", wrapper.id), Some(workspace), &hiding.leaving);
    hiding.roots.insert(workspace.name().to_string(), Some(wrapper.id));
}

/// sway: `layout` is about what a container stands in, and around children of the root makes a
/// container of that layout. Only with the focus on the workspace it is about the workspace itself;
/// the focus then goes back to what stays.
fn set_layout(
    situation: &Situation<'_>,
    hiding: &mut Hiding,
    workspace: &WorkspaceNode<'_>,
    child: &Node,
    layout: Layout,
) {
    hiding.script.on(child.id, "focus parent");
    hiding.script.push(format!("layout {}", layout.command_word()));
    let by_focus = workspace.node.windows_by_focus();
    // `focus` would bring to sight what is hidden.
    let latest = by_focus.iter().rev().find(|id| !leaves(situation, &hiding.leaving, **id));
    if let Some(latest) = latest {
        hiding.script.on(*latest, "focus");
    }
}
