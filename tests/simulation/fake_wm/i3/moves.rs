//! Moving containers about: to workspaces, in directions, into and out of the floating layer,
//! swapping.

use i3pm::core::tree::Rect;

use super::{I3, Id, Kind, Scratch};
use crate::fake_wm::command::Direction;

impl I3 {
    pub fn set_fullscreen(&mut self, id: Id, mode: u8) {
        self.m(id).fullscreen = mode;
        self.window_event("fullscreen_mode", id);
    }

    pub fn disable_fullscreen(&mut self, id: Id) {
        if self.kind(id) != Kind::Workspace && self.c(id).fullscreen != 0 {
            self.set_fullscreen(id, 0);
        }
    }

    pub fn enable_fullscreen(&mut self, id: Id, mode: u8) {
        if self.kind(id) == Kind::Workspace || self.c(id).fullscreen == mode {
            return;
        }
        let Some(workspace) = self.workspace_of(id) else { return };
        if let Some(other) = self.covering(workspace) {
            self.disable_fullscreen(other);
        }
        let here = self.workspace_of(self.focused);
        let before = self.focused;
        if mode == 2 && here != Some(workspace) {
            self.show_workspace(workspace);
        }
        self.activate(id);
        if mode != 2 && here != Some(workspace) {
            self.activate(before);
        }
        self.set_fullscreen(id, mode);
    }

    pub fn move_to_workspace(&mut self, id: Id, workspace: Id, fix_coordinates: bool, ignore_focus: bool) {
        if self.workspace_of(id) == Some(workspace) {
            return;
        }
        let target = self.descend_focused(workspace);
        self.move_to(id, target, fix_coordinates, ignore_focus);
    }

    /// Move behind the focused container of the place where `target` is.
    fn move_to(&mut self, id: Id, target: Id, fix_coordinates: bool, ignore_focus: bool) {
        let target_workspace = self.workspace_of(target).expect("a target on a workspace");
        if !ignore_focus && !self.permits_focus(target_workspace) {
            return;
        }
        let mut id = if self.c(id).is_floating { self.parent(id) } else { id };
        let source_workspace = self.workspace_of(id).expect("a container on a workspace");
        if self.kind(id) == Kind::Workspace {
            while let Some(child) = self.c(id).floats.first().copied() {
                self.move_to_workspace(child, target_workspace, true, false);
            }
            if !self.cons.contains_key(&id) || self.leaf(id) {
                return;
            }
            id = self.encapsulate(id);
        }
        let current_workspace = self.workspace_of(self.focused).expect("the focus is on a workspace");
        let (source_output, target_output) = (self.output_of(id), self.output_of(target_workspace));
        let mut focus_next = None;
        if !ignore_focus && source_workspace == current_workspace && target_workspace != source_workspace {
            let next = self.descend_focused(source_workspace);
            let next = if next == id || self.has_parent(next, id) { self.next_focused(id) } else { next };
            focus_next = Some(next);
        }
        let mut target = target;
        if self.kind(target) != Kind::Workspace {
            target = self.parent(target);
        }
        if self.kind(target) == Kind::Floating {
            target = self.parent(target);
        }
        if self.kind(id) == Kind::Floating {
            target = target_workspace;
            if source_output != target_output && fix_coordinates {
                let (from, to) = (self.c(source_output).rect, self.c(target_output).rect);
                self.fix_coordinates(id, from, to);
            }
        }
        let mut covering = self.fullscreen_below(target_workspace, 1);
        let own = self.c(id).fullscreen != 0
            || self.fullscreen_below(id, 2).is_some()
            || self.fullscreen_below(id, 1).is_some();
        if own && let Some(other) = covering.take() {
            self.disable_fullscreen(other);
        }
        let parent = self.parent(id);
        self.detach(id);
        self.attach(id, target, false);
        self.fix_percent(parent);
        self.m(id).percent = 0.0;
        self.fix_percent(target);
        if !ignore_focus && !self.internal(target_workspace) && covering.is_none() {
            let content = self.content(target_output);
            let old_focus_workspace = self.c(content).focus[0];
            let old_focus = self.focused;
            let down = self.descend_focused(id);
            self.activate(down);
            if old_focus_workspace == current_workspace && self.kind(old_focus) != Kind::Workspace {
                self.activate(old_focus);
            } else if self.workspace_of(self.focused) != Some(old_focus_workspace) {
                let down = self.descend_focused(old_focus_workspace);
                self.focus(down);
            }
        }
        if !ignore_focus {
            self.show_workspace(current_workspace);
        }
        if let Some(next) = focus_next {
            let down = self.descend_focused(next);
            self.activate(down);
        }
        self.child_removed(parent);
        self.window_event("move", id);
    }

