//! sway: what comes back floats in from the scratchpad, is tiled beside what has the focus, and
//! swapped to its place.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeSet, VecDeque};

use crate::core::plan::restore::orders::asked_while_hidden;
use crate::core::plan::restore::place::{Place, Spot, insert_after};
use crate::core::plan::restore::restoration::{Restoration, sticky_again};
use crate::core::plan::restore::shape::{Making, Shape};
use crate::core::plan::situation::keeps_windows;
use crate::core::plan::unwrap::{Detour, to_workspace};
use crate::core::tree::layout::turn;
use crate::core::tree::mark::WRAPPER;
use crate::core::tree::{ContainerId, Layout, NodeKind, Rect};
use crate::core::windows::hidden::{FormerPlace, HiddenContainer};

/// On what a container that is made again comes to stand.
enum Ground {
    /// What it was in is there.
    There,
    /// It is all that tiles on its workspace.
    Empty,
    /// It was all that tiled on a workspace where others do now: a container stands for it.
    Among,
}

impl<'a> Restoration<'a> {
    /// One workspace after the other, as each that gets the focus is described to all subscribers
    /// with all that is on it: those that will have it at last come last.
    pub(in crate::core) fn restore_all_on_sway(
        &mut self,
        tiling: &[&'a HiddenContainer],
        floating: &[&'a HiddenContainer],
        latest: &[&str],
    ) {
        let names: BTreeSet<&str> =
            tiling.iter().chain(floating).map(|container| container.workspace.as_str()).collect();
        let mut names: Vec<&str> = names.into_iter().collect();
        names.sort_by_key(|name| latest.iter().position(|latest| latest == name).map_or(0, |at| at + 1));
        let rank = |name: &&str| self.situation.table.rank(name);
        let made: Vec<&str> = names.iter().copied().filter(|name| rank(name) > 0 && self.is_made_anew(name)).collect();
        let is_there = |name: &&str| self.situation.view.workspace(name).is_some();
        if !made.iter().map(rank).is_sorted() || made.iter().skip(1).any(is_there) {
            // Those that are made stand in the order in which they are, and one that is empty is
            // made again when it has been left.
            names.sort_by_key(rank);
            let mut all = tiling.iter().chain(floating);
            if let Some(first) = all.find(|container| Some(container.workspace.as_str()) == names.first().copied()) {
                self.show(first);
            }
        }
        for name in names {
            let here = |container: &&&HiddenContainer| container.workspace == name;
            let tiling: Vec<&HiddenContainer> = tiling.iter().filter(here).copied().collect();
            self.tile_on_sway(&tiling);
            self.resize();
            self.unwrap_roots();
            let mut waiting: VecDeque<&HiddenContainer> = floating.iter().filter(here).copied().collect();
            while let Some(first) = waiting.pop_front() {
                self.float_on_sway(first, &mut waiting);
            }
            self.resize();
            self.measure_shapes();
            self.make_shapes();
            if self.shown.last().is_some_and(|shown| shown == name) {
                let order = self.focus_orders.remove(name).unwrap_or_default();
                self.said.extend(order.clone());
                self.script.extend(order);
            }
        }
        for container in tiling.iter().chain(floating) {
            self.unhide(container);
        }
        self.unmark();
    }

    /// Will a workspace be made by this script? One that is empty goes when it is left.
    fn is_made_anew(&self, name: &str) -> bool {
        let there = self.situation.view.workspace(name);
        there.is_none_or(|workspace| !keeps_windows(self.situation, self.leaving, &workspace))
    }

    fn tile_on_sway(&mut self, tiling: &[&'a HiddenContainer]) {
        // The deepest first: the room of a place is known as long as nothing has come to what that
        // is in.
        let mut grounds: Vec<(usize, &HiddenContainer)> = Vec::new();
        for container in tiling.iter().copied() {
            let (gone, ground) = self.ground(container);
            let is_inside = container.path.get(gone).is_some_and(|level| !level.is_workspace);
            let is_deep = matches!(ground, Ground::There) && is_inside;
            grounds.push((if is_deep { container.path.len() - gone } else { 0 }, container));
        }
        grounds.sort_by_key(|(depth, container)| (Reverse(*depth), container.order));
        let mut waiting: VecDeque<&HiddenContainer> = grounds.into_iter().map(|(_, container)| container).collect();
        while let Some(first) = waiting.pop_front() {
            let (gone, ground) = self.ground(first);
            let root = gone.checked_sub(1);
            let Some(shape) = root.and_then(|root| take_shape(first, root, &mut waiting)) else {
                match ground {
                    Ground::Empty => {
                        self.come_to_empty(first);
                    }
                    Ground::There | Ground::Among => self.come_beside(first),
                }
                continue;
            };
            let window = shape.first();
            if matches!(ground, Ground::Empty) {
                let wrapper = shape.place.whole;
                let first = HiddenContainer { workspace_layout: shape.place.layout, wrapper, ..window.clone() };
                let layout = self.come_to_empty(&first);
                self.fill_workspace(shape, layout);
                continue;
            }
            self.come_for(shape, first, gone);
        }
    }

    /// The first window of a container that is gone comes to the place of that, of which `of`
    /// tells, and stands for it until it is made.
    fn come_for(&mut self, shape: Shape<'a>, of: &HiddenContainer, gone: usize) {
        let window = shape.first();
        self.firsts.insert(shape.place.id, window.id);
        self.come_beside(&HiddenContainer { path: of.path[gone..].to_vec(), ..window.clone() });
        self.making.push_back(Making::new(shape));
    }

    /// How many of the containers that a window was in are gone, and on what the outermost of them
    /// comes to stand.
    fn ground(&mut self, container: &HiddenContainer) -> (usize, Ground) {
        let container = &*self.with_first_windows(container);
        let root = Place::Workspace(container.workspace.clone());
        let is_empty = self.children(&root).is_empty();
        for (at, level) in container.path.iter().enumerate() {
            if !level.is_workspace {
                let place = self.standing(container, level.id).or_else(|| self.place_of_siblings(container, level));
                if place.is_some_and(|place| !self.children(&place).is_empty()) {
                    return (at, Ground::There);
                }
            } else if is_empty {
                return (at + 1, Ground::Empty);
            } else {
                let place = self.inside_wrapper(container, level).unwrap_or_else(|| root.clone());
                let present = self.children(&place).clone();
                let is_there = |sibling: &ContainerId| present.contains(sibling);
                let alone = level.whole && !level.children.iter().any(is_there);
                return if alone { (at + 1, Ground::Among) } else { (at, Ground::There) };
            }
        }
        // What floats is in nothing else.
        (container.path.len(), if is_empty { Ground::Empty } else { Ground::There })
    }

    /// The containers that this script makes have no names yet: where its path tells of one there
    /// is the first window of it.
    fn with_first_windows<'b>(&self, container: &'b HiddenContainer) -> Cow<'b, HiddenContainer> {
        if self.firsts.is_empty() {
            return Cow::Borrowed(container);
        }
        let mut container = container.clone();
        let named = container.path.iter_mut().flat_map(|level| level.children.iter_mut().chain([&mut level.branch]));
        for id in named {
            *id = self.firsts.get(id).copied().unwrap_or(*id);
        }
        Cow::Owned(container)
    }

    /// It comes to where something of what it stood among is.
    fn come_beside(&mut self, container: &HiddenContainer) {
        let id = container.id;
        let Some(to_workspace) = to_workspace(&container.workspace) else {
            self.show_hidden(container, "scratchpad show, floating disable");
            return;
        };
        let root = Place::Workspace(container.workspace.clone());
        let spot = self.spot(&self.with_first_windows(container));
        if spot.place == root && self.children(&root).is_empty() {
            self.come_to_empty(container);
            return;
        }
        self.turn_to(&spot.place);
        self.show_hidden(container, &to_workspace);
        match spot.place {
            Place::Container(parent) if self.floats(parent) => {
                // `floating disable` would have it tile on the workspace.
                let mark = self.mark_of(parent);
                self.script.on(id, format_args!("floating disable, move container to mark \"{mark}\""));
                self.children(&spot.place).push(id);
            }
            Place::Container(parent) => {
                self.script.on(parent, "focus");
                self.script.on(id, "floating disable");
                self.children(&spot.place).push(id);
            }
            Place::Workspace(_) | Place::Made(_) => self.attach_to_root(id, &root),
        }
        self.share(&spot, id);
        self.bubble(&spot, id);
    }

    /// Is a container inside what floats, or does it float itself?
    fn floats(&self, id: ContainerId) -> bool {
        let mut node = self.situation.view.node(id);
        while let Some(here) = node.filter(|node| node.kind == NodeKind::Con) {
            node = self.situation.view.parent(here.id);
        }
        node.is_some_and(|node| node.kind == NodeKind::FloatingCon)
    }

    /// What is hidden leaves the scratchpad by this chain of commands. sway 1.7 and 1.10.1 die of a
    /// move of what is hidden and fullscreen, or holds something that is. A program may ask for it
    /// at any time, so the container itself is never moved without this, and in one command.
    pub(in crate::core) fn show_hidden(&mut self, container: &HiddenContainer, chain: impl std::fmt::Display) {
        let asked = asked_while_hidden(self.situation, container);
        for (inside, _) in asked.into_iter().filter(|(inside, _)| *inside != container.id) {
            self.script.on(inside, "fullscreen disable");
        }
        self.script.on(container.id, format_args!("fullscreen disable, {chain}"));
    }

    /// It comes to a workspace on which nothing tiles, and brings it its layout, which is answered.
    fn come_to_empty(&mut self, container: &HiddenContainer) -> Layout {
        let id = container.id;
        let layout = self.layout_for(container);
        let Some(to_workspace) = to_workspace(&container.workspace) else {
            self.show_hidden(container, "scratchpad show, floating disable");
            return layout;
        };
        let view = self.situation.view;
        // It gets the focus in the end if several come to it.
        let shows =
            view.outputs().len() > 1 || self.names.get(container.workspace.as_str()).is_some_and(|count| *count > 1);
        if shows {
            self.show(container);
        } else {
            self.made.insert(container.workspace.clone());
        }
        // `workspace_layout` puts what comes to the root into a container of its own.
        self.show_hidden(container, format_args!("{to_workspace}, floating disable, split none"));
        let now = view.workspace(&container.workspace).map(|workspace| workspace.node.layout);
        if layout.is_split() && now.is_none_or(Layout::is_split) {
            self.script.on(id, turn(layout));
        } else {
            self.script.on(id, "focus parent");
            self.script.push(format!("layout {}", layout.command_word()));
        }
        let root = Place::Workspace(container.workspace.clone());
        self.layouts.insert(root.clone(), layout);
        self.children(&root).push(id);
        layout
    }

    /// What floats, by itself or with others in a container.
    fn float_on_sway(&mut self, container: &'a HiddenContainer, waiting: &mut VecDeque<&'a HiddenContainer>) {
        let (gone, _) = self.ground(container);
        if gone < container.path.len() {
            let Some(root) = gone.checked_sub(1) else { return self.come_beside(container) };
            let Some(shape) = take_shape(container, root, waiting) else { return };
            return self.come_for(shape, container, gone);
        }
        let shape = container.path.len().checked_sub(1).and_then(|root| take_shape(container, root, waiting));
        let first = shape.as_ref().map_or(container, |shape| shape.first());
        let Some(to_workspace) = to_workspace(&first.workspace) else {
            self.show_hidden(first, "scratchpad show");
            return;
        };
        if self.children(&Place::Workspace(first.workspace.clone())).is_empty() {
            self.show(first);
        }
        let there = float_there(first.rect);
        // `move absolute position` moves a floating container to the workspace that is visible: go
        // home again after it.
        let chain = format!("{to_workspace}, floating disable, {there}, {to_workspace}{}", sticky_again(first));
        self.show_hidden(first, chain);
        self.making.extend(shape.map(Making::new));
    }

    /// sway: tile a floating container at the root of a workspace that has tiling children.
    /// `floating disable` attaches beside the focused tiling leaf: a leaf of the root if there
    /// is one, else the root itself is wrapped and focused.
    fn attach_to_root(&mut self, id: ContainerId, root: &Place) {
        let Place::Workspace(name) = root else { return };
        let children = self.children(root).clone();
        let leaf = children.iter().copied().find(|child| self.is_leaf(root, *child));
        match leaf {
            Some(leaf) if !self.wrapped_root.contains(name) => {
                self.unsplit(leaf);
                self.script.on(leaf, "focus");
                self.script.on(id, "floating disable, split none");
                insert_after(self.children(root), leaf, id);
            }
            _ => {
                if self.wrapped_root.insert(name.clone()) {
                    self.unsplit(children[0]);
                    self.script.on(children[0], "focus parent");
                    self.script.push("split h");
                }
                self.script.on(children[0], "focus parent");
                self.script.on(id, "floating disable");
                self.children(root).push(id);
            }
        }
    }

    /// What came to a root in this script may stand in a container of `workspace_layout`, which
    /// what comes beside it must not.
    fn unsplit(&mut self, child: ContainerId) {
        if self.traces.came.contains(&child) {
            self.script.on(child, "split none");
        }
    }

    /// sway: the wrappers that were made to get at the root of a workspace are roots again, which
    /// takes a workspace with nothing else on it.
    pub(in crate::core) fn unwrap_roots(&mut self) {
        let hidden = self.situation.table.hidden.iter().map(|container| container.workspace.as_str());
        let known: BTreeSet<&str> = hidden.chain(self.names.keys().copied()).collect();
        for name in std::mem::take(&mut self.wrapped_root) {
            // If it was not there before this script, nothing floats on it yet.
            let workspace = self.situation.view.workspace(&name);
            let Some(detour) = Detour::new(self.situation, &name, &known) else { continue };
            let root = Place::Workspace(name.clone());
            let children = self.children(&root).clone();
            self.script.on(children[0], "focus parent");
            self.script.push(format!("mark --add {WRAPPER}"));
            let criteria = format!("con_mark=\"^{WRAPPER}$\"");
            self.script.push(format!("[{criteria}] floating enable"));
            self.shown.clear();
            detour.unwrap(&mut self.script, &criteria, workspace.as_ref(), self.leaving);
            self.script.push(format!("unmark {WRAPPER}"));
            let layout = workspace.map_or_else(|| self.layout_of(&root), |workspace| workspace.node.layout);
            let depth_of = |child: ContainerId| {
                let making = self.making.iter().find(|making| making.shape.first().id == child);
                making.map_or(0, |making| making.shape.depth())
            };
            self.traces.wrapped.push((children[0], 1 + depth_of(children[0]), layout));
            let (known, firsts): (Vec<ContainerId>, _) = children.into_iter().partition(|child| depth_of(*child) == 0);
            for first in firsts {
                self.script.on(first, "split none");
            }
            self.traces.came.extend(known);
        }
    }

    /// sway: swap a container with a child of a place.
    fn swap_with_child(&mut self, place: &Place, id: ContainerId, child: ContainerId) {
        self.script.on(id, format_args!("swap container with con_id {child}"));
        // Both are put into a container of `workspace_layout` each, where they could not be
        // resized.
        if matches!(place, Place::Workspace(_)) {
            self.script.on(id, "split none");
            self.script.on(child, "split none");
        }
    }

    /// sway: swap a container with its neighbours until it stands where it stood. Strangers among
    /// its siblings keep their places.
    fn bubble(&mut self, spot: &Spot, id: ContainerId) {
        let place = &spot.place;
        let mut present = self.children(place).clone();
        let position = |present: &[ContainerId], id: ContainerId| present.iter().position(|child| *child == id);
        let Some(mut at) = position(&present, id) else { return };
        let goal = match (spot.earlier, spot.later) {
            (Some(earlier), _) => {
                position(&present, earlier).map_or(at, |before| if before < at { before + 1 } else { before })
            }
            (None, Some(later)) => {
                position(&present, later).map_or(at, |after| if after < at { after } else { after - 1 })
            }
            (None, None) => at,
        };
        while at != goal {
            let next = if at > goal { at - 1 } else { at + 1 };
            self.swap_with_child(place, id, present[next]);
            self.swap_shares(place, id, present[next]);
            present.swap(at, next);
            at = next;
        }
        *self.children(place) = present;
    }
}

/// All of those that wait, and this one, that were in one container. What several projects had for
/// themselves was the same workspace.
fn take_shape<'a>(
    first: &'a HiddenContainer,
    root: usize,
    waiting: &mut VecDeque<&'a HiddenContainer>,
) -> Option<Shape<'a>> {
    let root = first.path.get(root)?;
    let is_it = |level: &FormerPlace| {
        level.id == root.id && level.whole == root.whole && (!root.whole || level.children == root.children)
    };
    let is_inside = |other: &HiddenContainer| other.workspace == first.workspace && other.path.iter().any(is_it);
    let (inside, others): (VecDeque<_>, VecDeque<_>) = waiting.drain(..).partition(|other| is_inside(other));
    *waiting = others;
    Shape::new(root.id, &std::iter::once(first).chain(inside).collect::<Vec<_>>())
}

/// Float, in this place and at this size.
fn float_there(rect: Rect) -> String {
    let Rect { x, y, width, height } = rect;
    format!("floating enable, resize set {width} px {height} px, move absolute position {x} px {y} px")
}
