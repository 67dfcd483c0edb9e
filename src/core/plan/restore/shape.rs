//! sway: the shapes of containers that are made again, with what comes back of each.

use crate::core::tree::{ContainerId, Layout, Rect};
use crate::core::windows::hidden::{FormerPlace, HiddenContainer};

/// A container, or a workspace, that will be again as it was, with those of its children that come
/// back.
#[derive(Debug, Clone)]
pub(in crate::core) struct Shape<'a> {
    /// The container as it was.
    pub(in crate::core) place: &'a FormerPlace,
    /// What comes back of it, in order.
    pub(in crate::core) children: Vec<Branch<'a>>,
}

/// A child of a container that is made again.
#[derive(Debug, Clone)]
pub(in crate::core) struct Branch<'a> {
    /// The share it had, in millionths.
    pub(in crate::core) share_ppm: u32,
    pub(in crate::core) inside: Inside<'a>,
}

#[derive(Debug, Clone)]
pub(in crate::core) enum Inside<'a> {
    Window(&'a HiddenContainer),
    Container(Shape<'a>),
}

impl<'a> Shape<'a> {
    /// The container with this id, of all that come back to it.
    pub(in crate::core) fn new(root: ContainerId, windows: &[&'a HiddenContainer]) -> Option<Shape<'a>> {
        let below = windows.iter().filter_map(|window| {
            let at = window.path.iter().position(|level| level.id == root)?;
            Some((*window, at))
        });
        Shape::of(&below.collect::<Vec<_>>())
    }

    /// Each window with the level of its path that is this container.
    fn of(windows: &[(&'a HiddenContainer, usize)]) -> Option<Shape<'a>> {
        let (first, level) = windows.first()?;
        let place = &first.path[*level];
        let branch_of = |(window, at): &(&'a HiddenContainer, usize)| window.path[*at].branch;
        let mut branches: Vec<ContainerId> = Vec::new();
        for branch in windows.iter().map(branch_of) {
            if !branches.contains(&branch) {
                branches.push(branch);
            }
        }
        let index = |branch: &ContainerId| place.children.iter().position(|child| child == branch);
        branches.sort_by_key(|branch| index(branch).unwrap_or(usize::MAX));
        let child = |branch: ContainerId| {
            let inside: Vec<_> = windows.iter().filter(|window| branch_of(window) == branch).copied().collect();
            let (first, at) = inside.first()?;
            let share_ppm = first.path[*at].share_ppm;
            let deeper: Vec<_> = inside.iter().filter_map(|(window, at)| Some((*window, at.checked_sub(1)?))).collect();
            let inside = if *at == 0 { Inside::Window(first) } else { Inside::Container(Shape::of(&deeper)?) };
            Some(Branch { share_ppm, inside })
        };
        let children: Vec<Branch<'a>> = branches.into_iter().filter_map(child).collect();
        (!children.is_empty()).then_some(Shape { place, children })
    }

    /// The window that it is made around.
    pub(in crate::core) fn first(&self) -> &'a HiddenContainer {
        self.children[0].first()
    }

    /// How many containers its first window is below it.
    pub(in crate::core) fn depth(&self) -> usize {
        match &self.children[0].inside {
            Inside::Window(_) => 1,
            Inside::Container(shape) => 1 + shape.depth(),
        }
    }

    /// The first windows of its children.
    pub(in crate::core) fn firsts(&self) -> Vec<ContainerId> {
        self.children.iter().map(|child| child.first().id).collect()
    }
}

impl<'a> Branch<'a> {
    /// The window that is first in it.
    pub(in crate::core) fn first(&self) -> &'a HiddenContainer {
        match &self.inside {
            Inside::Window(window) => window,
            Inside::Container(shape) => shape.first(),
        }
    }
}

/// What a container is made in that has no other child yet, which `split` would only turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum AloneIn {
    Workspace(Layout),
    Container(Layout),
}

/// A container to be made around its first window, which is at its place.
#[derive(Debug, Clone)]
pub(in crate::core) struct Making<'a> {
    pub(in crate::core) shape: Shape<'a>,
    pub(in crate::core) alone: Option<AloneIn>,
    pub(in crate::core) room: Rect,
}

impl<'a> Making<'a> {
    /// One that stands beside others.
    pub(in crate::core) fn new(shape: Shape<'a>) -> Making<'a> {
        let room = shape.place.room;
        Making { shape, alone: None, room }
    }
}
