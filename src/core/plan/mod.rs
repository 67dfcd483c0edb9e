//! Plans: the commands that make the windows on the screen be the wanted ones.
//!
//! Pure functions from a tree and the window table to scripts of commands. On i3 whole *containers* are hidden, swapped into a vault: it
//! keeps nesting, order, tabs, stacks and sizes inside them. On sway every window goes to the scratchpad by itself, at its own size, and
//! the containers are made again when it returns. The sequences were found by experiment on i3 4.22 and sway 1.7; each says what it relies on.

mod alone;
mod fallback;
mod fullscreen;
mod hide;
mod hides;
mod hiding;
mod records;
mod restore;
mod shares;
pub mod tidy;
mod unwrap;
mod vault;

pub use alone::find_alone;
pub use fallback::{PROBE_FAILED, VAULT_MESSAGES_MAX};
pub use fullscreen::{fullscreen_below, prepare, uncover};
pub use hide::hide;
pub use hides::{Hide, find_hides};
pub use hiding::{Hiding, StandIn};
pub use restore::{Restoring, fullscreen_command, restore};
pub use tidy::Traces;
pub use vault::{Making, PLACES_MIN, layout_word, vault_step};

use crate::core::words::wm::HidingPlace;
use std::collections::{BTreeMap, BTreeSet};

use crate::core::tree::mark::SCRATCH_WORKSPACE;
use crate::core::tree::vault::is_free;
use crate::core::tree::{ContainerId, Layout, Node, NodeKind, View};
use crate::core::windows::hidden::HiddenContainer;
use crate::core::windows::memory::{Focus, ProjectMemory, WorkspaceLayout};
use crate::core::windows::table::Table;
use crate::core::words::command::{NO_BACK_AND_FORTH, Script, quote};
use crate::core::words::wm::WmKind;

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The window manager.
    pub kind: WmKind,
    /// Where it can hide containers.
    pub hides_in: HidingPlace,
    /// Its tree.
    pub view: &'a View<'a>,
    /// The windows, reconciled with that tree.
    pub table: &'a Table,
}

/// How the workspaces stood before the first command of an operation: taking fullscreen off and vault building disturb them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Before {
    /// The workspace of each output, the focused one last.
    pub visible: Vec<(String, String)>,
    /// What had the focus, unless it was a workspace.
    pub focused: Option<ContainerId>,
    /// The output of each workspace.
    pub outputs: BTreeMap<String, String>,
    /// The layout of each workspace.
    pub layouts: BTreeMap<String, Layout>,
    /// Fullscreen containers, with the mode.
    pub fullscreen: Vec<(ContainerId, u8)>,
    /// The windows of each workspace, least recently focused first.
    pub focus_orders: BTreeMap<String, Vec<ContainerId>>,
    /// Of the fullscreen ones, those that were taken off it for the operation.
    pub fullscreen_off: Vec<(ContainerId, u8)>,
    /// The empty containers that stood in sight.
    pub empties: BTreeSet<ContainerId>,
    /// What had the focus or was fullscreen and is no window: the window in it that had the focus last, and how many containers down that is.
    pub inside: BTreeMap<ContainerId, (ContainerId, usize)>,
}

