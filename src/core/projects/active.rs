//! Which project is the active one, and which were used before it.

use std::collections::BTreeSet;

use crate::core::projects::Projects;
use crate::core::projects::certainty::Certainty;
use crate::core::windows::Windows;

impl Projects {
    /// The one whose windows are shown; none for "no project".
    #[must_use]
    pub fn active(&self) -> Option<&str> {
        self.active.as_deref()
    }

    /// Has a tree said which one is active?
    #[must_use]
    pub fn is_decided(&self) -> bool {
        self.certainty == Certainty::Certain
    }

    /// Where a switch went that was cut off, until a tree says how far it came.
    #[must_use]
    pub fn cut_off(&self) -> Option<&Option<String>> {
        match &self.certainty {
            Certainty::Between(target) => Some(target),
            Certainty::Unseen | Certainty::Certain => None,
        }
    }

    /// Go on where the daemon before this one stopped: with this one active, or in a switch.
    pub fn resume(&mut self, active: Option<String>, cut_off: Option<Option<String>>) {
        self.active = active;
        if let Some(target) = cut_off {
            self.certainty = Certainty::Between(target);
        }
    }

    /// The connection is gone, perhaps in the middle of a switch.
    pub fn lose_sight(&mut self, cut_off: Option<Option<String>>) {
        match cut_off {
            Some(target) => self.certainty = Certainty::Between(target),
            None if self.is_decided() => self.certainty = Certainty::Unseen,
            None => {}
        }
    }

    /// These windows are there: which project is active, if that is in doubt? `all_known` says that
    /// every project is known that there is.
    pub fn decide(&mut self, windows: &Windows, all_known: bool) {
        // What the user put away says nothing of projects.
        let windows = || windows.table.windows.values().filter(|window| !window.stowed);
        if let Certainty::Between(target) = std::mem::replace(&mut self.certainty, Certainty::Certain) {
            let some_hidden = windows().any(|window| window.hidden);
            let completed = match &target {
                None => !some_hidden,
                Some(name) => {
                    let mut windows = windows().filter(|window| window.belongs_to(name)).peekable();
                    if windows.peek().is_none() { some_hidden } else { windows.all(|window| !window.hidden) }
                }
            };
            if completed {
                self.active = target;
            }
        }
        // Of one that is not known because its file has not come, nothing can be said.
        if all_known {
            self.leave_if_unknown();
        }
        let seen =
            |hidden: bool, name: &str| windows().any(|window| window.hidden == hidden && window.belongs_to(name));
        // If the remembered project is hidden, the one whose windows are on the screen is the
        // active one.
        let contradicted = match &self.active {
            Some(name) => seen(true, name) && !seen(false, name),
            None => windows().any(|window| window.hidden),
        };
        if contradicted && let Some(visible) = self.known.names().find(|name| seen(false, name) && !seen(true, name)) {
            self.active = Some(visible.to_string());
        }
    }

    /// A switch is made. `job` is the number of the next job that writes a file. Returns the one
    /// before.
    pub fn enter(&mut self, project: Option<String>, job: u64) -> Option<String> {
        if let Some(name) = &project {
            self.order_of_use.retain(|other| other != name);
            self.order_of_use.insert(0, name.clone());
            self.fresh_uses.insert(name.clone(), job);
        }
        std::mem::replace(&mut self.active, project)
    }

    /// The active one may be no more: then none is.
    pub fn leave_if_unknown(&mut self) {
        self.active.take_if(|name| !self.known.contains(name));
    }

    /// A project is no more.
    pub fn forget(&mut self, name: &str) {
        self.active.take_if(|active| active == name);
        self.order_of_use.retain(|other| other != name);
    }

    /// By time of use, the latest first.
    #[must_use]
    pub fn order_of_use(&self) -> &[String] {
        &self.order_of_use
    }

    /// Was any used since the order of use was last written?
    #[must_use]
    pub fn has_fresh_uses(&self) -> bool {
        !self.fresh_uses.is_empty()
    }

    /// This job has written the order of use.
    pub fn order_was_written(&mut self, job: u64) {
        self.fresh_uses.retain(|_, next_job| *next_job > job);
    }

    /// What was used here since the last write comes first, then what the file says, then what only
    /// we know.
    pub fn merge_order_of_use(&mut self, found: Vec<String>) {
        let (fresh, rest): (Vec<String>, Vec<String>) =
            std::mem::take(&mut self.order_of_use).into_iter().partition(|name| self.fresh_uses.contains_key(name));
        // One that was deleted here is still in a file of before.
        let found = found.into_iter().filter(|name| self.known.contains(name) || !self.known.created.was_deleted(name));
        let mut seen = BTreeSet::new();
        let all = fresh.into_iter().chain(found).chain(rest);
        self.order_of_use = all.filter(|name| seen.insert(name.clone())).collect();
    }

    /// Projects have other names.
    pub fn follow_names(&mut self) {
        for names in std::iter::once(&mut self.order_of_use).chain(&mut self.walk) {
            let mut seen = BTreeSet::new();
            *names = std::mem::take(names).into_iter().map(|name| self.known.followed(name)).collect();
            names.retain(|name| seen.insert(name.clone()));
        }
        if let Certainty::Between(Some(target)) = &mut self.certainty {
            self.known.follow(target);
        }
        if let Some(active) = &mut self.active {
            self.known.follow(active);
        }
    }
}
