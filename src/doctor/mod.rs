//! `i3pm doctor`: is everything as it should be, and what would repair it?
//!
//! It looks at the tree of the window manager, the files and the surroundings itself, through a
//! blocking connection of its own, and compares that with what the daemon says of its table. If the
//! daemon is dead or wedged, it says so and looks all the same. Nothing here changes anything.

pub mod advice;
mod check;
mod surroundings;
mod tree;
mod wm_rules;

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::check::RESTART_BOTH;
pub use self::check::{Check, Daemon, FIX, Places, State};
use self::surroundings::Unit;
pub use self::surroundings::ask_service_manager;
use crate::api::{StateDump, Status, WmState};
use crate::core::WmKind;
use crate::core::tree::Node;
use crate::rescue::Connection;
use crate::sockets::process::pid_behind;
use crate::sockets::wm_claim::Claim;

/// How many times we look: only a difference that is there every time is believed, because windows
/// come and go while we look.
const LOOKS_MAX: usize = 4;
/// The pause between two looks: longer than the daemon may take to learn of the process of a new
/// window.
const LOOK_PAUSE: Duration = Duration::from_millis(450);

/// Look at everything. `ask` asks the daemon, once for each look.
pub fn examine(places: &Places, ask: &mut dyn FnMut() -> Daemon) -> Vec<Check> {
    let mut daemon = ask();
    let (link, found) = connect(places, &daemon);
    let unit = surroundings::unit(places.timeout);
    let elsewhere = found.as_ref().and_then(|found| elsewhere(places, &daemon, &found.path));
    let surely =
        Surely { wm: found.as_ref(), elsewhere: elsewhere.as_ref(), unit: unit.as_ref().is_some_and(Unit::is_active) };
    let mut checks = of_daemon(&daemon, &surely);
    checks.extend(surroundings::permissions(places));
    checks.extend(surroundings::variables(places));
    checks.extend(link);
    let service = surroundings::service(unit.as_ref(), &places.socket, &daemon, elsewhere.is_some());
    if let Some(Found { mut connection, kind, .. }) = found {
        if kind == WmKind::Sway {
            checks.push(wm_rules::check(connection.configuration()));
        }
        let mut found: Vec<Check> = Vec::new();
        for look in 0..LOOKS_MAX {
            if look > 0 {
                std::thread::sleep(LOOK_PAUSE);
                daemon = ask();
            }
            let before = std::mem::take(&mut found);
            found = match connection.tree() {
                Ok(tree) => of_tree(kind, &tree, &daemon),
                Err(error) => {
                    let text = format!("the tree of the window manager cannot be read: {error:#}");
                    vec![Check::problem("windows", text, "see whether the window manager still reacts")]
                }
            };
            found.retain(|check| look == 0 || check.state == State::Ok || before.contains(check));
            // A daemon that does not answer moves nothing.
            let moving = matches!(daemon, Daemon::Answers(..));
            if !moving || found.iter().all(|check| check.state == State::Ok) {
                break;
            }
        }
        checks.extend(found);
    }
    let dump = match &daemon {
        Daemon::Answers(_, dump) => dump.as_deref(),
        _ => None,
    };
    checks.extend(surroundings::files(places, dump));
    checks.extend(dump.map(of_programs));
    checks.push(service);
    checks
}

/// The window manager that answers from here.
struct Found {
    path: PathBuf,
    connection: Connection,
    kind: WmKind,
}

/// A daemon that serves the window manager and is not the one that answers at our socket.
struct Elsewhere {
    pid: Option<u32>,
    socket: Option<String>,
}

/// What runs and answers: we advise nobody to start it.
struct Surely<'f> {
    wm: Option<&'f Found>,
    elsewhere: Option<&'f Elsewhere>,
    /// The unit of the service manager is active.
    unit: bool,
}

impl Elsewhere {
    fn text(&self) -> String {
        let pid = self.pid.map_or_else(|| "unknown".to_owned(), |pid| pid.to_string());
        let place = self.socket.as_ref().map(|socket| format!(" and answers at {socket}")).unwrap_or_default();
        format!("i3pmd with pid {pid} serves the window manager{place}")
    }

