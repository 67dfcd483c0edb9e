//! Where the daemon is looked for.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use super::failure::Failure;

/// `--socket`, `I3PM_SOCKET`, or the daemon's own place in the runtime directory.
///
/// # Errors
/// Nothing is named, and there is no runtime directory.
pub fn socket_path(given: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let named = || std::env::var_os("I3PM_SOCKET").filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(path) = given.or_else(named) {
        return Ok(path);
    }
    let directory = runtime_directory().ok_or_else(|| {
        Failure::NoDaemon(
            "XDG_RUNTIME_DIR is not set and /run/user/UID is not there, so there is no place to look; name the socket \
             with --socket"
                .to_owned(),
        )
    })?;
    Ok(directory.join("i3pm/ipc.sock"))
}

/// `$XDG_RUNTIME_DIR`, or where a login puts it: a shell without its environment (ssh, cron) still
/// finds the daemon.
#[must_use]
pub fn runtime_directory() -> Option<PathBuf> {
    let named = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    named.or_else(|| {
        let user = rustix::process::getuid().as_raw();
        let usual = PathBuf::from(format!("/run/user/{user}"));
        std::fs::metadata(&usual).is_ok_and(|found| found.is_dir() && found.uid() == user).then_some(usual)
    })
}
