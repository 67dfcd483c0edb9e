//! Our files on the disk: read as a whole, replaced as a whole, set aside. The core decides
//! everything about them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::directory;
use crate::core::{Fingerprint, StoreError, StoreFile, StoreTrouble, decode_store};
use crate::files::{self, STORE_BYTES_MAX};

/// The most links in a row that lead to a file of ours, as the kernel has it.
const LINKS_MAX: usize = 40;
/// How often we look if another daemon is done with the directory, and the pause between two looks.
/// After that we go on all the same: the other one hangs.
const DIRECTORY_LOOKS_MAX: u32 = 50;
const DIRECTORY_PAUSE: Duration = Duration::from_millis(5);

/// Nobody waits for this thread any longer: it must not do its work late.
#[derive(Debug, Clone, Default)]
pub struct GivenUp(Arc<AtomicBool>);

impl GivenUp {
    /// It is given up from now on.
    pub fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn check(&self) -> Result<(), String> {
        match self.0.load(Ordering::Acquire) {
            true => Err("it was given up".into()),
            false => Ok(()),
        }
    }
}

/// Whose turn it is to change a file. A thread that hangs in a change keeps the next one from the
/// file, so that no older change comes after a newer one.
#[derive(Debug, Default)]
pub struct Stores {
    projects: Mutex<()>,
    others: Mutex<()>,
}

impl Stores {
    fn turn(&self, file: StoreFile, path: &Path) -> Result<MutexGuard<'_, ()>, String> {
        let turn = if file == StoreFile::Projects { &self.projects } else { &self.others };
        turn.try_lock().map_err(|_| format!("an earlier change of {} hangs", path.display()))
    }

    /// Rename a file that cannot be used, as `set_aside`.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub fn set_aside(&self, file: StoreFile, path: &Path, given_up: &GivenUp) -> Result<String, String> {
        let _turn = self.turn(file, path)?;
        given_up.check()?;
        set_aside(path)
    }

    /// Write a file, if it is still what the text was made from. If it is a link, the file that the
    /// link points to is written.
    ///
    /// # Errors
    /// A sentence that names the file; or what the file is by now.
    pub fn write(
        &self,
        file: StoreFile,
        path: &Path,
        text: &str,
        made_from: Option<Fingerprint>,
        given_up: &GivenUp,
    ) -> Result<(), StoreError> {
        let target = target(path);
        let failed =
            |reason: String| StoreError::Write(format!("{} could not be written: {reason}", named(path, &target)));
        let directory = target.parent().unwrap_or(Path::new("/"));
        let new = new_file(directory, text).map_err(|error| failed(error.to_string()))?;
        let _turn = self.turn(file, path).map_err(StoreError::Write)?;
        let _alone = alone_in(directory);
        match read(&target) {
            Ok(None) => {}
            Ok(Some(found)) if found == text || made_from == Some(Fingerprint::of(&found)) => {}
            Ok(Some(found)) => return Err(StoreError::Changed(Ok(found))),
            Err(trouble @ StoreTrouble::Unusable(_)) => return Err(StoreError::Changed(Err(trouble))),
            Err(StoreTrouble::Unreadable(reason)) => return Err(failed(reason)),
        }
        given_up.check().map_err(failed)?;
        new.persist(&target).map_err(|error| failed(error.to_string()))?;
        Ok(())
    }
}

/// The text of a file; none if there is no file.
///
/// # Errors
/// It cannot be read, or is no text.
pub fn read(path: &Path) -> Result<Option<String>, StoreTrouble> {
    match files::read(path, STORE_BYTES_MAX) {
        Ok(bytes) => decode_store(bytes).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreTrouble::Unreadable(format!("{} cannot be read: {error}", path.display()))),
    }
}

/// Rename a file that cannot be used to `NAME.bad`. One such file is kept: an older one makes
/// place. If it is a link, this renames what it points to.
///
/// # Errors
/// A sentence that names the file.
pub fn set_aside(path: &Path) -> Result<String, String> {
    let path = &target(path);
    let mut bad = path.as_os_str().to_owned();
    bad.push(".bad");
    match fs::rename(path, &bad) {
        Ok(()) => Ok(path.to_string_lossy().into_owned()),
        Err(error) => Err(format!("{} could not be renamed to {}: {error}", path.display(), Path::new(&bad).display())),
    }
}

