//! The X11 connection that says which process is behind a window of i3. Without one, windows have
//! no process.
//!
//! The window manager's environment says which display that is: ours is that of the service
//! manager, and often of an earlier session. That environment and the authority file may take their
//! time, so the worker reads them; the connection itself is local and one more source of the loop.
//! An X server that is frozen costs an answer, no more.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use mio::net::UnixStream;
use mio::{Registry, Token};

use super::socket::Socket;
use crate::core::{Event, Time, X11Window};
use crate::sockets::told::Place;
use crate::wire::x11::{LOOK_UPS_MAX, X11Session};

/// Bytes read at a time.
const BUFFER_BYTES: usize = 4096;
/// How often we read in one turn: a server that says more than that is only one of many sources.
const READS_PER_TURN_MAX: usize = 16;
/// How long the X server may keep a question.
const ANSWER_DEADLINE: Duration = Duration::from_secs(2);

/// The X11 connection, or the lack of one.
#[derive(Debug)]
pub struct Display {
    /// The process of the window manager.
    wm: Option<u32>,
    token: Token,
    link: Link,
    /// Questions that wait for a connection.
    waiting: VecDeque<u32>,
    answers: VecDeque<(u32, X11Window)>,
    deadline: Option<Time>,
    /// What went wrong, for the log.
    trouble: Option<String>,
}

/// A display that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The process of the window manager for which it was looked for.
    pub wm: Option<u32>,
    /// Where it is, and the bytes of its authority file; `None` if there is none.
    pub display: Option<(Place, Vec<u8>)>,
}

#[derive(Debug)]
enum Link {
    /// Nothing was tried since the window manager connected.
    Fresh,
    /// The display is being looked for.
    Seeking,
    Open(Box<Connection>),
    /// It failed; the next window manager brings a new try.
    Failed,
}

#[derive(Debug)]
struct Connection {
    socket: Socket,
    session: X11Session,
}

impl Display {
    /// None yet: the first question finds it.
    #[must_use]
    pub fn new(token: Token) -> Display {
        Display {
            wm: None,
            token,
            link: Link::Fresh,
            waiting: VecDeque::new(),
            answers: VecDeque::new(),
            deadline: None,
            trouble: None,
        }
    }

    /// A window manager is there: what failed before may succeed now, and another window manager
    /// may be on another display.
    pub fn renew(&mut self, registry: &Registry, wm: Option<u32>) {
        if self.wm != wm {
            self.wm = wm;
            self.close(registry);
            self.link = Link::Fresh;
        } else if matches!(self.link, Link::Failed) {
            self.link = Link::Fresh;
        }
    }

    /// Have the connection if there is none, to hear what happens. If the display has to be found
    /// first, the process to begin with comes back, as from `look_up`.
    #[must_use]
    pub fn open(&mut self) -> Option<Option<u32>> {
        let is_fresh = matches!(self.link, Link::Fresh);
        is_fresh.then(|| {
            self.link = Link::Seeking;
            self.wm
        })
    }

    /// Ask about a window; `next` answers, once for each call. If the display has to be found
    /// first, the process to begin with comes back; `connect` takes what is found.
    #[must_use]
    pub fn look_up(&mut self, now: Time, window: u32) -> Option<Option<u32>> {
        match &mut self.link {
            Link::Open(connection) => {
                connection.session.look_up(window);
                self.deadline.get_or_insert(now + ANSWER_DEADLINE);
            }
            Link::Failed => self.answers.push_back((window, X11Window::default())),
            Link::Fresh | Link::Seeking if self.waiting.len() >= LOOK_UPS_MAX => {
                self.answers.push_back((window, X11Window::default()))
            }
            Link::Seeking => self.waiting.push_back(window),
            Link::Fresh => {
                self.waiting.push_back(window);
                self.link = Link::Seeking;
                return Some(self.wm);
            }
        }
        None
    }

    /// Say that a window asks for attention. Without a connection nobody hears it.
    pub fn demand_attention(&mut self, window: u32) {
        if let Link::Open(connection) = &mut self.link {
            connection.session.demand_attention(window);
        }
    }

    /// The display was looked for: connect to it.
    pub fn connect(&mut self, registry: &Registry, now: Time, found: Found) {
        if found.wm != self.wm {
            // Another window manager has come since.
            self.close(registry);
            self.link = Link::Fresh;
            return;
        }
        let Some((place, authority)) = found.display else { return self.close(registry) };
        let authorization = place.authorization(&authority);
        match connect(&place).and_then(|stream| Socket::new(registry, stream, self.token)) {
            Ok(socket) => {
                let mut session = X11Session::new(&authorization);
                self.waiting.drain(..).for_each(|window| session.look_up(window));
                self.deadline = (session.open_questions() > 0).then_some(now + ANSWER_DEADLINE);
                self.link = Link::Open(Box::new(Connection { socket, session }));
            }
            Err(error) => self.fail(registry, format!("no X server at display :{}: {error}", place.number)),
        }
    }

