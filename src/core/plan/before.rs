//! How all stood before the first command of an operation.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::tree::mark::SCRATCH_WORKSPACE;
use crate::core::tree::vault::is_free;
use crate::core::tree::{ContainerId, Layout, NodeKind, View, fullscreen_below};
use crate::core::windows::memory::{Focus, ProjectMemory, WorkspaceLayout, rename_key};
use crate::core::windows::table::Table;

/// How the workspaces stood before the first command of an operation: taking fullscreen off and
/// vault building disturb them.
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
    /// What had the focus or was fullscreen and is no window: the window in it that had the focus
    /// last, and how many containers down that is.
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

    /// A workspace has another name from now on.
    pub fn rename_workspace(&mut self, from: &str, to: &str) {
        rename_key(&mut self.outputs, from, to);
        rename_key(&mut self.layouts, from, to);
        rename_key(&mut self.focus_orders, from, to);
        for (_, name) in self.visible.iter_mut().filter(|(_, name)| name == from) {
            *name = to.to_string();
        }
    }

    /// An operation that was cut off took these windows (serial number, mode) off fullscreen: those
    /// that are shown are to get it back.
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

    /// What a project that is left will find again.
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
