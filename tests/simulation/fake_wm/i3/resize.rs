//! `resize`: floating windows in pixels, tiling ones in shares.

use super::{I3, Id, Kind, Scratch};
use crate::fake_wm::command::{Axis, Direction};

impl I3 {
    pub fn resize_floating(&mut self, floating: Id, axis: Axis, pixels: i32) {
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

    pub fn resize_set(&mut self, id: Id, width: i32, height: i32, say: &mut impl FnMut(bool)) -> bool {
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
    pub fn resize_tiling(&mut self, id: Id, axis: Axis, pixels: i32) -> Result<(), usize> {
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
