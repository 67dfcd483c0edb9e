//! Switching with generated layouts and configurations: what comes back is identical, and behaves so.
//!
//! *Pure*: every workspace belongs to one project at a time. *Mixed*: windows of two projects and global ones share workspaces, also
//! containers. *Twins*: two window managers get the same layout, one of them switches away and back; then both get the same command.
//!
//! What has a shape that i3 does not let stand is counted by itself (docs/layouts.md).
//!
//! `I3PM_TEST_SEED=n` runs one layout, `I3PM_TEST_SEED=n-m` several; `I3PM_LONG=1` runs all.

use fastrand::Rng;
use serde_json::json;

use super::scene::{Scene, among_others};
use crate::support::daemon::configure;
use crate::support::figures::tell;
use crate::support::layout::{Plan, begin_workspace, draw_command, draw_options, end_workspace, generate, rearrange};
use crate::support::snapshot::has_redundant_pair;
use crate::support::{Daemon, Kind, Program, Snapshot, Window, WindowManager};

on_both!(pure_layouts_come_back, pure_layouts_outlive_clear_and_restarts, mixed_layouts_come_back, twins_stay_alike);

/// The seeds of a test: `short` of them, or `long`, or those that were asked for. Those of a short run lie all over the long one.
pub fn seeds(first: u64, short: u64, long: u64) -> Vec<u64> {
    let asked = std::env::var("I3PM_TEST_SEED").ok().map(|text| {
        let (from, to) = text.split_once('-').unwrap_or((&text, &text));
        let number = |text: &str| text.parse::<u64>().expect("I3PM_TEST_SEED=n or I3PM_TEST_SEED=n-m");
        (number(from)..=number(to)).collect()
    });
    let step = if crate::support::long() { 1 } else { usize::try_from(long / short).expect("a small number") };
    asked.unwrap_or_else(|| (first..first + long).step_by(step).collect())
}

/// Counts of layouts that came back, and the words about those that did not.
#[derive(Default)]
struct Tally {
    /// Those with a shape that the window manager does not let stand, which came back otherwise. They are none of the others.
    named: usize,
    layouts: usize,
    structure: usize,
    identical: usize,
    faults: Vec<String>,
}

/// How many of a thousand layouts may come back otherwise for a shape that the window manager does not let stand.
const NAMED_MAX: usize = 30;

impl Tally {
    fn add(&mut self, seed: u64, outcome: Outcome) {
        if outcome.is_named && !outcome.faults.is_empty() {
            self.named += 1;
        } else {
            self.layouts += 1;
            self.structure += usize::from(outcome.structure);
            self.identical += usize::from(outcome.faults.is_empty());
        }
        if let Some(first) = outcome.faults.first() {
            self.faults.push(format!("I3PM_TEST_SEED={seed}\n{first}"));
        }
    }

    /// Print the counts, and hold them against what is asked for, in parts of a thousand.
    fn judge(&self, what: &str, structure: usize, identical: usize) {
        let counts = format!(
            "{what}: structure {} of {}, identical {} of {}; {} more with a shape that has a name",
            self.structure, self.layouts, self.identical, self.layouts, self.named
        );
        tell(&format!("layouts-{}", what.replace([' ', ','], "-")), &counts);
        let enough = |count: usize, of_1000: usize| (self.layouts - count) * 1000 <= self.layouts * (1000 - of_1000);
        let text = self.faults.join("\n");
        assert!(enough(self.structure, structure) && enough(self.identical, identical), "{what}\n{text}");
        assert!(
            self.named * 1000 <= (self.layouts + self.named) * NAMED_MAX,
            "{} layouts with a shape that has a name\n{text}",
            self.named
        );
        if !text.is_empty() {
            eprintln!("{what}, not identical:\n{text}");
        }
    }
}

/// How one layout came back.
struct Outcome {
    structure: bool,
    faults: Vec<String>,
    /// It has a shape that the window manager does not let stand.
    is_named: bool,
}

impl Outcome {
    fn new() -> Outcome {
        Outcome { structure: true, faults: Vec::new(), is_named: false }
    }

    fn compare(&mut self, what: &str, before: &Snapshot, after: &Snapshot) {
        let differences = before.differences(after);
        if !differences.is_empty() {
            self.structure &= before.structure() == after.structure();
            self.faults.push(format!("{what}\n{differences}\nit was\n{before}"));
        }
    }
}

fn pure_layouts_come_back(kind: Kind) {
    let mut tally = Tally::default();
    for seed in seeds(1000, 20, 200) {
        tally.add(seed, pure(kind, seed, [6, 13], &["c a", "b a", "b c a", "b visit a", "b c visit b a"]));
    }
    tally.judge(&format!("{} pure", kind.name()), 1000, 1000);
}

