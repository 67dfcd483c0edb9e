//! Subscriptions: full state first, then changes, at most one notice per topic and turn.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::{
    Change, DaemonState, Notice, ProjectsState, Reply, Subscribed, Topic, Window, WindowsChange, WmNotice, WmState,
    WorkspacesState,
};
use crate::core::Core;
use crate::core::stage::connection::Holder;
use crate::core::turn::Turn;
use crate::core::windows::described::{describe, is_described};
use crate::core::windows::window::WindowState;
use crate::core::words::effect::{Effect, Systemd};
use crate::core::words::event::Process;
use crate::core::words::ids::{Caller, PeerId};
use crate::core::words::phase::Phase;
use crate::core::words::seeded::{self, Fault};
use crate::core::words::wm::WmKind;

/// A peer and what it subscribed to.
#[derive(Debug, Clone)]
pub struct Subscriber {
    /// Its process.
    pub process: Process,
    /// Its topics.
    pub topics: BTreeSet<Topic>,
    /// The notices it was sent.
    seq: u64,
}

impl Core {
    pub(in crate::core) fn peer_connected(&mut self, peer: PeerId, process: Process) {
        self.audience.peers.insert(peer, Subscriber { process, topics: BTreeSet::new(), seq: 0 });
    }

    pub(in crate::core) fn peer_closed(&mut self, peer: PeerId) {
        self.audience.peers.remove(&peer);
    }

    pub(in crate::core) fn has_subscribers(&self, topic: Topic) -> bool {
        self.audience.peers.values().any(|peer| peer.topics.contains(&topic))
    }

    pub(in crate::core) fn subscribe(&mut self, turn: &mut Turn<'_>, caller: Caller, topics: &[Topic]) {
        let wanted = each(topics);
        if wanted.contains(&Topic::Windows) || wanted.contains(&Topic::Workspaces) {
            turn.wants.census |= self.model.windows.stale;
        }
        if let Some(subscriber) = self.audience.peers.get_mut(&caller.peer) {
            subscriber.topics.extend(&wanted);
            let topics = subscriber.topics.iter().copied().collect();
            turn.answer(caller, Ok(Reply::Subscribed(Subscribed { topics })));
            for topic in wanted {
                let state = self.state_of(topic);
                // The first subscriber of a topic knows all that was published; the others hear at
                // the end of the turn what this full state has and they have not heard yet.
                if self.audience.peers.values().filter(|peer| peer.topics.contains(&topic)).count() == 1 {
                    if topic == Topic::Windows {
                        self.audience.published_windows = self.windows_by_id();
                    } else {
                        self.audience.published.insert(topic, state.clone());
                    }
                }
                self.notify(turn, caller.peer, state);
            }
        }
    }

    pub(in crate::core) fn unsubscribe(&mut self, turn: &mut Turn<'_>, caller: Caller, topics: &[Topic]) {
        if let Some(subscriber) = self.audience.peers.get_mut(&caller.peer) {
            for topic in each(topics) {
                subscriber.topics.remove(&topic);
            }
            let topics = subscriber.topics.iter().copied().collect();
            turn.answer(caller, Ok(Reply::Subscribed(Subscribed { topics })));
        }
    }

    fn notify(&mut self, turn: &mut Turn<'_>, peer: PeerId, change: Change) {
        if let Some(subscriber) = self.audience.peers.get_mut(&peer) {
            subscriber.seq += 1 + u64::from(seeded::has(Fault::SkipNoticeNumber));
            self.audience.notices_count += 1;
            let notice = Notice { seq: subscriber.seq, epoch: self.settings.epoch.clone(), change };
            turn.push(Effect::Notify { peer, notice: Box::new(notice) });
        }
    }

    /// The full state of a topic.
    fn state_of(&self, topic: Topic) -> Change {
        match topic {
            Topic::Projects => {
                let projects = self.model.projects.all_described(&self.model.windows);
                Change::Projects(ProjectsState {
                    active: self.model.projects.active().map(str::to_string),
                    project: projects.iter().find(|project| project.active).cloned(),
                    switching_to: self
                        .stage
                        .next_switch()
                        .or(self.stage.switch_target())
                        .and_then(|request| request.target.clone()),
                    projects,
                })
            }
            Topic::Windows => {
                Change::Windows(WindowsChange { full: true, changed: self.windows(), closed: Vec::new() })
            }
            Topic::Workspaces => {
                Change::Workspaces(WorkspacesState { workspaces: self.model.windows.workspaces.clone() })
            }
            Topic::Wm => Change::Wm(WmNotice {
                state: self.stage.link().wm_state(),
                kind: self.stage.link().kind.map(|kind| kind.name().to_string()),
                holder: self.stage.link().holder.as_ref().map(Holder::described),
            }),
            Topic::Daemon | Topic::All => Change::Daemon(DaemonState {
                phase: self.life.phase.name().to_string(),
                config_error: self.config.error.clone(),
            }),
        }
    }

