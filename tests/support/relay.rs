//! A stand-in for the window manager's socket: a program that connects to it speaks with the window
//! manager through it.
//!
//! Everything is passed on as it comes, and requests are kept for the test to look at. A test may
//! have the relay stop at a request, in one of four ways, to know exactly what is unanswered when
//! it kills the program.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

use super::framing::{self, EVENT_BIT};
use super::ipc::request;
use super::proc;
use super::wait::wait_for;
use super::witness;
use super::wm::WindowManager;

/// How the relay stops at a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The window manager does not get it.
    Kept,
    /// The window manager gets half of its bytes.
    Torn,
    /// The window manager is frozen, and gets it then.
    Frozen,
    /// The window manager gets it and does it; its reply is kept back.
    Unheard,
}

impl Stop {
    /// All ways.
    pub const ALL: [Stop; 4] = [Stop::Kept, Stop::Torn, Stop::Frozen, Stop::Unheard];
}

/// A request that went by.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Its type, as in `ipc::request`.
    pub kind: u32,
    /// Its payload.
    pub payload: String,
    /// The last tree before it, as the window manager told it.
    pub tree: Option<Arc<str>>,
    /// Its reply was passed on.
    pub answered: bool,
}

/// The stand-in. Programs that are connected when it is dropped stay connected.
#[derive(Debug)]
pub struct Relay {
    socket: PathBuf,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    wm_socket: PathBuf,
    wm_pid: Pid,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sent: Vec<Sent>,
    tree: Option<Arc<str>>,
    /// The relay stops in this way at the request that has so many requests before it.
    stop: Option<(usize, Stop)>,
    stopped: bool,
    deaf: bool,
    connections: usize,
    ended: bool,
    /// The first message that the witness read in another way than the program.
    disagreement: Option<String>,
}

impl Relay {
    /// Listen in the session of a window manager. A window manager that was started again needs a
    /// new relay.
    ///
    /// # Panics
    /// The relay cannot listen.
    #[must_use]
    pub fn start(wm: &WindowManager) -> Relay {
        let socket = wm.session.directory().join(format!("relay-{}.sock", wm.pid()));
        let _ = fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket).expect("a socket in the session's directory");
        let pid = i32::try_from(wm.pid()).ok().and_then(Pid::from_raw).expect("a pid");
        let shared = Arc::new(Shared { wm_socket: wm.socket(), wm_pid: pid, state: Mutex::default() });
        let relay = Relay { socket, shared: Arc::clone(&shared) };
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if shared.state().ended {
                    return;
                }
                // If nobody listens behind us, the client hears that by the end of its connection.
                if let Ok(server) = UnixStream::connect(&shared.wm_socket) {
                    shared.connect(client, server);
                }
            }
        });
        relay
    }

    /// The path at which it listens.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Forget what went by.
    pub fn forget(&self) {
        let mut state = self.shared.state();
        state.sent.clear();
        state.stop = None;
        state.stopped = false;
        state.deaf = false;
    }

    /// Forget what went by, and stop at the request that has so many before it.
    pub fn stop_at(&self, before: usize, how: Stop) {
        self.forget();
        self.shared.state().stop = Some((before, how));
    }

    /// Has it stopped?
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        self.shared.state().stopped
    }

    /// The requests that went by since `forget` or `stop_at`.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        self.shared.state().sent.clone()
    }

    /// Wait until the program that was connected is gone, and the window manager has been told so.
    pub fn wait_closed(&self) {
        wait_for("the end of the connection through the relay", || {
            (self.shared.state().connections == 0).then_some(())
        });
    }
}

impl Drop for Relay {
    /// The test fails here if the witness disagreed with the program on what went by.
    fn drop(&mut self) {
        let disagreement = {
            let mut state = self.shared.state();
            state.ended = true;
            state.disagreement.take()
        };
        // The thread that listens looks up when somebody comes.
        let _ = UnixStream::connect(&self.socket);
        if let Some(difference) = disagreement.filter(|_| !thread::panicking()) {
            panic!("the witness disagrees {difference}");
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connect(self: &Arc<Shared>, client: UnixStream, server: UnixStream) {
        self.state().connections += 1;
        let (to_client, from_server) =
            (client.try_clone().expect("a descriptor"), server.try_clone().expect("a descriptor"));
        let up = Arc::clone(self);
        thread::spawn(move || {
            up.pass_requests(client, &server);
            let _ = server.shutdown(Shutdown::Both);
            up.state().connections -= 1;
        });
        let down = Arc::clone(self);
        thread::spawn(move || {
            down.pass_answers(from_server, &to_client);
            let _ = to_client.shutdown(Shutdown::Both);
        });
    }

    /// Pass requests on until either side is gone.
    fn pass_requests(&self, mut client: UnixStream, mut server: &UnixStream) {
        while let Ok((kind, payload)) = framing::read(&mut client) {
            let frame = framing::frame(kind, &payload);
            let stop = {
                let mut state = self.state();
                let stop = state.stop.filter(|(before, _)| *before == state.sent.len()).map(|(_, how)| how);
                let payload = String::from_utf8_lossy(&payload).into_owned();
                let tree = state.tree.clone();
                state.sent.push(Sent { kind, payload, tree, answered: false });
                state.deaf |= stop.is_some();
                stop
            };
            if stop == Some(Stop::Frozen) {
                self.freeze();
            }
            let length = match stop {
                Some(Stop::Kept) => 0,
                Some(Stop::Torn) => frame.len() / 2,
                _ => frame.len(),
            };
            if server.write_all(&frame[..length]).is_err() {
                return;
            }
            if stop.is_some() {
                self.state().stopped = true;
                // All that the program sends now is as lost as the program.
                while client.read(&mut [0; 1024]).is_ok_and(|count| count > 0) {}
                return;
            }
        }
    }

    fn pass_answers(&self, mut server: UnixStream, mut client: &UnixStream) {
        while let Ok((kind, payload)) = framing::read(&mut server) {
            let deaf = {
                let mut state = self.state();
                if kind & EVENT_BIT == 0 && !state.deaf {
                    if kind == request::TREE {
                        state.tree = Some(String::from_utf8_lossy(&payload).into());
                    }
                    if let Some(sent) = state.sent.iter_mut().find(|sent| !sent.answered) {
                        sent.answered = true;
                    }
                }
                state.deaf
            };
            if !deaf && client.write_all(&framing::frame(kind, &payload)).is_err() {
                return;
            }
            if cfg!(test)
                && let Err(difference) = witness::check(kind, &payload)
            {
                self.state().disagreement.get_or_insert(difference);
            }
        }
    }

    /// Stop the window manager, and see that it stands still.
    fn freeze(&self) {
        kill_process(self.wm_pid, Signal::STOP).expect("the window manager lives");
        let pid = self.wm_pid.as_raw_nonzero().to_string();
        wait_for("the window manager to stand still", || (proc::state(&pid) == Some('T')).then_some(()));
    }
}
