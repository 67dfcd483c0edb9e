//! A launch: a program that was started, until its window has come.

use serde::{Deserialize, Serialize};

use crate::api::{LaunchState, Launched};
use crate::config::{App, Placement, WorkspaceChoice};
use crate::core::windows::window::Owner;
use crate::core::words::ids::Caller;
use crate::core::words::time::Time;

/// A program that was started, or is being started.
#[derive(Debug, Clone)]
pub(super) struct Launch {
    /// Its name in environments.
    pub(super) token: String,
    pub(super) app: String,
    pub(super) owner: Owner,
    /// What the title of its window may name: the project and the last part of its directory.
    pub(super) words: Vec<String>,
    /// The class that its windows most likely have, in lower case: the name of the program.
    pub(super) class: String,
    /// Where and how its window is placed.
    pub(super) placement: Placement,
    /// Its window is a scratch window.
    pub(super) scratch: bool,
    pub(super) asked: Time,
    /// Only to be looked at, not started.
    pub(super) check: bool,
    pub(super) caller: Option<Caller>,
    /// The process and when it was started.
    pub(super) process: Option<(u32, u64)>,
    pub(super) running: bool,
    pub(super) arrival: Arrival,
}

/// What the runtime file keeps of a launch whose window has not come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaunchRecord {
    pub(super) token: String,
    pub(super) app: String,
    /// The project it was started for; none for a global one.
    pub(super) project: Option<String>,
    pub(super) words: Vec<String>,
    pub(super) class: String,
    /// The workspace on which its window is put.
    pub(super) workspace: Option<String>,
    pub(super) scratch: bool,
    /// When it was asked for, by the clock that runs since the machine was started, in nanoseconds.
    pub(super) asked: u64,
    /// The process and when it was started.
    pub(super) process: Option<(u32, u64)>,
}

/// What has become of the window of a launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It has not come.
    Expected,
    /// The one of this serial number looks like it; another may come that it certainly is.
    Likely(u64),
    /// It has come, or is not waited for any more.
    Over,
}

impl Launch {
    pub(super) fn record(&self) -> LaunchRecord {
        let workspace = self.placement.workspace.as_ref().map(WorkspaceChoice::to_string);
        LaunchRecord {
            token: self.token.clone(),
            app: self.app.clone(),
            project: self.owner.projects().next().map(str::to_string),
            words: self.words.clone(),
            class: self.class.clone(),
            workspace,
            scratch: self.scratch,
            asked: self.asked.nanos(),
            process: self.process,
        }
    }

    pub(super) fn describe_now(&self) -> Launched {
        let state = if self.process.is_some() { LaunchState::Started } else { LaunchState::Starting };
        self.describe(state, None)
    }

    pub(super) fn describe(&self, state: LaunchState, program: Option<String>) -> Launched {
        Launched {
            app: self.app.clone(),
            state,
            launch: Some(self.token.clone()).filter(|_| !self.check),
            project: self.owner.projects().next().map(str::to_string),
            global: self.owner == Owner::Global,
            pid: self.process.map(|(pid, _)| pid),
            program,
            window: None,
        }
    }
}

/// The class that windows of a program most likely have, in lower case: its name without the
/// directories.
pub(in crate::core) fn program_name(program: &str) -> String {
    last_part(program).to_lowercase()
}

pub(super) fn last_part(path: &str) -> &str {
    path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default()
}

/// Where and how the window of a launch is placed.
pub(super) fn placement_of(app: &App, workspace: Option<&str>, scratch: bool) -> Placement {
    let mut placement = app.placement.clone();
    if let Some(name) = workspace {
        placement.workspace = Some(WorkspaceChoice::from(name));
    }
    if scratch {
        placement.float = Some(true);
    }
    placement
}
