//! i3pm under a real systemd with a real journald: `make test-systemd`.
//!
//! Started by hand (as root) it installs i3pm as `make install` does, brings up a machine of its own (`machine.sh`: namespaces, a systemd as pid 1,
//! a user manager for each of two users) and starts itself once more as each user. Those two run their items at the same time, because one of
//! them waits for most of two minutes. Each item is one line; the last one says how many passed.

#[allow(dead_code, reason = "shared with the tests of the process")]
#[path = "../process/fake_wm.rs"]
mod fake_wm;
#[allow(dead_code, reason = "shared with the soak")]
#[path = "../soak/load.rs"]
mod load;
#[allow(dead_code, reason = "shared with the tests of the process")]
#[path = "../process/rig.rs"]
mod rig;
#[path = "../support/mod.rs"]
pub mod support;

mod failing;
mod journal;
mod life;
mod limits;
mod machine;
mod seat;
mod sessions;
mod units;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use machine::{Machine, Tally};
use seat::Seat;

/// What is tested: its name, and the items of the issue that it is about. Answers the figures to be printed.
type Item = (&'static str, fn(&mut Seat) -> String);

/// The user whose items follow each other quickly.
const QUICK: (u32, &[Item]) = (
    6001,
    &[
        ("0 units: verified, as exposed as the guide says", units::are_verified),
        (
            "9 order: the service before the window manager, which comes, restarts and comes again elsewhere",
            sessions::orders,
        ),
        ("9 order: logged out and in with an environment of the last session", sessions::log_out_and_in),
        ("1 start, ready, stop", life::start_and_stop),
        ("1 stop with ten clients, three of them stalled", life::stop_with_clients),
        ("1 stop with i3 frozen", life::stop_with_frozen_wm),
        ("5 signals", life::signals),
        ("6 reload of a good and of a broken configuration", life::reloads),
        ("4 a call each second, windows come and go, the service restarts", life::calls_go_on),
        ("3 killed three times", failing::killed_three_times),
        ("8 killed for the fifth time in a minute", failing::fails_for_good),
        ("7 memory, tasks and CPU under load", limits::hold),
    ],
);

/// The user who waits.
const PATIENT: (u32, &[Item]) =
    (6002, &[("2 i3 frozen for a minute", failing::frozen_wm), ("2 a loop that is stuck", failing::stuck_loop)]);

/// The user who has the machine for himself, when the others are done: there is one journald.
const ALONE: (u32, &[Item]) = (
    6003,
    &[
        ("journal: fields, message ids, priorities, catalogue", journal::fields),
        ("7 journald stuck, stopped, started again", limits::journald),
    ],
);

/// Set in the processes inside the machine: the user.
const USER_VARIABLE: &str = "I3PM_TEST_USER";

fn main() -> ExitCode {
    if support::windows::serve_if_asked() {
        return ExitCode::SUCCESS;
    }
    let users = [QUICK, PATIENT, ALONE];
    match std::env::var(USER_VARIABLE).ok().and_then(|user| user.parse().ok()) {
        Some(user) => inside(users.into_iter().find(|(known, _)| *known == user).map_or(&[], |(_, items)| items), user),
        None => outside(&[&[QUICK, PATIENT], &[ALONE]]),
    }
}

/// Every item of a user, one after the other; each begins with a service that is well.
fn inside(items: &[Item], user: u32) -> ExitCode {
    let mut seat = Seat::new(user);
    for (name, item) in items {
        let start = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| {
            seat.make_well();
            item(&mut seat)
        }));
        let seconds = start.elapsed().as_secs_f64();
        match result {
            Ok(figures) => println!("{}{name} ({seconds:.1} s): {figures}", machine::PASSED),
            Err(panic) => {
                println!("{}{name} ({seconds:.1} s): {}", machine::FAILED, seat::message(&*panic));
                seat.tell_state();
            }
        }
    }
    ExitCode::SUCCESS
}

/// Those of a row at the same time, one row after the other.
fn outside(rows: &[&[(u32, &[Item])]]) -> ExitCode {
    let start = Instant::now();
    let users: Vec<u32> = rows.iter().copied().flatten().map(|(user, _)| *user).collect();
    let mut tally = Tally::default();
    match Machine::start(&users) {
        Ok(machine) => rows.iter().for_each(|row| machine.run(row, &mut tally)),
        // Where there can be no such machine, that is a failure: nothing was tested.
        Err(reason) => {
            println!("{}there is no machine with a systemd of its own: {reason}", machine::FAILED);
            tally.failed = rows.iter().copied().flatten().map(|(_, items)| items.len()).sum();
        }
    }
    println!("{:.0} s", start.elapsed().as_secs_f64());
    println!("{} passed, {} failed, 0 skipped", tally.passed, tally.failed);
    if tally.failed == 0 && tally.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
