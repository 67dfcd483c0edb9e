//! Watching what leads to the configuration.
//!
//! The configuration may be a file, a symlink, or lie behind symlinked directories, and a new
//! generation of NixOS or home-manager is a swap of such a link. So every directory in which a link
//! or the end of the way lies is watched, and only those names count. The directories in between
//! count only if they are moved or removed themselves: they may be busy, as a home is. Links are
//! followed, but never into a store that does not change: one of its directories may hold a hundred
//! thousand files of others.
//!
//! Looking at paths may block (a home on NFS), so the watches are laid by the worker.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use inotify::{EventMask, Inotify, WatchDescriptor, WatchMask, Watches};
use mio::{Registry, Token};

use super::inotify_source;

/// How many symlinks are followed on the way to the configuration.
const LINKS_MAX: usize = 16;
/// Directories whose content never changes.
const STORES: [&str; 2] = ["/nix/store", "/gnu/store"];

type Names = BTreeMap<WatchDescriptor, BTreeSet<OsString>>;

/// What the worker has laid.
#[derive(Debug, Default)]
pub struct Laid {
    names: Names,
    /// Why a directory is not watched: no watches are left, or it may not be read.
    pub fault: Option<String>,
}

/// What leads to the configuration, watched.
#[derive(Debug)]
pub struct ConfigWatch {
    inotify: Inotify,
    names: Names,
    /// The worker is laying watches, and something happened meanwhile.
    missed: bool,
    laying: bool,
    /// Events may be there.
    pub readable: bool,
}

/// What became of the configuration's directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touched {
    /// Nothing that matters.
    No,
    /// Something: lay the watches again, then read.
    Yes,
}

impl ConfigWatch {
    /// A watch without any directory, registered with the poll.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn new(registry: &Registry, token: Token) -> io::Result<ConfigWatch> {
        let inotify = inotify_source::register(registry, token)?;
        Ok(ConfigWatch { inotify, names: Names::new(), missed: false, laying: false, readable: false })
    }

    /// The watches of this inotify, with which the worker lays them.
    #[must_use]
    pub fn watches(&self) -> Watches {
        self.inotify.watches()
    }

    /// The worker begins to lay watches; it must know those that are in place.
    pub fn begin(&mut self) -> Vec<WatchDescriptor> {
        self.laying = true;
        self.names.keys().cloned().collect()
    }

    /// The worker has laid these watches, or given up. What happened meanwhile may have been
    /// missed.
    pub fn complete(&mut self, laid: Option<Laid>) -> Touched {
        self.laying = false;
        if let Some(laid) = laid {
            self.names = laid.names;
        }
        if std::mem::take(&mut self.missed) { Touched::Yes } else { Touched::No }
    }

    /// Read the events that are there.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn read(&mut self) -> io::Result<Touched> {
        let mut touched = Touched::No;
        let (names, laying, missed) = (&mut self.names, self.laying, &mut self.missed);
        inotify_source::read(&mut self.inotify, &mut self.readable, |mask, descriptor, name| {
            if mask.contains(EventMask::Q_OVERFLOW) {
                touched = Touched::Yes;
                return;
            }
            let Some(known) = names.get(descriptor) else {
                // It belongs to a watch that the worker lays at this moment, or is the last word of
                // one that it took away.
                *missed |= laying && !mask.contains(EventMask::IGNORED);
                return;
            };
            let is_self = mask.intersects(EventMask::DELETE_SELF | EventMask::MOVE_SELF | EventMask::UNMOUNT);
            if is_self || mask.contains(EventMask::IGNORED) || name.is_some_and(|name| known.contains(name)) {
                touched = Touched::Yes;
            }
            if mask.contains(EventMask::IGNORED) {
                names.remove(descriptor);
            }
        })?;
        if touched == Touched::Yes && self.laying {
            self.missed = true;
        }
        Ok(touched)
    }
}

