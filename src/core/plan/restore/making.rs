//! sway: containers that were hidden window by window, and are made again around the first of their
//! windows.
//!
//! sway has no empty containers, and a container cannot be named before it is in a tree. So the
//! first windows of all that a container holds are put side by side, get their shares while
//! commands can name them, and then each is split and the rest of its own container put in: level
//! by level, in one message, without a look in between.

use crate::core::plan::restore::place::Place;
use crate::core::plan::restore::restoration::Restoration;
use crate::core::plan::restore::shape::{AloneIn, Branch, Inside, Making, Shape};
use crate::core::plan::shares::{Room, Shares, gap, room_in, script_of};
use crate::core::plan::unwrap::to_workspace;
use crate::core::tree::layout::turn;
use crate::core::tree::mark::{PLACEHOLDER, PREFIX, Role};
use crate::core::tree::{ContainerId, Layout, Node, NodeKind, Rect};
use crate::core::windows::hidden::HiddenContainer;
use crate::core::words::command::quote;
use crate::core::words::wm::WmKind;

impl<'a> Restoration<'a> {
    /// The first window of a workspace is at its root: bring the others there.
    pub(in crate::core) fn fill_workspace(&mut self, shape: Shape<'a>, layout: Layout) {
        let place = Place::Workspace(shape.first().workspace.clone());
        let room = self.room_now(&place, shape.first()).unwrap_or(shape.place.room);
        *self.children(&place) = shape.firsts();
        self.fill(shape, layout, room, true);
    }

    /// The rooms of containers that came beside others, when all have their shares.
    pub(in crate::core) fn measure_shapes(&mut self) {
        let mut making = std::mem::take(&mut self.making);
        for Making { shape, room, .. } in &mut making {
            let first = shape.first().id;
            let Some(place) = self.parent_place(first) else { continue };
            let layout = self.layout_of(&place);
            let Some(whole) = self.room_now(&place, shape.first()) else { continue };
            let count = self.tiling.get(&place).map_or(1, Vec::len);
            let part = self.parts.get(&first).copied().unwrap_or(1.0 / count as f64);
            let inside = room_in(layout, Room { rect: whole, gap: shape.place.gap }, &Node::default(), part, count);
            match layout {
                Layout::Splith | Layout::Splitv => (room.width, room.height) = (inside.width, inside.height),
                _ => room.width = inside.width,
            }
        }
        self.making = making;
    }

    /// The room that the children of a place divide, when all have their shares.
    fn room_now(&self, place: &Place, window: &HiddenContainer) -> Option<Rect> {
        let view = self.situation.view;
        let node = match place {
            Place::Workspace(name) => {
                let was = || window.path.iter().rev().find(|level| level.is_workspace).map(|level| level.room);
                return view.workspace(name).map(|workspace| workspace.node.rect).or_else(was);
            }
            Place::Container(id) => view.node(*id)?,
            Place::Made(_) => return None,
        };
        let outer = view.parent(node.id).filter(|_| node.kind == NodeKind::Con);
        let Some(outer) = outer else { return Some(node.rect) };
        let around = match outer.kind {
            NodeKind::Workspace => Place::Workspace(window.workspace.clone()),
            _ => Place::Container(outer.id),
        };
        let rect = self.room_now(&around, window)?;
        let staying = || outer.nodes.iter().filter(|child| !self.leaving.contains(&child.id));
        let was = || node.percent.unwrap_or(0.0) / staying().filter_map(|child| child.percent).sum::<f64>();
        let part = self.parts.get(&node.id).copied().unwrap_or_else(was);
        let count = self.tiling.get(&around).map_or_else(|| staying().count(), Vec::len);
        let gap = view.workspace(&window.workspace).map_or(0, |workspace| gap(view, workspace.node));
        Some(room_in(outer.layout, Room { rect, gap }, node, part, count))
    }

    /// Make the containers around the windows that came to their places, and bring the rest.
    pub(in crate::core) fn make_shapes(&mut self) {
        while let Some(Making { shape, alone, room }) = self.making.pop_front() {
            let (place, first) = (shape.place, shape.first());
            match alone {
                Some(AloneIn::Workspace(_)) => {
                    self.script.on(first.id, "focus parent");
                    self.script.push("layout tabbed");
                }
                Some(AloneIn::Container(_)) => self.script.on(first.id, "layout tabbed"),
                None => {}
            }
            self.script.on(first.id, turn(place.layout));
            if place.layout.shows_one() {
                self.script.on(first.id, format_args!("layout {}", place.layout.command_word()));
            }
            if let Some(AloneIn::Workspace(layout) | AloneIn::Container(layout)) = alone {
                self.script.on(first.id, "focus parent");
                if matches!(alone, Some(AloneIn::Workspace(_))) {
                    self.script.push("focus parent");
                }
                self.script.push(format!("layout {}", layout.command_word()));
            }
            if !place.marks.is_empty() {
                self.script.on(first.id, "focus parent");
                for mark in place.marks.iter().filter_map(|mark| quote(WmKind::Sway, mark)) {
                    self.script.push(format!("mark --add {mark}"));
                }
            }
            self.traces.made.push((place.id, first.id, shape.depth()));
            if place.is_workspace {
                self.traces.wrapped.push((first.id, shape.depth(), place.layout));
            }
            self.fill(shape, place.layout, room, false);
        }
    }

