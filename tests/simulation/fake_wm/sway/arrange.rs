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
}
