//! The table laid open, for whoever compares it with the living tree; and its repair.

use super::Core;
use super::store::Standing;
use super::tree::{ContainerId, NodeKind, View};
use crate::api::{FileFault, HiddenRecord, StateDump, WindowRecord};
use crate::core::mark::Mark;

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
                .iter()
                .map(|(file, standing)| {
                    let text = match standing {
                        Standing::SetAside(text) | Standing::LeftAlone(text) => text.clone(),
                        Standing::SettingAside(_) => "it cannot be used and is being set aside".to_string(),
                    };
                    FileFault { name: file.name().to_string(), text }
                })
                .collect(),
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

/// Marks of ours on containers that are no windows: nobody but the user puts them there.
#[must_use]
pub fn misplaced_marks(view: &View<'_>) -> Vec<(ContainerId, String)> {
    let roots = view.workspaces.iter().map(|workspace| workspace.node).chain(view.scratchpad);
    roots
        .flat_map(|root| root.walk())
        .filter(|node| !node.is_window() && node.kind != NodeKind::Workspace)
        .flat_map(|node| node.marks.iter().map(|mark| (node.id, mark)))
        .filter(|(_, mark)| Mark::parse(mark).is_some())
        .map(|(id, mark)| (id, mark.clone()))
        .collect()
}
