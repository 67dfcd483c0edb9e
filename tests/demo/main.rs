//! The main job, to be watched: `make demo`, `make demo WM=sway`.
//!
//! Starts a private window manager without a screen and a daemon, makes two projects on the command line, opens
//! windows in nested layouts, switches there and back, and checks that every tree comes back as it was. Each step is
//! printed with its time, and a picture of the screen goes to `target/demo`. Ends with 1 when anything differs.

#[path = "../support/mod.rs"]
pub mod support;

mod strip;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::Value;

use support::{Cli, Daemon, Kind, Options, Program, Snapshot, Window, WindowManager, wait_for, windows};

fn main() -> ExitCode {
    if windows::serve_if_asked() {
        return ExitCode::SUCCESS;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some([command, path]) = arguments.iter().map(String::as_str).collect::<Vec<_>>().first_chunk()
        && *command == "strip"
    {
        return if strip::run(Path::new(path)) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let kinds = match kinds(&arguments) {
        Ok(kinds) => kinds,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    let mut same = true;
    for kind in kinds {
        same &= Demo::run(kind);
    }
    if same { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The window managers that are asked for by name, both where none is. Options are those of the test runner, which
/// gives them to every target.
fn kinds(arguments: &[String]) -> Result<Vec<Kind>, String> {
    let names: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    if names.is_empty() {
        return Ok(Kind::ALL.into());
    }
    let find = |name: &String| Kind::ALL.into_iter().find(|kind| kind.name() == name);
    names.into_iter().map(|name| find(name).ok_or(format!("WM={name}: it is `i3` or `sway`"))).collect()
}

/// A project as the demo builds it: per workspace the output it is on, and a script for it. `+NAME` opens a window,
/// anything else is a command of the window manager.
type Layout = &'static [(&'static str, usize, &'static [&'static str])];

const WORK: Layout = &[
    (
        "3:docs",
        0,
        &[
            "layout tabbed",
            "+guide",
            "+notes",
            "split v",
            "+outline",
            "split h",
            "+draft",
            "layout stacking",
            "+old-draft",
        ],
    ),
    ("2:web", 1, &["+browser", "split v", "+console", "resize grow height 90 px", "split h", "+inspector", "+network"]),
    (
        "1:code",
        0,
        &[
            "+editor",
            "split v",
            "+shell",
            "resize grow height 120 px",
            "split h",
            "+tests",
            "layout tabbed",
            "+log",
            "split v",
            "+debugger",
            "+player",
            "floating enable, resize set 360 px 240 px, move absolute position 560 px 60 px",
        ],
    ),
];

const HOME: Layout = &[
    ("2:web", 1, &["layout stacking", "+news", "+forum", "split v", "+video"]),
    (
        "1:code",
        0,
        &[
            "+mail",
            "split h",
            "+calendar",
            "split v",
            "+todo",
            "split h",
            "+accounts",
            "+calculator",
            "floating enable, resize set 260 px 320 px, move absolute position 640 px 700 px",
        ],
    ),
];

/// Title bars, so that the pictures say what is where.
const TITLES: &str = "default_border normal\ndefault_floating_border normal\n";

/// How often the demo goes there and back in the end.
const ROUNDS: usize = 10;

struct Demo {
    wm: WindowManager,
    daemon: Daemon,
    pictures: PathBuf,
    steps: usize,
    same: bool,
}

impl Demo {
    /// Run everything on one window manager; did every tree come back?
    fn run(kind: Kind) -> bool {
        println!("i3pm on a private {}, two outputs, nothing of your own session is touched\n", kind.name());
        let start = Instant::now();
        let wm = WindowManager::start(kind, &Options { two_outputs: true, config: TITLES.into() });
        let wm_took = start.elapsed();
        let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("demo");
        fs::create_dir_all(&pictures).unwrap_or_else(|error| panic!("{pictures:?}: {error}"));
        let start = Instant::now();
        let daemon = Daemon::start(&wm);
        let daemon_took = start.elapsed();
        let mut demo = Demo { wm, daemon, pictures, steps: 0, same: true };
        demo.step("window manager started", wm_took, "", None);
        demo.step("i3pmd started and connected", daemon_took, "", None);
        demo.show();
        let Demo { daemon, same, pictures, wm, .. } = demo;
        let took = daemon.stop();
        println!("  {:<44} {:>9}", "i3pmd stopped, every window shown", milliseconds(took));
        drop(wm);
        let verdict = if same { "every tree came back identical" } else { "SOMETHING CAME BACK DIFFERENTLY" };
        println!("\n  {verdict}; pictures: {}/{}-*.png\n", pictures.display(), kind.name());
        same
    }

    fn show(&mut self) {
        self.i3pm("project work created", &["project", "create", "work", "--display-name", "Work"]);
        self.i3pm("project home created", &["project", "create", "home", "--display-name", "At home"]);
        self.i3pm("switched to work (no window yet)", &["project", "switch", "work"]);
        // Windows that are asked for from now on belong to the active project.
        let _work = self.build("work", WORK);
        let work = Snapshot::take(&self.wm);
        self.switch("switched to home: work is hidden", "home", Some("empty-home"), None);
        if !Snapshot::titles(&self.wm).is_empty() {
            self.differs("windows of work are still there", &Snapshot::titles(&self.wm).join(" "));
        }
        let _home = self.build("home", HOME);
        let home = Snapshot::take(&self.wm);
        self.switch("back to work", "work", Some("work-again"), Some(&work));
        self.switch("back to home", "home", Some("home-again"), Some(&home));
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            for (name, before) in [("work", &work), ("home", &home)] {
                times.push(self.quiet_switch(name));
                self.compare(name, before);
            }
        }
        times.sort();
        let text = format!("{} switches there and back", times.len());
        let note = format!("median; slowest {}", milliseconds(times[times.len() - 1]));
        self.step(&text, times[times.len() / 2], &note, None);
        self.i3pm("no project: every window is shown", &["project", "clear"]);
        self.picture("all-windows");
        self.switch("home once more", "home", None, None);
    }

    /// Open the windows of a project.
    fn build(&mut self, project: &str, layout: Layout) -> Program {
        let start = Instant::now();
        let outputs = self.wm.outputs();
        let mut program = Program::start(&self.wm);
        let mut count = 0;
        for (workspace, output, script) in layout {
            self.wm.show_workspace(workspace, outputs.get(*output).map(String::as_str));
            for line in *script {
                match line.strip_prefix('+') {
                    Some(name) => {
                        let window = Window { title: name.into(), class: project.into(), ..Window::default() };
                        program.open_window(&self.wm, &window);
                        let owner = self.daemon.project_of(name);
                        assert_eq!(owner.as_deref(), Some(project), "the window {name} belongs to the active project");
                        count += 1;
                    }
                    None => self.wm.run(line),
                }
            }
        }
        let text = format!("{count} windows opened on {} workspaces", layout.len());
        self.step(&text, start.elapsed(), "tiled, tabbed, stacked, floating", Some(project));
        program
    }

    /// Run `i3pm` as a user would; the time is that of the whole command.
    fn i3pm(&mut self, text: &str, arguments: &[&str]) {
        let run = Cli::run(&self.wm, arguments);
        assert!(run.status.success(), "i3pm {}: {}{}", arguments.join(" "), run.output, run.errors);
        self.step(text, run.took, &format!("i3pm {}", arguments.join(" ")), None);
    }

    /// Switch, print, take a picture, and compare with how the project was left.
    fn switch(&mut self, text: &str, name: &str, picture: Option<&str>, before: Option<&Snapshot>) {
        let answer = self.switch_answer(name);
        let counts = format!("{} hidden, {} restored", answer["hidden"], answer["restored"]);
        let same = before.is_none_or(|before| self.compare(name, before));
        let verdict = match (before, same) {
            (None, _) => "",
            (Some(_), true) => ", identical",
            (Some(_), false) => ", DIFFERENT",
        };
        self.step(text, answer_time(&answer), &format!("{counts}{verdict}"), picture);
    }

    fn quiet_switch(&mut self, name: &str) -> Duration {
        let answer = self.switch_answer(name);
        answer_time(&answer)
    }

    fn switch_answer(&mut self, name: &str) -> Value {
        let output = Cli::done(&self.wm, &["project", "switch", name, "--json"]);
        wait_for("the switch to be over", || (self.daemon.current().as_deref() == Some(name)).then_some(()));
        serde_json::from_str(&output).unwrap_or_else(|error| panic!("i3pm project switch --json: {error}: {output}"))
    }

    fn compare(&mut self, name: &str, before: &Snapshot) -> bool {
        let differences = before.differences(&Snapshot::take(&self.wm));
        if !differences.is_empty() {
            self.differs(&format!("{name} did not come back as it was (- before, + after)"), &differences);
        }
        differences.is_empty()
    }

    fn differs(&mut self, what: &str, how: &str) {
        self.same = false;
        println!("  !! {what}\n{how}");
    }

    fn step(&mut self, text: &str, took: Duration, note: &str, picture: Option<&str>) {
        println!("  {text:<44} {:>9}   {note}", milliseconds(took));
        if let Some(picture) = picture {
            self.picture(picture);
        }
    }

    fn picture(&mut self, name: &str) {
        self.steps += 1;
        let file = format!("{}-{}-{name}.png", self.wm.kind.name(), self.steps);
        self.wm.screenshot(&self.pictures.join(file));
    }
}

fn answer_time(answer: &Value) -> Duration {
    Duration::from_secs_f64(answer["milliseconds"].as_f64().unwrap_or_default() / 1e3)
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}
