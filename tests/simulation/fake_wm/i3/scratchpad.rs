//! The scratchpad: how containers get there and come back.

use super::{I3, Id, Kind, Scratch};

impl I3 {
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
}
