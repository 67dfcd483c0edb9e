//! Where an arrangement ends: what must be visible and focused, the commands that go there, and
//! whether that is reached.

use crate::core::plan::{self, Before, Presence, Reach, Situation};
use crate::core::tree::mark::Role;
use crate::core::tree::{ContainerId, Node, NodeKind, View};
use crate::core::windows::hidden::HiddenContainer;
use crate::core::windows::memory::ProjectMemory;
use crate::core::windows::window::WindowState;
use crate::core::words::command::Script;
use crate::core::words::wm::WmKind;

/// Where an arrangement ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    /// The commands that put focus orders and fullscreen right.
    pub(in crate::core) orders: Script,
    pub(in crate::core) visible: Vec<(String, String)>,
    /// The workspaces to pass through on the way there.
    pub(in crate::core) route: Vec<(String, String)>,
    pub(in crate::core) focused: Option<Reach>,
    /// What is below the workspace that gets the focus itself.
    pub(in crate::core) below_focused: Option<Reach>,
    /// What was fullscreen and stays, with the mode.
    pub(in crate::core) fullscreen: Vec<(ContainerId, u8)>,
}

impl Goal {
    /// The commands that go there once more, if something took the focus away at once, as
    /// windows that come up below the pointer do if the focus follows it, or took fullscreen
    /// off.
    #[must_use]
    pub fn once_more(&self, situation: &Situation<'_>) -> Script {
        let view = situation.view;
        let workspace_of = |id: ContainerId| view.workspace_of(id).map(|workspace| workspace.node);
        let is_off = |id: ContainerId| workspace_of(id).is_some_and(|node| plan::fullscreen_below(node).is_empty());
        let off: Vec<&(ContainerId, u8)> = self.fullscreen.iter().filter(|(id, _)| is_off(*id)).collect();
        let mut script = Script::new();
        let stands = self.stands(view);
        if stands && off.is_empty() {
            return script;
        }
        if !stands {
            script.extend(self.orders.clone());
        }
        for (id, mode) in &off {
            script.on(*id, plan::fullscreen_command(*mode));
        }
        // i3 shows the workspace of what it makes fullscreen, so it is shown what it must show
        // after that; and focuses it, so nothing else there gets the focus, which would take it off
        // again.
        let taken: Vec<ContainerId> = off.iter().filter_map(|(id, _)| workspace_of(*id)).map(|node| node.id).collect();
        let may_focus = |id: &ContainerId| workspace_of(*id).is_some_and(|node| !taken.contains(&node.id));
        script.extend(plan::final_focus(situation, &self.route, None, |name| {
            if view.workspace(name).is_some() { Presence::Occupied } else { Presence::Absent }
        }));
        let focused = self.focused.or(self.below_focused).filter(|reach| may_focus(&reach.id));
        script.extend(focused.map(Reach::focus).unwrap_or_default());
        script
    }

    /// Is what must be visible and focused so?
    fn stands(&self, view: &View<'_>) -> bool {
        let is_there = |(_, name): &(String, String)| view.workspace(name).is_some_and(|workspace| workspace.visible);
        let is_known = |reach: &Reach| view.workspace_of(reach.id).is_some();
        let Some(now) = view.focused else { return true };
        let here = view.focused_workspace().map(|workspace| workspace.name());
        self.visible.iter().all(is_there)
            && self.visible.last().is_none_or(|(_, name)| here.is_none_or(|here| here == name))
            && self.focused.and_then(|reach| reach.there(view)).is_none_or(|id| id == now.id)
            && (self.below_focused.filter(is_known).is_none() || now.kind == NodeKind::Workspace)
    }
}

/// Where the user is when an arrangement is done: as the project was left, or where he is.
pub(in crate::core) struct EndState<'a> {
    pub(in crate::core) situation: &'a Situation<'a>,
    pub(in crate::core) before: &'a Before,
    pub(in crate::core) memory: Option<&'a ProjectMemory>,
    pub(in crate::core) leaving: &'a [HiddenContainer],
    pub(in crate::core) returning: &'a [&'a HiddenContainer],
}

