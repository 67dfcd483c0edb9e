//! `i3pm import` on a living window manager: windows that bear the marks of the daemon that came before.

use super::scene::Scene;
use crate::support::{Cli, Kind, Options, wait_for};

on_both!(windows_that_the_predecessor_marked_find_their_projects);

/// One format of its marks each, as its versions wrote them; `ID` is the id of the container.
const MARKS: [(&str, Option<&str>); 5] = [
    ("project:web", Some("web")),
    ("project:api:ID", Some("api")),
    ("scoped:web:ID", Some("web")),
    ("scoped:terminal:api:ID", Some("api")),
    ("global:firefox:web:ID", None),
];

fn windows_that_the_predecessor_marked_find_their_projects(kind: Kind) {
    let mut scene = Scene::with(kind, &Options::default(), "");
    // They were all of one project for i3pm.
    let opens: Vec<String> = (1..=MARKS.len()).map(|number| format!("+{number}")).collect();
    let opens: Vec<&str> = opens.iter().map(String::as_str).collect();
    let titles = scene.script("a", "1", 0, &opens);
    for (title, (mark, _)) in titles.iter().zip(MARKS) {
        let id = scene.wm.id(title);
        scene.wm.run(&format!("[con_id={id}] mark --add \"{}\"", mark.replace("ID", &id.to_string())));
    }
    let old = scene.wm.session.directory().join("old");
    std::fs::create_dir_all(old.join("projects")).expect("a directory");
    for name in ["web", "api"] {
        let text = format!(
            "{{\"name\":\"{name}\",\"directory\":\"/srv/{name}\",\"display_name\":\"{name}\",\"icon\":\"\",\"scoped_classes\":[]}}"
        );
        std::fs::write(old.join(format!("projects/{name}.json")), text).expect("a project");
    }
    let old = old.to_str().expect("a path");
    // Nothing is done before it is asked for.
    let said = Cli::done(&scene.wm, &["import", old, "--dry-run"]);
    assert!(said.contains("2 projects") && said.contains("5 marked windows"), "{said}");
    assert!(
        scene.daemon().call("project.list", serde_json::json!({}))["projects"]
            .as_array()
            .is_some_and(|all| all.len() == 2)
    );
    let written = scene.wm.session.directory().join("config/i3pm/config.toml");
    std::fs::remove_file(&written).expect("the empty configuration");
    let said = Cli::done(&scene.wm, &["import", old, "--write"]);
    assert!(said.contains("5 of them assigned"), "{said}");
    for (title, (mark, project)) in titles.iter().zip(MARKS) {
        let window = scene.daemon().window(title);
        let whose = window["projects"].as_array().and_then(|all| all.first()).and_then(|name| name.as_str());
        assert_eq!((whose, window["global"] == true), (project, project.is_none()), "{mark}: {window:#}");
    }
    scene.switch("web");
    wait_for("the windows of the others to be hidden", || {
        let windows = scene.daemon().windows();
        let hidden = windows.iter().filter(|window| window["hidden"] == true).count();
        (hidden == 2).then_some(())
    });
}
