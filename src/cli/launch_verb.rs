//! What stands between the daemon and a program that it starts: a session of its own, the limits that programs expect, a directory, and then exec.
//!
//! It is no part of the command line that people use: the daemon's `launcher` says what goes in and out.

use std::ffi::OsStr;
use std::io::{self, PipeWriter, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use rustix::fs::{Access, Mode, OFlags};
use rustix::process::{Resource, getrlimit, setrlimit};

use super::arguments::LaunchVerbArguments;
use crate::api::LAUNCH_STARTED;

/// Start the program. Comes back only where that failed, or where it was only to be looked for.
pub fn run(arguments: &LaunchVerbArguments) -> ExitCode {
    let mut report = match redirect() {
        Ok(report) => PipeWriter::from(report),
        Err(error) => {
            // Our stderr is still the pipe.
            let _ = writeln!(io::stderr(), "the file descriptors of the program cannot be made: {error}");
            return ExitCode::FAILURE;
        }
    };
    match start(arguments, &mut report) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            let _ = writeln!(report, "{}", sentence.replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: &LaunchVerbArguments, report: &mut PipeWriter) -> Result<(), String> {
    let LaunchVerbArguments { directory, descriptors, check, command } = arguments;
    let Some((program, rest)) = command.split_first() else { return Err("there is no program".to_owned()) };
    std::env::set_current_dir(directory)
        .map_err(|error| format!("it cannot be started in the directory {}: {error}", directory.display()))?;
    let file = find(program, std::env::var_os("PATH").as_deref())?;
    if !check {
        // Fails only for the leader of a process group, which is not what the daemon starts.
        let _ = rustix::process::setsid();
        if let Some(descriptors) = descriptors {
            let mut limit = getrlimit(Resource::Nofile);
            limit.current = Some(limit.maximum.map_or(*descriptors, |maximum| maximum.min(*descriptors)));
            setrlimit(Resource::Nofile, limit)
                .map_err(|error| format!("the limit of file descriptors cannot be set: {error}"))?;
        }
    }
    let _ = writeln!(report, "{}\n{LAUNCH_STARTED}", file.display());
    if *check {
        return Ok(());
    }
    // The name stays the one that was asked for: some programs do what it says.
    let error = Command::new(&file).arg0(program).args(rest).env("PWD", directory).exec();
    Err(format!("{} cannot be run: {error}", file.display()))
}

/// stdout becomes the report, which exec closes; what we have as stdin becomes stdout and stderr; nothing comes from the new stdin.
fn redirect() -> io::Result<OwnedFd> {
    let report = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?;
    let log = rustix::io::fcntl_dupfd_cloexec(io::stdin(), 3)?;
    let nothing = rustix::fs::open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(&log)?;
    rustix::stdio::dup2_stderr(&log)?;
    Ok(report)
}

/// The file of a program: with a slash in its name it is that file, else it is looked for in PATH, as execvp(3) does.
fn find(program: &OsStr, path: Option<&OsStr>) -> Result<PathBuf, String> {
    let shown = Path::new(program).display();
    if program.as_bytes().contains(&b'/') {
        let file = PathBuf::from(program);
        return match std::fs::metadata(&file) {
            Err(error) => Err(format!("the program {shown} is not there: {error}")),
            Ok(_) if is_executable(&file) => Ok(file),
            Ok(_) => Err(format!("{shown} is no program that may be run; look at its mode")),
        };
    }
    let path = path.unwrap_or(OsStr::new("/usr/local/bin:/usr/bin:/bin"));
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
}
