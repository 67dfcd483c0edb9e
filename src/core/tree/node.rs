//! The tree of the window manager, as lean as our decisions allow.
//!
//! Field names are those of GET_TREE; i3 and sway differ in which they send, so everything but the
//! id has a default. `wire` fills these types by serde. Values that we do not know become `Other`,
//! never an error.

use serde::{Deserialize, Deserializer};

/// The id of a container. In i3 a pointer: it changes over an in-place restart; in sway a counter.
pub type ContainerId = u64;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// The root of the tree.
    Root,
    /// A monitor, or `__i3`.
    Output,
    /// A workspace.
    Workspace,
    /// A tiling container, or a window.
    Con,
    /// i3: the wrapper of a floating window. sway: a floating container itself.
    FloatingCon,
    /// i3: the bars' area.
    Dockarea,
    /// Something newer than us.
    #[default]
    #[serde(other)]
    Other,
}

/// How a container lays out its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Side by side.
    Splith,
    /// One above the other.
    Splitv,
    /// One at a time, titles side by side.
    Tabbed,
    /// One at a time, titles one above the other.
    Stacked,
    /// None of these.
    #[default]
    #[serde(other)]
    Other,
}

impl Layout {
    /// The word that the command `layout` takes on both window managers (sway refuses `stacked`).
    #[must_use]
    pub fn command_word(self) -> &'static str {
        match self {
            Layout::Splith | Layout::Other => "splith",
            Layout::Splitv => "splitv",
            Layout::Tabbed => "tabbed",
            Layout::Stacked => "stacking",
        }
    }

    /// Are children side by side, or one above the other?
    #[must_use]
    pub fn is_split(self) -> bool {
        matches!(self, Layout::Splith | Layout::Splitv)
    }

    /// Is one child shown at a time?
    #[must_use]
    pub fn shows_one(self) -> bool {
        matches!(self, Layout::Tabbed | Layout::Stacked)
    }
}

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, serde::Serialize)]
pub struct Rect {
    /// Left edge.
    pub x: i32,
    /// Upper edge.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
}

/// X11 properties of a window.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct WindowProperties {
    /// WM_CLASS, its class part.
    #[serde(default)]
    pub class: Option<String>,
    /// WM_CLASS, its instance part.
    #[serde(default)]
    pub instance: Option<String>,
    /// WM_WINDOW_ROLE.
    #[serde(default)]
    pub window_role: Option<String>,
    /// WM_TRANSIENT_FOR: the X11 id of the window it belongs to.
    #[serde(default)]
    pub transient_for: Option<u32>,
    /// `dialog`, `utility` and so on (sway, of XWayland windows).
    #[serde(default)]
    pub window_type: Option<String>,
}

/// A container.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct Node {
    /// Its identity.
    pub id: ContainerId,
    /// What it is.
    #[serde(rename = "type", default)]
    pub kind: NodeKind,
    /// The title of a window, the name of a workspace or output.
    #[serde(default)]
    pub name: Option<String>,
    /// How it lays out its children.
    #[serde(default)]
    pub layout: Layout,
    /// Its share of its parent.
    #[serde(default)]
    pub percent: Option<f64>,
    /// Where it is, without decoration.
    #[serde(default)]
    pub rect: Rect,
    /// i3: where the window is in it. Kept when it is not shown.
    #[serde(default)]
    pub window_rect: Rect,
    /// Its title bar, relative to its parent.
    #[serde(default)]
    pub deco_rect: Rect,
    /// Its marks.
    #[serde(default)]
    pub marks: Vec<String>,
    /// It has the focus.
    #[serde(default)]
    pub focused: bool,
    /// Its children's ids, most recently focused first.
    #[serde(default)]
    pub focus: Vec<ContainerId>,
    /// It is on every workspace of its output.
    #[serde(default)]
    pub sticky: bool,
    /// It asks for attention.
    #[serde(default)]
    pub urgent: bool,
    /// 0 none, 1 on its output, 2 on all outputs.
    #[serde(default)]
    pub fullscreen_mode: u8,
    /// `auto_off`, `auto_on`, `user_off` or `user_on` (i3).
    #[serde(default)]
    pub floating: Option<String>,
    /// `none`, `fresh` or `changed` (i3).
    #[serde(default)]
    pub scratchpad_state: Option<String>,
    /// sway, of windows: it is on a workspace that is shown.
    #[serde(default)]
    pub visible: Option<bool>,
    /// The X11 id of its window.
    #[serde(default)]
    pub window: Option<u32>,
    /// X11 properties of its window.
    #[serde(default, deserialize_with = "null_is_default")]
    pub window_properties: WindowProperties,
    /// The application id of its Wayland window.
    #[serde(default)]
    pub app_id: Option<String>,
    /// The process of its window (sway).
    #[serde(default)]
    pub pid: Option<u32>,
    /// `dialog`, `utility` and so on (i3).
    #[serde(default)]
    pub window_type: Option<String>,
    /// The workspace it is shown on, for an output of sway.
    #[serde(default)]
    pub current_workspace: Option<String>,
    /// Tiling children, in order.
    #[serde(default)]
    pub nodes: Vec<Node>,
    /// Floating children.
    #[serde(default)]
    pub floating_nodes: Vec<Node>,
}

