//! The dialogue with the window manager: the link, and what is sent over it.

pub mod arrangement;
pub mod census;
pub mod closing;
pub mod goal;
pub mod link;
pub mod surfacing;
pub mod switches;
pub mod uncover;
