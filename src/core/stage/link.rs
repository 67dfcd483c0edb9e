//! The link to the window manager: one connection, one request in flight.
//!
//! Both window managers put events and replies of a client into one stream and reply after
//! executing, so a reply is a barrier: whatever a command caused has been heard before it, or is in
//! the next tree if it was to be `Unheard`. A request unanswered past its deadline makes the link
//! *stale*; it is not closed for that, since a thawed i3 executes what it was sent, and the late
//! reply is still the barrier.

use crate::api::ErrorCode;
use crate::core::model::Model;
use crate::core::stage::Stage;
use crate::core::stage::connection::{Holder, LinkState, Pending};
use crate::core::told::Told;
use crate::core::turn::Turn;
use crate::core::words::deadline::{self, Deadline};
use crate::core::words::effect::Effect;
use crate::core::words::event::Process;
use crate::core::words::ids::Ticket;
use crate::core::words::note::{Level, Note};
use crate::core::words::phase::Phase;
use crate::core::words::seeded::{self, Fault};
use crate::core::words::wm::{Purpose, WmKind, WmReply, WmRequest};

/// What we subscribe to. One by one: sway 1.7 refuses a list as a whole that has one type it does
/// not know.
const SUBSCRIPTIONS: [&[&str]; 6] = [&["window"], &["workspace"], &["tick"], &["binding"], &["shutdown"], &["output"]];

impl Stage {
    /// Look for a window manager now.
    pub(in crate::core) fn connect(&mut self, turn: &mut Turn<'_>) {
        turn.deadlines.clear(Deadline::Reconnect);
        if self.link.state == LinkState::Down && turn.phase == Phase::Running {
            self.set_link(turn, LinkState::Seeking);
            self.link.holder = None;
            turn.push(Effect::WmConnect { previous_pid: self.link.served });
        }
    }

    /// A socket is there, which may not be listening yet: try now, and soon again.
    pub(in crate::core) fn socket_appeared(&mut self, turn: &mut Turn<'_>) {
        self.link.backoff = deadline::RECONNECT_FIRST;
        self.connect(turn);
    }

    fn set_link(&mut self, turn: &mut Turn<'_>, state: LinkState) {
        let before = self.link.wm_state();
        self.link.state = state;
        if before != self.link.wm_state() {
            self.link.since = turn.now;
        }
        turn.dirty.wm = true;
    }

    fn set_stale(&mut self, turn: &mut Turn<'_>, stale: bool) {
        if self.link.stale != stale {
            self.link.stale = stale;
            self.link.since = turn.now;
            turn.dirty.wm = true;
        }
    }

    pub(in crate::core) fn wm_connected(&mut self, turn: &mut Turn<'_>, socket: String, pid: Option<u32>) {
        self.link.socket = Some(socket);
        if self.link.pid != pid {
            turn.tell(Told::AnotherSession);
        }
        self.link.pid = pid;
        self.link.heard = None;
        self.link.pending = None;
        self.link.events.clear();
        self.set_stale(turn, false);
        self.set_link(turn, LinkState::Handshake(0));
        self.request(turn, Purpose::Handshake, WmRequest::Version);
    }

    pub(in crate::core) fn wm_unavailable(&mut self, turn: &mut Turn<'_>, reason: String) {
        if self.link.reason.as_ref() != Some(&reason) {
            turn.note(Level::Info, "wm.unavailable", format!("no window manager: {reason}"));
        }
        self.link.reason = Some(reason);
        self.set_link(turn, LinkState::Down);
        self.retry_later(turn);
    }

    /// The window manager is another daemon's: wait, without a look now and then, until the shell
    /// says that it is free or a socket appears.
    pub(in crate::core) fn wm_held(
        &mut self,
        turn: &mut Turn<'_>,
        socket: &str,
        holder: Process,
        place: Option<String>,
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
        turn.log(note);
        self.link.reason = Some(reason);
        self.link.holder = Some(holder);
        self.set_link(turn, LinkState::Down);
    }

    /// The window manager is nobody's. That may come before it was told whose it was.
    pub(in crate::core) fn wm_freed(&mut self, turn: &mut Turn<'_>) {
        if matches!(self.link.state, LinkState::Down | LinkState::Seeking) {
            self.set_link(turn, LinkState::Down);
            self.connect(turn);
        }
    }

    fn retry_later(&mut self, turn: &mut Turn<'_>) {
        turn.deadlines.set(Deadline::Reconnect, turn.now + self.link.backoff);
        self.link.backoff = (self.link.backoff * 2).min(deadline::RECONNECT_LONGEST);
    }

    pub(in crate::core) fn wm_lost(&mut self, turn: &mut Turn<'_>, model: &mut Model, reason: String) {
        let text = format!(
            "the connection to {} is gone: {reason}",
            self.link.kind.map_or("the window manager", WmKind::name)
        );
        turn.note(Level::Warning, "wm.lost", text);
        model.windows.deaths.lets_all_go();
        self.link.pending = None;
        self.link.reason = Some(reason);
        turn.deadlines.clear(Deadline::Request);
        self.set_stale(turn, false);
        self.set_link(turn, LinkState::Down);
        self.link.backoff = deadline::RECONNECT_FIRST;
        self.retry_later(turn);
        self.arrangement_lost(turn, model);
        model.windows.table.forget_surfaced();
        self.drop_focus_request(turn, ErrorCode::WmLost, "the connection to the window manager broke");
        self.fail_closings(turn);
        turn.tell(Told::TreeRead);
    }

