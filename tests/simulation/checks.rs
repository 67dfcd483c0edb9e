//! What must hold when faults have ended and everything has settled.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use i3pm::api::{Call, ProjectClose, ProjectCreate, ProjectName, WindowFilter};
use i3pm::core::tree::mark::{Mark, PLACEHOLDER, SCRATCH_WORKSPACE};
use i3pm::core::{PeerId, Signal};
use serde_json::Value;

use crate::support::tree::{children, is_window, list, text};
use crate::world::{Broken, World};

/// Time enough for every deadline and backoff of the daemon.
const SETTLE: Duration = Duration::from_secs(12);
/// How long the answer of a check may take.
const ANSWER: Duration = Duration::from_secs(5);

/// Let everything come to rest, and look.
///
/// # Errors
/// What does not hold.
pub fn settle_and_check(world: &mut World) -> Result<(), Broken> {
    world.mend();
    world.edit_config_while_it_is_read()?;
    run(world, SETTLE)?;
    delete_while_switching(world)?;
    run(world, SETTLE)?;
    active_is_there(world)?;
    configuration_is_that_of_the_disk(world)?;
    if let Err(broken) = check(world) {
        // A command that was refused may have left something that only the next switch looks at.
        world.say(|| format!("not yet: {broken}"));
        for name in ["a", "b"] {
            ask(world, Call::ProjectSwitch(ProjectName { name: name.into() }))?.ok();
        }
        ask(world, Call::ProjectClear)?.ok();
        run(world, SETTLE)?;
        check(world)?;
    }
    windows_are_asked_to_close(world)
}

/// The configuration in force is that on the disk, whenever it was written; one that cannot be read
/// is said.
fn configuration_is_that_of_the_disk(world: &mut World) -> Result<(), Broken> {
    let Some(on_disk) = world.config_on_disk() else { return Ok(()) };
    let status = ask(world, Call::Status)?.map_err(|error| format!("status: {error}"))?;
    let error = &status["config"]["error"];
    let config = match on_disk {
        Err(_) if error.is_null() => return Err("the configuration is broken, and no error is said".into()),
        Err(_) => return Ok(()),
        Ok(_) if !error.is_null() => return Err(format!("the configuration is fine, and said to be not: {error}")),
        Ok(config) => config,
    };
    let answer = ask(world, Call::AppList)?.map_err(|error| format!("app.list: {error}"))?;
    let known: Vec<&str> = list(&answer["apps"]).iter().map(|app| text(&app["name"])).collect();
    let written: Vec<&str> = config.apps.iter().map(|app| app.name.as_str()).collect();
    if known == written {
        Ok(())
    } else {
        Err(format!("the configuration has {written:?}, and in force are {known:?}"))
    }
}

/// If nothing is wrong, every window of a project is asked to close, in time, and each that does
/// not close is named.
fn windows_are_asked_to_close(world: &mut World) -> Result<(), Broken> {
    let answer = ask(world, Call::ProjectList)?.map_err(|error| format!("project.list: {error}"))?;
    let projects: Vec<String> = list(&answer["projects"]).iter().map(|project| text(&project["name"]).into()).collect();
    for name in projects {
        let answer = ask(world, Call::ProjectClose(ProjectClose { name: name.clone(), wait_ms: Some(1000) }))?;
        let closed = answer.map_err(|error| format!("project.close {name:?}: {error}"))?;
        let dying = world.wm.wm.dying();
        let missed: Vec<&Value> =
            list(&closed["refused"]).iter().filter(|window| !is_in(&dying, &window["id"])).collect();
        if !missed.is_empty() {
            return Err(format!("{name:?}: never asked to close, and said to refuse: {missed:?}"));
        }
    }
    Ok(())
}

fn is_in(ids: &[u64], id: &Value) -> bool {
    id.as_u64().is_some_and(|id| ids.contains(&id))
}

/// The window manager is late with a switch, and the project is deleted meanwhile.
fn delete_while_switching(world: &mut World) -> Result<(), Broken> {
    let name = ProjectName { name: "passing".into() };
    let create = ProjectCreate { name: name.name.clone(), ..ProjectCreate::default() };
    ask(world, Call::ProjectCreate(create))?.map_err(|error| format!("project.create: {error}"))?;
    world.freeze();
    let peer = world.connect_peer()?.ok_or("the daemon takes no connection after everything settled")?;
    world.peers.call(peer, Call::ProjectSwitch(name.clone()));
    world.turn(Vec::new())?;
    ask(world, Call::ProjectDelete(name))?.map_err(|error| format!("project.delete: {error}"))?;
    Ok(())
}

