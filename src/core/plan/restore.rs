//! Restoring: the commands that bring hidden containers back to their places.
//!
//! The plan is made on the tree as it is before the containers that leave in the same script are gone, so it keeps account of who
//! stands where: `tiling` holds the tiling children that a parent will have at each point of the script.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::fallback::floats;
use super::hide::{Hiding, StandIn, Stands, orientation};
use super::shares::Shares;
use super::unwrap::{Detour, to_workspace};
use super::urgency::unhush;
use super::{Before, Situation, Traces, show_workspace, tidy};
use crate::core::command::{Script, quote};
use crate::core::event::WmKind;
use crate::core::mark::{PLACEHOLDER, Role, WRAPPER};
use crate::core::memory::ProjectMemory;
use crate::core::seeded::{self, Fault};
use crate::core::table::{FormerPlace, HiddenContainer, inside_floating};
use crate::core::tree::{ContainerId, Layout, Node, NodeKind, Rect};

/// What a script of restoring does.
#[derive(Debug, Default)]
pub struct Restoring {
    /// The commands.
    pub script: Script,
    /// i3: commands about floating containers that draw the screen at once, so they come when all else is in place and visible as it shall be.
    pub late: Script,
    /// The commands that put focus orders and fullscreen right, after those.
    pub orders: Script,
    /// What it leaves to be tidied up.
    pub traces: Traces,
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
    let mut builder = Restoration {
        situation,
        leaving,
        stand_ins,
        memory,
        visible: visible.iter().map(|(_, name)| name.as_str()).collect(),
        names: count_tiling(returning),
        roots: std::mem::take(roots),
        tiling: BTreeMap::new(),
        made: BTreeSet::new(),
        wrapped_root: BTreeSet::new(),
        has_redundant_pair: tidy::has_redundant_pair(situation.view),
        shares: None,
        traces: Traces::default(),
        script: Script::new(),
        late: Script::new(),
    };
    for name in builder.roots.keys().cloned().collect::<Vec<_>>() {
        let inside = builder.children(&Place::Workspace(name)).clone();
        builder.traces.came.extend(inside);
    }
    let mut ordered: Vec<&HiddenContainer> = returning.to_vec();
    // The deepest first: a place is put right before it is itself swapped about, which on an invisible workspace of i3
    // takes its size away until it is shown.
    ordered.sort_by_key(|container| (&container.workspace, Reverse(container.path.len()), container.order));
    let (floating, tiling): (Vec<_>, Vec<_>) =
        ordered.iter().copied().partition(|container| container.role == Role::Floating);
    builder.restore_each(&tiling);
    builder.resize();
    builder.unwrap_roots();
    builder.restore_each(&floating);
    let Restoration { script, late, traces, .. } = builder;
    let mut orders = Script::new();
    orders.extend(focus_orders(situation, &ordered, leaving, memory, before));
    orders.extend(fullscreen_again(situation, &ordered, leaving, memory));
    if situation.kind == WmKind::I3 && !ordered.is_empty() {
        orders.push(SAY_DESKTOPS);
    }
    Restoring { script, late, orders, traces }
}

fn count_tiling<'a>(returning: &[&'a HiddenContainer]) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for container in returning {
        *counts.entry(container.workspace.as_str()).or_insert(0) += usize::from(container.role != Role::Floating);
    }
    counts
}

/// What comes back is fullscreen again as the project was left; with no project only where it does not cover what others see.
fn fullscreen_again(
    situation: &Situation<'_>,
    returning: &[&HiddenContainer],
    leaving: &BTreeSet<ContainerId>,
    memory: Option<&ProjectMemory>,
) -> Script {
    let mut script = Script::new();
    let window = |serial: u64| situation.table.by_serial(serial).map(|window| window.id);
    let mut wanted: Vec<(ContainerId, u8)> = Vec::new();
    if let Some(memory) = memory {
        for (container, mode) in &memory.fullscreen {
            let id = container.serial.map_or(Some(container.id), window);
            wanted.extend(id.map(|id| (id, *mode)));
        }
    }
    for container in returning {
        let others = || returning.iter().filter(|other| other.workspace == container.workspace).count() > 1;
        let stays = || {
            let workspace = situation.view.workspace(&container.workspace);
            workspace.is_some_and(|workspace| {
                workspace.node.windows().iter().any(|window| !leaves(situation, leaving, window.id))
            })
        };
        if memory.is_some() || !(others() || stays()) {
            let windows = container.fullscreen.iter().filter_map(|(serial, mode)| Some((window(*serial)?, *mode)));
            wanted.extend(windows.chain(container.fullscreen_containers.iter().copied()));
        }
    }
    let mut done = BTreeSet::new();
    for (id, mode) in wanted {
        if situation.view.node(id).is_some() && !leaves(situation, leaving, id) && done.insert(id) {
            script.on(id, fullscreen_command(mode));
        }
    }
    script
}

