//! Whose a window is, and what rules and launches say of it.

pub mod asked;
pub mod claims;
pub mod commands;
pub mod consideration;
pub mod desk;
pub mod facts;
pub mod follow;
pub mod formers;
pub mod history;
pub mod launch;
pub mod launched;
pub mod launches;
pub mod newcomer;
pub mod parents;
pub mod placements;
pub mod placing;
pub mod reloaded;
pub mod rules;
pub mod tested;
pub mod unwanted;

use std::collections::BTreeSet;

/// Whose windows are, as far as that is being found out.
#[derive(Debug, Clone, Default)]
pub struct Belonging {
    /// Questions about windows that are not decided.
    pub claims: asked::Claims,
    /// Programs that were started, until their windows have come.
    pub launches: launches::Launches,
    /// What rules say of places.
    pub placing: placements::Placing,
    /// What was done with each window, and why.
    pub history: history::History,
    /// Projects that windows or launches name and that are not known: each is said once.
    unknown_projects: BTreeSet<String>,
}
