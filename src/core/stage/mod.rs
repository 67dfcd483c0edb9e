//! The dialogue with the window manager: the link, and what is sent over it.

pub mod arrangement;
pub mod census;
pub mod closing;
pub mod goal;
pub mod link;
pub mod surfacing;
pub mod switches;
pub mod uncover;

use std::collections::BTreeSet;

use crate::api;
use crate::core::belonging::cause::Cause;
use crate::core::plan;
use crate::core::words::histogram::Histogram;
use crate::core::words::time::Time;

/// The dialogue with the window manager, and what is wanted of it.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The connection.
    pub link: link::Link,
    /// The arrangement in hand.
    pub arrangement: Option<arrangement::Arrangement>,
    /// What is on the screen may not be what should be.
    pub arrange_wanted: bool,
    /// So often it was tried without success.
    pub arrange_attempts: usize,
    /// Why the next arrangement is made.
    pub arrange_cause: Option<Cause>,
    /// The switch that follows the arrangement in hand.
    pub next_switch: Option<switches::SwitchRequest>,
    /// Switches that were made.
    pub switch_count: u64,
    /// The last of them.
    pub last_switch: Option<api::Switch>,
    /// How long they took.
    pub switch_durations: Histogram,
    /// The tree is to be read.
    pub census_wanted: bool,
    /// Marks differ from what they should be.
    pub marks_wanted: bool,
    /// So many messages of marks were refused.
    pub marks_refused: usize,
    /// The marks under way: window, those that are set, those that are taken away.
    pub marks_sent: Vec<(u64, Vec<String>, Vec<String>)>,
    /// Hidden windows became fullscreen.
    pub uncover_wanted: bool,
    /// The windows (serial number, mode) that an arrangement which was cut off took off fullscreen.
    pub fullscreen_owed: Vec<(u64, u8)>,
    /// What was hidden in a place that we do not know, as the last census saw it.
    pub strays: Vec<u64>,
    /// Where something was refused: the empty containers that were in sight before, until those that came are gone.
    pub empties_before: Option<BTreeSet<u64>>,
    /// The last tree showed which those are.
    pub empties_sought: bool,
    /// What the last arrangement left, until a census has seen it.
    pub traces: plan::Traces,
    /// Where the last arrangement ended, until a census has seen it.
    pub goal: Option<goal::Goal>,
    /// What is to be tidied up, as the last census saw it.
    pub tidying: Option<String>,
    /// Marks of ours that are where none of ours should be, as the last census saw them.
    pub misplaced: Vec<(u64, String)>,
    /// So often sway refused to take back what came to sight.
    pub put_back_refused: usize,
    /// The window that is to have the focus.
    pub focus_request: Option<surfacing::FocusRequest>,
    /// Projects whose windows are asked to close.
    pub closings: Vec<closing::Closing>,
}

impl Stage {
    /// No connection yet.
    #[must_use]
    pub fn new(now: Time) -> Stage {
        Stage {
            link: link::Link::new(now),
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
            fullscreen_owed: Vec::new(),
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
}
