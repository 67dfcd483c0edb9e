//! An i3 that does not do what the vault rests on: `move up` leaves the container floating. Hiding
//! falls back to the scratchpad. And one that finds no layout to append: windows are hidden in
//! places without a size.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use i3pm::api::{Call, EventsRecent, ProjectCreate, ProjectName};
use i3pm::core::WmKind;
use serde_json::Value;

use crate::checks::{self, ask, run};
use crate::fake_wm::{Client, NewWindow};
use crate::runs::{environment, run_in};
use crate::support::tree::{children, list, text, title, walk, windows};
use crate::world::{Faults, Program, World};

/// Time enough for what a window or a switch sets off.
const QUIET: Duration = Duration::from_secs(2);

fn world(seed: u64, recording: bool) -> World {
    let mut world = World::new(WmKind::I3, Rng::with_seed(seed), recording);
    world.wm.forbid_vault();
    world
}

/// A play without faults.
struct Play {
    world: World,
}

impl Play {
    fn call(&mut self, call: Call) -> Value {
        let answer = ask(&mut self.world, call).expect("no rule is broken");
        let answer = answer.expect("the daemon does it");
        run(&mut self.world, QUIET).expect("no rule is broken");
        answer
    }

    fn switch(&mut self, name: &str) {
        self.call(Call::ProjectSwitch(ProjectName { name: name.into() }));
    }

    fn user(&mut self, commands: &str) {
        let outcomes = self.world.wm.wm.run(commands);
        assert!(outcomes.iter().all(|outcome| outcome.success), "{commands}: {outcomes:?}");
        self.world.wm_moves();
        run(&mut self.world, QUIET).expect("no rule is broken");
    }

    fn open(&mut self, number: u32, title: &str) {
        self.open_with(number, title, vec![("I3PM_PROJECT".into(), "a".into())]);
    }

    fn open_global(&mut self, number: u32, title: &str) {
        self.open_with(number, title, Vec::new());
    }

    fn open_with(&mut self, number: u32, title: &str, variables: Vec<(String, String)>) {
        let class = Some("Plain".to_owned());
        let client = Client {
            instance: class.clone(),
            class,
            title: Some(title.into()),
            pid: 1000 + number,
            x11: number,
            ..Client::default()
        };
        let started = self.world.now;
        self.world.processes.insert(client.pid, Program { started, variables });
        self.world.wm.wm.open(&NewWindow { client, floating: false });
        self.world.wm_moves();
        run(&mut self.world, QUIET).expect("no rule is broken");
    }

    /// The titles on each workspace in their order, with how each stands: a wrapper of ours has the
    /// layout of its workspace.
    fn look(&self) -> BTreeMap<String, Vec<String>> {
        let tree = self.world.wm.wm.tree();
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (window, workspace) in windows(&tree) {
            let parent = parent(&tree, &window["id"]).expect("a window has a parent");
            let floats = if parent["type"] == "floating_con" { "floating" } else { text(&parent["layout"]) };
            let line = format!("{} {floats}", title(window));
            all.entry(workspace).or_default().push(line);
        }
        all
    }
}

fn parent<'tree>(node: &'tree Value, id: &Value) -> Option<&'tree Value> {
    walk(node).into_iter().find(|node| children(node).any(|child| child["id"] == *id))
}

