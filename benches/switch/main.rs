//! Switching projects on the real i3 and the real sway: `cargo bench --bench switch`, described in
//! docs/benchmarks.md.
//!
//! Side by side, switch by switch: i3pm; the commands that it sends, on a plain connection; every
//! window moved by itself. Then a burst of windows. What is aimed at is printed with whether it was
//! met. Run as a test (without `--bench`) it makes one pair of switches with few windows, so that
//! it keeps working.

#[path = "../../tests/support/mod.rs"]
pub mod support;

mod contender;
mod replay;
#[allow(dead_code, reason = "shared with the benchmark of the socket")]
#[path = "../report/mod.rs"]
mod report;

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use contender::{Bare, Made, Managed, OneByOne, PROJECTS, Stage};
use report::{Goals, milliseconds};
use support::{Burst, Daemon, Kind, Program, Window, windows};

/// Windows of each project.
const SIZES: [usize; 3] = [10, 50, 200];
/// Pairs of switches, there and back, that are timed.
const PAIRS: usize = 7;
/// Pairs before them: the vault is built, workspaces are wrapped.
const WARM_UP: usize = 2;
/// After each switch, so that the X server and the programs have done with it before the next is
/// timed.
const REST: Duration = Duration::from_millis(50);

/// i3pm may be slower than its bare commands by this share of them, and this.
const OVER_BARE_SHARE: f64 = 0.05;
const OVER_BARE: Duration = Duration::from_millis(1);
/// i3pm shall be so many times as fast as one by one, on i3 with the most windows.
const FASTER: f64 = 10.0;
/// The most commands for each container that is hidden or returns.
const COMMANDS_MAX: f64 = 6.0;
/// How many windows open at once.
const BURST: usize = 200;

fn main() -> ExitCode {
    if windows::serve_if_asked() {
        return ExitCode::SUCCESS;
    }
    let timed = std::env::args().any(|argument| argument == "--bench");
    let (sizes, pairs) = if timed { (&SIZES[..], PAIRS) } else { (&SIZES[..1], 1) };
    let mut goals = Goals::default();
    println!(
        "\nswitching between two projects on 4 workspaces: medians of {} switches (slowest), in milliseconds",
        2 * pairs
    );
    println!(
        "{:<5} {:>7} {:>18} {:>18} {:>20} {:>9} {:>8} {:>7} {:>10}",
        "", "windows", "i3pm", "its bare commands", "one by one", "messages", "bytes", "waits", "commands"
    );
    for kind in Kind::ALL {
        for &size in sizes {
            let row = Row::measure(kind, size, pairs);
            row.print();
            row.judge(&mut goals);
        }
    }
    println!(
        "waits: of i3pm's time, what it waited for the window manager (trees too); commands: per container hidden or returned\n"
    );
    for kind in Kind::ALL {
        burst(kind, if timed { BURST } else { SIZES[0] });
    }
    println!();
    if timed {
        goals.print();
    }
    ExitCode::SUCCESS
}

/// One line of the table.
struct Row {
    kind: Kind,
    size: usize,
    managed: Times,
    waited: Times,
    bare: Times,
    one_by_one: Times,
    made: Made,
}

impl Row {
    fn measure(kind: Kind, size: usize, pairs: usize) -> Row {
        let mut managed = Managed::new(kind, false);
        let mut bare = Bare::new(kind);
        let mut one_by_one = OneByOne::new(kind);
        let [first, second] = PROJECTS;
        managed.open(first, size);
        bare.open(first, size);
        one_by_one.open(first, size);
        managed.switch(second);
        bare.switch(second);
        one_by_one.switch(second);
        managed.open(second, size);
        bare.open(second, size);
        one_by_one.open(second, size);
        let mut row = Row {
            kind,
            size,
            managed: Times::default(),
            waited: Times::default(),
            bare: Times::default(),
            one_by_one: Times::default(),
            made: Made::default(),
        };
        for pair in 0..WARM_UP + pairs {
            for project in PROJECTS {
                let (took, waited) = managed.switch(project);
                thread::sleep(REST);
                let (bare_took, made) = bare.switch(project);
                thread::sleep(REST);
                let one_by_one_took = one_by_one.switch(project);
                thread::sleep(REST);
                if pair >= WARM_UP {
                    row.managed.0.push(took);
                    row.waited.0.push(waited);
                    row.bare.0.push(bare_took);
                    row.one_by_one.0.push(one_by_one_took);
                    if made.messages.len() >= row.made.messages.len() {
                        row.made = made;
                    }
                }
            }
        }
        row
    }

