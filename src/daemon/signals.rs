//! Signals as one source of the loop: a handler writes a byte, the loop reads who sent what.
//!
//! The source of signal-hook-mio wakes the loop, but knows no senders. So signal-hook keeps these
//! beside it, and the log can say who sent a signal.

use std::{fmt, io};

use mio::{Interest, Registry, Token};
use signal_hook::consts::{SIGALRM, SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::iterator::exfiltrator::origin::Origin;
use signal_hook_mio::v1_0 as wake_up;

use super::process;
use crate::core::{Process, Signal};

/// The signals that are known by name.
const NAMED: [i32; 7] = [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGPIPE];
/// The real-time signals a program may use: `pkill -RTMIN+8` refreshes bars, and kills a daemon
/// that forgot them.
const REAL_TIME: std::ops::RangeInclusive<i32> = 34..=64;

/// The signals that came.
pub struct Signals {
    /// What came, and from whom. Only this counts.
    origins: SignalsInfo<WithOrigin>,
    /// It wakes the loop, after `origins` knows of the signal.
    wake_up: wake_up::Signals,
    /// Some may have come.
    pub readable: bool,
}

impl Signals {
    /// Install the handlers. Before anything else: from here on no signal that can be caught ends
    /// the process.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn install() -> io::Result<Signals> {
        // The handler calls both in this order, so the loop never wakes before it can know the
        // origin.
        let origins = SignalsInfo::<WithOrigin>::new(NAMED)?;
        let wake_up = wake_up::Signals::new(NAMED)?;
        for signal in REAL_TIME {
            match origins.add_signal(signal).and_then(|()| wake_up.add_signal(signal)) {
                // valgrind keeps the last one for itself, and lets nobody catch it.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
                added => added?,
            }
        }
        // Those that came before the registration with the poll are found by a first look.
        Ok(Signals { origins, wake_up, readable: true })
    }

    /// Become a source of the loop.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(&mut self.wake_up, token, Interest::READABLE)
    }

    /// Those that came since the last call.
    pub fn take(&mut self) -> Vec<(Signal, Option<Process>)> {
        if !std::mem::take(&mut self.readable) {
            return Vec::new();
        }
        // The wake-up is emptied first: a signal that comes between the two wakes the loop again.
        self.wake_up.pending().for_each(drop);
        self.origins.pending().filter_map(|origin| told(&origin)).collect()
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Signals").field("readable", &self.readable).finish_non_exhaustive()
    }
}

/// A signal and its sender; `None` for a signal that nobody needs to know of.
fn told(origin: &Origin) -> Option<(Signal, Option<Process>)> {
    let sender =
        origin.process.and_then(|sender| Some((u32::try_from(sender.pid).ok().filter(|pid| *pid > 0)?, sender.uid)));
    // The kernel sends us SIGPIPE in our own name when stderr is gone: a line about it would bring
    // the next.
    if origin.signal == SIGPIPE && sender.is_none_or(|(pid, _)| pid == std::process::id()) {
        return None;
    }
    let sender = sender.map(|(pid, uid)| Process { pid: Some(pid), uid: Some(uid), command: process::command(pid) });
    Some((meaning(origin.signal), sender))
}

fn meaning(signal: i32) -> Signal {
    match signal {
        SIGTERM => Signal::Terminate,
        SIGINT => Signal::Interrupt,
        SIGHUP => Signal::HangUp,
        SIGUSR1 => Signal::User1,
        other => Signal::Other(other),
    }
}
