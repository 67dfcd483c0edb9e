//! The socket against what a socket can do: `cargo bench --bench ipc`, described in
//! docs/performance.md.
//!
//! i3pm and two servers that do nothing but answer take turns in one run. Run as a test (without
//! `--bench`) it asks a few times, so that it keeps working.

#[allow(dead_code, reason = "shared with the tests of the process")]
#[path = "../../tests/process/fake_wm.rs"]
mod fake_wm;
#[path = "../../tests/process/flood.rs"]
mod flood;
mod floor;
#[path = "../../tests/process/idle.rs"]
mod idle;
mod load;
mod pressure;
#[allow(dead_code, reason = "shared with the tests of the process")]
#[path = "../../tests/support/proc.rs"]
mod proc;
#[path = "../report/mod.rs"]
mod report;
mod rest;
#[allow(dead_code, reason = "shared with the tests of the process")]
#[path = "../../tests/process/rig.rs"]
mod rig;
#[allow(dead_code, reason = "shared with the tests of the process")]
#[path = "../../tests/process/strace.rs"]
mod strace;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use fake_wm::{FakeWm, window_event};
use floor::{Floor, Kind, TELL_ALL};
use load::{Caller, Load};
use report::{Goals, median, microseconds};
use rig::{Daemon, World};
use serde_json::json;

const ASK: &[u8] = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"project.current\"}\n";
const SUBSCRIBE: &[u8] =
    b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscribe\",\"params\":{\"topics\":[\"windows\"]}}
";
/// Interleaved rounds of each measurement; medians over them are told.
const ROUNDS: usize = 7;
/// Clients at the same time.
const CLIENTS: [usize; 3] = [1, 8, 50];
/// Who is told of an event.
const SUBSCRIBERS: [usize; 3] = [1, 16, 64];

/// Windows where there are many.
const WINDOWS: u64 = 200;

/// How much is done in a round.
struct Amount {
    rounds: usize,
    calls: usize,
    connections: usize,
    span: Duration,
    events: usize,
    processes: usize,
}

const TIMED: Amount = Amount {
    rounds: ROUNDS,
    calls: 10_000,
    connections: 2_000,
    span: Duration::from_millis(500),
    events: 300,
    processes: 60,
};
const TRIED: Amount =
    Amount { rounds: 1, calls: 50, connections: 20, span: Duration::from_millis(20), events: 5, processes: 2 };

fn main() -> ExitCode {
    if floor::serve_if_asked() {
        return ExitCode::SUCCESS;
    }
    let timed = std::env::args().any(|argument| argument == "--bench");
    let amount = if timed { TIMED } else { TRIED };
    let mut goals = Goals::default();
    round_trips(&amount, &mut goals);
    fan_out(&amount);
    processes(&amount, &mut goals);
    pressure::among_others(&amount, &mut goals);
    pressure::queued_events(&amount, &mut goals);
    rest::starts(&amount, &mut goals);
    rest::subscribed(&amount, &mut goals);
    rest::idle((!timed).then_some(amount.span), &mut goals);
    if timed {
        goals.print();
    }
    ExitCode::SUCCESS
}

/// A daemon as people run it, with a window manager that answers at once.
fn started(world: &World) -> (FakeWm, Daemon) {
    let wm = world.window_manager();
    let mut daemon = world.spawn(world.quiet_daemon_command());
    daemon.wait_answer();
    daemon.wait_wm("connected");
    (wm, daemon)
}

/// The same with many windows.
fn crowded(world: &World) -> (FakeWm, Daemon) {
    let wm = world.window_manager();
    wm.add_windows(WINDOWS - 1);
    let mut daemon = world.spawn(world.quiet_daemon_command());
    daemon.wait_answer();
    daemon.wait_status("every window", |status| {
        (status["windows"]["total"] == WINDOWS && status["settled"] == true).then_some(())
    });
    (wm, daemon)
}

/// The floors, which answer with as many bytes as i3pm does: how many that are.
fn floors(world: &World) -> ([Floor; 2], usize) {
    let mut caller = Caller::connect(&world.socket());
    caller.send(ASK);
    let answer = caller.receive().len();
    ([Kind::Mio, Kind::Threads].map(|kind| Floor::start(kind, &world.path("run"), answer, answer)), answer)
}

