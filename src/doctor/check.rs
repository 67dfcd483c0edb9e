//! What a check is, what it may look at, and the repairs that several of them name.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::api::{StateDump, Status};
use crate::wire::discovery::Environment;

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// All is well.
    Ok,
    /// It works, and should be looked at.
    Warning,
    /// Something is wrong.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What, in a word.
    pub name: &'static str,
    /// How it went.
    pub state: State,
    /// What was found: a sentence without a full stop.
    pub text: String,
    /// What would repair it.
    pub repair: Option<String>,
}

impl Check {
    pub(super) fn ok(name: &'static str, text: impl Into<String>) -> Check {
        Check { name, state: State::Ok, text: text.into(), repair: None }
    }

    pub(super) fn warning(name: &'static str, text: impl Into<String>, repair: impl Into<String>) -> Check {
        Check { name, state: State::Warning, text: text.into(), repair: Some(repair.into()) }
    }

    pub(super) fn problem(name: &'static str, text: impl Into<String>, repair: impl Into<String>) -> Check {
        Check { name, state: State::Problem, text: text.into(), repair: Some(repair.into()) }
    }
}

/// What the daemon says.
#[derive(Debug, Clone, PartialEq)]
pub enum Daemon {
    /// It answers; an older one has no table to show.
    Answers(Box<Status>, Option<Box<StateDump>>),
    /// Nobody listens; with the reason.
    Absent(String),
    /// It does not answer in time; with the reason.
    Silent(String),
    /// It could not be asked, so nothing is known of whether it is there.
    Unasked {
        /// Why.
        reason: String,
        /// What would help.
        repair: String,
    },
}

/// Where to look.
#[derive(Debug, Clone)]
pub struct Places {
    /// The socket of the daemon.
    pub socket: PathBuf,
    /// `$XDG_RUNTIME_DIR`, or where a login puts it.
    pub runtime: Option<PathBuf>,
    /// What the environment says of window managers.
    pub environment: Environment,
    /// The sockets that may be those of a window manager, best first.
    pub wm_sockets: Vec<PathBuf>,
    /// How long the window manager, or the service manager, may take for an answer.
    pub timeout: Duration,
}

/// Repairs what is different between the daemon's table and the tree.
pub const FIX: &str = "i3pm doctor --fix";
/// Makes a socket of the service manager again. It refuses to do that while the service runs, and a
/// restart of both is two jobs, of which it refuses the first.
pub(super) const RESTART_BOTH: &str = "systemctl --user stop i3pm && systemctl --user restart i3pm.socket i3pm";
