//! Seeded faults: what the daemon would do wrong, to prove that the tests would notice.
//!
//! Only a build with debug assertions, which no release has, can do any of it, and only if a test
//! plants it (`tests/simulation/seeded.rs`): nothing outside the program can. In a release `has` is
//! `false`, and the compiler removes every place that asks.

/// Something done wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A mark that is missing on a window is not sent.
    DropMark,
    /// A mark that no longer holds is not taken off.
    ForgetToUnmark,
    /// Of the containers to hide, the first is not.
    SkipOneHide,
    /// Of the containers to bring back, the first is not.
    SkipOneRestore,
    /// The siblings of a hidden container are remembered in the wrong order.
    WrongSiblingOrder,
    /// The share of a hidden container is remembered wrongly.
    WrongShare,
    /// Fullscreen that was taken off is not given back to those that stay.
    ForgetFullscreen,
    /// Placeholders that were left behind stay.
    LeavePlaceholder,
    /// A switch is answered when its commands are sent.
    AnswerBeforeBarrier,
    /// A call is answered twice.
    AnswerTwice,
    /// A call that waits when the daemon stops gets no answer.
    ForgetAnswerOnStop,
    /// The caller of a switch that a newer one replaced gets no answer.
    ForgetSuperseded,
    /// A switch whose project is deleted meanwhile is made all the same.
    SwitchToNowhere,
    /// The watchdog is pinged by a loop that was held up.
    PingWhileWedged,
    /// The runtime file is not written.
    ForgetRuntimeFile,
    /// What was hidden when the connection broke is forgotten.
    ForgetRecordsOnLoss,
    /// A window manager that is late is connected to once more.
    ReconnectWhileStale,
    /// A request is sent while another is unanswered.
    SendWhileInFlight,
    /// A command that was refused counts as done.
    IgnoreRefusal,
    /// Nobody looks at the tree after an arrangement.
    NoCensusAfterwards,
    /// A deadline that is due is left for later.
    LeaveDeadline,
    /// Every window gets the same number.
    SameSerial,
    /// Notices are not numbered one after the other.
    SkipNoticeNumber,
    /// A window is hidden in a place without a size.
    HideWithoutSize,
    /// What comes back to a workspace that nobody sees is not laid out.
    ForgetToMeasure,
    /// What becomes fullscreen while it is hidden stays so.
    LeaveFullscreen,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 26] = [
        Fault::DropMark,
        Fault::ForgetToUnmark,
        Fault::SkipOneHide,
        Fault::SkipOneRestore,
        Fault::WrongSiblingOrder,
        Fault::WrongShare,
        Fault::ForgetFullscreen,
        Fault::LeavePlaceholder,
        Fault::AnswerBeforeBarrier,
        Fault::AnswerTwice,
        Fault::ForgetAnswerOnStop,
        Fault::ForgetSuperseded,
        Fault::SwitchToNowhere,
        Fault::PingWhileWedged,
        Fault::ForgetRuntimeFile,
        Fault::ForgetRecordsOnLoss,
        Fault::ReconnectWhileStale,
        Fault::SendWhileInFlight,
        Fault::IgnoreRefusal,
        Fault::NoCensusAfterwards,
        Fault::LeaveDeadline,
        Fault::SameSerial,
        Fault::SkipNoticeNumber,
        Fault::HideWithoutSize,
        Fault::ForgetToMeasure,
        Fault::LeaveFullscreen,
    ];
}

#[cfg(debug_assertions)]
mod planted {
    use std::cell::Cell;

    use crate::core::words::seeded::Fault;

    thread_local! {
        static PLANTED: Cell<Option<Fault>> = const { Cell::new(None) };
    }

    /// From here on, on this thread, this is done wrong; nothing is with `None`.
    pub fn plant(fault: Option<Fault>) {
        PLANTED.set(fault);
    }

    pub(crate) fn has(fault: Fault) -> bool {
        PLANTED.get() == Some(fault)
    }

    /// Is any fault planted?
    pub(crate) fn is_planted() -> bool {
        PLANTED.get().is_some()
    }
}

#[cfg(debug_assertions)]
pub use planted::plant;
#[cfg(debug_assertions)]
pub(crate) use planted::{has, is_planted};

/// Is this to be done wrong?
#[cfg(not(debug_assertions))]
pub(crate) const fn has(_: Fault) -> bool {
    false
}

/// Is any fault planted?
#[cfg(not(debug_assertions))]
pub(crate) const fn is_planted() -> bool {
    false
}
