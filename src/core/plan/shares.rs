//! Shares: how the children of a container divide it, and the commands that put the division right.
//!
//! On both window managers a child that comes gets the average share and the others are scaled
//! down; two children that are swapped swap their shares. All of that is arithmetic on shares,
//! whether or not anything is visible, so the shares at the end of a script are known when it is
//! written, and the corrections go into the same message.

use std::collections::BTreeSet;

use crate::core::tree::{ContainerId, Layout, Node, NodeKind, Rect, View};
use crate::core::words::command::Script;
use crate::core::words::wm::WmKind;

/// The least share that children which stayed are left with.
const REST_MIN: f64 = 0.01;

/// sway: so many pixels more than the least are room enough for a `resize`, however little is known
/// of gaps and title bars.
const TIGHT: f64 = 30.0;

/// The room that the children of a container divide.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// The rectangle of the container.
    pub rect: Rect,
    /// sway: the pixels between two children, of which neither has a share.
    pub gap: i32,
}

/// A command that corrects the size of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resize {
    /// The child.
    child: ContainerId,
    /// The dimension, or the border that is moved.
    way: &'static str,
    /// How much the child grows.
    pixels: i32,
}

/// The commands that correct these sizes.
#[must_use]
pub fn script_of(resizes: &[Resize]) -> Script {
    let mut script = Script::new();
    for resize in resizes {
        script.on(resize.child, resize.command());
    }
    script
}

impl Resize {
    /// The command, without criteria.
    fn command(&self) -> String {
        let verb = if self.pixels < 0 { "shrink" } else { "grow" };
        format!("resize {verb} {} {} px", self.way, self.pixels.abs())
    }
}

/// The shares of the children of one container in the course of a script.
#[derive(Debug, Clone)]
pub struct Shares {
    layout: Layout,
    room: Room,
    /// Those that stayed, as they stood at first.
    stayed: Vec<(ContainerId, f64)>,
    now: Vec<(ContainerId, f64)>,
    /// What those that came must have; if it is not said, as much as the average.
    goals: Vec<(ContainerId, Option<f64>)>,
    /// Those among which they had it.
    siblings: BTreeSet<ContainerId>,
}

impl Shares {
    /// Those of `parent` when the children in `leaving` are gone, and it has this room.
    #[must_use]
    pub fn new(parent: &Node, room: Room, leaving: &BTreeSet<ContainerId>) -> Shares {
        let staying = || parent.nodes.iter().filter(|child| !leaving.contains(&child.id));
        let total: f64 = staying().filter_map(|child| child.percent).sum();
        let share = |child: &Node| match child.percent {
            Some(percent) if total > 0.0 => percent / total,
            _ => 1.0 / staying().count().max(1) as f64,
        };
        let stayed: Vec<(ContainerId, f64)> = staying().map(|child| (child.id, share(child))).collect();
        Shares {
            layout: parent.layout,
            room,
            now: stayed.clone(),
            stayed,
            goals: Vec::new(),
            siblings: BTreeSet::new(),
        }
    }

    /// Equal ones for all children of `parent`, in a room without gaps.
    #[must_use]
    pub fn equal(parent: &Node, rect: Rect) -> Shares {
        let share = 1.0 / parent.nodes.len().max(1) as f64;
        let now: Vec<(ContainerId, f64)> = parent.nodes.iter().map(|child| (child.id, share)).collect();
        Shares {
            layout: parent.layout,
            room: Room { rect, gap: 0 },
            stayed: Vec::new(),
            now,
            goals: Vec::new(),
            siblings: BTreeSet::new(),
        }
    }

    /// Of children that have just come to a room where nothing else is, in this order; what each
    /// must have.
    #[must_use]
    pub fn anew(layout: Layout, room: Room, goals: &[(ContainerId, Option<f64>)]) -> Shares {
        let share = 1.0 / goals.len().max(1) as f64;
        let now = goals.iter().map(|(id, _)| (*id, share)).collect();
        Shares { layout, room, stayed: Vec::new(), now, goals: goals.to_vec(), siblings: BTreeSet::new() }
    }

    /// What each child must have, in pixels and in this order; none if shares are not seen.
    #[must_use]
    pub fn goals(&self, order: &[ContainerId]) -> Vec<f64> {
        let wanted = self.wanted().unwrap_or_else(|| self.now.clone());
        if self.layout.is_split() { self.snapped(&wanted, order) } else { Vec::new() }
    }

