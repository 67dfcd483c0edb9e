//! What is around the daemon: variables, permissions, files, versions, the service manager.

use std::fs;
use std::io::Read;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{Access, access};

use super::check::{Check, Daemon, FIX, Places, RESTART_BOTH};
use crate::api::StateDump;
use crate::core::keep::runtime::Runtime;
use crate::core::{StoreFile, WmKind, store_faults};
use crate::files::{STORE_BYTES_MAX, read_within};

/// The oldest versions that are tested.
const OLDEST_TESTED: [(WmKind, (u32, u32)); 2] = [(WmKind::I3, (4, 22)), (WmKind::Sway, (1, 7))];
/// The unit of the service manager.
const UNIT: &str = "i3pm.service";
/// What desktops start, but plain i3 and sway do not: the unit is started with it, if the unit is
/// enabled.
const SESSION: &str = "graphical-session.target";
/// What starts the unit with a session that has no such target.
const SESSION_LINE: &str = "in the configuration of i3 or sway: exec --no-startup-id systemctl --user start i3pm";

/// Is the window manager one of those that are tested, or newer?
pub fn wm_version(kind: WmKind, version: &str) -> Check {
    let oldest = OLDEST_TESTED.iter().find(|(tested, _)| *tested == kind).map_or((0, 0), |(_, oldest)| *oldest);
    let name = kind.name();
    match version_of(version) {
        Some(found) if found >= oldest => Check::ok("wm-version", format!("{name} {}.{}", found.0, found.1)),
        Some((major, minor)) => {
            let text = format!("{name} {major}.{minor} is older than {}.{}, the oldest tested", oldest.0, oldest.1);
            Check::warning("wm-version", text, format!("a newer {name}"))
        }
        None => {
            Check::warning("wm-version", format!("{name} says {version:?}, which is no version"), "nothing is known")
        }
    }
}

/// The first two numbers of `4.22 (2023-01-02)` or `sway version 1.7`.
fn version_of(text: &str) -> Option<(u32, u32)> {
    let start = text.find(|character: char| character.is_ascii_digit())?;
    let mut numbers = text[start..].split(|character: char| !character.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// May others reach what is the user's alone?
pub fn permissions(places: &Places) -> Vec<Check> {
    let us = places.environment.uid;
    let mut faults = Vec::new();
    let mut look = |path: &Path, forbidden: u32, fix: &str| {
        let Ok(found) = fs::metadata(path) else { return };
        let (mode, shown) = (found.mode() & 0o777, path.display());
        if found.uid() != us {
            let text = format!("{shown} belongs to user {}, and we are {us}", found.uid());
            // If somebody listens, it is the socket of a daemon that lives.
            let repair = match UnixStream::connect(path) {
                Err(_) if us != 0 => format!("remove {shown} as its owner; {RESTART_HINT}"),
                _ => format!("look as user {}", found.uid()),
            };
            faults.push(Check::problem("permissions", text, repair));
        } else if mode & forbidden != 0 {
            let text = format!("{shown} has mode {mode:03o}: others may use it");
            faults.push(Check::problem("permissions", text, format!("chmod {fix} {shown}")));
        }
    };
    look(&places.socket, 0o077, "600");
    for directory in directories(places) {
        look(&directory, 0o077, "700");
    }
    match faults.is_empty() {
        true => vec![Check::ok("permissions", "socket and directories are yours alone")],
        false => faults,
    }
}

const RESTART_HINT: &str = "then restart i3pmd";

/// The daemon's own directories, if they can be told: that of the runtime, the data and the
/// state.
fn directories(places: &Places) -> Vec<PathBuf> {
    StoreFile::EACH.into_iter().filter_map(|file| Some(store(places, file)?.parent()?.to_owned())).collect()
}

fn store(places: &Places, file: StoreFile) -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let below_home = |name: &str, usual: &str| variable(name).or_else(|| Some(variable("HOME")?.join(usual)));
    let directory = match file {
        StoreFile::Projects => below_home("XDG_DATA_HOME", ".local/share"),
        StoreFile::State => below_home("XDG_STATE_HOME", ".local/state"),
        StoreFile::Runtime => places.runtime.clone(),
    };
    Some(directory?.join("i3pm").join(file.name()))
}

/// Do the variables of this environment lead somewhere?
pub fn variables(places: &Places) -> Vec<Check> {
    let mut faults = Vec::new();
    match std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from) {
        None => {
            let repair = "log in through a session that sets it (pam_systemd, elogind)";
            faults.push(Check::warning("environment", "XDG_RUNTIME_DIR is not set", repair));
        }
        Some(path) if !path.is_dir() => {
            let text = format!("XDG_RUNTIME_DIR is {}, which is no directory", path.display());
            faults.push(Check::problem("environment", text, "log in again, or set it to /run/user/UID"));
        }
        Some(_) => {}
    }
    let environment = &places.environment;
    for (name, path) in [("SWAYSOCK", &environment.swaysock), ("I3SOCK", &environment.i3sock)] {
        let Some(path) = path else { continue };
        if let Err(error) = UnixStream::connect(path) {
            let text = format!("{name} is stale: {}: {error}", path.display());
            faults.push(Check::warning("environment", text, format!("unset {name}")));
        }
    }
    // If there are none, as over ssh, programs are started with those of the window manager.
    let display = environment.display.as_deref().filter(|text| !text.is_empty());
    let wayland = environment.wayland_display.as_deref().filter(|text| !text.is_empty());
    if let Some(display) = display.filter(|display| is_dead_display(display)) {
        let text = format!("DISPLAY is stale: nobody listens at {display}");
        faults.push(Check::warning("environment", text, "unset DISPLAY"));
    }
    if let Some(name) = wayland
        && let Some(path) = places.runtime.as_ref().map(|runtime| runtime.join(name))
        && let Err(error) = UnixStream::connect(&path)
    {
        let text = format!("WAYLAND_DISPLAY is stale: {}: {error}", path.display());
        faults.push(Check::warning("environment", text, "unset WAYLAND_DISPLAY"));
    }
    match faults.is_empty() {
        true => vec![Check::ok("environment", "every variable leads somewhere")],
        false => faults,
    }
}

