//! What each command does, and how sway answers it: failures go on, invalid commands end the
//! message.

use super::{Id, Sway};
use crate::fake_wm::command::{Axis, Command, Item, Partner};
use crate::fake_wm::{Criteria, Outcome};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Success,
    Failure,
    Invalid,
}

use End::{Failure, Invalid, Success};

impl End {
    pub fn of(success: bool) -> End {
        if success { Success } else { Failure }
    }
}

impl Sway {
    /// Run a message. The outcomes are those of the reply.
    pub fn run(&mut self, items: &[Item], refuse: Option<usize>) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let mut matched: Option<Vec<Id>> = None;
        for (number, item) in items.iter().enumerate() {
            if !item.kept {
                matched = item.criteria.as_ref().map(|criteria| self.matching(criteria));
            }
            let command = match &item.command {
                Ok(command) => command,
                Err(reason) => {
                    outcomes.push(Outcome::parse_error(reason));
                    break;
                }
            };
            let end = match &matched {
                _ if refuse == Some(number) => Failure,
                None => match self.focus_inactive(self.root) {
                    Some(node) => self.run_one(command, node, false),
                    None => Failure,
                },
                Some(ids) if ids.is_empty() => Failure,
                Some(ids) => {
                    let mut end = Success;
                    for id in ids {
                        if !self.containers.contains_key(id) {
                            continue;
                        }
                        let own = self.run_one(command, *id, true);
                        if own != Success {
                            end = own;
                        }
                        if own == Invalid {
                            break;
                        }
                    }
                    end
                }
            };
            if self.has_crashed {
                break;
            }
            self.arrange();
            match end {
                Success => outcomes.push(Outcome::plain(true)),
                Failure => outcomes.push(Outcome::plain(false)),
                Invalid => {
                    outcomes.push(Outcome::parse_error("invalid"));
                    break;
                }
            }
        }
        outcomes
    }

    /// Every container that is in the tree, in sway's order.
    pub fn everything(&self) -> Vec<Id> {
        let mut all = Vec::new();
        for output in &self.outputs {
            for workspace in &output.workspaces {
                let workspace = self.w(*workspace);
                for id in workspace.tiling.iter().chain(&workspace.floating) {
                    self.with_children(*id, &mut all);
                }
            }
        }
        for id in &self.scratchpad {
            if self.hidden(*id) {
                self.with_children(*id, &mut all);
            }
        }
        all
    }

    pub fn shown_and_hidden(&self, except: &str) -> (Vec<Id>, Vec<Id>) {
        let (mut shown, mut hidden) = (Vec::new(), Vec::new());
        for id in self.everything() {
            match self.workspace_of(id) {
                Some(workspace) if self.w(workspace).name == except => {}
                Some(_) if self.is_view(id) || !self.children(id).is_empty() => shown.push(id),
                None if self.is_view(id) => hidden.push(id),
                _ => {}
            }
        }
        (shown, hidden)
    }

    fn with_children(&self, id: Id, all: &mut Vec<Id>) {
        all.push(id);
        for child in self.children(id) {
            self.with_children(*child, all);
        }
    }

    fn matching(&self, criteria: &[(String, String)]) -> Vec<Id> {
        let Some(criteria) = Criteria::new(criteria) else { return Vec::new() };
        let fits = |id: &Id| {
            let con = self.c(*id);
            criteria.fits(*id, &con.marks, con.client.as_ref())
        };
        self.everything().into_iter().filter(fits).collect()
    }

    pub fn by_mark(&self, mark: &str) -> Option<Id> {
        self.everything().into_iter().find(|id| self.c(*id).marks.iter().any(|own| own == mark))
    }

    fn unmark_everywhere(&mut self, mark: &str) {
        if let Some(id) = self.by_mark(mark) {
            self.m(id).marks.retain(|own| own != mark);
            self.window_event("mark", id);
        }
    }

    fn run_one(&mut self, command: &Command, node: Id, by_criteria: bool) -> End {
        let workspace = self.workspace_of(node);
        let container = (!self.is_workspace(node)).then_some(node);
        // sway 1.7 and 1.10.1 follow the null pointer to the workspace of what is hidden and
        // fullscreen.
        if container.is_some_and(|id| self.hidden(self.toplevel(id)) && self.c(id).fullscreen != 0)
            && matches!(
                command,
                Command::MoveDirection(_)
                    | Command::MoveToWorkspace { .. }
                    | Command::MoveToMark(_)
                    | Command::MoveScratchpad
                    | Command::Floating(_)
                    | Command::Swap(_)
            )
        {
            self.has_crashed = true;
            return Success;
        }
        match command {
            Command::Workspace { name, back_and_forth } => {
                if self.fullscreen_global.is_some() {
                    return Failure;
                }
                let mut target = self.workspace_get(name);
                if *back_and_forth
                    && self.auto_back_and_forth
                    && self.focused_workspace() == Some(target)
                    && let Some(previous) = self.previous_workspace.clone()
                {
                    target = self.workspace_get(&previous);
                }
                let next = self.focus_inactive(target).unwrap_or(target);
                self.set_focus(Some(next));
                Success
            }
            Command::Nop | Command::AppendLayout(_) => Success,
            Command::Exit => Success,
            Command::Open | Command::Restart => Invalid,
            Command::Layout(layout) => self.layout(container, workspace, Some(layout), None),
            Command::LayoutDefault => self.layout(container, workspace, None, Some(false)),
            Command::LayoutToggleSplit => self.layout(container, workspace, None, Some(true)),
            Command::Split { vertical } => {
                let layout = if *vertical { "splitv" } else { "splith" };
                match (container, workspace) {
                    (Some(id), _) => {
                        if self.hidden(self.toplevel(id)) && self.c(id).fullscreen != 2 {
                            return Failure;
                        }
                        self.split(id, layout);
                    }
                    (None, Some(workspace)) => self.split_workspace(workspace, layout),
                    (None, None) => return Failure,
                }
                Success
            }
            Command::SplitNone => {
                let parent = container.and_then(|id| self.c(id).parent);
                match parent.filter(|parent| self.children(*parent).len() == 1) {
                    Some(parent) => {
                        self.flatten(parent);
                        Success
                    }
                    None => Failure,
                }
            }
            Command::Mark { name, add } => {
                let Some(id) = container else { return Invalid };
                if !add {
                    self.m(id).marks.clear();
                    self.window_event("mark", id);
                }
                self.unmark_everywhere(name);
                self.m(id).marks.push(name.clone());
                self.window_event("mark", id);
                Success
            }
            Command::Unmark(name) => {
                match (container.filter(|_| by_criteria), name) {
                    (Some(id), Some(name)) => {
                        if self.c(id).marks.contains(name) {
                            self.unmark_everywhere(name);
                        }
                    }
                    (Some(id), None) => {
                        self.m(id).marks.clear();
                        self.window_event("mark", id);
                    }
                    (None, Some(name)) => self.unmark_everywhere(name),
                    (None, None) => {
                        for id in self.everything() {
                            self.m(id).marks.clear();
                            self.window_event("mark", id);
                        }
                    }
                }
                Success
            }
            Command::Swap(partner) => {
                let other = match partner {
                    Partner::Container(id) => self.everything().into_iter().find(|own| own == id),
                    Partner::Mark(mark) => self.by_mark(mark),
                };
                let (Some(id), Some(other)) = (container, other) else { return Failure };
                if id == other || self.within(id, other) || self.within(other, id) {
                    return Failure;
                }
                self.swap(id, other);
                Success
            }
            Command::Kill => {
                let mut all = Vec::new();
                match (container, workspace) {
                    (Some(id), _) => self.with_children(id, &mut all),
                    (None, Some(workspace)) => {
                        let own = self.w(workspace).clone();
                        for id in own.tiling.iter().chain(&own.floating) {
                            self.with_children(*id, &mut all);
                        }
                    }
                    (None, None) => {}
                }
                for id in all {
                    if self.is_view(id) && !self.dying.contains(&id) {
                        self.dying.push(id);
                    }
                }
                Success
            }
            Command::Focus => {
                let Some(id) = container else { return Invalid };
                if self.hidden(self.toplevel(id)) {
                    self.scratchpad_show(id);
                }
                if let Some(full) = self.obstructing(id) {
                    self.fullscreen_disable(full);
                }
                self.set_focus(Some(id));
                let top = self.toplevel(id);
                if self.is_floating(top)
                    && let Some(workspace) = self.c(top).workspace
                {
                    let floating = &mut self.wm(workspace).floating;
                    floating.retain(|other| *other != top);
                    floating.push(top);
                }
                Success
            }
            Command::FocusParent => {
                let Some(id) = container.filter(|id| self.c(*id).fullscreen == 0) else { return Success };
                if let Some(parent) = self.parent_node(id) {
                    self.set_focus(Some(parent));
                }
                Success
            }
            Command::FocusChild => {
                if let Some(child) = self.active_tiling_child(node) {
                    self.set_focus(Some(child));
                }
                Success
            }
            Command::FocusMode { floating } => {
                let Some(workspace) = workspace else { return Failure };
                let floating = floating.unwrap_or_else(|| !container.is_some_and(|id| self.in_floating(id)));
                let found = if floating {
                    self.focus_inactive_floating(workspace)
                } else {
                    self.focus_inactive_tiling(workspace)
                };
                let Some(found) = found else { return Failure };
                let view = self.focus_inactive_view(found).unwrap_or(found);
                self.set_focus(Some(view));
                Success
            }
            Command::FocusDirection(direction) => {
                self.focus_direction(container, workspace, *direction);
                Success
            }
            Command::FocusOutput(name) => {
                let Some(output) = self.outputs.iter().find(|output| output.name == *name) else { return Invalid };
                let focus = self.focus_inactive(output.id);
                self.set_focus(focus);
                Success
            }
            Command::Floating(switch) => {
                let id = match (container, workspace) {
                    (Some(id), _) => id,
                    (None, Some(workspace)) if !self.w(workspace).tiling.is_empty() => {
                        let id = self.wrap_children(workspace);
                        self.wm(workspace).layout = "splith";
                        self.set_focus(Some(id));
                        id
                    }
                    _ => return Invalid,
                };
                if self.hidden(id) {
                    return Invalid;
                }
                let id = if self.in_floating(id) { self.toplevel(id) } else { id };
                self.set_floating(id, switch.on(self.is_floating(id)));
                Success
            }
            Command::ResizeSet { width, height } => {
                let Some(id) = container else { return Invalid };
                let rect = self.c(id).rect;
                let width = if *width <= 0 { rect.width } else { *width };
                let height = if *height <= 0 { rect.height } else { *height };
                if self.is_floating(id) {
                    let whole = self.whole();
                    let rect = &mut self.m(id).rect;
                    let width = width.clamp(75, whole.0);
                    let height = height.clamp(50, whole.1);
                    rect.x -= (width - rect.width) / 2;
                    rect.y -= (height - rect.height) / 2;
                    rect.width = width;
                    rect.height = height;
                } else {
                    self.resize_tiled(id, true, None, width - rect.width);
                    let now = self.c(id).rect.height;
                    self.resize_tiled(id, false, None, height - now);
                }
                Success
            }
            Command::Resize { grow, axis, pixels } => {
                let Some(id) = container else { return Invalid };
                let pixels = if *grow { *pixels } else { -pixels };
                if self.is_floating(id) {
                    return self.resize_floating(id, *axis, pixels);
                }
                let toward = match axis {
                    Axis::To(direction) => Some(direction.backwards()),
                    Axis::Width | Axis::Height => None,
                };
                // sway looks at the size of the addressed container, whichever of its parents it
                // resized.
                let before = (self.c(id).width_fraction, self.c(id).height_fraction);
                self.resize_tiled(id, axis.horizontal(), toward, pixels);
                if before == (self.c(id).width_fraction, self.c(id).height_fraction) { Invalid } else { Success }
            }
            Command::MovePosition { x, y, absolute } => {
                let Some(id) = container.filter(|id| self.is_floating(*id)) else { return Failure };
                let area = self.workspace_of(id).or_else(|| self.focused_workspace());
                let area = area.map(|workspace| self.outputs[self.w(workspace).output].rect).unwrap_or_default();
                let (x, y) = if *absolute { (*x, *y) } else { (x + area.x, y + area.y) };
                self.floating_move_to(id, x, y);
                Success
            }
            Command::MoveScratchpad => {
                let id = match (container, workspace) {
                    (Some(id), _) => id,
                    (None, Some(workspace)) if !self.w(workspace).tiling.is_empty() => {
                        let id = self.wrap_children(workspace);
                        self.wm(workspace).layout = "splith";
                        id
                    }
                    _ => return Invalid,
                };
                let id = if self.in_floating(id) { self.toplevel(id) } else { id };
                if !self.c(id).scratchpad {
                    self.scratchpad_add(id, None);
                } else if self.c(id).workspace.is_some() {
                    self.scratchpad_hide(id);
                }
                Success
            }
            Command::MoveDirection(direction) => match container {
                Some(id) => End::of(self.command_direction(id, *direction)),
                None => Failure,
            },
            Command::MoveToMark(mark) => {
                let (Some(id), Some(other)) = (container, self.by_mark(mark)) else { return Failure };
                End::of(self.command_to_container(id, other))
            }
            Command::MoveToWorkspace { name, back_and_forth } => {
                End::of(self.command_to_workspace(node, name, *back_and_forth))
            }
            Command::MoveWorkspaceToOutput(name) => {
                let output = self.outputs.iter().position(|output| output.name == *name);
                let (Some(workspace), Some(output)) = (workspace, output) else { return Failure };
                self.workspace_to_output(workspace, output);
                Success
            }
            Command::Fullscreen { switch, global } => {
                let Some(id) = container else { return Success };
                let id = if workspace.is_none() { self.toplevel(id) } else { id };
                let on = switch.on(self.c(id).fullscreen != 0);
                self.set_fullscreen(
                    id,
                    if !on {
                        0
                    } else if *global {
                        2
                    } else {
                        1
                    },
                );
                Success
            }
            Command::Sticky(switch) => {
                let Some(id) = container else { return Failure };
                self.m(id).sticky = switch.on(self.c(id).sticky);
                let top = self.toplevel(id);
                let sticky = self.c(top).sticky && self.is_floating(top);
                if sticky
                    && !self.hidden(id)
                    && let Some(old) = workspace
                    && let Some(active) = self.active_workspace(self.w(old).output)
                    && active != old
                {
                    self.detach(id);
                    self.add_floating(active, id);
                    self.consider_destroy(old);
                }
                Success
            }
            Command::ScratchpadShow => {
                if self.scratchpad.is_empty() {
                    return Invalid;
                }
                if by_criteria {
                    let Some(id) = container else { return Success };
                    let id = if self.in_floating(id) { self.toplevel(id) } else { id };
                    if !self.c(id).scratchpad {
                        return Success;
                    }
                    if self.workspace_of(id).is_some() && self.workspace_of(id) == self.focused_workspace() {
                        self.scratchpad_hide(id);
                    } else {
                        self.scratchpad_show(id);
                        self.window_event("move", id);
                    }
                } else {
                    self.scratchpad_toggle();
                }
                Success
            }
        }
    }

    fn scratchpad_toggle(&mut self) {
        let Some(workspace) = self.focused_workspace() else { return };
        let focus = self.focused_container();
        let focus = focus.map(|id| if self.in_floating(id) { self.toplevel(id) } else { id });
        if let Some(focus) = focus.filter(|id| self.c(*id).scratchpad) {
            self.scratchpad_hide(focus);
            return;
        }
        let other = self.w(workspace).floating.iter().copied();
        let other = other.into_iter().find(|id| self.c(*id).scratchpad && Some(*id) != focus);
        if let Some(other) = other {
            self.scratchpad_show(other);
            return;
        }
        let nested = self.scratchpad.iter().copied().find(|id| self.c(*id).parent.is_some());
        let id = nested.unwrap_or(self.scratchpad[0]);
        self.scratchpad_show(id);
        self.window_event("move", id);
    }
}
