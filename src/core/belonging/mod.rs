//! Whose a window is, and what rules and launches say of it.

pub mod cause;
pub mod claims;
pub mod commands;
pub mod consideration;
pub mod follow;
pub mod launches;
pub mod newcomer;
pub mod parents;
pub mod placing;
pub mod reloaded;
pub mod rules;
pub mod tested;

/// Whose windows are, as far as that is being found out.
#[derive(Debug, Clone, Default)]
pub struct Belonging {
    /// Questions about windows that are not decided.
    pub claims: claims::Claims,
    /// Programs that were started, until their windows have come.
    pub launches: launches::Launches,
    /// What rules say of places.
    pub placing: placing::Placing,
    /// What was done with each window, and why.
    pub history: cause::History,
}
