//! What can happen. With `Effect` the language of the core and of its tests.

use std::sync::Arc;

use crate::api::{Call, ConfigError};
use crate::config::Config;
use crate::core::words::ids::{CallId, JobId, LaunchId, PeerId, Ticket};
use crate::core::words::store::{StoreError, StoreFile, StoreTrouble};
use crate::core::words::time::Time;
use crate::core::words::wm::{WmEvent, WmReply};

/// A process as the kernel names it to us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: Option<u32>,
    /// The user it runs as.
    pub uid: Option<u32>,
    /// The name of its program (`/proc/PID/comm`), where it could be read.
    pub command: Option<String>,
}

/// A signal we handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// SIGTERM: stop.
    Terminate,
    /// SIGINT: stop.
    Interrupt,
    /// SIGHUP: reload.
    HangUp,
    /// SIGUSR1: dump the state into the log.
    User1,
    /// Any other: logged and ignored.
    Other(i32),
}

/// What the X server says of a window, and no window manager does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct X11Window {
    /// Its process.
    pub pid: Option<u32>,
    /// The leader of the group that it is one of.
    pub group: Option<u32>,
    /// It keeps the user from something until it is answered.
    pub modal: bool,
}

/// What a process says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessInfo {
    /// When it was started, in clock ticks since boot: pids are used again.
    pub start_time: u64,
    /// The same by the clock of the loop.
    pub started: Time,
    /// Those variables whose names begin with `I3PM_`, sorted.
    pub variables: Vec<(String, String)>,
    /// Why its environment cannot be read, where it cannot.
    pub unreadable: Option<String>,
    /// Its program, an absolute path, where that may be known.
    pub exe: Option<String>,
    /// The directory that it worked in when it was looked at, where that may be known.
    pub cwd: Option<String>,
    /// The root of the Git repository in which that is, where it was asked for and there is one.
    pub repository: Option<String>,
    /// The processes it descends from, the nearest first.
    pub ancestors: Vec<Ancestor>,
}

/// A process that another descends from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ancestor {
    /// Its id.
    pub pid: u32,
    /// When it was started, in clock ticks since boot.
    pub start_time: u64,
    /// `I3PM_LAUNCH` in its environment.
    pub launch: Option<String>,
}

/// Everything that can happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The loop runs. Always the first event.
    Started,
    /// A signal came.
    Signal {
        /// Which.
        signal: Signal,
        /// From whom, if the kernel says.
        sender: Option<Process>,
    },
    /// A deadline has come.
    Elapsed,
    /// A socket of a window manager accepted us, and no other daemon serves it. Answers
    /// `WmConnect`.
    WmConnected {
        /// Its path.
        socket: String,
        /// The process at the other end.
        pid: Option<u32>,
    },
    /// Another daemon serves the window manager that was found. Answers `WmConnect`; nothing was
    /// sent to it, and there is no connection.
    WmHeld {
        /// The window manager's socket.
        socket: String,
        /// The other daemon.
        holder: Process,
        /// Where it answers, as far as it says so.
        place: Option<String>,
    },
    /// The daemon that was waited for serves that window manager no more.
    WmFreed,
    /// No socket of a window manager accepted us. Answers `WmConnect`.
    WmUnavailable {
        /// What was tried.
        reason: String,
    },
    /// The connection is gone.
    WmLost {
        /// Why.
        reason: String,
    },
    /// A request was answered.
    WmReply {
        /// Which.
        ticket: Ticket,
        /// With what.
        reply: WmReply,
    },
    /// The window manager tells something.
    WmEvent(WmEvent),
    /// An event could not be decoded: our picture may be wrong.
    WmUndecodable {
        /// What it was.
        what: String,
    },
    /// A socket may have appeared in the runtime directory.
    WmSocketAppeared,
    /// A peer connected.
    PeerConnected {
        /// Its key.
        peer: PeerId,
        /// Its process.
        process: Process,
    },
    /// A peer is gone.
    PeerClosed {
        /// Its key.
        peer: PeerId,
    },
    /// A peer asks.
    Call {
        /// Who.
        peer: PeerId,
        /// Which call of theirs; a notification has one too, its answer is dropped by `wire`.
        call: CallId,
        /// What.
        request: Call,
    },
    /// The outboxes that had to be flushed before the end are empty. Answers `FlushPeers`.
    PeersFlushed,
    /// The configuration directory changed.
    ConfigTouched,
    /// The configuration was read. Answers `ReadConfig`.
    ConfigRead(Result<Arc<Config>, ConfigError>),
    /// A file of ours was read; `None` where there is none. Answers `ReadStore`.
    StoreRead {
        /// Which.
        file: StoreFile,
        /// Its text, or why there is none.
        result: Result<Option<String>, StoreTrouble>,
    },
    /// A file of ours that could not be used was renamed to `NAME.bad`. Answers `SetStoreAside`.
    StoreSetAside {
        /// Which.
        file: StoreFile,
        /// Its path, or a sentence that says why not.
        result: Result<String, String>,
    },
    /// A file of ours was written, or not. Answers `WriteStore`.
    StoreWritten {
        /// Which job.
        job: JobId,
        /// Why not.
        result: Result<(), StoreError>,
    },
    /// What the X server says of a window. Answers `LookUpWindow`.
    X11Window {
        /// The X11 id.
        window: u32,
        /// What could be found out.
        told: X11Window,
    },
    /// Somebody wants an X11 window to have the focus (i3).
    X11Activated {
        /// The X11 id.
        window: u32,
    },
    /// A program that was to be started runs, or was found where that was all that was asked.
    /// Answers `Launch`.
    LaunchStarted {
        /// Which.
        launch: LaunchId,
        /// Its process.
        pid: u32,
        /// When that was started, in clock ticks since boot.
        start_time: u64,
        /// The file of the program.
        program: String,
    },
    /// A program could not be started. Answers `Launch`.
    LaunchFailed {
        /// Which.
        launch: LaunchId,
        /// A sentence that names what is missing.
        reason: String,
    },
    /// A program that was started has ended.
    LaunchEnded {
        /// Which.
        launch: LaunchId,
        /// It ended by itself, with the status 0.
        succeeded: bool,
        /// How, for people: `exit status: 0`, or a signal.
        outcome: String,
    },
    /// A process was looked at. Answers `ReadProcess`.
    ProcessRead {
        /// Which.
        pid: u32,
        /// What it says; `None` where it could not be read.
        info: Option<ProcessInfo>,
    },
}
