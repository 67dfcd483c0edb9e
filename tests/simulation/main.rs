//! The simulator: the core in a small world of its own, with virtual time and faults drawn from a
//! seed.
//!
//! `fake_wm` is i3 and sway in memory, and `real` proves it against the real ones on random
//! scripts. `world` is the daemon's shell without a kernel: bytes go through the real `wire` code,
//! split anywhere; disk, worker and peers are fake. `operations` is what users, programs and peers
//! do. After every turn safety is checked, and when the faults of a run have ended, `checks` looks
//! whether everything is as it should be.
//!
//! `SEED=17 SEEDS=1 STEPS=2000 cargo test --test simulation core_survives` replays one run;
//! `FAULTS=none` leaves the faults out. `sweep` breaks each switch of its scenes at every instant.
//! `seeded.rs`, a target of its own, proves that all this would notice a daemon that does wrong.

mod checks;
mod crashes;
mod fake_wm;
mod fallback;
mod newcomers;
mod operations;
mod peers;
mod picture;
mod real;
mod runs;
mod starts;
#[path = "../support/mod.rs"]
pub mod support;
#[allow(dead_code, reason = "the other target sweeps only until something fails")]
mod sweep;
mod wm_side;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use runs::{environment, on_every_core, run};

/// How many failing seeds are told.
const FAILURES_SHOWN: usize = 3;

/// Not a test of its own: in a process that `support::windows` starts, it opens windows.
#[test]
fn windows_program() {
    let served = support::windows::serve_if_asked();
    assert!(!served, "a process that serves does not come back");
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
    on_every_core(work);
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
