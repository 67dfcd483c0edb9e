//! Error codes, those of JSON-RPC 2.0 and our own, in one table; and the faults of a configuration.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a call was not done. The number is on the wire, the name in `data.code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The line is not JSON.
    ParseError,
    /// The JSON is not a request.
    InvalidRequest,
    /// There is no such method.
    MethodNotFound,
    /// The parameters do not fit the method.
    InvalidParams,
    /// A bug of ours.
    InternalError,
    /// No project has this name.
    UnknownProject,
    /// A project has this name already.
    ProjectExists,
    /// The project is declared in the configuration; only its text can change it.
    DeclaredProject,
    /// The name is not one a project may have.
    InvalidName,
    /// The directory is not absolute, or not there.
    InvalidDirectory,
    /// No window has this id, or nothing matches.
    UnknownWindow,
    /// `-`, `next` or `prev` has no project to go to.
    NoOtherProject,
    /// The configuration declares no application of this name.
    UnknownApp,
    /// The application is one of projects, and no project is active or named.
    NoProject,
    /// The program could not be started.
    LaunchFailed,
    /// There is no connection to a window manager.
    WmDisconnected,
    /// The window manager did not answer in time; what it was told still stands.
    WmTimeout,
    /// The connection to the window manager broke on the way.
    WmLost,
    /// The window manager refused a command.
    WmRefused,
    /// A newer switch took the place of this one.
    Superseded,
    /// The daemon has not read the windows yet.
    Starting,
    /// The daemon is on its way out.
    Stopping,
    /// The new configuration is broken; the old one is in force.
    ConfigRejected,
    /// A file could not be written or read.
    StoreFailed,
    /// The answer is larger than a peer's outbox.
    AnswerTooLarge,
    /// A limit of the server is reached.
    Overloaded,
    /// The peer did not read what it had asked for; it is closed.
    Lagged,
}

impl ErrorCode {
    /// All codes, for documentation and tests.
    pub const ALL: [ErrorCode; 27] = [
        ErrorCode::ParseError,
        ErrorCode::InvalidRequest,
        ErrorCode::MethodNotFound,
        ErrorCode::InvalidParams,
        ErrorCode::InternalError,
        ErrorCode::UnknownProject,
        ErrorCode::ProjectExists,
        ErrorCode::DeclaredProject,
        ErrorCode::InvalidName,
        ErrorCode::InvalidDirectory,
        ErrorCode::UnknownWindow,
        ErrorCode::NoOtherProject,
        ErrorCode::UnknownApp,
        ErrorCode::NoProject,
        ErrorCode::LaunchFailed,
        ErrorCode::WmDisconnected,
        ErrorCode::WmTimeout,
        ErrorCode::WmLost,
        ErrorCode::WmRefused,
        ErrorCode::Superseded,
        ErrorCode::Starting,
        ErrorCode::Stopping,
        ErrorCode::ConfigRejected,
        ErrorCode::StoreFailed,
        ErrorCode::AnswerTooLarge,
        ErrorCode::Overloaded,
        ErrorCode::Lagged,
    ];

    /// The number on the wire. -32768 to -32600 are JSON-RPC's own, -32099 to -32000 ours.
    #[must_use]
    pub fn number(self) -> i32 {
        match self {
            ErrorCode::ParseError => -32700,
            ErrorCode::InvalidRequest => -32600,
            ErrorCode::MethodNotFound => -32601,
            ErrorCode::InvalidParams => -32602,
            ErrorCode::InternalError => -32603,
            ErrorCode::UnknownProject => -32000,
            ErrorCode::ProjectExists => -32001,
            ErrorCode::DeclaredProject => -32002,
            ErrorCode::InvalidName => -32003,
            ErrorCode::InvalidDirectory => -32004,
            ErrorCode::UnknownWindow => -32005,
            ErrorCode::NoOtherProject => -32006,
            ErrorCode::UnknownApp => -32007,
            ErrorCode::NoProject => -32008,
            ErrorCode::LaunchFailed => -32009,
            ErrorCode::WmDisconnected => -32010,
            ErrorCode::WmTimeout => -32011,
            ErrorCode::WmLost => -32012,
            ErrorCode::WmRefused => -32013,
            ErrorCode::Superseded => -32014,
            ErrorCode::Starting => -32020,
            ErrorCode::Stopping => -32021,
            ErrorCode::ConfigRejected => -32030,
            ErrorCode::StoreFailed => -32031,
            ErrorCode::AnswerTooLarge => -32040,
            ErrorCode::Overloaded => -32041,
            ErrorCode::Lagged => -32042,
        }
    }
}

/// An error as a value: what went wrong, and with what.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// Which kind.
    pub code: ErrorCode,
    /// One sentence that names the thing and the next step.
    pub message: String,
}

impl ApiError {
    /// An error of a kind, with its sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> ApiError {
        ApiError { code, message: message.into() }
    }
}

/// What is wrong with the configuration, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigError {
    /// The file.
    pub file: String,
    /// Counts from 1; 0 if the fault has no place in the text.
    pub line: usize,
    /// Counts characters from 1; 0 if the fault has no place in the text.
    pub column: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.line == 0 {
            write!(formatter, "{}: {}", self.file, self.message)
        } else {
            write!(formatter, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
        }
    }
}
