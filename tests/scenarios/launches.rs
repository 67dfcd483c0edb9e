//! Many launches at once.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Stage;

const PROJECTS: [&str; 4] = ["a", "b", "c", "d"];
const LAUNCHES: usize = 100;

/// A hundred launches of the same class from four projects; their windows come in any order, while any project is active.
#[test]
fn a_burst_from_four_projects_is_all_right() {
    let seed: u64 = fastrand::u64(..);
    println!("seed {seed}");
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut stage = Stage::new();
    let projects: String = PROJECTS.map(|name| format!("[project.{name}]|")).concat();
    stage.play("start", &format!("{projects}[app.term]|command = ['term']"));
    stage.play("connect", "sway 1[10:shell]");
    stage.play("done", "");
    let mut expected = BTreeMap::new();
    for number in 1..=LAUNCHES {
        let project = PROJECTS[rng.usize(..PROJECTS.len())];
        stage.play("call", &format!("app.launch {{\"name\":\"term\",\"project\":\"{project}\"}}"));
        stage.play("runs", &format!("{number} {}", 1000 + number));
        expected.insert(100 + number as u64, project);
    }
    let mut order: Vec<usize> = (1..=LAUNCHES).collect();
    rng.shuffle(&mut order);
    let mut late = Vec::new();
    for number in order {
        stage.play("opens", &format!("{}:term@{}", 100 + number, 1000 + number));
        let process = format!("{} I3PM_LAUNCH=epoch-{number}", 1000 + number);
        // Some answers about processes come later than other windows.
        if rng.bool() { stage.play("process", &process) } else { late.push(process) }
    }
    rng.shuffle(&mut late);
    for process in late {
        stage.play("process", &process);
    }
    let found = owners(&mut stage);
    assert_eq!(
        found.iter().map(|(id, name)| (*id, name.as_str())).collect::<BTreeMap<_, _>>(),
        expected,
        "seed {seed}"
    );
}

/// The project of each window that a launch claimed.
fn owners(stage: &mut Stage) -> BTreeMap<u64, String> {
    stage.transcript.clear();
    stage.play("call", "state.dump");
    stage.transcript.clear();
    // No census can be made here: the answer comes with what is known.
    stage.play("call", "window.list");
    stage.play("wait", "600");
    let answer = stage.transcript.lines().find(|line| line.contains("\"windows\":["));
    let answer = answer.and_then(|line| line.split_once('{')).expect("a list of windows").1;
    let list: Value = serde_json::from_str(&format!("{{{answer}")).expect("JSON");
    let windows = list["windows"].as_array().expect("windows").iter();
    let of_launch = windows.filter(|window| window["claim"] == "launch");
    of_launch
        .map(|window| (window["id"].as_u64().expect("an id"), window["projects"][0].as_str().unwrap_or("").to_owned()))
        .collect()
}
