//! Every file descriptor and syscall: the loop and its sources. No decisions about windows or
//! projects here.
//!
//! - `event_loop`: the one place that waits.
//! - `listener`, `binding`, `activation`, `own_path`, `incumbent`: where we are called, and who was
//!   there before.
//! - `peers`, `offenders`: those who call us, and who may not.
//! - `window_manager`, `wm_connection`, `wm_handover`, `wm_claim`, `display`: i3 or sway, which daemon serves it, and the X server.
//! - `worker`, `files`, `stores`, `lineage`, `launcher`: what can block, in another thread: files,
//!   other processes, the start of a program.
//! - `paths`, `directory`, `descriptors`: where our files lie, and how many may be open.
//! - `children`: the programs that were started.
//! - `config_watch`, `socket_watch`, `inotify_source`: what is seen of files that others change.
//! - `signals`, `clock`: signals, the timer.
//! - `systemd`, `log`, `catalog`, `report`, `meter`: whom we tell, and what.

mod activation;
pub mod arguments;
mod binding;
mod catalog;
mod children;
mod clock;
mod config_watch;
mod descriptors;
mod directory;
mod display;
mod event_loop;
mod files;
mod incumbent;
mod inotify_source;
mod launcher;
mod lineage;
mod listener;
mod log;
mod meter;
mod offenders;
mod own_path;
mod paths;
mod peers;
mod process;
mod report;
mod signals;
mod socket;
mod socket_watch;
mod stores;
mod systemd;
mod window_manager;
mod wm_claim;
mod wm_connection;
mod wm_handover;
mod worker;

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Parser;

use self::arguments::Arguments;
use self::event_loop::{EventLoop, Parts};
use self::listener::{ListenError, Listener};
use self::log::Log;
use self::paths::Paths;
use self::signals::Signals;
use self::systemd::ServiceManager;
use crate::core::{Level, Settings};

/// How long the last lines of the log may take.
const LOG_CLOSE_LIMIT: Duration = Duration::from_millis(100);

/// The daemon, from its first act to its exit code: 0 stopped as asked, or another one serves
/// already; 1 it could not start or go on; 2 wrong arguments.
#[must_use]
pub fn main() -> ExitCode {
    // Before anything else: a signal that comes while we start is answered like any other.
    let signals = Signals::install();
    let arguments = Arguments::parse();
    let level = match arguments.level(std::env::var("I3PM_LOG").ok().as_deref()) {
        Ok(level) => level,
        Err(sentence) => return refuse(&sentence, ExitCode::from(2)),
    };
    let signals = match signals {
        Ok(signals) => signals,
        Err(error) => return refuse(&format!("the signal handlers cannot be installed: {error}"), ExitCode::FAILURE),
    };
    let log = match Log::open(level) {
        Ok(log) => log,
        Err(error) => {
            let help = "see `ulimit -u`, and TasksMax= of the unit";
            return refuse(&format!("no thread can be started, as for the log: {error}; {help}"), ExitCode::FAILURE);
        }
    };
    let (result, log) = serve(&arguments, signals, log);
    let code = match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            log.line(Level::Error, "stopped", sentence);
            ExitCode::FAILURE
        }
    };
    log.close(LOG_CLOSE_LIMIT);
    code
}

fn serve(arguments: &Arguments, signals: Signals, log: Log) -> (Result<(), String>, Log) {
    let mut paths = match Paths::find(arguments) {
        Ok(paths) => paths,
        Err(sentence) => return (Err(sentence), log),
    };
    paths.launcher.descriptors = descriptors::raise_limit().unwrap_or_else(|error| {
        log.line(Level::Debug, "limit", format!("the limit of file descriptors stays as it is: {error}"));
        None
    });
    if let Err(error) = directory::make(&paths.runtime) {
        return (Err(format!("directory {} cannot be made: {error}", paths.runtime.display())), log);
    }
    let tell = |text| log.line(Level::Info, "occupied", text);
    let (listener, warning) = match Listener::open(&paths.socket, tell) {
        Ok(opened) => opened,
        Err(ListenError::Occupied { other }) => {
            let pid = other.pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
            let sentence = format!("another i3pmd{pid} answers on {}; it goes on serving", paths.socket.display());
            log.line(Level::Warning, "occupied", sentence);
            return (Ok(()), log);
        }
        Err(ListenError::Failed(sentence)) => return (Err(sentence), log),
    };
    if let Some(warning) = warning {
        log.line(Level::Warning, "activation", warning);
    }
    // Orders of a daemon that was killed: they are removed, and nobody waits for that.
    let _ = std::fs::remove_dir_all(&paths.launcher.orders);
    let source = if listener.is_given() { "given by the service manager" } else { "bound" };
    log.line(Level::Debug, "listening", format!("socket {} ({source})", paths.socket.display()));
    let settings = Settings {
        epoch: epoch(),
        pid: std::process::id(),
        config_file: paths.config_file.to_string_lossy().into_owned(),
        layout_file: paths.layout.to_str().map(str::to_owned),
        watchdog: systemd::watchdog(),
        started_unix_ms: u64::try_from(since_1970().as_millis()).unwrap_or(u64::MAX),
    };
    let service_manager = ServiceManager::from_environment();
    let wm_socket = arguments.wm_socket.clone();
    match EventLoop::new(Parts { paths, wm_socket, log, signals, listener, service_manager, settings }) {
        Ok(event_loop) => {
            let (result, log) = event_loop.run();
            (result.map_err(|error| format!("the event loop cannot wait any more: {error}")), log)
        }
        Err((error, log)) => (Err(format!("the event loop cannot be made: {error}")), log),
    }
}

/// Names this run: when it began, and as which process.
fn epoch() -> String {
    format!("{:x}-{:x}", since_1970().as_micros(), std::process::id())
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A fault found before there is a log.
fn refuse(sentence: &str, code: ExitCode) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "i3pmd: {sentence}");
    code
}
