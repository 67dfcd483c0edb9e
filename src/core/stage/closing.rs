//! Closing a project: its windows are asked to close, and what did not is said.
//!
//! Only windows that belong to this project alone are asked; those of others too, and those that
//! stickiness or the scratchpad show everywhere, only lose this one. Which those are a tree of this
//! moment says, and the commands follow it at once. i3 gives the ids of containers that are gone to
//! new ones, so each command names the window by its mark: whatever has come in its place is not
//! hit. `kill` asks the program first (WM_DELETE_WINDOW, xdg close), also if the window is
//! hidden; a program that cannot be asked loses its window.

use std::collections::BTreeSet;

use crate::api::{ApiError, CLOSE_WAIT_MAX_MS, ClosingWindow, ErrorCode, ProjectClose, ProjectClosed, Reply};
use crate::core::model::Model;
use crate::core::stage::Stage;
use crate::core::stage::closings::{Closing, Step};
use crate::core::stage::marks::MARK_ATTEMPTS_MAX;
use crate::core::tree::{ContainerId, View, mark};
use crate::core::turn::Turn;
use crate::core::windows::window::{Owned, Owner, WindowState};
use crate::core::words::cause::Cause;
use crate::core::words::command::Script;
use crate::core::words::ids::Caller;
use crate::core::words::note::{Level, Note};
use crate::core::words::phase::Phase;
use crate::core::words::wm::{CommandOutcome, Purpose, WmReply, WmRequest};

impl Stage {
    pub(in crate::core) fn project_close(
        &mut self,
        turn: &mut Turn<'_>,
        model: &mut Model,
        caller: Caller,
        close: &ProjectClose,
    ) {
        let ProjectClose { name, wait_ms } = close;
        let checked = match wait_ms.filter(|wait| *wait > CLOSE_WAIT_MAX_MS) {
            Some(wait) => {
                let text = format!("project.close: wait_ms is {wait}; the limit is {CLOSE_WAIT_MAX_MS}");
                Err(ApiError::new(ErrorCode::InvalidParams, text))
            }
            None if !model.projects.known.contains(name) => Err(model.unknown_project(name)),
            None => self.link.check(),
        };
        if let Err(error) = checked {
            return turn.answer(caller, Err(error));
        }
        match self.closings.iter_mut().find(|closing| closing.project == *name) {
            // A program that asks whether to save must not be asked to close once more meanwhile.
            Some(closing) => closing.callers.push(caller),
            None => {
                let project = name.clone();
                self.closings.push(Closing { project, callers: vec![caller], step: Step::Wanted });
            }
        }
    }

    /// Is there something to be sent for a project that is being closed?
    pub(in crate::core) fn close_is_wanted(&self, turn: &Turn<'_>) -> bool {
        let wants = |closing: &Closing| match &closing.step {
            Step::Wanted => true,
            Step::Asked { messages, .. } => !messages.is_empty(),
        };
        turn.phase == Phase::Running && self.closings.iter().any(wants)
    }

    /// Send it: the commands that are left, else look at the tree.
    pub(in crate::core) fn close_on(&mut self, turn: &mut Turn<'_>) {
        let message = self.closings.iter_mut().find_map(|closing| match &mut closing.step {
            Step::Wanted => None,
            Step::Asked { messages, .. } => messages.pop_front(),
        });
        let request = message.map_or(WmRequest::Tree, WmRequest::Command);
        self.request(turn, Purpose::Close, request);
    }

