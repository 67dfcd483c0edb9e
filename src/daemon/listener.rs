//! The socket that serves calls: given by the service manager, or bound by us if nobody else
//! answers.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::net::UnixListener as StdListener;
use std::path::Path;
use std::time::{Duration, Instant};

use mio::net::{UnixListener, UnixStream};
use mio::{Interest, Registry, Token};
use rustix::io::Errno;

use super::activation;
use super::binding::{self, Place};
use super::incumbent::{self, Incumbent};
use super::own_path::OwnPath;
use super::process;
use crate::core::{Process, Time};

/// The wait before descriptors are looked for again, if there were none.
const RETRY: Duration = Duration::from_millis(100);
/// How long another daemon, which starts in the same moment, may take to bind.
const LOCK_WAIT: Duration = Duration::from_secs(1);
/// The wait for a daemon at our path that is stopping or does not answer. A stop takes under two
/// seconds.
const SUCCESSION_WAIT: Duration = Duration::from_secs(5);
/// Between two looks at it.
const SUCCESSION_PAUSE: Duration = Duration::from_millis(20);
/// How long it may take for one answer. While it starts, its files may take most of that.
const ANSWER_WAIT: Duration = Duration::from_secs(2);
/// The pause between two attempts to put a socket at our path again.
const RESTORE_RETRY: Duration = Duration::from_secs(5);
/// The tokens of the socket and of its path.
#[derive(Debug, Clone, Copy)]
pub struct Tokens {
    /// Peers that connect.
    pub peers: Token,
    /// What happens at the path.
    pub place: Token,
}

/// The socket that serves calls.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    /// Where it lies.
    place: Option<OwnPath>,
    /// True if we have put it there; else the service manager has.
    is_ours: bool,
    /// When a path that is gone is tried again.
    restore_at: Option<Time>,
    /// Why we cannot be reached at the path, as we said it last.
    lost: Option<String>,
    /// A descriptor that is let go when no other is left, so that a peer can be told so.
    spare: Option<File>,
    retry_at: Option<Time>,
    /// Nobody is accepted any more.
    deaf: bool,
    /// Peers may be waiting.
    pub readable: bool,
}

/// Why there is no listener.
#[derive(Debug)]
pub enum ListenError {
    /// Another daemon answers at the path.
    Occupied {
        /// Its process, if the kernel says.
        other: Process,
    },
    /// A sentence that names the path.
    Failed(String),
}

/// What came of trying to accept a peer.
#[derive(Debug)]
pub enum Accepted {
    /// A peer is there.
    Peer(UnixStream, Process),
    /// A peer is there, and there was no descriptor for it: it must be told so and let go.
    NoRoom(UnixStream),
    /// A peer of another user was let go, unread.
    Foreign(Process),
    /// No peer waits, or none can be taken now.
    None,
    /// A peer could not be taken.
    Failed(io::Error),
}

impl Listener {
    /// The socket that the service manager gave us, else one bound to `path`. A daemon there that
    /// is on its way out is waited for, and `tell` gets a sentence about it. A warning may come
    /// with the socket, about sockets of the service manager that are none of ours.
    ///
    /// # Errors
    /// Another daemon answers there, or the socket cannot be made.
    pub fn open(path: &Path, tell: impl FnMut(String)) -> Result<(Listener, Option<String>), ListenError> {
        match activation::given() {
            Ok(Some(socket)) => {
                let path = socket.local_addr().ok().and_then(|address| Some(address.as_pathname()?.to_owned()));
                let place = path.and_then(|path| OwnPath::new(&path).ok());
                Ok((Listener::new(socket, place, false)?, None))
            }
            Ok(None) => Ok((Listener::bind_patiently(path, tell)?, None)),
            Err(warning) => Ok((Listener::bind_patiently(path, tell)?, Some(warning))),
        }
    }

