//! Why a command was not done, and the exit code that says so.

use serde_json::json;

/// What a shell says of a program that SIGPIPE has ended.
pub const SIGPIPE_EXIT_CODE: u8 = 128 + 13;

/// Why a command was not done.
#[derive(Debug)]
pub enum Failure {
    /// The daemon, a file or the window manager refused.
    Refused {
        /// The name of the code, if the daemon gave one.
        code: Option<String>,
        /// What is wrong and what to do.
        message: String,
    },
    /// The command was not written as it should be.
    Usage(String),
    /// Nobody listens on the socket, or it closed.
    NoDaemon(String),
    /// There was no answer in time.
    TimedOut(String),
    /// What is wrong has been printed already.
    Told,
    /// Whoever read our output has gone.
    ReaderGone,
}

impl Failure {
    /// Refused, in our own words.
    pub fn refused(message: impl Into<String>) -> Failure {
        Failure::Refused { code: None, message: message.into() }
    }

    /// The exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::ReaderGone => SIGPIPE_EXIT_CODE,
            Failure::Refused { .. } | Failure::Told => 1,
            Failure::Usage(_) => 2,
            Failure::NoDaemon(_) => 3,
            Failure::TimedOut(_) => 4,
        }
    }

    /// The reason, if it passes when there is another daemon, or this one has more time or room.
    #[must_use]
    pub fn passing(&self) -> Option<&str> {
        match self {
            Failure::NoDaemon(message) | Failure::TimedOut(message) => Some(message),
            Failure::Refused { code, message } => {
                let code = code.as_deref()?;
                ["starting", "stopping", "lagged", "overloaded"].contains(&code).then_some(message)
            }
            Failure::Usage(_) | Failure::Told | Failure::ReaderGone => None,
        }
    }

    /// What to print on stderr, without a newline; nothing if nobody is to be told.
    #[must_use]
    pub fn text(&self, as_json: bool) -> Option<String> {
        let (code, message) = match self {
            Failure::ReaderGone | Failure::Told => return None,
            Failure::Refused { code, message } => (code.as_deref().unwrap_or("refused"), message),
            Failure::Usage(message) => ("usage", message),
            Failure::NoDaemon(message) => ("no_daemon", message),
            Failure::TimedOut(message) => ("timed_out", message),
        };
        Some(match as_json {
            true => super::text::json_line(&json!({"error": {"code": code, "message": message}})),
            false => format!("i3pm: {}", super::text::escaped_lines(message)),
        })
    }
}
