//! What can be done about it. Effects are applied in order; none of them can fail as far as the
//! core is concerned: where an outcome matters, an event brings it.

use crate::api::{ApiError, Notice, Reply};
use crate::core::words::ids::{CallId, JobId, LaunchId, PeerId, Ticket};
use crate::core::words::note::Note;
use crate::core::words::store::{Fingerprint, StoreFile};
use crate::core::words::wm::WmRequest;

/// What the service manager is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Systemd {
    /// READY=1.
    Ready,
    /// STATUS=.
    Status(String),
    /// RELOADING=1 and MONOTONIC_USEC, in one datagram.
    Reloading,
    /// STOPPING=1.
    Stopping,
    /// WATCHDOG=1.
    Watchdog,
}

/// How a program is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It is asked to end: SIGTERM.
    Asked,
    /// It is ended: SIGKILL.
    Killed,
}

/// A program that is to be started, in a session of its own, by the user's service manager where
/// there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchOrder {
    /// Which launch this is.
    pub launch: LaunchId,
    /// The name of the unit it runs in if systemd makes one, without its suffix.
    pub unit: String,
    /// What it is, for people.
    pub description: String,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Where it is started; absolute.
    pub cwd: String,
    /// The process of the window manager: the program has the variables of its session.
    pub wm: Option<u32>,
    /// Its socket, under the name of the variable that tells it.
    pub wm_socket: Option<(&'static str, String)>,
    /// Variables that it has all the same.
    pub set: Vec<(String, String)>,
    /// Variables of the daemon that it must not have.
    pub unset: Vec<&'static str>,
    /// Start nothing, only see whether it could be started.
    pub check: bool,
    /// It may go on when its first process has ended. Else what it leaves behind then is on its
    /// own.
    pub may_fork: bool,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Find a socket of a window manager and connect to it.
    WmConnect {
        /// The process that was served before. As long as it lives nobody else is looked for: i3
        /// keeps its pid over a restart.
        previous_pid: Option<u32>,
    },
    /// The one we are connected to does not answer the handshake: close it, and go on to the next.
    WmTryNext,
    /// Send a request. Never while another is unanswered.
    WmSend {
        /// Its ticket, which the reply brings back.
        ticket: Ticket,
        /// What is asked.
        request: WmRequest,
    },
    /// Answer a call.
    Answer {
        /// Whose.
        peer: PeerId,
        /// Which.
        call: CallId,
        /// With what. The shell adds what only it knows to a `Reply::Status`: turns, and the queues
        /// of each peer.
        result: Box<Result<Reply, ApiError>>,
    },
    /// Send a notice.
    Notify {
        /// To whom.
        peer: PeerId,
        /// What.
        notice: Box<Notice>,
    },
    /// Accept no more connections and read no more calls; tell when all outboxes are empty
    /// (`PeersFlushed`).
    FlushPeers,
    /// Read the configuration (worker).
    ReadConfig,
    /// Read a file of ours: `Runtime` at once on the loop (tmpfs: it must not wait behind a disk
    /// that hangs), others in the worker.
    ReadStore(StoreFile),
    /// Rename a file of ours that cannot be used to `NAME.bad`, in place of an older one. Answered
    /// by `StoreSetAside`.
    SetStoreAside {
        /// Which.
        file: StoreFile,
    },
    /// Write a file of ours: `Projects` and `State` atomically in the worker, `Runtime` at once on
    /// the loop (tmpfs, no fsync). Where it is a link, the file that it points to.
    WriteStore {
        /// The job, which the outcome brings back.
        job: JobId,
        /// Which file.
        file: StoreFile,
        /// Its new text.
        text: String,
        /// The content that this was made from; none where there was no file. Where there is
        /// another one by now, nothing is written (`StoreError::Changed`). That of `Runtime` is not
        /// asked for: the newest wins.
        made_from: Option<Fingerprint>,
        /// A directory that must exist, or nothing is written.
        required_directory: Option<String>,
    },
    /// Write the layout that the next command has i3 append, at once on the loop (tmpfs, no fsync).
    /// Where that fails there must be no such file: i3 then refuses the command.
    WriteLayout {
        /// Its text.
        text: String,
    },
    /// Start a program (worker). Answered by `LaunchStarted` or `LaunchFailed`, and by
    /// `LaunchEnded` when it has ended.
    Launch(Box<LaunchOrder>),
    /// Ask the program of a launch, and all that is in its process group, to end; or end them. It
    /// is waited for only after the latter.
    EndProgram {
        /// Which.
        launch: LaunchId,
        /// How.
        ending: Ending,
    },
    /// Look at a process (worker).
    ReadProcess {
        /// Which.
        pid: u32,
        /// Find the Git repository in which it works, too.
        repository: bool,
    },
    /// Be there to hear which X11 windows somebody wants to have the focus (X11 connection).
    WatchX11,
    /// i3: say that an X11 window asks for attention, as its program would (X11 connection).
    /// Nothing is answered.
    DemandAttention {
        /// The X11 id.
        window: u32,
    },
    /// Find out what the X server says of a window (X11 connection).
    LookUpWindow {
        /// The X11 id.
        window: u32,
    },
    /// Tell the service manager.
    Systemd(Systemd),
    /// Log.
    Note(Note),
    /// Log the state: the shell completes the status as it does for an answer.
    DumpState(Box<crate::api::Status>),
    /// Leave the loop and exit with 0.
    Stop,
}
