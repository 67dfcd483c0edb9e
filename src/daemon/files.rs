//! What the worker does: our files, the configuration, and other processes. Everything here may
//! block.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use inotify::{WatchDescriptor, Watches};

use super::config_watch::{self, Laid};
use super::display::Found;
use super::launcher::{self, Process, Started};
use super::lineage;
use super::paths::Paths;
use super::stores::{self, GivenUp, Stores};
use super::worker;
use crate::api::ConfigError;
use crate::config::{self, CONFIG_BYTES_MAX, Config};
use crate::core::{Ending, Event, Fingerprint, JobId, LaunchId, LaunchOrder, StoreError, StoreFile, StoreTrouble};
use crate::files;
use crate::sockets::process;
use crate::sockets::told::{self, Place};

/// The largest X11 authority file, in bytes.
pub const AUTHORITY_BYTES_MAX: usize = 1 << 20;

/// A task for the worker.
#[derive(Debug, Clone)]
pub enum FileTask {
    /// Watch everything that leads to the configuration. It has the watches that were in place.
    WatchConfig(Vec<WatchDescriptor>),
    /// Read the configuration from this file.
    ReadConfig(PathBuf),
    /// Read a file of ours.
    ReadStore(StoreFile),
    /// Rename a file of ours that cannot be used.
    SetStoreAside(StoreFile, GivenUp),
    /// Write a file of ours.
    WriteStore {
        /// Which job of the core this is.
        job: JobId,
        /// The file.
        file: StoreFile,
        /// Its new text.
        text: String,
        /// The content that this was made from.
        made_from: Option<Fingerprint>,
        /// Set when nobody waits for it any longer.
        given_up: GivenUp,
        /// A directory that must be there.
        required_directory: Option<String>,
    },
    /// Start a program.
    Launch(Box<LaunchOrder>),
    /// Ask everything in the service of a launch to end, or end it.
    EndUnit { launch: LaunchId, unit: String, ending: Ending },
    /// Look at a process.
    ReadProcess { pid: u32, repository: bool },
    /// Find the display of the window manager with this process, and read its authority file.
    FindDisplay(Option<u32>),
    /// Find the sockets of window managers that only others can tell.
    FindSockets,
}

/// What the worker brings back.
#[derive(Debug)]
pub enum FileOutcome {
    /// Something for the core.
    Event(Event),
    /// The watches that are in place, and the names that matter in each; `None` if it was given
    /// up.
    Watched(Option<Laid>),
    /// A program is on its way, and to be watched; or it is not.
    Launched(LaunchId, Result<Started, String>),
    /// What ends the service of a launch is to be watched.
    Ending(LaunchId, Result<Process, String>),
    /// The display of the window manager.
    Display(Found),
    /// The sockets that were told.
    Sockets(Vec<PathBuf>),
}

impl worker::Task for FileTask {
    type Outcome = FileOutcome;

    fn name(&self) -> String {
        match self {
            FileTask::WatchConfig(_) => "watching the configuration".into(),
            FileTask::ReadConfig(path) => format!("reading {}", path.display()),
            FileTask::ReadStore(file) => format!("reading the {file:?} file"),
            FileTask::SetStoreAside(file, _) => format!("renaming the {file:?} file"),
            FileTask::WriteStore { file, .. } => format!("writing the {file:?} file"),
            FileTask::Launch(order) => format!("starting {}", order.command.first().map_or("nothing", String::as_str)),
            FileTask::EndUnit { unit, .. } => format!("ending {unit}"),
            FileTask::ReadProcess { pid, .. } => format!("reading the environment of process {pid}"),
            FileTask::FindDisplay(_) => "looking for the display of the window manager".into(),
            FileTask::FindSockets => "asking displays and processes for the socket of the window manager".into(),
        }
    }

    fn given_up(&self, reason: &str) -> FileOutcome {
        FileOutcome::Event(match self {
            FileTask::WatchConfig(_) => return FileOutcome::Watched(None),
            FileTask::FindDisplay(wm) => return FileOutcome::Display(Found { wm: *wm, display: None }),
            FileTask::FindSockets => return FileOutcome::Sockets(Vec::new()),
            FileTask::ReadConfig(path) => Event::ConfigRead(Err(ConfigError {
                file: path.to_string_lossy().into_owned(),
                line: 0,
                column: 0,
                message: reason.to_owned(),
            })),
            FileTask::ReadStore(file) => {
                Event::StoreRead { file: *file, result: Err(StoreTrouble::Unreadable(reason.to_owned())) }
            }
            FileTask::SetStoreAside(file, given_up) => {
                given_up.set();
                Event::StoreSetAside { file: *file, result: Err(reason.to_owned()) }
            }
            FileTask::WriteStore { job, given_up, .. } => {
                given_up.set();
                Event::StoreWritten { job: *job, result: Err(StoreError::Write(reason.to_owned())) }
            }
            FileTask::Launch(order) => return FileOutcome::Launched(order.launch, Err(reason.to_owned())),
            FileTask::EndUnit { launch, .. } => return FileOutcome::Ending(*launch, Err(reason.to_owned())),
            FileTask::ReadProcess { pid, .. } => Event::ProcessRead { pid: *pid, info: None },
        })
    }
}

