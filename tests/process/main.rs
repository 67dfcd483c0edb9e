//! The daemon as a program: its life, its signals, its files and its socket, with a window manager of ours that does what
//! a test tells it, in private directories.

mod clients;
mod configuration;
mod fake_wm;
mod faults;
mod launching;
mod metrics;
mod openmetrics;
mod rig;
mod shutdown;
mod signals;
mod startup;
mod stores;
mod syscalls;
mod window_manager;
mod witness;
