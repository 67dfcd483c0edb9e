//! A client that asks now and then, while 63 others flood or stall, and the window manager's titles
//! storm.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::fake_wm::window_event;
use crate::flood;
use crate::load::Load;
use crate::report::{Goals, median, milliseconds};
use crate::rig::World;
use crate::{ASK, Amount, Rounds, WINDOWS, crowded, floors, heading, p50, p99, subscribe};

/// Clients besides the good one.
const OTHERS: usize = 63;
const TITLES_PER_SECOND: u64 = 10_000;
/// A ping comes in a third of this, and must not take longer.
const WATCHDOG: Duration = Duration::from_secs(1);
/// Titles that wait when the daemon comes to read them.
const QUEUED: usize = 50_000;

/// Fairness: the floors have no window manager, so they have the same clients and no titles.
pub fn among_others(amount: &Amount, goals: &mut Goals) {
    let world = World::new();
    let wm = Arc::new(world.window_manager());
    let (mut daemon, silence) = flood::watched(&world, WATCHDOG);
    let ours = world.socket();
    let (floors, _) = floors(&world);
    let sockets = [ours.as_path(), &floors[0].socket, &floors[1].socket];
    let span = amount.span * 4;
    let (served, storms) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    heading("a good client among others");
    Rounds::of(amount.rounds, sockets, |socket| Load::of_one(socket, span, ASK)).print("alone");
    let stalled = Rounds::of(amount.rounds, sockets, |socket| {
        let _stalled = flood::stall(socket, OTHERS, ASK);
        Load::of_one(socket, span, ASK)
    });
    stalled.print("63 stall");
    let flooded = Rounds::of(amount.rounds, sockets, |socket| {
        let asking = flood::ask(socket, OTHERS, ASK);
        let storm = (socket == ours).then(|| flood::change_titles(Arc::clone(&wm), TITLES_PER_SECOND));
        let load = Load::of_one(socket, span, ASK);
        served.borrow_mut().push(asking.end());
        storms.borrow_mut().extend(storm.map(flood::Work::end));
        load
    });
    flooded.print("63 flood");
    let answered = |server: usize| median(served.borrow().iter().skip(server).step_by(3).copied().collect());
    let titles = median(storms.take());
    println!(
        "the others have {:.0} answers a second of i3pm, {:.0} and {:.0} of the floors; {titles:.0} titles a second besides, for i3pm alone",
        answered(0),
        answered(1),
        answered(2)
    );
    // Alone and among those that stall, turn by turn, on i3pm.
    let pairs: Vec<(f64, f64)> = (0..2 * amount.rounds + 1)
        .map(|_| {
            let alone = p50(&Load::of_one(&ours, span / 2, ASK));
            let _stalled = flood::stall(&ours, OTHERS, ASK);
            (alone, p50(&Load::of_one(&ours, span / 2, ASK)))
        })
        .collect();
    let change = median(pairs.iter().map(|(alone, among)| among / alone).collect());
    daemon.signal(15);
    daemon.wait_exit(Duration::from_secs(5));
    let (pings, longest) = silence.join().expect("it listens");
    println!(
        "{pings} pings of the watchdog, the longest silence {:.0} ms of {:.0}",
        milliseconds(longest),
        milliseconds(WATCHDOG)
    );
    let (half, most) = (flooded.ratio(p50), flooded.ratio(p99));
    goals.add(half <= 2.0, "63 flood, 10,000 titles: p50 at most 2 times the mio floor's", format!("{half:.2}"));
    goals.add(most <= 2.0, "63 flood, 10,000 titles: p99 at most 2 times the mio floor's", format!("{most:.2}"));
    let most = flooded.median(0, p99) / 1e3;
    goals.add(most <= 10.0, "63 flood, 10,000 titles: p99 under 10 ms", format!("{most:.2} ms"));
    goals.add(
        titles >= 0.95 * TITLES_PER_SECOND as f64,
        "63 flood: all titles are read",
        format!("{titles:.0} a second"),
    );
    goals.add(longest < WATCHDOG, "63 flood: the watchdog is told in time", format!("{:.0} ms", milliseconds(longest)));
    goals.add(change <= 1.1, "63 stall: p50 as alone (at most 1.1 times)", format!("{change:.2}"));
}

/// More events at once than anything may keep waiting.
pub fn queued_events(amount: &Amount, goals: &mut Goals) {
    let count = if amount.rounds > 1 { QUEUED } else { 1000 };
    let world = World::new();
    let (wm, daemon) = crowded(&world);
    let mut subscriber = subscribe(&world);
    let events: Vec<u8> = (0..count)
        .flat_map(|number| window_event("title", number as u64 % WINDOWS, &format!("title {number}"), false))
        .collect();
    let last = format!("title {}\"", count - 1);
    let before = daemon.status()["turns"]["count"].as_u64().expect("a count");
    let start = std::time::Instant::now();
    let notices = std::thread::scope(|scope| {
        scope.spawn(|| wm.say(&events));
        let told = |line: &[u8]| line.windows(last.len()).any(|part| part == last.as_bytes());
        (1..).find(|_| told(subscriber.receive())).expect("the last title")
    });
    let took = start.elapsed();
    let turns = daemon.call("status", json!({}))["turns"].clone();
    let longest = turns["longest_us"].as_f64().expect("a time") / 1e3;
    println!(
        "\n{count} titles at once, {} bytes: read in {:.0} ms ({:.1} us each, with {} turns and {notices} notices to a subscriber), the longest turn {longest:.2} ms",
        events.len(),
        milliseconds(took),
        took.as_secs_f64() * 1e6 / count as f64,
        turns["count"].as_u64().expect("a count") - before,
    );
    goals.add(longest < 5.0, "50,000 titles at once: the longest turn under 5 ms", format!("{longest:.2} ms"));
}
