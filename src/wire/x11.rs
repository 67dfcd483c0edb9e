//! The process behind an X11 window, its group, whether it is modal, and when it is activated, over
//! an X11 connection that is a source of the loop like any other.
//!
//! i3 says nothing about any of these. The X server knows the process from the socket (XRes
//! `QueryClientIds`), which is right for sandboxed programs too. For clients of other machines and
//! servers without XRes, the window's `_NET_WM_PID` is asked, which is only what the program says.
//! Each of our requests has one reply or error, in order, so a queue is all the bookkeeping. The
//! window manager's X server is trusted for nothing: sizes are bounded, and a fault ends the
//! session, with none as the answer to every question.

mod authorization;
mod packet;
mod root_property;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::VecDeque;

use x11rb_protocol::connect::Connect;
use x11rb_protocol::protocol::res::{
    self, ClientIdMask, ClientIdSpec, QueryClientIdsReply, QueryClientIdsRequest, QueryVersionRequest,
};
use x11rb_protocol::protocol::xproto::{
    Atom, AtomEnum, CLIENT_MESSAGE_EVENT, ChangeWindowAttributesAux, ChangeWindowAttributesRequest, ClientMessageEvent,
    EventMask, GetInputFocusRequest, GetPropertyReply, GetPropertyRequest, InternAtomReply, InternAtomRequest,
    QueryExtensionReply, QueryExtensionRequest, SendEventRequest, Setup,
};
use x11rb_protocol::x11_utils::{ReplyRequest, Request, Serialize, TryParse};

pub use self::authorization::{Authorization, cookie, local_display};
use self::packet::{ERROR_PACKET, REPLY_PACKET, greeting_length, out_of_step, packet_length, refusal, reply};
pub use self::packet::{REPLY_BYTES_MAX, X11Error};
pub use self::root_property::RootProperty;
use super::byte_queue::ByteQueue;
use crate::core::X11Window;

/// How many windows may wait to be looked up; more are answered with none at once.
pub const LOOK_UPS_MAX: usize = 4096;
/// How many requests may be unanswered. Far below 65536, because sequence numbers begin again
/// there.
const REQUESTS_IN_FLIGHT_MAX: usize = 128;
/// How many root windows are listened to: one, wherever i3 runs.
const ROOTS_MAX: usize = 8;
/// How many states of a window are looked at: there are twelve.
const STATES_MAX: u32 = 32;
/// In the flags of WM_HINTS: the group is said.
const HAS_GROUP: u32 = 1 << 6;
/// `_NET_WM_STATE_ADD` of the Extended Window Manager Hints.
const STATE_ADD: u32 = 1;
/// Where a request comes from, as those say: a pager, which acts for the user.
const SOURCE_PAGER: u32 = 2;
/// Which of the nine numbers of WM_HINTS the group is.
const GROUP_NUMBER: usize = 8;

/// One X11 connection.
#[derive(Debug)]
pub struct X11Session {
    phase: Phase,
    inbox: ByteQueue,
    outbox: ByteQueue,
    /// The sequence number of the oldest request in flight.
    first_sequence: u16,
    in_flight: VecDeque<Question>,
    xres_opcode: Option<u8>,
    atoms: [Option<Atom>; NAMES.len()],
    waiting: VecDeque<u32>,
    answers: VecDeque<(u32, X11Window)>,
    /// Windows that somebody wants to have the focus.
    activated: VecDeque<u32>,
    /// The root windows.
    roots: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The server has not let us in yet.
    Setup,
    /// It has not told what it knows yet.
    Extensions,
    Ready,
    Closed,
}

/// Names that the server has numbers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Pid,
    State,
    Modal,
    Activate,
    Attention,
}

const NAMES: [(Name, &str); 5] = [
    (Name::Pid, "_NET_WM_PID"),
    (Name::State, "_NET_WM_STATE"),
    (Name::Modal, "_NET_WM_STATE_MODAL"),
    (Name::Activate, "_NET_ACTIVE_WINDOW"),
    (Name::Attention, "_NET_WM_STATE_DEMANDS_ATTENTION"),
];

/// What was asked. About a window one thing is asked after the other, with what is known of it so
/// far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    /// A request that is not answered if it succeeds.
    Nothing,
    /// Are all requests before it done?
    Done,
    Extension,
    Atom(Name),
    XresVersion,
    ClientPid(u32),
    Pid(u32),
    Group(u32, X11Window),
    State(u32, X11Window),
}

