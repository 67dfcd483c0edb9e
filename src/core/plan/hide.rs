//! Hiding: which containers to take away, and the commands that do it.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::plan::alone::take_over;
use crate::core::plan::shares::{gap, room_of};
use crate::core::plan::unwrap::{Detour, with_title_bar};
use crate::core::plan::vault::FreePlaces;
use crate::core::plan::{Before, Situation, fullscreen_below};
use crate::core::tree::layout::{has_redundant_pair, orientation, turn};
use crate::core::tree::mark::{PLACEHOLDER, PREFIX, Role, SCRATCH_WORKSPACE};
use crate::core::tree::{ContainerId, Node, NodeKind, Rect, View, WorkspaceNode};
use crate::core::windows::hidden::{FormerPlace, HiddenContainer, inside_floating};
use crate::core::windows::memory::ProjectMemory;
use crate::core::windows::window::WindowState;
use crate::core::words::command::Script;
use crate::core::words::seeded::{self, Fault};
use crate::core::words::wm::HidingPlace;
use crate::core::words::wm::WmKind;

/// A container to take away.
#[derive(Debug, Clone)]
pub struct Hide<'a> {
    /// It; the workspace itself, where all its tiling children are to be taken away in a wrapper that is made for them.
    pub node: &'a Node,
    /// The workspace it is on.
    pub workspace: WorkspaceNode<'a>,
    /// How it stands.
    pub role: Role,
    /// What it stands in, where it is a part: its parent first.
    pub path: Vec<FormerPlace>,
    /// It comes back in the same script, to hang on its workspace in another way.
    pub comes_back: bool,
}

impl Hide<'_> {
    /// The children of the workspace go together, in a wrapper that is made for them.
    pub(in crate::core) fn wraps(&self) -> bool {
        self.node.kind == NodeKind::Workspace
    }

    /// The containers that leave the workspace.
    pub fn tops(&self) -> impl Iterator<Item = &Node> {
        if self.wraps() { self.node.nodes.iter() } else { std::slice::from_ref(self.node).iter() }
    }

    /// Their ids.
    pub fn leaving(&self) -> impl Iterator<Item = ContainerId> {
        self.tops().map(|node| node.id)
    }
}

/// The containers to take away so that every window goes that `unwanted` names a project for: per workspace and project the
/// largest subtrees that belong wholly to it.
pub fn find_hides<'a>(situation: &Situation<'a>, unwanted: &dyn Fn(&WindowState) -> Option<String>) -> Vec<Hide<'a>> {
    let project_of = |node: &Node| situation.table.windows.get(&node.id).and_then(unwanted);
    let may_tidy = situation.kind == WmKind::I3 && !has_redundant_pair(situation.view);
    let mut hides = Vec::new();
    for workspace in &situation.view.workspaces {
        if workspace.name() == SCRATCH_WORKSPACE {
            continue;
        }
        let tiling = &workspace.node.nodes;
        let projects: Vec<Option<String>> = tiling.iter().map(|node| whole_project(node, &project_of)).collect();
        let pure = projects.first().is_some_and(|first| first.is_some() && projects.iter().all(|other| other == first));
        let way = match tiling.as_slice() {
            _ if !pure || situation.kind == WmKind::Sway => None,
            [only] if situation.table.wrappers.contains_key(&only.id) => Some((only, Role::Wrapped)),
            [only] if !(may_tidy && must_wrap(only)) => Some((only, Role::Only)),
            _ if may_tidy || wraps_untidied(workspace.node) => Some((workspace.node, Role::Wrapped)),
            _ => None,
        };
        if let Some((node, role)) = way {
            hides.push(Hide { node, workspace: *workspace, role, path: Vec::new(), comes_back: false });
        } else {
            find_parts(situation, workspace.node, &mut Vec::new(), workspace, &project_of, &mut hides);
        }
        for float in &workspace.node.floating_nodes {
            let inner = inside_floating(situation.kind, float);
            if whole_project(inner, &project_of).is_some() && may_go(situation.kind, inner) {
                hides.push(Hide {
                    node: inner,
                    workspace: *workspace,
                    role: Role::Floating,
                    path: Vec::new(),
                    comes_back: false,
                });
            } else {
                find_parts(situation, inner, &mut Vec::new(), workspace, &project_of, &mut hides);
            }
        }
    }
    // Whatever is taken away before it may leave a pair that i3 would take for redundant.
    hides.sort_by_key(|hide| !hide.wraps());
    hides
}

