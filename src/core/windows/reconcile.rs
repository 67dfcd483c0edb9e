//! Making the window table agree with a tree.

use std::collections::BTreeSet;

use crate::core::tree::mark::{self, HiddenMark, Role, SCRATCH_WORKSPACE};
use crate::core::tree::vault::{is_free_place, vault_slots};
use crate::core::tree::{ContainerId, Layout, Node, NodeKind, View, WorkspaceNode, leading_number};
use crate::core::windows::hidden::{HiddenContainer, inside_floating};
use crate::core::windows::surfaced;
use crate::core::windows::table::Table;
use crate::core::windows::window::{Coming, WindowState};
use crate::core::words::wm::WmKind;

/// What a reconciliation found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// Windows that were not in the table.
    pub new: Vec<ContainerId>,
    /// Windows that were in the table and are not in the tree.
    pub gone: Vec<WindowState>,
    /// Hidden containers of which nothing says where they return to.
    pub lost: Vec<ContainerId>,
}

impl Table {
    /// Make the table agree with a tree.
    pub fn reconcile(&mut self, kind: WmKind, view: &View<'_>, coming: Coming) -> Found {
        let mut found = Found::default();
        self.count_serial(highest_serial(view));
        self.follow_renumbering(view);
        // i3 gives the ids of containers that are gone to new ones.
        self.wrappers
            .retain(|id, _| view.node(*id).is_some_and(|node| node.kind == NodeKind::Con && !node.nodes.is_empty()));
        self.places.retain(|id| view.node(*id).is_some());
        self.places.extend(vault_slots(view).into_iter().filter(|slot| is_free_place(slot)).map(|slot| slot.id));
        surfaced::find(&mut self.surfaced, &self.hidden, kind, view);
        // A mark may have been refused: what we have just hidden is ours without it.
        let hidden: BTreeSet<u64> =
            self.hidden.iter().flat_map(|container| container.windows.iter().copied()).collect();
        let in_sight = std::mem::take(&mut self.in_sight);
        let known = |node: &Node| {
            let serial = self.windows.get(&node.id).map(|window| window.serial);
            coming == Coming::Opened
                && (in_sight.contains(&node.id) || serial.is_some_and(|serial| hidden.contains(&serial)))
        };
        let mut tops = hidden_tops(kind, view, &known);
        let surfaced = self.surfaced.iter().filter_map(|surfaced| view.node(surfaced.container));
        tops.extend(surfaced.filter(|top| !top.windows().is_empty()));
        let mut seen = BTreeSet::new();
        self.take_shown(view, coming, &mut found, &mut seen);
        self.take_kept(view, &tops, coming, &mut found, &mut seen);
        let before = std::mem::take(&mut self.hidden);
        for top in tops {
            let container = self.take_hidden(top, &before, view, coming, &mut found, &mut seen);
            self.hidden.push(container);
        }
        let gone: Vec<ContainerId> = self.windows.keys().copied().filter(|id| !seen.contains(id)).collect();
        found.gone = gone.iter().filter_map(|id| self.windows.remove(id)).collect();
        self.follow_order(view);
        found
    }

    /// The workspaces that are there stand in this order. One that is not there stays behind the
    /// one that it stood behind, as long as something returns to it.
    fn follow_order(&mut self, view: &View<'_>) {
        let named = |name: &&str| leading_number(name).is_none() && *name != SCRATCH_WORKSPACE;
        let mut order: Vec<String> =
            view.workspaces.iter().map(WorkspaceNode::name).filter(named).map(str::to_string).collect();
        let mut behind = 0;
        for name in std::mem::take(&mut self.order) {
            match order.iter().position(|other| *other == name) {
                Some(at) => behind = at + 1,
                None if self.hidden.iter().any(|container| container.workspace == name) => {
                    order.insert(behind, name);
                    behind += 1;
                }
                None => {}
            }
        }
        self.order = order;
    }

    /// Take over the windows on workspaces.
    fn take_shown(&mut self, view: &View<'_>, coming: Coming, found: &mut Found, seen: &mut BTreeSet<ContainerId>) {
        for workspace in view.workspaces.iter().filter(|workspace| workspace.name() != SCRATCH_WORKSPACE) {
            let floating: Vec<&Node> = workspace.node.floating_nodes.iter().flat_map(Node::windows).collect();
            for node in workspace.node.windows() {
                let window = self.take(node, coming, found, seen);
                window.workspace = Some(workspace.name().to_string());
                window.output = Some(workspace.output.to_string());
                window.floating = floating.iter().any(|float| float.id == node.id);
                window.sticky = node.sticky || view.floating_around(node.id).is_some_and(|float| float.sticky);
                // A newcomer is in sight until it is hidden.
                window.unseen &= !window.hidden;
                window.hidden = false;
                window.uncovered = 0;
                window.activated = false;
                // i3 says so of what was shown from there; older sways do not, and the census
                // before this one knows.
                let kept = |float: &Node| !matches!(float.scratchpad_state.as_deref(), None | Some("none"));
                window.in_scratchpad &= window.floating;
                window.in_scratchpad |= view.floating_around(node.id).is_some_and(kept);
            }
        }
    }

    /// Take over the windows that the user keeps in the scratchpad: those of it that are in none of
    /// the containers we hid.
    fn take_kept(
        &mut self,
        view: &View<'_>,
        hidden: &[&Node],
        coming: Coming,
        found: &mut Found,
        seen: &mut BTreeSet<ContainerId>,
    ) {
        if let Some(scratchpad) = view.scratchpad {
            let ours: BTreeSet<ContainerId> = hidden.iter().flat_map(|top| top.windows()).map(|node| node.id).collect();
            for node in scratchpad.windows().into_iter().filter(|node| !ours.contains(&node.id)) {
                let window = self.take(node, coming, found, seen);
                let place = window.output.take().zip(window.workspace.take());
                if place.is_some() && !window.in_scratchpad {
                    window.home = place;
                }
                window.in_scratchpad = true;
                window.floating = true;
                window.hidden = false;
            }
        }
    }