/// Lay the watches for everything that leads to `path`, and remove those of `previous` that are not
/// needed any more. It may block.
#[must_use]
pub fn lay(watches: &Watches, path: &Path, previous: &[WatchDescriptor]) -> Laid {
    let mut watches = watches.clone();
    let Laid { mut names, mut fault } = Laid::default();
    let itself = WatchMask::DELETE_SELF | WatchMask::MOVE_SELF | WatchMask::ONLYDIR;
    let names_in_it = WatchMask::CREATE
        | WatchMask::MOVED_TO
        | WatchMask::MOVED_FROM
        | WatchMask::DELETE
        | WatchMask::CLOSE_WRITE
        | WatchMask::ATTRIB;
    // A directory may appear between the look and the watch, so look until nothing new is seen.
    let mut seen: BTreeMap<PathBuf, BTreeSet<OsString>> = BTreeMap::new();
    for _ in 0..LINKS_MAX {
        let mut is_new = false;
        for Link { directory, name } in chain(path) {
            let known = seen.get(&directory);
            if known.is_some_and(|known| name.as_ref().is_none_or(|name| known.contains(name))) {
                continue;
            }
            is_new = true;
            let of_directory = seen.entry(directory.clone()).or_default();
            of_directory.extend(name);
            let passes = of_directory.is_empty();
            match watches.add(&directory, if passes { itself } else { itself | names_in_it }) {
                Ok(descriptor) => names.entry(descriptor).or_default().extend(of_directory.iter().cloned()),
                // It is gone since the look; the directory above it tells when it comes back.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                // We may pass through it and not read it, as with the homes of others.
                Err(error) if error.kind() == ErrorKind::PermissionDenied && passes => {}
                Err(error) => fault = Some(format!("{}: {error}", directory.display())),
            }
        }
        if !is_new {
            break;
        }
    }
    for descriptor in previous {
        if !names.contains_key(descriptor) {
            // It is gone already if its directory is gone.
            let _ = watches.remove(descriptor.clone());
        }
    }
    Laid { names, fault }
}

/// A directory that the configuration depends on, and the name in it that leads on, if that is not
/// itself a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Link {
    directory: PathBuf,
    name: Option<OsString>,
}

/// Every directory on the way to `path`, every symlink, and its end: the file, or the first name
/// that does not exist.
fn chain(path: &Path) -> Vec<Link> {
    let mut links = Vec::new();
    let mut rest: Vec<OsString> = names(path).collect();
    let mut directory = PathBuf::from("/");
    let mut followed = 0;
    let is_of_store = |directory: &Path| STORES.iter().any(|store| directory.starts_with(store));
    while !rest.is_empty() {
        let name = rest.remove(0);
        if name == ".." {
            directory.pop();
            continue;
        }
        let entry = directory.join(&name);
        let target = std::fs::read_link(&entry).ok();
        let is_directory = target.is_none() && entry.is_dir();
        if is_directory && !rest.is_empty() {
            directory = entry;
            if !is_of_store(&directory) {
                links.push(Link { directory: directory.clone(), name: None });
            }
            continue;
        }
        if !is_of_store(&directory) {
            links.push(Link { directory: directory.clone(), name: Some(name) });
        }
        followed += 1;
        match target {
            Some(target) if followed <= LINKS_MAX => {
                if target.is_absolute() {
                    directory = PathBuf::from("/");
                }
                rest.splice(0..0, names(&target));
            }
            _ => break,
        }
    }
    links
}

