//! The daemon under mixed load with faults, for as long as one likes: `make soak` runs it for ten minutes, `make soak SOAK_SECONDS=3600`
//! for an hour, and an ordinary test run for a few seconds, so that it cannot rot.
//!
//! Good clients ask and subscribe, a window manager talks without pause and now and then freezes or hangs up, and clients of every bad
//! kind come and go. Every answer must come once and every notice in its turn, and memory and descriptors must be at the end what they were
//! when all of that had begun.

#[allow(dead_code, reason = "shared with the tests of the process")]
#[path = "../process/fake_wm.rs"]
mod fake_wm;
mod load;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "../support/proc.rs"]
mod proc;
#[path = "../support/release.rs"]
mod release;
#[allow(dead_code, reason = "shared with the tests of the process")]
#[path = "../process/rig.rs"]
mod rig;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fastrand::Rng;
use rustix::process::{Pid, Signal, kill_process};

use load::{Shared, Tally};
use proc::{Memory, descriptors, memory};
use release::release_build;
use rig::{Daemon, World};
use serde_json::Value;

/// How long, in seconds.
const SECONDS_VARIABLE: &str = "I3PM_SOAK_SECONDS";
/// Without that.
const SECONDS: u64 = 4;
/// Good clients that ask.
const CALLERS: usize = 8;
/// Good clients that listen.
const LISTENERS: usize = 4;
/// Clients that misbehave.
const OFFENDERS: usize = 6;
/// Memory that may come after everything has run for a while, in KiB: queues that were never so full before, fragments. A byte lost per
/// call would be more than that within a minute.
const GROWTH_MAX_KIB: u64 = 3 << 10;
/// Its share of memory when all is over, in KiB: what the allocator keeps between blocks that live on. 4.7 to 8.4 MiB in 24 runs of four seconds.
const PSS_MAX_KIB: u64 = 10 << 10;

/// What is looked at.
#[derive(Debug, Clone, Copy)]
struct Sample {
    memory: Memory,
    descriptors: usize,
}

