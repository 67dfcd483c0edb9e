//! The socket that serves calls: given by the service manager, or bound by us where nobody else answers.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mio::net::{UnixListener, UnixStream};
use mio::{Interest, Registry, Token};
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::files::make_directory;
use super::process;
use crate::api::BACKLOG_MAX;
use crate::core::{Process, Time};

/// How long to wait before descriptors are looked for again when there were none.
const RETRY: Duration = Duration::from_millis(100);
/// How long another daemon that starts in the same moment may take to bind.
const LOCK_WAIT: Duration = Duration::from_secs(1);
/// The names that the service manager may give our socket begin so.
const ACTIVATION_NAME_PREFIX: &str = "i3pm";

/// The socket that serves calls.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    /// Device and inode of the path we have bound; none where the socket was given to us.
    bound: Option<(PathBuf, u64, u64)>,
    /// Let go when there is no descriptor left, so that a peer can be told so.
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
        /// Its process, where the kernel says.
        other: Process,
    },
    /// A sentence that names the path.
    Failed(String),
}

/// What came of trying to accept a peer.
#[derive(Debug)]
pub enum Accepted {
    /// One is there.
    Peer(UnixStream, Process),
    /// One is there, and there was no descriptor for it: to be told so and let go.
    NoRoom(UnixStream),
    /// One of another user was let go, unread.
    Foreign(Process),
    /// None waits, or none can be taken now.
    None,
    /// One could not be taken.
    Failed(io::Error),
}

impl Listener {
    /// The socket that the service manager gave us, else one bound to `path`.
    ///
    /// # Errors
    /// Another daemon answers there, or the socket cannot be made.
    pub fn open(path: &Path) -> Result<(Listener, Option<String>), ListenError> {
        match given() {
            Ok(Some(socket)) => Ok((Listener::new(socket, None)?, None)),
            Ok(None) => Ok((Listener::bind(path)?, None)),
            Err(warning) => Ok((Listener::bind(path)?, Some(warning))),
        }
    }

    fn bind(path: &Path) -> Result<Listener, ListenError> {
        let failed = |what: &str, error: &dyn std::fmt::Display| {
            ListenError::Failed(format!("the socket {} cannot be made: {what}: {error}", path.display()))
        };
        let directory = path.parent().unwrap_or(Path::new("/"));
        make_directory(directory).map_err(|error| failed(&format!("directory {}", directory.display()), &error))?;
        let owner = fs::metadata(directory).map_err(|error| failed("its directory", &error))?.uid();
        if owner != rustix::process::getuid().as_raw() {
            return Err(failed(&format!("directory {}", directory.display()), &format!("it belongs to user {owner}")));
        }
        // Two daemons that find the same stale path would remove each other's socket.
        let _lock = lock(directory).map_err(|error| failed("its directory cannot be locked", &error))?;
        match std::os::unix::net::UnixStream::connect(path) {
            Ok(other) => return Err(ListenError::Occupied { other: process::behind(&other) }),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                let is_socket = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
                if !is_socket {
                    return Err(failed("something is there that is no socket", &"remove it"));
                }
                fs::remove_file(path).map_err(|error| failed("the one of a daemon that is gone", &error))?;
            }
            // A backlog that is full belongs to somebody who lives.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                return Err(ListenError::Occupied { other: Process::default() });
            }
            Err(error) => return Err(failed("it cannot be looked at", &error)),
        }
        let mask = rustix::process::umask(Mode::from_raw_mode(0o177));
        let socket = StdListener::bind(path);
        rustix::process::umask(mask);
        let socket = socket.map_err(|error| failed("bind", &error))?;
        let metadata = fs::symlink_metadata(path).map_err(|error| failed("it is gone again", &error))?;
        Listener::new(socket, Some((path.to_owned(), metadata.dev(), metadata.ino())))
    }

    fn new(socket: StdListener, bound: Option<(PathBuf, u64, u64)>) -> Result<Listener, ListenError> {
        // One that was given to us may be a blocking one, and either had the longest queue that the system allows.
        socket
            .set_nonblocking(true)
            .and_then(|()| Ok(rustix::net::listen(&socket, i32::try_from(BACKLOG_MAX).unwrap_or(i32::MAX))?))
            .map_err(|error| ListenError::Failed(format!("the socket is of no use: {error}")))?;
        Ok(Listener {
            socket: UnixListener::from_std(socket),
            bound,
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
    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(&mut self.socket, token, Interest::READABLE)
    }

    /// True where the service manager gave us the socket.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.bound.is_none()
    }

    /// True where `accept` should be called.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.readable && !self.deaf && self.retry_at.is_none()
    }

    /// When peers that found no descriptor are to be looked at again.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        self.retry_at
    }

    /// The time has come, or a descriptor has become free.
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
                // The mode of the socket says the same; a socket that was given to us may have another.
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
            // The kernel looks for a descriptor before it looks for a connection: there may be none. epoll told us once
            // and will be silent from now on, also when descriptors are free again: the bit stays.
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
            // Nothing we know of; it must not become a loop that never rests.
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
        self.retry_at = None;
        registry.deregister(&mut self.socket)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let Some((path, device, inode)) = &self.bound else { return };
        // A later daemon may have put its own there.
        let is_ours = fs::symlink_metadata(path).is_ok_and(|found| (found.dev(), found.ino()) == (*device, *inode));
        if is_ours {
            let _ = fs::remove_file(path);
        }
    }
}

