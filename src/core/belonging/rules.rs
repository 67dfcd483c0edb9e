//! Rules: which of them fit a window, and whom they say that it belongs to.
//!
//! Whose a window is, the rules say among other claims (`claims`). What they say of its place is
//! done when that is decided (`placing`).

use std::collections::BTreeSet;

use crate::config::{Rule, RuleOwner, Subject, Verdict};
use crate::core::belonging::facts::Facts;
use crate::core::windows::window::{Owner, WindowState};

/// What becomes of a rule when a window is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum Reached {
    /// It fits.
    Fits,
    /// This key of it does not fit.
    Misfit(&'static str),
    /// Something must be asked first.
    Unknown,
    /// It fits, but none of its projects is there.
    NoProject,
    /// The rule in this line fits, and does not say `continue`.
    After(usize),
}

impl<'a> Facts<'a> {
    /// Each rule, its number from 1, and what becomes of it.
    pub(in crate::core) fn each_rule(
        self,
        subject: Subject<'a>,
    ) -> impl Iterator<Item = (usize, &'a Rule, Reached)> + use<'a> {
        let mut ended_by = None;
        self.config.rules.iter().enumerate().map(move |(index, rule)| {
            if let Some(line) = ended_by {
                return (index + 1, rule, Reached::After(line));
            }
            let reached = match rule.condition.verdict(&subject) {
                Verdict::Misfit(key) => Reached::Misfit(key),
                Verdict::Unknown => Reached::Unknown,
                Verdict::Fits if self.names_nobody(rule) => Reached::NoProject,
                Verdict::Fits => Reached::Fits,
            };
            if reached == Reached::Fits && !rule.continues {
                ended_by = Some(rule.line);
            }
            (index + 1, rule, reached)
        })
    }

    /// Where a rule says that a window belongs; none if it does not say, or if no such project is
    /// there.
    pub(in crate::core) fn rule_owner(self, rule: &Rule) -> Option<Owner> {
        match rule.owner.as_ref()? {
            RuleOwner::Global => Some(Owner::Global),
            // What it says is asked after the rules.
            RuleOwner::Process => None,
            RuleOwner::Projects(names) => {
                let known =
                    names.iter().filter(|name| self.projects.known.contains(name)).cloned().collect::<BTreeSet<_>>();
                (!known.is_empty()).then_some(Owner::Projects(known))
            }
        }
    }

    /// Is there none of the projects that a rule is for?
    fn names_nobody(self, rule: &Rule) -> bool {
        matches!(rule.owner, Some(RuleOwner::Projects(_))) && self.rule_owner(rule).is_none()
    }

    /// The place of a rule, for people.
    pub(in crate::core) fn rule_place(self, rule: &Rule) -> String {
        format!("{}:{}", self.config.file, rule.line)
    }

    /// The rules that fit a window; none if something must be asked first.
    pub(in crate::core) fn fitting(self, window: &'a WindowState) -> Option<Vec<&'a Rule>> {
        let mut fitting = Vec::new();
        for (_, rule, reached) in self.each_rule(self.subject(window)) {
            match reached {
                Reached::Fits => fitting.push(rule),
                Reached::Unknown => return None,
                Reached::After(_) => break,
                Reached::Misfit(_) | Reached::NoProject => {}
            }
        }
        Some(fitting)
    }
}
