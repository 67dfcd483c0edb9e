//! The suite is proven: a daemon that does wrong in one place is caught, whatever the place.
//!
//! For each seeded fault (`i3pm::core::words::seeded`) the simulator plays its runs and sweeps its
//! scenes until a check finds something that it does not find without the fault. `cargo test --test
//! seeded -- --nocapture` prints the table.

mod checks;
#[allow(dead_code, reason = "the other target also plays without a vault")]
mod fake_wm;
mod operations;
mod peers;
mod picture;
#[allow(dead_code, reason = "the trace and the record of a run are for the other target")]
mod runs;
#[path = "../support/mod.rs"]
pub mod support;
#[allow(dead_code, reason = "here a sweep ends with the first failure")]
mod sweep;
#[allow(dead_code, reason = "the other target also plays without a vault")]
mod wm_side;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use i3pm::core::words::seeded::{Fault, plant};
use sweep::{Which, sweep};

/// What a fault may last: runs, then scenes in which nothing breaks, then all that can break in
/// some, which takes longer, then more runs.
const RUNS_FIRST: u64 = 8;
/// Few have something global that is fullscreen, and loses that for a while: 2 of these do.
const SCENES_UNHARMED: u64 = 30;
const SCENES: u64 = 6;
const RUNS_MAX: u64 = 120;
const STEPS: u64 = 600;

/// A place to look.
#[derive(Clone, Copy)]
enum Place {
    Run(u64),
    Unharmed(u64),
    Broken(u64),
}

/// Where faults that no early run shows were seen the last time: the search begins there, and goes
/// on as for the others if they are not seen there any more. Without this it takes minutes.
const SEEN: [(Fault, Place); 11] = [
    (Fault::SkipOneHide, Place::Unharmed(1)),
    (Fault::WrongSiblingOrder, Place::Unharmed(2)),
    (Fault::WrongShare, Place::Unharmed(3)),
    (Fault::ForgetFullscreen, Place::Unharmed(22)),
    (Fault::NoCensusAfterwards, Place::Unharmed(1)),
    (Fault::LeavePlaceholder, Place::Broken(2)),
    (Fault::ForgetRuntimeFile, Place::Broken(1)),
    (Fault::ForgetRecordsOnLoss, Place::Broken(2)),
    (Fault::IgnoreRefusal, Place::Broken(1)),
    (Fault::ForgetAnswerOnStop, Place::Run(41)),
    (Fault::LeaveFullscreen, Place::Run(22)),
];

/// What caught a fault, and where.
fn hunt(fault: Fault) -> Option<(String, String)> {
    let seen = SEEN.iter().filter(|(other, _)| *other == fault).map(|(_, place)| *place);
    let first = (1..=RUNS_FIRST).map(Place::Run);
    let unharmed = (1..=SCENES_UNHARMED).map(Place::Unharmed);
    let broken = (1..=SCENES).map(Place::Broken);
    let last = (RUNS_FIRST + 1..=RUNS_MAX).map(Place::Run);
    seen.chain(first).chain(unharmed).chain(broken).chain(last).find_map(|place| look(fault, place))
}

/// What catches a fault in one place.
fn look(fault: Fault, place: Place) -> Option<(String, String)> {
    let scene = |scene: u64, which| harms(fault, scene, which).map(|broken| (broken, format!("scene {scene}")));
    match place {
        Place::Unharmed(number) => scene(number, Which::None),
        Place::Broken(number) => scene(number, Which::UntilFailure),
        Place::Run(seed) => {
            plant(Some(fault));
            let run = runs::run(seed, STEPS, false);
            plant(None);
            run.broken.map(|broken| (broken, format!("seed {seed}, step {}", run.step)))
        }
    }
}

/// What a fault does to a scene that it does not do without.
fn harms(fault: Fault, scene: u64, which: Which) -> Option<String> {
    let healthy = sweep(scene, Which::None).expect("a healthy daemon breaks no rule");
    plant(Some(fault));
    let outcome =
        std::panic::catch_unwind(|| sweep(scene, which)).unwrap_or_else(|panic| Err(runs::told_panic(panic.as_ref())));
    plant(None);
    match outcome {
        Err(broken) => Some(broken),
        Ok(outcome) if outcome.changed.len() > healthy.changed.len() => outcome.changed.into_iter().next(),
        Ok(outcome) => outcome.failures.into_iter().next(),
    }
}

#[test]
fn every_fault_is_caught() {
    let next = AtomicUsize::new(0);
    let table = Mutex::new(Vec::new());
    runs::on_every_core(|| {
        while let Some(fault) = Fault::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            let caught = hunt(*fault);
            table.lock().expect("nobody panics with it").push((*fault, caught));
        }
    });
    let table = table.into_inner().expect("nobody panics with it");
    let mut missed = Vec::new();
    let mut lines = String::from("seeded fault           | seen in            | by\n");
    for fault in Fault::ALL {
        match table.iter().find(|(other, _)| *other == fault) {
            Some((_, Some((by, place)))) => {
                let by: String = by.lines().next().unwrap_or_default().chars().take(110).collect();
                lines += &format!("{:<22} | {place:<18} | {by}\n", format!("{fault:?}"));
            }
            _ => missed.push(fault),
        }
    }
    support::figures::tell("seeded-faults", &lines);
    assert!(missed.is_empty(), "nothing noticed {missed:?}");
}
