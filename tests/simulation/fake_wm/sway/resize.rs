//! `resize`: floating windows in pixels, tiling ones in shares.

use super::commands::End;
use super::{Id, Sway};
use crate::fake_wm::command::{Axis, Direction};

impl Sway {
    pub fn whole(&self) -> (i32, i32) {
        let width = self.outputs.iter().map(|output| output.rect.x + output.rect.width).max().unwrap_or(0);
        let height = self.outputs.iter().map(|output| output.rect.y + output.rect.height).max().unwrap_or(0);
        (width, height)
    }

    pub fn resize_floating(&mut self, id: Id, axis: Axis, pixels: i32) -> End {
        let whole = self.whole();
        let rect = &mut self.m(id).rect;
        let (now, low, high) = if axis.horizontal() { (rect.width, 75, whole.0) } else { (rect.height, 50, whole.1) };
        let grow = (now + pixels).clamp(low, high) - now;
        if grow == 0 {
            return End::Invalid;
        }
        if axis.horizontal() {
            rect.width += grow;
        } else {
            rect.height += grow;
        }
        match axis {
            Axis::Width => rect.x -= grow / 2,
            Axis::Height => rect.y -= grow / 2,
            Axis::To(Direction::Left) => rect.x -= grow,
            Axis::To(Direction::Up) => rect.y -= grow,
            Axis::To(_) => {}
        }
        End::Success
    }

    /// `resize grow|shrink|set` of a tiled container.
    pub fn resize_tiled(&mut self, id: Id, horizontal: bool, toward: Option<bool>, amount: i32) {
        let layout = if horizontal { "splith" } else { "splitv" };
        let mut at = Some(id);
        let found = loop {
            let Some(con) = at else { break None };
            let siblings = self.siblings(con);
            let index = siblings.iter().position(|other| *other == con).unwrap_or(0);
            let first = toward != Some(true) || index > 0;
            let last = toward != Some(false) || index + 1 < siblings.len();
            if self.parent_layout(con) == layout && siblings.len() > 1 && first && last {
                break Some((con, siblings, index));
            }
            at = self.c(con).parent;
        };
        let Some((con, siblings, index)) = found else { return };
        let (con, next, previous, amount) = match toward {
            None if index == 0 => (con, siblings[1], None, amount),
            None if index + 1 == siblings.len() => (siblings[index - 1], con, None, -amount),
            None => (con, siblings[index + 1], Some(siblings[index - 1]), amount),
            Some(true) => (siblings[index - 1], con, None, -amount),
            Some(false) => (con, siblings[index + 1], None, amount),
        };
        let size = |wm: &Sway, id: Id| if horizontal { wm.c(id).rect.width } else { wm.c(id).rect.height };
        let total: i32 = siblings.iter().map(|id| size(self, *id)).sum();
        let minimum = if horizontal { 100 } else { 60 };
        let part = if previous.is_some() { (f64::from(amount) / 2.0).ceil() as i32 } else { amount };
        if size(self, con) + amount < minimum
            || size(self, next) - part < minimum
            || previous.is_some_and(|previous| size(self, previous) - part < minimum)
            || total <= 0
            || amount == 0
        {
            return;
        }
        for id in &siblings {
            let own = f64::from(size(self, *id)) / f64::from(total);
            let con = self.m(*id);
            if horizontal { con.width_fraction = own } else { con.height_fraction = own }
        }
        let share = f64::from(amount) / f64::from(total);
        let others = if previous.is_some() { share / 2.0 } else { share };
        let mut add = |id: Id, by: f64| {
            let con = self.m(id);
            if horizontal { con.width_fraction += by } else { con.height_fraction += by }
        };
        add(con, share);
        add(next, -others);
        if let Some(previous) = previous {
            add(previous, -others);
        }
        self.arrange();
    }
}
