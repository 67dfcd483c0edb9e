//! Switching with generated layouts: every workspace belongs to one project.

use fastrand::Rng;

use super::scene::Scene;
use crate::support::Kind;
use crate::support::layout::{Plan, generate};

/// How many layouts each window manager gets.
const SEEDS: u64 = 20;
/// The first seed; `I3PM_TEST_SEED` replaces it, and then only that one is run.
const FIRST_SEED: u64 = 1000;

on_both!(generated_layouts_come_back);

fn generated_layouts_come_back(kind: Kind) {
    let only = std::env::var("I3PM_TEST_SEED").ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = only.map_or(FIRST_SEED..FIRST_SEED + SEEDS, |seed| seed..seed + 1);
    let mut faults = Vec::new();
    let count = seeds.end - seeds.start;
    for seed in seeds {
        if let Some(differences) = round_trip(kind, seed) {
            faults.push(format!("I3PM_TEST_SEED={seed}\n{differences}"));
        }
    }
    assert!(faults.is_empty(), "{} of {count} layouts did not come back:\n{}", faults.len(), faults.join("\n"));
}

/// Build a layout in each of two projects, on the same workspaces, go back and forth, and answer what differs.
fn round_trip(kind: Kind, seed: u64) -> Option<String> {
    let mut random = Rng::with_seed(seed);
    let mut scene = Scene::new(kind);
    let workspaces = |scene: &Scene, names: &[&str]| {
        let outputs = &scene.outputs;
        names.iter().enumerate().map(|(index, name)| ((*name).to_owned(), Some(outputs[index % 2].clone()))).collect()
    };
    let plan = |scene: &Scene| Plan { workspaces: workspaces(scene, &["1", "2", "3"]), windows_max: 6, floating: true };
    let mut left = Vec::new();
    for name in ["a", "b"] {
        scene.switch(name);
        let plan = plan(&scene);
        let titles = scene.with_program(name, |wm, program| generate(wm, &mut random, program, name, &plan));
        for title in &titles {
            let project = scene.daemon().project_of(title);
            assert_eq!(project.as_deref(), Some(name), "seed {seed}, {title}");
        }
        scene.visit_every_workspace();
        left.push(scene.look());
    }
    for round in 0..2 {
        for (name, before) in ["a", "b"].into_iter().zip(&left) {
            let differences = before.differences(&scene.switch(name));
            if !differences.is_empty() {
                return Some(format!("round {round}, project {name}\n{differences}\nit was\n{before}"));
            }
        }
    }
    None
}
