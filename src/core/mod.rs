//! All state and every decision. Pure: no clock, no file descriptor, no thread, no logger.

mod effect;
mod event;
mod note;
mod time;
pub mod tree;

pub use effect::{Effect, Systemd, WmRequest};
pub use event::{
    CallId, CommandOutcome, Event, JobId, PeerId, Process, ProcessInfo, Signal, StoreError, StoreFile, Ticket,
    WindowChange, WmEvent, WmKind, WmReply,
};
pub use note::{Level, Note};
pub use time::Time;

use std::time::Duration;

/// What the core must know from the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Names this run.
    pub epoch: String,
    /// Our process id.
    pub pid: u32,
    /// The path of the configuration file, for messages.
    pub config_file: String,
    /// The watchdog interval the service manager asked for.
    pub watchdog: Option<Duration>,
}

/// The daemon's mind.
#[derive(Debug)]
pub struct Core {
    settings: Settings,
}

impl Core {
    /// A core that knows nothing yet.
    #[must_use]
    pub fn new(settings: Settings, _now: Time) -> Core {
        Core { settings }
    }

    /// One thing happened: decide, and push what is to be done.
    pub fn handle(&mut self, now: Time, event: Event, effects: &mut Vec<Effect>) {
        let _ = (now, event, effects, &self.settings);
    }

    /// The end of a turn: push the notices that its changes owe to subscribers, each at most once.
    pub fn end_turn(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let _ = (now, effects);
    }

    /// When `Event::Elapsed` is due next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Time> {
        None
    }
}
