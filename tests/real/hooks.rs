//! What is run when projects are entered and left.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;

use super::scene::Scene;
use crate::support::proc::is_alive;
use crate::support::{Daemon, Kind, Options, wait_for};

/// Switches in one burst.
const BURST: usize = 20;

on_both!(
    hooks_are_run_with_what_they_must_know,
    a_hook_that_never_ends_is_ended,
    a_hook_that_cannot_be_run_costs_nothing,
    a_burst_of_switches_leaves_nothing_behind,
    what_a_hook_opens_belongs_to_its_project,
);

/// A hook that is a line for the shell; `$1` is a directory of the session.
fn shell(scene_directory: &Path, line: &str) -> String {
    let line = line.replace('{', "{{").replace('}', "}}");
    format!("['sh', '-c', '''{line}''', 'hook', '{}']", scene_directory.display())
}

/// A scene whose configuration needs to know the directory that hooks write to.
fn scene(kind: Kind, configuration: impl Fn(&Path) -> String) -> (Scene, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    let scene = Scene::with(kind, &Options::default(), &configuration(directory.path()));
    (scene, directory)
}

fn text(path: PathBuf) -> Option<String> {
    std::fs::read_to_string(path).ok().filter(|text| text.ends_with('\n'))
}

/// The texts of what happened lately of this kind.
fn notes(daemon: &mut Daemon, kind: &str) -> Vec<String> {
    let events = daemon.call("events.recent", json!({}));
    let events = events["events"].as_array().expect("events").iter().filter(|event| event["kind"] == kind);
    events.filter_map(|event| event["text"].as_str().map(str::to_owned)).collect()
}

fn hooks_are_run_with_what_they_must_know(kind: Kind) {
    let line = r#"{ env; pwd; echo "SESSION $(cut -d' ' -f6 /proc/$$/stat) $$"; } > "$1/$I3PM_HOOK.new"; mv "$1/$I3PM_HOOK.new" "$1/$I3PM_HOOK""#;
    let (mut scene, directory) = scene(kind, |directory| {
        let hook = shell(directory, line);
        format!("[project.c]\ndir = '/usr/share'\nicon = 'C'\non_enter = {hook}\non_leave = {hook}\n")
    });
    scene.switch("c");
    let entered = wait_for("on_enter", || text(directory.path().join("on_enter")));
    let has = |text: &str, line: &str| assert!(text.lines().any(|found| found == line), "{line:?} in\n{text}");
    for line in [
        "I3PM_HOOK=on_enter",
        "I3PM_PROJECT=c",
        "I3PM_PROJECT_DIR=/usr/share",
        "I3PM_PROJECT_ICON=C",
        "I3PM_PROJECT_BEFORE=a",
        "I3PM_PROJECT_AFTER=c",
        "/usr/share",
    ] {
        has(&entered, line);
    }
    let socket = if kind == Kind::I3 { "I3SOCK=" } else { "SWAYSOCK=" };
    assert!(entered.lines().any(|line| line.starts_with(socket)), "{entered}");
    assert!(!entered.contains("I3PM_LAUNCH="), "no window is expected of it:\n{entered}");
    let session = entered.lines().find_map(|line| line.strip_prefix("SESSION ")).expect("its session");
    let (session, pid) = session.split_once(' ').expect("two numbers");
    assert_eq!(session, pid, "it has one of its own");
    assert!(!directory.path().join("on_leave").exists());
    scene.daemon().clear();
    let left = wait_for("on_leave", || text(directory.path().join("on_leave")));
    for line in ["I3PM_HOOK=on_leave", "I3PM_PROJECT=c", "I3PM_PROJECT_BEFORE=c", "I3PM_PROJECT_AFTER="] {
        has(&left, line);
    }
    assert_eq!(notes(scene.daemon(), "launch.no_window"), [""; 0]);
}

/// One that pays no heed to being asked, with a child that does not either; and one whose child cleans up when it is asked.
fn a_hook_that_never_ends_is_ended(kind: Kind) {
    let deaf = r#"trap '' TERM; sh -c 'sleep 1000' & echo "$$ $!" > "$1/deaf.new"; mv "$1/deaf.new" "$1/deaf"; while :; do wait; sleep 1; done"#;
    let polite = r#"sh -c 'trap "sleep 0.5; echo done > $1/cleaned; exit 0" TERM; echo $$ > $1/polite; while :; do sleep 0.1; done' child "$1"; exit 1"#;
    let (mut scene, directory) = scene(kind, |directory| {
        let (deaf, polite) = (shell(directory, deaf), shell(directory, polite));
        format!("[project.c]\non_enter = {deaf}\non_leave = {polite}\nhook_limit = 1\n")
    });
    scene.switch("c");
    let pids = wait_for("the hook to run", || text(directory.path().join("deaf")));
    scene.switch("a");
    let child = wait_for("the other hook to run", || text(directory.path().join("polite")));
    let start = Instant::now();
    let pids: Vec<&str> = pids.split_whitespace().chain([child.trim()]).collect();
    assert_eq!(pids.len(), 3);
    assert!(pids.iter().all(|pid| is_alive(pid)));
    // The daemon serves on meanwhile.
    for name in ["b", "a"] {
        scene.switch(name);
    }
    wait_for("all of them to end", || (!pids.iter().any(|pid| is_alive(pid))).then_some(()));
    println!("{}: all had ended {:?} after the last began", kind.name(), start.elapsed());
    assert_eq!(text(directory.path().join("cleaned")).as_deref(), Some("done\n"), "it had a second for it");
    let ended =
        wait_for("the ends to be noted", || Some(notes(scene.daemon(), "hook.ended")).filter(|notes| notes.len() == 2));
    assert!(
        ended.iter().any(|note| note.starts_with("on_enter of project \"c\" has ended (signal: 9 (SIGKILL)")),
        "{ended:?}"
    );
    let overdue = notes(scene.daemon(), "hook.overdue");
    assert_eq!(overdue.len(), 2, "{overdue:?}");
    assert!(overdue[0].contains("on_enter of project \"c\" has run for 1 s, its hook_limit"), "{overdue:?}");
    // It may run again.
    std::fs::remove_file(directory.path().join("deaf")).expect("it was there");
    scene.switch("c");
    wait_for("the hook to run again", || text(directory.path().join("deaf")));
}

