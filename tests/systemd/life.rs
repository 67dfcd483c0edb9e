//! Starting, stopping, signals, reloads: what the service manager asks of a service that is well.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::journal::{Entry, Journal};
use crate::seat::{SERVICE, Seat, slowest_call};
use crate::support::{Rpc, Window};

/// How long the service may take to stop, whatever holds it up.
const STOP_LIMIT: Duration = Duration::from_secs(1);
/// How long a call may take while signals come.
const CALL_LIMIT: Duration = Duration::from_millis(100);

/// Stop the service; answers how long that took, as systemd saw it, after looking at what the journal says of it.
fn stop(seat: &Seat, journal: &Journal) -> Duration {
    seat.systemctl(&["stop", SERVICE]);
    let micros = seat.number("InactiveEnterTimestampMonotonic") - seat.number("ActiveExitTimestampMonotonic");
    let took = Duration::from_micros(micros);
    assert_eq!(seat.property("Result"), "success");
    let entries =
        journal.wait("about the last step", |entry| entry.kind() == "shutdown.step" && entry.field("STEP") == "5");
    for step in 1..=5 {
        let step = step.to_string();
        assert!(
            entries.iter().any(|entry| entry.kind() == "shutdown.step" && entry.field("STEP") == step),
            "no step {step}"
        );
    }
    let messages: Vec<&str> = entries.iter().map(Entry::message).collect();
    let bad = |message: &&str| message.contains("timed out") || message.contains("SIGKILL");
    assert!(!messages.iter().any(bad), "{messages:#?}");
    assert!(took <= STOP_LIMIT, "stopped after {took:?}: {messages:#?}");
    took
}

pub fn start_and_stop(seat: &mut Seat) -> String {
    let journal = seat.journal();
    let first = stop(seat, &journal);
    let journal = seat.journal();
    let started = seat.systemctl(&["start", SERVICE]).took;
    assert_eq!(seat.property("ActiveState"), "active");
    journal.wait("ready", |entry| entry.kind() == "ready");
    // With windows to show.
    seat.hide_home();
    let second = stop(seat, &journal);
    assert_eq!(seat.shown(), ["of-home", "of-work"]);
    format!("started in {started:.0?}, stopped in {first:.0?}, with a window to show in {second:.0?}")
}

/// Restarts that somebody asks for are no deaths: more of them than the limit allows, within its time.
pub fn restarted_often(seat: &mut Seat) -> String {
    const TIMES: u32 = 8;
    let start = Instant::now();
    for time in 1..=TIMES {
        let restarted = seat.systemctl(&["restart", SERVICE]);
        assert_eq!(restarted.code, 0, "restart {time}: {}", restarted.output);
        seat.wait_link("connected");
    }
    let took = start.elapsed();
    assert!(took < Duration::from_secs(60), "{TIMES} restarts took {took:?}: the limit was not reached");
    for unit in [SERVICE, "i3pm.socket"] {
        assert_eq!(seat.systemctl(&["show", unit, "--value", "--property=ActiveState"]).output, "active", "{unit}");
    }
    format!("{TIMES} within {took:.1?}")
}

/// Takes the socket away from the service manager, and does what the daemon and the doctor say.
pub fn socket_removed(seat: &mut Seat) -> String {
    let journal = seat.journal();
    std::fs::remove_file(seat.socket()).expect("the socket");
    journal.wait("about the socket", |entry| entry.kind() == "socket.gone");
    let visit = seat.i3pm(&["doctor"]);
    assert_ne!(visit.code, 0);
    let repair = "systemctl --user stop i3pm && systemctl --user restart i3pm.socket i3pm";
    let lines: Vec<&str> = visit.output.lines().filter(|line| line.ends_with(&format!(" -> {repair}"))).collect();
    assert_eq!(lines.len(), 2, "of the daemon and of the unit:\n{}", visit.output);
    let ran = seat.run(&["sh", "-c", repair]);
    assert_eq!(ran.code, 0, "{}", ran.output);
    seat.wait_link("connected");
    format!("repaired by `{repair}`")
}

/// A client that asks and does not read, until nothing more can be written.
fn stalled(seat: &Seat) -> UnixStream {
    let mut stream = UnixStream::connect(seat.socket()).expect("the socket accepts a connection");
    stream.set_write_timeout(Some(Duration::from_millis(200))).expect("a timeout");
    let call = format!("{}\n", json!({"jsonrpc": "2.0", "id": 1, "method": "status"}));
    let subscribe = json!({"jsonrpc": "2.0", "id": 0, "method": "subscribe", "params": {"topics": ["all"]}});
    writeln!(stream, "{subscribe}").expect("the daemon reads");
    while stream.write_all(call.as_bytes()).is_ok() {}
    stream
}

pub fn stop_with_clients(seat: &mut Seat) -> String {
    let journal = seat.journal();
    seat.hide_home();
    let mut good: Vec<Rpc> = (0..7).map(|_| seat.connect()).collect();
    for rpc in &mut good {
        rpc.call("subscribe", json!({"topics": ["all"]})).expect("subscribed");
    }
    let stalled: Vec<UnixStream> = (0..3).map(|_| stalled(seat)).collect();
    assert_eq!(seat.status()["peers"].as_array().map(Vec::len), Some(11), "ten and the one that asks");
    let took = stop(seat, &journal);
    // Those who read hear of it, and then the connection ends.
    for rpc in &mut good {
        while rpc.notice().is_ok() {}
    }
    drop(stalled);
    format!("stopped in {took:.0?}")
}

