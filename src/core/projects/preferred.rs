//! Where a project wants to be: `workspaces` and `output` of the configuration.
//!
//! They count until the project is left for the first time: from then on it is entered as it was
//! left.

use crate::config::Config;
use crate::core::windows::Windows;
use crate::core::windows::memory::ProjectMemory;
use crate::core::windows::window::WindowState;

/// The outputs and workspaces that a project wants to have in sight, the one that it wants to have
/// the focus first. A workspace that is there stays on its output; one that is not is made on the
/// output that the project wants, if that is connected, and further ones on those that are left.
fn preferred_places(config: &Config, windows: &Windows, project: &str) -> Vec<(String, String)> {
    let Some(declared) = config.project(project) else { return Vec::new() };
    let shown = || windows.workspaces.iter().filter(|workspace| workspace.visible);
    let wanted = shown().find(|workspace| Some(&workspace.output) == declared.output.as_ref());
    if declared.workspaces.is_empty() {
        return wanted.map(|workspace| (workspace.output.clone(), workspace.name.clone())).into_iter().collect();
    }
    let mut outputs: Vec<&str> = shown().map(|workspace| workspace.output.as_str()).collect();
    // The one it wants, else the one that has the focus, comes first.
    let focused = || windows.workspaces.iter().find(|workspace| workspace.focused);
    if let Some(first) = wanted.or_else(focused) {
        outputs.sort_by_key(|output| *output != first.output);
    }
    let mut places: Vec<(String, String)> = Vec::new();
    for choice in &declared.workspaces {
        let name = windows.workspace_name(choice);
        let there = windows.workspaces.iter().find(|workspace| workspace.name == name);
        let is_taken = |output: &str| places.iter().any(|(taken, _)| taken == output);
        let output = match there {
            Some(workspace) => Some(workspace.output.as_str()).filter(|output| !is_taken(output)),
            None => outputs.iter().copied().find(|output| !is_taken(output)),
        };
        if let Some(output) = output.map(str::to_string) {
            places.push((output, name));
        }
    }
    places
}

/// Where a window goes that comes while its project, which was never left, is not the active one.
pub(in crate::core) fn preferred_place(config: &Config, windows: &Windows, project: &str) -> Option<(String, String)> {
    preferred_places(config, windows, project).into_iter().next()
}

/// The output and workspace on which windows of a project are, or will be: one in sight, the one
/// with the focus first, else that of its latest window. None if the one with the focus has
/// some.
fn place_of_windows(windows: &Windows, project: &str, visible: &[(String, String)]) -> Option<(String, String)> {
    let own = windows.table.windows.values().filter(|window| window.belongs_to(project) && !window.stowed);
    let mut own: Vec<&WindowState> = own.collect();
    own.sort_by_key(|window| window.serial);
    let has_own = |name: &str| own.iter().any(|window| window.workspace.as_deref() == Some(name));
    let mut in_sight = visible.iter().rev();
    if let Some(place) = in_sight.find(|(_, name)| has_own(name)) {
        return Some(place.clone()).filter(|_| visible.last() != Some(place));
    }
    let latest = own.last()?;
    Some((latest.output.clone()?, latest.workspace.clone()?))
}

/// How a project that was never left is entered: as if it had been left with the workspaces in
/// sight that it wants, and those of the other outputs (`visible`, each with its workspace, the one
/// with the focus last) as they are.
pub(in crate::core) fn first_memory(
    config: &Config,
    windows: &Windows,
    project: &str,
    visible: &[(String, String)],
) -> Option<ProjectMemory> {
    let mut places = preferred_places(config, windows, project);
    if places.is_empty() {
        places.push(place_of_windows(windows, project, visible)?);
    }
    let is_taken = |output: &String| places.iter().any(|(taken, _)| taken == output);
    let others = visible.iter().filter(|(output, _)| !is_taken(output)).cloned();
    let visible = others.chain(places.iter().rev().cloned()).collect();
    Some(ProjectMemory { visible, ..ProjectMemory::default() })
}