fn names(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::time::{Duration, Instant};

    use mio::{Events, Poll};

    use super::*;

    struct Rig {
        poll: Poll,
        watch: ConfigWatch,
        file: PathBuf,
    }

    impl Rig {
        fn new(file: PathBuf) -> Rig {
            let poll = Poll::new().unwrap();
            let watch = ConfigWatch::new(poll.registry(), Token(1)).unwrap();
            let mut rig = Rig { poll, watch, file };
            assert_eq!(rig.lay(), Touched::No);
            rig
        }

        fn lay(&mut self) -> Touched {
            let previous = self.watch.begin();
            let laid = lay(&self.watch.watches(), &self.file, &previous);
            self.watch.complete(Some(laid))
        }

        /// Is it noticed within the time?
        fn notices(&mut self, milliseconds: u64) -> bool {
            let deadline = Instant::now() + Duration::from_millis(milliseconds);
            let mut events = Events::with_capacity(4);
            while Instant::now() < deadline {
                self.poll.poll(&mut events, Some(Duration::from_millis(5))).unwrap();
                if self.watch.read().unwrap() == Touched::Yes {
                    while self.watch.readable || self.watch.read().unwrap() == Touched::Yes {}
                    self.lay();
                    return true;
                }
            }
            false
        }
    }

    #[test]
    fn a_file_that_is_written_renamed_over_or_removed_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("config.toml");
        let mut rig = Rig::new(file.clone());
        fs::write(&file, "a").unwrap();
        assert!(rig.notices(5000));
        fs::write(directory.path().join("new"), "b").unwrap();
        assert!(!rig.notices(30), "another file counts");
        fs::rename(directory.path().join("new"), &file).unwrap();
        assert!(rig.notices(5000));
        fs::remove_file(&file).unwrap();
        assert!(rig.notices(5000));
    }

    #[test]
    fn a_directory_that_appears_later_is_followed_down() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a/b/config.toml");
        let mut rig = Rig::new(file.clone());
        fs::create_dir(directory.path().join("a")).unwrap();
        assert!(rig.notices(5000));
        fs::create_dir(directory.path().join("a/b")).unwrap();
        assert!(rig.notices(5000));
        fs::write(&file, "x").unwrap();
        assert!(rig.notices(5000));
        fs::remove_dir_all(directory.path().join("a")).unwrap();
        assert!(rig.notices(5000));
        fs::create_dir_all(directory.path().join("a/b")).unwrap();
        assert!(rig.notices(5000));
        fs::write(&file, "y").unwrap();
        assert!(rig.notices(5000));
    }

    #[test]
    fn generations_that_are_swapped_are_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        for generation in ["one", "two"] {
            fs::create_dir(path(generation)).unwrap();
            fs::write(path(generation).join("config.toml"), generation).unwrap();
        }
        fs::create_dir(path("config")).unwrap();
        symlink(path("one"), path("config/i3pm")).unwrap();
        let mut rig = Rig::new(path("config/i3pm/config.toml"));
        // The way home-manager does it: a new link, renamed over the old.
        symlink(path("two"), path("config/new")).unwrap();
        fs::rename(path("config/new"), path("config/i3pm")).unwrap();
        assert!(rig.notices(5000));
        fs::write(path("two/config.toml"), "edited").unwrap();
        assert!(rig.notices(5000), "the target of the new link is not watched");
    }

    #[test]
    fn a_directory_far_above_that_is_replaced_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let clone = |text: &str| {
            fs::create_dir_all(path("dotfiles/desk/i3pm")).unwrap();
            fs::write(path("dotfiles/desk/i3pm/config.toml"), text).unwrap();
        };
        clone("a");
        let mut rig = Rig::new(path("dotfiles/desk/i3pm/config.toml"));
        // Somebody else's file in a directory on the way.
        fs::write(path("dotfiles/desk/other"), "b").unwrap();
        fs::write(path("dotfiles/other"), "b").unwrap();
        assert!(!rig.notices(30), "what else happens in a directory on the way counts");
        fs::rename(path("dotfiles"), path("dotfiles.old")).unwrap();
        assert!(rig.notices(5000), "a directory that was moved");
        clone("b");
        assert!(rig.notices(5000), "another in its place");
        fs::write(path("dotfiles/desk/i3pm/config.toml"), "c").unwrap();
        assert!(rig.notices(5000), "an edit there");
        fs::write(path("dotfiles.old/desk/i3pm/config.toml"), "d").unwrap();
        assert!(!rig.notices(30), "what was moved away counts still");
    }

    #[test]
    fn a_link_to_a_file_elsewhere_is_watched_at_both_ends() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::create_dir_all(path("dotfiles")).unwrap();
        fs::create_dir_all(path("config")).unwrap();
        fs::write(path("dotfiles/i3pm.toml"), "a").unwrap();
        symlink("../dotfiles/i3pm.toml", path("config/config.toml")).unwrap();
        let mut rig = Rig::new(path("config/config.toml"));
        fs::write(path("dotfiles/i3pm.toml"), "b").unwrap();
        assert!(rig.notices(5000));
        fs::remove_file(path("config/config.toml")).unwrap();
        assert!(rig.notices(5000));
    }

    #[test]
    fn links_in_a_circle_end() {
        let directory = tempfile::tempdir().unwrap();
        symlink(directory.path().join("b"), directory.path().join("a")).unwrap();
        symlink(directory.path().join("a"), directory.path().join("b")).unwrap();
        let links = chain(&directory.path().join("a/config.toml"));
        assert!(links.iter().filter(|link| link.name.is_some()).count() <= LINKS_MAX + 1);
    }

    #[test]
    fn a_store_is_not_watched() {
        let directory = tempfile::tempdir().unwrap();
        symlink("/nix/store/0000-config.toml", directory.path().join("config.toml")).unwrap();
        let links = chain(&directory.path().join("config.toml"));
        assert!(links.iter().all(|link| !link.directory.starts_with("/nix/store")), "{links:?}");
        assert!(
            links
                .iter()
                .any(|link| link.directory == directory.path() && link.name.as_deref() == Some("config.toml".as_ref()))
        );
    }

    #[test]
    fn what_happens_while_watches_are_laid_is_not_lost() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("config.toml");
        let mut rig = Rig::new(file.clone());
        let previous = rig.watch.begin();
        let laid = lay(&rig.watch.watches(), &file, &previous);
        fs::write(&file, "x").unwrap();
        rig.watch.read().unwrap();
        assert_eq!(rig.watch.complete(Some(laid)), Touched::Yes);
    }
}
