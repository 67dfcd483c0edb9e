//! Those who make the load: good clients that count, bad ones that do their worst, and a window manager that talks.

use std::collections::BTreeSet;
use std::io::{BufRead, Read, Write};
use std::net::Shutdown;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use fastrand::Rng;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::fake_wm::{FakeWm, window_event};
use crate::rig::{Client, Daemon};

/// Calls that a good client has under way at most: it reads before it asks for more.
const CALLS_AT_ONCE: usize = 12;

/// What was counted.
#[derive(Debug, Default)]
pub struct Tally {
    pub answers: AtomicU64,
    pub notices: AtomicU64,
    pub changes: AtomicU64,
    pub offences: AtomicU64,
    /// Good clients that were told that there is no room.
    pub refused: AtomicU64,
    pub lost: AtomicU64,
    pub doubled: AtomicU64,
    pub gaps: AtomicU64,
}

impl Tally {
    pub fn count(&self, what: &AtomicU64) -> u64 {
        what.load(Ordering::SeqCst)
    }
}

/// What all threads know.
#[derive(Debug)]
pub struct Shared {
    socket: PathBuf,
    pub stop: AtomicBool,
    pub tally: Tally,
}

impl Shared {
    pub fn new(socket: PathBuf) -> Shared {
        Shared { socket, stop: AtomicBool::new(false), tally: Tally::default() }
    }

    /// There is no need to go on.
    pub fn has_failed(&self) -> bool {
        [&self.tally.lost, &self.tally.doubled, &self.tally.gaps].into_iter().any(|what| self.tally.count(what) > 0)
    }

    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::SeqCst)
    }

    fn add(&self, what: &AtomicU64) {
        what.fetch_add(1, Ordering::SeqCst);
    }

    fn fault(&self, what: &AtomicU64, text: &str) {
        println!("fault: {text}");
        self.add(what);
    }

    /// A connection that is served: the first call is answered.
    fn connect(&self) -> Option<Client> {
        let mut client = Client::connect(&self.socket)?;
        let served = writeln!(client.stream(), "{}", request(0, "ping", &json!({}))).is_ok();
        match client.line() {
            Some(answer) if served && answer["result"]["protocol"] == 1 => Some(client),
            Some(answer) if answer["error"]["data"]["code"] != "overloaded" => {
                self.fault(&self.tally.doubled, &format!("a ping was answered by {answer}"));
                None
            }
            _ => {
                self.add(&self.tally.refused);
                std::thread::sleep(Duration::from_millis(20));
                None
            }
        }
    }
}

