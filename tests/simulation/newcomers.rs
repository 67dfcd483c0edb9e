//! To whom new windows belong, and what is said of those that are hidden at once: the daemon in
//! worlds without faults, compared with a model that knows the processes, when they were started,
//! which windows they have and had, and where the user is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fastrand::Rng;
use i3pm::api::{Call, ProjectCreate, ProjectName, WindowFilter};
use i3pm::core::{FOLLOW_TIME, Time, WmKind};

use crate::checks::{self, ask, run};
use crate::fake_wm::{Client, NewWindow};
use crate::runs::{environment, on_every_core};
use crate::support::tree::{list, text};
use crate::world::{Broken, Faults, Program, World};

/// Time enough for what a window or a switch sets off.
const QUIET: Duration = Duration::from_secs(2);
const PROJECTS: [&str; 2] = ["a", "b"];

type Projects = BTreeSet<String>;

/// A process, as the user knows it.
#[derive(Debug, Clone)]
struct Process {
    started: Time,
    /// The project whose terminal it was started from.
    environment: Option<String>,
    /// What its windows that are closed had in common; none if it had none.
    former: Option<Projects>,
    /// It has windows of projects with nothing in common, or had since it last had none at all.
    is_server: bool,
}

/// An open window.
#[derive(Debug, Clone)]
struct Open {
    pid: u32,
    projects: Projects,
    /// It floats, as splashes do.
    floating: bool,
    /// It was hidden when it opened, and not in sight since.
    unseen: bool,
}

#[derive(Debug, Default)]
struct Model {
    active: Option<String>,
    processes: BTreeMap<u32, Process>,
    windows: BTreeMap<String, Open>,
}

impl Model {
    /// To whom a window will belong that opens now.
    fn projects_of(&self, now: Time, pid: u32, modal: bool) -> Projects {
        let process = &self.processes[&pid];
        let others = || self.windows.values().filter(|open| open.pid == pid);
        let is_first = others().next().is_none() && process.former.is_none();
        let only_splashes = others().all(|open| open.floating);
        let is_young = now.since(process.started) < FOLLOW_TIME;
        let mut owner = None;
        if (is_first || (is_young && only_splashes) || modal) && !process.is_server {
            let known = others().map(|open| &open.projects).chain(process.former.as_ref()).cloned();
            let common = known.reduce(|one, other| &one & &other).filter(|common| !common.is_empty());
            owner = common.or_else(|| process.environment.clone().map(|project| Projects::from([project])));
        }
        match (owner, &self.active) {
            (Some(mut owner), active) => {
                // A question is asked where the user is.
                owner.extend(active.clone().filter(|_| modal));
                owner
            }
            (None, active) => active.iter().cloned().collect(),
        }
    }

    fn opened(&mut self, title: &str, pid: u32, projects: Projects, floating: bool) {
        let unseen = self.is_hidden(&projects);
        self.windows.insert(title.to_owned(), Open { pid, projects, floating, unseen });
        self.find_server(pid);
    }

    fn is_hidden(&self, projects: &Projects) -> bool {
        let active = self.active.as_ref();
        !projects.is_empty() && active.is_some_and(|active| !projects.contains(active))
    }

    fn find_server(&mut self, pid: u32) {
        let owned = self.windows.values().filter(|open| open.pid == pid && !open.projects.is_empty());
        let common = owned.map(|open| open.projects.clone()).reduce(|one, other| &one & &other);
        let process = self.processes.get_mut(&pid).expect("a process that is known");
        process.is_server |= common.is_some_and(|common| common.is_empty());
    }

    fn closed(&mut self, title: &str) {
        let Some(open) = self.windows.remove(title) else { return };
        let has_others = self.windows.values().any(|other| other.pid == open.pid);
        let process = self.processes.get_mut(&open.pid).expect("a process that is known");
        process.is_server &= has_others;
        process.former = Some(match &process.former {
            Some(former) => former & &open.projects,
            None => open.projects,
        });
    }

    fn switched(&mut self, to: Option<&str>) {
        self.active = to.map(str::to_owned);
        let hidden: Vec<bool> = self.windows.values().map(|open| self.is_hidden(&open.projects)).collect();
        self.windows.values_mut().zip(hidden).for_each(|(open, hidden)| open.unseen &= hidden);
    }

    /// How many windows of a project nobody has seen yet.
    fn news(&self, project: &str) -> u64 {
        self.windows.values().filter(|open| open.unseen && open.projects.contains(project)).count() as u64
    }
}

struct Play {
    world: World,
    model: Model,
    last: u32,
    /// What was done, for who reads of a failure.
    story: Vec<String>,
}

impl Play {
    fn begin(seed: u64) -> Result<Play, Broken> {
        let mut rng = Rng::with_seed(seed);
        let kind = if rng.bool() { WmKind::I3 } else { WmKind::Sway };
        let mut world = World::quiet(kind, rng, false);
        world.faults = Faults::default();
        world.begin()?;
        run(&mut world, QUIET)?;
        for name in PROJECTS {
            ask(&mut world, Call::ProjectCreate(ProjectCreate { name: name.into(), ..ProjectCreate::default() }))??;
        }
        Ok(Play { world, model: Model::default(), last: 0, story: Vec::new() })
    }

    fn step(&mut self) -> Result<(), Broken> {
        match self.world.rng.u8(..20) {
            0..=2 => self.start_program(),
            3..=10 => self.open()?,
            11..=13 => self.close()?,
            14..=17 => self.switch()?,
            _ => {
                let time = Duration::from_secs(self.world.rng.u64(1..40));
                self.story.push(format!("{time:?} pass"));
                run(&mut self.world, time)?;
            }
        }
        self.compare()
    }

