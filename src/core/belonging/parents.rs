//! Parents: windows that belong to other windows, and to the owners of those.

use std::collections::BTreeSet;

use crate::api::Claim;
use crate::core::belonging::consideration::{Consideration, Said};
use crate::core::belonging::facts::Facts;
use crate::core::windows::window::{Owner, WindowState};

/// How many windows may be above a dialog, each the parent of the one before it.
pub const PARENTS_MAX: usize = 16;

impl<'a> Facts<'a> {
    /// What the window or group that it belongs to says of it.
    pub(in crate::core) fn by_parent(self, window: &'a WindowState) -> Consideration {
        let said = match self.parent_of(window) {
            Some(parent) if parent.owner == Owner::Pending => Said::Wait,
            Some(parent) => Said::Owner(parent.owner.clone(), parent.client.title.clone()),
            None => self.owner_by_group(window),
        };
        Consideration::new(Claim::Parent, "parent", said)
    }

    /// A dialog that names no window which is there belongs to those of its group. (Ordinary
    /// windows of one program are often one group, too.)
    fn owner_by_group(self, window: &'a WindowState) -> Said {
        if !window.client.dialog && window.client.transient_for.is_none() {
            return Said::NotApplicable("it is no dialog");
        }
        if let Err(said) = self.pid_of(window) {
            return said;
        }
        let Some(group) = window.client.group else {
            let why = match self.named_parent(window) {
                Some(_) => "it and the windows that it belongs to name each other",
                None => "the window that it belongs to is not there",
            };
            return Said::No(why.into());
        };
        let others =
            self.windows.table.windows.values().filter(|other| other.id != window.id && other.owner != Owner::Pending);
        let of_group = others.filter(|other| other.client.group == Some(group) || other.client.x11 == Some(group));
        let owners = of_group.map(|other| other.owner.projects().map(str::to_string).collect::<BTreeSet<String>>());
        match owners.reduce(|common, owner| &common & &owner) {
            Some(common) if !common.is_empty() => {
                Said::Owner(Owner::Projects(common), Some(format!("the group of window {group:#x}")))
            }
            _ => Said::No("the windows of its group have no project in common".into()),
        }
    }

    /// The window that a dialog or transient belongs to. Of windows that name each other in a
    /// circle, the first belongs to none; and so does a window below more than `PARENTS_MAX`
    /// others.
    pub(in crate::core) fn parent_of(self, window: &'a WindowState) -> Option<&'a WindowState> {
        let parent = self.named_parent(window)?;
        let mut above = vec![parent];
        while above.len() <= PARENTS_MAX {
            let Some(next) = self.named_parent(above[above.len() - 1]) else { return Some(parent) };
            if next.id == window.id {
                let is_first = above.iter().all(|other| window.serial < other.serial);
                return Some(parent).filter(|_| !is_first);
            }
            // A circle that this window is no part of.
            if above.iter().any(|other| other.id == next.id) {
                return Some(parent);
            }
            above.push(next);
        }
        None
    }

    /// The window that it names as its parent.
    fn named_parent(self, window: &'a WindowState) -> Option<&'a WindowState> {
        let parent = window.client.transient_for?;
        self.windows.table.windows.values().find(|other| other.client.x11 == Some(parent) && other.id != window.id)
    }
}
