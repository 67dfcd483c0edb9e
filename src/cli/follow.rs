//! Commands that go on: `subscribe` and `events --follow`. They live over restarts of the daemon,
//! and end when their reader is gone.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::arguments::{EventsArguments, SubscribeArguments};
use super::connection::{Connection, wait_for_reader};
use super::failure::Failure;
use super::output::Output;
use super::{render, text};
use crate::api::{Call, EventsRecent, RecentEvent, Subscribe, Topic};

/// How long `events --follow` waits for a notice before it looks at the events anyway: not
/// everything that happens is a notice.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// The number of events that are asked for first; more only if these leave a gap.
const EVENTS_AT_ONCE: usize = 32;
/// The number of old events that are shown if no limit is given.
const EVENTS_FIRST: usize = 20;
/// How long a daemon is waited for before it is looked for again: at first, and at most.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Where the daemon is, and whether to stay with the first one.
#[derive(Debug, Clone, Copy)]
pub struct Daemon<'a> {
    /// Its socket.
    pub socket: &'a Path,
    /// How long it may take for an answer.
    pub timeout: Duration,
    /// End with the first connection.
    pub once: bool,
}

/// What is done with a connection, and the notices that came with it.
type GoOn<'a> = dyn FnMut(&mut Connection, Vec<Value>, &mut Output) -> Result<(), Failure> + 'a;

impl Daemon<'_> {
    /// Subscribe, and `go_on` with the connection and the notices that came before the answer;
    /// if the connection ends, wait for the next one, which is said in a line.
    ///
    /// # Errors
    /// The reader is gone; the daemon refused; with `once`, there is no daemon, or it is gone.
    fn follow(self, topics: &[Topic], output: &mut Output, go_on: &mut GoOn<'_>) -> Result<(), Failure> {
        let (mut is_told, mut pause) = (false, PAUSE_MIN);
        loop {
            let failure = match self.subscribe(topics) {
                Ok((mut connection, early)) => {
                    if std::mem::take(&mut is_told) {
                        tell(output, None)?;
                    }
                    pause = PAUSE_MIN;
                    match go_on(&mut connection, early, output) {
                        Ok(()) => return Ok(()),
                        Err(failure) => failure,
                    }
                }
                Err(failure) => failure,
            };
            match failure.passing() {
                Some(reason) if !self.once => {
                    if !std::mem::replace(&mut is_told, true) {
                        tell(output, Some(reason))?;
                    }
                }
                _ => return Err(failure),
            }
            wait_for_reader(pause)?;
            pause = PAUSE_MAX.min(2 * pause);
        }
    }

    fn subscribe(self, topics: &[Topic]) -> Result<(Connection, Vec<Value>), Failure> {
        let mut connection = Connection::open(self.socket, self.timeout)?;
        connection.have_reader();
        let mut early = Vec::new();
        connection.call_with(&Call::Subscribe(Subscribe { topics: topics.to_vec() }), &mut |notice| {
            early.push(notice);
            Ok(())
        })?;
        Ok((connection, early))
    }
}

/// Say that there is no connection, and why; or that there is one again.
fn tell(output: &mut Output, reason: Option<&str>) -> Result<(), Failure> {
    match (output.as_json, reason) {
        (true, Some(reason)) => {
            output.line(&text::json_line(&json!({"connection": "disconnected", "message": reason})))
        }
        (true, None) => output.line(&text::json_line(&json!({"connection": "connected"}))),
        (false, Some(reason)) => output.line(&format!("-- disconnected: {}", text::escaped(reason))),
        (false, None) => output.line("-- connected"),
    }
}

/// Print every notice as a line of JSON, until the reader goes, or as many are printed as were
/// asked for.
///
/// # Errors
/// The reader is gone; the daemon refused; with `--once`, it is not there or has closed.
pub fn subscribe(
    socket: &Path,
    timeout: Duration,
    arguments: SubscribeArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let SubscribeArguments { topics, count, no_initial, once } = arguments;
    let topics = if topics.is_empty() { vec![Topic::All] } else { topics };
    let mut left = count;
    // After a connection was lost the state tells what has changed meanwhile.
    let mut skips_state = no_initial;
    output.as_json = true;
    Daemon { socket, timeout, once }.follow(&topics, output, &mut |connection, early, output| {
        let skips_state = std::mem::take(&mut skips_state);
        // The first notice of a topic is its whole state.
        let mut begun = BTreeSet::new();
        let mut early = early.into_iter();
        loop {
            let Some(notice) = early.next().map_or_else(|| connection.notice(None), |notice| Ok(Some(notice)))? else {
                continue;
            };
            let is_initial = begun.insert(notice["topic"].as_str().map(str::to_owned));
            if is_initial && skips_state {
                continue;
            }
            output.line(&text::json_line(&notice))?;
            left = left.map(|left| left - 1);
            if left == Some(0) {
                return Ok(());
            }
        }
    })
}

/// Print the last events and then each new one, until the reader goes.
///
/// # Errors
/// The reader is gone; the daemon refused; with `--once`, it is not there or has closed.
pub fn events(
    socket: &Path,
    timeout: Duration,
    arguments: EventsArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let EventsArguments { limit, once, .. } = arguments;
    let topics = [Topic::Projects, Topic::Wm, Topic::Daemon];
    // Of the next daemon all that it has seen.
    let mut first = Some(limit.unwrap_or(EVENTS_FIRST));
    Daemon { socket, timeout, once }.follow(&topics, output, &mut |connection, _, output| {
        let mut last = 0;
        let mut found = recent(connection, first.take())?;
        loop {
            for (event, raw) in found {
                if event.seq > last {
                    last = event.seq;
                    match output.as_json {
                        true => output.line(&text::json_line(&raw))?,
                        false => output.text(&render::event(&event))?,
                    }
                }
            }
            connection.notice(Some(LOOK_AGAIN))?;
            connection.wait_from_now(timeout);
            found = recent(connection, Some(EVENTS_AT_ONCE))?;
            if found.len() == EVENTS_AT_ONCE && found[0].0.seq > last + 1 {
                found = recent(connection, None)?;
            }
        }
    })
}

/// Each event as we know it and as it came.
fn recent(connection: &mut Connection, limit: Option<usize>) -> Result<Vec<(RecentEvent, Value)>, Failure> {
    let mut answer = connection.call(&Call::EventsRecent(EventsRecent { limit }))?;
    let Value::Array(raw) = answer["events"].take() else { return Ok(Vec::new()) };
    let known = raw.into_iter().filter_map(|raw| Some((RecentEvent::deserialize(&raw).ok()?, raw)));
    Ok(known.collect())
}
