//! `layout`: of a container, and of a workspace.

use super::commands::End;
use super::{Id, Sway};

impl Sway {
    pub fn layout(
        &mut self,
        container: Option<Id>,
        workspace: Option<Id>,
        layout: Option<&'static str>,
        toggle: Option<bool>,
    ) -> End {
        if container.is_some_and(|id| self.is_floating(id)) {
            return End::Failure;
        }
        let parent = container.and_then(|id| self.c(id).parent);
        let (old, previous) = match (parent, workspace) {
            (Some(parent), _) => (self.c(parent).layout, self.c(parent).previous_split),
            (None, Some(workspace)) => (self.w(workspace).layout, self.w(workspace).previous_split),
            (None, None) => return End::Failure,
        };
        let new = match (layout, toggle) {
            (Some(layout), _) => layout,
            (None, Some(true)) => match (old, previous) {
                ("splith", _) => "splitv",
                ("splitv", _) => "splith",
                (_, "none") => {
                    let area = workspace.map(|id| self.outputs[self.w(id).output].rect).unwrap_or_default();
                    if area.height > area.width { "splitv" } else { "splith" }
                }
                (_, previous) => previous,
            },
            _ => previous,
        };
        if new == "none" {
            return End::Invalid;
        }
        if new == old {
            return End::Success;
        }
        let split = !matches!(old, "tabbed" | "stacked");
        match (parent, container, workspace) {
            (Some(parent), _, _) => {
                let con = self.m(parent);
                if split {
                    con.previous_split = old;
                }
                con.layout = new;
            }
            (None, Some(_), Some(workspace)) => {
                let wrapper = self.wrap_children(workspace);
                self.m(wrapper).layout = new;
            }
            (None, None, Some(workspace)) => {
                let workspace = self.wm(workspace);
                if split {
                    workspace.previous_split = old;
                }
                workspace.layout = new;
            }
            _ => {}
        }
        End::Success
    }
}
