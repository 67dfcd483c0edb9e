//! The crash sweep over many scenes.
//!
//! `SWEEP_SCENES` says how many scenes (`I3PM_LONG=1`: many), `SWEEP_SEED` where they begin,
//! `SWEEP_FORK` plays one fork of one, `FAILURES` says how many failures are told; `CHANGED=1`
//! tells the unharmed rounds after which a tree is another.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::runs::{environment, on_every_core, told_panic};
use crate::support::figures::tell;
use crate::support::long;
use crate::sweep::{Outcome, Which, sweep};
use crate::world::Points;

/// How many scenes there are without being asked for more.
const SCENES: u64 = 16;
const SCENES_LONG: u64 = 150;
/// How many failures are told.
const FAILURES_SHOWN: u64 = 3;

#[test]
fn nothing_is_lost_whatever_breaks() {
    let (first, scenes) =
        (environment("SWEEP_SEED", 1), environment("SWEEP_SCENES", if long() { SCENES_LONG } else { SCENES }));
    let only = std::env::var("SWEEP_FORK").ok().and_then(|value| value.parse().ok());
    let which = only.map_or(Which::All, Which::Only);
    let next = AtomicU64::new(first);
    let whole = Mutex::new(Outcome::default());
    let work = || loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= first + scenes {
            return;
        }
        let outcome = std::panic::catch_unwind(|| sweep(seed, which))
            .unwrap_or_else(|panic| Err(told_panic(panic.as_ref())))
            .unwrap_or_else(|broken| Outcome {
                failures: vec![format!("scene {seed}: {broken}")],
                ..Outcome::default()
            });
        let mut whole = whole.lock().expect("nobody panics with it");
        whole.points.add(outcome.points);
        whole.played += outcome.played;
        whole.failures.extend(outcome.failures);
        whole.rounds += outcome.rounds;
        whole.changed.extend(outcome.changed);
    };
    on_every_core(work);
    let whole = whole.into_inner().expect("nobody panics with it");
    let Points { kills, cut_requests, cut_answers, refusals } = whole.points;
    let text = format!(
        "crash sweep: {scenes} scenes from seed {first}, {} points: {kills} kills, the connection cut at {cut_requests} bytes of \
         requests and {cut_answers} places of answers, {refusals} commands refused; {} different worlds played to their ends, {} failed; {} of {} unharmed rounds left the trees as they were",
        kills + cut_requests + cut_answers + refusals,
        whole.played,
        whole.failures.len(),
        whole.rounds - whole.changed.len() as u64,
        whole.rounds
    );
    tell("crash-sweep", &text);
    if environment("CHANGED", 0) == 1 {
        whole.changed.iter().for_each(|changed| println!("{changed}"));
    }
    let shown = usize::try_from(environment("FAILURES", FAILURES_SHOWN)).unwrap_or(usize::MAX);
    let told = whole.failures.iter().take(shown).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(whole.failures.is_empty(), "{told}\n{} failures", whole.failures.len());
}
