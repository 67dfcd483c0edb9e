//! i3: what came back to workspaces that nobody sees is laid out before programs are told sizes.

use std::collections::BTreeSet;

use crate::core::plan::focus::show_workspace;
use crate::core::plan::situation::Situation;
use crate::core::windows::hidden::HiddenContainer;
use crate::core::words::command::Script;
use crate::core::words::seeded::{self, Fault};
use crate::core::words::wm::WmKind;

/// i3 lays out what is visible, and tells programs what it then finds in the whole tree; what was
/// swapped on a workspace that is not visible has the size of what it was swapped with. To append
/// an empty layout lays out the workspace that is shown at that point of a script, and draws
/// nothing.
const LAY_OUT: &str = "append_layout /dev/null";

/// If something will be fullscreen (`covers`), i3 lays out nothing beside it, so visible workspaces
/// are laid out before that, too.
pub(in crate::core) fn measure(
    situation: &Situation<'_>,
    returning: &[&HiddenContainer],
    visible: &[(String, String)],
    covers: bool,
) -> Script {
    let names: BTreeSet<&str> = returning.iter().map(|container| container.workspace.as_str()).collect();
    let (seen, unseen): (Vec<&str>, Vec<&str>) =
        names.into_iter().partition(|name| visible.iter().any(|(_, visible)| visible == name));
    // A visible one may be empty as yet. i3 closes it when it is left, and draws the screen: all
    // others have their sizes by then.
    lay_out(situation.kind, unseen.into_iter().chain(seen.into_iter().filter(|_| covers)))
}

/// i3: show these workspaces and lay them out.
pub(in crate::core) fn lay_out<'a>(kind: WmKind, names: impl Iterator<Item = &'a str>) -> Script {
    let mut script = Script::new();
    let names = names.filter(|_| kind == WmKind::I3 && !seeded::has(Fault::ForgetToMeasure));
    for show in names.filter_map(|name| show_workspace(kind, name)) {
        script.push(show);
        script.push(LAY_OUT);
    }
    script
}
