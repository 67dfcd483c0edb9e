//! Shares: how the children of a container divide it, and the commands that put the division right.
//!
//! On both window managers a child that comes gets the average share and the others are scaled down; two children that are swapped swap
//! their shares. All of that is arithmetic on shares, whether or not anything is visible, so the shares at the end of a script
//! are known when it is written, and the corrections go into the same message.

use std::collections::BTreeSet;

use crate::core::command::Script;
use crate::core::event::WmKind;
use crate::core::tree::{ContainerId, Layout, Node, Rect};

/// The least share that children which stayed are left with.
const REST_MIN: f64 = 0.01;

/// The shares of the children of one container in the course of a script.
#[derive(Debug, Clone)]
pub struct Shares {
    layout: Layout,
    pixels: f64,
    /// Those that stayed, as they stood at first.
    stayed: Vec<(ContainerId, f64)>,
    now: Vec<(ContainerId, f64)>,
    /// What those that came shall have; where it is not said, as much as the average.
    goals: Vec<(ContainerId, Option<f64>)>,
    /// Those among which they had it.
    siblings: BTreeSet<ContainerId>,
}

impl Shares {
    /// Those of `parent` when the children in `leaving` are gone, in a place of this size.
    #[must_use]
    pub fn new(parent: &Node, place: Rect, leaving: &BTreeSet<ContainerId>) -> Shares {
        let staying = || parent.nodes.iter().filter(|child| !leaving.contains(&child.id));
        let total: f64 = staying().filter_map(|child| child.percent).sum();
        let share = |child: &Node| match child.percent {
            Some(percent) if total > 0.0 => percent / total,
            _ => 1.0 / staying().count().max(1) as f64,
        };
        let stayed: Vec<(ContainerId, f64)> = staying().map(|child| (child.id, share(child))).collect();
        Shares {
            layout: parent.layout,
            pixels: pixels(parent.layout, place),
            now: stayed.clone(),
            stayed,
            goals: Vec::new(),
            siblings: BTreeSet::new(),
        }
    }

    /// Equal ones for all children of `parent`, in a place of this size.
    #[must_use]
    pub fn equal(parent: &Node, place: Rect) -> Shares {
        let share = 1.0 / parent.nodes.len().max(1) as f64;
        let now: Vec<(ContainerId, f64)> = parent.nodes.iter().map(|child| (child.id, share)).collect();
        Shares {
            layout: parent.layout,
            pixels: pixels(parent.layout, place),
            stayed: Vec::new(),
            now,
            goals: Vec::new(),
            siblings: BTreeSet::new(),
        }
    }

    /// All children shall have the shares that they have in `parent`.
    pub fn aim_at(&mut self, parent: &Node) {
        let shares = Shares::new(parent, parent.rect, &BTreeSet::new());
        self.goals = shares.stayed.into_iter().map(|(id, share)| (id, Some(share))).collect();
    }

    /// A child came that shall have the share `goal` among its `siblings`, and as much as the average where none of them is there.
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
    pub fn corrections(&self, kind: WmKind, order: &[ContainerId]) -> Script {
        // Tabs and stacks show one child at a time; their shares are not seen.
        if self.now.len() < 2 || self.pixels <= 0.0 || !matches!(self.layout, Layout::Splith | Layout::Splitv) {
            return Script::new();
        }
        match self.wanted() {
            None => Script::new(),
            Some(wanted) => match kind {
                WmKind::I3 => self.corrections_on_i3(&wanted),
                WmKind::Sway => self.move_borders(&wanted, order, least_pixels_on_sway(self.layout)),
            },
        }
    }

    /// The same by moving the borders between neighbours, which is exact where the place has been drawn.
    #[must_use]
    pub fn borders(&self, order: &[ContainerId]) -> Script {
        self.wanted().map(|wanted| self.move_borders(&wanted, order, 1)).unwrap_or_default()
    }

