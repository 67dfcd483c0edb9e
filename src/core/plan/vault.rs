//! The vault of i3: a container of empty containers in the *tiling* layer of `__i3_scratch`.
//!
//! A container is hidden by swapping it with an empty one there: nothing floats, nothing is
//! resized, and plain `scratchpad show`, which looks only at floating children, never finds it.
//! This is undocumented behaviour of i3 (4.22 and 4.24 were tried). The vault is made in one
//! message, on the workspace that has the focus, so that no bar hears of a workspace of ours: a
//! tabbed container that holds another one is floated and sent to the scratchpad, then `move up`
//! takes the inner one out of the floating one and leaves it tiled on `__i3_scratch`. Each message
//! that makes places makes a whole vault; vaults add up.
//!
//! What is swapped takes over the rectangles of the other, and i3 tells a window its size by these.
//! So a window that is hidden by itself needs a place of its own size, or its program is told that
//! it is 0 by 0 pixels large, of which many die. `append_layout` makes such places, in a vault that
//! floats on a workspace of ours and is never shown. The place that a window leaves is the right
//! one for the next time, so more are made only where sizes have changed.
//!
//! Whenever i3 tidies its tree it looks at the vaults, too, and would remove a split with an only
//! child that lies in the direction of the vault (`plan::tidy`). So what would go in a vault of
//! tabs is hidden in one of stacks.

use serde_json::{Value, json};

use crate::core::plan::before::Before;
use crate::core::plan::focus::{Presence, final_focus};
use crate::core::plan::hides::Hide;
use crate::core::plan::situation::Situation;
use crate::core::tree::layout::{is_redundant, orientation};
use crate::core::tree::mark::{PLACEHOLDER, VAULT};
use crate::core::tree::vault::{berths, has_stacks, is_free, is_free_place, vault_slots};
use crate::core::tree::{ContainerId, Layout, Node, Rect, View};
use crate::core::words::command::{Script, quote};
use crate::core::words::seeded::{self, Fault};
use crate::core::words::wm::WmKind;

/// How many places a vault of tabs has at least.
pub const PLACES_MIN: usize = 16;

/// How many one of stacks has at least: seldom anything needs them.
const STACKS_MIN: usize = 8;

/// How many free places with a frame are kept for the windows that left them, when more are made.
const FRAMED_SPARE_MAX: usize = 64;

/// How many empty containers are put beside the vaults, each to be swapped with a vault that is
/// made later: `move up` has i3 tidy its whole tree, also what a switch has just taken apart.
const BERTHS: usize = 8;

/// What their marks begin with while they are made.
const BERTH: &str = "_i3pm1:t:berth";

/// The workspace that places with frames are made on; it is gone at the end of the same message.
const WORKSHOP: &str = "__i3pm";

/// i3: what a container and its window measure: `rect` and `window_rect` of the tree, which a swap
/// exchanges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Frame {
    container: Rect,
    window: Rect,
}

impl Frame {
    fn of(node: &Node) -> Frame {
        Frame { container: node.rect, window: node.window_rect }
    }

    /// Is a window that goes from the one to the other told no other size?
    fn is_as_large_as(self, other: Frame) -> bool {
        let size = |rect: Rect| (rect.width, rect.height);
        size(self.container) == size(other.container) && self.window == other.window
    }

    /// The frame of a place that was made for no window, and of a window that was never drawn.
    fn is_none(self) -> bool {
        self.window == Rect::default()
    }

    fn as_json(self) -> Value {
        json!({"type": "con", "rect": self.container, "window_rect": self.window})
    }
}

/// The free places of the vaults.
#[derive(Debug, Default)]
pub(in crate::core) struct FreePlaces {
    of_tabs: Vec<ContainerId>,
    of_stacks: Vec<ContainerId>,
    /// Those that were made for a window of this size, or that such a one left.
    framed: Vec<(ContainerId, Frame)>,
}

impl FreePlaces {
    pub(in crate::core) fn new(view: &View<'_>) -> FreePlaces {
        let mut free = FreePlaces::default();
        for slot in vault_slots(view).into_iter().rev().filter(|slot| is_free_place(slot)) {
            let frame = Frame::of(slot);
            let lies = view.parent(slot.id).map(|vault| orientation(vault.layout));
            if lies == Some(orientation(Layout::Stacked)) {
                free.of_stacks.push(slot.id);
            } else if is_free(slot) && !frame.is_none() {
                free.framed.push((slot.id, frame));
            } else {
                free.of_tabs.push(slot.id);
            }
        }
        free
    }

    /// The next one for what is hidden: for a window one of its size, if there is one.
    pub(in crate::core) fn take(&mut self, hide: &Hide<'_>) -> Option<ContainerId> {
        if needs_stacks(hide) {
            return self.of_stacks.pop();
        }
        self.take_framed(hide).or_else(|| self.of_tabs.pop())
    }

    fn take_framed(&mut self, hide: &Hide<'_>) -> Option<ContainerId> {
        let wanted = needed_frame(hide)?;
        let same = self.framed.iter().position(|(_, frame)| *frame == wanted);
        let at = same.or_else(|| self.framed.iter().position(|(_, frame)| frame.is_as_large_as(wanted)))?;
        Some(self.framed.remove(at).0)
    }
}

