//! The connection to i3 or sway: found, connected, and read within a budget.
//!
//! A request goes out in one write. What the socket does not take at once is finished before anything else, because a
//! window manager that has half a request waits for the rest of it.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use mio::net::UnixStream;
use mio::{Registry, Token};

use super::process;
use super::socket::Socket;
use crate::core::{Event, Ticket, WmRequest};
use crate::sockets;
use crate::wire::discovery::{self, Environment, Previous};
use crate::wire::wm::WmStream;

/// Bytes read at a time.
const BUFFER_BYTES: usize = 32 << 10;

/// The connection to the window manager, or the lack of one.
#[derive(Debug)]
pub struct WindowManager {
    environment: Environment,
    runtime: PathBuf,
    token: Token,
    connection: Option<Connection>,
    candidates: VecDeque<PathBuf>,
    tried: Vec<String>,
    previous: Previous,
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct Connection {
    socket: Socket,
    codec: WmStream,
    /// The rest of a request.
    unsent: Vec<u8>,
    /// Messages may wait in the codec.
    undecoded: bool,
}

impl WindowManager {
    /// Nothing connected yet.
    #[must_use]
    pub fn new(environment: Environment, runtime: PathBuf, token: Token) -> WindowManager {
        WindowManager {
            environment,
            runtime,
            token,
            connection: None,
            candidates: VecDeque::new(),
            tried: Vec::new(),
            previous: Previous::default(),
            buffer: Vec::new(),
        }
    }

    /// Look for sockets and connect to the best that accepts.
    pub fn connect(&mut self, registry: &Registry, previous_pid: Option<u32>) -> Event {
        self.close(registry);
        self.previous.pid = previous_pid;
        let files = sockets::find(Some(&self.runtime), self.environment.uid);
        self.candidates = discovery::candidates(&self.environment, &files, &self.previous).into();
        self.tried.clear();
        self.try_next(registry)
    }

    /// Leave this one and go on to the next.
    pub fn try_next(&mut self, registry: &Registry) -> Event {
        if self.close(registry) {
            self.tried.push(format!("{}: no window manager answers", display(self.previous.path.as_deref())));
        }
        while let Some(path) = self.candidates.pop_front() {
            match self.open(registry, &path) {
                Ok(pid) => {
                    let socket = path.to_string_lossy().into_owned();
                    self.previous.path = Some(path);
                    return Event::WmConnected { socket, pid };
                }
                Err(error) => self.tried.push(format!("{}: {error}", path.display())),
            }
        }
        let reason = if self.tried.is_empty() {
            format!("no socket of i3 or sway in {}", self.runtime.display())
        } else {
            self.tried.join("; ")
        };
        Event::WmUnavailable { reason }
    }

    /// True while there is a connection.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    /// Something is ready.
    pub fn stir(&mut self, event: &mio::event::Event) {
        if let Some(connection) = &mut self.connection {
            connection.socket.stir(event);
        }
    }

