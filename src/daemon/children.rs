//! The programs that were started: what each says before it runs, and its end. Nothing here waits.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind, PipeReader, Read};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitStatus;

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::launcher;
use crate::api::LAUNCH_STARTED;
use crate::core::{Event, LaunchId};

/// How much a child may say before its program runs, in bytes; the rest is left unread.
pub const REPORT_BYTES_MAX: usize = 4096;
/// Tokens of ours: above those of the sources that are there once, below those of peers.
const TOKENS: std::ops::Range<usize> = 1 << 10..1 << 30;

/// All children.
#[derive(Debug, Default)]
pub struct Children {
    known: BTreeMap<usize, Child>,
    /// Those of whom there may be news.
    stirred: BTreeSet<usize>,
    count: usize,
}

#[derive(Debug)]
struct Child {
    launch: LaunchId,
    check: bool,
    process: std::process::Child,
    start_time: u64,
    end: OwnedFd,
    /// Until it is known whether the program runs.
    report: Option<PipeReader>,
    said: Vec<u8>,
    /// The program runs, so its end is worth telling.
    runs: bool,
    /// It was asked to end, and is not waited for before it is ended: so its process id, which is also that of its group, is nobody else's.
    kept: bool,
}

impl Children {
    /// Is this a token of ours?
    #[must_use]
    pub fn owns(token: Token) -> bool {
        TOKENS.contains(&token.0)
    }

    /// Watch one more. An event that comes back says that it cannot be watched; then it is ended.
    pub fn add(&mut self, registry: &Registry, child: launcher::Child) -> Option<Event> {
        let launcher::Parts { launch, check, mut process, start_time, end, report } = child.take()?;
        // Two tokens for each, used again only after hundreds of millions of launches.
        let token = TOKENS.start + (2 * self.count) % TOKENS.len();
        self.count += 1;
        let watched = rustix::io::ioctl_fionbio(&report, true)
            .map_err(io::Error::from)
            .and_then(|()| watch(registry, &report, token))
            .and_then(|()| watch(registry, &end, token + 1));
        if let Err(error) = watched {
            let _ = process.kill();
            let _ = process.wait();
            return Some(Event::LaunchFailed { launch, reason: format!("its process cannot be watched: {error}") });
        }
        let (report, said) = (Some(report), Vec::new());
        self.known
            .insert(token, Child { launch, check, process, start_time, end, report, said, runs: false, kept: false });
        self.stirred.insert(token);
        None
    }

    /// Ask a program to end with all that is in its process group, or end them.
    pub fn end(&mut self, launch: LaunchId, force: bool) {
        let Some((token, child)) = self.known.iter_mut().find(|(_, child)| child.launch == launch) else { return };
        // Its end is being told.
        if !child.kept && !matches!(child.process.try_wait(), Ok(None)) {
            return;
        }
        let pid = Pid::from_child(&child.process);
        let signal = if force { Signal::KILL } else { Signal::TERM };
        // What begins before its program runs is one process, which becomes the leader of a group just before that.
        let _ = match child.report {
            None => kill_process_group(pid, signal),
            Some(_) => kill_process(pid, signal),
        };
        child.kept = !force;
        self.stirred.insert(*token);
    }

    /// Something is ready.
    pub fn stir(&mut self, token: Token) {
        self.stirred.insert(token.0 & !1);
    }

    /// True where `next` may bring something.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.stirred.is_empty()
    }

    /// The next that there is to say of one of them.
    pub fn next(&mut self, registry: &Registry) -> Option<Event> {
        while let Some(token) = self.stirred.first().copied() {
            let Some(child) = self.known.get_mut(&token) else {
                self.stirred.remove(&token);
                continue;
            };
            if child.kept {
                self.stirred.remove(&token);
                continue;
            }
            let ended = child.process.try_wait().unwrap_or_default();
            if let Some(report) = &mut child.report {
                // Where it has ended nothing more will be said, also if somebody else has the pipe.
                if read(report, &mut child.said) || ended.is_some() {
                    let _ = registry.deregister(&mut SourceFd(&report.as_raw_fd()));
                    child.report = None;
                    let event = child.reported(ended);
                    child.runs = !child.check && matches!(event, Event::LaunchStarted { .. });
                    return Some(event);
                }
            } else if let Some(status) = ended {
                let _ = registry.deregister(&mut SourceFd(&child.end.as_raw_fd()));
                let (succeeded, outcome) = (status.success(), status.to_string());
                let event = Event::LaunchEnded { launch: child.launch, succeeded, outcome };
                if self.known.remove(&token).is_some_and(|child| child.runs) {
                    return Some(event);
                }
            }
            self.stirred.remove(&token);
        }
        None
    }
}

impl Child {
    /// What the end of the report means.
    fn reported(&mut self, ended: Option<ExitStatus>) -> Event {
        let (launch, said) = (self.launch, std::mem::take(&mut self.said));
        let said = String::from_utf8_lossy(&said);
        let lines: Vec<&str> = said.lines().collect();
        let reason = match lines.as_slice() {
            // After these two lines the program runs.
            [.., program, started] if *started == LAUNCH_STARTED => {
                let (pid, start_time) = (self.process.id(), self.start_time);
                return Event::LaunchStarted { launch, pid, start_time, program: (*program).to_owned() };
            }
            [.., last] => (*last).to_owned(),
            [] => {
                let how =
                    ended.map_or_else(|| "it goes on without its program".to_owned(), |status| status.to_string());
                format!("its process said nothing: {how}")
            }
        };
        Event::LaunchFailed { launch, reason }
    }
}

fn watch(registry: &Registry, descriptor: &impl AsFd, token: usize) -> io::Result<()> {
    registry.register(&mut SourceFd(&descriptor.as_fd().as_raw_fd()), Token(token), Interest::READABLE)
}

/// Read what there is. True at the end.
fn read(report: &mut PipeReader, said: &mut Vec<u8>) -> bool {
    let mut buffer = [0; 512];
    loop {
        match report.read(&mut buffer) {
            Ok(0) => return true,
            Ok(count) => {
                said.extend_from_slice(&buffer[..count]);
                if said.len() >= REPORT_BYTES_MAX {
                    return true;
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return error.kind() != ErrorKind::WouldBlock,
        }
    }
}
