//! What the daemon says of itself: the part of a status that only the shell knows, and the dump of
//! SIGUSR1.

use crate::api::{DeadlineStatus, LogStatus, PeerStatus, Status, TurnStatus, WmStatus};
use crate::core::{Event, Process, Time};

use super::peers::Peers;

/// Write into a status what the core cannot know.
pub fn complete(
    status: &mut Status,
    now: Time,
    turns: &TurnStatus,
    peers: &Peers,
    deadlines: &[(&'static str, Option<Time>)],
    log: LogStatus,
) {
    status.turns = turns.clone();
    status.log = log;
    status.peers.iter_mut().for_each(|peer| peers.complete(peer));
    let ours = deadlines.iter().filter_map(|(name, deadline)| {
        let deadline = (*deadline)?;
        let milliseconds = |duration: std::time::Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        let left_ms = milliseconds(deadline.since(now)) - milliseconds(now.since(deadline));
        Some(DeadlineStatus { name: (*name).to_owned(), left_ms })
    });
    status.deadlines.extend(ours);
}

/// A status as lines of text, one for each aspect.
#[must_use]
pub fn lines(status: &Status) -> Vec<String> {
    let mut lines = vec![
        format!(
            "i3pmd {} (protocol {}), pid {}, run {}, up {} ms, phase {}",
            status.version, status.protocol, status.pid, status.epoch, status.uptime_ms, status.phase
        ),
        window_manager(&status.wm),
        match (&status.wm.request, status.wm.request_age_ms) {
            (Some(request), Some(age)) => format!("request in flight: {request}, for {age} ms"),
            (Some(request), None) => format!("request in flight: {request}"),
            (None, _) => "request in flight: none".into(),
        },
        format!(
            "switch in flight: {}; next: {}; {} done",
            or_none(status.switch.in_flight.as_deref()),
            or_none(status.switch.next.as_deref()),
            status.switch.count
        ),
        format!(
            "configuration: {}; {} warnings; {}",
            status.config.file,
            status.config.warnings.len(),
            status.config.error.as_ref().map_or_else(|| "no error".into(), |error| format!("error: {error}"))
        ),
        format!(
            "{} projects, active: {}; {} windows, {} hidden, {} global",
            status.projects,
            or_none(status.project.as_deref()),
            status.windows.total,
            status.windows.hidden,
            status.windows.global
        ),
        format!(
            "turns: {}, longest {} us, last {} us; log lines lost: {}",
            status.turns.count, status.turns.longest_us, status.turns.last_us, status.log.lost
        ),
    ];
    if status.deadlines.is_empty() {
        lines.push("deadlines: none".into());
    }
    lines
        .extend(status.deadlines.iter().map(|deadline| format!("deadline {}: {} ms", deadline.name, deadline.left_ms)));
    lines.push(format!("peers: {}", status.peers.len()));
    lines.extend(status.peers.iter().map(peer));
    lines.extend(
        status.notes.iter().map(|note| format!("{} ms ago: {} {}: {}", note.age_ms, note.level, note.kind, note.text)),
    );
    lines
}

fn window_manager(wm: &WmStatus) -> String {
    let known = [&wm.kind, &wm.version, &wm.socket].into_iter().flatten().map(String::as_str);
    let known = known.collect::<Vec<_>>().join(", ");
    format!(
        "window manager: {} for {} ms; {}; pid {}; silent for {}; hiding by {}{}",
        word(&wm.state),
        wm.state_age_ms,
        if known.is_empty() { "nothing known" } else { &known },
        wm.pid.map_or_else(|| "unknown".into(), |pid| pid.to_string()),
        wm.silent_ms.map_or_else(|| "ever".into(), |silent| format!("{silent} ms")),
        or_none(wm.hiding.as_deref()),
        wm.reason.as_ref().map(|reason| format!("; {reason}")).unwrap_or_default(),
    )
}

fn peer(peer: &PeerStatus) -> String {
    let topics: Vec<_> = peer.topics.iter().map(word).collect();
    format!(
        "peer {}: pid {}, {}; inbox {} bytes, outbox {} bytes, {} calls in flight; topics: {}",
        peer.peer,
        peer.pid.map_or_else(|| "unknown".into(), |pid| pid.to_string()),
        peer.command.as_deref().unwrap_or("unknown"),
        peer.inbox_bytes,
        peer.outbox_bytes,
        peer.calls_in_flight,
        if topics.is_empty() { "none".into() } else { topics.join(", ") },
    )
}

fn or_none(text: Option<&str>) -> &str {
    text.unwrap_or("none")
}

/// A process, for a line of the log.
#[must_use]
pub fn process(process: &Process) -> String {
    let pid = process.pid.map_or_else(|| "unknown".into(), |pid| pid.to_string());
    format!("pid {pid} ({})", process.command.as_deref().unwrap_or("unknown"))
}

/// What kind of event this is, for the log.
#[must_use]
pub fn kind(event: &Event) -> &'static str {
    match event {
        Event::Started => "started",
        Event::Signal { .. } => "signal",
        Event::Elapsed => "elapsed",
        Event::WmConnected { .. } => "wm.connected",
        Event::WmUnavailable { .. } => "wm.unavailable",
        Event::WmHeld { .. } => "wm.held",
        Event::WmFreed => "wm.freed",
        Event::WmLost { .. } => "wm.lost",
        Event::WmReply { .. } => "wm.reply",
        Event::WmEvent(_) => "wm.event",
        Event::WmUndecodable { .. } => "wm.undecodable",
        Event::WmSocketAppeared => "wm.socket",
        Event::PeerConnected { .. } => "peer.connected",
        Event::PeerClosed { .. } => "peer.closed",
        Event::Call { .. } => "call",
        Event::PeersFlushed => "peers.flushed",
        Event::ConfigTouched => "config.touched",
        Event::ConfigRead(_) => "config.read",
        Event::StoreRead { .. } => "store.read",
        Event::StoreSetAside { .. } => "store.set_aside",
        Event::StoreWritten { .. } => "store.written",
        Event::X11Window { .. } => "x11.window",
        Event::X11Activated { .. } => "x11.activated",
        Event::LaunchStarted { .. } => "launch.started",
        Event::LaunchFailed { .. } => "launch.failed",
        Event::LaunchEnded { .. } => "launch.ended",
        Event::ProcessRead { .. } => "process.read",
    }
}

/// A value of an enumeration, as it is written on the wire.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| Some(value.as_str()?.to_owned())).unwrap_or_default()
}
