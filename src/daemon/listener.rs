//! The socket that serves calls: given by the service manager, or bound by us where nobody else
//! answers.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{UnixListener as StdListener, UnixStream as StdStream};
use std::path::Path;
use std::time::{Duration, Instant};

use mio::net::{UnixListener, UnixStream};
use mio::{Interest, Registry, Token};
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use super::directory;
use super::incumbent::{self, Incumbent};
use super::own_path::OwnPath;
use super::process;
use crate::api::BACKLOG_MAX;
use crate::core::{Process, Time};

/// How long to wait before descriptors are looked for again when there were none.
const RETRY: Duration = Duration::from_millis(100);
/// How long another daemon that starts in the same moment may take to bind.
const LOCK_WAIT: Duration = Duration::from_secs(1);
/// How long a daemon at our path that is stopping, or does not answer, is waited for. A stop takes
/// under two seconds.
const SUCCESSION_WAIT: Duration = Duration::from_secs(5);
/// Between two looks at it.
const SUCCESSION_PAUSE: Duration = Duration::from_millis(20);
/// How long it may take for one answer. While it starts it may be at its files for most of that.
const ANSWER_WAIT: Duration = Duration::from_secs(2);
/// Between two attempts to put a socket at our path again.
const RESTORE_RETRY: Duration = Duration::from_secs(5);
/// The names that the service manager may give our socket begin so.
const ACTIVATION_NAME_PREFIX: &str = "i3pm";

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
    /// We have put it there; else the service manager has.
    is_ours: bool,
    /// When a path that is gone is tried again.
    restore_at: Option<Time>,
    /// Why we cannot be reached at the path, as it was told.
    lost: Option<String>,
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
    /// The socket that the service manager gave us, else one bound to `path`. A daemon there that
    /// is on its way out is waited for, which is told.
    ///
    /// # Errors
    /// Another daemon answers there, or the socket cannot be made.
    pub fn open(path: &Path, tell: impl FnMut(String)) -> Result<(Listener, Option<String>), ListenError> {
        match given() {
            Ok(Some(socket)) => {
                let path = socket.local_addr().ok().and_then(|address| Some(address.as_pathname()?.to_owned()));
                let place = path.and_then(|path| OwnPath::new(&path).ok());
                Ok((Listener::new(socket, place, false)?, None))
            }
            Ok(None) => Ok((Listener::bind_patiently(path, tell)?, None)),
            Err(warning) => Ok((Listener::bind_patiently(path, tell)?, Some(warning))),
        }
    }

    /// Bind to `path`, if need be when the daemon there has gone.
    fn bind_patiently(path: &Path, mut tell: impl FnMut(String)) -> Result<Listener, ListenError> {
        let until = Instant::now() + SUCCESSION_WAIT;
        let mut told = false;
        loop {
            let (other, said) = match bind(path, LOCK_WAIT)? {
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
        prepare(&socket).map_err(|error| ListenError::Failed(format!("the socket is of no use: {error}")))?;
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

    /// True where the service manager gave us the socket.
    #[must_use]
    pub fn is_given(&self) -> bool {
        !self.is_ours
    }

    /// Something happened at the path of the socket.
    pub fn stir_place(&mut self) {
        self.place.iter_mut().for_each(|place| place.readable = true);
    }

    /// True where `keep_place` has something to look at.
    #[must_use]
    pub fn is_place_ready(&self) -> bool {
        !self.deaf && self.place.as_ref().is_some_and(|place| place.readable)
    }

    /// When `keep_place` has to be called.
    #[must_use]
    pub fn place_deadline(&self) -> Option<Time> {
        self.restore_at
    }

    /// Put a socket at our path again where the one there is gone. Connections that are open stay.
    /// What comes back is a sentence for the log.
    pub fn keep_place(&mut self, registry: &Registry, tokens: Tokens, now: Time) -> Option<String> {
        let place = self.place.as_mut()?;
        let due = self.restore_at.is_some_and(|at| at <= now);
        // Those who wait at the old one are taken first: they go with it.
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
            match bind(&path, Duration::ZERO).and_then(|found| self.replace(registry, tokens, &path, found)) {
                Ok(None) => {
                    (self.restore_at, self.lost) = (None, None);
                    return Some(format!("the socket {shown} was taken away, and is made again"));
                }
                Ok(Some(other)) => format!("another process ({}) listens at {shown} in our place", named(&other)),
                Err(ListenError::Failed(sentence)) => sentence,
                Err(ListenError::Occupied { .. }) => return None,
            }
        } else {
            // It is not ours to make, and nothing that happens there from now on is told to us.
            self.restore_at = None;
            format!(
                "the socket {shown} was taken away, and it is the service manager's: nobody can reach this daemon before \
                 `systemctl --user stop i3pm && systemctl --user restart i3pm.socket i3pm`"
            )
        };
        // Said again only where it is something else.
        (self.lost.as_ref() != Some(&reason)).then(|| self.lost.insert(reason).clone())
    }

    /// Serve from this socket from now on; who is there in our place comes back.
    fn replace(
        &mut self,
        registry: &Registry,
        tokens: Tokens,
        path: &Path,
        found: Place,
    ) -> Result<Option<Process>, ListenError> {
        let failed = |error: io::Error| ListenError::Failed(format!("{} cannot be served: {error}", path.display()));
        match found {
            Place::Taken(stream) => Ok(Some(stream.map(|stream| process::behind(&stream)).unwrap_or_default())),
            Place::Bound(socket) => {
                prepare(&socket).map_err(failed)?;
                // Whatever was watched before is gone with this.
                self.place = Some(OwnPath::new(path).map_err(failed)?);
                let _ = registry.deregister(&mut self.socket);
                self.socket = UnixListener::from_std(socket);
                self.readable = true;
                self.register(registry, tokens).map_err(failed)?;
                Ok(None)
            }
        }
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
            // The kernel looks for a descriptor before it looks for a connection: there may be
            // none. epoll told us once and will be silent from now on, also when descriptors are
            // free again: the bit stays.
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

/// What is at a path.
enum Place {
    /// Our socket, which we have just put there.
    Bound(StdListener),
    /// Somebody who accepts; or whose backlog is full.
    Taken(Option<StdStream>),
}

/// Bind to a path where nobody listens. The lock may take as long as `patience`.
fn bind(path: &Path, patience: Duration) -> Result<Place, ListenError> {
    let failed = |what: &str, error: &dyn std::fmt::Display| {
        ListenError::Failed(format!("the socket {} cannot be made: {what}: {error}", path.display()))
    };
    let directory = path.parent().unwrap_or(Path::new("/"));
    directory::make(directory).map_err(|error| failed(&format!("directory {}", directory.display()), &error))?;
    let owner = fs::metadata(directory).map_err(|error| failed("its directory", &error))?.uid();
    if owner != rustix::process::getuid().as_raw() {
        return Err(failed(&format!("directory {}", directory.display()), &format!("it belongs to user {owner}")));
    }
    // Two daemons that find the same stale path would remove each other's socket.
    let _lock = lock(directory, patience).map_err(|error| failed("its directory cannot be locked", &error))?;
    // Not a blocking connect: that waits where a backlog is full.
    match UnixStream::connect(path) {
        Ok(stream) => {
            let stream = StdStream::from(OwnedFd::from(stream));
            stream.set_nonblocking(false).map_err(|error| failed("who is there cannot be asked", &error))?;
            return Ok(Place::Taken(Some(stream)));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            let is_socket = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
            if !is_socket {
                return Err(failed("something is there that is no socket", &"remove it"));
            }
            fs::remove_file(path).map_err(|error| failed("the one of a daemon that is gone", &error))?;
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Place::Taken(None)),
        Err(error) => return Err(failed("it cannot be looked at", &error)),
    }
    socket_at(path).map(Place::Bound).map_err(|error| failed("bind", &error))
}

/// A socket that listens at a path, and that only we can connect to from its first moment.
fn socket_at(path: &Path) -> io::Result<StdListener> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    // The file gets the mode that the socket has. The umask would be that of every thread.
    rustix::fs::fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
    rustix::net::bind(&socket, &SocketAddrUnix::new(path)?)?;
    // Before the lock is given back: whoever looks meanwhile would take it for one that is left
    // behind.
    listen(&socket)?;
    Ok(StdListener::from(socket))
}

fn listen(socket: impl AsFd) -> io::Result<()> {
    Ok(rustix::net::listen(socket, i32::try_from(BACKLOG_MAX).unwrap_or(i32::MAX))?)
}

/// One that was given to us may be a blocking one, and has the longest queue that the system
/// allows.
fn prepare(socket: &StdListener) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    listen(socket)
}

fn named(process: &Process) -> String {
    process.pid.map_or_else(|| "pid unknown".to_owned(), |pid| format!("pid {pid}"))
}

/// As many descriptors as the system lets us have: EMFILE should never be seen. Answers how many it
/// were before, where there was a limit: programs that we start get that one, since `select` knows
/// no more than 1024, and some close every descriptor there may be.
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
fn lock(directory: &Path, patience: Duration) -> io::Result<impl AsFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let descriptor = rustix::fs::open(directory, flags, Mode::empty())?;
    let start = Instant::now();
    loop {
        match rustix::fs::flock(&descriptor, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(descriptor),
            Err(Errno::WOULDBLOCK) if start.elapsed() < patience => std::thread::sleep(Duration::from_millis(5)),
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

    fn listen(path: &Path) -> Result<Listener, ListenError> {
        Listener::bind_patiently(path, |_| {})
    }

    #[test]
    fn the_socket_is_for_us_alone_and_leaves_with_us() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("i3pm/ipc.sock");
        let listener = listen(&path).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        drop(listener);
        assert!(!path.exists());
    }

    #[test]
    fn who_looks_right_after_it_is_made_finds_it_taken() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ipc.sock");
        let first = bind(&path, Duration::ZERO).unwrap();
        assert!(matches!(first, Place::Bound(_)));
        assert!(matches!(bind(&path, Duration::ZERO).unwrap(), Place::Taken(Some(_))));
    }

    #[test]
    fn a_dead_daemon_is_replaced_and_somebody_elses_socket_is_not_removed_with_us() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ipc.sock");
        let dead = StdListener::bind(&path).unwrap();
        drop(dead);
        let living = listen(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let _usurper = StdListener::bind(&path).unwrap();
        drop(living);
        assert!(path.exists());
    }

    /// Somebody at `path` who answers each question with the next of these phases, and is gone
    /// after the last.
    fn incumbent(path: &Path, phases: &'static [&'static str]) -> std::thread::JoinHandle<()> {
        use std::io::{BufRead, BufReader, Write};
        let listener = StdListener::bind(path).unwrap();
        let path = path.to_owned();
        std::thread::spawn(move || {
            for phase in phases {
                let mut peer = BufReader::new(listener.accept().unwrap().0);
                peer.read_line(&mut String::new()).unwrap();
                let answer = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{{\"phase\":\"{phase}\"}}}}\n");
                peer.get_mut().write_all(answer.as_bytes()).unwrap();
            }
            fs::remove_file(path).unwrap();
        })
    }

    #[test]
    fn who_serves_is_left_alone_and_who_is_stopping_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ipc.sock");
        let serving = incumbent(&path, &["running"]);
        let Err(ListenError::Occupied { other }) = listen(&path) else { panic!("stolen") };
        assert_eq!(other.pid, Some(std::process::id()));
        serving.join().unwrap();

        let stopping = incumbent(&path, &["draining", "restoring", "flushing"]);
        let mut told = Vec::new();
        let listener = Listener::bind_patiently(&path, |text| told.push(text)).unwrap();
        stopping.join().unwrap();
        assert!(listener.place.as_ref().unwrap().is_ours());
        assert!(told.len() == 1 && told[0].contains("is stopping"), "{told:?}");
    }

    fn restored(listener: &mut Listener, poll: &mio::Poll, now: Time) -> Option<String> {
        // Those who wait at the old socket are taken first.
        while matches!(listener.accept(now), Accepted::Peer(..)) {}
        listener.stir_place();
        let tokens = Tokens { peers: Token(1), place: Token(2) };
        listener.keep_place(poll.registry(), tokens, now)
    }

    #[test]
    fn a_path_that_was_taken_away_is_bound_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("i3pm/ipc.sock");
        let poll = mio::Poll::new().unwrap();
        let mut listener = listen(&path).unwrap();
        listener.register(poll.registry(), Tokens { peers: Token(1), place: Token(2) }).unwrap();
        let now = Time::default();
        assert_eq!(restored(&mut listener, &poll, now), None);
        for _ in 0..2 {
            fs::remove_dir_all(path.parent().unwrap()).unwrap();
            assert!(restored(&mut listener, &poll, now).unwrap().contains("made again"));
            assert_eq!((restored(&mut listener, &poll, now), listener.place_deadline()), (None, None));
            let _peer = StdStream::connect(&path).unwrap();
            listener.readable = true;
            assert!(matches!(listener.accept(now), Accepted::Peer(..)));
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600);
        }
    }

    #[test]
    fn who_took_our_path_is_left_there_and_it_is_ours_again_when_he_is_gone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ipc.sock");
        let poll = mio::Poll::new().unwrap();
        let mut listener = listen(&path).unwrap();
        listener.register(poll.registry(), Tokens { peers: Token(1), place: Token(2) }).unwrap();
        fs::remove_file(&path).unwrap();
        let usurper = StdListener::bind(&path).unwrap();
        let told = restored(&mut listener, &poll, Time::default()).unwrap();
        assert!(told.contains(&format!("pid {}", std::process::id())), "{told}");
        let again = listener.place_deadline().unwrap();
        assert_eq!(restored(&mut listener, &poll, again), None, "it is said once");
        drop(usurper);
        let again = listener.place_deadline().unwrap();
        assert!(restored(&mut listener, &poll, again).unwrap().contains("made again"));
        drop(listener);
        assert!(!path.exists());
    }

    #[test]
    fn what_is_no_socket_is_not_removed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ipc.sock");
        fs::write(&path, "precious").unwrap();
        let Err(ListenError::Failed(sentence)) = listen(&path) else { panic!("replaced") };
        assert!(sentence.contains("ipc.sock"), "{sentence}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[test]
    fn who_connects_without_end_waits_behind_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ipc.sock");
        let _listener = listen(&path).unwrap();
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
        let mut listener = listen(&path).unwrap();
        let _one = std::os::unix::net::UnixStream::connect(&path).unwrap();
        let Accepted::Peer(_, process) = listener.accept(Time::default()) else { panic!("nobody") };
        assert_eq!(process.pid, Some(std::process::id()));
        assert!(listener.is_ready());
        assert!(matches!(listener.accept(Time::default()), Accepted::None));
        assert!(!listener.is_ready());
    }
}
