//! One call and its answer. It is asked again if the daemon is being replaced, or if a person
//! chooses something else.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::connection::{Connection, version_warning};
use super::failure::Failure;
use super::output::{Output, warn};
use super::show::Show;
use super::{ask, text};
use crate::api::Call;

/// How long the next daemon has at least, after one that was stopping or starting.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(1);

/// Ask the daemon behind `socket`, for `timeout` at the most, and show its answer.
///
/// # Errors
/// There is no answer in time, or it is a refusal, or it cannot be shown, or a part of what was
/// asked for is not done.
pub fn run(call: &Call, show: Show, socket: &Path, timeout: Duration, output: &mut Output) -> Result<(), Failure> {
    let (mut connection, mut value) = answer(call, socket, timeout)?;
    warn_of_version(call, &value);
    // The screen also has the numbers, which are an answer of their own.
    if matches!(show, Show::Status) && !output.as_json {
        value = Value::Array(vec![value, connection.call(&Call::Metrics)?]);
    }
    let all_done = show.all_is_done(&value);
    match output.as_json {
        true => output.line(&text::json_line(show.json(&value))),
        false => output.text(&show.text(value).map_err(|error| {
            connection.with_version_hint(Failure::refused(format!(
                "this i3pm does not understand the daemon's answer: {error}"
            )))
        })?),
    }?;
    if all_done { Ok(()) } else { Err(Failure::Told) }
}

/// The answer, and the connection that it came on.
fn answer(call: &Call, socket: &Path, timeout: Duration) -> Result<(Connection, Value), Failure> {
    let start = Instant::now();
    let mut connection = Connection::open(socket, timeout)?;
    let failure = match connection.call(call) {
        Ok(value) => return Ok((connection, value)),
        Err(failure) => failure,
    };
    if may_ask_again(call, &failure) {
        // It is being restarted: the next daemon on its socket answers. If there is none, the first
        // word stands.
        let left = timeout.saturating_sub(start.elapsed()).max(SHORTEST_TIMEOUT);
        let Ok(next) = Connection::open(socket, left) else { return Err(failure) };
        // The old connection ends here: a daemon that is leaving may wait for that.
        connection = next;
        let value = connection.call(call)?;
        return Ok((connection, value));
    }
    let Some(chosen) = ask::instead(&mut connection, call, &failure)? else { return Err(failure) };
    // The person took a while.
    connection.wait_from_now(timeout);
    let value = connection.call(&chosen)?;
    Ok((connection, value))
}

/// True if it is certain that nothing was done. A daemon that is starting or stopping says so; one
/// that is gone may have done a call that changes something.
fn may_ask_again(call: &Call, failure: &Failure) -> bool {
    match failure {
        Failure::Refused { code, .. } => matches!(code.as_deref(), Some("starting" | "stopping")),
        Failure::NoDaemon(_) => call.only_reads(),
        _ => false,
    }
}

/// Say that the daemon is of another version, after the calls that say who answers.
fn warn_of_version(call: &Call, value: &Value) {
    let version = match call {
        Call::Ping | Call::Status => value["version"].as_str(),
        _ => None,
    };
    if let Some(warning) = version.and_then(version_warning) {
        warn(&format!("i3pm: warning: {}", text::escaped(&warning)));
    }
}
