//! From exec to ready: with a window manager and without, alone and as the second, with and without a service manager.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::fake_wm::FakeWm;
use crate::idle::Idleness;
use crate::rig::{Client, DEADLINE, World, wait_for};

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn it_is_ready_when_the_windows_are_read() {
    let world = World::new();
    let wm = world.window_manager();
    let manager = world.service_manager();
    let mut command = world.daemon_command();
    command.env("NOTIFY_SOCKET", &manager.path);
    let daemon = world.spawn(command);
    let told = manager.until("READY=1");
    assert!(told.iter().any(|datagram| datagram.starts_with("STATUS=")), "{told:?}");
    assert!(wm.requests().iter().any(|(kind, _)| *kind == 4), "ready without the tree: {:?}", wm.requests());
    let status = daemon.status();
    assert_eq!(status["wm"]["state"], "connected");
    assert_eq!(status["wm"]["kind"], "i3");
    assert_eq!(status["wm"]["pid"], json!(std::process::id()));
    assert_eq!(status["pid"], json!(daemon.pid()));
    assert_eq!(status["windows"]["total"], 1);
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(world.socket()), mode(world.path("run/i3pm"))), (0o600, 0o700));
}

#[test]
fn without_a_window_manager_it_is_ready_all_the_same_and_says_what_it_waits_for() {
    let world = World::new();
    let manager = world.service_manager();
    let mut command = world.daemon_command();
    command.env("NOTIFY_SOCKET", &manager.path);
    let start = Instant::now();
    let mut daemon = world.spawn(command);
    daemon.wait_answer();
    let before = start.elapsed();
    let told = manager.until("READY=1");
    assert!(
        start.elapsed() >= Duration::from_millis(1900),
        "ready after {:?}, the first answer after {before:?}",
        start.elapsed()
    );
    assert!(told.iter().any(|datagram| datagram.starts_with("STATUS=waiting for i3 or sway")), "{told:?}");
    assert_eq!(daemon.status()["wm"]["state"], "disconnected");
    let error = daemon.connect().try_call("project.switch", json!({"name": "x"})).unwrap_err();
    assert_eq!(error["data"]["code"], "unknown_project", "{error}");

    // Its directory comes later than the daemon, and its socket later than that.
    let _wm = world.window_manager();
    let appeared = Instant::now();
    daemon.wait_wm("connected");
    assert!(appeared.elapsed() < Duration::from_secs(1), "connected after {:?}", appeared.elapsed());
}

#[test]
fn the_watchdog_is_told_at_a_third_of_its_interval_also_while_the_window_manager_is_frozen() {
    const INTERVAL: Duration = Duration::from_millis(600);
    let world = World::new();
    let wm = world.window_manager();
    let manager = world.service_manager();
    let mut command = world.daemon_command();
    command.env("NOTIFY_SOCKET", &manager.path).env("WATCHDOG_USEC", INTERVAL.as_micros().to_string());
    let daemon = world.spawn(command);
    manager.until("READY=1");
    wm.freeze();
    let mut client = daemon.connect();
    client.send(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"project.create\",\"params\":{\"name\":\"a\",\"take\":\"visible\"}}\n");
    let (start, mut last, mut pings) = (Instant::now(), Instant::now(), 0);
    while start.elapsed() < 4 * INTERVAL {
        let Some(datagram) = manager.next(INTERVAL) else { panic!("no ping for {INTERVAL:?}:\n{}", daemon.log()) };
        if datagram == "WATCHDOG=1" {
            assert!(last.elapsed() < INTERVAL, "a ping after {:?}", last.elapsed());
            last = Instant::now();
            pings += 1;
        }
    }
    assert!((8..=14).contains(&pings), "{pings} pings in four intervals");
    daemon.wait_log("systemd.watchdog");
    daemon.wait_wm("stale");
}

