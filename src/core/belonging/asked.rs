//! What is known of the processes behind windows, and what was asked of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::belonging::formers::Formers;
use crate::core::windows::window::WindowState;
use crate::core::words::event::ProcessInfo;
use crate::core::words::time::Time;

/// What is known of the processes behind windows.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// X11 windows that the X server was asked about; true: answered, or given up.
    pub(super) x11: BTreeMap<u32, bool>,
    /// Processes whose environment was asked for; `Some` if the answer is there.
    pub(super) processes: BTreeMap<u32, Option<ProcessInfo>>,
    /// Processes that have, or had, windows with no project in common: terminals and browsers with
    /// one server.
    pub(super) servers: BTreeSet<u32>,
    /// Processes that had windows.
    pub(super) formers: Formers,
}

impl Claims {
    /// Forget what belongs to a window that is gone; that its process had one is remembered.
    pub fn forget(&mut self, now: Time, window: &WindowState, pid_has_windows: bool) {
        if let Some(x11) = window.client.x11 {
            self.x11.remove(&x11);
        }
        if let Some(pid) = window.client.pid {
            self.formers.remember(now, pid, &window.owner);
        }
        if let Some(pid) = window.client.pid
            && !pid_has_windows
        {
            self.processes.remove(&pid);
            self.servers.remove(&pid);
        }
    }

    /// How many processes have windows, and an environment that cannot be read.
    pub fn unreadable(&self) -> usize {
        self.processes.values().flatten().filter(|process| process.unreadable.is_some()).count()
    }

    pub(in crate::core) fn formers(&self) -> &Formers {
        &self.formers
    }
}
