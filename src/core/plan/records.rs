//! Records: what will be known of the containers that are hidden.

use std::collections::BTreeSet;

use crate::core::plan::before::Before;
use crate::core::plan::hides::Hide;
use crate::core::plan::situation::Situation;
use crate::core::plan::unwrap::with_title_bar;
use crate::core::tree::mark::Role;
use crate::core::tree::{ContainerId, Node};
use crate::core::windows::hidden::{FormerPlace, HiddenContainer};
use crate::core::words::wm::WmKind;

/// What will be known of a container that is hidden. The id of a wrapper is not known before the
/// next tree: until then the record has that of a child.
pub(in crate::core) fn record(
    situation: &Situation<'_>,
    hide: &Hide<'_>,
    windows: &[&Node],
    order: u32,
    before: &Before,
    elsewhere: &dyn Fn(&Node) -> Option<(String, String)>,
) -> Option<HiddenContainer> {
    let serial = |node: &&Node| situation.table.windows.get(&node.id).map(|window| window.serial);
    let serials: Vec<u64> = windows.iter().filter_map(serial).collect();
    let name = hide.workspace.name();
    let floats = hide.role == Role::Floating;
    let float = match situation.kind {
        WmKind::I3 => situation.view.parent(hide.node.id),
        // What floats may be a container around it.
        WmKind::Sway => situation.view.node(hide.path.last().map_or(hide.node.id, |group| group.id)),
    };
    let float = float.filter(|_| floats).unwrap_or(hide.node);
    let known_wrapper = situation.table.wrappers.get(&hide.node.id).copied();
    let own_layout = before.layouts.get(name).copied().unwrap_or(hide.workspace.node.layout);
    let mode_of = |id| before.fullscreen.iter().find(|(other, _)| *other == id).map_or(0, |(_, mode)| *mode);
    let mut record = HiddenContainer {
        id: hide.leaving().next()?,
        anchor: *serials.first()?,
        role: hide.role,
        sticky: hide.node.sticky || float.sticky,
        order,
        workspace_layout: known_wrapper.unwrap_or(own_layout),
        rect: match hide.role {
            Role::Wrapped | Role::Only => hide.workspace.node.rect,
            Role::Part => hide.node.rect,
            Role::Floating if situation.kind == WmKind::Sway => with_title_bar(float, hide.workspace.node),
            Role::Floating => float.rect,
        },
        output: hide.workspace.output.to_string(),
        workspace: name.to_string(),
        path: hide.path.iter().map(|level| FormerPlace { fullscreen: mode_of(level.id), ..level.clone() }).collect(),
        wrapper: hide.role == Role::Wrapped || known_wrapper.is_some(),
        shell: false,
        fullscreen: fullscreen_of(situation, before, windows),
        fullscreen_containers: fullscreen_containers(hide, before),
        windows: serials,
    };
    if let Some((output, workspace)) = elsewhere(hide.node) {
        record.output = output;
        record.workspace = workspace;
        record.path.clear();
        if record.role != Role::Floating {
            record.role = Role::Part;
        }
    }
    Some(record)
}

/// The windows that were fullscreen, by serial number, with the mode.
fn fullscreen_of(situation: &Situation<'_>, before: &Before, windows: &[&Node]) -> Vec<(u64, u8)> {
    let fullscreen = |id: ContainerId| before.fullscreen.iter().find(|(other, _)| *other == id).map(|(_, mode)| *mode);
    windows
        .iter()
        .filter_map(|node| Some((situation.table.windows.get(&node.id)?.serial, fullscreen(node.id)?)))
        .collect()
}

/// The containers below it that were fullscreen and are no windows, with the mode.
fn fullscreen_containers(hide: &Hide<'_>, before: &Before) -> Vec<(ContainerId, u8)> {
    let inside: BTreeSet<ContainerId> =
        hide.tops().flat_map(Node::walk).filter(|node| !node.is_window()).map(|node| node.id).collect();
    before.fullscreen.iter().filter(|(id, _)| inside.contains(id)).copied().collect()
}
