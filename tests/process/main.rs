//! The daemon as a program: its life, its signals, its files and its socket, with a window manager of ours that does what
//! a test tells it, in private directories.

mod claims;
mod clients;
mod configuration;
mod fairness;
mod fake_wm;
mod faults;
mod flood;
mod idle;
mod instructions;
mod launching;
mod metrics;
mod openmetrics;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "../support/proc.rs"]
mod proc;
#[path = "../support/release.rs"]
mod release;
mod rig;
mod shutdown;
mod signals;
mod startup;
mod stores;
mod strace;
mod syscalls;
mod window_manager;
mod witness;
