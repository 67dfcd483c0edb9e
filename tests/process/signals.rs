//! Signals: which stop it, which it reports, which it ignores.

use std::time::Duration;

use serde_json::json;

use crate::rig::{DEADLINE, World};

#[test]
fn terminate_and_interrupt_stop_it_in_logged_steps() {
    for (number, name) in [(15, "SIGTERM"), (2, "SIGINT")] {
        let world = World::new();
        let _wm = world.window_manager();
        let manager = world.service_manager();
        let mut command = world.daemon_command();
        command.env("NOTIFY_SOCKET", &manager.path);
        let mut daemon = world.spawn(command);
        manager.until("READY=1");
        daemon.signal(number);
        assert_eq!(daemon.wait_exit(Duration::from_secs(1)).code(), Some(0));
        assert_eq!(manager.until("STOPPING=1").last().unwrap(), "STOPPING=1");
        let log = daemon.log();
        assert!(log.contains(&format!("{name} from pid")) && log.contains("(sh)"), "{log}");
        for step in 1..=5 {
            assert!(log.contains(&format!("shutdown step {step}/5 ")), "{log}");
        }
        assert!(!world.socket().exists(), "the socket is left behind");
    }
}

#[test]
fn hang_up_reads_the_configuration_again_and_says_so_in_one_datagram() {
    let world = World::new();
    let _wm = world.window_manager();
    let manager = world.service_manager();
    let mut command = world.daemon_command();
    command.env("NOTIFY_SOCKET", &manager.path);
    let daemon = world.spawn(command);
    manager.until("READY=1");
    for config in ["unclaimed = \"global\"\n", "this is broken"] {
        world.write_config(config);
        daemon.signal(1);
        let told = manager.until("RELOADING=1");
        assert!(told.last().unwrap().contains("\nMONOTONIC_USEC="), "{told:?}");
        manager.until("READY=1");
    }
    daemon.wait_log("SIGHUP from pid");
    let status =
        daemon.wait_status("the error", |status| (!status["config"]["error"].is_null()).then(|| status.clone()));
    assert_eq!(status["config"]["error"]["line"], 1);
}

#[test]
fn user_signal_one_dumps_the_state_and_nothing_else_happens() {
    let world = World::new();
    let _wm = world.window_manager();
    let daemon = world.start();
    daemon.wait_wm("connected");
    let mut client = daemon.connect();
    client.call("subscribe", json!({"topics": ["all"]}));
    daemon.signal(10);
    daemon.wait_log("SIGUSR1 from pid");
    for needle in [
        &format!("pid {}, run ", daemon.pid()),
        "phase running",
        "window manager: connected",
        "request in flight: none",
        "switch in flight: none",
        "1 windows, 0 hidden",
        "turns: ",
        "topics: projects, windows, workspaces, wm, daemon",
    ] {
        daemon.wait_log(needle);
    }
    client.call("ping", json!({}));
}

#[test]
fn every_other_signal_is_logged_with_its_sender_and_ignored() {
    let world = World::new();
    let daemon = world.start();
    let signals = [
        (12, "SIGUSR2"),
        (14, "SIGALRM"),
        (13, "SIGPIPE"),
        (34, "SIGRTMIN+0"),
        (42, "SIGRTMIN+8"),
        (64, "SIGRTMIN+30"),
    ];
    for (number, name) in signals {
        daemon.signal(number);
        let line = daemon.wait_log(&format!("{name} from pid"));
        assert!(line.contains("(sh)") && line.contains("ignored"), "{line}");
    }
    daemon.call("ping", json!({}));
}

#[test]
fn a_signal_before_it_is_up_is_not_lost() {
    // As early as the shell can: the daemon's own pid is signalled while it starts.
    for _ in 0..5 {
        let world = World::new();
        let mut daemon = world.spawn(world.daemon_command());
        daemon.wait_log("listening");
        daemon.signal(15);
        assert_eq!(daemon.wait_exit(DEADLINE).code(), Some(0));
    }
}
