//! What each command does, and how i3 answers it: most say success for nothing done, `resize`
//! answers twice.

use i3pm::core::tree::Rect;

use super::{I3, Id, Kind, Scratch};
use crate::fake_wm::command::{Axis, Command, Direction, Item, Partner};
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

    fn level_up(&mut self) -> bool {
        let focused = self.focused;
        let parent = self.parent(focused);
        if self.kind(parent) == Kind::Floating {
            let workspace = self.parent(parent);
            self.activate(workspace);
            return true;
        }
        if !matches!(self.kind(parent), Kind::Con | Kind::Workspace) || self.kind(focused) == Kind::Workspace {
            return false;
        }
        self.activate(parent);
        true
    }

    fn level_down(&mut self) -> bool {
        let Some(mut next) = self.c(self.focused).focus.first().copied() else { return false };
        if self.kind(next) == Kind::Floating {
            match self.c(next).focus.first() {
                Some(inner) => next = *inner,
                None => return false,
            }
        }
        self.activate(next);
        true
    }

    fn focus_direction(&mut self, id: Id, direction: Direction) {
        let Some(next) = self.tree_next(id, direction) else { return };
        if self.kind(next) == Kind::Workspace {
            let mut focus = self.descend_focused(next);
            if self.c(focus).fullscreen == 0 {
                let tiling = self.descend_tiling_focused(next);
                if tiling != next {
                    focus = tiling;
                }
            }
            self.show_workspace(next);
            self.activate(focus);
            return;
        }
        if self.kind(next) == Kind::Floating {
            let workspace = self.parent(next);
            let floats = &mut self.m(workspace).floats;
            while floats.last() != Some(&next) {
                let last = floats.pop().expect("holds the next");
                floats.insert(0, last);
            }
        }
        if let Some(workspace) = self.workspace_of(next) {
            self.show_workspace(workspace);
        }
        let down = self.descend_focused(next);
        self.activate(down);
    }

    fn tree_next(&self, id: Id, direction: Direction) -> Option<Id> {
        let mut at = id;
        let mut wrap = None;
        let siblings = |list: &[Id], at: Id| {
            let place = list.iter().position(|other| *other == at).expect("its own child");
            let next = if direction.backwards() {
                place.checked_sub(1).map(|place| list[place])
            } else {
                list.get(place + 1).copied()
            };
            let around = if direction.backwards() { list.last() } else { list.first() };
            (next, around.copied())
        };
        while self.kind(at) != Kind::Workspace {
            match self.c(at).fullscreen {
                1 => {
                    at = self.workspace_of(at).expect("on a workspace");
                    break;
                }
                2 => return wrap,
                _ => {}
            }
            let parent = self.parent(at);
            if self.kind(at) == Kind::Floating {
                if !direction.horizontal() {
                    return None;
                }
                let (next, around) = siblings(&self.c(parent).floats, at);
                return next.or(around);
            }
            let vertical = matches!(self.c(parent).layout, "splitv" | "stacked");
            if self.c(parent).nodes.len() > 1 && vertical != direction.horizontal() {
                let (next, around) = siblings(&self.c(parent).nodes, at);
                if let Some(next) = next.filter(|next| self.permits_focus(*next)) {
                    return Some(next);
                }
                wrap = wrap.or(around.filter(|around| self.permits_focus(*around)));
            }
            at = parent;
        }
        if self.fullscreen_below(at, 2).is_some() {
            return wrap;
        }
        let rect = self.c(self.output_of(at)).rect;
        let next = self.outputs().into_iter().find(|output| {
            let other = self.c(*output).rect;
            match direction {
                Direction::Left => other.x + other.width == rect.x,
                Direction::Right => other.x == rect.x + rect.width,
                Direction::Up | Direction::Down => false,
            }
        });
        let shown = next.and_then(|output| {
            let content = self.content(output);
            self.c(content).nodes.iter().copied().find(|id| self.visible(*id))
        });
        shown.or(wrap)
    }

    // ------------------------------------------------------------------ sizes

    fn resize_floating(&mut self, floating: Id, axis: Axis, pixels: i32) {
        let before = self.c(floating).rect;
        let rect = &mut self.m(floating).rect;
        if axis.horizontal() {
            rect.width += pixels;
        } else {
            rect.height += pixels;
        }
        self.check_size(floating);
        let rect = &mut self.m(floating).rect;
        if *rect == before {
            return;
        }
        match axis {
            Axis::To(Direction::Up) => rect.y -= rect.height - before.height,
            Axis::To(Direction::Left) => rect.x -= rect.width - before.width,
            _ => {}
        }
        if self.c(floating).scratch == Scratch::Fresh {
            self.m(floating).scratch = Scratch::Changed;
        }
    }

    fn resize_set(&mut self, id: Id, width: i32, height: i32, say: &mut impl FnMut(bool)) -> bool {
        if let Some(floating) = self.inside_floating(id) {
            let inner = self.descend_focused(floating);
            if self.c(inner).window.is_some() {
                let rect = &mut self.m(floating).rect;
                rect.width = if width == 0 { rect.width } else { width };
                rect.height = if height == 0 { rect.height } else { height };
                self.check_size(floating);
                if self.c(floating).scratch == Scratch::Fresh {
                    self.m(floating).scratch = Scratch::Changed;
                }
            }
            return true;
        }
        let mut success = true;
        for (wanted, axis) in [(width, Axis::Width), (height, Axis::Height)] {
            if wanted <= 0 {
                continue;
            }
            let target = self.participants(id, axis.horizontal(), axis.horizontal(), true).0;
            let rect = self.c(target).rect;
            let now = if axis.horizontal() { rect.width } else { rect.height };
            if let Err(answers) = self.resize_tiling(target, axis, wanted - now) {
                (1..answers).for_each(|_| say(false));
                success = false;
            }
        }
        success
    }

    /// The container to resize and its counterpart.
    fn participants(&self, id: Id, horizontal: bool, backwards: bool, both: bool) -> (Id, Option<Id>) {
        let mut first = id;
        while !matches!(self.kind(first), Kind::Workspace | Kind::Floating) {
            let parent = self.parent(first);
            let layout = self.c(parent).layout;
            if layout != if horizontal { "splith" } else { "splitv" } {
                first = parent;
                continue;
            }
            let nodes = &self.c(parent).nodes;
            let at = nodes.iter().position(|node| *node == first).expect("its own child");
            let previous = at.checked_sub(1).map(|at| nodes[at]);
            let next = nodes.get(at + 1).copied();
            let (wanted, other) = if backwards { (previous, next) } else { (next, previous) };
            if let Some(second) = wanted.or(other.filter(|_| both)) {
                return (first, Some(second));
            }
            first = parent;
        }
        (first, None)
    }

    fn one_pixel(&self, id: Id) -> f64 {
        let parent = self.c(self.parent(id));
        match parent.layout {
            "splith" | "tabbed" => 1.0 / f64::from(parent.rect.width),
            _ => f64::from(1 + self.c(id).deco.height) / f64::from(parent.rect.height),
        }
    }

    /// The error is how many answers say that it cannot be done.
    fn resize_tiling(&mut self, id: Id, axis: Axis, pixels: i32) -> Result<(), usize> {
        let (backwards, both) = match axis {
            Axis::Width => (true, true),
            Axis::Height => (false, true),
            Axis::To(direction) => (direction.backwards(), false),
        };
        let (first, Some(second)) = self.participants(id, axis.horizontal(), backwards, both) else { return Err(2) };
        let parent = self.parent(first);
        let rect = self.c(parent).rect;
        let total = f64::from(if axis.horizontal() { rect.width } else { rect.height });
        let share = f64::from(pixels) / total;
        if both {
            let others: Vec<Id> = self.c(parent).nodes.iter().copied().filter(|node| *node != first).collect();
            let grown = self.c(first).percent + share;
            let lost = share / others.len() as f64;
            if share < 0.0 && grown < self.one_pixel(first) {
                return Err(2);
            }
            if lost >= 0.0 && others.iter().any(|other| self.c(*other).percent - lost < self.one_pixel(*other)) {
                return Err(2);
            }
            self.m(first).percent = grown;
            for other in others {
                self.m(other).percent -= lost;
            }
            return Ok(());
        }
        let (one, two) = (self.c(first).percent + share, self.c(second).percent - share);
        if one < self.one_pixel(first) || two < self.one_pixel(second) || one.is_nan() {
            return Err(1);
        }
        self.m(first).percent = one;
        self.m(second).percent = two;
        self.fix_percent(parent);
        Ok(())
    }
}
