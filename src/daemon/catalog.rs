//! The message ids of the journal: `journalctl -x` explains them, and `journalctl MESSAGE_ID=...`
//! finds the lines that have them.

/// The id of each kind of note that has one. They never change; `systemd/i3pm.catalog` explains
/// each.
const MESSAGE_IDS: [(&str, &str); 21] = [
    ("ready", "6bd8e2097a4a45089fee7b943c3150ac"),
    ("census", "42571abff2fd4298a35112626527ccb7"),
    ("switch", "c83d0fa8c7934524a5a6bbe9c5a697bd"),
    ("config.reloaded", "a2cf501ddcef4c6f855a989286bcd16b"),
    ("config.rejected", "ba0e71180f174c708973671739749747"),
    ("signal", "e9ece477eba34dfeb8d3f5f9c4a1ab14"),
    ("shutdown.step", "33ccd9ae9a8d4682bd6349b8389e001f"),
    ("wm.connected", "2e39dc70640f40118d224b8c01f57437"),
    ("wm.unavailable", "0498cae78baa4021a81ad05bcecde2a2"),
    ("wm.held", "10086c059a49462e879903f2ee284f53"),
    ("wm.lost", "e186173c55a541f5ada9c330e52339ec"),
    ("wm.stale", "105f80db2c774559b33f84ac4ff14c1a"),
    ("wm.recovered", "b390da724f604ca9a10144de6e73b3ac"),
    ("hidden.lost", "d8b1805e804046388b942a2a6b78a57d"),
    ("watchdog.withheld", "3563b586788a4e638508f1820546752b"),
    ("worker.stuck", "66493ef651ed4d508431b9b22b6328ed"),
    ("peer.closed", "5aa3892632804e7fa4560be062d58671"),
    ("peer.refused", "81bc3943bf5b4a10acdac2183738c27d"),
    ("socket.gone", "304d1d949b734cf584b3616c001e75f6"),
    ("store.set_aside", "6bf24320a85a490da252a1363a4c086c"),
    ("stopped", "7bbe10d44f71406198394f444bd52c1f"),
];

/// The message id of a kind of note.
#[must_use]
pub fn message_id(kind: &str) -> Option<&'static str> {
    MESSAGE_IDS.iter().find(|(known, _)| *known == kind).map(|(_, id)| *id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_explained_and_nothing_else_is() {
        let catalog = include_str!("../../systemd/i3pm.catalog");
        let explained: Vec<&str> = catalog.lines().filter_map(|line| line.strip_prefix("-- ")).collect();
        let ids: Vec<&str> = MESSAGE_IDS.iter().map(|(_, id)| *id).collect();
        assert_eq!(explained, ids);
        for id in &ids {
            assert!(id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{id}");
            assert_eq!(ids.iter().filter(|other| other == &id).count(), 1, "{id} stands for two");
        }
        assert_eq!(catalog.matches("\nSubject: ").count(), ids.len());
    }

    #[test]
    fn kinds() {
        assert_eq!(message_id("ready"), Some(MESSAGE_IDS[0].1));
        assert_eq!(message_id("arranged"), None);
    }
}
