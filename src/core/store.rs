//! The files that hold our state: read strictly, so that damage is seen and not believed, and never lost.
//!
//! Each text bears a version and a checksum. What is done about files is in `stores`.

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::event::{StoreFile, StoreTrouble};
use super::memory::{LastingState, Runtime};
use super::projects_file::Created;

/// Stands in a text for its checksum while that is reckoned.
pub(super) const CHECKSUM_PLACE: &str = "0000000000000000";

/// What is wrong with the text of a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFault {
    /// Counts from 1; 0 where the fault has no place in the text.
    pub line: usize,
    /// Counts bytes from 1; 0 where the fault has no place in the text.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl StoreFault {
    /// The fault with the file and the place in it.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{path}:{}{self}", if self.line > 0 { "" } else { " " })
    }

    fn of_whole(message: String) -> StoreFault {
        StoreFault { line: 0, column: 0, message }
    }

    /// The text has another content than it was written with.
    pub(super) fn damaged() -> StoreFault {
        StoreFault::of_whole("its checksum does not fit its text, which was damaged or changed by hand".to_string())
    }
}

impl fmt::Display for StoreFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(formatter, "{}:{}: ", self.line, self.column)?;
        }
        formatter.write_str(&self.message)
    }
}

/// The bytes of a file as text.
///
/// # Errors
/// They are not UTF-8, with the place where they cease to be.
pub fn decode(bytes: Vec<u8>) -> Result<String, StoreTrouble> {
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = good.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        StoreTrouble::Unusable(StoreFault { line, column, message: "this is not UTF-8".to_string() })
    })
}

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

/// Read a text of one of these versions.
///
/// # Errors
/// It is not what it should be, or of another version.
pub(super) fn parse<T: DeserializeOwned>(text: &str, versions: &[u32]) -> Result<T, StoreFault> {
    /// The version comes first: a newer file may have any other member.
    #[derive(Deserialize)]
    struct Versioned {
        #[serde(default = "first")]
        version: u32,
    }
    fn first() -> u32 {
        1
    }
    let Versioned { version: found } = from_json(text)?;
    if !versions.contains(&found) {
        let newest = versions.last().copied().unwrap_or_default();
        return Err(StoreFault::of_whole(format!("its version is {found}, this program knows {newest}")));
    }
    from_json(text)
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreFault> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let whole = error.to_string();
        let message = whole.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&whole).to_string();
        // A file that ends too early ends behind the last character.
        StoreFault { line, column: if line == 0 { 0 } else { column.max(1) }, message }
    })
}

/// Put the checksum into a text that was made with `CHECKSUM_PLACE`.
pub(super) fn seal(text: &str) -> String {
    text.replacen(CHECKSUM_PLACE, &checksum(text), 1)
}

/// Does a text fit the checksum that it bears? One without is of an older version, or written by hand.
pub(super) fn is_intact(text: &str, found: Option<&str>) -> bool {
    let Some(found) = found else { return true };
    found.len() == CHECKSUM_PLACE.len() && checksum(&text.replacen(found, CHECKSUM_PLACE, 1)) == found
}

fn checksum(text: &str) -> String {
    format!("{:016x}", hash(text.as_bytes()))
}

/// FNV-1a. Each step is one to one, so a change of one byte always shows.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Tells one content of a file from another: a write says by it what it was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// That of this content.
    #[must_use]
    pub fn of(text: &str) -> Fingerprint {
        Fingerprint(hash(text.as_bytes()))
    }
}

#[cfg(test)]
mod tests;
