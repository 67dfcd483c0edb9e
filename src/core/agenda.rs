//! The agenda: what is to be done with the window manager, in order.
//!
//! One request is in flight at a time. While none is, the first errand that is wanted runs; if it
//! finds nothing to send, the next that is wanted has its turn in the same moment. An errand that
//! ran has sent something, or is not wanted any more.

use crate::core::Core;
use crate::core::turn::Turn;
use crate::core::words::phase::Phase;
use crate::core::words::seeded::{self, Fault};

/// Something to be done with the window manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum Errand {
    /// What is hidden and came to sight goes back.
    PutBack,
    /// What is hidden and became fullscreen is taken off it.
    Uncover,
    /// The arrangement in hand goes on.
    Continue,
    /// Windows go where rules say.
    Place,
    /// An arrangement begins.
    Arrange,
    /// What the arrangement before left is tidied up.
    Tidy,
    /// A window gets the focus.
    Focus,
    /// The tree is read.
    Census,
    /// Marks are sent.
    Marks,
    /// Windows are asked to close.
    Close,
}

/// In the order in which they are looked at.
const ERRANDS: [Errand; 10] = [
    Errand::PutBack,
    Errand::Uncover,
    Errand::Continue,
    Errand::Place,
    Errand::Arrange,
    Errand::Tidy,
    Errand::Focus,
    Errand::Census,
    Errand::Marks,
    Errand::Close,
];

impl Core {
    /// Run the errands that are wanted, the first of them first, until one has sent something.
    pub(in crate::core) fn run_errands(&mut self, turn: &mut Turn<'_>) {
        // One may make another wanted, also one before it; the bound is against two in turns.
        for _ in 0..2 * ERRANDS.len() {
            if !self.may_run_errands() {
                break;
            }
            let Some(errand) = self.wanted_errand(turn) else { break };
            self.run(turn, errand);
            self.hear(turn);
            debug_assert!(
                self.stage.link().pending.is_some()
                    || !self.is_wanted(turn, errand)
                    || seeded::has(Fault::SendWhileInFlight),
                "{errand:?} ran, sent nothing and is still wanted"
            );
        }
        // It was for the tree of this moment.
        self.stage.let_things_lie();
    }

    /// Is nothing in flight, and is it known which project is active?
    pub(in crate::core) fn may_run_errands(&self) -> bool {
        let lives = self.life.phase != Phase::Stopped;
        lives && self.stage.link().is_free() && self.model.projects.is_decided()
    }

    /// The first errand that is wanted.
    pub(in crate::core) fn wanted_errand(&self, turn: &Turn<'_>) -> Option<Errand> {
        ERRANDS.into_iter().find(|errand| self.is_wanted(turn, *errand))
    }

    fn is_wanted(&self, turn: &Turn<'_>, errand: Errand) -> bool {
        match errand {
            Errand::PutBack => self.stage.put_back_is_wanted(&self.model),
            Errand::Uncover => self.stage.uncover_is_wanted(turn),
            Errand::Continue => self.stage.is_arranging(),
            Errand::Place => self.stage.placing_is_wanted(turn, &self.model),
            Errand::Arrange => self.stage.arrange_is_wanted(turn),
            Errand::Tidy => self.stage.tidying_is_wanted(),
            Errand::Focus => self.stage.focus_is_wanted(turn),
            Errand::Census => self.stage.census_is_wanted(),
            Errand::Marks => self.stage.marks_are_wanted(),
            Errand::Close => self.stage.close_is_wanted(turn),
        }
    }

    fn run(&mut self, turn: &mut Turn<'_>, errand: Errand) {
        match errand {
            Errand::PutBack => self.stage.put_back(turn),
            Errand::Uncover => self.stage.uncover(turn, &mut self.model),
            Errand::Continue => self.stage.arrange_continue(turn, &mut self.model),
            Errand::Place => self.stage.place(turn, &mut self.model),
            Errand::Arrange => self.stage.arrange_start(turn),
            Errand::Tidy => self.stage.tidy(turn),
            Errand::Focus => self.stage.focus(turn, &mut self.model),
            Errand::Census => self.stage.read_tree(turn),
            Errand::Marks => self.stage.send_marks(turn, &mut self.model),
            Errand::Close => self.stage.close_on(turn),
        }
    }
}
