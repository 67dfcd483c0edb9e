//! One connection to i3 or sway: requests go out whole, and messages come in as they are decoded.

use std::io;

use mio::net::UnixStream;
use mio::{Registry, Token};

use super::socket::Socket;
use crate::core::{Event, Ticket, WmRequest};
use crate::wire::wm::WmStream;

/// Bytes read at a time.
pub const BUFFER_BYTES: usize = 32 << 10;

/// A connection that is open at our end.
#[derive(Debug)]
pub struct Connection {
    socket: Socket,
    codec: WmStream,
    /// The rest of a request.
    unsent: Vec<u8>,
    /// Messages may wait in the codec.
    undecoded: bool,
}

impl Connection {
    /// Nothing is sent and nothing is read yet.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn new(registry: &Registry, stream: UnixStream, token: Token) -> io::Result<Connection> {
        let socket = Socket::new(registry, stream, token)?;
        Ok(Connection { socket, codec: WmStream::new(), unsent: Vec::new(), undecoded: false })
    }

    /// epoll has said something.
    pub fn stir(&mut self, event: &mio::event::Event) {
        self.socket.stir(event);
    }

    /// True if another turn would get on without waiting.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let can_write = self.socket.is_writable() && !self.unsent.is_empty();
        self.socket.is_readable() || self.undecoded || can_write
    }

    /// Send a request, as far as the socket takes it.
    ///
    /// # Errors
    /// Why the connection is of no use any more.
    pub fn send(&mut self, registry: &Registry, ticket: Ticket, request: &WmRequest) -> Result<(), String> {
        let bytes = self.codec.send(ticket, request);
        self.unsent.extend_from_slice(&bytes);
        self.flush(registry)
    }

    /// Write what is left of a request.
    ///
    /// # Errors
    /// Why the connection is of no use any more.
    pub fn flush(&mut self, registry: &Registry) -> Result<(), String> {
        if self.unsent.is_empty() {
            return Ok(());
        }
        let written = self.socket.write(registry, &self.unsent);
        let count = written.map_err(|error| format!("writing to it failed: {error}"))?;
        self.unsent.drain(..count);
        Ok(())
    }

    /// The next message; `None` if there is none now.
    ///
    /// # Errors
    /// Why the connection is of no use any more.
    pub fn next(&mut self, buffer: &mut Vec<u8>) -> Result<Option<Event>, String> {
        loop {
            if self.undecoded {
                match self.codec.next().map_err(|error| error.to_string())? {
                    Some(event) => return Ok(Some(event)),
                    None => self.undecoded = false,
                }
            }
            buffer.resize(BUFFER_BYTES, 0);
            let read = self.socket.read(buffer).map_err(|error| format!("reading from it failed: {error}"))?;
            match read {
                None => return Ok(None),
                Some(0) => return Err("it has closed the connection".into()),
                Some(count) => {
                    self.codec.receive(&buffer[..count]);
                    self.undecoded = true;
                }
            }
        }
    }

    /// Let go of it.
    pub fn close(self, registry: &Registry) {
        self.socket.close(registry);
    }

    #[cfg(test)]
    pub(super) fn parts(&self) -> (&Socket, usize) {
        (&self.socket, self.unsent.len())
    }
}