    /// Take over what a node says of its window, which may be a new one.
    fn take(
        &mut self,
        node: &Node,
        coming: Coming,
        found: &mut Found,
        seen: &mut BTreeSet<ContainerId>,
    ) -> &mut WindowState {
        seen.insert(node.id);
        if !self.windows.contains_key(&node.id) {
            found.new.push(node.id);
            self.insert(node, coming);
        }
        let window = self.windows.get_mut(&node.id).expect("inserted above");
        window.update(node);
        window.out_of_sight = false;
        window
    }

    /// Take over a container that is hidden, with the windows in it.
    fn take_hidden(
        &mut self,
        top: &Node,
        before: &[HiddenContainer],
        view: &View<'_>,
        coming: Coming,
        found: &mut Found,
        seen: &mut BTreeSet<ContainerId>,
    ) -> HiddenContainer {
        let windows = top.windows();
        let serials: Vec<u64> = windows.iter().map(|node| self.take(node, coming, found, seen).serial).collect();
        let marked = windows
            .iter()
            .zip(&serials)
            .find_map(|(node, serial)| mark::hidden_of(&node.marks).map(|mark| HiddenMark { serial: *serial, ..mark }));
        let known = before.iter().find(|container| container.windows.iter().any(|serial| serials.contains(serial)));
        let mut container = match (known, marked) {
            (Some(known), _) => known.clone(),
            (None, Some(mark)) => HiddenContainer::from_mark(top.id, mark),
            (None, None) => {
                found.lost.push(top.id);
                // Ours is no place to return to.
                let is_theirs = |workspace: &WorkspaceNode<'_>| workspace.name() != SCRATCH_WORKSPACE;
                let workspace = view.focused_workspace().filter(is_theirs);
                let workspace = workspace.or_else(|| view.workspaces.iter().copied().find(is_theirs));
                HiddenContainer::from_mark(
                    top.id,
                    HiddenMark {
                        serial: serials[0],
                        role: Role::Part,
                        sticky: false,
                        order: 0,
                        workspace_layout: Layout::Splith,
                        rect: top.rect,
                        output: workspace.map_or("", |workspace| workspace.output).to_string(),
                        workspace: workspace.map_or("1", |workspace| workspace.name()).to_string(),
                        shell: false,
                    },
                )
            }
        };
        container.id = top.id;
        if !serials.contains(&container.anchor) {
            container.anchor = serials[0];
        }
        container.windows = serials;
        for node in windows {
            let window = self.windows.get_mut(&node.id).expect("taken above");
            window.hidden = true;
            window.in_scratchpad = false;
            window.workspace = Some(container.workspace.clone());
            window.output = Some(container.output.clone());
            window.floating = container.role == Role::Floating;
            window.sticky = container.sticky;
        }
        container
    }

    /// i3 gives new container ids at an in-place restart: find windows again by their serial number
    /// or X11 id.
    fn follow_renumbering(&mut self, view: &View<'_>) {
        let nodes: Vec<&Node> = view
            .workspaces
            .iter()
            .map(|workspace| workspace.node)
            .chain(view.scratchpad)
            .flat_map(Node::windows)
            .collect();
        let present: BTreeSet<ContainerId> = nodes.iter().map(|node| node.id).collect();
        for node in nodes {
            if self.windows.contains_key(&node.id) {
                continue;
            }
            let serial = mark::owner_of(&node.marks).map(|mark| mark.serial);
            let former = self.windows.values().find(|window| {
                !present.contains(&window.id)
                    && (serial == Some(window.serial) || (node.window.is_some() && node.window == window.client.x11))
            });
            if let Some(former) = former.map(|window| window.id)
                && let Some(mut window) = self.windows.remove(&former)
            {
                window.id = node.id;
                self.windows.insert(node.id, window);
            }
        }
    }
}

fn highest_serial(view: &View<'_>) -> u64 {
    view.workspaces
        .iter()
        .map(|workspace| workspace.node)
        .chain(view.scratchpad)
        .flat_map(Node::windows)
        .filter_map(|node| mark::owner_of(&node.marks))
        .map(|mark| mark.serial)
        .max()
        .unwrap_or(0)
}

/// The containers that we took away: what stands in the vaults of i3, what in the scratchpad bears
/// our mark, and what a switch that was cut off left on its temporary workspace.
fn hidden_tops<'a>(kind: WmKind, view: &View<'a>, known: &dyn Fn(&Node) -> bool) -> Vec<&'a Node> {
    let mut tops = Vec::new();
    if let Some(scratchpad) = view.scratchpad {
        if kind == WmKind::I3 {
            tops.extend(vault_slots(view).into_iter().filter(|slot| !slot.windows().is_empty()));
        }
        for float in &scratchpad.floating_nodes {
            let windows = float.windows();
            if windows.iter().any(|window| mark::hidden_of(&window.marks).is_some() || known(window)) {
                // Windows may float inside what floats: then the outer one is what was taken away.
                let inner = inside_floating(kind, float);
                tops.push(if inner.windows().len() == windows.len() { inner } else { float });
            }
        }
    }
    if let Some(temporary) = view.workspace(SCRATCH_WORKSPACE) {
        let inner = temporary.node.children().map(|child| inside_floating(kind, child));
        tops.extend(inner.filter(|inner| !inner.windows().is_empty()));
    }
    tops
}
