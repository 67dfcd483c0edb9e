//! The marks on windows: what each should bear, and the messages that set them.

use crate::core::model::Model;
use crate::core::stage::Stage;
use crate::core::tree::mark::PREFIX;
use crate::core::turn::Turn;
use crate::core::windows::window::{Owner, WindowState};
use crate::core::words::command::Script;
use crate::core::words::seeded::{self, Fault};
use crate::core::words::wm::{Purpose, WmReply, WmRequest};

/// A message of marks that has this many bytes takes no more windows.
const MARKS_BYTES_MAX: usize = 8 * 1024;

/// How often marks that the window manager refuses are tried again.
pub(in crate::core) const MARK_ATTEMPTS_MAX: usize = 3;

impl Stage {
    /// The marks of ours that a window should bear.
    pub(in crate::core) fn wanted_marks(&self, model: &Model, window: &WindowState) -> Vec<String> {
        let hidden = model.windows.table.hidden.iter().find(|container| container.anchor == window.serial);
        window.owner_mark().into_iter().chain(hidden.map(|container| container.mark())).collect()
    }

    /// The marks that a window lacks, and those of ours on it that no longer hold.
    fn wrong_marks(&self, model: &Model, window: &WindowState) -> (Vec<String>, Vec<String>) {
        let wanted = self.wanted_marks(model, window);
        let missing = wanted.iter().filter(|mark| !window.marks.contains(mark)).cloned().collect();
        let ours = window.marks.iter().filter(|mark| mark.starts_with(PREFIX) && window.owner != Owner::Pending);
        let stale = ours.filter(|mark| !wanted.contains(mark)).cloned().collect();
        (missing, stale)
    }

    /// Put right the marks of ours: those missing (a user's `mark` or `unmark` drops them too) and
    /// those that no longer hold.
    pub(in crate::core) fn send_marks(&mut self, turn: &mut Turn<'_>, model: &mut Model) {
        self.marks_wanted = false;
        if std::mem::take(&mut self.empties_sought) || self.marks_refused >= MARK_ATTEMPTS_MAX {
            self.empties_before = None;
        }
        // The tree of an arrangement, which found nothing to do, came between.
        self.census_wanted |= self.empties_before.is_some();
        if self.marks_refused >= MARK_ATTEMPTS_MAX {
            return;
        }
        let mut script = Script::new();
        self.marks_sent.clear();
        let strays = std::mem::take(&mut self.strays);
        for id in strays.into_iter().filter(|_| !seeded::has(Fault::LeavePlaceholder)) {
            script.on(id, "kill");
        }
        for (id, mark) in std::mem::take(&mut self.misplaced) {
            script.on(id, format_args!("unmark \"{mark}\""));
        }
        for window in model.windows.table.windows.values() {
            let (missing, stale) = self.wrong_marks(model, window);
            if stale.is_empty() && missing.is_empty() {
                continue;
            }
            if script.bytes() >= MARKS_BYTES_MAX {
                self.marks_wanted = true;
                break;
            }
            for mark in stale.iter().skip(usize::from(seeded::has(Fault::ForgetToUnmark))) {
                script.on(window.id, format_args!("unmark \"{mark}\""));
            }
            for mark in missing.iter().skip(usize::from(seeded::has(Fault::DropMark))) {
                script.on(window.id, format_args!("mark --add \"{mark}\""));
            }
            self.marks_sent.push((window.id, missing, stale));
        }
        if let Some(message) = script.into_messages().into_iter().next() {
            self.request(turn, Purpose::Marks, WmRequest::Command(message));
        }
    }

    pub(in crate::core) fn marks_reply(&mut self, turn: &mut Turn<'_>, model: &mut Model, reply: WmReply) {
        let WmReply::Command(outcomes) = reply else {
            self.unexpected(turn, &reply);
            self.marks_refused += 1;
            return;
        };
        if outcomes.iter().all(|outcome| outcome.success) {
            self.marks_refused = 0;
            for (id, missing, stale) in std::mem::take(&mut self.marks_sent) {
                model.windows.table.marked(id, missing, &stale);
            }
        } else {
            self.marks_refused += 1;
            self.census_wanted = true;
        }
    }
}
