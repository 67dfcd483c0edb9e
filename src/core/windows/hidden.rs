//! A container that we took away, how it stood, and how that is written to files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::core::tree::mark::{HiddenMark, Role};
use crate::core::tree::{ContainerId, Layout, Node, NodeKind, Rect};
use crate::core::words::wm::WmKind;

/// A container on the way from a hidden part up to its workspace, as it stood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerPlace {
    /// The container.
    pub id: ContainerId,
    /// It was the workspace itself.
    pub is_workspace: bool,
    /// Its layout.
    #[serde(with = "layout_word")]
    pub layout: Layout,
    /// Its children in order, the branch included.
    pub children: Vec<ContainerId>,
    /// The child that was hidden, or that the hidden part was below.
    pub branch: ContainerId,
    /// The share of it that the branch had, in millionths.
    pub share_ppm: u32,
    /// It was the workspace, or stood for it, and nothing tiled on it but what was hidden together.
    #[serde(default, skip_serializing_if = "is_default")]
    pub whole: bool,
    /// sway: the rectangle that its children divided.
    #[serde(default)]
    pub room: Rect,
    /// sway: the gap between neighbours among them, in pixels.
    #[serde(default)]
    pub gap: i32,
    /// The user's marks on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<String>,
    /// It was fullscreen, with this mode.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fullscreen: u8,
}

/// Is it what is assumed if it is not written?
pub(in crate::core) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A container that we took away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HiddenContainer {
    /// Its id.
    pub id: ContainerId,
    /// The serial number of the window that bears its mark.
    pub anchor: u64,
    /// The serial numbers of all its windows.
    pub windows: Vec<u64>,
    /// How it stood.
    pub role: Role,
    /// It was sticky.
    pub sticky: bool,
    /// The order among the containers hidden from one workspace.
    pub order: u32,
    /// The layout of the workspace.
    #[serde(with = "layout_word")]
    pub workspace_layout: Layout,
    /// Its size, and its place if it floated.
    pub rect: Rect,
    /// The output it was on.
    pub output: String,
    /// The workspace it returns to.
    pub workspace: String,
    /// What it stood in, if it was a part: its parent first, the workspace last.
    #[serde(default)]
    pub path: Vec<FormerPlace>,
    /// It is a container of ours around all that tiled on its workspace, and stands for the
    /// workspace's own layout.
    #[serde(default)]
    pub wrapper: bool,
    /// i3: it is a split that an earlier daemon made around its one window to hide it, and stays
    /// behind when the window comes back.
    #[serde(default)]
    pub shell: bool,
    /// The windows in it that were fullscreen, with the mode.
    pub fullscreen: Vec<(u64, u8)>,
    /// The containers in it that were fullscreen and are no windows, with the mode.
    #[serde(default)]
    pub fullscreen_containers: Vec<(ContainerId, u8)>,
}

/// Layouts in files, by their names in GET_TREE.
pub(in crate::core) mod layout_word {
    use crate::core::tree::Layout;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(layout: &Layout, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match layout {
            Layout::Stacked => "stacked",
            layout => layout.command_word(),
        })
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Layout, D::Error> {
        Layout::deserialize(deserializer)
    }
}

impl HiddenContainer {
    /// Containers have other ids from now on.
    pub(in crate::core) fn rename_containers(&mut self, renamed: &BTreeMap<ContainerId, ContainerId>) {
        let named = self.path.iter_mut().flat_map(|level| {
            let FormerPlace { id, branch, children, .. } = level;
            children.iter_mut().chain([id, branch])
        });
        for id in named {
            *id = renamed.get(id).copied().unwrap_or(*id);
        }
    }

    /// The mark its anchor should bear.
    #[must_use]
    pub fn mark(&self) -> String {
        HiddenMark {
            serial: self.anchor,
            role: self.role,
            sticky: self.sticky,
            order: self.order,
            workspace_layout: self.workspace_layout,
            rect: self.rect,
            output: self.output.clone(),
            workspace: self.workspace.clone(),
            shell: self.shell,
        }
        .to_string()
    }

    pub(in crate::core) fn from_mark(id: ContainerId, mark: HiddenMark) -> HiddenContainer {
        HiddenContainer {
            id,
            anchor: mark.serial,
            windows: Vec::new(),
            role: mark.role,
            sticky: mark.sticky,
            order: mark.order,
            workspace_layout: mark.workspace_layout,
            rect: mark.rect,
            output: mark.output,
            workspace: mark.workspace,
            path: Vec::new(),
            wrapper: mark.role == Role::Wrapped,
            shell: mark.shell,
            fullscreen: Vec::new(),
            fullscreen_containers: Vec::new(),
        }
    }
}

/// i3 wraps a floating container into a `floating_con`; the one that we handle is inside of it.
#[must_use]
pub fn inside_floating(kind: WmKind, node: &Node) -> &Node {
    match node.nodes.as_slice() {
        [inner] if kind == WmKind::I3 && node.kind == NodeKind::FloatingCon => inner,
        _ => node,
    }
}
