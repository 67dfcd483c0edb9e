//! The connection to i3 or sway: found, connected, and read within a budget.
//!
//! A request goes out in one write. What the socket does not take at once is finished before
//! anything else, because a window manager that has half a request waits for the rest of it.
//!
//! Commands that are to be `Unheard` go out on a new connection (`wm_handover`).

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use mio::net::UnixStream;
use mio::{Registry, Token};

use super::process;
use super::wm_claim::Claims;
use super::wm_connection::Connection;
use super::wm_handover::Handover;
use crate::core::{Event, Ticket, Time, WmRequest};
use crate::sockets::{self, process::Stat};
use crate::wire::discovery::{self, Environment, Previous};

/// The connection to the window manager, or the lack of one.
#[derive(Debug)]
pub struct WindowManager {
    environment: Environment,
    runtime: PathBuf,
    token: Token,
    connection: Option<Connection>,
    /// The one that is about to take its place.
    handover: Option<Handover>,
    handovers: u64,
    /// What is left to be tried.
    candidates: VecDeque<PathBuf>,
    tried: Vec<String>,
    previous: Previous,
    /// When the process of the last connection was started.
    start_time: Option<u64>,
    others: Others,
    /// Which daemon serves it.
    pub claims: Claims,
    buffer: Vec<u8>,
}

/// What only others can tell: they are asked for sockets after all that are in sight were tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Others {
    /// They were not asked for yet.
    Unasked,
    /// They are to be asked for (`asks_others`).
    Wanted,
    /// They are being asked for.
    Asked,
    /// They have been tried, too.
    Tried,
}

/// What came of a candidate.
enum Opened {
    /// It accepted us, and no other daemon serves it.
    Connected(Option<u32>),
    /// Another daemon serves it.
    Held,
}

impl WindowManager {
    /// Nothing connected yet.
    #[must_use]
    pub fn new(environment: Environment, runtime: PathBuf, token: Token, claims: Claims) -> WindowManager {
        WindowManager {
            environment,
            runtime,
            token,
            connection: None,
            handover: None,
            handovers: 0,
            candidates: VecDeque::new(),
            tried: Vec::new(),
            previous: Previous::default(),
            start_time: None,
            others: Others::Unasked,
            claims,
            buffer: Vec::new(),
        }
    }

    /// Look for sockets and connect to the best that accepts. `served` is the process that was
    /// served before. If nothing comes back, others must be asked (`asks_others`), or will tell
    /// more (`claims`).
    pub fn connect(&mut self, registry: &Registry, now: Time, served: Option<u32>) -> Option<Event> {
        self.close(registry);
        self.claims.leave(registry);
        self.previous.lives = self.lives(served);
        self.previous.pid = served;
        let files = sockets::find(Some(&self.runtime), self.environment.uid);
        self.candidates = discovery::candidates(&self.environment, &files, &self.previous).into();
        self.tried.clear();
        self.others = Others::Unasked;
        self.try_next(registry, now)
    }

    /// Leave this one and go on to the next.
    pub fn try_next(&mut self, registry: &Registry, now: Time) -> Option<Event> {
        if self.close(registry) {
            self.tried.push(format!("{}: no window manager answers", display(self.previous.path.as_deref())));
        }
        while let Some(path) = self.candidates.pop_front() {
            match self.open(registry, now, &path) {
                Ok(Opened::Connected(pid)) => {
                    let socket = path.to_string_lossy().into_owned();
                    self.previous.path = Some(path);
                    return Some(Event::WmConnected { socket, pid });
                }
                Ok(Opened::Held) => return None,
                Err(error) => self.tried.push(format!("{}: {error}", path.display())),
            }
        }
        if self.others == Others::Unasked && self.environment.explicit.is_none() {
            self.others = Others::Wanted;
            return None;
        }
        // Its claim is kept for the one that was served: a daemon that waits must not come between
        // i3 and its own, when i3 restarts.
        if !self.previous.lives {
            self.claims.release(registry);
        }
        Some(Event::WmUnavailable { reason: self.reason() })
    }

    /// True once, if others must be asked for sockets: `told` takes what they say.
    pub fn asks_others(&mut self) -> bool {
        let asks = self.others == Others::Wanted;
        if asks {
            self.others = Others::Asked;
        }
        asks
    }

    /// Others have told these sockets.
    pub fn told(&mut self, registry: &Registry, now: Time, told: Vec<PathBuf>) -> Option<Event> {
        if self.others != Others::Asked {
            // Asked before the last look began.
            return None;
        }
        self.others = Others::Tried;
        // A socket may have appeared meanwhile.
        let files = sockets::find(Some(&self.runtime), self.environment.uid);
        self.candidates = discovery::candidates(&self.environment, &files, &self.previous).into();
        let is_new = |path: &PathBuf| !self.candidates.contains(path);
        let new: Vec<PathBuf> = told.into_iter().filter(is_new).collect();
        self.candidates.extend(new);
        self.tried.clear();
        self.try_next(registry, now)
    }

    /// Why there is none.
    fn reason(&self) -> String {
        let tried = match self.tried.is_empty() {
            true => format!("no socket of i3 or sway in {}", self.runtime.display()),
            false => self.tried.join("; "),
        };
        match self.previous.pid.filter(|_| self.previous.lives) {
            Some(pid) => format!("waiting for process {pid}, which was served and lives: {tried}"),
            None => tried,
        }
    }