impl X11Session {
    /// A new connection; `output` has the first bytes to write.
    #[must_use]
    pub fn new(authorization: &Authorization) -> X11Session {
        let Authorization { name, data } = authorization.clone();
        let (_, request) = Connect::with_authorization(name, data);
        let mut session = X11Session {
            phase: Phase::Setup,
            inbox: ByteQueue::default(),
            outbox: ByteQueue::default(),
            first_sequence: 1,
            in_flight: VecDeque::new(),
            xres_opcode: None,
            atoms: [None; NAMES.len()],
            waiting: VecDeque::new(),
            answers: VecDeque::new(),
            activated: VecDeque::new(),
            roots: Vec::new(),
        };
        session.outbox.push(&request);
        session
    }

    /// Ask about a window; `next` will answer, once for each call.
    pub fn look_up(&mut self, window: u32) {
        if self.phase == Phase::Closed || self.waiting.len() >= LOOK_UPS_MAX {
            self.answers.push_back((window, X11Window::default()));
            return;
        }
        self.waiting.push_back(window);
        self.ask_waiting();
    }

    /// Bytes came, split anywhere.
    ///
    /// # Errors
    /// The connection is of no use, and must be dropped. Every open question is answered with none.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<(), X11Error> {
        if self.phase == Phase::Closed {
            return Ok(());
        }
        self.inbox.push(bytes);
        while self.take_packet().inspect_err(|_| self.close())? {}
        self.ask_waiting();
        Ok(())
    }

    /// The next answer: a window and what could be found out.
    #[allow(clippy::should_implement_trait, reason = "not an iterator: none means not yet")]
    pub fn next(&mut self) -> Option<(u32, X11Window)> {
        self.answers.pop_front()
    }

    /// The bytes to write.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        self.outbox.as_slice()
    }

    /// That many bytes of `output` are written.
    pub fn written(&mut self, count: usize) {
        self.outbox.take(count);
    }

    /// How many windows wait for an answer of the server: what tells a frozen one from an idle one.
    #[must_use]
    pub fn open_questions(&self) -> usize {
        self.waiting.len() + self.in_flight.iter().filter(|question| question.window().is_some()).count()
    }

    /// The connection is gone: every open question is answered with none, and every later one.
    pub fn close(&mut self) {
        self.phase = Phase::Closed;
        self.inbox.clear();
        self.outbox.clear();
        let asked = self.in_flight.drain(..).filter_map(Question::window);
        let waiting = self.waiting.drain(..).map(|window| (window, X11Window::default()));
        self.answers.extend(asked.chain(waiting));
    }

    /// True if a whole packet was taken from the inbox.
    fn take_packet(&mut self) -> Result<bool, X11Error> {
        let bytes = self.inbox.as_slice();
        let length = if self.phase == Phase::Setup { greeting_length(bytes) } else { packet_length(bytes)? };
        let Some(length) = length else { return Ok(false) };
        let Some(packet) = bytes.get(..length) else { return Ok(false) };
        let packet = packet.to_vec();
        self.inbox.take(length);
        if self.phase == Phase::Setup {
            self.let_in(&packet)?;
        } else if matches!(packet[0], ERROR_PACKET | REPLY_PACKET) {
            self.answered(&packet)?;
        } else {
            self.heard(&packet);
        }
        Ok(true)
    }

    fn let_in(&mut self, packet: &[u8]) -> Result<(), X11Error> {
        if packet[0] != 1 {
            return Err(refusal(packet));
        }
        self.phase = Phase::Extensions;
        self.watch(packet);
        self.ask(Question::Extension, QueryExtensionRequest { name: res::X11_EXTENSION_NAME.as_bytes().into() }, 0);
        for (name, text) in NAMES {
            let request = InternAtomRequest { only_if_exists: false, name: text.as_bytes().into() };
            self.ask(Question::Atom(name), request, 0);
        }
        Ok(())
    }

    /// Listen on each root window: a program that wants a window to have the focus sends an event
    /// there, which the window manager and everybody with this mask gets.
    fn watch(&mut self, setup: &[u8]) {
        let roots = Setup::try_parse(setup).map(|(setup, _)| setup.roots).unwrap_or_default();
        for root in roots.into_iter().take(ROOTS_MAX) {
            let mask = ChangeWindowAttributesAux::new().event_mask(EventMask::SUBSTRUCTURE_NOTIFY);
            let request = ChangeWindowAttributesRequest { window: root.root, value_list: Cow::Owned(mask) };
            let (bytes, _) = Request::serialize(request, 0);
            self.outbox.push(&bytes);
            self.in_flight.push_back(Question::Nothing);
            self.roots.push(root.root);
        }
    }

    /// Say that a window asks for attention, as its program would say it to the window manager. It
    /// is not said while the server does not answer.
    pub fn demand_attention(&mut self, window: u32) {
        let (Some(type_), Some(demand)) = (self.atom(Name::State), self.atom(Name::Attention)) else { return };
        if self.phase != Phase::Ready || self.in_flight.len() + self.roots.len() >= REQUESTS_IN_FLIGHT_MAX {
            return;
        }
        let event = ClientMessageEvent::new(32, window, type_, [STATE_ADD, demand, 0, SOURCE_PAGER, 0]);
        for root in self.roots.clone() {
            let request = SendEventRequest {
                propagate: false,
                destination: root,
                event_mask: EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY,
                event: Cow::Owned(event.serialize()),
            };
            let (bytes, _) = Request::serialize(request, 0);
            self.outbox.push(&bytes);
            self.in_flight.push_back(Question::Nothing);
        }
        // Its answer says that those before it are done.
        self.ask(Question::Done, GetInputFocusRequest, 0);
    }

    /// An event. One kind of those on the root windows matters; some (MappingNotify) come though
    /// nobody asked for them.
    fn heard(&mut self, packet: &[u8]) {
        // The highest bit says that a client sent it; it is set in all of these.
        if packet[0] & 0x7f != CLIENT_MESSAGE_EVENT || self.activated.len() >= LOOK_UPS_MAX {
            return;
        }
        let event = ClientMessageEvent::try_parse(packet).ok().map(|(event, _)| event);
        let wanted = self.atom(Name::Activate);
        self.activated.extend(event.filter(|event| Some(event.type_) == wanted).map(|event| event.window));
    }

    /// The next window that somebody wants to have the focus.
    pub fn next_activated(&mut self) -> Option<u32> {
        self.activated.pop_front()
    }

    fn answered(&mut self, packet: &[u8]) -> Result<(), X11Error> {
        let sequence = u16::from_ne_bytes([packet[2], packet[3]]);
        // Requests that have no answer were done before the one that is answered here.
        while self.in_flight.front() == Some(&Question::Nothing) && sequence != self.first_sequence {
            self.in_flight.pop_front();
            self.first_sequence = self.first_sequence.wrapping_add(1);
        }
        let Some(question) = self.in_flight.pop_front() else {
            return Err(out_of_step(format!("an answer (sequence {sequence}) and nothing was asked")));
        };
        if sequence != self.first_sequence {
            self.in_flight.push_front(question);
            return Err(out_of_step(format!("sequence {sequence} instead of {}", self.first_sequence)));
        }
        self.first_sequence = self.first_sequence.wrapping_add(1);
        let is_error = packet[0] == ERROR_PACKET;
        match question {
            Question::Nothing | Question::Done => {}
            Question::Extension => {
                let reply = reply::<QueryExtensionReply>(packet)?.filter(|reply| reply.present);
                if let Some(QueryExtensionReply { major_opcode, .. }) = reply {
                    let version = QueryVersionRequest { client_major: 1, client_minor: 2 };
                    self.ask(Question::XresVersion, version, major_opcode);
                    self.xres_opcode = Some(major_opcode);
                }
            }
            Question::Atom(name) => {
                let atom = reply::<InternAtomReply>(packet)?.map(|reply| reply.atom).filter(|atom| *atom != 0);
                self.atoms[name as usize] = atom;
                if self.xres_opcode.is_none() && self.in_flight.is_empty() {
                    self.phase = Phase::Ready;
                }
            }
            Question::XresVersion => {
                // XRes before 1.2 has no QueryClientIds; it answers that with an error, and the
                // property is asked.
                if is_error {
                    self.xres_opcode = None;
                }
                self.phase = Phase::Ready;
            }
            Question::ClientPid(window) => match reply::<QueryClientIdsReply>(packet)?.as_ref().and_then(client_pid) {
                Some(pid) => self.ask_group(window, Some(pid)),
                None => self.ask_pid(window),
            },
            Question::Pid(window) => {
                let pid = reply::<GetPropertyReply>(packet)?.as_ref().and_then(property_pid);
                self.ask_group(window, pid);
            }
            Question::Group(window, told) => {
                let group = reply::<GetPropertyReply>(packet)?.as_ref().and_then(property_group);
                self.ask_state(window, X11Window { group, ..told });
            }
            Question::State(window, told) => {
                let reply = reply::<GetPropertyReply>(packet)?;
                let mut states = reply.iter().filter_map(GetPropertyReply::value32).flatten();
                let modal = self.atom(Name::Modal);
                let modal = modal.is_some_and(|modal| states.any(|state| state == modal));
                self.answers.push_back((window, X11Window { modal, ..told }));
            }
        }
        Ok(())
    }

    fn ask_waiting(&mut self) {
        while self.phase == Phase::Ready && self.in_flight.len() < REQUESTS_IN_FLIGHT_MAX {
            let Some(window) = self.waiting.pop_front() else { return };
            let Some(opcode) = self.xres_opcode else {
                self.ask_pid(window);
                continue;
            };
            let specs = [ClientIdSpec { client: window, mask: ClientIdMask::LOCAL_CLIENT_PID }];
            self.ask(Question::ClientPid(window), QueryClientIdsRequest { specs: specs.as_slice().into() }, opcode);
        }
    }

    fn atom(&self, name: Name) -> Option<Atom> {
        self.atoms[name as usize]
    }

    fn ask_pid(&mut self, window: u32) {
        match self.atom(Name::Pid) {
            None => self.ask_group(window, None),
            Some(property) => self.ask_property(Question::Pid(window), window, property, AtomEnum::CARDINAL, 1),
        }
    }

    fn ask_group(&mut self, window: u32, pid: Option<u32>) {
        let question = Question::Group(window, X11Window { pid, ..X11Window::default() });
        let numbers = GROUP_NUMBER + 1;
        self.ask_property(question, window, AtomEnum::WM_HINTS.into(), AtomEnum::WM_HINTS, numbers as u32);
    }

    fn ask_state(&mut self, window: u32, told: X11Window) {
        match self.atom(Name::State) {
            None => self.answers.push_back((window, told)),
            Some(property) => {
                self.ask_property(Question::State(window, told), window, property, AtomEnum::ATOM, STATES_MAX);
            }
        }
    }

    fn ask_property(&mut self, question: Question, window: u32, property: Atom, type_: AtomEnum, numbers: u32) {
        let type_ = Atom::from(type_);
        let (long_offset, long_length) = (0, numbers);
        self.ask(question, GetPropertyRequest { delete: false, window, property, type_, long_offset, long_length }, 0);
    }

    fn ask<R: ReplyRequest>(&mut self, question: Question, request: R, major_opcode: u8) {
        let (bytes, _) = Request::serialize(request, major_opcode);
        self.outbox.push(&bytes);
        self.in_flight.push_back(question);
    }
}

