//! What changes in the picture of the windows, as the stage sees and does it: nobody else writes
//! these fields.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::{self, Claim};
use crate::core::tree::{ContainerId, Layout, Node, NodeKind, View, WorkspaceNode, mark};
use crate::core::windows::Windows;
use crate::core::windows::hidden::HiddenContainer;
use crate::core::windows::memory::{Focus, ProjectMemory};
use crate::core::windows::surfaced::Surfaced;
use crate::core::windows::table::Table;
use crate::core::windows::window::{Coming, Handling, Owned, Owner, WindowState};
use crate::core::words::event::X11Window;
use crate::core::words::time::Time;

/// What an event said of a window that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Its title or class is another one.
    pub renamed: bool,
    /// Whether it is urgent changed.
    pub urgency: bool,
}

/// How an event about a window is to be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hearing {
    /// It has the focus now.
    pub focuses: bool,
    /// It floats or tiles now.
    pub floats: bool,
    /// Somebody else moved it.
    pub by_hand: bool,
    /// sway: it moved by itself or the user, and is in sight then, or is not.
    pub moves: Option<bool>,
    /// It lost its urgency by commands of ours.
    pub unurged: bool,
}

impl Windows {
    /// Something moved: what is known of places may be wrong until a tree is read.
    pub fn doubt(&mut self) {
        self.stale = true;
    }

    /// The workspaces are as this tree says.
    pub fn see_workspaces(&mut self, view: &View<'_>) {
        let focused = view.focused_workspace().map(|workspace| workspace.name().to_string());
        let seen = |workspace: &WorkspaceNode<'_>| api::Workspace {
            name: workspace.name().to_string(),
            output: workspace.output.to_string(),
            visible: workspace.visible,
            focused: focused.as_deref() == Some(workspace.name()),
        };
        let of_user = view.workspaces.iter().filter(|workspace| workspace.name() != mark::SCRATCH_WORKSPACE);
        self.workspaces = of_user.map(seen).collect();
        let named = |workspace: &WorkspaceNode<'_>| (workspace.node.id, workspace.name().to_string());
        self.names = view.workspaces.iter().map(named).collect();
        self.focused = focused;
        self.stale = false;
    }

    /// A workspace is there no longer.
    pub fn workspace_emptied(&mut self, id: ContainerId) {
        self.names.remove(&id);
    }

    /// A workspace has this name. Returns the one that it had before, as far as that is known.
    pub fn workspace_named(&mut self, id: ContainerId, name: &str) -> Option<String> {
        self.names.insert(id, name.to_string())
    }

    /// A workspace has another name from now on: what is hidden returns to it, and projects find
    /// it again.
    pub fn rename_workspace(&mut self, old: &str, new: &str) {
        for name in self.table.order.iter_mut().filter(|name| *name == old) {
            *name = new.to_string();
        }
        for container in self.table.hidden.iter_mut().filter(|container| container.workspace == old) {
            container.workspace = new.to_string();
        }
        let on_it = |window: &&mut WindowState| window.workspace.as_deref() == Some(old);
        for window in self.table.windows.values_mut().filter(on_it) {
            window.workspace = Some(new.to_string());
        }
        let homes = self.table.windows.values_mut().filter_map(|window| window.home.as_mut());
        for (_, home) in homes.filter(|(_, home)| home == old) {
            *home = new.to_string();
        }
        for memory in self.memories.values_mut() {
            memory.rename_workspace(old, new);
        }
    }

    /// The focus came to a workspace.
    pub fn workspace_focused(&mut self, name: Option<&str>) {
        self.focused = name.map(str::to_string);
    }

    /// The user left a workspace.
    pub fn workspace_left(&mut self, name: String) {
        self.previous = Some(name);
    }

    /// What the daemon before this one knew: how each project was left, and what (serial number,
    /// mode) was taken off fullscreen by what was cut off.
    pub fn resume(&mut self, memories: BTreeMap<String, ProjectMemory>, fullscreen_owed: Vec<(u64, u8)>) {
        self.memories = memories;
        self.fullscreen_owed = fullscreen_owed;
    }

    /// Projects may have other names: `followed` makes the present one of any. Does a window belong
    /// to one that has?
    pub fn rename_projects(&mut self, followed: impl Fn(String) -> String) -> bool {
        for (name, memory) in std::mem::take(&mut self.memories) {
            self.memories.entry(followed(name)).or_insert(memory);
        }
        let mut renamed = false;
        for window in self.table.windows.values_mut() {
            renamed |= window.owner.rename(&followed);
        }
        renamed
    }

    /// A project is no more.
    pub fn forget_project(&mut self, name: &str) {
        self.memories.remove(name);
    }

    /// A project was left so.
    pub fn project_left(&mut self, name: &str, how: ProjectMemory) {
        self.memories.insert(name.to_string(), how);
    }

    /// A project is on the screen again, or none is: the user was last where he was when he left
    /// it.
    pub fn project_entered(&mut self, name: Option<&str>) {
        let memory = name.and_then(|name| self.memories.get(name));
        self.previous = memory.and_then(|memory| memory.previous.clone());
    }

    /// Have it that a project was left with the focus on this window, so that the switch to it ends
    /// there.
    pub fn leave_focus_on(&mut self, project: &str, id: ContainerId) {
        let Some(window) = self.table.windows.get(&id) else { return };
        let (Some(output), Some(workspace)) = (window.output.clone(), window.workspace.clone()) else { return };
        let memory = self.memories.entry(project.to_string()).or_default();
        memory.focused = Some(Focus { id, serial: Some(window.serial), up: 0 });
        memory.visible.retain(|(other, _)| *other != output);
        memory.visible.push((output, workspace));
    }

    /// An arrangement was cut off while these windows (serial number, mode) were taken off
    /// fullscreen.
    pub fn owe_fullscreen(&mut self, owed: Vec<(u64, u8)>) {
        self.fullscreen_owed = owed;
    }

    /// The windows (serial number, mode) that were taken off fullscreen by what was cut off.
    pub fn take_fullscreen_owed(&mut self) -> Vec<(u64, u8)> {
        std::mem::take(&mut self.fullscreen_owed)
    }

    /// A window opened on the focused workspace, while the windows of this project were on the
    /// screen.
    pub fn opened(&mut self, now: Time, node: &Node, on_screen: Option<&str>) -> &WindowState {
        let known = self.workspaces.iter().find(|workspace| self.focused.as_ref() == Some(&workspace.name));
        let output = known.map(|workspace| workspace.output.clone());
        let window = self.table.insert(node, Coming::Opened);
        window.workspace.clone_from(&self.focused);
        window.output = output;
        window.appeared(now, on_screen);
        window
    }

    /// A window that a tree showed first appeared now.
    pub fn appeared(&mut self, now: Time, id: ContainerId, on_screen: Option<&str>) {
        if let Some(window) = self.table.windows.get_mut(&id) {
            window.appeared(now, on_screen);
        }
    }
}

