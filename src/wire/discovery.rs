//! Which sockets may be those of the window manager, in the order in which to try them.
//!
//! A service manager's environment is often that of an earlier session, and a nested sway must not
//! steal the daemon. So only an explicit path is believed: everything else is a candidate that has
//! to accept and answer.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::core::WmKind;

/// How many candidates are tried at a time.
pub const CANDIDATES_MAX: usize = 32;

/// What the environment says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// `--wm-socket`: the only candidate if it is given.
    pub explicit: Option<PathBuf>,
    /// `SWAYSOCK`.
    pub swaysock: Option<PathBuf>,
    /// `I3SOCK`.
    pub i3sock: Option<PathBuf>,
    /// `DISPLAY`.
    pub display: Option<String>,
    /// `WAYLAND_DISPLAY`.
    pub wayland_display: Option<String>,
    /// Our user id: we do not look at sockets of others.
    pub uid: u32,
}

/// A file that was found in one of the `directories`, and is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketFile {
    /// Where it is.
    pub path: PathBuf,
    /// When it was made.
    pub modified: SystemTime,
}

/// What we were connected to before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Previous {
    /// Its socket.
    pub path: Option<PathBuf>,
    /// Its process; i3 keeps it over an in-place restart.
    pub pid: Option<u32>,
    /// It was served, and its process is there still: it has yet to make its socket again.
    pub lives: bool,
}

impl Previous {
    /// Is a window manager waited for, and is the one with this process another one?
    #[must_use]
    pub fn excludes(&self, pid: Option<u32>) -> bool {
        self.lives && self.pid.is_some() && pid.is_some() && pid != self.pid
    }
}

/// The sockets to try, best first; each must accept and answer GET_VERSION, or the next is tried.
///
/// The order: `--wm-socket`, and nothing else if that is given; SWAYSOCK and I3SOCK; the window
/// manager that was there before; the kind that fits our display; the newest. Whoever answers there
/// may still be excluded by its process (`Previous::excludes`).
#[must_use]
pub fn candidates(environment: &Environment, files: &[SocketFile], previous: &Previous) -> Vec<PathBuf> {
    if let Some(explicit) = &environment.explicit {
        return vec![explicit.clone()];
    }
    let variables = match preferred_kind(environment) {
        Some(WmKind::I3) => [&environment.i3sock, &environment.swaysock],
        _ => [&environment.swaysock, &environment.i3sock],
    };
    let named = variables.into_iter().flatten().filter(|path| path.is_absolute());

    let mut found: Vec<_> = files.iter().filter_map(|file| Some((file, classify(&file.path)?))).collect();
    found.sort_by_key(|(file, socket)| {
        let is_previous = previous.path.as_deref() == Some(file.path.as_path())
            || (previous.pid.is_some() && previous.pid == Some(socket.pid));
        let fits = preferred_kind(environment) == Some(socket.kind);
        (!is_previous, !fits, std::cmp::Reverse((file.modified, socket.pid)), file.path.clone())
    });

    let mut seen = BTreeSet::new();
    named
        .chain(found.iter().map(|(file, _)| &file.path))
        .filter(|path| seen.insert((*path).clone()))
        .take(CANDIDATES_MAX)
        .cloned()
        .collect()
}

/// Where the window managers put their sockets. `glob` names stand for each directory that begins
/// so.
#[must_use]
pub fn directories(runtime_directory: Option<&Path>) -> Vec<Directory> {
    let mut directories = Vec::new();
    if let Some(runtime) = runtime_directory {
        directories.push(Directory::Exact(runtime.to_owned()));
        directories.push(Directory::Exact(runtime.join("i3")));
    }
    directories.push(Directory::EachBeginningWith { parent: PathBuf::from("/tmp"), prefix: "i3-" });
    directories
}

/// A place to look for sockets. Files and directories of other users must be left out: anyone can
/// make them in `/tmp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Directory {
    /// This one.
    Exact(PathBuf),
    /// Each directory in `parent` whose name begins with `prefix`.
    EachBeginningWith {
        /// Where to look.
        parent: PathBuf,
        /// How their names begin.
        prefix: &'static str,
    },
}