/// A local display, `:N` or `:N.S`, at whose sockets nobody listens. Other displays never count as
/// dead.
fn is_dead_display(display: &str) -> bool {
    let Some(number) = display.strip_prefix(':') else { return false };
    let number = number.split('.').next().unwrap_or(number);
    let path = format!("/tmp/.X11-unix/X{number}");
    let hidden = SocketAddr::from_abstract_name(&path).and_then(|address| UnixStream::connect_addr(&address));
    hidden.is_err() && UnixStream::connect(&path).is_err()
}

/// Can the daemon's files be read, and do they say what its table says?
pub fn files(places: &Places, dump: Option<&StateDump>) -> Vec<Check> {
    let mut faults: Vec<Check> = dump
        .into_iter()
        .flat_map(|dump| &dump.files)
        .map(|fault| Check::warning("files", fault.text.clone(), "as it says"))
        .collect();
    let mut read = Vec::new();
    for file in StoreFile::EACH {
        let Some(path) = store(places, file) else { continue };
        // The directory, or the one that it is to be made in.
        let place = path.ancestors().skip(1).find(|place| place.exists());
        if let Some((place, error)) = place.and_then(|place| Some((place, access(place, Access::WRITE_OK).err()?))) {
            let text = format!("{} cannot be written: {error}", place.display());
            faults.push(Check::problem("files", text, "make it writable; what is created until then may be lost"));
        }
        let shown = path.display().to_string();
        match read_within(&path, STORE_BYTES_MAX, places.timeout) {
            Ok(bytes) => {
                let found = store_faults(file, bytes.clone());
                if found.is_empty() {
                    read.push(file.name());
                }
                let repair = "restart i3pmd: it keeps the file aside and says what is lost";
                faults.extend(found.iter().map(|fault| Check::problem("files", fault.at(&shown), repair)));
                if let (StoreFile::Runtime, Some(dump), true) = (file, dump, found.is_empty()) {
                    faults.extend(disagreements(&String::from_utf8_lossy(&bytes), dump));
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if let (StoreFile::Runtime, Some(dump)) = (file, dump)
                    && !dump.containers.is_empty()
                {
                    let text = format!("{shown} is not there, and windows are hidden");
                    faults.push(Check::warning("files", text, FIX));
                }
            }
            Err(error) => {
                let text = format!("{shown} cannot be read: {error}");
                faults.push(Check::problem("files", text, "make it readable, then run i3pm reload"));
            }
        }
        let bad = path.with_extension("json.bad");
        if bad.exists() {
            let text = format!("{} was kept aside: it could not be used", bad.display());
            faults.push(Check::warning("files", text, "mend it and move it back, or remove it"));
        }
    }
    match faults.is_empty() {
        true if read.is_empty() => vec![Check::ok("files", "none was written yet")],
        true => vec![Check::ok("files", format!("{} can be read", read.join(", ")))],
        false => faults,
    }
}

/// Does the runtime file know what is hidden? Windows that were closed since do not matter.
fn disagreements(text: &str, dump: &StateDump) -> Vec<Check> {
    let Ok(runtime) = Runtime::from_text(text) else { return Vec::new() };
    if !dump.settled {
        return Vec::new();
    }
    let written = |serial: &u64| runtime.hidden.iter().any(|container| container.windows.contains(serial));
    let unwritten = dump.containers.iter().filter(|container| !container.windows.iter().any(written)).count();
    let mut faults = Vec::new();
    if unwritten > 0 {
        let text = format!("runtime.json does not know {unwritten} of the hidden containers");
        faults.push(Check::warning("files", text, FIX));
    }
    if let (Some(written), Some(active)) = (&runtime.active, &dump.active)
        && written != active
    {
        let text = format!("runtime.json says that project {written} is active, and the daemon {active}");
        faults.push(Check::warning("files", text, FIX));
    }
    faults
}

/// What the service manager says of the unit.
pub struct Unit {
    loaded: String,
    active: String,
    result: String,
    is_enabled: bool,
    has_session: bool,
}

impl Unit {
    /// Does the service run?
    pub fn is_active(&self) -> bool {
        self.active == "active"
    }
}

/// Ask the service manager, if there is one.
pub fn unit(timeout: Duration) -> Option<Unit> {
    let properties = "--property=LoadState,ActiveState,UnitFileState,Result";
    let answer = ask_service_manager(timeout, &[UNIT, SESSION, properties])?;
    // One unit after the other, with an empty line between.
    let (unit, session) = answer.split_once("\n\n").unwrap_or((&answer, ""));
    let value = |of: &str, name: &str| {
        of.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default().to_owned()
    };
    Some(Unit {
        loaded: value(unit, "LoadState"),
        active: value(unit, "ActiveState"),
        result: value(unit, "Result"),
        is_enabled: value(unit, "UnitFileState") != "disabled",
        has_session: value(session, "ActiveState") == "active",
    })
}

/// Does the service manager know the daemon, and does the session start it? `elsewhere`: a daemon
/// serves, and does not answer at our socket.
pub fn service(unit: Option<&Unit>, socket: &Path, daemon: &Daemon, elsewhere: bool) -> Check {
    let Some(Unit { loaded, active, result, is_enabled, has_session }) = unit else {
        return Check::ok("service", "there is no service manager of the user here");
    };
    let (is_enabled, has_session) = (*is_enabled, *has_session);
    let may_live = !matches!(daemon, Daemon::Absent(_));
    match (loaded.as_str(), active.as_str()) {
        ("not-found", _) => Check::ok("service", format!("there is no {UNIT}; i3pmd is started by other means")),
        (_, "failed") => {
            let text = format!("{UNIT} has failed ({})", result);
            let repair = "systemctl --user reset-failed i3pm && systemctl --user start i3pm; journalctl --user -u i3pm \
                          tells why";
            Check::problem("service", text, repair)
        }
        ("loaded", "active") if matches!(daemon, Daemon::Absent(_)) => {
            let text = format!("{UNIT} is active, and nobody answers at {}: its socket was removed", socket.display());
            Check::problem("service", text, RESTART_BOTH)
        }
        ("loaded", "active") if !is_enabled && has_session => {
            let text = format!("{UNIT} is active, but not enabled: it does not come up at the next login");
            Check::warning("service", text, "systemctl --user enable i3pm")
        }
        ("loaded", "active") if !is_enabled => {
            Check::ok("service", format!("{UNIT} is active; it comes up where the session starts it"))
        }
        ("loaded", "active") => Check::ok("service", format!("{UNIT} is active, enabled")),
        ("loaded", _) if may_live || elsewhere => {
            Check::ok("service", format!("{UNIT} is {active}; the daemon was started by other means"))
        }
        ("loaded", _) if has_session => {
            let repair = if is_enabled { "systemctl --user start i3pm" } else { "systemctl --user enable --now i3pm" };
            Check::problem("service", format!("{UNIT} is {active}"), repair)
        }
        ("loaded", _) => {
            let text = format!("{UNIT} is {active}, and this session has no {SESSION} that would start it");
            Check::problem("service", text, SESSION_LINE)
        }
        _ => Check::problem("service", format!("{UNIT} cannot be loaded ({loaded})"), "systemctl --user status i3pm"),
    }
}

/// What `systemctl show` says of units; nothing if there is no service manager, or it does not
/// answer.
#[must_use]
pub fn ask_service_manager(timeout: Duration, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("systemctl");
    command.args(["--user", "show"]).args(arguments);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let until = Instant::now() + timeout;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => break,
            Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(2)),
            _ => {
                // It does not answer, or it is gone already.
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
    let mut answer = String::new();
    child.stdout.take()?.read_to_string(&mut answer).ok()?;
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::State;

    #[test]
    fn versions() {
        assert_eq!(version_of("4.22 (2023-01-02)"), Some((4, 22)));
        assert_eq!(version_of("sway version 1.10.1"), Some((1, 10)));
        assert_eq!(version_of("git"), None);
        assert_eq!(wm_version(WmKind::I3, "4.24").state, State::Ok);
        assert_eq!(wm_version(WmKind::I3, "4.8").state, State::Warning);
        assert_eq!(wm_version(WmKind::Sway, "sway version 1.6.1").state, State::Warning);
        assert_eq!(wm_version(WmKind::Sway, "sway version 2.0-dev").state, State::Ok);
    }

    #[test]
    fn displays() {
        assert!(is_dead_display(":98765"));
        assert!(is_dead_display(":98765.0"));
        assert!(!is_dead_display("elsewhere:0"), "nothing is known of others");
    }
}
