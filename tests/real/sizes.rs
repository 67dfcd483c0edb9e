//! i3: what programs are told of the sizes of their windows. A switch tells none a size other than the one it has before and after.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Value, json};

use super::generated::{open_mixed, seeds};
use super::scene::Scene;
use crate::support::figures::tell;
use crate::support::layout::draw_options;
use crate::support::tree::{title, windows};
use crate::support::windows::Telling;
use crate::support::{Kind, Options, Window};

/// How often the programs live through a switch there and back.
const ROUNDS: usize = 50;

/// Where each window is, and its size inside: of all that are in the tree, hidden ones too.
type Frames = BTreeMap<String, (Value, u64, u64)>;

fn frames(scene: &Scene) -> Frames {
    let tree = scene.wm.tree();
    let frame = |node: &Value| {
        let size = |name: &str| node["window_rect"][name].as_u64().unwrap_or(0);
        (node["rect"].clone(), size("width"), size("height"))
    };
    windows(&tree).into_iter().map(|(node, _)| (title(node).to_owned(), frame(node))).collect()
}

fn tellings(scene: &mut Scene) -> BTreeMap<String, Vec<Telling>> {
    let mut all = BTreeMap::new();
    for name in ["a", "b", "g"] {
        all.extend(scene.with_program(name, |wm, program| program.take_tellings(wm)));
    }
    all
}

#[test]
fn no_program_is_told_a_size_that_it_does_not_keep() {
    let mut faults = Vec::new();
    let (mut layouts, mut told) = (0, 0);
    for seed in seeds(4000, 15, 150) {
        let (count, fault) = there_and_back(seed);
        layouts += 1;
        told += count;
        faults.extend(fault);
    }
    tell("sizes", &format!("i3 sizes: {layouts} layouts, {told} windows told something, {} faults", faults.len()));
    assert!(faults.is_empty(), "{} of {layouts} layouts\n{}", faults.len(), faults.join("\n"));
}

/// From `a` over `b` to `a`, without a look at other workspaces. Answers how many windows were told anything, and what was wrong.
fn there_and_back(seed: u64) -> (usize, Option<String>) {
    let mut random = Rng::with_seed(seed);
    let options = draw_options(Kind::I3, &mut random);
    let mut scene = Scene::with(Kind::I3, &options, "unclaimed = \"global\"\n");
    let [_, _, global] = open_mixed(&mut scene, &mut random, false);
    for name in ["a", "b", "a"] {
        scene.switch(name);
    }
    let _ = tellings(&mut scene);
    let before = frames(&scene);
    scene.switch("b");
    let between = frames(&scene);
    scene.switch("a");
    let after = frames(&scene);
    let mut faults = Vec::new();
    let mut count = 0;
    for (title, told) in tellings(&mut scene) {
        count += usize::from(!told.is_empty());
        let (first, middle, last) = (&before[&title], &between[&title], &after[&title]);
        // Where a place was another in between, i3 gives the former size back to a pixel.
        let off = u64::from(first != middle);
        let sizes = |telling: &Telling| match telling {
            Telling::Size(width, height) => [first, middle]
                .iter()
                .any(|frame| frame.1.abs_diff(u64::from(*width)) <= off && frame.2.abs_diff(u64::from(*height)) <= off),
            Telling::Mapped | Telling::Unmapped => true,
        };
        if first.1.abs_diff(last.1) > off || first.2.abs_diff(last.2) > off || (off == 0 && first != last) {
            faults.push(format!("{title} was {first:?} and is {last:?}"));
        }
        if !told.iter().all(sizes) {
            faults.push(format!("{title}, of {first:?}, in between {middle:?}, is told {told:?}"));
        }
        if global.contains(&title) {
            if first == middle && !told.is_empty() {
                faults.push(format!("{title}, which never leaves {first:?}, is told {told:?}"));
            }
        } else if (first.1, first.2) != (middle.1, middle.2) {
            faults.push(format!("{title}, of {first:?}, has {middle:?} while it is hidden or shown alone"));
        }
    }
    let context = options.config.replace('\n', "; ");
    let told = (!faults.is_empty()).then(|| format!("I3PM_TEST_SEED={seed} with {context}\n{}", faults.join("\n")));
    (count, told)
}

#[test]
fn programs_that_die_of_no_size_live() {
    for in_their_first_second in [false, true] {
        let mut scene = Scene::with(Kind::I3, &Options::default(), "[[rule]]\nclass = \"g\"\nglobal = true\n");
        scene.script("a", "1", 0, &["+alone"]);
        scene.script("g", "2", 0, &["+beside"]);
        scene.script("g", "3", 0, &["+beside-more"]);
        // One that stays, and the ones that leave: beside it, floating, beside it where nobody looks.
        let open = |scene: &mut Scene, title: &str, floats: bool| {
            let window = Window { title: title.into(), class: "a".into(), dialog: floats, ..Window::default() };
            scene.with_program("a", |wm, program| {
                if in_their_first_second {
                    program.request(wm, &window);
                } else {
                    program.open_window(wm, &window);
                }
            });
        };
        scene.wm.show_workspace("3", None);
        open(&mut scene, "a-unseen", false);
        open(&mut scene, "a-unseen-float", true);
        scene.wm.show_workspace("2", None);
        open(&mut scene, "a-seen", false);
        open(&mut scene, "a-float", true);
        for title in ["a-unseen", "a-unseen-float", "a-seen", "a-float"] {
            scene.daemon().window(title);
        }
        for _ in 0..ROUNDS {
            for name in ["b", "a"] {
                scene.daemon().switch(name);
            }
        }
        scene.daemon().wait_settled();
        for program in ["a", "g"] {
            let told = scene.with_program(program, |wm, program| program.take_tellings(wm));
            assert!(!told.is_empty(), "{program} has windows");
        }
    }
}

#[test]
fn sizes_that_changed_meanwhile_are_told_once() {
    let mut scene = Scene::with(Kind::I3, &Options { two_outputs: true, ..Options::default() }, "");
    let titles = scene.script("g", "1", 0, &["+1", "+2"]);
    for title in &titles {
        let id = scene.wm.id(title);
        scene.daemon().call("window.assign", json!({"id": id, "global": true}));
    }
    scene.script("a", "1", 0, &["+1", "+2"]);
    scene.script("b", "2", 1, &["+1"]);
    scene.wm.show_workspace("1", None);
    scene.switch("b");
    scene.wm.run(&format!("[con_id={}] resize grow height 100 px", scene.wm.id("g-1")));
    scene.wm.run("gaps inner all set 10");
    let _ = tellings(&mut scene);
    scene.switch("a");
    let now = frames(&scene);
    for (title, told) in tellings(&mut scene) {
        let sizes = told.iter().filter_map(|telling| match telling {
            Telling::Size(width, height) => Some((u64::from(*width), u64::from(*height))),
            _ => None,
        });
        let (_, width, height) = &now[&title];
        assert!(sizes.clone().all(|size| size == (*width, *height)), "{title}, {:?}: {told:?}", now[&title]);
    }
    // The next time there are places of the new sizes.
    let _ = tellings(&mut scene);
    for name in ["b", "a", "b", "a"] {
        scene.switch(name);
    }
    assert_eq!(frames(&scene), now);
    let told = tellings(&mut scene);
    let wrong = |title: &str| {
        told[title].iter().any(|telling| {
            matches!(telling, Telling::Size(width, height)
        if (u64::from(*width), u64::from(*height)) != (now[title].1, now[title].2))
        })
    };
    assert!(!wrong("a-1") && !wrong("a-2"), "{told:?}");
}