/// The same where all projects are shown together in between, on the same workspaces: without a project, and while no daemon runs.
/// Three times the windows must find room there: sway 1.7 dies of a window that gets none.
fn pure_layouts_outlive_clear_and_restarts(kind: Kind) {
    let mut tally = Tally::default();
    for seed in seeds(1500, 10, 100) {
        tally.add(seed, pure(kind, seed, [4, 6], &["- a", "stop a", "b - b a", "b stop a"]));
    }
    tally.judge(&format!("{} pure, shown together in between", kind.name()), 1000, 1000);
}

/// Build a layout in each of three projects, on the same workspaces, and go round in several ways. `most` is how many windows a workspace
/// mostly has at most, and how many now and then.
fn pure(kind: Kind, seed: u64, most: [usize; 2], ways: &[&str]) -> Outcome {
    let mut random = Rng::with_seed(seed);
    let options = draw_options(kind, &mut random);
    let mut outcome = Outcome::new();
    let mut scene = Scene::with(kind, &options, "");
    scene.daemon().create_projects(&["c"]);
    let windows_max = most[usize::from(random.u8(..8) == 0)];
    let mut left = std::collections::BTreeMap::new();
    for name in ["a", "b", "c"] {
        scene.switch(name);
        let plan = Plan { workspaces: workspaces(&scene, &mut random), windows_max, floating: true };
        let titles = scene.with_program(name, |wm, program| generate(wm, &mut random, program, name, &plan));
        for title in &titles {
            let project = scene.daemon().project_of(title);
            assert_eq!(project.as_deref(), Some(name), "seed {seed}, {title}");
        }
        scene.visit_every_workspace();
        let look = scene.look();
        // i3's `focus` on what floats ends what is fullscreen below it, and its tidying takes pairs of containers away.
        outcome.is_named |=
            kind == Kind::I3 && (look.has_focus_over_fullscreen() || has_redundant_pair(&scene.wm.tree()));
        left.insert(name, look);
    }
    let context = options.config.replace('\n', "; ");
    for way in ways {
        for step in way.split(' ') {
            match step {
                "visit" => {
                    let active = scene.daemon().current().unwrap_or_default();
                    for (name, _) in workspaces(&scene, &mut random.clone()) {
                        scene.wm.show_workspace(&name, None);
                    }
                    let at = scene.look();
                    if let Some(before) = left.get_mut(active.as_str()) {
                        before.visible = at.visible;
                        before.focused = at.focused;
                        before.workspaces = at.workspaces;
                    }
                }
                "-" => drop(scene.daemon().clear()),
                "stop" => {
                    scene.daemon.take().expect("it runs").stop();
                    scene.daemon = Some(Daemon::start(&scene.wm));
                }
                name => {
                    let now = scene.switch(name);
                    outcome.compare(&format!("{way}: project {name} with {context}"), &left[name], &now);
                }
            }
        }
        scene.daemon().wait_settled();
        outcome.compare(&format!("{way}: tidied up, with {context}"), &left["a"], &scene.look());
    }
    outcome
}

/// Up to four workspaces, the last of which is often not visible.
fn workspaces(scene: &Scene, random: &mut Rng) -> Vec<(String, Option<String>)> {
    let outputs = &scene.outputs;
    let names = ["1", "2", "3: three", "four"];
    let count = random.usize(2..=names.len());
    names[..count]
        .iter()
        .enumerate()
        .map(|(index, name)| ((*name).to_owned(), Some(outputs[index % outputs.len()].clone())))
        .collect()
}

fn mixed_layouts_come_back(kind: Kind) {
    let mut tally = Tally::default();
    for seed in seeds(2000, 30, 300) {
        tally.add(seed, mixed(kind, seed));
    }
    tally.judge(&format!("{} mixed", kind.name()), 995, 980);
}

/// Switch, and look. A size that cannot be given again is refused, and then seen.
fn switch(scene: &mut Scene, name: &str) -> Snapshot {
    scene.daemon().switch(name);
    scene.daemon().wait_settled();
    scene.look()
}

/// Open windows of two projects and global ones on the same workspaces. Answers the titles of each; no project is active.
pub fn open_mixed(scene: &mut Scene, random: &mut Rng, fullscreen: bool) -> [Vec<String>; 3] {
    scene.daemon().create_projects(&["c"]);
    scene.daemon().clear();
    let mut titles = [Vec::new(), Vec::new(), Vec::new()];
    for (workspace, output) in workspaces(scene, random) {
        begin_workspace(&scene.wm, random, &workspace, output.as_deref());
        let mut here = Vec::new();
        for number in 0..random.usize(1..7) {
            let owner = random.usize(..3);
            let class = ["a", "b", "g"][owner];
            let title = format!("{class}-{workspace}-{number}");
            let window = Window { title: title.clone(), class: class.into(), ..Window::default() };
            here.push(scene.with_program(class, |wm, program| program.open_window(wm, &window)));
            titles[owner].push(title);
            rearrange(&scene.wm, random, &here, true);
        }
        end_workspace(&scene.wm, random, fullscreen);
    }
    for (owner, name) in ["a", "b"].into_iter().enumerate() {
        for title in &titles[owner] {
            let id = scene.wm.id(title);
            scene.daemon().call("window.assign", json!({"id": id, "project": name}));
        }
    }
    titles
}

