//! What a person would see of all workspaces, as text, to be compared before and after.
//!
//! Compared exactly: which workspaces hold anything, on which output; nesting, order and layout of containers; the
//! rectangle of every window and container, on invisible workspaces too; borders; floating geometry; sticky,
//! fullscreen, urgent; `scratchpad_state`; the user's marks; the focus order inside every container; which workspace
//! each output shows; the window that has the focus.
//!
//! Normalised, each for its reason:
//! - marks that begin with `_i3pm` are ours and are left out;
//! - a horizontal or vertical split that is the only tiling child of a workspace is transparent: it is our wrapper, or
//!   what sway dissolves on the way back. Its layout is the workspace's, where it has more than one child;
//! - at the level of a workspace, the focus order of tiling children and that of floating ones are compared each by
//!   itself, together with which of the two kinds comes first: a wrapper cannot hold them interleaved;
//! - floating windows are sorted by title: their order in the tree is the order in which they were raised;
//! - the rectangle of a workspace itself is left out: i3's is where it was last shown. Those of all containers and
//!   windows on it are compared;
//! - empty workspaces are left out; the visible ones are listed as visible;
//! - the scratchpad is left out but for windows whose titles begin with `scratch`: those are the user's in our tests.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::ipc::request;
use super::wm::{WindowManager, children, is_window, list, number, text, title, walk};

/// What the marks of i3pm begin with.
const OUR_MARKS: &str = "_i3pm";
/// What the titles of windows begin with that the user of a test keeps in the scratchpad.
const USER_SCRATCHPAD: &str = "scratch";

/// The state of all workspaces, in comparable form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The lines of each workspace that is not empty.
    pub workspaces: BTreeMap<String, Vec<String>>,
    /// The workspace that each output shows.
    pub visible: BTreeMap<String, String>,
    /// The title of the window that has the focus, or the kind of container that has it.
    pub focused: String,
    /// The lines of the user's own windows in the scratchpad.
    pub scratchpad: Vec<String>,
}

impl Snapshot {
    /// Look at a window manager.
    #[must_use]
    pub fn take(wm: &WindowManager) -> Snapshot {
        let tree = wm.tree();
        let mut visible = BTreeMap::new();
        for workspace in list(&wm.ask(request::WORKSPACES, "")) {
            if workspace["visible"] == true {
                visible.insert(text(&workspace["output"]).to_owned(), text(&workspace["name"]).to_owned());
            }
        }
        Snapshot { workspaces: workspaces(&tree), visible, focused: focused(&tree), scratchpad: user_scratchpad(&tree) }
    }

    /// Only what is on workspaces, without what is visible or focused.
    #[must_use]
    pub fn without_focus(mut self) -> Snapshot {
        self.visible.clear();
        self.focused.clear();
        for lines in self.workspaces.values_mut() {
            for line in lines {
                if let Some(at) = line.find(FOCUS) {
                    line.truncate(at);
                }
            }
        }
        self
    }

    /// The differences to another, in lines that a person can read; empty where there are none.
    #[must_use]
    pub fn differences(&self, after: &Snapshot) -> String {
        let mut text = String::new();
        let names = self.workspaces.keys().chain(after.workspaces.keys()).collect::<std::collections::BTreeSet<_>>();
        for name in names {
            let nothing = Vec::new();
            let (old, new) = (self.workspaces.get(name), after.workspaces.get(name));
            difference(&mut text, name, old.unwrap_or(&nothing), new.unwrap_or(&nothing));
        }
        difference(&mut text, "scratchpad", &self.scratchpad, &after.scratchpad);
        if self.visible != after.visible {
            let _ = writeln!(text, "visible:\n  - {:?}\n  + {:?}", self.visible, after.visible);
        }
        if self.focused != after.focused {
            let _ = writeln!(text, "focused:\n  - {}\n  + {}", self.focused, after.focused);
        }
        text
    }

    /// Nothing may have changed.
    ///
    /// # Panics
    /// When something has; with `what` was done, and the differences.
    #[track_caller]
    pub fn assert_same(&self, after: &Snapshot, what: &str) {
        let differences = self.differences(after);
        assert!(differences.is_empty(), "{what}: not as it was (- before, + after)\n{differences}");
    }

    /// The titles of all windows on workspaces, sorted.
    #[must_use]
    pub fn titles(wm: &WindowManager) -> Vec<String> {
        let tree = wm.tree();
        let mut titles = Vec::new();
        for workspace in user_workspaces(&tree) {
            titles.extend(walk(workspace.1).into_iter().filter(|node| is_window(node)).map(|node| title(node).into()));
        }
        titles.sort();
        titles
    }
}

impl std::fmt::Display for Snapshot {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (name, lines) in &self.workspaces {
            writeln!(formatter, "workspace {name:?}")?;
            for line in lines {
                writeln!(formatter, "  {line}")?;
            }
        }
        for line in &self.scratchpad {
            writeln!(formatter, "scratchpad {line}")?;
        }
        write!(formatter, "visible {:?}, focused {}", self.visible, self.focused)
    }
}

/// What separates the focus order from the rest of a line.
const FOCUS: &str = " focus=";

/// The lines that differ, with the common lines around them shortened to one.
fn difference(into: &mut String, name: &str, before: &[String], after: &[String]) {
    if before == after {
        return;
    }
    let _ = writeln!(into, "{name}:");
    let head = before.iter().zip(after).take_while(|(old, new)| old == new).count();
    let tails = before[head..].iter().rev().zip(after[head..].iter().rev());
    let tail = tails.take_while(|(old, new)| old == new).count();
    if head > 0 {
        let _ = writeln!(into, "    {}", before[0]);
    }
    for line in &before[head..before.len() - tail] {
        let _ = writeln!(into, "  - {line}");
    }
    for line in &after[head..after.len() - tail] {
        let _ = writeln!(into, "  + {line}");
    }
}

