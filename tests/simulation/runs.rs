//! Runs: everything that a seed says, one step after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fastrand::Rng;
use i3pm::core::WmKind;

use crate::world::World;
use crate::{checks, operations};

/// A number that the environment gives.
pub fn environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// What a panic says.
pub fn told_panic(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// Do work on as many threads as the machine has cores, until each has done its part.
pub fn on_every_core(work: impl Fn() + Sync) {
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        for _ in 0..threads {
            scope.spawn(&work);
        }
    });
}

/// How a run ended.
pub struct Run {
    pub broken: Option<String>,
    pub step: u64,
    pub record: String,
    pub trace: u64,
    pub turns: u64,
}

/// Play the run of a seed.
pub fn run(seed: u64, steps: u64, recording: bool) -> Run {
    let mut rng = Rng::with_seed(seed);
    let kind = if rng.bool() { WmKind::I3 } else { WmKind::Sway };
    run_in(World::new(kind, rng, recording), steps)
}

/// Play a run in a world.
pub fn run_in(mut world: World, steps: u64) -> Run {
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
        Err(panic) => Some(told_panic(panic.as_ref())),
    };
    let record = format!("{}{}", world.record(), if world.recording { world.wm.picture() } else { String::new() });
    Run { broken, step, record, trace: world.trace, turns: world.turns }
}
