//! The programs that were started: what each of them reports, and its end. Nothing here waits.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsRawFd, RawFd};
use std::process::ExitStatus;
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use rustix::process::{Signal, kill_process, kill_process_group};

use super::launcher::{Process, Report, Started};
use super::lineage;
use crate::api::StartReport;
use crate::core::{Ending, Event, LaunchId, LaunchOrder, Time};

/// How many bytes of a program's report are read at most; the rest is left unread.
pub const REPORT_BYTES_MAX: usize = 1 << 16;
/// How many programs may be starting at a time: until a program runs, what starts it is in our
/// control group and counts against our limits.
pub const STARTING_MAX: usize = 4;
/// How long it may take until a program runs.
pub const START_DEADLINE: Duration = Duration::from_secs(10);
/// Tokens of ours: above those of the sources that are there once, below those of peers.
const TOKENS: std::ops::Range<usize> = 1 << 10..1 << 30;

/// All programs.
#[derive(Debug, Default)]
pub struct Children {
    /// Those that are to be started next.
    orders: VecDeque<Box<LaunchOrder>>,
    /// How many are with the worker.
    commissioned: usize,
    /// Those that perhaps do not run yet, each with the end of our wait for that.
    starting: BTreeMap<usize, Time>,
    known: BTreeMap<usize, Program>,
    /// Those of whom there may be news.
    stirred: BTreeSet<usize>,
    /// Those that could not be watched and were told to end: their process ids are given back when
    /// they are gone.
    unwatched: Vec<Process>,
    count: usize,
}

#[derive(Debug)]
struct Program {
    launch: LaunchId,
    check: bool,
    /// It, or what starts it.
    process: Process,
    unit: Option<String>,
    /// Closed if nothing more is reported.
    report: Option<Report>,
    said: Vec<u8>,
    stage: Stage,
    /// It was asked to end, and its end is not told before we have ended it: so if it is our child,
    /// its process id is nobody else's.
    kept: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It is not known whether it runs.
    Starting,
    /// It runs, so its end is worth telling.
    Runs,
    /// It reports nothing more; only the wait for our child is left.
    Over,
}

impl Children {
    /// Is this a token of ours?
    #[must_use]
    pub fn owns(token: Token) -> bool {
        TOKENS.contains(&token.0)
    }

    /// A program will be started when there is place.
    pub fn order(&mut self, order: Box<LaunchOrder>) {
        self.orders.push_back(order);
    }

    /// What the worker is to start now.
    pub fn commission(&mut self) -> Option<Box<LaunchOrder>> {
        if self.commissioned + self.starting.len() >= STARTING_MAX {
            return None;
        }
        let order = self.orders.pop_front()?;
        self.commissioned += 1;
        Some(order)
    }

    /// The worker has started a program, or not. An event that comes back says that it will never
    /// run.
    pub fn add(
        &mut self,
        registry: &Registry,
        now: Time,
        launch: LaunchId,
        started: Result<Started, String>,
    ) -> Option<Event> {
        self.commissioned -= 1;
        let started = match started {
            Ok(started) => started,
            Err(reason) => return Some(Event::LaunchFailed { launch, reason }),
        };
        let Started { check, process, unit, report } = started;
        let (report, stage) = (Some(report), Stage::Starting);
        let program = Program { launch, check, process, unit, report, said: Vec::new(), stage, kept: false };
        match self.watch(registry, program) {
            Ok(token) => {
                self.starting.insert(token, now + START_DEADLINE);
                None
            }
            Err(error) => {
                Some(Event::LaunchFailed { launch, reason: format!("its process cannot be watched: {error}") })
            }
        }
    }

    /// Watch what was asked to end a service; the core hears nothing of it.
    pub fn add_other(&mut self, registry: &Registry, launch: LaunchId, process: Process) {
        let (check, unit, report, stage) = (true, None, None, Stage::Over);
        // If it cannot be watched, it is ended. That is no better and no worse than a service
        // manager that does not listen.
        let _ = self
            .watch(registry, Program { launch, check, process, unit, report, said: Vec::new(), stage, kept: false });
    }

    /// Watch a program. One that cannot be watched is ended.
    fn watch(&mut self, registry: &Registry, mut program: Program) -> io::Result<usize> {
        // Two tokens for each, used again only after hundreds of millions of launches.
        let token = TOKENS.start + (2 * self.count) % TOKENS.len();
        self.count += 1;
        let of =
            |descriptor: RawFd, token| registry.register(&mut SourceFd(&descriptor), Token(token), Interest::READABLE);
        let report = program.report.as_ref().map_or(Ok(()), |report| of(report.lines.as_raw_fd(), token));
        let end = || program.process.end.as_ref().map_or(Ok(()), |end| of(end.as_raw_fd(), token + 1));
        if let Err(error) = report.and_then(|()| end()) {
            program.process.kill();
            self.unwatched.push(program.process);
            return Err(error);
        }
        self.known.insert(token, program);
        self.stirred.insert(token);
        Ok(token)
    }