fn null_is_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// The name of the workspace where window managers keep what is not shown.
pub const SCRATCHPAD: &str = "__i3_scratch";

impl Node {
    /// Does it hold a client's window?
    #[must_use]
    pub fn is_window(&self) -> bool {
        matches!(self.kind, NodeKind::Con | NodeKind::FloatingCon | NodeKind::Other)
            && self.nodes.is_empty()
            && (self.window.is_some() || self.app_id.is_some() || self.pid.is_some())
    }

    /// Does the window manager itself say that it floats? Of a window in an event there is no other
    /// way to know.
    #[must_use]
    pub fn says_floating(&self) -> bool {
        self.kind == NodeKind::FloatingCon || self.floating.as_deref().is_some_and(|word| word.ends_with("_on"))
    }

    /// Does its window say that it is a dialog?
    #[must_use]
    pub fn is_dialog(&self) -> bool {
        let words = [&self.window_type, &self.window_properties.window_type];
        words.into_iter().flatten().any(|word| word == "dialog")
    }

    /// Tiling and floating children.
    pub fn children(&self) -> impl DoubleEndedIterator<Item = &Node> {
        self.nodes.iter().chain(&self.floating_nodes)
    }

    /// It and everything below it.
    #[must_use]
    pub fn walk(&self) -> Vec<&Node> {
        let mut found = Vec::new();
        let mut stack = vec![self];
        while let Some(node) = stack.pop() {
            found.push(node);
            stack.extend(node.children().rev());
        }
        found
    }

    /// The windows at or below it, in order.
    #[must_use]
    pub fn windows(&self) -> Vec<&Node> {
        self.walk().into_iter().filter(|node| node.is_window()).collect()
    }

    /// The ids of the windows at or below it: least recently focused first, so that focusing them
    /// in this order rebuilds every focus stack below.
    #[must_use]
    pub fn windows_by_focus(&self) -> Vec<ContainerId> {
        if self.is_window() {
            return vec![self.id];
        }
        let mut children: Vec<&Node> = self.children().collect();
        children.sort_by_key(|child| self.focus.iter().position(|id| *id == child.id).unwrap_or(usize::MAX));
        children.iter().rev().flat_map(|child| child.windows_by_focus()).collect()
    }
}

/// A workspace with the output that holds it.
#[derive(Debug, Clone, Copy)]
pub struct WorkspaceNode<'a> {
    /// The output's name.
    pub output: &'a str,
    /// The workspace.
    pub node: &'a Node,
    /// Its output shows it.
    pub visible: bool,
    name: &'a str,
}

impl<'a> WorkspaceNode<'a> {
    /// A workspace, as the tree names it.
    #[must_use]
    pub fn new(output: &'a str, node: &'a Node, visible: bool) -> WorkspaceNode<'a> {
        WorkspaceNode { output, node, visible, name: node.name.as_deref().unwrap_or_default() }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }
}

/// The number that the name of a workspace begins with, as window managers see it.
#[must_use]
pub fn leading_number(name: &str) -> Option<u32> {
    let digits = name.find(|character: char| !character.is_ascii_digit()).unwrap_or(name.len());
    name[..digits].parse().ok()
}

/// A tree that can be asked.
#[derive(Debug, Clone)]
pub struct View<'a> {
    /// The workspaces of real outputs, in order of the tree.
    pub workspaces: Vec<WorkspaceNode<'a>>,
    /// `__i3_scratch`.
    pub scratchpad: Option<&'a Node>,
    /// The container that has the focus.
    pub focused: Option<&'a Node>,
    nodes: std::collections::BTreeMap<ContainerId, (&'a Node, ContainerId)>,
}

impl<'a> View<'a> {
    /// Is anything sticky, hidden or not?
    #[must_use]
    pub fn has_sticky(&self) -> bool {
        self.nodes.values().any(|(node, _)| node.sticky)
    }

