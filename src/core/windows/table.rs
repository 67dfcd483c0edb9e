//! The window table: every window there is, whose it is, and where hidden containers return to.
//!
//! The container id is a window's identity while the window manager runs. Its serial number, which its owner mark
//! carries, is its identity beyond that: i3 gives new ids at an in-place restart. What is hidden is never remembered, it
//! is read: `reconcile` makes the table agree with a tree.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::api::Claim;
use crate::core::tree::mark::{self, HiddenMark, OwnerMark, Role, SCRATCH_WORKSPACE, SERIAL_MAX};
use crate::core::tree::vault::{is_free_place, vault_slots};
use crate::core::tree::{ContainerId, Layout, Node, NodeKind, Rect, View, WorkspaceNode};
use crate::core::windows::surfaced;
use crate::core::windows::surfaced::Surfaced;
use crate::core::words::seeded::{self, Fault};
use crate::core::words::time::Time;
use crate::core::words::wm::WmKind;

/// To whom a window belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Not decided yet.
    Pending,
    /// Nobody; always shown.
    Global,
    /// These projects, one at least: it is shown while any of them is active.
    Projects(BTreeSet<String>),
}

impl Owner {
    /// One project.
    #[must_use]
    pub fn project(name: impl Into<String>) -> Owner {
        Owner::Projects(BTreeSet::from([name.into()]))
    }

    /// These projects; nobody where there are none.
    #[must_use]
    pub fn of(projects: BTreeSet<String>) -> Owner {
        if projects.is_empty() { Owner::Global } else { Owner::Projects(projects) }
    }

    /// The projects, none where it is global or not decided.
    pub fn projects(&self) -> impl Iterator<Item = &str> {
        match self {
            Owner::Projects(projects) => Some(projects),
            Owner::Pending | Owner::Global => None,
        }
        .into_iter()
        .flatten()
        .map(String::as_str)
    }

    /// Is this one of its projects?
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        matches!(self, Owner::Projects(projects) if projects.contains(name))
    }
}

/// A window.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowState {
    /// Its container.
    pub id: ContainerId,
    /// Our number for it.
    pub serial: u64,
    /// To whom it belongs.
    pub owner: Owner,
    /// Why.
    pub claim: Claim,
    /// What exactly claimed it.
    pub claimed_by: Option<String>,
    /// The user assigned it: stickiness and the scratchpad do not make it global.
    pub by_user: bool,
    /// It opened while we watched, so the active project may claim it.
    pub opened: bool,
    /// When it was seen first.
    pub seen: Time,
    /// The project that was the active one then.
    pub opened_in: Option<String>,
    /// The user moved it, or may have before we watched: rules that are enforced leave it where it is.
    pub by_hand: bool,
    /// The serial number of the window that had the focus when it opened.
    pub focused_before: Option<u64>,
    /// It opened while its project was not the active one: it goes to where that project was left.
    pub away: bool,
    /// Its marks, as last seen.
    pub marks: Vec<String>,
    /// Its X11 id.
    pub x11: Option<u32>,
    /// Its process.
    pub pid: Option<u32>,
    /// The X11 id of the leader of its group, where that was asked for.
    pub group: Option<u32>,
    /// The X server says that it is modal.
    pub modal: bool,
    /// WM_CLASS, class part.
    pub class: Option<String>,
    /// WM_CLASS, instance part.
    pub instance: Option<String>,
    /// Wayland application id.
    pub app_id: Option<String>,
    /// WM_WINDOW_ROLE.
    pub role: Option<String>,
    /// Its window says that it is a dialog.
    pub dialog: bool,
    /// The application of the configuration that it was launched as.
    pub app: Option<String>,
    /// It is the scratch window of its project.
    pub scratch: bool,
    /// The user put it away: it is hidden, whichever project is active, until it is asked for.
    pub stowed: bool,
    /// Title.
    pub title: Option<String>,
    /// The X11 id of the window it belongs to.
    pub transient_for: Option<u32>,
    /// The workspace it is on, or returns to.
    pub workspace: Option<String>,
    /// The output of that workspace.
    pub output: Option<String>,
    /// It floats.
    pub floating: bool,
    /// It is on all workspaces of its output.
    pub sticky: bool,
    /// The user keeps it in the scratchpad: it is there, or was shown from there and floats.
    pub in_scratchpad: bool,
    /// We hid it.
    pub hidden: bool,
    /// It is fullscreen, with this mode of the IPC; 0 where it is not.
    pub fullscreen: u8,
    /// How often it was taken off fullscreen since it was hidden.
    pub uncovered: u8,
    /// It has the focus.
    pub focused: bool,
    /// It asks for attention.
    pub urgent: bool,
    /// It was activated while it was hidden and stayed so, or was urgent when it was hidden.
    pub activated: bool,
    /// It was hidden when it opened, and was not in sight since.
    pub unseen: bool,
}

