//! Waiting for a condition, with a deadline.

use std::time::{Duration, Instant};

/// How long anything may take that is expected to happen: generous, because CI machines are shared.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// How often a condition is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// Wait until `condition` gives something.
///
/// # Panics
/// After `DEADLINE`, naming `what` was waited for.
pub fn wait_for<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    wait_within(what, DEADLINE, condition)
}

/// Wait until `condition` gives something, not longer than `limit`.
///
/// # Panics
/// After `limit`, naming `what` was waited for.
pub fn wait_within<T>(what: &str, limit: Duration, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(start.elapsed() < limit, "waited {limit:?} in vain for {what}");
        std::thread::sleep(POLL_INTERVAL);
    }
}
