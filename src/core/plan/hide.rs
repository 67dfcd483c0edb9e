//! Hiding: the commands that take containers away.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::plan::alone::take_over;
use crate::core::plan::before::Before;
use crate::core::plan::focus::show_workspace;
use crate::core::plan::hides::{Hide, wraps_untidied};
use crate::core::plan::hiding::{Hiding, StandIn, Stands};
use crate::core::plan::records::record;
use crate::core::plan::situation::Situation;
use crate::core::plan::unwrap::Detour;
use crate::core::plan::vault::FreePlaces;
use crate::core::tree::layout::{orientation, turn};
use crate::core::tree::mark::{PLACEHOLDER, Role};
use crate::core::tree::{ContainerId, Node, NodeKind, Rect, WorkspaceNode};
use crate::core::windows::memory::ProjectMemory;
use crate::core::words::command::Script;
use crate::core::words::wm::{HidingPlace, WmKind};

/// i3 closes an empty workspace as soon as another is shown in its place, and draws the screen. So
/// the visible empty ones are kept by a container each.
fn keep_empty_workspaces(situation: &Situation<'_>) -> Hiding {
    let mut hiding = Hiding::default();
    let is_empty = |workspace: &&WorkspaceNode<'_>| workspace.visible && workspace.node.children().next().is_none();
    for workspace in situation.view.workspaces.iter().filter(is_empty) {
        let Some(command) = show_workspace(situation.kind, workspace.name()) else { continue };
        let mark = format!("{PLACEHOLDER}{}", workspace.node.id);
        hiding.script.push(command);
        hiding.script.push("open");
        hiding.script.push(format!("mark --add {mark}"));
        let criteria = format!("con_mark=\"^{mark}$\"");
        hiding.stand_ins.push(StandIn { criteria, stands: Stands::Root(workspace.name().to_string()) });
    }
    hiding
}

/// The commands that take the containers away. In the vault as many free places as there are
/// containers must be there. `elsewhere` names the output and workspace that a container must
/// return to, if that is not the one it is on; `returns` says that something hidden will come back
/// in the same script; `memory` is how the project was left that stays.
#[must_use]
pub fn hide(
    situation: &Situation<'_>,
    hides: &[Hide<'_>],
    returns: bool,
    before: &Before,
    memory: Option<&ProjectMemory>,
    elsewhere: &dyn Fn(&Node) -> Option<(String, String)>,
) -> Hiding {
    let mut hiding = match situation.kind {
        WmKind::I3 if returns || !hides.is_empty() => keep_empty_workspaces(situation),
        WmKind::I3 | WmKind::Sway => Hiding::default(),
    };
    hiding.script.extend(tile_groups(situation, hides));
    let mut orders: BTreeMap<&str, u32> = BTreeMap::new();
    let mut places = FreePlaces::new(situation.view);
    let mut away: Vec<(Option<Turn>, Script)> = Vec::new();
    for hide in hides {
        let windows: Vec<&Node> = hide.tops().flat_map(Node::windows).collect();
        let name = hide.workspace.name();
        let order = orders.entry(name).or_insert(0);
        let Some(record) = record(situation, hide, &windows, *order, before, elsewhere) else { continue };
        *order += 1;
        let place = match situation.hides_in {
            HidingPlace::Vault => places.take(hide),
            HidingPlace::Scratchpad => None,
        };
        let mut script = Script::new();
        script.on(windows[0].id, format_args!("mark --add \"{}\"", record.mark()));
        if hide.comes_back {
            hiding.roots.insert(name.to_string(), None);
        } else {
            hiding.leaving.extend(hide.leaving());
        }
        match (situation.hides_in, place) {
            (HidingPlace::Scratchpad, _) => take_to_scratchpad(&mut script, hide),
            (HidingPlace::Vault, Some(place)) => {
                take_to_vault(&mut script, hide, place);
                let stands = match hide.role {
                    Role::Wrapped | Role::Only => Stands::Root(name.to_string()),
                    Role::Floating => Stands::Floating(name.to_string()),
                    Role::Part if situation.view.floating_around(hide.node.id).is_some() => Stands::Inside,
                    Role::Part => Stands::Beside,
                };
                hiding.stand_ins.push(StandIn { criteria: format!("con_id={place}"), stands });
            }
            (HidingPlace::Vault, None) => break,
        }
        away.push(((situation.kind == WmKind::Sway).then(|| turn_to_go(situation, hide, before)), script));
        if hide.comes_back { hiding.again.push(record) } else { hiding.records.push(record) }
    }
    away.sort_by_key(|(turn, _)| *turn);
    for (_, script) in away {
        hiding.script.extend(script);
    }
    for stand_in in hiding.stand_ins.iter_mut().filter(|stand_in| stand_in.stands == Stands::Beside) {
        stand_in.leave(&mut hiding.script);
    }
    for workspace in &situation.view.workspaces {
        add_emptied(workspace.node, &mut hiding.leaving);
    }
    if situation.kind == WmKind::Sway {
        take_over(situation, &mut hiding, memory);
    }
    hiding
}

/// Whether it is on the workspace that has the focus, the name of its workspace, and how late it
/// had the focus there.
type Turn<'a> = (bool, &'a str, usize);

