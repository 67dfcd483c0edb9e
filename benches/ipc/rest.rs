//! What the daemon takes where nothing happens: memory, and time.

use std::time::{Duration, Instant};

use crate::fake_wm::window_event;
use crate::idle::Idleness;
use crate::proc::{Memory, memory};
use crate::report::{Goals, median, milliseconds};
use crate::rig::World;
use crate::{Amount, WINDOWS, crowded, subscribe};

/// Windows besides the first, how long a start may take in milliseconds, and what the daemon may
/// take afterwards in MiB.
const STARTS: [(u64, f64, u64); 2] = [(0, 10.0, 4), (199, 25.0, 5)];
const SUBSCRIBERS: usize = 64;
/// What it may take with them, in MiB.
const SUBSCRIBED_PSS_MAX: u64 = 8;
/// How long an idle daemon is looked at.
const IDLE: Duration = Duration::from_secs(60);
/// It tells its service manager at a third of this that it lives.
const WATCHDOG: Duration = Duration::from_secs(30);

/// From the start to READY=1, and what the daemon takes then.
pub fn starts(amount: &Amount, goals: &mut Goals) {
    println!();
    for (more_windows, limit, pss_max) in STARTS {
        let (mut took, mut sizes) = (Vec::new(), Vec::new());
        for _ in 0..amount.rounds {
            let world = World::new();
            let wm = world.window_manager();
            wm.add_windows(more_windows);
            let manager = world.service_manager();
            let mut command = world.quiet_daemon_command();
            command.env("NOTIFY_SOCKET", &manager.path);
            let start = Instant::now();
            let daemon = world.spawn(command);
            manager.until("READY=1");
            took.push(milliseconds(start.elapsed()));
            daemon.wait_status("every window", |status| {
                (status["settled"] == true && status["windows"]["total"] == more_windows + 1).then_some(())
            });
            sizes.push(memory(daemon.pid()));
        }
        let took = median(took);
        let what = format!("{} windows", more_windows + 1);
        println!("start to READY=1 with {what}: {took:.1} ms");
        goals.add(took <= limit, &format!("READY within {limit} ms with {what}"), format!("{took:.1} ms"));
        judge(&what, sizes, pss_max, goals);
    }
}

/// 200 windows, and as many subscribers as there may be, each of which hears of many changes.
pub fn subscribed(amount: &Amount, goals: &mut Goals) {
    let world = World::new();
    let (wm, daemon) = crowded(&world);
    let mut subscribers: Vec<_> = (0..SUBSCRIBERS).map(|_| subscribe(&world)).collect();
    for number in 0..amount.events as u64 {
        wm.say(&window_event("title", number % WINDOWS, &format!("title {number}"), false));
        for subscriber in &mut subscribers {
            subscriber.receive();
        }
    }
    judge(
        &format!("{WINDOWS} windows and {SUBSCRIBERS} subscribers"),
        vec![memory(daemon.pid())],
        SUBSCRIBED_PSS_MAX,
        goals,
    );
}

fn judge(what: &str, mut sizes: Vec<Memory>, pss_max: u64, goals: &mut Goals) {
    sizes.sort_unstable();
    let Memory { pss, private_dirty, resident } = sizes[sizes.len() / 2];
    println!("memory with {what}: PSS {pss} KiB, private dirty {private_dirty} KiB, resident {resident} KiB");
    goals.add(pss < pss_max << 10, &format!("PSS under {pss_max} MiB with {what}"), format!("{pss} KiB"));
}

/// A minute in which nothing happens, with a watchdog and without.
pub fn idle(span: Option<Duration>, goals: &mut Goals) {
    let span = span.unwrap_or(IDLE);
    let (bare, watched) = std::thread::scope(|scope| {
        let watched = scope.spawn(move || Idleness::observe(span, Some(WATCHDOG)));
        (Idleness::observe(span, None), watched.join().expect("it is watched"))
    });
    println!("\nidle for {} s with 200 windows and 10 subscribers:", span.as_secs_f64());
    for (what, idleness) in [("no watchdog", &bare), ("a watchdog", &watched)] {
        println!(
            "{what:<12} {} pings, {} context switches; system calls with {} pings: {:?}",
            idleness.pings[0], idleness.switches, idleness.pings[1], idleness.syscalls
        );
    }
    let nothing = bare.switches == 0 && bare.syscalls.is_empty();
    goals.add(nothing, "idle: no context switch and no system call", format!("{}, {:?}", bare.switches, bare.syscalls));
    goals.add(
        watched.is_nothing_but_pings(),
        "idle with a watchdog: only the pings",
        format!("{} pings", watched.pings[0]),
    );
}