    /// Bind to `path`, if need be after the daemon there has gone.
    fn bind_patiently(path: &Path, mut tell: impl FnMut(String)) -> Result<Listener, ListenError> {
        let until = Instant::now() + SUCCESSION_WAIT;
        let mut told = false;
        loop {
            let (other, said) = match binding::bind(path, LOCK_WAIT).map_err(ListenError::Failed)? {
                Place::Bound(socket) => {
                    let place = OwnPath::new(path)
                        .map_err(|error| ListenError::Failed(format!("{} is gone again: {error}", path.display())))?;
                    return Listener::new(socket, Some(place), true);
                }
                // A backlog that is full belongs to somebody who lives.
                Place::Taken(None) => (Process::default(), Incumbent::Silent),
                Place::Taken(Some(mut stream)) => {
                    let left = until.saturating_duration_since(Instant::now());
                    (process::behind(&stream), incumbent::ask(&mut stream, left.min(ANSWER_WAIT)))
                }
            };
            if said == Incumbent::Serves {
                return Err(ListenError::Occupied { other });
            }
            if Instant::now() >= until {
                return Err(ListenError::Failed(format!(
                    "i3pmd ({}) holds the socket {} and neither answers nor ends; see what it does, or end it with `kill -KILL`, and start again",
                    named(&other),
                    path.display()
                )));
            }
            if !std::mem::replace(&mut told, true) {
                let what = if said == Incumbent::Leaving { "is stopping" } else { "does not answer" };
                tell(format!("i3pmd ({}), which holds {}, {what}: waiting for its end", named(&other), path.display()));
            }
            std::thread::sleep(SUCCESSION_PAUSE);
        }
    }

    fn new(socket: StdListener, place: Option<OwnPath>, is_ours: bool) -> Result<Listener, ListenError> {
        binding::prepare(&socket).map_err(|error| ListenError::Failed(format!("the socket is of no use: {error}")))?;
        Ok(Listener {
            socket: UnixListener::from_std(socket),
            place,
            is_ours,
            restore_at: None,
            lost: None,
            spare: spare(),
            retry_at: None,
            deaf: false,
            readable: true,
        })
    }

