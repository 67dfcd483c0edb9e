//! The limits of the unit, and a journald that does not do its work.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::journal::wait_lost;
use crate::load::{self, Shared};
use crate::seat::{SERVICE, Seat, as_root, slowest_call};
use crate::support::{Window, proc};

/// How long the load lasts.
const LOAD: Duration = Duration::from_secs(8);
/// Where `machine.sh` has mounted the CPU controller of cgroup v1, if that is where it is.
const CPU_V1: &str = "/run/cpu";
/// How long a call may take while journald is not there.
const CALL_LIMIT: Duration = Duration::from_millis(100);

/// The load of `make soak`, on the service with the unit's own limits: none of them is reached but that of the CPU, and no good client suffers.
pub fn hold(seat: &mut Seat) -> String {
    let pid = seat.main_pid();
    let group = seat.property("ControlGroup");
    let memory_max = seat.number("MemoryMax");
    let quota = Duration::from_micros(micros(&seat.property("CPUQuotaPerSecUSec"))).as_secs_f64();
    let at_rest = memory(&group, "usage_in_bytes", "current");
    let limit: u64 = memory(&group, "limit_in_bytes", "max");
    assert_eq!(limit, memory_max, "the limit is not in force");
    let throttled = cpu_limit(seat, &group, pid);

    let shared = Arc::new(Shared::new(seat.socket()));
    let mut rng = Rng::with_seed(7);
    let mut threads = Vec::new();
    for (work, count) in [(load::call as fn(&Shared, Rng), 8), (load::listen, 4), (load::offend, 6), (load::change, 1)]
    {
        for _ in 0..count {
            let (shared, rng) = (Arc::clone(&shared), rng.fork());
            threads.push(std::thread::spawn(move || work(&shared, rng)));
        }
    }
    let (start, used) = (Instant::now(), proc::cpu_seconds(pid));
    let wm = seat.wm.as_ref().expect("an i3");
    let program = seat.program.as_mut().expect("a program");
    let (mut proportional, mut tasks) = (0, 0);
    while start.elapsed() < LOAD && !shared.has_failed() {
        program.open_window(wm, &Window::named("loaded"));
        program.close(wm, "loaded");
        proportional = proportional.max(proc::memory(pid).pss);
        tasks = tasks.max(fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count));
    }
    let share = (proc::cpu_seconds(pid) - used) / start.elapsed().as_secs_f64();
    shared.stop.store(true, Ordering::SeqCst);
    let broken = threads.into_iter().map(std::thread::JoinHandle::join).filter(Result::is_err).count();
    let tally = &shared.tally;
    assert_eq!((broken, tally.count(&tally.lost), tally.count(&tally.doubled), tally.count(&tally.gaps)), (0, 0, 0, 0));
    assert!(tally.count(&tally.answers) > 500, "{} answers", tally.count(&tally.answers));
    assert_eq!((seat.main_pid(), seat.number("NRestarts")), (pid, 0), "it did not live through the load");
    let peak = memory(&group, "max_usage_in_bytes", "peak");
    let high = seat.number("MemoryHigh");
    assert!(peak < high, "{peak} bytes, and MemoryHigh is {high}");
    assert!(share < quota + 0.1, "{share:.2} CPUs, and the quota is {quota}");
    assert!((tasks as u64) < seat.number("TasksMax"), "{tasks} tasks");
    format!(
        "{} answers, {} offences; group {:.1} MiB at rest, {:.1} at most (high {}, max {}), PSS {:.1} MiB, {tasks} tasks; {:.0} % of a CPU, throttled {} times",
        tally.count(&tally.answers),
        tally.count(&tally.offences),
        at_rest as f64 / f64::from(1 << 20),
        peak as f64 / f64::from(1 << 20),
        high >> 20,
        memory_max >> 20,
        proportional as f64 / 1024.0,
        share * 100.0,
        throttled(),
    )
}

