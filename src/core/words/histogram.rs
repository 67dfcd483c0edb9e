//! How long things took, in fixed buckets: a few words of memory whatever is observed.

use std::time::Duration;

use crate::api::{Family, FamilyKind};

/// The upper bounds of the buckets, in microseconds. 10 ms is what an answer may take under load,
/// 20 ms a turn that is logged, 1.5 s the longest that a caller waits for the window manager; each
/// has a bucket that ends near it.
pub const BOUNDS_US: [u64; 15] =
    [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 20_000, 50_000, 100_000, 250_000, 500_000, 1_500_000, 5_000_000];

/// Durations by bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Not counted in the lower ones again; the last has no upper bound.
    counts: [u64; BOUNDS_US.len() + 1],
    sum: Duration,
}

impl Histogram {
    /// Something took so long.
    pub fn observe(&mut self, took: Duration) {
        let index = BOUNDS_US.partition_point(|bound| Duration::from_micros(*bound) < took);
        self.counts[index] += 1;
        self.sum = self.sum.saturating_add(took);
    }

    /// A family of histograms, one for each value of a label; `label` is empty where there is only
    /// one.
    #[must_use]
    pub fn family<'h>(
        name: &str,
        help: &str,
        label: &str,
        histograms: impl IntoIterator<Item = (&'h str, &'h Histogram)>,
    ) -> Family {
        let mut family = Family::new(name, FamilyKind::Histogram, help);
        family.bounds = BOUNDS_US.iter().map(|bound| *bound as f64 / 1e6).collect();
        for (value, histogram) in histograms {
            let pair = [(label, value)];
            let labels: &[(&str, &str)] = if label.is_empty() { &[] } else { &pair };
            family = family.with_histogram(labels, histogram.counts.to_vec(), histogram.sum.as_secs_f64());
        }
        family
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_the_bucket_below_it() {
        let mut histogram = Histogram::default();
        histogram.observe(Duration::from_micros(50));
        histogram.observe(Duration::from_micros(51));
        histogram.observe(Duration::from_secs(60));
        assert_eq!((histogram.counts[0], histogram.counts[1], histogram.counts[BOUNDS_US.len()]), (1, 1, 1));
        assert_eq!(
            (histogram.counts.iter().sum::<u64>(), histogram.sum),
            (3, Duration::from_micros(101) + Duration::from_secs(60))
        );
        assert!(BOUNDS_US.is_sorted_by(|lower, higher| lower < higher));
    }
}
