//! For whose sake a window is to be hidden.

use std::collections::BTreeSet;

/// Why a window is not to be seen. What is hidden for different reasons is never hidden together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unwanted<'a> {
    /// The user put this one (by serial number) away. It goes by itself: what was beside it stays,
    /// or comes and goes with its project.
    Stowed(u64),
    /// Another project is the active one.
    Elsewhere {
        /// The projects that it belongs to.
        projects: &'a BTreeSet<String>,
        /// The output and the workspace to which it will return, if a rule says those: what returns
        /// to different places is not hidden together.
        place: Option<(String, String)>,
    },
}
