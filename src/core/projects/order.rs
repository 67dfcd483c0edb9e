//! Projects by order of use: the previous one, and walks through all of them.
//!
//! A switch may name a word instead of a project: `-` is the one used before, `next` and `prev`
//! walk through all projects from the latest used to the never used. Each switch changes the order
//! of use, so a walk keeps the one it began with; any other switch ends it. Words are meant
//! relative to where the newest switch goes, so keys may be pressed faster than windows move.

use crate::core::projects::Projects;

/// Why there is no project to go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nowhere {
    /// No project has this name.
    Unknown,
    /// There is no other; what is said, and the next step.
    NoOther(&'static str),
}

impl Projects {
    /// The project that the name in a request for a switch means; `None` for no project. `current`
    /// is where the newest switch goes.
    pub fn destination(&mut self, name: &str, current: Option<&str>) -> Result<Option<String>, Nowhere> {
        let walk = self.walk.take();
        match name {
            "none" => Ok(None),
            "-" => self.used_before(current).map(Some),
            "next" => self.walk_on(walk, 1, current).map(Some),
            "prev" => self.walk_on(walk, -1, current).map(Some),
            _ if self.known.contains(name) => Ok(Some(name.to_string())),
            _ => Err(Nowhere::Unknown),
        }
    }

    fn used_before(&self, current: Option<&str>) -> Result<String, Nowhere> {
        let mut used = self.order_of_use.iter().filter(|name| self.known.contains(name));
        used.find(|name| Some(name.as_str()) != current)
            .cloned()
            .ok_or(Nowhere::NoOther("no other project was used before; `i3pm project switch NAME` goes to one"))
    }

    /// One step of a walk, or the first of a new one.
    fn walk_on(&mut self, walk: Option<Vec<String>>, step: isize, current: Option<&str>) -> Result<String, Nowhere> {
        let mut order = walk.unwrap_or_else(|| self.order_of_use.clone());
        order.retain(|name| self.known.contains(name));
        let missing: Vec<String> =
            self.known.names().filter(|name| !order.iter().any(|other| other == name)).map(str::to_string).collect();
        order.extend(missing);
        let at = current.and_then(|name| order.iter().position(|other| other == name));
        let count = isize::try_from(order.len()).unwrap_or(isize::MAX);
        let to = match at {
            Some(_) if count < 2 => None,
            Some(at) => Some((isize::try_from(at).unwrap_or(0) + step).rem_euclid(count)),
            None if count == 0 => None,
            None => Some(if step > 0 { 0 } else { count - 1 }),
        };
        let Some(name) = to.and_then(|to| order.get(usize::try_from(to).ok()?)).cloned() else {
            return Err(Nowhere::NoOther("there is no other project; `i3pm project create NAME` makes one"));
        };
        self.walk = Some(order);
        Ok(name)
    }
}
