//! Notes: decisions worth logging, as data.

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For whoever looks for a fault.
    Debug,
    /// Rare, and worth a line.
    Info,
    /// Something is not as it should be; we go on.
    Warning,
    /// Something could not be done.
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
}

impl Note {
    /// A note without fields.
    pub fn new(level: Level, kind: &'static str, text: impl Into<String>) -> Note {
        Note { level, kind, text: text.into(), fields: Vec::new() }
    }

    /// The same with one more field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Note {
        self.fields.push((name, value.to_string()));
        self
    }
}
