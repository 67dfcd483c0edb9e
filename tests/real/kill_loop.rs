//! The daemon is killed with SIGKILL, again and again, in every step of a switch: nothing is lost, and the next one goes on.
//!
//! The daemon speaks with the window manager through a relay, which stops at a request that is drawn, in a way that is drawn, so
//! that it is known in which step each kill falls and that a request is unanswered then. Other kills come at an instant that is drawn.
//! Each test prints a table of the steps in which its kills fell. `I3PM_TEST_SEED` replaces the seed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use fastrand::Rng;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use i3pm::core::tree::mark::SCRATCH_WORKSPACE;

use super::scene::Scene;
use crate::support::figures::tell;
use crate::support::ipc::request;
use crate::support::tree::{children, is_window, list, text, title, walk};
use crate::support::{Cli, Daemon, Kind, Relay, Sent, Snapshot, Stop, long, wait_for};

/// How many kills each test makes on each window manager, and in its long variant: over 300 in all, then, on each.
const KILLS: [(&str, [usize; 2]); 5] =
    [("pure", [24, 160]), ("first", [12, 60]), ("mixed", [16, 100]), ("exit", [12, 60]), ("restart", [8, 40])];
/// A kill at an instant that is drawn comes so much later than its switch at the most, in microseconds.
const DELAY_MAX_US: u64 = 40_000;
/// The seed where none is given.
const SEED: u64 = 3000;

on_both!(while_switching, at_the_first_switch, with_mixed_workspaces, while_it_stops);

/// Both projects have windows, on the same workspaces.
fn while_switching(kind: Kind) {
    let mut kills = Kills::new(kind, "pure");
    kills.scene.three_workspaces("a");
    kills.add("a");
    kills.scene.switch("b");
    kills.scene.three_workspaces("b");
    kills.add("b");
    kills.relay_begins();
    while kills.are_wanted() {
        kills.round(Kills::killed_in_a_switch);
    }
    kills.done();
}

/// There is no vault, and a workspace was never hidden: it is built, and that is wrapped.
fn at_the_first_switch(kind: Kind) {
    let mut kills = Kills::new(kind, "first");
    kills.scene.script("a", "1", 0, &["+1", "split v", "+2", "split h", "+3", "layout tabbed", "+4"]);
    kills.add("a");
    kills.projects.push(Project { name: "b", titles: Vec::new(), left: kills.scene.switch("b"), containers: None });
    kills.scene.switch("a");
    kills.relay_begins();
    while kills.are_wanted() {
        // Nothing is hidden, so all that a rescue does is to take the vault down.
        kills.scene.daemon.take().expect("it runs").kill();
        Cli::done(&kills.scene.wm, &["rescue"]);
        assert_no_vault(&kills.scene);
        kills.start_daemon();
        let workspace = format!("new-{}", kills.made);
        let windows = [format!("+n{}1", kills.made), format!("+n{}2", kills.made)];
        let lines: Vec<&str> = windows.iter().map(String::as_str).collect();
        let opened = kills.scene.script("a", &workspace, 1, &lines);
        kills.projects[0].titles.extend(opened.clone());
        kills.projects[0].titles.sort();
        kills.everything = kills.scene.all_titles();
        kills.projects[0].left = kills.scene.look();
        kills.round(Kills::killed_in_a_switch);
        kills.scene.switch("a");
        for title in opened {
            kills.scene.with_program("a", |wm, program| program.close(wm, &title));
            kills.projects[0].titles.retain(|other| *other != title);
        }
        kills.everything = kills.scene.all_titles();
    }
    kills.done();
}

/// Workspaces hold windows of both projects and global ones.
fn with_mixed_workspaces(kind: Kind) {
    let mut kills = Kills::new(kind, "mixed");
    kills.build_mixed();
    kills.relay_begins();
    while kills.are_wanted() {
        kills.round(Kills::killed_in_a_switch);
    }
    kills.done();
}

/// SIGTERM makes it show everything; it is killed while it does.
fn while_it_stops(kind: Kind) {
    let mut kills = Kills::new(kind, "exit");
    kills.build_mixed();
    kills.relay_begins();
    while kills.are_wanted() {
        kills.round(Kills::killed_at_its_end);
    }
    kills.done();
}