impl Table {
    /// What the daemon before this one knew: what it hid, its wrappers with what they stand for,
    /// what it did with windows by their serial numbers, and the order of workspaces.
    pub fn resume(
        &mut self,
        hidden: Vec<HiddenContainer>,
        wrappers: BTreeMap<ContainerId, Layout>,
        handlings: BTreeMap<u64, Handling>,
        order: Vec<String>,
    ) {
        self.hidden = hidden;
        self.order = order;
        self.wrappers = wrappers;
        self.handlings = handlings;
    }

    /// Whose a window is. If it leaves, it comes back to where its owner has its place, unless it
    /// is hidden already: then it returns to where it was.
    pub fn own(&mut self, id: ContainerId, owned: Owned, leaves: bool) {
        let Some(window) = self.windows.get_mut(&id) else { return };
        let Owned { owner, claim, by } = owned;
        window.away = window.origin.opened && !window.hidden && leaves;
        window.owner = owner;
        window.claim = claim;
        window.claimed_by = by;
        window.by_user = claim == Claim::User;
    }

    /// Another owner is nothing new of this window: it returns to where it is.
    pub fn returns_to_where_it_is(&mut self, id: ContainerId) {
        if let Some(window) = self.windows.get_mut(&id) {
            window.away = false;
        }
    }

    /// Rules or projects changed: whose the windows are is asked anew if no mark, user or
    /// process said it.
    pub fn ask_anew(&mut self) {
        let asked = |window: &&mut WindowState| matches!(window.claim, Claim::Rule | Claim::Default);
        for window in self.windows.values_mut().filter(asked) {
            window.owner = Owner::Pending;
            window.claim = Claim::Pending;
            window.origin.opened = false;
        }
    }