/// Write the runtime file. Not a task: it lies on a tmpfs, and what it says must be there before
/// the first command of a switch.
///
/// # Errors
/// A sentence that names the file.
pub fn write_runtime(path: &Path, text: &str) -> Result<(), StoreError> {
    let target = target(path);
    replace(&target, text)
        .map_err(|error| StoreError::Write(format!("{} could not be written: {error}", named(path, &target))))
}

/// Write the layout that i3 appends next. If that fails, no file is left there, and i3 refuses the
/// command.
///
/// # Errors
/// A sentence that names the file.
pub fn write_layout(path: &Path, text: &str) -> Result<(), String> {
    replace(path, text).map_err(|error| {
        let _ = fs::remove_file(path);
        format!("{} could not be written: {error}", path.display())
    })
}

/// Put a file on the tmpfs in place of another, in one step.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("json.new");
    let write = || -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = match options.open(&new) {
            // Somebody has tidied up below us.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                directory::make(path.parent().unwrap_or(Path::new("/")))?;
                options.open(&new)?
            }
            other => other?,
        };
        file.write_all(text.as_bytes())?;
        fs::rename(&new, path)
    };
    // Half a file would keep a full disk full.
    write().inspect_err(|_| drop(fs::remove_file(&new)))
}

/// The file to which links lead, whether it is there or not; most often there is none on the way.
fn target(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        let Ok(next) = fs::read_link(&path) else { break };
        // A relative one counts from the directory of the link.
        path = path.parent().unwrap_or(Path::new("/")).join(next);
    }
    path
}

fn named(path: &Path, target: &Path) -> String {
    match path == target {
        true => path.display().to_string(),
        false => format!("{} (a link to {})", path.display(), target.display()),
    }
}

