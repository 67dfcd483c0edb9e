//! What a Unix socket can do at best: two servers that answer every line with as many bytes as i3pm
//! does, and do nothing else. One has a mio loop like ours, the other a thread that blocks for each
//! connection. Each is a process of its own, as i3pm is.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener as BlockingListener, UnixStream as BlockingStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use mio::net::{UnixListener, UnixStream};
use mio::{Events, Interest, Poll, Token};

use crate::rig::wait_for;

/// What a floor is told: which, its socket, and the bytes of an answer and of a notice.
const VARIABLE: &str = "I3PM_BENCH_FLOOR";
/// A line that begins so is answered, and told to all others.
pub const TELL_ALL: u8 = b'!';
const LISTENER: Token = Token(usize::MAX);
const READ_BYTES: usize = 16 << 10;
const EVENTS: usize = 64;

/// The two kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Mio,
    Threads,
}

/// One that runs; it ends when dropped.
pub struct Floor {
    child: Child,
    pub socket: PathBuf,
}

impl Floor {
    /// Start one that answers with so many bytes.
    pub fn start(kind: Kind, directory: &Path, answer: usize, notice: usize) -> Floor {
        let name = if kind == Kind::Mio { "mio" } else { "threads" };
        let socket = directory.join(format!("floor-{name}.sock"));
        let mut command = Command::new(std::env::current_exe().expect("this executable"));
        command.env(VARIABLE, format!("{name} {answer} {notice} {}", socket.display())).stdin(Stdio::null());
        let child = command.spawn().expect("this executable again");
        wait_for("the floor's socket", || BlockingStream::connect(&socket).ok());
        Floor { child, socket }
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// In a process that [`Floor::start`] made: serve until killed. In any other: false.
pub fn serve_if_asked() -> bool {
    let Ok(order) = std::env::var(VARIABLE) else { return false };
    let mut words = order.splitn(4, ' ');
    let mut word = || words.next().expect("four words");
    let (name, answer, notice) = (word(), line_of(word()), line_of(word()));
    let socket = PathBuf::from(word());
    match name {
        "mio" => serve_mio(&socket, &answer, &notice),
        _ => serve_threads(&socket, &answer),
    }
    true
}

fn line_of(bytes: &str) -> Vec<u8> {
    let mut line = vec![b'x'; bytes.parse().expect("a number of bytes")];
    *line.last_mut().expect("a line") = b'\n';
    line
}

fn serve_threads(socket: &Path, answer: &[u8]) {
    let listener = BlockingListener::bind(socket).expect("a free path");
    std::thread::scope(|scope| {
        for stream in listener.incoming() {
            scope.spawn(|| {
                let mut reader = BufReader::new(stream.expect("a connection"));
                let mut line = Vec::new();
                while reader.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
                    line.clear();
                    if reader.get_mut().write_all(answer).is_err() {
                        return;
                    }
                }
            });
        }
    });
}

fn serve_mio(socket: &Path, answer: &[u8], notice: &[u8]) {
    let mut poll = Poll::new().expect("a poll");
    let mut listener = UnixListener::bind(socket).expect("a free path");
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE).expect("the listener");
    let (mut events, mut streams, mut next) = (Events::with_capacity(EVENTS), BTreeMap::new(), 0);
    let mut buffer = vec![0; READ_BYTES];
    loop {
        poll.poll(&mut events, None).expect("events");
        for event in &events {
            if event.token() == LISTENER {
                while let Ok((mut stream, _)) = listener.accept() {
                    poll.registry().register(&mut stream, Token(next), Interest::READABLE).expect("a connection");
                    streams.insert(next, stream);
                    next += 1;
                }
            } else if !serve_stream(event.token().0, &mut streams, &mut buffer, answer, notice) {
                streams.remove(&event.token().0);
            }
        }
    }
}

/// Answer every line that has come. False where the connection is gone.
fn serve_stream(
    id: usize,
    streams: &mut BTreeMap<usize, UnixStream>,
    buffer: &mut [u8],
    answer: &[u8],
    notice: &[u8],
) -> bool {
    loop {
        let Some(stream) = streams.get_mut(&id) else { return true };
        let read = match stream.read(buffer) {
            Ok(0) => return false,
            Ok(read) => &buffer[..read],
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        };
        // Lines are shorter than what is read at once, and clients wait for each answer.
        for _ in read.iter().filter(|byte| **byte == b'\n') {
            if stream.write_all(answer).is_err() {
                return false;
            }
        }
        if read[0] == TELL_ALL {
            for (_, stream) in streams.iter_mut().filter(|(other, _)| **other != id) {
                let _ = stream.write_all(notice);
            }
        }
    }
}
