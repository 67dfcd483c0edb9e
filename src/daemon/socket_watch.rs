//! Watching the places where sockets of window managers appear. They are on a tmpfs, so nothing
//! blocks.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use inotify::{EventMask, Inotify, WatchDescriptor, WatchMask};
use mio::{Registry, Token};

use super::inotify_source;

/// Where sockets of window managers appear; watched only while there is no connection, so that the
/// busy runtime directory costs nothing otherwise.
#[derive(Debug)]
pub struct SocketWatch {
    inotify: Inotify,
    runtime: PathBuf,
    /// Paths that may appear anywhere else.
    named: Vec<PathBuf>,
    watched: BTreeMap<WatchDescriptor, PathBuf>,
    active: bool,
    /// Events may be there.
    pub readable: bool,
}

impl SocketWatch {
    /// A sleeping watch for the runtime directory and for sockets with a known path.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn new(registry: &Registry, token: Token, runtime: PathBuf, named: Vec<PathBuf>) -> io::Result<SocketWatch> {
        let inotify = inotify_source::register(registry, token)?;
        Ok(SocketWatch { inotify, runtime, named, watched: BTreeMap::new(), active: false, readable: false })
    }

    /// Watch. This must be called before the sockets are looked for, so that none can appear in
    /// between.
    pub fn wake(&mut self) {
        self.active = true;
        let mut directories = vec![self.runtime.clone(), self.runtime.join("i3")];
        directories.extend(self.named.iter().filter_map(|path| Some(path.parent()?.to_owned())));
        let mask = WatchMask::CREATE | WatchMask::MOVED_TO | WatchMask::ONLYDIR | WatchMask::DELETE_SELF;
        for directory in directories {
            if let Ok(descriptor) = self.inotify.watches().add(&directory, mask) {
                self.watched.insert(descriptor, directory);
            }
        }
    }

    /// Watch nothing: there is a connection.
    pub fn sleep(&mut self) {
        self.active = false;
        for descriptor in std::mem::take(&mut self.watched).into_keys() {
            let _ = self.inotify.watches().remove(descriptor);
        }
    }

    /// Read the events that are there: may a socket have appeared?
    ///
    /// # Errors
    /// What the kernel says.
    pub fn read(&mut self) -> io::Result<bool> {
        let mut appeared = false;
        let (watched, runtime, named) = (&mut self.watched, &self.runtime, &self.named);
        let i3 = runtime.join("i3");
        inotify_source::read(&mut self.inotify, &mut self.readable, |mask, descriptor, name| {
            if mask.contains(EventMask::Q_OVERFLOW) {
                appeared = true;
            }
            let Some(directory) = watched.get(descriptor) else { return };
            if let Some(name) = name {
                let path = directory.join(name);
                let is_socket = (directory == runtime || *directory == i3)
                    && name.to_str().is_some_and(crate::wire::discovery::is_socket_name);
                appeared |= is_socket || named.contains(&path);
            }
            if mask.contains(EventMask::IGNORED) {
                watched.remove(descriptor);
            }
        })?;
        appeared &= self.active;
        if appeared {
            // The directory `i3` may be what appeared, and its socket may have come first.
            self.wake();
        }
        Ok(appeared)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use mio::Poll;

    use super::*;

    #[test]
    fn sockets_are_seen_only_while_awake() {
        let directory = tempfile::tempdir().unwrap();
        let runtime = directory.path().join("run");
        let elsewhere = directory.path().join("wm.sock");
        fs::create_dir(&runtime).unwrap();
        let poll = Poll::new().unwrap();
        let mut watch = SocketWatch::new(poll.registry(), Token(1), runtime.clone(), vec![elsewhere.clone()]).unwrap();
        let mut number = 0;
        let mut appears = |watch: &mut SocketWatch, path: &Path| {
            fs::write(path, "").unwrap();
            number += 1;
            let appeared = watch.read().unwrap();
            assert!(!watch.readable);
            appeared
        };
        assert!(!appears(&mut watch, &runtime.join("sway-ipc.1000.1.sock")));
        watch.wake();
        assert!(appears(&mut watch, &runtime.join("sway-ipc.1000.2.sock")));
        assert!(!appears(&mut watch, &runtime.join("wayland-1")));
        assert!(appears(&mut watch, &elsewhere));
        fs::create_dir(runtime.join("i3")).unwrap();
        assert!(watch.read().unwrap());
        assert!(appears(&mut watch, &runtime.join("i3/ipc-socket.77")));
        watch.sleep();
        assert!(!appears(&mut watch, &runtime.join("i3/ipc-socket.78")));
    }
}
