//! A connected Unix socket as a source of the loop, with what epoll has said of it.
//!
//! epoll tells of a change once, so "readable" and "writable" are remembered until the kernel says
//! otherwise. We ask epoll for writability only while something could not be written: otherwise
//! every answer that a peer has read would wake us once more.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;

use mio::net::UnixStream;
use mio::{Interest, Registry, Token};

/// A connected socket, registered with the poll.
#[derive(Debug)]
pub struct Socket {
    stream: UnixStream,
    token: Token,
    readable: bool,
    writable: bool,
    /// The other end sends no more: after what is left to read comes the end of the stream.
    ending: bool,
    /// We are told of writability.
    awaits_room: bool,
}

impl Socket {
    /// Register a stream.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn new(registry: &Registry, mut stream: UnixStream, token: Token) -> io::Result<Socket> {
        registry.register(&mut stream, token, Interest::READABLE)?;
        Ok(Socket { stream, token, readable: true, writable: true, ending: false, awaits_room: false })
    }

    /// epoll has said something.
    pub fn stir(&mut self, event: &mio::event::Event) {
        self.readable |= event.is_readable() || event.is_read_closed();
        self.writable |= event.is_writable();
        self.ending |= event.is_read_closed();
    }

    /// True if `read` may bring something.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.readable
    }

    /// True if `write` may take something.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.writable
    }

    /// Read once: how many bytes, 0 at the end of the stream, `None` if there is nothing now.
    ///
    /// # Errors
    /// What the kernel says; the connection is of no use any more.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        while self.readable {
            match self.stream.read(buffer) {
                Ok(count) => {
                    // There was room for more: so this was all, and epoll will tell of what comes
                    // later.
                    if count < buffer.len() && !self.ending {
                        self.readable = false;
                    }
                    return Ok(Some(count));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.readable = false,
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Write as much as goes: how many bytes were taken. We are told when there is room for the
    /// rest.
    ///
    /// # Errors
    /// What the kernel says; nothing reaches the other end any more.
    pub fn write(&mut self, registry: &Registry, bytes: &[u8]) -> io::Result<usize> {
        let mut written = 0;
        while self.writable && written < bytes.len() {
            match self.stream.write(&bytes[written..]) {
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.writable = false,
                Err(error) => return Err(error),
            }
        }
        let waits = written < bytes.len();
        if waits != self.awaits_room {
            let both = Interest::READABLE | Interest::WRITABLE;
            registry.reregister(&mut self.stream, self.token, if waits { both } else { Interest::READABLE })?;
            self.awaits_room = waits;
        }
        Ok(written)
    }

    /// Let go of it.
    pub fn close(mut self, registry: &Registry) {
        // Closing would do; this says so to mio, too.
        let _ = registry.deregister(&mut self.stream);
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream as StdStream;
    use std::time::Duration;

    use mio::{Events, Poll};

    use super::*;

    struct Rig {
        poll: Poll,
        events: Events,
        socket: Socket,
        other: StdStream,
    }

    fn rig() -> Rig {
        let (ours, other) = StdStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let poll = Poll::new().unwrap();
        let socket = Socket::new(poll.registry(), UnixStream::from_std(ours), Token(7)).unwrap();
        Rig { poll, events: Events::with_capacity(4), socket, other }
    }

    impl Rig {
        fn is_told(&mut self, milliseconds: u64) -> bool {
            self.poll.poll(&mut self.events, Some(Duration::from_millis(milliseconds))).unwrap();
            self.events.iter().for_each(|event| self.socket.stir(event));
            !self.events.is_empty()
        }
    }

    #[test]
    fn bytes_and_the_end_that_come_together_are_both_read() {
        let mut rig = rig();
        let mut buffer = [0; 16];
        assert_eq!(rig.socket.read(&mut buffer).unwrap(), None);
        rig.other.write_all(b"last").unwrap();
        drop(rig.other.shutdown(std::net::Shutdown::Both));
        assert!(rig.is_told(5000));
        assert_eq!(rig.socket.read(&mut buffer).unwrap(), Some(4));
        assert_eq!(rig.socket.read(&mut buffer).unwrap(), Some(0));
    }

    #[test]
    fn the_end_that_comes_after_a_short_read_is_told() {
        let mut rig = rig();
        let mut buffer = [0; 16];
        rig.other.write_all(b"some").unwrap();
        assert!(rig.is_told(5000));
        assert_eq!(rig.socket.read(&mut buffer).unwrap(), Some(4));
        assert!(!rig.socket.is_readable());
        drop(rig.other.shutdown(std::net::Shutdown::Write));
        assert!(rig.is_told(5000));
        assert_eq!(rig.socket.read(&mut buffer).unwrap(), Some(0));
    }

    #[test]
    fn a_reader_wakes_us_only_where_something_waits() {
        let mut rig = rig();
        assert_eq!(rig.socket.write(rig.poll.registry(), b"hello").unwrap(), 5);
        rig.other.read_exact(&mut [0; 5]).unwrap();
        assert!(!rig.is_told(30), "woken because it was read");

        let bytes = vec![b'x'; 4 << 20];
        let mut written = rig.socket.write(rig.poll.registry(), &bytes).unwrap();
        assert!(written < bytes.len() && !rig.socket.is_writable());
        let mut buffer = vec![0; 1 << 20];
        while written < bytes.len() {
            let count = rig.other.read(&mut buffer).unwrap();
            assert!(count > 0);
            if rig.is_told(0) || rig.socket.is_writable() {
                written += rig.socket.write(rig.poll.registry(), &bytes[written..]).unwrap();
            }
        }
        assert!(!rig.socket.awaits_room);
    }
}
