//! The dialogue with the window manager: the link, and what is sent over it.

pub mod arrangement;
pub mod census;
pub mod closing;
pub mod closings;
pub mod commands;
pub mod connection;
pub mod finish;
pub mod focus;
pub mod goal;
pub mod heard;
pub mod in_hand;
pub mod link;
pub mod marks;
pub mod placing;
pub mod projects;
pub mod request;
pub mod runtime;
pub mod surfacing;
pub mod switches;
pub mod uncover;
mod work;

use std::collections::BTreeSet;

use crate::api::{self, ErrorCode};
use crate::core::belonging::Belonging;
use crate::core::belonging::desk::Desk;
use crate::core::belonging::facts::{Facts, Scene};
use crate::core::model::Model;
use crate::core::plan;
use crate::core::projects::Projects;
use crate::core::tree::ContainerId;
use crate::core::turn::{Turn, Wants};
use crate::core::windows::window::Owned;
use crate::core::words::cause::Cause;
use crate::core::words::histogram::Histogram;
use crate::core::words::phase::Phase;
use crate::core::words::time::Time;
use crate::core::words::wm::{Purpose, WmRequest};

/// The dialogue with the window manager, and what is wanted of it.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The file through which i3 gets layouts; `None` where its path cannot be said.
    layout_file: Option<String>,
    /// The connection.
    link: connection::Link,
    /// The arrangement in hand.
    arrangement: Option<in_hand::Arrangement>,
    /// What is on the screen may not be what should be.
    arrange_wanted: bool,
    /// So often it was tried without success.
    arrange_attempts: usize,
    /// Why the next arrangement is made.
    arrange_cause: Option<Cause>,
    /// The switch that follows the arrangement in hand.
    next_switch: Option<request::SwitchRequest>,
    /// Switches that were made.
    switch_count: u64,
    /// The last of them.
    last_switch: Option<api::Switch>,
    /// How long they took.
    switch_durations: Histogram,
    /// The tree is to be read.
    census_wanted: bool,
    /// Marks differ from what they should be.
    marks_wanted: bool,
    /// So many messages of marks were refused.
    marks_refused: usize,
    /// The marks under way: window, those that are set, those that are taken away.
    marks_sent: Vec<(u64, Vec<String>, Vec<String>)>,
    /// Hidden windows became fullscreen.
    uncover_wanted: bool,
    /// What was hidden in a place that we do not know, as the last census saw it.
    strays: Vec<u64>,
    /// If something was refused: the empty containers that were in sight before, until those
    /// that came are gone.
    empties_before: Option<BTreeSet<u64>>,
    /// The last tree showed which those are.
    empties_sought: bool,
    /// What the last arrangement left, until a census has seen it.
    traces: plan::Traces,
    /// Where the last arrangement ended, until a census has seen it.
    goal: Option<goal::Goal>,
    /// What is to be tidied up, as the last census saw it.
    tidying: Option<String>,
    /// Marks of ours that are where none of ours should be, as the last census saw them.
    misplaced: Vec<(u64, String)>,
    /// So often sway refused to take back what came to sight.
    put_back_refused: usize,
    /// The window that is to have the focus.
    focus_request: Option<focus::FocusRequest>,
    /// Projects whose windows are asked to close.
    closings: Vec<closings::Closing>,
}

impl Stage {
    /// No connection yet.
    #[must_use]
    pub fn new(now: Time, layout_file: Option<String>) -> Stage {
        Stage {
            layout_file,
            link: connection::Link::new(now),
            arrangement: None,
            arrange_wanted: false,
            arrange_attempts: 0,
            arrange_cause: None,
            next_switch: None,
            switch_count: 0,
            last_switch: None,
            switch_durations: Histogram::default(),
            census_wanted: false,
            marks_wanted: false,
            marks_refused: 0,
            marks_sent: Vec::new(),
            uncover_wanted: false,
            strays: Vec::new(),
            empties_before: None,
            empties_sought: false,
            traces: plan::Traces::default(),
            goal: None,
            tidying: None,
            misplaced: Vec::new(),
            put_back_refused: 0,
            focus_request: None,
            closings: Vec::new(),
        }
    }

    /// The connection.
    #[must_use]
    pub fn link(&self) -> &connection::Link {
        &self.link
    }

    /// Is an arrangement in hand?
    #[must_use]
    pub fn is_arranging(&self) -> bool {
        self.arrangement.is_some()
    }

    /// Is the tree to be read?
    #[must_use]
    pub fn census_is_wanted(&self) -> bool {
        self.census_wanted
    }

    /// Are there marks to be set or taken away?
    #[must_use]
    pub fn marks_are_wanted(&self) -> bool {
        self.marks_wanted
    }

    /// Is there something to be tidied up?
    #[must_use]
    pub fn tidying_is_wanted(&self) -> bool {
        self.tidying.is_some()
    }

    /// Did the window manager refuse something, so that it is not certain what it left in sight?
    #[must_use]
    pub fn is_unsure(&self) -> bool {
        self.empties_before.is_some()
    }

