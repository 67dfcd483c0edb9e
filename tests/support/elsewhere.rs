//! Programs of another system: if `I3PM_TEST_WMS` names a folder with one (`tests/newer-wms.sh`
//! makes it), window managers, X server and terminals are started in it, by `pivot_root`.
//!
//! They see the `/proc`, `/dev` and `/tmp` of this machine, so sockets and logs in a session's
//! directory are the same on both sides. The mounts are in a mount namespace of the program's own
//! and end with it. There is no pid namespace, and each step is an `exec`: the program has the pid
//! that we started, and leads its process group.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use super::session::Session;

/// The variable that names the folder.
const VARIABLE: &str = "I3PM_TEST_WMS";

/// What is taken from the folder. Everything else (xdotool, grim, the daemon, ...) is this
/// machine's.
const PROGRAMS: [&str; 6] = ["i3", "Xvfb", "xterm", "sway", "foot", "footclient"];

/// Starts `"$@"` with `$1` as its root. The directory it is in stays the same, which is one below
/// `/tmp`. The folder is also the root of its mounts: `/proc/PID/cwd` tells paths from there, so
/// the daemon reads the directory that the program sees.
const IN_FOLDER: &str = r#"
folder=$1 directory=$PWD
shift
mount --bind "$folder" "$folder" || exit
for place in /proc /dev /tmp; do mount --rbind "$place" "$folder$place" || exit; done
cd "$folder" && pivot_root . . && umount --lazy . || exit
exec chroot . env --chdir="$directory" "$@"
"#;

static FOLDER: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    let folder = PathBuf::from(std::env::var_os(VARIABLE).filter(|value| !value.is_empty())?);
    let found = folder.canonicalize().unwrap_or_else(|error| {
        panic!("{VARIABLE}={}: {error}; tests/newer-wms.sh makes this folder", folder.display())
    });
    Some(found)
});

/// The folder with the other system, if one is in use.
#[must_use]
pub fn folder() -> Option<&'static Path> {
    FOLDER.as_deref()
}

/// A command for a program in a session: that of the other system, if it is in use and has it.
///
/// # Panics
/// When the session is in no directory that both systems share.
#[must_use]
pub fn command(session: &Session, program: &OsStr) -> Command {
    let Some(folder) = folder().filter(|_| PROGRAMS.iter().any(|name| program == *name)) else {
        return session.command(program);
    };
    assert!(session.directory().starts_with("/tmp"), "{VARIABLE} wants sessions below /tmp: unset TMPDIR");
    let mut command = session.command("unshare");
    // A user who is not root becomes root in a namespace of his own.
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.args(["--mount", "sh", "-c", IN_FOLDER, "in-folder"]).arg(folder).arg(program);
    command
}
