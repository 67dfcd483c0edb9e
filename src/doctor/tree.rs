//! The living tree: what is wrong with it by itself, and where it differs from the daemon's table.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{Check, FIX, State};
use crate::api::{StateDump, WindowRecord};
use crate::core::tree::mark::{self, Mark, PREFIX};
use crate::core::tree::{ContainerId, Node, View};
use crate::core::windows::table::Table;
use crate::core::windows::window::{Coming, WindowState};
use crate::core::{WmKind, misplaced_marks, strays};

/// How many differences of one sort are told one by one.
const DIFFERENCES_MAX: usize = 20;
/// Brings back what is hidden.
const BRING_BACK: &str = "start i3pmd, or run i3pm rescue";

/// Who watches over the windows.
#[derive(Debug, Clone, Copy)]
pub enum Watch<'a> {
    /// A daemon, with its table.
    Table(&'a StateDump),
    /// A daemon that does not show its table.
    Unknown,
    /// No daemon, or one that does not answer.
    Nobody,
}

/// Look at a tree.
pub fn checks(kind: WmKind, tree: &Node, watch: Watch<'_>) -> Vec<Check> {
    let view = View::new(tree);
    let mut seen = Table::default();
    let found = seen.reconcile(kind, &view, Coming::Found);
    // Not those of bars: they are on no workspace.
    let roots = view.workspaces.iter().map(|workspace| workspace.node).chain(view.scratchpad);
    let windows = roots.flat_map(Node::windows).map(|node| (node.id, node)).collect();
    let living = Living { view: &view, seen: &seen, lost: &found.lost, windows, watch };
    [living.known(), living.marks(), living.hidden(), living.placeholders()].into_iter().flatten().collect()
}

struct Living<'a> {
    view: &'a View<'a>,
    /// A table read from the tree and its marks alone.
    seen: &'a Table,
    lost: &'a [ContainerId],
    windows: BTreeMap<ContainerId, &'a Node>,
    watch: Watch<'a>,
}