    /// Something is ready.
    pub fn stir(&mut self, event: &mio::event::Event) {
        if let Link::Open(connection) = &mut self.link {
            connection.socket.stir(event);
        }
    }

    /// True if another turn would get on without waiting.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let link = match &self.link {
            Link::Open(connection) => {
                let can_write = connection.socket.is_writable() && !connection.session.output().is_empty();
                connection.socket.is_readable() || can_write
            }
            _ => false,
        };
        link || !self.answers.is_empty()
    }

    /// When `advance` has to be called.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        self.deadline
    }

    /// Read and write as much as possible, and give up a server that is past its deadline. Called
    /// once a turn.
    pub fn advance(&mut self, registry: &Registry, now: Time) {
        if let Link::Open(connection) = &mut self.link {
            if let Err(reason) = connection.advance(registry) {
                self.fail(registry, reason);
            } else if connection.session.open_questions() == 0 {
                self.deadline = None;
            }
        }
        if self.deadline.is_some_and(|deadline| deadline <= now) && matches!(self.link, Link::Open(_)) {
            let seconds = ANSWER_DEADLINE.as_secs();
            self.fail(registry, format!("the X server has not answered for {seconds} s"));
        }
    }

    /// The next answer.
    pub fn next(&mut self, now: Time) -> Option<Event> {
        if let Some((window, told)) = self.answers.pop_front() {
            return Some(Event::X11Window { window, told });
        }
        let Link::Open(connection) = &mut self.link else { return None };
        if let Some(window) = connection.session.next_activated() {
            return Some(Event::X11Activated { window });
        }
        let (window, told) = connection.session.next()?;
        // It lives: the others have their time anew.
        self.deadline = (connection.session.open_questions() > 0).then_some(now + ANSWER_DEADLINE);
        Some(Event::X11Window { window, told })
    }

    /// Write what new questions have brought.
    pub fn flush(&mut self, registry: &Registry) {
        let Link::Open(connection) = &mut self.link else { return };
        if let Err(reason) = connection.write(registry) {
            self.fail(registry, reason);
        }
    }

    /// What went wrong since the last call.
    pub fn trouble(&mut self) -> Option<String> {
        self.trouble.take()
    }

    fn fail(&mut self, registry: &Registry, reason: String) {
        self.close(registry);
        self.trouble = Some(reason);
    }

    /// Every open question is answered with none.
    fn close(&mut self, registry: &Registry) {
        let link = std::mem::replace(&mut self.link, Link::Failed);
        if let Link::Open(mut connection) = link {
            connection.socket.close(registry);
            connection.session.close();
            // Answers from before the end count; the rest is answered with none.
            self.answers.extend(std::iter::from_fn(|| connection.session.next()));
        }
        self.answers.extend(self.waiting.drain(..).map(|window| (window, X11Window::default())));
        self.deadline = None;
    }
}

impl Connection {
    fn advance(&mut self, registry: &Registry) -> Result<(), String> {
        let mut buffer = [0; BUFFER_BYTES];
        for _ in 0..READS_PER_TURN_MAX {
            match self.socket.read(&mut buffer) {
                Ok(None) => break,
                Ok(Some(0)) => return Err("the X server has closed the connection".into()),
                Ok(Some(count)) => self.session.receive(&buffer[..count]).map_err(|error| error.to_string())?,
                Err(error) => return Err(format!("reading from the X server failed: {error}")),
            }
        }
        self.write(registry)
    }

    fn write(&mut self, registry: &Registry) -> Result<(), String> {
        if self.session.output().is_empty() {
            return Ok(());
        }
        match self.socket.write(registry, self.session.output()) {
            Ok(count) => {
                self.session.written(count);
                Ok(())
            }
            Err(error) => Err(format!("writing to the X server failed: {error}")),
        }
    }
}

