//! A hook that runs.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::{DeclaredProject, Template};
use crate::core::words::ids::LaunchId;
use crate::core::words::note::{Level, Note};
use crate::core::words::time::Time;

/// When a hook is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Enter,
    Leave,
}

/// A hook that runs, or is being started.
#[derive(Debug, Clone)]
pub(super) struct Hook {
    pub(super) project: String,
    pub(super) when: When,
    /// Where it is declared.
    pub(super) place: String,
    pub(super) limit: Duration,
    pub(super) step: Step,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// It may run until then.
    Runs(Time),
    /// It was asked to end, and is ended then.
    Ending(Time),
    /// It was ended.
    Ended,
}

/// The hooks that run.
#[derive(Debug, Clone, Default)]
pub struct Hooks(pub(super) BTreeMap<LaunchId, Hook>);

impl When {
    /// Its key in the configuration.
    pub(super) fn key(self) -> &'static str {
        match self {
            When::Enter => "on_enter",
            When::Leave => "on_leave",
        }
    }

    pub(super) fn command(self, project: &DeclaredProject) -> &[Template] {
        match self {
            When::Enter => &project.on_enter,
            When::Leave => &project.on_leave,
        }
    }
}

impl Hook {
    pub(super) fn due(&self) -> Option<Time> {
        match self.step {
            Step::Runs(until) | Step::Ending(until) => Some(until),
            Step::Ended => None,
        }
    }

    /// A note about it.
    #[track_caller]
    pub(super) fn note(&self, level: Level, kind: &'static str, what: &str) -> Note {
        let text = format!("{} of project {:?} {what}", self.when.key(), self.project);
        Note::new(level, kind, text).with("project", &self.project)
    }
}
