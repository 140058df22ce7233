//! [`Row`]: the samples of one peer in one mode, and how they are printed: a table for people, JSON for tools.

use std::{fmt, time::Duration};

use serde_json::{Value, json};

use super::{modes::Mode, peers::Peer, procs::Memory};

/// One measurement of a load.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// CPU time for one request.
    pub(super) cpu: Duration,
    pub(super) requests_per_second: f64,
    /// Latencies in microseconds.
    pub(super) p50_us: u64,
    pub(super) p99_us: u64,
}

/// All measurements of one peer in one mode.
pub(super) struct Row {
    pub(super) mode: Mode,
    pub(super) peer: Peer,
    /// Empty where only memory is measured.
    pub(super) samples: Vec<Sample>,
    /// Resident bytes before the load, and the peak with it, one pair a round.
    pub(super) memory: Vec<(u64, u64)>,
}

impl Row {
    pub(super) fn new(mode: Mode, peer: Peer) -> Self {
        Self { mode, peer, samples: Vec::new(), memory: Vec::new() }
    }

    pub(super) fn push_memory(&mut self, before: Memory, after: u64) {
        self.memory.push((before.resident, after));
    }

    fn cpu_us(&self) -> Vec<f64> {
        sorted(self.samples.iter().map(|sample| sample.cpu.as_secs_f64() * 1e6))
    }

    fn median(&self, of: impl Fn(&Sample) -> f64) -> Option<f64> {
        median(&sorted(self.samples.iter().map(of)))
    }

    #[expect(clippy::cast_precision_loss, reason = "memory of a process is far below 2^52 bytes")]
    fn memory_mib(&self, of: impl Fn(&(u64, u64)) -> u64) -> Option<f64> {
        median(&sorted(self.memory.iter().map(|pair| of(pair) as f64 / (1024.0 * 1024.0))))
    }

    /// What peers are compared by: CPU time, or memory where there is no load.
    fn cost(&self) -> Option<f64> {
        median(&self.cpu_us()).or_else(|| self.memory_mib(|pair| pair.1))
    }
}

/// All rows of a run, in the order in which they are printed.
pub(super) struct Table(pub(super) Vec<Row>);

impl Table {
    /// Cost of `row` by that of nginx in the same mode.
    fn ratio(&self, row: &Row) -> Option<f64> {
        let nginx = self.0.iter().find(|other| other.mode == row.mode && other.peer == Peer::Nginx)?;
        Some(row.cost()? / nginx.cost()?)
    }

    /// `{mode: {peer: {cpu_us, …}}}`.
    pub(super) fn json(&self) -> Value {
        let mut modes = serde_json::Map::new();
        for row in &self.0 {
            let mode = modes.entry(row.mode.name()).or_insert_with(|| json!({}));
            let cpu = row.cpu_us();
            mode[row.peer.name()] = json!({
                "cpu_us": rounded(median(&cpu)), "cpu_us_min": rounded(cpu.first().copied()),
                "cpu_us_max": rounded(cpu.last().copied()),
                "requests_per_second": rounded(row.median(|sample| sample.requests_per_second)),
                "p50_us": rounded(row.median(p50)), "p99_us": rounded(row.median(p99)),
                "rss_before_mib": rounded(row.memory_mib(|pair| pair.0)),
                "rss_mib": rounded(row.memory_mib(|pair| pair.1)),
                "ratio_to_nginx": rounded(self.ratio(row)),
            });
        }
        Value::Object(modes)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:9} {:15} {:>10} {:>19} {:>9}", "mode", "peer", "CPU µs/req", "(min–max)", "req/s")?;
        write!(f, " {:>8} {:>8} {:>15} {:>8}", "p50 µs", "p99 µs", "RSS MiB", "by nginx")?;
        for row in &self.0 {
            let cpu = row.cpu_us();
            let range = cpu.first().zip(cpu.last()).map(|(min, max)| format!("({min:.1}–{max:.1})"));
            let memory = row.memory_mib(|pair| pair.0).zip(row.memory_mib(|pair| pair.1));
            let memory = memory.map(|(before, after)| format!("{before:.1} → {after:.1}"));
            let throughput = row.median(|sample| sample.requests_per_second);
            let text = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
            let figure = |value: Option<f64>, digits| text(value.map(|value| format!("{value:.digits$}")));
            write!(f, "\n{:9} {:15} {:>10}", row.mode.name(), row.peer.name(), figure(median(&cpu), 1))?;
            write!(f, " {:>19} {:>9} {:>8}", text(range), figure(throughput, 0), figure(row.median(p50), 0))?;
            write!(f, " {:>8} {:>15}", figure(row.median(p99), 0), text(memory))?;
            write!(f, " {:>8}", figure(self.ratio(row), 2))?;
        }
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "a latency in µs is far below 2^52")]
fn p50(sample: &Sample) -> f64 {
    sample.p50_us as f64
}

#[expect(clippy::cast_precision_loss, reason = "a latency in µs is far below 2^52")]
fn p99(sample: &Sample) -> f64 {
    sample.p99_us as f64
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// The middle of sorted values, or the mean of the two middle ones.
fn median(sorted: &[f64]) -> Option<f64> {
    let (low, high) = (sorted.get(sorted.len().checked_sub(1)? / 2)?, sorted.get(sorted.len() / 2)?);
    Some(f64::midpoint(*low, *high))
}

fn rounded(value: Option<f64>) -> Option<f64> {
    value.map(|value| (value * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(peer: Peer, cpu_us: &[u64]) -> Row {
        let sample = |cpu: &u64| Sample {
            cpu: Duration::from_micros(*cpu),
            requests_per_second: 1000.0,
            p50_us: 5,
            p99_us: 9,
        };
        let memory = vec![(1024 * 1024, 3 * 1024 * 1024)];
        Row { mode: Mode::Get, peer, samples: cpu_us.iter().map(sample).collect(), memory }
    }

    #[test]
    fn medians_and_ratios() {
        let table = Table(vec![row(Peer::Ours, &[30, 10, 20]), row(Peer::Nginx, &[40, 60])]);
        let json = table.json();
        assert_eq!(json["get"]["ours"]["cpu_us"], 20.0);
        assert_eq!(json["get"]["ours"]["cpu_us_max"], 30.0);
        assert_eq!(json["get"]["nginx"]["cpu_us"], 50.0);
        assert_eq!(json["get"]["ours"]["ratio_to_nginx"], 0.4);
        let text = table.to_string();
        assert!(text.contains("(10.0–30.0)") && text.contains("1.0 → 3.0"), "{text}");
    }

    #[test]
    fn without_load_memory_is_compared_and_without_nginx_nothing_is() {
        let idle =
            |peer, after| Row { mode: Mode::Idle, peer, samples: Vec::new(), memory: vec![(1, after)] };
        let table = Table(vec![idle(Peer::Ours, 30), idle(Peer::Nginx, 20)]);
        assert_eq!(table.json()["idle"]["ours"]["ratio_to_nginx"], 1.5);
        let alone = Table(vec![row(Peer::Ours, &[1])]);
        assert_eq!(alone.json()["get"]["ours"]["ratio_to_nginx"], Value::Null);
    }
}
