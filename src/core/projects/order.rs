//! Projects by order of use: the previous one, and walks through all of them.
//!
//! A switch may name a word instead of a project: `-` is the one used before, `next` and `prev` walk through all projects from
//! the latest used to the never used. Each switch changes the order of use, so a walk keeps the one it began with; any other
//! switch ends it. Words are meant relative to where the newest switch goes, so keys may be pressed faster than
//! windows move.

use crate::api::{ApiError, ErrorCode};
use crate::core::Core;
use crate::core::words::store::StoreFile;

impl Core {
    /// The project that the name in a request for a switch means; `None` for no project.
    pub(in crate::core) fn switch_destination(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        let walk = self.projects.walk.take();
        match name {
            "none" => Ok(None),
            "-" => self.previous_project().map(Some),
            "next" => self.walk_on(walk, 1).map(Some),
            "prev" => self.walk_on(walk, -1).map(Some),
            _ if self.projects.known.contains(name) => Ok(Some(name.to_string())),
            _ => Err(self.unknown_project(name)),
        }
    }

    /// Where the newest switch goes, or the active project.
    fn newest_target(&self) -> Option<&str> {
        match self.stage.next_switch.as_ref().or(self.switch_target()) {
            Some(request) => request.target.as_deref(),
            None => self.projects.active.as_deref(),
        }
    }

    fn previous_project(&self) -> Result<String, ApiError> {
        let current = self.newest_target();
        let mut used = self.projects.order_of_use.iter().filter(|name| self.projects.known.contains(name));
        used.find(|name| Some(name.as_str()) != current).cloned().ok_or_else(|| {
            self.no_other_project("no other project was used before; `i3pm project switch NAME` goes to one")
        })
    }

    /// One step of a walk, or the first of a new one.
    fn walk_on(&mut self, walk: Option<Vec<String>>, step: isize) -> Result<String, ApiError> {
        let mut order = walk.unwrap_or_else(|| self.projects.order_of_use.clone());
        order.retain(|name| self.projects.known.contains(name));
        let missing: Vec<String> = self
            .projects
            .known
            .names()
            .filter(|name| !order.iter().any(|other| other == name))
            .map(str::to_string)
            .collect();
        order.extend(missing);
        let current = self.newest_target();
        let at = current.and_then(|name| order.iter().position(|other| other == name));
        let count = isize::try_from(order.len()).unwrap_or(isize::MAX);
        let to = match at {
            Some(_) if count < 2 => None,
            Some(at) => Some((isize::try_from(at).unwrap_or(0) + step).rem_euclid(count)),
            None if count == 0 => None,
            None => Some(if step > 0 { 0 } else { count - 1 }),
        };
        let Some(name) = to.and_then(|to| order.get(usize::try_from(to).ok()?)).cloned() else {
            return Err(self.no_other_project("there is no other project; `i3pm project create NAME` makes one"));
        };
        self.projects.walk = Some(order);
        Ok(name)
    }

    fn no_other_project(&self, text: &str) -> ApiError {
        // There may be some in what could not be read.
        let unread =
            [StoreFile::Projects, StoreFile::State].into_iter().filter_map(|file| self.keep.stores.left_alone(file));
        let text = [text].into_iter().chain(unread).collect::<Vec<_>>().join("; ");
        ApiError::new(ErrorCode::NoOtherProject, text)
    }
}
