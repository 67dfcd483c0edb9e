//! What can happen. With `Effect` the language of the core and of its tests.

use std::sync::Arc;

use super::store::StoreFault;
use super::time::Time;
use super::tree::Node;
use crate::api::{Call, ConfigError};
use crate::config::Config;

/// One connection on our socket: a generational key that is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PeerId(pub u64);

/// One call that waits for its answer; `wire` knows which JSON id belongs to it. Never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// One outstanding request to the window manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// One job given to the worker thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// One launch of a program. Never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LaunchId(pub u64);

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

/// The window manager's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WmKind {
    /// i3.
    I3,
    /// sway.
    Sway,
}

impl WmKind {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            WmKind::I3 => "i3",
            WmKind::Sway => "sway",
        }
    }
}

/// A request's answer.
#[derive(Debug, Clone, PartialEq)]
pub enum WmReply {
    /// To `WmRequest::Version`.
    Version {
        /// `i3` or `sway`, told by `variant` (sway 1.8 on) or `human_readable`.
        kind: WmKind,
        /// What it calls itself.
        human_readable: String,
    },
    /// To `WmRequest::Command`: one outcome for each command, in order. Empty where nothing was run.
    Command(Vec<CommandOutcome>),
    /// To `WmRequest::Tree`.
    Tree(Box<Node>),
    /// To `WmRequest::Subscribe`.
    Subscribed(bool),
    /// To `WmRequest::Config`: the text of the file that it read, without those that this includes.
    Config(String),
    /// The payload could not be decoded; with the reason.
    Undecodable(String),
}

/// What became of one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandOutcome {
    /// The window manager's own word.
    pub success: bool,
    /// Its reason where it refused.
    pub error: Option<String>,
}

/// What sway says of `split none` where nothing is to be taken away. We ask for that wherever `workspace_layout` may have made a container.
const NOTHING_TO_FLATTEN: &str = "Can only flatten a child container with no siblings";

impl CommandOutcome {
    /// Why the command was refused, where it was and that matters.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        let error = self.error.as_deref().unwrap_or("no reason given");
        (!self.success && error != NOTHING_TO_FLATTEN).then(|| error.to_string())
    }
}

/// What the window manager tells of its own accord.
#[derive(Debug, Clone, PartialEq)]
pub enum WmEvent {
    /// A window changed.
    Window {
        /// What happened to it.
        change: WindowChange,
        /// It, as it is now.
        container: Box<Node>,
    },
    /// A workspace changed.
    Workspace {
        /// `init`, `focus`, `empty`, `move`, `rename`, `urgent`, `reload`, `restored` or newer.
        change: String,
        /// The workspace (a lean node: its children are not read).
        current: Option<Box<Node>>,
        /// The one that lost the focus.
        old: Option<Box<Node>>,
    },
    /// Outputs changed.
    Output,
    /// A tick; `first` is the one that a subscription brings.
    Tick {
        /// It came with the subscription.
        first: bool,
        /// Its text.
        payload: String,
    },
    /// A key or button binding ran.
    Binding {
        /// Its command, whole.
        command: String,
    },
    /// The window manager says good-bye.
    Shutdown {
        /// `exit` or `restart`.
        change: String,
    },
    /// Known, decoded, and nothing to us.
    Other,
}

/// What happened to a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the i3 IPC documentation")]
pub enum WindowChange {
    New,
    Close,
    Focus,
    Title,
    FullscreenMode,
    Move,
    Floating,
    Urgent,
    Mark,
    /// Newer than us.
    Other,
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

/// The files that hold our state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoreFile {
    /// `$XDG_DATA_HOME/i3pm/projects.json`: projects made by calls.
    Projects,
    /// `$XDG_STATE_HOME/i3pm/state.json`: order of use.
    State,
    /// `$XDG_RUNTIME_DIR/i3pm/runtime.json`: what is hidden and how it stood.
    Runtime,
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
        /// From whom, where the kernel says.
        sender: Option<Process>,
    },
    /// A deadline has come.
    Elapsed,
    /// A socket of a window manager accepted us, and no other daemon serves it. Answers `WmConnect`.
    WmConnected {
        /// Its path.
        socket: String,
        /// The process at the other end.
        pid: Option<u32>,
    },
    /// Another daemon serves the window manager that was found. Answers `WmConnect`; nothing was sent to it, and there is no connection.
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
    /// A program that was to be started runs, or was found where that was all that was asked. Answers `Launch`.
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

/// Why the text of a file is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreTrouble {
    /// It could not be read; with a sentence that names it.
    Unreadable(String),
    /// It was read, and is no text.
    Unusable(StoreFault),
}

/// Why a file was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// The directory of the project is not one; with a sentence that names it.
    Directory(String),
    /// The file could not be written; with a sentence that names it.
    Write(String),
    /// Somebody else has written it since what this was made from. It is left as it is; with its text.
    Changed(Result<String, StoreTrouble>),
}
