//! The table laid open, for whoever compares it with the living tree; and its repair.

use crate::api::{FileFault, HiddenRecord, StateDump, WindowRecord};
use crate::core::Core;
use crate::core::words::store::Standing;

impl Core {
    /// The table as it is.
    pub(in crate::core) fn dump(&self) -> StateDump {
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
    pub(in crate::core) fn begin_repair(&mut self) {
        self.positions_stale = true;
        self.marks_refused = 0;
        self.arrange_attempts = 0;
        self.because(crate::core::belonging::cause::Cause::Repair);
    }
}
