//! The window manager's side of the world: a fake window manager behind a socket that can freeze,
//! break and vanish.

use std::collections::{BTreeSet, VecDeque};

use i3pm::core::WmKind;
use i3pm::core::tree::mark::VAULT;
use serde_json::Value;

use crate::fake_wm::{EventKind, FakeWm, Pending};
use crate::support::framing::{self, HEADER_BYTES};
use crate::support::tree::{children, is_window};

/// Types of messages of the IPC.
const RUN_COMMAND: u32 = 0;
const GET_TREE: u32 = 4;

/// A connection of the daemon: two byte streams.
#[derive(Debug, Clone, Default)]
pub struct Socket {
    /// The bytes that came and are no whole request yet.
    inbox: Vec<u8>,
    /// Requests that came whole: type and payload.
    requests: VecDeque<(u32, Vec<u8>)>,
    /// Bytes on their way to the daemon.
    pub to_daemon: Vec<u8>,
    /// The window manager has closed its end.
    pub ended: bool,
}

impl Socket {
    /// Bytes came. They are a request only if all of it is there: with less, i3 waits for the rest
    /// until the connection ends, and sway does not even begin to read.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.inbox.extend_from_slice(bytes);
        while let Some((kind, length)) = framing::whole(&self.inbox) {
            let frame: Vec<u8> = self.inbox.drain(..length).collect();
            self.requests.push_back((kind, frame[HEADER_BYTES..].to_vec()));
        }
    }

    pub fn has_request(&self) -> bool {
        !self.requests.is_empty()
    }

    /// The end of each message on its way to the daemon.
    pub fn ends(&self) -> Vec<usize> {
        let mut ends = Vec::new();
        let mut at = 0;
        while let Some((_, length)) = framing::whole(&self.to_daemon[at..]) {
            at += length;
            ends.push(at);
        }
        ends
    }
}

/// The window manager and its socket.
#[derive(Debug, Clone)]
pub struct WmSide {
    pub wm: FakeWm,
    /// Counts its processes: the socket is another for each.
    pub life: u32,
    /// There is a window manager.
    pub up: bool,
    pub frozen: bool,
    pub socket: Option<Socket>,
    /// Requests of connections that the daemon closed: i3 still executes what it was sent.
    orphans: VecDeque<(u32, Vec<u8>)>,
    outputs: usize,
    back_and_forth: bool,
    vault_fails: bool,
    /// It refused a command that the real one would not refuse.
    pub has_refused: bool,
    /// The daemon cannot write the layouts that it appends.
    pub layouts_fail: bool,
    /// The tree as the daemon heard it last, or as its commands left it since.
    known: Option<Value>,
    /// Somebody else changed the tree before the commands that were executed last.
    was_changed: bool,
    /// The daemon has hidden or shown windows, and has not asked for the tree since.
    pub owes_look: bool,
}

/// The windows inside the scratchpad, the vault among it.
fn hidden(node: &Value, inside: bool) -> BTreeSet<u64> {
    let inside = inside || node["name"] == "__i3_scratch";
    let own = (inside && is_window(node)).then(|| node["id"].as_u64()).flatten();
    let children = children(node);
    children.flat_map(|child| hidden(child, inside)).chain(own).collect()
}

impl WmSide {
    pub fn new(kind: WmKind, outputs: usize, back_and_forth: bool) -> WmSide {
        WmSide {
            wm: FakeWm::new(kind, outputs, back_and_forth),
            life: 1,
            up: true,
            frozen: false,
            socket: None,
            orphans: VecDeque::new(),
            outputs,
            back_and_forth,
            vault_fails: false,
            has_refused: false,
            layouts_fail: false,
            known: None,
            was_changed: false,
            owes_look: false,
        }
    }

    /// This i3, and each that starts after it, lacks what the vault rests on.
    pub fn forbid_vault(&mut self) {
        self.vault_fails = true;
        self.wm.forbid_vault();
    }

    /// The daemon connects.
    pub fn connect(&mut self) -> bool {
        if self.up {
            self.wm.disconnect();
            self.socket = Some(Socket::default());
        }
        self.up
    }

    /// The daemon is gone or has closed its end.
    pub fn disconnect(&mut self) {
        if let Some(socket) = self.socket.take()
            && self.wm.kind() == WmKind::I3
        {
            self.orphans.extend(socket.requests);
        }
        self.wm.disconnect();
    }

    /// A request comes in, in one write.
    ///
    /// # Errors
    /// It is not one whole frame, or larger than a message may be.
    pub fn receive(&mut self, frame: &[u8]) -> Result<(), String> {
        if framing::whole(frame).is_none_or(|(_, length)| length != frame.len()) {
            return Err(format!("not one whole frame: {} bytes", frame.len()));
        }
        if frame.len() > (32 << 10) + HEADER_BYTES {
            return Err(format!("a message of {} bytes", frame.len()));
        }
        if let Some(socket) = &mut self.socket {
            socket.receive(frame);
        }
        Ok(())
    }

