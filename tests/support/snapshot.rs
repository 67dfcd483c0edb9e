//! What a person would see of all workspaces, to be compared before and after: the one definition
//! of *identical*.
//!
//! Compared exactly: which workspaces hold anything, on which output; nesting, order and layout of
//! containers; borders; sticky, fullscreen, urgent; `scratchpad_state`; the user's marks; the focus
//! order inside every container; which workspace each output shows; what has the focus. Compared
//! with a tolerance: the share of its parent that a tiling container has (1 % of the parent, if
//! the parent shows its children side by side), the rectangle of a floating one (1 px), and on
//! visible workspaces the rectangle of every window (1 % of its output).
//!
//! Normalised, each for its reason:
//! - marks that begin with `_i3pm` are ours and are left out;
//! - one horizontal or vertical split around all that tiles on a workspace may be there or not: it
//!   is our wrapper. Its layout is the workspace's, if it has more than one child;
//! - at the level of a workspace, the focus order of tiling children and that of floating ones are
//!   compared each by itself, together with which of the two kinds comes first: a wrapper cannot
//!   hold them interleaved;
//! - the layout of a workspace on which nothing tiles is left out: it shows only where the next
//!   window goes;
//! - floating windows are sorted by title: their order in the tree is the order in which they were
//!   raised;
//! - rectangles of tiling windows on invisible workspaces, and below something that is fullscreen,
//!   are left out: window managers do not keep them up to date there. Shares are compared, but for
//!   sway's below something fullscreen: it says sizes, and does not arrange them there;
//! - empty workspaces are left out; the visible ones are listed as visible;
//! - the scratchpad is left out but for windows whose titles begin with `scratch`: those are the
//!   user's in our tests.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;

use super::ipc::request;
use super::tree::{children, is_window, list, number, text, title, walk};
use super::wait::wait_for;
use super::wm::{Kind, WindowManager};

/// What the marks of i3pm begin with.
const OUR_MARKS: &str = "_i3pm";
/// What the titles of windows begin with that the user of a test keeps in the scratchpad.
const USER_SCRATCHPAD: &str = "scratch";

/// How far the share of a tiling container may be off.
const SHARE_TOLERANCE: f64 = 0.01;
/// How far the rectangle of a floating container may be off, in pixels.
const FLOATING_TOLERANCE: i64 = 1;
/// How far the rectangle of a window may be off, in parts of its output.
const WINDOW_TOLERANCE: f64 = 0.01;

/// How long sway must stay as it is to be looked at: a program that draws at once is done by then.
const REST: Duration = Duration::from_millis(30);

/// A line of a snapshot. Two are equal if a person would call them so.
#[derive(Debug, Clone)]
pub struct Line {
    text: String,
    /// The share of its parent, if that shows its children side by side.
    share: Option<f64>,
    rect: [i64; 4],
    /// How far each number of the rectangle may be off; `None` if it says nothing.
    tolerance: Option<[i64; 4]>,
}

impl PartialEq for Line {
    fn eq(&self, other: &Line) -> bool {
        let share = match (self.share, other.share) {
            (Some(one), Some(two)) => (one - two).abs() <= SHARE_TOLERANCE,
            (one, two) => one.is_none() && two.is_none(),
        };
        let near = |tolerance: [i64; 4]| {
            self.rect.iter().zip(other.rect).zip(tolerance).all(|((one, two), by)| (one - two).abs() <= by)
        };
        self.text == other.text && share && self.tolerance.or(other.tolerance).is_none_or(near)
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.text)?;
        if let Some(share) = self.share {
            write!(formatter, " {:.1} %", share * 100.0)?;
        }
        if self.tolerance.is_some() {
            let [x, y, width, height] = self.rect;
            write!(formatter, " at {x},{y} {width}x{height}")?;
        }
        Ok(())
    }
}

/// A workspace: as it is, and as it is without a split around all its tiling windows.
#[derive(Debug, Clone)]
pub struct Workspace {
    lines: Vec<Line>,
    unwrapped: Option<Vec<Line>>,
}

impl PartialEq for Workspace {
    fn eq(&self, other: &Workspace) -> bool {
        self.lines == other.lines
            || self.unwrapped.as_ref() == Some(&other.lines)
            || other.unwrapped.as_ref() == Some(&self.lines)
    }
}

impl Workspace {
    /// Its nesting, order and layouts, with no sizes and no focus order.
    #[must_use]
    pub fn structure(&self) -> Vec<String> {
        let lines = self.unwrapped.as_ref().unwrap_or(&self.lines);
        lines.iter().map(|line| line.text.split(FOCUS).next().unwrap_or_default().to_owned()).collect()
    }

    /// Does something that floats have the focus, over something tiled that is fullscreen?
    fn has_focus_over_fullscreen(&self) -> bool {
        let Some((head, below)) = self.lines.split_first() else { return false };
        let mut tiled = below.iter().take_while(|line| !line.text.trim_start().starts_with("floating"));
        head.text.contains("focus=floating") && tiled.any(|line| line.text.ends_with(" fullscreen"))
    }

    /// The lines as text.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        self.lines.iter().map(Line::to_string).collect()
    }
}

