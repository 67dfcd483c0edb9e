//! The clock and the one timer of the loop: CLOCK_MONOTONIC, and a timerfd that fires once at an
//! absolute time.
//!
//! An interval timer whose count is not read fires once and never again; a one-shot one has no such
//! state.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use rustix::io::Errno;
use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime, timerfd_create,
    timerfd_settime,
};

use crate::core::Time;

/// What time it is.
#[must_use]
pub fn now() -> Time {
    let timespec = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(timespec.tv_sec).unwrap_or(0);
    Time::from_nanos(seconds.saturating_mul(1_000_000_000) + u64::try_from(timespec.tv_nsec).unwrap_or(0))
}

/// The timer that wakes the loop at its earliest deadline.
#[derive(Debug)]
pub struct Timer {
    descriptor: OwnedFd,
    armed: Option<Time>,
    /// It fired and was not read yet.
    pub readable: bool,
}

impl Timer {
    /// A disarmed timer, registered with the poll.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn new(registry: &Registry, token: Token) -> io::Result<Timer> {
        let descriptor = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        registry.register(&mut SourceFd(&descriptor.as_raw_fd()), token, Interest::READABLE)?;
        Ok(Timer { descriptor, armed: None, readable: false })
    }

    /// Take note that it fired.
    pub fn acknowledge(&mut self) {
        if !std::mem::take(&mut self.readable) {
            return;
        }
        let mut count = [0; 8];
        while let Err(Errno::INTR) = rustix::io::read(self.descriptor.as_fd(), &mut count) {}
        self.armed = None;
    }

    /// Fire at `deadline`, at once if it has passed. No syscall if nothing changed.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn arm(&mut self, deadline: Option<Time>) -> io::Result<()> {
        if self.armed == deadline {
            return Ok(());
        }
        // All zeroes disarm, so the clock's zero becomes its first nanosecond.
        let nanos = deadline.map_or(0, |time| time.nanos().max(1));
        let value = Timespec {
            tv_sec: i64::try_from(nanos / 1_000_000_000).unwrap_or(i64::MAX),
            tv_nsec: i64::try_from(nanos % 1_000_000_000).unwrap_or(0),
        };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
        timerfd_settime(&self.descriptor, TimerfdTimerFlags::ABSTIME, &once)?;
        self.armed = deadline;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn fires_at_its_deadline_and_once() {
        let mut poll = mio::Poll::new().unwrap();
        let mut events = mio::Events::with_capacity(4);
        let mut timer = Timer::new(poll.registry(), Token(1)).unwrap();
        let deadline = now() + Duration::from_millis(20);
        timer.arm(Some(deadline)).unwrap();
        poll.poll(&mut events, Some(Duration::from_secs(5))).unwrap();
        assert!(!events.is_empty() && now() >= deadline);
        timer.readable = true;
        timer.acknowledge();
        poll.poll(&mut events, Some(Duration::from_millis(40))).unwrap();
        assert!(events.is_empty());
        // A deadline that has passed fires at once.
        timer.arm(Some(deadline)).unwrap();
        poll.poll(&mut events, Some(Duration::from_secs(5))).unwrap();
        assert!(!events.is_empty());
    }
}