fn main() -> ExitCode {
    let seconds =
        std::env::var(SECONDS_VARIABLE).ok().map_or(SECONDS, |text| text.parse().expect("a number of seconds"));
    let seed =
        std::env::var("I3PM_SOAK_SEED").ok().map_or_else(|| fastrand::u64(..), |text| text.parse().expect("a seed"));
    println!("{seconds} s, seed {seed} (I3PM_SOAK_SEED)");
    let world = World::new();
    let wm = world.window_manager();
    // What counts is what people run, its memory above all.
    let mut command = world.command(release_build().to_str().expect("a path in UTF-8"));
    command.arg("--log-level=warning");
    let mut daemon = world.spawn(command);
    daemon.wait_answer();
    daemon.wait_wm("connected");
    let at_rest = sample(&daemon);
    let shared = Arc::new(Shared::new(world.socket()));
    let mut rng = Rng::with_seed(seed);
    let mut threads = Vec::new();
    let mut spawn = |work: fn(&Shared, Rng)| {
        let (shared, rng) = (Arc::clone(&shared), rng.fork());
        threads.push(std::thread::spawn(move || work(&shared, rng)));
    };
    (0..CALLERS).for_each(|_| spawn(load::call));
    (0..LISTENERS).for_each(|_| spawn(load::listen));
    (0..OFFENDERS).for_each(|_| spawn(load::offend));
    spawn(load::change);

    let start = Instant::now();
    let warm = Duration::from_secs(seconds) / 5;
    let (mut warm_sample, mut highest) = (None, at_rest);
    let mut rounds = 0_u64;
    while start.elapsed() < Duration::from_secs(seconds) && !shared.has_failed() {
        rounds += 1;
        load::talk(&wm, &mut rng);
        if rounds.is_multiple_of(500) {
            load::trouble(&wm, &daemon, &mut rng);
        }
        if rounds.is_multiple_of(100) {
            let now = sample(&daemon);
            highest.memory = highest.memory.max(now.memory);
            highest.descriptors = highest.descriptors.max(now.descriptors);
            if start.elapsed() > warm {
                warm_sample.get_or_insert(now);
            }
        }
        if rounds.is_multiple_of(30_000) {
            report(&shared.tally, start, highest);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    shared.stop.store(true, Ordering::SeqCst);
    let broken = threads.into_iter().map(std::thread::JoinHandle::join).filter(Result::is_err).count();
    wm.thaw();
    report(&shared.tally, start, highest);

    let mut checks = Checks::default();
    let tally = &shared.tally;
    checks.that("every thread came to its end", broken == 0);
    checks.that("no answer is lost", tally.count(&tally.lost) == 0);
    checks.that("no answer comes twice, or to nobody", tally.count(&tally.doubled) == 0);
    checks.that("no notice is missing or of another run", tally.count(&tally.gaps) == 0);
    checks.that("answers were counted at all", tally.count(&tally.answers) > seconds * 100);
    checks.that("notices were counted at all", tally.count(&tally.notices) > seconds * 10);
    checks.that("offences were committed", tally.count(&tally.offences) > seconds);
    let gone = rest(&daemon);
    checks.that("everybody is gone", gone["peers"].as_array().is_some_and(|peers| peers.len() == 1));
    let after = sample(&daemon);
    println!("at rest {at_rest:?}, warm {warm_sample:?}, at most {highest:?}, after {after:?}");
    let warm = warm_sample.expect("it ran long enough");
    checks.that(
        "memory is what it was when everything had begun",
        after.memory.resident <= warm.memory.resident + GROWTH_MAX_KIB,
    );
    checks.that("its share of memory is below 10 MiB", after.memory.pss < PSS_MAX_KIB);
    checks.that("descriptors are what they were at rest", after.descriptors <= at_rest.descriptors + 1);
    checks.that("the window manager is connected", gone["wm"]["state"] == "connected");
    let log = daemon.log();
    checks.that("nothing panicked", !log.contains("panicked"));
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for line in log.lines() {
        let kind = line.rsplit_once("kind: ").map_or("other", |(_, kind)| kind);
        *kinds.entry(kind).or_default() += 1;
    }
    println!("the log has {} lines: {kinds:?}", log.lines().count());
    kill_process(Pid::from_raw(i32::try_from(daemon.pid()).expect("a pid")).expect("a pid"), Signal::TERM)
        .expect("it runs");
    checks.that("it stops when told to", daemon.wait_exit(Duration::from_secs(5)).success());
    checks.end()
}

fn sample(daemon: &Daemon) -> Sample {
    Sample { memory: memory(daemon.pid()), descriptors: descriptors(daemon.pid()) }
}

/// The status when everybody is gone, or after a while in which not everybody is.
fn rest(daemon: &Daemon) -> Value {
    let start = Instant::now();
    loop {
        let status = daemon.status();
        if status["peers"].as_array().is_some_and(|peers| peers.len() == 1) && status["wm"]["state"] == "connected" {
            return status;
        }
        if start.elapsed() > rig::DEADLINE {
            println!("this is no rest: {status:#}");
            return status;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn report(tally: &Tally, start: Instant, highest: Sample) {
    println!(
        "{:>6.0} s: {} answers, {} notices, {} changes, {} offences, {} times no room; PSS at most {} KiB and {} descriptors",
        start.elapsed().as_secs_f64(),
        tally.count(&tally.answers),
        tally.count(&tally.notices),
        tally.count(&tally.changes),
        tally.count(&tally.offences),
        tally.count(&tally.refused),
        highest.memory.pss,
        highest.descriptors,
    );
}

/// What must hold, said one by one.
#[derive(Default)]
struct Checks {
    passed: usize,
    failed: usize,
}

impl Checks {
    fn that(&mut self, what: &str, holds: bool) {
        println!("{} {what}", if holds { "ok    " } else { "FAILED" });
        *(if holds { &mut self.passed } else { &mut self.failed }) += 1;
    }

    fn end(self) -> ExitCode {
        println!("{} passed, {} failed, 0 skipped", self.passed, self.failed);
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
