//! The table laid open, for whoever compares it with the living tree; and its repair.

use crate::api::{FileFault, HiddenRecord, StateDump, WindowRecord};
use crate::core::Core;
use crate::core::turn::Turn;
use crate::core::words::cause::Cause;
use crate::core::words::store::Standing;

impl Core {
    /// The table as it is.
    pub(in crate::core) fn dump(&self, turn: &Turn<'_>) -> StateDump {
        let windows = self.model.windows.table.windows.values();
        StateDump {
            active: self.model.projects.active().map(str::to_string),
            settled: self.is_settled(turn) && self.model.projects.is_decided() && !self.stage.census_is_wanted(),
            places_current: !self.model.windows.stale,
            windows: windows
                .map(|window| WindowRecord {
                    id: window.id,
                    serial: window.serial,
                    hidden: window.hidden,
                    workspace: window.workspace.clone(),
                    marks: self.stage.wanted_marks(&self.model, window),
                })
                .collect(),
            containers: self
                .model
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
                .model
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
            closed: self.model.windows.deaths.all(),
            unreadable_processes: self.model.belonging.claims.unreadable(),
        }
    }

    /// Look at everything again and put it right, however often that was tried before.
    pub(in crate::core) fn begin_repair(&mut self, turn: &mut Turn<'_>) {
        self.model.windows.doubt();
        self.stage.begin_again();
        turn.wants.because(Cause::Repair);
    }
}