impl Before {
    /// Look at the workspaces.
    #[must_use]
    pub fn new(view: &View<'_>) -> Before {
        let workspaces = || view.workspaces.iter().filter(|workspace| workspace.name() != SCRATCH_WORKSPACE);
        let focused_workspace = view.focused_workspace().map(|workspace| workspace.name());
        let mut visible: Vec<(String, String)> = workspaces()
            .filter(|workspace| workspace.visible)
            .map(|workspace| (workspace.output.to_string(), workspace.name().to_string()))
            .collect();
        visible.sort_by_key(|(_, name)| Some(name.as_str()) == focused_workspace);
        let focused = view.focused.filter(|node| node.kind != NodeKind::Workspace).map(|node| node.id);
        let fullscreen: Vec<(ContainerId, u8)> =
            workspaces().flat_map(|workspace| fullscreen_below(workspace.node)).collect();
        let containers = fullscreen.iter().map(|(id, _)| *id).chain(focused);
        Before {
            inside: containers.filter_map(|id| Some((id, latest_inside(view, id)?))).collect(),
            visible,
            focused,
            outputs: workspaces()
                .map(|workspace| (workspace.name().to_string(), workspace.output.to_string()))
                .collect(),
            layouts: workspaces().map(|workspace| (workspace.name().to_string(), workspace.node.layout)).collect(),
            fullscreen,
            focus_orders: workspaces()
                .map(|workspace| (workspace.name().to_string(), workspace.node.windows_by_focus()))
                .collect(),
            fullscreen_off: Vec::new(),
            empties: empties_in_sight(view),
        }
    }

    /// An operation that was cut off took these windows (serial number, mode) off fullscreen: those that are shown are to get it back.
    pub fn owe(&mut self, table: &Table, owed: &[(u64, u8)]) {
        for (serial, mode) in owed {
            let Some(window) = table.by_serial(*serial).filter(|window| !window.hidden) else { continue };
            if self.fullscreen.iter().all(|(id, _)| *id != window.id) {
                self.fullscreen.push((window.id, *mode));
                self.fullscreen_off.push((window.id, *mode));
            }
        }
    }

    /// The windows (serial number, mode) that were taken off fullscreen.
    #[must_use]
    pub fn owed(&self, table: &Table) -> Vec<(u64, u8)> {
        let serial = |id: &ContainerId| table.windows.get(id).map(|window| window.serial);
        self.fullscreen_off.iter().filter_map(|(id, mode)| Some((serial(id)?, *mode))).collect()
    }

    /// What a project that is left shall find again.
    #[must_use]
    pub fn memory(&self, table: &Table) -> ProjectMemory {
        let serial = |id: &ContainerId| table.windows.get(id).map(|window| window.serial);
        let focus = |id: ContainerId| {
            let (window, up) = self.inside.get(&id).copied().unwrap_or((id, 0));
            Focus { id, serial: serial(&window), up }
        };
        ProjectMemory {
            visible: self.visible.clone(),
            focused: self.focused.map(focus),
            previous: None,
            focus_orders: self
                .focus_orders
                .iter()
                .map(|(name, order)| (name.clone(), order.iter().filter_map(serial).collect()))
                .collect(),
            fullscreen: self
                .fullscreen
                .iter()
                .filter(|(id, _)| table.windows.get(id).is_none_or(|window| window.effective_projects().is_some()))
                .map(|(id, mode)| (focus(*id), *mode))
                .collect(),
            outputs: self.outputs.clone(),
            layouts: self.layouts.iter().map(|(name, layout)| (name.clone(), WorkspaceLayout(*layout))).collect(),
        }
    }
}

/// The window in a container that had the focus last, and how many containers down it is.
fn latest_inside(view: &View<'_>, id: ContainerId) -> Option<(ContainerId, usize)> {
    let node = view.node(id).filter(|node| !node.is_window())?;
    let window = *node.windows_by_focus().last()?;
    let (mut up, mut at) = (0, window);
    while at != id {
        (up, at) = (up + 1, view.parent(at)?.id);
    }
    Some((window, up))
}

/// The containers on workspaces that hold nothing.
#[must_use]
pub fn empties_in_sight(view: &View<'_>) -> BTreeSet<ContainerId> {
    let below = view.workspaces.iter().flat_map(|workspace| workspace.node.walk().into_iter().skip(1));
    below.filter(|node| is_free(node)).map(|node| node.id).collect()
}

/// The output that the workspace of a hidden container shall be on when that comes back, if that is there.
#[must_use]
pub fn output_for<'a>(
    view: &View<'_>,
    memory: Option<&'a ProjectMemory>,
    container: &'a HiddenContainer,
) -> Option<&'a str> {
    let remembered = memory.and_then(|memory| memory.outputs.get(&container.workspace));
    let output = remembered.unwrap_or(&container.output).as_str();
    view.outputs().contains(&output).then_some(output)
}

