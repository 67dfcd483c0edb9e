//! What most tests begin with: a window manager, a daemon, projects, and a program for each.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::support::daemon::configure;
use crate::support::{Daemon, Kind, Options, Process, Program, Snapshot, Window, WindowManager, Workspace};

/// Tests that measure times have the machine for themselves; all others share it.
static MACHINE: RwLock<()> = RwLock::new(());

/// Wait until no other test runs, and let none begin.
pub fn alone() -> RwLockWriteGuard<'static, ()> {
    MACHINE.write().unwrap_or_else(PoisonError::into_inner)
}

/// Wait until no test runs that wants to be alone.
pub fn among_others() -> RwLockReadGuard<'static, ()> {
    MACHINE.read().unwrap_or_else(PoisonError::into_inner)
}

/// A window manager, a daemon, projects and their programs. Fields are dropped from first to last.
pub struct Scene {
    programs: BTreeMap<String, Program>,
    kept: Vec<Process>,
    /// The daemon; a test that stops it puts another in its place.
    pub daemon: Option<Daemon>,
    /// The window manager.
    pub wm: WindowManager,
    /// Its outputs, from left to right.
    pub outputs: Vec<String>,
    _machine: Option<RwLockReadGuard<'static, ()>>,
}

impl Scene {
    /// Two outputs and the projects `a` and `b`; `a` is active.
    pub fn new(kind: Kind) -> Scene {
        Scene::with(kind, &Options { two_outputs: true, ..Options::default() }, "")
    }

    /// The same with options of the window manager and a configuration of the daemon.
    pub fn with(kind: Kind, options: &Options, configuration: &str) -> Scene {
        let machine = among_others();
        let mut scene = Scene::without_others(kind, options, configuration);
        scene._machine = Some(machine);
        scene
    }

    /// The same for a test that holds `alone`.
    pub fn without_others(kind: Kind, options: &Options, configuration: &str) -> Scene {
        let wm = WindowManager::start(kind, options);
        configure(&wm, configuration);
        let mut daemon = Daemon::start(&wm);
        daemon.create_projects(&["a", "b"]);
        daemon.switch("a");
        let outputs = wm.outputs();
        Scene { programs: BTreeMap::new(), kept: Vec::new(), daemon: Some(daemon), wm, outputs, _machine: None }
    }

    /// The daemon.
    pub fn daemon(&mut self) -> &mut Daemon {
        self.daemon.as_mut().expect("a daemon that runs")
    }

    /// Go to a workspace on an output and follow a script there: `+1` opens the window `PROGRAM-1`, anything else is a
    /// command of the window manager. Answers the titles.
    pub fn script(&mut self, program: &str, workspace: &str, output: usize, lines: &[&str]) -> Vec<String> {
        let output = self.outputs.get(output).cloned();
        self.wm.show_workspace(workspace, output.as_deref());
        let mut titles = Vec::new();
        for line in lines {
            if let Some(number) = line.strip_prefix('+') {
                titles.push(self.open(program, &format!("{program}-{number}")));
            } else {
                self.wm.run(line);
            }
        }
        titles
    }

    /// Open a window and wait until the daemon knows where it belongs. Answers the title.
    pub fn open(&mut self, program: &str, title: &str) -> String {
        let window = Window { title: title.into(), class: program.into(), ..Window::default() };
        self.with_program(program, |wm, program| program.open_window(wm, &window));
        self.daemon().window(title);
        title.into()
    }

    /// Ask a program for a window, wait until the daemon knows it, and answer what it knows. For windows that may be
    /// hidden at once.
    pub fn request(&mut self, program: &str, window: &Window) -> serde_json::Value {
        self.with_program(program, |wm, program| program.request(wm, window));
        self.daemon().window(&window.title)
    }

    /// What is on the screen now.
    pub fn look(&self) -> Snapshot {
        Snapshot::take(&self.wm)
    }

    /// Keep a process until the end of the test.
    pub fn keep(&mut self, process: Process) {
        self.kept.push(process);
    }

