//! The Debian package: built by `make deb`, and installed, replaced and removed by the machine's own dpkg.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::machine::INSIDE;
use crate::seat::{SERVICE, Seat, as_root};
use crate::support::wait_for;

/// What the package is called in the machine's folder.
pub const FILE: &str = "i3pm.deb";
/// Where `make deb` leaves it.
const BUILT: &str = "target/debian";
const PROGRAM: &str = "/usr/bin/i3pmd";
const UNITS: &str = "/usr/lib/systemd/user";
/// What `systemctl --global enable` makes.
const ENABLED: &str = "/etc/systemd/user/graphical-session.target.wants/i3pm.service";

/// dpkg can write, and nothing of this machine changes: what it writes goes to layers of the machine's own, over files that stay read-only
/// (`machine.sh` keeps /var as `/run/var`). What `make install` has made is out of sight.
const LAYERS: &str = "
layer() {
    mkdir -p /run/layers/$1/upper /run/layers/$1/work
    mount -t overlay -o lowerdir=$2,upperdir=/run/layers/$1/upper,workdir=/run/layers/$1/work overlay $3
}
layer usr /usr /usr
layer var /run/var /var
layer etc /etc/systemd/user /etc/systemd/user
mount -t tmpfs -o mode=755 tmpfs /usr/local";

fn source() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The version of Cargo.toml as Debian sorts it, a pre-release before its release.
fn version() -> String {
    env!("CARGO_PKG_VERSION").replace('-', "~")
}

/// The package, where it has been built.
pub fn built() -> Option<PathBuf> {
    let entries = fs::read_dir(source().join(BUILT)).ok()?;
    entries.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|kind| kind == "deb"))
}

/// The bytes of the package, just built.
fn build() -> Vec<u8> {
    let mut make = Command::new("make");
    make.current_dir(source()).args(["--no-print-directory", "deb"]).env_remove("MAKEFLAGS");
    succeed(&mut make);
    fs::read(built().expect("a package in target/debian")).expect("the package")
}

fn succeed(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| {
        panic!("{:?} does not start: {error}; tests/setup.sh installs what is missing", command.get_program())
    });
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{command:?}: {text}");
    text
}

/// The same bytes twice, with the version of Cargo.toml in the name and nothing that Debian's policy forbids.
pub fn is_built() -> String {
    let (start, first) = (Instant::now(), build());
    let took = start.elapsed();
    assert!(first == build(), "two builds of the same source differ");
    let package = built().expect("it was built");
    let name = package.file_name().and_then(|name| name.to_str()).expect("a name");
    assert!(name.starts_with(&format!("i3pm_{}_", version())), "{name}");
    succeed(Command::new("lintian").args(["--allow-root", "--fail-on", "error,warning"]).arg(&package));
    let field = |name: &str| succeed(Command::new("dpkg-deb").arg("--field").arg(&package).arg(name)).trim().to_owned();
    format!("{name}, {} KiB, in {took:.1?}; it depends on {}", first.len() >> 10, field("Depends"))
}

/// `dpkg`, which has to succeed, on a machine that keeps its manual pages.
fn dpkg(arguments: &str) -> Duration {
    let start = Instant::now();
    as_root(&format!("DEBIAN_FRONTEND=noninteractive dpkg --path-include='/usr/share/*' {arguments}"));
    start.elapsed()
}

fn install() -> Duration {
    dpkg(&format!("--install {INSIDE}/{FILE}"))
}

/// What dpkg knows of the package.
fn state() -> String {
    as_root("dpkg-query --show --showformat='${Status} ${Version}' i3pm 2>/dev/null || true")
}

/// The program that the daemon runs, which may have been replaced since it started.
fn running(seat: &Seat) -> String {
    let link = fs::read_link(format!("/proc/{}/exe", seat.main_pid())).expect("the daemon's program");
    link.display().to_string()
}

