//! Workspaces as they were: their names, and the order in which they stand.
//!
//! *Names.* `workspace number 1` goes to `1: code` as well as to `1`. While a project is away, its
//! `1: code` may not be there. Who asks for number 1 then makes a `1`, and what stays on that would
//! stand beside the `1: code` that comes back. So the workspace has for each project the name that
//! it had for it.
//!
//! *Order.* Window managers order workspaces by their numbers, and those without one by when they
//! were made. i3 puts one behind all others when it is renamed, also to its own name. sway has
//! nothing of the kind, so there only those stand in their order that are made together.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::core::plan::before::Before;
use crate::core::plan::hiding::{Hiding, Stands};
use crate::core::plan::situation::{Situation, keeps_windows};
use crate::core::tree::{ContainerId, View, WorkspaceNode, leading_number};
use crate::core::windows::hidden::HiddenContainer;
use crate::core::windows::memory::ProjectMemory;
use crate::core::words::command::{Script, quote};

/// A workspace has another name for what comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renaming {
    /// The name that it has.
    pub from: String,
    /// The name that what comes back knows.
    pub to: String,
    /// The command that does it.
    pub command: String,
}

/// The workspaces that what comes back knows by another name of the same number: one of both names
/// is the number alone, and something stays there. Two that both have a text are two, and so are
/// two that were there together when the project was left.
#[must_use]
pub fn renamings(
    situation: &Situation<'_>,
    returning: &[&HiddenContainer],
    leaving: &BTreeSet<ContainerId>,
    memory: &ProjectMemory,
) -> Vec<Renaming> {
    let view = situation.view;
    let wanted: BTreeSet<&str> = returning.iter().map(|container| container.workspace.as_str()).collect();
    let of_number = |number: u32| wanted.iter().filter(move |name| leading_number(name) == Some(number));
    let absent = wanted.iter().filter(|name| view.workspace(name).is_none());
    let renaming = absent.filter_map(|name| {
        let number = leading_number(name).filter(|number| of_number(*number).count() == 1)?;
        let is_bare = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
        let is_meant = |there: &&WorkspaceNode<'_>| {
            leading_number(there.name()) == Some(number)
                && (is_bare(name) || is_bare(there.name()))
                && !memory.outputs.contains_key(there.name())
                && keeps_windows(situation, leaving, there)
        };
        let there = view.workspaces.iter().find(is_meant)?;
        let (from, to) = (quote(situation.kind, there.name())?, quote(situation.kind, name)?);
        let command = format!("rename workspace {from} to {to}");
        Some(Renaming { from: there.name().to_string(), to: (*name).to_string(), command })
    });
    renaming.collect()
}

/// What is done after that finds the workspaces under the new names.
pub fn renamed<'b>(
    renamings: &'b [Renaming],
    view: &'b View<'b>,
    hiding: &mut Hiding,
    before: &'b Before,
) -> (Cow<'b, View<'b>>, Cow<'b, Before>) {
    let (mut view, mut before) = (Cow::Borrowed(view), Cow::Borrowed(before));
    for Renaming { from, to, .. } in renamings {
        view.to_mut().rename_workspace(from, to);
        before.to_mut().rename_workspace(from, to);
        if let Some(root) = hiding.roots.remove(from) {
            hiding.roots.insert(to.clone(), root);
        }
        for stand_in in &mut hiding.stand_ins {
            if let Stands::Root(name) | Stands::Floating(name) = &mut stand_in.stands
                && name == from
            {
                name.clone_from(to);
            }
        }
    }
    (view, before)
}

/// i3: the commands that put workspaces without a number into their order, after `made` (name,
/// output) were made in this one.
pub(in crate::core) fn reorder(
    situation: &Situation<'_>,
    leaving: &BTreeSet<ContainerId>,
    made: &[(String, Option<String>)],
) -> Script {
    let mut script = Script::new();
    let view = situation.view;
    let is_there = |workspace: &&WorkspaceNode<'_>| workspace.visible || keeps_windows(situation, leaving, workspace);
    for output in view.outputs() {
        let there = view.workspaces.iter().filter(|workspace| workspace.output == output).filter(is_there);
        let mut names: Vec<&str> = there.map(WorkspaceNode::name).collect();
        let here = made.iter().filter(|(_, on)| on.as_deref().is_none_or(|on| on == output));
        names.extend(here.map(|(name, _)| name.as_str()).filter(|name| !names.contains(name)).collect::<Vec<_>>());
        names.retain(|name| situation.table.rank(name) > 0);
        for name in misplaced(&names, |name| situation.table.rank(name)) {
            if let Some(name) = quote(situation.kind, name) {
                script.push(format!("rename workspace {name} to {name}"));
            }
        }
    }
    script
}

/// Those that must go behind all others, one after the other, for all to stand by rank.
fn misplaced<'n>(names: &[&'n str], rank: impl Fn(&str) -> usize) -> Vec<&'n str> {
    let mut wanted = names.to_vec();
    wanted.sort_by_key(|name| rank(name));
    let mut stands = names.iter();
    let stay = wanted.iter().take_while(|name| stands.any(|other| other == *name)).count();
    wanted.split_off(stay)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_before_its_place_moves() {
        let rank = |name: &str| ["web", "code", "mail", "news"].iter().position(|other| *other == name).unwrap_or(9);
        let misplaced = |names: &[&'static str]| misplaced(names, rank);
        assert_eq!(misplaced(&["web", "code", "mail"]), [""; 0]);
        assert_eq!(misplaced(&["mail", "web", "code"]), ["mail"]);
        assert_eq!(misplaced(&["code", "web", "mail", "news"]), ["code", "mail", "news"]);
        assert_eq!(misplaced(&["web", "news", "code"]), ["news"]);
    }
}
