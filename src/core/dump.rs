//! The table laid open, for whoever compares it with the living tree; and its repair.

use super::Core;
use super::stores::Standing;
use super::tree::{ContainerId, Node, NodeKind, View};
use crate::api::{FileFault, HiddenRecord, StateDump, WindowRecord};
use crate::core::mark::{Mark, PLACEHOLDER};
use crate::core::table::is_free;

impl Core {
    /// The table as it is.
    pub(super) fn dump(&self) -> StateDump {
        let windows = self.table.windows.values();
        StateDump {
            active: self.active.clone(),
            settled: self.is_settled() && self.decided && !self.census_wanted,
            places_current: !self.positions_stale,
            windows: windows
                .map(|window| WindowRecord {
                    id: window.id,
                    serial: window.serial,
                    hidden: window.hidden,
                    workspace: window.workspace.clone(),
                    marks: self.wanted_marks(window),
                })
                .collect(),
            containers: self
                .table
                .hidden
                .iter()
                .map(|container| HiddenRecord {
                    id: container.id,
                    anchor: container.anchor,
                    windows: container.windows.clone(),
                })
                .collect(),
            files: self
                .stores
                .standings
                .iter()
                .map(|(file, standing)| {
                    let text = match standing {
                        Standing::SetAside(text) | Standing::LeftAlone(text) => text.clone(),
                        Standing::SettingAside(_) => "it cannot be used and is being set aside".to_string(),
                    };
                    FileFault { name: file.name().to_string(), text }
                })
                .collect(),
            closed: self.deaths.all(),
            unreadable_processes: self.claims.unreadable(),
        }
    }

    /// Look at everything again and put it right, however often that was tried before.
    pub(super) fn begin_repair(&mut self) {
        self.positions_stale = true;
        self.marks_refused = 0;
        self.arrange_attempts = 0;
        self.because(super::explain::Cause::Repair);
    }
}

/// Marks of ours on containers that are no windows: the user put them there; or a placeholder could not be opened, and its mark hit
/// what had the focus, which is the workspace where that was empty.
#[must_use]
pub fn misplaced_marks(view: &View<'_>) -> Vec<(ContainerId, String)> {
    let roots = view.workspaces.iter().map(|workspace| workspace.node).chain(view.scratchpad);
    let ours = |node: &Node, mark: &str| match node.kind {
        NodeKind::Workspace => mark.starts_with(PLACEHOLDER),
        _ => Mark::parse(mark).is_some() || (mark.starts_with(PLACEHOLDER) && !is_free(node)),
    };
    roots
        .flat_map(|root| root.walk())
        .filter(|node| !node.is_window())
        .flat_map(|node| node.marks.iter().map(move |mark| (node, mark)))
        .filter(|(node, mark)| ours(node, mark))
        .map(|(node, mark)| (node.id, mark.clone()))
        .collect()
}
