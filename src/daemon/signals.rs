//! Signals as one source of the loop: a handler writes a byte, the loop reads who sent what.
//!
//! signal-hook-mio implements mio's `Source` only for signals without their origin; this is the same construction with
//! the origin kept, because the log has to say who sent a signal.

use std::io;

use mio::net::UnixStream;
use mio::{Interest, Registry, Token};
use signal_hook::consts::{SIGALRM, SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::WithOrigin;

use super::process;
use crate::core::{Process, Signal};

/// The real-time signals a program may use: `pkill -RTMIN+8` refreshes bars, and kills a daemon that forgot them.
const REAL_TIME: std::ops::RangeInclusive<i32> = 34..=64;

/// The signals that came.
#[derive(Debug)]
pub struct Signals {
    delivery: SignalDelivery<UnixStream, WithOrigin>,
    /// Some may have come.
    pub readable: bool,
}

impl Signals {
    /// Install the handlers. Before anything else: from here on no signal that can be caught ends the process.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn install() -> io::Result<Signals> {
        let (read, write) = UnixStream::pair()?;
        let named = [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGPIPE];
        let delivery = SignalDelivery::with_pipe(read, write, WithOrigin::default(), named)?;
        for signal in REAL_TIME {
            match delivery.handle().add_signal(signal) {
                // valgrind keeps the last one for itself, and lets nobody catch it.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
                added => added?,
            }
        }
        // Those that came before the registration with the poll are found by a first look.
        Ok(Signals { delivery, readable: true })
    }

    /// Become a source of the loop.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(self.delivery.get_read_mut(), token, Interest::READABLE)
    }

    /// Those that came since the last call.
    pub fn take(&mut self) -> Vec<(Signal, Option<Process>)> {
        if !std::mem::take(&mut self.readable) {
            return Vec::new();
        }
        let ourselves = std::process::id();
        self.delivery
            .pending()
            .filter_map(|origin| {
                let sender = origin
                    .process
                    .and_then(|sender| Some((u32::try_from(sender.pid).ok().filter(|pid| *pid > 0)?, sender.uid)));
                // The kernel sends us SIGPIPE in our own name when stderr is gone: a line about it would bring the next.
                if origin.signal == SIGPIPE && sender.is_none_or(|(pid, _)| pid == ourselves) {
                    return None;
                }
                let sender =
                    sender.map(|(pid, uid)| Process { pid: Some(pid), uid: Some(uid), command: process::command(pid) });
                Some((meaning(origin.signal), sender))
            })
            .collect()
    }
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
