//! `focus` in a direction, to the parent and to the child.

use super::{I3, Id, Kind};
use crate::fake_wm::command::Direction;

impl I3 {
    pub fn level_up(&mut self) -> bool {
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

    pub fn level_down(&mut self) -> bool {
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

    pub fn focus_direction(&mut self, id: Id, direction: Direction) {
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
}