/// i3: can the children of a workspace be wrapped without its tidying up the whole tree?
fn wraps_untidied(workspace: &Node) -> bool {
    workspace.nodes.len() > 1 && workspace.layout.is_split()
}

/// i3: must the only tiling child of a workspace be wrapped to be hidden? What is swapped onto an invisible workspace has no size until it
/// is shown; what is inside it keeps the one it had. So a window or a container of tabs goes inside one more container.
fn must_wrap(only: &Node) -> bool {
    only.is_window() || !only.layout.is_split()
}

/// May a container be taken away as it is? sway ends when what is inside a container in its scratchpad is the object of a command, of a rule
/// or of a request of its program, so every window is hidden by itself there.
fn may_go(kind: WmKind, node: &Node) -> bool {
    kind == WmKind::I3 || node.is_window()
}

/// Find the parts below `parent`; `above` are the containers above it, the outermost first.
fn find_parts<'a>(
    situation: &Situation<'a>,
    parent: &'a Node,
    above: &mut Vec<FormerPlace>,
    workspace: &WorkspaceNode<'a>,
    project_of: &dyn Fn(&Node) -> Option<String>,
    hides: &mut Vec<Hide<'a>>,
) {
    if parent.windows().iter().all(|window| project_of(window).is_none()) {
        return;
    }
    // What stands in a wrapper stands on the workspace.
    let is_workspace = parent.id == workspace.node.id || situation.table.wrappers.contains_key(&parent.id);
    let first = parent.nodes.first().and_then(|first| whole_project(first, project_of));
    let goes_with_first = |node: &Node| first.is_some() && whole_project(node, project_of) == first;
    // There are no gaps below tabs and stacks.
    let in_tabs = parent.layout.shows_one() || above.iter().any(|level| level.layout.shows_one());
    let (room, gap) = match situation.kind {
        WmKind::I3 => (Rect::default(), 0),
        WmKind::Sway if in_tabs => (room_of(situation.view, parent, &|_| true), 0),
        WmKind::Sway => (room_of(situation.view, parent, &|_| true), gap(situation.view, workspace.node)),
    };
    let place = FormerPlace {
        id: parent.id,
        is_workspace,
        layout: parent.layout,
        children: in_order(parent.nodes.iter().map(|child| child.id).collect()),
        whole: is_workspace && situation.kind == WmKind::Sway && parent.nodes.iter().all(goes_with_first),
        room,
        gap,
        marks: parent.marks.iter().filter(|mark| !mark.starts_with(PREFIX)).cloned().collect(),
        ..FormerPlace::default()
    };
    for node in &parent.nodes {
        above.push(FormerPlace { branch: node.id, share_ppm: share_ppm(parent, node), ..place.clone() });
        if whole_project(node, project_of).is_some() && may_go(situation.kind, node) {
            let path: Vec<FormerPlace> = above.iter().rev().cloned().collect();
            let floats = situation.kind == WmKind::Sway && path.iter().all(|level| !level.is_workspace);
            let role = if floats { Role::Floating } else { Role::Part };
            hides.push(Hide { node, workspace: *workspace, role, path, comes_back: false });
        } else {
            find_parts(situation, node, above, workspace, project_of, hides);
        }
        above.pop();
    }
}

/// The share of its parent that a child has. i3 and sway may say percentages that do not add up to one.
fn share_ppm(parent: &Node, child: &Node) -> u32 {
    let total: f64 = parent.nodes.iter().filter_map(|node| node.percent).sum();
    let share = child.percent.unwrap_or(0.0) / if total > 0.0 { total } else { 1.0 };
    // A float to integer cast saturates: out of range is 0 or the most there is.
    let share = if seeded::has(Fault::WrongShare) { share / 2.0 } else { share };
    (share.clamp(0.0, 1.0) * 1e6) as u32
}