    /// What each child shall have. Those that came have what they had among their siblings, which share the rest in the proportions they
    /// have, as strangers do.
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
        // By how much all that stayed grows or shrinks, so that the siblings among it have the rest; then all to one whole.
        let scale = if came > 0.0 { rest / siblings } else { 1.0 };
        let all = came + if self.stayed.is_empty() { 0.0 } else { scale };
        if all <= 0.0 {
            return None;
        }
        let unit = (1.0 - unsaid) / all;
        let came = goals().map(|(id, goal)| (id, goal.map_or(average, |goal| goal * unit)));
        Some(self.stayed.iter().map(|(id, share)| (*id, share * scale * unit)).chain(came).collect())
    }

    /// i3: `resize grow width N px` adds N/width to a child's share and takes it from its siblings in equal parts. Those that
    /// shrink go first, so that none runs out of room on the way.
    fn corrections_on_i3(&self, wanted: &[(ContainerId, f64)]) -> Script {
        let dimension = if self.layout == Layout::Splitv { "height" } else { "width" };
        let count = self.now.len() as f64;
        let mut steps: Vec<(ContainerId, i32)> = self
            .now
            .iter()
            .zip(wanted)
            .map(|((id, share), (_, goal))| {
                (*id, ((goal - share) * (count - 1.0) / count * self.pixels).round() as i32)
            })
            .collect();
        steps.sort_by_key(|(_, pixels)| *pixels);
        let mut script = Script::new();
        for (id, pixels) in steps {
            push_resize(&mut script, id, dimension, pixels);
        }
        script
    }

    /// `resize grow right N px` moves the border between a child and the next one. Borders that go right are moved from the right
    /// end, then those that go left from the left end, so that none runs out of room on the way. No border is moved where a child
    /// on one side of it would have less than the `least` pixels: such a command would be refused.
    fn move_borders(&self, wanted: &[(ContainerId, f64)], order: &[ContainerId], least: i32) -> Script {
        let edge = if self.layout == Layout::Splitv { "down" } else { "right" };
        let in_pixels = |share: f64| (share * self.pixels).round() as i32;
        let mut sizes: Vec<i32> = order.iter().map(|id| in_pixels(share_of(&self.now, id))).collect();
        let mut borders: Vec<(usize, i32)> = Vec::new();
        let mut shift = 0.0;
        for (at, id) in order.iter().enumerate().take(order.len().saturating_sub(1)) {
            shift += share_of(wanted, id) - share_of(&self.now, id);
            borders.push((at, in_pixels(shift)));
        }
        let rightwards = borders.iter().rev().filter(|(_, pixels)| *pixels > 0);
        let leftwards = borders.iter().filter(|(_, pixels)| *pixels < 0);
        let mut script = Script::new();
        for (at, pixels) in rightwards.chain(leftwards) {
            let (leftmost, rightmost) = (least - sizes[*at], sizes[at + 1] - least);
            let by = if *pixels > 0 { (*pixels).min(rightmost) } else { (*pixels).max(leftmost) };
            if by.signum() == pixels.signum() && leftmost <= by && by <= rightmost {
                sizes[*at] += by;
                sizes[at + 1] -= by;
                push_resize(&mut script, order[*at], edge, by);
            }
        }
        script
    }
}

/// sway: a `resize` that would leave a tiled container less is an invalid command, and with one the rest of its message is not executed,
/// be it what brings windows back. Its limits are 100 and 60 pixels; the few more are for what rounding and gaps take.
fn least_pixels_on_sway(layout: Layout) -> i32 {
    if layout == Layout::Splitv { 65 } else { 105 }
}

fn pixels(layout: Layout, rect: Rect) -> f64 {
    f64::from(if layout == Layout::Splitv { rect.height } else { rect.width })
}

fn share_of(shares: &[(ContainerId, f64)], id: &ContainerId) -> f64 {
    shares.iter().find(|(other, _)| other == id).map_or(0.0, |(_, share)| *share)
}

fn push_resize(script: &mut Script, id: ContainerId, way: &str, pixels: i32) {
    if pixels != 0 {
        let verb = if pixels < 0 { "shrink" } else { "grow" };
        script.on(id, format_args!("resize {verb} {way} {} px", pixels.abs()));
    }
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
        Shares::new(&parent, parent.rect, &BTreeSet::new())
    }

    fn commands(shares: &Shares, kind: WmKind, order: &[u64]) -> String {
        shares.corrections(kind, order).into_messages().join("; ")
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
        // Now 0.133, 0.533, 0.333; wanted 0.08, 0.32, 0.6.
        assert_eq!(
            commands(&wider, WmKind::Sway, &[1, 2, 9]),
            "[con_id=1] resize shrink right 28 px; [con_id=2] resize shrink right 267 px"
        );
    }

    #[test]
    fn a_share_that_leaves_no_room_is_not_asked_for() {
        let mut shares = shares(&[1.0]);
        shares.insert(9, Some(1.0), &[1]);
        assert_eq!(commands(&shares, WmKind::I3, &[1, 9]), "");
    }
}