/// i3 restarts in place while the daemon is dead.
#[test]
fn i3_restarts_in_between() {
    let mut kills = Kills::new(Kind::I3, "restart");
    kills.build_mixed();
    kills.relay_begins();
    while kills.are_wanted() {
        kills.round(|kills| {
            let fallen = kills.killed_in_a_switch();
            kills.scene.wm.restart_in_place();
            fallen
        });
    }
    kills.done();
}

/// A project, with what must be on the screen while it is active.
struct Project {
    name: &'static str,
    titles: Vec<String>,
    left: Snapshot,
    /// How many containers there were when it was first on the screen, and when it was last.
    containers: Option<(usize, usize)>,
}

/// A step of the daemon's work, as the request that was the last before a kill says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Nothing,
    Tree,
    Vault,
    Wrap,
    Commands,
    Marks,
    After,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Step::Nothing => "before the first tree",
            Step::Tree => "tree",
            Step::Vault => "building the vault",
            Step::Wrap => "wrapping workspaces",
            Step::Commands => "hiding and restoring",
            Step::Marks => "marks",
            Step::After => "after the switch or exit",
        }
    }

    fn of(sent: &Sent) -> Step {
        let payload = &sent.payload;
        if sent.kind != request::COMMAND {
            Step::Tree
        } else if payload.contains("_i3pm1:h:") {
            Step::Commands
        } else if payload.contains("_i3pm1:w:") {
            Step::Marks
        } else if [SCRATCH_WORKSPACE, "open", "scratchpad", "move up"].iter().any(|word| payload.contains(word)) {
            Step::Vault
        } else {
            Step::Wrap
        }
    }
}

/// Where a kill fell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fallen {
    step: Step,
    unanswered: bool,
    how: Option<Stop>,
    /// How many messages with commands went by before.
    commands: usize,
}

impl Fallen {
    /// No command of the switch was sent, or it was done whole.
    fn is_clean(self) -> bool {
        self.step == Step::After || self.commands == 0
    }
}

struct Kills {
    scene: Scene,
    relay: Option<Relay>,
    what: &'static str,
    wanted: usize,
    made: usize,
    random: Rng,
    projects: Vec<Project>,
    everything: Vec<String>,
    /// How many requests the next switch that is stopped will have before it is.
    next_stop: usize,
    fallen: BTreeMap<(Step, bool), usize>,
    exact: usize,
    compared: usize,
}