/// Siblings as they stand; not with `Fault::WrongSiblingOrder`.
fn in_order(mut children: Vec<ContainerId>) -> Vec<ContainerId> {
    if seeded::has(Fault::WrongSiblingOrder) {
        children.reverse();
    }
    children
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

/// The commands that must be done, and their result read, before hiding: fullscreen off, since a fullscreen container has the
/// rectangle of its output, and none can be wrapped or focused beside it.
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
    let any = !hides.is_empty() || !returning.is_empty();
    for workspace in &situation.view.workspaces {
        for (id, mode) in fullscreen_below(workspace.node) {
            if mode > 1 || affected(workspace.name()) || (any && travels(situation, workspace.node, id)) {
                script.on(id, "fullscreen disable");
                before.fullscreen_off.push((id, mode));
            }
        }
    }
    script.extend(uncover(situation.kind, situation.view));
    script
}

/// sway 1.7 dies of any move while something in its scratchpad is fullscreen on all outputs, as a command of the user's can have it. So that
/// goes before anything is moved.
#[must_use]
pub fn uncover(kind: WmKind, view: &View<'_>) -> Script {
    let mut script = Script::new();
    let scratchpad = view.scratchpad.filter(|_| kind == WmKind::Sway);
    for node in scratchpad.map(Node::walk).unwrap_or_default() {
        if node.fullscreen_mode > 1 && node.kind != NodeKind::Workspace {
            script.on(node.id, "fullscreen disable");
        }
    }
    script
}

/// i3: what is sticky comes along to every workspace that a script shows, and covers it where it is fullscreen.
fn travels(situation: &Situation<'_>, workspace: &Node, id: ContainerId) -> bool {
    let holds = |float: &&Node| float.walk().iter().any(|node| node.id == id);
    let float = workspace.floating_nodes.iter().filter(|_| situation.kind == WmKind::I3).find(holds);
    float.is_some_and(|float| float.sticky || inside_floating(situation.kind, float).sticky)
}

/// What a script of hiding does.
#[derive(Debug, Default)]
pub struct Hiding {
    /// The commands.
    pub script: Script,
    /// What is hidden then.
    pub records: Vec<HiddenContainer>,
    /// The containers that leave their workspaces.
    pub leaving: BTreeSet<ContainerId>,
    /// i3: what stands in for others.
    pub stand_ins: Vec<StandIn>,
    /// What comes back in the same script.
    pub again: Vec<HiddenContainer>,
    /// The workspaces at whose root something else tiles then than what stays: what was in this wrapper, or nothing.
    pub roots: BTreeMap<String, Option<ContainerId>>,
}

/// i3: an empty container that stands somewhere for the length of a script: a place of the vault where a container was hidden, or what keeps
/// an empty workspace. It must go; but `kill` draws the screen at once, in the middle of a script, and so does whatever empties a
/// workspace or a floating container. So among others that stay it leaves for the scratchpad, elsewhere it stays where it is, and is
/// killed at the end of the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn {
    /// How it is named in criteria.
    pub criteria: String,
    /// Where it stands.
    pub stands: Stands,
}

/// Where a stand-in stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stands {
    /// Alone at the root of this workspace.
    Root(String),
    /// In a floating container on this workspace.
    Floating(String),
    /// Among others.
    Beside,
    /// In the scratchpad.
    Scratchpad,
}

impl StandIn {
    /// The workspace it stands on.
    #[must_use]
    pub fn workspace(&self) -> Option<&str> {
        match &self.stands {
            Stands::Root(name) | Stands::Floating(name) => Some(name),
            Stands::Beside | Stands::Scratchpad => None,
        }
    }

    /// Send it to the scratchpad.
    pub fn leave(&mut self, script: &mut Script) {
        script.push(format!("[{}] move scratchpad", self.criteria));
        self.stands = Stands::Scratchpad;
    }
}

