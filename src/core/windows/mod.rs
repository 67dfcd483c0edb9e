//! The windows as they are known: what was seen of them, whose they are, how they stood.

pub mod deaths;
pub mod described;
pub mod memory;
pub mod misplaced;
pub mod surfaced;
pub mod table;
