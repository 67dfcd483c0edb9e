//! i3pm: a project manager for the i3 and sway window managers.
//!
//! `core` decides, `wire` translates, `daemon` does. The arrows between the modules are
//! `api <- config <- core <- wire <- daemon` and `api <- wire <- cli`; `tests/architecture.rs`
//! checks them. ARCHITECTURE.md tells the story.
#![forbid(unsafe_code)]

pub mod api;
pub mod cli;
pub mod config;
pub mod core;
pub mod daemon;
pub mod doctor;
pub mod files;
pub mod import;
pub mod rescue;
pub mod sockets;
pub mod wire;

/// The version of this build, as `i3pm --version` and `ping` report it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