    pub fn floating_enable(&mut self, id: Id) -> bool {
        if self.c(id).is_floating || matches!(self.kind(id), Kind::Workspace | Kind::Floating) {
            return false;
        }
        let set_focus = id == self.focused;
        let workspace = self.workspace_of(id).expect("a container on a workspace");
        let mut place = None;
        let mut before_parent = true;
        if !set_focus {
            let mut ancestor = id;
            while self.kind(self.parent(ancestor)) != Kind::Workspace {
                before_parent &= self.c(self.parent(ancestor)).focus.first() == Some(&ancestor);
                ancestor = self.parent(ancestor);
            }
            let stack = &self.c(workspace).focus;
            let at = stack.iter().position(|other| *other == ancestor).expect("in its workspace's stack");
            place = if before_parent { at.checked_sub(1).map(|at| stack[at]) } else { stack.get(at + 1).copied() };
        }
        let old_parent = self.parent(id);
        self.detach(id);
        self.fix_percent(old_parent);
        let wrapper = self.create(Kind::Floating, None);
        self.m(wrapper).parent = Some(workspace);
        self.m(workspace).floats.insert(0, wrapper);
        let stack = &mut self.m(workspace).focus;
        let at = place.and_then(|place| stack.iter().position(|other| *other == place));
        match (before_parent, at) {
            (true, Some(at)) => stack.insert(at + 1, wrapper),
            (true, None) => stack.insert(0, wrapper),
            (false, Some(at)) => stack.insert(at, wrapper),
            (false, None) => stack.push(wrapper),
        }
        if matches!(self.kind(old_parent), Kind::Con | Kind::Floating) && self.c(old_parent).nodes.is_empty() {
            self.m(id).parent = None;
            self.close(old_parent, false, false);
        }
        let mut rect = self.c(id).geometry;
        if rect == Rect::default() {
            for child in &self.c(id).nodes {
                rect.width += self.c(*child).geometry.width;
                rect.height = rect.height.max(self.c(*child).geometry.height);
            }
        }
        self.m(wrapper).nodes.push(id);
        self.m(wrapper).focus.push(id);
        let con = self.m(id);
        con.parent = Some(wrapper);
        con.percent = 1.0;
        con.is_floating = true;
        rect.width += 2;
        rect.height += 2;
        self.m(wrapper).rect = rect;
        self.check_size(wrapper);
        if rect.x == 0 && rect.y == 0 {
            self.center(wrapper, workspace);
        }
        let correct = self.output_of(workspace);
        let mut now = self.output_at(self.c(wrapper).rect);
        if now != Some(correct) {
            if let Some(other) = now {
                let (from, to) = (self.c(other).rect, self.c(correct).rect);
                self.fix_coordinates(wrapper, from, to);
                now = self.output_at(self.c(wrapper).rect);
            }
            if now != Some(correct) {
                self.center(wrapper, workspace);
            }
        }
        self.place(wrapper);
        if set_focus {
            self.activate(id);
        }
        self.window_event("floating", id);
        true
    }

    pub fn floating_disable(&mut self, id: Id) {
        if !self.c(id).is_floating {
            return;
        }
        let workspace = self.workspace_of(id).expect("a container on a workspace");
        if self.internal(workspace) {
            return;
        }
        let neighbour = self.descend_tiling_focused(workspace);
        if self.kind(neighbour) == Kind::Workspace {
            let parent = self.parent(id);
            self.detach(id);
            self.close(parent, false, true);
            self.attach(id, neighbour, false);
            self.m(id).percent = 0.0;
            let parent = self.parent(id);
            self.fix_percent(parent);
        } else {
            self.insert_into(id, neighbour, true);
        }
        self.m(id).is_floating = false;
        self.window_event("floating", id);
    }

