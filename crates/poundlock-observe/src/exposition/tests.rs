//! Tests of the encoders by reading their output back, and of content negotiation.

mod protobuf;

use super::*;
use crate::testing::{self, Labels};
use proptest::prelude::*;

/// What a random collector shows.
#[derive(Debug, Clone)]
pub(super) struct Series {
    labels: Labels,
    counts: [u64; 4],
    sum: f64,
}

const BOUNDS: [f64; 3] = [0.005, 1.0, 1e6];

pub(super) fn series() -> impl Strategy<Value = Vec<Series>> {
    let labels = prop::collection::btree_map("[a-z_][a-z0-9_]{0,9}", any::<String>(), 0..4);
    let one = (labels, prop::array::uniform4(0..u64::from(u32::MAX)), any::<f64>());
    let one = one.prop_map(|(labels, counts, sum)| Series { labels, counts, sum });
    prop::collection::btree_map(any::<u8>(), one, 0..5).prop_map(|all| {
        let number = |(index, mut one): (u8, Series)| {
            one.labels.insert("series".to_owned(), index.to_string());
            one.labels.remove("le");
            one
        };
        all.into_iter().map(number).collect()
    })
}

pub(super) fn show(to: &mut dyn Visitor, all: &[Series]) {
    let families = [
        Family { name: "a_total", help: "Back\\slash, \"quote\"\nand line.", kind: Kind::Counter },
        Family { name: "b_bytes", help: "b", kind: Kind::Gauge },
        Family { name: "c_seconds", help: "c", kind: Kind::Histogram },
    ];
    for family in families {
        to.family(&family);
        for one in all {
            let labels: Vec<_> = one.labels.iter().map(|(name, value)| (&**name, &**value)).collect();
            match family.kind {
                Kind::Counter => to.number(&labels, one.counts[0].into()),
                Kind::Gauge => to.number(&labels, one.sum.into()),
                Kind::Histogram => {
                    to.histogram(&labels, &HistogramValue::classic(&BOUNDS, &one.counts, one.sum));
                }
            }
        }
    }
}

fn text(dialect: Dialect, all: &[Series]) -> Vec<u8> {
    let mut encoder = TextEncoder::new(dialect);
    show(&mut encoder, all);
    encoder.finish()
}

fn same(left: f64, right: f64) -> bool {
    left == right || (left.is_nan() && right.is_nan())
}

proptest! {
    #[test]
    fn text_reads_back_as_it_was_shown(all in series(), open_metrics in any::<bool>()) {
        let dialect = if open_metrics { Dialect::OpenMetrics } else { Dialect::Prometheus };
        let samples = testing::parse(&text(dialect, &all));
        let histograms = testing::histograms(&samples, "c_seconds");
        prop_assert_eq!(histograms.len(), all.len());
        for one in &all {
            let value = |name: &str| {
                samples.iter().find(|sample| sample.name == name && sample.labels == one.labels).unwrap().value
            };
            prop_assert_eq!(value("a_total"), one.counts[0] as f64);
            prop_assert!(same(value("b_bytes"), one.sum));
            let histogram = &histograms[&one.labels];
            prop_assert!(same(histogram.sum, one.sum));
            let cumulative: Vec<u64> = histogram.buckets.iter().map(|bucket| bucket.1).collect();
            let [a, b, c, d] = one.counts;
            prop_assert_eq!(cumulative, vec![a, a + b, a + b + c, a + b + c + d]);
        }
    }

    #[test]
    fn numbers_read_back_exactly(int in any::<u64>(), float in any::<f64>()) {
        let mut out = Vec::new();
        number::push_number(&mut out, int.into());
        prop_assert_eq!(String::from_utf8(out).unwrap(), int.to_string());
        let mut out = Vec::new();
        number::push_number(&mut out, float.into());
        let text = String::from_utf8(out).unwrap();
        prop_assert!(text.len() <= 32, "{}", text);
        prop_assert!(same(text.parse().unwrap(), float), "{}", text);
    }

    #[test]
    fn any_accept_header_is_answered(accept in "[a-z/*;=,.0-9 \"]{0,80}") {
        let _ = Format::negotiate(Some(&accept));
    }
}

#[test]
fn prometheus_text_is_byte_for_byte() {
    let one = Series { labels: testing::labels([("x", "a\"b\\c\nd")]), counts: [1, 2, 3, 4], sum: 2.5 };
    let expected = r#"# HELP a_total Back\\slash, "quote"\nand line.
# TYPE a_total counter
a_total{x="a\"b\\c\nd"} 1
# HELP b_bytes b
# TYPE b_bytes gauge
b_bytes{x="a\"b\\c\nd"} 2.5
# HELP c_seconds c
# TYPE c_seconds histogram
c_seconds_bucket{x="a\"b\\c\nd",le="0.005"} 1
c_seconds_bucket{x="a\"b\\c\nd",le="1"} 3
c_seconds_bucket{x="a\"b\\c\nd",le="1000000"} 6
c_seconds_bucket{x="a\"b\\c\nd",le="+Inf"} 10
c_seconds_sum{x="a\"b\\c\nd"} 2.5
c_seconds_count{x="a\"b\\c\nd"} 10
"#;
    assert_eq!(String::from_utf8(text(Dialect::Prometheus, &[one])).unwrap(), expected);
}

#[test]
fn open_metrics_text_is_byte_for_byte() {
    let one = Series { labels: Labels::new(), counts: [1, 2, 3, 4], sum: f64::INFINITY };
    let expected = r#"# HELP a Back\\slash, \"quote\"\nand line.
# TYPE a counter
a_total 1
# HELP b_bytes b
# TYPE b_bytes gauge
# UNIT b_bytes bytes
b_bytes +Inf
# HELP c_seconds c
# TYPE c_seconds histogram
# UNIT c_seconds seconds
c_seconds_bucket{le="0.005"} 1
c_seconds_bucket{le="1.0"} 3
c_seconds_bucket{le="1000000.0"} 6
c_seconds_bucket{le="+Inf"} 10
c_seconds_sum +Inf
c_seconds_count 10
# EOF
"#;
    assert_eq!(String::from_utf8(text(Dialect::OpenMetrics, &[one])).unwrap(), expected);
}

#[test]
fn the_format_follows_accept() {
    use Format::{OpenMetrics100, Protobuf, Text004};
    let check = |accept: &str, expected| assert_eq!(Format::negotiate(Some(accept)), expected, "{accept}");
    let protobuf =
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    assert_eq!(Format::negotiate(None), Text004);
    check("", Text004);
    check("*/*", Text004);
    check("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Text004);
    // Prometheus 2.42, with and without native histograms; then Prometheus 3.
    let prometheus_2 = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    check(prometheus_2, OpenMetrics100);
    check(&format!("{protobuf},{prometheus_2};q=0.2"), Protobuf);
    let prometheus_3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    check(prometheus_3, OpenMetrics100);
    check(&format!("{protobuf};q=0.7,{prometheus_3}"), Protobuf);
    check(&format!("{protobuf};q=0.1,text/plain;q=0.2"), Text004);
    check("application/openmetrics-text; version=\"1.0.0\"; q=0.9, text/plain; q=0.95", Text004);
    check("Application/OpenMetrics-Text", OpenMetrics100);
    check("application/openmetrics-text;version=0.0.1", Text004);
    check("application/openmetrics-text;q=0", Text004);
    check("application/openmetrics-text;q=high", Text004);
    check("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", Text004);
    check("application/vnd.google.protobuf", Text004);
}
