//! The claim on a window manager: of all daemons only the one that has it serves that window
//! manager.
//!
//! It is an abstract Unix socket that listens. Its name is made of our user, the window manager's
//! process and start time, and the file of its socket, so it is the same for every daemon, whatever
//! its runtime directory is, and it is free the moment its holder is gone. Whoever finds it taken
//! connects to it: the kernel says who holds it, and the connection ends when it is free.
//!
//! Anybody can take an abstract name. So there are a few names for each window manager, and a name
//! that another user holds is passed over.

use std::fmt;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use super::process::Stat;

/// How many names a claim has.
const NAMES_MAX: usize = 4;
/// How often we look again at a name that somebody took between our look and our bind.
const ATTEMPTS_MAX: usize = 3;
/// The longest place that a holder says, in bytes.
pub const PLACE_BYTES_MAX: usize = 1024;
/// How many daemons may wait to be accepted.
const BACKLOG: i32 = 64;

/// Names the claim on one window manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    uid: u32,
    name: String,
}

/// Who has a claim.
#[derive(Debug)]
pub struct Holder {
    /// A connection that ends with the claim. It never blocks.
    pub stream: UnixStream,
    /// Its process, if the kernel says.
    pub pid: Option<u32>,
}

impl Holder {
    /// Where it answers, if it says so in time.
    #[must_use]
    pub fn place(mut self, limit: Duration) -> Option<String> {
        let until = Instant::now() + limit;
        self.stream.set_nonblocking(false).ok()?;
        let (mut said, mut buffer) = (Vec::new(), [0; 256]);
        while said.len() < PLACE_BYTES_MAX && !said.ends_with(b"\n") {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            self.stream.set_read_timeout(Some(left)).ok()?;
            match self.stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(count) => said.extend_from_slice(&buffer[..count]),
                Err(_) => return None,
            }
        }
        Some(String::from_utf8_lossy(&said).trim_end().to_owned()).filter(|place| !place.is_empty())
    }
}

/// What came of trying to take a claim.
#[derive(Debug)]
pub enum Taken {
    /// It is ours for as long as this socket is open, which never blocks.
    Ours(UnixListener),
    /// Another daemon of this user has it.
    Held(Holder),
    /// It cannot be had, and no daemon is the reason: we do without it.
    Unavailable(String),
}

enum Look {
    /// Nobody has the name.
    Free,
    /// A daemon of this user has it.
    Ours(Holder),
    /// Somebody else has it, or nothing can be said about who does.
    Foreign,
}

impl Claim {
    /// The claim on the window manager that listens at this path, with this process.
    ///
    /// # Errors
    /// The path cannot be looked at.
    pub fn on(socket: &Path, pid: Option<u32>, uid: u32) -> io::Result<Claim> {
        let file = std::fs::metadata(socket)?;
        let pid = pid.unwrap_or_default();
        let start_time = Stat::of(pid).map_or(0, |stat| stat.start_time);
        Ok(Claim { uid, name: format!("i3pm/{uid}/{pid}-{start_time}/{}-{}", file.dev(), file.ino()) })
    }

    /// Take it, unless another daemon of this user has it.
    #[must_use]
    pub fn take(&self) -> Taken {
        for _ in 0..ATTEMPTS_MAX {
            let mut free = None;
            for index in 0..NAMES_MAX {
                match self.look(index) {
                    Look::Ours(holder) => return Taken::Held(holder),
                    Look::Free => free = free.or(Some(index)),
                    Look::Foreign => {}
                }
            }
            let Some(index) = free else {
                return Taken::Unavailable(format!("all of its {NAMES_MAX} names are taken by other users"));
            };
            match self.bind(index) {
                Ok(listener) => {
                    // Two daemons that saw different names in the hands of another user may each
                    // have taken one: whoever sees that gives way.
                    let others = (0..NAMES_MAX).filter(|other| *other != index);
                    let mut looks = others.map(|other| self.look(other));
                    return match looks.find_map(|look| if let Look::Ours(holder) = look { Some(holder) } else { None })
                    {
                        Some(holder) => Taken::Held(holder),
                        None => Taken::Ours(listener),
                    };
                }
                Err(Errno::ADDRINUSE) => {}
                Err(error) => return Taken::Unavailable(error.to_string()),
            }
        }
        Taken::Unavailable("its names change hands too fast".to_owned())
    }

