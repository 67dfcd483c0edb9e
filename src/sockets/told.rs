//! Sockets that lie where nobody would look: `ipc-socket` in i3's configuration, a SWAYSOCK of the
//! user's own.
//!
//! i3 tells its socket on the root window of its display, and every program of a session has the
//! variables of that session in its environment. A process counts as one of our session when it has
//! our runtime directory: what a second session of the user says leads to another window manager.
//! All of this may wait for others.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::process::{self, environment, variable};
use crate::wire::x11::{self, RootProperty};

/// How many processes are looked at: the newest have the highest numbers, and are looked at first.
const PROCESSES_MAX: usize = 2048;
/// How many displays are asked.
const DISPLAYS_MAX: usize = 4;
/// How many sockets are told.
const SOCKETS_MAX: usize = 8;
/// How long an X server may take for all that is asked of it.
const DISPLAY_TIMEOUT: Duration = Duration::from_millis(300);
/// The largest X11 authority file, in bytes.
const AUTHORITY_BYTES_MAX: u64 = 1 << 20;
/// Bytes of an X server that are read at a time.
const BUFFER_BYTES: usize = 4096;
/// What i3 puts on the root window.
const PROPERTY: &[u8] = b"I3_SOCKET_PATH";

/// Where an X server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its socket.
    pub path: PathBuf,
    /// Its number.
    pub number: u16,
    /// The file with its cookie. If the file is missing, there is no cookie; an X server may let us
    /// in all the same.
    pub authority: PathBuf,
}

impl Place {
    /// The local display that an environment names, if any.
    #[must_use]
    pub fn named_by(variable: impl Fn(&str) -> Option<OsString>) -> Option<Place> {
        let (path, number) = x11::local_display(variable("DISPLAY")?.to_str()?)?;
        let authority = variable("XAUTHORITY").filter(|value| !value.is_empty()).map(PathBuf::from);
        let authority = authority.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".Xauthority")));
        Some(Place { path, number, authority: authority.unwrap_or_default() })
    }

    /// The addresses of its socket. The abstract one first, as Xlib does; it is there in sandboxes
    /// without `/tmp`.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let name = self.path.as_os_str().as_encoded_bytes();
        let hidden = SocketAddr::from_abstract_name(name);
        hidden.into_iter().chain(SocketAddr::from_pathname(&self.path)).collect()
    }

    /// What lets us in, from the bytes of its authority file.
    #[must_use]
    pub fn authorization(&self, authority: &[u8]) -> x11::Authorization {
        let host = rustix::system::uname().nodename().to_bytes().to_vec();
        x11::cookie(authority, &host, self.number).unwrap_or_default()
    }
}