    pub(in crate::core) fn close_reply(&mut self, turn: &mut Turn<'_>, model: &mut Model, reply: WmReply) {
        match reply {
            WmReply::Tree(tree) => {
                self.reconcile(turn, model, &View::new(&tree));
                self.arrange_if_needed(turn, model);
                for index in 0..self.closings.len() {
                    self.ask_to_close(turn, model, index);
                }
                // What waits for marks waits for its turn: they go first.
                let has_more =
                    |closing: &Closing| matches!(&closing.step, Step::Asked { messages, .. } if !messages.is_empty());
                if self.closings.iter().any(has_more) {
                    self.close_on(turn);
                }
            }
            // A window that has closed in the meantime is none that refused; those that are there
            // are said at the end.
            WmReply::Command(outcomes) => {
                let refused: Vec<String> = outcomes.iter().filter_map(CommandOutcome::refusal).collect();
                if !refused.is_empty() {
                    let text = format!("not every window could be asked to close: {}", refused.join("; "));
                    turn.note(Level::Debug, "close.refused", text);
                }
            }
            other => {
                self.unexpected(turn, &other);
                // Asking again would bring the same: whoever waits hears of it now.
                let waiting = self.closings.iter().filter(|closing| matches!(closing.step, Step::Wanted));
                let callers: Vec<Caller> = waiting.flat_map(|closing| closing.callers.clone()).collect();
                callers.into_iter().for_each(|caller| self.closing_overdue(turn, model, caller));
            }
        }
    }

    /// The tree is known: give away the windows that belong to others too, and have the others
    /// asked.
    fn ask_to_close(&mut self, turn: &mut Turn<'_>, model: &mut Model, index: usize) {
        let Some(closing) = self.closings.get(index).filter(|closing| matches!(closing.step, Step::Wanted)) else {
            return;
        };
        let project = closing.project.clone();
        let of_project = model.windows.table.windows.values().filter(|window| window.owner.has(&project));
        let alone = |window: &&WindowState| window.effective_projects().is_some_and(|projects| projects.len() == 1);
        let (own, shared): (Vec<&WindowState>, Vec<&WindowState>) = of_project.partition(alone);
        // The marks of windows that have just come go first.
        let has_mark = |window: &WindowState| window.owner_mark().is_some_and(|mark| window.marks.contains(&mark));
        if self.marks_refused < MARK_ATTEMPTS_MAX && !own.iter().all(|window| has_mark(window)) {
            self.marks_wanted = true;
            return;
        }
        let released: Vec<ClosingWindow> = shared.iter().map(|window| named(window)).collect();
        let mut script = Script::new();
        let mut windows = Vec::new();
        for window in own {
            let (id, serial) = (window.id, window.serial);
            // i3 gives the id of a container that is gone to a new one; the mark holds the serial
            // number, and nothing else bears it.
            script.push(match has_mark(window) {
                true => format!("[con_mark=\"{}\"] kill", mark::pattern_of(serial)),
                false => format!("[con_id={id}] kill"),
            });
            windows.push((serial, named(window)));
        }
        let shared: Vec<ContainerId> = shared.iter().map(|window| window.id).collect();
        let text = format!("project {project:?}, windows that are asked to close: {}", windows.len());
        turn.log(Note::new(Level::Info, "project.closing", text).with("project", &project));
        for id in shared {
            self.disown(turn, model, id, &project);
        }
        let messages = script.into_messages().into();
        if let Some(closing) = self.closings.get_mut(index) {
            closing.step = Step::Asked { windows, released, messages };
        }
        self.because(Cause::Assigned);
        self.arrange_if_needed(turn, model);
    }

    /// A window belongs to this project no longer, and to the others that it had for the same
    /// reason as before.
    pub(in crate::core) fn disown(&mut self, turn: &mut Turn<'_>, model: &mut Model, id: ContainerId, project: &str) {
        let Some(window) = model.windows.table.windows.get(&id) else { return };
        let others: BTreeSet<String> =
            window.owner.projects().filter(|other| *other != project).map(str::to_string).collect();
        let (claim, by) = (window.claim, window.claimed_by.clone());
        let owned = Owned { owner: Owner::of(others), claim, by };
        self.own(turn, model, id, owned);
    }