    /// The daemon that has it, if any.
    #[must_use]
    pub fn holder(&self) -> Option<Holder> {
        (0..NAMES_MAX).find_map(|index| if let Look::Ours(holder) = self.look(index) { Some(holder) } else { None })
    }

    fn look(&self, index: usize) -> Look {
        let connect = || -> rustix::io::Result<OwnedFd> {
            let socket = socket()?;
            rustix::net::connect(&socket, &self.address(index)?)?;
            Ok(socket)
        };
        match connect() {
            Ok(socket) => match rustix::net::sockopt::socket_peercred(&socket) {
                Ok(them) if them.uid.as_raw() == self.uid => {
                    let pid = u32::try_from(them.pid.as_raw_nonzero().get()).ok();
                    Look::Ours(Holder { stream: UnixStream::from(socket), pid })
                }
                _ => Look::Foreign,
            },
            Err(Errno::CONNREFUSED | Errno::NOENT) => Look::Free,
            Err(_) => Look::Foreign,
        }
    }

    fn bind(&self, index: usize) -> rustix::io::Result<UnixListener> {
        let socket = socket()?;
        rustix::net::bind(&socket, &self.address(index)?)?;
        rustix::net::listen(&socket, BACKLOG)?;
        Ok(UnixListener::from(socket))
    }

    fn address(&self, index: usize) -> rustix::io::Result<SocketAddrUnix> {
        SocketAddrUnix::new_abstract_name(format!("{}/{index}", self.name).as_bytes())
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "@{}", self.name)
    }
}

fn socket() -> rustix::io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    fn us() -> u32 {
        rustix::process::getuid().as_raw()
    }

    #[test]
    fn one_has_it_and_the_others_learn_who_and_when_it_is_free() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("wm.sock");
        let _wm = UnixListener::bind(&path).expect("a socket");
        let claim = || Claim::on(&path, Some(std::process::id()), us()).expect("it is there");
        let Taken::Ours(first) = claim().take() else { panic!("it is free") };
        // The same socket by another path, as from another mount.
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        let second = Claim::on(&link, Some(std::process::id()), us()).expect("it is there");
        let Taken::Held(mut holder) = second.take() else { panic!("taken twice") };
        assert_eq!(holder.pid, Some(std::process::id()));
        let mut buffer = [0; 8];
        assert_eq!(holder.stream.read(&mut buffer).expect_err("it is held").kind(), ErrorKind::WouldBlock);
        drop(first);
        // Nobody had accepted it: the kernel resets it.
        assert!(!matches!(holder.stream.read(&mut buffer), Err(error) if error.kind() == ErrorKind::WouldBlock));
        assert!(second.holder().is_none());
        assert!(matches!(second.take(), Taken::Ours(_)));
    }

    #[test]
    fn each_window_manager_has_its_own() {
        let directory = tempfile::tempdir().expect("a directory");
        let bind = |name: &str| UnixListener::bind(directory.path().join(name)).expect("a socket");
        let _wms = (bind("one"), bind("two"));
        let claim =
            |name: &str| Claim::on(&directory.path().join(name), Some(std::process::id()), us()).expect("there");
        let Taken::Ours(_one) = claim("one").take() else { panic!("it is free") };
        assert!(matches!(claim("two").take(), Taken::Ours(_)));
    }

    #[test]
    fn names_that_another_user_has_taken_are_passed_over() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("wm.sock");
        let _wm = UnixListener::bind(&path).expect("a socket");
        let ours = Claim::on(&path, Some(std::process::id()), us()).expect("it is there");
        // The same names, as another user would have them: for that user, we are somebody else.
        let theirs = Claim { uid: us() + 1, name: ours.name.clone() };
        let squatted: Vec<_> = (0..2).map(|index| ours.bind(index).expect("it is free")).collect();
        let Taken::Ours(listener) = theirs.take() else { panic!("squatters block it") };
        let address = listener.local_addr().expect("an address");
        let name = std::os::linux::net::SocketAddrExt::as_abstract_name(&address).expect("a name");
        assert!(name.ends_with(b"/2"), "{}", name.escape_ascii());
        let _rest: Vec<_> = (3..NAMES_MAX).map(|index| ours.bind(index).expect("it is free")).collect();
        assert!(matches!(theirs.take(), Taken::Unavailable(_)));
        drop(squatted);
    }
}
