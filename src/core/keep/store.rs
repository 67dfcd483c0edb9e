//! The texts of our files, for whoever only looks at them.

use crate::core::keep::runtime::Runtime;
use crate::core::keep::state::LastingState;
use crate::core::projects::projects_file::Created;
use crate::core::words::store::{StoreFault, StoreFile, StoreTrouble, decode};

/// Everything that is wrong with the bytes of a file of ours, for whoever only looks.
#[must_use]
pub fn faults(file: StoreFile, bytes: Vec<u8>) -> Vec<StoreFault> {
    let read = decode(bytes).map(|text| match file {
        StoreFile::Projects => Created::read(&text).map_or_else(|fault| vec![fault], |(_, faults)| faults),
        StoreFile::State => LastingState::from_text(&text).err().into_iter().collect(),
        StoreFile::Runtime => Runtime::from_text(&text).err().into_iter().collect(),
    });
    match read {
        Ok(faults) => faults,
        Err(StoreTrouble::Unusable(fault)) => vec![fault],
        Err(StoreTrouble::Unreadable(reason)) => vec![StoreFault::of_whole(reason)],
    }
}

#[cfg(test)]
mod tests;