fn connect(place: &Place) -> io::Result<UnixStream> {
    let connected = place.addresses().into_iter().map(|address| UnixStream::connect_addr(&address));
    connected.reduce(Result::or).unwrap_or_else(|| Err(io::ErrorKind::NotFound.into()))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;

    use super::*;

    fn answers(display: &mut Display, now: Time) -> Vec<Event> {
        std::iter::from_fn(|| display.next(now)).collect()
    }

    fn none_for(windows: &[u32]) -> Vec<Event> {
        windows.iter().map(|window| Event::X11Window { window: *window, told: X11Window::default() }).collect()
    }

    fn at(path: &std::path::Path) -> Found {
        let place = Place { path: path.to_owned(), number: 9, authority: PathBuf::new() };
        Found { wm: None, display: Some((place, Vec::new())) }
    }

    #[test]
    fn without_a_display_every_window_has_no_process() {
        let poll = mio::Poll::new().unwrap();
        let mut display = Display::new(Token(1));
        assert_eq!(display.look_up(Time::default(), 5), Some(None));
        display.connect(poll.registry(), Time::default(), Found { wm: None, display: None });
        assert!(display.is_ready());
        assert_eq!(answers(&mut display, Time::default()), none_for(&[5]));
        assert!(!display.is_ready());
        assert_eq!(display.trouble(), None, "that is how it is on sway");
    }

    #[test]
    fn an_x_server_that_is_not_there_answers_nothing_until_renewed() {
        let poll = mio::Poll::new().unwrap();
        let mut display = Display::new(Token(1));
        assert!(display.look_up(Time::default(), 5).is_some());
        assert_eq!(display.look_up(Time::default(), 6), None);
        assert_eq!(display.deadline(), None);
        display.connect(poll.registry(), Time::default(), at("/nowhere/X9".as_ref()));
        assert!(display.trouble().unwrap().contains(":9"));
        assert_eq!(answers(&mut display, Time::default()), none_for(&[5, 6]));
        assert_eq!(display.look_up(Time::default(), 7), None);
        assert_eq!(answers(&mut display, Time::default()), none_for(&[7]));
        display.renew(poll.registry(), None);
        assert!(display.look_up(Time::default(), 8).is_some());
    }

    #[test]
    fn another_window_manager_may_be_on_another_display() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("X9");
        let _listener = UnixListener::bind(&path).unwrap();
        let poll = mio::Poll::new().unwrap();
        let mut display = Display::new(Token(1));
        display.renew(poll.registry(), Some(77));
        assert_eq!(display.look_up(Time::default(), 5), Some(Some(77)));
        // What was found for somebody else comes late.
        display.connect(poll.registry(), Time::default(), at(&path));
        assert_eq!(answers(&mut display, Time::default()), none_for(&[5]));
        assert_eq!(display.look_up(Time::default(), 6), Some(Some(77)));
        display.connect(poll.registry(), Time::default(), Found { wm: Some(77), ..at(&path) });
        assert_eq!(answers(&mut display, Time::default()), none_for(&[]), "it is asked");
        // The same one again, as i3 after a restart in place, is on the same display.
        display.renew(poll.registry(), Some(77));
        assert_eq!(display.look_up(Time::default(), 7), None);
        display.renew(poll.registry(), Some(78));
        assert_eq!(answers(&mut display, Time::default()), none_for(&[6, 7]));
        assert_eq!(display.look_up(Time::default(), 8), Some(Some(78)));
    }

    #[test]
    fn a_frozen_x_server_is_given_up() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("X9");
        let listener = UnixListener::bind(&path).unwrap();
        let poll = mio::Poll::new().unwrap();
        let mut display = Display::new(Token(1));
        let start = Time::from_nanos(1);
        assert!(display.look_up(start, 5).is_some());
        display.connect(poll.registry(), start, at(&path));
        let (mut server, _) = listener.accept().unwrap();
        display.advance(poll.registry(), start);
        let mut setup = [0; 12];
        server.read_exact(&mut setup).unwrap();
        assert!(setup[0] == b'l' || setup[0] == b'B');
        assert!(answers(&mut display, start).is_empty());
        let deadline = display.deadline().unwrap();
        display.advance(poll.registry(), deadline);
        assert_eq!(answers(&mut display, deadline), none_for(&[5]));
        assert!(display.trouble().unwrap().contains("has not answered"));
        assert_eq!(display.deadline(), None);
    }

    #[test]
    fn a_server_that_says_much_has_its_share_of_a_turn() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("X9");
        let listener = UnixListener::bind(&path).unwrap();
        let (mut poll, mut events) = (mio::Poll::new().unwrap(), mio::Events::with_capacity(4));
        let mut display = Display::new(Token(1));
        let start = Time::from_nanos(1);
        assert!(display.look_up(start, 5).is_some());
        display.connect(poll.registry(), start, at(&path));
        let (mut server, _) = listener.accept().unwrap();
        // The head of a welcome of 256 KiB, and a part of it.
        server.write_all(&[1, 0, 11, 0, 0, 0, 0xff, 0xff]).unwrap();
        server.write_all(&vec![0; 2 * READS_PER_TURN_MAX * BUFFER_BYTES]).unwrap();
        poll.poll(&mut events, Some(Duration::from_secs(5))).unwrap();
        events.iter().for_each(|event| display.stir(event));
        let mut turns = 0;
        while display.is_ready() {
            display.advance(poll.registry(), start);
            turns += 1;
        }
        assert_eq!(display.trouble(), None);
        assert!(turns > 2, "all of it is read in {turns} turns");
    }
}
