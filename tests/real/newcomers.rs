//! Windows that a hidden project opens.

use super::scene::{Scene, alone};
use crate::support::daemon::configure;
use crate::support::figures::tell;
use crate::support::{Burst, Kind, Options, Program, Snapshot, Window, wait_for};

/// How many windows open at once.
const BURST: usize = 200;

on_both!(
    a_window_of_a_hidden_project_is_hidden,
    a_burst_is_marked_and_placed,
    rules_place_windows_with_one_move,
    rules_say_how_windows_look,
    a_hidden_window_returns_to_the_workspace_of_its_rule,
);

fn a_window_of_a_hidden_project_is_hidden(kind: Kind) {
    let follow = format!("[[rule]]\n{} = \"a\"\nfollow = \"process\"\n", name_key(kind));
    let mut scene = Scene::with(kind, &Options { two_outputs: true, ..Options::default() }, &follow);
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

/// The key of a configuration that names the program of a window.
fn name_key(kind: Kind) -> &'static str {
    if kind == Kind::I3 { "class" } else { "app_id" }
}

fn workspace_of(scene: &Scene, title: &str) -> String {
    let snapshot = scene.look();
    let holds = |text: String| text.contains(&format!("{title:?}"));
    let found = snapshot.workspaces.iter().find(|(_, workspace)| holds(workspace.texts().join("\n")));
    found.map(|(name, _)| name.clone()).unwrap_or_default()
}

/// One by one, and two hundred at once.
fn rules_place_windows_with_one_move(kind: Kind) {
    let name = name_key(kind);
    let config = format!("[[rule]]\n{name} = 'placed'\nworkspace = '7: seven'\n");
    // Two hundred windows at once are work enough for a window manager, without those of other tests.
    let _machine = alone();
    let scene = Scene::without_others(kind, &Options { two_outputs: true, ..Options::default() }, &config);
    scene.wm.show_workspace("1", None);
    let window =
        |number: usize| Window { title: format!("placed-{number:03}"), class: "placed".into(), ..Window::default() };
    let mut program = Program::start_bare(&scene.wm);
    let mut told = Vec::new();
    for (first, count) in (0..5).map(|number| (number, 1)).chain([(5, BURST)]) {
        let windows: Vec<Window> = (first..first + count).map(window).collect();
        let titles: Vec<String> = windows.iter().map(|window| window.title.clone()).collect();
        let burst = Burst::listen(&scene.wm);
        program.request_all(&windows);
        let moved = burst.wait_moved(&titles);
        assert_eq!(moved.len(), count);
        assert!(moved.iter().all(|(_, moves)| *moves == 1), "{moved:?}");
        let longest = moved.iter().map(|(waited, _)| *waited).max().unwrap_or_default();
        told.push(format!("{count}: first placed after {:?}, the longest wait was {longest:?}", moved[0].0));
    }
    tell(&format!("placed-{}", kind.name()), &format!("{}, windows at once: {}", kind.name(), told.join("; ")));
    assert_eq!(scene.wm.focused_workspace(), "1", "nothing goes where its window goes");
    for number in [0, 4, 5, BURST + 4] {
        assert_eq!(workspace_of(&scene, &window(number).title), "7: seven");
    }
}

fn rules_say_how_windows_look(kind: Kind) {
    let name = name_key(kind);
    let outputs = Options { two_outputs: true, ..Options::default() };
    let mut scene = Scene::with(kind, &outputs, "");
    let output = scene.wm.outputs()[1].clone();
    let config = format!(
        "[[rule]]\n{name} = 'float'\nfloat = true\nmark = 'm \\'1'\nborder = 'pixel 3'\nno_focus = true\n\
         [[rule]]\n{name} = 'there'\nworkspace = 'there'\noutput = '{output}'\nfocus = true\n\
         [[rule]]\n{name} = 'full'\nfullscreen = true\ncommand = 'mark --add \"{{title}}\"'\n"
    )
    .replace("'m \\'1'", "\"m '1\"");
    configure(&scene.wm, &config);
    scene.daemon().call("reload", serde_json::json!({}));
    scene.wm.show_workspace("1", None);
    scene.request("p", &Window { title: "plain".into(), class: "plain".into(), ..Window::default() });
    scene.wm.run("[title=\"^plain$\"] focus");
    for (class, title) in [("float", "float-1"), ("there", "there-1"), ("full", "full-1; exit")] {
        scene.request(class, &Window { title: title.into(), class: class.into(), ..Window::default() });
        match class {
            "float" => {
                wait_for("the mark of the rule", || {
                    scene.wm.find(title).filter(|found| found["marks"].to_string().contains("m '1"))
                });
                wait_for("the focus to go back", || {
                    (scene.wm.focused_window().as_deref() == Some("plain")).then_some(())
                });
                let found = scene.daemon().window(title);
                assert_eq!(found["floating"], true, "{found:#}");
            }
            "there" => {
                wait_for("the focus", || (scene.wm.focused_window().as_deref() == Some(title)).then_some(()));
                assert_eq!(scene.wm.focused_workspace(), "there");
                assert_eq!(scene.daemon().window(title)["output"], output.as_str());
            }
            _ => {
                let full =
                    wait_for("fullscreen", || scene.wm.find(title).filter(|found| found["fullscreen_mode"] == 1));
                assert!(full["marks"].to_string().contains("full-1_ exit"), "{full:#}");
            }
        }
    }
}

fn a_hidden_window_returns_to_the_workspace_of_its_rule(kind: Kind) {
    let name = name_key(kind);
    let config = format!(
        "[[rule]]\n{name} = 'five'\nproject = 'a'\nworkspace = 5\n[[rule]]\n{name} = 'six'\nproject = 'a'\nworkspace = '6'\nfloat = true\n"
    );
    let mut scene = Scene::with(kind, &Options { two_outputs: true, ..Options::default() }, &config);
    scene.switch("b");
    scene.wm.show_workspace("1", None);
    let titles = ["five-1", "six-1"];
    for title in titles {
        let class = title.trim_end_matches("-1");
        scene.request("p", &Window { title: title.into(), class: class.into(), ..Window::default() });
    }
    for title in titles {
        wait_for("it to be hidden", || (scene.daemon().window(title)["hidden"] == true).then_some(()));
    }
    assert!(Snapshot::titles(&scene.wm).is_empty());
    scene.switch("a");
    assert_eq!(workspace_of(&scene, "five-1"), "5");
    assert_eq!(workspace_of(&scene, "six-1"), "6");
    assert_eq!(scene.daemon().window("six-1")["floating"], true);
}
