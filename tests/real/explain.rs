//! `i3pm explain` on real window managers.

use serde_json::Value;

use super::scene::Scene;
use crate::support::tree::list;
use crate::support::{Cli, Kind, Options, Window, wait_for};

on_both!(a_window_is_explained);

fn a_window_is_explained(kind: Kind) {
    let mut scene = Scene::with(
        kind,
        &Options::default(),
        "[[rule]]\nclass = \"x\"\nglobal = true\n\n[[rule]]\ntitle = \"glob:ruled*\"\nproject = \"b\"\n",
    );
    scene.script("a", "1", 0, &["+1", "split v", "+2"]);
    let window = Window { title: "ruled-1".into(), class: "ruled".into(), ..Default::default() };
    scene.request("ruled", &window);
    wait_for("the ruled window to be hidden", || (scene.daemon().window("ruled-1")["hidden"] == true).then_some(()));
    let shown = Cli::done(&scene.wm, &["explain", "--title", "ruled"]);
    assert!(shown.contains("hidden: it belongs to project b, and project a is active"), "{shown}");
    assert!(shown.contains("returns to workspace 1 on "), "{shown}");
    let line = |name: &str| shown.lines().find(|line| line.contains(&format!("  {name}"))).unwrap_or_default().trim();
    assert!(line("rule 1 at ").starts_with("lost") && line("rule 1 at ").contains("its class does not fit"), "{shown}");
    assert!(line("rule 2 at ").starts_with("WON") && line("rule 2 at ").contains("project b"), "{shown}");
    assert!(line("unclaimed").starts_with("lost") && line("unclaimed").contains("comes later"), "{shown}");
    assert!(line("sticky").starts_with('-'), "{shown}");
    assert!(shown.contains("hidden from 1  newcomer"), "{shown}");

    scene.switch("b");
    let shown = Cli::done(&scene.wm, &["explain", "--title", "a-2"]);
    assert!(shown.contains("hidden from 1  switch to b"), "{shown}");
    scene.wm.run(&format!("[con_id={}] focus", scene.wm.id("ruled-1")));
    let id = scene.wm.id("ruled-1").to_string();
    for _ in 0..5 {
        scene.switch("a");
        scene.switch("b");
    }
    Cli::done(&scene.wm, &["window", "assign", "a"]);
    let answer: Value = serde_json::from_str(&Cli::done(&scene.wm, &["explain", &id, "--json"])).expect("JSON");
    let moves = list(&answer["moves"]);
    assert_eq!(moves.len(), 8, "the last eight are kept: {moves:#?}");
    assert_eq!(moves[7]["cause"], "assigned");
    let won: Vec<&Value> = list(&answer["claims"]).iter().filter(|step| step["outcome"] == "won").collect();
    assert!(won.len() == 1 && won[0]["name"] == "user", "{won:#?}");
    let refused = Cli::run(&scene.wm, &["explain", "--title", "a-"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.errors.contains("2 windows fit; name one by its id"), "{}", refused.errors);

    // A new daemon finds the marks, and hides again what the old one showed when it went.
    scene.daemon.take().expect("it runs").stop();
    scene.daemon = Some(crate::support::Daemon::start(&scene.wm));
    wait_for("the windows of a to be hidden", || (scene.daemon().window("a-2")["hidden"] == true).then_some(()));
    let shown = Cli::done(&scene.wm, &["explain", "--title", "a-2"]);
    assert!(shown.contains("hidden from 1  start"), "{shown}");
    let won: Vec<&str> = shown.lines().filter(|line| line.trim_start().starts_with("WON")).collect();
    assert!(won.len() == 1 && won[0].contains("mark ") && won[0].contains("project a"), "{shown}");
}
