//! The connection to i3 or sway: found, connected, and read within a budget.
//!
//! A request goes out in one write. What the socket does not take at once is finished before
//! anything else, because a window manager that has half a request waits for the rest of it.
//!
//! Commands that are to be `Unheard` go out on a new connection (`wm_handover`).

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use mio::net::UnixStream;
use mio::{Registry, Token};

use super::process;
use super::wm_claim::Claims;
use super::wm_connection::Connection;
use super::wm_handover::Handover;
use crate::core::{Event, Ticket, Time, WmRequest};
use crate::sockets::{self, process::Stat};
use crate::wire::discovery::{self, Environment, Previous};

/// The connection to the window manager, or the lack of one.
#[derive(Debug)]
pub struct WindowManager {
    environment: Environment,
    runtime: PathBuf,
    token: Token,
    connection: Option<Connection>,
    /// The one that is about to take its place.
    handover: Option<Handover>,
    handovers: u64,
    /// What is left to be tried.
    candidates: VecDeque<PathBuf>,
    tried: Vec<String>,
    previous: Previous,
    /// When the process of the last connection was started.
    start_time: Option<u64>,
    others: Others,
    /// Which daemon serves it.
    pub claims: Claims,
    buffer: Vec<u8>,
}

/// What only others can tell: they are asked for sockets after all that are in sight were tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Others {
    /// They were not asked for yet.
    Unasked,
    /// They are to be asked for (`asks_others`).
    Wanted,
    /// They are being asked for.
    Asked,
    /// They have been tried, too.
    Tried,
}

/// What came of a candidate.
enum Opened {
    /// It accepted us, and no other daemon serves it.
    Connected(Option<u32>),
    /// Another daemon serves it.
    Held,
}

impl WindowManager {
    /// Nothing connected yet.
    #[must_use]
    pub fn new(environment: Environment, runtime: PathBuf, token: Token, claims: Claims) -> WindowManager {
        WindowManager {
            environment,
            runtime,
            token,
            connection: None,
            handover: None,
            handovers: 0,
            candidates: VecDeque::new(),
            tried: Vec::new(),
            previous: Previous::default(),
            start_time: None,
            others: Others::Unasked,
            claims,
            buffer: Vec::new(),
        }
    }

    /// Look for sockets and connect to the best that accepts. `served` is the process that was
    /// served before. If nothing comes back, others must be asked (`asks_others`), or will tell
    /// more (`claims`).
    pub fn connect(&mut self, registry: &Registry, now: Time, served: Option<u32>) -> Option<Event> {
        self.close(registry);
        self.claims.leave(registry);
        self.previous.lives = self.lives(served);
        self.previous.pid = served;
        let files = sockets::find(Some(&self.runtime), self.environment.uid);
        self.candidates = discovery::candidates(&self.environment, &files, &self.previous).into();
        self.tried.clear();
        self.others = Others::Unasked;
        self.try_next(registry, now)
    }

    /// Leave this one and go on to the next.
    pub fn try_next(&mut self, registry: &Registry, now: Time) -> Option<Event> {
        if self.close(registry) {
            self.tried.push(format!("{}: no window manager answers", display(self.previous.path.as_deref())));
        }
        while let Some(path) = self.candidates.pop_front() {
            match self.open(registry, now, &path) {
                Ok(Opened::Connected(pid)) => {
                    let socket = path.to_string_lossy().into_owned();
                    self.previous.path = Some(path);
                    return Some(Event::WmConnected { socket, pid });
                }
                Ok(Opened::Held) => return None,
                Err(error) => self.tried.push(format!("{}: {error}", path.display())),
            }
        }
        if self.others == Others::Unasked && self.environment.explicit.is_none() {
            self.others = Others::Wanted;
            return None;
        }
        // Its claim is kept for the one that was served: a daemon that waits must not come between
        // i3 and its own, when i3 restarts.
        if !self.previous.lives {
            self.claims.release(registry);
        }
        Some(Event::WmUnavailable { reason: self.reason() })
    }

    /// True once, if others must be asked for sockets: `told` takes what they say.
    pub fn asks_others(&mut self) -> bool {
        let asks = self.others == Others::Wanted;
        if asks {
            self.others = Others::Asked;
        }
        asks
    }

