//! Restoring: the commands that bring hidden containers back to their places.
//!
//! The plan is made on the tree as it is before the containers that leave in the same script are gone, so it keeps account of who
//! stands where: `tiling` holds the tiling children that a parent will have at each point of the script.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::shares::Shares;
use super::{Before, Situation, show_workspace};
use crate::core::command::{NO_BACK_AND_FORTH, Script, quote};
use crate::core::event::WmKind;
use crate::core::mark::{PLACEHOLDER, Role, SCRATCH_WORKSPACE};
use crate::core::memory::ProjectMemory;
use crate::core::table::{HiddenContainer, inside_floating};
use crate::core::tree::{ContainerId, NodeKind, Rect};

/// The commands that bring `returning` back, while the containers in `leaving` go.
#[must_use]
pub fn restore(
    situation: &Situation<'_>,
    returning: &[&HiddenContainer],
    leaving: &BTreeSet<ContainerId>,
    memory: Option<&ProjectMemory>,
    before: &Before,
) -> Script {
    let mut builder = Restoration {
        situation,
        leaving,
        tiling: BTreeMap::new(),
        made: BTreeSet::new(),
        wrapped_root: BTreeSet::new(),
        shares: None,
        script: Script::new(),
    };
    let mut ordered: Vec<&HiddenContainer> = returning.to_vec();
    // The deepest first: a place is put right before it is itself swapped about, which on an invisible workspace of i3
    // takes its size away until it is shown.
    ordered.sort_by_key(|container| {
        let depth = container.parent.as_ref().map_or(0, |parent| parent.depth);
        (&container.workspace, container.role == Role::Floating, Reverse(depth), container.order)
    });
    for container in &ordered {
        match situation.kind {
            WmKind::I3 => builder.restore_on_i3(container),
            WmKind::Sway => builder.restore_on_sway(container),
        }
        if let Some(window) = situation.table.by_serial(container.anchor) {
            builder.script.on(window.id, format_args!("unmark \"{}\"", container.mark()));
        }
    }
    builder.resize();
    let mut script = builder.script;
    script.extend(focus_orders(situation, &ordered, leaving, memory, before));
    for (serial, mode) in ordered.iter().flat_map(|container| &container.fullscreen) {
        if let Some(window) = situation.table.by_serial(*serial) {
            script.on(window.id, fullscreen_command(*mode));
        }
    }
    script
}

/// The command that makes a container fullscreen again.
#[must_use]
pub fn fullscreen_command(mode: u8) -> &'static str {
    if mode > 1 { "fullscreen enable global" } else { "fullscreen enable" }
}

/// Where tiling children hang.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Workspace(String),
    Container(ContainerId),
}

struct Restoration<'a> {
    situation: &'a Situation<'a>,
    leaving: &'a BTreeSet<ContainerId>,
    /// The tiling children a place has, at this point of the script.
    tiling: BTreeMap<Place, Vec<ContainerId>>,
    /// The shares of the children of the place where containers come back.
    shares: Option<(Place, Shares)>,
    /// Workspaces that this script has shown or made.
    made: BTreeSet<String>,
    /// sway: workspaces whose children this script wrapped to get at the workspace itself.
    wrapped_root: BTreeSet<String>,
    script: Script,
}

