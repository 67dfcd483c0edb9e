//! What is to be done with windows, as rules say, and what was done.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Placement;
use crate::core::windows::hidden::HiddenContainer;

/// What rules do with windows, by serial number.
#[derive(Debug, Clone, Default)]
pub struct Placing {
    /// Windows that appeared, whose rules were not asked yet.
    pub(super) due: BTreeSet<u64>,
    /// What is to be done.
    pub(super) todo: BTreeMap<u64, Placement>,
    /// What enforced rules said last.
    pub(super) enforced: BTreeMap<u64, Placement>,
    /// The commands that were sent last.
    pub(super) sent: BTreeMap<u64, Vec<String>>,
    /// The windows of the message in flight.
    pub(super) in_flight: Vec<u64>,
    /// Their commands.
    pub(super) message: String,
    /// How many windows were placed.
    pub count: u64,
}

impl Placing {
    /// A window appeared.
    pub fn appeared(&mut self, serial: u64) {
        self.due.insert(serial);
    }

    /// A window is gone.
    pub fn forget(&mut self, serial: u64) {
        self.due.remove(&serial);
        self.todo.remove(&serial);
        self.enforced.remove(&serial);
        self.sent.remove(&serial);
    }

    /// The windows of a container were hidden: where they return to is said there. What was not
    /// sent is for when they are shown.
    pub fn hidden(&mut self, container: &HiddenContainer) {
        for serial in &container.windows {
            let Some(Placement { border, mark, float, commands, .. }) = self.todo.remove(serial) else { continue };
            let looks = Placement { border, mark, float, commands, ..Placement::default() };
            if !looks.is_empty() {
                self.todo.insert(*serial, looks);
            }
        }
    }

    /// The windows that will be fullscreen when they are shown.
    pub fn fullscreen_of(&self, container: &HiddenContainer) -> Vec<(u64, u8)> {
        let wanted = |serial: &u64| self.todo.get(serial).is_some_and(|placement| placement.fullscreen == Some(true));
        container.windows.iter().filter(|serial| wanted(serial)).map(|serial| (*serial, 1)).collect()
    }

    /// The windows that will float when they are shown.
    pub fn float_when_shown(&self) -> impl Iterator<Item = u64> {
        self.todo.iter().filter(|(_, placement)| placement.float == Some(true)).map(|(serial, _)| *serial)
    }

    /// A hidden window must float when it is shown: the daemon before this one would have floated
    /// it.
    pub fn float_later(&mut self, serial: u64) {
        self.todo.insert(serial, Placement { float: Some(true), ..Placement::default() });
    }

    /// Is a message on its way that is about this window?
    pub fn is_underway(&self, serial: u64) -> bool {
        self.in_flight.contains(&serial)
    }

    /// Is there a window of which something is to be done?
    pub fn has_todo(&self) -> bool {
        !self.todo.is_empty()
    }

    /// What is to be done with a window.
    pub fn todo(&self, serial: u64) -> Option<&Placement> {
        self.todo.get(&serial)
    }

    /// What was sent for a window last.
    pub fn sent(&self, serial: u64) -> &[String] {
        self.sent.get(&serial).map(Vec::as_slice).unwrap_or_default()
    }
}