/// The active project exists. If it does not, no later switch makes up for that.
fn active_is_there(world: &mut World) -> Result<(), Broken> {
    let Some(active) = active(world)? else { return Ok(()) };
    let answer = ask(world, Call::ProjectList)?;
    let projects = answer.map_err(|error| format!("project.list: {error}"))?;
    let is_there = list(&projects["projects"]).iter().any(|project| project["name"] == *active);
    if is_there { Ok(()) } else { Err(format!("project {active:?} is active, and there is none of that name")) }
}

/// The daemon stops in time, whatever is frozen.
///
/// # Errors
/// It does not.
pub fn terminate(world: &mut World) -> Result<(), Broken> {
    if world.rng.u8(..3) == 0 {
        world.freeze();
    }
    if !world.is_alive() {
        return Ok(());
    }
    // Somebody waits for a switch then, as often as not.
    if world.rng.bool()
        && let Some(peer) = world.connect_peer()?
    {
        world.peers.call(peer, Call::ProjectSwitch(ProjectName { name: "a".into() }));
        world.turn(Vec::new())?;
    }
    let turns = world.turns;
    world.signal(Signal::Terminate)?;
    let begin = world.now;
    while world.is_alive() && world.terminated.is_some() {
        world.advance()?;
        if world.now.since(begin) > Duration::from_secs(4) {
            return Err(format!("not stopped after {} turns", world.turns - turns));
        }
    }
    Ok(())
}

/// Let time pass.
///
/// # Errors
/// A rule was broken.
pub fn run(world: &mut World, time: Duration) -> Result<(), Broken> {
    let end = world.now + time;
    while world.now < end {
        world.advance()?;
    }
    Ok(())
}

/// The project that the daemon says is active.
///
/// # Errors
/// It does not say.
pub fn active(world: &mut World) -> Result<Option<String>, Broken> {
    let status = ask(world, Call::Status)?.map_err(|error| format!("status: {error}"))?;
    Ok(status["project"].as_str().map(str::to_owned))
}

/// Ask the daemon something as a peer of one's own.
///
/// # Errors
/// A rule was broken. What the daemon refuses is the inner error.
pub fn ask(world: &mut World, call: Call) -> Result<Result<Value, String>, Broken> {
    let peer: PeerId = world.connect_peer()?.ok_or("the daemon takes no connection after everything settled")?;
    let id = world.peers.call(peer, call.clone());
    world.turn(Vec::new())?;
    let end = world.now + ANSWER;
    loop {
        if let Some(answer) = world.peers.kept.remove(&(peer, id)) {
            world.vanish_peer(peer)?;
            return Ok(answer);
        }
        if world.now > end {
            return Err(format!("no answer to {call:?}"));
        }
        world.advance()?;
    }
}

/// Where a container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Shown,
    /// In the tiling layer of the scratchpad: i3's vault.
    Vault,
    /// In its floating layer.
    Scratchpad,
}

struct Seen {
    place: Place,
    marks: Vec<String>,
    fullscreen: bool,
    /// On every workspace, and so of no project, unless the user said whose it is.
    sticky: bool,
}

struct Tree {
    windows: BTreeMap<u64, Seen>,
    faults: Vec<String>,
}

impl Tree {
    fn walk(&mut self, node: &Value, place: Place, in_scratch: bool, sticky: bool) {
        let sticky = sticky || node["sticky"] == true;
        let in_scratch = in_scratch || node["name"] == "__i3_scratch";
        let window = is_window(node);
        let id = node["id"].as_u64().unwrap_or(0);
        let marks: Vec<String> = list(&node["marks"]).iter().map(|mark| text(mark).to_owned()).collect();
        if node["type"] == "workspace" && node["name"] == SCRATCH_WORKSPACE {
            self.faults.push("the temporary workspace is still there".into());
        }
        let is_container = node["type"] == "con" || node["type"] == "floating_con";
        if is_container
            && !window
            && children(node).next().is_none()
            && place != Place::Vault
            && node["name"] != "content"
        {
            self.faults.push(format!("an empty container {id} is left behind, marks {marks:?}"));
        }
        if marks.iter().any(|mark| mark.starts_with(PLACEHOLDER)) && place != Place::Vault {
            self.faults.push(format!("the placeholder's mark is left on {id}"));
        }
        if window {
            let fullscreen = node["fullscreen_mode"].as_u64() > Some(0);
            self.windows.insert(id, Seen { place, marks, fullscreen, sticky });
        } else if marks.iter().any(|mark| Mark::parse(mark).is_some()) {
            self.faults.push(format!("one of our marks is on the container {id}: {marks:?}"));
        }
        for child in list(&node["nodes"]) {
            let place = if in_scratch && place == Place::Shown { Place::Vault } else { place };
            self.walk(child, place, in_scratch, sticky);
        }
        for child in list(&node["floating_nodes"]) {
            let place = if in_scratch && place == Place::Shown { Place::Scratchpad } else { place };
            self.walk(child, place, in_scratch, sticky);
        }
    }
}