    /// Is the process that was served the one of the last connection, and still there?
    fn lives(&self, served: Option<u32>) -> bool {
        let same = |pid: &u32| Some(*pid) == self.previous.pid && self.start_time.is_some();
        served
            .filter(same)
            .and_then(Stat::of)
            .is_some_and(|stat| stat.lives && Some(stat.start_time) == self.start_time)
    }

    /// True while there is a connection.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    /// Something is ready.
    pub fn stir(&mut self, event: &mio::event::Event) {
        if let Some(connection) = &mut self.connection {
            connection.stir(event);
        }
        // Both have one token. To look in vain does no harm.
        if let Some(handover) = &mut self.handover {
            handover.new.stir(event);
        }
    }

    /// True if another turn would get on without waiting.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let is_ready = self.connection.as_ref().is_some_and(Connection::is_ready);
        self.handover.as_ref().map_or(is_ready, |handover| handover.is_ready(is_ready))
    }

    /// Send a request. An event that comes back says that the connection is gone.
    pub fn send(&mut self, registry: &Registry, ticket: Ticket, request: &WmRequest) -> Option<Event> {
        self.handover = match request {
            WmRequest::Unheard { heard, .. } => self.begin_handover(registry, heard, ticket, request),
            _ => None,
        };
        if self.handover.is_some() { None } else { self.send_now(registry, ticket, request) }
    }

    fn send_now(&mut self, registry: &Registry, ticket: Ticket, request: &WmRequest) -> Option<Event> {
        let sent = self.connection.as_mut()?.send(registry, ticket, request);
        sent.err().map(|reason| self.lose(registry, reason))
    }

    /// Write what is left of a request. An event that comes back says that the connection is gone.
    pub fn flush(&mut self, registry: &Registry) -> Option<Event> {
        let flushed = self.connection.as_mut()?.flush(registry);
        flushed.err().map(|reason| self.lose(registry, reason))
    }

    /// The next message, or that the connection is gone; `None` if there is none now.
    pub fn next(&mut self, registry: &Registry) -> Option<Event> {
        loop {
            if let Some(handover) = &mut self.handover {
                let is_good = handover.advance(registry, &mut self.buffer).is_ok();
                if !is_good || handover.is_complete() {
                    if let Some(lost) = self.end_handover(registry, is_good) {
                        return Some(lost);
                    }
                } else if !handover.reads_old() {
                    return None;
                }
            }
            match self.connection.as_mut()?.next(&mut self.buffer) {
                Ok(Some(event)) => {
                    if !self.handover.as_mut().is_some_and(|handover| handover.old_tells(&event)) {
                        return Some(event);
                    }
                }
                Ok(None) => return None,
                Err(reason) => return Some(self.lose(registry, reason)),
            }
        }
    }

    /// A connection that may take over; none if there is none to be had: then the old one is told
    /// of more than has to be.
    fn begin_handover(
        &mut self,
        registry: &Registry,
        heard: &'static [&'static str],
        ticket: Ticket,
        request: &WmRequest,
    ) -> Option<Handover> {
        let stream = UnixStream::connect(self.previous.path.as_ref()?).ok()?;
        if process::behind(&stream).pid != self.previous.pid {
            return None;
        }
        let new = Connection::new(registry, stream, self.token).ok()?;
        self.handovers += 1;
        Handover::begin(registry, new, heard, self.handovers, ticket, request).ok()
    }

    /// The new connection takes over, or is of no use; then the request goes out.
    fn end_handover(&mut self, registry: &Registry, is_good: bool) -> Option<Event> {
        let Handover { new, ticket, request, .. } = self.handover.take()?;
        let leaves = if is_good { self.connection.replace(new) } else { Some(new) };
        if let Some(connection) = leaves {
            connection.close(registry);
        }
        self.send_now(registry, ticket, &request)
    }

    fn open(&mut self, registry: &Registry, now: Time, path: &Path) -> io::Result<Opened> {
        // Both kinds of socket accept at once or not at all; a full backlog answers WouldBlock.
        let stream = UnixStream::connect(path)?;
        let process = process::behind(&stream);
        if process.uid != Some(self.environment.uid) {
            return Err(io::Error::new(ErrorKind::PermissionDenied, "it belongs to another user"));
        }
        if self.environment.explicit.is_none() && self.previous.excludes(process.pid) {
            return Err(io::Error::other("it is another window manager's"));
        }
        // Before anything is sent: what another daemon serves is left alone.
        if !self.claims.take(registry, now, path, &process)? {
            return Ok(Opened::Held);
        }
        self.connection = Some(Connection::new(registry, stream, self.token)?);
        self.previous.pid = process.pid;
        self.start_time = process.pid.and_then(Stat::of).map(|stat| stat.start_time);
        Ok(Opened::Connected(process.pid))
    }

    fn lose(&mut self, registry: &Registry, reason: String) -> Event {
        self.close(registry);
        Event::WmLost { reason }
    }

    fn close(&mut self, registry: &Registry) -> bool {
        self.handover = None;
        let Some(connection) = self.connection.take() else { return false };
        connection.close(registry);
        // A tree has passed through this buffer; it stays small until the next one.
        self.buffer = Vec::new();
        true
    }
}

fn display(path: Option<&Path>) -> String {
    path.map_or_else(|| "the socket".into(), |path| path.display().to_string())
}

#[cfg(test)]
mod tests;