/// The frame that a place must have so that what is hidden there is told nothing: a window that is
/// hidden by itself takes over that of its place. What is inside a container keeps its own.
fn needed_frame(hide: &Hide<'_>) -> Option<Frame> {
    let frame = Frame::of(hide.node);
    (hide.node.is_window() && !frame.is_none() && !seeded::has(Fault::HideWithoutSize)).then_some(frame)
}

/// Would a container be redundant in a vault of tabs? One that is made for it never is.
fn needs_stacks(hide: &Hide<'_>) -> bool {
    let [child] = hide.node.nodes.as_slice() else { return false };
    !hide.wraps() && !child.nodes.is_empty() && is_redundant(Layout::Tabbed, hide.node.layout, child.layout)
}

/// What makes places in the vaults.
#[derive(Debug, Default)]
pub struct Making {
    /// The commands.
    pub script: Script,
    /// The text of the layout that they append, if they do; it must be in its file when they are
    /// sent.
    pub layout: Option<String>,
    /// How many places of a size are free, of which so many are kept.
    pub free: usize,
}

/// The commands that make places in the vaults, if there are fewer free ones than `hides` needs.
/// Looks only at the tree, so it may be asked again after any interruption. `layout_file` is where
/// i3 finds the layout of places that have frames; without it, such places are not made, and
/// windows are hidden in places that have none.
#[must_use]
pub fn vault_step(situation: &Situation<'_>, hides: &[Hide<'_>], before: &Before, layout_file: Option<&str>) -> Making {
    let mut free = FreePlaces::new(situation.view);
    let mut making = Making { free: free.framed.len().min(FRAMED_SPARE_MAX), ..Making::default() };
    let (mut stacks, mut tabs, mut frames) = (0, 0, Vec::new());
    for hide in hides {
        if needs_stacks(hide) {
            stacks += 1;
        } else if free.take_framed(hide).is_none() {
            match needed_frame(hide).filter(|_| layout_file.is_some()) {
                Some(frame) => frames.push(frame),
                None => tabs += 1,
            }
        }
    }
    if let Some(file) = layout_file.filter(|_| !frames.is_empty()) {
        for (id, _) in free.framed.iter().skip(FRAMED_SPARE_MAX) {
            making.script.on(*id, "kill");
        }
        making.script.push(format!("append_layout {file}"));
        let berth = berths(situation.view).next();
        making.layout = Some(framed_vault(&frames, berth.is_none()));
        making.script.extend(match berth {
            Some(berth) => to_berth(berth.id),
            None => to_scratchpad(),
        });
    }
    let script = &mut making.script;
    if free.of_tabs.len() < tabs {
        script.extend(make_vault(situation, Layout::Tabbed, (tabs - free.of_tabs.len()).max(PLACES_MIN), before));
    }
    // Making one is a tidying itself. So the first of stacks is made with the first of tabs, before
    // it is needed.
    if free.of_stacks.len() < stacks || (!script.is_empty() && !has_stacks(situation.view)) {
        let places = stacks.saturating_sub(free.of_stacks.len()).max(STACKS_MIN);
        script.extend(make_vault(situation, Layout::Stacked, places, before));
    }
    making
}

/// The path of a file as a word of `append_layout`; `None` if i3 could not be told it.
#[must_use]
pub fn layout_word(path: &str) -> Option<String> {
    quote(WmKind::I3, path)
}

