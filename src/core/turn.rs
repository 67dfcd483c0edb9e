//! What a handler is given: the time, and where to say what is to be done.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::api::{ApiError, RecentEvent, Reply};
use crate::config::Config;
use crate::core::told::Told;
use crate::core::waiting::Waiting;
use crate::core::words::cause::Cause;
use crate::core::words::deadline::Deadlines;
use crate::core::words::effect::Effect;
use crate::core::words::ids::Caller;
use crate::core::words::note::{Level, Note};
use crate::core::words::phase::Phase;
use crate::core::words::seeded::{self, Fault};
use crate::core::words::time::Time;

/// One event, on its way through the core.
#[derive(Debug)]
pub struct Turn<'effects> {
    /// The time of the event.
    pub now: Time,
    /// Where the daemon is in its life: each note says so.
    pub phase: Phase,
    /// Which topics may have changed.
    pub dirty: Dirty,
    /// What is wanted of the dialogue with the window manager.
    pub wants: Wants,
    /// What a part tells the others.
    pub told: VecDeque<Told>,
    /// A time, and what time of day it was then, in milliseconds since 1970.
    pub clock: (Time, u64),
    /// Who waits for an answer.
    pub waiting: Waiting,
    /// When what is due.
    pub deadlines: Deadlines,
    /// The configuration that is in force.
    pub config: Arc<Config>,
    effects: &'effects mut Vec<Effect>,
    /// The notes that were logged, for whoever asks for the newest ones.
    notes: Vec<RecentEvent>,
}

/// Which topics may have changed since they were published.
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs, reason = "one flag for each topic")]
pub struct Dirty {
    pub projects: bool,
    pub windows: bool,
    pub workspaces: bool,
    pub wm: bool,
    pub daemon: bool,
}

impl Dirty {
    /// Those of the other too.
    pub fn add(&mut self, other: Dirty) {
        let Dirty { projects, windows, workspaces, wm, daemon } = other;
        self.projects |= projects;
        self.windows |= windows;
        self.workspaces |= workspaces;
        self.wm |= wm;
        self.daemon |= daemon;
    }
}

/// What is wanted of the dialogue with the window manager, until `Stage::heed` takes it up.
#[derive(Debug, Clone, Default)]
pub struct Wants {
    /// Windows are to be hidden or shown, perhaps.
    pub rearranged: bool,
    /// Why.
    pub cause: Option<Cause>,
    /// What was tried in vain is tried again.
    pub anew: bool,
    /// Marks differ from what they should be.
    pub marks: bool,
    /// The tree is to be read.
    pub census: bool,
    /// The runtime file lacks something that was learnt.
    pub runtime: bool,
}

impl Wants {
    /// Is anything wanted?
    #[must_use]
    pub fn is_any(&self) -> bool {
        let Wants { rearranged, cause, anew, marks, census, runtime } = self;
        *rearranged || cause.is_some() || *anew || *marks || *census || *runtime
    }

    /// If an arrangement follows, then for this; what was said first holds.
    pub fn because(&mut self, cause: Cause) {
        self.cause.get_or_insert(cause);
    }

    /// Something may be in sight that should not be, or the other way round.
    pub fn arrangement(&mut self, cause: Cause) {
        self.because(cause);
        self.rearranged = true;
    }
}

impl Turn<'_> {
    /// An event comes.
    pub fn new(now: Time, phase: Phase, config: Arc<Config>, effects: &mut Vec<Effect>) -> Turn<'_> {
        Turn {
            now,
            phase,
            dirty: Dirty::default(),
            wants: Wants::default(),
            told: VecDeque::new(),
            clock: (now, 0),
            waiting: Waiting::default(),
            deadlines: Deadlines::default(),
            config,
            effects,
            notes: Vec::new(),
        }
    }

    /// The time of day, in milliseconds since 1970.
    #[must_use]
    pub fn unix_ms(&self) -> u64 {
        let (time, unix_ms) = self.clock;
        unix_ms.saturating_add(u64::try_from(self.now.since(time).as_millis()).unwrap_or(u64::MAX))
    }

    /// This happened, and others must hear of it.
    pub fn tell(&mut self, told: Told) {
        self.told.push_back(told);
    }

    /// This is to be done, after what was pushed before.
    pub fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Answer a call, unless it has an answer.
    pub fn answer(&mut self, caller: Caller, result: Result<Reply, ApiError>) {
        if !self.waiting.remove(caller) {
            return;
        }
        let Caller { peer, call } = caller;
        if seeded::has(Fault::AnswerTwice) {
            self.push(Effect::Answer { peer, call, result: Box::new(result.clone()) });
        }
        self.push(Effect::Answer { peer, call, result: Box::new(result) });
    }

    /// Log a sentence.
    #[track_caller]
    pub fn note(&mut self, level: Level, kind: &'static str, text: impl Into<String>) {
        self.log(Note::new(level, kind, text));
    }

    /// Log a note.
    pub fn log(&mut self, mut note: Note) {
        note.phase = Some(self.phase.name());
        self.notes.push(RecentEvent {
            seq: 0,
            age_ms: 0,
            level: note.level.name().to_string(),
            kind: note.kind.to_string(),
            text: note.text.clone(),
        });
        self.push(Effect::Note(note));
    }

    /// The notes since this was asked last.
    pub fn take_notes(&mut self) -> Vec<RecentEvent> {
        std::mem::take(&mut self.notes)
    }
}