/// Each workspace of an output that people see, with the name of the output.
fn user_workspaces(tree: &Value) -> Vec<(&str, &Value)> {
    let mut found = Vec::new();
    for output in list(&tree["nodes"]) {
        let name = title(output);
        if name.starts_with("__") {
            continue;
        }
        let all = walk(output).into_iter().filter(|node| node["type"] == "workspace");
        found.extend(all.map(|workspace| (name, workspace)));
    }
    found
}

fn workspaces(tree: &Value) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for (output, workspace) in user_workspaces(tree) {
        if children(workspace).next().is_none() {
            continue;
        }
        let mut lines = Vec::new();
        describe_workspace(workspace, output, &mut lines);
        all.insert(title(workspace).to_owned(), lines);
    }
    all
}

fn describe_workspace(workspace: &Value, output: &str, lines: &mut Vec<String>) {
    let mut inner = workspace;
    while let [only] = list(&inner["nodes"]) {
        if is_window(only) || !matches!(text(&only["layout"]), "splith" | "splitv") {
            break;
        }
        inner = only;
    }
    let floating = list(&workspace["floating_nodes"]);
    let is_floating = |id: &Value| floating.iter().any(|node| node["id"] == *id);
    // A split around a single child shows nothing of its layout: the one that counts is the workspace's own.
    let layout = if list(&inner["nodes"]).len() > 1 { &inner["layout"] } else { &workspace["layout"] };
    let first = list(&workspace["focus"]).first();
    let first = first.map_or("nothing", |id| if is_floating(id) { "floating" } else { "tiled" });
    let tiled = focus_order(inner, list(&inner["nodes"]));
    let floated = focus_order(workspace, floating);
    lines.push(format!("on {output}, {}{FOCUS}{first}, tiled [{tiled}], floating [{floated}]", text(layout)));
    describe_children(inner, floating, 1, lines);
}

fn describe_children(node: &Value, floating: &[Value], depth: usize, lines: &mut Vec<String>) {
    for child in list(&node["nodes"]) {
        describe(child, depth, "", lines);
    }
    let mut sorted: Vec<&Value> = floating.iter().collect();
    sorted.sort_by_key(|child| first_title(child));
    for child in sorted {
        describe(child, depth, "floating ", lines);
    }
}

fn describe(node: &Value, depth: usize, prefix: &str, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    let mut line = format!("{indent}{prefix}");
    if is_window(node) {
        let _ = write!(line, "{:?} {}", title(node), rectangle(&node["rect"]));
        let _ = write!(line, " border {} {}", text(&node["border"]), number(&node["current_border_width"]));
    } else {
        let _ = write!(line, "{} {}", text(&node["layout"]), rectangle(&node["rect"]));
    }
    for (name, value) in [("fullscreen", number(&node["fullscreen_mode"]) > 0), ("urgent", node["urgent"] == true)] {
        if value {
            let _ = write!(line, " {name}");
        }
    }
    if node["sticky"] == true {
        line.push_str(" sticky");
    }
    let state = text(&node["scratchpad_state"]);
    if !matches!(state, "" | "none") {
        let _ = write!(line, " scratchpad {state}");
    }
    let marks: Vec<&str> = list(&node["marks"]).iter().map(text).filter(|mark| !mark.starts_with(OUR_MARKS)).collect();
    if !marks.is_empty() {
        let _ = write!(line, " marks {marks:?}");
    }
    if list(&node["nodes"]).len() > 1 {
        let _ = write!(line, "{FOCUS}[{}]", focus_order(node, list(&node["nodes"])));
    }
    lines.push(line);
    describe_children(node, list(&node["floating_nodes"]), depth + 1, lines);
}

/// The first titles below those children, the most recently focused first.
fn focus_order(node: &Value, children: &[Value]) -> String {
    let ids = list(&node["focus"]).iter();
    let names = ids.filter_map(|id| children.iter().find(|child| child["id"] == *id)).map(first_title);
    names.collect::<Vec<_>>().join(" ")
}

/// The title of the first window at or below a container.
fn first_title(node: &Value) -> &str {
    walk(node).into_iter().find(|node| is_window(node)).map_or("(empty)", title)
}

fn rectangle(rect: &Value) -> String {
    let [x, y, width, height] = ["x", "y", "width", "height"].map(|name| number(&rect[name]));
    format!("{x},{y} {width}x{height}")
}

fn focused(tree: &Value) -> String {
    let focused = walk(tree).into_iter().find(|node| node["focused"] == true);
    focused.map_or("nothing".into(), |node| match (is_window(node), text(&node["type"])) {
        (true, _) => format!("window {:?}", title(node)),
        (false, "workspace") => format!("workspace {:?}", title(node)),
        (false, _) => format!("container of {:?}", first_title(node)),
    })
}

fn user_scratchpad(tree: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for node in walk(tree) {
        if node["type"] == "workspace" && title(node) == "__i3_scratch" {
            let floating = list(&node["floating_nodes"]).iter();
            for child in floating.filter(|child| first_title(child).starts_with(USER_SCRATCHPAD)) {
                describe(child, 0, "", &mut lines);
            }
        }
    }
    lines
}
