//! The script of restoring while it is made: what is common to its parts, and to both window
//! managers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::core::plan::before::Before;
use crate::core::plan::focus::show_workspace;
use crate::core::plan::hiding::{Hiding, StandIn, Stands};
use crate::core::plan::restore::measure::lay_out;
use crate::core::plan::restore::orders::focus_orders;
use crate::core::plan::restore::place::{Place, Spot};
use crate::core::plan::restore::shape::Making;
use crate::core::plan::shares::{Room, Shares, gap, room_of, script_of};
use crate::core::plan::situation::{Situation, output_for};
use crate::core::plan::tidy::Traces;
use crate::core::tree::mark::Role;
use crate::core::tree::{ContainerId, Layout, Node};
use crate::core::windows::hidden::{HiddenContainer, inside_floating};
use crate::core::windows::memory::ProjectMemory;
use crate::core::words::command::{Script, quote};
use crate::core::words::seeded::{self, Fault};
use crate::core::words::wm::WmKind;

/// A script of restoring while it is made, and the account of who stands where at this point of it.
pub(in crate::core) struct Restoration<'a> {
    pub(in crate::core) situation: &'a Situation<'a>,
    /// The containers that leave before.
    pub(in crate::core) leaving: &'a BTreeSet<ContainerId>,
    /// i3: what stands in for others.
    pub(in crate::core) stand_ins: &'a mut Vec<StandIn>,
    /// How the project that comes back was left.
    pub(in crate::core) memory: Option<&'a ProjectMemory>,
    /// The workspaces that will be visible.
    pub(in crate::core) visible: BTreeSet<&'a str>,
    /// The workspaces that something comes back to, with how many containers tile there.
    pub(in crate::core) names: BTreeMap<&'a str, usize>,
    /// The workspaces at whose root is what was in this wrapper, or nothing.
    pub(in crate::core) roots: BTreeMap<String, Option<ContainerId>>,
    /// The tiling children that a place has, at this point of the script.
    pub(in crate::core) tiling: BTreeMap<Place, Vec<ContainerId>>,
    /// The layouts of those places that this script gives one.
    pub(in crate::core) layouts: BTreeMap<Place, Layout>,
    /// The shares of the children of the place where containers come back.
    pub(in crate::core) shares: Option<(Place, Shares)>,
    /// Workspaces that this script has shown or made.
    pub(in crate::core) made: BTreeSet<String>,
    /// The workspaces that this script showed, the one that it is on last.
    pub(in crate::core) shown: Vec<String>,
    /// The commands that rebuild the focus stack of each workspace, which are still to be said.
    pub(in crate::core) focus_orders: BTreeMap<String, Script>,
    /// The commands for focus orders that have been said.
    pub(in crate::core) said: Script,
    /// i3: the workspaces to which something came back, and that may have been laid out by nobody
    /// since.
    pub(in crate::core) unmeasured: BTreeSet<String>,
    /// Something sticky comes along to each workspace that is shown.
    pub(in crate::core) has_sticky: bool,
    /// sway: workspaces whose children this script wrapped to get at the workspace itself.
    pub(in crate::core) wrapped_root: BTreeSet<String>,
    /// i3: the wrappers that will be dissolved, with the layout of the workspace of each.
    pub(in crate::core) dissolving: Vec<(ContainerId, Layout)>,
    /// sway: the containers that will be made around windows that are in their places.
    pub(in crate::core) making: VecDeque<Making<'a>>,
    /// sway: the parts that containers have of what they are in, if this script said so.
    pub(in crate::core) parts: BTreeMap<ContainerId, f64>,
    /// sway: the first windows of the containers that this script makes, by the ids that those had.
    pub(in crate::core) firsts: BTreeMap<ContainerId, ContainerId>,
    /// sway: the containers that bear a mark for the length of the script.
    pub(in crate::core) marked: BTreeSet<ContainerId>,
    pub(in crate::core) traces: Traces,
    pub(in crate::core) script: Script,
    pub(in crate::core) late: Script,
}

