//! Which projects there are, in which order they were used, and what they are called.

pub mod change;
pub mod known;
pub mod order;
pub mod preferred;
pub mod projects_file;
pub mod renaming;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Which projects there are, which one is active, and when each was used.
#[derive(Debug, Clone, Default)]
pub struct Projects {
    /// Those that are declared or were created.
    pub known: known::KnownProjects,
    /// Changes of the projects file that wait, or are being written.
    pub changes: VecDeque<change::StoreRequest>,
    /// The one whose windows are shown; none for "no project".
    pub active: Option<String>,
    /// Where a switch went that the daemon before this one did not finish.
    pub undecided: Option<Option<String>>,
    /// The first tree has said which one is active.
    pub decided: bool,
    /// By time of use, the latest first.
    pub order_of_use: Vec<String>,
    /// What was used since the order of use was last written, with the number of the next job at that time.
    pub fresh_uses: BTreeMap<String, u64>,
    /// The order in which `next` and `prev` walk, while somebody walks.
    pub walk: Option<Vec<String>>,
    /// Projects that windows or launches name and that are not known: each is said once.
    pub unknown: BTreeSet<String>,
}