    /// Answer for those whose windows are all gone, and forget those that nobody waits for.
    pub(in crate::core) fn settle_closings(&mut self, turn: &mut Turn<'_>, model: &mut Model) {
        let is_there = |serial: u64| model.windows.table.by_serial(serial).is_some();
        let is_done = |closing: &Closing| match &closing.step {
            Step::Wanted => false,
            Step::Asked { windows, messages, .. } => {
                let is_left = nobody_waits(turn, closing);
                messages.is_empty() && (is_left || !windows.iter().any(|(serial, _)| is_there(*serial)))
            }
        };
        if self.closings.iter().any(is_done) {
            let (done, others) = self.closings.clone().into_iter().partition::<Vec<_>, _>(is_done);
            self.closings = others;
            for closing in &done {
                if !nobody_waits(turn, closing) {
                    self.answer_closed(turn, model, closing, &closing.callers);
                }
            }
        }
    }

    /// A caller has waited long enough for windows to close.
    pub(in crate::core) fn closing_overdue(&mut self, turn: &mut Turn<'_>, model: &mut Model, caller: Caller) {
        let is_meant = |closing: &Closing| closing.callers.contains(&caller);
        let Some(at) = self.closings.iter().position(is_meant) else { return };
        let mut closing = self.closings.remove(at);
        self.answer_closed(turn, model, &closing, &[caller]);
        closing.callers.retain(|other| *other != caller);
        // Whoever waited was told that the rest are asked, so they are.
        let is_asking = matches!(&closing.step, Step::Asked { messages, .. } if !messages.is_empty());
        if !nobody_waits(turn, &closing) || is_asking {
            self.closings.insert(at, closing);
        }
    }

    /// Answer with what has become of the windows until now.
    fn answer_closed(&mut self, turn: &mut Turn<'_>, model: &mut Model, closing: &Closing, callers: &[Caller]) {
        let project = closing.project.clone();
        let result = match &closing.step {
            Step::Wanted => {
                let text = format!("the windows of {project:?} could not be asked to close in time, and none was");
                Err(ApiError::new(ErrorCode::WmTimeout, text))
            }
            Step::Asked { messages, .. } if self.link.stale || !messages.is_empty() => {
                let text = "the window manager does not answer; the windows are asked to close when it does";
                Err(ApiError::new(ErrorCode::WmTimeout, text))
            }
            Step::Asked { windows, released, .. } => {
                let is_there = |(serial, _): &&(u64, ClosingWindow)| model.windows.table.by_serial(*serial).is_some();
                let (refused, closed): (Vec<_>, Vec<_>) = windows.iter().partition(is_there);
                let text = format!(
                    "project {project:?}, windows that closed: {}, and did not: {}",
                    closed.len(),
                    refused.len()
                );
                turn.log(Note::new(Level::Info, "project.closed", text).with("project", &project));
                let [closed, refused] =
                    [closed, refused].map(|windows| windows.into_iter().map(|(_, window)| window.clone()).collect());
                let released = released.clone();
                Ok(Reply::ProjectClosed(ProjectClosed { project, closed, refused, released }))
            }
        };
        for caller in callers {
            turn.answer(*caller, result.clone());
        }
    }

    /// The connection broke: whether windows close is not heard.
    pub(in crate::core) fn fail_closings(&mut self, turn: &mut Turn<'_>) {
        for closing in std::mem::take(&mut self.closings) {
            let text = match closing.step {
                Step::Wanted => "the connection to the window manager broke; no window was asked to close",
                Step::Asked { .. } => "the connection to the window manager broke while windows were asked to close",
            };
            for caller in closing.callers {
                turn.answer(caller, Err(ApiError::new(ErrorCode::WmLost, text)));
            }
        }
    }
}

/// Has everybody who waited for it an answer?
fn nobody_waits(turn: &Turn<'_>, closing: &Closing) -> bool {
    !closing.callers.iter().any(|caller| turn.waiting.has(*caller))
}

fn named(window: &WindowState) -> ClosingWindow {
    ClosingWindow { id: window.id, title: window.client.title.clone() }
}
