//! Notes: decisions worth logging, as data.

use std::panic::Location;

use crate::core::words::event::Process;

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For whoever looks for a fault.
    Debug,
    /// Our own life: rare, and worth a line.
    Info,
    /// The world is not as it should be: files, clients, the window manager. We go on.
    Warning,
    /// A bug of ours, or we cannot go on.
    Error,
}

impl Level {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// A line for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// How much it matters.
    pub level: Level,
    /// What happened, in a word or two with dots between: `wm.connected`.
    pub kind: &'static str,
    /// A sentence for people. Not escaped: the log drain escapes control characters.
    pub text: String,
    /// Fields for machines: name (lower case, `_`) and value.
    pub fields: Vec<(&'static str, String)>,
    /// Where the daemon is in its life, if that is known.
    pub phase: Option<&'static str>,
    /// Where in the source it was written.
    pub place: &'static Location<'static>,
}

impl Note {
    /// A note without fields.
    #[track_caller]
    pub fn new(level: Level, kind: &'static str, text: impl Into<String>) -> Note {
        Note { level, kind, text: text.into(), fields: Vec::new(), phase: None, place: Location::caller() }
    }

    /// The same with one more field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Note {
        self.fields.push((name, value.to_string()));
        self
    }

    /// The same about a peer: the process that connected, if the kernel named it.
    #[must_use]
    pub fn of_peer(mut self, process: &Process) -> Note {
        if let Some(pid) = process.pid {
            self = self.with("peer_pid", pid);
        }
        if let Some(command) = &process.command {
            self = self.with("peer_command", command);
        }
        self
    }
}
