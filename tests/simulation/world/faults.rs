//! What breaks: which faults a run draws, and what each does.

use std::time::Duration;

use fastrand::Rng;
use i3pm::core::{Core, Event, Settings, WmKind};

use super::{Happening, World};

/// Where i3 finds the layouts that it appends.
pub const LAYOUT_FILE: &str = "/run/user/1000/i3pm/layout.json";

/// Which faults a run has, each in so many of 1000 steps.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    pub freeze: u32,
    pub connection_lost: u32,
    pub restart: u32,
    pub exit: u32,
    pub kill: u32,
    pub terminate: u32,
    pub refuse: u32,
    pub worker: u32,
    pub hold_up: u32,
    pub others: u32,
    pub claim: u32,
}

impl Faults {
    /// Those of a seed. Each is there in some of the runs only, so that there are runs without it.
    pub fn draw(rng: &mut Rng) -> Faults {
        let mut one = |often: u32| if rng.u8(..3) == 0 { often } else { 0 };
        Faults {
            freeze: one(8),
            connection_lost: one(6),
            restart: one(4),
            exit: one(3),
            kill: one(6),
            terminate: one(3),
            refuse: one(30),
            worker: one(60),
            hold_up: one(30),
            others: one(20),
            claim: one(8),
        }
    }
}

impl World {
    pub fn is_alive(&self) -> bool {
        self.core.is_some() && !self.stopped
    }

    pub fn freeze(&mut self) {
        if self.wm.up && !self.wm.frozen {
            self.wm.frozen = true;
            // Twice as long as any call may take.
            let pause = Duration::from_millis(self.rng.u64(20..8000));
            self.say(|| format!("wm freezes for {pause:?}"));
            self.after(pause, Happening::Thaw);
        }
    }

    /// The daemon gets no turn for a while: the machine slept, or its loop was stuck.
    pub fn hold_up(&mut self) {
        if self.is_alive() && self.terminated.is_none() {
            let pause = Duration::from_millis(self.rng.u64(500..3000));
            self.say(|| format!("the daemon is held up for {pause:?}"));
            self.now = self.now + pause;
            for (_, since, _) in self.outstanding.values_mut() {
                *since = *since + pause;
            }
        }
    }

    pub fn lose_connection(&mut self) {
        if self.wm.socket.is_some() {
            self.say(|| "the connection to the wm breaks".into());
            self.wm.break_connection();
            self.wm_moves();
        }
    }

    pub fn restart_wm(&mut self) {
        if self.wm.up && !self.wm.frozen && self.wm.wm.kind() == WmKind::I3 {
            self.say(|| "wm restarts in place".into());
            self.wm.restart();
            self.wm_moves();
            self.socket_appears();
        }
    }

    pub fn exit_wm(&mut self) {
        if self.wm.up && !self.wm.frozen {
            self.say(|| "wm exits".into());
            self.wm.exit();
            self.wm_moves();
            let pause = Duration::from_millis(self.rng.u64(1..4000));
            self.after(pause, Happening::WmStart);
        }
    }

    /// Another daemon takes the claim on the window manager, if ours has none, and serves it for
    /// a while.
    pub fn claim_for_another(&mut self) {
        if self.stream.is_none() && !self.held {
            let pause = Duration::from_millis(self.rng.u64(20..8000));
            self.say(|| format!("another daemon serves the wm for {pause:?}"));
            self.held = true;
            self.after(pause, Happening::Freed);
        }
    }

    /// The other daemon is gone.
    pub(super) fn freed(&mut self) -> Vec<Event> {
        self.held = false;
        let waited = std::mem::take(&mut self.awaits_claim);
        waited.then_some(Event::WmFreed).into_iter().collect()
    }

    pub(super) fn socket_appears(&mut self) {
        // inotify may miss it, or come twice.
        for _ in 0..self.rng.u8(..3) {
            let delay = self.micros(30_000);
            self.after(delay, Happening::SocketAppears);
        }
    }

    pub fn kill_daemon_soon(&mut self) {
        if self.is_alive() {
            self.kill_in = Some(self.rng.u32(..12));
        }
    }

    /// The daemon is gone, with all its connections.
    pub(super) fn daemon_gone(&mut self) {
        self.core = None;
        self.stopped = false;
        self.generation += 1;
        self.stream = None;
        self.awaits_claim = false;
        self.wm.disconnect();
        self.peers.all_gone();
        self.outstanding.clear();
        self.pending.clear();
        self.effects.clear();
        self.kill_in = None;
        self.terminated = None;
        self.ready = false;
        let pause = self.micros(200_000);
        self.after(pause, Happening::DaemonStart);
    }

    pub(super) fn start_daemon(&mut self) {
        if self.core.is_some() {
            return;
        }
        self.generation += 1;
        let generation = self.generation;
        self.say(|| format!("daemon {generation} starts"));
        let interval = Duration::from_secs(if self.rng.bool() { 3 } else { 30 });
        let watchdog = self.rng.bool().then_some(interval);
        let settings = Settings {
            epoch: format!("run-{generation}"),
            pid: 1000 + generation,
            config_file: "/config/i3pm/config.toml".into(),
            layout_file: Some(LAYOUT_FILE.into()),
            watchdog,
            started_unix_ms: 1_700_000_000_000 + self.now.nanos() / 1_000_000,
        };
        self.renew_worker();
        self.core = Some(Core::new(settings, self.now));
        self.pending.push_back(Event::Started);
    }

    /// Everything that was broken is mended and breaks no more.
    pub fn mend(&mut self) {
        self.say(|| "faults end".into());
        self.faults = Faults::default();
        self.kill_in = None;
        if self.held {
            self.after(Duration::ZERO, Happening::Freed);
        }
        if self.wm.frozen {
            self.wm.frozen = false;
            self.wm_moves();
        }
    }
}