#[test]
fn windows_come_back_from_the_scratchpad_and_status_says_why() {
    for seed in 1..=4 {
        let mut world = world(seed, true);
        world.faults = Faults::default();
        world.begin().expect("no rule is broken");
        run(&mut world, QUIET).expect("no rule is broken");
        let mut play = Play { world };
        for name in ["a", "b"] {
            play.call(Call::ProjectCreate(ProjectCreate { name: name.into(), ..ProjectCreate::default() }));
        }
        assert_eq!(play.call(Call::Status)["wm"]["hiding"], "vault", "it was not tried yet");
        play.switch("a");
        play.user("workspace 1");
        play.open(1, "left");
        play.open(2, "top");
        play.user("split v");
        play.open(3, "bottom");
        play.user("layout tabbed");
        play.open(4, "float");
        play.user("floating enable, resize set 400 px 300 px, move absolute position 100 px 200 px");
        play.user("workspace four");
        play.open(5, "single");
        play.user("workspace 5");
        play.open(6, "mine");
        play.open(7, "marked");
        play.user("mark --add keep; workspace 1");
        let shown = play.look();
        assert_eq!(shown.values().flatten().count(), 7, "{shown:?}");

        for round in 0..3 {
            play.switch("b");
            let away = play.look();
            let hidden = away.get("__i3_scratch").map_or(0, Vec::len);
            let visible: Vec<&String> =
                away.iter().filter(|(name, _)| *name != "__i3_scratch").flat_map(|(_, lines)| lines).collect();
            assert_eq!((hidden, visible.len()), (7, 0), "seed {seed}, round {round}: {away:?}");
            let hiding = play.call(Call::Status)["wm"]["hiding"].clone();
            assert!(text(&hiding).starts_with("scratchpad: the vault probe failed"), "{hiding}");
            play.switch("a");
            assert_eq!(
                play.look(),
                shown,
                "seed {seed}, round {round}\n{}\n{}",
                play.world.wm.picture(),
                play.world.record()
            );
        }
        let events = play.call(Call::EventsRecent(EventsRecent { limit: None }));
        let warnings = list(&events["events"]).iter().filter(|event| event["kind"] == "wm.vault");
        let levels: Vec<&str> = warnings.map(|event| text(&event["level"])).collect();
        assert_eq!(levels, ["warning"], "it is said once");
        checks::settle_and_check(&mut play.world).expect("all is in order");
    }
}

#[test]
fn windows_are_hidden_where_no_layout_can_be_written() {
    let mut world = World::quiet(WmKind::I3, Rng::with_seed(1), true);
    world.wm.layouts_fail = true;
    world.configure("unclaimed = \"global\"\n");
    world.begin().expect("no rule is broken");
    run(&mut world, QUIET).expect("no rule is broken");
    let mut play = Play { world };
    for name in ["a", "b"] {
        play.call(Call::ProjectCreate(ProjectCreate { name: name.into(), ..ProjectCreate::default() }));
    }
    play.switch("a");
    play.open(1, "one");
    play.open_global(2, "global");
    play.open(3, "two");
    let shown = play.look();
    for round in 0..2 {
        play.switch("b");
        assert_eq!(play.look()["__i3_scratch"].len(), 2, "round {round}: {:?}", play.look());
        play.switch("a");
        assert_eq!(play.look(), shown, "round {round}");
    }
    assert_eq!(play.call(Call::Status)["wm"]["hiding"], "vault");
    let events = play.call(Call::EventsRecent(EventsRecent { limit: None }));
    let warnings: Vec<&str> = list(&events["events"])
        .iter()
        .filter(|event| event["kind"] == "wm.layouts")
        .map(|event| text(&event["text"]))
        .collect();
    assert_eq!(warnings.len(), 1, "it is said once: {events}");
    assert!(warnings[0].contains("/run/user/1000/i3pm/layout.json"), "{warnings:?}");
    checks::settle_and_check(&mut play.world).expect("all is in order");
}

#[test]
fn core_survives_without_a_vault() {
    let (first, seeds, steps) = (environment("SEED", 1), environment("SEEDS", 16), environment("STEPS", 800));
    let mut failures = Vec::new();
    for seed in first..first + seeds {
        if run_in(world(seed, false), steps).broken.is_some() {
            let run = run_in(world(seed, true), steps);
            let broken = run.broken.unwrap_or_else(|| "with a record it goes well".into());
            failures.push(format!("seed {seed}, step {} of {steps}:\n{}{broken}\n", run.step, run.record));
        }
    }
    assert!(failures.is_empty(), "{} of {seeds} fail\n{}", failures.len(), failures.join("\n=====\n"));
}
