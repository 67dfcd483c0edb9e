//! The suite is proven: a daemon that does wrong in one place is caught, whatever the place.
//!
//! For each seeded fault (`i3pm::core::words::seeded`) the simulator plays its runs and sweeps its
//! scenes until a check finds something that it does not find without the fault. `cargo test
//! --features seeded-faults --test seeded -- --nocapture` prints the table.

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

/// What caught a fault, and where.
fn hunt(fault: Fault) -> Option<(String, String)> {
    let run = |seed: u64| {
        plant(Some(fault));
        let run = runs::run(seed, STEPS, false);
        plant(None);
        run.broken.map(|broken| (broken, format!("seed {seed}, step {}", run.step)))
    };
    let scene =
        |which: Which| move |scene: u64| harms(fault, scene, which).map(|broken| (broken, format!("scene {scene}")));
    let first = (1..=RUNS_FIRST).find_map(run);
    let unharmed = || (1..=SCENES_UNHARMED).find_map(scene(Which::None));
    let broken = || (1..=SCENES).find_map(scene(Which::UntilFailure));
    first.or_else(unharmed).or_else(broken).or_else(|| (RUNS_FIRST + 1..=RUNS_MAX).find_map(run))
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