    /// Send a request. Only where none is in flight.
    pub(in crate::core) fn request(&mut self, turn: &mut Turn<'_>, purpose: Purpose, request: WmRequest) {
        debug_assert!(self.link.pending.is_none() || seeded::has(Fault::SendWhileInFlight), "one request in flight");
        let ticket = Ticket(self.link.next_ticket);
        self.link.next_ticket += 1;
        let (name, commands) = (request.name(), matches!(request, WmRequest::Command(_) | WmRequest::Unheard { .. }));
        self.link.pending = Some(Pending { ticket, purpose, sent: turn.now, name, commands });
        turn.deadlines.set(Deadline::Request, turn.now + deadline::REQUEST_DEADLINE);
        turn.push(Effect::WmSend { ticket, request });
    }

    /// The request in flight is late.
    pub(in crate::core) fn request_overdue(&mut self, turn: &mut Turn<'_>) {
        let Some(pending) = &self.link.pending else { return };
        let name = pending.name;
        if self.link.state == LinkState::Handshake(0) {
            // Whoever accepted us does not speak: nothing was asked of it yet that could be
            // executed late.
            self.link.pending = None;
            return self.try_next(turn, "does not answer");
        }
        if seeded::has(Fault::ReconnectWhileStale) {
            turn.push(Effect::WmConnect { previous_pid: self.link.served });
        }
        self.set_stale(turn, true);
        let text = format!("the window manager has not answered {name} for a second; the daemon serves on");
        turn.note(Level::Warning, "wm.stale", text);
        turn.tell(Told::TreeRead);
    }

    pub(in crate::core) fn wm_reply(&mut self, turn: &mut Turn<'_>, model: &mut Model, ticket: Ticket, reply: WmReply) {
        let Some(pending) = self.link.pending.take_if(|pending| pending.ticket == ticket) else { return };
        turn.deadlines.clear(Deadline::Request);
        self.link.heard = Some(turn.now);
        let waited = turn.now.since(pending.sent);
        if self.link.stale {
            self.set_stale(turn, false);
            let text = format!("the window manager answered {} after {} ms", pending.name, waited.as_millis());
            turn.note(Level::Info, "wm.recovered", text);
            model.windows.doubt();
        }
        match pending.purpose {
            Purpose::Handshake => self.handshake(turn, model, reply),
            Purpose::Arrange => self.arrange_reply(turn, model, reply, waited),
            Purpose::Census => match reply {
                WmReply::Tree(tree) => self.census(turn, model, &tree),
                other => self.unexpected(turn, &other),
            },
            Purpose::Marks => self.marks_reply(turn, model, reply),
            Purpose::Place => self.placed(turn, model, &reply),
            Purpose::Tidy => model.windows.doubt(),
            // What was refused is gone, or seen by the next census.
            Purpose::Uncover => {}
            Purpose::PutBack => self.put_back_reply(turn, model, reply),
            Purpose::Focus => self.focus_reply(turn, model, &reply),
            Purpose::Close => self.close_reply(turn, model, reply),
        }
    }

    /// Whoever accepted us is no window manager that could be served: leave it, and ask the next.
    fn try_next(&mut self, turn: &mut Turn<'_>, why: &str) {
        self.link.reason = Some(format!("{} {why}", self.link.socket.clone().unwrap_or_default()));
        self.set_link(turn, LinkState::Seeking);
        turn.push(Effect::WmTryNext);
    }

    fn handshake(&mut self, turn: &mut Turn<'_>, model: &mut Model, reply: WmReply) {
        let LinkState::Handshake(step) = self.link.state else { return };
        match reply {
            WmReply::Version { kind, human_readable } => {
                self.link.kind = Some(kind);
                self.link.vault_fails = false;
                self.link.layouts_fail = false;
                self.link.version = Some(human_readable);
            }
            WmReply::Subscribed(success) => {
                let events = SUBSCRIPTIONS[step - 1];
                if success {
                    self.link.events.extend(events);
                } else {
                    let names = events.join(", ");
                    turn.note(Level::Debug, "wm.subscribe", format!("no events of type {names} here"));
                }
            }
            WmReply::Tree(tree) => {
                let Some(kind) = self.link.kind else {
                    return self.try_next(turn, "does not say what it is");
                };
                self.link.backoff = deadline::RECONNECT_FIRST;
                self.link.reason = None;
                self.link.served = self.link.pid;
                self.set_link(turn, LinkState::Up);
                let kind = kind.name();
                let version = self.link.version.clone().unwrap_or_default();
                let socket = self.link.socket.clone().unwrap_or_default();
                turn.note(Level::Info, "wm.connected", format!("connected to {kind} {version} at {socket}"));
                self.first_census(turn, model, &tree);
                return;
            }
            other => {
                self.unexpected(turn, &other);
                // It can be served without an event; not without knowing what it is, or its
                // windows.
                if step == 0 || step > SUBSCRIPTIONS.len() {
                    return self.try_next(turn, "gives answers that cannot be read");
                }
            }
        }
        self.set_link(turn, LinkState::Handshake(step + 1));
        match SUBSCRIPTIONS.get(step) {
            Some(events) => self.request(turn, Purpose::Handshake, WmRequest::Subscribe(events)),
            None => self.request(turn, Purpose::Handshake, WmRequest::Tree),
        }
    }

    /// An answer that cannot be read.
    pub(in crate::core) fn unexpected(&mut self, turn: &mut Turn<'_>, reply: &WmReply) {
        let reason = match reply {
            WmReply::Undecodable(reason) => reason.as_str(),
            _ => "an answer of another type",
        };
        turn.note(Level::Error, "wm.reply", format!("an answer of the window manager cannot be read: {reason}"));
    }
}
