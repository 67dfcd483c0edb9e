//! A process and those it descends from, as `/proc` shows them. All of it may hang on the memory
//! map of one of them: it belongs to the worker.

use std::path::Path;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::clock;
use crate::core::{Ancestor, ProcessInfo, Time};
use crate::sockets::process::{self, Stat};

/// How many ancestors of a window's process are looked at: wrappers and shells stand between it and
/// what was started.
pub const ANCESTORS_MAX: usize = 16;

/// How many directories upwards a repository is looked for.
pub const LEVELS_MAX: usize = 64;

/// For a process whose environment has no variable. What the kernel shows is the memory in which
/// the environment was handed over, and Chromium and Electron write the title of the process there.
const NO_ENVIRONMENT: &str = "there is none, as with programs that write their title over it (Chromium, Electron)";

/// What a process says; `None` if there is none. Another user's, or one that may not be traced,
/// has no variables: its windows still belong together.
#[must_use]
pub fn read(pid: u32, repository: bool) -> Option<ProcessInfo> {
    let Stat { parent, start_time, .. } = Stat::of(pid)?;
    let environment = process::environment(pid);
    let unreadable = match &environment {
        Err(error) => Some(error.to_string()),
        Ok(bytes) if !bytes.contains(&b'=') => Some(NO_ENVIRONMENT.to_owned()),
        Ok(_) => None,
    };
    let variables = variables(&environment.unwrap_or_default());
    let mut ancestors = Vec::new();
    let mut next = parent;
    // Process 1 and we ourselves say nothing of who started what.
    while next > 1 && next != std::process::id() && ancestors.len() < ANCESTORS_MAX {
        let Some(Stat { parent, start_time, .. }) = Stat::of(next) else { break };
        ancestors.push(Ancestor { pid: next, start_time, launch: None });
        next = parent;
    }
    // A process hands on what it was given: the others are asked only if it has dropped that.
    if launch(&variables).is_none() {
        for ancestor in &mut ancestors {
            ancestor.launch = launch(&self::variables(&process::environment(ancestor.pid).unwrap_or_default()));
            if ancestor.launch.is_some() {
                break;
            }
        }
    }
    let cwd = working_directory(pid);
    let repository = cwd.as_deref().filter(|_| repository).and_then(repository_of);
    Some(ProcessInfo {
        start_time,
        started: started(start_time),
        variables,
        unreadable,
        exe: link(pid, "exe"),
        cwd,
        repository,
        ancestors,
    })
}

/// Where a process works. A terminal may leave for the root once it has started its shell (foot
/// 1.21 does, 1.13 does not): then its only child tells.
fn working_directory(pid: u32) -> Option<String> {
    let own = link(pid, "cwd")?;
    let child = || {
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
        let mut children = children.split_ascii_whitespace();
        let only = children.next().filter(|_| children.next().is_none())?;
        link(only.parse().ok()?, "cwd")
    };
    if own == "/" { child().or(Some(own)) } else { Some(own) }
}

/// Where a link in the directory of a process leads to.
fn link(pid: u32, name: &str) -> Option<String> {
    std::fs::read_link(format!("/proc/{pid}/{name}")).ok()?.into_os_string().into_string().ok()
}

/// Clock ticks since boot by the clock of the loop, which stands still while the machine sleeps.
fn started(ticks: u64) -> Time {
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    let started =
        Duration::from_nanos(u64::try_from(u128::from(ticks) * 1_000_000_000 / u128::from(per_second)).unwrap_or(0));
    let boot = clock_gettime(ClockId::Boottime);
    let boot = Duration::new(u64::try_from(boot.tv_sec).unwrap_or(0), u32::try_from(boot.tv_nsec).unwrap_or(0));
    clock::now() - boot.saturating_sub(started)
}

/// The root of the Git repository that a directory is in: the nearest one upwards with something
/// named `.git` in it, which is a file in a work tree beside the first and in a submodule
/// (gitrepository-layout(5)).
fn repository_of(directory: &str) -> Option<String> {
    let mut upwards = Path::new(directory).ancestors().take(LEVELS_MAX);
    upwards.find(|directory| directory.join(".git").exists())?.to_str().map(str::to_owned)
}

/// Which process a `/proc/PID/stat` is of: its id, and when it was started, in clock ticks since
/// boot.
#[must_use]
pub fn identity(stat: &str) -> Option<(u32, u64)> {
    let pid = stat.split_ascii_whitespace().next()?.parse().ok()?;
    Some((pid, Stat::parse(stat)?.start_time))
}

