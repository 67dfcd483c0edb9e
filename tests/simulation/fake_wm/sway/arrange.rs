//! Rectangles, roughly.

use i3pm::core::tree::Rect;

use super::{Id, Sway};

const TITLE: i32 = 21;

impl Sway {
    pub fn arrange(&mut self) {
        for id in self.workspaces.keys().copied().collect::<Vec<_>>() {
            // sway 1.7 forgets to clear this when the fullscreen container goes inside of another
            // one.
            if self.w(id).fullscreen.is_some_and(|full| !self.containers.contains_key(&full)) {
                self.wm(id).fullscreen = None;
            }
            let workspace = self.w(id).clone();
            let area = self.outputs[workspace.output].rect;
            self.arrange_list(&workspace.tiling, workspace.layout, area);
            for floater in workspace.floating {
                let con = self.c(floater).clone();
                self.arrange_list(con.children.as_deref().unwrap_or_default(), con.layout, con.rect);
            }
            if let Some(full) = workspace.fullscreen {
                self.m(full).rect = area;
                let con = self.c(full).clone();
                self.arrange_list(con.children.as_deref().unwrap_or_default(), con.layout, area);
            }
        }
    }

    fn arrange_list(&mut self, children: &[Id], layout: &str, area: Rect) {
        if children.is_empty() {
            return;
        }
        let horizontal = layout == "splith";
        if horizontal || layout == "splitv" {
            self.normalise(children, horizontal);
        }
        let (mut x, mut y) = (area.x, area.y);
        let count = i32::try_from(children.len()).unwrap_or(i32::MAX);
        for (number, child) in children.iter().enumerate() {
            let last = number + 1 == children.len();
            let con = self.c(*child);
            let rect = match layout {
                "splith" => {
                    let width = (con.width_fraction * f64::from(area.width)).round() as i32;
                    Rect { x, width: if last { area.x + area.width - x } else { width }, ..area }
                }
                "splitv" => {
                    let height = (con.height_fraction * f64::from(area.height)).round() as i32;
                    Rect { y, height: if last { area.y + area.height - y } else { height }, ..area }
                }
                "tabbed" if con.client.is_none() => Rect { y: area.y + TITLE, height: area.height - TITLE, ..area },
                "stacked" if con.client.is_none() => {
                    Rect { y: area.y + TITLE * count, height: area.height - TITLE * count, ..area }
                }
                _ => area,
            };
            x += rect.width;
            y += rect.height;
            self.m(*child).rect = rect;
            let con = self.c(*child).clone();
            self.arrange_list(con.children.as_deref().unwrap_or_default(), con.layout, rect);
        }
    }

    fn normalise(&mut self, children: &[Id], horizontal: bool) {
        let fraction = |wm: &Sway, id: Id| {
            let con = wm.c(id);
            if horizontal { con.width_fraction } else { con.height_fraction }
        };
        let current: f64 = children.iter().map(|id| fraction(self, *id)).sum();
        let new = children.iter().filter(|id| fraction(self, **id) <= 0.0).count();
        let mut fractions = Vec::new();
        for id in children {
            let mut own = fraction(self, *id);
            if own <= 0.0 {
                own = if current <= 0.0 {
                    1.0
                } else if children.len() > new {
                    current / (children.len() - new) as f64
                } else {
                    current
                };
            }
            fractions.push(own);
        }
        let total: f64 = fractions.iter().sum();
        for (id, own) in children.iter().zip(fractions) {
            let con = self.m(*id);
            if horizontal {
                con.width_fraction = own / total;
            } else {
                con.height_fraction = own / total;
            }
        }
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
