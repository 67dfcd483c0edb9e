//! No command, no rule of the user's and no program's wish ends a window manager while windows are hidden.
//!
//! sway ends, and its tree has numbers that are none, of what a user does to any window, without i3pm: about one life in fifteen of these deeds did.
//! So there only hidden windows meet all of them, and those in sight what a sway of its own survives (`TAME_ON_SWAY`).
//!
//! Lives of a window manager: windows of two projects, and deeds that are drawn, with switches, stops and rescues in
//! between. `I3PM_SURVIVAL_SECONDS=3600` plays lives for an hour, `I3PM_TEST_SEED=n` begins with that one.

use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::{Value, json};

use i3pm::core::tree::mark::Mark;

use super::scene::Scene;
use crate::support::figures::tell;
use crate::support::tree::{find_window, is_window, list, text, title as title_of, walk};
use crate::support::windows::Wish;
use crate::support::{Cli, Daemon, Kind, Options, Program, Window, wait_for};

on_both!(nothing_ends_a_window_manager);

/// The deeds of one life.
const DEEDS: usize = 250;
/// How many windows a project has at the most.
const WINDOWS_MAX: usize = 9;
/// So many deeds a failure shows.
const DEEDS_SHOWN: usize = 60;
/// The seed where none is given.
const SEED: u64 = 4000;

/// What a user does to a window, by its id or by a rule of the configuration. docs/layouts.md names what is left out.
const COMMANDS: [&str; 40] = [
    "floating toggle",
    "floating enable",
    "floating disable",
    "fullscreen toggle",
    "fullscreen enable",
    "fullscreen disable",
    "layout tabbed",
    "layout stacking",
    "layout splitv",
    "layout default",
    "layout toggle all",
    "split h",
    "split v",
    "split toggle",
    "split none",
    "move left",
    "move right",
    "move up",
    "move down",
    "move container to workspace 1",
    "move container to workspace 7",
    "move scratchpad",
    "scratchpad show",
    "move position center",
    "move position 10 20",
    "resize set 800 600",
    "resize grow width 40 px",
    "resize shrink height 20 px",
    "border none",
    "border pixel 3",
    "sticky toggle",
    "mark --add theirs",
    "mark theirs",
    "unmark theirs",
    "swap container with mark theirs",
    "move container to mark theirs",
    "title_format \"<b>%title</b>\"",
    "focus",
    "focus, focus parent, layout toggle split",
    "opacity 0.9",
];

/// What begins so is done to windows in sight on sway.
const TAME_ON_SWAY: [&str; 10] = [
    "floating",
    "layout",
    "move left",
    "move right",
    "move container to workspace",
    "border",
    "title_format",
    "focus",
    "opacity",
    "sticky",
];
/// What begins so is done to none on sway: what is told to go to a mark of something hidden ends it.
const DEADLY_ON_SWAY: [&str; 2] = ["swap", "move container to mark"];

/// What the user's rules do to a window whose title ends in `rule-NUMBER`.
const RULES: [&str; 8] = [
    "floating toggle",
    "layout tabbed",
    "fullscreen enable",
    "move left",
    "resize set 640 480",
    "sticky enable",
    "move scratchpad",
    "move container to workspace 2",
];

/// How many of the wishes are those of X11 alone.
const X11_WISHES: usize = 2;
const WISHES: [Wish; 10] = [
    Wish::Unmapped,
    Wish::Mapped,
    Wish::Fullscreen(true),
    Wish::Fullscreen(true),
    Wish::Fullscreen(false),
    Wish::Maximized(true),
    Wish::Maximized(false),
    Wish::Minimized,
    Wish::OneSize(300, 200),
    Wish::Size(700, 300),
];

/// The workspace of the scratchpad.
const SCRATCHPAD: &str = "__i3_scratch";

/// Where a window stands.
struct Place {
    id: u64,
    /// It is in the scratchpad, and the user put it there: what is done to it there, sway and i3 die of without us, too.
    kept: bool,
    /// We hid it.
    hidden: bool,
    /// It is fullscreen, too.
    covers: bool,
    /// i3: it stands on the scratchpad's workspace itself, tiled: so does what is hidden after a first `move` in a direction. A second one ends i3.
    strayed: bool,
}

struct Life {
    scene: Scene,
    random: Rng,
    programs: Vec<(&'static str, Program, Vec<String>)>,
    opened: usize,
    deeds: Vec<String>,
}

impl Life {
    fn new(kind: Kind, seed: u64) -> Life {
        let rules =
            RULES.iter().enumerate().map(|(number, rule)| format!("for_window [title=\"rule-{number}$\"] {rule}\n"));
        let options = Options { two_outputs: true, config: rules.collect() };
        let mut scene = Scene::with(kind, &options, "");
        let programs = ["a", "b"].map(|name| (name, Program::start_hardy(&scene.wm), Vec::new()));
        scene.daemon().wait_settled();
        Life { scene, random: Rng::with_seed(seed), programs: programs.into(), opened: 0, deeds: Vec::new() }
    }