/// The rules of the quiet daemon.
///
/// # Errors
/// Each that is broken, a line for each.
pub fn check(world: &mut World) -> Result<(), Broken> {
    if !world.is_alive() {
        return Err("the daemon does not run after everything settled".into());
    }
    let status = ask(world, Call::Status)?.map_err(|error| format!("status: {error}"))?;
    if status["wm"]["state"] != "connected" {
        return Err(format!("the window manager is {}: {}", status["wm"]["state"], status["wm"]));
    }
    let answer = ask(world, Call::WindowList(WindowFilter::default()))?;
    let windows = answer.map_err(|error| format!("window.list: {error}"))?;
    let active = status["project"].as_str();
    let mut tree = Tree { windows: BTreeMap::new(), faults: Vec::new() };
    tree.walk(&world.wm.wm.tree(), Place::Shown, false, false);
    let mut faults = std::mem::take(&mut tree.faults);
    if world.wm.owes_look {
        faults.push("the daemon has not looked at what its commands made of the tree".into());
    }
    let mut serials = BTreeMap::new();
    let mut told = BTreeMap::new();
    for window in list(&windows["windows"]) {
        let id = window["id"].as_u64().unwrap_or(0);
        if told.insert(id, window.clone()).is_some() {
            faults.push(format!("window {id} is listed twice"));
        }
        if !tree.windows.contains_key(&id) {
            faults.push(format!("window {id} is listed and does not exist"));
        }
    }
    for (id, seen) in &tree.windows {
        let Some(window) = told.get(id) else {
            faults.push(format!("window {id} is not listed"));
            continue;
        };
        let projects: BTreeSet<String> = list(&window["projects"]).iter().map(|name| text(name).to_owned()).collect();
        let owners = seen.marks.iter().filter_map(|mark| match Mark::parse(mark) {
            Some(Mark::Owner(owner)) => Some(owner),
            _ => None,
        });
        let owners: Vec<_> = owners.collect();
        let by_user = owners.iter().any(|owner| owner.by_user);
        let everywhere = seen.sticky && seen.place == Place::Shown && !by_user;
        let elsewhere = !projects.is_empty() && active.is_some_and(|active| !projects.contains(active));
        let hide = (elsewhere && !everywhere) || window["stowed"] == true;
        let anchors = seen.marks.iter().filter(|mark| matches!(Mark::parse(mark), Some(Mark::Hidden(_)))).count();
        if window["claim"] == "pending" {
            faults.push(format!("window {id} is still being looked at"));
        }
        match owners.as_slice() {
            [owner] => {
                if owner.projects != projects {
                    faults.push(format!("window {id} is marked {:?} and listed {projects:?}", owner.projects));
                }
                if let Some(other) = serials.insert(owner.serial, *id) {
                    faults.push(format!("windows {id} and {other} have the same serial {}", owner.serial));
                }
            }
            _ => faults.push(format!("window {id} has the marks {:?}", seen.marks)),
        }
        if anchors > 1 {
            faults.push(format!("window {id} is an anchor twice: {:?}", seen.marks));
        }
        if anchors > 0 && seen.place == Place::Shown {
            faults.push(format!("window {id} is shown and has {:?}", seen.marks));
        }
        if hide && seen.place != Place::Shown && seen.fullscreen {
            faults.push(format!("window {id} is hidden and fullscreen"));
        }
        match (hide, seen.place) {
            (true, Place::Shown) => {
                faults.push(format!("window {id} of {projects:?} is shown while {active:?} is active"));
            }
            (false, Place::Vault) => {
                faults.push(format!("window {id} of {projects:?} is hidden while {active:?} is active"));
            }
            _ => {}
        }
        if window["hidden"] != hide {
            faults.push(format!(
                "window {id} is listed as hidden={}, projects {projects:?}, active {active:?}",
                window["hidden"]
            ));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}
