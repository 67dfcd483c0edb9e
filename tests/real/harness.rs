//! The harness itself: what it compares, it must be able to tell apart.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Stdio;

use crate::support::elsewhere;
use crate::support::ipc::request;
use crate::support::layout::{Plan, generate};
use crate::support::{Kind, Options, Program, Snapshot, WindowManager};

on_both!(the_window_manager_is_the_one_asked_for, layouts_are_reproducible_and_differences_seen);

fn the_window_manager_is_the_one_asked_for(kind: Kind) {
    let _machine = super::scene::among_others();
    let wm = WindowManager::start(kind, &Options::default());
    let mut asked = wm.command(kind.name());
    let asked = asked.arg("--version").stdout(Stdio::piped()).output().expect("its version").stdout;
    let asked = String::from_utf8_lossy(&asked);
    let version = wm.ask(request::VERSION, "");
    let running = version["human_readable"].as_str().expect("a version");
    assert!(asked.contains(running), "{asked:?} was asked for, {running:?} is running");
    if let Some(folder) = elsewhere::folder() {
        let identity = |path: String| {
            let data = fs::metadata(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
            (data.dev(), data.ino())
        };
        let program = format!("{}/usr/bin/{}", folder.display(), kind.name());
        assert_eq!(
            identity(format!("/proc/{}/exe", wm.pid())),
            identity(program),
            "the pid is that of another program"
        );
    }
}

fn layouts_are_reproducible_and_differences_seen(kind: Kind) {
    let _machine = super::scene::among_others();
    let wm = WindowManager::start(kind, &Options { two_outputs: true, ..Options::default() });
    let outputs = wm.outputs();
    assert_eq!(outputs.len(), 2, "{outputs:?}");
    let mut program = Program::start(&wm);
    let plan = Plan {
        workspaces: vec![
            ("1".into(), Some(outputs[0].clone())),
            ("2".into(), Some(outputs[1].clone())),
            ("3: three".into(), Some(outputs[0].clone())),
        ],
        windows_max: 4,
        floating: true,
    };
    let titles = generate(&wm, &mut fastrand::Rng::with_seed(1), &mut program, "a", &plan);
    let before = Snapshot::take(&wm);
    assert_eq!(Snapshot::titles(&wm).len(), titles.len());
    before.assert_same(&Snapshot::take(&wm), "looking twice");

    for change in ["border toggle", "mark user", "focus left; focus up; focus parent", "move container to workspace 9"]
    {
        let before = Snapshot::take(&wm);
        wm.try_run(&format!("[con_id={}] focus", wm.id(&titles[0])));
        wm.run(change);
        let differences = before.differences(&Snapshot::take(&wm));
        assert!(!differences.is_empty(), "{change} was not seen");
    }
    program.close(&wm, &titles[0]);
    assert_eq!(Snapshot::titles(&wm).len(), titles.len() - 1);
}
