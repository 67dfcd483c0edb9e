//! A good client that asks all the time while others misbehave, and notes how long each answer took.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::rig::{Client, Daemon, World};

/// The longest that an answer may take while others misbehave. Far more than it takes: the machine is shared, the build a
/// debug one; who waits for another client waits much longer.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(1);

/// The good client, asking in a thread of its own.
pub struct Witness {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<(u64, Duration)>>,
    socket: PathBuf,
}

impl Witness {
    /// Begin to ask. One project is made, to be asked for.
    pub fn new(world: &World, daemon: &Daemon) -> Witness {
        daemon.call("project.create", json!({"name": "witness", "icon": "W"}));
        let mut client = daemon.connect();
        client.call("ping", json!({}));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let stop = Arc::clone(&stop);
            move || {
                let (mut count, mut longest) = (0, Duration::ZERO);
                while count < 3 || !stop.load(Ordering::SeqCst) {
                    let start = Instant::now();
                    let project = client.call("project.get", json!({"name": "witness"}))["project"].clone();
                    let took = start.elapsed();
                    assert_eq!((&project["name"], &project["icon"]), (&json!("witness"), &json!("W")));
                    let error = client.try_call("project.get", json!({"name": "nobody"})).unwrap_err();
                    assert_eq!(error["code"], -32000, "{error}");
                    (count, longest) = (count + 1, longest.max(took));
                    // It asks now and then; it is no flood itself.
                    std::thread::sleep(Duration::from_millis(2));
                }
                (count, longest)
            }
        });
        Witness { stop, thread: Some(thread), socket: world.socket() }
    }

    /// It has seen right answers, in time, and a newcomer gets one too.
    pub fn finish(mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let (count, longest) = self.thread.take().expect("it asks").join().expect("it saw right answers");
        assert!(longest < ANSWER_LIMIT, "one of {count} answers took {longest:?}");
        let mut newcomer = Client::connect(&self.socket).expect("the daemon accepts a connection");
        newcomer.call("ping", json!({}));
        println!("{count} answers, the longest after {:.1} ms", longest.as_secs_f64() * 1000.0);
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}