    /// True where another turn would get on without waiting.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| {
            let can_write = connection.socket.is_writable() && !connection.unsent.is_empty();
            connection.socket.is_readable() || connection.undecoded || can_write
        })
    }

    /// Send a request. An event that comes back says that the connection is gone.
    pub fn send(&mut self, registry: &Registry, ticket: Ticket, request: &WmRequest) -> Option<Event> {
        let connection = self.connection.as_mut()?;
        let bytes = connection.codec.send(ticket, request);
        connection.unsent.extend_from_slice(&bytes);
        self.flush(registry)
    }

    /// Write what is left of a request. An event that comes back says that the connection is gone.
    pub fn flush(&mut self, registry: &Registry) -> Option<Event> {
        let connection = self.connection.as_mut()?;
        if connection.unsent.is_empty() {
            return None;
        }
        match connection.socket.write(registry, &connection.unsent) {
            Ok(count) => {
                connection.unsent.drain(..count);
                None
            }
            Err(error) => Some(self.lose(registry, format!("writing to it failed: {error}"))),
        }
    }

    /// The next message, or that the connection is gone; `None` where there is none now.
    pub fn next(&mut self, registry: &Registry) -> Option<Event> {
        loop {
            let connection = self.connection.as_mut()?;
            if connection.undecoded {
                match connection.codec.next() {
                    Ok(Some(event)) => return Some(event),
                    Ok(None) => connection.undecoded = false,
                    Err(error) => return Some(self.lose(registry, error.to_string())),
                }
            }
            self.buffer.resize(BUFFER_BYTES, 0);
            match connection.socket.read(&mut self.buffer) {
                Ok(None) => return None,
                Ok(Some(0)) => return Some(self.lose(registry, "it has closed the connection".into())),
                Ok(Some(count)) => {
                    connection.codec.receive(&self.buffer[..count]);
                    connection.undecoded = true;
                }
                Err(error) => return Some(self.lose(registry, format!("reading from it failed: {error}"))),
            }
        }
    }

    fn open(&mut self, registry: &Registry, path: &Path) -> io::Result<Option<u32>> {
        // Both kinds of socket accept at once or not at all; a full backlog answers WouldBlock.
        let stream = UnixStream::connect(path)?;
        let process = process::behind(&stream);
        if process.uid != Some(self.environment.uid) {
            return Err(io::Error::new(ErrorKind::PermissionDenied, "it belongs to another user"));
        }
        let socket = Socket::new(registry, stream, self.token)?;
        let connection = Connection { socket, codec: WmStream::new(), unsent: Vec::new(), undecoded: false };
        self.connection = Some(connection);
        Ok(process.pid)
    }

    fn lose(&mut self, registry: &Registry, reason: String) -> Event {
        self.close(registry);
        Event::WmLost { reason }
    }

    fn close(&mut self, registry: &Registry) -> bool {
        let Some(connection) = self.connection.take() else { return false };
        connection.socket.close(registry);
        // A tree has passed through here; it is small again until the next.
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

    use super::*;

    const TOKEN: Token = Token(1);

    fn rig(runtime: &Path) -> (Poll, WindowManager) {
        let uid = rustix::process::getuid().as_raw();
        let environment = Environment { display: Some(":0".into()), uid, ..Environment::default() };
        (Poll::new().unwrap(), WindowManager::new(environment, runtime.to_owned(), TOKEN))
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
        let Event::WmUnavailable { reason } = wm.connect(poll.registry(), None) else { panic!() };
        assert!(reason.contains("ipc-socket.70"), "{reason}");

        let listeners: Vec<_> = (80..82).map(|pid| UnixListener::bind(path(pid)).unwrap()).collect();
        let Event::WmConnected { socket, pid } = wm.connect(poll.registry(), Some(80)) else { panic!() };
        assert_eq!((socket.as_str(), pid), (path(80).to_str().unwrap(), Some(std::process::id())));
        let Event::WmConnected { socket, .. } = wm.try_next(poll.registry()) else { panic!() };
        assert_eq!(socket, path(81).to_str().unwrap());
        drop(listeners);
        let Event::WmUnavailable { reason } = wm.try_next(poll.registry()) else { panic!() };
        assert!(reason.contains("no window manager answers") && !wm.is_connected(), "{reason}");
    }

    #[test]
    fn the_end_of_the_stream_is_an_event() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("i3")).unwrap();
        let listener = UnixListener::bind(directory.path().join("i3/ipc-socket.7")).unwrap();
        let (mut poll, mut wm) = rig(directory.path());
        assert!(matches!(wm.connect(poll.registry(), None), Event::WmConnected { .. }));
        drop(listener.accept().unwrap());
        assert!(matches!(next(&mut poll, &mut wm), Event::WmLost { .. }));
        assert!(!wm.is_ready());
    }

    #[test]
    fn a_request_arrives_whole_also_when_the_socket_is_small() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("i3")).unwrap();
        let listener = UnixListener::bind(directory.path().join("i3/ipc-socket.7")).unwrap();
        let (mut poll, mut wm) = rig(directory.path());
        assert!(matches!(wm.connect(poll.registry(), None), Event::WmConnected { .. }));
        rustix::net::sockopt::set_socket_send_buffer_size(&wm.connection.as_ref().unwrap().socket, 4096).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        let text = "nop ".repeat(50_000);
        assert!(wm.send(poll.registry(), Ticket(1), &WmRequest::Command(text.clone())).is_none());
        assert!(!wm.connection.as_ref().unwrap().unsent.is_empty(), "it went out at once");
        let server = std::thread::spawn(move || {
            let mut message = vec![0; 14 + 200_000];
            server.read_exact(&mut message).unwrap();
            let mut answer = b"i3-ipc".to_vec();
            let payload = b"[{\"success\":true}]";
            answer.extend_from_slice(&(payload.len() as u32).to_ne_bytes());
            answer.extend_from_slice(&0_u32.to_ne_bytes());
            answer.extend_from_slice(payload);
            server.write_all(&answer).unwrap();
            (message, server)
        });
        let event = next(&mut poll, &mut wm);
        assert!(matches!(event, Event::WmReply { ticket: Ticket(1), .. }), "{event:?}");
        let (message, _server) = server.join().unwrap();
        assert_eq!(&message[14..], text.as_bytes());
    }
}