/// i3 closes an empty workspace as soon as another is shown in its place, and draws the screen. So the visible empty ones are kept by a
/// container each.
fn keep_empty_workspaces(situation: &Situation<'_>) -> Hiding {
    let mut hiding = Hiding::default();
    let is_empty = |workspace: &&WorkspaceNode<'_>| workspace.visible && workspace.node.children().next().is_none();
    for workspace in situation.view.workspaces.iter().filter(is_empty) {
        let Some(command) = crate::core::plan::show_workspace(situation.kind, workspace.name()) else { continue };
        let mark = format!("{PLACEHOLDER}{}", workspace.node.id);
        hiding.script.push(command);
        hiding.script.push("open");
        hiding.script.push(format!("mark --add {mark}"));
        let criteria = format!("con_mark=\"^{mark}$\"");
        hiding.stand_ins.push(StandIn { criteria, stands: Stands::Root(workspace.name().to_string()) });
    }
    hiding
}

/// The commands that take the containers away. In the vault as many free places as there are containers must be there.
/// `elsewhere` names the output and workspace that a container shall return to, where that is not the one it is on; `returns` says that
/// something hidden will come back in the same script; `memory` is how the project was left that stays.
#[must_use]
pub fn hide(
    situation: &Situation<'_>,
    hides: &[Hide<'_>],
    returns: bool,
    before: &Before,
    memory: Option<&ProjectMemory>,
    elsewhere: &dyn Fn(&Node) -> Option<(String, String)>,
) -> Hiding {
    let mut hiding = match situation.kind {
        WmKind::I3 if returns || !hides.is_empty() => keep_empty_workspaces(situation),
        WmKind::I3 | WmKind::Sway => Hiding::default(),
    };
    hiding.script.extend(tile_groups(situation, hides));
    let mut orders: BTreeMap<&str, u32> = BTreeMap::new();
    let mut places = FreePlaces::new(situation.view);
    let mut away: Vec<(Option<Turn>, Script)> = Vec::new();
    for hide in hides {
        let windows: Vec<&Node> = hide.tops().flat_map(Node::windows).collect();
        let name = hide.workspace.name();
        let order = orders.entry(name).or_insert(0);
        let Some(record) = record(situation, hide, &windows, *order, before, elsewhere) else { continue };
        *order += 1;
        let place = match situation.hides_in {
            HidingPlace::Vault => places.take(hide),
            HidingPlace::Scratchpad => None,
        };
        let mut script = Script::new();
        script.on(windows[0].id, format_args!("mark --add \"{}\"", record.mark()));
        if hide.comes_back {
            hiding.roots.insert(name.to_string(), None);
        } else {
            hiding.leaving.extend(hide.leaving());
        }
        match (situation.hides_in, place) {
            (HidingPlace::Scratchpad, _) => take_to_scratchpad(&mut script, hide),
            (HidingPlace::Vault, Some(place)) => {
                take_to_vault(&mut script, hide, place);
                let stands = match hide.role {
                    Role::Wrapped | Role::Only => Stands::Root(name.to_string()),
                    Role::Floating => Stands::Floating(name.to_string()),
                    Role::Part => Stands::Beside,
                };
                hiding.stand_ins.push(StandIn { criteria: format!("con_id={place}"), stands });
            }
            (HidingPlace::Vault, None) => break,
        }
        away.push(((situation.kind == WmKind::Sway).then(|| turn_to_go(situation, hide, before)), script));
        if hide.comes_back { hiding.again.push(record) } else { hiding.records.push(record) }
    }
    away.sort_by_key(|(turn, _)| *turn);
    for (_, script) in away {
        hiding.script.extend(script);
    }
    for stand_in in hiding.stand_ins.iter_mut().filter(|stand_in| stand_in.stands == Stands::Beside) {
        stand_in.leave(&mut hiding.script);
    }
    for workspace in &situation.view.workspaces {
        add_emptied(workspace.node, &mut hiding.leaving);
    }
    if situation.kind == WmKind::Sway {
        take_over(situation, &mut hiding, memory);
    }
    hiding
}

/// Whether it is on the workspace that has the focus, the name of its workspace, and how late it had the focus there.
type Turn<'a> = (bool, &'a str, usize);