/// The layout of a vault with a place for each frame and one without, on a workspace of its own;
/// with berths, all of it floats.
fn framed_vault(frames: &[Frame], with_berths: bool) -> String {
    // i3 loses the marks of a container that stand before its nodes, so these texts are not left to
    // a map.
    let container =
        |nodes: &str, mark: &str| format!(r#"{{"type":"con","layout":"tabbed","nodes":[{nodes}],"marks":["{mark}"]}}"#);
    let places = frames.iter().map(|frame| frame.as_json().to_string());
    // i3 4.22 dies of a `move` in a direction of a lone child of a vault: it would go to the next
    // output, and the scratchpad is on none.
    let places: Vec<String> = places.chain([json!({"type": "con"}).to_string()]).collect();
    let vault = container(&places.join(","), VAULT);
    let (nodes, floating) = if with_berths {
        let berths: String =
            (0..BERTHS).map(|number| format!(r#",{{"type":"con","marks":["{BERTH}{number}"]}}"#)).collect();
        let room = json!(Rect { x: 0, y: 0, width: 800, height: 600 });
        let outer = container(&(vault + &berths), &outer_mark());
        (String::new(), format!(r#"{{"type":"floating_con","rect":{room},"nodes":[{outer}]}}"#))
    } else {
        (vault, String::new())
    };
    format!(
        r#"{{"type":"workspace","name":"{WORKSHOP}","layout":"splith","nodes":[{nodes}],"floating_nodes":[{floating}]}}"#
    )
}

/// Swap the vault that was appended with a berth: i3 does not tidy its tree for that.
fn to_berth(berth: ContainerId) -> Script {
    let mut script = Script::new();
    script.push(format!("[con_mark=\"^{VAULT}$\"] swap container with con_id {berth}"));
    script.on(berth, "kill");
    script.push(format!("unmark {VAULT}"));
    script
}

fn outer_mark() -> String {
    format!("{PLACEHOLDER}vault")
}

/// The vault floats in another container: take both to the scratchpad, and the vault out of the
/// other.
fn to_scratchpad() -> Script {
    let outer = outer_mark();
    let mut script = Script::new();
    script.push(format!("[con_mark=\"^{outer}$\"] move scratchpad"));
    script.push(format!("[con_mark=\"^{VAULT}$\"] move up"));
    script.push(format!("[con_mark=\"^{BERTH}\"] move up"));
    // The outer one is empty then, and gone. If it is not, it is closed with all it holds before
    // anybody can see it.
    script.push(format!("[con_mark=\"^{outer}$\"] kill"));
    script.push(format!("unmark {VAULT}"));
    script.push(format!("[con_mark=\"^{BERTH}\"] unmark"));
    script
}

fn make_vault(situation: &Situation<'_>, layout: Layout, places: usize, before: &Before) -> Script {
    let mut script = Script::new();
    let Some(workspace) = situation.view.focused_workspace() else { return script };
    // At the root of the workspace, whatever has the focus on it.
    script.on(workspace.node.id, "focus");
    let companion = format!("{PLACEHOLDER}companion");
    let is_empty = workspace.node.nodes.is_empty();
    if is_empty {
        // Beside others `split` wraps what is opened next; alone, a window that opens meanwhile
        // would be wrapped with it.
        script.push("open");
        script.push(format!("mark --add {companion}"));
    }
    script.push("open");
    script.push("split h");
    script.push("layout tabbed");
    // In a tabbed container `split` wraps an only child once more.
    script.push("split h");
    for _ in 1..places {
        script.push("open");
    }
    script.push(format!("layout {}", layout.command_word()));
    script.push("focus parent");
    script.push(format!("mark --add {VAULT}"));
    script.push("focus parent");
    script.push(format!("mark --add {}", outer_mark()));
    script.push("floating enable");
    script.extend(to_scratchpad());
    script.extend(final_focus(situation, &before.visible, before.focused, |_| Presence::Empty));
    if is_empty {
        script.push(format!("[con_mark=\"^{companion}$\"] kill"));
    }
    script
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::tree::mark::Role;
    use crate::core::tree::{NodeKind, WorkspaceNode};

    fn frame(x: i32, width: i32) -> Frame {
        let container = Rect { x, y: 0, width, height: 500 };
        Frame { container, window: Rect { x: 2, y: 18, width: width - 4, height: 480 } }
    }

    fn window(id: ContainerId, frame: Frame) -> Node {
        Node { id, window: Some(1), rect: frame.container, window_rect: frame.window, ..Node::default() }
    }

    #[test]
    fn a_window_goes_to_a_place_of_its_size_and_best_to_its_own() {
        let workspace_node = Node { kind: NodeKind::Workspace, name: Some("1".into()), ..Node::default() };
        let hide = |node| Hide {
            node,
            workspace: WorkspaceNode::new("screen", &workspace_node, true),
            role: Role::Part,
            path: Vec::new(),
            comes_back: false,
        };
        let framed = vec![(10, frame(0, 300)), (11, frame(0, 400)), (12, frame(600, 300))];
        let mut free = FreePlaces { of_tabs: vec![1], of_stacks: Vec::new(), framed };
        let (own, other) = (window(5, frame(600, 300)), window(6, frame(700, 300)));
        let container =
            Node { id: 7, nodes: vec![window(8, frame(0, 400))], rect: frame(0, 400).container, ..Node::default() };
        assert_eq!(free.take(&hide(&own)), Some(12));
        assert_eq!(free.take(&hide(&other)), Some(10), "the same size elsewhere");
        assert_eq!(free.take(&hide(&container)), Some(1), "what is inside of it keeps its own");
        assert_eq!(free.take(&hide(&own)), None);
    }

    #[test]
    fn the_layout_says_what_i3_reads() {
        let layout: Value = serde_json::from_str(&framed_vault(&[frame(3, 300)], true)).expect("JSON");
        let outer = &layout["floating_nodes"][0]["nodes"][0];
        let place = &outer["nodes"][0]["nodes"][0];
        assert_eq!(outer["nodes"][0]["marks"], json!([VAULT]));
        assert_eq!(place["window_rect"], json!({"x": 2, "y": 18, "width": 296, "height": 480}));
        assert_eq!(place["rect"]["x"], 3);
        // i3 forgets the marks of a container that stand before its nodes.
        let text = framed_vault(&[frame(3, 300)], true);
        assert!(text.rfind("\"marks\"") > text.rfind("\"nodes\""), "{text}");
    }

    #[test]
    fn a_path_is_one_word() {
        assert_eq!(layout_word("/r/a \"b\"; exit/x"), Some(r#""/r/a \"b\"; exit/x""#.into()));
        assert_eq!(layout_word("/r/a\nexit"), None);
    }
}
