//! Which projects there are, in which order they were used, and what they are called.

pub mod known;
pub mod order;
pub mod preferred;
pub mod projects_file;
pub mod renaming;