/// sway: when one leaves, the focus goes to the latest window of its workspace, and subscribers are told of both workspaces where that is another.
/// So those that had the focus last go last, and those of the workspace that has it after all others.
fn turn_to_go<'a>(situation: &Situation<'_>, hide: &Hide<'a>, before: &Before) -> Turn<'a> {
    let name = hide.workspace.name();
    let order = before.focus_orders.get(name).map(Vec::as_slice).unwrap_or_default();
    let has_focus = situation.view.focused_workspace().is_some_and(|focused| focused.name() == name);
    (has_focus, name, order.iter().position(|id| *id == hide.node.id).unwrap_or(0))
}

/// Add the containers all of whose children leave, which the window manager removes then.
fn add_emptied(node: &Node, leaving: &mut BTreeSet<ContainerId>) {
    for child in node.children() {
        add_emptied(child, leaving);
    }
    let mut children = node.children().peekable();
    if node.kind != NodeKind::Workspace
        && children.peek().is_some()
        && children.all(|child| leaving.contains(&child.id))
    {
        leaving.insert(node.id);
    }
}

/// What will be known of a container that is hidden. The id of a wrapper is not known before the next tree: until then the
/// record has that of a child.
fn record(
    situation: &Situation<'_>,
    hide: &Hide<'_>,
    windows: &[&Node],
    order: u32,
    before: &Before,
    elsewhere: &dyn Fn(&Node) -> Option<(String, String)>,
) -> Option<HiddenContainer> {
    let serial = |node: &&Node| situation.table.windows.get(&node.id).map(|window| window.serial);
    let serials: Vec<u64> = windows.iter().filter_map(serial).collect();
    let name = hide.workspace.name();
    let floats = hide.role == Role::Floating;
    let float = match situation.kind {
        WmKind::I3 => situation.view.parent(hide.node.id),
        // What floats may be a container around it.
        WmKind::Sway => situation.view.node(hide.path.last().map_or(hide.node.id, |group| group.id)),
    };
    let float = float.filter(|_| floats).unwrap_or(hide.node);
    let known_wrapper = situation.table.wrappers.get(&hide.node.id).copied();
    let own_layout = before.layouts.get(name).copied().unwrap_or(hide.workspace.node.layout);
    let mode_of = |id| before.fullscreen.iter().find(|(other, _)| *other == id).map_or(0, |(_, mode)| *mode);
    let mut record = HiddenContainer {
        id: hide.leaving().next()?,
        anchor: *serials.first()?,
        role: hide.role,
        sticky: hide.node.sticky || float.sticky,
        order,
        workspace_layout: known_wrapper.unwrap_or(own_layout),
        rect: match hide.role {
            Role::Wrapped | Role::Only => hide.workspace.node.rect,
            Role::Part => hide.node.rect,
            Role::Floating if situation.kind == WmKind::Sway => with_title_bar(float, hide.workspace.node),
            Role::Floating => float.rect,
        },
        output: hide.workspace.output.to_string(),
        workspace: name.to_string(),
        path: hide.path.iter().map(|level| FormerPlace { fullscreen: mode_of(level.id), ..level.clone() }).collect(),
        wrapper: hide.role == Role::Wrapped || known_wrapper.is_some(),
        shell: false,
        fullscreen: fullscreen_of(situation, before, windows),
        fullscreen_containers: fullscreen_containers(hide, before),
        windows: serials,
    };
    if let Some((output, workspace)) = elsewhere(hide.node) {
        record.output = output;
        record.workspace = workspace;
        record.path.clear();
        if record.role != Role::Floating {
            record.role = Role::Part;
        }
    }
    Some(record)
}

