//! What journald says of the unit.

use std::collections::BTreeMap;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::seat::{Seat, as_root};
use crate::support::{DEADLINE, wait_for};

/// The entries of the unit of one user, both the daemon's own and the service manager's about it, after a certain moment.
#[derive(Debug)]
pub struct Journal {
    user: u32,
    /// In seconds since 1970. A cursor would do worse: `journalctl --after-cursor` with a filter skips an entry too many.
    since: f64,
}

/// One entry.
#[derive(Debug, Clone)]
pub struct Entry(pub Value);

impl Entry {
    pub fn field(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_default()
    }

    pub fn message(&self) -> &str {
        self.field("MESSAGE")
    }

    pub fn kind(&self) -> &str {
        self.field("KIND")
    }
}

impl Journal {
    pub fn from_now(user: u32) -> Journal {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs_f64();
        Journal { user, since }
    }

    pub fn entries(&self) -> Vec<Entry> {
        let Journal { user, since } = self;
        let text = as_root(&format!(
            "journalctl --sync; journalctl --quiet --no-pager -o json --since=@{since:.6} _UID={user} \
             _SYSTEMD_USER_UNIT=i3pm.service + _UID={user} USER_UNIT=i3pm.service"
        ));
        text.lines().filter_map(|line| serde_json::from_str(line).ok().map(Entry)).collect()
    }

    /// The entries, once one of them is so.
    pub fn wait(&self, what: &str, mut is_it: impl FnMut(&Entry) -> bool) -> Vec<Entry> {
        let start = Instant::now();
        loop {
            let entries = self.entries();
            if entries.iter().any(&mut is_it) {
                return entries;
            }
            let messages: Vec<&str> = entries.iter().map(Entry::message).collect();
            assert!(start.elapsed() < DEADLINE, "no entry {what} among:\n{}", messages.join("\n"));
            // Each look is a journalctl.
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
}

/// Fields for machines, ids with an explanation, priorities with a meaning.
pub fn fields(seat: &mut Seat) -> String {
    let journal = seat.journal();
    let us = std::process::id().to_string();
    seat.hide_home();
    let window = seat.wm().id("of-home").to_string();
    let mut rpc = seat.connect();
    rpc.call("window.assign", serde_json::json!({"id": seat.wm().id("of-home"), "project": "home"})).expect("assigned");
    seat.configure("this is broken");
    journal.wait("about the configuration", |entry| entry.kind() == "config.rejected");
    seat.configure("");
    let end = |entry: &Entry| entry.kind() == "shutdown.step" && entry.field("STEP") == "5";
    seat.systemctl(&["stop", crate::seat::SERVICE]);
    let entries = journal.wait("about the end", end);
    let mut by_kind: BTreeMap<&str, &Entry> = BTreeMap::new();
    by_kind.extend(entries.iter().map(|entry| (entry.kind(), entry)));
    let entry = |kind: &str| *by_kind.get(kind).unwrap_or_else(|| panic!("no entry of kind {kind}: {entries:#?}"));

    let switch = entry("switch");
    assert_eq!((switch.field("PROJECT"), switch.field("PHASE"), switch.field("PRIORITY")), ("work", "running", "6"));
    assert!(switch.field("SWITCH_MS").parse::<f64>().is_ok_and(|ms| ms > 0.0), "{switch:?}");
    assert_eq!(switch.field("SYSLOG_IDENTIFIER"), "i3pmd");
    let assigned = entry("window.assigned");
    assert_eq!((assigned.field("WINDOW"), assigned.field("PROJECT")), (window.as_str(), "home"));
    assert_eq!(assigned.field("PEER_PID"), us, "{assigned:?}");
    let rejected = entry("config.rejected");
    assert_eq!(
        (rejected.field("PRIORITY"), rejected.field("CONFIG_LINE")),
        ("4", "1"),
        "the world's fault is a warning"
    );
    assert_eq!(entry("shutdown.step").field("PHASE"), "stopped");
    assert!(entries.iter().all(|entry| entry.field("PRIORITY").parse::<u8>().is_ok_and(|it| it > 3)), "no bug of ours");
    let of_ours: Vec<&Entry> = entries.iter().filter(|entry| !entry.kind().is_empty()).collect();
    for entry in &of_ours {
        let is_place = entry.field("CODE_FILE").ends_with(".rs") && entry.field("CODE_LINE").parse::<u32>().is_ok();
        assert!(is_place && !entry.field("CODE_FILE").ends_with("log.rs"), "{entry:?}");
    }

    // What an administrator does once, and a package by a trigger.
    as_root("journalctl --update-catalog");
    let id = switch.field("MESSAGE_ID");
    let explained = as_root(&format!("journalctl --no-pager -x -o short _UID={} MESSAGE_ID={id}", seat.user));
    assert!(
        explained.contains("The active project has changed") && explained.contains("Project work is"),
        "{explained}"
    );
    let with_id =
        by_kind.values().filter(|entry| !entry.field("MESSAGE_ID").is_empty() && !entry.kind().is_empty()).count();
    format!("{} entries of {} kinds, {with_id} of them explained by the catalogue", of_ours.len(), by_kind.len())
}

/// Wait until the daemon has told of so many lost lines.
pub fn wait_lost(seat: &Seat, least: u64) -> u64 {
    wait_for("lost lines to be counted", || seat.status()["log"]["lost"].as_u64().filter(|lost| *lost >= least))
}