impl EndState<'_> {
    /// The workspace of each output, the focused one last.
    pub(in crate::core) fn visible(&self) -> &[(String, String)] {
        self.memory.map_or(&self.before.visible, |memory| &memory.visible)
    }

    /// What gets the focus: what has it, or had it when the project was left; else what the
    /// window manager would give it to.
    pub(in crate::core) fn focused(&self) -> Option<Reach> {
        let here = self.visible().last().map(|(_, name)| name.as_str());
        let window = |id| Some(Reach { id, up: 0 });
        let Some(memory) = self.memory else {
            let stays = self.before.focused.filter(|id| self.stays(*id));
            let successor = || self.successor(self.before.focused?);
            return stays.or_else(successor).or_else(|| self.latest_on(here?)).and_then(window);
        };
        let remembered = memory.focused.and_then(|focus| Reach::of(&focus, self.situation));
        // A window that is elsewhere by now takes nobody along.
        let remembered = remembered.filter(|reach| self.stays(reach.id) && self.workspace_of(reach.id) == here);
        remembered.or_else(|| window(self.latest_on(here?)?))
    }

    /// What had the focus leaves: what has it then.
    fn successor(&self, leaver: ContainerId) -> Option<ContainerId> {
        self.before_newcomer(leaver).or_else(|| {
            let view = self.situation.view;
            let mut node = view.node(leaver)?;
            while node.kind != NodeKind::Workspace {
                // i3 goes from one floating window to another, if there is one.
                let floats = node.kind == NodeKind::FloatingCon && self.situation.kind == WmKind::I3;
                let workspace = view.workspace_of(leaver).filter(|_| floats).map(|workspace| workspace.node);
                let floating = workspace.and_then(|workspace| self.latest(&workspace.windows_by_focus(), Some(true)));
                node = view.parent(node.id)?;
                let found = floating.or_else(|| self.latest(&node.windows_by_focus(), None));
                if found.is_some() {
                    return found;
                }
            }
            None
        })
    }

    /// The window that had the focus before a newcomer took it, which was never to be seen.
    fn before_newcomer(&self, newcomer: ContainerId) -> Option<ContainerId> {
        let table = self.situation.table;
        let mut window = table.windows.get(&newcomer)?;
        let workspace = self.situation.view.workspace_of(newcomer)?.name();
        while window.unseen {
            let before =
                table.by_serial(window.origin.focused_before?).filter(|before| before.serial < window.serial)?;
            if self.stays(before.id) {
                let here = self.situation.view.workspace_of(before.id).is_some_and(|there| there.name() == workspace);
                return here.then_some(before.id);
            }
            window = before;
        }
        None
    }

    /// The window on a workspace that had the focus last, as far as is known.
    fn latest_on(&self, name: &str) -> Option<ContainerId> {
        // The workspace itself may have had it, or has it.
        let in_sight = self.situation.view.workspace(name).map(|workspace| workspace.node.windows_by_focus());
        let is_chosen = self.memory.is_none() && self.before.focused.is_none();
        if self.below_focused().is_some() || (is_chosen && in_sight.as_ref().is_some_and(|windows| !windows.is_empty()))
        {
            return None;
        }
        let table = self.situation.table;
        let remembered = self.memory.and_then(|memory| memory.focus_orders.get(name)).into_iter().flatten();
        let remembered = remembered.filter_map(|serial| table.by_serial(*serial)).map(|window| window.id);
        let returning = self.returning.iter().filter(|container| container.workspace == name);
        let returning = returning.filter_map(|container| self.situation.view.node(container.id));
        let returning = returning.flat_map(Node::windows_by_focus);
        let known: Vec<ContainerId> = returning.chain(in_sight.into_iter().flatten()).chain(remembered).collect();
        let here: Vec<ContainerId> = known.into_iter().filter(|id| self.workspace_of(*id) == Some(name)).collect();
        self.latest(&here, None)
    }

    /// The last of these windows that will be in sight, and floats or not, if that is asked.
    fn latest(&self, windows: &[ContainerId], floating: Option<bool>) -> Option<ContainerId> {
        let fits = |id: &&ContainerId| {
            let window = self.situation.table.windows.get(id);
            self.stays(**id) && floating.is_none_or(|wanted| window.is_some_and(|window| window.floating == wanted))
        };
        windows.iter().rev().find(fits).copied()
    }

    /// The workspace that a container will be on.
    fn workspace_of(&self, id: ContainerId) -> Option<&str> {
        let view = self.situation.view;
        let windows = view.node(id).map(Node::windows).unwrap_or_default();
        let serial = windows.first().and_then(|node| self.situation.table.windows.get(&node.id))?.serial;
        match self.returning.iter().find(|container| container.windows.contains(&serial)) {
            Some(container) => Some(container.workspace.as_str()),
            None => view.workspace_of(id).map(|workspace| workspace.name()),
        }
    }

    /// If the workspace itself had the focus: what will be below it, and had it last.
    pub(in crate::core) fn below_focused(&self) -> Option<Reach> {
        let memory = self.memory.filter(|memory| memory.focused.is_none())?;
        let (_, name) = memory.visible.last()?;
        let latest = memory.focus_orders.get(name)?.last()?;
        let mut id = self.situation.table.by_serial(*latest)?.id;
        if !self.stays(id) {
            return None;
        }
        let returns = |id: ContainerId| self.returning.iter().find(|container| container.id == id);
        if let Some(container) = returns(id).filter(|_| self.situation.kind == WmKind::Sway) {
            let at = container.path.iter().position(|level| level.is_workspace);
            return Some(Reach { id, up: at.unwrap_or(container.path.len()) + 1 });
        }
        let root = |id| Some(Reach { id, up: 1 });
        loop {
            if let Some(container) = returns(id) {
                return matches!(container.role, Role::Only | Role::Floating).then_some(Reach { id, up: 1 });
            }
            let parent = self.situation.view.parent(id)?;
            let is_wrapper = self.situation.table.wrappers.contains_key(&parent.id)
                || returns(parent.id).is_some_and(|container| container.wrapper);
            match parent.kind {
                NodeKind::Workspace => return root(id),
                _ if is_wrapper => return root(id),
                // From inside of a floating container i3 goes to the workspace at once.
                NodeKind::FloatingCon if self.situation.kind == WmKind::I3 => return root(id),
                _ => id = parent.id,
            }
        }
    }

    /// Will any window at or below a container be shown?
    pub(in crate::core) fn stays(&self, id: ContainerId) -> bool {
        let shown = |window: &WindowState| {
            let returns = self.returning.iter().any(|container| container.windows.contains(&window.serial));
            let leaves = self.leaving.iter().any(|record| record.windows.contains(&window.serial));
            returns || (!window.hidden && !leaves)
        };
        let windows = self.situation.view.node(id).map(Node::windows).unwrap_or_default();
        windows.iter().any(|window| self.situation.table.windows.get(&window.id).is_some_and(shown))
    }

    /// What will be of a workspace. A project that was left on an empty one finds it again, if its
    /// output is there.
    fn presence(&self, name: &str) -> Presence {
        let view = self.situation.view;
        let occupied = self.returning.iter().any(|container| container.workspace == name)
            || view
                .workspace(name)
                .is_some_and(|workspace| workspace.node.windows().iter().any(|window| self.stays(window.id)));
        let output = self.visible().iter().find(|(_, visible)| visible == name).map(|(output, _)| output.as_str());
        match output.is_some_and(|output| view.outputs().contains(&output)) {
            _ if occupied => Presence::Occupied,
            true => Presence::Empty,
            false => Presence::Absent,
        }
    }

    /// The commands that show each output's workspace.
    pub(in crate::core) fn show(&self) -> Script {
        plan::final_focus(self.situation, &self.route(), None, |name| self.presence(name))
    }

    /// Does a script that shows these workspaces, one after the other, end as it must?
    pub(in crate::core) fn is_shown_by(&self, shown: &[String]) -> bool {
        let route = self.route();
        let names: Vec<&String> = route.iter().map(|(_, name)| name).collect();
        let before = shown.len().checked_sub(names.len());
        self.situation.view.outputs().len() == 1 && before.is_some_and(|before| shown[before..].iter().eq(names))
    }

    /// The workspaces to show, one after the other. The one before the last is where `workspace
    /// back_and_forth` goes.
    pub(in crate::core) fn route(&self) -> Vec<(String, String)> {
        let mut route = self.visible().to_vec();
        let previous = self.memory.and_then(|memory| memory.previous.as_ref());
        if let (Some(name), Some((here, last))) = (previous, route.last().cloned())
            && *name != last
            && self.presence(name) == Presence::Occupied
        {
            let before_last = route.len() - 1;
            match route.iter().position(|(_, visible)| visible == name) {
                Some(at) => route[at..before_last].rotate_left(1),
                // On another output it would take the place of what is visible there.
                None if self.output_of(name) == Some(here.as_str()) => route.insert(before_last, (here, name.clone())),
                None => {}
            }
        }
        route
    }

    /// The output that a workspace will be on.
    fn output_of(&self, name: &str) -> Option<&str> {
        let view = self.situation.view;
        match self.returning.iter().find(|container| container.workspace == name) {
            Some(container) => plan::output_for(view, self.memory, container),
            None => view.workspace(name).map(|workspace| workspace.output),
        }
    }

    /// The commands that focus what gets the focus, if that is not the workspace shown
    /// last.
    pub(in crate::core) fn focus(&self) -> Script {
        let mut script = Script::new();
        if let Some(reach) = self.focused().or_else(|| self.below_focused()) {
            script.extend(reach.focus());
        } else if self.visible().iter().all(|(_, name)| self.presence(name) == Presence::Absent) {
            let before = &self.before.visible;
            script.extend(plan::final_focus(self.situation, before, None, |name| self.presence(name)));
        }
        script
    }
}
