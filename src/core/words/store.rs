//! The files that hold our state, as words: which there are, what is wrong with one, and the seal
//! of a text.
//!
//! Each text bears a version and a checksum, and is read strictly, so that damage is seen and not
//! believed.

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The files that hold our state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoreFile {
    /// `$XDG_DATA_HOME/i3pm/projects.json`: projects made by calls.
    Projects,
    /// `$XDG_STATE_HOME/i3pm/state.json`: order of use.
    State,
    /// `$XDG_RUNTIME_DIR/i3pm/runtime.json`: what is hidden and how it stood.
    Runtime,
}

impl StoreFile {
    /// Every one.
    pub const EACH: [StoreFile; 3] = [StoreFile::Projects, StoreFile::State, StoreFile::Runtime];

    /// The name of the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            StoreFile::Projects => "projects.json",
            StoreFile::State => "state.json",
            StoreFile::Runtime => "runtime.json",
        }
    }

    /// What is lost with it, and what to do, where it was set aside.
    pub(in crate::core) fn next_step_aside(self) -> &'static str {
        match self {
            StoreFile::Projects => {
                "what could not be read of it is missing from `i3pm project list`: make those projects again, or mend that \
                 file, move it back and restart i3pmd"
            }
            StoreFile::State => "the order of use begins anew; nothing needs to be done",
            StoreFile::Runtime => {
                "the marks in the window manager say what is hidden; places among siblings and the focus of hidden projects \
                 may be lost; nothing needs to be done"
            }
        }
    }

    /// The same where it could not be read.
    pub(in crate::core) fn next_step_left(self) -> &'static str {
        match self {
            StoreFile::Projects => {
                "its projects are missing, and none can be made or changed; make it readable, then run `i3pm reload`"
            }
            StoreFile::State => {
                "the order of use begins anew and is not saved; make it readable, then run `i3pm reload`"
            }
            StoreFile::Runtime => {
                "the marks in the window manager say what is hidden; see that the daemon can write there before the next \
                 switch"
            }
        }
    }
}

/// Why the text of a file is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreTrouble {
    /// It could not be read; with a sentence that names it.
    Unreadable(String),
    /// It was read, and is no text.
    Unusable(StoreFault),
}

/// Why a file was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// The directory of the project is not one; with a sentence that names it.
    Directory(String),
    /// The file could not be written; with a sentence that names it.
    Write(String),
    /// Somebody else has written it since what this was made from. It is left as it is; with its
    /// text.
    Changed(Result<String, StoreTrouble>),
}

/// Stands in a text for its checksum while that is reckoned.
pub(in crate::core) const CHECKSUM_PLACE: &str = "0000000000000000";

/// What is wrong with the text of a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFault {
    /// Counts from 1; 0 if the fault has no place in the text.
    pub line: usize,
    /// Counts bytes from 1; 0 if the fault has no place in the text.
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

    pub(in crate::core) fn of_whole(message: String) -> StoreFault {
        StoreFault { line: 0, column: 0, message }
    }

    /// The text has another content than it was written with.
    pub(in crate::core) fn damaged() -> StoreFault {
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

/// Read a text of one of these versions.
///
/// # Errors
/// It is not what it should be, or of another version.
pub(in crate::core) fn parse<T: DeserializeOwned>(text: &str, versions: &[u32]) -> Result<T, StoreFault> {
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
pub(in crate::core) fn seal(text: &str) -> String {
    text.replacen(CHECKSUM_PLACE, &checksum(text), 1)
}

/// Does a text fit the checksum that it bears? One without is of an older version, or written by
/// hand.
pub(in crate::core) fn is_intact(text: &str, found: Option<&str>) -> bool {
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

/// What became of a file that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::core) enum Standing {
    /// It is being set aside; with its faults.
    SettingAside(Vec<StoreFault>),
    /// It was set aside; with the sentence that was logged.
    SetAside(String),
    /// It could not be read, or not be set aside, and is not written over; with the sentence that
    /// was logged.
    LeftAlone(String),
}
