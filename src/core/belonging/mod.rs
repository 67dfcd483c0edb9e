//! Whose a window is, and what rules and launches say of it.

pub mod cause;
pub mod claims;
pub mod follow;
pub mod launches;
pub mod newcomer;
pub mod rules;
