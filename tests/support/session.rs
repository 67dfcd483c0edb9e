//! A private session: a directory, an environment, and processes that end with it.
//!
//! Each process leads a process group. A watchdog, a small shell with a pipe to us, knows all
//! groups: when the pipe closes, because the session is dropped or because the test was killed, it
//! kills them and removes the directory.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::wait::wait_within;

/// Reads `+GROUP` and `-GROUP` lines; at the end of its input kills the groups that are left and
/// removes `$1`.
const WATCHDOG: &str = r#"
groups=" "
while read -r line; do
    group=${line#?}
    case $line in
        +*) groups="$groups$group " ;;
        -*) groups="${groups%% $group *} ${groups#* $group }" ;;
    esac
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
rm -rf -- "$1"
"#;

/// Variables of the caller that programs of the session may see.
const INHERITED: [&str; 6] = ["PATH", "USER", "LOGNAME", "RUST_BACKTRACE", "TMPDIR", "LLVM_PROFILE_FILE"];

/// A private session.
#[derive(Debug, Clone)]
pub struct Session {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    directory: PathBuf,
    runtime_directory: PathBuf,
    watchdog: Mutex<(Child, Option<ChildStdin>)>,
}

impl Session {
    /// A new directory with `run` (0700), `config`, `data`, `state` and `cache` below it.
    ///
    /// # Panics
    /// When the directory cannot be made or the watchdog not be started.
    #[must_use]
    pub fn new() -> Session {
        Session::with(None)
    }

    /// The same with a runtime directory that is there already, such as that of a user manager.
    ///
    /// # Panics
    /// As `new`.
    #[must_use]
    pub fn in_runtime_directory(runtime_directory: &Path) -> Session {
        Session::with(Some(runtime_directory))
    }

    fn with(runtime_directory: Option<&Path>) -> Session {
        let directory = tempfile::Builder::new().prefix("i3pm-").tempdir().expect("a temporary directory").keep();
        for name in ["run", "config", "data", "state", "cache"] {
            fs::create_dir(directory.join(name)).expect("a directory of the session");
        }
        fs::set_permissions(directory.join("run"), fs::Permissions::from_mode(0o700)).expect("mode 0700");
        let mut watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "watchdog"])
            .arg(&directory)
            .stdin(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("sh");
        let input = watchdog.stdin.take();
        let runtime_directory = runtime_directory.map_or_else(|| directory.join("run"), Path::to_owned);
        Session { shared: Arc::new(Shared { directory, runtime_directory, watchdog: Mutex::new((watchdog, input)) }) }
    }

    /// The directory of the session, its HOME.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.shared.directory
    }

    /// Its XDG_RUNTIME_DIR.
    #[must_use]
    pub fn runtime_directory(&self) -> PathBuf {
        self.shared.runtime_directory.clone()
    }

    /// A command with the environment of the session, and nothing else of ours; no input, no
    /// output.
    #[must_use]
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear();
        for name in INHERITED {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
            .env("HOME", self.directory())
            .env("LC_ALL", "C.UTF-8")
            .env("XDG_RUNTIME_DIR", self.runtime_directory())
            .current_dir(self.directory())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        for (variable, name) in [("CONFIG", "config"), ("DATA", "data"), ("STATE", "state"), ("CACHE", "cache")] {
            command.env(format!("XDG_{variable}_HOME"), self.directory().join(name));
        }
        command
    }

    /// A file in the session's directory that a program writes its log to.
    ///
    /// # Panics
    /// When it cannot be opened.
    #[must_use]
    pub fn log_file(&self, name: &str) -> File {
        let path = self.directory().join(name);
        File::options().create(true).append(true).open(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"))
    }

    /// Start a program that ends with the session at the latest.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn spawn(&self, mut command: Command) -> Process {
        let child = command.process_group(0).spawn().unwrap_or_else(|error| {
            panic!("{:?} does not start: {error}; tests/setup.sh installs what is missing", command.get_program())
        });
        self.tell_watchdog('+', child.id());
        Process { child, session: self.clone(), status: None }
    }

    fn tell_watchdog(&self, sign: char, group: u32) {
        let mut watchdog = self.shared.watchdog.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(input) = watchdog.1.as_mut() {
            writeln!(input, "{sign}{group}").expect("the watchdog of the session");
        }
    }
}

impl Default for Session {
    fn default() -> Session {
        Session::new()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let watchdog = self.watchdog.get_mut().unwrap_or_else(PoisonError::into_inner);
        watchdog.1 = None;
        // Its outcome does not matter any more.
        let _ = watchdog.0.wait();
    }
}

/// A program of a session. Dropping it kills its process group.
#[derive(Debug)]
pub struct Process {
    /// The process itself.
    pub child: Child,
    session: Session,
    status: Option<ExitStatus>,
}

impl Process {
    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Send it a signal by name, such as `TERM` or `STOP`. One that is gone gets nothing.
    ///
    /// # Panics
    /// When there is no program `kill`.
    pub fn signal(&mut self, name: &str) {
        if self.try_wait().is_none() {
            let pid = self.child.id().to_string();
            Command::new("kill").args(["-s", name, &pid]).stderr(Stdio::null()).status().expect("kill");
        }
    }

    /// Its exit status, once it has ended.
    ///
    /// # Panics
    /// Never in practice: our own child can be waited for.
    pub fn try_wait(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().expect("our own child");
            if self.status.is_some() {
                self.session.tell_watchdog('-', self.child.id());
            }
        }
        self.status
    }

    /// Wait until it has ended by itself.
    ///
    /// # Panics
    /// When it has not ended after `limit`.
    pub fn wait(&mut self, limit: Duration) -> ExitStatus {
        let pid = self.child.id();
        wait_within(&format!("the end of process {pid}"), limit, || self.try_wait())
    }

    /// Kill it with SIGKILL, its process group too, and wait until it is gone.
    pub fn kill(&mut self) -> ExitStatus {
        if self.status.is_none() {
            let group = format!("-{}", self.child.id());
            // A group that is gone already is what we want.
            let _ = Command::new("kill").args(["-s", "KILL", "--", &group]).stderr(Stdio::null()).status();
            let status = self.child.wait().unwrap_or_else(|_| ExitStatus::from_raw(9));
            self.status = Some(status);
            self.session.tell_watchdog('-', self.child.id());
        }
        self.status.unwrap_or_else(|| ExitStatus::from_raw(9))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