    /// Look at a whole tree.
    #[must_use]
    pub fn new(root: &'a Node) -> View<'a> {
        let mut view =
            View { workspaces: Vec::new(), scratchpad: None, focused: None, nodes: std::collections::BTreeMap::new() };
        view.nodes.insert(root.id, (root, root.id));
        for node in root.walk() {
            if node.focused {
                view.focused = Some(node);
            }
            for child in node.children() {
                // An id that comes twice stays where it was first: so no container is ever below
                // itself.
                view.nodes.entry(child.id).or_insert((child, node.id));
            }
        }
        for output in root.nodes.iter().filter(|node| node.kind == NodeKind::Output) {
            let name = output.name.as_deref().unwrap_or_default();
            for node in output.walk().into_iter().filter(|node| node.kind == NodeKind::Workspace) {
                if node.name.as_deref() == Some(SCRATCHPAD) {
                    view.scratchpad = Some(node);
                } else if !name.starts_with("__") {
                    let visible = match &output.current_workspace {
                        Some(current) => node.name.as_ref() == Some(current),
                        None => view.parent(node.id).is_some_and(|parent| parent.focus.first() == Some(&node.id)),
                    };
                    view.workspaces.push(WorkspaceNode::new(name, node, visible));
                }
            }
        }
        view
    }

    /// A container by its id.
    #[must_use]
    pub fn node(&self, id: ContainerId) -> Option<&'a Node> {
        self.nodes.get(&id).map(|(node, _)| *node)
    }

    /// All containers.
    pub fn nodes(&self) -> impl Iterator<Item = &'a Node> {
        self.nodes.values().map(|(node, _)| *node)
    }

    /// The parent of a container.
    #[must_use]
    pub fn parent(&self, id: ContainerId) -> Option<&'a Node> {
        let (_, parent) = self.nodes.get(&id)?;
        if *parent == id { None } else { self.node(*parent) }
    }

    /// The floating container that a window is in or is. i3 keeps `sticky` on the window, sway on
    /// this container; `scratchpad_state` is on this container with both.
    #[must_use]
    pub fn floating_around(&self, id: ContainerId) -> Option<&'a Node> {
        let within = |node: &&Node| node.kind != NodeKind::Workspace;
        std::iter::successors(self.node(id), |node| self.parent(node.id))
            .take_while(within)
            .find(|node| node.kind == NodeKind::FloatingCon)
    }

    /// The workspace that a container is on (or is); `None` in the scratchpad.
    #[must_use]
    pub fn workspace_of(&self, id: ContainerId) -> Option<WorkspaceNode<'a>> {
        let mut current = self.node(id)?;
        while current.kind != NodeKind::Workspace {
            current = self.parent(current.id)?;
        }
        self.workspaces.iter().find(|workspace| workspace.node.id == current.id).copied()
    }

    /// A workspace by its name.
    #[must_use]
    pub fn workspace(&self, name: &str) -> Option<WorkspaceNode<'a>> {
        self.workspaces.iter().find(|workspace| workspace.name() == name).copied()
    }

    /// A workspace has another name from now on.
    pub fn rename_workspace(&mut self, from: &str, to: &'a str) {
        for workspace in self.workspaces.iter_mut().filter(|workspace| workspace.name == from) {
            workspace.name = to;
        }
    }

    /// Does any container bear this mark?
    #[must_use]
    pub fn has_mark(&self, mark: &str) -> bool {
        self.nodes.values().any(|(node, _)| node.marks.iter().any(|other| other == mark))
    }

    /// The workspace that has the focus.
    #[must_use]
    pub fn focused_workspace(&self) -> Option<WorkspaceNode<'a>> {
        self.workspace_of(self.focused?.id)
    }

    /// How many outputs there are.
    #[must_use]
    pub fn outputs(&self) -> Vec<&'a str> {
        let mut outputs: Vec<&str> = Vec::new();
        for workspace in &self.workspaces {
            if !outputs.contains(&workspace.output) {
                outputs.push(workspace.output);
            }
        }
        outputs
    }
}

/// The containers below a workspace that are fullscreen, with the mode. (i3 says 1 of every
/// workspace itself.)
#[must_use]
pub fn fullscreen_below(workspace: &Node) -> Vec<(ContainerId, u8)> {
    workspace
        .walk()
        .into_iter()
        .filter(|node| matches!(node.kind, NodeKind::Con | NodeKind::FloatingCon) && node.fullscreen_mode > 0)
        .map(|node| (node.id, node.fullscreen_mode))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_workspaces() {
        assert_eq!(
            ["3", "3: web", "33", "web", "", "99999999999"].map(leading_number),
            [Some(3), Some(3), Some(33), None, None, None]
        );
    }

    /// A window manager that says an id twice is wrong; whoever climbs from there to the root must
    /// still arrive.
    #[test]
    fn no_container_is_below_itself() {
        let node = |id, nodes| Node { id, nodes, ..Node::default() };
        let root = node(1, vec![node(2, vec![node(3, vec![node(2, vec![]), node(1, vec![])])])]);
        let view = View::new(&root);
        assert_eq!([3, 2, 1].map(|id| view.parent(id).map(|parent| parent.id)), [Some(2), Some(1), None]);
    }
}