impl WindowState {
    /// A window of which nothing is known.
    #[must_use]
    pub fn unknown() -> WindowState {
        WindowState {
            id: 0,
            serial: 0,
            owner: Owner::Pending,
            claim: Claim::Pending,
            claimed_by: None,
            by_user: false,
            opened: false,
            seen: Time::default(),
            opened_in: None,
            by_hand: false,
            focused_before: None,
            away: false,
            marks: Vec::new(),
            x11: None,
            pid: None,
            group: None,
            modal: false,
            class: None,
            instance: None,
            app_id: None,
            role: None,
            dialog: false,
            app: None,
            scratch: false,
            stowed: false,
            title: None,
            transient_for: None,
            workspace: None,
            output: None,
            floating: false,
            sticky: false,
            in_scratchpad: false,
            fullscreen: 0,
            uncovered: 0,
            hidden: false,
            focused: false,
            urgent: false,
            activated: false,
            unseen: false,
        }
    }

    /// Does it ask for attention, or did it before it was hidden, or somebody for it since?
    #[must_use]
    pub fn wants_attention(&self) -> bool {
        self.urgent || (self.hidden && self.activated)
    }

    /// Was it hidden when it opened, and nobody has seen it yet?
    #[must_use]
    pub fn is_news(&self) -> bool {
        self.hidden && self.unseen
    }

    /// The projects that decide whether it is shown: none where stickiness or the scratchpad make it global.
    #[must_use]
    pub fn effective_projects(&self) -> Option<&BTreeSet<String>> {
        match &self.owner {
            Owner::Projects(projects) if self.by_user || !(self.sticky || self.in_scratchpad) => Some(projects),
            _ => None,
        }
    }

    /// Is this one of the projects that decide whether it is shown?
    #[must_use]
    pub fn belongs_to(&self, name: &str) -> bool {
        self.effective_projects().is_some_and(|projects| projects.contains(name))
    }

    /// The owner mark it should bear.
    #[must_use]
    pub fn owner_mark(&self) -> Option<String> {
        let projects = match &self.owner {
            Owner::Pending => return None,
            Owner::Global => BTreeSet::new(),
            Owner::Projects(projects) => projects.clone(),
        };
        Some(OwnerMark { serial: self.serial, by_user: self.by_user, projects }.to_string())
    }

    /// Does a node say another title or class than we know?
    #[must_use]
    pub fn is_renamed(&self, node: &Node) -> bool {
        let properties = &node.window_properties;
        self.title != node.name
            || self.class != properties.class
            || self.instance != properties.instance
            || self.app_id != node.app_id
            || self.role != properties.window_role
    }

    /// Take over what the node says of the window itself, not where it is.
    pub fn update(&mut self, node: &Node) {
        self.title.clone_from(&node.name);
        self.class.clone_from(&node.window_properties.class);
        self.instance.clone_from(&node.window_properties.instance);
        self.app_id.clone_from(&node.app_id);
        self.role.clone_from(&node.window_properties.window_role);
        self.dialog = node.is_dialog();
        self.transient_for = node.window_properties.transient_for;
        self.x11 = node.window;
        if node.pid.is_some() {
            self.pid = node.pid;
        }
        self.marks.clone_from(&node.marks);
        self.urgent = node.urgent;
        self.fullscreen = node.fullscreen_mode;
        self.focused = node.focused;
    }
}

/// What is known of a window from what was done with it, and no mark says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Handling {
    /// The application that it was launched as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// It is the scratch window of its project.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub scratch: bool,
    /// The user put it away.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stowed: bool,
    /// It shall float when it is shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub floats: bool,
    /// It was hidden when it opened, and was not in sight since.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unseen: bool,
}

