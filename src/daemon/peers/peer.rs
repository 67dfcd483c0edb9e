//! One connection on our socket: its stream, its codec, and how far it has come to its end.

use std::io;

use mio::net::UnixStream;
use mio::{Registry, Token};

use crate::api::{ErrorCode, LAST_CALLS_MAX, READ_BYTES};
use crate::core::{Process, Time};
use crate::daemon::socket::Socket;
use crate::wire::rpc::PeerCodec;

/// One connection on our socket.
#[derive(Debug)]
pub struct Peer {
    /// Nobody else gets it for a thousand million peers: so news of a peer that is gone reaches
    /// nobody.
    pub token: Token,
    /// What it has sent and what it is to be sent.
    pub codec: PeerCodec,
    /// Its process.
    pub process: Process,
    /// It has had notices: a subscriber stays, even if it sends nothing more.
    pub subscriber: bool,
    /// It needs something else than to be read: to be written to, or to be closed.
    pub stirred: bool,
    /// It is to be closed: when, at the latest.
    pub close_by: Option<Time>,
    socket: Socket,
    /// It sends no more. It may still read.
    ended: bool,
    /// Nothing reaches it any more. What it has sent still counts, as far as `last_calls_left`
    /// goes.
    deaf: bool,
    last_calls_left: usize,
}

/// Why a connection has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closure {
    /// It hung up, or had everything it asked for.
    Done,
    /// It did not read what it had asked for.
    Lagged,
    /// It sent a line that was too long.
    Line,
}

impl Closure {
    /// All of them.
    pub const ALL: [Closure; 3] = [Closure::Done, Closure::Lagged, Closure::Line];

    /// Its name among the numbers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Closure::Done => "done",
            Closure::Lagged => "lagged",
            Closure::Line => "line_too_long",
        }
    }
}

impl Peer {
    /// A peer that has just connected.
    ///
    /// # Errors
    /// It cannot be polled; it is let go.
    pub fn new(registry: &Registry, stream: UnixStream, token: Token, process: Process) -> io::Result<Peer> {
        Ok(Peer {
            token,
            codec: PeerCodec::new(),
            process,
            subscriber: false,
            stirred: false,
            close_by: None,
            socket: Socket::new(registry, stream, token)?,
            ended: false,
            deaf: false,
            last_calls_left: LAST_CALLS_MAX,
        })
    }

    /// epoll has said something of it.
    pub fn stir(&mut self, event: &mio::event::Event) {
        self.socket.stir(event);
        // It has closed both directions, perhaps long after its last word.
        if event.is_write_closed() {
            self.deaf = true;
            self.stirred = true;
        }
    }

    /// True if a line of it is there, or may come. No peer may ask while the outboxes are flushed
    /// at the end.
    #[must_use]
    pub fn can_ask(&self, flushing: bool) -> bool {
        !flushing && (self.codec.has_next() || (self.socket.is_readable() && !self.ended && self.codec.wants_read()))
    }

    /// True if a call of it counts. One that has hung up has a few left; what is beyond them is
    /// forgotten.
    pub fn may_ask_once_more(&mut self) -> bool {
        if !self.deaf {
            return true;
        }
        let Some(left) = self.last_calls_left.checked_sub(1) else {
            self.codec.forget();
            self.ended = true;
            self.stirred = true;
            return false;
        };
        self.last_calls_left = left;
        true
    }

    /// True if something waits to be written, and would be taken.
    #[must_use]
    pub fn can_write(&self) -> bool {
        self.socket.is_writable() && !self.deaf && !self.codec.output().is_empty()
    }

    /// Read once, at most as much as one read of a turn may bring.
    pub fn read(&mut self, buffer: &mut Vec<u8>) {
        if self.ended || !self.codec.wants_read() {
            return;
        }
        buffer.resize(READ_BYTES, 0);
        match self.socket.read(buffer) {
            Ok(None) => {}
            Ok(Some(0)) => {
                self.ended = true;
                // The last line may lack its newline: `printf '{...}' | nc -U`.
                self.codec.receive(b"\n");
            }
            Ok(Some(count)) => self.codec.receive(&buffer[..count]),
            Err(_) => {
                self.ended = true;
                self.deaf = true;
            }
        }
    }

    /// Write what it takes of its outbox; what nobody will read is dropped.
    pub fn write(&mut self, registry: &Registry) {
        if !self.deaf {
            match self.socket.write(registry, self.codec.output()) {
                Ok(count) => self.codec.written(count),
                // It reads no more; what it has sent before still counts.
                Err(_) => self.deaf = true,
            }
        }
        if self.deaf {
            let rest = self.codec.output().len();
            self.codec.written(rest);
        }
    }

    /// Why it is to be let go of, with a sentence if that is worth a line in the log; `None` if it
    /// stays. One that is to be closed may read why until it `is_overdue`.
    pub fn verdict(&mut self, flushing: bool, is_overdue: bool) -> Option<(Closure, Option<String>)> {
        if let Some(error) = self.codec.closing().filter(|_| is_overdue || self.codec.output().is_empty()) {
            let closure = if error.code == ErrorCode::InvalidRequest { Closure::Line } else { Closure::Lagged };
            return Some((closure, Some(error.message.clone())));
        }
        let silent = self.ended && (flushing || !self.codec.has_next());
        if silent && self.deaf {
            return Some((Closure::Done, None));
        }
        let answered = self.codec.calls_in_flight() == 0 && self.codec.outbox_bytes() == 0;
        (silent && answered && !self.subscriber).then_some((Closure::Done, None))
    }
}