/// True if a file of this name in a runtime directory means that a window manager may have come
/// up.
#[must_use]
pub fn is_socket_name(name: &str) -> bool {
    name == "i3" || sway_pid(name).is_some() || i3_pid(name).is_some()
}

/// The kind for which our display speaks: a sway sets WAYLAND_DISPLAY, and DISPLAY too when it has
/// an XWayland.
fn preferred_kind(environment: &Environment) -> Option<WmKind> {
    let is_set = |value: &Option<String>| value.as_deref().is_some_and(|text| !text.is_empty());
    if is_set(&environment.wayland_display) {
        Some(WmKind::Sway)
    } else if is_set(&environment.display) {
        Some(WmKind::I3)
    } else {
        None
    }
}

struct Socket {
    kind: WmKind,
    pid: u32,
}

fn classify(path: &Path) -> Option<Socket> {
    let name = path.file_name()?.to_str()?;
    if let Some(pid) = sway_pid(name) {
        return Some(Socket { kind: WmKind::Sway, pid });
    }
    let directory = path.parent()?.file_name()?.to_str()?;
    let pid = i3_pid(name)?;
    (directory == "i3" || directory.starts_with("i3-")).then_some(Socket { kind: WmKind::I3, pid })
}

/// `sway-ipc.UID.PID.sock`. The file system says whose it is: in a user namespace of its own, sway
/// writes another number.
fn sway_pid(name: &str) -> Option<u32> {
    let (owner, pid) = name.strip_prefix("sway-ipc.")?.strip_suffix(".sock")?.split_once('.')?;
    owner.parse::<u32>().ok()?;
    pid.parse().ok()
}

