//! Our socket at its path: it is made if nobody listens there, and is for us alone.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{UnixListener as StdListener, UnixStream as StdStream};
use std::path::Path;
use std::time::{Duration, Instant};

use mio::net::UnixStream;
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use super::directory;
use crate::api::BACKLOG_MAX;

/// Between two attempts to get the lock.
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// What is at a path.
#[derive(Debug)]
pub enum Place {
    /// Our socket, which was put there just now.
    Bound(StdListener),
    /// Somebody accepts there; `None` if the backlog is full.
    Taken(Option<StdStream>),
}

/// Bind to a path, if nobody listens there. The directory is locked meanwhile, and the lock may
/// take as long as `patience`.
///
/// # Errors
/// A sentence that names the path.
pub fn bind(path: &Path, patience: Duration) -> Result<Place, String> {
    let failed = |what: &str, error: &dyn std::fmt::Display| {
        format!("the socket {} cannot be made: {what}: {error}", path.display())
    };
    let directory = path.parent().unwrap_or(Path::new("/"));
    directory::make(directory).map_err(|error| failed(&format!("directory {}", directory.display()), &error))?;
    let owner = fs::metadata(directory).map_err(|error| failed("its directory", &error))?.uid();
    if owner != rustix::process::getuid().as_raw() {
        return Err(failed(&format!("directory {}", directory.display()), &format!("it belongs to user {owner}")));
    }
    // Two daemons that find the same stale path would remove each other's socket.
    let _lock = lock(directory, patience).map_err(|error| failed("its directory cannot be locked", &error))?;
    // Not a blocking connect: that waits if the backlog is full.
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
    // This comes before the lock is given back: else another daemon would take it for a socket that
    // was left behind.
    listen(&socket)?;
    Ok(StdListener::from(socket))
}

fn listen(socket: impl AsFd) -> io::Result<()> {
    Ok(rustix::net::listen(socket, i32::try_from(BACKLOG_MAX).unwrap_or(i32::MAX))?)
}

/// Make a socket fit for the loop. A socket that was given to us may be a blocking one, and has the
/// longest queue that the system allows.
///
/// # Errors
/// What the kernel says.
pub fn prepare(socket: &StdListener) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    listen(socket)
}

/// A lock on the directory itself: it leaves no file behind, and ends with the process.
fn lock(directory: &Path, patience: Duration) -> io::Result<impl AsFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let descriptor = rustix::fs::open(directory, flags, Mode::empty())?;
    let start = Instant::now();
    loop {
        match rustix::fs::flock(&descriptor, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(descriptor),
            Err(Errno::WOULDBLOCK) if start.elapsed() < patience => std::thread::sleep(LOCK_PAUSE),
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_looks_right_after_it_is_made_finds_it_taken() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ipc.sock");
        let first = bind(&path, Duration::ZERO).unwrap();
        assert!(matches!(first, Place::Bound(_)));
        assert!(matches!(bind(&path, Duration::ZERO).unwrap(), Place::Taken(Some(_))));
    }
}