/// A container on the way from a hidden part up to its workspace, as it stood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerPlace {
    /// The container.
    pub id: ContainerId,
    /// It was the workspace itself.
    pub is_workspace: bool,
    /// Its layout.
    #[serde(with = "layout_word")]
    pub layout: Layout,
    /// Its children in order, the branch included.
    pub children: Vec<ContainerId>,
    /// The child that was hidden, or that the hidden part was below of.
    pub branch: ContainerId,
    /// The share of it that the branch had, in millionths.
    pub share_ppm: u32,
    /// It was the workspace, or stood for it, and had nothing else tiling on it than what was hidden together.
    #[serde(default, skip_serializing_if = "is_default")]
    pub whole: bool,
    /// sway: the rectangle that its children divided.
    #[serde(default)]
    pub room: Rect,
    /// sway: the gap between neighbours among them, in pixels.
    #[serde(default)]
    pub gap: i32,
    /// The user's marks on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<String>,
    /// It was fullscreen, with this mode.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fullscreen: u8,
}

/// Need it not be written?
pub(in crate::core) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A container that we took away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HiddenContainer {
    /// It.
    pub id: ContainerId,
    /// The serial number of the window that bears its mark.
    pub anchor: u64,
    /// The serial numbers of all its windows.
    pub windows: Vec<u64>,
    /// How it stood.
    pub role: Role,
    /// It was sticky.
    pub sticky: bool,
    /// The order among the containers hidden from one workspace.
    pub order: u32,
    /// The layout of the workspace.
    #[serde(with = "layout_word")]
    pub workspace_layout: Layout,
    /// Its size, and its place where it floated.
    pub rect: Rect,
    /// The output it was on.
    pub output: String,
    /// The workspace it returns to.
    pub workspace: String,
    /// What it stood in, where it was a part: its parent first, the workspace last.
    #[serde(default)]
    pub path: Vec<FormerPlace>,
    /// It is a container of ours around all that tiled on its workspace, and stands for the workspace's own layout.
    #[serde(default)]
    pub wrapper: bool,
    /// i3: it is a split that a daemon of before made around its one window to hide it, and stays behind when that comes back.
    #[serde(default)]
    pub shell: bool,
    /// The windows in it that were fullscreen, with the mode.
    pub fullscreen: Vec<(u64, u8)>,
    /// The containers in it that were fullscreen and are no windows, with the mode.
    #[serde(default)]
    pub fullscreen_containers: Vec<(ContainerId, u8)>,
}

/// Layouts in files, by their names in GET_TREE.
pub(in crate::core) mod layout_word {
    use super::Layout;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(layout: &Layout, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match layout {
            Layout::Stacked => "stacked",
            layout => layout.command_word(),
        })
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Layout, D::Error> {
        Layout::deserialize(deserializer)
    }
}

impl HiddenContainer {
    /// Containers have other ids from now on.
    fn rename_containers(&mut self, renamed: &BTreeMap<ContainerId, ContainerId>) {
        let named = self.path.iter_mut().flat_map(|level| {
            let FormerPlace { id, branch, children, .. } = level;
            children.iter_mut().chain([id, branch])
        });
        for id in named {
            *id = renamed.get(id).copied().unwrap_or(*id);
        }
    }

    /// The mark its anchor should bear.
    #[must_use]
    pub fn mark(&self) -> String {
        HiddenMark {
            serial: self.anchor,
            role: self.role,
            sticky: self.sticky,
            order: self.order,
            workspace_layout: self.workspace_layout,
            rect: self.rect,
            output: self.output.clone(),
            workspace: self.workspace.clone(),
            shell: self.shell,
        }
        .to_string()
    }

    fn from_mark(id: ContainerId, mark: HiddenMark) -> HiddenContainer {
        HiddenContainer {
            id,
            anchor: mark.serial,
            windows: Vec::new(),
            role: mark.role,
            sticky: mark.sticky,
            order: mark.order,
            workspace_layout: mark.workspace_layout,
            rect: mark.rect,
            output: mark.output,
            workspace: mark.workspace,
            path: Vec::new(),
            wrapper: mark.role == Role::Wrapped,
            shell: mark.shell,
            fullscreen: Vec::new(),
            fullscreen_containers: Vec::new(),
        }
    }
}