impl Kills {
    fn new(kind: Kind, what: &'static str) -> Kills {
        let seed = std::env::var("I3PM_TEST_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(SEED);
        let (_, counts) = KILLS.into_iter().find(|(name, _)| *name == what).expect("a row of the table");
        let wanted = counts[usize::from(long())];
        eprintln!("{}, {what}: {wanted} kills, I3PM_TEST_SEED={seed}", kind.name());
        Kills {
            scene: Scene::new(kind),
            relay: None,
            what,
            wanted,
            made: 0,
            random: Rng::with_seed(seed),
            projects: Vec::new(),
            everything: Vec::new(),
            next_stop: 0,
            fallen: BTreeMap::new(),
            exact: 0,
            compared: 0,
        }
    }

    /// The active project is as it must come back.
    fn add(&mut self, name: &'static str) {
        let titles = Snapshot::titles(&self.scene.wm);
        self.projects.push(Project { name, titles, left: self.scene.look(), containers: None });
    }

    fn build_mixed(&mut self) {
        self.scene.mixed_workspaces();
        // How they come back once is how they must come back always.
        for name in ["a", "b"] {
            self.scene.switch(name);
            self.add(name);
        }
    }

    /// From here on the daemon speaks through the relay.
    fn relay_begins(&mut self) {
        self.everything = self.scene.all_titles();
        self.scene.daemon.take().expect("it runs").kill();
        self.relay = Some(Relay::start(&self.scene.wm));
        self.start_daemon();
    }

    fn relay(&self) -> &Relay {
        self.relay.as_ref().expect("after relay_begins")
    }

    fn start_daemon(&mut self) {
        self.relay().forget();
        self.scene.daemon = Some(Daemon::start_through(&self.scene.wm, self.relay().socket()));
    }

    fn are_wanted(&self) -> bool {
        self.made < self.wanted
    }

    fn active(&mut self) -> usize {
        let current = self.scene.daemon().current();
        self.projects.iter().position(|project| current.as_deref() == Some(project.name)).expect("one of the projects")
    }

    /// One kill, and what must hold after it.
    fn round(&mut self, kill: impl FnOnce(&mut Kills) -> Fallen) {
        let fallen = kill(self);
        self.made += 1;
        *self.fallen.entry((fallen.step, fallen.unanswered)).or_default() += 1;
        let place = format!("{}, {}, kill {}: {fallen:?}", self.scene.wm.kind.name(), self.what, self.made);
        self.scene.wm.settle();
        assert_eq!(self.scene.all_titles(), self.everything, "{place}: a window is lost");
        self.start_daemon();
        // The switch is completed or undone.
        let active = wait_for(&format!("{place}: the new daemon to have one project on the screen"), || {
            let active = self.active();
            (Snapshot::titles(&self.scene.wm) == self.projects[active].titles).then_some(active)
        });
        let known: BTreeSet<String> =
            self.scene.daemon().windows().iter().map(|window| text(&window["title"]).to_owned()).collect();
        assert_eq!(known.into_iter().collect::<Vec<_>>(), self.everything, "{place}: every window is accounted for");
        let count = self.projects.len();
        for index in (0..count).map(|number| (active + 1 + number) % count) {
            let name = self.projects[index].name;
            let now = self.scene.switch(name);
            let titles = Snapshot::titles(&self.scene.wm);
            assert_eq!(titles, self.projects[index].titles, "{place}: project {name}\n{now}");
            self.compare(index, now, fallen, &place);
        }
        assert_marks(&self.scene, &place);
    }

    fn compare(&mut self, index: usize, mut now: Snapshot, fallen: Fallen, place: &str) {
        let project = &mut self.projects[index];
        let containers = walk(&self.scene.wm.tree()).len();
        project.containers = Some((project.containers.map_or(containers, |(first, _)| first), containers));
        if project.left != now {
            // i3 gives what is on an invisible workspace its new size when it shows it.
            self.scene.visit_every_workspace();
            now = self.scene.look();
        }
        let differences = project.left.differences(&now);
        self.compared += 1;
        self.exact += usize::from(differences.is_empty());
        if !differences.is_empty() {
            let text = format!("{place}: project {} is not as it was\n{differences}", project.name);
            let must = self.what == "pure" && fallen.is_clean();
            assert!(!must, "{text}");
            eprintln!("{text}");
            // Each kill answers for its own differences only.
            project.left = now;
        }
    }

    /// Ask for the other project, and kill.
    fn killed_in_a_switch(&mut self) -> Fallen {
        let other = (self.active() + 1) % self.projects.len();
        let target = self.projects[other].name;
        let how = self.draw();
        let socket = self.scene.wm.session.runtime_directory().join("i3pm/ipc.sock");
        let mut peer = UnixStream::connect(socket).expect("the daemon accepts");
        let line =
            json!({"jsonrpc": "2.0", "id": 1, "method": "project.switch", "params": {"name": target}}).to_string();
        writeln!(peer, "{line}").expect("the daemon listens");
        peer.set_nonblocking(true).expect("a socket");
        let mut answered = false;
        let mut is_answered = |_: &mut Daemon| {
            answered = answered
                || match peer.read(&mut [0; 4096]) {
                    Ok(_) => true,
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
                        false
                    }
                };
            answered
        };
        let over = self.wait_for_the_instant(how, &mut is_answered);
        self.kill(how, over)
    }

    /// Ask it to stop, and kill.
    fn killed_at_its_end(&mut self) -> Fallen {
        let how = self.draw();
        self.scene.daemon().signal("TERM");
        let over = self.wait_for_the_instant(how, &mut Daemon::has_ended);
        self.kill(how, over)
    }

    /// Five of six kills are at a request, the others at an instant.
    fn draw(&mut self) -> Option<Stop> {
        let how = (self.random.u8(..6) > 0).then(|| Stop::ALL[self.random.usize(..Stop::ALL.len())]);
        match how {
            Some(how) => self.relay().stop_at(self.next_stop, how),
            None => self.relay().forget(),
        }
        how
    }

    /// Wait until the daemon is to be killed. Is its work over by then?
    fn wait_for_the_instant(&mut self, how: Option<Stop>, is_over: &mut dyn FnMut(&mut Daemon) -> bool) -> bool {
        let Kills { scene, relay, random, next_stop, .. } = self;
        let (daemon, relay) = (scene.daemon.as_mut().expect("it runs"), relay.as_ref().expect("after relay_begins"));
        if how.is_none() {
            // The instant is what is tested here; nothing is waited for.
            std::thread::sleep(Duration::from_micros(random.u64(..DELAY_MAX_US)));
            return is_over(daemon);
        }
        wait_for("the relay to stop or the work to be over", || (relay.has_stopped() || is_over(daemon)).then_some(()));
        let over = is_over(daemon);
        // The next one is stopped one request later, until the work is over by then; every other time the first tree is passed over.
        *next_stop = if over { random.usize(..2) } else { *next_stop + 1 };
        over
    }