/// i3pm and the two floors, each with what it did in each round.
struct Rounds {
    loads: [Vec<Load>; 3],
}

const NAMES: [&str; 3] = ["i3pm", "mio", "threads"];

impl Rounds {
    /// Round by round each in its turn.
    fn of(rounds: usize, sockets: [&Path; 3], measure: impl Fn(&Path) -> Load) -> Rounds {
        let mut loads: [Vec<Load>; 3] = Default::default();
        for round in 0..=rounds {
            for (loads, socket) in loads.iter_mut().zip(sockets) {
                let load = measure(socket);
                // The first is for warming up.
                if round > 0 {
                    loads.push(load);
                }
            }
        }
        Rounds { loads }
    }

    fn median(&self, server: usize, value: impl Fn(&Load) -> f64) -> f64 {
        median(self.loads[server].iter().map(value).collect())
    }

    /// How i3pm stands to the mio floor: the median over the rounds.
    fn ratio(&self, value: impl Fn(&Load) -> f64) -> f64 {
        median(self.loads[0].iter().zip(&self.loads[1]).map(|(ours, floor)| value(ours) / value(floor)).collect())
    }

    fn print(&self, what: &str) {
        for (server, name) in NAMES.iter().enumerate() {
            let quantile = |share: f64| self.median(server, |load| microseconds(load.quantile(share)));
            println!(
                "{what:<24} {name:<8} {:>9.1} {:>9.1} {:>9.1} {:>9.1} {:>10.1} {:>11.0}",
                quantile(0.5),
                quantile(0.9),
                quantile(0.99),
                quantile(0.999),
                quantile(1.0),
                self.median(server, Load::per_second),
            );
        }
    }
}

/// Above what [`Rounds::print`] prints.
fn heading(what: &str) {
    println!("\n{what}, in microseconds");
    println!(
        "{:<24} {:<8} {:>9} {:>9} {:>9} {:>9} {:>10} {:>11}",
        "", "server", "p50", "p90", "p99", "p99.9", "max", "calls/s"
    );
}

fn p50(load: &Load) -> f64 {
    microseconds(load.quantile(0.5))
}

fn p99(load: &Load) -> f64 {
    microseconds(load.quantile(0.99))
}

fn round_trips(amount: &Amount, goals: &mut Goals) {
    let world = World::new();
    let (_wm, _daemon) = started(&world);
    let ours = world.socket();
    let (floors, answer) = floors(&world);
    let sockets = [ours.as_path(), &floors[0].socket, &floors[1].socket];
    heading(&format!("round trips: {} bytes there, {answer} back; medians over {} rounds", ASK.len(), amount.rounds));
    let one = Rounds::of(amount.rounds, sockets, |socket| {
        let mut caller = Caller::connect(socket);
        Load::one_by_one(amount.calls, || caller.call(ASK))
    });
    one.print("one connection");
    let (half, most) = (one.ratio(p50), one.ratio(p99));
    goals.add(half <= 1.3, "one connection: p50 at most 1.3 times the mio floor's", format!("{half:.2}"));
    goals.add(most <= 1.5, "one connection: p99 at most 1.5 times the mio floor's", format!("{most:.2}"));
    let new = Rounds::of(amount.rounds, sockets, |socket| {
        Load::one_by_one(amount.connections, || {
            let start = Instant::now();
            Caller::connect(socket).call(ASK);
            start.elapsed()
        })
    });
    new.print("a connection for each");
    let half = new.ratio(p50);
    goals.add(half <= 1.3, "a connection for each: p50 at most 1.3 times the mio floor's", format!("{half:.2}"));
    for clients in CLIENTS {
        let many = Rounds::of(amount.rounds, sockets, |socket| Load::of_clients(socket, clients, amount.span, ASK));
        many.print(&format!("{clients} clients"));
        if clients == CLIENTS[CLIENTS.len() - 1] {
            let share = many.ratio(Load::per_second);
            let goal = format!("{clients} clients: at least 0.75 of the mio floor's calls a second");
            goals.add(share >= 0.75, &goal, format!("{share:.2}"));
        }
    }
}

