//! Windows that a hidden project opens.

use super::scene::Scene;
use crate::support::{Kind, Snapshot, Window};

on_both!(a_window_of_a_hidden_project_is_hidden, many_windows_at_once_are_all_known);

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
    let a = scene.switch("a");
    let on_1 = a.workspaces.get("1").map(|workspace| workspace.texts().join("\n")).unwrap_or_default();
    for title in ["a-1", "a-2", "a-10", "a-11", "a-12"] {
        assert!(on_1.contains(&format!("{title:?}")), "{title} is on a's last focused workspace\n{a}");
    }
    assert_eq!(scene.wm.focused_workspace(), "1");
    b.assert_same(&scene.switch("b"), "b afterwards");
    a.assert_same(&scene.switch("a"), "a with its new windows");
}

fn many_windows_at_once_are_all_known(kind: Kind) {
    let mut scene = Scene::new(kind);
    let count = if kind == Kind::I3 { 60 } else { 20 };
    let titles: Vec<String> = (0..count).map(|number| format!("a-{number:02}")).collect();
    scene.with_program("a", |wm, program| {
        for title in &titles {
            program.request(wm, &Window { title: title.clone(), class: "a".into(), ..Window::default() });
        }
    });
    for title in &titles {
        assert_eq!(scene.daemon().project_of(title).as_deref(), Some("a"));
    }
    let empty = scene.switch("b");
    assert!(empty.workspaces.is_empty(), "{empty}");
    scene.switch("a");
    assert_eq!(Snapshot::titles(&scene.wm), titles);
}
