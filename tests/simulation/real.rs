//! The fake against the real: the same random commands on both, and after each the same tree, the
//! same answer and the same events.
//!
//! A script is a few commands on windows that are opened for it. Scripts are played in sessions, at
//! whose end the window managers are stopped; a session has one seed. `SCRIPTS` says how many
//! scripts (`I3PM_LONG=1`: thousands), `SCRIPT_SEED` where the seeds begin.
//!
//! | left out or known to differ | why |
//! |---|---|
//! | rectangles, percent | the fake places roughly; sizes are for the tests against real window managers |
//! | what is inside a hidden container of sway is not addressed | `swap` with it ends sway 1.7, `split none` loses it |
//! | sway: moves while something is fullscreen, and `focus` alone on a workspace | both end sway 1.7 |
//! | i3's wrappers of floating windows, its root and outputs are not addressed | several commands crash i3 4.22 |
//! | events while something is fullscreen, i3 | a `focus` event more or less: the X server's focus is not modelled |
//! | no window is opened on sway while something is fullscreen | a terminal that is covered never gets ready |
//! | urgency, bars, gaps, title bars, XWayland | not modelled |
//!
//! Both window managers can be brought down by commands; such a session ends there and is counted.

use std::fmt::Write as _;

use fastrand::Rng;
use i3pm::core::WmKind;
use serde_json::Value;

use crate::fake_wm::{Client, FakeWm, NewWindow};
use crate::picture::outline;
use crate::runs::environment;
use crate::support::figures::tell;
use crate::support::ipc::Ipc;
use crate::support::long;
use crate::support::tree::{children, is_window, list, text, title, walk};
use crate::support::windows::HARDY_VARIABLE;
use crate::support::{Kind, Options, Program, Window, WindowManager, wait_for};

/// The most windows of a session.
const WINDOWS_MAX: usize = 9;

/// How many scripts there are without being asked for more.
const SCRIPTS: u64 = 200;
const SCRIPTS_LONG: u64 = 3000;
const SCRIPTS_PER_SESSION: u64 = 10;
const SCRIPT_STEPS: u64 = 6;

/// How many differences a failing test tells.
const FAILURES_SHOWN: usize = 5;

#[test]
fn fake_i3_is_like_i3() {
    compare(Kind::I3);
}

#[test]
fn fake_sway_is_like_sway() {
    compare(Kind::Sway);
}

fn compare(kind: Kind) {
    let scripts = environment("SCRIPTS", if long() { SCRIPTS_LONG } else { SCRIPTS });
    let (first, sessions) = (environment("SCRIPT_SEED", 1), scripts.div_ceil(SCRIPTS_PER_SESSION));
    let mut played = 0;
    let mut failures = Vec::new();
    let mut died = 0;
    for seed in first..first + sessions {
        let mut pair = Pair::start(kind, seed);
        for step in 0..SCRIPTS_PER_SESSION * (SCRIPT_STEPS + 1) {
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                if step % (SCRIPT_STEPS + 1) == SCRIPT_STEPS { pair.clear() } else { pair.step(step) }
            }));
            played += u64::from(step % (SCRIPT_STEPS + 1) == SCRIPT_STEPS);
            let Ok(outcome) = outcome else {
                // Both window managers have commands that end them. What the fake does then does
                // not matter.
                let before = &pair.before;
                eprintln!("seed {seed} step {step}: {} is gone:\n{before}\n{}", kind.name(), pair.history());
                died += 1;
                break;
            };
            if let Err(difference) = outcome {
                let before = &pair.before;
                let history = pair.history();
                failures.push(format!("seed {seed} step {step}: {difference}\nbefore:\n{before}{history}"));
                break;
            }
        }
    }
    let text = format!(
        "fake {0}: {played} scripts alike on the real {0} in {sessions} sessions from seed {first}, of which it ended {died} itself",
        kind.name()
    );
    tell(&format!("fake-{}", kind.name()), &text);
    assert!(died * 4 <= sessions, "{} ended {died} times in {sessions} sessions", kind.name());
    let all = failures.len();
    failures.truncate(FAILURES_SHOWN);
    assert!(failures.is_empty(), "{all} of {sessions} sessions differ\n{}", failures.join("\n\n"));
}