/// i3 says of a window in the scratchpad that it is on every desktop (`_NET_WM_DESKTOP`) and does not take that back when it is swapped
/// out; at its next in-place restart it would float the window and make it sticky. `sticky` makes it look again, and touches
/// nothing where nothing matches.
const SAY_DESKTOPS: &str = "[con_mark=\"^_i3pm1:none$\"] sticky disable";

/// The command that makes a container fullscreen again.
#[must_use]
pub fn fullscreen_command(mode: u8) -> &'static str {
    if mode > 1 { "fullscreen enable global" } else { "fullscreen enable" }
}

/// Where tiling children hang.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// A container that this script made around one that came back, which stands for it wherever others name it.
    Made(ContainerId),
    Workspace(String),
    Container(ContainerId),
}

/// Where exactly a container comes back to.
struct Spot {
    place: Place,
    /// The nearest of its former siblings before it that is there, or else the last child there is.
    earlier: Option<ContainerId>,
    /// The nearest of its former siblings after it, where none before it is there.
    later: Option<ContainerId>,
    /// The share of the place that it had, in millionths, and among which children.
    share_ppm: Option<u32>,
    siblings: Vec<ContainerId>,
    /// It stood in a container that is gone: the layout of one to be made for it.
    missing: Option<Layout>,
}

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
    /// The shares of the children of the place where containers come back.
    shares: Option<(Place, Shares)>,
    /// Workspaces that this script has shown or made.
    made: BTreeSet<String>,
    /// sway: workspaces whose children this script wrapped to get at the workspace itself.
    wrapped_root: BTreeSet<String>,
    /// i3: the user has containers that would go with a wrapper that is dissolved.
    has_redundant_pair: bool,
    traces: Traces,
    script: Script,
    late: Script,
}

