//! What stands between the daemon and a program that it starts: a session of its own, the limits
//! that programs expect, a directory, an environment, and then exec. If a service manager starts
//! us, it also calls us when the program has ended.
//!
//! It is no part of the command line that people use: `api/start.rs` says what goes in and out.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use rustix::fs::{Access, Mode, OFlags};
use rustix::process::{Resource, getrlimit, setrlimit};

use super::arguments::LaunchVerbArguments;
use crate::api::{StartOrder, StartReport, report_of};

/// Start the program, or say that it has ended. This returns only if it could not be started, or
/// was only to be looked for.
pub fn run(arguments: &LaunchVerbArguments) -> ExitCode {
    let mut report = match open_report(&arguments.order) {
        Ok(report) => report,
        // Nobody waits for it any more.
        Err(_) if arguments.ended => return ExitCode::SUCCESS,
        Err(error) => {
            let order = arguments.order.display();
            let _ =
                writeln!(io::stderr(), "i3pm: nobody reads what becomes of {order}, so nothing is started: {error}");
            return ExitCode::FAILURE;
        }
    };
    if arguments.ended {
        say(&mut report, &ended(|name| std::env::var(name).ok()));
        return ExitCode::SUCCESS;
    }
    match start(&arguments.order, &mut report) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            say(&mut report, &StartReport::Failed { reason });
            ExitCode::FAILURE
        }
    }
}

/// The FIFO, which has a reader or is not there: so this does not wait.
fn open_report(order: &Path) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(rustix::fs::open(report_of(order), flags, Mode::empty())?.into())
}

/// Report something. It does not matter if nobody reads it.
fn say(report: &mut File, what: &StartReport) {
    if let Ok(mut line) = serde_json::to_string(what) {
        line.push('\n');
        let _ = report.write_all(line.as_bytes());
    }
}

/// Start what the order says. This returns only if that failed, or if the program was only to be
/// looked for.
fn start(order: &Path, report: &mut File) -> Result<(), String> {
    let read = std::fs::read(order).and_then(|text| Ok(serde_json::from_slice::<StartOrder>(&text)?));
    // It holds the environment, which others must not see.
    let _ = std::fs::remove_file(order);
    let order = read.map_err(|error| format!("its order {} cannot be read: {error}", order.display()))?;
    let StartOrder { command, directory, environment, descriptors, check } = order;
    let Some((program, rest)) = command.split_first() else { return Err("there is no program".to_owned()) };
    std::env::set_current_dir(&directory)
        .map_err(|error| format!("it cannot be started in the directory {directory}: {error}"))?;
    let path = environment.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value);
    let file = find(OsStr::new(program), path)?;
    if !check {
        // Fails if a service manager has made one already.
        let _ = rustix::process::setsid();
        if let Some(descriptors) = descriptors {
            let mut limit = getrlimit(Resource::Nofile);
            limit.current = Some(limit.maximum.map_or(descriptors, |maximum| maximum.min(descriptors)));
            setrlimit(Resource::Nofile, limit)
                .map_err(|error| format!("the limit of file descriptors cannot be set: {error}"))?;
        }
    }
    let stat = std::fs::read_to_string("/proc/self/stat").map_err(|error| format!("/proc/self/stat: {error}"))?;
    say(report, &StartReport::Takes { program: file.display().to_string(), stat });
    if check {
        return Ok(());
    }
    // The name stays the one that was asked for: some programs do what it says. The report is
    // closed by exec.
    let mut command = Command::new(&file);
    command.arg0(program).args(rest).env_clear().envs(environment).env("PWD", directory);
    Err(format!("{} cannot be run: {}", file.display(), command.exec()))
}

/// How the main process of a service ended, as systemd tells what it runs for ExecStopPost=
/// (systemd.exec(5), "Environment Variables Set on Exit").
fn ended(variable: impl Fn(&str) -> Option<String>) -> StartReport {
    let (code, status) = (variable("EXIT_CODE"), variable("EXIT_STATUS").unwrap_or_default());
    let outcome = match code.as_deref() {
        Some("exited") => format!("exit status: {status}"),
        Some("dumped") => format!("signal: SIG{status} (core dumped)"),
        Some(_) => format!("signal: SIG{status}"),
        // It was stopped before its process was there, or after it was gone.
        None => variable("SERVICE_RESULT").unwrap_or_default(),
    };
    StartReport::Ended { succeeded: outcome == "exit status: 0", outcome }
}

/// The file of a program: with a slash in its name it is that file, else it is looked for in PATH,
/// as execvp(3) does.
fn find(program: &OsStr, path: Option<&OsString>) -> Result<PathBuf, String> {
    let shown = Path::new(program).display();
    if program.as_bytes().contains(&b'/') {
        let file = PathBuf::from(program);
        return match std::fs::metadata(&file) {
            Err(error) => Err(format!("the program {shown} is not there: {error}")),
            Ok(_) if is_executable(&file) => Ok(file),
            Ok(_) => Err(format!("{shown} is no program that may be run; look at its mode")),
        };
    }
    let path = path.map_or(OsStr::new("/usr/local/bin:/usr/bin:/bin"), OsString::as_os_str);
    let found = std::env::split_paths(path).map(|directory| directory.join(program)).find(|file| is_executable(file));
    found.ok_or_else(|| {
        let path = path.to_string_lossy();
        format!("command not found: {shown} is in no directory of PATH={path}; install it, or write its whole path")
    })
}

fn is_executable(file: &Path) -> bool {
    file.is_file() && rustix::fs::access(file, Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn programs_are_found_as_a_shell_does() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        for (name, mode) in [("one", 0o644), ("two", 0o755)] {
            std::fs::create_dir(path(name)).unwrap();
            std::fs::write(path(name).join("tool"), "#!/bin/sh\n").unwrap();
            std::fs::set_permissions(path(name).join("tool"), Permissions::from_mode(mode)).unwrap();
        }
        std::fs::create_dir(path("one/other")).unwrap();
        let variable = std::env::join_paths([path("none"), path("one"), path("two")]).unwrap();
        let find = |program: &str| find(OsStr::new(program), Some(&variable));
        assert_eq!(find("tool"), Ok(path("two/tool")), "the first one may not be run");
        assert_eq!(find(path("two/tool").to_str().unwrap()), Ok(path("two/tool")));
        assert!(find(path("one/tool").to_str().unwrap()).unwrap_err().contains("mode"));
        let sentence = find("other").unwrap_err();
        assert!(sentence.contains("command not found: other") && sentence.contains("two"), "{sentence}");
        assert!(find("/none/x").unwrap_err().contains("/none/x is not there"));
    }

    #[test]
    fn the_end_of_a_service_is_said_as_that_of_a_child() {
        let said = |variables: &[(&str, &str)]| {
            let value = |name: &str| variables.iter().find(|known| known.0 == name).map(|known| known.1.to_owned());
            match ended(value) {
                StartReport::Ended { succeeded, outcome } => (succeeded, outcome),
                other => panic!("{other:?}"),
            }
        };
        let of = |code, status| said(&[("SERVICE_RESULT", "x"), ("EXIT_CODE", code), ("EXIT_STATUS", status)]);
        assert_eq!(of("exited", "0"), (true, "exit status: 0".into()));
        assert_eq!(of("exited", "7"), (false, "exit status: 7".into()));
        assert_eq!(of("killed", "TERM"), (false, "signal: SIGTERM".into()));
        assert_eq!(of("dumped", "SEGV"), (false, "signal: SIGSEGV (core dumped)".into()));
        assert_eq!(said(&[("SERVICE_RESULT", "resources")]), (false, "resources".into()));
    }
}
