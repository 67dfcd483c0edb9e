//! The agenda: what is to be done with the window manager, in order.
//!
//! One request is in flight at a time. While none is, the first errand that is wanted runs; where it
//! finds nothing to send, the ones after it have their turn in the same moment. An errand that ran
//! has sent something, or is not wanted any more.

use crate::core::Core;
use crate::core::turn::Turn;
use crate::core::words::seeded::{self, Fault};
use crate::core::words::wm::{Purpose, WmRequest};

/// Something to be done with the window manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Errand {
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
    /// Run the errands that are wanted, until one has sent something.
    pub(in crate::core) fn run_errands(&mut self, turn: &mut Turn<'_>) {
        for errand in ERRANDS {
            if !(self.stage.link.is_free() && self.projects.decided) {
                break;
            }
            if self.is_wanted(errand) {
                self.run(turn, errand);
                debug_assert!(
                    self.stage.link.pending.is_some()
                        || !self.is_wanted(errand)
                        || seeded::has(Fault::SendWhileInFlight),
                    "{errand:?} ran, sent nothing and is still wanted"
                );
            }
        }
        // It was for the tree of this moment.
        self.stage.tidying = None;
    }

    fn is_wanted(&self, errand: Errand) -> bool {
        match errand {
            Errand::PutBack => self.put_back_is_wanted(),
            Errand::Uncover => self.uncover_is_wanted(),
            Errand::Continue => self.stage.arrangement.is_some(),
            Errand::Place => self.placing_is_wanted(),
            Errand::Arrange => self.arrange_is_wanted(),
            Errand::Tidy => self.stage.tidying.is_some(),
            Errand::Focus => self.focus_is_wanted(),
            Errand::Census => self.stage.census_wanted,
            Errand::Marks => self.stage.marks_wanted,
            Errand::Close => self.close_is_wanted(),
        }
    }

    fn run(&mut self, turn: &mut Turn<'_>, errand: Errand) {
        match errand {
            Errand::PutBack => self.put_back(turn),
            Errand::Uncover => self.uncover(turn),
            Errand::Continue => self.arrange_continue(turn),
            Errand::Place => self.place(turn),
            Errand::Arrange => self.arrange_start(turn),
            Errand::Tidy => {
                if let Some(message) = self.stage.tidying.take() {
                    self.request(turn, Purpose::Tidy, WmRequest::Command(message));
                }
            }
            Errand::Focus => self.focus(turn),
            Errand::Census => {
                self.stage.census_wanted = false;
                self.request(turn, Purpose::Census, WmRequest::Tree);
            }
            Errand::Marks => self.send_marks(turn),
            Errand::Close => self.close_on(turn),
        }
    }
}
