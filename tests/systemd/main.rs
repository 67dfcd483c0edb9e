//! i3pm under a real systemd with a real journald: `make test-systemd`.
//!
//! Started by hand (as root) it builds the Debian package, installs i3pm as `make install` does, brings up a machine of its own (`machine.sh`:
//! namespaces, a systemd as pid 1, a user manager for each user) and starts itself once more as each user. The first three run their items at the
//! same time, because one of them waits for most of two minutes; the last one puts the package in the place of what was installed. Each item is one
//! line; the last one says how many passed.

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
mod package;
mod programs;
mod seat;
mod sessions;
mod units;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use machine::{Machine, Tally};
use seat::Seat;
use support::Kind;

/// What is tested: its name, and the items of the issue that it is about. Answers the figures to be printed.
type Item = (&'static str, fn(&mut Seat) -> String);

/// Somebody who lives in the machine.
struct User {
    id: u32,
    /// What the session runs.
    wm: Kind,
    items: &'static [Item],
}

/// The user whose items follow each other quickly.
const QUICK: User = User {
    id: 6001,
    wm: Kind::I3,
    items: &[
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
        ("restarted more often than it may die", life::restarted_often),
        ("socket removed", life::socket_removed),
        ("3 killed three times", failing::killed_three_times),
        ("8 killed for the fifth time in a minute", failing::fails_for_good),
        ("7 memory, tasks and CPU under load", limits::hold),
        ("programs: services of the manager, free of the unit's sandbox", programs::are_free),
        ("programs: a hook ends with all that it started", programs::hooks_end),
        ("7 programs in a burst", programs::burst),
    ],
};

/// The user who waits.
const PATIENT: User = User {
    id: 6002,
    wm: Kind::I3,
    items: &[("2 i3 frozen for a minute", failing::frozen_wm), ("2 a loop that is stuck", failing::stuck_loop)],
};

/// The user of sway.
const SWAY: User = User {
    id: 6003,
    wm: Kind::Sway,
    items: &[
        ("1 sway: start, ready, switch, stop", life::start_and_stop),
        ("1 sway: stop with ten clients, three of them stalled", life::stop_with_clients),
        ("1 sway: stop with sway frozen", life::stop_with_frozen_wm),
        ("3 sway: killed three times", failing::killed_three_times),
        ("sway: programs: services of the manager, free of the unit's sandbox", programs::are_free),
    ],
};

/// The user who has the machine for himself, when the others are done: there is one journald.
const ALONE: User = User {
    id: 6004,
    wm: Kind::I3,
    items: &[
        ("journal: fields, message ids, priorities, catalogue", journal::fields),
        ("7 journald stuck, stopped, started again", limits::journald),
    ],
};

/// The user who comes last, since what was installed before is gone then.
const PACKAGED: User = User {
    id: 6005,
    wm: Kind::I3,
    items: &[
        ("package: installed, and started from its units", package::is_installed),
        ("package: installed over itself while it runs", package::is_replaced),
        ("package: removed while it runs, and purged", package::is_removed),
    ],
};

/// What needs no machine: the package that is installed in it.
const BUILT: &str = "package: built twice, the same to the byte, and lintian has nothing against it";

/// Of the items only those whose names contain this are run, where it is set: for whoever works on one of them.
const ITEMS_VARIABLE: &str = "I3PM_TEST_ITEMS";
/// Set in the processes inside the machine: the user.
const USER_VARIABLE: &str = "I3PM_TEST_USER";

impl User {
    /// The items that are to be run.
    fn wanted(&self) -> impl Iterator<Item = &'static Item> {
        self.items.iter().filter(|(name, _)| is_wanted(name))
    }
}

fn is_wanted(name: &str) -> bool {
    std::env::var(ITEMS_VARIABLE).map_or(true, |part| name.contains(&part))
}

fn main() -> ExitCode {
    if support::windows::serve_if_asked() {
        return ExitCode::SUCCESS;
    }
    let users = [QUICK, PATIENT, SWAY, ALONE, PACKAGED];
    match std::env::var(USER_VARIABLE).ok().and_then(|user| user.parse::<u32>().ok()) {
        Some(id) => inside(users.iter().find(|user| user.id == id).expect("a user of the test")),
        None => outside(&[&[QUICK, PATIENT, SWAY], &[ALONE], &[PACKAGED]]),
    }
}

/// Every item of a user, one after the other; each begins with a service that is well.
fn inside(user: &User) -> ExitCode {
    let mut seat = Seat::new(user.id, user.wm);
    for (name, item) in user.wanted() {
        let passed = tell(name, || {
            seat.make_well();
            item(&mut seat)
        });
        if !passed {
            seat.tell_state();
        }
    }
    ExitCode::SUCCESS
}

/// Run something and print its line; answers whether it passed.
fn tell(name: &str, item: impl FnOnce() -> String) -> bool {
    let start = Instant::now();
    let result = catch_unwind(AssertUnwindSafe(item));
    let seconds = start.elapsed().as_secs_f64();
    match &result {
        Ok(figures) => println!("{}{name} ({seconds:.1} s): {figures}", machine::PASSED),
        Err(panic) => println!("{}{name} ({seconds:.1} s): {}", machine::FAILED, seat::message(&**panic)),
    }
    result.is_ok()
}

/// Those of a row at the same time, one row after the other.
fn outside(rows: &[&[User]]) -> ExitCode {
    let start = Instant::now();
    let users: Vec<u32> = rows.iter().copied().flatten().map(|user| user.id).collect();
    let mut tally = Tally::default();
    if is_wanted(BUILT) {
        let built = tell(BUILT, package::is_built);
        tally = Tally { passed: usize::from(built), failed: usize::from(!built) };
    }
    match Machine::start(&users) {
        Ok(machine) => rows.iter().for_each(|row| machine.run(row, &mut tally)),
        // Where there can be no such machine, that is a failure: nothing was tested.
        Err(reason) => {
            println!("{}there is no machine with a systemd of its own: {reason}", machine::FAILED);
            tally.failed += rows.iter().copied().flatten().map(|user| user.wanted().count()).sum::<usize>();
        }
    }
    println!("{:.0} s", start.elapsed().as_secs_f64());
    println!("{} passed, {} failed, 0 skipped", tally.passed, tally.failed);
    if tally.failed == 0 && tally.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
