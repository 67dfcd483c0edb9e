//! A small blocking IPC client for i3 and sway, independent of the daemon's.
//!
//! Payloads are decoded to plain JSON values, lossily where a window brings invalid UTF-8, and `success` is looked
//! at here: crates take an i3 failure without `parse_error` for a success.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

/// Message types of requests.
pub mod request {
    /// Run commands.
    pub const COMMAND: u32 = 0;
    /// All workspaces.
    pub const WORKSPACES: u32 = 1;
    /// Subscribe to events.
    pub const SUBSCRIBE: u32 = 2;
    /// All outputs.
    pub const OUTPUTS: u32 = 3;
    /// The tree.
    pub const TREE: u32 = 4;
    /// The version.
    pub const VERSION: u32 = 7;
    /// Send a tick.
    pub const TICK: u32 = 10;
}

const MAGIC: &[u8; 6] = b"i3-ipc";
/// The length of a header: the magic, the length of the payload, the type.
pub const HEADER_BYTES: usize = 14;
/// Set in the type of an event.
pub const EVENT_BIT: u32 = 1 << 31;
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// One connection.
#[derive(Debug)]
pub struct Ipc {
    stream: UnixStream,
    /// Events that came while a reply was waited for, oldest first.
    events: Vec<Value>,
}

impl Ipc {
    /// Connect.
    ///
    /// # Errors
    /// When nobody listens at `socket`.
    pub fn connect(socket: &Path) -> io::Result<Ipc> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(ANSWER_LIMIT))?;
        stream.set_write_timeout(Some(ANSWER_LIMIT))?;
        Ok(Ipc { stream, events: Vec::new() })
    }

    /// Ask, and wait for the answer. Events that come first are kept for `take_events`.
    ///
    /// # Errors
    /// When the window manager closes the connection, or says nothing for 20 s.
    pub fn ask(&mut self, kind: u32, payload: &str) -> io::Result<Value> {
        self.send(kind, payload)?;
        loop {
            let (kind_back, value) = self.receive()?;
            if kind_back & EVENT_BIT == 0 {
                return Ok(value);
            }
            self.events.push(value);
        }
    }

    /// Send a request without waiting for its answer.
    ///
    /// # Errors
    /// When the connection is closed.
    pub fn send(&mut self, kind: u32, payload: &str) -> io::Result<()> {
        let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
        let mut frame = Vec::with_capacity(HEADER_BYTES + payload.len());
        frame.extend_from_slice(MAGIC);
        frame.extend_from_slice(&length.to_ne_bytes());
        frame.extend_from_slice(&kind.to_ne_bytes());
        frame.extend_from_slice(payload.as_bytes());
        self.stream.write_all(&frame)
    }

    /// The events since the last time, each with the answer to a request of ours as a barrier behind it.
    ///
    /// # Errors
    /// As `ask`.
    pub fn take_events(&mut self) -> io::Result<Vec<Value>> {
        self.ask(request::VERSION, "")?;
        Ok(std::mem::take(&mut self.events))
    }

    /// The next event, however long it takes.
    ///
    /// # Errors
    /// When the window manager closes the connection.
    pub fn next_event(&mut self) -> io::Result<Value> {
        if !self.events.is_empty() {
            return Ok(self.events.remove(0));
        }
        self.stream.set_read_timeout(None)?;
        let event = self.receive();
        self.stream.set_read_timeout(Some(ANSWER_LIMIT))?;
        Ok(event?.1)
    }

    fn receive(&mut self) -> io::Result<(u32, Value)> {
        let mut header = [0; HEADER_BYTES];
        self.stream.read_exact(&mut header)?;
        if &header[..6] != MAGIC {
            return Err(io::Error::other(format!("not a frame: {header:?}")));
        }
        let mut payload = vec![0; word(&header, 6) as usize];
        self.stream.read_exact(&mut payload)?;
        let text = String::from_utf8_lossy(&payload);
        Ok((word(&header, 10), serde_json::from_str(&text).map_err(io::Error::other)?))
    }
}

/// A number of a header: the length of the payload is at 6, the type at 10.
#[must_use]
pub fn word(header: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}