impl Restoration<'_> {
    /// The tiling children that a place has now.
    fn children(&mut self, place: &Place) -> &mut Vec<ContainerId> {
        if !self.tiling.contains_key(place) {
            let node = match place {
                Place::Workspace(name) => self.situation.view.workspace(name).map(|workspace| workspace.node),
                Place::Container(id) => self.situation.view.node(*id),
            };
            let children: Vec<ContainerId> = node
                .map(|node| node.nodes.iter().map(|child| child.id).filter(|id| !self.leaving.contains(id)).collect())
                .unwrap_or_default();
            self.tiling.insert(place.clone(), children);
        }
        self.tiling.get_mut(place).expect("inserted above")
    }

    /// The place a container was a part of, if it is still there.
    fn former_place(&self, container: &HiddenContainer) -> Option<Place> {
        let parent = container.parent.as_ref()?;
        if parent.is_workspace {
            return Some(Place::Workspace(container.workspace.clone()));
        }
        let node = self.situation.view.node(parent.id)?;
        let workspace = self.situation.view.workspace_of(parent.id)?;
        let stands = workspace.name() == container.workspace
            && matches!(node.kind, NodeKind::Con | NodeKind::FloatingCon)
            && !node.nodes.is_empty()
            && !leaves(self.situation, self.leaving, parent.id);
        stands.then_some(Place::Container(parent.id))
    }

    /// Show the workspace of a container, on its output if it must be made, with its layout if nothing tiles on it.
    fn show(&mut self, container: &HiddenContainer) {
        let name = &container.workspace;
        let Some(command) = show_workspace(self.situation.kind, name) else { return };
        self.script.push(command);
        let first = self.made.insert(name.clone());
        let view = self.situation.view;
        let outputs = view.outputs();
        let empty = self.children(&Place::Workspace(name.clone())).is_empty();
        // An empty workspace may have vanished since the tree was read, and is made anew on whatever output has the focus.
        if first
            && empty
            && outputs.len() > 1
            && outputs.contains(&container.output.as_str())
            && let Some(output) = quote(self.situation.kind, &container.output)
        {
            self.script.push(format!("move workspace to output {output}"));
        }
        if first && empty {
            // An emptied workspace forgets its layout; on an empty one `layout` sets the workspace's own. Where a floating window has
            // the focus it would take the command: i3 is told which workspace is meant, sway's keeps its layout.
            let layout = container.workspace_layout.command_word();
            let floats = view.workspace(name).filter(|workspace| {
                let mut floats = workspace.node.floating_nodes.iter();
                floats.any(|float| !self.leaving.contains(&inside_floating(self.situation.kind, float).id))
            });
            match (floats, self.situation.kind) {
                (None, _) => self.script.push(format!("layout {layout}")),
                (Some(workspace), WmKind::I3) => self.script.on(workspace.node.id, format_args!("layout {layout}")),
                (Some(_), WmKind::Sway) => {}
            }
        }
    }

    fn restore_on_i3(&mut self, container: &HiddenContainer) {
        let id = container.id;
        let name = container.workspace.clone();
        if container.role == Role::Floating {
            self.show(container);
            self.swap_in_here(id);
            self.script.on(id, format_args!("{}{}", float_there(container.rect), sticky_again(container)));
            return;
        }
        let root = Place::Workspace(name);
        let place = match self.former_place(container) {
            Some(place) if !self.children(&place).is_empty() => place,
            _ => root,
        };
        self.turn_to(&place);
        let siblings = container.parent.as_ref().map(|parent| parent.children.clone()).unwrap_or_default();
        let index = siblings.iter().position(|sibling| *sibling == id).unwrap_or(siblings.len());
        let present = self.children(&place).clone();
        let earlier = siblings[..index].iter().rev().find(|sibling| present.contains(sibling)).copied();
        let later = siblings.iter().skip(index + 1).find(|sibling| present.contains(sibling)).copied();
        match (earlier, later, present.last().copied()) {
            (None, None, None) => {
                self.show(container);
                self.swap_in_here(id);
                self.children(&place).push(id);
                self.share(&place, container);
            }
            (Some(neighbour), _, _) | (None, None, Some(neighbour)) => {
                self.script.on(neighbour, "focus");
                self.swap_in_here(id);
                insert_after(self.children(&place), neighbour, id);
                self.share(&place, container);
            }
            (None, Some(neighbour), _) => {
                self.script.on(neighbour, "focus");
                self.swap_in_here(id);
                self.script.on(id, format_args!("swap container with con_id {neighbour}"));
                insert_before(self.children(&place), neighbour, id);
                self.share(&place, container);
                self.swap_shares(&place, id, neighbour);
            }
        }
    }

    /// Account for a container that came back among others.
    fn share(&mut self, place: &Place, container: &HiddenContainer) {
        let Some(parent) = &container.parent else { return };
        let node = match place {
            Place::Workspace(name) => self.situation.view.workspace(name).map(|workspace| workspace.node),
            Place::Container(id) => self.situation.view.node(*id),
        };
        let Some(node) = node else { return };
        let (_, shares) = self.shares.get_or_insert_with(|| (place.clone(), Shares::new(node, self.leaving)));
        shares.insert(container.id, f64::from(parent.share_ppm) / 1e6);
    }

    fn swap_shares(&mut self, place: &Place, one: ContainerId, other: ContainerId) {
        if let Some((_, shares)) = self.shares.as_mut().filter(|(current, _)| current == place) {
            shares.swap(one, other);
        }
    }

    /// Put right the shares of the place before, where containers come back to another one now.
    fn turn_to(&mut self, place: &Place) {
        if self.shares.as_ref().is_some_and(|(current, _)| current != place) {
            self.resize();
        }
    }

    /// Give what came back the share it had, and the others the rest in the proportions they have.
    fn resize(&mut self) {
        if let Some((place, shares)) = self.shares.take() {
            let order = self.children(&place).clone();
            self.script.extend(shares.corrections(self.situation.kind, &order));
        }
    }

    /// i3: open a placeholder beside what has the focus and swap the container with it; the placeholder becomes a free place
    /// of the vault. Where the container has closed meanwhile the placeholder stays behind, and is known by its own mark.
    fn swap_in_here(&mut self, id: ContainerId) {
        let mark = self.unused_mark(id);
        self.script.push("open");
        self.script.push(format!("mark --add {mark}"));
        self.script.on(id, format_args!("swap container with mark {mark}"));
    }

    /// A mark for the placeholder of a container. One that is in the tree would be taken from a placeholder of before, which might
    /// be one that was left behind.
    fn unused_mark(&self, id: ContainerId) -> String {
        let base = format!("{PLACEHOLDER}{id}");
        let numbered = (1..).map(|number: u32| format!("{base}:{number}"));
        std::iter::once(base.clone()).chain(numbered).find(|mark| !self.situation.view.has_mark(mark)).unwrap_or(base)
    }

    fn restore_on_sway(&mut self, container: &HiddenContainer) {
        let id = container.id;
        let Some(name) = quote(WmKind::Sway, &container.workspace) else {
            self.script.on(id, "scratchpad show, floating disable");
            return;
        };
        let to_workspace = format!("move {NO_BACK_AND_FORTH} container to workspace {name}");
        let root = Place::Workspace(container.workspace.clone());
        if container.role == Role::Floating {
            if self.children(&root).is_empty() {
                self.show(container);
            }
            let there = float_there(container.rect);
            // `move absolute position` moves a floating container to the workspace that is visible: go home again after it.
            let chain = format!("{to_workspace}, floating disable, {there}, {to_workspace}{}", sticky_again(container));
            self.script.on(id, chain);
            return;
        }
        if self.children(&root).is_empty() {
            let view = self.situation.view;
            if view.workspace(&container.workspace).is_none() || view.outputs().len() > 1 {
                self.show(container);
            }
            if container.role == Role::Wrapped {
                // A tiled split container moved to an empty workspace is unwrapped: the workspace's own layout comes back.
                self.script.on(
                    id,
                    format_args!(
                        "move {NO_BACK_AND_FORTH} container to workspace {SCRATCH_WORKSPACE}, floating disable, {to_workspace}"
                    ),
                );
                let inside = view.node(id).map(|node| node.nodes.iter().map(|child| child.id).collect());
                *self.children(&root) = inside.unwrap_or_default();
            } else {
                self.script.on(id, format_args!("{to_workspace}, floating disable"));
                self.children(&root).push(id);
            }
            return;
        }
        let place = self.former_place(container);
        self.turn_to(place.as_ref().unwrap_or(&root));
        self.script.on(id, &to_workspace);
        match place {
            Some(Place::Container(parent)) => {
                self.script.on(parent, "focus");
                self.script.on(id, "floating disable");
                self.children(&Place::Container(parent)).push(id);
                self.share(&Place::Container(parent), container);
                self.bubble(container, &Place::Container(parent));
            }
            _ => {
                self.attach_to_root(id, &root);
                self.share(&root, container);
                self.bubble(container, &root);
            }
        }
    }

    /// sway: tile a floating container at the root of a workspace that has tiling children. `floating disable` attaches beside the focused
    /// tiling leaf: a leaf of the root where there is one, else the root itself is wrapped and focused.
    fn attach_to_root(&mut self, id: ContainerId, root: &Place) {
        let Place::Workspace(name) = root else { return };
        let children = self.children(root).clone();
        let leaf = children.iter().copied().find(|child| self.is_leaf(*child));
        match leaf {
            Some(leaf) if !self.wrapped_root.contains(name) => {
                self.script.on(leaf, "focus");
                self.script.on(id, "floating disable");
                insert_after(self.children(root), leaf, id);
            }
            _ => {
                if self.wrapped_root.insert(name.clone()) {
                    self.script.on(children[0], "focus parent");
                    self.script.push("split h");
                }
                self.script.on(children[0], "focus parent");
                self.script.on(id, "floating disable");
                self.children(root).push(id);
            }
        }
    }

    fn is_leaf(&self, id: ContainerId) -> bool {
        self.situation.view.node(id).is_some_and(|node| node.is_window())
    }

    /// sway: swap a container with its neighbours until it stands where it stood.
    fn bubble(&mut self, container: &HiddenContainer, place: &Place) {
        let Some(parent) = &container.parent else { return };
        let present = self.children(place).clone();
        let order: Vec<ContainerId> =
            parent.children.iter().copied().filter(|sibling| present.contains(sibling)).collect();
        let (Some(mut at), Some(rank)) = (
            present.iter().position(|sibling| *sibling == container.id),
            order.iter().position(|sibling| *sibling == container.id),
        ) else {
            return;
        };
        let mut present = present;
        // Strangers among the siblings keep their places: the goal is to stand right after the sibling before.
        let goal = match rank.checked_sub(1).map(|before| order[before]) {
            Some(before) => {
                let before_at = present.iter().position(|sibling| *sibling == before).unwrap_or(0);
                if before_at < at { before_at + 1 } else { before_at }
            }
            None => order.get(1).and_then(|next| present.iter().position(|sibling| sibling == next)).unwrap_or(at),
        };
        while at != goal {
            let next = if at > goal { at - 1 } else { at + 1 };
            self.script.on(container.id, format_args!("swap container with con_id {}", present[next]));
            self.swap_shares(place, container.id, present[next]);
            present.swap(at, next);
            at = next;
        }
        *self.children(place) = present;
    }
}

