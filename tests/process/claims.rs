//! Two daemons and one window manager: one serves, whatever their runtime directories are; and always one.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::fake_wm::FakeWm;
use crate::rig::{Client, Daemon, World, wait_for};

/// A stop takes under two seconds.
const STOP_LIMIT: Duration = Duration::from_millis(2500);

/// A daemon of this world for the window manager of another.
fn second(world: &World, wm_socket: &Path) -> Daemon {
    let mut command = world.daemon_command();
    command.env("I3SOCK", wm_socket);
    let mut daemon = world.spawn(command);
    daemon.wait_answer();
    daemon
}

fn wait_held(daemon: &Daemon) -> serde_json::Value {
    daemon
        .wait_status("the holder", |status| (!status["wm"]["holder"]["socket"].is_null()).then(|| status["wm"].clone()))
}

#[test]
fn a_second_daemon_with_a_runtime_directory_of_its_own_waits_and_then_serves() {
    let (world, other) = (World::new(), World::new());
    let wm = world.window_manager();
    let first = world.start();
    first.wait_wm("connected");
    first.wait_status("quiet", |status| (status["settled"] == true).then_some(()));
    let asked = wm.requests().len();

    let manager = other.service_manager();
    let mut command = other.daemon_command();
    command.env("I3SOCK", world.path("run/i3/ipc-socket.4242")).env("NOTIFY_SOCKET", &manager.path);
    let mut waiting = other.spawn(command);
    waiting.wait_answer();
    let link = wait_held(&waiting);
    assert_eq!(link["state"], "disconnected");
    assert_eq!(link["holder"], json!({"pid": first.pid(), "socket": world.socket()}));
    manager.until("STATUS=waiting: another i3pmd");
    let mut subscriber = waiting.connect();
    subscriber.call("subscribe", json!({"topics": ["wm"]}));
    assert_eq!(subscriber.line().unwrap()["params"]["holder"]["pid"], json!(first.pid()));
    let error = waiting.connect().try_call("project.clear", json!({})).unwrap_err();
    let said = error["message"].as_str().unwrap();
    assert!(said.contains(&format!("pid {}", first.pid())), "{said}");
    let line = waiting.wait_log("wm.held");
    assert!(line.contains(world.socket().to_str().unwrap()), "{line}");

    // It waits without a look now and then, when its start is over, and not a byte of it has reached the window manager.
    wait_for("a second of few turns", || {
        let turns = waiting.status()["turns"]["count"].as_u64()?;
        std::thread::sleep(Duration::from_secs(1));
        let later = waiting.status()["turns"]["count"].as_u64()?;
        // A connection, a call and its end are a few turns.
        (later - turns <= 12).then_some(())
    });
    assert_eq!(wm.requests().len(), asked);

    drop(first);
    let freed = Instant::now();
    waiting.wait_wm("connected");
    assert!(freed.elapsed() < Duration::from_secs(1), "it serves {:?} after the first was killed", freed.elapsed());
    assert!(waiting.status()["wm"]["holder"].is_null());
    wait_for("a notice", || (subscriber.line()?["params"]["state"] == "connected").then_some(()));
}

#[test]
fn who_serves_keeps_its_window_manager_over_a_lost_connection_though_another_waits() {
    let (world, other) = (World::new(), World::new());
    let wm = world.window_manager();
    let first = world.start();
    first.wait_wm("connected");
    let waiting = second(&other, &world.path("run/i3/ipc-socket.4242"));
    wait_held(&waiting);
    for times in 2..5 {
        wm.hang_up();
        wait_for("the new connection", || (first.log().matches("connected to i3").count() == times).then_some(()));
    }
    assert_eq!(waiting.wait_wm("disconnected")["wm"]["holder"]["pid"], json!(first.pid()));
    assert_eq!(waiting.log().matches("connected to i3").count(), 0, "{}", waiting.log());
}

/// Remove a directory, in which the daemon may make its socket again between the removal of the one and of the other.
fn remove_all_of(directory: &Path) {
    wait_for("the directory to be gone", || match fs::remove_dir_all(directory) {
        Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => None,
        done => done.map(Some).unwrap(),
    });
}