    /// Ask a program, and all that is in its process group, to end; or end them. If it is a
    /// service, its name comes back: the service manager must be asked for that.
    pub fn end(&mut self, launch: LaunchId, ending: Ending) -> Option<String> {
        let is_it = |program: &Program| program.launch == launch && program.stage != Stage::Over;
        let (token, program) = self.known.iter_mut().find(|(_, program)| is_it(program))?;
        // If it does not run yet, we still have to say whether it will.
        program.kept = ending == Ending::Asked && program.stage == Stage::Runs;
        self.stirred.insert(*token);
        if program.unit.is_some() {
            return program.unit.clone();
        }
        let signal = match ending {
            Ending::Asked => Signal::TERM,
            Ending::Killed => Signal::KILL,
        };
        // Before its program runs there is one process, which becomes the leader of a group just
        // before that.
        let _ = match program.stage {
            Stage::Starting => kill_process(program.process.pid(), signal),
            Stage::Runs | Stage::Over => kill_process_group(program.process.pid(), signal),
        };
        None
    }

    /// Something is ready.
    pub fn stir(&mut self, token: Token) {
        self.stirred.insert(token.0 & !1);
    }

    /// True if `next` may bring something.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.stirred.is_empty()
    }

    /// When `next` has to be called at the latest.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        self.starting.values().min().copied()
    }

    /// The next that there is to say of one of them.
    pub fn next(&mut self, now: Time) -> Option<Event> {
        self.unwatched.retain_mut(|process| process.ended().is_none());
        let is_overdue = |due: &Time| *due <= now;
        self.stirred.extend(self.starting.iter().filter(|(_, due)| is_overdue(due)).map(|(token, _)| *token));
        while let Some(token) = self.stirred.first().copied() {
            let Some(program) = self.known.get_mut(&token).filter(|program| !program.kept) else {
                self.stirred.remove(&token);
                continue;
            };
            let event = program.next(self.starting.get(&token).is_some_and(is_overdue));
            if program.stage != Stage::Starting {
                self.starting.remove(&token);
            }
            if program.stage == Stage::Over && program.process.ended().is_some() {
                self.known.remove(&token);
            }
            match event {
                Some(event) => return Some(event),
                None => self.stirred.remove(&token),
            };
        }
        None
    }
}

/// What is reported of a program, put together.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    takes: Option<(String, String)>,
    failed: Option<String>,
    ended: Option<(bool, String)>,
    /// What is no report: of the service manager.
    words: Vec<String>,
}

impl Said {
    fn of(bytes: &[u8]) -> Said {
        let mut said = Said::default();
        for line in String::from_utf8_lossy(bytes).lines() {
            match serde_json::from_str(line) {
                Ok(StartReport::Takes { program, stat }) => said.takes = Some((program, stat)),
                Ok(StartReport::Failed { reason }) => said.failed = Some(reason),
                Ok(StartReport::Ended { succeeded, outcome }) => said.ended = Some((succeeded, outcome)),
                Err(_) => said.words.push(line.to_owned()),
            }
        }
        said
    }
}

impl Program {
    /// The next that there is to say of it.
    fn next(&mut self, overdue: bool) -> Option<Event> {
        let ended = self.process.ended();
        let closed = self.report.as_mut().is_none_or(|report| read(&mut report.lines, &mut self.said));
        match self.stage {
            Stage::Starting => self.begins(ended, closed, overdue),
            Stage::Runs => self.ends(ended),
            Stage::Over => None,
        }
    }

    fn begins(&mut self, ended: Option<ExitStatus>, closed: bool, overdue: bool) -> Option<Event> {
        let launch = self.launch;
        let said = Said::of(&self.said);
        // The verb holds the report until its program has taken its place; systemd-run, until it is
        // done.
        if let (Some((program, stat)), None) = (&said.takes, &said.failed)
            && (closed || said.ended.is_some())
        {
            self.stage = if self.check { Stage::Over } else { Stage::Runs };
            self.process.let_live();
            if self.unit.is_none() {
                self.report = None;
            }
            let (pid, start_time) = lineage::identity(stat).unwrap_or_default();
            return Some(Event::LaunchStarted { launch, pid, start_time, program: program.clone() });
        }
        let is_service = self.unit.is_some();
        let gave_up = ended.filter(|status| !is_service || !status.success());
        let reason = match (said.failed, gave_up, said.ended) {
            (Some(reason), ..) => reason,
            (None, Some(status), _) if said.words.is_empty() => format!("its process said nothing: {status}"),
            (None, Some(_), _) => said.words.join(" "),
            (None, None, Some((_, outcome))) => format!("its process said nothing: {outcome}"),
            _ if overdue => {
                let whose = if is_service { "the service manager has" } else { "its process has" };
                format!("{whose} not begun it within {} s", START_DEADLINE.as_secs())
            }
            _ => return None,
        };
        self.stage = Stage::Over;
        self.process.kill();
        Some(Event::LaunchFailed { launch, reason })
    }

    fn ends(&mut self, ended: Option<ExitStatus>) -> Option<Event> {
        let (succeeded, outcome) = match &self.unit {
            Some(_) => Said::of(&self.said).ended?,
            None => ended.map(|status| (status.success(), status.to_string()))?,
        };
        self.stage = Stage::Over;
        Some(Event::LaunchEnded { launch: self.launch, succeeded, outcome })
    }
}

/// Read what there is. True if nobody has it open to write.
fn read(report: &mut File, said: &mut Vec<u8>) -> bool {
    let mut buffer = [0; 512];
    while said.len() < REPORT_BYTES_MAX {
        match report.read(&mut buffer) {
            Ok(0) => return true,
            Ok(count) => said.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return error.kind() != ErrorKind::WouldBlock,
        }
    }
    true
}
