//! The two text formats. Main type: [`TextEncoder`], a [`Visitor`]. It does not check names or label sets:
//! the registry did.
//!
//! Sources: Prometheus "Exposition formats", text 0.0.4; OpenMetrics 1.0.0 (IETF draft, 2020-11).

use super::number::{push_float, push_number, push_u64};
use super::visitor::{Family, HistogramValue, Kind, Number, Visitor};

/// Which text format. They differ in counter names, units, help escapes, whole bounds and the last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Prometheus,
    OpenMetrics,
}

/// Saves the first few reallocations of a scrape.
const INITIAL_CAPACITY: usize = 16 * 1024;

/// Units OpenMetrics wants to be told of, when a name ends in one.
const UNITS: [&str; 3] = ["seconds", "bytes", "ratio"];

/// Writes families as text.
pub(crate) struct TextEncoder {
    dialect: Dialect,
    out: Vec<u8>,
    /// The name of the family, without `_total` in OpenMetrics.
    name: String,
    suffix: &'static str,
    bounds: Vec<f64>,
    /// ` le="…"} ` for each bound and `+Inf`: written once, used by every histogram of a family.
    le: Vec<Vec<u8>>,
    labels: Vec<u8>,
}

impl TextEncoder {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            out: Vec::with_capacity(INITIAL_CAPACITY),
            name: String::new(),
            suffix: "",
            bounds: Vec::new(),
            le: Vec::new(),
            labels: Vec::new(),
        }
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        if self.dialect == Dialect::OpenMetrics {
            self.out.extend_from_slice(b"# EOF\n");
        }
        self.out
    }

    fn meta(&mut self, keyword: &str, text: &[u8]) {
        for part in [b"# ", keyword.as_bytes(), b" ", self.name.as_bytes(), b" ", text, b"\n"] {
            self.out.extend_from_slice(part);
        }
    }

    fn prepare_bounds(&mut self, bounds: &[f64]) {
        if !self.le.is_empty() && self.bounds == bounds {
            return;
        }
        self.bounds = bounds.to_vec();
        self.le.clear();
        for bound in bounds {
            let mut le = b"le=\"".to_vec();
            push_float(&mut le, *bound);
            // OpenMetrics: whole bounds are written with a fraction, so that every exposer agrees.
            if self.dialect == Dialect::OpenMetrics && !le[4..].iter().any(|byte| b".e".contains(byte)) {
                le.extend_from_slice(b".0");
            }
            le.extend_from_slice(b"\"} ");
            self.le.push(le);
        }
        self.le.push(b"le=\"+Inf\"} ".to_vec());
    }

    /// Writes `name suffix {labels} `, ready for a value.
    fn sample(&mut self, suffix: &str) {
        self.out.extend_from_slice(self.name.as_bytes());
        self.out.extend_from_slice(suffix.as_bytes());
        if !self.labels.is_empty() {
            self.out.push(b'{');
            self.out.extend_from_slice(&self.labels);
            self.out.push(b'}');
        }
        self.out.push(b' ');
    }

    fn prepare_labels(&mut self, labels: &[(&str, &str)]) {
        self.labels.clear();
        for (name, value) in labels {
            if !self.labels.is_empty() {
                self.labels.push(b',');
            }
            self.labels.extend_from_slice(name.as_bytes());
            self.labels.extend_from_slice(b"=\"");
            push_escaped(&mut self.labels, value, true);
            self.labels.push(b'"');
        }
    }
}

impl Visitor for TextEncoder {
    fn family(&mut self, family: &Family<'_>) {
        self.name.clear();
        self.suffix = "";
        let stem = family.name.strip_suffix("_total");
        match (self.dialect, family.kind) {
            (Dialect::OpenMetrics, Kind::Counter) => {
                self.name.push_str(stem.unwrap_or(family.name));
                self.suffix = "_total";
            }
            _ => self.name.push_str(family.name),
        }
        let mut help = Vec::with_capacity(family.help.len());
        push_escaped(&mut help, family.help, self.dialect == Dialect::OpenMetrics);
        self.meta("HELP", &help);
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        self.meta("TYPE", kind.as_bytes());
        let unit = self.name.rsplit_once('_').map_or("", |(_, unit)| unit);
        if self.dialect == Dialect::OpenMetrics
            && let Some(unit) = UNITS.into_iter().find(|known| *known == unit)
        {
            self.meta("UNIT", unit.as_bytes());
        }
    }

    fn number(&mut self, labels: &[(&str, &str)], value: Number) {
        self.prepare_labels(labels);
        self.sample(self.suffix);
        push_number(&mut self.out, value);
        self.out.push(b'\n');
    }

    fn histogram(&mut self, labels: &[(&str, &str)], value: &HistogramValue<'_>) {
        self.prepare_labels(labels);
        self.prepare_bounds(value.bounds());
        let mut count = 0;
        let comma: &[u8] = if self.labels.is_empty() { b"" } else { b"," };
        for (le, cumulative) in self.le.iter().zip(value.cumulative()) {
            for part in [self.name.as_bytes(), b"_bucket{", &self.labels, comma, le] {
                self.out.extend_from_slice(part);
            }
            push_u64(&mut self.out, cumulative);
            self.out.push(b'\n');
            count = cumulative;
        }
        self.sample("_sum");
        push_float(&mut self.out, value.sum());
        self.out.push(b'\n');
        self.sample("_count");
        push_u64(&mut self.out, count);
        self.out.push(b'\n');
    }
}

/// Escapes backslash and line feed, and the quote where the text stands in quotes (OpenMetrics: always).
fn push_escaped(out: &mut Vec<u8>, text: &str, quote: bool) {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|c| matches!(c, b'\\' | b'\n') || (quote && *c == b'"')) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(match rest[at] {
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            _ => b"\\\"",
        });
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}
