//! Where window managers put their sockets: what the environment says, and what lies in the
//! directories.
//!
//! The daemon and `i3pm rescue` look for the same things; `wire::discovery` puts them in order.
//!
//! - `told`: what only the display and other processes tell.
//! - `wm_claim`: which daemon serves a window manager.
//! - `process`: what `/proc` tells.
//! - `session`: the variables of a window manager's session.

pub mod process;
pub mod session;
pub mod told;
pub mod wm_claim;

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::wire::discovery::{self, Directory, Environment, SocketFile};

/// How many entries of a directory are looked at.
const ENTRIES_MAX: usize = 4096;

/// What the environment and the command line say about window managers.
#[must_use]
pub fn environment(explicit: Option<PathBuf>) -> Environment {
    let path = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let text = |name| std::env::var(name).ok();
    Environment {
        explicit: explicit.map(|path| std::path::absolute(&path).unwrap_or(path)),
        swaysock: path("SWAYSOCK"),
        i3sock: path("I3SOCK"),
        display: text("DISPLAY"),
        wayland_display: text("WAYLAND_DISPLAY"),
        uid: rustix::process::getuid().as_raw(),
    }
}

/// The sockets of this user that lie where window managers put theirs.
#[must_use]
pub fn find(runtime: Option<&Path>, uid: u32) -> Vec<SocketFile> {
    let mut directories = Vec::new();
    for directory in discovery::directories(runtime) {
        match directory {
            Directory::Exact(path) => directories.push(path),
            Directory::EachBeginningWith { parent, prefix } => {
                let fitting = entries(&parent).filter(|entry| {
                    let name = entry.file_name();
                    // Anyone can make a directory in /tmp.
                    let is_ours = || entry.metadata().is_ok_and(|found| found.is_dir() && found.uid() == uid);
                    name.to_str().is_some_and(|name| name.starts_with(prefix)) && is_ours()
                });
                directories.extend(fitting.map(|entry| entry.path()));
            }
        }
    }
    let files = directories.iter().flat_map(|directory| entries(directory));
    let sockets = files.filter_map(|entry| {
        let metadata = entry.metadata().ok()?;
        let is_ours = metadata.file_type().is_socket() && metadata.uid() == uid;
        is_ours.then_some(SocketFile { path: entry.path(), modified: metadata.modified().ok()? })
    });
    sockets.collect()
}

/// What a directory holds; nothing if there is none.
fn entries(directory: &Path) -> impl Iterator<Item = fs::DirEntry> + use<> {
    fs::read_dir(directory).into_iter().flatten().take(ENTRIES_MAX).flatten()
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn sockets_of_ours_are_found_and_nothing_else() {
        let runtime = tempfile::tempdir().expect("a directory");
        fs::create_dir(runtime.path().join("i3")).expect("a directory");
        let socket = runtime.path().join("i3/ipc-socket.42");
        let _listener = UnixListener::bind(&socket).expect("a socket");
        fs::write(runtime.path().join("i3/ipc-socket.43"), "a file").expect("a file");
        let user = rustix::process::getuid().as_raw();
        let found = |user| -> Vec<PathBuf> {
            let files = find(Some(runtime.path()), user).into_iter().map(|file| file.path);
            // The sockets of this machine in /tmp do not belong to this test.
            files.filter(|path| path.starts_with(runtime.path())).collect()
        };
        assert_eq!(found(user), [socket]);
        assert_eq!(found(user + 1), Vec::<PathBuf>::new(), "another user's");
    }
}
