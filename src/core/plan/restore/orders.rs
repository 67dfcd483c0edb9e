//! What is put right when everything is in place: the order in which windows had the focus, and
//! what was fullscreen.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::plan::before::Before;
use crate::core::plan::focus::Reach;
use crate::core::plan::situation::{Situation, keeps_windows, leaves};
use crate::core::tree::{ContainerId, Node};
use crate::core::windows::hidden::HiddenContainer;
use crate::core::windows::memory::ProjectMemory;
use crate::core::words::command::Script;
use crate::core::words::wm::WmKind;

/// What comes back is fullscreen again as the project was left; with no project only if it does
/// not cover what others see.
pub(in crate::core) fn fullscreen_again(
    situation: &Situation<'_>,
    returning: &[&HiddenContainer],
    leaving: &BTreeSet<ContainerId>,
    memory: Option<&ProjectMemory>,
) -> Script {
    let mut script = Script::new();
    let window = |serial: u64| situation.table.by_serial(serial).map(|window| Reach { id: window.id, up: 0 });
    let mut wanted: Vec<(Reach, u8)> = Vec::new();
    for (focus, mode) in memory.into_iter().flat_map(|memory| &memory.fullscreen) {
        wanted.extend(Reach::of(focus, situation).map(|reach| (reach, *mode)));
    }
    let mut made_once = BTreeSet::new();
    for container in returning {
        let others = || returning.iter().filter(|other| other.workspace == container.workspace).count() > 1;
        let stays = || {
            let workspace = situation.view.workspace(&container.workspace);
            workspace.is_some_and(|workspace| keeps_windows(situation, leaving, &workspace))
        };
        if memory.is_some() || !(others() || stays()) {
            // How the project was left says which containers were.
            let made = container.path.iter().enumerate().filter(|(_, level)| memory.is_none() && level.fullscreen > 0);
            let made = made.filter(|(_, level)| made_once.insert(level.id));
            wanted.extend(made.map(|(at, level)| (Reach { id: container.id, up: at + 1 }, level.fullscreen)));
            let windows = container.fullscreen.iter().filter_map(|(serial, mode)| Some((window(*serial)?, *mode)));
            let named = container.fullscreen_containers.iter().copied().chain(asked_while_hidden(situation, container));
            wanted.extend(windows.chain(named.map(|(id, mode)| (Reach { id, up: 0 }, mode))));
        }
    }
    let mut done = BTreeSet::new();
    for (reach, mode) in wanted {
        if situation.view.node(reach.id).is_none() || leaves(situation, leaving, reach.id) || !done.insert(reach.id) {
            continue;
        }
        if reach.up == 0 {
            script.on(reach.id, fullscreen_command(mode));
        } else {
            script.extend(reach.focus());
            script.push(fullscreen_command(mode));
        }
    }
    script
}

/// Windows that ask for attention and come back, and those that were activated while they were
/// hidden: i3 does not make a workspace urgent for what is swapped to it. On sway also those that
/// the way had the focus go to, which takes it off them.
pub(in crate::core) fn urgent_again(
    situation: &Situation<'_>,
    returning: &[&HiddenContainer],
    leaving: &BTreeSet<ContainerId>,
) -> Vec<ContainerId> {
    let comes = |serial: u64| returning.iter().any(|container| container.windows.contains(&serial));
    let asks = situation.table.windows.values().filter(|window| match window.hidden {
        true => (window.urgent || window.activated) && comes(window.serial),
        false => situation.kind == WmKind::Sway && window.urgent && !leaves(situation, leaving, window.id),
    });
    asks.filter(|_| !returning.is_empty()).map(|window| window.id).collect()
}

/// sway: the windows that became fullscreen while they were hidden, as their programs wanted, with
/// the mode.
pub(in crate::core) fn asked_while_hidden(
    situation: &Situation<'_>,
    container: &HiddenContainer,
) -> Vec<(ContainerId, u8)> {
    let node = situation.view.node(container.id).filter(|_| situation.kind == WmKind::Sway);
    let nodes = node.map(Node::walk).unwrap_or_default();
    let fullscreen = nodes.into_iter().filter(|node| node.fullscreen_mode > 0);
    fullscreen.map(|node| (node.id, node.fullscreen_mode)).collect()
}

/// The command that makes a container fullscreen again.
#[must_use]
pub fn fullscreen_command(mode: u8) -> &'static str {
    if mode > 1 { "fullscreen enable global" } else { "fullscreen enable" }
}

/// Rebuild the focus stacks of workspaces where something came or went: focus the windows, the
/// least recent first, in the order in which the project was left, or in which they stood;
/// `disturbed` are those where that of what stays was changed on the way. One container that came
/// back alone has kept its own, as a rule.
pub(in crate::core) fn focus_orders(
    situation: &Situation<'_>,
    returning: &[&HiddenContainer],
    leaving: &BTreeSet<ContainerId>,
    disturbed: &BTreeSet<String>,
    memory: Option<&ProjectMemory>,
    before: &Before,
) -> BTreeMap<String, Script> {
    let mut scripts = BTreeMap::new();
    let workspace_of = |id: &ContainerId| situation.view.workspace_of(*id).map(|workspace| workspace.name());
    let mut names: BTreeSet<&str> = returning.iter().map(|container| container.workspace.as_str()).collect();
    names.extend(leaving.iter().filter_map(workspace_of));
    // What the project left may be in sight already, in the order in which all were brought back.
    let of_project =
        |serial: &u64| situation.table.by_serial(*serial).is_some_and(|window| window.effective_projects().is_some());
    let remembered = memory.into_iter().flat_map(|memory| &memory.focus_orders);
    names.extend(remembered.filter(|(_, order)| order.iter().any(of_project)).map(|(name, _)| name.as_str()));
    for name in names {
        let back: Vec<&&HiddenContainer> = returning.iter().filter(|container| container.workspace == name).collect();
        let stood = before.focus_orders.get(name).map(Vec::as_slice).unwrap_or_default();
        let staying: Vec<ContainerId> = stood.iter().copied().filter(|id| !leaves(situation, leaving, *id)).collect();
        let remembered = memory.and_then(|memory| memory.focus_orders.get(name)).map(|order| {
            let windows = order.iter().filter_map(|serial| situation.table.by_serial(*serial));
            let there = windows.filter(|window| {
                staying.contains(&window.id) || back.iter().any(|container| container.windows.contains(&window.serial))
            });
            there.map(|window| window.id).collect::<Vec<ContainerId>>()
        });
        let order = remembered.as_ref().unwrap_or(&staying);
        let as_it_is = match back.len() {
            // Of windows that only stay, nothing but the order among them counts; and what floats
            // beside a wrapper that is unwrapped goes away and comes back with it.
            0 => !disturbed.contains(name) && staying.iter().filter(|id| order.contains(id)).eq(order.iter()),
            // The containers that sway puts around what was in a wrapper have an order of their
            // own.
            1 => staying.is_empty() && !(back[0].wrapper && situation.table.roots_are_split && order.len() > 1),
            _ => false,
        };
        if !as_it_is {
            let mut script = Script::new();
            for id in order {
                script.on(*id, "focus");
            }
            scripts.insert(name.to_string(), script);
        }
    }
    scripts
}
