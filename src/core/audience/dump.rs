//! The table laid open, for whoever compares it with the living tree; and its repair.

use crate::api::{FileFault, HiddenRecord, StateDump, WindowRecord};
use crate::core::Core;
use crate::core::belonging::cause::Cause;
use crate::core::words::store::Standing;

impl Core {
    /// The table as it is.
    pub(in crate::core) fn dump(&self) -> StateDump {
        let windows = self.windows.table.windows.values();
        StateDump {
            active: self.projects.active.clone(),
            settled: self.is_settled() && self.projects.decided && !self.stage.census_wanted,
            places_current: !self.windows.stale,
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
                .windows
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
                .keep
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
            closed: self.windows.deaths.all(),
            unreadable_processes: self.belonging.claims.unreadable(),
        }
    }

    /// Look at everything again and put it right, however often that was tried before.
    pub(in crate::core) fn begin_repair(&mut self) {
        self.windows.stale = true;
        self.stage.marks_refused = 0;
        self.stage.arrange_attempts = 0;
        self.because(Cause::Repair);
    }
}
