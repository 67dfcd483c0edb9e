//! An arrangement in hand.

use std::collections::VecDeque;
use std::time::Duration;

use crate::core::plan::{self, Before, Traces};
use crate::core::stage::goal::Goal;
use crate::core::stage::request::SwitchRequest;
use crate::core::tree::ContainerId;
use crate::core::windows::hidden::HiddenContainer;
use crate::core::windows::memory::ProjectMemory;
use crate::core::words::cause::Cause;

/// An arrangement in hand.
#[derive(Debug, Clone)]
pub struct Arrangement {
    /// The switch it serves, if it serves one.
    pub switch: Option<SwitchRequest>,
    pub(super) cause: Cause,
    pub(super) before: Option<Before>,
    pub(super) prepared: bool,
    pub(super) vault_messages: usize,
    pub(super) layouts: LayoutTries,
    pub(super) messages: VecDeque<String>,
    /// The message that has no answer yet.
    pub(super) message: String,
    pub(super) in_commands: bool,
    pub(super) hidden_records: Vec<HiddenContainer>,
    pub(super) returned: Vec<u64>,
    pub(super) traces: Traces,
    pub(super) goal: Option<Goal>,
    /// i3: the windows that ask for attention when all is done.
    pub(super) asking: Vec<ContainerId>,
    pub(super) left: Option<ProjectMemory>,
    /// What the window manager said of the commands that it refused.
    pub(super) refused: Vec<String>,
    /// How many windows it hides.
    pub(super) hidden: usize,
    /// How many windows it brings back.
    pub(super) restored: usize,
    /// How many messages were sent.
    pub(super) sent: usize,
    /// How long the window manager took for them.
    pub(super) waited: Duration,
}

/// The layouts that an arrangement had i3 append.
#[derive(Debug, Clone, Default)]
pub(super) struct LayoutTries {
    pub(super) sent: usize,
    /// Those in a row of which nothing came.
    pub(super) in_vain: usize,
    /// How many places of a size were free before the last one.
    pub(super) free_before: usize,
}

impl LayoutTries {
    /// One more is wanted, and so many places of a size are free now. Windows may have changed
    /// their sizes since the last one.
    pub(super) fn count(&mut self, free: usize) {
        self.sent += 1;
        self.in_vain = if free > self.free_before { 1 } else { self.in_vain + 1 };
        self.free_before = free;
    }

    pub(super) fn fail(&self, free: usize) -> bool {
        free <= self.free_before && self.in_vain == plan::VAULT_MESSAGES_MAX
    }
}

impl Arrangement {
    pub(super) fn new(switch: Option<SwitchRequest>, cause: Cause) -> Arrangement {
        Arrangement {
            switch,
            cause,
            before: None,
            prepared: false,
            vault_messages: 0,
            layouts: LayoutTries::default(),
            messages: VecDeque::new(),
            message: String::new(),
            in_commands: false,
            hidden_records: Vec::new(),
            returned: Vec::new(),
            traces: Traces::default(),
            goal: None,
            asking: Vec::new(),
            left: None,
            refused: Vec::new(),
            hidden: 0,
            restored: 0,
            sent: 0,
            waited: Duration::ZERO,
        }
    }
}