/// Windows of two projects and global ones on the same workspaces.
fn mixed(kind: Kind, seed: u64) -> Outcome {
    let mut random = Rng::with_seed(seed);
    let options = draw_options(kind, &mut random);
    let mut outcome = Outcome::new();
    let mut scene = Scene::with(kind, &options, "unclaimed = \"global\"\n");
    let titles = open_mixed(&mut scene, &mut random, true);
    scene.visit_every_workspace();
    let context = options.config.replace('\n', "; ");
    let all = scene.look();
    let a = switch(&mut scene, "a");
    let b = switch(&mut scene, "b");
    for (round, (name, before)) in [("a", &a), ("b", &b), ("a", &a), ("-a", &a), ("-b", &b)].into_iter().enumerate() {
        // By way of a third project both are hidden in turn, and return in another order.
        let name = name.strip_prefix('-').inspect(|_| drop(switch(&mut scene, "c"))).unwrap_or(name);
        let now = switch(&mut scene, name);
        let owner = usize::from(name == "b");
        let mut shown = [titles[owner].clone(), titles[2].clone()].concat();
        shown.sort();
        assert_eq!(Snapshot::titles(&scene.wm), shown, "seed {seed}, round {round}: what is shown\n{now}\nof\n{all}");
        let what = format!("round {round}, project {name} with {context}; all was\n{all}\nthen");
        outcome.compare(&what, before, &now);
    }
    scene.daemon().clear();
    let mut everything = titles.concat();
    everything.sort();
    assert_eq!(Snapshot::titles(&scene.wm), everything, "seed {seed}: everything is shown");
    outcome.compare(&format!("after clear, with {context}"), &a, &switch(&mut scene, "a"));
    outcome
}

fn twins_stay_alike(kind: Kind) {
    let (mut commands, mut alike) = (0, 0);
    let mut faults = Vec::new();
    for seed in seeds(3000, 16, 150) {
        let (given, fault) = twins(kind, seed);
        commands += given;
        alike += given - usize::from(fault.is_some());
        faults.extend(fault.map(|fault| format!("I3PM_TEST_SEED={seed}\n{fault}")));
    }
    let text = faults.join("\n");
    let counts = format!("{} twins: {alike} of {commands} commands ended alike", kind.name());
    tell(&format!("layouts-{}-twins", kind.name()), &counts);
    eprintln!("{text}");
    // Some of them never do (docs/layouts.md).
    let of_1000 = if kind == Kind::I3 { 970 } else { 960 };
    assert!(commands > 0, "no twins were alike from the start");
    assert!((commands - alike) * 1000 <= commands * (1000 - of_1000), "{text}");
}

/// How many commands the twins get at most.
const TWIN_COMMANDS: usize = 12;

/// One window manager switches away and back before each command, its twin never does. Answers how many commands were given, and
/// how the last one ended otherwise.
fn twins(kind: Kind, seed: u64) -> (usize, Option<String>) {
    let mut random = Rng::with_seed(seed);
    let options = draw_options(kind, &mut random);
    let mut scene = Scene::with(kind, &options, "");
    let _machine = among_others();
    let twin = WindowManager::start(kind, &options);
    configure(&twin, "");
    let mut twin_program = Program::start(&twin);
    let plan = Plan { workspaces: workspaces(&scene, &mut random), windows_max: 5, floating: true };
    let mut twin_random = random.clone();
    generate(&twin, &mut twin_random, &mut twin_program, "a", &plan);
    scene.with_program("a", |wm, program| generate(wm, &mut random, program, "a", &plan));
    scene.visit_every_workspace();
    Scene::visit(&twin);
    let before = Snapshot::take(&twin);
    let differences = before.differences(&scene.look());
    if !differences.is_empty() {
        // They differ before anything was switched, which says nothing of a switch. Why was not traced.
        return (0, None);
    }
    let context = options.config.replace('\n', "; ");
    for given in 1..=TWIN_COMMANDS {
        scene.switch("b");
        switch(&mut scene, "a");
        scene.daemon().wait_settled();
        let before = Snapshot::take(&twin);
        let unlike = before.differences(&scene.look());
        scene.wm.wait_drawn();
        let command = draw_command(&mut random);
        let (one, two) = (scene.wm.try_run(command), twin.try_run(command));
        let differences = Snapshot::take(&twin).differences(&scene.look());
        if one != two || !differences.is_empty() {
            let text = format!(
                "{command} with {context}: {one} and {two}\n{differences}\nunlike before:\n{unlike}\nbefore it was\n{before}"
            );
            return (given, Some(text));
        }
    }
    (TWIN_COMMANDS, None)
}
