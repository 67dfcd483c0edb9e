//! The variables of the session that a window manager lives in: a caller who asks us to start a
//! program (cron, ssh, a service) may have none of them, and those of the service manager may be of
//! an earlier session.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::{entries, process};

/// What a compositor gives to the programs that it starts. In its own environment it speaks of
/// another compositor.
const OF_COMPOSITORS: [&str; 4] = ["DISPLAY", "WAYLAND_DISPLAY", "SWAYSOCK", "I3SOCK"];

/// Those of `names` that the window manager with this process was started with. If it is a Wayland
/// compositor with a socket in the runtime directory, `WAYLAND_DISPLAY` names that socket, and what
/// it was itself given of this kind is left out. This may wait for the process's memory map.
#[must_use]
pub fn variables(wm: u32, names: &[&str], runtime: &Path) -> Vec<(OsString, OsString)> {
    let environment = process::environment(wm).unwrap_or_default();
    let wayland = wayland_socket(wm, runtime);
    let is_its_own = |name: &&&str| wayland.is_none() || !OF_COMPOSITORS.contains(*name);
    let told = names
        .iter()
        .filter(is_its_own)
        .filter_map(|name| Some((OsString::from(name), process::value(&environment, name)?)));
    let mut variables: Vec<(OsString, OsString)> = told.filter(|(_, value)| !value.is_empty()).collect();
    variables.extend(wayland.map(|name| ("WAYLAND_DISPLAY".into(), name)));
    variables
}

/// The Wayland socket of a process, as `WAYLAND_DISPLAY` has it.
fn wayland_socket(pid: u32, runtime: &Path) -> Option<OsString> {
    let is_display = |name: &OsStr| name.as_bytes().starts_with(b"wayland-") && !name.as_bytes().ends_with(b".lock");
    let names = entries(runtime).map(|entry| entry.file_name()).filter(|name| is_display(name));
    let is_of = |name: &OsString| {
        UnixStream::connect(runtime.join(name)).is_ok_and(|peer| process::pid_behind(peer) == Some(pid))
    };
    names.into_iter().find(is_of)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::*;

    fn told(pid: u32, runtime: &Path) -> Vec<(String, String)> {
        let text = |text: OsString| text.into_string().expect("UTF-8");
        let mut told: Vec<(String, String)> = variables(pid, &["DISPLAY", "PATH", "I3PM_TEST", "XAUTHORITY"], runtime)
            .into_iter()
            .map(|(name, value)| (text(name), text(value)))
            .collect();
        told.sort();
        told.retain(|(name, _)| name != "PATH");
        told
    }

    #[test]
    fn a_session_is_that_of_the_window_manager() {
        let runtime = tempfile::tempdir().expect("a directory");
        let _somebody_elses = UnixListener::bind(runtime.path().join("wayland-0")).expect("a socket");
        let mut command = Command::new("sleep");
        command.arg("100").env("DISPLAY", ":7").env("I3PM_TEST", "x").env("XAUTHORITY", "").env("OTHER", "y");
        let mut wm = command.spawn().expect("a process");
        let of = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        // `spawn` comes back a little before Linux has put the new program's variables in place.
        let until = Instant::now() + Duration::from_secs(10);
        while told(wm.id(), runtime.path()).is_empty() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(told(wm.id(), runtime.path()), [of("DISPLAY", ":7"), of("I3PM_TEST", "x")]);
        wm.kill().and_then(|()| wm.wait()).expect("it ends");
        assert_eq!(told(wm.id(), runtime.path()), []);
        // A compositor, which may live inside another one.
        let found = told(std::process::id(), runtime.path());
        assert!(found.contains(&of("WAYLAND_DISPLAY", "wayland-0")), "{found:?}");
        assert!(!found.iter().any(|(name, _)| name == "DISPLAY"), "{found:?}");
    }
}