    fn kill(&mut self, how: Option<Stop>, over: bool) -> Fallen {
        let stopped = self.relay().has_stopped();
        let mut daemon = self.scene.daemon.take().expect("it runs");
        if stopped && !over && self.what != "exit" {
            // The daemon's own word for it; at its end it may stop at any time.
            let status = daemon.status();
            assert!(status["wm"]["request"].is_string(), "a request is unanswered: {:#}", status["wm"]);
        }
        if !daemon.has_ended() {
            let pid = i32::try_from(daemon.pid()).ok().and_then(Pid::from_raw).expect("a pid");
            kill_process(pid, Signal::KILL).expect("our own child");
        }
        daemon.kill();
        self.relay().wait_closed();
        if how == Some(Stop::Frozen) {
            self.scene.wm.thaw();
        }
        let sent = self.relay().sent();
        let last = sent.last();
        let step = if over { Step::After } else { last.map_or(Step::Nothing, Step::of) };
        let commands = sent.iter().filter(|sent| sent.kind == request::COMMAND).count();
        Fallen { step, unanswered: last.is_some_and(|sent| !sent.answered), how: how.filter(|_| stopped), commands }
    }

    /// Print the table; enough kills must have met an unanswered request.
    fn done(self) {
        let name = self.scene.wm.kind.name();
        let mut table = format!("{name}, {}: {} kills\n  {:<28} unanswered   answered\n", self.what, self.made, "step");
        let steps: BTreeSet<Step> = self.fallen.keys().map(|(step, _)| *step).collect();
        let count = |step, unanswered| self.fallen.get(&(step, unanswered)).copied().unwrap_or_default();
        for step in steps {
            table += &format!("  {:<28} {:>10} {:>10}\n", step.name(), count(step, true), count(step, false));
        }
        let unanswered: usize =
            self.fallen.iter().filter(|((_, unanswered), _)| *unanswered).map(|(_, count)| count).sum();
        let commands: usize =
            [Step::Vault, Step::Wrap, Step::Commands, Step::Marks].map(|step| count(step, true)).iter().sum();
        table += &format!("  {unanswered} with a request unanswered, {commands} of these with commands\n");
        table += &format!("  layouts exact afterwards: {} of {}\n", self.exact, self.compared);
        for project in &self.projects {
            let (first, last) = project.containers.expect("it was on the screen");
            table += &format!(
                "  containers with {} on the screen: {first} after the first kill, {last} after the last\n",
                project.name
            );
        }
        tell(&format!("kills-{}-{}", self.scene.wm.kind.name(), self.what), &table);
        assert!(unanswered * 3 >= self.made, "at least a third of the kills meet an unanswered request");
    }
}

/// No two windows have the same number, no container is empty but in the vault, and no workspace is ours.
#[track_caller]
fn assert_marks(scene: &Scene, place: &str) {
    let tree = scene.wm.tree();
    let mut serials = BTreeSet::new();
    for node in walk(&tree) {
        assert_ne!(node["name"], SCRATCH_WORKSPACE, "{place}: a workspace of ours is left behind");
        for mark in list(&node["marks"]).iter().map(text).filter_map(|mark| mark.strip_prefix("_i3pm1:w:")) {
            let serial = mark.split(':').next().unwrap_or_default().to_owned();
            assert!(serials.insert(serial), "{place}: two windows have the mark {mark:?}");
        }
    }
    for workspace in walk(&tree).into_iter().filter(|node| node["type"] == "workspace" && title(node) != "__i3_scratch")
    {
        for node in walk(workspace).into_iter().skip(1) {
            let empty = children(node).next().is_none() && !is_window(node);
            assert!(!empty, "{place}: an empty container is left on {:?}: {node:#}", title(workspace));
        }
    }
}

fn assert_no_vault(scene: &Scene) {
    let tree = scene.wm.tree();
    let scratch = |node: &&Value| node["type"] == "workspace" && title(node) == "__i3_scratch";
    for node in walk(&tree).into_iter().filter(scratch) {
        assert!(list(&node["nodes"]).is_empty(), "no vault is left behind: {node:#}");
    }
}
