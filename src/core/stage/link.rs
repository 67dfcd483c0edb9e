//! The link to the window manager: one connection, one request in flight.
//!
//! Both window managers put events and replies of a client into one stream and reply after executing, so a reply is a barrier:
//! whatever a command caused has been heard before it. A request unanswered past its deadline makes the link *stale*; it is not closed
//! for that, since a thawed i3 executes what it was sent, and the late reply is still the barrier.

use crate::core::words::wm::Purpose;
use crate::core::words::wm::RUN_COMMAND;
use std::fmt;
use std::time::Duration;

use crate::api::{ErrorCode, WmHolder, WmState};
use crate::core::Core;
use crate::core::words::deadline::{self, Deadline};
use crate::core::words::effect::Effect;
use crate::core::words::event::Process;
use crate::core::words::ids::Ticket;
use crate::core::words::note::{Level, Note};
use crate::core::words::phase::Phase;
use crate::core::words::seeded::{self, Fault};
use crate::core::words::time::Time;
use crate::core::words::wm::HidingPlace;
use crate::core::words::wm::WmRequest;
use crate::core::words::wm::{WmKind, WmReply};

/// What we subscribe to. One by one: sway 1.7 refuses a list as a whole that has one type it does not know.
const SUBSCRIPTIONS: [&[&str]; 6] = [&["window"], &["workspace"], &["tick"], &["binding"], &["shutdown"], &["output"]];

/// Where the link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// No connection.
    Down,
    /// The shell looks for a socket.
    Seeking,
    /// A socket accepted us; the handshake's next answer is awaited: 0 the version, then the subscriptions, then the first tree.
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
}

/// Another daemon that serves the window manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its process.
    pub pid: Option<u32>,
    /// Where it answers.
    pub socket: Option<String>,
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
    /// The process that was served last: all of it was read. Kept over a loss, since i3 keeps it over a restart.
    served: Option<u32>,
    /// The daemon that serves the window manager that was found; we wait until it does so no more.
    pub holder: Option<Holder>,
    /// The request in flight.
    pub pending: Option<Pending>,
    /// Why there is no connection.
    pub reason: Option<String>,
    /// An i3 that does not do what the vault rests on, as far as this connection knows.
    pub vault_fails: bool,
    /// An i3 that makes no places for windows from a layout, as far as this connection knows.
    pub layouts_fail: bool,
    next_ticket: u64,
    backoff: Duration,
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
            pending: None,
            reason: None,
            vault_fails: false,
            layouts_fail: false,
            next_ticket: 0,
            backoff: deadline::RECONNECT_FIRST,
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

    /// May a request be sent for the windows' sake?
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.state == LinkState::Up && (self.pending.is_none() || seeded::has(Fault::SendWhileInFlight))
    }
}

impl Core {
    /// Look for a window manager now.
    pub(in crate::core) fn connect(&mut self, now: Time, effects: &mut Vec<Effect>) {
        self.deadlines.clear(Deadline::Reconnect);
        if self.link.state == LinkState::Down && self.phase == Phase::Running {
            self.set_link(now, LinkState::Seeking);
            self.link.holder = None;
            effects.push(Effect::WmConnect { previous_pid: self.link.served });
        }
    }

    /// A socket is there, which may not be listening yet: try now, and soon again.
    pub(in crate::core) fn socket_appeared(&mut self, now: Time, effects: &mut Vec<Effect>) {
        self.link.backoff = deadline::RECONNECT_FIRST;
        self.connect(now, effects);
    }

    fn set_link(&mut self, now: Time, state: LinkState) {
        let before = self.link.wm_state();
        self.link.state = state;
        if before != self.link.wm_state() {
            self.link.since = now;
        }
        self.dirty.wm = true;
    }

    fn set_stale(&mut self, now: Time, stale: bool) {
        if self.link.stale != stale {
            self.link.stale = stale;
            self.link.since = now;
            self.dirty.wm = true;
        }
    }

    pub(in crate::core) fn wm_connected(
        &mut self,
        now: Time,
        socket: String,
        pid: Option<u32>,
        effects: &mut Vec<Effect>,
    ) {
        self.link.socket = Some(socket);
        if self.link.pid != pid {
            // What was handed on is of another session.
            self.session.clear();
        }
        self.link.pid = pid;
        self.link.heard = None;
        self.link.pending = None;
        self.set_stale(now, false);
        self.set_link(now, LinkState::Handshake(0));
        self.request(now, Purpose::Handshake, WmRequest::Version, effects);
    }

