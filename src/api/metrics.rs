//! What `metrics` answers: families of numbers, as OpenMetrics knows them. The text is made by
//! whoever wants it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that is counted and measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Metrics {
    /// One for each quantity.
    pub families: Vec<Family>,
}

/// One quantity: a number, or a number for each value of a label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Family {
    /// Its name, ending in its unit if it has one. The samples of a counter have `_total` after
    /// it in the text.
    pub name: String,
    /// What kind of quantity.
    pub kind: FamilyKind,
    /// What the values are in: `seconds`, `bytes`, or nothing if they count the things the name
    /// says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// One sentence.
    pub help: String,
    /// Of a histogram: the upper bounds of its buckets, rising; one more bucket is above the last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bounds: Vec<f64>,
    /// The numbers.
    pub samples: Vec<Sample>,
}

/// What kind of quantity. There are more in OpenMetrics; the older text format of Prometheus, which
/// node-exporter reads, knows these too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FamilyKind {
    /// It only grows, from 0 at the start of the daemon.
    Counter,
    /// As it is now.
    Gauge,
    /// How many were in each bucket since the start of the daemon.
    Histogram,
}

/// One number of a family.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// Tells it from the others of its family.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The number.
    #[serde(flatten)]
    pub value: SampleValue,
}

/// The number itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SampleValue {
    /// Of a counter or gauge.
    Number {
        /// In the unit of the family.
        value: f64,
    },
    /// Of a histogram.
    Histogram {
        /// How many fell into each bucket, those of lower ones not included; the last one has no
        /// upper bound.
        counts: Vec<u64>,
        /// The sum of all that was observed, in the unit of the family.
        sum: f64,
    },
}

impl Family {
    /// A family without samples yet.
    #[must_use]
    pub fn new(name: &str, kind: FamilyKind, help: &str) -> Family {
        let unit = ["seconds", "bytes"].into_iter().find(|unit| name.ends_with(&format!("_{unit}")));
        Family {
            name: name.to_owned(),
            kind,
            unit: unit.map(str::to_owned),
            help: help.to_owned(),
            bounds: Vec::new(),
            samples: Vec::new(),
        }
    }

    /// A counter of one number.
    #[must_use]
    pub fn counter(name: &str, help: &str, value: u64) -> Family {
        Family::new(name, FamilyKind::Counter, help).with(&[], value as f64)
    }

    /// A gauge of one number.
    #[must_use]
    pub fn gauge(name: &str, help: &str, value: f64) -> Family {
        Family::new(name, FamilyKind::Gauge, help).with(&[], value)
    }

    /// One number more.
    #[must_use]
    pub fn with(mut self, labels: &[(&str, &str)], value: f64) -> Family {
        self.samples.push(Sample { labels: label_map(labels), value: SampleValue::Number { value } });
        self
    }

    /// One histogram more.
    #[must_use]
    pub fn with_histogram(mut self, labels: &[(&str, &str)], counts: Vec<u64>, sum: f64) -> Family {
        self.samples.push(Sample { labels: label_map(labels), value: SampleValue::Histogram { counts, sum } });
        self
    }
}

fn label_map(labels: &[(&str, &str)]) -> BTreeMap<String, String> {
    labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
