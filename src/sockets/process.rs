//! What `/proc` tells of a process: which one is behind a socket, and what it was started with.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt;

use rustix::net::sockopt::socket_peercred;

/// How much of a process's environment is looked at, in bytes.
pub const ENVIRONMENT_BYTES_MAX: u64 = 1 << 20;
/// More than any `/proc/PID/stat` has, in bytes.
const STAT_BYTES_MAX: u64 = 4096;

/// What `/proc/PID/stat` says of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// The process that started it, or took it over.
    pub parent: u32,
    /// When it was started, in clock ticks since boot: with the process id this names it for as
    /// long as the machine runs.
    pub start_time: u64,
    /// It has not ended. A process that has ended is listed until somebody has waited for it.
    pub lives: bool,
}

impl Stat {
    /// What is known of a process; nothing if there is none. This never waits for the process.
    #[must_use]
    pub fn of(pid: u32) -> Option<Stat> {
        let mut bytes = Vec::with_capacity(512);
        File::open(format!("/proc/{pid}/stat")).ok()?.take(STAT_BYTES_MAX).read_to_end(&mut bytes).ok()?;
        Stat::parse(&String::from_utf8_lossy(&bytes))
    }

    /// Fields 3, 4 and 22. The second field is the program's name in parentheses, and may hold
    /// spaces and parentheses itself.
    #[must_use]
    pub fn parse(stat: &str) -> Option<Stat> {
        let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        let start_time = fields.nth(17)?.parse().ok()?;
        Some(Stat { parent, start_time, lives: !matches!(state, "Z" | "X" | "x") })
    }
}

/// The environment that a process was given, as far as it is looked at: `NAME=VALUE`, each with a
/// NUL after it. This may wait for the process's memory map.
///
/// # Errors
/// There is no such process, or it is another user's, or may not be traced.
pub fn environment(pid: u32) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(format!("/proc/{pid}/environ"))?.take(ENVIRONMENT_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The value of a variable in the bytes of an environment.
#[must_use]
pub fn variable<'a>(environment: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut entries = environment.split(|byte| *byte == 0);
    entries.find_map(|entry| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
}

/// The same as an entry in the environment of a program.
#[must_use]
pub fn value(environment: &[u8], name: &str) -> Option<OsString> {
    Some(OsString::from_vec(variable(environment, name)?.to_vec()))
}

/// The process at the other end of a Unix socket, if the kernel says.
#[must_use]
pub fn pid_behind(socket: impl AsFd) -> Option<u32> {
    u32::try_from(socket_peercred(socket).ok()?.pid.as_raw_nonzero().get()).ok()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_numbers_are_found_behind_any_name() {
        let stat = "7 (a) b (c)) S 41 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        assert_eq!(Stat::parse(stat), Some(Stat { parent: 41, start_time: 4711, lives: true }));
        assert_eq!(Stat::parse("7 (a"), None);
    }

    #[test]
    fn who_has_ended_and_was_not_waited_for_lives_no_more() {
        let mut child = Command::new("sleep").arg("100").spawn().expect("a child");
        let living = Stat::of(child.id()).expect("it is there");
        assert!(living.lives && living.parent == std::process::id(), "{living:?}");
        child.kill().expect("it can be killed");
        while Stat::of(child.id()).expect("nobody has waited for it").lives {
            std::thread::yield_now();
        }
        child.wait().expect("it has ended");
        assert_eq!(Stat::of(child.id()), None);
    }

    #[test]
    fn variables_are_found_by_their_whole_name() {
        let environment = b"AB=1\0A=x=y\0B=\0";
        assert_eq!(variable(environment, "A"), Some(b"x=y".as_slice()));
        assert_eq!(variable(environment, "B"), Some(b"".as_slice()));
        assert_eq!(variable(environment, "C"), None);
    }
}