impl Living<'_> {
    fn repair(&self) -> &'static str {
        match self.watch {
            Watch::Nobody => "start i3pmd: it puts this right",
            Watch::Table(_) | Watch::Unknown => FIX,
        }
    }

    fn records(&self) -> BTreeMap<ContainerId, &WindowRecord> {
        match self.watch {
            Watch::Table(dump) => dump.windows.iter().map(|record| (record.id, record)).collect(),
            Watch::Unknown | Watch::Nobody => BTreeMap::new(),
        }
    }

    /// Are the windows of the tree those of the table, and at the places that it says?
    fn known(&self) -> Vec<Check> {
        let count = self.windows.len();
        let Watch::Table(dump) = self.watch else {
            return vec![Check::ok("windows", format!("{count} in the tree; there is no table to compare them with"))];
        };
        let records = self.records();
        let mut differences = Vec::new();
        for (id, node) in &self.windows {
            let Some(record) = records.get(id) else {
                differences.push(format!("{} is in the tree, but not in the daemon's table", label(node)));
                continue;
            };
            let Some(seen) = self.seen.windows.get(id) else { continue };
            if record.hidden != seen.hidden {
                let (table, tree) = if record.hidden { ("hidden", "shown") } else { ("shown", "hidden") };
                differences.push(format!("{} is {table} in the daemon's table, and {tree} in the tree", label(node)));
            } else if dump.places_current && record.workspace != seen.workspace && !self.is_lost(seen) {
                let place = |workspace: &Option<String>| workspace.clone().unwrap_or_else(|| "no workspace".into());
                let (table, tree) = (place(&record.workspace), place(&seen.workspace));
                differences
                    .push(format!("{} is on {table} in the daemon's table, and on {tree} in the tree", label(node)));
            }
        }
        let gone = records.keys().filter(|id| !self.windows.contains_key(id));
        differences.extend(gone.map(|id| format!("window {id} is in the daemon's table, but not in the tree")));
        told("windows", differences, FIX, || format!("{count} in the tree, the same as in the daemon's table"))
    }

    fn is_lost(&self, window: &WindowState) -> bool {
        self.seen.hidden_with(window.serial).is_some_and(|container| self.lost.contains(&container.id))
    }

    /// Does each window bear the marks that it should, and nothing else any mark?
    fn marks(&self) -> Vec<Check> {
        let mut differences = Vec::new();
        let mut bearers: BTreeMap<u64, Vec<&Node>> = BTreeMap::new();
        let records = self.records();
        let mut unmarked = 0;
        for (id, node) in &self.windows {
            let ours: Vec<&String> = node.marks.iter().filter(|mark| mark.starts_with(PREFIX)).collect();
            let owners = node.marks.iter().filter_map(|mark| match Mark::parse(mark) {
                Some(Mark::Owner(owner)) => Some(owner),
                _ => None,
            });
            let owners: Vec<_> = owners.collect();
            if owners.len() > 1 {
                differences.push(format!("{} bears {} marks that say whose it is", label(node), owners.len()));
            }
            for serial in owners.iter().map(|owner| owner.serial).collect::<BTreeSet<u64>>() {
                bearers.entry(serial).or_default().push(node);
            }
            let hidden = self.seen.windows.get(id).is_some_and(|window| window.hidden);
            if mark::hidden_of(&node.marks).is_some() && !hidden {
                differences.push(format!("{} is shown, and its mark says that it is hidden", label(node)));
            }
            let placeholder = ours.iter().any(|mark| mark.starts_with(mark::PLACEHOLDER));
            if placeholder {
                differences.push(format!("{} is a window, and bears the mark of an empty place", label(node)));
            }
            if let Some(record) = records.get(id) {
                let missing = record.marks.iter().filter(|mark| !node.marks.contains(mark));
                differences.extend(missing.map(|mark| format!("{} should bear the mark {mark}", label(node))));
                let foreign =
                    ours.iter().filter(|mark| !record.marks.contains(mark) && owners.len() <= 1 && !placeholder);
                differences.extend(foreign.map(|mark| format!("{} should not bear the mark {mark}", label(node))));
            } else if owners.is_empty() && !matches!(self.watch, Watch::Table(_)) {
                unmarked += 1;
                differences.push(format!("{} bears no mark of ours: nobody has seen it", label(node)));
            }
        }
        for (serial, nodes) in bearers.iter().filter(|(_, nodes)| nodes.len() > 1) {
            let labels: Vec<String> = nodes.iter().map(|node| label(node)).collect();
            differences.push(format!("{} bear the same number {serial}", labels.join(" and ")));
        }
        for (id, mark) in misplaced_marks(self.view) {
            differences.push(format!("container {id} is no window, and bears our mark {mark}"));
        }
        let mut checks = told("marks", differences, self.repair(), || {
            let count = self.windows.len();
            format!("{} looked at, each bears those it should", counted(count, "window"))
        });
        // That is to be expected if nobody is there to mark them.
        let only_unmarked = checks.len() == unmarked.min(DIFFERENCES_MAX + 1);
        for check in checks.iter_mut().filter(|check| check.state == State::Problem && only_unmarked) {
            check.state = State::Warning;
        }
        checks
    }

    /// Is it known where everything hidden returns to, and is somebody there to bring it back?
    fn hidden(&self) -> Vec<Check> {
        let mut differences = Vec::new();
        let windows = self.seen.windows.values().filter(|window| window.hidden).count();
        let containers = self.seen.hidden.len();
        for id in self.lost {
            let inside: Vec<String> = self.view.node(*id).into_iter().flat_map(Node::windows).map(label).collect();
            differences.push(format!("nothing says where container {id} returns to, with {}", inside.join(", ")));
        }
        let repair = match self.watch {
            Watch::Nobody => BRING_BACK,
            Watch::Table(_) | Watch::Unknown => FIX,
        };
        match self.watch {
            Watch::Nobody if containers > 0 => {
                let (windows, containers) = (counted(windows, "window"), counted(containers, "container"));
                differences.push(format!("hidden, and no daemon serves them: {windows} in {containers}"));
            }
            Watch::Table(dump) => {
                let table: BTreeSet<ContainerId> = dump.containers.iter().map(|record| record.id).collect();
                let tree: BTreeSet<ContainerId> = self.seen.hidden.iter().map(|container| container.id).collect();
                let missing = table.difference(&tree);
                differences.extend(missing.map(|id| format!("container {id} is hidden in the daemon's table alone")));
                let unknown = tree.difference(&table);
                differences
                    .extend(unknown.map(|id| format!("container {id} is hidden, and not in the daemon's table")));
            }
            Watch::Nobody | Watch::Unknown => {}
        }
        told("hidden", differences, repair, || match windows {
            0 => "nothing is hidden".to_owned(),
            _ => format!(
                "{} in {}, each with its way back",
                counted(windows, "window"),
                counted(containers, "container")
            ),
        })
    }

    /// Are there empty containers of ours that should not be there?
    fn placeholders(&self) -> Vec<Check> {
        let repair = match self.watch {
            Watch::Nobody => "start i3pmd: it closes them",
            Watch::Table(_) | Watch::Unknown => FIX,
        };
        let differences = strays(self.view, &BTreeSet::new(), true).into_iter().map(|id| {
            let place = self.view.workspace_of(id).map_or("the scratchpad", |workspace| workspace.name()).to_owned();
            format!("empty container {id} of ours was left on {place}")
        });
        told("placeholders", differences.collect(), repair, || "no empty container of ours is astray".to_owned())
    }
}