impl<'a> Restoration<'a> {
    /// A script in which nothing came back yet.
    pub(in crate::core) fn new(
        situation: &'a Situation<'a>,
        returning: &[&'a HiddenContainer],
        hiding: &'a mut Hiding,
        memory: Option<&'a ProjectMemory>,
        before: &'a Before,
    ) -> Restoration<'a> {
        let visible = memory.map_or(&before.visible, |memory| &memory.visible);
        let Hiding { leaving, stand_ins, roots, .. } = hiding;
        let leaving = &*leaving;
        let hung_anew: BTreeSet<String> = roots.keys().cloned().collect();
        let mut restoration = Restoration {
            situation,
            leaving,
            stand_ins,
            memory,
            visible: visible.iter().map(|(_, name)| name.as_str()).collect(),
            names: count_tiling(returning),
            roots: std::mem::take(roots),
            tiling: BTreeMap::new(),
            layouts: BTreeMap::new(),
            made: BTreeSet::new(),
            shown: Vec::new(),
            focus_orders: focus_orders(situation, returning, leaving, &hung_anew, memory, before),
            said: Script::new(),
            unmeasured: BTreeSet::new(),
            has_sticky: situation.view.has_sticky(),
            wrapped_root: BTreeSet::new(),
            dissolving: Vec::new(),
            shares: None,
            making: VecDeque::new(),
            parts: BTreeMap::new(),
            firsts: BTreeMap::new(),
            marked: BTreeSet::new(),
            traces: Traces::default(),
            script: Script::new(),
            late: Script::new(),
        };
        for name in &hung_anew {
            let inside = restoration.children(&Place::Workspace(name.clone())).clone();
            restoration.traces.came.extend(inside);
        }
        restoration
    }
}

