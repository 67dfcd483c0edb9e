//! `make strip`: the picture in the README. A project with three levels of containers, another project, and the first again, as they
//! are on the screen of a private i3, one below the other. Nothing is written unless the first and the last are the same to the pixel.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Cli, Daemon, Kind, Options, Program, Snapshot, Window, WindowManager};

/// Small, so that the titles can be read where the picture is shown as it is.
const CONFIGURATION: &str =
    "font pango:monospace 10\nfake-outputs 800x300+0+0\ndefault_border normal\ndefault_floating_border normal\n";
/// The part of the screen that i3 uses.
const OUTPUT: &str = "800x300+0+0";

const WORK: &[&str] = &[
    "+editor",
    "+shell",
    "split v",
    "+tests",
    "split h",
    "layout tabbed",
    "+log",
    "+debugger",
    "split v",
    "+variables",
    "resize grow height 20 px",
    "+player",
    "floating enable, resize set 200 px 110 px, move absolute position 130 px 130 px",
];
const HOME: &[&str] = &["+mail", "split v", "+calendar", "split h", "+todo", "layout stacking", "+accounts"];

/// Make the picture at `path`; is it made?
pub fn run(path: &Path) -> bool {
    let wm = WindowManager::start(Kind::I3, &Options { two_outputs: false, config: CONFIGURATION.into() });
    let mut daemon = Daemon::start(&wm);
    daemon.create_projects(&["work", "home"]);
    let pictures = wm.session.directory().to_owned();
    let take = |name: &str| {
        let picture = pictures.join(format!("{name}.png"));
        wm.screenshot(&picture);
        picture
    };
    let switch = |name: &str| Cli::done(&wm, &["project", "switch", name]);
    wm.show_workspace("1", None);
    switch("work");
    let _work = build(&wm, &mut daemon, "work", WORK);
    let before = Snapshot::take(&wm);
    let first = take("work");
    switch("home");
    let _home = build(&wm, &mut daemon, "home", HOME);
    let second = take("home");
    switch("work");
    let differences = before.differences(&Snapshot::take(&wm));
    let third = take("work-again");
    if !differences.is_empty() || read(&first) != read(&third) {
        println!("work did not come back as it was: no picture is made\n{differences}");
        return false;
    }
    compose(
        &[
            ("$ i3pm project switch work", &first),
            ("$ i3pm project switch home", &second),
            ("$ i3pm project switch work", &third),
        ],
        path,
    );
    println!("{}: {} bytes", path.display(), read(path).len());
    true
}

fn build(wm: &WindowManager, daemon: &mut Daemon, project: &str, script: &[&str]) -> Program {
    let mut program = Program::start(wm);
    for line in script {
        let Some(name) = line.strip_prefix('+') else {
            wm.run(line);
            continue;
        };
        program.open_window(wm, &Window { title: name.into(), class: project.into(), ..Window::default() });
        assert_eq!(
            daemon.project_of(name).as_deref(),
            Some(project),
            "the window {name} belongs to the active project"
        );
    }
    program
}

/// One below the other, each below the words for it.
fn compose(pictures: &[(&str, &PathBuf)], path: &Path) {
    let font = Command::new("fc-match").args(["-f", "%{file}", "monospace"]).output().expect("fc-match");
    let font = String::from_utf8(font.stdout).expect("the path of a font");
    let mut command = Command::new("convert");
    command.args(["-font", &font, "-pointsize", "14", "-background", "white"]);
    for (words, picture) in pictures {
        command.arg("(").arg(picture).args(["-crop", OUTPUT, "+repage", "-gravity", "northwest", "-splice", "0x26"]);
        command.args(["-annotate", "+2+5", words, ")"]);
    }
    let status = command.args(["-append", "-colors", "128", "-strip"]).arg(format!("png8:{}", path.display())).status();
    let status = status.unwrap_or_else(|error| panic!("convert, which Debian has in imagemagick: {error}"));
    assert!(status.success(), "convert: {status}");
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}