fn launch(variables: &[(String, String)]) -> Option<String> {
    variables.iter().find(|(name, _)| name == "I3PM_LAUNCH").map(|(_, value)| value.clone())
}

/// Those variables whose names begin with `I3PM_`, sorted.
fn variables(environment: &[u8]) -> Vec<(String, String)> {
    let mut variables: Vec<(String, String)> = environment
        .split(|byte| *byte == 0)
        .filter(|entry| entry.starts_with(b"I3PM_"))
        .filter_map(|entry| {
            let (name, value) = std::str::from_utf8(entry).ok()?.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        })
        .collect();
    variables.sort();
    variables
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// Until the child has called exec, its environment is ours.
    fn read_when(pid: u32, ready: impl Fn(&ProcessInfo) -> bool) -> ProcessInfo {
        let mut looks = (0..100_000).filter_map(|_| {
            std::thread::yield_now();
            read(pid, true)
        });
        looks.find(ready).expect("the child is ready")
    }

    fn end(mut child: Child) {
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn processes_are_read() {
        let mut command = Command::new("sleep");
        let child = command.arg("100").env("I3PM_PROJECT", "a=b").env("OTHER", "x").spawn().unwrap();
        let info = read_when(child.id(), |info| !info.variables.is_empty());
        end(child);
        assert_eq!(info.unreadable, None);
        assert!(info.variables.contains(&("I3PM_PROJECT".into(), "a=b".into())), "{:?}", info.variables);
        assert!(info.variables.iter().all(|(name, _)| name.starts_with("I3PM_")));
        assert!(info.start_time > 0);
        assert_eq!(read(u32::MAX, true), None);
    }

    #[test]
    fn the_nearest_repository_upwards_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        std::fs::create_dir_all(path("one/src/deep")).unwrap();
        std::fs::create_dir_all(path("one/modules/two/src")).unwrap();
        std::fs::create_dir(path("one/.git")).unwrap();
        std::fs::write(path("one/modules/two/.git"), "gitdir: ../../.git/modules/two\n").unwrap();
        assert_eq!(repository_of(&path("one/src/deep")), Some(path("one")));
        assert_eq!(repository_of(&path("one")), Some(path("one")));
        assert_eq!(repository_of(&path("one/modules/two/src")), Some(path("one/modules/two")));
        assert_eq!(repository_of(&path("none")), None);
        let deep: String = (0..=LEVELS_MAX).map(|_| "x/").collect();
        assert_eq!(repository_of(&path(&format!("one/{deep}"))), None, "further up than is looked");
    }

    #[test]
    fn the_only_child_tells_where_a_process_works_that_has_left_for_the_root() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().to_str().unwrap();
        let works_in = |script: &str, ready: &str| {
            let child = Command::new("/bin/sh").args(["-c", script]).current_dir(place).spawn().unwrap();
            let info = read_when(child.id(), |info| info.cwd.as_deref() == Some(ready));
            end(child);
            info.cwd
        };
        assert_eq!(works_in("sleep 3 & cd /; wait", place).as_deref(), Some(place));
        assert_eq!(works_in("sleep 3 & sleep 3 & cd /; wait", "/").as_deref(), Some("/"));
    }

    #[test]
    fn an_ancestor_speaks_for_who_has_dropped_its_environment() {
        let script = "env -i /bin/sleep 100 & echo $!; read line; kill $!";
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).env("I3PM_LAUNCH", "one").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut shell = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut line).unwrap();
        // The kernel may cut the old environment short in the moment of an exec.
        let is_ready = |info: &ProcessInfo| info.variables.is_empty() && info.unreadable.is_some();
        let info = read_when(line.trim().parse().unwrap(), is_ready);
        assert_eq!(info.unreadable.as_deref(), Some(NO_ENVIRONMENT));
        // Our own process is where the look ends.
        let ancestors: Vec<_> =
            info.ancestors.iter().map(|ancestor| (ancestor.pid, ancestor.launch.as_deref())).collect();
        assert_eq!(ancestors, [(shell.id(), Some("one"))]);
        assert_eq!(info.ancestors[0].start_time, Stat::of(shell.id()).unwrap().start_time);
        drop(shell.stdin.take());
        shell.wait().unwrap();
    }
}
