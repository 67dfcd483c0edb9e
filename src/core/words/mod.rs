//! The vocabulary: what can happen, what can be done about it, and the words of both. No logic.

pub mod cause;
pub mod command;
pub mod deadline;
pub mod effect;
pub mod event;
pub mod histogram;
pub mod ids;
pub mod note;
pub mod phase;
pub mod seeded;
pub mod store;
pub mod time;
pub mod wm;