/// Every window and every hidden container.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// The windows by container id.
    pub windows: BTreeMap<ContainerId, WindowState>,
    /// The hidden containers.
    pub hidden: Vec<HiddenContainer>,
    /// The windows that were in sight before commands of which some were refused, until the next tree: those that are in the scratchpad
    /// then were hit by a command that was meant for others, and come back.
    pub in_sight: BTreeSet<ContainerId>,
    /// The places of the vaults, by which those are known that were swapped out and left behind.
    pub places: BTreeSet<ContainerId>,
    /// Containers of ours that stand around all that tiled on a workspace, with the layout of the workspace that they stand for.
    pub wrappers: BTreeMap<ContainerId, Layout>,
    /// Those of them that are in sight.
    pub surfaced: Vec<Surfaced>,
    /// What the daemon before this one knew of windows by their serial numbers, until they are found.
    pub handlings: BTreeMap<u64, Handling>,
    /// sway: `workspace_layout` puts what comes to the root of a workspace into a container of its own, as what came last has shown.
    pub roots_are_split: bool,
    next_serial: u64,
}

/// What a reconciliation found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// Windows that were not in the table.
    pub new: Vec<ContainerId>,
    /// Windows that were in the table and are not in the tree.
    pub gone: Vec<WindowState>,
    /// Hidden containers that nothing says where to return to.
    pub lost: Vec<ContainerId>,
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
            let WindowState { serial, app, scratch, stowed, unseen, .. } = window;
            let app = app.clone();
            (*serial, Handling { app, scratch: *scratch, stowed: *stowed, floats: false, unseen: *unseen })
        });
        let known = known.filter(|(_, handling)| *handling != Handling::default());
        self.handlings.clone().into_iter().chain(known).collect()
    }

    /// What comes back of a hidden container: where it is a shell that was made to hide a window, the window.
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
    fn count_serial(&mut self, serial: u64) {
        self.next_serial = self.next_serial.max((serial + 1).min(SERIAL_MAX));
    }

    /// A new window. Its owner mark decides where it has one.
    pub fn insert(&mut self, node: &Node, opened: bool) -> &mut WindowState {
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
            opened,
            by_hand: !opened,
            focused_before,
            floating: node.says_floating(),
            sticky: node.sticky,
            ..WindowState::unknown()
        };
        window.update(node);
        if let Some(mark) = mark {
            window.by_user = mark.by_user;
            window.claim = if mark.by_user { Claim::User } else { Claim::Mark };
            window.owner = Owner::of(mark.projects);
            if let Some(Handling { app, scratch, stowed, unseen, .. }) = self.handlings.get(&serial).cloned() {
                (window.app, window.scratch, window.stowed, window.unseen) = (app, scratch, stowed, unseen);
            }
        }
        self.windows.entry(node.id).insert_entry(window).into_mut()
    }

    /// A window closed. Where it was the anchor of a hidden container, another of its windows becomes it.
    pub fn remove(&mut self, id: ContainerId) -> Option<WindowState> {
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

    /// Make the table agree with a tree.
    pub fn reconcile(&mut self, kind: WmKind, view: &View<'_>, opened: bool) -> Found {
        let mut found = Found::default();
        self.count_serial(highest_serial(view));
        self.follow_renumbering(view);
        // i3 gives the ids of containers that are gone to new ones.
        self.wrappers
            .retain(|id, _| view.node(*id).is_some_and(|node| node.kind == NodeKind::Con && !node.nodes.is_empty()));
        self.places.retain(|id| view.node(*id).is_some());
        self.places.extend(vault_slots(view).into_iter().filter(|slot| is_free_place(slot)).map(|slot| slot.id));
        surfaced::find(&mut self.surfaced, &self.hidden, kind, view);
        // A mark may have been refused: what we have just hidden is ours without it.
        let hidden: BTreeSet<u64> =
            self.hidden.iter().flat_map(|container| container.windows.iter().copied()).collect();
        let in_sight = std::mem::take(&mut self.in_sight);
        let known = |node: &Node| {
            let serial = self.windows.get(&node.id).map(|window| window.serial);
            opened && (in_sight.contains(&node.id) || serial.is_some_and(|serial| hidden.contains(&serial)))
        };
        let mut tops = hidden_tops(kind, view, &known);
        let surfaced = self.surfaced.iter().filter_map(|surfaced| view.node(surfaced.container));
        tops.extend(surfaced.filter(|top| !top.windows().is_empty()));
        let mut seen = BTreeSet::new();
        for workspace in view.workspaces.iter().filter(|workspace| workspace.name() != SCRATCH_WORKSPACE) {
            let floating: Vec<&Node> = workspace.node.floating_nodes.iter().flat_map(Node::windows).collect();
            for node in workspace.node.windows() {
                let window = self.take(node, opened, &mut found, &mut seen);
                window.workspace = Some(workspace.name().to_string());
                window.output = Some(workspace.output.to_string());
                window.floating = floating.iter().any(|float| float.id == node.id);
                window.sticky = node.sticky || floating_wrapper(view, node.id).is_some_and(|float| float.sticky);
                // A newcomer is in sight until it is hidden.
                window.unseen &= !window.hidden;
                window.hidden = false;
                window.uncovered = 0;
                window.activated = false;
                // i3 says so of what was shown from there; older sways do not, and the census before this one knows.
                let kept = |float: &Node| !matches!(float.scratchpad_state.as_deref(), None | Some("none"));
                window.in_scratchpad &= window.floating;
                window.in_scratchpad |= floating_wrapper(view, node.id).is_some_and(kept);
            }
        }
        if let Some(scratchpad) = view.scratchpad {
            let ours: BTreeSet<ContainerId> = tops.iter().flat_map(|top| top.windows()).map(|node| node.id).collect();
            for node in scratchpad.windows().into_iter().filter(|node| !ours.contains(&node.id)) {
                let window = self.take(node, opened, &mut found, &mut seen);
                window.in_scratchpad = true;
                window.floating = true;
                window.hidden = false;
                window.workspace = None;
                window.output = None;
            }
        }
        let before = std::mem::take(&mut self.hidden);
        for top in tops {
            let container = self.take_hidden(top, &before, view, opened, &mut found, &mut seen);
            self.hidden.push(container);
        }
        let gone: Vec<ContainerId> = self.windows.keys().copied().filter(|id| !seen.contains(id)).collect();
        found.gone = gone.iter().filter_map(|id| self.windows.remove(id)).collect();
        found
    }

    fn take(
        &mut self,
        node: &Node,
        opened: bool,
        found: &mut Found,
        seen: &mut BTreeSet<ContainerId>,
    ) -> &mut WindowState {
        seen.insert(node.id);
        if !self.windows.contains_key(&node.id) {
            found.new.push(node.id);
            self.insert(node, opened);
        }
        let window = self.windows.get_mut(&node.id).expect("inserted above");
        window.update(node);
        window
    }

    fn take_hidden(
        &mut self,
        top: &Node,
        before: &[HiddenContainer],
        view: &View<'_>,
        opened: bool,
        found: &mut Found,
        seen: &mut BTreeSet<ContainerId>,
    ) -> HiddenContainer {
        let windows = top.windows();
        let serials: Vec<u64> = windows.iter().map(|node| self.take(node, opened, found, seen).serial).collect();
        let marked = windows
            .iter()
            .zip(&serials)
            .find_map(|(node, serial)| mark::hidden_of(&node.marks).map(|mark| HiddenMark { serial: *serial, ..mark }));
        let known = before.iter().find(|container| container.windows.iter().any(|serial| serials.contains(serial)));
        let mut container = match (known, marked) {
            (Some(known), _) => known.clone(),
            (None, Some(mark)) => HiddenContainer::from_mark(top.id, mark),
            (None, None) => {
                found.lost.push(top.id);
                // Ours is no place to return to.
                let is_theirs = |workspace: &WorkspaceNode<'_>| workspace.name() != SCRATCH_WORKSPACE;
                let workspace = view.focused_workspace().filter(is_theirs);
                let workspace = workspace.or_else(|| view.workspaces.iter().copied().find(is_theirs));
                HiddenContainer::from_mark(
                    top.id,
                    HiddenMark {
                        serial: serials[0],
                        role: Role::Part,
                        sticky: false,
                        order: 0,
                        workspace_layout: Layout::Splith,
                        rect: top.rect,
                        output: workspace.map_or("", |workspace| workspace.output).to_string(),
                        workspace: workspace.map_or("1", |workspace| workspace.name()).to_string(),
                        shell: false,
                    },
                )
            }
        };
        container.id = top.id;
        if !serials.contains(&container.anchor) {
            container.anchor = serials[0];
        }
        container.windows = serials;
        for node in windows {
            let window = self.windows.get_mut(&node.id).expect("taken above");
            window.hidden = true;
            window.in_scratchpad = false;
            window.workspace = Some(container.workspace.clone());
            window.output = Some(container.output.clone());
            window.floating = container.role == Role::Floating;
            window.sticky = container.sticky;
        }
        container
    }

    /// i3 gives new container ids at an in-place restart: find windows again by their serial number or X11 id.
    fn follow_renumbering(&mut self, view: &View<'_>) {
        let nodes: Vec<&Node> = view
            .workspaces
            .iter()
            .map(|workspace| workspace.node)
            .chain(view.scratchpad)
            .flat_map(Node::windows)
            .collect();
        let present: BTreeSet<ContainerId> = nodes.iter().map(|node| node.id).collect();
        for node in nodes {
            if self.windows.contains_key(&node.id) {
                continue;
            }
            let serial = mark::owner_of(&node.marks).map(|mark| mark.serial);
            let former = self.windows.values().find(|window| {
                !present.contains(&window.id)
                    && (serial == Some(window.serial) || (node.window.is_some() && node.window == window.x11))
            });
            if let Some(former) = former.map(|window| window.id)
                && let Some(mut window) = self.windows.remove(&former)
            {
                window.id = node.id;
                self.windows.insert(node.id, window);
            }
        }
    }
}

