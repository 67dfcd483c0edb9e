//! The window table: every window there is, whose it is, and where hidden containers return to.
//!
//! The container id is a window's identity while the window manager runs. Its serial number, which
//! its owner mark carries, is its identity beyond that: i3 gives new ids at an in-place restart.
//! What is hidden is never remembered, it is read: `reconcile` makes the table agree with a tree.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::Claim;
use crate::core::tree::mark::{self, SERIAL_MAX};
use crate::core::tree::{ContainerId, Layout, Node};
use crate::core::windows::hidden::HiddenContainer;
use crate::core::windows::surfaced::Surfaced;
use crate::core::windows::window::{Coming, Handling, Origin, Owner, WindowState};
use crate::core::words::seeded::{self, Fault};

/// Every window and every hidden container.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// The windows by container id.
    pub windows: BTreeMap<ContainerId, WindowState>,
    /// The hidden containers.
    pub hidden: Vec<HiddenContainer>,
    /// The windows that were in sight before commands of which some were refused, until the next
    /// tree: those that are in the scratchpad then were hit by a command that was meant for others,
    /// and come back.
    pub in_sight: BTreeSet<ContainerId>,
    /// The places of the vaults, by which those are known that were swapped out and left behind.
    pub places: BTreeSet<ContainerId>,
    /// Containers of ours that stand around all that tiled on a workspace, with the layout of the
    /// workspace that they stand for.
    pub wrappers: BTreeMap<ContainerId, Layout>,
    /// Hidden containers that came to sight without us.
    pub surfaced: Vec<Surfaced>,
    /// What the daemon before this one knew of windows by their serial numbers, until they are
    /// found.
    pub handlings: BTreeMap<u64, Handling>,
    /// sway: `workspace_layout` puts what comes to the root of a workspace into a container of its
    /// own, as what came last has shown.
    pub roots_are_split: bool,
    /// The workspaces without a number in the order in which they stand, with those that are not
    /// there while something returns to them. Window managers order them by when they were made.
    pub order: Vec<String>,
    next_serial: u64,
}

impl Table {
    /// A window by its serial number.
    #[must_use]
    pub fn by_serial(&self, serial: u64) -> Option<&WindowState> {
        self.windows.values().find(|window| window.serial == serial)
    }

    /// What no mark says of windows: of those that are there, and of those that were not found yet.
    #[must_use]
    pub fn handlings(&self) -> BTreeMap<u64, Handling> {
        let known = self.windows.values().map(|window| {
            let WindowState { serial, app, scratch, stowed, unseen, home, .. } = window;
            let (app, home) = (app.clone(), home.clone());
            (*serial, Handling { app, scratch: *scratch, stowed: *stowed, floats: false, unseen: *unseen, home })
        });
        let known = known.filter(|(_, handling)| *handling != Handling::default());
        self.handlings.clone().into_iter().chain(known).collect()
    }

    /// What comes back of a hidden container: the window, if the container is a shell that was made
    /// to hide it.
    #[must_use]
    pub fn without_shell(&self, container: &HiddenContainer) -> HiddenContainer {
        let window = self.by_serial(container.anchor).filter(|_| container.shell && container.windows.len() == 1);
        HiddenContainer { id: window.map_or(container.id, |window| window.id), ..container.clone() }
    }

    /// sway: containers were made again, and have other ids from now on.
    pub fn rename_containers(&mut self, renamed: &BTreeMap<ContainerId, ContainerId>) {
        for container in self.hidden.iter_mut().filter(|_| !renamed.is_empty()) {
            container.rename_containers(renamed);
        }
    }

    /// How many workspaces stand before one that has no number; none before one that has.
    #[must_use]
    pub fn rank(&self, workspace: &str) -> usize {
        self.order.iter().position(|name| name == workspace).map_or(0, |at| at + 1)
    }

    /// The hidden container that holds a window.
    #[must_use]
    pub fn hidden_with(&self, serial: u64) -> Option<&HiddenContainer> {
        self.hidden.iter().find(|container| container.windows.contains(&serial))
    }

    /// The next serial number that no window has. After the greatest the count begins anew.
    fn unused_serial(&self) -> u64 {
        let mut serial = self.next_serial.max(1);
        while self.by_serial(serial).is_some() {
            serial = serial % SERIAL_MAX + 1;
        }
        serial
    }

    /// A number is in use: the next one is greater, as long as there are greater ones.
    pub(in crate::core) fn count_serial(&mut self, serial: u64) {
        self.next_serial = self.next_serial.max((serial + 1).min(SERIAL_MAX));
    }

    /// A new window. Its owner mark decides, if it has one.
    pub fn insert(&mut self, node: &Node, coming: Coming) -> &mut WindowState {
        let mark = mark::owner_of(&node.marks);
        let serial = match &mark {
            Some(mark) if self.by_serial(mark.serial).is_none() => mark.serial,
            _ if seeded::has(Fault::SameSerial) => 1,
            _ => self.unused_serial(),
        };
        self.count_serial(serial);
        let focused_before = self.windows.values().find(|window| window.focused).map(|window| window.serial);
        let mut window = WindowState {
            id: node.id,
            serial,
            origin: Origin { opened: coming == Coming::Opened, focused_before, ..Origin::default() },
            by_hand: coming == Coming::Found,
            floating: node.says_floating(),
            sticky: node.sticky,
            ..WindowState::unknown()
        };
        window.update(node);
        if let Some(mark) = mark {
            window.by_user = mark.by_user;
            window.claim = if mark.by_user { Claim::User } else { Claim::Mark };
            window.owner = Owner::of(mark.projects);
            if let Some(Handling { app, scratch, stowed, unseen, home, .. }) = self.handlings.get(&serial).cloned() {
                (window.app, window.scratch, window.stowed, window.unseen) = (app, scratch, stowed, unseen);
                window.home = home;
            }
        }
        self.windows.entry(node.id).insert_entry(window).into_mut()
    }

    /// A window closed. If it was the anchor of a hidden container, another window of that becomes
    /// the anchor.
    pub fn closed(&mut self, id: ContainerId) -> Option<WindowState> {
        let window = self.windows.remove(&id)?;
        for container in &mut self.hidden {
            container.windows.retain(|serial| *serial != window.serial);
            container.fullscreen.retain(|(serial, _)| *serial != window.serial);
            if container.anchor == window.serial
                && let Some(first) = container.windows.first()
            {
                container.anchor = *first;
            }
        }
        self.hidden.retain(|container| !container.windows.is_empty());
        let hidden = &self.hidden;
        self.surfaced.retain(|surfaced| hidden.iter().any(|container| container.id == surfaced.container));
        Some(window)
    }
}
