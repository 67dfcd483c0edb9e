//! sway: what comes back floats in from the scratchpad, is tiled beside what has the focus, and swapped to its place.

use std::collections::BTreeSet;

use super::super::unwrap::{Detour, to_workspace};
use super::orders::asked_while_hidden;
use super::{Place, Restoration, Spot, insert_after, sticky_again};
use crate::core::mark::{Role, WRAPPER};
use crate::core::table::HiddenContainer;
use crate::core::tree::{ContainerId, Rect};

impl Restoration<'_> {
    pub(super) fn restore_on_sway(&mut self, container: &HiddenContainer) {
        let id = container.id;
        // sway 1.7 and 1.10.1 die of a move of what is hidden and fullscreen, or holds something that is. A program
        // may ask for it at any time, so the container itself is never moved without this.
        self.script.on(id, "fullscreen disable");
        for (inside, _) in asked_while_hidden(self.situation, container).into_iter().filter(|(inside, _)| *inside != id)
        {
            self.script.on(inside, "fullscreen disable");
        }
        let Some(to_workspace) = to_workspace(&container.workspace) else {
            self.script.on(id, "scratchpad show, floating disable");
            return;
        };
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
            self.restore_to_empty_on_sway(container, &to_workspace);
            return;
        }
        let spot = self.spot(container);
        self.turn_to(&spot.place);
        self.script.on(id, &to_workspace);
        match spot.place {
            Place::Container(parent) => {
                self.script.on(parent, "focus");
                self.script.on(id, "floating disable");
                self.children(&spot.place).push(id);
            }
            Place::Made(inner) => {
                self.script.on(inner, "focus parent");
                self.script.on(id, "floating disable");
                self.children(&spot.place).push(id);
            }
            Place::Workspace(_) => self.attach_to_root(id, &root),
        }
        self.share(&spot, id);
        self.bubble(&spot, id);
        if container.wrapper {
            self.traces.wrappers.insert(id, container.workspace_layout);
        }
        if let Some(layout) = spot.missing {
            self.make_around(id, layout);
        }
    }

    /// sway: a tiled split container that is moved to an empty workspace is roots, and the workspace takes over its layout. So
    /// a wrapper is tiled on another workspace first.
    fn restore_to_empty_on_sway(&mut self, container: &HiddenContainer, to_workspace: &str) {
        let id = container.id;
        let view = self.situation.view;
        let root = Place::Workspace(container.workspace.clone());
        // A wrapper brings its layout along, and makes its workspace on the only output there is. Each workspace that is shown is described
        // to all subscribers, with all that is on it.
        if !container.wrapper || view.outputs().len() > 1 {
            self.show(container);
        } else {
            self.made.insert(container.workspace.clone());
        }
        if container.wrapper {
            let hidden = self.situation.table.hidden.iter().map(|container| container.workspace.as_str());
            let known: BTreeSet<&str> = hidden.chain(self.names.keys().copied()).collect();
            let unmade = known.into_iter().filter(|name| !self.made.contains(*name)).collect();
            if let Some(detour) = Detour::new(self.situation, &container.workspace, &unmade) {
                let workspace = view.workspace(&container.workspace);
                detour.unwrap(&mut self.script, &format!("con_id={id}"), workspace.as_ref(), self.leaving);
            }
            self.roots.insert(container.workspace.clone(), Some(id));
            self.tiling.remove(&root);
        } else {
            self.script.on(id, format_args!("{to_workspace}, floating disable"));
            self.children(&root).push(id);
        }
        let came = self.children(&root).clone();
        self.traces.came.extend(came);
    }

    /// sway: tile a floating container at the root of a workspace that has tiling children. `floating disable` attaches beside the focused
    /// tiling leaf: a leaf of the root where there is one, else the root itself is wrapped and focused.
    fn attach_to_root(&mut self, id: ContainerId, root: &Place) {
        let Place::Workspace(name) = root else { return };
        let children = self.children(root).clone();
        let leaf = children.iter().copied().find(|child| self.is_leaf(root, *child));
        match leaf {
            Some(leaf) if !self.wrapped_root.contains(name) => {
                self.unsplit(leaf);
                self.script.on(leaf, "focus");
                self.script.on(id, "floating disable");
                insert_after(self.children(root), leaf, id);
            }
            _ => {
                if self.wrapped_root.insert(name.clone()) {
                    self.unsplit(children[0]);
                    self.focus_above(root, children[0]);
                    self.script.push("split h");
                }
                self.focus_above(root, children[0]);
                self.script.on(id, "floating disable");
                self.children(root).push(id);
            }
        }
    }

    /// What came to a root in this script may stand in a container of `workspace_layout`, which what comes beside it shall not.
    fn unsplit(&mut self, child: ContainerId) {
        if self.traces.came.contains(&child) {
            self.script.on(child, "split none");
        }
    }

    /// Focus what a child of a place stands in.
    fn focus_above(&mut self, place: &Place, child: ContainerId) {
        self.script.on(child, "focus parent");
        if self.is_made_around(place, child) {
            self.script.push("focus parent");
        }
    }

    /// sway: the wrappers that were made to get at the root of a workspace are roots again, which takes a workspace with nothing else on it.
    pub(super) fn unwrap_roots(&mut self) {
        let hidden = self.situation.table.hidden.iter().map(|container| container.workspace.as_str());
        let known: BTreeSet<&str> = hidden.chain(self.names.keys().copied()).collect();
        for name in std::mem::take(&mut self.wrapped_root) {
            // Where it was not there before this script, nothing floats on it yet.
            let workspace = self.situation.view.workspace(&name);
            let Some(detour) = Detour::new(self.situation, &name, &known) else { continue };
            let root = Place::Workspace(name.clone());
            let children = self.children(&root).clone();
            self.focus_above(&root, children[0]);
            self.script.push(format!("mark --add {WRAPPER}"));
            let criteria = format!("con_mark=\"^{WRAPPER}$\"");
            self.script.push(format!("[{criteria}] floating enable"));
            detour.unwrap(&mut self.script, &criteria, workspace.as_ref(), self.leaving);
            self.script.push(format!("unmark {WRAPPER}"));
            // What this script made around a child is not known by an id.
            let known: Vec<ContainerId> =
                children.into_iter().filter(|child| !self.is_made_around(&root, *child)).collect();
            let layout = workspace.map_or_else(|| self.layout_of(&root), |workspace| workspace.node.layout);
            self.traces.wrapped.extend(known.first().map(|child| (*child, layout)));
            self.traces.came.extend(known);
        }
    }

    /// sway: swap a container with a child of a place.
    fn swap_with_child(&mut self, place: &Place, id: ContainerId, child: ContainerId) {
        if self.is_made_around(place, child) {
            self.focus_child(place, child);
            self.script.push(format!("swap container with con_id {id}"));
        } else {
            self.script.on(id, format_args!("swap container with con_id {child}"));
        }
        // Both are put into a container of `workspace_layout` each, where they could not be resized.
        if matches!(place, Place::Workspace(_)) {
            self.script.on(id, "split none");
            self.on_child(place, child, "split none");
        }
    }

    /// sway: swap a container with its neighbours until it stands where it stood. Strangers among its siblings keep their places.
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

/// Float, in this place and at this size.
fn float_there(rect: Rect) -> String {
    let Rect { x, y, width, height } = rect;
    format!("floating enable, resize set {width} px {height} px, move absolute position {x} px {y} px")
}