/// The floating container that a window is in or is. i3 keeps `sticky` on the window, sway on this; `scratchpad_state` is here on both.
fn floating_wrapper<'a>(view: &View<'a>, id: ContainerId) -> Option<&'a Node> {
    let mut current = view.node(id);
    while let Some(node) = current {
        match node.kind {
            NodeKind::FloatingCon => return Some(node),
            NodeKind::Workspace => return None,
            _ => current = view.parent(node.id),
        }
    }
    None
}

fn highest_serial(view: &View<'_>) -> u64 {
    view.workspaces
        .iter()
        .map(|workspace| workspace.node)
        .chain(view.scratchpad)
        .flat_map(Node::windows)
        .filter_map(|node| mark::owner_of(&node.marks))
        .map(|mark| mark.serial)
        .max()
        .unwrap_or(0)
}

/// The containers that we took away: what stands in the vaults of i3, what in the scratchpad bears our mark, and what a
/// switch that was cut off left on its temporary workspace.
fn hidden_tops<'a>(kind: WmKind, view: &View<'a>, known: &dyn Fn(&Node) -> bool) -> Vec<&'a Node> {
    let mut tops = Vec::new();
    if let Some(scratchpad) = view.scratchpad {
        if kind == WmKind::I3 {
            tops.extend(vault_slots(view).into_iter().filter(|slot| !slot.windows().is_empty()));
        }
        for float in &scratchpad.floating_nodes {
            let windows = float.windows();
            if windows.iter().any(|window| mark::hidden_of(&window.marks).is_some() || known(window)) {
                // Windows may float inside what floats: then the outer one is what was taken away.
                let inner = inside_floating(kind, float);
                tops.push(if inner.windows().len() == windows.len() { inner } else { float });
            }
        }
    }
    if let Some(temporary) = view.workspace(SCRATCH_WORKSPACE) {
        let inner = temporary.node.children().map(|child| inside_floating(kind, child));
        tops.extend(inner.filter(|inner| !inner.windows().is_empty()));
    }
    tops
}

/// i3 wraps a floating container into a `floating_con`; what we handle is the one inside.
#[must_use]
pub fn inside_floating(kind: WmKind, node: &Node) -> &Node {
    match node.nodes.as_slice() {
        [inner] if kind == WmKind::I3 && node.kind == NodeKind::FloatingCon => inner,
        _ => node,
    }
}