    /// Become a source of the loop.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn register(&mut self, registry: &Registry, tokens: Tokens) -> io::Result<()> {
        registry.register(&mut self.socket, tokens.peers, Interest::READABLE)?;
        self.place.as_ref().map_or(Ok(()), |place| place.register(registry, tokens.place))
    }

    /// True if the service manager gave us the socket.
    #[must_use]
    pub fn is_given(&self) -> bool {
        !self.is_ours
    }

    /// Something happened at the path of the socket.
    pub fn stir_place(&mut self) {
        self.place.iter_mut().for_each(|place| place.readable = true);
    }

    /// True if `keep_place` has something to look at.
    #[must_use]
    pub fn is_place_ready(&self) -> bool {
        !self.deaf && self.place.as_ref().is_some_and(|place| place.readable)
    }

    /// When `keep_place` has to be called.
    #[must_use]
    pub fn place_deadline(&self) -> Option<Time> {
        self.restore_at
    }

    /// Put a socket at our path again, if the one there is gone. Connections that are open stay.
    /// The answer is a sentence for the log.
    pub fn keep_place(&mut self, registry: &Registry, tokens: Tokens, now: Time) -> Option<String> {
        let place = self.place.as_mut()?;
        let due = self.restore_at.is_some_and(|at| at <= now);
        // The peers that wait at the old socket are taken first: they go with it.
        if self.deaf || (self.readable && self.retry_at.is_none()) || !(place.was_touched() || due) {
            return None;
        }
        if place.is_ours() {
            (self.restore_at, self.lost) = (None, None);
            return None;
        }
        let path = place.path().to_owned();
        let shown = path.display();
        self.restore_at = Some(now + RESTORE_RETRY);
        let reason = if self.is_ours {
            let found = binding::bind(&path, Duration::ZERO);
            match found.and_then(|found| self.replace(registry, tokens, &path, found)) {
                Ok(None) => {
                    (self.restore_at, self.lost) = (None, None);
                    return Some(format!("the socket {shown} was taken away, and is made again"));
                }
                Ok(Some(other)) => format!("another process ({}) listens at {shown} in our place", named(&other)),
                Err(sentence) => sentence,
            }
        } else {
            // We must not make it, and will hear nothing of what happens there from now on.
            self.restore_at = None;
            format!(
                "the socket {shown} was taken away, and it is the service manager's: nobody can reach this daemon before \
                 `systemctl --user stop i3pm && systemctl --user restart i3pm.socket i3pm`"
            )
        };
        // The reason is told again only if it is another one.
        (self.lost.as_ref() != Some(&reason)).then(|| self.lost.insert(reason).clone())
    }

    /// Serve from this socket from now on. The answer is the process that listens at the path in
    /// our place.
    fn replace(
        &mut self,
        registry: &Registry,
        tokens: Tokens,
        path: &Path,
        found: Place,
    ) -> Result<Option<Process>, String> {
        let failed = |error: io::Error| format!("{} cannot be served: {error}", path.display());
        match found {
            Place::Taken(stream) => Ok(Some(stream.map(|stream| process::behind(&stream)).unwrap_or_default())),
            Place::Bound(socket) => {
                binding::prepare(&socket).map_err(failed)?;
                // Whatever was watched before is watched no more.
                self.place = Some(OwnPath::new(path).map_err(failed)?);
                let _ = registry.deregister(&mut self.socket);
                self.socket = UnixListener::from_std(socket);
                self.readable = true;
                self.register(registry, tokens).map_err(failed)?;
                Ok(None)
            }
        }
    }

    /// True if `accept` should be called.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.readable && !self.deaf && self.retry_at.is_none()
    }

    /// When to look again at peers for which there was no descriptor.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        self.retry_at
    }

    /// The time has come, or a descriptor has become free: accept again.
    pub fn retry(&mut self) {
        self.retry_at = None;
    }

    /// Take one peer.
    pub fn accept(&mut self, now: Time) -> Accepted {
        if !self.is_ready() {
            return Accepted::None;
        }
        let error = match self.socket.accept() {
            Ok((stream, _)) => {
                let process = process::behind(&stream);
                // The mode of the socket says the same; a socket that was given to us may have
                // another.
                if process.uid == Some(rustix::process::getuid().as_raw()) {
                    return Accepted::Peer(stream, process);
                }
                return Accepted::Foreign(process);
            }
            Err(error) => error,
        };
        let no_room = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
        if error.kind() == ErrorKind::WouldBlock {
            self.readable = false;
            Accepted::None
        } else if no_room.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error())) {
            // The kernel looks for a descriptor before it looks for a connection, so there may be
            // no connection. epoll told us once and will be silent from now on, even when
            // descriptors are free again: so the bit stays.
            drop(self.spare.take());
            match self.socket.accept() {
                Ok((stream, _)) => {
                    self.retry_at = Some(now + RETRY);
                    Accepted::NoRoom(stream)
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.readable = false;
                    self.restock();
                    Accepted::None
                }
                Err(error) => {
                    self.retry_at = Some(now + RETRY);
                    Accepted::Failed(error)
                }
            }
        } else if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted) {
            Accepted::Failed(error)
        } else {
            // An error that we do not know must not become a loop without a rest.
            self.retry_at = Some(now + RETRY);
            Accepted::Failed(error)
        }
    }

    /// Have a spare descriptor again, after the one that was turned away is closed.
    pub fn restock(&mut self) {
        if self.spare.is_none() {
            self.spare = spare();
        }
    }

    /// Accept no more.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn deafen(&mut self, registry: &Registry) -> io::Result<()> {
        if std::mem::replace(&mut self.deaf, true) {
            return Ok(());
        }
        (self.retry_at, self.restore_at) = (None, None);
        registry.deregister(&mut self.socket)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // A later daemon may have put its own there.
        if let Some(place) = self.place.as_ref().filter(|place| self.is_ours && place.is_ours()) {
            let _ = fs::remove_file(place.path());
        }
    }
}

fn named(process: &Process) -> String {
    process.pid.map_or_else(|| "pid unknown".to_owned(), |pid| format!("pid {pid}"))
}

fn spare() -> Option<File> {
    File::open("/dev/null").ok()
}

#[cfg(test)]
mod tests;
