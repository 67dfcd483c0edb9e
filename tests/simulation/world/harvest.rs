//! Forks: copies of the world at every instant at which something can break. Each is broken there
//! and played to its end.
//!
//! A daemon that is killed leaves nothing behind but the window manager and the disk. So instead of
//! playing a scene again for each instant, the sweep copies the world at that instant. Instants
//! between which neither changed are one and the same; they are counted each and played once.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::World;
use crate::fake_wm::command;
use crate::support::framing;
use crate::wm_side::Socket;

/// A world in which something has just been broken.
#[derive(Clone)]
pub struct Fork {
    /// The thing that was broken, and the place.
    pub what: String,
    /// A command was refused; everything else breaks between commands.
    pub refused: bool,
    /// The world itself.
    pub world: World,
}

/// The number of instants of each sort.
#[derive(Debug, Clone, Copy, Default)]
pub struct Points {
    /// The daemon was killed after an effect, or while one of its requests was being executed.
    pub kills: u64,
    /// The connection broke before a request had come whole: one world for each byte of it.
    pub cut_requests: u64,
    /// The connection broke after a request was executed, in the course of the answer.
    pub cut_answers: u64,
    /// A command was refused.
    pub refusals: u64,
}

impl Points {
    pub fn add(&mut self, other: Points) {
        self.kills += other.kills;
        self.cut_requests += other.cut_requests;
        self.cut_answers += other.cut_answers;
        self.refusals += other.refusals;
    }
}

/// The forks that were gathered while one thing was done.
#[derive(Clone, Default)]
pub struct Harvest {
    pub forks: Vec<Fork>,
    pub points: Points,
    effects: u64,
    requests: u64,
    killed: BTreeSet<u64>,
}

impl World {
    /// Gather forks from here on.
    pub fn sow(&mut self) {
        self.harvest = Some(Box::default());
    }

    /// The forks that were gathered.
    pub fn reap(&mut self) -> Harvest {
        self.harvest.take().map(|harvest| *harvest).unwrap_or_default()
    }

    /// A copy that gathers nothing.
    pub fn fork(&mut self) -> World {
        let harvest = self.harvest.take();
        let copy = self.clone();
        self.harvest = harvest;
        copy
    }

    /// The world as a daemon that starts now finds it: trees are told with all their ids and marks.
    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.wm.wm.tree().to_string().hash(&mut hasher);
        self.wm.waiting().hash(&mut hasher);
        for (file, text) in &self.disk.files {
            format!("{file:?}{text}").hash(&mut hasher);
        }
        hasher.finish()
    }

    /// An effect was performed: the daemon could be killed here.
    pub(super) fn fork_after_effect(&mut self, told: &str) {
        let Some(harvest) = &mut self.harvest else { return };
        harvest.effects += 1;
        harvest.points.kills += 1;
        let what = format!("killed after effect {}: {told}", harvest.effects);
        self.fork_killed(what);
    }

    fn fork_killed(&mut self, what: String) {
        let fingerprint = self.fingerprint();
        let Some(harvest) = &mut self.harvest else { return };
        if !harvest.killed.insert(fingerprint) {
            return;
        }
        let mut world = self.fork();
        world.say(|| format!("FORK: {what}"));
        world.daemon_gone();
        self.push_fork(what, false, world);
    }

    fn push_fork(&mut self, what: String, refused: bool, world: World) {
        if let Some(harvest) = &mut self.harvest {
            harvest.forks.push(Fork { what, refused, world });
        }
    }

    /// The window manager is about to execute a request: it may not have come whole, and each of
    /// its commands may be refused.
    pub(super) fn fork_before_execution(&mut self) {
        let Some((kind, payload)) = self.wm.next_request() else { return };
        let Some(harvest) = &mut self.harvest else { return };
        harvest.requests += 1;
        let request = harvest.requests;
        let frame = framing::frame(kind, &payload);
        for bytes in 0..frame.len() {
            let mut socket = Socket::default();
            socket.receive(&frame[..bytes]);
            assert!(!socket.has_request(), "{bytes} of {} bytes are no request", frame.len());
            harvest.points.cut_requests += 1;
        }
        let text = String::from_utf8_lossy(&payload).into_owned();
        let what = format!("cut within request {request}, {kind} {text}");
        let mut world = self.fork();
        world.say(|| format!("FORK: {what}"));
        world.lose_connection();
        self.push_fork(what, false, world);
        if kind != 0 || self.wm.makes_vault() {
            return;
        }
        let commands = command::parse(self.wm.wm.kind(), &text);
        for (number, item) in commands.iter().enumerate() {
            let what = format!("request {request}, command {number} refused, {:?} of {text}", item.command);
            let mut world = self.fork();
            world.say(|| format!("FORK: {what}"));
            world.wm.execute(Some(number));
            world.wm_moves();
            self.push_fork(what, true, world);
            if let Some(harvest) = &mut self.harvest {
                harvest.points.refusals += 1;
            }
        }
    }

    /// The window manager has executed a request, and nobody has heard of it yet.
    pub(super) fn fork_after_execution(&mut self) {
        let Some(harvest) = &mut self.harvest else { return };
        harvest.points.kills += 1;
        let request = harvest.requests;
        self.fork_killed(format!("killed when request {request} was executed and not answered"));
        let ends = self.wm.socket.as_ref().map(Socket::ends).unwrap_or_default();
        let last = ends.last().copied().unwrap_or(0);
        let before_answer = ends.iter().rev().nth(1).copied().unwrap_or(0);
        // The daemon has heard nothing, half of the first thing, all but the answer, half of it,
        // everything.
        let first = ends.first().copied().unwrap_or(0);
        let places: BTreeSet<usize> =
            [0, first / 2, first, before_answer, before_answer.midpoint(last), last].into_iter().collect();
        for bytes in places {
            let what = format!("cut after request {request} was executed, {bytes} of {last} bytes heard");
            let mut world = self.fork();
            world.say(|| format!("FORK: {what}"));
            if let Some(socket) = &mut world.wm.socket {
                socket.to_daemon.truncate(bytes);
            }
            world.lose_connection();
            self.push_fork(what, false, world);
            if let Some(harvest) = &mut self.harvest {
                harvest.points.cut_answers += 1;
            }
        }
    }

    /// Let everything happen that happens soon.
    ///
    /// # Errors
    /// A rule was broken, or there is no end to it.
    pub fn come_to_rest(&mut self) -> Result<(), super::Broken> {
        let end = self.now + std::time::Duration::from_secs(20);
        while self.peers.has_work() || !self.is_idle() {
            if self.now > end {
                return Err("it does not come to rest".into());
            }
            self.advance()?;
        }
        Ok(())
    }
}
