//! How many file descriptors we may have.

use std::io;

use rustix::process::{Resource, getrlimit, setrlimit};

/// Raise our limit to as many descriptors as the system lets us have: EMFILE should never be seen.
///
/// The answer is the limit that was in force before, if there was one. Programs that we start get
/// that one: `select` knows no more than 1024 descriptors, and some programs close every descriptor
/// there may be.
///
/// # Errors
/// What the kernel says.
pub fn raise_limit() -> io::Result<Option<u64>> {
    let mut limit = getrlimit(Resource::Nofile);
    let before = limit.current;
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit)?;
    Ok(before)
}
