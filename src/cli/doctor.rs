//! `i3pm doctor`: asks the daemon, if there is one, and shows what was found, one line a check.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::arguments::DoctorArguments;
use super::connection::Connection;
use super::failure::Failure;
use super::text::{Table, escaped};
use crate::api::{Call, StateDump, Status};
use crate::doctor::{Check, Daemon, FIX, Places, State, advice, examine};

/// What a visit at the doctor brought.
#[derive(Debug)]
pub struct Visit {
    checks: Vec<Check>,
    /// What `--fix` did.
    treatment: Option<String>,
}

/// Look at everything; with `--fix`, let the daemon repair first what it can.
pub fn run(options: &DoctorArguments, socket: &Path, timeout: Duration) -> Visit {
    let (environment, wm_sockets) = super::rescue::candidates(options.wm_socket.as_deref());
    let places = Places {
        socket: socket.to_owned(),
        runtime: super::places::runtime_directory(),
        environment,
        wm_sockets,
        timeout,
    };
    let treatment = options.fix.then(|| repair(socket, timeout));
    let mut checks = examine(&places, &mut || ask(socket, timeout));
    let treatment = treatment.map(|treatment| after(treatment, &mut checks));
    Visit { checks, treatment }
}

/// What became of the repair. What is still wrong after it needs another repair.
fn after(treatment: Result<(), String>, checks: &mut [Check]) -> String {
    if let Err(failure) = treatment {
        return failure;
    }
    let mut wrong = 0;
    for check in checks.iter_mut().filter(|check| check.repair.as_deref() == Some(FIX)) {
        wrong += 1;
        check.repair = Some(format!("--fix has not helped; {}", advice::restart_command()));
    }
    match wrong {
        0 => "the daemon has read the tree again: what it knows of the windows is right".to_owned(),
        _ => format!("the daemon has read the tree again; still wrong: {wrong} of the findings below"),
    }
}

/// What the daemon says. Each question has a connection and a deadline of its own.
fn ask(socket: &Path, timeout: Duration) -> Daemon {
    let asked = Connection::open(socket, timeout).and_then(|mut connection| {
        let status: Status = decoded(connection.call(&Call::Status)?)?;
        // An older daemon has no such call.
        let dump = connection.call(&Call::StateDump).and_then(decoded::<StateDump>).ok();
        Ok(Daemon::Answers(Box::new(status), dump.map(Box::new)))
    });
    match asked {
        Ok(daemon) => daemon,
        Err(Failure::TimedOut(reason)) => Daemon::Silent(reason),
        Err(Failure::Usage(reason)) => {
            Daemon::Unasked { reason, repair: "name another one with --socket or I3PM_SOCKET".to_owned() }
        }
        Err(Failure::Refused { code, message }) => {
            let repair = match code.as_deref() {
                Some("overloaded") => "end who holds them (`ss -xp` tells), and look again",
                Some("starting" | "stopping") => "look again in a moment",
                _ => "i3pm status",
            };
            Daemon::Unasked { reason: message, repair: repair.to_owned() }
        }
        Err(failure) => {
            let reason = message(&failure);
            // What to do a check says for itself.
            let reason = reason.strip_suffix(&format!("; {}", advice::start())).unwrap_or(&reason).to_owned();
            match other_owner(socket) {
                Some(owner) => Daemon::Unasked { reason, repair: format!("look as user {owner}, whose daemon it is") },
                None => Daemon::Absent(reason),
            }
        }
    }
}

/// The user whose socket it is, if that is another one.
fn other_owner(socket: &Path) -> Option<u32> {
    let owner = std::fs::metadata(socket).ok()?.uid();
    (owner != rustix::process::getuid().as_raw()).then_some(owner)
}

fn repair(socket: &Path, timeout: Duration) -> Result<(), String> {
    let repaired = Connection::open(socket, timeout).and_then(|mut connection| connection.call(&Call::StateRepair));
    repaired.map(drop).map_err(|failure| format!("the daemon could not repair anything: {}", message(&failure)))
}

fn decoded<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, Failure> {
    serde_json::from_value(value)
        .map_err(|error| Failure::refused(format!("this i3pm does not understand the daemon's answer: {error}")))
}

fn message(failure: &Failure) -> String {
    let text = failure.text(false).unwrap_or_default();
    text.strip_prefix("i3pm: ").unwrap_or(&text).to_owned()
}

impl Visit {
    /// Is all well?
    pub fn is_well(&self) -> bool {
        self.checks.iter().all(|check| check.state == State::Ok)
    }

    /// For people: each thing that was looked at, and under it what would repair it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if let Some(treatment) = &self.treatment {
            text.push_str(&format!("{}\n\n", escaped(treatment)));
        }
        let mut table = Table::new(0);
        for check in &self.checks {
            let state = match check.state {
                State::Ok => "ok",
                State::Warning => "warning",
                State::Problem => "PROBLEM",
            };
            let repair = check.repair.as_ref().map(|repair| format!(" -> {repair}")).unwrap_or_default();
            table.row([state.to_owned(), check.name.to_owned(), format!("{}{repair}", check.text)]);
        }
        table.render(&mut text);
        text
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({"well": self.is_well(), "treatment": self.treatment, "checks": self.checks})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_after_a_repair_takes_something_else() {
        let check = |repair: Option<&str>| Check {
            name: "marks",
            state: if repair.is_some() { State::Problem } else { State::Ok },
            text: "x".into(),
            repair: repair.map(str::to_owned),
        };
        let mut checks = [check(None), check(Some("mend it")), check(Some(FIX)), check(Some(FIX))];
        let text = after(Ok(()), &mut checks);
        assert_eq!(text, "the daemon has read the tree again; still wrong: 2 of the findings below");
        let repairs: Vec<Option<&str>> = checks.iter().map(|check| check.repair.as_deref()).collect();
        assert_eq!(repairs[..2], [None, Some("mend it")]);
        for repair in &repairs[2..] {
            assert!(repair.is_some_and(|repair| repair.starts_with("--fix has not helped; ")), "{repair:?}");
        }
        assert!(after(Ok(()), &mut checks[..2]).ends_with("is right"));
        assert_eq!(after(Err("no daemon".into()), &mut [check(Some(FIX))]), "no daemon");
    }
}
