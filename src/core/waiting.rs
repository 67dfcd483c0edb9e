//! Who waits for an answer: one table, in which a call stands from when it comes until it is
//! answered.
//!
//! A call that is not in the table cannot be answered, so none is answered twice; and none is in it
//! without a time, so none is forgotten. The parts of the core remember callers as they like: what
//! they say to one that has its answer already is dropped.

use crate::api::{Call, Launched, RuleTest, Take, WindowAssign, WindowChoice, WindowFilter, WindowFocus};
use crate::core::tree::ContainerId;
use crate::core::words::ids::Caller;
use crate::core::words::time::Time;

/// A call that has no answer yet.
#[derive(Debug, Clone)]
pub struct Wait {
    /// Whose.
    pub caller: Caller,
    /// It is answered by then.
    pub until: Time,
    /// What it waits for.
    pub want: Want,
}

/// What a call waits for.
#[derive(Debug, Clone)]
pub enum Want {
    /// Nothing but the end of what is being done for it.
    Done,
    /// What must be known before it can be served.
    Known(Box<Call>),
    /// A census, if places are in doubt.
    Census(CensusWant),
    /// That nothing is left for the window manager to do.
    Settled(SettledWant),
    /// The configuration.
    Reload,
    /// A switch.
    Switch,
    /// The focus of a window.
    Focus,
    /// A program that is being started.
    Launch,
    /// A project that is being opened.
    Open,
    /// A project that is being closed.
    Close,
    /// A change of the projects file.
    Store,
}

/// What is answered after a census.
#[derive(Debug, Clone)]
pub enum CensusWant {
    /// The windows.
    List(WindowFilter),
    /// One of them.
    Get(u64),
    /// Windows are given to a project.
    Assign(WindowAssign),
    /// Why a window is where it is.
    Explain(WindowChoice),
    /// What rules say of a window.
    RuleTest(Box<RuleTest>),
    /// The table is to be put right.
    Repair,
    /// A window gets the focus.
    Focus(WindowFocus),
    /// For a project that was created; who created it is answered by then.
    Take(String, Take, Time),
}

/// What is answered when nothing is left for the window manager to do.
#[derive(Debug, Clone)]
pub enum SettledWant {
    /// The windows that were assigned.
    Assigned(Vec<ContainerId>),
    /// The project that was created, and took this many windows.
    Created(String, usize),
    /// The table.
    Repaired,
    /// What became of an application whose window is put away.
    PutAway(Box<Launched>),
}

/// The table, in the order in which calls began to wait for what they wait for.
#[derive(Debug, Clone, Default)]
pub struct Waiting(Vec<Wait>);

impl Waiting {
    /// A caller waits for this from now on, and for nothing else.
    pub fn add(&mut self, caller: Caller, until: Time, want: Want) {
        self.remove(caller);
        self.0.push(Wait { caller, until, want });
    }

    /// It gets its answer. False if it has one.
    pub fn remove(&mut self, caller: Caller) -> bool {
        let at = self.0.iter().position(|wait| wait.caller == caller);
        at.map(|at| self.0.remove(at)).is_some()
    }

    /// Does it wait still?
    #[must_use]
    pub fn has(&self, caller: Caller) -> bool {
        self.0.iter().any(|wait| wait.caller == caller)
    }

    /// Does any wait for such a thing?
    #[must_use]
    pub fn any(&self, is_wanted: impl Fn(&Wait) -> bool) -> bool {
        self.0.iter().any(is_wanted)
    }

    /// What these wait for has come: take it up. They wait for their answer.
    pub fn take(&mut self, mut is_wanted: impl FnMut(&Wait) -> bool) -> Vec<(Caller, Want)> {
        let taken = self
            .0
            .iter_mut()
            .filter_map(|wait| is_wanted(wait).then(|| (wait.caller, std::mem::replace(&mut wait.want, Want::Done))));
        taken.collect()
    }

    /// When the first of them must be answered.
    #[must_use]
    pub fn earliest(&self) -> Option<Time> {
        self.0.iter().map(|wait| wait.until).min()
    }

    /// All of them.
    #[must_use]
    pub fn callers(&self) -> Vec<Caller> {
        self.0.iter().map(|wait| wait.caller).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::words::ids::{CallId, PeerId};

    fn caller(call: u64) -> Caller {
        Caller { peer: PeerId(1), call: CallId(call) }
    }

    #[test]
    fn a_call_is_answered_once_and_by_its_own_time() {
        let time = Time::from_nanos;
        let mut waiting = Waiting::default();
        waiting.add(caller(1), time(50), Want::Switch);
        // Who joins later has a time of its own, not the rest of the first one's.
        waiting.add(caller(2), time(80), Want::Switch);
        assert_eq!(waiting.earliest(), Some(time(50)));
        let due = |waiting: &mut Waiting, now| waiting.take(|wait| wait.until <= now).len();
        assert_eq!(due(&mut waiting.clone(), time(50)), 1);
        assert!(waiting.remove(caller(1)) && !waiting.remove(caller(1)), "once");
        assert_eq!(waiting.earliest(), Some(time(80)));
        // What it waited for has come, and brings the next wait: it is in the table all the time.
        let taken = waiting.take(|wait| matches!(wait.want, Want::Switch));
        assert!(matches!(taken.as_slice(), [(found, Want::Switch)] if *found == caller(2)));
        assert!(waiting.has(caller(2)));
        assert_eq!(due(&mut waiting.clone(), time(80)), 1);
        waiting.add(caller(2), time(90), Want::Focus);
        assert_eq!(waiting.callers(), [caller(2)]);
        assert_eq!(waiting.earliest(), Some(time(90)));
    }
}