/// A file with this text and mode 0600. It is made beside the one that it replaces, so that it
/// takes its place in one step, and removed if anything fails.
fn new_file(directory: &Path, text: &str) -> io::Result<tempfile::NamedTempFile> {
    directory::make(directory)?;
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Keep other daemons of this machine from the directory between our look and our change. Not every
/// file system can do that; on one that cannot, the next daemon that writes finds a change of that
/// moment.
fn alone_in(directory: &Path) -> Option<File> {
    let file = File::open(directory).ok()?;
    for _ in 0..DIRECTORY_LOOKS_MAX {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Some(file),
            Err(Errno::AGAIN | Errno::INTR) => std::thread::sleep(DIRECTORY_PAUSE),
            Err(_) => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn write(path: &Path, text: &str, made_from: Option<&str>) -> Result<(), StoreError> {
        let made_from = made_from.map(Fingerprint::of);
        Stores::default().write(StoreFile::State, path, text, made_from, &GivenUp::default())
    }

    #[test]
    fn they_are_written_whole_and_for_us_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a/i3pm/state.json");
        assert_eq!(read(&path), Ok(None));
        write(&path, "one", None).unwrap();
        write(&path, "two", Some("one")).unwrap();
        assert_eq!(read(&path), Ok(Some("two".into())));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        fs::write(&path, b"\xff").unwrap();
        assert!(matches!(read(&path), Err(StoreTrouble::Unusable(_))));
        for text in ["first", "second"] {
            fs::write(&path, text).unwrap();
            assert_eq!(set_aside(&path), Ok(path.to_string_lossy().into_owned()));
            assert_eq!(fs::read_to_string(path.with_extension("json.bad")).unwrap(), text);
            assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "one bad file, the newest");
        }
        assert!(set_aside(&path).unwrap_err().contains("state.json.bad"));
    }

    #[test]
    fn what_somebody_else_has_written_is_not_written_over() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state.json");
        fs::write(&path, "theirs").unwrap();
        for made_from in [None, Some("ours")] {
            assert_eq!(write(&path, "new", made_from), Err(StoreError::Changed(Ok("theirs".into()))));
        }
        assert_eq!(write(&path, "theirs", None), Ok(()), "it says the same");
        write(&path, "new", Some("theirs")).unwrap();
        fs::remove_file(&path).unwrap();
        write(&path, "again", Some("new")).unwrap();
        fs::write(&path, b"\xff").unwrap();
        let changed = write(&path, "new", Some("again"));
        assert!(matches!(changed, Err(StoreError::Changed(Err(StoreTrouble::Unusable(_))))), "{changed:?}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left behind");
    }

    #[test]
    fn a_link_stays_a_link() {
        let directory = tempfile::tempdir().unwrap();
        let (path, repository) = (directory.path().join("data/state.json"), directory.path().join("repository"));
        fs::create_dir(path.parent().unwrap()).unwrap();
        symlink("second.json", path.parent().unwrap().join("first.json")).unwrap();
        symlink("first.json", &path).unwrap();
        symlink("../repository/state.json", path.parent().unwrap().join("second.json")).unwrap();
        // What it points to, and where that lies, is not there at first.
        for (text, before) in [("one", None), ("two", Some("one"))] {
            write(&path, text, before).unwrap();
            assert_eq!(fs::read_to_string(repository.join("state.json")).unwrap(), text);
        }
        write_runtime(&path, "three").unwrap();
        assert_eq!(fs::read_to_string(repository.join("state.json")).unwrap(), "three");
        let aside = set_aside(&path).unwrap();
        assert!(aside.ends_with("repository/state.json"), "{aside}");
        assert_eq!(fs::read_to_string(repository.join("state.json.bad")).unwrap(), "three");
        assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 3, "nothing is left behind");

        fs::remove_dir_all(&repository).unwrap();
        fs::write(&repository, "").unwrap();
        let Err(StoreError::Write(sentence)) = write(&path, "four", None) else { panic!("it was written") };
        assert!(sentence.contains("data/state.json (a link to ") && sentence.contains("repository/"), "{sentence}");
        for link in ["first.json", "second.json"] {
            fs::remove_file(path.parent().unwrap().join(link)).unwrap();
        }
        symlink("state.json", path.parent().unwrap().join("first.json")).unwrap();
        assert!(write(&path, "five", None).is_err(), "links in a circle lead nowhere");
    }

    #[test]
    fn a_layout_that_cannot_be_written_is_not_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("i3pm/layout.json");
        write_layout(&path, "{}").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        // In the way of what is written before it is renamed.
        fs::create_dir(path.with_extension("json.new")).unwrap();
        let sentence = write_layout(&path, "{}").unwrap_err();
        assert!(sentence.contains("layout.json"), "{sentence}");
        assert!(!path.exists(), "an old layout would be appended");
    }

    #[test]
    fn what_was_given_up_is_not_done_late_and_nobody_overtakes_what_hangs() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("projects.json");
        let (stores, given_up) = (Stores::default(), GivenUp::default());
        given_up.set();
        let late = stores.write(StoreFile::Projects, &path, "late", None, &given_up);
        assert!(matches!(late, Err(StoreError::Write(_))), "{late:?}");
        assert!(stores.set_aside(StoreFile::Projects, &path, &given_up).unwrap_err().contains("given up"));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);

        let write = |file| stores.write(file, &path, "new", None, &GivenUp::default());
        let hangs = stores.turn(StoreFile::Projects, &path).unwrap();
        let Err(StoreError::Write(sentence)) = write(StoreFile::Projects) else { panic!("it overtakes") };
        assert!(sentence.contains("hangs") && sentence.contains("projects.json"), "{sentence}");
        write(StoreFile::State).expect("another file");
        drop(hangs);
        write(StoreFile::Projects).unwrap();
    }

    #[test]
    fn a_directory_that_is_taken_for_good_is_not_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let taken = alone_in(directory.path()).expect("nobody else");
        let start = std::time::Instant::now();
        assert!(alone_in(directory.path()).is_none());
        assert!(start.elapsed() >= DIRECTORY_PAUSE * DIRECTORY_LOOKS_MAX);
        write(&directory.path().join("state.json"), "one", None).unwrap();
        drop(taken);
        assert!(alone_in(directory.path()).is_some());
    }

    #[test]
    fn the_runtime_file_survives_a_tidied_directory() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("i3pm/runtime.json");
        write_runtime(&path, "one").unwrap();
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        write_runtime(&path, "two").unwrap();
        assert_eq!(read(&path), Ok(Some("two".into())));
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path.parent().unwrap(), "").unwrap();
        let StoreError::Write(sentence) = write_runtime(&path, "three").unwrap_err() else { panic!() };
        assert!(sentence.contains("runtime.json"), "{sentence}");
    }
}
