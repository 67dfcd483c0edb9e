//! What a script of hiding does, which the script of restoring after it must know.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::tree::ContainerId;
use crate::core::windows::hidden::HiddenContainer;
use crate::core::words::command::Script;

/// What a script of hiding does.
#[derive(Debug, Default)]
pub struct Hiding {
    /// The commands.
    pub script: Script,
    /// What is hidden then.
    pub records: Vec<HiddenContainer>,
    /// The containers that leave their workspaces.
    pub leaving: BTreeSet<ContainerId>,
    /// i3: what stands in for others.
    pub stand_ins: Vec<StandIn>,
    /// What comes back in the same script.
    pub again: Vec<HiddenContainer>,
    /// The workspaces at whose root something else tiles then than what stays: what was in this
    /// wrapper, or nothing.
    pub roots: BTreeMap<String, Option<ContainerId>>,
}

/// i3: an empty container that stands somewhere for the length of a script: a place of the vault
/// where a container was hidden, or what keeps an empty workspace. It must go; but `kill` draws the
/// screen at once, in the middle of a script, and so does whatever empties a workspace or a
/// floating container. So among others that stay it leaves for the scratchpad, elsewhere it stays
/// where it is, and is killed at the end of the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn {
    /// How it is named in criteria.
    pub criteria: String,
    /// Where it stands.
    pub stands: Stands,
}

/// Where a stand-in stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stands {
    /// Alone at the root of this workspace.
    Root(String),
    /// In a floating container on this workspace.
    Floating(String),
    /// Among others that tile.
    Beside,
    /// Among others in a floating container, all of which would go to the scratchpad with it.
    Inside,
    /// In the scratchpad.
    Scratchpad,
}

impl StandIn {
    /// The workspace it stands on.
    #[must_use]
    pub fn workspace(&self) -> Option<&str> {
        match &self.stands {
            Stands::Root(name) | Stands::Floating(name) => Some(name),
            Stands::Beside | Stands::Inside | Stands::Scratchpad => None,
        }
    }

    /// Send it to the scratchpad.
    pub fn leave(&mut self, script: &mut Script) {
        script.push(format!("[{}] move scratchpad", self.criteria));
        self.stands = Stands::Scratchpad;
    }
}