/// `ipc-socket.PID`
fn i3_pid(name: &str) -> Option<u32> {
    name.strip_prefix("ipc-socket.")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const SWAY_OLD: &str = "/run/user/1000/sway-ipc.1000.400.sock";
    const SWAY_NEW: &str = "/run/user/1000/sway-ipc.1000.700.sock";
    const I3_OLD: &str = "/run/user/1000/i3/ipc-socket.500";
    const I3_NEW: &str = "/tmp/i3-ann.x5Wq2B/ipc-socket.600";

    /// Made in the order of their pids.
    fn listing(paths: &[&str]) -> Vec<SocketFile> {
        let made = |path: &str| {
            let digits: String = path.chars().filter(char::is_ascii_digit).collect();
            SystemTime::UNIX_EPOCH + Duration::from_secs(digits[digits.len() - 3..].parse().unwrap())
        };
        paths.iter().map(|path| SocketFile { path: path.into(), modified: made(path) }).collect()
    }

    fn order(environment: &Environment, paths: &[&str], previous: &Previous) -> Vec<String> {
        let environment = Environment { uid: 1000, ..environment.clone() };
        candidates(&environment, &listing(paths), previous)
            .into_iter()
            .map(|path| path.to_str().unwrap().to_owned())
            .collect()
    }

    fn x11() -> Environment {
        Environment { display: Some(":0".into()), ..Environment::default() }
    }

    fn wayland() -> Environment {
        Environment { wayland_display: Some("wayland-1".into()), ..x11() }
    }

    const ALL: [&str; 4] = [SWAY_OLD, I3_OLD, SWAY_NEW, I3_NEW];

    #[test]
    fn without_a_hint_the_newest_is_first() {
        assert_eq!(order(&Environment::default(), &ALL, &Previous::default()), [SWAY_NEW, I3_NEW, I3_OLD, SWAY_OLD]);
    }

    #[test]
    fn an_explicit_path_is_the_only_one() {
        let environment = Environment { explicit: Some("/x".into()), swaysock: Some(SWAY_NEW.into()), ..x11() };
        assert_eq!(order(&environment, &ALL, &Previous { pid: Some(500), ..Previous::default() }), ["/x"]);
    }

    #[test]
    fn a_nested_sway_does_not_win_over_the_i3_of_our_display() {
        assert_eq!(order(&x11(), &ALL, &Previous::default()), [I3_NEW, I3_OLD, SWAY_NEW, SWAY_OLD]);
        assert_eq!(order(&wayland(), &ALL, &Previous::default()), [SWAY_NEW, SWAY_OLD, I3_NEW, I3_OLD]);
    }

    #[test]
    fn the_same_process_as_before_wins_over_newer_ones_and_the_variables_win_over_it() {
        let by_pid = Previous { pid: Some(400), ..Previous::default() };
        assert_eq!(order(&x11(), &ALL, &by_pid)[0], SWAY_OLD);
        let by_path = Previous { path: Some(I3_OLD.into()), ..Previous::default() };
        assert_eq!(order(&wayland(), &ALL, &by_path)[0], I3_OLD);
        let environment = Environment { i3sock: Some(I3_NEW.into()), ..wayland() };
        assert_eq!(order(&environment, &ALL, &by_pid)[..2], [I3_NEW, SWAY_OLD]);
    }

    #[test]
    fn while_the_one_before_lives_other_processes_are_excluded() {
        let living = Previous { path: Some(I3_OLD.into()), pid: Some(500), lives: true };
        assert!(!living.excludes(Some(500)) && living.excludes(Some(600)));
        assert!(!living.excludes(None), "nothing is known of it");
        assert!(!Previous { lives: false, ..living.clone() }.excludes(Some(600)));
        assert_eq!(order(&wayland(), &ALL, &living)[0], I3_OLD);
    }

    #[test]
    fn variables_come_once_and_in_the_order_of_the_display() {
        let both =
            |base: Environment| Environment { swaysock: Some(SWAY_OLD.into()), i3sock: Some(I3_OLD.into()), ..base };
        let on_x11 = order(&both(x11()), &ALL, &Previous::default());
        assert_eq!(on_x11, [I3_OLD, SWAY_OLD, I3_NEW, SWAY_NEW]);
        let on_wayland = order(&both(wayland()), &[], &Previous::default());
        assert_eq!(on_wayland, [SWAY_OLD, I3_OLD]);
        let relative = Environment { swaysock: Some("sway.sock".into()), ..x11() };
        assert_eq!(order(&relative, &[], &Previous::default()), [""; 0]);
    }

    #[test]
    fn other_files_and_the_sockets_of_others_are_left_out() {
        let strangers = [
            "/run/user/1000/sway-ipc.me.400.sock",
            "/run/user/1000/sway-ipc.1000.400.sock.lock",
            "/run/user/1000/sway-ipc.1000.-1.sock",
            "/run/user/1000/wayland-100",
            "/run/user/1000/i3/ipc-socket.",
            "/run/user/1000/i3/config.500",
            "/run/user/1000/other/ipc-socket.500",
        ];
        assert_eq!(order(&x11(), &strangers[..1], &Previous::default()), [""; 0]);
        for stranger in &strangers {
            assert!(classify(Path::new(stranger)).is_none(), "{stranger}");
        }
    }

    #[test]
    fn a_directory_full_of_sockets_is_cut_to_the_newest() {
        let paths: Vec<String> = (100..400).map(|pid| format!("/run/user/1000/sway-ipc.1000.{pid}.sock")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let order = order(&wayland(), &paths, &Previous::default());
        assert_eq!(order.len(), CANDIDATES_MAX);
        assert_eq!(order[0], "/run/user/1000/sway-ipc.1000.399.sock");
    }

    #[test]
    fn names_that_announce_a_window_manager() {
        for name in ["i3", "sway-ipc.1000.77.sock", "ipc-socket.77"] {
            assert!(is_socket_name(name), "{name}");
        }
        for name in ["i3pm", "wayland-1", "ipc-socket.x", "sway-ipc.sock"] {
            assert!(!is_socket_name(name), "{name}");
        }
    }
}