/// The state of all workspaces, in comparable form.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Each workspace that is not empty.
    pub workspaces: BTreeMap<String, Workspace>,
    /// The workspace that each output shows.
    pub visible: BTreeMap<String, String>,
    /// The title of the window that has the focus, or the kind of container that has it.
    pub focused: String,
    /// The lines of the user's own windows in the scratchpad.
    pub scratchpad: Vec<Line>,
}

impl Snapshot {
    /// Look at a window manager, when it has come to rest: sway sizes a floating window by what its
    /// program draws, later than it answers, and under load a program may be late with the size
    /// before last.
    #[must_use]
    pub fn take(wm: &WindowManager) -> Snapshot {
        let tree = match wm.kind {
            Kind::I3 => wm.tree(),
            Kind::Sway => tree_at_rest(wm),
        };
        let mut visible = BTreeMap::new();
        for workspace in list(&wm.ask(request::WORKSPACES, "")) {
            if workspace["visible"] == true {
                visible.insert(text(&workspace["output"]).to_owned(), text(&workspace["name"]).to_owned());
            }
        }
        let workspaces = workspaces(wm.kind, &tree, &visible);
        Snapshot { workspaces, visible, focused: focused(&tree), scratchpad: user_scratchpad(&tree) }
    }

    /// Only what is on workspaces, without what is visible or focused.
    #[must_use]
    pub fn without_focus(mut self) -> Snapshot {
        self.visible.clear();
        self.focused.clear();
        for workspace in self.workspaces.values_mut() {
            for line in workspace.lines.iter_mut().chain(workspace.unwrapped.iter_mut().flatten()) {
                if let Some(at) = line.text.find(FOCUS) {
                    line.text.truncate(at);
                }
                line.tolerance = None;
            }
        }
        self
    }

    /// Does a floating window have the focus on a workspace over a tiled one that is fullscreen?
    #[must_use]
    pub fn has_focus_over_fullscreen(&self) -> bool {
        self.workspaces.values().any(Workspace::has_focus_over_fullscreen)
    }

    /// Nesting, order and layouts of all workspaces, with no sizes, no focus.
    #[must_use]
    pub fn structure(&self) -> BTreeMap<&str, Vec<String>> {
        self.workspaces.iter().map(|(name, workspace)| (name.as_str(), workspace.structure())).collect()
    }