pub fn stop_with_frozen_wm(seat: &mut Seat) -> String {
    let journal = seat.journal();
    seat.hide_home();
    seat.wm().freeze();
    let took = stop(seat, &journal);
    seat.wm().thaw();
    assert!(!seat.shown().contains(&"of-home".to_owned()) || took < STOP_LIMIT);
    // The next one accounts for what was left hidden.
    seat.systemctl(&["start", SERVICE]);
    seat.wait_link("connected");
    seat.i3pm_done(&["project", "clear"]);
    assert_eq!(seat.shown(), ["of-home", "of-work"]);
    format!("stopped in {took:.0?}")
}

pub fn signals(seat: &mut Seat) -> String {
    const DUMPS: usize = 20;
    let journal = seat.journal();
    let pid = seat.main_pid();
    let quiet_until = Instant::now() + Duration::from_millis(500);
    let before = slowest_call(&seat.socket(), || Instant::now() > quiet_until);
    let command = format!(
        "for i in $(seq {DUMPS}); do kill -USR1 {pid}; sleep 0.02; done; kill -USR2 {pid}; kill -42 {pid}; sleep 0.2"
    );
    let mut shell = std::process::Command::new("sh").args(["-c", &command]).spawn().expect("sh");
    let during = slowest_call(&seat.socket(), || shell.try_wait().is_ok_and(|ended| ended.is_some()));
    let entries = journal.wait("about SIGRTMIN+8", |entry| entry.field("SIGNAL") == "SIGRTMIN+8");
    let dumps: Vec<&Entry> = entries.iter().filter(|entry| entry.field("SIGNAL") == "SIGUSR1").collect();
    // Two that are pending at the same time are one to the kernel.
    assert!((1..=DUMPS).contains(&dumps.len()), "{} dumps", dumps.len());
    for dump in &dumps {
        assert_eq!(dump.field("SENDER_PID"), shell.id().to_string(), "{}", dump.message());
        assert_eq!(dump.field("SENDER_COMMAND"), "sh");
    }
    let lines = entries.iter().filter(|entry| entry.kind() == "state").count();
    assert!(lines >= 8 * dumps.len(), "{lines} lines in {} dumps", dumps.len());
    for name in ["SIGUSR2", "SIGRTMIN+8"] {
        let ignored = |entry: &Entry| entry.field("SIGNAL") == name && entry.message().ends_with("; ignored");
        assert!(entries.iter().any(ignored), "{name} is not said to be ignored");
    }
    assert_eq!((seat.main_pid(), seat.number("NRestarts")), (pid, 0));
    assert!(during <= CALL_LIMIT.max(2 * before), "a call took {during:?} among {DUMPS} dumps, {before:?} before");
    format!("{} dumps; the slowest call took {before:.1?} before and {during:.1?} while they came", dumps.len())
}

pub fn reloads(seat: &mut Seat) -> String {
    seat.configure("[project.declared]\nicon = \"D\"\n");
    let good = seat.systemctl(&["reload", SERVICE]).took;
    let status = seat.property("StatusText");
    assert!(!status.contains("refused"), "{status}");
    seat.i3pm_done(&["project", "show", "declared"]);
    seat.configure("[project.declared]\nicon = 3\n");
    let ran = seat.run(&["systemctl", "--user", "reload", SERVICE]);
    assert_ne!(ran.code, 0, "a broken configuration was loaded: {}", ran.output);
    let status = seat.property("StatusText");
    assert!(status.contains("configuration refused") && status.contains("config.toml:2:"), "{status}");
    assert_eq!((seat.property("ActiveState"), seat.property("SubState")), ("active".into(), "running".into()));
    seat.i3pm_done(&["project", "show", "declared"]);
    seat.configure("");
    seat.systemctl(&["reload", SERVICE]);
    format!("good in {good:.0?}, broken refused in {:.0?} with the status {status:?}", ran.took)
}

pub fn calls_go_on(seat: &mut Seat) -> String {
    const CALLS: usize = 10;
    let journal = seat.journal();
    let pid = seat.main_pid();
    let mut took = Vec::new();
    for number in 0..CALLS {
        let began = Instant::now();
        // Beside the call, not before it.
        let restart = [3, 6].contains(&number).then(|| {
            std::process::Command::new("systemctl")
                .args(["--user", "restart", SERVICE])
                .env("XDG_RUNTIME_DIR", seat.runtime())
                .spawn()
                .expect("systemctl")
        });
        let ran = seat.run(&["timeout", "2", "i3pm", "project", "current"]);
        assert_eq!(ran.code, 0, "call {number} after {:?}: {}", ran.took, ran.output);
        took.push(ran.took);
        churn(seat, began + Duration::from_secs(1));
        if let Some(mut restart) = restart {
            assert!(restart.wait().expect("systemctl").success());
        }
    }
    assert_ne!(seat.main_pid(), pid, "it was not restarted");
    let warnings = journal.entries().iter().filter(|entry| entry.field("PRIORITY") == "3").count();
    assert_eq!(warnings, 0, "errors in the journal");
    let slowest = took.iter().max().expect("there were some");
    format!("{CALLS} calls answered, the slowest in {slowest:.0?} with the start of i3pm")
}

/// Open and close windows until then.
fn churn(seat: &mut Seat, until: Instant) {
    let wm = seat.wm.as_ref().expect("an i3");
    let program = seat.program.as_mut().expect("a program");
    while Instant::now() < until {
        program.open_window(wm, &Window::named("churn"));
        program.close(wm, "churn");
    }
}
