//! Places: what containers come back to, and where exactly in it.

use crate::core::tree::{ContainerId, Layout};

/// Where tiling children hang.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::core) enum Place {
    /// A container that this script made around one that came back, whose id stands for it.
    Made(ContainerId),
    /// The workspace of this name.
    Workspace(String),
    /// This container.
    Container(ContainerId),
}

/// The exact place that a container comes back to.
pub(in crate::core) struct Spot {
    pub(in crate::core) place: Place,
    /// The nearest of its former siblings before it that is there, or else the last child there is.
    pub(in crate::core) earlier: Option<ContainerId>,
    /// The nearest of its former siblings after it, if none before it is there.
    pub(in crate::core) later: Option<ContainerId>,
    /// The share of the place that it had, in millionths, and among which children.
    pub(in crate::core) share_ppm: Option<u32>,
    pub(in crate::core) siblings: Vec<ContainerId>,
    /// It stood in a container that is gone: the layout of one to be made for it.
    pub(in crate::core) missing: Option<Layout>,
}

/// Put a child after another one, or at the end if that is not there.
pub(in crate::core) fn insert_after(children: &mut Vec<ContainerId>, neighbour: ContainerId, id: ContainerId) {
    let at = children.iter().position(|child| *child == neighbour).map_or(children.len(), |at| at + 1);
    children.insert(at, id);
}

/// Put a child before another one, or at the end if that is not there.
pub(in crate::core) fn insert_before(children: &mut Vec<ContainerId>, neighbour: ContainerId, id: ContainerId) {
    let at = children.iter().position(|child| *child == neighbour).unwrap_or(children.len());
    children.insert(at, id);
}
