//! Restoring: the commands that bring hidden containers back to their places.
//!
//! The plan is made on the tree as it is before the containers that leave in the same script are gone, so it keeps account of who
//! stands where: `tiling` holds the tiling children that a parent will have at each point of the script.

mod i3;
mod orders;
mod places;
mod shape;
mod sway;

pub use orders::fullscreen_command;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use self::orders::{focus_orders, fullscreen_again, urgent_again};
use self::places::{Place, Spot};
use self::shape::Making;
use crate::core::plan::hiding::{Hiding, StandIn, Stands};
use crate::core::plan::shares::{Room, Shares, gap, room_of, script_of};
use crate::core::plan::{Before, Situation, Traces, output_for, show_workspace};
use crate::core::tree::mark::Role;
use crate::core::tree::{ContainerId, Layout, Node};
use crate::core::windows::hidden::{HiddenContainer, inside_floating};
use crate::core::windows::memory::ProjectMemory;
use crate::core::words::command::{Script, quote};
use crate::core::words::seeded::{self, Fault};
use crate::core::words::wm::WmKind;

/// What a script of restoring does.
#[derive(Debug, Default)]
pub struct Restoring {
    /// The commands.
    pub script: Script,
    /// i3: commands about floating containers that draw the screen at once, so they come when all else is in place and visible as it shall be.
    pub late: Script,
    /// The commands that put focus orders and fullscreen right, after those.
    pub orders: Script,
    /// sway: those for focus orders that `script` has already.
    pub said: Script,
    /// The workspaces that `script` shows one after the other.
    pub shown: Vec<String>,
    /// i3: the commands that give what came back to workspaces that will not be visible its size, before anything is told to a program: when
    /// all is in place there, and before the screen is drawn; once more when the rest of it has its place, or is fullscreen.
    pub measure: Script,
    /// sway: what asks for attention, and shall go on to where it has not the focus in the end.
    pub urgent: Vec<ContainerId>,
    /// What it leaves to be tidied up.
    pub traces: Traces,
}

impl Restoring {
    /// The commands for what asks for attention, when the focus is where it shall be.
    #[must_use]
    pub fn ask_again(&self, focused: Option<ContainerId>) -> Script {
        let mut script = Script::new();
        for id in self.urgent.iter().filter(|id| Some(**id) != focused) {
            script.on(*id, "urgent enable");
        }
        script
    }
}

/// The commands that bring `returning` back after those of `hiding`. The stand-ins that are swapped back are taken out of it.
#[must_use]
pub fn restore(
    situation: &Situation<'_>,
    returning: &[&HiddenContainer],
    hiding: &mut Hiding,
    memory: Option<&ProjectMemory>,
    before: &Before,
) -> Restoring {
    let visible = memory.map_or(&before.visible, |memory| &memory.visible);
    let Hiding { leaving, stand_ins, roots, .. } = hiding;
    let leaving = &*leaving;
    let hung_anew: BTreeSet<String> = roots.keys().cloned().collect();
    let mut builder = Restoration {
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
        let inside = builder.children(&Place::Workspace(name.clone())).clone();
        builder.traces.came.extend(inside);
    }
    let mut ordered: Vec<&HiddenContainer> = returning.to_vec();
    // The deepest first: a place is put right before it is itself swapped about, which on an invisible workspace of i3
    // takes its size away until it is shown.
    let depth = |container: &HiddenContainer| match situation.kind {
        WmKind::I3 => container.path.len(),
        WmKind::Sway => 0,
    };
    ordered.sort_by_key(|container| (&container.workspace, Reverse(depth(container)), container.order));
    let (floating, tiling): (Vec<_>, Vec<_>) =
        ordered.iter().copied().partition(|container| container.role == Role::Floating);
    match situation.kind {
        WmKind::I3 => {
            builder.restore_each(&tiling);
            builder.resize();
            builder.dissolve_wrappers();
            builder.restore_each(&floating);
        }
        WmKind::Sway => {
            let previous = memory.and_then(|memory| memory.previous.as_deref());
            let latest: Vec<&str> = previous.into_iter().chain(visible.iter().map(|(_, name)| name.as_str())).collect();
            builder.restore_all_on_sway(&tiling, &floating, &latest);
        }
    }
    let Restoration { script, late, focus_orders, said, shown, traces, .. } = builder;
    let mut orders = Script::new();
    for order in focus_orders.into_values() {
        orders.extend(order);
    }
    let fullscreen = fullscreen_again(situation, &ordered, leaving, memory);
    let covers = !fullscreen.is_empty() || !before.fullscreen_off.is_empty();
    orders.extend(fullscreen);
    if situation.kind == WmKind::I3 && !ordered.is_empty() {
        orders.push(SAY_DESKTOPS);
    }
    let urgent = urgent_again(situation, &ordered, leaving);
    Restoring {
        script,
        late,
        orders,
        said,
        shown,
        measure: measure(situation, &ordered, visible, covers),
        urgent,
        traces,
    }
}

