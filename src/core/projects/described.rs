//! Projects as others see them.

use std::collections::BTreeMap;

use crate::api::{self, ApiError, ErrorCode};
use crate::core::projects::Projects;
use crate::core::windows::Windows;
use crate::core::windows::window::WindowState;

/// How many windows a project has.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    windows: usize,
    /// Those that want attention.
    urgent: usize,
}

impl Tally {
    fn count(&mut self, window: &WindowState) {
        self.windows += 1;
        self.urgent += usize::from(window.wants_attention() || window.is_news());
    }
}

impl Projects {
    /// A project as others see it.
    #[must_use]
    pub fn described(&self, windows: &Windows, name: &str) -> Option<api::Project> {
        let mut tally = Tally::default();
        windows.table.windows.values().filter(|window| window.owner.has(name)).for_each(|window| tally.count(window));
        self.with(name, tally)
    }

    /// All projects as others see them. The windows are looked through once.
    #[must_use]
    pub fn all_described(&self, windows: &Windows) -> Vec<api::Project> {
        let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
        for window in windows.table.windows.values() {
            for name in window.owner.projects() {
                tallies.entry(name).or_default().count(window);
            }
        }
        let told = |name: &str| self.with(name, tallies.get(name).copied().unwrap_or_default());
        self.known.names().filter_map(told).collect()
    }

    fn with(&self, name: &str, tally: Tally) -> Option<api::Project> {
        let details = self.known.details(name)?.clone();
        Some(api::Project {
            name: name.to_string(),
            dir: details.dir,
            icon: details.icon,
            display_name: details.display_name,
            order: self.known.order(name),
            active: self.active.as_deref() == Some(name),
            declared: self.known.declared_at(name),
            windows: tally.windows,
            urgent: tally.urgent,
        })
    }

    /// There is no project of this name.
    pub(in crate::core) fn unknown(&self, name: &str) -> ApiError {
        let names: Vec<&str> = self.known.names().take(20).collect();
        let known = if names.is_empty() {
            "there is none yet; `i3pm project create NAME` makes one".to_string()
        } else {
            format!("the projects are {}", names.join(", "))
        };
        // Nor can it be declared in a text that is not in force.
        let refused = self.refused.as_ref().map(|error| format!("; the configuration is not in force: {error}"));
        let text = format!("no project {name:?}; {known}{}", refused.unwrap_or_default());
        ApiError::new(ErrorCode::UnknownProject, text)
    }
}