impl Restoration<'_> {
    fn restore_each(&mut self, containers: &[&HiddenContainer]) {
        for container in containers {
            match self.situation.kind {
                WmKind::I3 => self.restore_on_i3(container),
                WmKind::Sway => self.restore_on_sway(container),
            }
            let anchor = self.situation.table.by_serial(container.anchor);
            if let Some(window) = anchor.filter(|_| !seeded::has(Fault::ForgetToUnmark)) {
                self.script.on(window.id, format_args!("unmark \"{}\"", container.mark()));
            }
            self.script.extend(unhush(self.situation, container));
        }
    }

    /// The node of the tree whose children a place has at first.
    fn node(&self, place: &Place) -> Option<&Node> {
        let view = self.situation.view;
        match place {
            Place::Workspace(name) => match self.roots.get(name) {
                Some(wrapper) => wrapper.and_then(|wrapper| view.node(wrapper)),
                None => view.workspace(name).map(|workspace| workspace.node),
            },
            Place::Container(id) => view.node(*id),
            Place::Made(_) => None,
        }
    }

    /// The tiling children that a place has now.
    fn children(&mut self, place: &Place) -> &mut Vec<ContainerId> {
        if !self.tiling.contains_key(place) {
            let node = self.node(place);
            let children: Vec<ContainerId> = node
                .map(|node| node.nodes.iter().map(|child| child.id).filter(|id| !self.leaving.contains(id)).collect())
                .unwrap_or_default();
            self.tiling.insert(place.clone(), children);
        }
        self.tiling.get_mut(place).expect("inserted above")
    }

    /// Where a container comes back to: into its parent, if that is still there; else beside a sibling, wherever that went; else the
    /// same one level up; else at the end of its workspace.
    fn spot(&mut self, container: &HiddenContainer) -> Spot {
        let root = Place::Workspace(container.workspace.clone());
        for (at, level) in container.path.iter().enumerate() {
            let place = if level.is_workspace {
                self.inside_wrapper(container, level).or(Some(root.clone()))
            } else {
                self.standing(container, level.id).or_else(|| self.place_of_siblings(container, level))
            };
            let Some(place) = place else { continue };
            let present = self.children(&place).clone();
            let Some(last) = present.last().copied() else { continue };
            let index = level.children.iter().position(|child| *child == level.branch).unwrap_or(0);
            let is_present = |sibling: &&ContainerId| present.contains(sibling);
            let earlier = level.children[..index].iter().rev().find(is_present).copied();
            let later = level.children.iter().skip(index + 1).find(is_present).copied();
            return Spot {
                place,
                earlier: earlier.or_else(|| later.is_none().then_some(last)),
                later: later.filter(|_| earlier.is_none()),
                share_ppm: Some(level.share_ppm),
                siblings: level.children.clone(),
                missing: (at > 0).then(|| container.path[0].layout),
            };
        }
        let earlier = self.children(&root).last().copied();
        let missing = match container.path.as_slice() {
            [parent, _, ..] => Some(parent.layout),
            _ => None,
        };
        Spot { place: root, earlier, later: None, share_ppm: None, siblings: Vec::new(), missing }
    }

    /// The wrapper of ours on a workspace, where its former root children are in it now.
    fn inside_wrapper(&self, container: &HiddenContainer, level: &FormerPlace) -> Option<Place> {
        let workspace = self.situation.view.workspace(&container.workspace)?;
        let [only] = workspace.node.nodes.as_slice() else { return None };
        let holds = self.situation.table.wrappers.contains_key(&only.id)
            && !self.leaving.contains(&only.id)
            && only.nodes.iter().any(|child| level.children.contains(&child.id));
        holds.then_some(Place::Container(only.id))
    }

    /// A container, if it still stands on the workspace and holds something.
    fn standing(&mut self, container: &HiddenContainer, id: ContainerId) -> Option<Place> {
        let node = self.situation.view.node(id)?;
        let workspace = self.situation.view.workspace_of(id)?;
        let stands = workspace.name() == container.workspace
            && matches!(node.kind, NodeKind::Con | NodeKind::FloatingCon)
            && !node.nodes.is_empty()
            && !leaves(self.situation, self.leaving, id);
        stands.then_some(Place::Container(id))
    }

    /// The place that a former sibling stands in now.
    fn place_of_siblings(&mut self, container: &HiddenContainer, level: &FormerPlace) -> Option<Place> {
        let siblings = || level.children.iter().filter(|child| **child != level.branch);
        let came_back = self
            .tiling
            .iter()
            .find(|(_, children)| siblings().any(|sibling| children.contains(sibling)))
            .map(|(place, _)| place.clone());
        came_back.or_else(|| {
            siblings().find_map(|sibling| {
                let parent = self.situation.view.parent(*sibling)?;
                let workspace = self.situation.view.workspace_of(*sibling)?;
                let tiles = self.situation.view.node(*sibling)?.kind == NodeKind::Con
                    && workspace.name() == container.workspace
                    && !leaves(self.situation, self.leaving, *sibling);
                match parent.kind {
                    NodeKind::Con if tiles => Some(Place::Container(parent.id)),
                    NodeKind::Workspace if tiles => Some(Place::Workspace(container.workspace.clone())),
                    _ => None,
                }
            })
        })
    }

    /// Show the workspace of a container, on its output if it must be made, with its layout if nothing tiles on it.
    fn show(&mut self, container: &HiddenContainer) {
        let name = &container.workspace;
        let Some(command) = show_workspace(self.situation.kind, name) else { return };
        self.script.push(command);
        for stand_in in self.stand_ins.iter_mut().filter(|stand_in| stand_in.workspace() == Some(name)) {
            stand_in.leave(&mut self.script);
        }
        let first = self.made.insert(name.clone());
        let view = self.situation.view;
        let empty = self.children(&Place::Workspace(name.clone())).is_empty();
        // An empty workspace vanishes when it is left, also in this script, and is made anew on whatever output has the focus. With
        // no project in view, one that the user sees is to be where he sees it.
        let seen = view.workspace(name).filter(|_| self.memory.is_none() && self.visible.contains(name.as_str()));
        let output = seen.map_or_else(|| self.output_for(container), |workspace| Some(workspace.output.to_string()));
        if first
            && empty
            && view.outputs().len() > 1
            && let Some(output) = output.and_then(|output| quote(self.situation.kind, &output))
        {
            self.script.push(format!("move workspace to output {output}"));
        }
        if first && empty {
            // An emptied workspace forgets its layout; on an empty one `layout` sets the workspace's own. Where a floating window has
            // the focus it would take the command: i3 is told which workspace is meant, sway's keeps its layout.
            let layout = self.layout_for(container).command_word();
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
                    self.swap_in_here(id);
                }
                self.children(place).push(id);
            }
            (Some(neighbour), _) => {
                self.focus_child(place, neighbour);
                self.swap_in_here(id);
                insert_after(self.children(place), neighbour, id);
            }
            (None, Some(neighbour)) => {
                self.focus_child(place, neighbour);
                self.swap_in_here(id);
                self.swap_with_child(place, id, neighbour);
                insert_before(self.children(place), neighbour, id);
            }
        }
        self.share(&spot, id);
        if let (None, Some(neighbour)) = (spot.earlier, spot.later) {
            self.swap_shares(place, id, neighbour);
        }
        if let Some(layout) = spot.missing.filter(|_| !alone) {
            self.make_around(id, layout);
        }
        if container.wrapper {
            let shared = self.names.get(container.workspace.as_str()).is_some_and(|count| *count > 1);
            self.stand_for_workspace(container, alone && !shared);
        }
    }

    /// Make a container of this layout around one that came back, in place of the one it stood in.
    fn make_around(&mut self, id: ContainerId, layout: Layout) {
        self.script.on(id, tidy::turn(layout));
        if matches!(layout, Layout::Tabbed | Layout::Stacked) {
            self.script.on(id, format_args!("layout {}", layout.command_word()));
        }
        self.tiling.insert(Place::Made(id), vec![id]);
    }

    /// Focus a child of a place.
    fn focus_child(&mut self, place: &Place, child: ContainerId) {
        self.script.on(child, "focus");
        if self.is_made_around(place, child) {
            self.script.push("focus parent");
        }
    }

    /// Swap a container with a child of a place.
    fn swap_with_child(&mut self, place: &Place, id: ContainerId, child: ContainerId) {
        if self.is_made_around(place, child) {
            self.focus_child(place, child);
            self.script.push(format!("swap container with con_id {id}"));
        } else {
            self.script.on(id, format_args!("swap container with con_id {child}"));
        }
        // sway puts both into a container of `workspace_layout` each, where they could not be resized.
        if self.situation.kind == WmKind::Sway && matches!(place, Place::Workspace(_)) {
            self.script.on(id, "split none");
            self.script.on(child, "split none");
        }
    }

    /// Does a child of a place stand for the container that was made around it?
    fn is_made_around(&self, place: &Place, child: ContainerId) -> bool {
        *place != Place::Made(child) && self.tiling.contains_key(&Place::Made(child))
    }

    /// i3: `move position` draws the screen at once. So a floating container comes late to a workspace that will be visible, and on others only
    /// its place comes late.
    fn float_on_i3(&mut self, container: &HiddenContainer) {
        let id = container.id;
        let Rect { x, y, width, height } = container.rect;
        let earlier = std::mem::take(&mut self.script);
        self.show(container);
        self.swap_in_here(id);
        self.script.on(id, format_args!("floating enable, resize set {width} px {height} px"));
        let floating = std::mem::replace(&mut self.script, earlier);
        if self.visible.contains(container.workspace.as_str()) {
            self.late.extend(floating);
        } else {
            self.script.extend(floating);
        }
        self.late.on(id, format_args!("move absolute position {x} px {y} px{}", sticky_again(container)));
    }

    /// i3: a wrapper is a split, since only splits can be dissolved. Alone on a workspace of tabs or stacks it is dissolved at once, since it
    /// would show its children side by side; so it is on a workspace that has been drawn. Beside others it stays, and shows its children as
    /// the workspace did. On workspaces that have not been drawn it is dissolved when they are (`plan::tidy`).
    fn stand_for_workspace(&mut self, container: &HiddenContainer, alone: bool) {
        let layout = container.workspace_layout;
        let Some(node) = self.situation.view.node(container.id) else { return };
        let Some(first) = node.nodes.first() else { return };
        let shows_one = matches!(layout, Layout::Tabbed | Layout::Stacked);
        let drawn = self.situation.view.workspace(&container.workspace).filter(|workspace| workspace.visible);
        if alone && shows_one {
            if node.layout == layout {
                self.script.on(first.id, format_args!("layout {}", orientation(layout)));
            }
            self.script.extend(tidy::dissolve(node, layout, None));
            self.script.extend(tidy::focus_children(node));
        } else if let Some(workspace) = drawn.filter(|_| alone && !self.has_redundant_pair) {
            self.script.extend(tidy::dissolve(node, layout, Some(workspace.node.rect)));
            self.script.extend(tidy::focus_children(node));
        } else {
            self.traces.wrappers.insert(container.id, layout);
            if shows_one && node.layout != layout {
                self.script.on(first.id, format_args!("layout {}", layout.command_word()));
            }
        }
    }

    /// Account for a container that came back among others.
    fn share(&mut self, spot: &Spot, id: ContainerId) {
        // Where nothing was, nothing has a share yet; and the children of a container that was made have equal ones.
        let Some(node) = self.node(&spot.place) else { return };
        let rect = match &spot.place {
            Place::Workspace(name) => self.situation.view.workspace(name).map(|workspace| workspace.node.rect),
            Place::Container(_) => Some(self.size_now(node)),
            Place::Made(_) => None,
        };
        let fresh = Shares::new(node, rect.unwrap_or(node.rect), self.leaving);
        let (_, shares) = self.shares.get_or_insert_with(|| (spot.place.clone(), fresh));
        shares.insert(
            id,
            spot.share_ppm.filter(|share| *share > 0).map(|share| f64::from(share) / 1e6),
            &spot.siblings,
        );
    }

    /// The size of a container when what leaves is gone. i3 measures by what it drew last, sway by what is.
    fn size_now(&self, node: &Node) -> Rect {
        let mut rect = node.rect;
        let mut inner = node;
        while let Some(outer) = self.situation.view.parent(inner.id).filter(|_| self.situation.kind == WmKind::Sway) {
            let share = |node: &Node| node.percent.unwrap_or(0.0);
            let all: f64 = outer.nodes.iter().map(share).sum();
            let staying: f64 = outer.nodes.iter().filter(|node| !self.leaving.contains(&node.id)).map(share).sum();
            let grown = |pixels: i32| (f64::from(pixels) * all / staying).round() as i32;
            match outer.layout {
                Layout::Splith if staying > 0.0 => rect.width = grown(rect.width),
                Layout::Splitv if staying > 0.0 => rect.height = grown(rect.height),
                _ => {}
            }
            if outer.kind == NodeKind::Workspace {
                break;
            }
            inner = outer;
        }
        rect
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

    /// i3: swap a container with the stand-in that is alone at the root of its workspace. A workspace that has another layout takes
    /// over that of its only child by `split`, where both are splits.
    fn swap_with_stand_in(&mut self, container: &HiddenContainer) -> bool {
        let Some(workspace) = self.situation.view.workspace(&container.workspace) else { return false };
        if self.memory.is_some() && self.output_for(container).is_some_and(|output| output != workspace.output) {
            return false;
        }
        let (now, wanted) = (workspace.node.layout, self.layout_for(container));
        let is_split = |layout| matches!(layout, Layout::Splith | Layout::Splitv);
        let root = Stands::Root(container.workspace.clone());
        let alone = self.stand_ins.iter().position(|stand_in| stand_in.stands == root);
        let Some(at) = alone.filter(|_| now == wanted || (is_split(now) && is_split(wanted))) else { return false };
        let mut stand_in = self.stand_ins.remove(at);
        self.script.push(format!("[{}] swap container with con_id {}", stand_in.criteria, container.id));
        if floats(self.situation, container.id) {
            stand_in.stands = Stands::Scratchpad;
            self.stand_ins.push(stand_in);
        }
        if now != wanted {
            self.script.on(container.id, tidy::turn(wanted));
        }
        true
    }

    /// The output that the workspace of a container shall be on, if that is there.
    fn output_for(&self, container: &HiddenContainer) -> Option<String> {
        let remembered = self.memory.and_then(|memory| memory.outputs.get(&container.workspace));
        let output = remembered.unwrap_or(&container.output);
        self.situation.view.outputs().contains(&output.as_str()).then(|| output.clone())
    }

    /// The layout of the workspace of a container that comes to it alone.
    fn layout_for(&self, container: &HiddenContainer) -> Layout {
        let remembered = self.memory.and_then(|memory| memory.layouts.get(&container.workspace));
        remembered.filter(|_| !container.wrapper).map_or(container.workspace_layout, |layout| layout.0)
    }

    /// i3: open a placeholder beside what has the focus and swap the container with it; the placeholder becomes a free place
    /// of the vault. Where the container has closed meanwhile the placeholder stays behind, and is known by its own mark.
    fn swap_in_here(&mut self, id: ContainerId) {
        let mark = self.unused_mark(id);
        self.script.push("open");
        self.script.push(format!("mark --add {mark}"));
        self.script.on(id, format_args!("swap container with mark {mark}"));
        if floats(self.situation, id) {
            self.stand_ins.push(StandIn { criteria: format!("con_mark=\"^{mark}$\""), stands: Stands::Scratchpad });
        }
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
        // A wrapper brings its layout along. An empty workspace that is there now may vanish in the course of the script.
        if !container.wrapper || view.workspace(&container.workspace).is_none() || view.outputs().len() > 1 {
            self.show(container);
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
        let leaf = children.iter().copied().find(|child| self.is_leaf(*child) && !self.is_made_around(root, *child));
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

    /// sway: the wrappers that were made to get at the root of a workspace are roots again, which takes a workspace with nothing else on it.
    fn unwrap_roots(&mut self) {
        let hidden = self.situation.table.hidden.iter().map(|container| container.workspace.as_str());
        let known: BTreeSet<&str> = hidden.chain(self.names.keys().copied()).collect();
        for name in std::mem::take(&mut self.wrapped_root) {
            let Some(workspace) = self.situation.view.workspace(&name) else { continue };
            let Some(detour) = Detour::new(self.situation, &name, &known) else { continue };
            let children = self.children(&Place::Workspace(name.clone())).clone();
            self.script.on(children[0], "focus parent");
            self.script.push(format!("mark --add {WRAPPER}"));
            let criteria = format!("con_mark=\"^{WRAPPER}$\"");
            self.script.push(format!("[{criteria}] floating enable"));
            detour.unwrap(&mut self.script, &criteria, Some(&workspace), self.leaving);
            self.script.push(format!("unmark {WRAPPER}"));
            self.traces.wrapped.push((children[0], workspace.node.layout));
            self.traces.came.extend(children);
        }
    }

    fn is_leaf(&self, id: ContainerId) -> bool {
        self.situation.view.node(id).is_some_and(|node| node.is_window())
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

/// Rebuild the focus stacks of workspaces where something came or went: focus the windows, the least recent first, in the order in which
/// the project was left, or in which they stood. One container that came back alone has kept its own.
fn focus_orders(
    situation: &Situation<'_>,
    returning: &[&HiddenContainer],
    leaving: &BTreeSet<ContainerId>,
    memory: Option<&ProjectMemory>,
    before: &Before,
) -> Script {
    let mut script = Script::new();
    let workspace_of = |id: &ContainerId| situation.view.workspace_of(*id).map(|workspace| workspace.name());
    let mut names: BTreeSet<&str> = returning.iter().map(|container| container.workspace.as_str()).collect();
    names.extend(leaving.iter().filter_map(workspace_of));
    // What the project left may be in sight already, in the order in which all were brought back.
    let of_project =
        |serial: &u64| situation.table.by_serial(*serial).is_some_and(|window| window.effective_projects().is_some());
    let remembered = memory.into_iter().flat_map(|memory| &memory.focus_orders);
    names.extend(remembered.filter(|(_, order)| order.iter().any(of_project)).map(|(name, _)| name.as_str()));
    for name in names {
        let back: Vec<&&HiddenContainer> = returning.iter().filter(|container| container.workspace == name).collect();
        let stood = before.focus_orders.get(name).map(Vec::as_slice).unwrap_or_default();
        let staying: Vec<ContainerId> = stood.iter().copied().filter(|id| !leaves(situation, leaving, *id)).collect();
        let remembered = memory.and_then(|memory| memory.focus_orders.get(name)).map(|order| {
            let windows = order.iter().filter_map(|serial| situation.table.by_serial(*serial));
            let there = windows.filter(|window| {
                staying.contains(&window.id) || back.iter().any(|container| container.windows.contains(&window.serial))
            });
            there.map(|window| window.id).collect::<Vec<ContainerId>>()
        });
        let order = remembered.as_ref().unwrap_or(&staying);
        let as_it_is = match back.len() {
            // Of windows that only stay, nothing but the order among them counts.
            0 => staying.iter().filter(|id| order.contains(id)).eq(order.iter()),
            1 => staying.is_empty(),
            _ => false,
        };
        if !as_it_is {
            for id in order {
                script.on(*id, "focus");
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
