//! The simulator: the core in a small world of its own, with virtual time and faults drawn from a seed.
//!
//! `fake_wm` is i3 and sway in memory, and `real` proves it against the real ones on random scripts. `world` is the
//! daemon's shell without a kernel: bytes go through the real `wire` code, split anywhere; disk, worker and peers are
//! fake. `operations` is what users, programs and peers do. After every turn safety is checked, and when the faults of a
//! run have ended, `checks` looks whether everything is as it should be.
//!
//! `SEED=17 SEEDS=1 STEPS=2000 cargo test --test simulation core_survives` replays one run; `FAULTS=none` leaves the
//! faults out.

mod checks;
mod fake_wm;
mod fallback;
mod operations;
mod peers;
mod real;
#[path = "../support/mod.rs"]
pub mod support;
mod wm_side;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use i3pm::core::WmKind;

use world::World;

/// How many failing seeds are told.
const FAILURES_SHOWN: usize = 3;

pub(crate) fn environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Not a test of its own: in a process that `support::windows` starts, it opens windows.
#[test]
fn windows_program() {
    let served = support::windows::serve_if_asked();
    assert!(!served, "a process that serves does not come back");
}

/// How a run ended.
struct Run {
    broken: Option<String>,
    step: u64,
    record: String,
    trace: u64,
    turns: u64,
}

fn run(seed: u64, steps: u64, recording: bool) -> Run {
    let mut rng = Rng::with_seed(seed);
    let kind = if rng.bool() { WmKind::I3 } else { WmKind::Sway };
    run_in(World::new(kind, rng, recording), steps)
}

fn run_in(mut world: World, steps: u64) -> Run {
    let mut step = 0;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        world.begin()?;
        while step < steps {
            step += 1;
            if world.rng.u8(..100) < 25 || (world.is_idle() && world.rng.u8(..20) > 0) {
                world.linger();
                operations::operate(&mut world)?;
            } else {
                world.advance()?;
            }
        }
        checks::settle_and_check(&mut world)?;
        checks::terminate(&mut world)
    }));
    let broken = match outcome {
        Ok(result) => result.err(),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            Some(text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default())
        }
    };
    let record = format!("{}{}", world.record(), if world.recording { world.wm.picture() } else { String::new() });
    Run { broken, step, record, trace: world.trace, turns: world.turns }
}

#[test]
fn core_survives() {
    let (first, seeds) = (environment("SEED", 1), environment("SEEDS", 256));
    let steps = environment("STEPS", 2000);
    let next = AtomicU64::new(first);
    let failures = Mutex::new(Vec::new());
    let work = || loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= first + seeds {
            return;
        }
        if run(seed, steps, false).broken.is_some() {
            failures.lock().expect("nobody panics with it").push(seed);
        }
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let mut failures = failures.into_inner().expect("nobody panics with it");
    failures.sort_unstable();
    // A run is the same with a record.
    let told = failures.iter().take(FAILURES_SHOWN).map(|seed| {
        let run = run(*seed, steps, true);
        let broken = run.broken.as_deref().unwrap_or("with a record it goes well: it is not the same run");
        format!("seed {seed}, step {} of {steps}:\n{}{broken}\n", run.step, run.record)
    });
    let told: Vec<String> = told.collect();
    assert!(failures.is_empty(), "{}\nfailing seeds: {failures:?}", told.join("\n"));
}

#[test]
fn same_seed_same_story() {
    for seed in [environment("SEED", 1), 2, 3] {
        let (one, two) = (run(seed, 500, true), run(seed, 500, true));
        assert_eq!((one.trace, one.turns), (two.trace, two.turns), "seed {seed}");
        assert_ne!(one.trace, run(seed + 100, 500, true).trace, "another seed tells the same story");
    }
}
