//! Moving containers in directions, into other containers and onto other outputs.

use super::{I3, Id, Kind};
use crate::fake_wm::command::Direction;

impl I3 {
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
}

fn parent_of(same: Option<Id>) -> Id {
    same.expect("the loop ends with one")
}
