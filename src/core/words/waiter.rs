//! Somebody who waits for an answer, with a deadline of their own.
//!
//! A deadline that callers share gives whoever comes later the rest of the first one's time, or
//! none at all where it has passed already. So each caller brings one, and a list of callers is
//! armed for the earliest.

use crate::core::words::ids::Caller;
use crate::core::words::time::Time;

/// A caller, and when it must have an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiter {
    /// Who waits.
    pub caller: Caller,
    /// An answer is due by then.
    pub until: Time,
}

/// Take those out whose time has come.
pub fn take_due<T>(waiting: &mut Vec<T>, now: Time, waiter: impl Fn(&T) -> &Waiter) -> Vec<T> {
    waiting.extract_if(.., |one| waiter(one).until <= now).collect()
}

/// When the first of them is due.
pub fn earliest<'a>(waiters: impl IntoIterator<Item = &'a Waiter>) -> Option<Time> {
    waiters.into_iter().map(|waiter| waiter.until).min()
}
