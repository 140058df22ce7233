//! Scraped metrics: [`Metrics`] reads the Prometheus text format far enough to sum samples by name and labels.
//!
//! Whether the format is right is `promtool`'s to judge, not known here.

/// Samples of one scrape.
#[derive(Clone, Debug)]
pub struct Metrics {
    samples: Vec<Sample>,
}

#[derive(Clone, Debug)]
struct Sample {
    name: String,
    labels: Vec<(String, String)>,
    value: f64,
}

impl Metrics {
    /// Reads the samples of a text exposition; comments are skipped, a line that is no sample panics.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self { samples: lines.map(sample).collect() }
    }

    /// Sum of all samples with this name and at least these labels; 0 if there are none.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.matching(name, labels).map(|sample| sample.value).sum()
    }

    /// Whether a sample with this name and at least these labels exists.
    pub fn has(&self, name: &str, labels: &[(&str, &str)]) -> bool {
        self.matching(name, labels).next().is_some()
    }

    /// Number of finished requests with at least these labels.
    pub fn requests(&self, labels: &[(&str, &str)]) -> f64 {
        self.sum("http_server_request_duration_seconds_count", labels)
    }

    fn matching<'a>(&'a self, name: &'a str, labels: &'a [(&str, &str)]) -> impl Iterator<Item = &'a Sample> {
        self.samples.iter().filter(move |sample| sample.name == name && labels.iter().all(|l| sample.has(*l)))
    }
}

impl Sample {
    fn has(&self, (name, value): (&str, &str)) -> bool {
        self.labels.iter().any(|(n, v)| n == name && v == value)
    }
}

fn sample(line: &str) -> Sample {
    let (series, value) = match line.rsplit_once('}') {
        Some((series, value)) => (series, value),
        None => line.split_once(' ').unwrap_or_else(|| panic!("not a sample: {line:?}")),
    };
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    let value = value.split_whitespace().next().unwrap_or("");
    let value = value.parse().unwrap_or_else(|e| panic!("{e}: {line:?}"));
    Sample { name: name.to_owned(), labels: pairs(labels), value }
}

/// `a="x",b="y"` as pairs; escapes stay as written, which is enough for the labels tests ask for.
fn pairs(labels: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = labels;
    while let Some((name, value)) = rest.split_once("=\"") {
        let end = closing_quote(value);
        pairs.push((name.trim_start_matches(',').to_owned(), value[..end].to_owned()));
        rest = value.get(end + 1..).unwrap_or("");
    }
    pairs
}

fn closing_quote(value: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in value.bytes().enumerate() {
        match byte {
            b'"' if !escaped => return at,
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    value.len()
}
