//! Programs that are started: applications, those of a project that is opened, and hooks.

pub mod apps;
pub mod hook;
pub mod hooks;
pub mod launching;
pub mod opened;
pub mod opening;

use std::collections::BTreeMap;

use crate::core::projects::known::KnownProjects;

/// Programs that we start.
#[derive(Debug, Clone)]
pub struct Programs {
    /// Names this run of the daemon.
    epoch: String,
    /// Projects that are being opened.
    openings: Vec<opened::Opening>,
    /// Hooks that run.
    hooks: hook::Hooks,
    /// Variables of the user's session, as they were handed on last.
    session: BTreeMap<String, String>,
}

impl Programs {
    /// None was started yet.
    #[must_use]
    pub fn new(epoch: String) -> Programs {
        Programs { epoch, openings: Vec::new(), hooks: hook::Hooks::default(), session: BTreeMap::new() }
    }

    /// Whoever waited has an answer.
    pub fn nobody_waits(&mut self) {
        self.openings.clear();
    }

    /// The window manager is that of another session.
    pub fn forget_session(&mut self) {
        self.session.clear();
    }

    /// Projects have other names.
    pub fn follow_names(&mut self, known: &KnownProjects) {
        self.openings.iter_mut().for_each(|opening| known.follow(&mut opening.project));
    }
}
