//! How the daemon is, for people: its status, and in words what `metrics` has in numbers.

use super::render::{rendered, switch};
use super::text::{Table, count, span};
use crate::api::{Family, Metrics, Sample, SampleValue, Status, WmState};

/// So many methods are named among the calls.
const METHODS_MAX: usize = 3;

/// To `status`. What a newer or older daemon does not measure is left out.
pub fn screen((status, metrics): &(Status, Metrics)) -> String {
    let numbers = Numbers(metrics);
    let mut table = Table::new(0);
    let mut row = |label: &str, value: String| table.row([label.to_owned(), value]);
    row(
        "daemon",
        format!("i3pmd {}, pid {}, {} for {}", status.version, status.pid, status.phase, span(status.uptime_ms)),
    );
    row("project", status.project.clone().unwrap_or_else(|| "none".to_owned()));
    row("wm", wm(status));
    if let Some(request) = &status.wm.request {
        row("", format!("{request} waits for {}", span(status.wm.request_age_ms.unwrap_or_default())));
    }
    match &status.config.error {
        Some(error) => row("config", format!("{error} (the one before is in force)")),
        None => row("config", status.config.file.clone()),
    }
    for warning in &status.config.warnings {
        row("", format!("warning: {warning}"));
    }
    let windows = &status.windows;
    row("windows", format!("{}, {} hidden, {} global", windows.total, windows.hidden, windows.global));
    row("projects", status.projects.to_string());
    for line in switches(status, &numbers) {
        row("switches", line);
    }
    row("calls", calls(status, &numbers));
    row("peers", peers(status, &numbers));
    if let Some(line) = numbers.subscriptions() {
        row("topics", line);
    }
    if let Some(line) = numbers.queues() {
        row("queues", line);
    }
    let turns = &status.turns;
    let milliseconds = |us: u64| us as f64 / 1000.0;
    let (longest, last) = (milliseconds(turns.longest_us), milliseconds(turns.last_us));
    let within = numbers.durations("i3pm_turn_duration_seconds").within();
    row("turns", format!("{}{within}, the longest {longest:.1} ms, the last {last:.1} ms", turns.count));
    if status.log.lost > 0 {
        row("log", format!("{} lost", count(usize::try_from(status.log.lost).unwrap_or(usize::MAX), "line")));
    }
    for deadline in &status.deadlines {
        let left = match u64::try_from(deadline.left_ms) {
            Ok(left) => format!("in {}", span(left)),
            Err(_) => format!("overdue by {}", span(deadline.left_ms.unsigned_abs())),
        };
        row("deadline", format!("{} {left}", deadline.name));
    }
    rendered(&table)
}

fn wm(status: &Status) -> String {
    let wm = &status.wm;
    let state = match wm.state {
        WmState::Connecting => "connecting",
        WmState::Connected => "connected",
        WmState::Stale => "does not answer",
        WmState::Disconnected => "disconnected",
    };
    let kind = wm.kind.as_deref().unwrap_or("i3 or sway");
    let version = wm.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
    let hiding = wm.hiding.as_deref().map(|hiding| format!(", hides in its {hiding}")).unwrap_or_default();
    let heard = wm.silent_ms.map(|silent| format!(", heard {} ago", span(silent))).unwrap_or_default();
    let reason = wm.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{kind}{version} {state} for {}{hiding}{heard}{reason}", span(wm.state_age_ms))
}

fn switches(status: &Status, numbers: &Numbers) -> Vec<String> {
    let of = &status.switch;
    let goal = |name: &str| if name.is_empty() { "no project".to_owned() } else { name.to_owned() };
    let within = numbers.durations("i3pm_switch_duration_seconds").within();
    let last = of.last.as_ref().map(|last| format!(", the last: {}", switch(last).trim_end())).unwrap_or_default();
    let mut lines = vec![format!("{}{within}{last}", of.count)];
    if let Some(name) = &of.in_flight {
        lines.push(format!("on the way to {}", goal(name)));
    }
    if let Some(name) = &of.next {
        lines.push(format!("then to {}", goal(name)));
    }
    lines
}

/// How many calls were answered, how fast, and which most often.
fn calls(status: &Status, numbers: &Numbers) -> String {
    let in_flight: usize = status.peers.iter().map(|peer| peer.calls_in_flight).sum();
    let all = numbers.durations("i3pm_call_duration_seconds");
    let mut methods: Vec<(u64, &str)> = numbers
        .samples("i3pm_call_duration_seconds")
        .filter_map(|sample| match &sample.value {
            SampleValue::Histogram { counts, .. } => Some((counts.iter().sum(), sample.labels.get("method")?.as_str())),
            SampleValue::Number { .. } => None,
        })
        .filter(|(count, _)| *count > 0)
        .collect();
    methods.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
    let named: Vec<String> =
        methods.iter().take(METHODS_MAX).map(|(count, method)| format!("{count} {method}")).collect();
    let most = if named.is_empty() { String::new() } else { format!("; most: {}", named.join(", ")) };
    format!("{} answered{}, {in_flight} in flight{most}", all.count(), all.within())
}

