//! Commands that go on: `subscribe` and `events --follow`.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::arguments::SubscribeArguments;
use super::connection::Connection;
use super::failure::Failure;
use super::{Output, render, text};
use crate::api::{Call, EventsRecent, RecentEvent, Subscribe, Topic};

/// How long `events --follow` waits for a notice before it looks at the events anyway: not everything that happens
/// is a notice.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// So many events are asked for first; more only where these leave a gap.
const EVENTS_AT_ONCE: usize = 32;
/// So many old events are shown where no limit is given.
const EVENTS_FIRST: usize = 20;

/// Print every notice as a line of JSON, until the daemon or the reader goes, or as many are printed as were asked for.
///
/// # Errors
/// The daemon closed, or the reader is gone.
pub fn subscribe(
    connection: &mut Connection,
    arguments: SubscribeArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let SubscribeArguments { topics, count, no_initial } = arguments;
    let topics = if topics.is_empty() { vec![Topic::All] } else { topics };
    let mut left = count;
    // The first notice of a topic is its whole state.
    let mut begun = BTreeSet::new();
    let mut show = |notice: Value| {
        let is_initial = begun.insert(notice["topic"].as_str().map(str::to_owned));
        if is_initial && no_initial {
            return Ok(left);
        }
        left = left.map(|left| left - 1);
        output.line(&text::json_line(&notice)).map(|()| left)
    };
    let mut early = Vec::new();
    connection.call_with(&Call::Subscribe(Subscribe { topics }), &mut |notice| {
        early.push(notice);
        Ok(())
    })?;
    let mut early = early.into_iter();
    loop {
        let notice = match early.next() {
            Some(notice) => Some(notice),
            None => connection.notice(None)?,
        };
        if let Some(notice) = notice
            && show(notice)? == Some(0)
        {
            return Ok(());
        }
    }
}

/// Print the last events and then each new one, until the daemon or the reader goes.
///
/// # Errors
/// Always, at last: the daemon closed, or the reader is gone.
pub fn events(connection: &mut Connection, limit: Option<usize>, output: &mut Output) -> Result<(), Failure> {
    let topics = vec![Topic::Projects, Topic::Wm, Topic::Daemon];
    connection.call(&Call::Subscribe(Subscribe { topics }))?;
    let mut last = 0;
    let mut found = recent(connection, Some(limit.unwrap_or(EVENTS_FIRST)))?;
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
        connection.be_patient(false);
        found = recent(connection, Some(EVENTS_AT_ONCE))?;
        if found.len() == EVENTS_AT_ONCE && found[0].0.seq > last + 1 {
            found = recent(connection, None)?;
        }
    }
}

/// Each event as we know it and as it came.
fn recent(connection: &mut Connection, limit: Option<usize>) -> Result<Vec<(RecentEvent, Value)>, Failure> {
    let mut answer = connection.call(&Call::EventsRecent(EventsRecent { limit }))?;
    let Value::Array(raw) = answer["events"].take() else { return Ok(Vec::new()) };
    let known = raw.into_iter().filter_map(|raw| Some((RecentEvent::deserialize(&raw).ok()?, raw)));
    Ok(known.collect())
}
