//! What to do with the daemon, in the words of this machine: if there is no systemd, nobody is sent
//! to it.

use std::sync::OnceLock;

/// What the advice is to be done with is there.
fn has_systemd() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|directory| directory.join("systemctl").is_file())
    })
}

/// Start it.
#[must_use]
pub fn start() -> &'static str {
    if has_systemd() { "start it with `systemctl --user start i3pm`, or run `i3pmd`" } else { "run `i3pmd`" }
}

/// As the repair of a check.
pub(super) fn start_command() -> &'static str {
    if has_systemd() { "systemctl --user start i3pm, or run i3pmd" } else { "run i3pmd" }
}

/// Start it again.
#[must_use]
pub fn restart() -> &'static str {
    match has_systemd() {
        true => "restart it with `systemctl --user restart i3pm`",
        false => "end it with `pkill -x i3pmd`, and run `i3pmd`",
    }
}

/// As the repair of a check.
#[must_use]
pub fn restart_command() -> &'static str {
    if has_systemd() { "systemctl --user restart i3pm" } else { "pkill -x i3pmd, then run i3pmd" }
}

/// Where its log is.
#[must_use]
pub fn log() -> &'static str {
    if has_systemd() { "`journalctl --user -u i3pm`" } else { "its log, where its stderr goes" }
}