    /// Others have told these sockets.
    pub fn told(&mut self, registry: &Registry, now: Time, told: Vec<PathBuf>) -> Option<Event> {
        if self.others != Others::Asked {
            // Asked before the last look began.
            return None;
        }
        self.others = Others::Tried;
        // A socket may have appeared meanwhile.
        let files = sockets::find(Some(&self.runtime), self.environment.uid);
        self.candidates = discovery::candidates(&self.environment, &files, &self.previous).into();
        let is_new = |path: &PathBuf| !self.candidates.contains(path);
        let new: Vec<PathBuf> = told.into_iter().filter(is_new).collect();
        self.candidates.extend(new);
        self.tried.clear();
        self.try_next(registry, now)
    }

    /// Why there is none.
    fn reason(&self) -> String {
        let tried = match self.tried.is_empty() {
            true => format!("no socket of i3 or sway in {}", self.runtime.display()),
            false => self.tried.join("; "),
        };
        match self.previous.pid.filter(|_| self.previous.lives) {
            Some(pid) => format!("waiting for process {pid}, which was served and lives: {tried}"),
            None => tried,
        }
    }

    /// Is the process that was served the one of the last connection, and still there?
    fn lives(&self, served: Option<u32>) -> bool {
        let same = |pid: &u32| Some(*pid) == self.previous.pid && self.start_time.is_some();
        served
            .filter(same)
            .and_then(Stat::of)
            .is_some_and(|stat| stat.lives && Some(stat.start_time) == self.start_time)
    }

    /// True while there is a connection.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    /// Something is ready.
    pub fn stir(&mut self, event: &mio::event::Event) {
        if let Some(connection) = &mut self.connection {
            connection.stir(event);
        }
        // Both have one token. To look in vain does no harm.
        if let Some(handover) = &mut self.handover {
            handover.new.stir(event);
        }
    }

    /// True if another turn would get on without waiting.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let is_ready = self.connection.as_ref().is_some_and(Connection::is_ready);
        self.handover.as_ref().map_or(is_ready, |handover| handover.is_ready(is_ready))
    }

    /// Send a request. An event that comes back says that the connection is gone.
    pub fn send(&mut self, registry: &Registry, ticket: Ticket, request: &WmRequest) -> Option<Event> {
        self.handover = match request {
            WmRequest::Unheard { .. } => self.begin_handover(registry, ticket, request),
            _ => None,
        };
        if self.handover.is_some() { None } else { self.send_now(registry, ticket, request) }
    }

    fn send_now(&mut self, registry: &Registry, ticket: Ticket, request: &WmRequest) -> Option<Event> {
        let sent = self.connection.as_mut()?.send(registry, ticket, request);
        sent.err().map(|reason| self.lose(registry, reason))
    }

    /// Write what is left of a request. An event that comes back says that the connection is gone.
    pub fn flush(&mut self, registry: &Registry) -> Option<Event> {
        let flushed = self.connection.as_mut()?.flush(registry);
        flushed.err().map(|reason| self.lose(registry, reason))
    }

    /// The next message, or that the connection is gone; `None` if there is none now.
    pub fn next(&mut self, registry: &Registry) -> Option<Event> {
        loop {
            if let Some(handover) = &mut self.handover {
                let is_good = handover.advance(registry, &mut self.buffer).is_ok();
                if !is_good || handover.is_complete() {
                    if let Some(lost) = self.end_handover(registry, is_good) {
                        return Some(lost);
                    }
                } else if !handover.reads_old() {
                    return None;
                }
            }
            match self.connection.as_mut()?.next(&mut self.buffer) {
                Ok(Some(event)) => {
                    if !self.handover.as_mut().is_some_and(|handover| handover.is_reached_by(&event)) {
                        return Some(event);
                    }
                }
                Ok(None) => return None,
                Err(reason) => return Some(self.lose(registry, reason)),
            }
        }
    }

    /// A connection that may take over; none if there is none to be had: then the old one is told
    /// of more than has to be.
    fn begin_handover(&mut self, registry: &Registry, ticket: Ticket, request: &WmRequest) -> Option<Handover> {
        let stream = UnixStream::connect(self.previous.path.as_ref()?).ok()?;
        if process::behind(&stream).pid != self.previous.pid {
            return None;
        }
        self.handovers += 1;
        Handover::begin(registry, (stream, self.token), self.handovers, ticket, request).ok()
    }

    /// The new connection takes over, or is of no use; then the request goes out.
    fn end_handover(&mut self, registry: &Registry, is_good: bool) -> Option<Event> {
        let Handover { new, ticket, request, .. } = self.handover.take()?;
        let leaves = if is_good { self.connection.replace(new) } else { Some(new) };
        if let Some(connection) = leaves {
            connection.close(registry);
        }
        self.send_now(registry, ticket, &request)
    }

    fn open(&mut self, registry: &Registry, now: Time, path: &Path) -> io::Result<Opened> {
        // Both kinds of socket accept at once or not at all; a full backlog answers WouldBlock.
        let stream = UnixStream::connect(path)?;
        let process = process::behind(&stream);
        if process.uid != Some(self.environment.uid) {
            return Err(io::Error::new(ErrorKind::PermissionDenied, "it belongs to another user"));
        }
        if self.environment.explicit.is_none() && self.previous.excludes(process.pid) {
            return Err(io::Error::other("it is another window manager's"));
        }
        // Before anything is sent: what another daemon serves is left alone.
        if !self.claims.take(registry, now, path, &process)? {
            return Ok(Opened::Held);
        }
        self.connection = Some(Connection::new(registry, stream, self.token)?);
        self.previous.pid = process.pid;
        self.start_time = process.pid.and_then(Stat::of).map(|stat| stat.start_time);
        Ok(Opened::Connected(process.pid))
    }

    fn lose(&mut self, registry: &Registry, reason: String) -> Event {
        self.close(registry);
        Event::WmLost { reason }
    }

    fn close(&mut self, registry: &Registry) -> bool {
        self.handover = None;
        let Some(connection) = self.connection.take() else { return false };
        connection.close(registry);
        // A tree has passed through this buffer; it stays small until the next one.
        self.buffer = Vec::new();
        true
    }
}

