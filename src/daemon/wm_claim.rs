//! The claim on the window manager that is served, and the wait for one that another daemon has.
//!
//! Whoever waits for a claim of ours is connected to it, is told where we answer, and learns by the
//! end of that connection that it is free. Those connections are kept when the claim moves on to
//! another socket, as i3 has one after each restart in place.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::time::Duration;

use mio::net::{UnixListener, UnixStream};
use mio::{Interest, Registry, Token};

use super::process;
use super::socket::Socket;
use crate::core::{Event, Process, Time};
use crate::sockets::wm_claim::{Claim, PLACE_BYTES_MAX, Taken};

/// How many daemons that wait are remembered. The one that is forgotten asks anew.
const WAITING_MAX: usize = 8;
/// How many are taken in a turn.
const ACCEPTS_MAX: usize = 16;
/// How long a holder may take to say where it answers.
const PLACE_DEADLINE: Duration = Duration::from_millis(500);

/// The tokens of the claim's sources.
#[derive(Debug, Clone, Copy)]
pub struct Tokens {
    /// Those who wait for our claim.
    pub waiting: Token,
    /// Who has the claim that we wait for.
    pub holder: Token,
}

/// Our claim, and the one that we wait for. We never have both for long: we let go of a claim
/// before we wait for another.
#[derive(Debug)]
pub struct Claims {
    tokens: Tokens,
    /// Where we answer.
    place: String,
    ours: Option<Ours>,
    waiting: VecDeque<UnixStream>,
    awaited: Option<Awaited>,
    trouble: Option<String>,
}

#[derive(Debug)]
struct Ours {
    claim: Claim,
    listener: UnixListener,
    /// Somebody may wait to be accepted.
    readable: bool,
}

#[derive(Debug)]
struct Awaited {
    socket: Socket,
    holder: Process,
    /// The window manager's socket.
    wm_socket: String,
    place: Vec<u8>,
    /// `WmHeld` is owed, at this time at the latest.
    tell_by: Option<Time>,
}

impl Claims {
    /// No claim yet. Whoever waits for one of ours is told `place`.
    #[must_use]
    pub fn new(tokens: Tokens, place: String) -> Claims {
        Claims { tokens, place, ours: None, waiting: VecDeque::new(), awaited: None, trouble: None }
    }