#[test]
fn a_socket_that_was_taken_away_is_made_again_and_connections_stay() {
    let world = World::new();
    let _wm = world.window_manager();
    let daemon = world.start();
    daemon.wait_wm("connected");
    let mut kept = daemon.connect();
    let directory = world.path("run/i3pm");
    let losses: [&dyn Fn(); 3] = [&|| fs::remove_file(world.socket()).unwrap(), &|| remove_all_of(&directory), &|| {
        fs::rename(&directory, world.path("run/moved")).unwrap()
    }];
    let said = || daemon.log().matches("socket.gone").count();
    for lose in losses {
        let before = said();
        lose();
        let lost = Instant::now();
        wait_for("the socket", || Client::connect(&world.socket())?.try_call("ping", json!({})).ok());
        assert!(lost.elapsed() < Duration::from_secs(1), "there again after {:?}", lost.elapsed());
        kept.call("ping", json!({}));
        // Two of them where it was made again in a directory that was still being removed.
        wait_for("a line about it", || (said() > before).then_some(()));
    }
    assert_eq!(daemon.status()["pid"], json!(daemon.pid()));
}

#[test]
fn a_socket_of_the_service_manager_that_was_taken_away_is_said() {
    let world = World::new();
    let _wm = world.window_manager();
    let path = world.path("activated.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let mut command = world.daemon_in_shell("exec 3<&0 </dev/null; export LISTEN_PID=$$; exec \"$@\"");
    command.env("LISTEN_FDS", "1").env("LISTEN_FDNAMES", "i3pm.socket");
    command.stdin(Stdio::from(std::os::fd::OwnedFd::from(listener)));
    let daemon = world.spawn(command);
    let mut client = wait_for("a connection", || Client::connect(&path));
    client.call("ping", json!({}));
    fs::remove_file(&path).unwrap();
    let line = daemon.wait_log("socket.gone");
    assert!(line.contains("systemctl --user stop i3pm && systemctl --user restart i3pm.socket i3pm"), "{line}");
    client.call("ping", json!({}));
}

#[test]
fn a_daemon_that_is_stopping_is_waited_for_and_its_place_taken() {
    let world = World::new();
    let wm = world.window_manager();
    let mut old = world.start();
    old.wait_wm("connected");
    // A switch that the window manager does not answer holds the end up.
    wm.freeze();
    let mut client = old.connect();
    client.send(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"project.create\",\"params\":{\"name\":\"a\",\"take\":\"visible\"}}\n");
    old.wait_status("a request in flight", |status| (!status["wm"]["request"].is_null()).then_some(()));
    old.signal(15);
    let started = Instant::now();
    let new = world.spawn(world.daemon_command());
    assert!(old.wait_exit(STOP_LIMIT).success());
    let status = wait_for("the new one", || Client::connect(&world.socket())?.try_call("status", json!({})).ok());
    assert_eq!(status["pid"], json!(new.pid()));
    let took = started.elapsed();
    assert!(took < STOP_LIMIT + Duration::from_secs(1), "nobody served for {took:?}");
    wm.thaw();
    new.wait_wm("connected");
}

/// SIGSTOP and SIGCONT.
fn freeze(daemon: &Daemon, frozen: bool) {
    let signal = if frozen { "-STOP" } else { "-CONT" };
    let done = Command::new("kill").args([signal, &daemon.pid().to_string()]).status().unwrap();
    assert!(done.success());
}

#[test]
fn a_daemon_that_does_not_answer_is_named_and_not_replaced() {
    let world = World::new();
    let _wm = world.window_manager();
    let old = world.start();
    freeze(&old, true);
    let second = world.daemon_command().output().unwrap();
    freeze(&old, false);
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains(&format!("pid {}", old.pid())) && said.contains("kill -KILL"), "{said}");
    assert_eq!(old.status()["pid"], json!(old.pid()));
}

/// What the doctor of a world finds wrong: name of the check, text and repair.
fn found(world: &World, variables: &[(&str, &Path)]) -> Vec<[String; 3]> {
    let mut command = world.command(env!("CARGO_BIN_EXE_i3pm"));
    let output =
        command.args(["doctor", "--json", "--timeout", "0.7"]).envs(variables.iter().copied()).output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = answer["checks"].as_array().unwrap().iter().filter(|check| check["state"] != "ok");
    checks.map(|check| ["name", "text", "repair"].map(|key| check[key].as_str().unwrap().to_owned())).collect()
}

/// Text and repair of the check of a name, with which something is wrong.
fn doctor(world: &World, wm_socket: &Path, name: &str) -> (String, String) {
    let found = found(world, &[("I3SOCK", wm_socket)]);
    let [_, text, repair] = found.iter().find(|check| check[0] == name).unwrap_or_else(|| panic!("{name}: {found:?}"));
    (text.clone(), repair.clone())
}

/// Do what a repair says, as a command.
fn done(repair: &str) {
    assert!(Command::new("sh").args(["-c", repair]).status().unwrap().success(), "{repair}");
}

