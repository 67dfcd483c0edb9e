//! `i3pm rescue`: finds the window manager without a daemon, and shows what came back.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::failure::Failure;
use super::text::{count, escaped};
use crate::rescue::{Report, rescue};
use crate::wire::discovery::{self, Directory, Environment, Previous, SocketFile};

/// So many entries of a directory are looked at.
const ENTRIES_MAX: usize = 4096;

/// Bring everything back, through the given socket or the first that answers.
///
/// # Errors
/// No window manager answers.
pub fn run(wm_socket: Option<&Path>) -> Result<Report, Failure> {
    let path = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let environment = Environment {
        explicit: wm_socket.map(Path::to_owned),
        swaysock: path("SWAYSOCK"),
        i3sock: path("I3SOCK"),
        display: std::env::var("DISPLAY").ok(),
        wayland_display: std::env::var("WAYLAND_DISPLAY").ok(),
        uid: rustix::process::getuid().as_raw(),
    };
    let files = match environment.explicit {
        Some(_) => Vec::new(),
        None => sockets(super::runtime_directory().as_deref(), environment.uid),
    };
    let candidates = discovery::candidates(&environment, &files, &Previous::default());
    rescue(&candidates).map_err(|error| Failure::refused(format!("{error:#}")))
}

/// For people.
pub fn text(report: &Report) -> String {
    let Report { containers, windows, still_hidden, .. } = report;
    if *containers == 0 && *still_hidden == 0 {
        return "nothing was hidden\n".to_owned();
    }
    format!("{} came back in {}\n", count(*windows, "window"), count(*containers, "container"))
}

/// For people: what did not go as it should.
pub fn complaints(report: &Report) -> Vec<String> {
    let mut complaints: Vec<String> =
        report.refused.iter().map(|refused| format!("the window manager refused: {}", escaped(refused))).collect();
    if report.still_hidden > 0 {
        complaints.push(format!("{} hidden still; run `i3pm rescue` again", count(report.still_hidden, "window")));
    }
    complaints
}

/// For programs.
pub fn json(report: &Report) -> Value {
    json!({
        "socket": report.socket.to_string_lossy(),
        "containers": report.containers,
        "windows": report.windows,
        "refused": report.refused,
        "still_hidden": report.still_hidden,
    })
}

/// The sockets of this user where window managers put theirs. Anyone can make a directory in `/tmp`.
fn sockets(runtime: Option<&Path>, uid: u32) -> Vec<SocketFile> {
    let mut directories = Vec::new();
    for directory in discovery::directories(runtime) {
        match directory {
            Directory::Exact(path) => directories.push(path),
            Directory::EachBeginningWith { parent, prefix } => {
                let fitting = entries(&parent).filter(|entry| {
                    let name = entry.file_name();
                    let is_ours = entry.metadata().is_ok_and(|found| found.is_dir() && found.uid() == uid);
                    name.to_str().is_some_and(|name| name.starts_with(prefix)) && is_ours
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

/// What a directory holds; nothing where there is none.
fn entries(directory: &Path) -> impl Iterator<Item = fs::DirEntry> + use<> {
    fs::read_dir(directory).into_iter().flatten().take(ENTRIES_MAX).flatten()
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    fn report(containers: usize, windows: usize, still_hidden: usize) -> Report {
        Report { socket: "/run/i3.sock".into(), containers, windows, refused: vec!["No\nwindow".into()], still_hidden }
    }

    #[test]
    fn what_is_said() {
        assert_eq!(text(&report(0, 0, 0)), "nothing was hidden\n");
        assert_eq!(text(&report(2, 5, 1)), "5 windows came back in 2 containers\n");
        assert_eq!(complaints(&report(2, 5, 0)), [r"the window manager refused: No\nwindow"]);
        assert_eq!(complaints(&report(2, 5, 1))[1], "1 window hidden still; run `i3pm rescue` again");
        let expected = json!({"socket": "/run/i3.sock", "containers": 2, "windows": 5, "refused": ["No\nwindow"],
            "still_hidden": 1});
        assert_eq!(json(&report(2, 5, 1)), expected);
    }

    #[test]
    fn sockets_of_ours_are_found_and_nothing_else() {
        let runtime = tempfile::tempdir().expect("a directory");
        fs::create_dir(runtime.path().join("i3")).expect("a directory");
        let socket = runtime.path().join("i3/ipc-socket.42");
        let _listener = UnixListener::bind(&socket).expect("a socket");
        fs::write(runtime.path().join("i3/ipc-socket.43"), "a file").expect("a file");
        let user = rustix::process::getuid().as_raw();
        let found = |user| -> Vec<PathBuf> {
            let files = sockets(Some(runtime.path()), user).into_iter().map(|file| file.path);
            // Those of this machine in /tmp are none of this test.
            files.filter(|path| path.starts_with(runtime.path())).collect()
        };
        assert_eq!(found(user), [socket]);
        assert_eq!(found(user + 1), Vec::<PathBuf>::new(), "another user's");
    }
}
