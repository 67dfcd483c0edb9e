//! The files that hold our state: read strictly, so that damage is seen and not believed, and never lost.
//!
//! Each text bears a checksum. What cannot be used is renamed to `NAME.bad` before anything is written in its place, and
//! said with its place in the text and the next step; what could not even be read is left alone and, but for the runtime
//! file, not written over.

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Core;
use super::deadline::Deadline;
use super::effect::Effect;
use super::event::{StoreFile, StoreTrouble};
use super::memory::{LastingState, Runtime};
use super::note::Level;
use super::projects::Projects;
use super::time::Time;

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
        StoreFile::Projects => Projects::default().load(&text).unwrap_or_else(|fault| vec![fault]),
        StoreFile::State => LastingState::from_text(&text).err().into_iter().collect(),
        StoreFile::Runtime => Runtime::from_text(&text).err().into_iter().collect(),
    });
    match read {
        Ok(faults) => faults,
        Err(StoreTrouble::Unusable(fault)) => vec![fault],
        Err(StoreTrouble::Unreadable(reason)) => vec![StoreFault::of_whole(reason)],
    }
}

/// Read a text of this version.
///
/// # Errors
/// It is not what it should be, or of another version.
pub(super) fn parse<T: DeserializeOwned>(text: &str, version: u32) -> Result<T, StoreFault> {
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
    if found != version {
        return Err(StoreFault::of_whole(format!("its version is {found}, this program knows {version}")));
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

/// FNV-1a. Each step is one to one, so a change of one byte always shows.
fn checksum(text: &str) -> String {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// What became of a file that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is being set aside; with its faults.
    SettingAside(Vec<StoreFault>),
    /// It was set aside; with the sentence that was logged.
    SetAside(String),
    /// It could not be read, or not be set aside, and is not written over; with the sentence that was logged.
    LeftAlone(String),
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
    fn next_step_aside(self) -> &'static str {
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
    fn next_step_left(self) -> &'static str {
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

impl Core {
    pub(super) fn store_read(
        &mut self,
        now: Time,
        file: StoreFile,
        result: Result<Option<String>, StoreTrouble>,
        effects: &mut Vec<Effect>,
    ) {
        let faults = match result {
            Ok(None) => Ok(Vec::new()),
            Ok(Some(text)) => Ok(self.take_store(file, &text).unwrap_or_else(|fault| vec![fault])),
            Err(StoreTrouble::Unusable(fault)) => Ok(vec![fault]),
            Err(StoreTrouble::Unreadable(reason)) => Err(reason),
        };
        match faults {
            Ok(faults) if faults.is_empty() => {
                self.stores.remove(&file);
            }
            Ok(faults) => {
                self.stores.insert(file, Standing::SettingAside(faults));
                effects.push(Effect::SetStoreAside { file });
            }
            Err(reason) => self.leave_alone(now, file, &reason, effects),
        }
        self.files.read(file);
        if file == StoreFile::Projects {
            self.projects_changed(now, effects);
        }
        self.loaded(now, effects);
    }

    /// Take over what a file says. Faults that do not spoil the whole come back.
    fn take_store(&mut self, file: StoreFile, text: &str) -> Result<Vec<StoreFault>, StoreFault> {
        match file {
            StoreFile::Projects => return self.projects.load(text),
            StoreFile::State => {
                let order = LastingState::from_text(text)?.order_of_use;
                // What was used since the start is newer.
                let older = order.into_iter().filter(|name| !self.order_of_use.contains(name)).collect::<Vec<_>>();
                self.order_of_use.extend(older);
            }
            StoreFile::Runtime => self.take_runtime(Runtime::from_text(text)?),
        }
        Ok(Vec::new())
    }

    /// A file that could not be used was renamed, or not.
    pub(super) fn store_set_aside(
        &mut self,
        now: Time,
        file: StoreFile,
        result: Result<String, String>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(Standing::SettingAside(faults)) = self.stores.remove(&file) else { return };
        match result {
            Ok(path) => {
                let named: Vec<String> = faults.iter().map(|fault| fault.at(&path)).collect();
                let text = format!("{}; it is kept as {path}.bad; {}", named.join("; "), file.next_step_aside());
                self.note(now, Level::Warning, "store.set_aside", text.clone(), effects);
                self.stores.insert(file, Standing::SetAside(text));
                if file == StoreFile::Projects {
                    self.rewrite_projects(effects);
                }
            }
            Err(reason) => {
                let faults: Vec<String> = faults.iter().map(StoreFault::to_string).collect();
                self.leave_alone(now, file, &format!("{}; {reason}", faults.join("; ")), effects);
            }
        }
        if file == StoreFile::Projects {
            self.store_next(now, effects);
        }
    }

    fn leave_alone(&mut self, now: Time, file: StoreFile, reason: &str, effects: &mut Vec<Effect>) {
        let text = format!("{} cannot be used: {reason}; {}", file.name(), file.next_step_left());
        self.note(now, Level::Warning, "store.unreadable", text.clone(), effects);
        self.stores.insert(file, Standing::LeftAlone(text));
    }

    /// A file of the start did not come in time: what it says is not known, so it is not written over.
    pub(super) fn stores_overdue(&mut self, now: Time, effects: &mut Vec<Effect>) {
        for file in StoreFile::EACH.into_iter().filter(|file| !self.files.is_read(*file)).collect::<Vec<_>>() {
            self.leave_alone(now, file, "it could not be read in time", effects);
        }
    }

    /// Look again at the files that could not be read.
    pub(super) fn read_stores_again(&self, effects: &mut Vec<Effect>) {
        let left_alone = self.stores.iter().filter(|(_, standing)| matches!(standing, Standing::LeftAlone(_)));
        effects.extend(
            left_alone.filter(|(file, _)| **file != StoreFile::Runtime).map(|(file, _)| Effect::ReadStore(*file)),
        );
    }

    /// A write that no call waits for failed. Said once until one succeeds: a full disk would be told at every switch.
    pub(super) fn store_failed(&mut self, now: Time, text: String, effects: &mut Vec<Effect>) {
        if self.store_failure.as_ref() != Some(&text) {
            let told = format!("{text}; make room or mend its directory: it is written again at the next change");
            self.note(now, Level::Warning, "store.failed", told, effects);
            self.store_failure = Some(text);
        }
    }

    /// Write the order of use, unless what is there could not be read.
    pub(super) fn save_order_of_use(&mut self, effects: &mut Vec<Effect>) -> Option<super::JobId> {
        self.deadlines.clear(Deadline::Save);
        if matches!(self.stores.get(&StoreFile::State), Some(Standing::LeftAlone(_))) {
            return None;
        }
        let job = self.new_job();
        let text = LastingState::new(self.order_of_use.clone()).to_text();
        effects.push(Effect::WriteStore { job, file: StoreFile::State, text, required_directory: None });
        Some(job)
    }

    /// The number of the next job.
    pub(super) fn new_job(&mut self) -> super::JobId {
        self.next_job += 1;
        super::JobId(self.next_job - 1)
    }
}

#[cfg(test)]
mod tests;
