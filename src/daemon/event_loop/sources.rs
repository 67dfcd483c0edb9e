//! What is registered with the poll from the start, and its tokens.
//!
//! Tokens of programs that were started and of peers are made where these are.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use mio::{Poll, Registry, Token, Waker};

use crate::daemon::clock;
use crate::daemon::config_watch::ConfigWatch;
use crate::daemon::files::{self, FileTask};
use crate::daemon::listener::{self, Listener};
use crate::daemon::paths::Paths;
use crate::daemon::signals::Signals;
use crate::daemon::socket_watch::SocketWatch;
use crate::daemon::stores::Stores;
use crate::daemon::window_manager::WindowManager;
use crate::daemon::wm_claim::{self, Claims};
use crate::daemon::worker::Worker;
use crate::sockets;

/// The signals.
pub const SIGNALS: Token = Token(1);
/// The timer.
pub const TIMER: Token = Token(2);
/// What the worker has finished.
pub const WORKER: Token = Token(3);
/// The connection to the window manager.
pub const WINDOW_MANAGER: Token = Token(4);
/// The connection to the X server.
pub const DISPLAY: Token = Token(5);
/// What leads to the configuration.
pub const CONFIG_WATCH: Token = Token(6);
/// Where sockets of window managers appear.
pub const SOCKET_WATCH: Token = Token(7);
/// The socket that serves calls, and its path.
pub const LISTENER: listener::Tokens = listener::Tokens { peers: Token(8), place: Token(11) };
/// The claim on the window manager.
pub const CLAIMS: wm_claim::Tokens = wm_claim::Tokens { waiting: Token(9), holder: Token(10) };

/// What is registered with the poll from the start.
#[derive(Debug)]
pub struct Sources {
    /// The poll that waits for all of them.
    pub poll: Poll,
    /// Signals.
    pub signals: Signals,
    /// The timer.
    pub timer: clock::Timer,
    /// What can block.
    pub worker: Worker<FileTask>,
    /// The window manager.
    pub window_manager: WindowManager,
    /// What leads to the configuration.
    pub config_watch: ConfigWatch,
    /// Where sockets of window managers appear.
    pub socket_watch: SocketWatch,
    /// The socket that serves calls.
    pub listener: Listener,
}

impl Sources {
    /// Everything registered, and nothing done yet.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn new(
        paths: &Paths,
        wm_socket: Option<PathBuf>,
        mut signals: Signals,
        mut listener: Listener,
    ) -> io::Result<Sources> {
        let poll = Poll::new()?;
        let registry: &Registry = poll.registry();
        signals.register(registry, SIGNALS)?;
        listener.register(registry, LISTENER)?;
        let timer = clock::Timer::new(registry, TIMER)?;
        let config_watch = ConfigWatch::new(registry, CONFIG_WATCH)?;
        let environment = sockets::environment(wm_socket);
        let named = [&environment.explicit, &environment.swaysock, &environment.i3sock];
        let named = named.into_iter().flatten().cloned().collect();
        let socket_watch = SocketWatch::new(registry, SOCKET_WATCH, paths.runtime_root.clone(), named)?;
        let claims = Claims::new(CLAIMS, paths.socket.display().to_string());
        let window_manager = WindowManager::new(environment, paths.runtime_root.clone(), WINDOW_MANAGER, claims);
        let waker = Arc::new(Waker::new(registry, WORKER)?);
        let (watches, places, stores) = (config_watch.watches(), paths.clone(), Stores::default());
        let worker = Worker::new(waker, move |task| files::perform(&places, &stores, &watches, task));
        Ok(Sources { poll, signals, timer, worker, window_manager, config_watch, socket_watch, listener })
    }
}