#[test]
fn the_doctor_names_who_serves_and_never_advises_to_start_what_answers() {
    let (world, other) = (World::new(), World::new());
    let _wm = world.window_manager();
    let wm_socket = world.path("run/i3/ipc-socket.4242");
    let first = world.start();
    first.wait_wm("connected");
    let (pid, place) = (first.pid().to_string(), world.socket().display().to_string());

    // Nobody answers here, and somebody serves all the same.
    let (text, repair) = doctor(&other, &wm_socket, "daemon");
    assert!(text.contains(&pid) && text.contains(&place), "{text}");
    assert!(repair.contains(&format!("kill {pid}")) && repair.contains(&place), "{repair}");
    assert!(!repair.contains("start"), "{repair}");
    // The other is used.
    let (_, variable) = repair.split_once("I3PM_SOCKET=").expect("how to use it");
    let wrong = found(&other, &[("I3SOCK", &wm_socket), ("I3PM_SOCKET", Path::new(variable))]);
    assert!(wrong.iter().all(|check| check[0] != "daemon" && check[0] != "wm"), "{wrong:?}");

    let waiting = second(&other, &wm_socket);
    wait_held(&waiting);
    let (text, repair) = doctor(&other, &wm_socket, "wm");
    assert!(text.contains(&pid), "{text}");
    assert!(repair.contains(&format!("kill {pid}")) && !repair.contains("start i3"), "{repair}");
    // Or it is ended.
    done(&format!("kill {pid}"));
    waiting.wait_wm("connected");
    let wrong = found(&other, &[("I3SOCK", &wm_socket)]);
    assert!(wrong.iter().all(|check| check[0] != "daemon" && check[0] != "wm"), "{wrong:?}");
}

#[test]
fn what_the_doctor_says_of_a_daemon_and_its_window_manager_helps() {
    let world = World::new();
    let wm = world.window_manager();
    let wm_socket = world.path("run/i3/ipc-socket.4242");
    // The tree of the fake one has none of our marks.
    let look = || {
        let mut found = found(&world, &[("I3SOCK", &wm_socket)]);
        found.retain(|check| check[0] != "marks");
        found
    };
    let only = |name: &str, told: &str| {
        let found = look();
        let [[one, text, repair]] = found.as_slice() else { panic!("{name}: {found:?}") };
        assert!(one == name && text.contains(told), "{text}");
        repair.clone()
    };

    // A daemon that does not answer is killed, and another one started.
    let wedged = world.start();
    wedged.wait_wm("connected");
    assert_eq!(look(), Vec::<[String; 3]>::new());
    freeze(&wedged, true);
    let repair = only("daemon", "did not answer");
    assert!(repair.contains("kill -KILL its process and start i3pmd"), "{repair}");
    done(&format!("kill -KILL {}", wedged.pid()));
    drop(wedged);
    let daemon = world.start();
    daemon.wait_wm("connected");
    assert_eq!(look(), Vec::<[String; 3]>::new());

    // A configuration is mended, and read again.
    for text in ["[[rule]\n", "[[rule]]\nclass = \"x\"\nproject = \"nobody\"\n"] {
        world.write_config(text);
        wait_for("the daemon to have read it", || (!look().is_empty()).then_some(()));
        assert!(only("config", "config.toml:").starts_with("i3pm check"));
        world.write_config("");
        wait_for("all to be well", || look().is_empty().then_some(()));
    }

    // A window manager that does not react is waited for.
    wm.freeze();
    let mut client = daemon.connect();
    client.send(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"state.repair\"}\n");
    daemon.wait_wm("stale");
    let wrong = look();
    let stale = wrong.iter().find(|check| check[0] == "wm").expect("a window manager that is late");
    assert!(stale[1].contains("has not answered") && stale[2].contains("the daemon goes on when it does"), "{stale:?}");
    wm.thaw();
    daemon.wait_wm("connected");
    wait_for("all to be well", || look().is_empty().then_some(()));
}

/// A program of a world's session.
fn program(world: &World, variables: &[(&str, &Path)]) -> Child {
    let mut command = world.command("sleep");
    command.arg("1000").envs(variables.iter().copied()).spawn().unwrap()
}

#[test]
fn a_socket_that_only_the_programs_of_the_session_know_is_found() {
    let (world, other) = (World::new(), World::new());
    let (ours, theirs) = (world.path("odd.sock"), other.path("odd.sock"));
    let (_wm, _others) = (FakeWm::start(&ours), FakeWm::start(&theirs));
    let mut programs = [program(&world, &[("SWAYSOCK", &ours)]), program(&other, &[("SWAYSOCK", &theirs)])];
    let daemon = world.start();
    let status = daemon.wait_wm("connected");
    programs.iter_mut().for_each(|program| drop(program.kill().and_then(|()| program.wait())));
    assert_eq!(status["wm"]["socket"], json!(ours), "{}", daemon.log());
}