    /// The first window of a container is in it: bring the first of its other children, give all
    /// their shares, and see to what is below.
    fn fill(&mut self, shape: Shape<'a>, layout: Layout, room: Rect, is_root: bool) {
        let firsts = shape.firsts();
        if firsts.len() > 1 {
            self.bring(&shape);
        }
        let goal = |child: &Branch<'_>| Some(f64::from(child.share_ppm) / 1e6).filter(|share| *share > 0.0);
        let goals: Vec<(ContainerId, Option<f64>)> =
            shape.children.iter().map(|child| (child.first().id, goal(child))).collect();
        let shares = Shares::anew(layout, Room { rect: room, gap: shape.place.gap }, &goals);
        let screen = self.screen_of(shape.first()).filter(|_| !is_root && shares.is_tight(&firsts));
        // There is room enough on the whole screen.
        let wide = screen.map(|rect| Shares::anew(layout, Room { rect, gap: shape.place.gap }, &goals));
        let resizes = script_of(&wide.as_ref().unwrap_or(&shares).corrections(WmKind::Sway, &firsts));
        if wide.is_some() && !resizes.is_empty() {
            self.script.on(firsts[0], "focus parent");
            self.script.push("fullscreen enable");
            self.script.extend(resizes);
            self.script.push("fullscreen disable");
        } else {
            self.script.extend(resizes);
        }
        let goals = shares.goals(&firsts);
        let alone = (firsts.len() == 1 && layout.is_split()).then_some(match is_root {
            true => AloneIn::Workspace(layout),
            false => AloneIn::Container(layout),
        });
        for (at, child) in shape.children.into_iter().enumerate() {
            let Inside::Container(inner) = child.inside else { continue };
            self.firsts.insert(inner.place.id, inner.first().id);
            let titles = shape.place.room.height - inner.place.room.height;
            let room = match (layout, goals.get(at)) {
                (Layout::Splith, Some(width)) => Rect { width: *width as i32, ..room },
                (Layout::Splitv, Some(height)) => Rect { height: *height as i32, ..room },
                (Layout::Tabbed | Layout::Stacked, _) => Rect { height: room.height - titles, ..room },
                _ => inner.place.room,
            };
            self.making.push_back(Making { shape: inner, alone, room });
        }
    }

    /// The rectangle of the output that a window comes back to.
    fn screen_of(&self, window: &HiddenContainer) -> Option<Rect> {
        let output = self.situation.view.workspace(&window.workspace).map(|workspace| workspace.output.to_string());
        let output = output.or_else(|| self.output_for(window))?;
        let is_it = |node: &&Node| node.kind == NodeKind::Output && node.name.as_deref() == Some(output.as_str());
        self.situation.view.nodes().find(is_it).map(|node| node.rect)
    }

    /// Bring the first windows of all children to where the first one is.
    fn bring(&mut self, shape: &Shape<'a>) {
        let first = shape.first();
        let Some(to_workspace) = to_workspace(&first.workspace) else { return };
        let others = shape.children.iter().skip(1).map(Branch::first);
        if self.shown.last() == Some(&first.workspace) && first.role != Role::Floating {
            // What has the focus is what each of them is put into, behind the others.
            self.script.on(first.id, "focus parent");
            for window in others {
                self.show_hidden(window, format_args!("{to_workspace}, floating disable"));
            }
        } else {
            let mark = self.mark_of(first.id);
            for window in others.rev() {
                let chain = format!("{to_workspace}, floating disable, move container to mark \"{mark}\"");
                self.show_hidden(window, chain);
            }
        }
    }

    /// A mark that a container bears, by which others come beside it or into it: one of ours, or
    /// one that it gets for the length of the script.
    pub(in crate::core) fn mark_of(&mut self, id: ContainerId) -> String {
        let marks = self.situation.view.node(id).map(|node| node.marks.as_slice()).unwrap_or_default();
        if let Some(mark) = marks.iter().find(|mark| mark.starts_with(PREFIX)) {
            return mark.clone();
        }
        let mark = format!("{PLACEHOLDER}{id}");
        if self.marked.insert(id) {
            self.script.on(id, format_args!("mark --add {mark}"));
        }
        mark
    }

    /// Take the marks away that were only for this script.
    pub(in crate::core) fn unmark(&mut self) {
        for id in std::mem::take(&mut self.marked) {
            self.script.on(id, format_args!("unmark {PLACEHOLDER}{id}"));
        }
    }
}