/// The id of a container by its place in the tree.
type Ids<'a> = dyn Fn(usize) -> u64 + 'a;

/// A fake and a real window manager that were told the same.
struct Pair {
    kind: Kind,
    fake: FakeWm,
    real: WindowManager,
    events: Ipc,
    program: Program,
    rng: Rng,
    opened: usize,
    done: Vec<String>,
    /// The tree before the last step.
    before: String,
}

impl Pair {
    fn start(kind: Kind, seed: u64) -> Pair {
        let mut rng = Rng::with_seed(seed);
        let two_outputs = rng.bool();
        let back_and_forth = rng.u8(..4) == 0;
        let config = if back_and_forth { "workspace_auto_back_and_forth yes\n" } else { "" };
        let options = Options { two_outputs, config: config.into() };
        let real = WindowManager::start(kind, &options);
        // A script may itself swap windows with what has no size.
        let program = Program::start_with(&real, &[(HARDY_VARIABLE, "1")]);
        let mut fake = FakeWm::new(wm_kind(kind), if two_outputs { 2 } else { 1 }, back_and_forth);
        let mut events = real.connect();
        events.ask(2, r#"["window","workspace","tick"]"#).expect("a subscription");
        let _ = fake.request(2, br#"["window","workspace","tick"]"#);
        let mut pair =
            Pair { kind, fake, real, events, program, rng, opened: 0, done: Vec::new(), before: String::new() };
        pair.message(&|_| "workspace 9".to_owned());
        pair.message(&|_| "workspace 1".to_owned());
        pair.events();
        pair
    }

    fn history(&self) -> String {
        self.done[self.done.len().saturating_sub(12)..].join("\n")
    }

    /// One thing happens to both; then they are compared.
    fn step(&mut self, step: u64) -> Result<(), String> {
        self.before = walk_ids(&self.fake.tree());
        let windows = self.fake.windows();
        let chance = self.rng.u8(..100);
        // A terminal that nobody sees never becomes ready on sway.
        let covered = self.kind == Kind::Sway && self.before.contains("fullscreen_mode");
        let outcomes = if windows.is_empty() || (chance < 22 && windows.len() < WINDOWS_MAX && !covered) {
            self.open(step);
            None
        } else if chance < 26 {
            self.close();
            None
        } else {
            Some(self.command())
        };
        let told = self.done.last().cloned().unwrap_or_default();
        if let Some((fake, real)) = outcomes
            && fake != real
        {
            return Err(format!("{told}\nanswers: fake {fake:?} real {real:?}"));
        }
        let (fake, real) = (normal(&self.fake.tree()), normal(&self.real.tree()));
        let (fake_events, real_events) = self.events();
        if fake != real {
            return Err(format!("{told}\n{}", difference(&fake, &real)));
        }
        if fake_events != real_events && !self.before.contains("fullscreen_mode") {
            // While something is fullscreen, i3 tells a focus event more or less.
            return Err(format!("{told}\nevents: fake {fake_events:#?} real {real_events:#?}"));
        }
        Ok(())
    }

    /// The end of a script: nothing is left open.
    fn clear(&mut self) -> Result<(), String> {
        self.before = walk_ids(&self.fake.tree());
        while !self.fake.windows().is_empty() {
            self.close();
        }
        loop {
            let tree = self.fake.tree();
            let empty = walk(&tree).iter().position(|node| {
                let nothing = children(node).next().is_none() && !is_window(node);
                matches!(text(&node["type"]), "con" | "floating_con") && nothing && title(node) != "content"
            });
            let Some(place) = empty else { break };
            self.message(&|id| format!("[con_id={}] kill", id(place)));
        }
        self.message(&|_| "workspace --no-auto-back-and-forth 1".to_owned());
        self.events();
        let (fake, real) = (normal(&self.fake.tree()), normal(&self.real.tree()));
        if fake == real { Ok(()) } else { Err(format!("cleared\n{}", difference(&fake, &real))) }
    }

    fn open(&mut self, step: u64) {
        self.opened += 1;
        let name = format!("w{}s{step}", self.opened);
        let dialog = self.kind == Kind::I3 && self.rng.u8(..8) == 0;
        self.done.push(format!("open {name}{}", if dialog { " (dialog)" } else { "" }));
        let window = Window { dialog, ..Window::named(&name) };
        self.program.open_window(&self.real, &window);
        let client = match self.kind {
            Kind::I3 => Client {
                class: Some(name.clone()),
                instance: Some(name.to_lowercase()),
                title: Some(name),
                x11: u32::try_from(self.opened).expect("few windows"),
                ..Client::default()
            },
            Kind::Sway => Client { app_id: Some(name.clone()), title: Some(name), pid: 4, ..Client::default() },
        };
        self.fake.open(&NewWindow { client, floating: dialog });
    }

    fn close(&mut self) {
        let windows = self.fake.windows();
        let (id, client) = &windows[self.rng.usize(..windows.len())];
        let name = client.title.clone().expect("a title");
        self.done.push(format!("close {name}"));
        self.program.close(&self.real, &name);
        self.fake.close(*id);
    }

    /// Send a message that names containers by their place in the tree.
    fn message(&mut self, text: &dyn Fn(&Ids<'_>) -> String) -> (Vec<bool>, Vec<bool>) {
        let real_tree = self.real.tree();
        let fake_tree = self.fake.tree();
        let ids = |tree: &Value| walk(tree).iter().map(|node| node["id"].as_u64().unwrap_or(0)).collect::<Vec<_>>();
        let (real_ids, fake_ids) = (ids(&real_tree), ids(&fake_tree));
        let pick = |ids: &[u64], place: usize| ids.get(place).copied().unwrap_or(u64::from(u32::MAX));
        let for_real = text(&|place| pick(&real_ids, place));
        let for_fake = text(&|place| pick(&fake_ids, place));
        self.done.push(format!("{}  ({for_real})", text(&|place| place as u64)));
        let answer = self.real.ask(0, &for_real);
        let real: Vec<bool> = list(&answer).iter().map(|item| item["success"] == true).collect();
        let fake = self.fake.run(&for_fake).iter().map(|outcome| outcome.success).collect();
        for id in self.fake.dying() {
            let name =
                self.fake.windows().iter().find(|window| window.0 == id).and_then(|window| window.1.title.clone());
            let name = name.expect("a window that dies has a title");
            wait_for(&format!("the end of {name}"), || self.real.find(&name).is_none().then_some(()));
            self.fake.close(id);
        }
        (fake, real)
    }

    /// The events since the last time: what changed and whose.
    fn events(&mut self) -> (Vec<String>, Vec<String>) {
        let short = |payload: &Value| {
            let change = text(&payload["change"]);
            if payload["container"].is_object() {
                let container = &payload["container"];
                format!("window {change} {}", if is_window(container) { title(container) } else { "-" })
            } else {
                let name = |node: &Value| text(&node["name"]).to_owned();
                format!("workspace {change} {} {}", name(&payload["current"]), name(&payload["old"]))
            }
        };
        let is_tick = |payload: &Value| payload["payload"].is_string();
        self.real.settle();
        let real = self.events.take_events().expect("events");
        let real = real.iter().filter(|event| !is_tick(event)).map(short).collect();
        let fake = self.fake.take_events();
        let fake: Vec<Value> = fake.iter().map(|(_, payload)| serde_json::from_slice(payload).expect("JSON")).collect();
        let fake = fake.iter().filter(|event| !is_tick(event)).map(short).collect();
        (fake, real)
    }

    fn command(&mut self) -> (Vec<bool>, Vec<bool>) {
        let tree = self.fake.tree();
        let nodes = walk(&tree);
        let mut places: Vec<usize> = Vec::new();
        let mut scratch: Vec<usize> = Vec::new();
        let mut workspaces: Vec<usize> = Vec::new();
        let mut workspace = "";
        for (place, node) in nodes.iter().enumerate() {
            match text(&node["type"]) {
                "workspace" => {
                    workspace = title(node);
                    if !workspace.starts_with("__") {
                        workspaces.push(place);
                    }
                }
                // i3's own wrappers around floating windows are not addressed: several commands
                // crash i3 4.22.
                "floating_con" if self.kind == Kind::I3 => {}
                "con" | "floating_con" if !matches!(title(node), "content") => {
                    if workspace != "__i3_scratch" {
                        places.push(place);
                    } else if self.kind == Kind::I3 || node["type"] == "floating_con" {
                        // What is inside of a hidden container is not addressed: swapping it ends
                        // sway 1.7.
                        scratch.push(place);
                    }
                }
                _ => {}
            }
        }
        let covering = nodes
            .iter()
            .position(|node| node["type"] != "workspace" && node["fullscreen_mode"].as_i64().unwrap_or(0) > 0);
        drop(nodes);
        if places.is_empty() {
            return self.message(&|_| "nop".to_owned());
        }
        if let (Kind::Sway, Some(covering)) = (self.kind, covering) {
            let safe = ["nop", "focus left", "focus child", "mark --add m1", "unmark", "fullscreen disable"];
            let word = safe[self.rng.usize(..safe.len())];
            return self.message(&|id| format!("{word}; [con_id={}] fullscreen disable", id(covering)));
        }
        let any = |rng: &mut Rng, list: &[usize]| if list.is_empty() { 0 } else { list[rng.usize(..list.len())] };
        let mut all = places.clone();
        all.extend(&scratch);
        let from_all = self.rng.u8(..6) == 0;
        let a = any(&mut self.rng, if from_all { &all } else { &places });
        let b = any(&mut self.rng, &all);
        let sway = self.kind == Kind::Sway;
        let outputs: Vec<String> = walk(&tree)
            .iter()
            .filter(|node| node["type"] == "output" && title(node) != "__i3")
            .map(|node| title(node).to_owned())
            .collect();
        let output = &outputs[self.rng.usize(..outputs.len())];
        let workspace = ["1", "2", "3: x", "four", "_t \\\"q"][self.rng.usize(..4)];
        let simple = |rng: &mut Rng| {
            let words: &[&str] = &[
                "split h",
                "split v",
                "layout tabbed",
                "layout stacking",
                "layout splith",
                "layout splitv",
                "layout default",
                "layout toggle split",
                "focus parent",
                "focus child",
                "focus left",
                "focus right",
                "focus up",
                "focus down",
                "focus mode_toggle",
                "move left",
                "move right",
                "move up",
                "move down",
                "floating enable",
                "floating disable",
                "floating toggle",
                "move scratchpad",
                "scratchpad show",
                "fullscreen enable",
                "fullscreen disable",
                "fullscreen toggle",
                "sticky enable",
                "sticky disable",
                "resize grow right 40 px",
                "resize shrink down 30 px",
                "resize grow width 20 px",
                "resize shrink height 25 px",
                "resize grow left 30 px",
                "resize shrink up 20 px",
                "resize set 400 px 300 px",
                "move absolute position 1000 px 200 px",
                "move absolute position 10 px 20 px",
                "mark --add m1",
                "mark --add m2",
                "mark m3",
                "unmark m1",
                "unmark",
                "kill",
                "nop",
                "move up",
                "focus",
            ];
            words[rng.usize(..words.len())].to_owned()
        };
        let of_workspace = any(&mut self.rng, &workspaces);
        let mut form = self.rng.u8(..22);
        let word = simple(&mut self.rng);
        let other = simple(&mut self.rng);
        if sway && word == "focus" && matches!(form, 0..=3 | 12) {
            form = 4;
        }
        match form {
            0..=3 => self.message(&|_| word.clone()),
            4..=8 => self.message(&|id| format!("[con_id={}] {word}", id(a))),
            9 => self.message(&|id| format!("[con_id={}] {word}, {other}", id(a))),
            10 | 11 => self.message(&|_| format!("workspace --no-auto-back-and-forth \"{workspace}\"")),
            12 if self.rng.bool() => self.message(&|_| format!("focus output {output}")),
            12 if self.rng.u8(..3) == 0 => self.message(&|_| format!("move workspace to output {output}")),
            12 => self.message(&|_| format!("workspace \"{workspace}\"; {word}")),
            13 => self.message(&|id| {
                format!("[con_id={}] move --no-auto-back-and-forth container to workspace \"{workspace}\"", id(a))
            }),
            14 => self.message(&|_| format!("move container to workspace \"{workspace}\"")),
            15 | 16 => self.message(&|id| format!("[con_id={}] swap container with con_id {}", id(a), id(b))),
            17 => self.message(&|id| {
                format!("[con_id={}] mark --add t; [con_id={}] swap container with mark t; unmark t", id(b), id(a))
            }),
            18 if sway => self.message(&|id| {
                format!(
                    "[con_id={0}] floating enable, resize set 500 px 400 px, move scratchpad; [con_id={0}] move \
                     --no-auto-back-and-forth container to workspace _i3pmtmp, floating disable, move \
                     --no-auto-back-and-forth container to workspace \"{workspace}\"",
                    id(a)
                )
            }),
            18 => self.message(&|id| {
                format!("open; mark --add t; [con_id={}] swap container with mark t; [con_mark=\"^t$\"] kill", id(a))
            }),
            19 if !sway => self
                .message(&|id| format!("[con_id={}] focus; focus parent; swap container with con_id {}", id(a), id(b))),
            20 if !sway => {
                let word =
                    ["split h", "split v", "layout tabbed", "layout splith", "layout splitv"][self.rng.usize(..5)];
                self.message(&|id| format!("[con_id={}] {word}", id(of_workspace)))
            }
            _ if sway => {
                self.message(&|id| format!("[con_id={}] focus parent; split h; [con_id={}] split none", id(a), id(b)))
            }
            _ => self.message(&|_| "open".to_owned()),
        }
    }
}

fn wm_kind(kind: Kind) -> WmKind {
    match kind {
        Kind::I3 => WmKind::I3,
        Kind::Sway => WmKind::Sway,
    }
}

/// The tree as lines, without what the fake does not claim to know.
fn normal(tree: &Value) -> String {
    outline(tree, &|node| {
        let kind = text(&node["type"]);
        let name = if is_window(node) || matches!(kind, "workspace" | "output") { title(node) } else { "" };
        let order: Vec<String> = {
            let ids: Vec<&Value> = children(node).map(|child| &child["id"]).collect();
            let place = |id: &Value| ids.iter().position(|own| *own == id);
            list(&node["focus"]).iter().map(|id| place(id).map_or("?".into(), |place| place.to_string())).collect()
        };
        let layout = if is_window(node) { "" } else { text(&node["layout"]) };
        let mut extra = String::new();
        if node["focused"] == true {
            extra.push_str(" FOCUSED");
        }
        for flag in ["fullscreen_mode"] {
            if node[flag].as_i64().unwrap_or(0) != 0 && kind != "workspace" {
                let _ = write!(extra, " {flag}={}", node[flag]);
            }
        }
        if node["sticky"] == true {
            extra.push_str(" sticky");
        }
        if !matches!(node["scratchpad_state"].as_str(), None | Some("none")) {
            let _ = write!(extra, " {}", text(&node["scratchpad_state"]));
        }
        if !list(&node["marks"]).is_empty() {
            let _ = write!(extra, " {}", node["marks"]);
        }
        if kind == "output" && node["current_workspace"].is_string() {
            let _ = write!(extra, " shows {}", node["current_workspace"]);
        }
        format!("{kind} {name} {layout} [{}]{extra}", order.join(","))
    })
}

/// The tree with the numbers by which scripts name containers.
fn walk_ids(tree: &Value) -> String {
    normal(tree).lines().enumerate().fold(String::new(), |text, (place, line)| text + &format!("{place:3} {line}\n"))
}

fn difference(fake: &str, real: &str) -> String {
    format!("--- fake\n{fake}--- real\n{real}")
}