/// i3: wrap the tiling children of a workspace, and focus the wrapper: commands without criteria are about it then.
///
/// `split` on a workspace puts its tiling children into one container, where there are several and it is a split itself; else `layout`
/// does, and removes all redundant pairs of containers that there are. It is found by going up from its most recent child, so
/// that no focus order changes; it has the orientation of the workspace, so that it can be dissolved again (`plan::tidy`).
fn wrap(script: &mut Script, workspace: &Node) {
    if wraps_untidied(workspace) {
        script.on(workspace.id, turn(workspace.layout));
    } else {
        script.on(workspace.id, format_args!("layout {}", orientation(workspace.layout)));
    }
    // Where that has just closed the workspace keeps the focus, and what the commands are about is not done to a stranger.
    script.on(workspace.id, "focus");
    script.on(latest_tiling(workspace), "focus");
    script.push("focus parent");
}

/// i3: swap it with a free place of the vault. Out of a floating container too: the stand-in floats then, and what was hidden does not.
fn take_to_vault(script: &mut Script, hide: &Hide<'_>, place: ContainerId) {
    let swap = format!("swap container with con_id {place}");
    if hide.wraps() {
        wrap(script, hide.node);
        script.push(swap);
    } else {
        script.on(hide.node.id, swap);
    }
}

/// sway: what is inside a floating container cannot be taken out of that as it is: commands that float or hide it are about the whole. Where
/// all of it goes the container tiles first; else what goes tiles on another workspace first.
fn tile_groups(situation: &Situation<'_>, hides: &[Hide<'_>]) -> Script {
    let mut script = Script::new();
    let mut groups: BTreeMap<ContainerId, Vec<&Hide<'_>>> = BTreeMap::new();
    for hide in hides.iter().filter(|hide| hide.role == Role::Floating && situation.kind == WmKind::Sway) {
        if let Some(group) = hide.path.last() {
            groups.entry(group.id).or_default().push(hide);
        }
    }
    for (group, parts) in groups {
        let windows = situation.view.node(group).map_or(0, |node| node.windows().len());
        if windows == parts.len() {
            script.on(group, "floating disable");
        } else if let Some(detour) = Detour::new(situation, parts[0].workspace.name(), &BTreeSet::new()) {
            for part in parts {
                script.on(part.node.id, detour.away());
            }
        }
    }
    script
}

/// Float it at its own size and send it to the scratchpad. sway 1.7 dies where it is fullscreen, which its program may have asked for just now.
fn take_to_scratchpad(script: &mut Script, hide: &Hide<'_>) {
    let Rect { width, height, .. } = match hide.role {
        Role::Wrapped | Role::Only => hide.workspace.node.rect,
        Role::Part | Role::Floating => hide.node.rect,
    };
    let away = format!("floating enable, resize set {width} px {height} px, move scratchpad");
    match hide.role {
        _ if hide.wraps() => {
            wrap(script, hide.node);
            script.push(away);
        }
        Role::Floating if hide.path.is_empty() && hide.node.sticky => {
            script.on(hide.node.id, "fullscreen disable, sticky disable, move scratchpad");
        }
        Role::Floating if hide.path.is_empty() => script.on(hide.node.id, "fullscreen disable, move scratchpad"),
        _ => script.on(hide.node.id, format_args!("fullscreen disable, {away}")),
    }
}

/// The tiling child of a workspace that had the focus last.
fn latest_tiling(workspace: &Node) -> ContainerId {
    let is_tiling = |id: &&ContainerId| workspace.nodes.iter().any(|child| child.id == **id);
    workspace.focus.iter().find(is_tiling).copied().unwrap_or(workspace.nodes[0].id)
}

fn fullscreen_of(situation: &Situation<'_>, before: &Before, windows: &[&Node]) -> Vec<(u64, u8)> {
    let fullscreen = |id: ContainerId| before.fullscreen.iter().find(|(other, _)| *other == id).map(|(_, mode)| *mode);
    windows
        .iter()
        .filter_map(|node| Some((situation.table.windows.get(&node.id)?.serial, fullscreen(node.id)?)))
        .collect()
}

fn fullscreen_containers(hide: &Hide<'_>, before: &Before) -> Vec<(ContainerId, u8)> {
    let inside: BTreeSet<ContainerId> =
        hide.tops().flat_map(Node::walk).filter(|node| !node.is_window()).map(|node| node.id).collect();
    before.fullscreen.iter().filter(|(id, _)| inside.contains(id)).copied().collect()
}
