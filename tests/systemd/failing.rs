//! What is killed, stuck or frozen.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::seat::{SERVICE, Seat};
use crate::support::{DEADLINE, wait_for};

/// `RestartSec=` of the unit.
const RESTART: Duration = Duration::from_secs(2);
/// `WatchdogSec=` of the unit.
const WATCHDOG: Duration = Duration::from_secs(20);
/// How often the service is looked at, which takes a process each time: pings are seconds apart.
const LOOK: Duration = Duration::from_millis(100);
/// How long i3 is frozen.
const FROZEN: Duration = Duration::from_secs(62);

/// A client that connects after a kill waits for the next daemon; nothing is lost.
pub fn killed_three_times(seat: &mut Seat) -> String {
    seat.hide_home();
    let mut answered = Vec::new();
    for kill in 1..=3 {
        let pid = seat.main_pid();
        seat.signal("KILL");
        let ran = seat.i3pm(&["--timeout", "5", "project", "current"]);
        assert_eq!(ran.code, 0, "after kill {kill}: {}", ran.output);
        assert!(ran.took <= RESTART + Duration::from_millis(500), "answered after {:?}", ran.took);
        assert!(ran.output.contains("work"), "{}", ran.output);
        answered.push(ran.took);
        seat.wait_link("connected");
        assert_ne!(seat.main_pid(), pid);
        assert_eq!(seat.number("NRestarts"), kill);
        let status = seat.status();
        assert_eq!((&status["windows"]["hidden"], &status["project"]), (&json!(1), &json!("work")), "{status:#}");
        assert_eq!(seat.shown(), ["of-work"]);
    }
    seat.i3pm_done(&["project", "clear"]);
    assert_eq!(seat.shown(), ["of-home", "of-work"]);
    let slowest = answered.iter().max().expect("there were some");
    format!("NRestarts {}, the slowest client answered {slowest:.2?} after the kill", seat.number("NRestarts"))
}

/// The unit fails, every window is shown, and the doctor says what to do; that is done, and all is well.
pub fn fails_for_good(seat: &mut Seat) -> String {
    let journal = seat.journal();
    seat.hide_home();
    let start = Instant::now();
    let mut kills = 0;
    while seat.property("ActiveState") != "failed" {
        assert!(kills < 5, "it is {} after five kills", seat.property("ActiveState"));
        seat.wait_link("connected");
        let killed = seat.number("MainPID");
        seat.signal("KILL");
        kills += 1;
        wait_for("what comes of the kill", || {
            let (state, pid) = (seat.property("ActiveState"), seat.number("MainPID"));
            // Between the two the unit waits for its next start; before, it has not noticed.
            (state == "failed" || (state == "active" && pid > 0 && pid != killed)).then_some(())
        });
    }
    assert_eq!(kills, 5);
    journal.wait("about the limit", |entry| entry.message().contains("Start request repeated too quickly"));
    let failed_after = start.elapsed();
    seat.wait_shown("of-home");
    assert_eq!(seat.shown(), ["of-home", "of-work"]);
    let rescue = seat.systemctl(&["show", "i3pm-rescue.service", "--value", "--property=Result,ExecMainStatus"]).output;
    assert_eq!(rescue.split_whitespace().collect::<Vec<_>>(), ["success", "0"]);

    let visit = seat.i3pm(&["doctor"]);
    assert_ne!(visit.code, 0);
    let repair = visit.output.lines().find_map(|line| {
        let (_, repair) = line.split_once(" -> ").filter(|(found, _)| found.contains("i3pm.service has failed"))?;
        Some(repair.split(';').next().unwrap_or_default().to_owned())
    });
    let repair = repair.unwrap_or_else(|| panic!("the doctor does not speak of the unit:\n{}", visit.output));
    assert!(repair.contains("systemctl --user reset-failed"), "{repair}");
    let ran = seat.run(&["sh", "-c", &repair]);
    assert_eq!(ran.code, 0, "{repair}: {}", ran.output);
    seat.wait_link("connected");
    for unit in ["i3pm.service", "i3pm.socket"] {
        assert_eq!(seat.systemctl(&["show", unit, "--value", "--property=ActiveState"]).output, "active", "{unit}");
    }
    format!("failed {failed_after:.0?} after the first kill, every window shown; repaired by `{repair}`")
}

/// Pings go on at a third of the interval, and the switch that was under way is completed when i3 goes on.
pub fn frozen_wm(seat: &mut Seat) -> String {
    let pid = seat.main_pid();
    seat.wm().freeze();
    let late = seat.i3pm(&["project", "switch", "work"]);
    assert_eq!(late.code, 4, "a frozen i3 has switched: {}", late.output);
    let (start, mut pings) = (Instant::now(), Vec::new());
    let mut slowest = Duration::ZERO;
    while start.elapsed() < FROZEN {
        let ping = seat.number("WatchdogTimestampMonotonic");
        if pings.last() != Some(&ping) {
            pings.push(ping);
        }
        let asked = Instant::now();
        assert_eq!(seat.status()["wm"]["state"], "stale");
        slowest = slowest.max(asked.elapsed());
        std::thread::sleep(LOOK);
    }
    assert_eq!((seat.main_pid(), seat.number("NRestarts")), (pid, 0), "the watchdog has struck");
    assert!(seat.property("StatusText").contains("does not answer"), "{}", seat.property("StatusText"));
    let intervals: Vec<f64> = pings.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1e6).collect();
    let third = WATCHDOG.as_secs_f64() / 3.0;
    assert!(intervals.len() >= 8, "{} pings in {FROZEN:?}", pings.len());
    assert!(intervals.iter().all(|interval| (interval - third).abs() < 1.0), "pings after {intervals:?} s");
    seat.wm().thaw();
    wait_for("the switch to be completed", || {
        let status = seat.status();
        (status["project"] == "work" && status["switch"]["in_flight"].is_null()).then_some(())
    });
    assert_eq!(seat.shown(), ["of-work"]);
    let mean = intervals.iter().sum::<f64>() / intervals.len() as f64;
    let longest = intervals.iter().copied().fold(0.0, f64::max);
    format!("{} pings, {mean:.2} s apart, {longest:.2} at most; the slowest call took {slowest:.1?}", intervals.len())
}

/// The watchdog kills it, and the next one is right about everything.
pub fn stuck_loop(seat: &mut Seat) -> String {
    seat.hide_home();
    let journal = seat.journal();
    let pid = seat.main_pid();
    let start = Instant::now();
    seat.signal("STOP");
    while seat.number("NRestarts") == 0 {
        assert!(start.elapsed() < WATCHDOG + RESTART + DEADLINE, "the watchdog does not strike");
        std::thread::sleep(LOOK);
    }
    let struck = start.elapsed();
    journal.wait("about the watchdog", |entry| entry.message().contains("Watchdog timeout"));
    seat.wait_link("connected");
    assert_ne!(seat.main_pid(), pid);
    let status = seat.status();
    assert_eq!((&status["windows"]["hidden"], &status["project"]), (&json!(1), &json!("work")), "{status:#}");
    seat.i3pm_done(&["project", "clear"]);
    assert_eq!(seat.shown(), ["of-home", "of-work"]);
    seat.systemctl(&["stop", SERVICE]);
    format!("killed by the watchdog and started again {struck:.1?} after it got stuck")
}
