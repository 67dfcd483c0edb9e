//! What a daemon does while nothing happens: 200 windows are open, ten subscribers have heard everything.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::proc::context_switches;
use crate::rig::{Client, Daemon, ServiceManager, World, wait_for};
use crate::strace::Strace;

const WINDOWS: u64 = 200;
const SUBSCRIBERS: usize = 10;
/// So long nothing happens before it counts as idle.
const QUIET: Duration = Duration::from_millis(300);

/// What was seen of an idle daemon.
#[derive(Debug, Default)]
pub struct Idleness {
    /// How often its threads began to run.
    pub switches: u64,
    /// Its system calls by name, of all threads.
    pub syscalls: BTreeMap<String, u64>,
    /// What its service manager was told, while switches were counted and while system calls were.
    pub pings: [u64; 2],
}

impl Idleness {
    /// Look at two for so long: one is counted, and strace looks at the other, which makes it run more often. With a watchdog each tells
    /// its service manager that it lives, at a third of this interval.
    pub fn observe(span: Duration, watchdog: Option<Duration>) -> Idleness {
        let [(mut counted, counted_pings), (traced, traced_pings)] = std::thread::scope(|scope| {
            let looks = [false, true].map(|is_traced| scope.spawn(move || Stage::new(watchdog).watch(span, is_traced)));
            looks.map(|look| look.join().unwrap())
        });
        counted.syscalls = traced.syscalls;
        Idleness { pings: [counted_pings, traced_pings], ..counted }
    }

    /// Nothing but waking, telling the service manager, and setting the timer anew. Of a ping in the moment of looking only a part may be counted.
    pub fn is_nothing_but_pings(&self) -> bool {
        let allowed = ["epoll_wait", "read", "write", "timerfd_settime"];
        let each_once =
            |(name, count): (&String, &u64)| allowed.contains(&name.as_str()) && *count <= self.pings[1] + 1;
        // One who is woken may be interrupted once before it sleeps again.
        self.switches <= 2 * self.pings[0] + u64::from(self.pings[0] > 0) && self.syscalls.iter().all(each_once)
    }
}

struct Stage {
    daemon: Daemon,
    manager: ServiceManager,
    _subscribers: Vec<Client>,
    _wm: crate::fake_wm::FakeWm,
    world: World,
}

impl Stage {
    fn new(watchdog: Option<Duration>) -> Stage {
        let world = World::new();
        let wm = world.window_manager();
        wm.add_windows(WINDOWS - 1);
        let manager = world.service_manager();
        let mut command = world.quiet_daemon_command();
        command.env("NOTIFY_SOCKET", &manager.path);
        if let Some(interval) = watchdog {
            command.env("WATCHDOG_USEC", interval.as_micros().to_string());
        }
        let mut daemon = world.spawn(command);
        daemon.wait_answer();
        let mut subscribers: Vec<Client> = (0..SUBSCRIBERS).map(|_| daemon.connect()).collect();
        for subscriber in &mut subscribers {
            subscriber.call("subscribe", json!({"topics": ["all"]}));
        }
        // The order of use is saved a second after the start, and that is the last there is to do.
        daemon.wait_status("nothing to do", |status| {
            let mut deadlines = status["deadlines"].as_array()?.iter();
            let all = status["windows"]["total"] == WINDOWS && status["settled"] == true;
            (all && deadlines.all(|deadline| deadline["name"] == "watchdog")).then_some(())
        });
        // What the subscribers were told is read, and nothing more comes.
        for subscriber in &mut subscribers {
            subscriber.stream().set_read_timeout(Some(Duration::from_millis(1))).unwrap();
            while std::io::BufRead::skip_until(&mut subscriber.reader, b'\n').is_ok_and(|bytes| bytes > 0) {}
        }
        Stage { daemon, manager, _subscribers: subscribers, _wm: wm, world }
    }

    fn watch(self, span: Duration, is_traced: bool) -> (Idleness, u64) {
        let pid = self.daemon.pid();
        let strace = is_traced.then(|| Strace::attach(pid, self.world.path("strace"), &[]));
        wait_for("quiet", || {
            let before = context_switches(pid);
            std::thread::sleep(QUIET);
            (context_switches(pid) == before).then_some(())
        });
        while self.manager.next(Duration::from_millis(1)).is_some() {}
        // The last line may be the beginning of a call that waits.
        let seen = strace.as_ref().and_then(|strace| strace.seen().rfind('\n')).map_or(0, |end| end + 1);
        let (before, start) = (context_switches(pid), Instant::now());
        let mut pings = 0;
        while let Some(left) = span.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
            pings += u64::from(self.manager.next(left).is_some());
        }
        let switches = context_switches(pid) - before;
        let text = strace.map(|strace| strace.seen()).unwrap_or_default();
        let mut syscalls: BTreeMap<String, u64> = BTreeMap::new();
        // A call that has come back says with what; one that waits is none yet.
        for line in text[seen..].lines().filter(|line| line.contains(" = ")) {
            let call =
                line.trim_start_matches(|character: char| character.is_ascii_digit() || " <.".contains(character));
            let name = call.split(|character: char| !character.is_alphanumeric() && character != '_').next();
            *syscalls.entry(name.unwrap_or_default().to_owned()).or_default() += 1;
        }
        (Idleness { switches, syscalls, ..Idleness::default() }, pings)
    }
}