    pub fn check_size(&mut self, floating: Id) {
        let whole = self.c(self.root).rect;
        let rect = &mut self.m(floating).rect;
        rect.width = rect.width.clamp(77, whole.width.max(77));
        rect.height = rect.height.clamp(52, whole.height.max(52));
    }

    fn center(&mut self, floating: Id, workspace: Id) {
        let around = self.c(workspace).rect;
        let rect = &mut self.m(floating).rect;
        rect.x = around.x + around.width / 2 - rect.width / 2;
        rect.y = around.y + around.height / 2 - rect.height / 2;
    }

    pub fn fix_coordinates(&mut self, floating: Id, from: Rect, to: Rect) {
        let rect = &mut self.m(floating).rect;
        let x = rect.x - from.x + rect.width / 2;
        let y = rect.y - from.y + rect.height / 2;
        rect.x = to.x + x * to.width / from.width.max(1) - rect.width / 2;
        rect.y = to.y + y * to.height / from.height.max(1) - rect.height / 2;
    }

    /// The output under the middle of a rectangle, or else one that it touches.
    pub fn output_at(&self, rect: Rect) -> Option<Id> {
        let middle = (rect.x + rect.width / 2, rect.y + rect.height / 2);
        let inside = |output: &Id| {
            let own = self.c(*output).rect;
            (own.x..own.x + own.width).contains(&middle.0) && (own.y..own.y + own.height).contains(&middle.1)
        };
        self.outputs().into_iter().find(inside).or_else(|| self.output_touching(rect))
    }

    fn output_touching(&self, rect: Rect) -> Option<Id> {
        self.outputs().into_iter().rfind(|output| {
            let own = self.c(*output).rect;
            rect.x.max(own.x) < (rect.x + rect.width).min(own.x + own.width)
                && rect.y.max(own.y) < (rect.y + rect.height).min(own.y + own.height)
        })
    }

    pub fn reposition(&mut self, floating: Id, rect: Rect) -> bool {
        if self.output_touching(rect).is_none() {
            return false;
        }
        self.m(floating).rect = rect;
        self.reassign(floating);
        if self.c(floating).scratch == Scratch::Fresh {
            self.m(floating).scratch = Scratch::Changed;
        }
        self.render();
        true
    }

    /// A floating window goes to the visible workspace of the output it was moved over.
    fn reassign(&mut self, floating: Id) {
        let workspace = self.workspace_of(floating).expect("on a workspace");
        if self.internal(workspace) {
            return;
        }
        let Some(output) = self.output_at(self.c(floating).rect) else { return };
        if output == self.output_of(floating) {
            return;
        }
        let target = self.c(self.content(output)).focus[0];
        let down = self.descend_focused(floating);
        let focused = down == self.focused || self.has_parent(down, self.focused);
        self.move_to_workspace(floating, target, false, false);
        if focused {
            self.show_workspace(target);
            self.activate(down);
        }
    }

    // ------------------------------------------------------------------ directions

    pub fn insert_into(&mut self, id: Id, target: Id, after: bool) {
        let parent = self.parent(target);
        let old_parent = self.parent(id);
        let mut ancestors = vec![id];
        while let Some(next) = self.c(*ancestors.last().expect("begins with one")).parent {
            ancestors.push(next);
        }
        let mut common = parent;
        while !ancestors.contains(&common) {
            common = self.parent(common);
        }
        if common == id {
            return;
        }
        let below = |wm: &I3, mut at: Id| {
            while wm.c(at).parent != Some(common) {
                at = wm.parent(at);
            }
            at
        };
        let (own, its) = (below(self, id), below(self, target));
        let mut at = id;
        let mut moves_focus = true;
        while at != own {
            moves_focus &= self.c(self.parent(at)).focus.first() == Some(&at);
            at = self.parent(at);
        }
        let stack = &self.c(common).focus;
        let before = if own == its {
            moves_focus
        } else {
            stack.iter().find(|other| **other == own || **other == its) == Some(&own)
        };
        if moves_focus && before {
            let stack = &mut self.m(common).focus;
            let at = stack.iter().position(|other| *other == own).expect("its own child");
            let previous = at.checked_sub(1).map(|at| stack[at]);
            stack.retain(|other| *other != its);
            let at = previous.and_then(|id| stack.iter().position(|other| *other == id)).map_or(0, |at| at + 1);
            stack.insert(at, its);
        }
        self.detach(id);
        self.fix_percent(old_parent);
        let mut id = id;
        if self.kind(parent) == Kind::Workspace && self.c(parent).workspace_layout != "default" {
            let split = self.workspace_attach_to(parent);
            self.attach(id, split, false);
            self.m(id).percent = 0.0;
            self.fix_percent(split);
            id = split;
            self.detach(id);
        }
        self.m(id).parent = Some(parent);
        let stack = &mut self.m(parent).focus;
        if parent == common {
            let at = stack.iter().position(|other| *other == target).expect("its own child");
            stack.insert(if before { at } else { at + 1 }, id);
        } else if before {
            stack.insert(0, id);
        } else {
            stack.push(id);
        }
        let nodes = &mut self.m(parent).nodes;
        let at = nodes.iter().position(|other| *other == target).expect("its own child");
        nodes.insert(at + usize::from(after), id);
        self.m(id).percent = 0.0;
        self.fix_percent(parent);
        self.child_removed(old_parent);
    }

