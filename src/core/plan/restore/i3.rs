//! i3: what comes back is swapped with a placeholder that was opened at its place.

use std::collections::BTreeSet;

use crate::core::plan::fallback::floats;
use crate::core::plan::hiding::{StandIn, Stands};
use crate::core::plan::restore::place::{Place, insert_after, insert_before};
use crate::core::plan::restore::restoration::{Restoration, sticky_again};
use crate::core::plan::tidy;
use crate::core::plan::workspaces::reorder;
use crate::core::tree::layout::{orientation, turn};
use crate::core::tree::mark::{PLACEHOLDER, Role};
use crate::core::tree::{ContainerId, Layout, Node, Rect};
use crate::core::windows::hidden::{HiddenContainer, inside_floating};
use crate::core::words::wm::WmKind;

impl Restoration<'_> {
    /// Bring these containers back one after the other.
    pub(in crate::core) fn restore_each(&mut self, containers: &[&HiddenContainer]) {
        for container in containers {
            self.restore_on_i3(container);
            self.unmeasured.insert(container.workspace.clone());
            self.unhide(container);
        }
    }

    /// i3: a rule or tool has made a tiling window sticky while it was hidden, which floated for
    /// that. It tiles again, and would be everybody's.
    pub(in crate::core) fn unstick(&mut self, tiling: &[&HiddenContainer]) {
        let back = tiling.iter().flat_map(|container| &container.windows);
        let back = back.filter_map(|serial| self.situation.table.by_serial(*serial));
        let is_stuck = |id| self.situation.view.node(id).is_some_and(|node| node.sticky);
        let stuck: Vec<ContainerId> =
            back.filter(|window| !window.sticky && is_stuck(window.id)).map(|window| window.id).collect();
        for id in stuck {
            self.script.on(id, "sticky disable");
        }
    }

    pub(in crate::core) fn restore_on_i3(&mut self, container: &HiddenContainer) {
        let id = container.id;
        if container.role == Role::Floating {
            self.float_on_i3(container);
            return;
        }
        let spot = self.spot(container);
        let place = &spot.place;
        self.turn_to(place);
        let alone = self.children(place).is_empty();
        match (spot.earlier, spot.later) {
            (None, None) => {
                if !self.swap_with_stand_in(container) {
                    self.show(container);
                    self.leave_floating_group(&container.workspace);
                    self.swap_in_here(id);
                }
                self.layouts.insert(place.clone(), self.layout_for(container));
                self.children(place).push(id);
            }
            (Some(neighbour), _) => {
                self.focus_child(place, neighbour);
                self.swap_in_here(id);
                insert_after(self.children(place), neighbour, id);
            }
            (None, Some(neighbour)) => {
                self.swap_in_before(place, neighbour, id);
                insert_before(self.children(place), neighbour, id);
            }
        }
        self.share(&spot, id);
        if let (None, Some(neighbour)) = (spot.earlier, spot.later.filter(|later| self.is_leaf(place, *later))) {
            self.swap_shares(place, id, neighbour);
        }
        if let Some(layout) = spot.missing.filter(|_| !alone) {
            self.make_around(id, layout);
        }
        if container.wrapper {
            let shared = self.names.get(container.workspace.as_str()).is_some_and(|count| *count > 1);
            if alone && !shared {
                self.stand_alone(container);
            } else {
                self.stand(container.id, container.workspace_layout);
            }
        }
    }

    /// i3: the workspaces without a number stand in their order, when all are there.
    pub(in crate::core) fn reorder(&mut self, returning: &[&HiddenContainer]) {
        let of = |name: &&String| returning.iter().find(|container| container.workspace == **name);
        let made = self.shown.iter().filter_map(|name| Some((name.clone(), self.output_for(of(&name)?))));
        let made: Vec<(String, Option<String>)> = made.collect();
        let reorder = reorder(self.situation, self.leaving, &made);
        // What comes late may come to a workspace that is made then.
        if self.late.is_empty() {
            self.script.extend(reorder);
        } else {
            self.late.extend(reorder);
        }
    }

    /// i3: `move position` draws the screen at once. So a floating container comes late to a
    /// workspace that will be visible, and on others only its place comes late.
    fn float_on_i3(&mut self, container: &HiddenContainer) {
        let id = container.id;
        let Rect { x, y, width, height } = container.rect;
        let earlier = std::mem::take(&mut self.script);
        let is_late = self.visible.contains(container.workspace.as_str());
        // All the rest is laid out before what comes late.
        let unmeasured = if is_late { std::mem::take(&mut self.unmeasured) } else { BTreeSet::new() };
        self.show(container);
        self.unmeasured.extend(unmeasured);
        self.swap_in_here(id);
        self.script.on(id, format_args!("floating enable, resize set {width} px {height} px"));
        let floating = std::mem::replace(&mut self.script, earlier);
        if is_late {
            self.late.extend(floating);
        } else {
            self.script.extend(floating);
        }
        self.late.on(id, format_args!("move absolute position {x} px {y} px{}", sticky_again(container)));
    }

    /// i3: a wrapper that is all that tiles on its workspace. It is a split, since only splits can
    /// be dissolved. On a workspace of tabs or stacks it is dissolved at once, since it would show
    /// its children side by side; so it is on a workspace that has been drawn. On one that has not
    /// been drawn it stays until it is (`plan::tidy`).
    fn stand_alone(&mut self, container: &HiddenContainer) {
        let layout = container.workspace_layout;
        let workspace = self.situation.view.workspace(&container.workspace);
        if layout.shows_one() || workspace.is_some_and(|workspace| workspace.visible) {
            self.dissolving.push((container.id, layout));
        } else {
            self.stand(container.id, layout);
        }
    }

    /// i3: a wrapper stays, and shows its children as its workspace did.
    fn stand(&mut self, wrapper: ContainerId, layout: Layout) {
        self.traces.wrappers.insert(wrapper, layout);
        let Some(node) = self.situation.view.node(wrapper) else { return };
        if let Some(first) = node.nodes.first().filter(|_| layout.shows_one() && node.layout != layout) {
            self.script.on(first.id, format_args!("layout {}", layout.command_word()));
        }
    }

    /// i3: dissolve wrappers, when all that tiles is in place: not while there is a pair of
    /// containers that would go with them.
    pub(in crate::core) fn dissolve_wrappers(&mut self) {
        let dissolving = std::mem::take(&mut self.dissolving);
        if dissolving.is_empty() {
            return;
        }
        let has_redundant_pair = self.leaves_redundant_pair();
        for (wrapper, layout) in dissolving {
            let Some(node) = self.situation.view.node(wrapper).filter(|_| !has_redundant_pair) else {
                self.stand(wrapper, layout);
                continue;
            };
            let workspace = self.parent_place(wrapper).filter(|_| !layout.shows_one());
            let workspace = workspace.and_then(|place| match place {
                Place::Workspace(name) => self.situation.view.workspace(&name),
                _ => None,
            });
            if let Some(first) = node.nodes.first().filter(|_| layout.shows_one() && node.layout == layout) {
                self.script.on(first.id, format_args!("layout {}", orientation(layout)));
            }
            self.script.extend(tidy::dissolve(node, layout, workspace.map(|workspace| workspace.node.rect)));
            self.script.extend(tidy::focus_children(node));
        }
    }

    /// i3: swap a container with the stand-in that is alone at the root of its workspace. A
    /// workspace that has another layout takes over that of its only child by `split`, if both
    /// are splits.
    fn swap_with_stand_in(&mut self, container: &HiddenContainer) -> bool {
        let Some(workspace) = self.situation.view.workspace(&container.workspace) else { return false };
        if self.memory.is_some() && self.output_for(container).is_some_and(|output| output != workspace.output) {
            return false;
        }
        let (now, wanted) = (workspace.node.layout, self.layout_for(container));
        let root = Stands::Root(container.workspace.clone());
        let alone = self.stand_ins.iter().position(|stand_in| stand_in.stands == root);
        let Some(at) = alone.filter(|_| now == wanted || (now.is_split() && wanted.is_split())) else { return false };
        let mut stand_in = self.stand_ins.remove(at);
        self.script.push(format!("[{}] swap container with con_id {}", stand_in.criteria, container.id));
        if floats(self.situation, container.id) {
            stand_in.stands = Stands::Scratchpad;
            self.stand_ins.push(stand_in);
        }
        if now != wanted {
            self.script.on(container.id, turn(wanted));
        }
        true
    }

    /// i3: swap a container in before the first child of a place. A placeholder opens only behind
    /// another. A window then changes places with what came back; a container would lose its size
    /// by that on an invisible workspace, so it moves behind the placeholder, which is empty and so
    /// never entered.
    fn swap_in_before(&mut self, place: &Place, first: ContainerId, id: ContainerId) {
        self.focus_child(place, first);
        let mark = self.open_placeholder(id);
        if self.is_leaf(place, first) {
            self.swap_in(id, &mark);
            self.script.on(id, format_args!("swap container with con_id {first}"));
            return;
        }
        let onwards = if orientation(self.layout_of(place)) == "splitv" { "move down" } else { "move right" };
        self.on_child(place, first, onwards);
        self.swap_in(id, &mark);
    }

    /// i3: make a container of this layout around one that came back, in place of the one it stood
    /// in.
    fn make_around(&mut self, id: ContainerId, layout: Layout) {
        self.script.on(id, turn(layout));
        if layout.shows_one() {
            self.script.on(id, format_args!("layout {}", layout.command_word()));
        }
        self.tiling.insert(Place::Made(id), vec![id]);
        self.layouts.insert(Place::Made(id), layout);
    }

    /// i3: what opens while the focus is in a floating container with more than one window comes to
    /// that container. On a workspace where nothing tiles the focus may be nowhere else.
    fn leave_floating_group(&mut self, workspace: &str) {
        let Some(workspace) = self.situation.view.workspace(workspace) else { return };
        let is_group = |float: &Node| {
            let inner = inside_floating(WmKind::I3, float);
            !inner.is_window() && !self.leaving.contains(&inner.id)
        };
        if workspace.node.floating_nodes.iter().any(is_group) {
            self.script.on(workspace.node.id, "focus");
        }
    }

    /// i3: focus a child of a place.
    fn focus_child(&mut self, place: &Place, child: ContainerId) {
        self.script.on(child, "focus");
        if self.is_made_around(place, child) {
            self.script.push("focus parent");
        }
    }

    /// i3: say a command of a child of a place.
    fn on_child(&mut self, place: &Place, child: ContainerId, command: &str) {
        if self.is_made_around(place, child) {
            self.focus_child(place, child);
            self.script.push(command);
        } else {
            self.script.on(child, command);
        }
    }

    /// i3: open a placeholder beside what has the focus and swap the container with it.
    fn swap_in_here(&mut self, id: ContainerId) {
        let mark = self.open_placeholder(id);
        self.swap_in(id, &mark);
    }

    /// Answers the mark of the placeholder for a container.
    fn open_placeholder(&mut self, id: ContainerId) -> String {
        let mark = self.unused_mark(id);
        self.script.push("open");
        self.script.push(format!("mark --add {mark}"));
        mark
    }

    /// i3: swap a container with its placeholder, which becomes a free place of the vault. Where
    /// the container has closed meanwhile the placeholder stays behind, and is known by its own
    /// mark.
    fn swap_in(&mut self, id: ContainerId, mark: &str) {
        self.script.on(id, format_args!("swap container with mark {mark}"));
        if floats(self.situation, id) {
            self.stand_ins.push(StandIn { criteria: format!("con_mark=\"^{mark}$\""), stands: Stands::Scratchpad });
        }
    }

    /// A mark for the placeholder of a container. One that is in the tree would be taken from a
    /// placeholder of before, which might be one that was left behind.
    fn unused_mark(&self, id: ContainerId) -> String {
        let base = format!("{PLACEHOLDER}{id}");
        let numbered = (1..).map(|number: u32| format!("{base}:{number}"));
        std::iter::once(base.clone()).chain(numbered).find(|mark| !self.situation.view.has_mark(mark)).unwrap_or(base)
    }
}