    /// Send what changed to whoever subscribed.
    pub(in crate::core) fn publish(&mut self, turn: &mut Turn<'_>) {
        let dirty = std::mem::take(&mut self.audience.dirty);
        for topic in Topic::EACH {
            let changed = match topic {
                Topic::Projects => dirty.projects,
                Topic::Windows => dirty.windows,
                Topic::Workspaces => dirty.workspaces,
                Topic::Wm => dirty.wm,
                Topic::Daemon | Topic::All => dirty.daemon,
            };
            if !self.has_subscribers(topic) {
                // Whoever subscribes next starts with the full state.
                self.audience.published.remove(&topic);
                if topic == Topic::Windows {
                    self.audience.published_windows.clear();
                }
                continue;
            }
            let change = match topic {
                _ if !changed && (self.audience.published.contains_key(&topic) || topic == Topic::Windows) => None,
                Topic::Windows => self.windows_change(),
                _ => Some(self.state_of(topic)).filter(|state| self.audience.published.get(&topic) != Some(state)),
            };
            let Some(change) = change else { continue };
            if topic != Topic::Windows {
                self.audience.published.insert(topic, change.clone());
            }
            let peers: Vec<PeerId> = self
                .audience
                .peers
                .iter()
                .filter(|(_, peer)| peer.topics.contains(&topic))
                .map(|(id, _)| *id)
                .collect();
            for peer in peers {
                self.notify(turn, peer, change.clone());
            }
        }
    }

    fn windows_by_id(&self) -> BTreeMap<u64, Window> {
        self.model.windows.table.windows.values().map(|window| (window.id, describe(window))).collect()
    }

    fn windows_change(&mut self) -> Option<Change> {
        let (known, table) = (&mut self.audience.published_windows, &self.model.windows.table.windows);
        let is_known = |window: &WindowState| {
            let known = known.get(&window.id);
            debug_assert_eq!(
                known.is_some_and(|known| is_described(window, known)),
                known == Some(&describe(window)),
                "{window:?}"
            );
            known.is_some_and(|known| is_described(window, known))
        };
        let changed: Vec<Window> = table.values().filter(|window| !is_known(window)).map(describe).collect();
        known.extend(changed.iter().map(|window| (window.id, window.clone())));
        // Every window is known now, so more are known only where some have closed.
        let closed: Vec<u64> = match known.len() > table.len() {
            true => known.keys().filter(|id| !table.contains_key(id)).copied().collect(),
            false => Vec::new(),
        };
        closed.iter().for_each(|id| drop(known.remove(id)));
        (!changed.is_empty() || !closed.is_empty()).then_some(Change::Windows(WindowsChange {
            full: false,
            changed,
            closed,
        }))
    }

    /// One line for the service manager, when it changed.
    pub(in crate::core) fn tell_status(&mut self, turn: &mut Turn<'_>) {
        if self.life.phase == Phase::Stopped {
            return;
        }
        let project = self.model.projects.active().map_or("no project".to_string(), |name| format!("project {name}"));
        let wm = match (self.stage.link().wm_state(), self.stage.link().kind.map(WmKind::name)) {
            (WmState::Connected, Some(kind)) => format!("{kind} connected"),
            (WmState::Connecting, _) => "connecting".to_string(),
            (WmState::Stale, kind) => format!("{} does not answer", kind.unwrap_or("the window manager")),
            (WmState::Connected | WmState::Disconnected, _) => match &self.stage.link().holder {
                Some(holder) => format!("waiting: {holder} serves the window manager"),
                None => "waiting for i3 or sway".to_string(),
            },
        };
        let config =
            self.config.error.as_ref().map(|error| format!("; configuration refused: {error}")).unwrap_or_default();
        let line = match self.life.phase {
            Phase::Starting => "starting".to_string(),
            Phase::Running if self.stage.link().wm_state() == WmState::Disconnected => format!("{wm}{config}"),
            Phase::Running => format!("{wm}; {project}{config}"),
            phase => format!("stopping: {}", phase.name()),
        };
        if line != self.audience.status_line {
            self.audience.status_line.clone_from(&line);
            turn.push(Effect::Systemd(Systemd::Status(line)));
        }
    }
}

fn each(topics: &[Topic]) -> BTreeSet<Topic> {
    if topics.contains(&Topic::All) { Topic::EACH.into_iter().collect() } else { topics.iter().copied().collect() }
}
