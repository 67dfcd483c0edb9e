//! The crash sweep: whatever breaks at whatever instant of a switch, no window is lost and the next
//! switch works.
//!
//! A scene is played once, unharmed. Meanwhile the world is copied at every instant
//! (`world::harvest`), broken there, and each copy is played on: the daemon comes back, everything
//! comes to rest, the checks of the quiet daemon hold, the switch was completed or undone, and
//! three more switches end with the trees that the unharmed world has after them.

mod scene;
mod structure;

use i3pm::api::{Call, ProjectName};
use i3pm::core::Signal;

use crate::checks;
use crate::world::{Broken, Fork, Points, World};
use structure::Structure;

/// Something that the user asks for, with what may be active afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Switch(Option<&'static str>),
    /// Stop the daemon, which shows everything, and start it again.
    Exit,
}

/// In their order: the first builds the vault.
const DEEDS: [Deed; 7] = [
    Deed::Switch(Some("a")),
    Deed::Switch(Some("b")),
    Deed::Switch(Some("c")),
    Deed::Switch(None),
    Deed::Switch(Some("b")),
    Deed::Switch(Some("a")),
    Deed::Exit,
];

/// Which forks are played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    All,
    UntilFailure,
    Only(usize),
    None,
}

/// What a sweep found.
#[derive(Debug, Default)]
pub struct Outcome {
    pub points: Points,
    /// Worlds that were played to their ends.
    pub played: u64,
    pub failures: Vec<String>,
    /// Deeds of unharmed worlds after which everything was shown again, and where a tree was then
    /// another than at first.
    pub rounds: u64,
    pub changed: Vec<String>,
}

/// Sweep over one scene.
///
/// # Errors
/// The unharmed world broke a rule.
pub fn sweep(seed: u64, which: Which) -> Result<Outcome, Broken> {
    let mut outcome = Outcome::default();
    let recording = matches!(which, Which::Only(_));
    let mut world = scene::build(seed, recording)?;
    let at_first = Structure::new(&world.wm.wm.tree());
    let mut from = None;
    // If even the unharmed world comes back changed, its trees are no measure.
    let mut faithful = true;
    let mut number = 0;
    for (step, deed) in DEEDS.iter().enumerate() {
        if which != Which::None {
            world.sow();
        }
        do_it(&mut world, *deed).map_err(|broken| recorded(&world, broken))?;
        let harvest = world.reap();
        outcome.points.add(harvest.points);
        let to = match deed {
            Deed::Switch(to) => *to,
            Deed::Exit => from,
        };
        let checked = checks::check(&mut world);
        let expected = checked.and_then(|()| epilogue(world.fork(), from, to));
        let expected = expected.map_err(|broken| recorded(&world, format!("{deed:?}, unharmed: {broken}")))?;
        outcome.rounds += 1;
        if let Some(difference) = expected.last().and_then(|last| at_first.difference(last)) {
            faithful = false;
            outcome.changed.push(format!("scene {seed}: after {deed:?}, unharmed, all shown again: {difference}"));
        }
        for Fork { what, refused, world } in harvest.forks {
            number += 1;
            match which {
                Which::UntilFailure if !outcome.failures.is_empty() => break,
                Which::Only(only) if only != number => continue,
                Which::None => break,
                _ => {}
            }
            outcome.played += 1;
            let told = |broken: &str| format!("scene {seed}, deed {step} {deed:?}, fork {number}, {what}:\n{broken}");
            // What the window manager refused to put in its place stands somewhere else.
            let expected = if refused || !faithful { &[] } else { expected.as_slice() };
            if let Err(broken) = survive(world, from, to, expected) {
                outcome.failures.push(told(&broken));
            }
        }
        from = to;
    }
    Ok(outcome)
}

/// A broken world comes back, and goes on as the unharmed one.
fn survive(
    mut world: World,
    from: Option<&'static str>,
    to: Option<&'static str>,
    expected: &[Structure],
) -> Result<(), Broken> {
    let outcome = world.come_to_rest().and_then(|()| {
        checks::check(&mut world)?;
        let active = checks::active(&mut world)?;
        if let Some(id) = world.wm.wm.dying().first() {
            return Err(format!("window {id} was asked to close"));
        }
        if active.as_deref() != from && active.as_deref() != to {
            return Err(format!("{active:?} is active, neither {from:?} nor {to:?}"));
        }
        Ok(())
    });
    outcome.map_err(|broken| recorded(&world, broken))?;
    for (step, target) in [to, from, None].into_iter().enumerate() {
        let now = switch(&mut world, target).map_err(|broken| recorded(&world, broken))?;
        if let Some(difference) = expected.get(step).and_then(|expected| expected.difference(&now)) {
            return Err(recorded(&world, format!("after switch {step} to {target:?}: {difference}")));
        }
    }
    Ok(())
}

/// What was broken, with the record if there is one.
fn recorded(world: &World, broken: Broken) -> Broken {
    let record = world.record();
    if record.is_empty() { broken } else { format!("{record}{}{broken}", world.wm.picture()) }
}

/// The trees after the switches that follow.
fn epilogue(mut world: World, from: Option<&'static str>, to: Option<&'static str>) -> Result<Vec<Structure>, Broken> {
    [to, from, None].into_iter().map(|target| switch(&mut world, target)).collect()
}

fn switch(world: &mut World, target: Option<&'static str>) -> Result<Structure, Broken> {
    checks::ask(world, call(target))?.map_err(|error| format!("a switch to {target:?} afterwards: {error}"))?;
    world.come_to_rest()?;
    checks::check(world)?;
    Ok(Structure::new(&world.wm.wm.tree()))
}

fn call(target: Option<&str>) -> Call {
    match target {
        Some(name) => Call::ProjectSwitch(ProjectName { name: name.into() }),
        None => Call::ProjectClear,
    }
}

fn do_it(world: &mut World, deed: Deed) -> Result<(), Broken> {
    match deed {
        Deed::Switch(target) => {
            checks::ask(world, call(target))?.map_err(|error| format!("{deed:?}: {error}"))?;
        }
        Deed::Exit => {
            world.signal(Signal::Terminate)?;
            while world.is_alive() && world.terminated.is_some() {
                world.advance()?;
            }
        }
    }
    world.come_to_rest()
}
