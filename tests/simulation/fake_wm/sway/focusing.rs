//! `focus` in a direction.

use super::{Id, Sway};
use crate::fake_wm::command::Direction;

impl Sway {
    pub fn focus_direction(&mut self, container: Option<Id>, workspace: Option<Id>, direction: Direction) {
        let next = match (container, workspace) {
            (None, Some(workspace)) => self
                .next_output(self.w(workspace).output, direction)
                .map(|output| self.entering_output(output, direction)),
            (Some(id), _) if self.is_floating(id) && self.c(id).fullscreen == 0 => self.next_floating(id, direction),
            (Some(id), _) => self.next_tiling(id, direction),
            (None, None) => None,
        };
        let Some(next) = next else { return };
        self.set_focus(Some(next));
        if self.containers.contains_key(&next) {
            let top = self.toplevel(next);
            if self.is_floating(top)
                && let Some(workspace) = self.c(top).workspace
            {
                let floating = &mut self.wm(workspace).floating;
                floating.retain(|other| *other != top);
                floating.push(top);
            }
        }
    }

    fn entering_output(&self, output: usize, direction: Direction) -> Id {
        let workspace = self.active_workspace(output).expect("an output has a workspace");
        let own = self.w(workspace);
        if let Some(full) = own.fullscreen {
            return self.focus_inactive(full).unwrap_or(full);
        }
        let same = direction.horizontal() == matches!(own.layout, "splith" | "tabbed");
        let edge = if direction.backwards() { own.tiling.last() } else { own.tiling.first() };
        let found = if same { edge.copied() } else { self.focus_inactive_tiling(workspace) };
        found.and_then(|id| self.focus_inactive_view(id)).unwrap_or(workspace)
    }

    fn next_floating(&self, id: Id, direction: Direction) -> Option<Id> {
        let middle = |id: Id| {
            let rect = self.c(id).rect;
            if direction.horizontal() { rect.x + rect.width / 2 } else { rect.y + rect.height / 2 }
        };
        let workspace = self.c(id).workspace?;
        let mut best: Option<(i32, Id)> = None;
        for other in self.w(workspace).floating.iter().copied().filter(|other| *other != id) {
            let distance = middle(other) - middle(id);
            let distance = if direction.backwards() { -distance } else { distance };
            if distance >= 0 && best.is_none_or(|(nearest, _)| distance < nearest) {
                best = Some((distance, other));
            }
        }
        best.map(|(_, id)| id)
    }

    fn next_tiling(&self, id: Id, direction: Direction) -> Option<Id> {
        let mut wrap = None;
        let mut at = Some(id);
        let workspace = self.workspace_of(id)?;
        while let Some(current) = at {
            match self.c(current).fullscreen {
                1 => {
                    let output = self.next_output(self.w(workspace).output, direction)?;
                    return Some(self.entering_output(output, direction));
                }
                2 => return None,
                _ => {}
            }
            let layout = self.parent_layout(current);
            if direction.horizontal() == matches!(layout, "splith" | "tabbed") {
                let siblings = self.siblings(current);
                let index = siblings.iter().position(|other| *other == current)?;
                let next = if direction.backwards() {
                    index.checked_sub(1).map(|index| siblings[index])
                } else {
                    siblings.get(index + 1).copied()
                };
                match next {
                    Some(next) => return self.focus_inactive_view(next),
                    None if wrap.is_none() && siblings.len() > 1 => {
                        wrap = if direction.backwards() { siblings.last() } else { siblings.first() }.copied();
                    }
                    None => {}
                }
            }
            at = self.c(current).parent;
        }
        if let Some(output) = self.next_output(self.w(workspace).output, direction) {
            return Some(self.entering_output(output, direction));
        }
        wrap.and_then(|id| self.focus_inactive_view(id))
    }
}
