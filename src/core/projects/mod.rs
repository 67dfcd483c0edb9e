//! Which projects there are, in which order they were used, and what they are called.

pub mod active;
pub mod certainty;
pub mod change;
pub mod described;
pub mod known;
pub mod order;
pub mod preferred;
pub mod projects_file;

use std::collections::BTreeMap;

use crate::api::ConfigError;
use crate::core::windows::window::WindowState;

/// Which projects there are, which one is active, and when each was used.
#[derive(Debug, Clone, Default)]
pub struct Projects {
    /// Those that are declared or were created.
    pub known: known::KnownProjects,
    /// The one whose windows are shown; none for "no project".
    active: Option<String>,
    /// Is that so?
    certainty: certainty::Certainty,
    /// Why a configuration that may declare more of them is not in force.
    pub refused: Option<ConfigError>,
    /// By time of use, the latest first.
    order_of_use: Vec<String>,
    /// What was used since the order of use was last written, with the number of the next job at
    /// that time.
    fresh_uses: BTreeMap<String, u64>,
    /// The order in which `next` and `prev` walk, while somebody walks.
    walk: Option<Vec<String>>,
}

impl Projects {
    /// Another switch than `next` or `prev` is asked for.
    pub fn end_walk(&mut self) {
        self.walk = None;
    }

    /// The project that was the active one when a window appeared, by the name that it has now.
    #[must_use]
    pub fn opened_in<'a>(&'a self, window: &'a WindowState) -> Option<&'a str> {
        self.known.current_name(window.origin.opened_in.as_deref()?)
    }
}
