//! Length-delimited protobuf. Main type: [`ProtobufEncoder`], a [`Visitor`]. It does not decode, and knows
//! only the message types Prometheus reads.
//!
//! Source: `io/prometheus/client/metrics.proto` of prometheus/client_model; field numbers are its.

use super::visitor::{Family, HistogramValue, Kind, Number, Visitor};

const FAMILY_NAME: u32 = 1;
const FAMILY_HELP: u32 = 2;
const FAMILY_TYPE: u32 = 3;
const FAMILY_METRIC: u32 = 4;
const METRIC_LABEL: u32 = 1;
const METRIC_GAUGE: u32 = 2;
const METRIC_COUNTER: u32 = 3;
const METRIC_HISTOGRAM: u32 = 7;
const LABEL_NAME: u32 = 1;
const LABEL_VALUE: u32 = 2;
/// The same in `Gauge` and `Counter`.
const NUMBER_VALUE: u32 = 1;
const HISTOGRAM_COUNT: u32 = 1;
const HISTOGRAM_SUM: u32 = 2;
const HISTOGRAM_BUCKET: u32 = 3;
const BUCKET_COUNT: u32 = 1;
const BUCKET_BOUND: u32 = 2;

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const BYTES: u32 = 2;

/// Writes families as delimited messages.
pub(crate) struct ProtobufEncoder {
    out: Vec<u8>,
    family: Vec<u8>,
    metric: Vec<u8>,
    value: Vec<u8>,
    part: Vec<u8>,
    kind: Kind,
}

impl ProtobufEncoder {
    pub(crate) fn new() -> Self {
        Self {
            out: Vec::with_capacity(16 * 1024),
            family: Vec::new(),
            metric: Vec::new(),
            value: Vec::new(),
            part: Vec::new(),
            kind: Kind::Gauge,
        }
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.flush();
        self.out
    }

    fn flush(&mut self) {
        if !self.family.is_empty() {
            put_varint(&mut self.out, self.family.len() as u64);
            self.out.append(&mut self.family);
        }
    }

    fn start_metric(&mut self, labels: &[(&str, &str)]) {
        self.metric.clear();
        for (name, value) in labels {
            self.part.clear();
            put_bytes(&mut self.part, LABEL_NAME, name.as_bytes());
            put_bytes(&mut self.part, LABEL_VALUE, value.as_bytes());
            put_bytes(&mut self.metric, METRIC_LABEL, &self.part);
        }
        self.value.clear();
    }

    fn end_metric(&mut self, field: u32) {
        put_bytes(&mut self.metric, field, &self.value);
        put_bytes(&mut self.family, FAMILY_METRIC, &self.metric);
    }
}

impl Visitor for ProtobufEncoder {
    fn family(&mut self, family: &Family<'_>) {
        self.flush();
        self.kind = family.kind;
        put_bytes(&mut self.family, FAMILY_NAME, family.name.as_bytes());
        put_bytes(&mut self.family, FAMILY_HELP, family.help.as_bytes());
        let kind = match family.kind {
            Kind::Counter => 0,
            Kind::Gauge => 1,
            Kind::Histogram => 4,
        };
        put_uint(&mut self.family, FAMILY_TYPE, kind);
    }

    fn number(&mut self, labels: &[(&str, &str)], value: Number) {
        self.start_metric(labels);
        put_double(&mut self.value, NUMBER_VALUE, value.as_f64());
        let field = if self.kind == Kind::Counter { METRIC_COUNTER } else { METRIC_GAUGE };
        self.end_metric(field);
    }

    /// The `+Inf` bucket is left out, as `client_golang` does: the count says the same.
    fn histogram(&mut self, labels: &[(&str, &str)], value: &HistogramValue<'_>) {
        self.start_metric(labels);
        put_uint(&mut self.value, HISTOGRAM_COUNT, value.count());
        put_double(&mut self.value, HISTOGRAM_SUM, value.sum());
        for (bound, cumulative) in value.bounds().iter().zip(value.cumulative()) {
            self.part.clear();
            put_uint(&mut self.part, BUCKET_COUNT, cumulative);
            put_double(&mut self.part, BUCKET_BOUND, *bound);
            put_bytes(&mut self.value, HISTOGRAM_BUCKET, &self.part);
        }
        self.end_metric(METRIC_HISTOGRAM);
    }
}

fn put_uint(out: &mut Vec<u8>, field: u32, value: u64) {
    put_varint(out, u64::from(field << 3 | VARINT));
    put_varint(out, value);
}

fn put_double(out: &mut Vec<u8>, field: u32, value: f64) {
    put_varint(out, u64::from(field << 3 | FIXED64));
    out.extend_from_slice(&value.to_le_bytes());
}

fn put_bytes(out: &mut Vec<u8>, field: u32, value: &[u8]) {
    put_varint(out, u64::from(field << 3 | BYTES));
    put_varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

/// Base 128, least significant group first (Protocol Buffers encoding).
fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
