//! What the runtime file is to say.

use crate::core::keep::runtime::{Intent, Runtime, Wrapper};
use crate::core::model::Model;
use crate::core::stage::Stage;
use crate::core::stage::in_hand::Arrangement;
use crate::core::turn::Turn;
use crate::core::words::seeded::{self, Fault};
use crate::core::words::store::StoreFile;

impl Stage {
    /// Write the runtime file for the sake of something beside the arrangement in hand, if there is
    /// one.
    pub(in crate::core) fn rewrite_runtime(&mut self, turn: &mut Turn<'_>, model: &mut Model) {
        let arrangement = self.arrangement.take();
        self.write_runtime(turn, model, arrangement.as_ref());
        self.arrangement = arrangement;
    }

    /// Write the runtime file: before the commands of an arrangement, and when it is done.
    pub(in crate::core) fn write_runtime(
        &mut self,
        turn: &mut Turn<'_>,
        model: &mut Model,
        arrangement: Option<&Arrangement>,
    ) {
        // Whoever has not even found a window manager knows nothing that another daemon, which
        // serves it, has not written better.
        model.keep.runtime_wanted = self.link.kind.is_none();
        if model.keep.runtime_wanted {
            return;
        }
        let intent = arrangement
            .filter(|arrangement| arrangement.in_commands)
            .and_then(|arrangement| arrangement.switch.as_ref())
            .map(|switch| Intent { project: switch.target.clone() })
            // That of the daemon before, until the tree has been seen.
            .or_else(|| model.projects.cut_off().map(|target| Intent { project: target.clone() }));
        let mut runtime = Runtime::new(model.projects.active().map(str::to_string), intent);
        runtime.memories.clone_from(&model.windows.memories);
        runtime.hidden.clone_from(&model.windows.table.hidden);
        runtime.fullscreen_owed.clone_from(&model.windows.fullscreen_owed);
        let wrappers = model.windows.table.wrappers.iter();
        runtime.wrappers = wrappers.map(|(id, stands_for)| Wrapper { id: *id, stands_for: *stands_for }).collect();
        runtime.windows = model.windows.table.handlings();
        runtime.workspaces.clone_from(&model.windows.table.order);
        for serial in model.belonging.placing.float_when_shown() {
            runtime.windows.entry(serial).or_default().floats = true;
        }
        runtime.launches = model.belonging.launches.records();
        if let Some(arrangement) = arrangement {
            if let Some(before) = &arrangement.before {
                runtime.fullscreen_owed.extend(before.owed(&model.windows.table));
            }
            runtime.hidden.extend(arrangement.hidden_records.iter().cloned());
            if let (Some(active), Some(left)) = (model.projects.active(), &arrangement.left) {
                runtime.memories.insert(active.to_string(), left.clone());
            }
        }
        if seeded::has(Fault::ForgetRuntimeFile) {
            return;
        }
        model.keep.write_store(turn, StoreFile::Runtime, runtime.to_text(), None);
    }
}