    /// A window opened, and is hidden until its project is switched to.
    pub fn not_seen_yet(&mut self, id: ContainerId) {
        if let Some(window) = self.windows.get_mut(&id) {
            window.unseen = true;
        }
    }

    /// A window is that of an application.
    pub fn launched(&mut self, id: ContainerId, app: &str, scratch: bool) {
        if let Some(window) = self.windows.get_mut(&id) {
            window.app = Some(app.to_string());
            window.scratch = scratch;
        }
    }

    /// A window was taken for that of a launch, and another one is it. Whose it is, is asked anew:
    /// returns its id, if a launch had said that.
    pub fn not_launched(&mut self, serial: u64) -> Option<ContainerId> {
        let window = self.windows.values_mut().find(|window| window.serial == serial)?;
        if window.claim != Claim::Launch {
            return None;
        }
        window.owner = Owner::Pending;
        window.claim = Claim::Pending;
        window.app = None;
        window.scratch = false;
        Some(window.id)
    }

    /// A rule or launch has put a window on this workspace.
    pub fn placed_on(&mut self, id: ContainerId, workspace: String) {
        if let Some(window) = self.windows.get_mut(&id) {
            window.workspace = Some(workspace);
        }
    }

    /// The X server told this of a window. Is it one that is known?
    pub fn x11_said(&mut self, x11: u32, told: &X11Window) -> bool {
        let window = self.windows.values_mut().find(|window| window.client.x11 == Some(x11));
        window.is_some_and(|window| {
            window.client.pid = window.client.pid.or(told.pid);
            window.client.group = told.group;
            window.client.modal = told.modal;
            true
        })
    }

    /// An event told this of a window. Nothing if the window is unknown.
    pub fn heard(&mut self, node: &Node, hearing: Hearing) -> Option<Heard> {
        if hearing.focuses {
            self.windows.values_mut().for_each(|window| window.focused = false);
        }
        let window = self.windows.get_mut(&node.id)?;
        let (was_focused, was_urgent) = (window.focused, window.urgent);
        let renamed = window.is_renamed(node);
        window.update(node);
        if hearing.floats {
            window.floating = node.says_floating();
        }
        window.by_hand |= hearing.by_hand;
        match hearing.moves.filter(|_| node.kind == NodeKind::FloatingCon) {
            Some(false) => window.out_of_sight = true,
            // sway 1.7 does not say what was shown from the scratchpad, and a rule of the user's
            // that does both is done before any tree is read.
            Some(true) => window.in_scratchpad |= std::mem::take(&mut window.out_of_sight),
            None => {}
        }
        // We take urgent windows off it before we hide them. Those that come back lose this at the
        // census.
        window.activated |= hearing.unurged && was_urgent && !window.urgent;
        window.focused = hearing.focuses || was_focused;
        Some(Heard { renamed, urgency: window.urgent != was_urgent })
    }

    /// A window has these marks now, and those no longer.
    pub fn marked(&mut self, id: ContainerId, set: Vec<String>, taken: &[String]) {
        let Some(window) = self.windows.get_mut(&id) else { return };
        window.marks.retain(|mark| !taken.contains(mark));
        for mark in set {
            if !window.marks.contains(&mark) {
                window.marks.push(mark);
            }
        }
    }

    /// A window that the user had taken to the scratchpad is back in its project.
    pub fn home_again(&mut self, ids: &[ContainerId]) {
        for id in ids {
            if let Some(window) = self.windows.get_mut(id) {
                window.home = None;
            }
        }
    }

    /// A hidden window asks for attention.
    pub fn activated(&mut self, id: ContainerId) {
        if let Some(window) = self.windows.get_mut(&id) {
            window.activated = true;
        }
    }

    /// The user put a window away. What he keeps in the scratchpad is away already.
    pub fn stow(&mut self, id: ContainerId) {
        if let Some(window) = self.windows.get_mut(&id).filter(|window| window.workspace.is_some()) {
            window.stowed = true;
        }
    }

    /// A window is put away no longer. Was it?
    pub fn unstow(&mut self, id: ContainerId) -> bool {
        self.windows.get_mut(&id).is_some_and(|window| std::mem::take(&mut window.stowed))
    }

