//! The status: everything the daemon knows of itself. What only the shell sees (turns, queues) it
//! adds.

use crate::api::{self, ConfigStatus, DeadlineStatus, Limit, PeerStatus, Status, SwitchStatus, WindowCounts, WmStatus};
use crate::config;
use crate::core::Core;
use crate::core::audience::journal::NOTES_MAX;
use crate::core::audience::publish::Subscriber;
use crate::core::belonging::history::MOVES_MAX;
use crate::core::plan::PROBE_FAILED;
use crate::core::programs::hooks::HOOKS_RUNNING_MAX;
use crate::core::projects::{known as projects, projects_file};
use crate::core::stage::connection::{Holder, Link, LinkState};
use crate::core::turn::Turn;
use crate::core::windows::window::Owner;
use crate::core::words::command;
use crate::core::words::ids::PeerId;
use crate::core::words::time::Time;
use crate::core::words::wm::HidingPlace;

/// How many notes a status carries.
const STATUS_NOTES_MAX: usize = 20;

impl Core {
    pub(in crate::core) fn status(&mut self, turn: &mut Turn<'_>) -> Status {
        let now = turn.now;
        let windows = &self.model.windows.table.windows;
        Status {
            version: crate::VERSION.to_string(),
            protocol: api::PROTOCOL,
            epoch: self.settings.epoch.clone(),
            pid: self.settings.pid,
            uptime_ms: millis(now, self.life.started),
            phase: self.life.phase.name().to_string(),
            project: self.model.projects.active().map(str::to_string),
            wm: wm(self.stage.link(), now),
            config: ConfigStatus {
                file: self.settings.config_file.clone(),
                error: self.config.error.clone(),
                warnings: self.config_warnings(),
            },
            switch: SwitchStatus {
                in_flight: self.stage.switch_target().map(|switch| switch.target.clone().unwrap_or_default()),
                next: self.stage.next_switch().map(|switch| switch.target.clone().unwrap_or_default()),
                count: self.stage.switches_made().0,
                last: self.stage.switches_made().1.cloned(),
            },
            settled: self.stage.link().pending.is_none() && !self.stage.census_is_wanted() && self.is_settled(turn),
            deadlines: turn
                .deadlines
                .left_ms(now)
                .into_iter()
                .map(|(deadline, left_ms)| DeadlineStatus { name: deadline.name().to_string(), left_ms })
                .collect(),
            peers: self.audience.peers.iter().map(|(id, peer)| peer_status(*id, peer)).collect(),
            turns: api::TurnStatus::default(),
            windows: WindowCounts {
                total: windows.len(),
                hidden: self.stage.hidden_count(&self.model),
                global: windows.values().filter(|window| window.owner == Owner::Global).count(),
            },
            projects: self.model.projects.known.names().count(),
            log: api::LogStatus::default(),
            notes: self.audience.journal.recent(turn, STATUS_NOTES_MAX),
            limits: limits(),
        }
    }
}

/// The connection to the window manager.
fn wm(link: &Link, now: Time) -> WmStatus {
    let pending = link.pending.as_ref();
    let hiding = |kind| match link.hides_in(kind) {
        HidingPlace::Vault => "vault",
        HidingPlace::Scratchpad if link.vault_fails => PROBE_FAILED,
        HidingPlace::Scratchpad => "scratchpad",
    };
    WmStatus {
        state: link.wm_state(),
        kind: link.kind.map(|kind| kind.name().to_string()),
        version: link.version.clone(),
        socket: link.socket.clone(),
        pid: link.pid,
        state_age_ms: millis(now, link.since),
        silent_ms: link.heard.map(|heard| millis(now, heard)),
        request: pending.map(|pending| pending.name.to_string()),
        request_age_ms: pending.map(|pending| millis(now, pending.sent)),
        hiding: link.kind.filter(|_| link.state == LinkState::Up).map(|kind| hiding(kind).to_string()),
        reason: link.reason.clone(),
        holder: link.holder.as_ref().map(Holder::described),
    }
}

/// A client; what waits in its queues only the shell knows.
fn peer_status(id: PeerId, peer: &Subscriber) -> PeerStatus {
    PeerStatus {
        peer: id.0,
        pid: peer.process.pid,
        command: peer.process.command.clone(),
        topics: peer.topics.iter().copied().collect(),
        inbox_bytes: 0,
        outbox_bytes: 0,
        calls_in_flight: 0,
    }
}

fn millis(now: Time, earlier: Time) -> u64 {
    u64::try_from(now.since(earlier).as_millis()).unwrap_or(u64::MAX)
}

/// The limits in force: the server's, and our own.
fn limits() -> Vec<Limit> {
    let ours = [
        ("created_projects", projects::CREATED_PROJECTS_MAX, "projects"),
        ("project_directory", config::DIR_BYTES_MAX, "bytes"),
        ("project_label", config::LABEL_BYTES_MAX, "bytes"),
        ("wm_message", command::MESSAGE_BYTES_MAX, "bytes"),
        ("notes", NOTES_MAX, "notes"),
        ("project_apps", config::PROJECT_APPS_MAX, "applications"),
        ("project_workspaces", config::PROJECT_WORKSPACES_MAX, "workspaces"),
        ("former_names", projects_file::FORMER_NAMES_MAX, "names of a project"),
        ("deleted_projects", projects_file::DELETED_PROJECTS_MAX, "traces of projects"),
        ("hooks_running", HOOKS_RUNNING_MAX, "programs"),
        ("window_moves", MOVES_MAX, "moves of a window"),
    ];
    let limit = |(name, value, unit): (&str, usize, &str)| Limit {
        name: name.to_string(),
        value: u64::try_from(value).unwrap_or(u64::MAX),
        unit: unit.to_string(),
    };
    api::SERVER_LIMITS.into_iter().chain(ours).map(limit).collect()
}
