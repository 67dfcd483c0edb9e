//! Windows that a hidden project opens.

use super::scene::Scene;
use crate::support::figures::tell;
use crate::support::{Burst, Kind, Options, Program, Snapshot, Window, wait_for};

/// How many windows open at once.
const BURST: usize = 200;

on_both!(a_window_of_a_hidden_project_is_hidden, a_burst_is_marked_and_placed);

fn a_window_of_a_hidden_project_is_hidden(kind: Kind) {
    let mut scene = Scene::new(kind);
    scene.script("a", "1", 0, &["+1", "split v", "+2"]);
    scene.script("a", "2", 1, &["+3"]);
    scene.wm.run("workspace 1");
    scene.switch("b");
    scene.script("b", "2", 1, &["+1", "split v", "+2"]);
    scene.script("b", "4", 0, &["+3"]);
    let b = scene.look();
    for number in 10..13 {
        let title = format!("a-{number}");
        let window = scene.request("a", &Window { title: title.clone(), class: "a".into(), ..Window::default() });
        assert_eq!(window["projects"], serde_json::json!(["a"]), "{window:#}");
        crate::support::wait_for("the window to be hidden", || {
            (scene.daemon().window(&title)["hidden"] == true).then_some(())
        });
        assert_eq!(scene.daemon().window(&title)["workspace"], "1", "where a was left");
        b.assert_same(&scene.look(), "a window of a hidden project opened");
    }
    // A terminal on sway asks for its border when it is there already.
    for title in ["a-10", "a-11", "a-12"] {
        crate::support::wait_for("its border", || (scene.wm.find(title)?["border"] != "none").then_some(()));
    }
    let a = scene.switch("a");
    let on_1 = a.workspaces.get("1").map(|workspace| workspace.texts().join("\n")).unwrap_or_default();
    for title in ["a-1", "a-2", "a-10", "a-11", "a-12"] {
        assert!(on_1.contains(&format!("{title:?}")), "{title} is on a's last focused workspace\n{a}");
    }
    assert_eq!(scene.wm.focused_workspace(), "1");
    b.assert_same(&scene.switch("b"), "b afterwards");
    a.assert_same(&scene.switch("a"), "a with its new windows");
}

/// Two programs open windows at once while `b` is active: those of one belong to whatever is active, those of the other to `a`.
fn a_burst_is_marked_and_placed(kind: Kind) {
    let options = Options { two_outputs: true, ..Options::default() };
    let name = if kind == Kind::I3 { "class" } else { "app_id" };
    let mut scene = Scene::with(kind, &options, &format!("[[rule]]\n{name} = \"of-a\"\nproject = \"a\"\n"));
    scene.switch("b");
    scene.wm.show_workspace("5", None);
    let window = |class: &str, number: usize| Window {
        title: format!("{class}-{number:03}"),
        class: class.into(),
        ..Window::default()
    };
    let windows: [Vec<Window>; 2] =
        ["of-any", "of-a"].map(|class| (0..BURST / 2).map(|number| window(class, number)).collect());
    let titles: Vec<Vec<String>> =
        windows.iter().map(|windows| windows.iter().map(|window| window.title.clone()).collect()).collect();
    let mut programs: Vec<Program> = windows.iter().map(|_| Program::start_bare(&scene.wm)).collect();
    let burst = Burst::listen(&scene.wm);
    for (program, windows) in programs.iter_mut().zip(&windows) {
        program.request_all(windows);
    }
    let delays = burst.wait_marked(&titles.concat()).delays;
    let (first, last) = (delays.first().expect("windows"), delays.last().expect("windows"));
    let longest = delays.iter().map(|(_, delay)| *delay).max().unwrap_or_default();
    let text = format!(
        "{}: {} windows at once: first marked after {:?}, last after {:?}, the longest wait was {longest:?}",
        kind.name(),
        delays.len(),
        first.1,
        last.1
    );
    tell(&format!("burst-{}", kind.name()), &text);
    assert_eq!(delays.len(), BURST);
    wait_for("all windows of a to be hidden", || (Snapshot::titles(&scene.wm) == titles[0]).then_some(()));
    let known = scene.daemon().windows();
    assert_eq!(known.len(), BURST);
    for window in &known {
        let of_a = window["title"].as_str().is_some_and(|title| title.starts_with("of-a-"));
        assert_eq!(window["projects"], serde_json::json!([if of_a { "a" } else { "b" }]), "{window:#}");
        assert_eq!(window["hidden"], of_a, "{window:#}");
        assert!(of_a || window["workspace"] == "5", "{window:#}");
    }
    scene.switch("a");
    assert_eq!(Snapshot::titles(&scene.wm), titles[1]);
    scene.switch("b");
    assert_eq!(Snapshot::titles(&scene.wm), titles[0]);
}