    /// The containers with these anchors are shown again.
    pub fn shown(&mut self, anchors: &[u64]) {
        self.hidden.retain(|container| !anchors.contains(&container.anchor));
        let still_hidden: BTreeSet<u64> =
            self.hidden.iter().flat_map(|container| container.windows.iter().copied()).collect();
        for window in self.windows.values_mut().filter(|window| window.hidden) {
            window.hidden = still_hidden.contains(&window.serial);
            window.unseen &= window.hidden;
        }
    }

    /// A container was hidden. If `newcomers_ask`, those of its windows that nobody has seen yet
    /// ask for attention.
    pub fn hide(&mut self, record: &HiddenContainer, newcomers_ask: bool) {
        for window in self.windows.values_mut().filter(|window| record.windows.contains(&window.serial)) {
            window.hidden = true;
            window.activated |= window.unseen && newcomers_ask;
            window.away = false;
            window.home = None;
            window.focused = false;
            window.workspace = Some(record.workspace.clone());
            window.output = Some(record.output.clone());
        }
        self.hidden.push(record.clone());
    }

    /// These containers may be hidden: the link broke while their commands were on the way.
    pub fn may_be_hidden(&mut self, records: &[HiddenContainer]) {
        self.hidden.extend(records.iter().cloned());
    }

    /// Some commands were refused; these windows were in sight before them.
    pub fn refused_with(&mut self, in_sight: BTreeSet<ContainerId>) {
        self.in_sight = in_sight;
    }

    /// Hidden windows that are fullscreen are taken off it, so many at most; what is remembered of
    /// them says that they were. Returns them, and whether there are more.
    pub fn uncover(&mut self, limit: usize) -> (Vec<ContainerId>, bool) {
        let mut covering = self.windows.values_mut().filter(|window| window.covers());
        let mut uncovered = Vec::new();
        for window in covering.by_ref().take(limit) {
            let (serial, mode) = (window.serial, std::mem::take(&mut window.fullscreen));
            window.uncovered += 1;
            if let Some(container) = self.hidden.iter_mut().find(|container| container.windows.contains(&serial)) {
                container.fullscreen.retain(|(other, _)| *other != serial);
                container.fullscreen.push((serial, mode));
            }
            uncovered.push(window.id);
        }
        (uncovered, covering.next().is_some())
    }

    /// Containers of ours stand around all that tiled on their workspaces.
    pub fn wrapped(&mut self, wrappers: impl IntoIterator<Item = (ContainerId, Layout)>) {
        self.wrappers.extend(wrappers);
    }

    /// Wrappers were dissolved.
    pub fn dissolved(&mut self, wrappers: &BTreeSet<ContainerId>) {
        self.wrappers.retain(|id, _| !wrappers.contains(id));
    }

    /// sway: what came last has shown whether roots are split.
    pub fn found_roots(&mut self, are_split: bool) {
        self.roots_are_split = are_split;
    }

    /// What was known of windows that were not found yet: all there are have been found.
    pub fn take_handlings(&mut self) -> BTreeMap<u64, Handling> {
        std::mem::take(&mut self.handlings)
    }

    /// The account of a hidden container that came to sight; it begins now if there is none.
    pub fn surfaced(&mut self, container: ContainerId) -> &mut Surfaced {
        let at = self.surfaced.iter().position(|surfaced| surfaced.container == container);
        let at = at.unwrap_or_else(|| {
            self.surfaced.push(Surfaced::new(container));
            self.surfaced.len() - 1
        });
        &mut self.surfaced[at]
    }

    /// The window manager is gone, and so is what it showed.
    pub fn forget_surfaced(&mut self) {
        self.surfaced.clear();
    }

    /// All that came to sight is asked to go back. Returns the containers.
    pub fn sends_back(&mut self) -> Vec<ContainerId> {
        let asked = self.surfaced.iter_mut().map(|surfaced| {
            surfaced.sent = true;
            surfaced.container
        });
        asked.collect()
    }

    /// The window manager answered for what was asked to go back. Returns what that was.
    pub fn went_back(&mut self) -> Vec<Surfaced> {
        let (back, coming) = std::mem::take(&mut self.surfaced).into_iter().partition(|surfaced| surfaced.sent);
        self.surfaced = coming;
        back
    }
}