/// Put the unit's CPU quota in force where the user's systemd cannot (cgroup v1). Answers how to ask how often it was reached.
fn cpu_limit(seat: &Seat, group: &str, pid: u32) -> impl Fn() -> u64 + use<> {
    let ours = if Path::new(CPU_V1).is_dir() {
        let period = micros(&seat.property("CPUQuotaPeriodUSec"));
        let quota = micros(&seat.property("CPUQuotaPerSecUSec")) * period / 1_000_000;
        as_root(&format!(
            "mkdir -p {CPU_V1}/limited; cd {CPU_V1}/limited; echo {period} >cpu.cfs_period_us; echo {quota} >cpu.cfs_quota_us; echo {pid} >cgroup.procs"
        ));
        PathBuf::from(CPU_V1).join("limited")
    } else {
        PathBuf::from(format!("/sys/fs/cgroup{group}"))
    };
    move || {
        let text = fs::read_to_string(ours.join("cpu.stat")).expect("the statistics of the CPU controller");
        let count = text.lines().find_map(|line| line.strip_prefix("nr_throttled ")?.parse().ok());
        count.unwrap_or_else(|| panic!("the CPU is not limited: {text}"))
    }
}

/// A value of the memory controller, by its names in cgroup v1 and v2.
pub fn memory(group: &str, first: &str, second: &str) -> u64 {
    let text = control_group("memory", group, [first, second].map(|name| format!("memory.{name}")));
    text.trim().parse().unwrap_or_else(|_| panic!("memory.{second} is {text:?}"))
}

/// What a controller says of a control group, in its file of cgroup v1 or v2.
pub fn control_group(controller: &str, group: &str, [first, second]: [String; 2]) -> String {
    let old = PathBuf::from(format!("/sys/fs/cgroup/{controller}{group}/{first}"));
    let new = PathBuf::from(format!("/sys/fs/cgroup{group}/{second}"));
    let text = fs::read_to_string(&old).or_else(|_| fs::read_to_string(&new));
    text.unwrap_or_else(|error| panic!("neither {} nor {}: {error}", old.display(), new.display()))
}

/// `500ms` or `1s` as `systemctl show` writes it, in microseconds.
fn micros(text: &str) -> u64 {
    let digits = text.trim_end_matches(char::is_alphabetic);
    let unit = match &text[digits.len()..] {
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        _ => panic!("{text:?} is no time"),
    };
    digits.parse::<u64>().unwrap_or_else(|_| panic!("{text:?} is no time")) * unit
}

/// Calls are answered as ever, and what could not be written is counted.
pub fn journald(seat: &mut Seat) -> String {
    const DUMPS: usize = 100;
    let pid = seat.main_pid();
    let flood = |seat: &Seat| {
        let command = format!("for i in $(seq {DUMPS}); do kill -USR1 {pid}; sleep 0.01; done");
        let mut shell = std::process::Command::new("sh").args(["-c", &command]).spawn().expect("sh");
        slowest_call(&seat.socket(), || shell.try_wait().is_ok_and(|ended| ended.is_some()))
    };
    let lost = |seat: &Seat| seat.status()["log"]["lost"].as_u64().expect("a number");

    as_root("systemctl kill --signal=STOP systemd-journald.service");
    let stuck = flood(seat);
    let lost_stuck = wait_lost(seat, 1);
    // A switch is not held up either.
    seat.hide_home();
    as_root("systemctl kill --signal=CONT systemd-journald.service");

    as_root("systemctl stop systemd-journald.service systemd-journald.socket 2>/dev/null");
    let before = lost(seat);
    let stopped = flood(seat);
    let lost_stopped = wait_lost(seat, before + 1) - before;
    seat.i3pm_done(&["project", "clear"]);
    as_root("systemctl start systemd-journald.socket systemd-journald.service");
    for took in [stuck, stopped] {
        assert!(took <= CALL_LIMIT, "a call took {took:?}");
    }

    let journal = seat.journal();
    seat.signal("USR2");
    journal.wait("after the journal came back", |entry| entry.field("SIGNAL") == "SIGUSR2");
    let settled = lost(seat);
    as_root("systemctl restart systemd-journald.service");
    let journal = seat.journal();
    seat.signal("USR2");
    journal.wait("after the journal was restarted", |entry| entry.field("SIGNAL") == "SIGUSR2");
    assert_eq!((seat.main_pid(), seat.number("NRestarts"), lost(seat)), (pid, 0, settled));
    assert_eq!(seat.property("ActiveState"), "active", "{SERVICE}");
    format!(
        "stuck: the slowest call took {stuck:.1?}, {lost_stuck} lines dropped; stopped: {stopped:.1?}, {lost_stopped} dropped"
    )
}