    /// The same as parts of what all have together.
    #[must_use]
    pub fn parts(&self, order: &[ContainerId]) -> Vec<(ContainerId, f64)> {
        let all = self.pixels().max(1.0);
        order.iter().copied().zip(self.goals(order).into_iter().map(|pixels| pixels / all)).collect()
    }

    /// sway: must a child have less than a `resize` can give it, and not what it has?
    #[must_use]
    pub fn is_tight(&self, order: &[ContainerId]) -> bool {
        let least = least_pixels_on_sway(self.layout);
        let goals = self.goals(order);
        let is_right = || goals == self.snapped(&self.now, order);
        order.len() > 1 && goals.iter().any(|pixels| *pixels < least + TIGHT) && !is_right()
    }

    /// All children must have the shares that they have in `parent`.
    pub fn aim_at(&mut self, parent: &Node) {
        let shares = Shares::new(parent, self.room, &BTreeSet::new());
        self.goals = shares.stayed.into_iter().map(|(id, share)| (id, Some(share))).collect();
    }

    /// A child came that must have the share `goal` among its `siblings`, and as much as the
    /// average if none of them is there.
    pub fn insert(&mut self, id: ContainerId, goal: Option<f64>, siblings: &[ContainerId]) {
        let before = self.now.len() as f64;
        for (_, share) in &mut self.now {
            *share *= before / (before + 1.0);
        }
        self.now.push((id, 1.0 / (before + 1.0)));
        self.goals.push((id, goal));
        self.siblings.extend(siblings);
    }

    /// Two children changed places.
    pub fn swap(&mut self, one: ContainerId, other: ContainerId) {
        let position = |id| self.now.iter().position(|(child, _)| *child == id);
        if let (Some(one), Some(other)) = (position(one), position(other)) {
            let share = self.now[one].1;
            self.now[one].1 = self.now[other].1;
            self.now[other].1 = share;
        }
    }

    /// The commands that give each child its share. `order` are the children as they stand.
    #[must_use]
    pub fn corrections(&self, kind: WmKind, order: &[ContainerId]) -> Vec<Resize> {
        // Tabs and stacks show one child at a time; their shares are not seen.
        if self.now.len() < 2 || self.pixels() <= 0.0 || !self.layout.is_split() {
            return Vec::new();
        }
        match self.wanted() {
            None => Vec::new(),
            Some(wanted) => match kind {
                WmKind::I3 => self.corrections_on_i3(&wanted),
                WmKind::Sway => {
                    let (now, wanted) = (self.snapped(&self.now, order), self.snapped(&wanted, order));
                    self.move_borders(&now, &wanted, order, least_pixels_on_sway(self.layout))
                }
            },
        }
    }

    /// i3: the same by moving the borders between neighbours, which is exact if the place has
    /// been drawn.
    #[must_use]
    pub fn borders(&self, order: &[ContainerId]) -> Vec<Resize> {
        let in_pixels = |shares: &[(ContainerId, f64)]| -> Vec<f64> {
            order.iter().map(|id| share_of(shares, id) * self.pixels()).collect()
        };
        let wanted = self.wanted();
        wanted
            .map(|wanted| self.move_borders(&in_pixels(&self.now), &in_pixels(&wanted), order, 1.0))
            .unwrap_or_default()
    }

    /// What all children have together.
    fn pixels(&self) -> f64 {
        let Room { rect, gap } = self.room;
        let length = if self.layout == Layout::Splitv { rect.height } else { rect.width };
        f64::from(length) - f64::from(gap) * (self.now.len() as f64 - 1.0)
    }

    /// sway: the sizes of children in whole pixels, of which the last has the rest. The first
    /// `resize` makes shares of them.
    fn snapped(&self, shares: &[(ContainerId, f64)], order: &[ContainerId]) -> Vec<f64> {
        let all = self.pixels();
        let mut sizes: Vec<f64> = order.iter().map(|id| (share_of(shares, id) * all).round()).collect();
        if sizes.pop().is_some() {
            sizes.push(all - sizes.iter().sum::<f64>());
        }
        sizes
    }