    /// The differences to another, in lines that a person can read; empty if there are none.
    #[must_use]
    pub fn differences(&self, after: &Snapshot) -> String {
        let mut text = String::new();
        let names = self.workspaces.keys().chain(after.workspaces.keys()).collect::<std::collections::BTreeSet<_>>();
        for name in names {
            let (old, new) = (self.workspaces.get(name), after.workspaces.get(name));
            if old != new {
                let lines = |workspace: Option<&Workspace>| workspace.map_or(Vec::new(), |it| it.lines.clone());
                difference(&mut text, name, &lines(old), &lines(new));
            }
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
        for (name, workspace) in &self.workspaces {
            writeln!(formatter, "workspace {name:?}")?;
            for line in &workspace.lines {
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
fn difference(into: &mut String, name: &str, before: &[Line], after: &[Line]) {
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

/// A tree that is the same a moment later.
fn tree_at_rest(wm: &WindowManager) -> Value {
    let mut last = wm.tree();
    wait_for("the window manager to come to rest", || {
        std::thread::sleep(REST);
        let tree = wm.tree();
        let rests = tree == last;
        last = tree;
        rests.then(|| last.clone())
    })
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

fn workspaces(kind: Kind, tree: &Value, visible: &BTreeMap<String, String>) -> BTreeMap<String, Workspace> {
    let mut all = BTreeMap::new();
    for (output, workspace) in user_workspaces(tree) {
        if children(workspace).next().is_none() {
            continue;
        }
        let size = &workspace["rect"];
        let part = |name: &str| (number(&size[name]) as f64 * WINDOW_TOLERANCE).ceil() as i64;
        let (x, y) = (part("width"), part("height"));
        let is_visible = visible.get(output).map(String::as_str) == Some(title(workspace));
        let covered = walk(workspace).into_iter().skip(1).any(|node| number(&node["fullscreen_mode"]) > 0);
        let look =
            Look { tolerance: (is_visible && !covered).then_some([x, y, x, y]), shares: kind == Kind::I3 || !covered };
        let described = Workspace {
            lines: describe_workspace(workspace, workspace, output, look),
            unwrapped: wrapper(workspace).map(|inner| describe_workspace(workspace, inner, output, look)),
        };
        all.insert(title(workspace).to_owned(), described);
    }
    all
}

/// What of a workspace is compared.
#[derive(Debug, Clone, Copy)]
struct Look {
    /// How far rectangles may be off; `None` if they say nothing.
    tolerance: Option<[i64; 4]>,
    /// Shares say something.
    shares: bool,
}

/// The split around all that tiles on a workspace.
fn wrapper(workspace: &Value) -> Option<&Value> {
    let [only] = list(&workspace["nodes"]) else { return None };
    (!is_window(only) && matches!(text(&only["layout"]), "splith" | "splitv")).then_some(only)
}

fn describe_workspace(workspace: &Value, inner: &Value, output: &str, look: Look) -> Vec<Line> {
    let floating = list(&workspace["floating_nodes"]);
    let is_floating = |id: &Value| floating.iter().any(|node| node["id"] == *id);
    // A split around a single child shows nothing of its layout: the one that counts is the
    // workspace's own.
    let layout = if list(&inner["nodes"]).len() > 1 { &inner["layout"] } else { &workspace["layout"] };
    let first = list(&workspace["focus"]).first();
    let first = first.map_or("nothing", |id| if is_floating(id) { "floating" } else { "tiled" });
    let tiled = focus_order(inner, list(&inner["nodes"]));
    let floated = focus_order(workspace, floating);
    let layout = if list(&inner["nodes"]).is_empty() { "nothing tiled" } else { text(layout) };
    let text = format!("on {output}, {layout}{FOCUS}{first}, tiled [{tiled}], floating [{floated}]");
    let mut lines = vec![Line { text, share: None, rect: [0; 4], tolerance: None }];
    for child in list(&inner["nodes"]) {
        describe(child, Some(inner), 1, "", look, &mut lines);
    }
    let mut sorted: Vec<&Value> = floating.iter().collect();
    sorted.sort_by_key(|child| first_title(child));
    for child in sorted {
        describe(child, None, 1, "floating ", Look { tolerance: Some([FLOATING_TOLERANCE; 4]), ..look }, &mut lines);
    }
    lines
}

fn describe(node: &Value, parent: Option<&Value>, depth: usize, prefix: &str, look: Look, lines: &mut Vec<Line>) {
    let indent = "  ".repeat(depth);
    let mut line = format!("{indent}{prefix}");
    let window = is_window(node);
    if window {
        let _ = write!(line, "{:?}", title(node));
        let _ = write!(line, " border {} {}", text(&node["border"]), number(&node["current_border_width"]));
    } else {
        let _ = write!(line, "{}", text(&node["layout"]));
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
    let floats = prefix.starts_with("floating");
    // i3 keeps two rectangles of a floating window that is fullscreen, sway only one, which it
    // brings up to date late.
    let covers_on_sway = window && number(&node["fullscreen_mode"]) > 0;
    lines.push(Line {
        text: line,
        share: parent.filter(|_| look.shares).and_then(|parent| share(parent, node)),
        rect: ["x", "y", "width", "height"].map(|name| number(&node["rect"][name])),
        tolerance: look.tolerance.filter(|_| (window || floats) && !(floats && covers_on_sway)),
    });
    // What is inside a floating container follows from its rectangle and the shares in it.
    let inside = Look { tolerance: look.tolerance.filter(|_| !floats), ..look };
    for child in list(&node["nodes"]) {
        describe(child, Some(node), depth + 1, "", inside, lines);
    }
}

/// Is there a split with an only child that is a split across it, in the direction of what both are
/// in? i3 takes such a pair away when it tidies its tree.
#[must_use]
pub fn has_redundant_pair(tree: &Value) -> bool {
    let is_split = |node: &Value| matches!(text(&node["layout"]), "splith" | "splitv");
    let is_across = |node: &Value| matches!(text(&node["layout"]), "splith" | "tabbed");
    let is_pair = |outer: &Value, container: &Value| match list(&container["nodes"]) {
        [only] => {
            let splits = !is_window(container) && is_split(container) && !is_window(only) && is_split(only);
            splits && container["layout"] != only["layout"] && is_across(outer) == is_across(only)
        }
        _ => false,
    };
    walk(tree).into_iter().any(|outer| children(outer).any(|container| is_pair(outer, container)))
}

/// The share of its parent that a child has, if the parent shows its children side by side.
fn share(parent: &Value, node: &Value) -> Option<f64> {
    let percent = |node: &Value| node["percent"].as_f64().unwrap_or_default();
    let siblings = list(&parent["nodes"]);
    let total: f64 = siblings.iter().map(percent).sum();
    let seen = siblings.len() > 1 && matches!(text(&parent["layout"]), "splith" | "splitv") && total > 0.0;
    seen.then(|| percent(node) / total)
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

fn focused(tree: &Value) -> String {
    let focused = walk(tree).into_iter().find(|node| node["focused"] == true);
    focused.map_or("nothing".into(), |node| match (is_window(node), text(&node["type"])) {
        (true, _) => format!("window {:?}", title(node)),
        (false, "workspace") => format!("workspace {:?}", title(node)),
        (false, _) => format!("container of {:?}", first_title(node)),
    })
}

fn user_scratchpad(tree: &Value) -> Vec<Line> {
    let mut lines = Vec::new();
    for node in walk(tree) {
        if node["type"] == "workspace" && title(node) == "__i3_scratch" {
            let floating = list(&node["floating_nodes"]).iter();
            for child in floating.filter(|child| first_title(child).starts_with(USER_SCRATCHPAD)) {
                describe(child, None, 0, "", Look { tolerance: None, shares: true }, &mut lines);
            }
        }
    }
    lines
}
