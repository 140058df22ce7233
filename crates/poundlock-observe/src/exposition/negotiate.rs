//! Chooses a format by `Accept`. Main type: [`Format`]. It does not know HTTP beyond that header.

/// `Accept` elements looked at; Prometheus sends five.
const MAX_RANGES: usize = 32;

/// An exposition format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Prometheus text 0.0.4: what people and `promtool` get.
    Text004,
    /// OpenMetrics 1.0.0 text.
    OpenMetrics100,
    /// Length-delimited `io.prometheus.client.MetricFamily` messages.
    Protobuf,
}

impl Format {
    /// The best format the client accepts: highest `q`, the first of equals; [`Format::Text004`] when there
    /// is no header or nothing in it fits (a scrape is more useful than a 406, as `promhttp` has it).
    #[must_use]
    pub fn negotiate(accept: Option<&str>) -> Self {
        let ranges = accept.unwrap_or("").split(',').take(MAX_RANGES).filter_map(parse_range);
        let best = ranges.fold(None, |best: Option<(Self, u16)>, (format, q)| match best {
            Some((_, best_q)) if best_q >= q => best,
            _ if q == 0 => best,
            _ => Some((format, q)),
        });
        best.map_or(Self::Text004, |(format, _)| format)
    }

    /// The `Content-Type` of what [`Registry::render`](crate::Registry::render) returns.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text004 => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics100 => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }
}

/// A media range (RFC 9110, 12.5.1) we can serve, and its weight in thousandths.
fn parse_range(range: &str) -> Option<(Format, u16)> {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next()?.to_ascii_lowercase();
    let (mut version, mut proto, mut encoding, mut weight) = (None, None, None, 1_000);
    for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "version" => version = Some(value),
            "proto" => proto = Some(value),
            "encoding" => encoding = Some(value),
            "q" => weight = parse_weight(value),
            _ => {}
        }
    }
    let format = match media.as_str() {
        "application/vnd.google.protobuf"
            if proto == Some("io.prometheus.client.MetricFamily") && encoding == Some("delimited") =>
        {
            Format::Protobuf
        }
        "application/openmetrics-text" if matches!(version, None | Some("1.0.0")) => Format::OpenMetrics100,
        "text/plain" if matches!(version, None | Some("0.0.4")) => Format::Text004,
        "text/*" | "*/*" => Format::Text004,
        _ => return None,
    };
    Some((format, weight))
}

/// A quality value in thousandths; an unreadable one counts as 0, so the range is not used.
fn parse_weight(value: &str) -> u16 {
    match value.parse::<f64>() {
        Ok(q) if (0.0..=1.0).contains(&q) => (q * 1_000.0).round() as u16,
        _ => 0,
    }
}