    fn say(&mut self, deed: String) {
        self.deeds.push(deed);
    }

    fn one_of<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.random.usize(..from.len())]
    }

    /// Open a window of a program, whichever project is active.
    fn open(&mut self, program: usize) {
        self.opened += 1;
        let title = format!("{}-{}", self.programs[program].0, self.opened);
        self.say(format!("open {title}"));
        let window = Window { title: title.clone(), class: self.programs[program].0.into(), ..Window::default() };
        let (_, program, titles) = &mut self.programs[program];
        program.request(&self.scene.wm, &window);
        wait_for("the window", || self.scene.wm.find(&title));
        titles.push(title);
    }

    /// A window, whoever's and wherever it is.
    fn window(&mut self) -> Option<(usize, String)> {
        let program = self.random.usize(..self.programs.len());
        let titles = &self.programs[program].2;
        let title = self.random.choice(titles)?.clone();
        Some((program, title))
    }

    fn place(&mut self, title: &str) -> Option<Place> {
        let told = self.scene.daemon().windows();
        let hidden = told.iter().any(|window| window["title"] == title && window["hidden"] == true);
        let tree = self.scene.wm.tree();
        let found = find_window(&tree, title)?;
        let scratchpad = walk(&tree).into_iter().find(|node| title_of(node) == SCRATCHPAD)?;
        let inside = walk(scratchpad).iter().any(|node| node["id"] == found["id"]);
        Some(Place {
            id: found["id"].as_u64()?,
            kept: inside && !hidden,
            hidden,
            covers: hidden && found["fullscreen_mode"] != 0,
            strayed: list(&scratchpad["nodes"]).iter().any(|node| node["id"] == found["id"]),
        })
    }

    /// What we hid and is fullscreen now is taken off it.
    fn guarded(&mut self, title: &str) {
        // What a program wished has reached the window manager when that has answered twice, for it looks at all that wait before it
        // looks at one again; and so it is with the daemon.
        for _ in 0..2 {
            let _ = self.place(title);
        }
        wait_for(&format!("{title}, which is hidden, to be taken off fullscreen"), || {
            self.place(title).is_none_or(|place| !place.covers).then_some(())
        });
    }

    fn command(&mut self) {
        let Some((_, title)) = self.window() else { return };
        // A window that was unmapped has no container.
        let Some(place) = self.place(&title) else { return };
        let command = if place.kept { "scratchpad show" } else { self.one_of(&COMMANDS) };
        let directed = ["move left", "move right", "move up", "move down"].contains(&command);
        if (directed && place.strayed) || !self.survives(command, place.hidden) {
            return;
        }
        let id = place.id;
        self.say(format!("{title}: {command}"));
        self.scene.wm.try_run(&format!("[con_id={id}] {command}"));
        self.guarded(&title);
    }

    /// Does the window manager survive this without us, or must it with us?
    fn survives(&self, command: &str, hidden: bool) -> bool {
        let begins = |list: &[&str]| list.iter().any(|part| command.starts_with(part));
        self.scene.wm.kind == Kind::I3 || !begins(&DEADLY_ON_SWAY) && (hidden || begins(&TAME_ON_SWAY))
    }

    fn rule(&mut self) {
        let Some((program, title)) = self.window() else { return };
        let Some(place) = self.place(&title).filter(|place| !(place.kept || place.strayed)) else { return };
        let rule = self.random.usize(..RULES.len());
        if !self.survives(RULES[rule], place.hidden) {
            return;
        }
        let stem = title.split(' ').next().unwrap_or_default().to_owned();
        let new = format!("{stem} rule-{rule}");
        self.say(format!("{title} is {new} now"));
        let (_, program, titles) = &mut self.programs[program];
        program.retitle(&title, &new);
        titles.retain(|other| *other != title);
        titles.push(new.clone());
        self.guarded(&new);
    }

    fn wish(&mut self) {
        let Some((program, title)) = self.window() else { return };
        let wishes = match self.scene.wm.kind {
            Kind::I3 => &WISHES[..],
            Kind::Sway => &WISHES[X11_WISHES..],
        };
        let wish = self.one_of(wishes);
        let covers = matches!(wish, Wish::Fullscreen(_) | Wish::Maximized(_));
        let place = self.place(&title);
        if place.is_some_and(|place| place.kept || (covers && !self.survives("fullscreen", place.hidden))) {
            return;
        }
        self.say(format!("{title} wishes {wish:?}"));
        self.programs[program].1.wish(&title, wish);
        self.guarded(&title);
    }

    fn close(&mut self) {
        let Some((program, title)) = self.window() else { return };
        if self.scene.wm.find(&title).is_none() {
            return;
        }
        self.say(format!("close {title}"));
        let (_, program, titles) = &mut self.programs[program];
        program.close(&self.scene.wm, &title);
        titles.retain(|other| *other != title);
    }

    fn switch(&mut self) {
        let name = self.one_of(&["a", "b", ""]);
        self.say(format!("switch {name:?}"));
        self.ask_switch(name);
    }

    /// Switch; to no project by no name. A window that the user focuses or that asks for it may have brought its own project meanwhile.
    fn ask_switch(&mut self, name: &str) {
        let mut rpc = self.scene.daemon().connect();
        let done = match name {
            "" => rpc.call("project.clear", json!({})),
            name => rpc.call("project.switch", json!({"name": name})),
        };
        match done {
            Ok(done) if done["refused"] == json!([]) => {}
            Ok(done) => self.say(format!("refused {}", done["refused"])),
            Err(error) => assert_eq!(error.code, "superseded", "{error:?}"),
        }
    }

    fn start_daemon(&mut self) {
        self.scene.daemon = Some(Daemon::start(&self.scene.wm));
        let limit = Duration::from_secs(10);
        self.scene.daemon().wait_connected(limit);
    }

    fn stop(&mut self) {
        self.say("stop, start".into());
        self.scene.daemon.take().expect("it runs").stop();
        self.start_daemon();
    }

    fn rescue(&mut self) {
        self.say("kill, rescue, start".into());
        self.scene.daemon.take().expect("it runs").kill();
        Cli::done(&self.scene.wm, &["rescue"]);
        self.start_daemon();
    }

    fn deed(&mut self) {
        match self.random.u8(..100) {
            0..45 => self.command(),
            45..60 => self.wish(),
            60..66 => self.rule(),
            66..72 => {
                let program = self.random.usize(..2);
                if self.programs[program].2.len() < WINDOWS_MAX {
                    self.open(program);
                }
            }
            72..75 => self.close(),
            75..95 => self.switch(),
            95..98 => self.stop(),
            _ => self.rescue(),
        }
    }

    /// All windows are there, and none is hidden where no project is active. In the scratchpad are those that the user put there.
    fn look(&mut self) {
        if self.scene.wm.kind == Kind::I3 {
            for (_, program, titles) in &mut self.programs {
                titles.iter().for_each(|title| program.wish(title, Wish::Mapped));
            }
        }
        self.say("all are mapped, no project".into());
        wait_for("no project", || {
            self.ask_switch("");
            self.scene.daemon().wait_settled();
            self.scene.daemon().current().is_none().then_some(())
        });
        let titles: Vec<String> = self.programs.iter().flat_map(|(_, _, titles)| titles).cloned().collect();
        for title in &titles {
            wait_for(&format!("the window {title}, which is nowhere"), || self.scene.wm.find(title));
        }
        let tree = self.scene.wm.tree();
        let hidden = walk(&tree).into_iter().filter(|node| {
            is_window(node)
                && list(&node["marks"]).iter().any(|mark| matches!(Mark::parse(text(mark)), Some(Mark::Hidden(_))))
        });
        let hidden: Vec<&str> = hidden.map(title_of).collect();
        assert!(hidden.is_empty(), "{hidden:?} are hidden while no project is active");
        let told = self.scene.daemon().windows();
        let hidden: Vec<&Value> = told.iter().filter(|window| window["hidden"] == true).collect();
        assert!(hidden.is_empty(), "listed as hidden while no project is active: {hidden:?}");
    }

    fn live(&mut self) {
        for round in 0..5 {
            for (program, name) in [(0, "a"), (1, "b")] {
                self.ask_switch(name);
                self.scene.wm.show_workspace(&(1 + round % 3).to_string(), None);
                self.open(program);
            }
        }
        for _ in 0..DEEDS {
            self.deed();
        }
        self.look();
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let from = self.deeds.len().saturating_sub(DEEDS_SHOWN);
            eprintln!("after {} deeds, the last:\n{}", self.deeds.len(), self.deeds[from..].join("\n"));
            let log = fs::read_to_string(self.scene.wm.session.directory().join("wm.log")).unwrap_or_default();
            let end: Vec<&str> = log.lines().rev().take(20).collect();
            eprintln!("the window manager says at the end:\n{}", end.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
    }
}

fn nothing_ends_a_window_manager(kind: Kind) {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let time = Duration::from_secs(number("I3PM_SURVIVAL_SECONDS").unwrap_or(10));
    let mut seed = number("I3PM_TEST_SEED").unwrap_or(SEED);
    let begin = Instant::now();
    let mut counts = [
        ("lives", 0_usize),
        ("commands", 0),
        ("rules", 0),
        ("wishes", 0),
        ("switches", 0),
        ("stops", 0),
        ("rescues", 0),
    ];
    while begin.elapsed() < time {
        eprintln!("seed {seed}");
        let mut life = Life::new(kind, seed);
        life.live();
        let count = |part: &str| life.deeds.iter().filter(|deed| deed.contains(part)).count();
        let deeds =
            [1, count(": "), count(" is "), count(" wishes "), count("switch "), count("stop, "), count("rescue, ")];
        counts.iter_mut().zip(deeds).for_each(|(count, more)| count.1 += more);
        seed += 1;
    }
    let mut text = format!("{}, survived in {} s:", kind.name(), begin.elapsed().as_secs());
    for (name, count) in counts {
        let _ = write!(text, " {count} {name}");
    }
    tell(&format!("survival-{}", kind.name()), &text);
}
