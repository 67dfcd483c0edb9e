//! What has the focus and what is visible in the end.

use crate::core::plan::situation::{Situation, ancestor};
use crate::core::tree::{ContainerId, Node, View};
use crate::core::windows::memory::Focus;
use crate::core::words::command::{NO_BACK_AND_FORTH, Script, quote};
use crate::core::words::wm::WmKind;

/// Something to be given the focus: a window, or a container that has no name yet, so many up from
/// a window in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// What has a name.
    pub id: ContainerId,
    /// How many times `focus parent` goes up from there.
    pub up: usize,
}

impl Reach {
    /// What is remembered. A container that is not there is made again around the window.
    #[must_use]
    pub fn of(focus: &Focus, situation: &Situation<'_>) -> Option<Reach> {
        let view = situation.view;
        let Some(serial) = focus.serial else { return view.node(focus.id).map(|node| Reach { id: node.id, up: 0 }) };
        let window = situation.table.by_serial(serial)?;
        let holds = |node: &&Node| node.windows().iter().any(|inside| inside.id == window.id);
        let is_apart = window.hidden && situation.kind == WmKind::Sway;
        let container = view.node(focus.id).filter(holds);
        let container = container.or_else(|| ancestor(view, window.id, focus.up).filter(|_| !is_apart));
        match container.filter(|_| focus.up > 0) {
            Some(container) => Some(Reach { id: container.id, up: 0 }),
            None => Some(Reach { id: window.id, up: focus.up }),
        }
    }

    /// Its id, if it is on a workspace.
    #[must_use]
    pub fn there(self, view: &View<'_>) -> Option<ContainerId> {
        view.workspace_of(self.id)?;
        ancestor(view, self.id, self.up).map(|node| node.id)
    }

    /// The commands that focus it.
    #[must_use]
    pub fn focus(self) -> Script {
        let mut script = Script::new();
        script.on(self.id, "focus");
        for _ in 0..self.up {
            script.push("focus parent");
        }
        script
    }
}

/// `workspace NAME`, which shows it, and makes it if it is not there. `None` if its name cannot be
/// said.
pub(in crate::core) fn show_workspace(kind: WmKind, name: &str) -> Option<String> {
    Some(format!("workspace {NO_BACK_AND_FORTH} {}", quote(kind, name)?))
}

/// What will become of a workspace by the end of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Nothing is on it, and nobody sees it: it will not be there.
    Absent,
    /// Nothing is on it: it is there only as long as it is visible.
    Empty,
    /// Something is on it.
    Occupied,
}

/// End where the user must be: each output on its workspace, the focus where it belongs.
///
/// A workspace that is absent is not made. An empty one may have vanished in the course of a script
/// and is made anew on whatever output has the focus, so its own gets it first; or it was made
/// elsewhere meanwhile, and is brought back.
#[must_use]
pub fn final_focus(
    situation: &Situation<'_>,
    visible: &[(String, String)],
    focused: Option<ContainerId>,
    presence: impl Fn(&str) -> Presence,
) -> Script {
    let mut script = Script::new();
    let kind = situation.kind;
    for (output, name) in visible.iter().filter(|(_, name)| presence(name) != Presence::Absent) {
        let empty = visible.len() > 1 && presence(name) == Presence::Empty;
        let quoted = quote(kind, output).filter(|_| empty);
        if let Some(output) = &quoted {
            script.push(format!("focus output {output}"));
        }
        if let Some(command) = show_workspace(kind, name) {
            script.push(command);
        }
        let elsewhere = situation.view.workspace(name).is_some_and(|workspace| workspace.output != output);
        if let Some(output) = quoted.filter(|_| elsewhere) {
            script.push(format!("move workspace to output {output}"));
        }
    }
    if let Some(id) = focused {
        script.on(id, "focus");
    }
    script
}
