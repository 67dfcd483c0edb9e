//! Rules: what `[[rule]]` says of the windows that fit it.

use super::{Condition, Placement};

/// The most rules that a configuration may hold.
pub const RULES_MAX: usize = 1024;
/// The most projects that one window may belong to: their names go into its mark, which then has 3
/// KiB at most.
pub const WINDOW_PROJECTS_MAX: usize = 16;

/// One `[[rule]]`, or `[[project.NAME.rule]]`. Rules are asked in the order of the text; the first
/// whose condition fits is the last one asked, unless it says `continue`.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The line of its header, from 1.
    pub line: usize,
    /// What a window must be like; never empty.
    pub condition: Condition,
    /// Where the window belongs, if it says so.
    pub owner: Option<RuleOwner>,
    /// Where and how the window is placed. Never empty if no owner is said.
    pub placement: Placement,
    /// It is applied again when the title or class of the window changes, and after a reload; else
    /// only when the window appears.
    pub enforced: bool,
    /// The rules after it are asked too: they add what is not said yet.
    pub continues: bool,
}

impl Rule {
    /// Does another rule ask for the same and do the same?
    pub(super) fn says_what(&self, other: &Rule) -> bool {
        self.condition == other.condition
            && self.owner == other.owner
            && self.placement == other.placement
            && self.enforced == other.enforced
    }
}

/// Where a rule says that windows belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleOwner {
    /// To those of these projects that exist; it names one at least.
    Projects(Vec<String>),
    /// To none: they are always shown.
    Global,
    /// To the projects of the other windows of its process, or to those that its environment names,
    /// no matter how long the process runs. If neither says anything, it is as if the rule said
    /// nothing.
    Process,
}
