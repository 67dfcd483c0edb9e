//! What becomes fullscreen while it is hidden is taken off it soon, and is fullscreen again when it
//! returns.
//!
//! A player goes on to the next film, a game has loaded, a rule of the user's comes upon a new
//! title: the program of a hidden window has no way to know that it is hidden. sway 1.7 and 1.10.1
//! die of the next move of such a window, and i3 4.22 of its `move` in a direction, which looks for
//! the output of its scratchpad. Such a move can be another rule of the user's, or come from
//! another tool.

use crate::core::model::Model;
use crate::core::stage::Stage;
use crate::core::turn::Turn;
use crate::core::windows::window::WindowState;
use crate::core::words::command::Script;
use crate::core::words::deadline::{self, Deadline};
use crate::core::words::seeded::{self, Fault};
use crate::core::words::wm::{Purpose, WmKind, WmRequest};

/// So often a window is taken off fullscreen from when it is hidden until it returns: some programs
/// ask again whenever they are.
const UNCOVERED_MAX: u8 = 5;
/// So many windows at once; the others when that is answered. Their commands are one message.
const UNCOVERED_AT_ONCE_MAX: usize = 100;

impl Stage {
    /// Something may be fullscreen that is hidden: look in a moment. On i3 at once, which has one
    /// fullscreen window in all its scratchpad: the next one would take the first off it, and
    /// nobody would know of that any more.
    pub(in crate::core) fn uncover_soon(&mut self, turn: &mut Turn<'_>) {
        match self.link.kind {
            Some(WmKind::I3) => self.uncover_wanted = true,
            _ => turn.deadlines.set_once(Deadline::Uncover, turn.now + deadline::UNCOVER_AFTER),
        }
    }

    /// It is time to, or windows are about to be shown.
    pub(in crate::core) fn uncover_is_wanted(&self, turn: &Turn<'_>) -> bool {
        self.uncover_wanted || (turn.deadlines.is_set(Deadline::Uncover) && self.arrange_is_wanted(turn))
    }

    /// Take what is hidden off fullscreen, and remember that it was. It is looked for after a tree,
    /// and when anything becomes fullscreen.
    pub(in crate::core) fn uncover(&mut self, turn: &mut Turn<'_>, model: &mut Model) {
        turn.deadlines.clear(Deadline::Uncover);
        let mut script = Script::new();
        let (uncovered, more) = model.windows.table.uncover(UNCOVERED_AT_ONCE_MAX);
        for id in uncovered {
            script.on(id, "fullscreen disable");
        }
        self.uncover_wanted = more;
        if !script.is_empty() {
            self.request(turn, Purpose::Uncover, WmRequest::Command(script.into_messages().concat()));
            self.write_runtime(turn, model, None);
        }
    }
}

impl WindowState {
    /// Must it be taken off fullscreen?
    pub(in crate::core) fn covers(&self) -> bool {
        self.hidden && self.fullscreen > 0 && self.uncovered < UNCOVERED_MAX && !seeded::has(Fault::LeaveFullscreen)
    }
}
