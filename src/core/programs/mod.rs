//! Programs that are started: applications, those of a project that is opened, and hooks.

pub mod apps;
pub mod hooks;
pub mod opening;