    pub(in crate::core) fn wm_unavailable(&mut self, now: Time, reason: String, effects: &mut Vec<Effect>) {
        if self.link.reason.as_ref() != Some(&reason) {
            self.note(now, Level::Info, "wm.unavailable", format!("no window manager: {reason}"), effects);
        }
        self.link.reason = Some(reason);
        self.set_link(now, LinkState::Down);
        self.retry_later(now);
    }

    /// The window manager is another daemon's: wait, without a look now and then, until the shell says that it is free or a socket appears.
    pub(in crate::core) fn wm_held(
        &mut self,
        now: Time,
        socket: &str,
        holder: Process,
        place: Option<String>,
        effects: &mut Vec<Effect>,
    ) {
        if self.link.state != LinkState::Seeking {
            return;
        }
        let holder = Holder { pid: holder.pid, socket: place };
        let reason = format!("{holder} serves the window manager at {socket}");
        let text = format!("{reason}; this one waits until it ends");
        let mut note = Note::new(Level::Warning, "wm.held", text);
        if let Some(pid) = holder.pid {
            note = note.with("holder_pid", pid);
        }
        self.log(now, note, effects);
        self.link.reason = Some(reason);
        self.link.holder = Some(holder);
        self.set_link(now, LinkState::Down);
    }

    /// The window manager is nobody's. That may come before it was told whose it was.
    pub(in crate::core) fn wm_freed(&mut self, now: Time, effects: &mut Vec<Effect>) {
        if matches!(self.link.state, LinkState::Down | LinkState::Seeking) {
            self.set_link(now, LinkState::Down);
            self.connect(now, effects);
        }
    }

    fn retry_later(&mut self, now: Time) {
        self.deadlines.set(Deadline::Reconnect, now + self.link.backoff);
        self.link.backoff = (self.link.backoff * 2).min(deadline::RECONNECT_LONGEST);
    }

    pub(in crate::core) fn wm_lost(&mut self, now: Time, reason: String, effects: &mut Vec<Effect>) {
        let text = format!(
            "the connection to {} is gone: {reason}",
            self.link.kind.map_or("the window manager", WmKind::name)
        );
        self.note(now, Level::Warning, "wm.lost", text, effects);
        self.deaths.lets_all_go();
        self.link.pending = None;
        self.link.reason = Some(reason);
        self.deadlines.clear(Deadline::Request);
        self.set_stale(now, false);
        self.set_link(now, LinkState::Down);
        self.link.backoff = deadline::RECONNECT_FIRST;
        self.retry_later(now);
        self.arrangement_lost(now, effects);
        self.table.surfaced.clear();
        self.drop_focus_request(ErrorCode::WmLost, "the connection to the window manager broke", effects);
        self.fail_closings(effects);
        self.answer_census_calls(now, effects);
    }

    /// Send a request. Only where none is in flight.
    pub(in crate::core) fn request(
        &mut self,
        now: Time,
        purpose: Purpose,
        request: WmRequest,
        effects: &mut Vec<Effect>,
    ) {
        debug_assert!(self.link.pending.is_none() || seeded::has(Fault::SendWhileInFlight), "one request in flight");
        let ticket = Ticket(self.link.next_ticket);
        self.link.next_ticket += 1;
        let name = match request {
            WmRequest::Command(_) => RUN_COMMAND,
            WmRequest::Tree => "GET_TREE",
            WmRequest::Version => "GET_VERSION",
            WmRequest::Config => "GET_CONFIG",
            WmRequest::Subscribe(_) => "SUBSCRIBE",
        };
        self.link.pending = Some(Pending { ticket, purpose, sent: now, name });
        self.deadlines.set(Deadline::Request, now + deadline::REQUEST_DEADLINE);
        effects.push(Effect::WmSend { ticket, request });
    }

    /// The request in flight is late.
    pub(in crate::core) fn request_overdue(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let Some(pending) = &self.link.pending else { return };
        let name = pending.name;
        if self.link.state == LinkState::Handshake(0) {
            // Whoever accepted us does not speak: nothing was asked of it yet that could be executed late.
            self.link.pending = None;
            return self.try_next(now, "does not answer", effects);
        }
        if seeded::has(Fault::ReconnectWhileStale) {
            effects.push(Effect::WmConnect { previous_pid: self.link.served });
        }
        self.set_stale(now, true);
        let text = format!("the window manager has not answered {name} for a second; the daemon serves on");
        self.note(now, Level::Warning, "wm.stale", text, effects);
        self.answer_census_calls(now, effects);
    }