    /// What each child must have. Those that came have what they had among their siblings, which
    /// share the rest in the proportions they have, as strangers do.
    fn wanted(&self) -> Option<Vec<(ContainerId, f64)>> {
        let is_sibling = |(id, _): &&(ContainerId, f64)| self.siblings.contains(id);
        let siblings: f64 = self.stayed.iter().filter(is_sibling).map(|(_, share)| share).sum();
        let at_home = siblings > 0.0 || self.stayed.is_empty();
        let goals = || self.goals.iter().map(|(id, goal)| (*id, goal.filter(|_| at_home)));
        let average = 1.0 / self.now.len().max(1) as f64;
        let unsaid = average * goals().filter(|(_, goal)| goal.is_none()).count() as f64;
        let came: f64 = goals().filter_map(|(_, goal)| goal).sum();
        let rest = 1.0 - came;
        if self.goals.is_empty() || (came > 0.0 && !self.stayed.is_empty() && rest < REST_MIN) {
            return None;
        }
        // By how much all that stayed grows or shrinks, so that the siblings among it have the
        // rest; then all to one whole.
        let scale = if came > 0.0 { rest / siblings } else { 1.0 };
        let all = came + if self.stayed.is_empty() { 0.0 } else { scale };
        if all <= 0.0 {
            return None;
        }
        let unit = (1.0 - unsaid) / all;
        let came = goals().map(|(id, goal)| (id, goal.map_or(average, |goal| goal * unit)));
        Some(self.stayed.iter().map(|(id, share)| (*id, share * scale * unit)).chain(came).collect())
    }

    /// i3: `resize grow width N px` adds N/width to a child's share and takes it from its siblings
    /// in equal parts. Those that shrink go first, so that none runs out of room on the way.
    fn corrections_on_i3(&self, wanted: &[(ContainerId, f64)]) -> Vec<Resize> {
        let dimension = if self.layout == Layout::Splitv { "height" } else { "width" };
        let count = self.now.len() as f64;
        let mut steps: Vec<(ContainerId, i32)> = self
            .now
            .iter()
            .zip(wanted)
            .map(|((id, share), (_, goal))| {
                (*id, ((goal - share) * (count - 1.0) / count * self.pixels()).round() as i32)
            })
            .collect();
        steps.sort_by_key(|(_, pixels)| *pixels);
        let resize = |(child, pixels)| Resize { child, way: dimension, pixels };
        steps.into_iter().filter(|(_, pixels)| *pixels != 0).map(resize).collect()
    }

    /// `resize grow right N px` moves the border between a child and the next one. Borders that go
    /// right are moved from the right end, then those that go left from the left end, so that none
    /// runs out of room on the way. No border is moved if a child on one side of it would have
    /// less than the `least` pixels: such a command would be refused.
    fn move_borders(&self, now: &[f64], wanted: &[f64], order: &[ContainerId], least: f64) -> Vec<Resize> {
        let edge = if self.layout == Layout::Splitv { "down" } else { "right" };
        let mut sizes = now.to_vec();
        let mut borders: Vec<(usize, f64)> = Vec::new();
        let mut shift = 0.0;
        for (at, (now, wanted)) in now.iter().zip(wanted).enumerate().take(order.len().saturating_sub(1)) {
            shift += wanted - now;
            borders.push((at, shift.round()));
        }
        let rightwards = borders.iter().rev().filter(|(_, pixels)| *pixels > 0.0);
        let leftwards = borders.iter().filter(|(_, pixels)| *pixels < 0.0);
        let mut resizes = Vec::new();
        for (at, pixels) in rightwards.chain(leftwards) {
            let (leftmost, rightmost) = ((least - sizes[*at]).ceil(), (sizes[at + 1] - least).floor());
            let by = if *pixels > 0.0 { pixels.min(rightmost) } else { pixels.max(leftmost) };
            if by.signum() == pixels.signum() && leftmost <= by && by <= rightmost {
                sizes[*at] += by;
                sizes[at + 1] -= by;
                resizes.push(Resize { child: order[*at], way: edge, pixels: by as i32 });
            }
        }
        resizes
    }
}

/// sway: a `resize` that would leave a tiled container less is an invalid command, and with one the
/// rest of its message is not executed, be it what brings windows back. Its limits are 100 and 60
/// pixels; the few more are for what rounding and gaps take.
fn least_pixels_on_sway(layout: Layout) -> f64 {
    if layout == Layout::Splitv { 65.0 } else { 105.0 }
}

/// sway: the gap between neighbours on a workspace, or on another, if there are none side by
/// side.
pub fn gap(view: &View<'_>, workspace: &Node) -> i32 {
    let others = view.workspaces.iter().map(|workspace| workspace.node);
    std::iter::once(workspace).chain(others).find_map(gap_on).unwrap_or(0)
}

