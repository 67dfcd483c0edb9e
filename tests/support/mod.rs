//! What the tests against the real things share: private window managers, windows, the daemon,
//! trees to compare.
//!
//! A target includes it with `#[path = "../support/mod.rs"] pub mod support;`. Targets that open
//! X11 windows also run [`windows::serve_if_asked`]: the windows belong to processes of their own,
//! which are this very executable.
//!
//! - `session`: a private directory and environment, and processes that end with it; `wait`:
//!   waiting with a deadline; `proc`: what `/proc` tells of a process.
//! - `wm`: a private i3 or sway; `elsewhere`: one of another system; `ipc`: a client of theirs, on
//!   `framing`; `tree`: reading their trees; `witness`: `swayipc` reads all messages too.
//! - `windows`: programs with windows, which `x11` and `wayland` open; `layout`: many of them, as a
//!   user might arrange them; `burst`: many at once; `snapshot`: what a person would see of them.
//! - `daemon`: the daemon, a client of it, the command line; `relay`: a stand-in for the window
//!   manager's socket; `release`: the release build; `figures`: what tests measure.
//!
//! Nothing here touches a session that is already running: every program gets an environment that
//! is built from nothing, and everything is killed and removed when the test ends, also when it is
//! killed itself.

pub mod burst;
pub mod daemon;
pub mod elsewhere;
pub mod figures;
pub mod framing;
pub mod ipc;
pub mod layout;
pub mod proc;
pub mod relay;
pub mod release;
pub mod session;
pub mod snapshot;
pub mod tree;
pub mod wait;
mod wayland;
pub mod windows;
pub mod witness;
pub mod wm;
mod x11;

pub use burst::Burst;
pub use daemon::{Cli, Daemon, Rpc, RpcError};
pub use ipc::Ipc;
pub use relay::{Relay, Sent, Stop};
pub use session::{Process, Session};
pub use snapshot::{Snapshot, Workspace};
pub use wait::{DEADLINE, wait_for};
pub use windows::{Program, Window};
pub use wm::{Kind, Options, WindowManager};

/// Set to 1 for the long variant of every test that has one.
pub const LONG_VARIABLE: &str = "I3PM_LONG";

/// Is the long variant of tests wanted?
#[must_use]
pub fn long() -> bool {
    std::env::var_os(LONG_VARIABLE).is_some_and(|value| value == "1")
}