    fn repair(&self) -> String {
        let end = self.pid.map_or_else(|| "end it".to_owned(), |pid| format!("kill {pid}"));
        match &self.socket {
            Some(socket) => format!("one of the two is enough: {end}, or use that one with I3PM_SOCKET={socket}"),
            None => format!("one of the two is enough: {end}"),
        }
    }
}

/// Who serves the window manager at this path, if that is not the daemon that answered.
fn elsewhere(places: &Places, daemon: &Daemon, path: &Path) -> Option<Elsewhere> {
    let ours = if let Daemon::Answers(status, _) = daemon { Some(status.pid) } else { None };
    let pid = pid_behind(UnixStream::connect(path).ok()?);
    let holder = Claim::on(path, pid, places.environment.uid).ok()?.holder()?;
    let pid = holder.pid;
    (pid.is_none() || pid != ours).then(|| Elsewhere { pid, socket: holder.place(places.timeout) })
}

fn of_tree(kind: WmKind, tree: &Node, daemon: &Daemon) -> Vec<Check> {
    match daemon {
        Daemon::Answers(_, Some(dump)) => tree::checks(kind, tree, tree::Watch::Table(dump)),
        Daemon::Answers(_, None) => tree::checks(kind, tree, tree::Watch::Unknown),
        Daemon::Absent(_) | Daemon::Silent(_) | Daemon::Unasked { .. } => tree::checks(kind, tree, tree::Watch::Nobody),
    }
}

fn of_daemon(daemon: &Daemon, surely: &Surely) -> Vec<Check> {
    let status = match daemon {
        Daemon::Absent(reason) => {
            return vec![match surely.elsewhere {
                _ if surely.unit => Check::problem("daemon", reason.clone(), RESTART_BOTH),
                Some(other) => Check::problem("daemon", format!("{reason}; {}", other.text()), other.repair()),
                None => Check::problem("daemon", reason.clone(), advice::start_command()),
            }];
        }
        Daemon::Silent(reason) => {
            let repair = format!(
                "{}; if that is not to be had: kill -KILL its process and start i3pmd",
                advice::restart_command()
            );
            return vec![Check::problem("daemon", reason.clone(), repair)];
        }
        Daemon::Unasked { reason, repair } => return vec![Check::problem("daemon", reason.clone(), repair.clone())],
        Daemon::Answers(status, _) => status,
    };
    let mut checks = Vec::new();
    checks.push(match status.phase.as_str() {
        "running" => Check::ok("daemon", format!("i3pmd answers, pid {}", status.pid)),
        phase => Check::warning("daemon", format!("i3pmd is {phase}, pid {}", status.pid), "try again in a moment"),
    });
    checks.push(if status.version == crate::VERSION {
        Check::ok("version", format!("i3pm and i3pmd are {}", crate::VERSION))
    } else {
        let text = format!("this is i3pm {}, and the daemon is i3pmd {}", crate::VERSION, status.version);
        Check::warning("version", text, advice::restart_command())
    });
    checks.push(match (&status.config.error, status.config.warnings.as_slice()) {
        (Some(error), _) => Check::problem("config", error.to_string(), "i3pm check shows the line; mend it"),
        (None, []) => Check::ok("config", status.config.file.clone()),
        (None, [first, rest @ ..]) => {
            let more = if rest.is_empty() { String::new() } else { format!(", and {} more", rest.len()) };
            Check::warning("config", format!("{first}{more}"), "i3pm check")
        }
    });
    let sink = if status.log.sink.is_empty() { "an older daemon does not say where" } else { &status.log.sink };
    checks.push(match status.log.lost {
        0 => Check::ok("log", format!("goes to {sink}, no line was lost")),
        lost => {
            let text = format!("goes to {sink}, and {lost} lines were lost: it does not take them fast enough");
            Check::warning("log", text, "see whether the disk of the journal, or the reader of stderr, is stuck")
        }
    });
    checks.push(of_link(status, surely));
    checks
}

