//! The tree of the window manager, and our marks in it.

pub mod mark;
pub mod node;

pub use node::*;
