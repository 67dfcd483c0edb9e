//! Instructions of the release build for a call, an event and a tree, counted by valgrind, against those in `instructions.txt`.
//!
//! Times are noisy and instructions are not: the daemon runs as it is installed, and does the same thing many times, one after the other. What
//! it executes besides (its start, its end) is counted in a run of its own and taken off. What the kernel does is not counted. The counts
//! depend on the compiler and a little on the machine (the C library copies memory as the processor likes best).
//!
//! `I3PM_BLESS=1 cargo test --test process instructions` writes the file anew; a change of it belongs into the commit that causes it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::fake_wm::{FakeWm, window_event};
use crate::release::release_build;
use crate::rig::{Client, DEADLINE, Daemon, World};

/// Windows of the tree.
const WINDOWS: u64 = 200;
/// Between two looks whether the start is over.
const LOOK: Duration = Duration::from_secs(1);
/// A count may be so many times the recorded one.
const GROWTH_MAX: f64 = 1.1;
/// So often they are counted where they seem to have grown: on a loaded machine the start of one stage may take more looks than that of another.
const COUNTS_MAX: usize = 3;

/// What is counted: its name, how often it is done, and how.
type Counted = (&'static str, u64, fn(&mut Stage));

const PATHS: [Counted; 4] = [
    ("call", 2000, |stage| drop(stage.client.call("project.current", json!({})))),
    // What a bar asks most, and what is large.
    ("call-windows", 50, |stage| drop(stage.client.call("window.list", json!({})))),
    ("event", 500, Stage::change_title),
    ("tree", 20, |stage| drop(stage.client.call("state.repair", json!({})))),
];

struct Stage {
    client: Client,
    subscriber: Client,
    wm: FakeWm,
    titles: u64,
    daemon: Daemon,
    world: World,
}

impl Stage {
    /// The daemon under valgrind, with every window known and one subscriber.
    fn new(program: &Path) -> Stage {
        let world = World::new();
        let wm = world.window_manager();
        wm.add_windows(WINDOWS - 1);
        let mut command = world.command("valgrind");
        let mut output = std::ffi::OsString::from("--callgrind-out-file=");
        output.push(world.path("callgrind"));
        command.args(["--tool=callgrind", "--quiet"]).arg(output).arg(program).arg("--log-level=warning");
        let mut daemon = world.spawn(command);
        daemon.wait_answer();
        let mut client = daemon.connect();
        crate::rig::wait_for("every window", || {
            // Each look costs instructions that are taken for those of the start: few looks, nearly always as many.
            std::thread::sleep(LOOK);
            let status = client.call("status", json!({}));
            let idle = status["deadlines"].as_array()?.is_empty() && status["settled"] == true;
            (idle && status["windows"]["total"] == WINDOWS).then_some(())
        });
        let mut subscriber = daemon.connect();
        subscriber.call("subscribe", json!({"topics": ["windows"]}));
        subscriber.line().expect("every window");
        Stage { client, subscriber, wm, titles: 0, daemon, world }
    }

    /// A title changes, and the subscriber hears of it.
    fn change_title(&mut self) {
        self.titles += 1;
        self.wm.say(&window_event("title", 7, &format!("title {:06}", self.titles), false));
        self.subscriber.line().expect("a notice");
    }

    /// How much was executed from the start to the end.
    fn end(mut self) -> u64 {
        self.daemon.signal(15);
        assert!(self.daemon.wait_exit(DEADLINE).success(), "{}", self.daemon.log());
        let counts = fs::read_to_string(self.world.path("callgrind")).unwrap();
        let total = counts.lines().find_map(|line| line.strip_prefix("totals: ")).expect("valgrind tells the sum");
        total.trim().parse().unwrap()
    }
}

/// Instructions for each, by name.
fn count() -> Vec<(&'static str, u64)> {
    let program = release_build();
    let nothing = Stage::new(&program).end();
    let each = |(name, times, path): Counted| {
        let mut stage = Stage::new(&program);
        (0..times).for_each(|_| path(&mut stage));
        (name, stage.end().saturating_sub(nothing) / times)
    };
    PATHS.map(each).into()
}

fn toolchain() -> String {
    let version = |program: &str| {
        let output =
            Command::new(program).arg("--version").output().unwrap_or_else(|error| panic!("{program}: {error}"));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    format!("{}, {}, {}", version("rustc"), version("valgrind"), std::env::consts::ARCH)
}

#[test]
fn the_instructions_of_a_call_an_event_and_a_tree_have_not_grown() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/process/instructions.txt");
    let (mut counts, toolchain) = (count(), toolchain());
    let mut text = format!("# {toolchain}\n");
    counts.iter().for_each(|(name, count)| _ = writeln!(text, "{name} {count}"));
    if std::env::var_os("I3PM_BLESS").is_some_and(|value| value == "1") {
        return fs::write(file, text).unwrap();
    }
    let recorded = fs::read_to_string(&file).unwrap();
    let (with, before) = recorded.split_once('\n').unwrap();
    println!("now:\n{text}recorded:\n{recorded}");
    let before = |name: &str| -> f64 {
        let before = before.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        before.unwrap_or_else(|| panic!("{name} is not in {}", file.display())).parse().unwrap()
    };
    for _ in 1..COUNTS_MAX {
        if counts.iter().all(|(name, now)| *now as f64 <= GROWTH_MAX * before(name)) {
            break;
        }
        for ((_, least), (_, again)) in counts.iter_mut().zip(count()) {
            *least = again.min(*least);
        }
    }
    for (name, now) in counts {
        let before = before(name);
        let times = now as f64 / before;
        assert!(
            times <= GROWTH_MAX,
            "{name}: {now} instructions, {times:.2} times the {before} that were recorded in {} ({with}; now: {toolchain}). Where that is \
             meant, write them anew: I3PM_BLESS=1 cargo test --test process instructions",
            file.display()
        );
    }
}