/// Everything that is said of it is there, nothing is started by itself, and the service runs.
pub fn is_installed(seat: &mut Seat) -> String {
    seat.systemctl(&["stop", SERVICE, "i3pm.socket"]);
    as_root(LAYERS);
    seat.systemctl(&["daemon-reload"]);
    assert_eq!(seat.property("LoadState"), "not-found", "something is installed already");
    assert_ne!(seat.run(&["sh", "-c", "command -v i3pm i3pmd"]).code, 0, "something is installed already");

    let took = install();
    assert_eq!(state(), format!("install ok installed {}", version()));
    assert_eq!(as_root("dpkg --verify i3pm"), "", "files that differ from what the package says");
    assert_eq!((seat.property("LoadState"), seat.property("ActiveState")), ("loaded".into(), "inactive".into()));
    assert_eq!(seat.run(&["systemctl", "--user", "is-enabled", SERVICE]).output, "disabled");

    let started = seat.systemctl(&["start", SERVICE]).took;
    seat.wait_link("connected");
    assert_eq!(running(seat), PROGRAM);
    seat.hide_home();
    let current = seat.i3pm_done(&["project", "current"]).output;
    assert!(current.contains("work"), "{current}");

    let pages = ["i3pm", "i3pm-project-switch", "i3pmd", "i3pm.toml", "i3pm-ipc"];
    let found = seat.run(&[&["man", "--path"], pages.as_slice()].concat());
    let places: Vec<&str> = found.output.lines().filter(|line| line.starts_with("/usr/share/man/man")).collect();
    assert_eq!((found.code, places.len()), (0, pages.len()), "{}", found.output);
    // By dpkg's trigger: no script of the package does it.
    let catalog = as_root("journalctl --list-catalog");
    let ids: Vec<&str> =
        include_str!("../../systemd/i3pm.catalog").lines().filter_map(|line| line.strip_prefix("-- ")).collect();
    assert!(!ids.is_empty() && ids.iter().all(|id| catalog.contains(id)), "{catalog}");
    let units = ["i3pm.service", "i3pm.socket", "i3pm-rescue.service"].map(|unit| format!("{UNITS}/{unit}"));
    let units: Vec<&str> = units.iter().map(String::as_str).collect();
    // With the manual pages that they name.
    let verified = seat.run(&[&["systemd-analyze", "--user", "verify", "--man=yes"], units.as_slice()].concat());
    assert_eq!((verified.code, verified.output.as_str()), (0, ""), "systemd-analyze verify");
    let completions = seat.run(&["bash", "-c", ". /usr/share/bash-completion/completions/i3pm; complete -p i3pm"]);
    assert_eq!(completions.code, 0, "{}", completions.output);
    seat.i3pm_done(&["check", "/usr/share/doc/i3pm/examples/config.toml"]);
    format!(
        "in {took:.1?}, service started in {started:.0?}; {} explanations in the catalogue, {} manual pages asked for",
        ids.len(),
        pages.len()
    )
}

/// The daemon goes on as it was, under the new unit; the next one is of the new package and finds what is hidden.
pub fn is_replaced(seat: &mut Seat) -> String {
    let description = seat.property("Description");
    as_root(&format!("sed -i 's/^Description=.*/Description=Of the package before/' {UNITS}/i3pm.service"));
    seat.systemctl(&["daemon-reload"]);
    assert_eq!(seat.property("Description"), "Of the package before");
    seat.hide_home();
    let pid = seat.main_pid();

    let took = install();
    assert_eq!((seat.main_pid(), seat.number("NRestarts")), (pid, 0));
    assert_eq!(running(seat), format!("{PROGRAM} (deleted)"), "it was not replaced");
    assert_eq!(seat.property("Description"), description, "systemd was not told of the new unit");
    assert!(seat.i3pm_done(&["project", "current"]).output.contains("work"));
    assert_eq!(seat.shown(), ["of-work"]);
    seat.systemctl(&["reload", SERVICE]);

    let restarted = seat.systemctl(&["restart", SERVICE]).took;
    seat.wait_link("connected");
    assert_ne!(seat.main_pid(), pid);
    assert_eq!(running(seat), PROGRAM);
    wait_for("what was hidden to be hidden again", || (seat.shown() == ["of-work"]).then_some(()));
    format!("in {took:.1?}, the same daemon before and after; restarted by hand in {restarted:.0?}")
}

/// Every window is shown, no user's daemon runs, and in the end nothing is left.
pub fn is_removed(seat: &mut Seat) -> String {
    as_root(&format!("systemctl --global --quiet enable {SERVICE}"));
    assert!(fs::symlink_metadata(ENABLED).is_ok());
    seat.hide_home();
    // Those of the users before are still there.
    let daemons = || as_root("pgrep -x i3pmd || true").lines().count();
    assert!(daemons() > 1, "no other user has a daemon");
    let took = dpkg("--remove i3pm");
    assert_eq!(seat.shown(), ["of-home", "of-work"]);
    assert_eq!(daemons(), 0, "a daemon still runs");
    for unit in [SERVICE, "i3pm.socket", "i3-project-daemon.service"] {
        let shown = seat.systemctl(&["show", unit, "--value", "--property=LoadState,ActiveState"]).output;
        assert_eq!(shown.split_whitespace().collect::<Vec<_>>(), ["not-found", "inactive"], "{unit}");
    }
    assert!(UnixStream::connect(seat.socket()).is_err(), "somebody still listens");
    // What an administrator has enabled is kept for a package that comes again.
    assert!(fs::symlink_metadata(ENABLED).is_ok());

    let purged = dpkg("--purge i3pm");
    assert_eq!(state(), "");
    let left = as_root(
        "find /run/layers/usr/upper /run/layers/etc/upper ! -type d; find /run/layers -name '*i3pm*'; \
         find /etc/systemd/user -name '*.wants' -empty",
    );
    assert_eq!(left, "", "left behind");
    let catalog = as_root("journalctl --list-catalog");
    assert!(!catalog.contains(" i3pm"), "{catalog}");
    assert_ne!(seat.run(&["man", "--path", "i3pm"]).code, 0, "the manual pages are known");
    format!("in {took:.1?}, purged in {purged:.1?}; no file, unit, link or explanation is left")
}
