//! What a reload of the configuration changed.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Config;
use crate::core::belonging::facts::Facts;
use crate::core::windows::window::{Owner, WindowState};

impl<'a> Facts<'a> {
    /// What a reload changed, in sentences. `owners` is whose the windows were.
    pub(in crate::core) fn summary(
        self,
        before: &Config,
        owners: &BTreeMap<u64, Owner>,
        enforced: usize,
    ) -> Vec<String> {
        let mut sentences = Vec::new();
        if before.rules.len() != self.config.rules.len() {
            sentences.push(format!("{} rules (there were {})", self.config.rules.len(), before.rules.len()));
        }
        let names =
            |config: &Config| config.projects.iter().map(|project| project.name.clone()).collect::<BTreeSet<_>>();
        let (old, new) = (names(before), names(self.config));
        for (what, names) in [("declared", &new - &old), ("declared no longer", &old - &new)] {
            if !names.is_empty() {
                sentences.push(format!("{what}: {}", names.into_iter().collect::<Vec<_>>().join(", ")));
            }
        }
        let changed = |window: &&WindowState| {
            window.owner != Owner::Pending && owners.get(&window.serial).is_some_and(|owner| *owner != window.owner)
        };
        let moved = self.windows.table.windows.values().filter(changed).count();
        let waiting = self.windows.table.windows.values().filter(|window| window.owner == Owner::Pending).count();
        for (count, what) in [
            (moved, "windows belong elsewhere now"),
            (waiting, "windows wait for what their processes say"),
            (enforced, "windows are placed anew by rules that are enforced"),
        ] {
            if count > 0 {
                sentences.push(format!("{count} {what}"));
            }
        }
        sentences
    }
}