    fn attach_to_workspace(&mut self, id: Id, workspace: Id, direction: Direction) {
        let old_parent = self.parent(id);
        self.detach(id);
        self.m(id).parent = Some(workspace);
        let nodes = &mut self.m(workspace).nodes;
        if direction.backwards() {
            nodes.push(id);
        } else {
            nodes.insert(0, id);
        }
        self.m(workspace).focus.push(id);
        self.m(id).percent = 0.0;
        self.fix_percent(workspace);
        self.fix_percent(old_parent);
        self.child_removed(old_parent);
    }

    /// The output next to another, outputs lying side by side.
    fn next_output(&self, output: Id, direction: Direction) -> Option<Id> {
        let here = self.c(output).rect;
        let mut others: Vec<Id> = self.outputs();
        others.retain(|other| {
            let rect = self.c(*other).rect;
            match direction {
                Direction::Left => rect.x < here.x,
                Direction::Right => rect.x > here.x,
                Direction::Up => rect.y < here.y,
                Direction::Down => rect.y > here.y,
            }
        });
        let distance = |other: &Id| {
            let rect = self.c(*other).rect;
            (rect.x - here.x).abs() + (rect.y - here.y).abs()
        };
        others.into_iter().min_by_key(distance)
    }

    fn move_to_output_directed(&mut self, id: Id, direction: Direction) {
        let Some(output) = self.next_output(self.output_of(id), direction) else { return };
        let content = self.content(output);
        let Some(workspace) = self.c(content).nodes.iter().copied().find(|id| self.visible(*id)) else { return };
        let old_workspace = self.workspace_of(id);
        let moves_focus = self.focused == id;
        self.attach_to_workspace(id, workspace, direction);
        if moves_focus {
            self.focus(id);
            if let Some(old) = old_workspace
                && self.cons.contains_key(&old)
            {
                self.focused = old;
            }
            self.show_workspace(workspace);
        }
        self.window_event("move", id);
        self.flatten(self.root);
    }

    fn parent_with_orientation(&self, id: Id, vertical: bool) -> Option<Id> {
        let mut at = self.parent(id);
        if self.kind(at) == Kind::Floating {
            return None;
        }
        while self.vertical(at) != vertical {
            at = self.parent(at);
            let up = self.c(at).parent;
            if matches!(self.kind(at), Kind::Floating | Kind::Output)
                || up.is_some_and(|up| self.kind(up) == Kind::Output)
            {
                return None;
            }
        }
        Some(at)
    }

    fn descend_direction(&self, id: Id, direction: Direction) -> Id {
        let con = self.c(id);
        let same = self.vertical(id) != direction.horizontal();
        let next = if same {
            if direction.backwards() { con.nodes.last() } else { con.nodes.first() }
        } else {
            con.focus.iter().find(|child| self.kind(**child) != Kind::Floating)
        };
        next.map_or(id, |next| self.descend_direction(*next, direction))
    }

    fn neighbour(&self, id: Id, direction: Direction) -> Option<Id> {
        let nodes = &self.c(self.parent(id)).nodes;
        let at = nodes.iter().position(|other| *other == id)?;
        if direction.backwards() { at.checked_sub(1).map(|at| nodes[at]) } else { nodes.get(at + 1).copied() }
    }

