//! Hiding: which containers to take away, and the commands that do it.

use std::collections::BTreeMap;

use super::{Before, Presence, Situation, final_focus, fullscreen_below};
use crate::core::command::Script;
use crate::core::event::WmKind;
use crate::core::mark::{Role, SCRATCH_WORKSPACE};
use crate::core::table::{FormerParent, HiddenContainer, WindowState, inside_floating, vault_slots};
use crate::core::tree::{ContainerId, Layout, Node, Rect, WorkspaceNode};

/// A container to take away.
#[derive(Debug, Clone)]
pub struct Hide<'a> {
    /// It; where `wrap` is set, the workspace whose children are to be wrapped into it.
    pub node: &'a Node,
    /// The workspace it is on.
    pub workspace: WorkspaceNode<'a>,
    /// How it stands.
    pub role: Role,
    /// Among which siblings, where it is a part.
    pub parent: Option<FormerParent>,
    /// The children of the workspace must be wrapped first.
    pub wrap: bool,
}

/// The containers to take away so that every window goes that `unwanted` names a project for: per workspace and project the
/// largest subtrees that belong wholly to it.
pub fn find_hides<'a>(situation: &Situation<'a>, unwanted: &dyn Fn(&WindowState) -> Option<String>) -> Vec<Hide<'a>> {
    let project_of = |node: &Node| situation.table.windows.get(&node.id).and_then(unwanted);
    let mut hides = Vec::new();
    for workspace in &situation.view.workspaces {
        if workspace.name() == SCRATCH_WORKSPACE {
            continue;
        }
        let tiling = &workspace.node.nodes;
        let projects: Vec<Option<String>> = tiling.iter().map(|node| whole_project(node, &project_of)).collect();
        let pure = projects.first().is_some_and(|first| first.is_some() && projects.iter().all(|other| other == first));
        let own_layout = matches!(workspace.node.layout, Layout::Tabbed | Layout::Stacked);
        let wrap = match situation.kind {
            // What is swapped onto an invisible workspace has no size until it is shown; what is inside it keeps the one it
            // had. So a window or a container of tabs goes inside one more container, once: it is there at the next switch.
            WmKind::I3 => {
                let plain = |node: &Node| !node.is_window() && matches!(node.layout, Layout::Splith | Layout::Splitv);
                tiling.len() > 1 || !tiling.first().is_some_and(plain)
            }
            // A container moved to an empty workspace is unwrapped on sway, so wrapping also keeps the workspace's layout.
            WmKind::Sway => tiling.len() > 1 || workspace.node.layout != Layout::Splith,
        };
        if pure && !(situation.kind == WmKind::I3 && own_layout && tiling.len() > 1) {
            let node = if wrap { workspace.node } else { &tiling[0] };
            hides.push(Hide { node, workspace: *workspace, role: Role::Only, parent: None, wrap });
        } else {
            find_parts(workspace.node, 0, workspace, &project_of, &mut hides);
        }
        for float in &workspace.node.floating_nodes {
            let inner = inside_floating(situation.kind, float);
            if whole_project(inner, &project_of).is_some() {
                hides.push(Hide {
                    node: inner,
                    workspace: *workspace,
                    role: Role::Floating,
                    parent: None,
                    wrap: false,
                });
            } else {
                find_parts(inner, 1, workspace, &project_of, &mut hides);
            }
        }
    }
    hides
}

fn find_parts<'a>(
    parent: &'a Node,
    depth: u32,
    workspace: &WorkspaceNode<'a>,
    project_of: &dyn Fn(&Node) -> Option<String>,
    hides: &mut Vec<Hide<'a>>,
) {
    for node in &parent.nodes {
        if whole_project(node, project_of).is_some() {
            let former = FormerParent {
                id: parent.id,
                is_workspace: parent.id == workspace.node.id,
                children: parent.nodes.iter().map(|child| child.id).collect(),
                depth,
                share_ppm: share_ppm(parent, node),
            };
            hides.push(Hide { node, workspace: *workspace, role: Role::Part, parent: Some(former), wrap: false });
        } else {
            find_parts(node, depth + 1, workspace, project_of, hides);
        }
    }
}

/// The share of its parent that a child has. i3 and sway may say percentages that do not add up to one.
fn share_ppm(parent: &Node, child: &Node) -> u32 {
    let total: f64 = parent.nodes.iter().filter_map(|node| node.percent).sum();
    let share = child.percent.unwrap_or(0.0) / if total > 0.0 { total } else { 1.0 };
    // A float to integer cast saturates: out of range is 0 or the most there is.
    (share.clamp(0.0, 1.0) * 1e6) as u32
}

/// The project that every window at or below a node is to be hidden for; `None` where they differ or one stays.
fn whole_project(node: &Node, project_of: &dyn Fn(&Node) -> Option<String>) -> Option<String> {
    if node.is_window() {
        return project_of(node);
    }
    let mut children = node.children();
    let first = whole_project(children.next()?, project_of)?;
    children.all(|child| whole_project(child, project_of).as_ref() == Some(&first)).then_some(first)
}

