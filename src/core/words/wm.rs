//! What is said to the window manager, and what it says.

use crate::core::tree::Node;

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

/// Where containers are hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HidingPlace {
    /// Swapped with a free place of the vault (i3).
    Vault,
    /// Sent to the scratchpad at their own size.
    Scratchpad,
}

impl HidingPlace {
    /// What a window manager is taken to be fit for, until it shows otherwise.
    #[must_use]
    pub fn of(kind: WmKind) -> HidingPlace {
        match kind {
            WmKind::I3 => HidingPlace::Vault,
            WmKind::Sway => HidingPlace::Scratchpad,
        }
    }
}

/// A request to the window manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WmRequest {
    /// RUN_COMMAND with this text.
    Command(String),
    /// RUN_COMMAND with this text, of which some events are not heard: the subscription to them
    /// ends before it and begins again after it. For each change of a window sway tells every
    /// subscriber all of that window, which takes longer than the commands do. What happens
    /// meanwhile the next tree shows. Answered as `Command` is.
    Unheard {
        /// The commands.
        text: String,
        /// The types of events that are not heard.
        unheard: &'static [&'static str],
        /// Those that are heard all the time.
        heard: &'static [&'static str],
    },
    /// SEND_TICK with this text. The core does not ask for it.
    Tick(String),
    /// GET_TREE.
    Tree,
    /// GET_VERSION.
    Version,
    /// GET_CONFIG. The daemon does not ask for it.
    Config,
    /// SUBSCRIBE to these events.
    Subscribe(&'static [&'static str]),
}

impl WmRequest {
    /// Its name in the IPC of i3.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            WmRequest::Command(_) | WmRequest::Unheard { .. } => "RUN_COMMAND",
            WmRequest::Tree => "GET_TREE",
            WmRequest::Version => "GET_VERSION",
            WmRequest::Config => "GET_CONFIG",
            WmRequest::Subscribe(_) => "SUBSCRIBE",
            WmRequest::Tick(_) => "SEND_TICK",
        }
    }
}

/// What an answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The handshake.
    Handshake,
    /// The arrangement in hand.
    Arrange,
    /// A census.
    Census,
    /// Marks.
    Marks,
    /// Windows to their places, as rules say.
    Place,
    /// Tidying up after an arrangement.
    Tidy,
    /// Hidden containers that came to sight.
    PutBack,
    /// Hidden windows that became fullscreen.
    Uncover,
    /// The focus of a window.
    Focus,
    /// Windows are asked to close.
    Close,
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
    /// To `WmRequest::Command` and `Unheard`: one outcome for each command, in order. Empty if
    /// nothing was run.
    Command(Vec<CommandOutcome>),
    /// To `WmRequest::Tree`.
    Tree(Box<Node>),
    /// To `WmRequest::Subscribe`.
    Subscribed(bool),
    /// To `WmRequest::Tick`.
    Ticked(bool),
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

/// What sway says of `split none` where nothing is to be taken away. We ask for that wherever
/// `workspace_layout` may have made a container.
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
        /// What happened to it.
        change: WorkspaceChange,
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

/// What happened to a workspace, as far as that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the i3 IPC documentation")]
pub enum WorkspaceChange {
    Focus,
    Empty,
    Rename,
    /// `init`, `move`, `urgent`, `reload`, `restored` or newer than us.
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
