//! An inotify as a source of the loop.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;

use inotify::{EventMask, Inotify, WatchDescriptor};
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};

/// Room for the events of one read.
const BUFFER_BYTES: usize = 4096;
/// How many reads one turn does.
const READS_MAX: usize = 8;

/// An inotify without watches, registered with the poll.
///
/// # Errors
/// What the kernel says.
pub fn register(registry: &Registry, token: Token) -> io::Result<Inotify> {
    let inotify = Inotify::init()?;
    registry.register(&mut SourceFd(&inotify.as_raw_fd()), token, Interest::READABLE)?;
    Ok(inotify)
}

/// Read what is there, as far as one turn may, and give `each` the mask, the watch and the name of
/// every event. `readable` becomes false when nothing is left.
///
/// # Errors
/// What the kernel says.
pub fn read(
    inotify: &mut Inotify,
    readable: &mut bool,
    mut each: impl FnMut(EventMask, &WatchDescriptor, Option<&OsStr>),
) -> io::Result<()> {
    let mut buffer = [0; BUFFER_BYTES];
    for _ in 0..READS_MAX {
        match inotify.read_events(&mut buffer) {
            Ok(events) => events.for_each(|event| each(event.mask, &event.wd, event.name)),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                *readable = false;
                return Ok(());
            }
            Err(error) => {
                *readable = false;
                return Err(error);
            }
        }
    }
    Ok(())
}