/// The gap between the first two children that were drawn beside each other below a container.
/// There are none below tabs and stacks.
fn gap_on(node: &Node) -> Option<i32> {
    let across = match node.layout {
        Layout::Splith => true,
        Layout::Splitv => false,
        _ => return None,
    };
    let is_drawn = |node: &Node| node.rect.width > 0 && node.rect.height > 0;
    // The title bar of a window is above its rectangle; that of a container of tabs is left out
    // twice.
    let between = |pair: &[Node]| match (&pair[0].rect, &pair[1]) {
        (one, next) if across => Some(next.rect.x - one.x - one.width),
        (one, next) => next.is_window().then(|| next.rect.y - next.deco_rect.height - one.y - one.height),
    };
    let mut pairs = node.nodes.windows(2).filter(|pair| pair.iter().all(is_drawn));
    let gap = pairs.find_map(between).map(|gap| gap.max(0));
    gap.or_else(|| node.nodes.iter().find_map(gap_on))
}

/// sway: the rectangle that the children of a container divide, when only those that `stays` says
/// are there. sway's tree leaves the title bars of a container in tabs or stacks out of its
/// rectangle twice, so only the workspace's is taken as it says.
pub fn room_of(view: &View<'_>, node: &Node, stays: &dyn Fn(ContainerId) -> bool) -> Rect {
    let Some(outer) = view.parent(node.id).filter(|_| node.kind == NodeKind::Con) else { return node.rect };
    let room = room_of(view, outer, stays);
    let gap = view.workspace_of(node.id).map_or(0, |workspace| gap(view, workspace.node));
    let staying = || outer.nodes.iter().filter(|child| stays(child.id));
    let part = node.percent.unwrap_or(0.0) / staying().filter_map(|child| child.percent).sum::<f64>();
    room_in(outer.layout, Room { rect: room, gap }, node, part, staying().count())
}

/// sway: the rectangle that the children of `node` divide, if it has this part of the room of
/// what it is in, among so many.
pub fn room_in(layout: Layout, Room { rect, gap }: Room, node: &Node, part: f64, count: usize) -> Rect {
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    let of = |pixels: i32| (f64::from(pixels - gap * (count - 1).max(0)) * part).round() as i32;
    match layout {
        Layout::Splith if part.is_finite() => Rect { width: of(rect.width), ..rect },
        Layout::Splitv if part.is_finite() => Rect { height: of(rect.height), ..rect },
        Layout::Stacked => Rect { height: rect.height - node.deco_rect.height * count, ..rect },
        _ => Rect { height: rect.height - node.deco_rect.height, ..rect },
    }
}

