//! Processes that had windows.

use std::collections::{BTreeSet, VecDeque};

use crate::core::windows::window::Owner;
use crate::core::words::event::ProcessInfo;
use crate::core::words::time::Time;

/// The most processes without windows of which is remembered that they had some: the oldest is
/// forgotten first.
pub const PROCESSES_REMEMBERED_MAX: usize = 256;

/// The processes that had windows and have none, as far as is known.
#[derive(Debug, Clone, Default)]
pub(in crate::core) struct Formers(VecDeque<Former>);

/// A process that had windows.
#[derive(Debug, Clone)]
pub(super) struct Former {
    pub(super) pid: u32,
    /// When its last window was gone. A process of this number that was started before that is the
    /// same one.
    pub(super) gone: Time,
    /// What its windows had in common.
    pub(super) projects: BTreeSet<String>,
}

impl Formers {
    /// A window of a process is gone.
    pub(in crate::core) fn remember(&mut self, now: Time, pid: u32, owner: &Owner) {
        let mut projects: BTreeSet<String> = owner.projects().map(str::to_string).collect();
        if let Some(at) = self.0.iter().position(|former| former.pid == pid) {
            let before = self.0.remove(at).map(|former| former.projects).unwrap_or_default();
            projects.retain(|project| before.contains(project));
        }
        if self.0.len() == PROCESSES_REMEMBERED_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Former { pid, gone: now, projects });
    }

    pub(super) fn of(&self, pid: u32, process: &ProcessInfo) -> Option<&Former> {
        self.0.iter().find(|former| former.pid == pid && process.started <= former.gone)
    }

    /// A process of this number was started after the one that is remembered.
    pub(in crate::core) fn drop_other(&mut self, pid: u32, process: &ProcessInfo) {
        self.0.retain(|former| former.pid != pid || process.started <= former.gone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_processes_are_remembered() {
        let mut formers = Formers::default();
        let started = |millis| ProcessInfo { started: Time::from_nanos(millis), ..ProcessInfo::default() };
        for pid in 0..=u32::try_from(PROCESSES_REMEMBERED_MAX).expect("a small number") {
            formers.remember(Time::from_nanos(10), pid, &Owner::project("a"));
        }
        assert_eq!(formers.0.len(), PROCESSES_REMEMBERED_MAX);
        assert!(formers.of(0, &started(1)).is_none(), "the oldest");
        assert!(formers.of(1, &started(10)).is_some());
        assert!(formers.of(1, &started(11)).is_none(), "another process, with the number of one that has ended");
    }

    #[test]
    fn windows_of_a_process_have_their_projects_in_common() {
        let mut formers = Formers::default();
        let process = ProcessInfo::default();
        let both = Owner::Projects(BTreeSet::from(["a".to_string(), "b".to_string()]));
        formers.remember(Time::from_nanos(1), 7, &both);
        formers.remember(Time::from_nanos(2), 7, &Owner::project("b"));
        assert_eq!(formers.of(7, &process).expect("it is remembered").projects, BTreeSet::from(["b".to_string()]));
        formers.remember(Time::from_nanos(3), 7, &Owner::Global);
        assert!(formers.of(7, &process).expect("it is remembered").projects.is_empty());
    }
}
