//! The daemon's end, its size and its idleness, with real windows.

use std::fs;
use std::time::Duration;

use super::scene::{Scene, alone};
use crate::support::daemon::configure;
use crate::support::figures::tell;
use crate::support::proc::{Memory, context_switches, libraries_kib, memory};
use crate::support::release::release_build;
use crate::support::{Cli, Daemon, Kind, Options, Snapshot, wait_for};

/// SIGTERM to exit when nothing is going on.
const IDLE_STOP_LIMIT: Duration = Duration::from_millis(100);
/// The share of memory that is the daemon's after some switches with 20 windows, in KiB, without
/// that in shared libraries. Nearly all of it is code, which the kernel can drop: what is written to
/// has a limit of its own.
const PSS_LIMIT_KB: u64 = 4 * 1024 + 768;
/// The memory that nobody else shares and that was written to, in KiB.
const PRIVATE_DIRTY_LIMIT_KB: u64 = 3 * 1024;
/// How long the daemon is watched being idle.
const IDLE_TIME: Duration = Duration::from_secs(20);
/// How often it may run in that time.
const IDLE_SWITCHES_MAX: u64 = 1;

on_both!(
    stopping_shows_everything,
    stopping_can_keep_windows_hidden,
    stopping_is_quick,
    it_is_small,
    it_is_idle,
    a_second_daemon_steals_nothing,
);

fn stopping_shows_everything(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.three_workspaces("a");
    let a = scene.look();
    scene.switch("b");
    scene.script("b", "7", 0, &["+1", "split v", "+2"]);
    scene.script("b", "8", 1, &["+3", "floating enable"]);
    let b = scene.look();
    let everything = scene.all_titles();
    scene.daemon.take().expect("it runs").stop();
    assert_eq!(Snapshot::titles(&scene.wm), everything, "every window is shown");
    let mut expected = a.clone().without_focus();
    expected.workspaces.extend(b.clone().without_focus().workspaces);
    expected.assert_same(&scene.look().without_focus(), "shown as it was");

    scene.daemon = Some(Daemon::start(&scene.wm));
    assert_eq!(scene.daemon().current().as_deref(), Some("b"), "the project that was active is active again");
    wait_for("a to be hidden again", || (Snapshot::titles(&scene.wm) == ["b-1", "b-2", "b-3"]).then_some(()));
    a.assert_same(&scene.switch("a"), "a after the daemon's restart");
    b.assert_same(&scene.switch("b"), "b after the daemon's restart");
}

fn stopping_can_keep_windows_hidden(kind: Kind) {
    let options = Options { two_outputs: true, ..Options::default() };
    let mut scene = Scene::with(kind, &options, "on_exit = \"keep\"\n");
    scene.three_workspaces("a");
    let a = scene.look();
    scene.switch("b");
    scene.script("b", "1", 0, &["+1", "split v", "+2"]);
    let b = scene.look();
    scene.daemon.take().expect("it runs").stop();
    b.assert_same(&scene.look(), "hidden windows stay hidden");
    scene.daemon = Some(Daemon::start(&scene.wm));
    b.assert_same(&scene.look(), "and the next daemon leaves them so");
    a.assert_same(&scene.switch("a"), "a after the daemon's restart");
}

fn stopping_is_quick(kind: Kind) {
    let _machine = alone();
    let mut scene = Scene::without_others(kind, &Options { two_outputs: true, ..Options::default() }, "");
    scene.three_workspaces("a");
    scene.switch("b");
    scene.script("b", "1", 0, &["+1", "+2", "split v", "+3"]);
    let took = scene.daemon.take().expect("it runs").stop();
    tell(
        &format!("exit-{}", kind.name()),
        &format!("{}: SIGTERM to exit with 16 hidden windows to show: {took:?}", kind.name()),
    );
    assert!(took < IDLE_STOP_LIMIT, "{took:?}");
}

/// What counts is what people run: a release build.
fn it_is_small(kind: Kind) {
    let program = release_build();
    let mut scene = Scene::new(kind);
    scene.daemon.take().expect("it runs").stop();
    scene.daemon = Some(Daemon::start_program(&scene.wm, &program));
    scene.three_workspaces("a");
    scene.switch("b");
    scene.script("b", "1", 0, &["+1", "+2", "split v", "+3", "+4"]);
    for name in ["a", "b", "a", "b"] {
        scene.switch(name);
    }
    let pid = scene.daemon().pid();
    let Memory { pss, private_dirty: dirty, .. } = memory(pid);
    let libraries = libraries_kib(pid);
    tell(
        &format!("memory-{}", kind.name()),
        &format!(
            "{}: with 20 windows PSS {pss} KiB, {libraries} of it libraries, private dirty {dirty} KiB",
            kind.name()
        ),
    );
    assert!(pss - libraries < PSS_LIMIT_KB, "PSS {pss} KiB, {libraries} of it libraries");
    assert!(dirty < PRIVATE_DIRTY_LIMIT_KB, "private dirty {dirty} KiB");
}

fn it_is_idle(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.three_workspaces("a");
    scene.switch("b");
    scene.script("b", "1", 0, &["+1", "+2"]);
    let pid = scene.daemon().pid();
    // What a switch leaves to be done later is done before the daemon counts as idle.
    wait_for("the daemon to have nothing left to do", || {
        let status = scene.daemon().status();
        let near = |entry: &serde_json::Value| entry["left_ms"].as_i64().is_some_and(|left| left < 60_000);
        (!crate::support::tree::list(&status["deadlines"]).iter().any(near)).then_some(())
    });
    let before = context_switches(pid);
    std::thread::sleep(IDLE_TIME);
    let count = context_switches(pid) - before;
    tell(&format!("idle-{}", kind.name()), &format!("{}: {count} context switches in {IDLE_TIME:?}", kind.name()));
    assert!(count <= IDLE_SWITCHES_MAX, "{count} context switches in {IDLE_TIME:?}");
}

fn a_second_daemon_steals_nothing(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.script("a", "1", 0, &["+1"]);
    configure(&scene.wm, "");
    let epoch = scene.daemon().status()["epoch"].clone();
    let mut command = scene.wm.command(crate::support::daemon::DAEMON);
    command.stderr(scene.wm.session.log_file("second.log"));
    let mut second = scene.wm.session.spawn(command);
    let status = second.wait(crate::support::DEADLINE);
    assert!(status.success(), "{status}");
    let log = fs::read_to_string(scene.wm.session.directory().join("second.log")).expect("its log");
    assert!(log.contains("another i3pmd"), "it says why it goes: {log}");
    assert_eq!(scene.daemon().status()["epoch"], epoch);
    Cli::done(&scene.wm, &["ping"]);
}