#[test]
fn a_watchdog_of_another_process_is_not_ours() {
    let world = World::new();
    let _wm = world.window_manager();
    let manager = world.service_manager();
    let mut command = world.daemon_command();
    command.env("NOTIFY_SOCKET", &manager.path).env("WATCHDOG_USEC", "50000").env("WATCHDOG_PID", "1");
    let _daemon = world.spawn(command);
    manager.until("READY=1");
    while let Some(datagram) = manager.next(Duration::from_millis(200)) {
        assert_ne!(datagram, "WATCHDOG=1");
    }
}

/// The socket that the service manager holds is passed as descriptor 3, as systemd does it.
pub fn activated(world: &World, listener: UnixListener, names: &str) -> crate::rig::Daemon {
    let mut command = world.daemon_in_shell("exec 3<&0 </dev/null; export LISTEN_PID=$$; exec \"$@\"");
    command.env("LISTEN_FDS", "1").env("LISTEN_FDNAMES", names);
    command.stdin(Stdio::from(std::os::fd::OwnedFd::from(listener)));
    world.spawn(command)
}

#[test]
fn an_activated_socket_is_served_and_left_in_its_place() {
    let world = World::new();
    let _wm = world.window_manager();
    let path = world.path("activated.sock");
    let listener = UnixListener::bind(&path).unwrap();
    // A call that came before the daemon.
    let mut early = Client::connect(&path).unwrap();
    early.send(b"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}\n");
    let mut daemon = activated(&world, listener.try_clone().unwrap(), "i3pmd.socket");
    assert_eq!(early.line().unwrap()["id"], 7);
    assert!(!world.socket().exists(), "it has bound a socket of its own");
    daemon.signal(15);
    assert!(daemon.wait_exit(DEADLINE).success());
    assert!(path.exists());
    // The service manager still holds it: who connects now is served by the next daemon.
    let mut late = Client::connect(&path).unwrap();
    late.send(b"{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"ping\"}\n");
    let _next = activated(&world, listener, "i3pm");
    assert_eq!(late.line().unwrap()["id"], 8);
}

