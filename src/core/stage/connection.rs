//! The connection to the window manager, and the request in flight.

use std::fmt;
use std::time::Duration;

use crate::api::{ApiError, ErrorCode, WmHolder, WmState};
use crate::core::words::deadline;
use crate::core::words::ids::Ticket;
use crate::core::words::seeded::{self, Fault};
use crate::core::words::time::Time;
use crate::core::words::wm::{HidingPlace, Purpose, WmKind, WmRequest};

/// What the commands of an arrangement make sway tell: it is in the next tree as well.
const UNHEARD: [&str; 2] = ["window", "workspace"];
/// What no tree shows.
const HEARD: [&str; 4] = ["output", "tick", "binding", "shutdown"];

/// Where the link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// No connection.
    Down,
    /// The shell looks for a socket.
    Seeking,
    /// A socket accepted us; the handshake's next answer is awaited: 0 the version, then the
    /// subscriptions, then the first tree.
    Handshake(usize),
    /// All is read.
    Up,
}

/// The request in flight.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    /// Its ticket.
    pub ticket: Ticket,
    /// What its answer is for.
    pub purpose: Purpose,
    /// When it was sent.
    pub sent: Time,
    /// Its name, for status.
    pub name: &'static str,
    /// Is it one that runs commands?
    pub commands: bool,
}

/// Another daemon that serves the window manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its process.
    pub pid: Option<u32>,
    /// Where it answers.
    pub socket: Option<String>,
}

/// The link.
#[derive(Debug, Clone)]
pub struct Link {
    /// Where it is.
    pub state: LinkState,
    /// The request in flight is past its deadline.
    pub stale: bool,
    /// Since when it is there.
    pub since: Time,
    /// When the window manager last said anything.
    pub heard: Option<Time>,
    /// Which window manager.
    pub kind: Option<WmKind>,
    /// What it calls itself.
    pub version: Option<String>,
    /// Its socket.
    pub socket: Option<String>,
    /// Its process.
    pub pid: Option<u32>,
    /// The process that was served last: all of it was read. Kept over a loss, since i3 keeps it
    /// over a restart.
    pub(super) served: Option<u32>,
    /// The daemon that serves the window manager that was found; we wait until it does so no more.
    pub holder: Option<Holder>,
    /// The types of events that it tells us.
    pub(super) events: Vec<&'static str>,
    /// The request in flight.
    pub pending: Option<Pending>,
    /// Why there is no connection.
    pub reason: Option<String>,
    /// An i3 that does not do what the vault rests on, as far as this connection knows.
    pub vault_fails: bool,
    /// An i3 that makes no places for windows from a layout, as far as this connection knows.
    pub layouts_fail: bool,
    pub(super) next_ticket: u64,
    pub(super) backoff: Duration,
}

impl Holder {
    /// As others are told.
    #[must_use]
    pub fn described(&self) -> WmHolder {
        WmHolder { pid: self.pid, socket: self.socket.clone() }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pid = self.pid.map_or_else(|| "unknown".to_string(), |pid| pid.to_string());
        match &self.socket {
            Some(socket) => write!(formatter, "another i3pmd (pid {pid}, socket {socket})"),
            None => write!(formatter, "another i3pmd (pid {pid})"),
        }
    }
}

impl Link {
    /// Where windows can be hidden.
    #[must_use]
    pub fn hides_in(&self, kind: WmKind) -> HidingPlace {
        if self.vault_fails { HidingPlace::Scratchpad } else { HidingPlace::of(kind) }
    }

    /// Its socket, as programs of its session know it.
    #[must_use]
    pub fn socket_variable(&self) -> Option<(&'static str, String)> {
        let name = if self.kind == Some(WmKind::Sway) { "SWAYSOCK" } else { "I3SOCK" };
        self.socket.clone().map(|socket| (name, socket))
    }

    /// No connection yet.
    #[must_use]
    pub fn new(now: Time) -> Link {
        Link {
            state: LinkState::Down,
            stale: false,
            since: now,
            heard: None,
            kind: None,
            version: None,
            socket: None,
            pid: None,
            served: None,
            holder: None,
            events: Vec::new(),
            pending: None,
            reason: None,
            vault_fails: false,
            layouts_fail: false,
            next_ticket: 0,
            backoff: deadline::RECONNECT_FIRST,
        }
    }

    /// The request that runs the commands of an arrangement. On sway the events of them would take
    /// longer than the commands, and the census afterwards tells the same.
    #[must_use]
    pub(super) fn arranging(&self, text: String) -> WmRequest {
        // sway 1.7 has no event `output`.
        let heard = if self.events.contains(&HEARD[0]) { &HEARD[..] } else { &HEARD[1..] };
        let has_all = UNHEARD.iter().chain(heard).all(|name| self.events.contains(name));
        match self.kind {
            Some(WmKind::Sway) if has_all => WmRequest::Unheard { text, unheard: &UNHEARD, heard },
            _ => WmRequest::Command(text),
        }
    }

    /// As others see it.
    #[must_use]
    pub fn wm_state(&self) -> WmState {
        match self.state {
            LinkState::Down | LinkState::Seeking => WmState::Disconnected,
            _ if self.stale => WmState::Stale,
            LinkState::Handshake(_) => WmState::Connecting,
            LinkState::Up => WmState::Connected,
        }
    }

    /// Is there a connection? If not, what a call is told.
    pub(in crate::core) fn check(&self) -> Result<(), ApiError> {
        match self.state {
            LinkState::Up | LinkState::Handshake(_) => Ok(()),
            LinkState::Down | LinkState::Seeking => {
                let reason = self.reason.clone().unwrap_or_else(|| "none was found yet".to_string());
                let text = format!("no connection to i3 or sway: {reason}; `i3pm status` tells more");
                Err(ApiError::new(ErrorCode::WmDisconnected, text))
            }
        }
    }

    /// May a request be sent for the windows' sake?
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.state == LinkState::Up && (self.pending.is_none() || seeded::has(Fault::SendWhileInFlight))
    }
}