fn display(path: Option<&Path>) -> String {
    path.map_or_else(|| "the socket".into(), |path| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixListener;
    use std::time::Duration;

    use mio::{Events, Poll};

    use super::super::wm_claim::Tokens;
    use super::*;
    use crate::core::WmEvent;
    use crate::wire::wm::encode;

    const TOKEN: Token = Token(1);

    fn rig(runtime: &Path) -> (Poll, WindowManager) {
        let uid = rustix::process::getuid().as_raw();
        let environment = Environment { display: Some(":0".into()), uid, ..Environment::default() };
        let claims = Claims::new(Tokens { waiting: Token(2), holder: Token(3) }, "/run/i3pm/ipc.sock".into());
        (Poll::new().unwrap(), WindowManager::new(environment, runtime.to_owned(), TOKEN, claims))
    }

    fn next(poll: &mut Poll, wm: &mut WindowManager) -> Event {
        let mut events = Events::with_capacity(4);
        loop {
            if let Some(event) = wm.next(poll.registry()) {
                return event;
            }
            poll.poll(&mut events, Some(Duration::from_secs(5))).unwrap();
            assert!(!events.is_empty(), "nothing comes");
            for event in &events {
                wm.stir(event);
                assert!(wm.flush(poll.registry()).is_none());
            }
        }
    }

    #[test]
    fn candidates_are_tried_in_order_until_one_accepts() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("i3")).unwrap();
        let path = |pid: u32| directory.path().join(format!("i3/ipc-socket.{pid}"));
        drop(UnixListener::bind(path(70)).unwrap());
        let (poll, mut wm) = rig(directory.path());
        assert_eq!(wm.connect(poll.registry(), Time::default(), None), None);
        assert!(wm.asks_others() && !wm.asks_others(), "others are asked once");
        let Some(Event::WmUnavailable { reason }) = wm.told(poll.registry(), Time::default(), vec![path(70)]) else {
            panic!()
        };
        assert!(reason.contains("ipc-socket.70"), "{reason}");

        let listeners: Vec<_> = (80..82).map(|pid| UnixListener::bind(path(pid)).unwrap()).collect();
        let Some(Event::WmConnected { socket, pid }) = wm.connect(poll.registry(), Time::default(), Some(80)) else {
            panic!()
        };
        assert_eq!((socket.as_str(), pid), (path(80).to_str().unwrap(), Some(std::process::id())));
        let Some(Event::WmConnected { socket, .. }) = wm.try_next(poll.registry(), Time::default()) else { panic!() };
        assert_eq!(socket, path(81).to_str().unwrap());
        drop(listeners);
        assert_eq!(wm.try_next(poll.registry(), Time::default()), None);
        assert!(wm.asks_others());
        let Some(Event::WmUnavailable { reason }) = wm.told(poll.registry(), Time::default(), Vec::new()) else {
            panic!()
        };
        assert!([70, 80, 81].iter().all(|pid| reason.contains(&format!("ipc-socket.{pid}: "))), "{reason}");
        assert!(!wm.is_connected());
    }

    #[test]
    fn what_others_tell_is_tried_when_nothing_else_answers() {
        let directory = tempfile::tempdir().unwrap();
        let (poll, mut wm) = rig(&directory.path().join("run"));
        let told = directory.path().join("odd.sock");
        let _listener = UnixListener::bind(&told).unwrap();
        assert_eq!(wm.connect(poll.registry(), Time::default(), None), None);
        assert_eq!(wm.told(poll.registry(), Time::default(), vec![told.clone()]), None, "nobody was asked yet");
        assert!(wm.asks_others());
        let Some(Event::WmConnected { socket, .. }) = wm.told(poll.registry(), Time::default(), vec![told.clone()])
        else {
            panic!()
        };
        assert_eq!(socket, told.to_str().unwrap());
    }

    #[test]
    fn the_one_that_was_served_is_waited_for_as_long_as_it_lives() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("i3")).unwrap();
        let us = std::process::id();
        let ours = directory.path().join(format!("i3/ipc-socket.{us}"));
        let listener = UnixListener::bind(&ours).unwrap();
        let (poll, mut wm) = rig(directory.path());
        let connect = |wm: &mut WindowManager, served| wm.connect(poll.registry(), Time::default(), served);
        assert!(matches!(connect(&mut wm, None), Some(Event::WmConnected { .. })));
        // It restarts in place: for a while it has no socket.
        drop(listener);
        fs::remove_file(&ours).unwrap();
        assert_eq!(connect(&mut wm, Some(us)), None);
        assert!(wm.asks_others());
        let Some(Event::WmUnavailable { reason }) = wm.told(poll.registry(), Time::default(), Vec::new()) else {
            panic!()
        };
        assert!(reason.contains(&format!("waiting for process {us}")), "{reason}");
        assert!(wm.previous.excludes(Some(1)) && !wm.previous.excludes(Some(us)));
        let _listener = UnixListener::bind(&ours).unwrap();
        assert!(matches!(connect(&mut wm, Some(us)), Some(Event::WmConnected { .. })));
        // Nobody ever read it: then it is a window manager like any other.
        assert!(matches!(connect(&mut wm, None), Some(Event::WmConnected { .. })));
        assert!(!wm.previous.excludes(Some(1)));
    }

    #[test]
    fn what_another_daemon_serves_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("i3")).unwrap();
        let listener = UnixListener::bind(directory.path().join("i3/ipc-socket.7")).unwrap();
        let ((first_poll, mut first), (poll, mut second)) = (rig(directory.path()), rig(directory.path()));
        assert!(matches!(first.connect(first_poll.registry(), Time::default(), None), Some(Event::WmConnected { .. })));
        assert_eq!(second.connect(poll.registry(), Time::default(), None), None);
        assert!(!second.is_connected() && !second.asks_others());
        let (_served, _) = listener.accept().unwrap();
        let (mut looked_at, _) = listener.accept().unwrap();
        assert_eq!(looked_at.read(&mut [0; 16]).unwrap(), 0, "something was sent");
    }

    #[test]
    fn the_end_of_the_stream_is_an_event() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("i3")).unwrap();
        let listener = UnixListener::bind(directory.path().join("i3/ipc-socket.7")).unwrap();
        let (mut poll, mut wm) = rig(directory.path());
        assert!(matches!(wm.connect(poll.registry(), Time::default(), None), Some(Event::WmConnected { .. })));
        drop(listener.accept().unwrap());
        assert!(matches!(next(&mut poll, &mut wm), Event::WmLost { .. }));
        assert!(!wm.is_ready());
    }

    #[test]
    fn commands_that_are_unheard_go_out_on_a_connection_that_has_taken_over() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("i3")).unwrap();
        let path = directory.path().join("i3/ipc-socket.7");
        let listener = UnixListener::bind(&path).unwrap();
        let (mut poll, mut wm) = rig(directory.path());
        let unheard = WmRequest::Unheard { text: "nop".into(), unheard: &["window"], heard: &["tick"] };
        let done: &[u8] = b"{\"success\":true}";
        let answers = [frame(0, b"[{\"success\":true}]"), frame(2, done)].concat();
        let told = |text: &str| frame(1 << 31 | 7, format!("{{\"first\":false,\"payload\":\"{text}\"}}").as_bytes());
        let asks = |from: &mut std::os::unix::net::UnixStream, request: &WmRequest| {
            let expected = encode(request);
            let mut bytes = vec![0; expected.len()];
            from.read_exact(&mut bytes).unwrap();
            assert_eq!(bytes, expected);
        };
        let settle = |poll: &mut Poll, wm: &mut WindowManager| {
            let mut events = Events::with_capacity(4);
            poll.poll(&mut events, Some(Duration::from_secs(5))).unwrap();
            events.iter().for_each(|event| wm.stir(event));
            wm.next(poll.registry())
        };
        let ticked = |text: &str| Event::WmEvent(WmEvent::Tick { first: false, payload: text.to_owned() });

        assert!(matches!(wm.connect(poll.registry(), Time::default(), None), Some(Event::WmConnected { .. })));
        let (mut old, _) = listener.accept().unwrap();
        assert!(wm.send(poll.registry(), Ticket(1), &unheard).is_none());
        let (mut new, _) = listener.accept().unwrap();
        asks(&mut new, &WmRequest::Subscribe(&["tick"]));
        new.write_all(&[frame(2, done), told("both")].concat()).unwrap();
        assert_eq!(settle(&mut poll, &mut wm), None);
        let mark = format!("i3pm-handover-{}-1", std::process::id());
        asks(&mut new, &WmRequest::Tick(mark.clone()));
        new.write_all(&[told(&mark), frame(10, done), told("new")].concat()).unwrap();
        old.write_all(&[told("both"), told(&mark), told("new")].concat()).unwrap();
        assert_eq!(next(&mut poll, &mut wm), ticked("both"));
        assert_eq!(next(&mut poll, &mut wm), ticked("new"));
        assert_eq!(old.read(&mut [0; 16]).unwrap(), 0, "the old one is still there");
        asks(&mut new, &unheard);
        new.write_all(&answers).unwrap();
        assert!(matches!(next(&mut poll, &mut wm), Event::WmReply { ticket: Ticket(1), .. }));

        // A new one that ends is none, and so is one that is not to be had.
        assert!(wm.send(poll.registry(), Ticket(2), &unheard).is_none());
        drop(listener.accept().unwrap());
        assert_eq!(settle(&mut poll, &mut wm), None);
        asks(&mut new, &unheard);
        new.write_all(&answers).unwrap();
        assert!(matches!(next(&mut poll, &mut wm), Event::WmReply { ticket: Ticket(2), .. }));
        drop(listener);
        fs::remove_file(path).unwrap();
        assert!(wm.send(poll.registry(), Ticket(3), &unheard).is_none());
        asks(&mut new, &unheard);
        new.write_all(&answers).unwrap();
        assert!(matches!(next(&mut poll, &mut wm), Event::WmReply { ticket: Ticket(3), .. }));
        drop(new);
        assert!(matches!(next(&mut poll, &mut wm), Event::WmLost { .. }));
    }

    fn frame(kind: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap();
        [b"i3-ipc".as_slice(), &length.to_ne_bytes(), &kind.to_ne_bytes(), payload].concat()
    }

    #[test]
    fn a_request_arrives_whole_also_when_the_socket_is_small() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("i3")).unwrap();
        let listener = UnixListener::bind(directory.path().join("i3/ipc-socket.7")).unwrap();
        let (mut poll, mut wm) = rig(directory.path());
        assert!(matches!(wm.connect(poll.registry(), Time::default(), None), Some(Event::WmConnected { .. })));
        rustix::net::sockopt::set_socket_send_buffer_size(wm.connection.as_ref().unwrap().parts().0, 4096).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        let text = "nop ".repeat(50_000);
        assert!(wm.send(poll.registry(), Ticket(1), &WmRequest::Command(text.clone())).is_none());
        assert!(wm.connection.as_ref().unwrap().parts().1 > 0, "it went out at once");
        let server = std::thread::spawn(move || {
            let mut message = vec![0; 14 + 200_000];
            server.read_exact(&mut message).unwrap();
            server.write_all(&frame(0, b"[{\"success\":true}]")).unwrap();
            (message, server)
        });
        let event = next(&mut poll, &mut wm);
        assert!(matches!(event, Event::WmReply { ticket: Ticket(1), .. }), "{event:?}");
        let (message, _server) = server.join().unwrap();
        assert_eq!(&message[14..], text.as_bytes());
    }
}
