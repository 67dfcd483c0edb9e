//! Where containers come back to: in what, and between which of their former siblings.

use crate::core::plan::restore::place::{Place, Spot};
use crate::core::plan::restore::restoration::Restoration;
use crate::core::plan::situation::leaves;
use crate::core::tree::layout::is_redundant;
use crate::core::tree::{ContainerId, Node, NodeKind};
use crate::core::windows::hidden::{FormerPlace, HiddenContainer};

impl Restoration<'_> {
    /// The node of the tree whose children a place has at first.
    pub(in crate::core) fn node(&self, place: &Place) -> Option<&Node> {
        let view = self.situation.view;
        match place {
            Place::Workspace(name) => match self.roots.get(name) {
                Some(wrapper) => wrapper.and_then(|wrapper| view.node(wrapper)),
                None => view.workspace(name).map(|workspace| workspace.node),
            },
            Place::Container(id) => view.node(*id),
            Place::Made(_) => None,
        }
    }

    /// The tiling children that a place has now.
    pub(in crate::core) fn children(&mut self, place: &Place) -> &mut Vec<ContainerId> {
        if !self.tiling.contains_key(place) {
            let node = self.node(place);
            let children: Vec<ContainerId> = node
                .map(|node| node.nodes.iter().map(|child| child.id).filter(|id| !self.leaving.contains(id)).collect())
                .unwrap_or_default();
            self.tiling.insert(place.clone(), children);
        }
        self.tiling.get_mut(place).expect("inserted above")
    }

    /// Where a container comes back to: into its parent, if that is still there; else beside a
    /// sibling, wherever that went; else the same one level up; else at the end of its workspace.
    pub(in crate::core) fn spot(&mut self, container: &HiddenContainer) -> Spot {
        let root = Place::Workspace(container.workspace.clone());
        for (at, level) in container.path.iter().enumerate() {
            let place = if level.is_workspace {
                self.inside_wrapper(container, level).or(Some(root.clone()))
            } else {
                self.standing(container, level.id).or_else(|| self.place_of_siblings(container, level))
            };
            let Some(place) = place else { continue };
            let present = self.children(&place).clone();
            let Some(last) = present.last().copied() else { continue };
            let index = level.children.iter().position(|child| *child == level.branch).unwrap_or(0);
            let is_present = |sibling: &&ContainerId| present.contains(sibling);
            let earlier = level.children[..index].iter().rev().find(is_present).copied();
            let later = level.children.iter().skip(index + 1).find(is_present).copied();
            return Spot {
                place,
                earlier: earlier.or_else(|| later.is_none().then_some(last)),
                later: later.filter(|_| earlier.is_none()),
                share_ppm: Some(level.share_ppm),
                siblings: level.children.clone(),
                missing: (at > 0).then(|| container.path[0].layout),
            };
        }
        let earlier = self.children(&root).last().copied();
        let missing = match container.path.as_slice() {
            [parent, _, ..] => Some(parent.layout),
            _ => None,
        };
        Spot { place: root, earlier, later: None, share_ppm: None, siblings: Vec::new(), missing }
    }

    /// The wrapper of ours on a workspace, where its former root children are in it now.
    pub(in crate::core) fn inside_wrapper(&self, container: &HiddenContainer, level: &FormerPlace) -> Option<Place> {
        let workspace = self.situation.view.workspace(&container.workspace)?;
        let [only] = workspace.node.nodes.as_slice() else { return None };
        let holds = self.situation.table.wrappers.contains_key(&only.id)
            && !self.leaving.contains(&only.id)
            && only.nodes.iter().any(|child| level.children.contains(&child.id));
        holds.then_some(Place::Container(only.id))
    }

    /// A container, if it still stands on the workspace and holds something.
    pub(in crate::core) fn standing(&mut self, container: &HiddenContainer, id: ContainerId) -> Option<Place> {
        let node = self.situation.view.node(id)?;
        let workspace = self.situation.view.workspace_of(id)?;
        let stands = workspace.name() == container.workspace
            && matches!(node.kind, NodeKind::Con | NodeKind::FloatingCon)
            && !node.nodes.is_empty()
            && !leaves(self.situation, self.leaving, id);
        stands.then_some(Place::Container(id))
    }

    /// The place that a former sibling stands in now.
    pub(in crate::core) fn place_of_siblings(
        &mut self,
        container: &HiddenContainer,
        level: &FormerPlace,
    ) -> Option<Place> {
        let siblings = || level.children.iter().filter(|child| **child != level.branch);
        let view = self.situation.view;
        let is_here = |place: &Place| match place {
            Place::Workspace(name) => *name == container.workspace,
            Place::Container(id) => view.workspace_of(*id).is_some_and(|on| on.name() == container.workspace),
            Place::Made(_) => true,
        };
        let came_back = self
            .tiling
            .iter()
            .find(|(place, children)| is_here(place) && siblings().any(|sibling| children.contains(sibling)))
            .map(|(place, _)| place.clone());
        came_back.or_else(|| {
            siblings().find_map(|sibling| {
                let parent = self.situation.view.parent(*sibling)?;
                let workspace = self.situation.view.workspace_of(*sibling)?;
                let tiles = self.situation.view.node(*sibling)?.kind == NodeKind::Con
                    && workspace.name() == container.workspace
                    && !leaves(self.situation, self.leaving, *sibling);
                match parent.kind {
                    NodeKind::Con if tiles => Some(Place::Container(parent.id)),
                    NodeKind::Workspace if tiles => Some(Place::Workspace(container.workspace.clone())),
                    _ => None,
                }
            })
        })
    }

    /// The place that a container comes back to in this script.
    pub(in crate::core) fn parent_place(&self, id: ContainerId) -> Option<Place> {
        let mut places = self.tiling.iter().filter(|(place, _)| **place != Place::Made(id));
        places.find(|(_, children)| children.contains(&id)).map(|(place, _)| place.clone())
    }

    /// i3: will there be a pair of containers, when all that tiles is in place, that a tidying
    /// would take for redundant?
    pub(in crate::core) fn leaves_redundant_pair(&self) -> bool {
        let view = self.situation.view;
        let made = self.tiling.iter().filter_map(|(place, children)| match (place, children.as_slice()) {
            (Place::Made(inner), [only]) if inner == only => Some((place.clone(), *inner, *inner)),
            _ => None,
        });
        // What leaves alone is hidden if it is not redundant; what is wrapped with others stands
        // in the wrapper as it does now.
        let leaves_alone = |node: &Node| {
            self.leaving.contains(&node.id) && view.parent(node.id).is_some_and(|outer| outer.nodes.len() == 1)
        };
        let stays = |node: &&Node| node.kind == NodeKind::Con && !node.is_window() && !leaves_alone(node);
        let containers = view.nodes().filter(stays);
        let there = containers.filter_map(|node| {
            let place = Place::Container(node.id);
            let only = match self.tiling.get(&place) {
                Some(children) => only(children.iter().copied()),
                None => only(node.nodes.iter().map(|child| child.id).filter(|id| !self.leaving.contains(id))),
            };
            Some((place, node.id, only?))
        });
        there.chain(made).any(|(place, id, child)| {
            let outer = match self.parent_place(id) {
                Some(outer) => Some(self.layout_of(&outer)),
                None => view.parent(id).map(|outer| outer.layout),
            };
            let inner = view.node(child).filter(|child| !child.nodes.is_empty()).map(|child| child.layout);
            let inner =
                self.layouts.get(&Place::Made(child)).copied().filter(|_| place != Place::Made(child)).or(inner);
            outer.zip(inner).is_some_and(|(outer, inner)| is_redundant(outer, self.layout_of(&place), inner))
        })
    }
}

/// The one there is.
fn only(mut ids: impl Iterator<Item = ContainerId>) -> Option<ContainerId> {
    ids.next().filter(|_| ids.next().is_none())
}