    /// Is there something to execute?
    pub fn has_work(&self) -> bool {
        self.up
            && !self.frozen
            && (!self.orphans.is_empty()
                || self.socket.as_ref().is_some_and(|socket| !socket.ended && !socket.requests.is_empty()))
    }

    /// The request of the daemon, if it is executed next.
    pub fn next_request(&self) -> Option<(u32, Vec<u8>)> {
        let socket = self.socket.as_ref().filter(|_| self.has_work() && self.orphans.is_empty())?;
        socket.requests.front().cloned()
    }

    /// Is the next request the making of a vault? i3 refuses none of its commands; if it refused
    /// one, the others would be about the windows of the user.
    pub fn makes_vault(&self) -> bool {
        let making = format!("[con_mark=\"^{VAULT}$\"] ");
        self.next_request().is_some_and(|(_, payload)| String::from_utf8_lossy(&payload).contains(&making))
    }

    /// All requests that will be executed even if the daemon dies.
    pub fn waiting(&self) -> Vec<(u32, Vec<u8>)> {
        let own = self.socket.iter().flat_map(|socket| &socket.requests).filter(|_| self.wm.kind() == WmKind::I3);
        self.orphans.iter().chain(own).cloned().collect()
    }

    /// Execute one request. The result is the request.
    pub fn execute(&mut self, refuse: Option<usize>) -> Option<String> {
        if !self.has_work() {
            return None;
        }
        self.wm.refuse = refuse;
        self.has_refused |= refuse.is_some();
        let orphan = self.orphans.pop_front();
        let owned = orphan.is_none();
        let (kind, payload) = match orphan {
            Some(request) => request,
            None => self.socket.as_mut()?.requests.pop_front()?,
        };
        let commands = kind == RUN_COMMAND;
        let before = commands.then(|| self.wm.tree());
        if commands {
            self.was_changed = self.known != before;
        }
        let answer = self.wm.request(kind, &payload);
        self.wm.refuse = None;
        self.owes_look &= kind != GET_TREE;
        self.owes_look |= before.is_some_and(|before| hidden(&before, false) != hidden(&self.wm.tree(), false));
        if kind == GET_TREE || (commands && !self.was_changed) {
            self.known = Some(self.wm.tree());
        }
        if owned {
            for (kind, payload) in &answer.events {
                self.write(*kind, payload);
            }
            self.write(kind, &answer.payload);
        }
        self.tell();
        Some(format!("{kind} {}", String::from_utf8_lossy(&payload)))
    }

    /// A window whose program was told meanwhile that it is 0 by 0 pixels large. A window that
    /// never had a size is left out, and so is one that got it from a refused command, from an i3
    /// without a vault, or from a change by somebody else between a tree and the commands that were
    /// made from it: a placeholder that has moved to where nobody looks has no size to lend.
    pub fn take_told_zero(&mut self) -> Option<u64> {
        let tellings = self.wm.take_tellings();
        let zero = tellings.iter().find(|(_, size)| *size == (0, 0)).map(|(id, _)| *id);
        zero.filter(|_| !self.has_refused && !self.vault_fails && !self.layouts_fail && !self.was_changed)
    }

    /// Send the events that happened since.
    pub fn tell(&mut self) {
        for (kind, payload) in self.wm.take_events() {
            self.write(kind, &payload);
        }
    }

    fn write(&mut self, kind: u32, payload: &[u8]) {
        let Some(socket) = self.socket.as_mut().filter(|socket| !socket.ended) else { return };
        socket.to_daemon.extend_from_slice(&framing::frame(kind, payload));
    }

    /// The connection breaks; the window manager lives on.
    pub fn break_connection(&mut self) {
        if let Some(socket) = &mut self.socket {
            socket.ended = true;
            socket.requests.clear();
            socket.inbox.clear();
        }
        self.wm.disconnect();
    }

    /// i3's in-place restart.
    pub fn restart(&mut self) {
        self.wm.announce(Pending::new(EventKind::Shutdown, serde_json::json!({"change": "restart"})));
        self.tell();
        self.break_connection();
        self.orphans.clear();
        self.wm.restart();
    }

    /// It ends, and all its windows.
    pub fn exit(&mut self) {
        if self.wm.kind() == WmKind::I3 {
            self.wm.announce(Pending::new(EventKind::Shutdown, serde_json::json!({"change": "exit"})));
            self.tell();
        }
        self.break_connection();
        self.orphans.clear();
        self.up = false;
        self.frozen = false;
    }

    /// The tree as lines.
    pub fn picture(&self) -> String {
        crate::picture::picture(&self.wm.tree())
    }

    /// A new one starts.
    pub fn start(&mut self) {
        self.life += 1;
        self.up = true;
        self.wm = FakeWm::new(self.wm.kind(), self.outputs, self.back_and_forth);
        if self.vault_fails {
            self.wm.forbid_vault();
        }
    }
}
