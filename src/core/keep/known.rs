//! What is known of our files.

use std::collections::BTreeMap;

use crate::core::words::ids::JobId;
use crate::core::words::store::{Fingerprint, Standing, StoreFile};

/// What is known of our files.
#[derive(Debug, Clone, Default)]
pub struct Stores {
    /// Those that are not as they should be.
    pub(in crate::core) standings: BTreeMap<StoreFile, Standing>,
    /// What was read or written last of each; those that were not there are missing.
    pub(super) seen: BTreeMap<StoreFile, Fingerprint>,
    /// The writes under way.
    pub(super) writes: BTreeMap<JobId, Write>,
    /// So often the write under way found something else in the file.
    pub(super) attempts: BTreeMap<StoreFile, u32>,
    /// The order of use is to be written once more when the write under way is over.
    pub(super) save_again: bool,
    /// The failure that was said last.
    pub(super) failure: Option<String>,
}

/// A write under way.
#[derive(Debug, Clone)]
pub(super) struct Write {
    pub(super) file: StoreFile,
    pub(super) fingerprint: Fingerprint,
    /// Nobody waits for it any longer: whoever did was told that it failed.
    pub(super) forsaken: bool,
}

impl Stores {
    /// What is wrong with a file, if anything is.
    pub(in crate::core) fn standing(&self, file: StoreFile) -> Option<&Standing> {
        self.standings.get(&file)
    }

    /// Why a file is not used and not written over, where it is so.
    pub(in crate::core) fn left_alone(&self, file: StoreFile) -> Option<&str> {
        match self.standings.get(&file) {
            Some(Standing::LeftAlone(text)) => Some(text),
            _ => None,
        }
    }

    /// Is it being written, as far as anybody waits for it?
    pub(in crate::core) fn is_being_written(&self, file: StoreFile) -> bool {
        self.job_of(file).is_some()
    }

    pub(super) fn job_of(&self, file: StoreFile) -> Option<JobId> {
        let mut writes = self.writes.iter();
        writes.find(|(_, write)| write.file == file && !write.forsaken).map(|(job, _)| *job)
    }

    /// Nobody waits any longer for the write of a file that is under way.
    pub(in crate::core) fn forsake(&mut self, file: StoreFile) {
        self.attempts.remove(&file);
        self.writes.values_mut().filter(|write| write.file == file).for_each(|write| write.forsaken = true);
    }
}
