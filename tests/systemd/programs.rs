//! What the service starts: services of the manager, which have nothing of what our unit forbids, and do not end with us.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::limits::{control_group, memory};
use crate::seat::{SERVICE, Seat, as_root};
use crate::support::Kind;
use crate::support::proc::is_alive;
use crate::support::wait::{wait_for, wait_within};

/// Programs that are started at once.
const BURST: usize = 100;
/// How long that may take: what asks for a service counts against our own CPU quota.
const BURST_LIMIT: Duration = Duration::from_secs(60);
/// Who asks for them.
const CALLERS: usize = 20;
/// What a program of the burst does: nothing, until it is ended.
const IDLE: &str = "['sleep', '1000']";
/// Writes down what it may do, and what it was given, and goes on until it is ended.
const WITNESS: &str = r#"exec >"$1.new" 2>&1
grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status; echo "GROUP $(cat /proc/self/cgroup)"
{ : </dev/tcp/127.0.0.1/1; } 2>&1 | grep -o 'Connection refused'; unshare --user true && echo 'a namespace'
echo "MASK $(umask)"; echo "ODD $ODD"; echo "ARGUMENT $2"; echo "HERE $(pwd)"; echo 'to the journal' >&9
mv "$1.new" "$1"; exec sleep 1000"#;

fn value<'t>(text: &'t str, start: &str) -> &'t str {
    let line = text.lines().find_map(|line| line.strip_prefix(start));
    line.unwrap_or_else(|| panic!("no {start} in\n{text}")).trim()
}