    pub fn move_direction(&mut self, id: Id, direction: Direction) {
        let con = self.c(id);
        if con.kind == Kind::Workspace || con.fullscreen == 2 {
            return;
        }
        let parent = self.parent(id);
        if con.fullscreen == 1 || (self.kind(parent) == Kind::Workspace && self.c(parent).nodes.len() == 1) {
            self.move_to_output_directed(id, direction);
            return;
        }
        let vertical = !direction.horizontal();
        let mut same = self.parent_with_orientation(id, vertical);
        loop {
            if same.is_none() {
                if self.c(id).is_floating {
                    self.floating_disable(id);
                    return;
                }
                let workspace = self.workspace_of(id).expect("on a workspace");
                if self.inside_floating(id).is_some() {
                    self.attach_to_workspace(id, workspace, direction);
                    self.moved(id);
                    return;
                }
                self.force_orientation(workspace, vertical);
                same = self.parent_with_orientation(id, vertical);
            }
            if same == self.c(id).parent {
                if let Some(other) = self.neighbour(id, direction) {
                    if self.leaf(other) {
                        let nodes = &mut self.m(parent_of(same)).nodes;
                        let (a, b) = (
                            nodes.iter().position(|node| *node == id).expect("its own child"),
                            nodes.iter().position(|node| *node == other).expect("its own child"),
                        );
                        nodes.swap(a, b);
                        self.window_event("move", id);
                    } else {
                        self.move_into_branch(id, other, direction);
                        self.moved(id);
                    }
                    return;
                }
                if self.c(id).parent == self.workspace_of(id) {
                    self.move_to_output_directed(id, direction);
                    return;
                }
                same = self.parent_with_orientation(self.parent(id), vertical);
            }
            if same.is_some() {
                break;
            }
        }
        let same = parent_of(same);
        let mut above = id;
        while self.parent(above) != same {
            above = self.parent(above);
        }
        if !self.permits_focus(same) {
            return;
        }
        let next = self.neighbour(above, direction);
        let parent = self.parent(id);
        match next {
            Some(next) if !self.leaf(next) => self.move_into_branch(id, next, direction),
            None if self.kind(self.parent(parent)) == Kind::Workspace && self.c(parent).nodes.len() == 1 => {
                self.move_to_output_directed(id, direction);
                return;
            }
            _ => self.insert_into(id, above, !direction.backwards()),
        }
        self.moved(id);
    }

    fn move_into_branch(&mut self, id: Id, branch: Id, direction: Direction) {
        let target = self.descend_direction(branch, direction);
        let parent = self.parent(target);
        let after = self.vertical(parent) == direction.horizontal() || direction.backwards();
        self.insert_into(id, target, after);
    }

    fn moved(&mut self, id: Id) {
        self.window_event("move", id);
        self.flatten(self.root);
    }

    // ------------------------------------------------------------------ scratchpad, swap

    pub fn scratchpad_move(&mut self, id: Id) {
        if self.kind(id) == Kind::Workspace {
            for child in self.c(id).focus.clone() {
                if self.cons.contains_key(&child) {
                    self.scratchpad_move(child);
                }
            }
            return;
        }
        if self.workspace_of(id) == Some(self.scratch) {
            return;
        }
        self.disable_fullscreen(id);
        let was = self.inside_floating(id);
        let floating = was.unwrap_or_else(|| {
            self.floating_enable(id);
            self.parent(id)
        });
        self.move_to_workspace(floating, self.scratch, true, false);
        if self.c(floating).scratch == Scratch::None {
            self.m(floating).scratch = if was.is_some() { Scratch::Changed } else { Scratch::Fresh };
        }
    }