    /// Take the claim on the window manager at this path: true if it is ours, or cannot be had
    /// by anybody. Else the holder is waited for, and `next` tells the rest.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn take(&mut self, registry: &Registry, now: Time, wm_socket: &Path, wm: &Process) -> io::Result<bool> {
        let claim = Claim::on(wm_socket, wm.pid, wm.uid.unwrap_or_default())?;
        if self.ours.as_ref().is_some_and(|ours| ours.claim == claim) {
            return Ok(true);
        }
        match claim.take() {
            Taken::Ours(listener) => {
                let mut listener = UnixListener::from_std(listener);
                registry.register(&mut listener, self.tokens.waiting, Interest::READABLE)?;
                self.drop_ours(registry);
                self.ours = Some(Ours { claim, listener, readable: true });
                Ok(true)
            }
            Taken::Unavailable(reason) => {
                self.drop_ours(registry);
                self.trouble =
                    Some(format!("the claim {claim} cannot be taken: {reason}; another daemon would not notice us"));
                Ok(true)
            }
            Taken::Held(holder) => {
                self.release(registry);
                let socket = Socket::new(registry, UnixStream::from_std(holder.stream), self.tokens.holder)?;
                let command = holder.pid.and_then(process::command);
                self.awaited = Some(Awaited {
                    socket,
                    holder: Process { pid: holder.pid, uid: wm.uid, command },
                    wm_socket: wm_socket.to_string_lossy().into_owned(),
                    place: Vec::new(),
                    tell_by: Some(now + PLACE_DEADLINE),
                });
                Ok(false)
            }
        }
    }

    /// Let go of ours: whoever waits for it is told by the end of the connection.
    pub fn release(&mut self, registry: &Registry) {
        self.drop_ours(registry);
        self.waiting.clear();
    }

    /// Wait no more.
    pub fn leave(&mut self, registry: &Registry) {
        if let Some(awaited) = self.awaited.take() {
            awaited.socket.close(registry);
        }
    }

    fn drop_ours(&mut self, registry: &Registry) {
        if let Some(mut ours) = self.ours.take() {
            let _ = registry.deregister(&mut ours.listener);
        }
    }

    /// Something is ready.
    pub fn stir(&mut self, event: &mio::event::Event) {
        if event.token() == self.tokens.holder {
            self.awaited.iter_mut().for_each(|awaited| awaited.socket.stir(event));
        } else {
            self.ours.iter_mut().for_each(|ours| ours.readable = true);
        }
    }

    /// True if another turn would get on without waiting.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.ours.as_ref().is_some_and(|ours| ours.readable)
            || self.awaited.as_ref().is_some_and(|awaited| awaited.socket.is_readable())
    }

    /// When `next` has to be called.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        self.awaited.as_ref()?.tell_by
    }

    /// What could not be done since the last call.
    pub fn trouble(&mut self) -> Option<String> {
        self.trouble.take()
    }

    /// Tell those who wait where we answer.
    pub fn tell_waiting(&mut self) {
        for _ in 0..ACCEPTS_MAX {
            let Some(ours) = self.ours.as_mut().filter(|ours| ours.readable) else { return };
            match ours.listener.accept() {
                Ok((stream, _)) => {
                    if process::behind(&stream).uid == Some(rustix::process::getuid().as_raw()) {
                        self.welcome(stream);
                    }
                }
                Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted) => {}
                // If there is no descriptor it waits unaccepted, and learns of the end all the
                // same.
                Err(_) => ours.readable = false,
            }
        }
    }

    fn welcome(&mut self, mut stream: UnixStream) {
        // It fits in any socket buffer; it does no harm if nobody reads it.
        let _ = stream.write_all(format!("{}\n", self.place).as_bytes());
        // Who waits no more has hung up.
        self.waiting.retain_mut(
            |stream| matches!(stream.read(&mut [0; 16]), Err(error) if error.kind() == ErrorKind::WouldBlock),
        );
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back(stream);
    }

    /// What is known of the claim that is waited for: who has it, then that it is free.
    pub fn next(&mut self, registry: &Registry, now: Time) -> Option<Event> {
        let awaited = self.awaited.as_mut()?;
        let mut buffer = [0; 256];
        let ended = loop {
            match awaited.socket.read(&mut buffer) {
                Ok(None) => break false,
                Ok(Some(0)) | Err(_) => break true,
                Ok(Some(count)) if awaited.place.len() + count <= PLACE_BYTES_MAX => {
                    awaited.place.extend_from_slice(&buffer[..count]);
                }
                // This is more than any daemon says: we do not read the rest.
                Ok(Some(_)) => {}
            }
        };
        if ended {
            self.leave(registry);
            return Some(Event::WmFreed);
        }
        let line = awaited.place.split(|byte| *byte == b'\n').next().filter(|line| line.len() < awaited.place.len());
        let due = awaited.tell_by.is_some_and(|by| by <= now || line.is_some());
        let place = line.filter(|line| !line.is_empty()).map(|line| String::from_utf8_lossy(line).into_owned());
        due.then(|| {
            awaited.tell_by = None;
            Event::WmHeld { socket: awaited.wm_socket.clone(), holder: awaited.holder.clone(), place }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener as StdListener;

    use mio::{Events, Poll};

    use super::*;

    const TOKENS: Tokens = Tokens { waiting: Token(1), holder: Token(2) };

    struct Side {
        poll: Poll,
        claims: Claims,
    }

    impl Side {
        fn new(place: &str) -> Side {
            Side { poll: Poll::new().unwrap(), claims: Claims::new(TOKENS, place.to_owned()) }
        }

        fn take(&mut self, path: &Path) -> bool {
            let us =
                Process { pid: Some(std::process::id()), uid: Some(rustix::process::getuid().as_raw()), command: None };
            self.claims.take(self.poll.registry(), Time::default(), path, &us).unwrap()
        }

        /// One turn.
        fn turn(&mut self) -> Option<Event> {
            let mut events = Events::with_capacity(8);
            self.poll.poll(&mut events, Some(Duration::from_millis(5))).unwrap();
            events.iter().for_each(|event| self.claims.stir(event));
            self.claims.tell_waiting();
            self.claims.next(self.poll.registry(), Time::default())
        }
    }

    /// What the second hears, while the first does its part.
    fn heard(first: &mut Side, second: &mut Side) -> Event {
        for _ in 0..1000 {
            first.turn();
            if let Some(event) = second.turn() {
                return event;
            }
        }
        panic!("nothing is heard")
    }

    #[test]
    fn the_second_hears_who_has_it_and_when_it_is_free() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("wm.sock");
        let _wm = StdListener::bind(&path).unwrap();
        let (mut first, mut second) = (Side::new("/run/first.sock"), Side::new("/run/second.sock"));
        assert!(first.take(&path) && first.take(&path), "a new connection needs no new claim");
        assert!(!second.take(&path));
        let Event::WmHeld { holder, place, .. } = heard(&mut first, &mut second) else { panic!() };
        assert_eq!((holder.pid, place.as_deref()), (Some(std::process::id()), Some("/run/first.sock")));
        assert!(
            !second.claims.is_ready() && second.claims.deadline().is_none(),
            "it waits without a look at the clock"
        );
        first.claims.release(first.poll.registry());
        assert_eq!(heard(&mut first, &mut second), Event::WmFreed);
        assert!(second.take(&path) && !first.take(&path));
    }

    #[test]
    fn who_waits_goes_on_waiting_when_the_claim_moves_to_another_socket() {
        let directory = tempfile::tempdir().unwrap();
        let (old, new) = (directory.path().join("old.sock"), directory.path().join("new.sock"));
        let _wms = (StdListener::bind(&old).unwrap(), StdListener::bind(&new).unwrap());
        let (mut first, mut second) = (Side::new("/run/first.sock"), Side::new("/run/second.sock"));
        assert!(first.take(&old) && !second.take(&old));
        assert!(matches!(heard(&mut first, &mut second), Event::WmHeld { .. }));
        assert!(first.take(&new));
        for _ in 0..5 {
            assert_eq!((first.turn(), second.turn()), (None, None));
        }
        first.claims.release(first.poll.registry());
        assert_eq!(heard(&mut first, &mut second), Event::WmFreed);
    }

    #[test]
    fn a_holder_that_says_nothing_is_told_of_at_the_deadline() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("wm.sock");
        let _wm = StdListener::bind(&path).unwrap();
        let (mut first, mut second) = (Side::new("/run/first.sock"), Side::new("/run/second.sock"));
        assert!(first.take(&path) && !second.take(&path));
        assert_eq!(second.turn(), None);
        let deadline = second.claims.deadline().unwrap();
        let event = second.claims.next(second.poll.registry(), deadline);
        assert!(matches!(event, Some(Event::WmHeld { place: None, .. })), "{event:?}");
    }
}