/// sway: when one leaves, the focus goes to the latest window of its workspace, and subscribers are
/// told of both workspaces if that is another. So the containers that had the focus last go last,
/// and those of the workspace that has it go after all others.
fn turn_to_go<'a>(situation: &Situation<'_>, hide: &Hide<'a>, before: &Before) -> Turn<'a> {
    let name = hide.workspace.name();
    let order = before.focus_orders.get(name).map(Vec::as_slice).unwrap_or_default();
    let has_focus = situation.view.focused_workspace().is_some_and(|focused| focused.name() == name);
    (has_focus, name, order.iter().position(|id| *id == hide.node.id).unwrap_or(0))
}

/// Add the containers all of whose children leave, which the window manager removes then.
fn add_emptied(node: &Node, leaving: &mut BTreeSet<ContainerId>) {
    for child in node.children() {
        add_emptied(child, leaving);
    }
    let mut children = node.children().peekable();
    if node.kind != NodeKind::Workspace
        && children.peek().is_some()
        && children.all(|child| leaving.contains(&child.id))
    {
        leaving.insert(node.id);
    }
}

/// i3: wrap the tiling children of a workspace, and focus the wrapper: commands without criteria
/// are about it then.
///
/// `split` on a workspace puts its tiling children into one container, if there are several and it
/// is a split itself; else `layout` does, and removes all redundant pairs of containers that there
/// are. It is found by going up from its most recent child, so that no focus order changes; it has
/// the orientation of the workspace, so that it can be dissolved again (`plan::tidy`).
fn wrap(script: &mut Script, workspace: &Node) {
    if wraps_untidied(workspace) {
        script.on(workspace.id, turn(workspace.layout));
    } else {
        script.on(workspace.id, format_args!("layout {}", orientation(workspace.layout)));
    }
    // If that has just closed, the workspace keeps the focus, and what the commands are about is
    // not done to a stranger.
    script.on(workspace.id, "focus");
    script.on(latest_tiling(workspace), "focus");
    script.push("focus parent");
}

/// i3: swap it with a free place of the vault. Out of a floating container too: the stand-in floats
/// then, and what was hidden does not.
fn take_to_vault(script: &mut Script, hide: &Hide<'_>, place: ContainerId) {
    let swap = format!("swap container with con_id {place}");
    if hide.wraps() {
        wrap(script, hide.node);
        script.push(swap);
    } else {
        script.on(hide.node.id, swap);
    }
}

/// sway: what is inside a floating container cannot be taken out of that as it is: commands that
/// float or hide it are about the whole. If all of it goes, the container tiles first; else what
/// goes tiles on another workspace first.
fn tile_groups(situation: &Situation<'_>, hides: &[Hide<'_>]) -> Script {
    let mut script = Script::new();
    let mut groups: BTreeMap<ContainerId, Vec<&Hide<'_>>> = BTreeMap::new();
    for hide in hides.iter().filter(|hide| hide.role == Role::Floating && situation.kind == WmKind::Sway) {
        if let Some(group) = hide.path.last() {
            groups.entry(group.id).or_default().push(hide);
        }
    }
    for (group, parts) in groups {
        let windows = situation.view.node(group).map_or(0, |node| node.windows().len());
        if windows == parts.len() {
            script.on(group, "floating disable");
        } else if let Some(detour) = Detour::new(situation, parts[0].workspace.name(), &BTreeSet::new()) {
            for part in parts {
                script.on(part.node.id, detour.away());
            }
        }
    }
    script
}

/// Float it at its own size and send it to the scratchpad. sway 1.7 dies if it is fullscreen, which
/// its program may have asked for just now.
fn take_to_scratchpad(script: &mut Script, hide: &Hide<'_>) {
    let Rect { width, height, .. } = match hide.role {
        Role::Wrapped | Role::Only => hide.workspace.node.rect,
        Role::Part | Role::Floating => hide.node.rect,
    };
    let away = format!("floating enable, resize set {width} px {height} px, move scratchpad");
    match hide.role {
        _ if hide.wraps() => {
            wrap(script, hide.node);
            script.push(away);
        }
        Role::Floating if hide.path.is_empty() && hide.node.sticky => {
            script.on(hide.node.id, "fullscreen disable, sticky disable, move scratchpad");
        }
        Role::Floating if hide.path.is_empty() => script.on(hide.node.id, "fullscreen disable, move scratchpad"),
        _ => script.on(hide.node.id, format_args!("fullscreen disable, {away}")),
    }
}

/// The tiling child of a workspace that had the focus last.
fn latest_tiling(workspace: &Node) -> ContainerId {
    let is_tiling = |id: &&ContainerId| workspace.nodes.iter().any(|child| child.id == **id);
    workspace.focus.iter().find(is_tiling).copied().unwrap_or(workspace.nodes[0].id)
}
