//! Clients that ask, and what their waiting amounts to.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::flood::well_behaved;
use crate::rig::DEADLINE;

/// A connection that sends lines and waits for lines.
pub struct Caller {
    reader: BufReader<UnixStream>,
    line: Vec<u8>,
}

impl Caller {
    pub fn connect(socket: &Path) -> Caller {
        let stream = UnixStream::connect(socket).expect("a server");
        stream.set_read_timeout(Some(DEADLINE)).expect("a socket takes it");
        Caller { reader: BufReader::new(stream), line: Vec::new() }
    }

    pub fn send(&mut self, line: &[u8]) {
        self.reader.get_mut().write_all(line).expect("the server reads");
    }

    /// The next line, its end included.
    pub fn receive(&mut self) -> &[u8] {
        self.line.clear();
        let bytes = self.reader.read_until(b'\n', &mut self.line).expect("an answer in time");
        assert!(bytes > 0, "the server has hung up");
        &self.line
    }

    /// Ask, and wait for the answer.
    pub fn call(&mut self, line: &[u8]) -> Duration {
        let start = Instant::now();
        self.send(line);
        self.receive();
        start.elapsed()
    }
}

/// How long each of many calls took, and all of them together.
#[derive(Debug, Clone, Default)]
pub struct Load {
    each: Vec<Duration>,
    whole: Duration,
}

impl Load {
    /// Time single calls, one after the other.
    pub fn one_by_one(count: usize, mut call: impl FnMut() -> Duration) -> Load {
        let start = Instant::now();
        let each = (0..count).map(|_| call()).collect();
        Load { each, whole: start.elapsed() }.sorted()
    }

    /// So many clients ask without a break for so long.
    pub fn of_clients(socket: &Path, clients: usize, span: Duration, line: &[u8]) -> Load {
        let over = AtomicBool::new(false);
        let start = Instant::now();
        let each = std::thread::scope(|scope| {
            let ask = || {
                let (mut caller, mut each) = (Caller::connect(socket), Vec::new());
                while !over.load(Ordering::Relaxed) {
                    each.push(caller.call(line));
                }
                each
            };
            let threads: Vec<_> = (0..clients).map(|_| scope.spawn(ask)).collect();
            // The span that is measured; nothing is waited for.
            std::thread::sleep(span);
            over.store(true, Ordering::Relaxed);
            threads.into_iter().flat_map(|thread| thread.join().expect("a client")).collect()
        });
        Load { each, whole: start.elapsed() }.sorted()
    }

    /// One that asks now and then, for so long.
    pub fn of_one(socket: &Path, span: Duration, line: &[u8]) -> Load {
        Load { each: well_behaved(socket, span, line), whole: span }
    }

    fn sorted(mut self) -> Load {
        self.each.sort_unstable();
        self
    }

    /// The time that this share of all calls did not exceed.
    pub fn quantile(&self, share: f64) -> Duration {
        let last = self.each.len() - 1;
        self.each[((last as f64 * share).round() as usize).min(last)]
    }

    pub fn per_second(&self) -> f64 {
        self.each.len() as f64 / self.whole.as_secs_f64()
    }
}