    fn bytes(&self) -> usize {
        self.made.messages.iter().map(|message| message.text.len()).sum()
    }

    fn commands_per_container(&self) -> f64 {
        let commands: usize = self.made.messages.iter().map(replay::Message::commands).sum();
        commands as f64 / self.made.containers as f64
    }

    fn print(&self) {
        println!(
            "{:<5} {:>7} {:>18} {:>18} {:>20} {:>9} {:>8} {:>7.1} {:>10.1}",
            self.kind.name(),
            self.size,
            self.managed.to_string(),
            self.bare.to_string(),
            self.one_by_one.to_string(),
            self.made.messages.len(),
            self.bytes(),
            milliseconds(self.waited.median()),
            self.commands_per_container(),
        );
    }

    fn judge(&self, goals: &mut Goals) {
        let place = format!("{}, {} windows", self.kind.name(), self.size);
        let (managed, bare, one) = (self.managed.median(), self.bare.median(), self.one_by_one.median());
        let limit = bare.mul_f64(1.0 + OVER_BARE_SHARE) + OVER_BARE;
        let text = format!("{:.1} ms of {:.1} allowed", milliseconds(managed), milliseconds(limit));
        goals.add(managed <= limit, &format!("{place}: within 5 % + 1 ms of the bare commands"), text);
        let faster = one.as_secs_f64() / managed.as_secs_f64();
        let how = format!("{faster:.1} times as fast");
        goals.add(faster >= 1.0, &format!("{place}: never slower than one by one"), how);
        if self.kind == Kind::I3 && self.size == SIZES[SIZES.len() - 1] {
            goals.add(
                faster >= FASTER,
                &format!("{place}: ten times as fast as one by one"),
                format!("{faster:.1} times"),
            );
        }
        let commands = self.commands_per_container();
        goals.add(
            commands <= COMMANDS_MAX,
            &format!("{place}: at most six commands a container"),
            format!("{commands:.1}"),
        );
    }
}

/// Durations of the same thing.
#[derive(Debug, Default)]
struct Times(Vec<Duration>);

impl Times {
    fn sorted(&self) -> Vec<Duration> {
        let mut sorted = self.0.clone();
        sorted.sort();
        sorted
    }

    fn median(&self) -> Duration {
        self.sorted()[self.0.len() / 2]
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let slowest = self.sorted()[self.0.len() - 1];
        write!(formatter, "{:.1} ({:.1})", milliseconds(self.median()), milliseconds(slowest))
    }
}

/// Windows at once, with a daemon, on one workspace: how long each waits for its mark. And how long
/// the window manager takes for them without a daemon.
fn burst(kind: Kind, count: usize) {
    let windows: Vec<Window> = (0..count)
        .map(|number| Window { title: format!("burst-{number:03}"), class: "burst".into(), ..Window::default() })
        .collect();
    let titles: Vec<String> = windows.iter().map(|window| window.title.clone()).collect();
    let alone = Stage::new(kind);
    let mut program = Program::start_bare(&alone.wm);
    let burst = Burst::listen(&alone.wm);
    program.request_all(&windows);
    let without = burst.wait_appeared(count);
    drop(alone);

    let stage = Stage::new(kind);
    let mut daemon = Daemon::start(&stage.wm);
    daemon.create_projects(&PROJECTS);
    daemon.switch(PROJECTS[0]);
    let mut program = Program::start_bare(&stage.wm);
    let burst = Burst::listen(&stage.wm);
    program.request_all(&windows);
    let marked = burst.wait_marked(&titles);
    let delays = Times(marked.delays.iter().map(|(_, delay)| *delay).collect());
    println!(
        "{}: {} windows at once: the window manager shows them within {:.0} ms without a daemon, {:.0} ms with it; all {} marked; \
         from a window's appearance to its mark: first {:.0} ms, last {:.0} ms, median {:.0} ms, longest {:.0} ms",
        kind.name(),
        count,
        milliseconds(without),
        milliseconds(marked.appeared_within),
        delays.0.len(),
        milliseconds(delays.0[0]),
        milliseconds(delays.0[delays.0.len() - 1]),
        milliseconds(delays.median()),
        milliseconds(delays.sorted()[delays.0.len() - 1]),
    );
}
