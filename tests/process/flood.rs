//! Clients that ask without pause, clients that do nothing, a window manager whose titles change all the time: and a good client meanwhile.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::fake_wm::{FakeWm, window_event};
use crate::rig::{DEADLINE, Daemon, ServiceManager, World, wait_for};

/// Calls that each flooding client has under way: it sends so many more when they are answered.
pub const CALLS_AT_ONCE: usize = 16;
/// Different titles, each of which is a change.
const TITLES: usize = 100;
/// Between two bursts of titles.
const BURST: Duration = Duration::from_millis(1);
/// Between an answer to the good client and its next call.
const PAUSE: Duration = Duration::from_millis(1);

/// Something that goes on in a thread until it is ended; it counts what it does.
pub struct Work {
    stop: Arc<AtomicBool>,
    start: Instant,
    thread: Option<JoinHandle<u64>>,
}

impl Work {
    fn start(work: impl FnOnce(&AtomicBool) -> u64 + Send + 'static) -> Work {
        let stop = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&stop);
        Work { stop, start: Instant::now(), thread: Some(std::thread::spawn(move || work(&theirs))) }
    }

    /// End it: how much was done in a second.
    pub fn end(mut self) -> f64 {
        let span = self.start.elapsed().as_secs_f64();
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().expect("it does its work") as f64 / span
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// So many clients ask without pause; answers are counted. One thread serves them all, so that they take a share of the machine that does not
/// grow with their number, and the rest of them has calls waiting while one is served.
pub fn ask(socket: &Path, clients: usize, line: &'static [u8]) -> Work {
    let burst = line.repeat(CALLS_AT_ONCE);
    let mut clients: Vec<BufReader<UnixStream>> = (0..clients).map(|_| BufReader::new(connect(socket))).collect();
    Work::start(move |stop| {
        for client in &mut clients {
            client.get_mut().write_all(&burst).expect("the server reads");
        }
        let (mut count, mut answer) = (0, Vec::new());
        while !stop.load(Ordering::Relaxed) {
            for client in &mut clients {
                for _ in 0..CALLS_AT_ONCE {
                    answer.clear();
                    client.read_until(b'\n', &mut answer).expect("an answer in time");
                    assert!(answer.starts_with(b"{") || answer.starts_with(b"x"), "no answer: {answer:?}");
                    count += 1;
                }
                client.get_mut().write_all(&burst).expect("the server reads");
            }
        }
        count
    })
}

/// So many clients that stall: silent, in the middle of a line, or with an answer that they do not read.
pub fn stall(socket: &Path, clients: usize, line: &[u8]) -> Vec<UnixStream> {
    let stalled = |number: usize| {
        let mut stream = connect(socket);
        match number % 3 {
            0 => {}
            1 => stream.write_all(&line[..line.len() / 2]).expect("the server reads"),
            _ => stream.write_all(line).expect("the server reads"),
        }
        stream
    };
    (0..clients).map(stalled).collect()
}

/// The title of a window changes so often in a second; changes are counted when they are written, and a window manager that is not read cannot
/// write.
pub fn change_titles(wm: Arc<FakeWm>, per_second: u64) -> Work {
    let titles: Vec<Vec<u8>> =
        (0..TITLES).map(|number| window_event("title", 0, &format!("title {number}"), false)).collect();
    Work::start(move |stop| {
        let (start, mut count) = (Instant::now(), 0);
        let mut next = titles.iter().cycle();
        while !stop.load(Ordering::Relaxed) {
            let due = start.elapsed().as_micros() as u64 * per_second / 1_000_000;
            let burst: Vec<u8> = next.by_ref().take((due - count) as usize).flatten().copied().collect();
            wm.say(&burst);
            count = due;
            std::thread::sleep(BURST);
        }
        count
    })
}

/// The good client: one call, and a pause, for so long. How long each answer took, the shortest first.
pub fn well_behaved(socket: &Path, span: Duration, line: &[u8]) -> Vec<Duration> {
    let mut reader = BufReader::new(connect(socket));
    let (start, mut took, mut answer) = (Instant::now(), Vec::new(), Vec::new());
    while start.elapsed() < span {
        let asked = Instant::now();
        reader.get_mut().write_all(line).expect("the server reads");
        answer.clear();
        assert!(reader.read_until(b'\n', &mut answer).expect("an answer in time") > 0, "it is closed");
        took.push(asked.elapsed());
        std::thread::sleep(PAUSE);
    }
    took.sort_unstable();
    took
}

/// A daemon that has its window manager, and a watchdog with this interval. How many pings came and the longest time without one is known when it tells that
/// it stops.
pub fn watched(world: &World, watchdog: Duration) -> (Daemon, JoinHandle<(u64, Duration)>) {
    let manager = world.service_manager();
    let mut command = world.quiet_daemon_command();
    command.env("NOTIFY_SOCKET", &manager.path).env("WATCHDOG_USEC", watchdog.as_micros().to_string());
    let mut daemon = world.spawn(command);
    let silence = longest_silence(manager);
    daemon.wait_answer();
    daemon.wait_wm("connected");
    (daemon, silence)
}

fn longest_silence(manager: ServiceManager) -> JoinHandle<(u64, Duration)> {
    std::thread::spawn(move || {
        manager.until("READY=1");
        let (mut pings, mut longest, mut last) = (0, Duration::ZERO, Instant::now());
        loop {
            let told = manager.next(DEADLINE).expect("a ping, or the end");
            if told.contains("WATCHDOG=1") || told.contains("STOPPING=1") {
                longest = longest.max(last.elapsed());
                last = Instant::now();
                pings += 1;
            }
            if told.contains("STOPPING=1") {
                return (pings - 1, longest);
            }
        }
    })
}

fn connect(socket: &Path) -> UnixStream {
    let socket: PathBuf = socket.to_owned();
    let stream = wait_for("a connection", || UnixStream::connect(&socket).ok());
    stream.set_read_timeout(Some(DEADLINE)).expect("a socket takes it");
    stream.set_write_timeout(Some(DEADLINE)).expect("a socket takes it");
    stream
}