    /// End all programs; those asked for next are new ones.
    pub fn forget_programs(&mut self) {
        self.programs.clear();
    }

    /// Use a project's program together with the window manager.
    pub fn with_program<T>(&mut self, name: &str, then: impl FnOnce(&WindowManager, &mut Program) -> T) -> T {
        let wm = &self.wm;
        then(wm, self.programs.entry(name.to_owned()).or_insert_with(|| Program::start(wm)))
    }

    /// Show each workspace once, then what was shown before: i3 gives containers their sizes when it shows them.
    pub fn visit_every_workspace(&self) {
        Scene::visit(&self.wm);
    }

    /// The same with any window manager.
    pub fn visit(wm: &WindowManager) {
        let before = Snapshot::take(wm);
        let focused = wm.focused_workspace();
        for name in before.workspaces.keys().chain(before.visible.values()).chain([&focused]) {
            wm.show_workspace(name, None);
        }
    }

    /// Switch, and look.
    #[track_caller]
    pub fn switch(&mut self, name: &str) -> Snapshot {
        let answer = self.daemon().switch(name);
        assert_eq!(answer["refused"], serde_json::json!([]), "the window manager refused commands");
        self.daemon().wait_settled();
        self.look()
    }

    /// The titles of all windows that exist, hidden ones too, sorted.
    pub fn all_titles(&self) -> Vec<String> {
        let tree = self.wm.tree();
        let windows = crate::support::tree::windows(&tree);
        let mut titles: Vec<String> =
            windows.into_iter().map(|(node, _)| crate::support::tree::title(node).into()).collect();
        titles.sort();
        titles
    }

    /// Three workspaces on two outputs with at least three levels of nesting, for the active project.
    /// The third is not visible in the end.
    pub fn three_workspaces(&mut self, program: &str) -> Vec<String> {
        let mut titles = self.script(
            program,
            "3",
            0,
            &["layout tabbed", "+1", "+2", "split v", "+3", "split h", "+4", "split v", "+5", "layout stacking", "+6"],
        );
        titles.extend(self.script(
            program,
            "2",
            1,
            &[
                "+7",
                "split v",
                "+8",
                "resize grow height 77 px",
                "split h",
                "+9",
                "layout tabbed",
                "+10",
                "split v",
                "+11",
            ],
        ));
        titles.extend(self.script(
            program,
            "1",
            0,
            &["+12", "+13", "resize grow height 60 px", "split v", "+14", "split h", "+15", "layout tabbed", "+16"],
        ));
        let snapshot = self.look();
        let deepest = snapshot
            .workspaces
            .values()
            .flat_map(Workspace::texts)
            .map(|line| line.len() - line.trim_start().len())
            .max();
        assert!(deepest >= Some(6), "three levels of nesting are wanted:\n{snapshot}");
        self.wm.run(&format!("[con_id={}] focus", self.wm.id(&format!("{program}-14"))));
        titles
    }

    /// Windows of `a`, of `b` and global ones, on workspaces that they share and on their own; some float. `b` is active in the end.
    pub fn mixed_workspaces(&mut self) {
        self.script("g", "1", 0, &["+1", "+2"]);
        self.script("g", "3", 0, &["+3", "floating enable"]);
        for title in ["g-1", "g-2", "g-3"] {
            let id = self.wm.id(title);
            self.daemon().call("window.assign", serde_json::json!({"id": id, "global": true}));
        }
        self.script("a", "1", 0, &["+1", "split v", "+2", "split h", "+3", "layout tabbed", "+4"]);
        self.script("a", "2", 1, &["+5", "split v", "+6", "split h", "+7"]);
        self.script("a", "3", 0, &["+8", "+9", "floating enable"]);
        self.visit_every_workspace();
        self.switch("b");
        self.script("b", "1", 0, &["+1", "split v", "+2"]);
        self.script("b", "2", 1, &["+3", "layout stacking", "+4"]);
        self.script("b", "4", 1, &["+5"]);
        self.visit_every_workspace();
    }
}
