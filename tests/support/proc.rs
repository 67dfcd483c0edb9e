//! What `/proc` tells of a process.
//!
//! Needs nothing of the rest of `support`, so that targets without a window manager include it
//! alone.

use std::fs;

/// Memory, in KiB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Memory {
    /// Its share: pages that several processes have are divided by their number.
    pub pss: u64,
    /// What it alone has, and has written to.
    pub private_dirty: u64,
    /// What of it is in memory, pages of others too.
    pub resident: u64,
}

/// The unit of times in `/proc/PID/stat` on every Linux that Debian runs on (USER_HZ).
const CLOCK_TICKS_PER_SECOND: f64 = 100.0;

/// The fields of `/proc/PID/stat` that follow the name, which may hold anything: the state first.
/// None of a process that is gone.
fn fields(pid: &str) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.rsplit(')').next()?.split_whitespace().map(str::to_owned).collect())
}

/// Its state, as a letter: `T` if it is stopped, `Z` if it has ended and was not waited for.
/// None if it is gone.
#[must_use]
pub fn state(pid: &str) -> Option<char> {
    fields(pid)?.first()?.chars().next()
}

/// Is there a process with this id that has not ended? One that has ended is there until somebody
/// waits for it.
#[must_use]
pub fn is_alive(pid: &str) -> bool {
    state(pid).is_some_and(|state| state != 'Z')
}

/// Seconds of CPU that it has used.
///
/// # Panics
/// When it is gone.
#[must_use]
pub fn cpu_seconds(pid: u32) -> f64 {
    let fields = fields(&pid.to_string()).expect("a process that lives");
    let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
    (ticks(11) + ticks(12)) / CLOCK_TICKS_PER_SECOND
}

/// What a process takes now.
///
/// # Panics
/// When it is gone, or not ours.
#[must_use]
pub fn memory(pid: u32) -> Memory {
    let rollup = read(pid, "smaps_rollup");
    Memory { pss: kib(&rollup, "Pss"), private_dirty: kib(&rollup, "Private_Dirty"), resident: kib(&rollup, "Rss") }
}

/// The share of a process in the shared libraries that it maps, in KiB. Who else maps them decides
/// about it.
///
/// # Panics
/// When it is gone, or not ours.
#[must_use]
pub fn libraries_kib(pid: u32) -> u64 {
    let maps = read(pid, "smaps");
    let mut in_library = false;
    let mut sum = 0;
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("Pss:") if in_library => sum += words.next().map_or(0, |kib| kib.parse().expect("a number")),
            // The first line of a mapping: its addresses.
            Some(first) if !first.ends_with(':') => in_library = line.contains(".so"),
            _ => {}
        }
    }
    sum
}

/// The most that was ever in memory of it, in KiB.
///
/// # Panics
/// When it is gone.
#[must_use]
pub fn peak_kib(pid: u32) -> u64 {
    kib(&read(pid, "status"), "VmHWM")
}

/// How many file descriptors it has open.
///
/// # Panics
/// When it is gone, or not ours.
#[must_use]
pub fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).expect("a process that lives").count()
}

/// How often its threads began to run, all together.
///
/// # Panics
/// When it is gone.
#[must_use]
pub fn context_switches(pid: u32) -> u64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("a process that lives").flatten();
    let statuses = threads.map(|thread| fs::read_to_string(thread.path().join("status")).unwrap_or_default());
    let of_thread = |status: String| -> u64 {
        let counts = status.lines().filter_map(|line| line.split_once("ctxt_switches:"));
        counts.map(|(_, count)| count.trim().parse::<u64>().expect("a number")).sum()
    };
    statuses.map(of_thread).sum()
}

fn read(pid: u32, name: &str) -> String {
    fs::read_to_string(format!("/proc/{pid}/{name}")).expect("a process that lives")
}

/// A line `NAME:  NUMBER kB`.
fn kib(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).expect("a line of it");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