fn told(name: &'static str, differences: Vec<String>, repair: &str, well: impl Fn() -> String) -> Vec<Check> {
    if differences.is_empty() {
        return vec![Check::ok(name, well())];
    }
    let more = differences.len().saturating_sub(DIFFERENCES_MAX);
    let mut checks: Vec<Check> =
        differences.into_iter().take(DIFFERENCES_MAX).map(|text| Check::problem(name, text, repair)).collect();
    if more > 0 {
        checks.push(Check::problem(name, format!("and {more} more"), repair));
    }
    checks
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn label(node: &Node) -> String {
    /// How much of a title is shown, in characters.
    const TITLE_MAX: usize = 40;
    let title: String = node.name.as_deref().unwrap_or_default().chars().take(TITLE_MAX).collect();
    format!("window {} ({title})", node.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::HiddenRecord;
    use crate::core::tree::mark::{HiddenMark, OwnerMark, Role};
    use crate::core::tree::{Layout, NodeKind, Rect, SCRATCHPAD};

    fn window(id: ContainerId, marks: &[String]) -> Node {
        let (app_id, marks) = (Some("foot".to_owned()), marks.to_vec());
        Node { id, kind: NodeKind::Con, name: Some(format!("title {id}")), app_id, marks, ..Node::default() }
    }

    fn owner(serial: u64, project: &str) -> String {
        OwnerMark { serial, by_user: false, projects: BTreeSet::from([project.to_owned()]) }.to_string()
    }

    fn hidden(serial: u64) -> String {
        HiddenMark {
            serial,
            role: Role::Only,
            sticky: false,
            order: 0,
            workspace_layout: Layout::Splith,
            rect: Rect::default(),
            output: "DP-1".to_owned(),
            workspace: "2".to_owned(),
            shell: false,
        }
        .to_string()
    }

    /// A tree with these windows on workspace 1, and these in the scratchpad of a sway.
    fn tree(shown: Vec<Node>, away: Vec<Node>) -> Node {
        let workspace = |id, name: &str, nodes, floating_nodes| Node {
            id,
            kind: NodeKind::Workspace,
            name: Some(name.to_owned()),
            nodes,
            floating_nodes,
            ..Node::default()
        };
        let output = |id, name: &str, node: Node| Node {
            id,
            kind: NodeKind::Output,
            name: Some(name.to_owned()),
            nodes: vec![node],
            ..Node::default()
        };
        let nodes = vec![
            output(2, "__i3", workspace(3, SCRATCHPAD, Vec::new(), away)),
            output(4, "DP-1", workspace(5, "1", shown, Vec::new())),
        ];
        Node { id: 1, kind: NodeKind::Root, nodes, ..Node::default() }
    }

    fn record(id: ContainerId, serial: u64, hidden: bool, marks: &[String]) -> WindowRecord {
        let workspace = Some(if hidden { "2" } else { "1" }.to_owned());
        WindowRecord { id, serial, hidden, workspace, marks: marks.to_vec() }
    }

    /// Two windows, one of them hidden, and the table of a daemon that knows both.
    fn well() -> (Vec<Node>, Vec<Node>, StateDump) {
        let marks = [owner(2, "b"), hidden(2)];
        let dump = StateDump {
            active: Some("a".to_owned()),
            settled: true,
            places_current: true,
            windows: vec![record(11, 1, false, &[owner(1, "a")]), record(12, 2, true, &marks)],
            containers: vec![HiddenRecord { id: 12, anchor: 2, windows: vec![2] }],
            ..StateDump::default()
        };
        (vec![window(11, &[owner(1, "a")])], vec![window(12, &marks)], dump)
    }

    fn faults(tree: &Node, watch: Watch<'_>) -> Vec<(&'static str, State, String)> {
        let checks = checks(WmKind::Sway, tree, watch).into_iter().filter(|check| check.state != State::Ok);
        checks.map(|check| (check.name, check.state, check.text)).collect()
    }

    #[track_caller]
    fn assert_faults(tree: &Node, watch: Watch<'_>, expected: &[(&str, &str)]) {
        let found = faults(tree, watch);
        let found: Vec<(&str, &str)> = found.iter().map(|(name, _, text)| (*name, text.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_tree_like_its_table_is_well() {
        let (shown, away, dump) = well();
        assert_faults(&tree(shown, away), Watch::Table(&dump), &[]);
    }

    #[test]
    fn windows_that_only_one_side_knows() {
        let (shown, away, mut dump) = well();
        dump.windows.remove(0);
        dump.windows.push(record(13, 3, false, &[]));
        assert_faults(
            &tree(shown, away),
            Watch::Table(&dump),
            &[
                ("windows", "window 11 (title 11) is in the tree, but not in the daemon's table"),
                ("windows", "window 13 is in the daemon's table, but not in the tree"),
            ],
        );
    }

    #[test]
    fn places_that_differ() {
        let (shown, away, mut dump) = well();
        dump.windows[0].workspace = Some("7".to_owned());
        dump.windows[1].hidden = false;
        dump.containers.clear();
        let there = tree(shown, away);
        let shown_in_table = "window 12 (title 12) is shown in the daemon's table, and hidden in the tree";
        let unknown = ("hidden", "container 12 is hidden, and not in the daemon's table");
        let moved = "window 11 (title 11) is on 7 in the daemon's table, and on 1 in the tree";
        assert_faults(&there, Watch::Table(&dump), &[("windows", moved), ("windows", shown_in_table), unknown]);
        // Places that the daemon knows to be old are no difference.
        dump.places_current = false;
        assert_faults(&there, Watch::Table(&dump), &[("windows", shown_in_table), unknown]);
    }

    #[test]
    fn marks_that_differ() {
        let (mut shown, away, dump) = well();
        shown[0].marks = vec!["user".to_owned(), owner(1, "b")];
        let missing = format!("window 11 (title 11) should bear the mark {}", owner(1, "a"));
        let foreign = format!("window 11 (title 11) should not bear the mark {}", owner(1, "b"));
        assert_faults(&tree(shown, away), Watch::Table(&dump), &[("marks", &missing), ("marks", &foreign)]);
    }

    #[test]
    fn without_a_daemon_the_marks_speak_for_themselves() {
        let (mut shown, away, _) = well();
        shown.push(window(13, &[owner(2, "a"), hidden(9)]));
        shown.push(window(14, &[]));
        let there = tree(shown, away);
        let found = faults(&there, Watch::Nobody);
        let texts: Vec<&str> = found.iter().map(|(_, _, text)| text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "window 13 (title 13) is shown, and its mark says that it is hidden",
                "window 14 (title 14) bears no mark of ours: nobody has seen it",
                "window 12 (title 12) and window 13 (title 13) bear the same number 2",
                "hidden, and no daemon serves them: 1 window in 1 container",
            ]
        );
        assert!(found.iter().all(|(_, state, _)| *state == State::Problem));
    }

    #[test]
    fn what_nobody_has_marked_is_only_worth_a_look() {
        let found = faults(&tree(vec![window(11, &[])], Vec::new()), Watch::Nobody);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].0, found[0].1), ("marks", State::Warning));
    }

    #[test]
    fn what_has_lost_its_way_back_is_a_problem() {
        // On the temporary workspace, which hides what is on it, without a mark that says where it
        // belongs.
        let mut there = tree(vec![window(11, &[owner(1, "a")])], Vec::new());
        let mut temporary = there.nodes[1].nodes[0].clone();
        temporary.id = 6;
        temporary.name = Some(mark::SCRATCH_WORKSPACE.to_owned());
        temporary.nodes = vec![window(15, &[owner(5, "a")])];
        there.nodes[1].nodes.push(temporary);
        let found = faults(&there, Watch::Unknown);
        let expected = "nothing says where container 15 returns to, with window 15 (title 15)";
        assert_eq!(found, [("hidden", State::Problem, expected.to_owned())]);
    }

    #[test]
    fn many_differences_are_cut_short() {
        let many = (100..).take(DIFFERENCES_MAX + 5).map(|id| window(id, &[])).collect();
        let found = faults(&tree(many, Vec::new()), Watch::Nobody);
        assert_eq!(found.len(), DIFFERENCES_MAX + 1);
        assert_eq!(found[DIFFERENCES_MAX].2, "and 5 more");
        assert!(found.iter().all(|(_, state, _)| *state == State::Warning));
    }
}
