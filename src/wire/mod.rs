//! Bytes to messages and back. No file descriptors and no clocks: the shell reads and writes, this
//! module says what the bytes mean.
//!
//! - `wm`: the i3 and sway IPC.
//! - `rpc`: our own socket, both ends.
//! - `x11`: the process behind an X11 window.
//! - `discovery`: which sockets may be those of a window manager.

mod byte_queue;
pub mod discovery;
pub mod rpc;
pub mod wm;
pub mod x11;
