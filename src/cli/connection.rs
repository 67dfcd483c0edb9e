//! One blocking connection to the daemon, everything on it bounded by one deadline.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::failure::Failure;
use crate::api::{Call, Ping};
use crate::doctor::advice;
use crate::wire::rpc::{AnswerError, ServerMessage, decode_answer, encode_call};

/// The longest line that is taken from the daemon, in bytes. It sends no more than its outbox
/// holds; a newer one may have a larger outbox.
pub const ANSWER_BYTES_MAX: usize = 16 << 20;
const READ_BYTES: usize = 64 << 10;

/// One connection to the daemon.
#[derive(Debug)]
pub struct Connection {
    stream: UnixStream,
    socket: PathBuf,
    timeout: Duration,
    /// When the wait for an answer ends; without one it does not.
    deadline: Option<Instant>,
    inbox: Vec<u8>,
    /// How much of `inbox` has been searched for a newline.
    searched: usize,
    next_id: u64,
    /// We wait for nothing any more when whoever reads our output has gone.
    has_reader: bool,
}

impl Connection {
    /// Connect.
    ///
    /// # Errors
    /// Nobody listens; a full backlog past the timeout; a path that no socket can have.
    pub fn open(socket: &Path, timeout: Duration) -> Result<Connection, Failure> {
        let deadline = Instant::now() + timeout;
        let place = socket.display();
        let address = SocketAddrUnix::new(socket)
            .map_err(|_| Failure::Usage(format!("the socket path {place} is longer than 107 bytes")))?;
        let failed = |error: Errno| Failure::refused(format!("cannot make a socket: {error}"));
        let fd = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
            .map_err(failed)?;
        // This bounds connect() as well: it waits while the daemon's backlog is full.
        set_socket_timeout(&fd, Timeout::Send, Some(timeout)).map_err(failed)?;
        loop {
            match rustix::net::connect(&fd, &address) {
                Ok(()) => break,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    return Err(Failure::TimedOut(format!(
                        "i3pmd does not accept connections on {place} within {}; see {}",
                        seconds(timeout),
                        advice::log()
                    )));
                }
                Err(Errno::ACCESS | Errno::PERM) => {
                    return Err(Failure::NoDaemon(format!(
                        "no permission to connect to {place}; is it another user's?"
                    )));
                }
                Err(error @ (Errno::NOENT | Errno::NOTDIR | Errno::CONNREFUSED)) => {
                    let reason = match error {
                        Errno::CONNREFUSED => "nobody listens on it",
                        _ => "there is no such socket",
                    };
                    return Err(Failure::NoDaemon(format!("no daemon at {place} ({reason}); {}", advice::start())));
                }
                Err(error) => {
                    return Err(Failure::NoDaemon(format!("cannot connect to {place}: {error}; {}", advice::start())));
                }
            }
        }
        Ok(Connection {
            stream: UnixStream::from(fd),
            socket: socket.to_owned(),
            timeout,
            deadline: Some(deadline),
            inbox: Vec::new(),
            searched: 0,
            next_id: 1,
            has_reader: false,
        })
    }

    /// From now on what comes is for a reader of our output, and it ends when the reader is gone.
    pub fn have_reader(&mut self) {
        self.has_reader = true;
    }

    /// Ask and wait for the answer. Notices that come before it go to `notice`.
    ///
    /// # Errors
    /// The daemon refused, did not answer in time, or went away.
    pub fn call_with(
        &mut self,
        call: &Call,
        notice: &mut dyn FnMut(Value) -> Result<(), Failure>,
    ) -> Result<Value, Failure> {
        let id = self.send(call)?;
        loop {
            match self.next(call)? {
                ServerMessage::Notice { params } => notice(params)?,
                ServerMessage::Answer { id: Some(other), .. } if other != id => {}
                ServerMessage::Answer { result: Ok(value), .. } => return Ok(value),
                ServerMessage::Answer { result: Err(error), .. } => return Err(self.refusal(call, error)),
            }
        }
    }

    /// Ask and wait for the answer.
    ///
    /// # Errors
    /// As `call_with`.
    pub fn call(&mut self, call: &Call) -> Result<Value, Failure> {
        self.call_with(call, &mut |_| Ok(()))
    }

    /// Give the daemon so long from now on.
    pub fn wait_from_now(&mut self, timeout: Duration) {
        self.deadline = Some(Instant::now() + timeout);
    }

    /// Ask, and understand the answer.
    ///
    /// # Errors
    /// As `call_with`; and if this version does not know such an answer.
    pub fn answer<T: DeserializeOwned>(&mut self, call: &Call) -> Result<T, Failure> {
        serde_json::from_value(self.call(call)?)
            .map_err(|error| Failure::refused(format!("this i3pm does not understand the daemon's answer: {error}")))
    }

    /// Wait for the next notice, at most `patience`; none if it does not come in time.
    ///
    /// # Errors
    /// The daemon closed the connection or sent what is no message.
    pub fn notice(&mut self, patience: Option<Duration>) -> Result<Option<Value>, Failure> {
        self.deadline = patience.map(|patience| Instant::now() + patience);
        loop {
            match self.next(&Call::Ping) {
                Ok(ServerMessage::Notice { params }) => return Ok(Some(params)),
                // The daemon says why it is about to close: `lagged`, or that it stops.
                Ok(ServerMessage::Answer { result: Err(error), .. }) => return Err(refused(error)),
                Ok(ServerMessage::Answer { .. }) => {}
                Err(Failure::TimedOut(_)) => return Ok(None),
                Err(failure) => return Err(failure),
            }
        }
    }

    fn send(&mut self, call: &Call) -> Result<u64, Failure> {
        let id = self.next_id;
        self.next_id += 1;
        let line = encode_call(id, call);
        let mut rest = line.as_bytes();
        while !rest.is_empty() {
            let remaining = self.remaining(call)?;
            self.stream.set_write_timeout(remaining).map_err(|error| self.broken(&error))?;
            match self.stream.write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) if is_interruption(&error) => {}
                // It was closed on us; perhaps it said why.
                Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => break,
                Err(error) => return Err(self.broken(&error)),
            }
        }
        Ok(id)
    }

    fn next(&mut self, call: &Call) -> Result<ServerMessage, Failure> {
        loop {
            if let Some(length) = self.inbox[self.searched..].iter().position(|byte| *byte == b'\n') {
                let end = self.searched + length + 1;
                self.searched = 0;
                let line: Vec<u8> = self.inbox.drain(..end).collect();
                let line = String::from_utf8_lossy(&line);
                return decode_answer(&line).map_err(|error| {
                    Failure::refused(format!("{} does not speak as i3pmd does: {error}", self.socket.display()))
                });
            }
            self.searched = self.inbox.len();
            if self.inbox.len() > ANSWER_BYTES_MAX {
                return Err(Failure::refused(format!("the daemon's answer is longer than {ANSWER_BYTES_MAX} bytes")));
            }
            let remaining = self.remaining(call)?;
            if self.has_reader {
                wait(Some(&self.stream), remaining)?;
            }
            self.stream.set_read_timeout(remaining).map_err(|error| self.broken(&error))?;
            let start = self.inbox.len();
            self.inbox.resize(start + READ_BYTES, 0);
            let outcome = self.stream.read(&mut self.inbox[start..]);
            self.inbox.truncate(start + outcome.as_ref().copied().unwrap_or_default());
            match outcome {
                Ok(0) => {
                    return Err(Failure::NoDaemon(format!(
                        "the daemon at {} closed the connection; see {}",
                        self.socket.display(),
                        advice::log()
                    )));
                }
                Ok(_) => {}
                Err(error) if is_interruption(&error) => {}
                Err(error) => return Err(self.broken(&error)),
            }
        }
    }

    /// The time that is left; none for ever.
    fn remaining(&self, call: &Call) -> Result<Option<Duration>, Failure> {
        let Some(deadline) = self.deadline else { return Ok(None) };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Failure::TimedOut(format!(
                "i3pmd did not answer `{}` within {}; look at `i3pm status` and {}, or wait longer with --timeout",
                method(call),
                seconds(self.timeout),
                advice::log()
            )));
        }
        Ok(Some(left))
    }

    fn broken(&self, error: &std::io::Error) -> Failure {
        Failure::NoDaemon(format!("the connection to {} broke: {error}; {}", self.socket.display(), advice::start()))
    }

    /// What a refusal means here; if different versions may be the reason, we look into that.
    fn refusal(&mut self, call: &Call, error: AnswerError) -> Failure {
        let failure = refused(error);
        let Failure::Refused { code: Some(code), .. } = &failure else { return failure };
        if !matches!(code.as_str(), "method_not_found" | "invalid_params") || *call == Call::Ping {
            return failure;
        }
        self.with_version_hint(failure)
    }

    /// Add to a refusal that the daemon is of another version, if it is.
    pub fn with_version_hint(&mut self, failure: Failure) -> Failure {
        let ping = self.call(&Call::Ping).ok().and_then(|value| serde_json::from_value::<Ping>(value).ok());
        match (failure, ping.and_then(|ping| version_warning(&ping.version))) {
            (Failure::Refused { code, message }, Some(warning)) => {
                Failure::Refused { code, message: format!("{message}\n{warning}") }
            }
            (failure, _) => failure,
        }
    }
}