/// How many peers are there, how many came, how many were turned away or closed, and why.
fn peers(status: &Status, numbers: &Numbers) -> String {
    let waiting: usize = status.peers.iter().map(|peer| peer.outbox_bytes).sum();
    let mut text = format!("{}, {waiting} bytes wait", status.peers.len());
    if let Some(accepted) = numbers.number("i3pm_peers_accepted", "") {
        text += &format!("; {accepted} so far");
    }
    for (name, words) in [("i3pm_peers_refused", "turned away"), ("i3pm_peers_closed", "closed")] {
        let reasons = numbers.samples(name).filter_map(|sample| Some((sample.labels.get("reason")?, value(sample)?)));
        // Who hangs up is no news.
        let told = reasons.filter(|(reason, number)| *number > 0.0 && reason.as_str() != "done");
        let told: Vec<String> = told.map(|(reason, number)| format!("{number} {reason}")).collect();
        if !told.is_empty() {
            text += &format!(", {words}: {}", told.join(", "));
        }
    }
    text
}

/// What is measured, by name.
struct Numbers<'m>(&'m Metrics);

impl Numbers<'_> {
    fn family(&self, name: &str) -> Option<&Family> {
        self.0.families.iter().find(|family| family.name == name)
    }

    fn samples(&self, name: &str) -> impl Iterator<Item = &Sample> {
        self.family(name).into_iter().flat_map(|family| &family.samples)
    }

    /// The number with this value of a label; the first if that is empty.
    fn number(&self, name: &str, label: &str) -> Option<f64> {
        let is_it = |sample: &&Sample| label.is_empty() || sample.labels.values().any(|value| value == label);
        self.samples(name).find(is_it).and_then(value)
    }

    /// All histograms of a family as one.
    fn durations(&self, name: &str) -> Durations<'_> {
        let mut sum = Durations { bounds: self.family(name).map_or(&[], |family| &family.bounds), counts: Vec::new() };
        for sample in self.samples(name) {
            let SampleValue::Histogram { counts, .. } = &sample.value else { continue };
            sum.counts.resize(sum.counts.len().max(counts.len()), 0);
            sum.counts.iter_mut().zip(counts).for_each(|(sum, count)| *sum = sum.saturating_add(*count));
        }
        sum
    }

    /// How many hear of each topic.
    fn subscriptions(&self) -> Option<String> {
        let topics = self.samples("i3pm_subscriptions");
        let heard = topics.filter_map(|sample| Some((sample.labels.get("topic")?, value(sample)?)));
        let heard: Vec<String> =
            heard.filter(|(_, peers)| *peers > 0.0).map(|(topic, peers)| format!("{topic} {peers}")).collect();
        let subscribers = if heard.is_empty() { "nobody subscribed".to_owned() } else { heard.join(", ") };
        Some(format!("{subscribers}; {} notices so far", self.number("i3pm_notices", "")?))
    }

    /// The most that ever waited of one peer.
    fn queues(&self) -> Option<String> {
        Some(format!(
            "at most {} bytes in, {} bytes and {} notices out, {} calls of a peer at once",
            self.number("i3pm_queue_high_water_bytes", "inbox")?,
            self.number("i3pm_queue_high_water_bytes", "outbox")?,
            self.number("i3pm_outbox_notices_high_water", "")?,
            self.number("i3pm_calls_in_flight_high_water", "")?,
        ))
    }
}

fn value(sample: &Sample) -> Option<f64> {
    match sample.value {
        SampleValue::Number { value } => Some(value),
        SampleValue::Histogram { .. } => None,
    }
}

/// How long things took, by bucket.
struct Durations<'m> {
    bounds: &'m [f64],
    counts: Vec<u64>,
}

impl Durations<'_> {
    fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// `, half within 0.1 ms, 99 % within 5 ms`: the ends of the buckets; nothing if nothing was
    /// measured.
    fn within(&self) -> String {
        match (self.quantile(0.5), self.quantile(0.99)) {
            (Some(half), Some(most)) => format!(", half {half}, 99 % {most}"),
            _ => String::new(),
        }
    }

    fn quantile(&self, share: f64) -> Option<String> {
        let wanted = (self.count() as f64 * share).ceil();
        let mut sum = 0;
        let reached = |count: &u64| {
            sum += count;
            sum as f64 >= wanted
        };
        let bucket = (self.count() > 0).then(|| self.counts.iter().position(reached))??;
        Some(match self.bounds.get(bucket) {
            Some(bound) if *bound < 1.0 => format!("within {} ms", (bound * 1e6).round() / 1e3),
            Some(bound) => format!("within {bound} s"),
            // The last bucket has no end.
            None => format!("over {} s", self.bounds.last()?),
        })
    }
}