/// i3 lays out what is visible, and tells programs what it then finds in the whole tree; what was swapped on a workspace that is not visible
/// has the size of what it was swapped with. To append an empty layout lays out the workspace that is shown at that point of a script,
/// and draws nothing.
const LAY_OUT: &str = "append_layout /dev/null";

/// Where something will be fullscreen (`covers`), i3 lays out nothing beside it, so visible workspaces are laid out before that, too.
fn measure(
    situation: &Situation<'_>,
    returning: &[&HiddenContainer],
    visible: &[(String, String)],
    covers: bool,
) -> Script {
    let names: BTreeSet<&str> = returning.iter().map(|container| container.workspace.as_str()).collect();
    let (seen, unseen): (Vec<&str>, Vec<&str>) =
        names.into_iter().partition(|name| visible.iter().any(|(_, visible)| visible == name));
    // A visible one may be empty as yet. i3 closes it when it is left, and draws the screen: all others have their sizes by then.
    lay_out(situation.kind, unseen.into_iter().chain(seen.into_iter().filter(|_| covers)))
}

/// i3: show these workspaces and lay them out.
fn lay_out<'a>(kind: WmKind, names: impl Iterator<Item = &'a str>) -> Script {
    let mut script = Script::new();
    let names = names.filter(|_| kind == WmKind::I3 && !seeded::has(Fault::ForgetToMeasure));
    for show in names.filter_map(|name| show_workspace(kind, name)) {
        script.push(show);
        script.push(LAY_OUT);
    }
    script
}

fn count_tiling<'a>(returning: &[&'a HiddenContainer]) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for container in returning {
        *counts.entry(container.workspace.as_str()).or_insert(0) += usize::from(container.role != Role::Floating);
    }
    counts
}

/// i3 says of a window in the scratchpad that it is on every desktop (`_NET_WM_DESKTOP`) and does not take that back when it is swapped
/// out; at its next in-place restart it would float the window and make it sticky. `sticky` makes it look again, and touches
/// nothing where nothing matches.
const SAY_DESKTOPS: &str = "[con_mark=\"^_i3pm1:none$\"] sticky disable";

struct Restoration<'a> {
    situation: &'a Situation<'a>,
    leaving: &'a BTreeSet<ContainerId>,
    /// i3: what stands in for others.
    stand_ins: &'a mut Vec<StandIn>,
    /// How the project that comes back was left.
    memory: Option<&'a ProjectMemory>,
    /// The workspaces that will be visible.
    visible: BTreeSet<&'a str>,
    /// The workspaces that something comes back to, with how many containers tile there.
    names: BTreeMap<&'a str, usize>,
    /// The workspaces at whose root is what was in this wrapper, or nothing.
    roots: BTreeMap<String, Option<ContainerId>>,
    /// The tiling children a place has, at this point of the script.
    tiling: BTreeMap<Place, Vec<ContainerId>>,
    /// The layouts of those places that this script gives one.
    layouts: BTreeMap<Place, Layout>,
    /// The shares of the children of the place where containers come back.
    shares: Option<(Place, Shares)>,
    /// Workspaces that this script has shown or made.
    made: BTreeSet<String>,
    /// The workspaces that this script showed, the one that it is on last.
    shown: Vec<String>,
    /// The commands that rebuild the focus stack of each workspace, which are still to be said.
    focus_orders: BTreeMap<String, Script>,
    /// Those that have been said.
    said: Script,
    /// i3: those to which something came back and that may have been laid out by nobody since.
    unmeasured: BTreeSet<String>,
    /// Something sticky comes along to each workspace that is shown.
    has_sticky: bool,
    /// sway: workspaces whose children this script wrapped to get at the workspace itself.
    wrapped_root: BTreeSet<String>,
    /// i3: the wrappers that shall be dissolved, with the layout of the workspace of each.
    dissolving: Vec<(ContainerId, Layout)>,
    /// sway: the containers that shall be made around windows that are in their places.
    making: VecDeque<Making<'a>>,
    /// sway: the parts that containers have of what they are in, where this script said so.
    parts: BTreeMap<ContainerId, f64>,
    /// sway: the first windows of the containers that this script makes, by the ids that those had.
    firsts: BTreeMap<ContainerId, ContainerId>,
    /// sway: the containers that bear a mark for the length of the script.
    marked: BTreeSet<ContainerId>,
    traces: Traces,
    script: Script,
    late: Script,
}

