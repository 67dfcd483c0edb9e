//! What the daemon and a hidden verb of `i3pm` tell each other when a program is started. Nobody
//! else reads it, so it may change with every version.
//!
//! The daemon writes an order into a file, with a FIFO beside it that brings back reports, one line
//! of JSON each.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The verb; its argument is the file of the order.
pub const LAUNCH_VERB: &str = "__launch";

/// The FIFO beside the file of an order.
#[must_use]
pub fn report_of(order: &Path) -> PathBuf {
    let mut path = order.as_os_str().to_owned();
    path.push(".report");
    path.into()
}

/// What is to be started, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartOrder {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Where it is started.
    pub directory: String,
    /// All the variables that it has.
    pub environment: Vec<(OsString, OsString)>,
    /// How many file descriptors it may have, if that is not what the verb may have.
    pub descriptors: Option<u64>,
    /// Only look whether it could be started.
    pub check: bool,
}

/// What is reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartReport {
    /// The program is there, and is about to take the place of the verb.
    Takes {
        /// Its file.
        program: String,
        /// `/proc/PID/stat` of its process.
        stat: String,
    },
    /// It cannot be started after all.
    Failed {
        /// A sentence that says why.
        reason: String,
    },
    /// What a service manager had started has ended.
    Ended {
        /// With the status 0.
        succeeded: bool,
        /// How, for people: `exit status: 0`, or a signal.
        outcome: String,
    },
}