/// Is there a program that ends when it is hidden, or one that cannot be read?
fn of_programs(dump: &StateDump) -> Check {
    let Some(last) = dump.closed.last() else {
        let text = "none of their windows closed within a second of being hidden";
        return Check::ok(
            "programs",
            match dump.unreadable_processes {
                0 => text.to_owned(),
                count => format!(
                    "{text}; the environment of {count} cannot be read, and their launches are known by their process"
                ),
            },
        );
    };
    let program = last.program.as_deref().unwrap_or("a program of no name");
    let title = last.title.as_deref().unwrap_or_default();
    let more = match dump.closed.len() - 1 {
        0 => String::new(),
        others => format!("; before it {others} more windows"),
    };
    let text = format!("{program} {title:?} closed {} ms after it was hidden{more}", last.after_ms);
    let repair = "see whether the program ended of it; a rule with `global = true` keeps its windows in sight";
    Check::warning("programs", text, repair)
}

fn of_link(status: &Status, surely: &Surely) -> Check {
    let kind = status.wm.kind.as_deref().unwrap_or("the window manager");
    match status.wm.state {
        WmState::Connected => Check::ok("wm", format!("the daemon is connected to {kind}")),
        WmState::Connecting => Check::warning("wm", "the daemon is connecting", "try again in a moment"),
        WmState::Stale => {
            let age = status.wm.request_age_ms.unwrap_or(status.wm.state_age_ms);
            let text = format!("{kind} has not answered the daemon for {} s", age / 1000);
            Check::problem("wm", text, "see whether it still reacts; the daemon goes on when it does")
        }
        WmState::Disconnected => {
            let reason = status.wm.reason.as_deref().unwrap_or("none was found");
            let text = format!("the daemon has no window manager: {reason}");
            let told = status.wm.holder.as_ref();
            let told = told.map(|holder| Elsewhere { pid: holder.pid, socket: holder.socket.clone() });
            match (told.as_ref().or(surely.elsewhere), surely.wm) {
                (Some(other), _) => Check::problem("wm", text, other.repair()),
                (None, Some(Found { path, kind, .. })) => {
                    let (name, path) = (kind.name(), path.display());
                    let repair = format!("{name} answers at {path}: give the daemon that with --wm-socket {path}");
                    Check::problem("wm", text, repair)
                }
                (None, None) => {
                    Check::problem("wm", text, "start i3 or sway as this user: the daemon finds its socket by itself")
                }
            }
        }
    }
}

/// A connection of our own, to the window manager that the daemon serves, if it serves one.
fn connect(places: &Places, daemon: &Daemon) -> (Vec<Check>, Option<Found>) {
    let theirs = match daemon {
        Daemon::Answers(status, _) => status.wm.socket.clone().map(PathBuf::from),
        _ => None,
    };
    let mut checks = Vec::new();
    let mut reasons = Vec::new();
    let mut ours = None;
    for path in &places.wm_sockets {
        match Connection::open(path, places.timeout) {
            Ok(opened) => {
                ours = Some((path.clone(), opened));
                break;
            }
            Err(error) => reasons.push(format!("{}: {error:#}", path.display())),
        }
    }
    let chosen = match (&theirs, &ours) {
        (Some(theirs), Some((path, _))) if theirs == path => ours,
        // It has been asked, and did not answer.
        (Some(path), None) if places.wm_sockets.contains(path) => None,
        (Some(path), _) => match Connection::open(path, places.timeout) {
            Ok(opened) => {
                if let Some((other, _)) = &ours {
                    let text = format!(
                        "the daemon serves {}, but from here {} is found first",
                        path.display(),
                        other.display()
                    );
                    let repair = "start the daemon from the session you want, or unset SWAYSOCK and I3SOCK here";
                    checks.push(Check::warning("wm-socket", text, repair));
                }
                Some((path.clone(), opened))
            }
            Err(error) => {
                reasons.push(format!("{}, which the daemon uses: {error:#}", path.display()));
                None
            }
        },
        (None, _) => ours,
    };
    let Some((path, (connection, kind))) = chosen else {
        let text = match reasons.is_empty() {
            true => "no socket of i3 or sway was found".to_owned(),
            false => format!("no window manager answers: {}", reasons.join("; ")),
        };
        let repair = "run this in the session of the window manager, or name its socket with --wm-socket";
        return (vec![Check::problem("wm-socket", text, repair)], None);
    };
    if checks.is_empty() {
        let same = if theirs.is_some() { ", and the daemon uses it" } else { "" };
        checks.push(Check::ok("wm-socket", format!("{} answers at {}{same}", kind.name(), path.display())));
    }
    checks.push(surroundings::wm_version(kind, connection.version()));
    (checks, Some(Found { path, connection, kind }))
}
