//! Placing: what rules say of the places of windows is sent.

use crate::core::model::Model;
use crate::core::stage::Stage;
use crate::core::turn::Turn;
use crate::core::words::wm::{Purpose, WmReply, WmRequest};

impl Stage {
    /// Is there a window to be placed?
    pub(in crate::core) fn placing_is_wanted(&self, turn: &Turn<'_>, model: &Model) -> bool {
        // This is asked after every event.
        model.belonging.placing.has_todo() && self.facts(turn, model).placing_is_wanted()
    }

    /// Place the windows that can be placed.
    pub(in crate::core) fn place(&mut self, turn: &mut Turn<'_>, model: &mut Model) {
        let (belonging, mut desk) = self.desk(turn.phase, model);
        if let Some(message) = belonging.place(turn, &mut desk) {
            self.request(turn, Purpose::Place, WmRequest::Command(message));
        }
    }

    /// The window manager answered to a message of placements.
    pub(in crate::core) fn placed(&mut self, turn: &mut Turn<'_>, model: &mut Model, reply: &WmReply) {
        model.windows.doubt();
        let (WmReply::Command(outcomes), Some(kind)) = (reply, self.link.kind) else {
            return self.unexpected(turn, reply);
        };
        let (rest, refused) = model.belonging.placed(turn, &model.windows, kind, outcomes);
        if let Some(rest) = rest {
            self.request(turn, Purpose::Place, WmRequest::Command(rest));
        }
        self.census_wanted |= refused;
    }

    /// May commands of ours that are on their way move or float this window? Marks do not.
    pub(in crate::core) fn moves_window(&self, model: &Model, serial: u64) -> bool {
        self.link.pending.as_ref().is_some_and(|pending| match pending.purpose {
            Purpose::Place => model.belonging.placing.is_underway(serial),
            Purpose::Arrange | Purpose::PutBack => pending.commands,
            Purpose::Tidy => true,
            Purpose::Handshake
            | Purpose::Census
            | Purpose::Marks
            | Purpose::Uncover
            | Purpose::Focus
            | Purpose::Close => false,
        })
    }
}
