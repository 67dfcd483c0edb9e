//! Deadlines: all waiting, in one table.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::core::words::time::Time;

/// What is waited for. Each has at most one deadline at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deadline {
    /// The window manager's answer to the request in flight; past it the link is stale.
    Request,
    /// The next attempt to find a window manager.
    Reconnect,
    /// The configuration being read.
    ConfigRead,
    /// A file of ours being written.
    Store,
    /// The first of those who wait for an answer. It comes after what would answer it at the same
    /// time.
    Waiting,
    /// The switch in flight: past it, that it is late is said.
    Switch,
    /// READY=1 in degraded mode, where no window manager is found.
    Ready,
    /// The files that are read at the start, or anew.
    Loading,
    /// The watchdog ping.
    Watchdog,
    /// The configuration directory has been quiet for a while.
    ConfigSettle,
    /// What is known of the processes of new windows.
    Claims,
    /// A launch waits for its window.
    Launch,
    /// A hook that may not run longer, or was asked to end.
    Hook,
    /// A census for subscribers.
    Census,
    /// What became fullscreen while it is hidden.
    Uncover,
    /// The order of use on its way to disk.
    Save,
    /// The phase of the shutdown.
    Phase,
}

impl Deadline {
    /// Its name, for status and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Deadline::Request => "request",
            Deadline::Reconnect => "reconnect",
            Deadline::Switch => "switch",
            Deadline::Waiting => "waiting",
            Deadline::Ready => "ready",
            Deadline::Loading => "loading",
            Deadline::Watchdog => "watchdog",
            Deadline::ConfigSettle => "config_settle",
            Deadline::ConfigRead => "config_read",
            Deadline::Claims => "claims",
            Deadline::Launch => "launch",
            Deadline::Hook => "hook",
            Deadline::Census => "census",
            Deadline::Uncover => "uncover",
            Deadline::Store => "store",
            Deadline::Save => "save",
            Deadline::Phase => "phase",
        }
    }
}

/// A request of the handshake, or any other: past it the link is stale.
pub const REQUEST_DEADLINE: Duration = Duration::from_millis(1000);
/// The first attempt to reconnect; each one after it waits twice as long.
pub const RECONNECT_FIRST: Duration = Duration::from_millis(50);
/// The longest wait between two attempts to reconnect. A new socket is also seen by inotify.
pub const RECONNECT_LONGEST: Duration = Duration::from_secs(5);
/// A caller of a switch, or for the focus of a window, hears of it by then. Less than the command
/// line's own timeout.
pub const SWITCH_DEADLINE: Duration = Duration::from_millis(1500);
/// A caller of an opened project hears of it by then, of its switch and of what was started. Less
/// than the command line's own timeout.
pub const OPEN_DEADLINE: Duration = Duration::from_millis(1500);
/// So long may the windows of a project take to close, if the caller says nothing else. Less
/// than the command line's own timeout.
pub const CLOSE_WAIT: Duration = Duration::from_millis(1500);
/// READY=1 by then, window manager or not.
pub const READY_DEADLINE: Duration = Duration::from_secs(2);
/// The files of the start are read by then, or done without.
pub const LOADING_DEADLINE: Duration = Duration::from_millis(1500);
/// What has not come by then will not come: calls wait for it no longer. More than the worker takes
/// to give up what it has to do at a start.
pub const READING_DEADLINE: Duration = Duration::from_secs(10);
/// A call that came before what answers it was read waits so long. Less than the command line's own
/// timeout.
pub const EARLY_CALLS_DEADLINE: Duration = Duration::from_millis(1500);
/// A changed configuration is read after this much quiet.
pub const CONFIG_SETTLE: Duration = Duration::from_millis(100);
/// A configuration is read by then.
pub const CONFIG_READ_DEADLINE: Duration = Duration::from_millis(1800);
/// sway: what becomes fullscreen while it is hidden is taken off it after so long: a program that
/// goes back and forth is left to come to rest.
pub const UNCOVER_AFTER: Duration = Duration::from_millis(100);
/// A new window waits this long for what its process says.
pub const CLAIMS_DEADLINE: Duration = Duration::from_millis(400);
/// Subscribers hear of moved windows after this.
pub const CENSUS_DELAY: Duration = Duration::from_millis(50);
/// A call that wants fresh places is answered by then, with what is known.
pub const CENSUS_CALLS_DEADLINE: Duration = Duration::from_millis(500);
/// A call that assigns is answered by then.
pub const SETTLED_DEADLINE: Duration = Duration::from_millis(1500);
/// A file of ours is written by then, or the call fails.
pub const STORE_DEADLINE: Duration = Duration::from_millis(1800);
/// A call that changes projects is done by then: the changes before it are written, its own, and
/// the windows that it takes have moved.
pub const STORE_CALL_DEADLINE: Duration = Duration::from_secs(3);
/// The order of use is written this long after it changed.
pub const SAVE_DELAY: Duration = Duration::from_secs(1);
/// A turn that is this late is not healthy: no watchdog ping.
pub const OVERDUE_LIMIT: Duration = Duration::from_secs(1);

/// The table.
#[derive(Debug, Clone, Default)]
pub struct Deadlines {
    times: BTreeMap<Deadline, Time>,
}

impl Deadlines {
    /// Set one, in place of what it was.
    pub fn set(&mut self, deadline: Deadline, time: Time) {
        self.times.insert(deadline, time);
    }

    /// Set one for this time, or clear it where there is none.
    pub fn arm(&mut self, deadline: Deadline, time: Option<Time>) {
        match time {
            Some(time) => self.set(deadline, time),
            None => self.clear(deadline),
        }
    }

    /// Set one unless it is set.
    pub fn set_once(&mut self, deadline: Deadline, time: Time) {
        self.times.entry(deadline).or_insert(time);
    }

    /// Is something waited for?
    #[must_use]
    pub fn is_set(&self, deadline: Deadline) -> bool {
        self.times.contains_key(&deadline)
    }

    /// Clear one.
    pub fn clear(&mut self, deadline: Deadline) {
        self.times.remove(&deadline);
    }

    /// The earliest time.
    #[must_use]
    pub fn earliest(&self) -> Option<Time> {
        self.times.values().min().copied()
    }

    /// Take out one that is due: the earliest.
    pub fn take_due(&mut self, now: Time) -> Option<Deadline> {
        let (deadline, time) =
            self.times.iter().min_by_key(|(_, time)| **time).map(|(deadline, time)| (*deadline, *time))?;
        (time <= now).then(|| {
            self.times.remove(&deadline);
            deadline
        })
    }

    /// All of them with the milliseconds left.
    #[must_use]
    pub fn left_ms(&self, now: Time) -> Vec<(Deadline, i64)> {
        let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        self.times
            .iter()
            .map(|(deadline, time)| {
                (*deadline, if *time >= now { millis(time.since(now)) } else { -millis(now.since(*time)) })
            })
            .collect()
    }
}
