//! Calls that come too early: what answers them is still being read.
//!
//! The call that activates the socket, one that waited through a restart, or one right behind
//! `i3pmd &` finds a daemon that knows no project and no window yet. Such a call waits for what it
//! needs, and is neither judged by nor answered from an empty table. What is known is looked at in
//! one place, at the end of each event.

use std::collections::BTreeSet;

use crate::api::{ApiError, Call, ErrorCode};
use crate::core::Core;
use crate::core::stage::connection::LinkState;
use crate::core::turn::Turn;
use crate::core::waiting::{Wait, Want};
use crate::core::words::deadline;
use crate::core::words::ids::Caller;
use crate::core::words::phase::{Phase, Source};
use crate::core::words::store::StoreFile;

/// What has to be known before a call can be served: each needs what is before it, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    /// Nothing: it tells of the daemon itself, or waits for what it needs in its own way.
    Nothing,
    /// Which projects there are.
    Files,
    /// Whether there is a window manager. What it has to do waits for it in its own way.
    Link,
    /// The windows, where there is a window manager.
    Windows,
    /// Which project was used when.
    Order,
}

fn need(request: &Call) -> Need {
    match request {
        Call::Ping | Call::Status | Call::Metrics | Call::Reload | Call::StateDump => Need::Nothing,
        Call::EventsRecent(_) | Call::Unsubscribe(_) => Need::Nothing,
        Call::ProjectSwitch(name) if matches!(name.name.as_str(), "-" | "next" | "prev") => Need::Order,
        Call::ProjectSwitch(_) | Call::ProjectClear | Call::ProjectOpen(_) | Call::ProjectClose(_) => Need::Link,
        Call::ProjectCreate(create) if create.take.is_some() => Need::Windows,
        Call::RuleTest(test) if test.id.is_some() => Need::Windows,
        Call::ProjectList | Call::ProjectGet(_) | Call::ProjectCurrent | Call::Subscribe(_) => Need::Files,
        Call::ProjectCreate(_) | Call::ProjectUpdate(_) | Call::ProjectDelete(_) | Call::ProjectRename(_) => {
            Need::Files
        }
        Call::AppList | Call::AppGet(_) | Call::RuleTest(_) => Need::Files,
        Call::WindowList(_) | Call::WindowGet(_) | Call::WindowAssign(_) | Call::WindowExplain(_) => Need::Windows,
        Call::WindowFocus(_) | Call::AppLaunch(_) | Call::StateRepair => Need::Windows,
    }
}

impl Core {
    pub(in crate::core) fn call(&mut self, turn: &mut Turn<'_>, caller: Caller, request: Call) {
        let need = need(&request);
        // The calls of a peer keep their order, but for those that need nothing.
        let is_early = |wait: &Wait| matches!(wait.want, Want::Known(_)) && wait.caller.peer == caller.peer;
        let is_behind = turn.waiting.any(is_early);
        if self.life.phase > Phase::Running || need == Need::Nothing || (self.lacks(need).is_none() && !is_behind) {
            return self.serve_call(turn, caller, request);
        }
        let until = turn.now + deadline::EARLY_CALLS_DEADLINE;
        turn.waiting.add(caller, until, Want::Known(Box::new(request)));
    }

    /// What the daemon does about what is needed and not known yet, for people.
    fn lacks(&self, need: Need) -> Option<&'static str> {
        let awaits = |file| self.model.keep.files.awaits(Source::Store(file));
        let connects = self.stage.link().state == LinkState::Seeking;
        let reads = !self.model.projects.is_decided() && matches!(self.stage.link().state, LinkState::Handshake(_));
        let starts = self.life.phase == Phase::Starting;
        if need >= Need::Files && self.model.keep.files.awaits(Source::Config) {
            Some("reading the configuration")
        } else if need >= Need::Files && (starts || awaits(StoreFile::Projects)) {
            Some("reading its files")
        } else if need >= Need::Link && connects {
            Some("looking for a window manager")
        } else if need >= Need::Windows && reads {
            Some("reading the windows")
        } else if need >= Need::Order && awaits(StoreFile::State) {
            Some("reading the order of use")
        } else {
            None
        }
    }

    /// Serve the calls for which all is known now.
    pub(in crate::core) fn serve_early_calls(&mut self, turn: &mut Turn<'_>) {
        let mut behind = BTreeSet::new();
        let ready = turn.waiting.take(|wait| {
            let Want::Known(request) = &wait.want else { return false };
            let is_ready = !behind.contains(&wait.caller.peer) && self.lacks(need(request)).is_none();
            if !is_ready {
                behind.insert(wait.caller.peer);
            }
            is_ready
        });
        for (caller, want) in ready {
            if let Want::Known(request) = want {
                self.serve_call(turn, caller, *request);
            }
        }
    }

    /// What a call needs has not come in time.
    pub(in crate::core) fn early_call_overdue(&mut self, turn: &mut Turn<'_>, caller: Caller, request: Call) {
        if matches!(request, Call::Subscribe(_)) {
            // It judges nothing: whatever comes is told as it comes.
            return self.serve_call(turn, caller, request);
        }
        let what = self.lacks(need(&request)).unwrap_or("waiting for what was asked before");
        let text = format!("the daemon is still {what}; nothing was done, try again in a moment");
        turn.answer(caller, Err(ApiError::new(ErrorCode::Starting, text)));
    }
}
