//! What the kernel tells of other processes without ever blocking: `comm`, and who is behind a
//! socket.
//!
//! Everything else in `/proc/PID` may hang on that process's memory map and belongs to the worker.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;

use crate::core::Process;

/// The kernel's own limit of a thread's name is 15 bytes.
const COMMAND_BYTES_MAX: u64 = 64;

/// The name of a process's program, lossily decoded; `None` if there is no such process.
#[must_use]
pub fn command(pid: u32) -> Option<String> {
    let mut bytes = Vec::with_capacity(32);
    File::open(format!("/proc/{pid}/comm")).ok()?.take(COMMAND_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned())
}

/// The process at the other end of a Unix socket; nothing is known if the kernel does not say.
#[must_use]
pub fn behind(socket: impl AsFd) -> Process {
    let Ok(credentials) = rustix::net::sockopt::socket_peercred(socket) else { return Process::default() };
    let pid = u32::try_from(credentials.pid.as_raw_nonzero().get()).ok();
    Process { pid, uid: Some(credentials.uid.as_raw()), command: pid.and_then(command) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_are_behind_our_own_pair() {
        let (one, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        let process = behind(&one);
        assert_eq!(process.pid, Some(std::process::id()));
        assert_eq!(process.uid, Some(rustix::process::getuid().as_raw()));
        assert!(process.command.is_some_and(|command| !command.is_empty() && !command.contains('\n')));
    }

    #[test]
    fn nobody_has_no_command() {
        assert_eq!(command(u32::MAX), None);
    }
}
