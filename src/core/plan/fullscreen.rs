//! What is fullscreen, and must not be while something is hidden or comes back.

use crate::core::plan::before::Before;
use crate::core::plan::hides::Hide;
use crate::core::plan::situation::Situation;
use crate::core::tree::{ContainerId, Node, NodeKind, View, fullscreen_below};
use crate::core::windows::hidden::{HiddenContainer, inside_floating};
use crate::core::words::command::Script;
use crate::core::words::wm::WmKind;

/// The commands that must be done, and their result read, before hiding: fullscreen off, since a
/// fullscreen container has the rectangle of its output, and none can be wrapped or focused beside
/// it.
#[must_use]
pub fn prepare(
    situation: &Situation<'_>,
    hides: &[Hide<'_>],
    returning: &[&HiddenContainer],
    before: &mut Before,
) -> Script {
    let mut script = Script::new();
    let affected = |name: &str| {
        hides.iter().any(|hide| hide.workspace.name() == name)
            || returning.iter().any(|container| container.workspace == name)
    };
    let any = !hides.is_empty() || !returning.is_empty();
    for workspace in &situation.view.workspaces {
        for (id, mode) in fullscreen_below(workspace.node) {
            if mode > 1 || affected(workspace.name()) || (any && travels(situation, workspace.node, id)) {
                script.on(id, "fullscreen disable");
                before.fullscreen_off.push((id, mode));
            }
        }
    }
    script.extend(uncover(situation.kind, situation.view));
    script
}

/// sway 1.7 dies of any move while something in its scratchpad is fullscreen on all outputs, as a
/// command of the user's can have it. So that goes before anything is moved.
#[must_use]
pub fn uncover(kind: WmKind, view: &View<'_>) -> Script {
    let mut script = Script::new();
    let scratchpad = view.scratchpad.filter(|_| kind == WmKind::Sway);
    for node in scratchpad.map(Node::walk).unwrap_or_default() {
        if node.fullscreen_mode > 1 && node.kind != NodeKind::Workspace {
            script.on(node.id, "fullscreen disable");
        }
    }
    script
}

/// Does something travel along? On i3 what is sticky comes to every workspace that a script shows,
/// and covers it if it is fullscreen.
fn travels(situation: &Situation<'_>, workspace: &Node, id: ContainerId) -> bool {
    let holds = |float: &&Node| float.walk().iter().any(|node| node.id == id);
    let float = workspace.floating_nodes.iter().filter(|_| situation.kind == WmKind::I3).find(holds);
    float.is_some_and(|float| float.sticky || inside_floating(situation.kind, float).sticky)
}