fn share_of(shares: &[(ContainerId, f64)], id: &ContainerId) -> f64 {
    shares.iter().find(|(other, _)| other == id).map_or(0.0, |(_, share)| *share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parent(shares: &[f64]) -> Node {
        Node {
            layout: Layout::Splith,
            rect: Rect { x: 0, y: 0, width: 1000, height: 500 },
            nodes: shares
                .iter()
                .zip(1..)
                .map(|(share, id)| Node { id, percent: Some(*share), ..Node::default() })
                .collect(),
            ..Node::default()
        }
    }

    fn shares(of: &[f64]) -> Shares {
        let parent = parent(of);
        Shares::new(&parent, Room { rect: parent.rect, gap: 0 }, &BTreeSet::new())
    }

    fn commands(shares: &Shares, kind: WmKind, order: &[u64]) -> String {
        let told = |resize: &Resize| format!("[con_id={}] {}", resize.child, resize.command());
        shares.corrections(kind, order).iter().map(told).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_child_that_had_half_gets_half_again() {
        let mut shares = shares(&[0.6, 0.4]);
        shares.insert(9, Some(0.5), &[1, 2]);
        // Now 0.4, 0.267, 0.333; wanted 0.3, 0.2, 0.5.
        assert_eq!(
            commands(&shares, WmKind::I3, &[1, 2, 9]),
            "[con_id=1] resize shrink width 67 px; [con_id=2] resize shrink width 44 px; [con_id=9] resize grow width 111 px"
        );
        assert_eq!(
            commands(&shares, WmKind::Sway, &[1, 2, 9]),
            "[con_id=1] resize shrink right 100 px; [con_id=2] resize shrink right 167 px"
        );
    }

    #[test]
    fn one_that_never_had_a_share_gets_the_average_wherever_it_is_swapped_to() {
        let mut shares = shares(&[0.4, 0.6]);
        shares.insert(9, None, &[]);
        shares.swap(9, 2);
        // Now 0.267, 0.333 for 2, 0.4 for 9; wanted 0.267, 0.333 for 9, 0.4 for 2.
        assert_eq!(commands(&shares, WmKind::Sway, &[1, 9, 2]), "[con_id=9] resize shrink right 67 px");
    }

    #[test]
    fn among_strangers_it_has_what_it_had_beside_its_siblings() {
        // It had as much as 1, which had a fifth of what is there.
        let mut shares = shares(&[0.2, 0.8]);
        shares.insert(9, Some(0.5), &[1]);
        let wanted = shares.wanted().expect("shares");
        let rounded: Vec<(u64, i64)> =
            wanted.iter().map(|(id, share)| (*id, (share * 1000.0).round() as i64)).collect();
        assert_eq!(rounded, [(1, 167), (2, 667), (9, 167)]);
        let mut shares = self::shares(&[0.2, 0.8]);
        shares.insert(9, Some(0.5), &[7]);
        let total: f64 = shares.wanted().expect("shares").iter().map(|(_, share)| share).sum();
        assert!((total - 1.0).abs() < 1e-9, "{total}");
        assert_eq!(commands(&shares, WmKind::I3, &[1, 2, 9]), "");
    }

    #[test]
    fn what_is_right_is_left_alone() {
        let mut shares = shares(&[1.0]);
        shares.insert(9, Some(0.5), &[1, 2]);
        assert_eq!(commands(&shares, WmKind::I3, &[1, 9]), "");
        assert_eq!(commands(&shares, WmKind::Sway, &[9, 1]), "");
    }

    #[test]
    fn no_border_is_moved_further_than_sway_allows() {
        let mut narrow = shares(&[0.15, 0.85]);
        narrow.insert(9, Some(0.5), &[1, 2]);
        // Now 0.1, 0.567, 0.333; wanted 0.075, 0.425, 0.5. The first cannot get smaller.
        assert_eq!(commands(&narrow, WmKind::Sway, &[1, 2, 9]), "[con_id=2] resize shrink right 167 px");
        let mut wider = shares(&[0.2, 0.8]);
        wider.insert(9, Some(0.6), &[1, 2]);
        // Now 133, 533 and the rest, 334; wanted 80, 320, 600.
        assert_eq!(
            commands(&wider, WmKind::Sway, &[1, 2, 9]),
            "[con_id=1] resize shrink right 28 px; [con_id=2] resize shrink right 266 px"
        );
    }

    #[test]
    fn what_went_and_came_ten_times_has_the_size_it_had() {
        // Three children with gaps between them, of sizes that are no round shares. The last goes,
        // and comes back.
        let (gap, length) = (12, 1000);
        let mut sizes = [331, 278, 367];
        assert_eq!(sizes.iter().sum::<i32>() + 2 * gap, length);
        let first = sizes;
        let share = |of: &[i32], at: usize| f64::from(of[at]) / f64::from(of.iter().sum::<i32>());
        for _ in 0..10 {
            let goal = share(&sizes, 2);
            let mut stayed = parent(&[share(&sizes[..2], 0), share(&sizes[..2], 1)]);
            stayed.rect.width = length;
            let mut shares = Shares::new(&stayed, Room { rect: stayed.rect, gap }, &BTreeSet::new());
            shares.insert(9, Some(goal), &[1, 2]);
            let order = [1, 2, 9];
            let mut drawn = shares.snapped(&shares.now, &order);
            for resize in shares.corrections(WmKind::Sway, &order) {
                let at = order.iter().position(|id| *id == resize.child).expect("a child");
                drawn[at] += f64::from(resize.pixels);
                drawn[at + 1] -= f64::from(resize.pixels);
            }
            sizes = [drawn[0] as i32, drawn[1] as i32, drawn[2] as i32];
        }
        assert_eq!(sizes, first);
    }

    #[test]
    fn a_share_that_leaves_no_room_is_not_asked_for() {
        let mut shares = shares(&[1.0]);
        shares.insert(9, Some(1.0), &[1]);
        assert_eq!(commands(&shares, WmKind::I3, &[1, 9]), "");
    }
}