/// Something to be given the focus: a window, or a container that has no name yet, so many up from a window in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// What has a name.
    pub id: ContainerId,
    /// How many times `focus parent` goes up from there.
    pub up: usize,
}

impl Reach {
    /// What is remembered. A container that is not there is made again around the window.
    #[must_use]
    pub fn of(focus: &Focus, situation: &Situation<'_>) -> Option<Reach> {
        let view = situation.view;
        let Some(serial) = focus.serial else { return view.node(focus.id).map(|node| Reach { id: node.id, up: 0 }) };
        let window = situation.table.by_serial(serial)?;
        let holds = |node: &&Node| node.windows().iter().any(|inside| inside.id == window.id);
        let is_apart = window.hidden && situation.kind == WmKind::Sway;
        let container = view.node(focus.id).filter(holds);
        let container = container.or_else(|| ancestor(view, window.id, focus.up).filter(|_| !is_apart));
        match container.filter(|_| focus.up > 0) {
            Some(container) => Some(Reach { id: container.id, up: 0 }),
            None => Some(Reach { id: window.id, up: focus.up }),
        }
    }

    /// Its id, where it is on a workspace.
    #[must_use]
    pub fn there(self, view: &View<'_>) -> Option<ContainerId> {
        view.workspace_of(self.id)?;
        ancestor(view, self.id, self.up).map(|node| node.id)
    }

    /// The commands that focus it.
    #[must_use]
    pub fn focus(self) -> Script {
        let mut script = Script::new();
        script.on(self.id, "focus");
        for _ in 0..self.up {
            script.push("focus parent");
        }
        script
    }
}

/// What a window is in, so many containers up.
fn ancestor<'a>(view: &View<'a>, window: ContainerId, up: usize) -> Option<&'a Node> {
    let mut node = view.node(window)?;
    for _ in 0..up {
        node = view.parent(node.id)?;
    }
    matches!(node.kind, NodeKind::Con | NodeKind::FloatingCon).then_some(node)
}

/// Is the container one that leaves, or below one?
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

/// `workspace NAME`, which shows it and makes it where it is not there. `None` where its name cannot be said.
fn show_workspace(kind: WmKind, name: &str) -> Option<String> {
    Some(format!("workspace {NO_BACK_AND_FORTH} {}", quote(kind, name)?))
}

/// What will be of a workspace at the end of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Nothing is on it, and nobody sees it: it will not be there.
    Absent,
    /// Nothing is on it: it is there only as long as it is visible.
    Empty,
    /// Something is on it.
    Occupied,
}

/// End where the user shall be: each output on its workspace, the focus where it belongs.
///
/// A workspace that is absent is not made. An empty one may have vanished in the course of a script and is made anew on whatever
/// output has the focus, so its own gets it first; or it was made elsewhere meanwhile, and is brought back.
#[must_use]
pub fn final_focus(
    situation: &Situation<'_>,
    visible: &[(String, String)],
    focused: Option<ContainerId>,
    presence: impl Fn(&str) -> Presence,
) -> Script {
    let mut script = Script::new();
    let kind = situation.kind;
    for (output, name) in visible.iter().filter(|(_, name)| presence(name) != Presence::Absent) {
        let empty = visible.len() > 1 && presence(name) == Presence::Empty;
        let quoted = quote(kind, output).filter(|_| empty);
        if let Some(output) = &quoted {
            script.push(format!("focus output {output}"));
        }
        if let Some(command) = show_workspace(kind, name) {
            script.push(command);
        }
        let elsewhere = situation.view.workspace(name).is_some_and(|workspace| workspace.output != output);
        if let Some(output) = quoted.filter(|_| elsewhere) {
            script.push(format!("move workspace to output {output}"));
        }
    }
    if let Some(id) = focused {
        script.on(id, "focus");
    }
    script
}