impl Question {
    /// The window that it is about, and what is known of that.
    fn window(self) -> Option<(u32, X11Window)> {
        match self {
            Question::ClientPid(window) | Question::Pid(window) => Some((window, X11Window::default())),
            Question::Group(window, told) | Question::State(window, told) => Some((window, told)),
            Question::Nothing | Question::Done | Question::Extension | Question::Atom(_) | Question::XresVersion => {
                None
            }
        }
    }
}

fn client_pid(reply: &QueryClientIdsReply) -> Option<u32> {
    let is_pid = |mask: ClientIdMask| u32::from(mask) & u32::from(ClientIdMask::LOCAL_CLIENT_PID) != 0;
    let id = reply.ids.iter().find(|id| is_pid(id.spec.mask))?;
    id.value.first().copied().filter(|pid| *pid != 0)
}

fn property_pid(reply: &GetPropertyReply) -> Option<u32> {
    reply.value32()?.next().filter(|pid| *pid != 0)
}

/// The group that WM_HINTS names.
fn property_group(reply: &GetPropertyReply) -> Option<u32> {
    let numbers: Vec<u32> = reply.value32()?.collect();
    let group = *numbers.get(GROUP_NUMBER)?;
    (numbers.first()? & HAS_GROUP != 0 && group != 0).then_some(group)
}
