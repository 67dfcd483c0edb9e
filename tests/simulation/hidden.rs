//! sway: a client that asks to be fullscreen while it is hidden (a game that has loaded, the next film)
//! ends no window manager. The fake sway dies of the same as sway 1.7 and 1.10.1.

use std::time::Duration;

use fastrand::Rng;
use i3pm::api::{Call, ProjectCreate, ProjectName};
use i3pm::core::{Signal, WmKind};

use crate::checks::{ask, run};
use crate::fake_wm::{Client, NewWindow};
use crate::support::wm::windows;
use crate::world::{Faults, Program, World};

/// Time enough for what a window or a switch sets off.
const QUIET: Duration = Duration::from_secs(2);

/// A sway with projects `a` and `b`, no faults.
struct Play {
    world: World,
}

impl Play {
    fn new(seed: u64) -> Play {
        let mut world = World::new(WmKind::Sway, Rng::with_seed(seed), true);
        world.faults = Faults::default();
        world.configure("");
        world.begin().expect("no rule is broken");
        let mut play = Play { world };
        play.rest();
        for name in ["a", "b"] {
            play.call(Call::ProjectCreate(ProjectCreate { name: name.into(), ..ProjectCreate::default() }));
        }
        play
    }

    fn rest(&mut self) {
        run(&mut self.world, QUIET).unwrap_or_else(|broken| panic!("{broken}\n{}", self.world.record()));
    }

    fn call(&mut self, call: Call) {
        let answer = ask(&mut self.world, call).unwrap_or_else(|broken| panic!("{broken}\n{}", self.world.record()));
        answer.expect("the daemon does it");
        self.rest();
    }

    fn switch(&mut self, name: &str) {
        self.call(Call::ProjectSwitch(ProjectName { name: name.into() }));
    }

    fn user(&mut self, commands: &str) {
        self.world.wm.wm.run(commands);
        self.goes_on(commands);
    }

    fn goes_on(&mut self, what: &str) {
        assert!(!self.world.wm.wm.has_crashed(), "sway died of: {what}\n{}", self.world.record());
        self.world.wm_moves();
        self.rest();
    }

    fn open(&mut self, number: u32) -> u64 {
        let class = Some("Plain".to_owned());
        let client = Client { app_id: class, title: Some(number.to_string()), pid: 1000 + number, ..Client::default() };
        let variables = vec![("I3PM_PROJECT".into(), "a".into())];
        let started = self.world.now;
        self.world.processes.insert(client.pid, Program { started, variables });
        let id = self.world.wm.wm.open(&NewWindow { client, floating: false });
        self.world.wm_moves();
        self.rest();
        id
    }

    fn ask_fullscreen(&mut self, id: u64, on: bool) {
        self.world.wm.wm.ask_fullscreen(id, on);
        self.goes_on("a client that asks to be fullscreen");
    }

    /// On how many workspaces but the scratchpad's windows are.
    fn shown(&self) -> usize {
        let tree = self.world.wm.wm.tree();
        windows(&tree).into_iter().filter(|(_, workspace)| workspace != "__i3_scratch").count()
    }
}

/// Project `a` with its windows on workspace 1, hidden.
fn hidden(seed: u64, count: u32) -> (Play, Vec<u64>) {
    let mut play = Play::new(seed);
    play.switch("a");
    play.user("workspace 1");
    let ids = (1..=count).map(|number| play.open(number)).collect();
    play.switch("b");
    assert_eq!(play.shown(), 0);
    (play, ids)
}

#[test]
fn a_client_that_asks_to_be_fullscreen_while_it_is_hidden_comes_back() {
    for count in 1..=3 {
        for stop in [false, true] {
            let (mut play, ids) = hidden(u64::from(count), count);
            play.ask_fullscreen(ids[0], true);
            if stop {
                play.world.signal(Signal::Terminate).expect("no rule is broken");
                while play.world.is_alive() {
                    play.world.advance().expect("no rule is broken");
                }
            } else {
                play.switch("a");
            }
            assert_eq!(play.shown(), count as usize, "{count} windows, stop: {stop}\n{}", play.world.record());
        }
    }
}