fn request(id: u64, method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

/// Some call that changes nothing.
fn any_call(id: u64, rng: &mut Rng) -> Value {
    let (method, params) = match rng.u8(..10) {
        0 => ("ping", json!({})),
        1 => ("status", json!({})),
        2 => ("project.list", json!({})),
        3 => ("window.list", json!({})),
        4 => ("window.get", json!({"id": 20})),
        5 => ("events.recent", json!({"limit": 5})),
        6 => ("project.get", json!({"name": "nobody"})),
        7 => ("metrics", json!({})),
        _ => ("project.current", json!({})),
    };
    request(id, method, &params)
}

/// A good client: asks for several things at once, also in batches, and has every answer once.
pub fn call(shared: &Shared, mut rng: Rng) {
    let mut id = 0;
    while shared.goes_on() {
        let Some(mut client) = shared.connect() else { continue };
        for _ in 0..rng.usize(1..200) {
            let mut waiting = BTreeSet::new();
            let mut text = String::new();
            let mut next = |rng: &mut Rng| {
                id += 1;
                waiting.insert(id);
                any_call(id, rng)
            };
            for _ in 0..rng.usize(1..=3) {
                let line = match rng.u8(..4) {
                    0 => Value::Array((0..rng.usize(1..=CALLS_AT_ONCE / 3)).map(|_| next(&mut rng)).collect()),
                    _ => next(&mut rng),
                };
                text += &format!("{line}\n");
            }
            if client.stream().write_all(text.as_bytes()).is_err() {
                return shared.fault(&shared.tally.lost, "a good client was closed");
            }
            while !waiting.is_empty() {
                let mut line = String::new();
                match client.reader.read_line(&mut line) {
                    Ok(length) if length > 0 => {}
                    end => return shared.fault(&shared.tally.lost, &format!("{waiting:?} were not answered: {end:?}")),
                }
                let answer: Value = serde_json::from_str(&line).expect("a line of JSON");
                let answers = answer.as_array().cloned().unwrap_or_else(|| vec![answer]);
                for answer in answers {
                    if !answer["id"].as_u64().is_some_and(|id| waiting.remove(&id)) {
                        return shared.fault(&shared.tally.doubled, &format!("nobody asked for {answer}"));
                    }
                    shared.add(&shared.tally.answers);
                }
            }
        }
    }
}

/// A good subscriber: reads all notices, and none is missing.
pub fn listen(shared: &Shared, mut rng: Rng) {
    while shared.goes_on() {
        let Some(mut client) = shared.connect() else { continue };
        let line = request(1, "subscribe", &json!({"topics": ["all"]}));
        let _ = writeln!(client.stream(), "{line}");
        client.stream().set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout");
        let (mut last, mut epoch, mut line) = (0, None, String::new());
        for _ in 0..rng.usize(100..20_000) {
            match client.reader.read_line(&mut line) {
                Ok(0) => return shared.fault(&shared.tally.gaps, "a subscriber that reads was closed"),
                Ok(_) => {}
                // Nothing happens; half a line is kept.
                Err(_) if shared.goes_on() => continue,
                Err(_) => return,
            }
            let message: Value = serde_json::from_str(&line).expect("a line of JSON");
            line.clear();
            if message["method"] != "notice" {
                if message["id"] != 1 {
                    return shared.fault(&shared.tally.gaps, &format!("a subscriber was told {message}"));
                }
                continue;
            }
            let notice = &message["params"];
            let known = epoch.get_or_insert_with(|| notice["epoch"].clone());
            if notice["seq"].as_u64() != Some(last + 1) || *known != notice["epoch"] {
                return shared.fault(&shared.tally.gaps, &format!("{notice} after {last} of {known}"));
            }
            last += 1;
            shared.add(&shared.tally.notices);
        }
    }
}

/// A good client that changes things, and is answered whatever the window manager does.
pub fn change(shared: &Shared, mut rng: Rng) {
    let mut client = None;
    let mut id = 1;
    while shared.goes_on() {
        let Some(client) = client.get_or_insert_with(|| shared.connect()).as_mut() else {
            client = None;
            continue;
        };
        let name = format!("p{}", rng.u8(..6));
        let (method, params) = match rng.u8(..6) {
            0 => ("project.create", json!({"name": name})),
            1 => ("project.delete", json!({"name": name})),
            2 => ("project.update", json!({"name": name, "icon": rng.u32(..).to_string()})),
            3 => ("window.assign", json!({"id": 20, "project": name})),
            4 => ("reload", json!({})),
            _ => ("project.switch", json!({"name": name})),
        };
        id += 1;
        let _ = writeln!(client.stream(), "{}", request(id, method, &params));
        match client.line() {
            Some(answer) if answer["id"] == id => shared.add(&shared.tally.changes),
            Some(answer) => return shared.fault(&shared.tally.doubled, &format!("{method} was answered by {answer}")),
            None => return shared.fault(&shared.tally.lost, &format!("{method} was not answered")),
        }
        std::thread::sleep(Duration::from_millis(rng.u64(..10)));
    }
}

/// One bad client after the other.
pub fn offend(shared: &Shared, mut rng: Rng) {
    while shared.goes_on() {
        let Some(mut client) = Client::connect(&shared.socket) else { continue };
        let _ = client.stream().set_write_timeout(Some(Duration::from_millis(100)));
        let _ = client.stream().set_read_timeout(Some(Duration::from_millis(100)));
        let pause = Duration::from_millis(rng.u64(..100));
        let status = format!("{}\n", request(1, "status", &json!({})));
        let stream = client.stream();
        // What becomes of any of it does not matter here.
        let _ = match rng.u8(..13) {
            // Silent.
            0 => {
                std::thread::sleep(pause);
                Ok(())
            }
            // Half a line, and gone.
            1 => stream.write_all(&status.as_bytes()[..rng.usize(..status.len())]),
            // A few bytes at a time.
            2 => status.as_bytes().chunks(7).try_for_each(|piece| stream.write_all(piece)),
            // Asks without reading, until there is no room.
            3 => stream.write_all(status.repeat(5_000).as_bytes()),
            // Closes in the middle of a reply.
            4 => stream.write_all(status.repeat(30).as_bytes()).and_then(|()| stream.read_exact(&mut [0; 100])),
            // Says its last word, and reads the answer.
            5 => stream
                .write_all(status.as_bytes())
                .and_then(|()| stream.shutdown(Shutdown::Write))
                .and_then(|()| stream.read_to_end(&mut Vec::new()).map(drop)),
            // A line that is too long.
            6 => stream.write_all(&vec![b'x'; 3 << 20]),
            // Nested without end.
            7 => stream.write_all(format!("{}\n", "[".repeat(100_000)).as_bytes()),
            // Rubbish.
            8 => stream.write_all(&(0..10_000).map(|_| rng.u8(..)).collect::<Vec<u8>>()),
            // Empty lines.
            9 => stream.write_all(&vec![b'\n'; 1 << 20]),
            // A batch that is too large, and one that is not and nobody reads.
            10 => stream.write_all(format!("{}\n{}\n", json!(vec![1; 10_000]), json!(vec![1; 30])).as_bytes()),
            // Subscribes to everything, and never reads.
            11 => stream
                .write_all(format!("{}\n", request(1, "subscribe", &json!({"topics": ["all"]}))).as_bytes())
                .map(|()| std::thread::sleep(20 * pause)),
            // Comes and goes.
            _ => (0..100).try_for_each(|_| std::os::unix::net::UnixStream::connect(&shared.socket).map(drop)),
        };
        shared.add(&shared.tally.offences);
    }
}

/// The window manager says a few things about its window.
pub fn talk(wm: &FakeWm, rng: &mut Rng) {
    for _ in 0..rng.usize(..4) {
        let change = *rng.choice(&["title", "title", "title", "focus", "urgent"]).expect("one of them");
        wm.say(&window_event(change, 0, &format!("title {}", rng.u32(..)), rng.u8(..50) == 0));
    }
}

/// The window manager or the daemon itself is not as it should be, for a moment.
pub fn trouble(wm: &FakeWm, daemon: &Daemon, rng: &mut Rng) {
    let pid = Pid::from_raw(i32::try_from(daemon.pid()).expect("a pid")).expect("a pid");
    match rng.u8(..6) {
        0 => wm.hang_up(),
        1 => {
            wm.freeze();
            std::thread::sleep(Duration::from_millis(rng.u64(..1500)));
            wm.thaw();
        }
        2 => wm.say(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        3 => {
            let _ = kill_process(pid, Signal::STOP);
            std::thread::sleep(Duration::from_millis(rng.u64(..300)));
            let _ = kill_process(pid, Signal::CONT);
        }
        4 => drop(kill_process(pid, Signal::HUP)),
        _ => {}
    }
}