/// The services of programs that the manager has.
fn units(seat: &Seat) -> BTreeSet<String> {
    let listed = seat.systemctl(&["list-units", "--plain", "--no-legend", "--all", "app-i3pm-*.service"]).output;
    listed.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

fn no_units(seat: &Seat) {
    let left = units(seat);
    if !left.is_empty() {
        let names: Vec<&str> = left.iter().map(String::as_str).collect();
        let _ = seat.run(&[&["systemctl", "--user", "stop"], names.as_slice()].concat());
    }
    wait_for("no service of a program", || units(seat).is_empty().then_some(()));
}

/// They may do what the service itself may not, have what they were given to the letter, live through its end, and their end is told.
pub fn are_free(seat: &mut Seat) -> String {
    let out = seat.home().join("seen");
    let _ = fs::remove_file(&out);
    let witness = WITNESS.replace('{', "{{").replace('}', "}}");
    let (terminal, variable) = match seat.kind {
        Kind::I3 => ("['xterm', '-title', 'launched', '-e', 'sleep', '1000']", "DISPLAY"),
        Kind::Sway => ("['foot', '--title', 'launched', 'sleep', '1000']", "WAYLAND_DISPLAY"),
    };
    seat.configure(&format!(
        "[app.witness]\ncommand = ['bash', '-c', '''exec 9>&1\n{witness}''', 'bash', {out:?}, '$HOME %n \"a\"']\n\
         env = {{ ODD = \"$HOME %n \\u001b ü\" }}\n\
         [app.terminal]\ncommand = {terminal}\n[app.fails]\ncommand = ['sh', '-c', 'exit 7']\n\
         [app.missing]\ncommand = ['no-such-program']\n"
    ));
    seat.i3pm_done(&["reload"]);
    seat.i3pm_done(&["project", "switch", "work"]);
    let service = seat.main_pid();
    let status = fs::read_to_string(format!("/proc/{service}/status")).expect("it runs");
    assert_eq!((value(&status, "NoNewPrivs:"), value(&status, "Seccomp:")), ("1", "2"), "the unit is not in force");

    let began = Instant::now();
    let launched = seat.call("app.launch", json!({"name": "witness"}));
    let took = began.elapsed();
    assert_eq!(launched["state"], "started", "{launched}");
    let seen = wait_for("the program to write", || fs::read_to_string(&out).ok());
    assert_eq!((value(&seen, "NoNewPrivs:"), value(&seen, "Seccomp:")), ("0", "0"), "{seen}");
    for part in ["Connection refused", "a namespace", "MASK 0022", "ODD $HOME %n \u{1b} ü", "ARGUMENT $HOME %n \"a\""]
    {
        assert!(seen.contains(part), "{part} in\n{seen}");
    }
    assert_eq!(value(&seen, "HERE "), seat.home().display().to_string(), "{seen}");
    let unit = units(seat).pop_first().expect("a service");
    assert!(seen.contains(&format!("/app.slice/{unit}")), "{unit} in\n{seen}");
    let is = seat.systemctl(&["show", &unit, "--value", "--property=MainPID,ExitType,OOMPolicy"]).output;
    let is: Vec<&str> = is.lines().collect();
    assert!(
        is.contains(&"cgroup") && is.contains(&"continue") && is.contains(&launched["pid"].to_string().as_str()),
        "{is:?}"
    );
    let words = as_root(&format!("journalctl --sync; journalctl -q -o cat -t bash _SYSTEMD_USER_UNIT='{unit}'"));
    assert_eq!(words.trim(), "to the journal");
    let pid = launched["pid"].to_string();

    let launched = seat.call("app.launch", json!({"name": "terminal", "environment": {variable: seat.wm().display()}}));
    assert_eq!(launched["project"], "work", "{launched}");
    seat.wait_shown("launched");
    seat.signal("KILL");
    wait_for("another process", || (seat.number("MainPID") != u64::from(service)).then_some(()));
    seat.wait_link("connected");
    assert!(is_alive(&pid), "the program ended with the service");
    seat.i3pm_done(&["project", "switch", "home"]);
    assert_eq!(seat.shown(), ["of-home"], "its window is that of its project still");
    seat.i3pm_done(&["project", "switch", "work"]);
    assert_eq!(seat.shown(), ["launched", "of-work"]);
    seat.systemctl(&["restart", SERVICE]);
    seat.wait_link("connected");
    assert!(is_alive(&pid), "the program ended with the service");

    let journal = seat.journal();
    assert_eq!(seat.call("app.launch", json!({"name": "fails"}))["state"], "started");
    journal.wait("about the end", |entry| entry.message().starts_with("fails has ended (exit status: 7)"));
    let ran = seat.i3pm(&["launch", "missing"]);
    assert!(ran.code == 1 && ran.output.contains("command not found: no-such-program"), "{} {}", ran.code, ran.output);
    no_units(seat);
    seat.configure("");
    format!("a program runs {took:.0?} after it was asked for, without our limits; its end is told")
}

/// A hook that runs too long is ended with all that it started, however that is hidden; what one leaves behind that has ended lives on.
pub fn hooks_end(seat: &mut Seat) -> String {
    let out = seat.home().join("pids");
    let script = |line: &str| format!("['sh', '-c', '''{line}''', 'sh', '{}']", out.display());
    seat.configure(&format!(
        "[project.slow]\nhook_limit = 1\non_enter = {}\n[project.quick]\nhook_limit = 1\non_enter = {}\non_leave = ['false']\n",
        script("setsid sleep 1000 & echo $! $$ >$1.new; mv $1.new $1; sleep 1000"),
        script("setsid sleep 1000 & echo $! >$1.new; mv $1.new $1"),
    ));
    seat.i3pm_done(&["reload"]);
    let pids = |seat: &Seat, project: &str| {
        let _ = fs::remove_file(&out);
        seat.i3pm_done(&["project", "switch", project]);
        let text = wait_for("the hook to write", || fs::read_to_string(&out).ok());
        text.split_whitespace().map(str::to_owned).collect::<Vec<String>>()
    };
    let journal = seat.journal();
    let slow = pids(seat, "slow");
    let began = Instant::now();
    let end = |text: &'static str| move |entry: &crate::journal::Entry| entry.message().contains(text);
    journal.wait("about its limit", end("has run for 1 s, its hook_limit"));
    wait_for("all of it to end", || (!slow.iter().any(|pid| is_alive(pid))).then_some(()));
    let took = began.elapsed();

    let quick = pids(seat, "quick");
    // Longer than it may run: its end was told, so nothing more is done about it.
    std::thread::sleep(Duration::from_millis(2500));
    assert!(is_alive(&quick[0]), "what it left behind is gone");
    seat.i3pm_done(&["project", "clear"]);
    let entries =
        journal.wait("about the hook that fails", end("on_leave of project \"quick\" has ended (exit status: 1"));
    let limits = entries.iter().filter(|entry| entry.kind() == "hook.overdue").count();
    assert_eq!(limits, 1, "only one ran too long");
    as_root(&format!("kill {}", quick[0]));
    no_units(seat);
    seat.configure("");
    format!("a hook and what it hid in a session of its own ended {took:.1?} after it began")
}

/// Many programs at once, within the limits of the unit.
pub fn burst(seat: &mut Seat) -> String {
    seat.configure(&format!("[app.idle]\ncommand = {IDLE}\n"));
    seat.i3pm_done(&["reload"]);
    let (pid, group) = (seat.main_pid(), seat.property("ControlGroup"));
    let refused = || control_group("pids", &group, ["pids.events", "pids.events"].map(str::to_owned));
    let (before, began) = (refused(), Instant::now());
    let states: Vec<Value> = std::thread::scope(|scope| {
        let seat = &*seat;
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let mut rpc = seat.connect();
                let mut call =
                    move || rpc.call("app.launch", json!({"name": "idle"})).expect("an answer")["state"].clone();
                scope.spawn(move || (0..BURST / CALLERS).map(|_| call()).collect::<Vec<Value>>())
            })
            .collect();
        callers.into_iter().flat_map(|caller| caller.join().expect("a caller")).collect()
    });
    let answered = began.elapsed();
    assert!(states.iter().all(|state| state == "started" || state == "starting"), "{states:?}");
    wait_within("all programs to run", BURST_LIMIT, || (units(seat).len() == BURST).then_some(()));
    let took = began.elapsed();
    assert_eq!(refused(), before, "the limit of tasks was reached");
    let (peak, high) = (memory(&group, "max_usage_in_bytes", "peak"), seat.number("MemoryHigh"));
    assert!(peak < high, "{peak} bytes, and MemoryHigh is {high}");
    assert_eq!((seat.main_pid(), seat.number("NRestarts")), (pid, 0));
    let files = || fs::read_dir(Path::new(&seat.runtime()).join("i3pm/launch")).map_or(0, Iterator::count);
    assert_eq!(files(), BURST, "one report for each");
    no_units(seat);
    wait_for("no report to be left", || (files() == 0).then_some(()));
    seat.configure("");
    format!(
        "{BURST} programs answered within {answered:.1?} and running after {took:.1?}; group {:.1} MiB at most (high {} MiB)",
        peak as f64 / f64::from(1 << 20),
        high >> 20
    )
}