/// Float, in this place and at this size.
fn float_there(rect: Rect) -> String {
    let Rect { x, y, width, height } = rect;
    format!("floating enable, resize set {width} px {height} px, move absolute position {x} px {y} px")
}

fn sticky_again(container: &HiddenContainer) -> &'static str {
    if container.sticky { ", sticky enable" } else { "" }
}

fn insert_after(children: &mut Vec<ContainerId>, neighbour: ContainerId, id: ContainerId) {
    let at = children.iter().position(|child| *child == neighbour).map_or(children.len(), |at| at + 1);
    children.insert(at, id);
}

fn insert_before(children: &mut Vec<ContainerId>, neighbour: ContainerId, id: ContainerId) {
    let at = children.iter().position(|child| *child == neighbour).unwrap_or(children.len());
    children.insert(at, id);
}

/// Rebuild the focus stacks of workspaces where more than one container came back or others stand: focus their windows, the least
/// recent first. One container that came back alone has kept its own.
fn focus_orders(
    situation: &Situation<'_>,
    returning: &[&HiddenContainer],
    leaving: &BTreeSet<ContainerId>,
    memory: Option<&ProjectMemory>,
    before: &Before,
) -> Script {
    let mut script = Script::new();
    let Some(memory) = memory else { return script };
    let names: BTreeSet<&str> = returning.iter().map(|container| container.workspace.as_str()).collect();
    for name in names {
        let back: Vec<&&HiddenContainer> = returning.iter().filter(|container| container.workspace == name).collect();
        let staying = before.focus_orders.get(name).map(Vec::as_slice).unwrap_or_default();
        let stays = |id: &ContainerId| staying.contains(id) && !leaves(situation, leaving, *id);
        let alone = back.len() == 1 && !staying.iter().any(stays);
        if alone {
            continue;
        }
        let Some(order) = memory.focus_orders.get(name) else { continue };
        for serial in order {
            let Some(window) = situation.table.by_serial(*serial) else { continue };
            let returns = back.iter().any(|container| container.windows.contains(serial));
            if returns || stays(&window.id) {
                script.on(window.id, "focus");
            }
        }
    }
    script
}

/// Is the container below one that leaves?
fn leaves(situation: &Situation<'_>, leaving: &BTreeSet<ContainerId>, id: ContainerId) -> bool {
    let mut current = Some(id);
    while let Some(id) = current {
        if leaving.contains(&id) {
            return true;
        }
        current = situation.view.parent(id).map(|parent| parent.id);
    }
    false
}
