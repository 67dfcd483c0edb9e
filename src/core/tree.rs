//! The tree of the window manager, as lean as our decisions allow.
//!
//! Field names are those of GET_TREE; i3 and sway differ in which they send, so everything but the id has a default.
//! `wire` fills these types by serde. Values that we do not know become `Other`, never an error.

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
    /// `none`, `fresh` or `changed` (i3).
    #[serde(default)]
    pub scratchpad_state: Option<String>,
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