/// The sockets that others tell. `runtime` is our runtime directory. This takes `limit` at most: a
/// thread that waits for somebody is left behind, and ends by itself.
#[must_use]
pub fn told_within(limit: Duration, runtime: Option<PathBuf>, uid: u32) -> Vec<PathBuf> {
    let (sender, receiver) = mpsc::channel();
    let look = move || drop(sender.send(told(runtime.as_deref(), uid)));
    match std::thread::Builder::new().spawn(look) {
        Ok(_) => receiver.recv_timeout(limit).unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

/// The sockets that others tell, those of our own environment's display first. This may wait for
/// others.
#[must_use]
pub fn told(runtime: Option<&Path>, uid: u32) -> Vec<PathBuf> {
    let mut places: Vec<Place> = Place::named_by(|name| std::env::var_os(name)).into_iter().collect();
    let mut variables = Vec::new();
    for pid in processes(uid) {
        let Ok(environment) = environment(pid) else { continue };
        if !is_of_session(&environment, runtime, uid) {
            continue;
        }
        let value = |name: &str| process::value(&environment, name);
        variables.extend(["SWAYSOCK", "I3SOCK"].into_iter().filter_map(value).map(PathBuf::from));
        places.extend(Place::named_by(value));
    }
    let mut asked: Vec<Place> = Vec::new();
    for place in places {
        if asked.len() < DISPLAYS_MAX && !asked.iter().any(|other| other.number == place.number) {
            asked.push(place);
        }
    }
    let on_roots = asked.iter().filter_map(|place| root_property(place).ok().flatten());
    let mut sockets: Vec<PathBuf> = Vec::new();
    for socket in on_roots.chain(variables) {
        if socket.is_absolute() && !sockets.contains(&socket) && sockets.len() < SOCKETS_MAX {
            sockets.push(socket);
        }
    }
    sockets
}

/// The processes of a user, newest first.
fn processes(uid: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut pids: Vec<u32> = numbers.collect();
    pids.sort_unstable_by(|one, other| other.cmp(one));
    pids.truncate(PROCESSES_MAX);
    pids.retain(|pid| {
        *pid != std::process::id() && fs::metadata(format!("/proc/{pid}")).is_ok_and(|found| found.uid() == uid)
    });
    pids
}

/// Does a process have the same runtime directory as we? A process without one counts for the usual
/// one.
fn is_of_session(environment: &[u8], runtime: Option<&Path>, uid: u32) -> bool {
    let usual = || format!("/run/user/{uid}").into_bytes();
    let theirs = variable(environment, "XDG_RUNTIME_DIR").filter(|value| !value.is_empty());
    let theirs = theirs.map_or_else(usual, <[u8]>::to_vec);
    runtime.is_some_and(|ours| ours == Path::new(&OsString::from_vec(theirs)))
}

/// What i3 has put on the root window of a display.
fn root_property(place: &Place) -> io::Result<Option<PathBuf>> {
    let until = Instant::now() + DISPLAY_TIMEOUT;
    let mut connected = place.addresses().into_iter().map(|address| UnixStream::connect_addr(&address));
    let mut stream = connected.find_map(Result::ok).ok_or(io::ErrorKind::NotFound)?;
    let mut authority = Vec::new();
    if let Ok(file) = fs::File::open(&place.authority) {
        file.take(AUTHORITY_BYTES_MAX).read_to_end(&mut authority)?;
    }
    let mut question = RootProperty::new(&place.authorization(&authority), PROPERTY);
    let mut buffer = [0; BUFFER_BYTES];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_write_timeout(Some(left))?;
        stream.write_all(&question.take_output())?;
        if let Some(answer) = question.answer() {
            return Ok(answer.map(|bytes| PathBuf::from(OsString::from_vec(bytes))));
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => question.receive(&buffer[..count]).map_err(io::Error::other)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn environments() {
        let place = |variables: &[(&str, &str)]| {
            Place::named_by(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
        };
        let found = place(&[("DISPLAY", ":7"), ("HOME", "/h"), ("XAUTHORITY", "")]).expect("a display");
        assert_eq!((found.number, found.authority), (7, PathBuf::from("/h/.Xauthority")));
        let found = place(&[("DISPLAY", ":7.0"), ("HOME", "/h"), ("XAUTHORITY", "/a")]).expect("a display");
        assert_eq!(found.authority, PathBuf::from("/a"));
        assert_eq!(place(&[("HOME", "/h")]), None);
        assert_eq!(place(&[("DISPLAY", "far:0")]), None);
    }

    #[test]
    fn processes_of_our_session_tell_and_others_do_not() {
        let directory = tempfile::tempdir().expect("a directory");
        let runtime = |name: &str| directory.path().join(name);
        let sleep = |runtime: &Path, socket: &str| {
            let mut command = Command::new("sleep");
            command.arg("100").env("XDG_RUNTIME_DIR", runtime).env("SWAYSOCK", socket).env_remove("DISPLAY");
            command.spawn().expect("a child")
        };
        let children = [sleep(&runtime("ours"), "/of/ours.sock"), sleep(&runtime("theirs"), "/of/theirs.sock")];
        let uid = rustix::process::getuid().as_raw();
        let mut told = Vec::new();
        for _ in 0..1000 {
            told = super::told(Some(&runtime("ours")), uid);
            if !told.is_empty() {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        for mut child in children {
            child.kill().expect("it can be killed");
            child.wait().expect("it ends");
        }
        assert!(told.contains(&PathBuf::from("/of/ours.sock")), "{told:?}");
        assert!(!told.contains(&PathBuf::from("/of/theirs.sock")), "{told:?}");
    }

    #[test]
    fn without_a_runtime_directory_in_its_environment_a_process_is_of_the_usual_one() {
        let usual = Path::new("/run/user/7");
        assert!(is_of_session(b"A=1\0", Some(usual), 7));
        assert!(is_of_session(b"XDG_RUNTIME_DIR=/run/user/7\0", Some(usual), 7));
        assert!(!is_of_session(b"XDG_RUNTIME_DIR=/tmp/x\0", Some(usual), 7));
        assert!(!is_of_session(b"A=1\0", Some(Path::new("/tmp/x")), 7));
        assert!(!is_of_session(b"A=1\0", None, 7));
    }
}
