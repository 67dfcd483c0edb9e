//! What is awaited of the disk.

use std::collections::BTreeSet;

use crate::core::words::phase::Source;
use crate::core::words::store::StoreFile;

/// What is awaited of the disk: until it has come, or cannot, nobody knows what it says.
#[derive(Debug, Clone)]
pub struct Files {
    awaited: BTreeSet<Source>,
}

impl Default for Files {
    fn default() -> Files {
        let stores = StoreFile::EACH.into_iter().map(Source::Store);
        Files { awaited: stores.chain([Source::Config]).collect() }
    }
}

impl Files {
    /// It has come, or cannot. Was it awaited?
    pub(in crate::core) fn read(&mut self, source: Source) -> bool {
        self.awaited.remove(&source)
    }

    /// It is read once more, for it was not to be read before.
    pub(in crate::core) fn await_again(&mut self, source: Source) {
        self.awaited.insert(source);
    }

    /// Is anything awaited?
    pub(in crate::core) fn await_any(&self) -> bool {
        !self.awaited.is_empty()
    }

    /// Nothing is awaited any longer.
    pub(in crate::core) fn give_up(&mut self) {
        self.awaited.clear();
    }

    /// Is it awaited?
    pub(in crate::core) fn awaits(&self, source: Source) -> bool {
        self.awaited.contains(&source)
    }

    /// Does everything that says which projects there are lie before us?
    pub(in crate::core) fn tell_projects(&self) -> bool {
        !self.awaits(Source::Config) && !self.awaits(Source::Store(StoreFile::Projects))
    }
}
