//! Reads exposition text back, for tests. Main type: [`Sample`]. It accepts only what the encoders may
//! write, so that a malformed line is a failed test.

use std::collections::BTreeMap;

/// Labels of a series.
pub(crate) type Labels = BTreeMap<String, String>;

/// One line of exposition text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: Labels,
    pub(crate) value: f64,
}

/// A histogram put together from its lines.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ParsedHistogram {
    /// Cumulative, in the order written; `le` as text.
    pub(crate) buckets: Vec<(String, u64)>,
    pub(crate) sum: f64,
    pub(crate) count: u64,
}

pub(crate) fn labels<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Labels {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Every sample of a text exposition; panics at a malformed line or a series that appears twice.
pub(crate) fn parse(text: &[u8]) -> Vec<Sample> {
    let text = std::str::from_utf8(text).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "the last line ends");
    let samples: Vec<Sample> = text.lines().filter(|line| !line.starts_with('#')).map(parse_line).collect();
    let mut keys: Vec<_> = samples.iter().map(|sample| (&sample.name, &sample.labels)).collect();
    keys.sort();
    if let Some(twice) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
        panic!("series appears twice: {:?}", twice[0]);
    }
    samples
}

/// The value of one series.
pub(crate) fn value(samples: &[Sample], name: &str, wanted: &[(&str, &str)]) -> Option<f64> {
    let wanted = labels(wanted.iter().copied());
    samples.iter().find(|sample| sample.name == name && sample.labels == wanted).map(|sample| sample.value)
}

/// The histograms of one family; checks that buckets ascend and that `+Inf` is last and equals the count.
pub(crate) fn histograms(samples: &[Sample], name: &str) -> BTreeMap<Labels, ParsedHistogram> {
    let mut all: BTreeMap<Labels, ParsedHistogram> = BTreeMap::new();
    for sample in samples {
        let Some(suffix) = sample.name.strip_prefix(name) else { continue };
        let mut labels = sample.labels.clone();
        match suffix {
            "_bucket" => {
                let le = labels.remove("le").expect("a bucket has a bound");
                all.entry(labels).or_default().buckets.push((le, sample.value as u64));
            }
            "_sum" => all.entry(labels).or_default().sum = sample.value,
            "_count" => all.entry(labels).or_default().count = sample.value as u64,
            _ => {}
        }
    }
    for (labels, histogram) in &all {
        assert!(histogram.buckets.is_sorted_by_key(|(_, count)| *count), "{labels:?}: buckets descend");
        let (le, count) = histogram.buckets.last().expect("a histogram has buckets");
        assert_eq!((le.as_str(), *count), ("+Inf", histogram.count), "{labels:?}: +Inf is the count");
    }
    all
}

fn parse_line(line: &str) -> Sample {
    let name_end = line.find(['{', ' ']).unwrap_or_else(|| panic!("no value: {line}"));
    let (name, mut rest) = line.split_at(name_end);
    let mut labels = Labels::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (label, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("no label: {line}"));
            let (value, after) = parse_quoted(after);
            assert!(labels.insert(label.to_owned(), value).is_none(), "label twice: {line}");
            rest = after.strip_prefix(',').unwrap_or(after);
        }
        rest = &rest[1..];
    }
    let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("no blank before the value: {line}"));
    let value = match value {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        "NaN" => f64::NAN,
        _ => value.parse().unwrap_or_else(|_| panic!("not a number: {line}")),
    };
    Sample { name: name.to_owned(), labels, value }
}

/// The text up to the closing quote, unescaped, and what follows the quote.
fn parse_quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.push(match chars.next() {
                Some((_, '\\')) => '\\',
                Some((_, '"')) => '"',
                Some((_, 'n')) => '\n',
                other => panic!("bad escape {other:?}"),
            }),
            _ => value.push(char),
        }
    }
    panic!("no closing quote: {text}")
}