/// From an event of the window manager to its last subscriber, against a server that tells a line
/// to all.
fn fan_out(amount: &Amount) {
    let world = World::new();
    let (wm, daemon) = started(&world);
    let title = |number: usize| window_event("title", 0, &format!("a title, number {number:06}"), false);
    let notice = {
        let mut subscriber = subscribe(&world);
        wm.say(&title(0));
        subscriber.receive().len()
    };
    let floor = Floor::start(Kind::Mio, &world.path("run"), 2, notice);
    println!(
        "\nfan-out: from an event to its last subscriber, {notice} bytes each; medians over {} rounds, in microseconds",
        amount.rounds
    );
    println!("{:<14} {:>10} {:>10} {:>10} {:>10} {:>8}", "subscribers", "i3pm p50", "p99", "floor p50", "p99", "ratio");
    for count in SUBSCRIBERS {
        let (mut ours, mut floors) = (Vec::new(), Vec::new());
        let (mut number, mut cause) = (0, Caller::connect(&floor.socket));
        for _ in 0..amount.rounds {
            let mut subscribers: Vec<Caller> = (0..count).map(|_| subscribe(&world)).collect();
            ours.push(Load::one_by_one(amount.events, || {
                number += 1;
                let event = title(number);
                told(&mut subscribers, || wm.say(&event))
            }));
            drop(subscribers);
            daemon.wait_status("the subscribers to be gone", |status| {
                status["peers"].as_array().is_some_and(|peers| peers.len() == 1).then_some(())
            });
            let mut subscribers: Vec<Caller> = (0..count).map(|_| Caller::connect(&floor.socket)).collect();
            for subscriber in &mut subscribers {
                subscriber.call(b"\n");
            }
            floors.push(Load::one_by_one(amount.events, || {
                let took = told(&mut subscribers, || cause.send(&[TELL_ALL, b'\n']));
                cause.receive();
                took
            }));
        }
        let rounds = Rounds { loads: [ours, floors, Vec::new()] };
        println!(
            "{count:<14} {:>10.1} {:>10.1} {:>10.1} {:>10.1} {:>8.2}",
            rounds.median(0, p50),
            rounds.median(0, p99),
            rounds.median(1, p50),
            rounds.median(1, p99),
            rounds.ratio(p50)
        );
    }
}

/// One that was answered and told how it is.
fn subscribe(world: &World) -> Caller {
    let mut subscriber = Caller::connect(&world.socket());
    subscriber.call(SUBSCRIBE);
    subscriber.receive();
    subscriber
}

/// How long until all have heard.
fn told(subscribers: &mut [Caller], happen: impl FnOnce()) -> Duration {
    let start = Instant::now();
    happen();
    for subscriber in subscribers {
        subscriber.receive();
    }
    start.elapsed()
}

/// The command line as a process, against one that does nothing.
fn processes(amount: &Amount, goals: &mut Goals) {
    let world = World::new();
    let (_wm, daemon) = started(&world);
    daemon.call("project.create", json!({"name": "web"}));
    daemon.call("project.switch", json!({"name": "web"}));
    let run = |mut command: Command| {
        let start = Instant::now();
        let status = command.stdout(Stdio::null()).status().expect("a program");
        assert!(status.success(), "{command:?}: {status}");
        start.elapsed()
    };
    let current = || {
        let mut command = world.command(env!("CARGO_BIN_EXE_i3pm"));
        command.args(["project", "current"]);
        run(command)
    };
    let nothing = || run(world.command("/bin/true"));
    let (mut ours, mut floors) = (Vec::new(), Vec::new());
    for _ in 0..amount.rounds {
        ours.push(p50(&Load::one_by_one(amount.processes, current)) / 1e3);
        floors.push(p50(&Load::one_by_one(amount.processes, nothing)) / 1e3);
    }
    let more = median(ours.iter().zip(&floors).map(|(ours, floor)| ours - floor).collect());
    let (ours, floor) = (median(ours), median(floors));
    println!("\na process: `i3pm project current` {ours:.2} ms, `/bin/true` {floor:.2} ms");
    goals.add(more <= 1.5, "i3pm as a process: at most 1.5 ms more than /bin/true", format!("{more:.2} ms"));
}
