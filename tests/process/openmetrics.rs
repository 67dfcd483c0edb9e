//! A reader of OpenMetrics text that takes nothing but what the specification allows, as far as we use it.

use std::collections::{BTreeMap, BTreeSet};

/// Samples by name and labels as they are written: `name{label="value"}`.
pub type Samples = BTreeMap<String, f64>;

/// Read a whole exposition.
///
/// # Panics
/// It breaks a rule of the format; with the line.
pub fn parse(text: &str) -> Samples {
    let body = text.strip_suffix("# EOF\n").expect("it ends with # EOF");
    let mut samples = Samples::new();
    let mut families = BTreeSet::new();
    let mut family = (String::new(), String::new());
    let mut cumulative = (String::new(), 0.0_f64, f64::NEG_INFINITY);
    for line in body.lines() {
        assert!(!line.is_empty(), "an empty line");
        if let Some(descriptor) = line.strip_prefix("# ") {
            let mut words = descriptor.splitn(3, ' ');
            let (word, name, rest) = (words.next().unwrap(), words.next().expect(line), words.next().expect(line));
            match word {
                "TYPE" => {
                    assert!(["counter", "gauge", "histogram"].contains(&rest), "{line}");
                    assert!(families.insert(name.to_owned()), "a family twice: {line}");
                    family = (name.to_owned(), rest.to_owned());
                }
                "UNIT" => assert!(name == family.0 && name.ends_with(&format!("_{rest}")), "{line}"),
                "HELP" => assert!(name == family.0 && !rest.is_empty(), "{line}"),
                _ => panic!("an unknown descriptor: {line}"),
            }
            continue;
        }
        let (key, value) = line.rsplit_once(' ').expect(line);
        let value: f64 = value.parse().unwrap_or_else(|error| panic!("{error}: {line}"));
        let (name, labels) = key.split_once('{').map_or((key, ""), |(name, rest)| {
            (name, rest.strip_suffix('}').unwrap_or_else(|| panic!("no brace at the end: {line}")))
        });
        assert!(name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_'), "{line}");
        let pairs = labels_of(labels);
        let suffix = name.strip_prefix(&family.0).unwrap_or_else(|| panic!("outside of its family: {line}"));
        match (family.1.as_str(), suffix) {
            ("gauge", "") => {}
            ("counter", "_total") => assert!(value >= 0.0, "{line}"),
            ("histogram", "_bucket") => {
                let (bound, others) = pairs.split_last().expect("a bucket has a bound");
                assert_eq!(bound.0, "le", "{line}");
                let bound: f64 = bound.1.replace("+Inf", "inf").parse().expect(line);
                let series = format!("{}{others:?}", family.0);
                if cumulative.0 != series {
                    assert!(cumulative.2 == f64::INFINITY || cumulative.0.is_empty(), "no +Inf before {line}");
                    cumulative = (series, 0.0, f64::NEG_INFINITY);
                }
                assert!(value >= cumulative.1 && bound > cumulative.2, "buckets rise: {line}");
                (cumulative.1, cumulative.2) = (value, bound);
            }
            ("histogram", "_sum") => assert_eq!(cumulative.2, f64::INFINITY, "{line}"),
            ("histogram", "_count") => assert_eq!(value, cumulative.1, "the last bucket holds all: {line}"),
            _ => panic!("a sample that its family cannot have: {line}"),
        }
        assert!(samples.insert(key.to_owned(), value).is_none(), "a sample twice: {line}");
    }
    samples
}

/// `a="b",c="d"`; nothing that is escaped, since nothing of ours needs it.
fn labels_of(labels: &str) -> Vec<(&str, &str)> {
    labels
        .split_terminator(',')
        .map(|pair| {
            let (label, value) = pair.split_once('=').expect(labels);
            (label, value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).expect(labels))
        })
        .collect()
}

#[test]
fn what_is_no_openmetrics_is_refused() {
    let good = "# TYPE a_seconds histogram\n# HELP a_seconds x\na_seconds_bucket{le=\"1.0\"} 1\n\
                a_seconds_bucket{le=\"+Inf\"} 2\na_seconds_sum 3\na_seconds_count 2\n# EOF\n";
    assert_eq!(parse(good)["a_seconds_count"], 2.0);
    for (found, put) in [
        ("# EOF\n", ""),
        ("count 2", "count 3"),
        ("\"+Inf\"} 2", "\"+Inf\"} 0"),
        ("histogram", "stateset"),
        ("a_seconds_sum", "b_sum"),
        ("a_seconds_sum", "\na_seconds_sum"),
        ("le=\"+Inf\"", "le=\"0.5\""),
    ] {
        let bad = good.replace(found, put);
        assert!(std::panic::catch_unwind(|| parse(&bad)).is_err(), "{bad}");
    }
}