    fn start_program(&mut self) {
        self.last += 1;
        // Now and then the number of a process that has ended, with all its windows.
        let gone = |pid: &u32| !self.model.windows.values().any(|open| open.pid == *pid);
        let again = self.model.processes.keys().copied().find(gone).filter(|_| self.world.rng.bool());
        let pid = again.unwrap_or(1000 + self.last);
        let environment = [None, Some("a"), Some("b")][self.world.rng.usize(..3)].map(str::to_owned);
        let started = self.world.now;
        let variables = environment.iter().map(|project| ("I3PM_PROJECT".to_owned(), project.clone())).collect();
        self.story.push(format!("process {pid} starts, of {environment:?}"));
        self.world.processes.insert(pid, Program { started, variables });
        self.model.processes.insert(pid, Process { started, environment, former: None, is_server: false });
    }

    fn open(&mut self) -> Result<(), Broken> {
        let pids: Vec<u32> = self.model.processes.keys().copied().collect();
        if pids.is_empty() {
            self.start_program();
            return Ok(());
        }
        let pid = pids[self.world.rng.usize(..pids.len())];
        self.last += 1;
        let (number, i3) = (self.last, self.world.wm.wm.kind() == WmKind::I3);
        let (title, modal) = (format!("window {number}"), i3 && self.world.rng.u8(..4) == 0);
        let floating = modal || self.world.rng.u8(..4) == 0;
        let projects = self.model.projects_of(self.world.now, pid, modal);
        let what = format!("floating: {floating}, modal: {modal}");
        self.story.push(format!("{title} of process {pid} opens, {what}; it is of {projects:?}"));
        let class = Some("Plain".to_owned());
        let client = Client {
            class: class.clone().filter(|_| i3),
            app_id: class.filter(|_| !i3),
            title: Some(title.clone()),
            pid,
            x11: if i3 { number } else { 0 },
            modal,
            ..Client::default()
        };
        self.world.wm.wm.open(&NewWindow { client, floating });
        self.world.wm_moves();
        self.model.opened(&title, pid, projects, floating);
        // The user may go elsewhere before it is known whose it is. A question may then be asked at
        // either place.
        if !modal && self.world.rng.u8(..4) == 0 {
            while self.world.next_time() == Some(self.world.now) {
                self.world.advance()?;
            }
            self.world.turn(Vec::new())?;
            return self.switch();
        }
        run(&mut self.world, QUIET)
    }

    fn close(&mut self) -> Result<(), Broken> {
        let windows = self.world.wm.wm.windows();
        if windows.is_empty() {
            return Ok(());
        }
        let (id, client) = windows[self.world.rng.usize(..windows.len())].clone();
        let title = client.title.unwrap_or_default();
        self.story.push(format!("{title} closes"));
        self.world.wm.wm.close(id);
        self.world.wm_moves();
        self.model.closed(&title);
        run(&mut self.world, QUIET)
    }

    fn switch(&mut self) -> Result<(), Broken> {
        let to = [None, Some("a"), Some("b")][self.world.rng.usize(..3)];
        self.story.push(format!("the user goes to {to:?}"));
        let call = to.map_or(Call::ProjectClear, |name| Call::ProjectSwitch(ProjectName { name: name.into() }));
        ask(&mut self.world, call)??;
        self.model.switched(to);
        run(&mut self.world, QUIET)
    }

    fn compare(&mut self) -> Result<(), Broken> {
        checks::check(&mut self.world)?;
        let windows = ask(&mut self.world, Call::WindowList(WindowFilter::default()))??;
        let told: BTreeMap<String, Projects> = list(&windows["windows"])
            .iter()
            .map(|window| {
                let projects = list(&window["projects"]).iter().map(|name| text(name).to_owned()).collect();
                (text(&window["title"]).to_owned(), projects)
            })
            .collect();
        let expected: BTreeMap<String, Projects> =
            self.model.windows.iter().map(|(title, open)| (title.clone(), open.projects.clone())).collect();
        if told != expected {
            return Err(format!("windows belong to {told:?} and not to {expected:?}"));
        }
        let projects = ask(&mut self.world, Call::ProjectList)??;
        for project in list(&projects["projects"]) {
            let news = self.model.news(text(&project["name"]));
            if project["urgent"] != news {
                return Err(format!("{} asks for attention for {}, not {news}", project["name"], project["urgent"]));
            }
        }
        Ok(())
    }
}

fn play(seed: u64, steps: u64) -> Result<(), Broken> {
    let mut play = Play::begin(seed)?;
    for _ in 0..steps {
        play.step().map_err(|broken| format!("{}\n{broken}", play.story.join("\n")))?;
    }
    Ok(())
}

#[test]
fn what_a_person_opens_is_seen_and_what_is_hidden_is_said() {
    let (first, seeds) = (environment("SEED", 1), environment("SEEDS", 64));
    let steps = environment("STEPS", 60);
    let next = AtomicU64::new(first);
    let failures = Mutex::new(Vec::new());
    on_every_core(|| {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + seeds {
                return;
            }
            if let Err(broken) = play(seed, steps) {
                failures.lock().expect("nobody panics with it").push(format!("seed {seed}:\n{broken}"));
            }
        }
    });
    let failures = failures.into_inner().expect("nobody panics with it");
    assert!(failures.is_empty(), "{} of {seeds} fail\n{}", failures.len(), failures[0]);
}