impl Restoration<'_> {
    fn restore_each(&mut self, containers: &[&HiddenContainer]) {
        for container in containers {
            self.restore_on_i3(container);
            self.unmeasured.insert(container.workspace.clone());
            self.unhide(container);
        }
    }

    /// What came back bears no mark of a hidden container any longer.
    fn unhide(&mut self, container: &HiddenContainer) {
        let anchor = self.situation.table.by_serial(container.anchor);
        if let Some(window) = anchor.filter(|_| !seeded::has(Fault::ForgetToUnmark)) {
            self.script.on(window.id, format_args!("unmark \"{}\"", container.mark()));
        }
    }

    /// Show the workspace of a container, on its output if it must be made, with its layout if nothing tiles on it.
    fn show(&mut self, container: &HiddenContainer) {
        let name = &container.workspace;
        let Some(command) = show_workspace(self.situation.kind, name) else { return };
        self.shown.push(name.clone());
        let first = self.made.insert(name.clone());
        let view = self.situation.view;
        let empty = self.children(&Place::Workspace(name.clone())).is_empty();
        // An empty workspace vanishes when it is left, also in this script, and is made anew on whatever output has the focus. With
        // no project in view, one that the user sees is to be where he sees it.
        let seen = view.workspace(name).filter(|_| self.memory.is_none() && self.visible.contains(name.as_str()));
        let output = seen.map_or_else(|| self.output_for(container), |workspace| Some(workspace.output.to_string()));
        let output = output.filter(|_| first && empty && view.outputs().len() > 1);
        let output = output.and_then(|output| quote(self.situation.kind, &output));
        if output.is_some() || self.has_sticky {
            // i3 draws the screen when a workspace goes to another output, and when what is sticky was alone on the workspace before.
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
            // An emptied workspace forgets its layout; on an empty one `layout` sets the workspace's own. Where what floats has
            // the focus it would take the command: i3 is told which workspace is meant, sway's keeps its layout.
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
    fn layout_of(&self, place: &Place) -> Layout {
        let node = || self.node(place).map(|node| node.layout);
        self.layouts.get(place).copied().or_else(node).unwrap_or(Layout::Other)
    }

    /// Does a child of a place stand for the container that was made around it?
    fn is_made_around(&self, place: &Place, child: ContainerId) -> bool {
        *place != Place::Made(child) && self.tiling.contains_key(&Place::Made(child))
    }

    /// Is a child of a place a window?
    fn is_leaf(&self, place: &Place, child: ContainerId) -> bool {
        self.situation.view.node(child).is_some_and(Node::is_window) && !self.is_made_around(place, child)
    }

    /// Account for a container that came back among others.
    fn share(&mut self, spot: &Spot, id: ContainerId) {
        if self.shares.is_none() {
            self.shares = self.shares_of(&spot.place).map(|shares| (spot.place.clone(), shares));
        }
        if let Some((_, shares)) = &mut self.shares {
            let goal = spot.share_ppm.filter(|share| *share > 0).map(|share| f64::from(share) / 1e6);
            shares.insert(id, goal, &spot.siblings);
        }
    }

    /// The shares of those that stay in a place. Where nothing was, nothing has a share yet; and the children of a container that was made
    /// have equal ones.
    fn shares_of(&self, place: &Place) -> Option<Shares> {
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
        let Some((place, shares)) = self.shares.take() else { return };
        let order = self.children(&place).clone();
        if self.situation.kind == WmKind::Sway {
            self.parts.extend(shares.parts(&order));
        }
        self.script.extend(script_of(&shares.corrections(self.situation.kind, &order)));
    }

    /// The output that the workspace of a container shall be on, if that is there.
    fn output_for(&self, container: &HiddenContainer) -> Option<String> {
        output_for(self.situation.view, self.memory, container).map(str::to_string)
    }

    /// The layout of the workspace of a container that comes to it alone.
    fn layout_for(&self, container: &HiddenContainer) -> Layout {
        let remembered = self.memory.and_then(|memory| memory.layouts.get(&container.workspace));
        remembered.filter(|_| !container.wrapper).map_or(container.workspace_layout, |layout| layout.0)
    }
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
