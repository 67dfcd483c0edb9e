//! A small blocking IPC client for i3 and sway, independent of the daemon's.
//!
//! Payloads are decoded to plain JSON values, lossily if a window brings invalid UTF-8. Tests look
//! at `success` in them: swayipc takes an i3 failure without `parse_error` for a success. In tests
//! the witness reads every message too.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::framing::{self, EVENT_BIT};
use super::witness;

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
    /// Nobody listens at `socket`.
    pub fn connect(socket: &Path) -> io::Result<Ipc> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(ANSWER_LIMIT))?;
        stream.set_write_timeout(Some(ANSWER_LIMIT))?;
        Ok(Ipc { stream, events: Vec::new() })
    }

    /// Ask, and wait for the answer. Events that come first are kept for `take_events`.
    ///
    /// # Errors
    /// The window manager closes the connection, or says nothing for 20 s.
    ///
    /// # Panics
    /// In a test, if the witness reads the answer, or an event before it, in another way.
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
    /// The connection is closed.
    pub fn send(&mut self, kind: u32, payload: &str) -> io::Result<()> {
        self.stream.write_all(&framing::frame(kind, payload.as_bytes()))
    }

    /// The events since the last time. The answer to a request of ours is the barrier behind them.
    ///
    /// # Errors
    /// Those of `ask`.
    ///
    /// # Panics
    /// As `ask` does.
    pub fn take_events(&mut self) -> io::Result<Vec<Value>> {
        self.ask(request::VERSION, "")?;
        Ok(std::mem::take(&mut self.events))
    }

    /// The next event, however long it takes.
    ///
    /// # Errors
    /// The window manager closes the connection.
    ///
    /// # Panics
    /// As `ask` does.
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
        let (kind, payload) = framing::read(&mut self.stream)?;
        let text = String::from_utf8_lossy(&payload);
        let value = serde_json::from_str(&text).map_err(io::Error::other)?;
        // Benchmarks and demonstrations are no tests: nothing is checked while they look at a
        // clock.
        if cfg!(test) {
            witness::check(kind, &payload).unwrap_or_else(|difference| panic!("the witness disagrees {difference}"));
        }
        Ok((kind, value))
    }
}
