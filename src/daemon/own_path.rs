//! The path of our socket: is what lies there still ours? Whoever tidies up takes it away without a
//! word, and then we cannot be reached.
//!
//! Two watches, which are silent otherwise: one on the socket itself, which tells when its last
//! name goes, and one on its directory, which tells when that is moved or removed. What happens in
//! the directory is not looked at: our own files are written there.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use inotify::{Inotify, WatchMask};
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};

/// Room for the events of one read.
const BUFFER_BYTES: usize = 4096;

/// A path at which our socket was put.
#[derive(Debug)]
pub struct OwnPath {
    path: PathBuf,
    device: u64,
    inode: u64,
    /// None if the kernel has no watch left: then we notice nothing.
    inotify: Option<Inotify>,
    /// Events may be there.
    pub readable: bool,
}

impl OwnPath {
    /// What is there now is ours.
    ///
    /// # Errors
    /// Nothing is there.
    pub fn new(path: &Path) -> io::Result<OwnPath> {
        let found = fs::symlink_metadata(path)?;
        let inotify = Inotify::init().ok().filter(|inotify| {
            let of_socket = WatchMask::ATTRIB | WatchMask::MOVE_SELF | WatchMask::DELETE_SELF | WatchMask::DONT_FOLLOW;
            let of_directory = WatchMask::MOVE_SELF | WatchMask::DELETE_SELF | WatchMask::ONLYDIR;
            let directory = path.parent().unwrap_or(Path::new("/"));
            let mut watches = inotify.watches();
            watches.add(path, of_socket).and_then(|_| watches.add(directory, of_directory)).is_ok()
        });
        Ok(OwnPath { path: path.to_owned(), device: found.dev(), inode: found.ino(), inotify, readable: true })
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Become a source of the loop.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn register(&self, registry: &Registry, token: Token) -> io::Result<()> {
        let Some(inotify) = &self.inotify else { return Ok(()) };
        registry.register(&mut SourceFd(&inotify.as_raw_fd()), token, Interest::READABLE)
    }

    /// Is what lies at the path the socket that we put there?
    #[must_use]
    pub fn is_ours(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == (self.device, self.inode))
    }

    /// True if something happened since the last call, whatever it was.
    pub fn was_touched(&mut self) -> bool {
        if !self.readable {
            // Every turn asks, so most of them must not have a buffer to clear.
            return false;
        }
        let mut touched = false;
        let mut buffer = [0; BUFFER_BYTES];
        while self.readable {
            let Some(inotify) = &mut self.inotify else {
                self.readable = false;
                break;
            };
            match inotify.read_events(&mut buffer) {
                Ok(events) => touched |= events.count() > 0,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.readable = false,
            }
        }
        touched
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn it_is_told_when_the_socket_or_its_directory_goes_and_of_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("i3pm");
        let path = directory.join("ipc.sock");
        let losses: [(&str, &dyn Fn()); 4] = [
            ("removed", &|| fs::remove_file(&path).unwrap()),
            ("renamed", &|| fs::rename(&path, directory.join("other")).unwrap()),
            ("its directory renamed", &|| fs::rename(&directory, root.path().join("other")).unwrap()),
            ("its directory removed", &|| fs::remove_dir_all(&directory).unwrap()),
        ];
        for (what, lose) in losses {
            fs::create_dir_all(&directory).unwrap();
            let _ = fs::remove_file(&path);
            let _listener = UnixListener::bind(&path).unwrap();
            let mut own = OwnPath::new(&path).unwrap();
            fs::write(directory.join("runtime.json"), "").unwrap();
            assert!(!own.was_touched() && own.is_ours(), "{what}");
            lose();
            own.readable = true;
            assert!(own.was_touched() && !own.is_ours(), "{what}");
        }
    }
}
