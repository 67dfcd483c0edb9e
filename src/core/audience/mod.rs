//! Who asks and who listens: calls, those who wait for an answer, notices, and what is told of the state.

pub mod calls;
pub mod dump;
pub mod early;
pub mod explain;
pub mod journal;
pub mod metrics;
pub mod publish;
pub mod status;