#[test]
fn who_connects_to_the_socket_of_the_service_manager_while_we_stop_waits_for_the_next() {
    let world = World::new();
    let wm = world.window_manager();
    let path = world.path("activated.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let mut daemon = activated(&world, listener.try_clone().unwrap(), "i3pm.socket");
    let mut client = Client::connect(&path).unwrap();
    client.call("ping", json!({}));
    wait_for("the window manager", || (client.call("status", json!({}))["wm"]["state"] == "connected").then_some(()));
    // A switch that the window manager does not answer holds the end up.
    client.call("project.create", json!({"name": "a", "take": "visible"}));
    client.call("project.create", json!({"name": "b"}));
    wm.freeze();
    client.send(b"{\"jsonrpc\":\"2.0\",\"id\":90,\"method\":\"project.switch\",\"params\":{\"name\":\"b\"}}\n");
    daemon.signal(15);
    daemon.wait_log("SIGTERM");
    let mut late = Client::connect(&path).unwrap();
    late.send(b"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}\n");
    assert!(daemon.wait_exit(DEADLINE).success());
    let _next = activated(&world, listener, "i3pm.socket");
    let answer = late.line().expect("an answer of the next");
    assert_eq!(answer["id"], 7, "{answer}");
}

/// Calls that come before the files are read are answered with what the files say.
#[test]
fn a_call_that_comes_first_hears_of_the_projects_of_the_last_run() {
    let world = World::new();
    let _wm = world.window_manager();
    let path = world.path("activated.sock");
    let listener = UnixListener::bind(&path).unwrap();
    for run in 0..5 {
        let mut early = Client::connect(&path).unwrap();
        early.send(b"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"project.list\"}\n");
        let mut daemon = activated(&world, listener.try_clone().unwrap(), "i3pm.socket");
        let answer = early.line().expect("an answer");
        assert_eq!(answer["result"]["projects"].as_array().map(Vec::len), Some(usize::from(run > 0)), "{answer}");
        if run == 0 {
            Client::connect(&path).unwrap().call("project.create", json!({"name": "kept"}));
        }
        daemon.signal(15);
        assert!(daemon.wait_exit(DEADLINE).success());
    }
}

#[test]
fn a_socket_with_another_name_is_not_ours() {
    let world = World::new();
    let path = world.path("other.sock");
    let mut daemon = activated(&world, UnixListener::bind(&path).unwrap(), "other.socket");
    daemon.wait_answer();
    assert!(daemon.wait_log("activation").contains("i3pm"), "{}", daemon.log());
}

#[test]
fn a_second_daemon_says_so_and_steals_nothing() {
    let world = World::new();
    let _wm = world.window_manager();
    let first = world.start();
    let epoch = first.status()["epoch"].clone();
    let second = world.daemon_command().output().unwrap();
    assert_eq!(second.status.code(), Some(0));
    let said = text(&second);
    assert!(said.contains(&format!("another i3pmd (pid {})", first.pid())), "{said}");
    assert!(said.contains(world.socket().to_str().unwrap()), "{said}");
    assert_eq!(first.status()["epoch"], epoch);
}

#[test]
fn of_ten_that_start_at_once_one_serves() {
    let world = World::new();
    // What a killed daemon leaves behind.
    fs::create_dir(world.path("run/i3pm")).unwrap();
    drop(UnixListener::bind(world.socket()).unwrap());
    let mut daemons: Vec<_> = (0..10).map(|_| world.spawn(world.daemon_command())).collect();
    let serving = wait_for("an answer", || {
        let status = Client::connect(&world.socket())?.try_call("status", json!({})).ok()?;
        status["pid"].as_u64()
    });
    for daemon in daemons.iter_mut().filter(|daemon| u64::from(daemon.pid()) != serving) {
        assert!(daemon.wait_exit(DEADLINE).success(), "{}", daemon.log());
    }
    let status = Client::connect(&world.socket()).unwrap().call("status", json!({}));
    assert_eq!(status["pid"].as_u64(), Some(serving));
}

#[test]
fn a_daemon_that_gets_no_thread_says_so() {
    let world = World::new();
    let mut command = world.daemon_command();
    // No stack of this size is to be had; at the limit of processes the same call fails.
    let output = command.env("RUST_MIN_STACK", (1_u64 << 50).to_string()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(
        text(&output).contains("no thread can be started") && !text(&output).contains("panicked"),
        "{}",
        text(&output)
    );
}

#[test]
fn wrong_arguments_and_places_are_named() {
    let world = World::new();
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = world.command(env!("CARGO_BIN_EXE_i3pmd"));
        command.args(arguments).envs(variables.iter().copied()).output().unwrap()
    };
    assert_eq!(run(&["--nonsense"], &[]).status.code(), Some(2));
    assert_eq!(run(&["--log-level", "loud"], &[]).status.code(), Some(2));
    let output = run(&[], &[("I3PM_LOG", "loud")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("\"loud\""), "{}", text(&output));

    let long = format!("/tmp/{}", "x".repeat(120));
    let output = run(&["--socket", &long], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("125 bytes") && text(&output).contains(&long), "{}", text(&output));

    fs::write(world.path("file"), "").unwrap();
    let below_a_file = world.path("file/ipc.sock");
    let output = run(&["--socket", below_a_file.to_str().unwrap()], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains(below_a_file.to_str().unwrap()), "{}", text(&output));

    let output = run(&["--version"], &[]);
    assert!(output.status.success() && text(&output).contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_named_socket_and_a_named_window_manager_are_used() {
    let world = World::new();
    let socket = world.path("named.sock");
    let _other = world.window_manager();
    let wm = FakeWm::start(&world.path("wm.sock"));
    let mut command = world.daemon_command();
    command.args(["--socket".as_ref(), socket.as_os_str(), "--wm-socket".as_ref(), world.path("wm.sock").as_os_str()]);
    let _daemon = world.spawn(command);
    let status = wait_for("the connection", || {
        let status = Client::connect(&socket)?.try_call("status", json!({})).ok()?;
        (status["wm"]["state"] == "connected").then_some(status)
    });
    assert_eq!(status["wm"]["socket"], world.path("wm.sock").to_str().unwrap());
    assert!(!wm.requests().is_empty());
    assert!(!world.socket().exists());
}

#[test]
fn a_log_that_is_gone_does_not_stop_it_or_keep_it_awake() {
    for script in ["exec \"$@\" 2>&-", "exec \"$@\" 2>/dev/full", "exec \"$@\" 2>&1"] {
        let world = World::new();
        let _wm = world.window_manager();
        let mut command = world.daemon_in_shell(script);
        // A pipe whose reader is gone at once.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        command.stdout(writer);
        let mut daemon = world.spawn(command);
        daemon.wait_answer();
        let pid = daemon.status()["pid"].as_u64().unwrap();
        for _ in 0..3 {
            assert!(std::process::Command::new("kill").args(["-USR1", &pid.to_string()]).status().unwrap().success());
        }
        daemon.wait_wm("connected");
        let turns = |daemon: &crate::rig::Daemon| daemon.status()["turns"]["count"].as_u64().unwrap();
        // On a busy machine it may be at work with its start for a while: its turns within a third of a second are counted until they are few.
        wait_for(&format!("{script}: the daemon to sleep"), || {
            let before = turns(&daemon);
            std::thread::sleep(Duration::from_millis(300));
            (turns(&daemon) - before < 50).then_some(())
        });
        assert!(std::process::Command::new("kill").arg(pid.to_string()).status().unwrap().success());
        daemon.wait_exit(DEADLINE);
    }
}

/// Ten seconds; `cargo bench --bench ipc` looks for a minute.
#[test]
fn an_idle_daemon_sleeps() {
    let span = Duration::from_secs(10);
    let (bare, watched) = std::thread::scope(|scope| {
        let watched = scope.spawn(move || Idleness::observe(span, Some(Duration::from_secs(6))));
        (Idleness::observe(span, None), watched.join().unwrap())
    });
    assert!(bare.switches == 0 && bare.syscalls.is_empty() && bare.pings == [0, 0], "without a watchdog: {bare:?}");
    assert!(watched.pings.iter().all(|pings| (4..=6).contains(pings)), "a ping in two seconds: {watched:?}");
    assert!(watched.syscalls.contains_key("epoll_wait"), "strace sees them: {watched:?}");
    assert!(watched.is_nothing_but_pings(), "{watched:?}");
}

#[test]
fn the_call_that_starts_it_is_done_and_not_refused() {
    for (method, params) in [
        ("window.list", json!({})),
        ("window.assign", json!({"project": "web", "class": "Term"})),
        ("project.switch", json!({"name": "web"})),
        ("project.list", json!({})),
    ] {
        let world = World::new();
        let _wm = world.window_manager();
        world.write_config("[project.web]\n");
        let path = world.path("activated.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let mut early = Client::connect(&path).unwrap();
        let call = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
        early.send(format!("{call}\n").as_bytes());
        let daemon = activated(&world, listener, "i3pmd.socket");
        let answer = early.line().unwrap();
        let code = &answer["error"]["data"]["code"];
        match method {
            "window.list" => assert_eq!(answer["result"]["windows"].as_array().map(Vec::len), Some(1), "{answer}"),
            // There is none of that class; that is what the windows say, and not that there is no such project.
            "window.assign" => assert!(code.is_null() || code == "unknown_window", "{answer}"),
            "project.switch" => assert_eq!(answer["result"]["project"], "web", "{answer}\n{}", daemon.log()),
            _ => assert_eq!(answer["result"]["projects"][0]["name"], "web", "{answer}"),
        }
    }
}
