//! `i3pm rescue`: finds the window manager without a daemon, and shows what came back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::failure::Failure;
use super::text::{count, escaped};
use crate::doctor::ask_service_manager;
use crate::rescue::{Report, rescue};
use crate::sockets;
use crate::wire::discovery::{self, Environment, Previous};

/// How long the service manager may take to say how a unit is.
const SERVICE_MANAGER_TIMEOUT: Duration = Duration::from_secs(5);

/// How long displays and processes may take to tell of sockets.
const TOLD_TIMEOUT: Duration = Duration::from_secs(1);

/// A unit that is active, or will be: its daemon looks after what is hidden.
#[derive(Debug)]
pub struct Active {
    unit: String,
    state: String,
}

impl Active {
    /// Does its daemon look after what is hidden? A systemd from 254 on starts what OnFailure=
    /// names at every failure, also before it starts the unit again (systemd.service(5),
    /// RestartMode=). If nothing is known of the unit, the answer is no.
    #[must_use]
    pub fn find(unit: &str) -> Option<Active> {
        let answer = ask_service_manager(SERVICE_MANAGER_TIMEOUT, &["--value", "--property=ActiveState", "--", unit])?;
        let state = answer.trim();
        let active = || Active { unit: unit.to_owned(), state: state.to_owned() };
        matches!(state, "active" | "activating" | "reloading").then(active)
    }

    /// For people.
    pub fn text(&self) -> String {
        format!("{} is {}: what is hidden is left to it\n", escaped(&self.unit), escaped(&self.state))
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({"unit": self.unit, "state": self.state})
    }
}

/// Bring everything back, through the given socket or the first that answers.
///
/// # Errors
/// No window manager answers.
pub fn run(wm_socket: Option<&Path>) -> Result<Report, Failure> {
    rescue(&candidates(wm_socket).1).map_err(|error| Failure::refused(format!("{error:#}")))
}

/// The sockets that may be those of the window manager, best first, with the environment that says
/// so. Those that only others tell come last.
pub fn candidates(wm_socket: Option<&Path>) -> (Environment, Vec<PathBuf>) {
    let environment = sockets::environment(wm_socket.map(Path::to_owned));
    if environment.explicit.is_some() {
        let candidates = discovery::candidates(&environment, &[], &Previous::default());
        return (environment, candidates);
    }
    let runtime = super::places::runtime_directory();
    let files = sockets::find(runtime.as_deref(), environment.uid);
    let mut candidates = discovery::candidates(&environment, &files, &Previous::default());
    let told = sockets::told::told_within(TOLD_TIMEOUT, runtime, environment.uid);
    let is_new = |path: &PathBuf| !candidates.contains(path);
    candidates.extend(told.into_iter().filter(is_new).collect::<Vec<_>>());
    (environment, candidates)
}

/// For people.
pub fn text(report: &Report) -> String {
    let Report { containers, windows, still_hidden, .. } = report;
    if *containers == 0 && *still_hidden == 0 {
        return "nothing was hidden\n".to_owned();
    }
    format!("{} came back in {}\n", count(*windows, "window"), count(*containers, "container"))
}

/// For people: what did not go as it should.
pub fn complaints(report: &Report) -> Vec<String> {
    let mut complaints: Vec<String> =
        report.refused.iter().map(|refused| format!("the window manager refused: {}", escaped(refused))).collect();
    if report.still_hidden > 0 {
        complaints.push(format!("{} hidden still; run `i3pm rescue` again", count(report.still_hidden, "window")));
    }
    complaints
}

/// For programs.
pub fn json(report: &Report) -> Value {
    json!({
        "socket": report.socket.to_string_lossy(),
        "containers": report.containers,
        "windows": report.windows,
        "refused": report.refused,
        "still_hidden": report.still_hidden,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(containers: usize, windows: usize, still_hidden: usize) -> Report {
        Report { socket: "/run/i3.sock".into(), containers, windows, refused: vec!["No\nwindow".into()], still_hidden }
    }

    #[test]
    fn what_is_said() {
        assert_eq!(text(&report(0, 0, 0)), "nothing was hidden\n");
        assert_eq!(text(&report(2, 5, 1)), "5 windows came back in 2 containers\n");
        assert_eq!(complaints(&report(2, 5, 0)), [r"the window manager refused: No\nwindow"]);
        assert_eq!(complaints(&report(2, 5, 1))[1], "1 window hidden still; run `i3pm rescue` again");
        let expected = json!({"socket": "/run/i3.sock", "containers": 2, "windows": 5, "refused": ["No\nwindow"],
            "still_hidden": 1});
        assert_eq!(json(&report(2, 5, 1)), expected);
    }
}