/// Do a task.
pub fn perform(paths: &Paths, stores: &Stores, watches: &Watches, task: FileTask) -> FileOutcome {
    FileOutcome::Event(match task {
        FileTask::WatchConfig(previous) => {
            return FileOutcome::Watched(Some(config_watch::lay(watches, &paths.config_file, &previous)));
        }
        FileTask::FindDisplay(wm) => return FileOutcome::Display(Found { wm, display: find_display(wm) }),
        FileTask::FindSockets => {
            let uid = rustix::process::getuid().as_raw();
            return FileOutcome::Sockets(told::told(Some(&paths.runtime_root), uid));
        }
        FileTask::ReadConfig(path) => Event::ConfigRead(read_config(&path, paths.home.as_deref()).map(Arc::new)),
        FileTask::ReadStore(file) => Event::StoreRead { file, result: stores::read(&paths.store(file)) },
        FileTask::SetStoreAside(file, given_up) => {
            Event::StoreSetAside { file, result: stores.set_aside(file, &paths.store(file), &given_up) }
        }
        FileTask::WriteStore { job, file, text, made_from, given_up, required_directory } => {
            let directory = required_directory.map_or(Ok(()), |directory| check_directory(&directory));
            let write = || stores.write(file, &paths.store(file), &text, made_from, &given_up);
            Event::StoreWritten { job, result: directory.and_then(|()| write()) }
        }
        FileTask::Launch(order) => {
            return FileOutcome::Launched(order.launch, launcher::start(&paths.launcher, &order));
        }
        FileTask::EndUnit { launch, unit, ending } => {
            return FileOutcome::Ending(launch, launcher::end_unit(&paths.launcher, &unit, ending));
        }
        FileTask::ReadProcess { pid, repository } => Event::ProcessRead { pid, info: lineage::read(pid, repository) },
    })
}

fn read_config(path: &Path, home: Option<&Path>) -> Result<Config, ConfigError> {
    let file = path.to_string_lossy().into_owned();
    let bytes = match files::read(path, CONFIG_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(failure) if matches!(failure.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Vec::new(),
        Err(failure) => {
            let message = format!("it cannot be read: {failure}");
            return Err(ConfigError { file, line: 0, column: 0, message });
        }
    };
    let text = config::decode(&file, &bytes)?;
    let home = home.and_then(Path::to_str);
    let mut config = config::parse(&file, text, home)?;
    for project in &mut config.projects {
        let Some(directory) = &project.dir else { continue };
        let real = std::fs::canonicalize(directory).ok();
        project.real_dir = real.and_then(|path| path.into_os_string().into_string().ok());
        if !Path::new(directory).is_dir() {
            config.warnings.push(format!(
                "{file}:{}: project {:?}: directory {directory:?} does not exist",
                project.line, project.name
            ));
        }
    }
    Ok(config)
}

fn check_directory(directory: &str) -> Result<(), StoreError> {
    let path = Path::new(directory);
    let fault = if !path.is_absolute() {
        "is not an absolute path".to_owned()
    } else {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => return Ok(()),
            Ok(_) => "is not a directory".to_owned(),
            Err(error) if error.kind() == ErrorKind::NotFound => "does not exist; make it first".to_owned(),
            Err(error) => format!("cannot be looked at: {error}"),
        }
    };
    Err(StoreError::Directory(format!("directory {directory:?} {fault}")))
}

/// The display that the window manager's environment names, else the one that ours does.
fn find_display(wm: Option<u32>) -> Option<(Place, Vec<u8>)> {
    let theirs = wm.and_then(|pid| process::environment(pid).ok()).unwrap_or_default();
    let of_theirs = |name: &str| process::value(&theirs, name);
    let place = Place::named_by(of_theirs).or_else(|| Place::named_by(|name| std::env::var_os(name)))?;
    let authority = files::read(&place.authority, AUTHORITY_BYTES_MAX).unwrap_or_default();
    Some((place, authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_configuration_is_an_empty_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("i3pm/config.toml");
        let config = read_config(&path, None).unwrap();
        assert_eq!((config.text.as_str(), config.file.as_str()), ("", path.to_str().unwrap()));
    }

    #[test]
    fn a_configuration_that_cannot_be_read_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let error = read_config(directory.path(), None).unwrap_err();
        assert!(error.to_string().contains("directory"), "{error}");
        assert_eq!(error.file, directory.path().to_string_lossy());

        let path = directory.path().join("config.toml");
        fs::write(&path, b"# one\n# \xc3\xa9 \xff\n").unwrap();
        let error = read_config(&path, None).unwrap_err();
        assert_eq!((error.line, error.column), (2, 5), "{error}");

        fs::write(&path, vec![b'#'; CONFIG_BYTES_MAX + 1]).unwrap();
        assert!(read_config(&path, None).unwrap_err().message.contains("1048576"));

        let fifo = directory.path().join("fifo");
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        assert!(read_config(&fifo, None).unwrap_err().message.contains("regular"));
    }

    #[test]
    fn a_required_directory_must_be_one() {
        let directory = tempfile::tempdir().unwrap();
        let good = directory.path().to_str().unwrap();
        assert_eq!(check_directory(good), Ok(()));
        for (bad, word) in [("relative", "absolute"), ("/nowhere/at/all", "does not exist"), ("/dev/null", "not a dir")]
        {
            let Err(StoreError::Directory(sentence)) = check_directory(bad) else { panic!("{bad} passes") };
            assert!(sentence.contains(word) && sentence.contains(bad), "{sentence}");
        }
    }
}
