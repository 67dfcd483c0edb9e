//! Urgency of windows inside hidden containers, on sway.
//!
//! sway 1.7 ends when a window inside a container in its scratchpad becomes urgent, or stops being so: it looks for the
//! workspace that such a window does not have. X11 windows do that whenever they like, and sway itself half a second after
//! an urgent window got the focus from another workspace. So urgent windows are taken off it before they are hidden, and made urgent again when
//! they are back; X11 windows may not ask meanwhile. A window that is hidden alone, which is in the scratchpad itself, is not in danger.
//! (Wayland windows cannot ask while they are hidden: sway drops it.)

use super::Situation;
use crate::core::command::Script;
use crate::core::event::WmKind;
use crate::core::table::HiddenContainer;
use crate::core::tree::Node;

/// The commands before a container with these windows is hidden.
#[must_use]
pub fn hush(kind: WmKind, windows: &[&Node]) -> Script {
    let mut script = Script::new();
    if kind == WmKind::Sway {
        for window in windows {
            match (window.urgent, window.window.is_some()) {
                (true, true) => script.on(window.id, "urgent disable, urgent deny"),
                (true, false) => script.on(window.id, "urgent disable"),
                (false, true) => script.on(window.id, "urgent deny"),
                (false, false) => {}
            }
        }
    }
    script
}

/// The commands after it came back.
#[must_use]
pub fn unhush(situation: &Situation<'_>, container: &HiddenContainer) -> Script {
    let mut script = Script::new();
    if situation.kind == WmKind::Sway {
        for window in container.windows.iter().filter_map(|serial| situation.table.by_serial(*serial)) {
            if window.x11.is_some() && window.id != container.id {
                script.on(window.id, "urgent allow");
            }
            if window.activated {
                script.on(window.id, "urgent enable");
            }
        }
    }
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(id: u64, urgent: bool, x11: Option<u32>) -> Node {
        Node {
            id,
            urgent,
            window: x11,
            app_id: Some("x".into()),
            kind: crate::core::tree::NodeKind::Con,
            ..Node::default()
        }
    }

    #[test]
    fn only_windows_inside_containers_of_sway_are_hushed() {
        let nodes =
            [window(1, false, None), window(2, true, None), window(3, false, Some(7)), window(4, true, Some(8))];
        let windows: Vec<&Node> = nodes.iter().collect();
        let expected = "[con_id=2] urgent disable; [con_id=3] urgent deny; [con_id=4] urgent disable, urgent deny";
        assert_eq!(hush(WmKind::Sway, &windows).into_messages(), [expected]);
        assert!(hush(WmKind::I3, &windows).is_empty());
    }
}
