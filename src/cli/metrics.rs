//! Numbers as OpenMetrics text: <https://prometheus.io/docs/specs/om/open_metrics_spec/>.

use std::fmt::Write;

use super::text::escaped;
use crate::api::{Family, FamilyKind, Metrics, Sample, SampleValue};

/// The whole exposition, with the line that ends it.
pub fn text(metrics: &Metrics) -> String {
    let mut text = String::new();
    for family in &metrics.families {
        write_family(&mut text, family);
    }
    text + "# EOF\n"
}

fn write_family(text: &mut String, family: &Family) {
    let name = name(&family.name);
    let kind = match family.kind {
        FamilyKind::Counter => "counter",
        FamilyKind::Gauge => "gauge",
        FamilyKind::Histogram => "histogram",
    };
    _ = writeln!(text, "# TYPE {name} {kind}");
    if let Some(unit) = &family.unit {
        _ = writeln!(text, "# UNIT {name} {}", self::name(unit));
    }
    _ = writeln!(text, "# HELP {name} {}", quoted(&family.help));
    let suffix = if family.kind == FamilyKind::Counter { "_total" } else { "" };
    for sample in &family.samples {
        match &sample.value {
            SampleValue::Number { value } => _ = writeln!(text, "{name}{suffix}{} {value}", labels(sample, None)),
            SampleValue::Histogram { counts, sum } => {
                let mut total = 0_u64;
                for (index, count) in counts.iter().enumerate() {
                    total = total.saturating_add(*count);
                    let bound = family.bounds.get(index).map_or("+Inf".to_owned(), |bound| format!("{bound:?}"));
                    _ = writeln!(text, "{name}_bucket{} {total}", labels(sample, Some(&bound)));
                }
                _ = writeln!(text, "{name}_sum{} {sum}", labels(sample, None));
                _ = writeln!(text, "{name}_count{} {total}", labels(sample, None));
            }
        }
    }
}

/// What stands in braces, `le` last; nothing if there is no label.
fn labels(sample: &Sample, bound: Option<&str>) -> String {
    let own = sample.labels.iter().map(|(label, value)| (label.as_str(), value.as_str()));
    let pairs: Vec<String> = own
        .chain(bound.map(|bound| ("le", bound)))
        .map(|(label, value)| format!("{}=\"{}\"", name(label), quoted(value)))
        .collect();
    if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) }
}

/// A name holds only letters, digits and `_`, whatever a newer daemon may say.
fn name(name: &str) -> String {
    name.chars().map(|character| if character.is_ascii_alphanumeric() { character } else { '_' }).collect()
}

fn quoted(value: &str) -> String {
    escaped(value).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_written_as_the_format_wants_them() {
        let mut histogram = Family::new("a_seconds", FamilyKind::Histogram, "How \"long\".");
        histogram.bounds = vec![0.000_05, 1.0];
        let families = vec![
            histogram.with_histogram(&[("method", "x\"\\\n")], vec![1, 2, 3], 4.5),
            Family::counter("b", "How often.", 7),
            Family::gauge("c-d", "How much.", 0.25),
        ];
        let expected = r##"# TYPE a_seconds histogram
# UNIT a_seconds seconds
# HELP a_seconds How \"long\".
a_seconds_bucket{method="x\"\\\\n",le="5e-5"} 1
a_seconds_bucket{method="x\"\\\\n",le="1.0"} 3
a_seconds_bucket{method="x\"\\\\n",le="+Inf"} 6
a_seconds_sum{method="x\"\\\\n"} 4.5
a_seconds_count{method="x\"\\\\n"} 6
# TYPE b counter
# HELP b How often.
b_total 7
# TYPE c_d gauge
# HELP c_d How much.
c_d 0.25
# EOF
"##;
        assert_eq!(text(&Metrics { families }), expected);
    }
}