/// What to say if the daemon is of another version than we are.
#[must_use]
pub fn version_warning(daemon: &str) -> Option<String> {
    (daemon != crate::VERSION)
        .then(|| format!("this is i3pm {}, and the daemon is i3pmd {daemon}; {}", crate::VERSION, advice::restart()))
}

fn refused(error: AnswerError) -> Failure {
    let code = error.name().map(str::to_owned);
    match code.as_deref() {
        Some("wm_timeout") => Failure::TimedOut(error.message),
        _ => Failure::Refused { code, message: error.message },
    }
}

/// A timeout of the socket looks the same: the rest of the deadline decides.
fn is_interruption(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Let time pass.
///
/// # Errors
/// Meanwhile whoever reads our output has gone.
pub fn wait_for_reader(time: Duration) -> Result<(), Failure> {
    let end = Instant::now() + time;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        wait(None, Some(left))?;
    }
}

/// Wait until there is something to read, or the time is over. May come back early.
fn wait(stream: Option<&UnixStream>, time: Option<Duration>) -> Result<(), Failure> {
    let stdout = std::io::stdout();
    // poll tells errors unasked: on a pipe or a terminal it means that nobody is at the other end.
    let mut fds: Vec<PollFd<'_>> = vec![PollFd::new(&stdout, PollFlags::empty())];
    fds.extend(stream.map(|stream| PollFd::new(stream, PollFlags::IN)));
    let timespec = time.and_then(|time| Timespec::try_from(time).ok());
    let _ = poll(&mut fds, timespec.as_ref());
    match fds[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) {
        true => Err(Failure::ReaderGone),
        false => Ok(()),
    }
}

fn method(call: &Call) -> String {
    let value = serde_json::to_value(call).unwrap_or_default();
    value["method"].as_str().unwrap_or("call").to_owned()
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}