    pub fn scratchpad_show(&mut self, id: Option<Id>) -> bool {
        let focused_floating = self.inside_floating(self.focused);
        if id.is_none()
            && let Some(floating) = focused_floating
            && self.c(floating).scratch != Scratch::None
        {
            self.scratchpad_move(self.focused);
            return true;
        }
        let mut full = Some(self.focused);
        while let Some(at) = full
            && self.c(at).fullscreen == 0
        {
            full = self.c(at).parent;
        }
        if let Some(full) = full
            && self.kind(full) != Kind::Workspace
        {
            self.disable_fullscreen(full);
        }
        let active = self.workspace_of(self.focused).expect("the focus is on a workspace");
        if id.is_none() {
            for floating in self.c(active).floats.clone() {
                if self.c(floating).scratch != Scratch::None && Some(floating) != focused_floating {
                    let down = self.descend_tiling_focused(floating);
                    self.activate(down);
                    return true;
                }
            }
            for walk in self.cons.keys().copied().collect::<Vec<_>>() {
                let Some(workspace) = self.workspace_of(walk) else { continue };
                if self.internal(workspace) || workspace == active {
                    continue;
                }
                if let Some(floating) = self.inside_floating(walk)
                    && self.c(floating).scratch != Scratch::None
                {
                    self.move_to_workspace(floating, active, true, false);
                    let down = self.descend_focused(walk);
                    self.activate(down);
                    return true;
                }
            }
        }
        let floating = match id {
            Some(id) => {
                let parent = self.parent(id);
                if self.c(parent).scratch == Scratch::None {
                    return false;
                }
                let floating = self.inside_floating(id).unwrap_or(parent);
                if self.workspace_of(id) == Some(active) {
                    self.scratchpad_move(id);
                    return true;
                }
                floating
            }
            None => match self.c(self.scratch).floats.first() {
                Some(first) => *first,
                None => return false,
            },
        };
        let from = self.workspace_of(floating);
        self.move_to_workspace(floating, active, true, false);
        if self.c(floating).scratch == Scratch::Fresh {
            let output = self.c(self.output_of(floating)).rect;
            let rect = &mut self.m(floating).rect;
            rect.width = output.width / 2;
            rect.height = output.height * 3 / 4;
            self.check_size(floating);
            self.center(floating, active);
        }
        if from != Some(active) {
            self.show_workspace(active);
        }
        let down = self.descend_focused(floating);
        self.activate(down);
        true
    }

    pub fn swap(&mut self, first: Id, second: Id) -> bool {
        if self.kind(first) != Kind::Con
            || self.kind(second) != Kind::Con
            || first == second
            || self.has_parent(first, second)
            || self.has_parent(second, first)
        {
            return false;
        }
        let (one, two) = (self.workspace_of(first), self.workspace_of(second));
        let restore = if one == two && one == self.workspace_of(self.focused) {
            Some(self.focused)
        } else if first == self.focused || self.has_parent(self.focused, first) {
            Some(second)
        } else if second == self.focused || self.has_parent(self.focused, second) {
            Some(first)
        } else {
            None
        };
        let (parent_one, parent_two) = (self.parent(first), self.parent(second));
        for list in 0..2 {
            let of = |wm: &mut I3, id: Id| {
                let con = wm.m(id);
                std::mem::take(if list == 0 { &mut con.nodes } else { &mut con.focus })
            };
            let put = |wm: &mut I3, id: Id, ids: Vec<Id>| {
                let con = wm.m(id);
                *(if list == 0 { &mut con.nodes } else { &mut con.focus }) = ids;
            };
            let exchange = |ids: Vec<Id>| -> Vec<Id> {
                let other = |id: Id| match id {
                    id if id == first => second,
                    id if id == second => first,
                    id => id,
                };
                ids.into_iter().map(other).collect()
            };
            let ids = exchange(of(self, parent_one));
            put(self, parent_one, ids);
            if parent_one != parent_two {
                let ids = exchange(of(self, parent_two));
                put(self, parent_two, ids);
            }
        }
        let (a, b) = (self.c(first).clone(), self.c(second).clone());
        for (id, other) in [(first, &b), (second, &a)] {
            let con = self.m(id);
            con.parent = other.parent;
            con.is_floating = other.is_floating;
            con.rect = other.rect;
            con.window_rect = other.window_rect;
            con.percent = other.percent;
        }
        if let Some(restore) = restore {
            self.focus(restore);
        }
        if a.fullscreen == 0 {
            self.disable_fullscreen(second)
        } else {
            self.enable_fullscreen(second, a.fullscreen)
        }
        if b.fullscreen == 0 {
            self.disable_fullscreen(first)
        } else {
            self.enable_fullscreen(first, b.fullscreen)
        }
        self.fix_percent(parent_two);
        self.fix_percent(parent_one);
        true
    }
}

fn parent_of(same: Option<Id>) -> Id {
    same.expect("the loop ends with one")
}
