//! The tree of the window manager, and our marks in it.

pub mod layout;
pub mod mark;
pub mod node;
pub mod vault;

pub use node::*;