    /// Is this window hidden in a place that we do not know?
    #[must_use]
    pub fn is_stray(&self, id: ContainerId) -> bool {
        self.strays.contains(&id)
    }

    /// The switch that follows the arrangement in hand.
    #[must_use]
    pub fn next_switch(&self) -> Option<&request::SwitchRequest> {
        self.next_switch.as_ref()
    }

    /// The switches that were made: how many, the last, and how long they took.
    #[must_use]
    pub fn switches_made(&self) -> (u64, Option<&api::Switch>, &Histogram) {
        (self.switch_count, self.last_switch.as_ref(), &self.switch_durations)
    }

    /// What is hidden and became fullscreen is to be taken off it.
    pub(in crate::core) fn uncover_is_due(&mut self) {
        self.uncover_wanted = true;
    }

    /// Read the tree.
    pub(in crate::core) fn read_tree(&mut self, turn: &mut Turn<'_>) {
        self.census_wanted = false;
        self.request(turn, Purpose::Census, WmRequest::Tree);
    }

    /// Tidy up what the last census found.
    pub(in crate::core) fn tidy(&mut self, turn: &mut Turn<'_>) {
        if let Some(message) = self.tidying.take() {
            self.request(turn, Purpose::Tidy, WmRequest::Command(message));
        }
    }

    /// What is to be tidied up was for the tree of that moment.
    pub(in crate::core) fn let_things_lie(&mut self) {
        self.tidying = None;
    }

    /// What was given up after attempts in vain is tried again.
    pub(in crate::core) fn begin_again(&mut self) {
        self.marks_refused = 0;
        self.arrange_attempts = 0;
    }

    /// Everything is to be shown.
    pub(in crate::core) fn show_all(&mut self) {
        self.arrange_attempts = 0;
        self.arrange_wanted = true;
    }

    /// No switch is made any more but the one in hand.
    pub(in crate::core) fn drain(&mut self, turn: &mut Turn<'_>) {
        if let Some(next) = self.next_switch.take() {
            self.fail_switch(turn, next, ErrorCode::Stopping, "the daemon is stopping");
        }
    }

    /// Whoever waited has an answer.
    pub(in crate::core) fn nobody_waits(&mut self) {
        self.closings.clear();
        self.focus_request = None;
    }

    /// What is on the screen.
    pub(in crate::core) fn scene<'a>(&'a self, phase: Phase, projects: &'a Projects) -> Scene<'a> {
        Scene { phase, kind: self.link.kind, target: self.target(projects) }
    }

    /// What questions about windows may look at.
    pub(in crate::core) fn facts<'a>(&'a self, turn: &'a Turn<'_>, model: &'a Model) -> Facts<'a> {
        let scene = self.scene(turn.phase, &model.projects);
        Facts {
            config: &turn.config,
            windows: &model.windows,
            projects: &model.projects,
            belonging: &model.belonging,
            scene,
        }
    }

    /// The project whose windows are to be on the screen when the arrangement in hand is done: the
    /// one that the user is in, or has asked for.
    pub(in crate::core) fn target<'a>(&'a self, projects: &'a Projects) -> Option<&'a str> {
        match self.switch_target() {
            Some(switch) => switch.target.as_deref(),
            None => projects.active(),
        }
    }

    /// The project whose windows are on the screen.
    pub(in crate::core) fn project_on_screen<'a>(&'a self, projects: &'a Projects) -> Option<&'a str> {
        if self.is_commanding() { self.target(projects) } else { projects.active() }
    }

    /// Whose windows are is found out with these.
    pub(in crate::core) fn desk<'a>(&'a self, phase: Phase, model: &'a mut Model) -> (&'a mut Belonging, Desk<'a>) {
        let Model { windows, projects, belonging, .. } = model;
        let scene = self.scene(phase, projects);
        (belonging, Desk { windows, projects, scene })
    }

    /// Give a window to its owner.
    pub(in crate::core) fn own(&self, turn: &mut Turn<'_>, model: &mut Model, id: ContainerId, owned: Owned) {
        self.desk(turn.phase, model).1.own(turn, id, owned);
    }

    /// If an arrangement follows, then for this; what was said first holds.
    fn because(&mut self, cause: Cause) {
        self.arrange_cause.get_or_insert(cause);
    }

    /// Decide whose the new windows are, as far as that is known.
    fn decide_claims(&mut self, turn: &mut Turn<'_>, model: &mut Model) {
        let (belonging, mut desk) = self.desk(turn.phase, model);
        belonging.decide_claims(turn, &mut desk);
        self.heed(turn, model);
    }

    /// Take up what was wanted of us in this turn.
    pub(in crate::core) fn heed(&mut self, turn: &mut Turn<'_>, model: &mut Model) {
        let Wants { rearranged, cause, anew, marks, census, runtime } = std::mem::take(&mut turn.wants);
        self.marks_wanted |= marks;
        self.census_wanted |= census;
        model.keep.runtime_wanted |= runtime;
        if anew {
            self.arrange_attempts = 0;
        }
        if let Some(cause) = cause {
            self.because(cause);
        }
        if rearranged {
            self.arrange_if_needed(turn, model);
        }
    }
}
