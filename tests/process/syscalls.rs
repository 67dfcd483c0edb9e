//! Every syscall of the loop and its threads fails once, with every error that the kernel may give there: `strace` puts them in.
//! The daemon lives on, whoever is not concerned notices nothing, and the next try of whoever is succeeds.
//!
//! What is not tried: `close` (strace would leave the descriptor open, which the kernel does not), memory that the process itself
//! cannot have, and calls that cannot fail with the arguments they are given (`timerfd_settime`, `futex`). `EAGAIN` where there is something is
//! a lie that the kernel never tells; after it the daemon may wait for the next thing to happen, and no longer.

use std::io::{BufRead, Write};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::fake_wm::{FakeWm, frame};
use crate::rig::{Client, Daemon, World};
use crate::strace::Strace;

/// How long the one who is concerned is waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// Errors of reading and writing a descriptor.
const TRANSIENT: [&str; 2] = ["EINTR", "EAGAIN"];

struct Stage {
    world: World,
    wm: FakeWm,
    daemon: Daemon,
    /// Connected before anything fails, and silent meanwhile.
    bystander: Client,
    expected: Value,
    cases: u32,
}

impl Stage {
    fn new() -> Stage {
        let world = World::new();
        world.write_config("# none\n");
        let wm = world.window_manager();
        let daemon = world.start();
        daemon.wait_wm("connected");
        daemon.call("project.create", json!({"name": "a"}));
        daemon.call("project.create", json!({"name": "b"}));
        let mut bystander = daemon.connect();
        let expected = bystander.call("window.list", json!({}));
        Stage { world, wm, daemon, bystander, expected, cases: 0 }
    }

    /// For each error: it is put in, `poke` makes the daemon run into it, and all is well after it.
    fn fail(&mut self, syscall: &str, when: u32, errnos: &[&str], mut poke: impl FnMut(&mut Stage)) {
        for errno in errnos {
            // The `when`th such call of each thread fails.
            let (trace, inject) = (format!("trace={syscall}"), format!("inject={syscall}:error={errno}:when={when}"));
            let output = self.world.path("strace");
            let strace = Strace::attach(self.daemon.pid(), output, &["-e", &trace, "-e", &inject]);
            poke(self);
            assert!(strace.end().contains("(INJECTED)"), "no {syscall} came to fail with {errno}");
            self.is_well(&format!("{syscall} {errno} (number {when})"));
            self.cases += 1;
        }
    }