fn a_hook_that_cannot_be_run_costs_nothing(kind: Kind) {
    let configuration = "[project.c]\non_enter = ['no-such-program']\n[project.d]\ndir = '/no/such/directory'\non_enter = ['true']\n\
                         [project.e]\non_enter = ['sh', '-c', 'exit 7']\n";
    let mut scene = Scene::with(kind, &Options::default(), configuration);
    for name in ["c", "d", "e"] {
        assert_eq!(scene.daemon().switch(name)["changed"], true);
    }
    let failed =
        wait_for("both to be noted", || Some(notes(scene.daemon(), "hook.failed")).filter(|notes| notes.len() == 2));
    // They are started side by side: whichever fails first is noted first.
    let about = |project| {
        let beginning = format!("on_enter of project \"{project}\" could not be run: ");
        failed.iter().find_map(|note| note.strip_prefix(&beginning)).unwrap_or_else(|| panic!("{project}: {failed:?}"))
    };
    assert!(about("c").starts_with("command not found: no-such-program"), "{failed:?}");
    assert!(about("c").contains("config.toml:1)"), "{failed:?}");
    assert!(about("d").starts_with("it cannot be started in the directory /no/such/directory"), "{failed:?}");
    let ended = wait_for("its end to be noted", || notes(scene.daemon(), "hook.ended").pop());
    assert!(ended.starts_with("on_enter of project \"e\" has ended (exit status: 7; "), "{ended}");
    assert_eq!(scene.daemon().current().as_deref(), Some("e"));
}

fn a_burst_of_switches_leaves_nothing_behind(kind: Kind) {
    let line = r#"echo "$I3PM_HOOK $I3PM_PROJECT $$" >> "$1/log"; sleep 0.3"#;
    let (mut scene, directory) = scene(kind, |directory| {
        let hook = shell(directory, line);
        ["c", "d"].map(|name| format!("[project.{name}]\non_enter = {hook}\non_leave = {hook}\n")).concat()
    });
    scene.script("a", "1", 0, &["+1"]);
    let mut times = Vec::new();
    for number in 0..BURST {
        let answer = scene.daemon().switch(["c", "d"][number % 2]);
        times.push(answer["milliseconds"].as_f64().expect("milliseconds"));
    }
    times.sort_by(f64::total_cmp);
    println!(
        "{}: a switch of the burst took {:.1} ms, the slowest {:.1} ms",
        kind.name(),
        times[BURST / 2],
        times[BURST - 1]
    );
    let skipped = notes(scene.daemon(), "hook.skipped").len();
    // The first one was entered from a project without hooks.
    let wanted = 2 * BURST - 1;
    let log = wait_for("every hook to be run or skipped", || {
        text(directory.path().join("log")).filter(|log| log.lines().count() + skipped == wanted)
    });
    assert!(skipped > 0, "none was skipped:\n{log}");
    let kinds: BTreeSet<&str> = log.lines().filter_map(|line| line.rsplit_once(' ').map(|(kind, _)| kind)).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["on_enter c", "on_enter d", "on_leave c", "on_leave d"]);
    let pids: Vec<&str> = log.lines().filter_map(|line| line.rsplit(' ').next()).collect();
    wait_for("the last one to end", || {
        (!pids.iter().any(|pid| Path::new(&format!("/proc/{pid}")).exists())).then_some(())
    });
    assert_eq!(notes(scene.daemon(), "hook.failed"), [""; 0]);
    assert_eq!(scene.daemon().current().as_deref(), Some(["c", "d"][(BURST - 1) % 2]));
}

fn what_a_hook_opens_belongs_to_its_project(kind: Kind) {
    let command = match kind {
        Kind::I3 => r#"["xterm", "-T", "of {project}", "-e", "sleep", "1000"]"#,
        Kind::Sway => r#"["foot", "--config", "/dev/null", "--title", "of {project}", "sleep", "1000"]"#,
    };
    let mut scene = Scene::with(kind, &Options::default(), &format!("[project.c]\non_enter = {command}\n"));
    scene.switch("c");
    scene.switch("b");
    let window = scene.daemon().window("of c");
    assert_eq!((&window["projects"], &window["claim"]), (&json!(["c"]), &json!("environment")), "{window:#}");
    scene.daemon().call("project.close", json!({"name": "c", "wait_ms": 10_000}));
}