    pub(in crate::core) fn wm_reply(&mut self, now: Time, ticket: Ticket, reply: WmReply, effects: &mut Vec<Effect>) {
        let Some(pending) = self.link.pending.take_if(|pending| pending.ticket == ticket) else { return };
        self.deadlines.clear(Deadline::Request);
        self.link.heard = Some(now);
        let waited = now.since(pending.sent);
        if self.link.stale {
            self.set_stale(now, false);
            let text = format!("the window manager answered {} after {} ms", pending.name, waited.as_millis());
            self.note(now, Level::Info, "wm.recovered", text, effects);
            self.positions_stale = true;
        }
        match pending.purpose {
            Purpose::Handshake => self.handshake(now, reply, effects),
            Purpose::Arrange => self.arrange_reply(now, reply, waited, effects),
            Purpose::Census => match reply {
                WmReply::Tree(tree) => self.census(now, &tree, effects),
                other => self.unexpected(now, &other, effects),
            },
            Purpose::Marks => self.marks_reply(now, reply, effects),
            Purpose::Place => self.placed(now, &reply, effects),
            Purpose::Tidy => self.positions_stale = true,
            // What was refused is gone, or seen by the next census.
            Purpose::Uncover => {}
            Purpose::PutBack => self.put_back_reply(now, reply, effects),
            Purpose::Focus => self.focus_reply(&reply, effects),
            Purpose::Close => self.close_reply(now, reply, effects),
        }
    }

    /// Whoever accepted us is no window manager that could be served: leave it, and ask the next.
    fn try_next(&mut self, now: Time, why: &str, effects: &mut Vec<Effect>) {
        self.link.reason = Some(format!("{} {why}", self.link.socket.clone().unwrap_or_default()));
        self.set_link(now, LinkState::Seeking);
        effects.push(Effect::WmTryNext);
    }

    fn handshake(&mut self, now: Time, reply: WmReply, effects: &mut Vec<Effect>) {
        let LinkState::Handshake(step) = self.link.state else { return };
        match reply {
            WmReply::Version { kind, human_readable } => {
                self.link.kind = Some(kind);
                self.link.vault_fails = false;
                self.link.layouts_fail = false;
                self.link.version = Some(human_readable);
            }
            WmReply::Subscribed(success) => {
                if !success {
                    let names = SUBSCRIPTIONS[step - 1].join(", ");
                    self.note(now, Level::Debug, "wm.subscribe", format!("no events of type {names} here"), effects);
                }
            }
            WmReply::Tree(tree) => {
                let Some(kind) = self.link.kind else {
                    return self.try_next(now, "does not say what it is", effects);
                };
                self.link.backoff = deadline::RECONNECT_FIRST;
                self.link.reason = None;
                self.link.served = self.link.pid;
                self.set_link(now, LinkState::Up);
                let kind = kind.name();
                let version = self.link.version.clone().unwrap_or_default();
                let socket = self.link.socket.clone().unwrap_or_default();
                self.note(
                    now,
                    Level::Info,
                    "wm.connected",
                    format!("connected to {kind} {version} at {socket}"),
                    effects,
                );
                self.first_census(now, &tree, effects);
                return;
            }
            other => {
                self.unexpected(now, &other, effects);
                // It can be served without an event; not without knowing what it is, or its windows.
                if step == 0 || step > SUBSCRIPTIONS.len() {
                    return self.try_next(now, "gives answers that cannot be read", effects);
                }
            }
        }
        self.set_link(now, LinkState::Handshake(step + 1));
        match SUBSCRIPTIONS.get(step) {
            Some(events) => self.request(now, Purpose::Handshake, WmRequest::Subscribe(events), effects),
            None => self.request(now, Purpose::Handshake, WmRequest::Tree, effects),
        }
    }

    /// An answer that cannot be read.
    pub(in crate::core) fn unexpected(&mut self, now: Time, reply: &WmReply, effects: &mut Vec<Effect>) {
        let reason = match reply {
            WmReply::Undecodable(reason) => reason.as_str(),
            _ => "an answer of another type",
        };
        self.note(
            now,
            Level::Error,
            "wm.reply",
            format!("an answer of the window manager cannot be read: {reason}"),
            effects,
        );
    }
}
