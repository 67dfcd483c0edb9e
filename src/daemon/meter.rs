//! What the loop counts and measures: turns, calls from line to answer, and who was turned away or
//! closed for what.

use std::collections::BTreeMap;
use std::time::Duration;

use super::peers::{Closure, HighWater};
use crate::api::{Call, Family, FamilyKind, METHODS, Metrics};
use crate::core::{CallId, Histogram, Time};

/// Why a connection was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// As many are open as may be.
    Full,
    /// There was no descriptor for it.
    NoDescriptor,
    /// It is another user's.
    Foreign,
    /// The kernel would not.
    Failed,
}

impl Refusal {
    const ALL: [Refusal; 4] = [Refusal::Full, Refusal::NoDescriptor, Refusal::Foreign, Refusal::Failed];

    /// Its name among the numbers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Refusal::Full => "full",
            Refusal::NoDescriptor => "no_descriptor",
            Refusal::Foreign => "foreign",
            Refusal::Failed => "failed",
        }
    }
}

/// What the loop has counted since its start.
#[derive(Debug, Default)]
pub struct Meter {
    turns: Histogram,
    calls: [Histogram; METHODS.len()],
    /// Calls that wait for their answers: which method, and since when. The core answers each.
    asked: BTreeMap<CallId, (usize, Time)>,
    accepted: u64,
    refused: BTreeMap<Refusal, u64>,
    closed: BTreeMap<Closure, u64>,
}

impl Meter {
    /// A turn took so long.
    pub fn turn(&mut self, took: Duration) {
        self.turns.observe(took);
    }

    /// A call was decoded.
    pub fn asked(&mut self, now: Time, call: CallId, request: &Call) {
        self.asked.insert(call, (request.method_index(), now));
    }

    /// It is answered.
    pub fn answered(&mut self, now: Time, call: CallId) {
        if let Some((method, since)) = self.asked.remove(&call) {
            self.calls[method].observe(now.since(since));
        }
    }

    /// A connection is taken.
    pub fn accepted(&mut self) {
        self.accepted += 1;
    }

    /// A connection is not taken.
    pub fn refused(&mut self, refusal: Refusal) {
        *self.refused.entry(refusal).or_default() += 1;
    }

    /// A peer is let go.
    pub fn closed(&mut self, closure: Closure) {
        *self.closed.entry(closure).or_default() += 1;
    }

    /// Write what only the loop knows into the answer of the core.
    pub fn complete(&self, metrics: &mut Metrics, high: &HighWater, log_lost: u64) {
        let by_reason = |name: &str, help: &str, counts: Vec<(&'static str, u64)>| {
            counts.into_iter().fold(Family::new(name, FamilyKind::Counter, help), |family, (reason, count)| {
                family.with(&[("reason", reason)], count as f64)
            })
        };
        let count = |map: Option<&u64>| map.copied().unwrap_or_default();
        let refused = Refusal::ALL.map(|refusal| (refusal.name(), count(self.refused.get(&refusal))));
        let closed = Closure::ALL.map(|closure| (closure.name(), count(self.closed.get(&closure))));
        metrics.families.extend([
            Histogram::family(
                "i3pm_turn_duration_seconds",
                "Turns of the loop, without the wait before them.",
                "",
                [("", &self.turns)],
            ),
            Histogram::family(
                "i3pm_call_duration_seconds",
                "From the decoding of a call to its answer.",
                "method",
                METHODS.into_iter().zip(&self.calls),
            ),
            Family::gauge("i3pm_calls_in_flight", "Calls that wait for their answers.", self.asked.len() as f64),
            Family::counter("i3pm_peers_accepted", "Connections that were taken.", self.accepted),
            by_reason("i3pm_peers_refused", "Connections that were not taken.", refused.to_vec()),
            by_reason("i3pm_peers_closed", "Connections that have ended.", closed.to_vec()),
            Family::new("i3pm_queue_high_water_bytes", FamilyKind::Gauge, "The most that ever waited of one peer.")
                .with(&[("queue", "inbox")], high.inbox_bytes as f64)
                .with(&[("queue", "outbox")], high.outbox_bytes as f64),
            Family::gauge(
                "i3pm_outbox_notices_high_water",
                "The most notices that ever waited for one peer.",
                high.outbox_notices as f64,
            ),
            Family::gauge(
                "i3pm_calls_in_flight_high_water",
                "The most calls of one peer that ever waited for their answers.",
                high.calls_in_flight as f64,
            ),
            Family::counter("i3pm_log_lines_lost", "Lines of the log that could not be written.", log_lost),
        ]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::SampleValue;

    #[test]
    fn a_call_is_measured_under_its_method_and_once() {
        let mut meter = Meter::default();
        let start = Time::from_nanos(1);
        meter.asked(start, CallId(1), &Call::ProjectCurrent);
        meter.asked(start, CallId(2), &Call::Ping);
        meter.answered(start + Duration::from_millis(3), CallId(1));
        meter.answered(start + Duration::from_millis(9), CallId(1));
        meter.refused(Refusal::Full);
        meter.refused(Refusal::Full);
        meter.closed(Closure::Lagged);
        let mut metrics = Metrics::default();
        meter.complete(&mut metrics, &HighWater::default(), 7);
        let sample = |family: &str, label: &str| {
            let family = metrics.families.iter().find(|found| found.name == family).expect("the family is there");
            let mut samples = family.samples.iter();
            let found = samples.find(|sample| label.is_empty() || sample.labels.values().any(|value| value == label));
            found.expect("the sample is there").value.clone()
        };
        let SampleValue::Histogram { counts, sum } = sample("i3pm_call_duration_seconds", "project.current") else {
            panic!("no histogram")
        };
        assert_eq!((counts.iter().sum::<u64>(), sum), (1, 0.003));
        assert_eq!(sample("i3pm_calls_in_flight", ""), SampleValue::Number { value: 1.0 });
        assert_eq!(sample("i3pm_peers_refused", "full"), SampleValue::Number { value: 2.0 });
        assert_eq!(sample("i3pm_peers_closed", "lagged"), SampleValue::Number { value: 1.0 });
        assert_eq!(sample("i3pm_log_lines_lost", ""), SampleValue::Number { value: 7.0 });
    }
}
