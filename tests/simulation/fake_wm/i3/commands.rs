//! What each command does, and how i3 answers it: most say success for nothing done, `resize`
//! answers twice.

use i3pm::core::tree::Rect;

use super::{I3, Id, Kind};
use crate::fake_wm::command::{Command, Direction, Item, Partner};
use crate::fake_wm::{Criteria, Outcome};

impl I3 {
    /// Run a message. The outcomes are those of the reply.
    pub fn run(&mut self, items: &[Item], refuse: Option<usize>) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let mut matched: Option<Vec<Id>> = None;
        let mut render = false;
        for (number, item) in items.iter().enumerate() {
            let command = match &item.command {
                Ok(command) => command,
                Err(reason) => {
                    outcomes.push(Outcome::parse_error(reason));
                    break;
                }
            };
            if !item.kept {
                matched = item.criteria.as_ref().map(|criteria| self.matching(criteria));
            }
            if let Some(ids) = &mut matched {
                ids.retain(|id| self.cons.contains_key(id));
            }
            // i3's own never refuses `open`.
            if refuse == Some(number) && *command != Command::Open {
                outcomes.push(Outcome::plain(false));
                continue;
            }
            render |= self.run_one(command, matched.as_deref(), &mut outcomes);
        }
        if render {
            self.render();
        }
        outcomes
    }

    fn matching(&self, criteria: &[(String, String)]) -> Vec<Id> {
        let Some(criteria) = Criteria::new(criteria) else { return Vec::new() };
        let fits = |id: Id| {
            let con = self.c(id);
            criteria.fits(id, &con.marks, con.window.as_ref())
        };
        self.cons.keys().copied().filter(|id| fits(*id)).collect()
    }

    fn run_one(&mut self, command: &Command, matched: Option<&[Id]>, outcomes: &mut Vec<Outcome>) -> bool {
        let targets: Vec<Id> = matched.map_or_else(|| vec![self.focused], <[Id]>::to_vec);
        let mut say = |success: bool| outcomes.push(Outcome::plain(success));
        match command {
            Command::Workspace { name, back_and_forth } => {
                if name.to_ascii_lowercase().starts_with("__") || self.fullscreen_below(self.root, 2).is_some() {
                    say(false);
                    return false;
                }
                let here = self.workspace_of(self.focused);
                let same = here.is_some_and(|here| self.c(here).name.as_ref() == Some(name));
                if *back_and_forth && same {
                    if self.auto_back_and_forth
                        && let Some(previous) = self.previous_workspace.clone()
                    {
                        let workspace = self.workspace_get(&previous);
                        self.show_workspace(workspace);
                    }
                } else {
                    let workspace = self.workspace_get(name);
                    self.show_workspace(workspace);
                }
                say(true);
            }
            Command::Open => {
                let place = self.open_place();
                let id = self.create(Kind::Con, Some(place));
                self.fix_percent(place);
                self.activate(id);
                say(true);
            }
            Command::Layout(layout) => self.for_each(&targets, |wm, id| wm.set_layout(id, layout), &mut say),
            Command::LayoutDefault => self.for_each(&targets, |wm, id| wm.set_layout(id, "default"), &mut say),
            Command::LayoutToggleSplit => {
                let toggle = |wm: &mut I3, id: Id| {
                    let parent = if wm.kind(id) == Kind::Workspace { id } else { wm.parent(id) };
                    let layout = match (wm.c(parent).layout, wm.c(parent).last_split) {
                        ("splith", _) => "splitv",
                        ("splitv", _) => "splith",
                        (_, "default") => "splith",
                        (_, last) => last,
                    };
                    wm.set_layout(id, layout);
                };
                self.for_each(&targets, toggle, &mut say);
            }
            Command::Split { vertical } => self.for_each(&targets, |wm, id| wm.split(id, *vertical), &mut say),
            Command::Mark { name, add } => match targets[..] {
                [id] => {
                    self.mark(id, name, *add);
                    say(true);
                }
                _ => {
                    say(false);
                    return false;
                }
            },
            Command::Unmark(name) => {
                let all: Vec<Id> = self.cons.keys().copied().collect();
                for id in matched.map_or(all, <[Id]>::to_vec) {
                    self.unmark(id, name.as_deref());
                }
                say(true);
            }
            Command::Swap(partner) => {
                let other = match partner {
                    Partner::Container(id) => self.cons.contains_key(id).then_some(*id),
                    Partner::Mark(mark) => self.by_mark(mark),
                };
                let (Some(id), Some(other)) = (targets.first(), other) else {
                    say(false);
                    return false;
                };
                say(self.swap(*id, other));
            }
            Command::Kill => self.for_each(&targets, |wm, id| wm.kill(id), &mut say),
            Command::Focus => {
                let Some(matched) = matched.filter(|ids| !ids.is_empty()) else {
                    say(false);
                    return false;
                };
                for id in matched {
                    let Some(workspace) = self.workspace_of(*id) else { continue };
                    if workspace == self.scratch {
                        self.scratchpad_show(Some(*id));
                        break;
                    }
                    self.activate_unblock(*id);
                }
                say(true);
            }
            Command::FocusParent => {
                let focused = self.focused;
                let success = self.permits_focus(self.parent(focused)) && self.level_up();
                say(success);
                return success;
            }
            Command::FocusChild => {
                let success = self.level_down();
                say(success);
                return success;
            }
            Command::FocusDirection(direction) => {
                for id in targets {
                    if self.workspace_of(id).is_some_and(|workspace| !self.internal(workspace)) {
                        self.focus_direction(id, *direction);
                    }
                }
                say(true);
            }
            Command::FocusMode { floating } => {
                let floating = floating.unwrap_or_else(|| self.inside_floating(self.focused).is_none());
                let workspace = self.workspace_of(self.focused).expect("the focus is on a workspace");
                let found = self.c(workspace).focus.iter().copied();
                let found = found.into_iter().find(|id| (self.kind(*id) == Kind::Floating) == floating);
                if let Some(id) = found {
                    let down = self.descend_focused(id);
                    self.activate_unblock(down);
                }
                say(found.is_some());
                return found.is_some();
            }
            Command::FocusOutput(name) => {
                let output = self.outputs().into_iter().find(|id| self.c(*id).name.as_deref() == Some(name));
                let shown = output.and_then(|output| {
                    let content = self.content(output);
                    self.c(content).nodes.iter().copied().find(|id| self.visible(*id))
                });
                if targets.is_empty() {
                    say(true);
                    return false;
                }
                if let Some(workspace) = shown {
                    self.show_workspace(workspace);
                }
                say(shown.is_some());
                return shown.is_some();
            }
            Command::Floating(switch) => {
                let set = |wm: &mut I3, id: Id| {
                    if switch.on(wm.c(id).is_floating) {
                        wm.floating_enable(id);
                    } else {
                        wm.floating_disable(id);
                    }
                };
                self.for_each(&targets, set, &mut say);
            }
            Command::ResizeSet { width, height } => {
                let mut success = true;
                for id in targets {
                    success &= self.resize_set(id, *width, *height, &mut say);
                }
                say(success);
            }
            Command::Resize { grow, axis, pixels } => {
                let pixels = if *grow { *pixels } else { -pixels };
                for id in targets {
                    if let Some(floating) = self.inside_floating(id) {
                        self.resize_floating(floating, *axis, pixels);
                    } else if let Err(answers) = self.resize_tiling(id, *axis, pixels) {
                        (0..answers).for_each(|_| say(false));
                        return false;
                    }
                }
                say(true);
            }
            Command::MovePosition { x, y, .. } => {
                let mut failed = false;
                for id in targets {
                    if !self.c(id).is_floating {
                        if !failed {
                            say(false);
                        }
                        failed = true;
                        continue;
                    }
                    let floating = self.parent(id);
                    let rect = Rect { x: *x, y: *y, ..self.c(floating).rect };
                    if !self.reposition(floating, rect) {
                        say(false);
                        failed = true;
                    }
                }
                if !failed {
                    say(true);
                }
                return false;
            }
            Command::MoveScratchpad => self.for_each(&targets, |wm, id| wm.scratchpad_move(id), &mut say),
            Command::MoveDirection(direction) => {
                let before = self.focused;
                let mut render = false;
                for id in targets {
                    if self.c(id).is_floating {
                        let floating = self.parent(id);
                        let mut rect = self.c(floating).rect;
                        match direction {
                            Direction::Left => rect.x -= 10,
                            Direction::Right => rect.x += 10,
                            Direction::Up => rect.y -= 10,
                            Direction::Down => rect.y += 10,
                        }
                        render = self.reposition(floating, rect);
                    } else if self.vault_fails && self.workspace_of(id) == Some(self.scratch) {
                        render = true;
                    } else {
                        self.move_direction(id, *direction);
                        render = true;
                    }
                }
                if self.focused != before && self.cons.contains_key(&before) {
                    self.activate(before);
                }
                say(true);
                return render;
            }
            Command::MoveToWorkspace { name, back_and_forth } => {
                let movable = |id: &Id| {
                    let con = self.c(*id);
                    con.kind != Kind::Workspace || !con.nodes.is_empty() || !con.floats.is_empty()
                };
                if name.to_ascii_lowercase().starts_with("__") || !targets.iter().any(movable) {
                    say(false);
                    return false;
                }
                let targets: Vec<Id> = targets.iter().copied().filter(|id| movable(id)).collect();
                let mut workspace = self.workspace_get(name);
                if *back_and_forth
                    && self.auto_back_and_forth
                    && self.workspace_of(self.focused) == Some(workspace)
                    && let Some(previous) = self.previous_workspace.clone()
                {
                    workspace = self.workspace_get(&previous);
                }
                for id in targets {
                    if self.cons.contains_key(&id) && self.cons.contains_key(&workspace) {
                        self.move_to_workspace(id, workspace, true, false);
                    }
                }
                say(true);
            }
            // Not among the commands of i3 that anybody sends here.
            Command::MoveToMark(_) => say(false),
            Command::MoveWorkspaceToOutput(name) => {
                let output = self.outputs().into_iter().find(|id| self.c(*id).name.as_deref() == Some(name));
                let mut success = false;
                for id in targets {
                    let Some(workspace) = self.workspace_of(id).filter(|id| !self.internal(*id)) else { continue };
                    if let Some(output) = output {
                        self.move_workspace_to_output(workspace, output);
                        success = true;
                    }
                }
                say(success);
                return success;
            }
            Command::Fullscreen { switch, global } => {
                let set = |wm: &mut I3, id: Id| {
                    if switch.on(wm.c(id).fullscreen != 0) {
                        wm.enable_fullscreen(id, if *global { 2 } else { 1 });
                    } else {
                        wm.disable_fullscreen(id);
                    }
                };
                self.for_each(&targets, set, &mut say);
            }
            Command::Sticky(switch) => {
                for id in targets {
                    if self.c(id).window.is_some() {
                        self.m(id).sticky = switch.on(self.c(id).sticky);
                    }
                }
                let focused = self.focused;
                self.push_sticky(Some(focused));
                say(true);
            }
            Command::ScratchpadShow => {
                let mut success = false;
                match matched {
                    None => success = self.scratchpad_show(None),
                    Some(ids) => {
                        for id in ids {
                            success |= self.scratchpad_show(Some(*id));
                        }
                    }
                }
                say(success);
            }
            Command::Nop => {
                say(true);
                return false;
            }
            Command::AppendLayout(path) => {
                let success = self.append_layout(path);
                say(success);
                return success;
            }
            Command::SplitNone | Command::Exit | Command::Restart => {
                outcomes.push(Outcome::parse_error("not understood"));
                return false;
            }
        }
        true
    }

    fn for_each(&mut self, targets: &[Id], mut act: impl FnMut(&mut I3, Id), say: &mut impl FnMut(bool)) {
        for id in targets {
            if self.cons.contains_key(id) {
                act(self, *id);
            }
        }
        say(true);
    }

    fn kill(&mut self, id: Id) {
        match self.kind(id) {
            Kind::Output | Kind::Root => {}
            Kind::Workspace => {
                for child in self.c(id).focus.clone() {
                    if self.cons.contains_key(&child) {
                        self.close(child, true, false);
                    }
                }
            }
            _ => {
                self.close(id, true, false);
            }
        }
    }

    pub fn mark(&mut self, id: Id, name: &str, add: bool) {
        if let Some(other) = self.by_mark(name) {
            self.unmark(other, Some(name));
        }
        if !add {
            self.unmark(id, None);
        }
        self.m(id).marks.push(name.to_owned());
        self.window_event("mark", id);
    }

    pub fn unmark(&mut self, id: Id, name: Option<&str>) {
        let gone: Vec<String> =
            self.c(id).marks.iter().filter(|mark| name.is_none_or(|name| name == *mark)).cloned().collect();
        for mark in gone {
            self.m(id).marks.retain(|other| *other != mark);
            self.window_event("mark", id);
        }
    }

    // ------------------------------------------------------------------ sizes
}
