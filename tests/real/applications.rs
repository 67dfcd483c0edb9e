//! Real applications of Debian, of three projects, with restarts in between: terminals, an editor in one, and a program with one process for all its
//! windows, as browsers are: the servers of urxvt and foot.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::scene::Scene;
use crate::support::{Cli, Daemon, Kind, Options, Process, Snapshot, WindowManager, wait_for};

on_both!(windows_of_real_applications_are_where_they_belong);

const PROJECTS: [&str; 3] = ["a", "b", "c"];
/// With the beginning of the titles of their windows, which each program is told.
const APPS: [(&str, &str); 3] = [("term", "term of "), ("editor", "editor of "), ("pages", "page of ")];

/// How long a terminal takes to start. On i3 an xterm that is hidden and shown within that may die of it: docs/layouts.md.
const STARTED: Duration = Duration::from_millis(300);

/// `pages` asks a server for its windows, which has them all in one process.
fn configuration(kind: Kind, socket: &Path) -> String {
    let (terminal, term, pages, page) = match kind {
        Kind::I3 => (
            json!(["xterm", "-T", "editor of {project}", "-e"]),
            json!(["xterm", "-T", "term of {project}", "-e", "sleep", "1000"]),
            json!(["urxvtc", "-title", "page of {project}", "-e", "sleep", "1000"]),
            "class = \"URxvt\"",
        ),
        Kind::Sway => (
            json!(["foot", "--config", "/dev/null", "--title", "editor of {project}"]),
            json!(["foot", "--config", "/dev/null", "--title", "term of {project}", "sleep", "1000"]),
            json!([
                "footclient",
                "--server-socket",
                socket,
                "--app-id",
                "pages",
                "--title",
                "page of {project}",
                "sleep",
                "1000"
            ]),
            "app_id = \"pages\"",
        ),
    };
    format!(
        "terminal = {terminal}\n[project.c]\n[app.term]\ncommand = {term}\n[app.editor]\ncommand = [\"vi\", \"--cmd\", \"silent! set notitle\", \"{{session}}.txt\"]\nterminal = true\n\
         [app.pages]\ncommand = {pages}\nmatch = {{ {page} }}\nenv = {{ RXVT_SOCKET = {socket:?} }}\n\
         [[rule]]\ntitle = \"glob:editor of *\"\nworkspace = \"write\"\n[[rule]]\n{page}\nproject = \"a\"\nworkspace = \"read\"\n"
    )
}

fn start_server(wm: &WindowManager, kind: Kind, socket: &Path) -> Process {
    let mut command = match kind {
        Kind::I3 => wm.command("urxvtd"),
        Kind::Sway => wm.command("foot"),
    };
    match kind {
        Kind::I3 => command.arg("-q").env("RXVT_SOCKET", socket),
        Kind::Sway => command.args(["--config", "/dev/null"]).arg(format!("--server={}", socket.display())),
    };
    let server = wm.session.spawn(command);
    wait_for("the server of the terminals", || socket.exists().then_some(()));
    server
}

fn windows_of_real_applications_are_where_they_belong(kind: Kind) {
    let directory = tempfile::tempdir().expect("a directory");
    let socket = directory.path().join("server");
    let mut scene = Scene::with(kind, &Options::default(), &configuration(kind, &socket));
    let server = start_server(&scene.wm, kind, &socket);
    let mut expected = BTreeMap::new();
    let mut launch = |scene: &mut Scene, app: &str, project: &str| {
        let said = Cli::done(&scene.wm, &["launch", app, "--project", project]);
        assert!(said.starts_with(&format!("{app} is started for project {project}")), "{said}");
        let (_, words) = APPS.iter().find(|(name, _)| *name == app).expect("one of them");
        expected.insert(format!("{words}{project}"), project.to_owned());
    };
    // Each asks for windows while another project is active.
    for (app, words) in APPS {
        for (project, active) in PROJECTS.into_iter().zip(["b", "c", "a"]) {
            scene.switch(active);
            launch(&mut scene, app, project);
            if (app, project) != ("term", "c") {
                wait_for("its window", || titles(&mut scene).contains(&format!("{words}{project}")).then_some(()));
                std::thread::sleep(STARTED);
            }
        }
        if app == "term" {
            // A daemon that dies while windows are on their way.
            scene.daemon.take().expect("it runs").kill();
            scene.daemon = Some(Daemon::start(&scene.wm));
        }
    }
    let found = wait_for("all windows to be decided", || {
        let windows = scene.daemon().windows();
        let decided = windows.iter().filter(|window| window["claim"] != "pending");
        let found: BTreeMap<String, String> = decided
            .map(|window| {
                let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
                (text(&window["title"]), text(&window["projects"][0]))
            })
            .collect();
        (found.len() == expected.len()).then_some(found)
    });
    assert_eq!(found, expected);
    let pids: Vec<_> = scene
        .daemon()
        .windows()
        .iter()
        .filter(|window| title(window).starts_with("page"))
        .map(|window| window["pid"].clone())
        .collect();
    assert!(pids.iter().all(|pid| *pid == pids[0]) && pids.len() == PROJECTS.len(), "one process: {pids:?}");
    // The rule would have it otherwise: what the launch says comes before it.
    for window in scene.daemon().windows() {
        let explained = Cli::done(&scene.wm, &["explain", &window["id"].to_string()]);
        let whose = if title(&window).starts_with("term") { "launch" } else { title(&window) };
        assert!(explained.contains("CHOSEN") || whose == "launch", "{explained}");
        assert!(
            explained.contains(&format!("project {}", window["projects"][0].as_str().unwrap_or_default())),
            "{explained}"
        );
    }
    if kind == Kind::I3 {
        scene.wm.restart_in_place();
        scene.daemon().wait_settled();
    }
    for project in PROJECTS {
        scene.switch(project);
        scene.daemon().wait_settled();
        assert_eq!(
            Snapshot::titles(&scene.wm),
            [format!("editor of {project}"), format!("page of {project}"), format!("term of {project}")]
        );
        for (words, workspace) in [("editor of ", "write"), ("page of ", "read")] {
            assert_eq!(scene.daemon().window(&format!("{words}{project}"))["workspace"], workspace);
        }
    }
    drop(server);
}

fn titles(scene: &mut Scene) -> Vec<String> {
    scene.daemon().windows().iter().map(|window| title(window).to_owned()).collect()
}

fn title(window: &serde_json::Value) -> &str {
    window["title"].as_str().unwrap_or_default()
}