    fn is_well(&mut self, what: &str) {
        let log = self.daemon.log();
        assert!(!log.contains("panicked"), "{what}: {log}");
        self.daemon.wait_wm("connected");
        let windows = self.bystander.try_call("window.list", json!({}));
        assert_eq!(windows.as_ref(), Ok(&self.expected), "{what}: the bystander was concerned");
        let mut newcomer = self.daemon.connect();
        newcomer.call("project.update", json!({"name": "a", "icon": what}));
        assert_eq!(newcomer.call("project.get", json!({"name": "a"}))["project"]["icon"], what);
        let names: Vec<Value> = newcomer.call("project.list", json!({}))["projects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|project| project["name"].clone())
            .collect();
        assert_eq!(names, ["a", "b"], "{what}");
    }

    /// Connect and ask: what comes of it does not matter, that it is over in time does.
    fn ask(&mut self, method: &str, params: Value) {
        let mut client = self.daemon.connect();
        client.stream().set_read_timeout(Some(PATIENCE)).unwrap();
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let _ = writeln!(client.stream(), "{call}");
        let _ = client.reader.read_line(&mut String::new());
    }

    fn ping(&mut self) {
        self.ask("ping", json!({}));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        println!("{} errors survived", self.cases);
    }
}

#[test]
fn a_connection_is_accepted() {
    let mut stage = Stage::new();
    let no_room = ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"];
    stage.fail(
        "accept4",
        1,
        &[&["EAGAIN", "EINTR", "ECONNABORTED", "EPROTO", "EPERM"], &no_room[..]].concat(),
        Stage::ping,
    );
    stage.fail("getsockopt", 1, &["ENOMEM", "ENOBUFS"], Stage::ping);
    stage.fail("epoll_ctl", 1, &["ENOMEM", "ENOSPC"], Stage::ping);
    stage.fail("epoll_wait", 1, &["EINTR"], Stage::ping);
    // Who is behind it: the name of its program.
    stage.fail("openat", 1, &["EMFILE", "ENFILE", "ENOMEM", "ENOENT", "EACCES", "EINTR"], Stage::ping);
    stage.fail("read", 1, &["EINTR", "EIO", "ESRCH"], Stage::ping);
}

#[test]
fn a_call_is_read_and_answered() {
    let mut stage = Stage::new();
    stage.fail("recvfrom", 1, &[&TRANSIENT[..], &["ECONNRESET", "ENOMEM", "EIO"]].concat(), Stage::ping);
    stage.fail("sendto", 1, &[&TRANSIENT[..], &["EPIPE", "ECONNRESET", "ENOBUFS", "ENOMEM"]].concat(), Stage::ping);
}

#[test]
fn a_file_is_written() {
    let mut stage = Stage::new();
    let update = |stage: &mut Stage| stage.ask("project.update", json!({"name": "b", "icon": "x"}));
    let disk = ["ENOSPC", "EIO", "EDQUOT", "EROFS", "EINTR"];
    stage.fail("fsync", 1, &disk, update);
    stage.fail("renameat", 1, &["ENOSPC", "EIO", "EROFS", "EACCES"], update);
    // The file itself; then the word to the loop that it is written.
    stage.fail("write", 1, &disk, update);
    stage.fail("write", 2, &TRANSIENT, update);
}

#[test]
fn the_configuration_is_watched_and_read() {
    let mut stage = Stage::new();
    let mut number = 0;
    let mut write = move |stage: &mut Stage| {
        number += 1;
        stage.world.write_config(&format!("# {number}\n"));
        // It is read after a while of quiet; the answer to a reload comes when a read is over.
        std::thread::sleep(Duration::from_millis(150));
        stage.ask("reload", json!({}));
    };
    // inotify, then the timer.
    stage.fail("read", 1, &TRANSIENT, &mut write);
    stage.fail("read", 2, &TRANSIENT, &mut write);
    stage.fail("openat", 1, &["EMFILE", "ENFILE", "EACCES", "EIO", "EINTR", "ENOENT"], &mut write);
    let mut anew = |stage: &mut Stage| {
        std::fs::remove_dir_all(stage.world.path("config/i3pm")).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        write(stage);
    };
    stage.fail("inotify_add_watch", 1, &["ENOSPC", "ENOMEM", "EACCES"], &mut anew);
    stage.daemon.wait_log("cannot be watched");
    // It was tried again with the next reload: a change is seen.
    stage.world.write_config("[project.seen]\n");
    stage.daemon.wait_status("the change", |status| (status["projects"] == 3).then_some(()));
    stage.world.write_config("\n");
    stage.daemon.wait_status("the change", |status| (status["projects"] == 2).then_some(()));
    // A signal asks for the same.
    let mut hang_up = |stage: &mut Stage| {
        let pid = Pid::from_raw(i32::try_from(stage.daemon.pid()).unwrap()).unwrap();
        kill_process(pid, Signal::HUP).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        stage.ping();
    };
    stage.fail("recvfrom", 1, &TRANSIENT, &mut hang_up);
}

#[test]
fn the_window_manager_is_heard_asked_and_found_again() {
    let mut stage = Stage::new();
    let tick = |stage: &mut Stage| {
        stage.wm.say(&frame(0x8000_0007, &json!({"first": false, "payload": "x"})));
        std::thread::sleep(Duration::from_millis(50));
    };
    stage.fail("recvfrom", 1, &[&TRANSIENT[..], &["ECONNRESET", "ENOMEM", "EIO"]].concat(), tick);
    // The first thing that is sent is the question for the tree.
    let repair = |stage: &mut Stage| stage.ask("state.repair", json!({}));
    stage.fail("sendto", 1, &[&TRANSIENT[..], &["EPIPE", "ECONNRESET", "ENOBUFS", "ENOMEM"]].concat(), repair);
    let hang_up = |stage: &mut Stage| {
        stage.wm.hang_up();
        std::thread::sleep(Duration::from_millis(200));
    };
    stage.fail("socket", 1, &["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"], hang_up);
    stage.fail("connect", 1, &["EAGAIN", "ECONNREFUSED", "ENOENT", "EACCES", "EINTR", "ENOMEM"], hang_up);
    stage.fail("epoll_ctl", 1, &["ENOMEM", "ENOSPC"], hang_up);
    stage.fail("getsockopt", 1, &["ENOMEM", "ENOBUFS"], hang_up);
}