/// As many descriptors as the system lets us have: EMFILE should never be seen. Answers how many it were before, where there was a limit: programs
/// that we start get that one, since `select` knows no more than 1024, and some close every descriptor there may be.
///
/// # Errors
/// What the kernel says.
pub fn raise_descriptor_limit() -> io::Result<Option<u64>> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let before = limit.current;
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit)?;
    Ok(before)
}

/// The socket among those that the service manager passes. Before any thread is started.
fn given() -> Result<Option<StdListener>, String> {
    let mut passed = listenfd::ListenFd::from_env();
    if passed.len() == 0 {
        return Ok(None);
    }
    let names = std::env::var("LISTEN_FDNAMES").ok().filter(|names| !names.is_empty());
    let names: Option<Vec<&str>> = names.as_deref().map(|names| names.split(':').collect());
    for index in 0..passed.len() {
        let fits = names
            .as_ref()
            .is_none_or(|names| names.get(index).is_some_and(|name| name.starts_with(ACTIVATION_NAME_PREFIX)));
        if fits && let Ok(Some(socket)) = passed.take_unix_listener(index) {
            return Ok(Some(socket));
        }
    }
    Err(format!(
        "of the {} sockets passed by the service manager none is a Unix stream socket with a name that begins with \
         {ACTIVATION_NAME_PREFIX:?}; a socket of our own serves",
        passed.len()
    ))
}

/// A lock on the directory itself: it leaves no file behind, and ends with the process.
fn lock(directory: &Path) -> io::Result<impl AsFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let descriptor = rustix::fs::open(directory, flags, Mode::empty())?;
    let start = std::time::Instant::now();
    loop {
        match rustix::fs::flock(&descriptor, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(descriptor),
            Err(Errno::WOULDBLOCK) if start.elapsed() < LOCK_WAIT => std::thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(error.into()),
        }
    }
}

fn spare() -> Option<File> {
    File::open("/dev/null").ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_socket_is_for_us_alone_and_leaves_with_us() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("i3pm/ipc.sock");
        let listener = Listener::bind(&path).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        drop(listener);
        assert!(!path.exists());
    }

    #[test]
    fn a_living_daemon_is_left_alone_and_a_dead_one_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ipc.sock");
        let dead = StdListener::bind(&path).unwrap();
        drop(dead);
        let living = Listener::bind(&path).unwrap();
        let Err(ListenError::Occupied { other }) = Listener::bind(&path) else { panic!("stolen") };
        assert_eq!(other.pid, Some(std::process::id()));
        // Somebody else's socket at our path is not removed with us.
        fs::remove_file(&path).unwrap();
        let _usurper = StdListener::bind(&path).unwrap();
        drop(living);
        assert!(path.exists());
    }

    #[test]
    fn what_is_no_socket_is_not_removed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ipc.sock");
        fs::write(&path, "precious").unwrap();
        let Err(ListenError::Failed(sentence)) = Listener::bind(&path) else { panic!("replaced") };
        assert!(sentence.contains("ipc.sock"), "{sentence}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[test]
    fn who_connects_without_end_waits_behind_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ipc.sock");
        let _listener = Listener::bind(&path).unwrap();
        let connect = || {
            let flags = rustix::net::SocketFlags::NONBLOCK;
            let kind = rustix::net::SocketType::STREAM;
            let socket = rustix::net::socket_with(rustix::net::AddressFamily::UNIX, kind, flags, None).unwrap();
            rustix::net::connect(&socket, &rustix::net::SocketAddrUnix::new(&path).unwrap()).map(|()| socket)
        };
        let waiting: Vec<_> = std::iter::from_fn(|| connect().ok()).take(2 * BACKLOG_MAX).collect();
        assert!((BACKLOG_MAX..=BACKLOG_MAX + 1).contains(&waiting.len()), "{}", waiting.len());
        assert_eq!(connect().unwrap_err(), Errno::AGAIN);
    }

    #[test]
    fn peers_are_taken_until_none_waits() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ipc.sock");
        let mut listener = Listener::bind(&path).unwrap();
        let _one = std::os::unix::net::UnixStream::connect(&path).unwrap();
        let Accepted::Peer(_, process) = listener.accept(Time::default()) else { panic!("nobody") };
        assert_eq!(process.pid, Some(std::process::id()));
        assert!(listener.is_ready());
        assert!(matches!(listener.accept(Time::default()), Accepted::None));
        assert!(!listener.is_ready());
    }
}
