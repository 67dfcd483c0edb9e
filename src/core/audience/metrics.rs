//! Numbers for machines, as far as the core knows them; the shell adds turns, calls, queues and
//! peers that were turned away.

use crate::api::{Family, FamilyKind, Metrics, Topic, WmState};
use crate::core::Core;
use crate::core::words::histogram::Histogram;
use crate::core::words::time::Time;

impl Core {
    pub(in crate::core) fn metrics(&self, now: Time) -> Metrics {
        let age = |earlier: Time| now.since(earlier).as_secs_f64();
        let state = self.stage.link().wm_state();
        let mut wm_state =
            Family::new("i3pm_wm_state", FamilyKind::Gauge, "1 for the state of the link to i3 or sway.");
        for (name, value) in [
            ("connecting", WmState::Connecting),
            ("connected", WmState::Connected),
            ("stale", WmState::Stale),
            ("disconnected", WmState::Disconnected),
        ] {
            wm_state = wm_state.with(&[("state", name)], f64::from(u8::from(state == value)));
        }
        let hidden = self.stage.hidden_count(&self.model);
        let mut subscriptions = Family::new("i3pm_subscriptions", FamilyKind::Gauge, "Peers that hear of a topic.");
        for topic in Topic::EACH {
            let count = self.audience.peers.values().filter(|peer| peer.topics.contains(&topic)).count();
            subscriptions = subscriptions.with(&[("topic", topic.name())], count as f64);
        }
        let mut families = vec![
            Family::gauge("i3pm_uptime_seconds", "Since the daemon started.", age(self.life.started)),
            wm_state,
            Family::gauge("i3pm_wm_state_age_seconds", "Since the link is in its state.", age(self.stage.link().since)),
        ];
        if let Some(heard) = self.stage.link().heard {
            let help = "Since the window manager last said anything.";
            families.push(Family::gauge("i3pm_wm_silence_seconds", help, age(heard)));
        }
        families.extend([
            Histogram::family(
                "i3pm_switch_duration_seconds",
                "From the call of a switch of the project to its end.",
                "",
                [("", self.stage.switches_made().2)],
            ),
            Family::new("i3pm_windows", FamilyKind::Gauge, "Windows.")
                .with(&[("state", "hidden")], hidden as f64)
                .with(&[("state", "shown")], self.model.windows.table.windows.len().saturating_sub(hidden) as f64),
            Family::gauge("i3pm_projects", "Projects.", self.model.projects.known.names().count() as f64),
            Family::gauge("i3pm_peers", "Connections that are served.", self.audience.peers.len() as f64),
            subscriptions,
            Family::counter("i3pm_notices", "Notices that subscribers were owed.", self.audience.notices_count),
        ]);
        Metrics { families }
    }
}