impl Restoration<'_> {
    /// What came back bears no mark of a hidden container any longer.
    pub(in crate::core) fn unhide(&mut self, container: &HiddenContainer) {
        let anchor = self.situation.table.by_serial(container.anchor);
        if let Some(window) = anchor.filter(|_| !seeded::has(Fault::ForgetToUnmark)) {
            self.script.on(window.id, format_args!("unmark \"{}\"", container.mark()));
        }
    }

    /// Show the workspace of a container, on its output if it must be made, with its layout if
    /// nothing tiles on it.
    pub(in crate::core) fn show(&mut self, container: &HiddenContainer) {
        let name = &container.workspace;
        let Some(command) = show_workspace(self.situation.kind, name) else { return };
        self.shown.push(name.clone());
        let first = self.made.insert(name.clone());
        let view = self.situation.view;
        let empty = self.children(&Place::Workspace(name.clone())).is_empty();
        // An empty workspace vanishes when it is left, also in this script, and is made anew on
        // whatever output has the focus. With no project in view, one that the user sees is to be
        // where he sees it.
        let seen = view.workspace(name).filter(|_| self.memory.is_none() && self.visible.contains(name.as_str()));
        let output = seen.map_or_else(|| self.output_for(container), |workspace| Some(workspace.output.to_string()));
        let output = output.filter(|_| first && empty && view.outputs().len() > 1);
        let output = output.and_then(|output| quote(self.situation.kind, &output));
        if output.is_some() || self.has_sticky {
            // i3 draws the screen when a workspace goes to another output, and when what is sticky
            // was alone on the workspace before.
            let unmeasured = std::mem::take(&mut self.unmeasured);
            self.script.extend(lay_out(self.situation.kind, unmeasured.iter().map(String::as_str)));
        }
        self.script.push(command);
        // What floats is out of the way, and its going would draw the screen.
        for stand_in in self.stand_ins.iter_mut().filter(|stand_in| stand_in.stands == Stands::Root(name.clone())) {
            stand_in.leave(&mut self.script);
        }
        if let Some(output) = output {
            self.script.push(format!("move workspace to output {output}"));
        }
        if first && empty {
            // An emptied workspace forgets its layout; on an empty one `layout` sets the
            // workspace's own. If what floats has the focus, it would take the command: i3 is
            // told which workspace is meant, sway's keeps its layout.
            let layout = self.layout_for(container);
            self.layouts.insert(Place::Workspace(name.clone()), layout);
            let layout = layout.command_word();
            let stands = Stands::Floating(name.clone());
            let floats = view.workspace(name).filter(|workspace| {
                let mut floats = workspace.node.floating_nodes.iter();
                floats.any(|float| !self.leaving.contains(&inside_floating(self.situation.kind, float).id))
                    || self.stand_ins.iter().any(|stand_in| stand_in.stands == stands)
            });
            match (floats, self.situation.kind) {
                (None, _) => self.script.push(format!("layout {layout}")),
                (Some(workspace), WmKind::I3) => self.script.on(workspace.node.id, format_args!("layout {layout}")),
                (Some(_), WmKind::Sway) => {}
            }
        }
    }

    /// The layout that a place has now.
    pub(in crate::core) fn layout_of(&self, place: &Place) -> Layout {
        let node = || self.node(place).map(|node| node.layout);
        self.layouts.get(place).copied().or_else(node).unwrap_or(Layout::Other)
    }

    /// Does a child of a place stand for the container that was made around it?
    pub(in crate::core) fn is_made_around(&self, place: &Place, child: ContainerId) -> bool {
        *place != Place::Made(child) && self.tiling.contains_key(&Place::Made(child))
    }

    /// Is a child of a place a window?
    pub(in crate::core) fn is_leaf(&self, place: &Place, child: ContainerId) -> bool {
        self.situation.view.node(child).is_some_and(Node::is_window) && !self.is_made_around(place, child)
    }

    /// Account for the share of a container that came back among others.
    pub(in crate::core) fn share(&mut self, spot: &Spot, id: ContainerId) {
        if self.shares.is_none() {
            self.shares = self.shares_of(&spot.place).map(|shares| (spot.place.clone(), shares));
        }
        if let Some((_, shares)) = &mut self.shares {
            let goal = spot.share_ppm.filter(|share| *share > 0).map(|share| f64::from(share) / 1e6);
            shares.insert(id, goal, &spot.siblings);
        }
    }

    /// The shares of those that stay in a place. If nothing was, nothing has a share yet; and
    /// the children of a container that was made have equal ones.
    pub(in crate::core) fn shares_of(&self, place: &Place) -> Option<Shares> {
        let node = self.node(place)?;
        let (workspace, is_root) = match place {
            Place::Workspace(name) => (self.situation.view.workspace(name), true),
            Place::Container(_) => (self.situation.view.workspace_of(node.id), false),
            Place::Made(_) => return None,
        };
        let workspace = workspace.map_or(node, |workspace| workspace.node);
        let view = self.situation.view;
        let (gap, rect) = match self.situation.kind {
            WmKind::I3 => (0, if is_root { workspace.rect } else { node.rect }),
            WmKind::Sway if is_root => (gap(view, workspace), workspace.rect),
            WmKind::Sway => (gap(view, workspace), room_of(view, node, &|id| !self.leaving.contains(&id))),
        };
        Some(Shares::new(node, Room { rect, gap }, self.leaving))
    }

    pub(in crate::core) fn swap_shares(&mut self, place: &Place, one: ContainerId, other: ContainerId) {
        if let Some((_, shares)) = self.shares.as_mut().filter(|(current, _)| current == place) {
            shares.swap(one, other);
        }
    }

    /// Put right the shares of the place before, if containers come back to another one now.
    pub(in crate::core) fn turn_to(&mut self, place: &Place) {
        if self.shares.as_ref().is_some_and(|(current, _)| current != place) {
            self.resize();
        }
    }

    /// Give what came back the share it had, and the others the rest in the proportions they have.
    pub(in crate::core) fn resize(&mut self) {
        let Some((place, shares)) = self.shares.take() else { return };
        let order = self.children(&place).clone();
        if self.situation.kind == WmKind::Sway {
            self.parts.extend(shares.parts(&order));
        }
        self.script.extend(script_of(&shares.corrections(self.situation.kind, &order)));
    }

    /// The output that the workspace of a container will be on, if that is there.
    pub(in crate::core) fn output_for(&self, container: &HiddenContainer) -> Option<String> {
        output_for(self.situation.view, self.memory, container).map(str::to_string)
    }

    /// The layout of the workspace of a container that comes to it alone.
    pub(in crate::core) fn layout_for(&self, container: &HiddenContainer) -> Layout {
        let remembered = self.memory.and_then(|memory| memory.layouts.get(&container.workspace));
        remembered.filter(|_| !container.wrapper).map_or(container.workspace_layout, |layout| layout.0)
    }
}

/// How many containers come back to tile on each workspace.
fn count_tiling<'a>(returning: &[&'a HiddenContainer]) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for container in returning {
        *counts.entry(container.workspace.as_str()).or_insert(0) += usize::from(container.role != Role::Floating);
    }
    counts
}

/// The end of a chain of commands for a container that was sticky.
pub(in crate::core) fn sticky_again(container: &HiddenContainer) -> &'static str {
    if container.sticky { ", sticky enable" } else { "" }
}