/// The commands that must be done, and their result read, before hiding: fullscreen off, workspaces wrapped.
///
/// i3: `split h` on a workspace with two or more children wraps them all, whatever is visible; `layout` on an only child wraps
/// it. sway does the same where the
/// workspace is focused, which `focus parent` on one of its children does.
#[must_use]
pub fn prepare(
    situation: &Situation<'_>,
    hides: &[Hide<'_>],
    returning: &[&HiddenContainer],
    before: &mut Before,
) -> Script {
    let mut script = Script::new();
    let affected = |name: &str| {
        hides.iter().any(|hide| hide.workspace.name() == name)
            || returning.iter().any(|container| container.workspace == name)
    };
    for workspace in &situation.view.workspaces {
        for (id, mode) in fullscreen_below(workspace.node) {
            if mode > 1 || affected(workspace.name()) {
                script.on(id, "fullscreen disable");
                before.fullscreen_off.push((id, mode));
            }
        }
    }
    let mut focus_moved = false;
    for hide in hides.iter().filter(|hide| hide.wrap) {
        before.wrapped.insert(hide.workspace.name().to_string());
        match situation.kind {
            WmKind::I3 => match hide.workspace.node.nodes.as_slice() {
                [only] => {
                    let layout = if hide.workspace.node.layout == Layout::Splitv { "splitv" } else { "splith" };
                    script.on(only.id, format_args!("layout {layout}"));
                }
                _ => script.on(hide.workspace.node.id, "split h"),
            },
            WmKind::Sway => {
                script.on(hide.workspace.node.nodes[0].id, "focus parent");
                script.push("split h");
                focus_moved = true;
            }
        }
    }
    if focus_moved {
        script.extend(final_focus(situation.kind, &before.visible, before.focused, |_| Presence::Empty));
    }
    script
}

/// The commands that take the containers away, and the records of what was taken. On i3 as many free places of the vault
/// as there are containers must be there. `elsewhere` names the output and workspace that a container shall return to, where
/// that is not the one it is on.
#[must_use]
pub fn hide(
    situation: &Situation<'_>,
    hides: &[Hide<'_>],
    before: &Before,
    elsewhere: &dyn Fn(&Node) -> Option<(String, String)>,
) -> (Script, Vec<HiddenContainer>) {
    let mut script = Script::new();
    let mut records = Vec::new();
    let mut orders: BTreeMap<&str, u32> = BTreeMap::new();
    let mut places = vault_slots(situation.view).into_iter().filter(|slot| is_free(slot)).map(|slot| slot.id);
    for hide in hides {
        let windows = hide.node.windows();
        let serials: Vec<u64> = windows
            .iter()
            .filter_map(|node| situation.table.windows.get(&node.id))
            .map(|window| window.serial)
            .collect();
        let (Some(anchor), Some(anchor_node)) = (serials.first(), windows.first()) else { continue };
        let name = hide.workspace.name();
        let order = orders.entry(name).or_insert(0);
        let outer = situation.view.parent(hide.node.id);
        let wrapper = outer.filter(|_| hide.role == Role::Floating && situation.kind == WmKind::I3);
        let sticky = hide.node.sticky || wrapper.is_some_and(|wrapper| wrapper.sticky);
        let mut record = HiddenContainer {
            id: hide.node.id,
            anchor: *anchor,
            role: if hide.role == Role::Only && before.wrapped.contains(name) { Role::Wrapped } else { hide.role },
            sticky,
            order: *order,
            workspace_layout: before.layouts.get(name).copied().unwrap_or(hide.workspace.node.layout),
            rect: match hide.role {
                Role::Wrapped | Role::Only => hide.workspace.node.rect,
                Role::Part => hide.node.rect,
                Role::Floating if situation.kind == WmKind::Sway => with_title_bar(hide.node),
                Role::Floating => wrapper.unwrap_or(hide.node).rect,
            },
            output: hide.workspace.output.to_string(),
            workspace: name.to_string(),
            parent: hide.parent.clone(),
            fullscreen: fullscreen_of(situation, before, &windows),
            windows: serials,
        };
        *order += 1;
        if let Some((output, workspace)) = elsewhere(hide.node) {
            record.output = output;
            record.workspace = workspace;
            record.parent = None;
            if record.role != Role::Floating {
                record.role = Role::Part;
            }
        }
        script.on(anchor_node.id, format_args!("mark --add \"{}\"", record.mark()));
        let id = hide.node.id;
        match situation.kind {
            WmKind::I3 => {
                let Some(place) = places.next() else { break };
                if hide.role == Role::Floating {
                    script.on(id, "floating disable");
                }
                script.on(id, format_args!("swap container with con_id {place}"));
                script.on(place, "kill");
            }
            WmKind::Sway => match hide.role {
                Role::Floating if sticky => script.on(id, "sticky disable, move scratchpad"),
                Role::Floating => script.on(id, "move scratchpad"),
                _ => {
                    let (width, height) = (record.rect.width, record.rect.height);
                    script.on(id, format_args!("floating enable, resize set {width} px {height} px, move scratchpad"));
                }
            },
        }
        records.push(record);
    }
    (script, records)
}

/// sway gives the rectangle of a floating window without its title bar, and takes one with it.
fn with_title_bar(node: &Node) -> Rect {
    let title = node.deco_rect.height;
    Rect { y: node.rect.y - title, height: node.rect.height + title, ..node.rect }
}

/// A place of the vault that holds nothing.
#[must_use]
pub fn is_free(slot: &Node) -> bool {
    !slot.is_window() && slot.nodes.is_empty() && slot.floating_nodes.is_empty()
}

fn fullscreen_of(situation: &Situation<'_>, before: &Before, windows: &[&Node]) -> Vec<(u64, u8)> {
    let fullscreen = |id: ContainerId| before.fullscreen.iter().find(|(other, _)| *other == id).map(|(_, mode)| *mode);
    windows
        .iter()
        .filter_map(|node| Some((situation.table.windows.get(&node.id)?.serial, fullscreen(node.id)?)))
        .collect()
}
