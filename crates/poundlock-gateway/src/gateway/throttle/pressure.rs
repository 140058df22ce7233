//! How short of processor time the gateway itself is.
//!
//! Main type: [`Gauge`]. What follows from it is the controller's. What other processes of the machine use does not
//! count: where they take too much, our own timer is late.

use poundlock_limit::throttle::Pressure;
use rustix::time::{ClockId, clock_gettime};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Reads of the timer that are looked at together, and between two looks at the processor time.
const READS: usize = 5;

/// Measures the pressure.
pub(super) struct Gauge {
    /// Processors that there are for us.
    cpus: f64,
    lags: [Duration; READS],
    reads: usize,
    looked: Instant,
    used: Duration,
    cpu_permille: u16,
}

impl Gauge {
    /// For a gateway with so many workers: one of them alone cannot use more than one processor.
    pub(super) fn new(workers: usize) -> Self {
        let cpus = cpus().min(workers as f64);
        let lags = [Duration::ZERO; READS];
        Self { cpus, lags, reads: 0, looked: Instant::now(), used: process_time(), cpu_permille: 0 }
    }

    /// The pressure, with how late the timer was this time.
    pub(super) fn read(&mut self, lag: Duration) -> Pressure {
        self.lags[self.reads % READS] = lag;
        self.reads += 1;
        if self.reads.is_multiple_of(READS) {
            let (now, used) = (Instant::now(), process_time());
            self.cpu_permille =
                permille(used.saturating_sub(self.used), now.duration_since(self.looked), self.cpus);
            (self.looked, self.used) = (now, used);
        }
        // One late timer is chance; if the most punctual of several is late, it is a shortage.
        let lag = self.lags.iter().min().copied().unwrap_or_default();
        Pressure {
            cpu_permille: self.cpu_permille,
            lag_us: u32::try_from(lag.as_micros()).unwrap_or(u32::MAX),
        }
    }
}

fn permille(used: Duration, elapsed: Duration, cpus: f64) -> u16 {
    let available = (elapsed.as_secs_f64() * cpus).max(f64::MIN_POSITIVE);
    (1000.0 * used.as_secs_f64() / available) as u16
}

/// Processor time of all our threads so far.
fn process_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Processors that this process may use, parts of one included where a control group says so.
fn cpus() -> f64 {
    let whole = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    // The quota is in that number, but rounded down.
    quota().filter(|quota| *quota < whole + 1.0).unwrap_or(whole)
}

/// The least quota among our control group and those around it.
fn quota() -> Option<f64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let group = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let folders = Path::new(group).ancestors().map(|group| Path::new("/sys/fs/cgroup").join(group));
    let quotas = folders.filter_map(|folder| parse_quota(&fs::read_to_string(folder.join("cpu.max")).ok()?));
    quotas.min_by(f64::total_cmp)
}

/// Reads `cpu.max`: microseconds of processor time in a period of microseconds, or `max`.
fn parse_quota(text: &str) -> Option<f64> {
    let (quota, period) = text.trim().split_once(' ')?;
    let (quota, period): (u32, u32) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0 && period > 0).then(|| f64::from(quota) / f64::from(period))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_a_share_of_what_there_is() {
        let ms = Duration::from_millis;
        assert_eq!(permille(ms(240), ms(250), 1.0), 960);
        assert_eq!(permille(ms(240), ms(250), 1.5), 640);
        assert_eq!(permille(ms(1), ms(0), 1.0), u16::MAX);
        assert_eq!(permille(ms(0), ms(0), 1.0), 0);
    }

    #[test]
    fn a_quota_may_be_a_part_of_a_processor_or_none() {
        assert_eq!(parse_quota("150000 100000\n"), Some(1.5));
        assert_eq!(parse_quota("max 100000\n"), None);
        assert_eq!(parse_quota("0 0"), None);
        assert_eq!(parse_quota("x"), None);
        assert!(cpus() > 0.0);
    }

    #[test]
    fn only_a_timer_that_is_late_time_after_time_is_pressure() {
        let mut gauge = Gauge::new(1);
        let mut read = |ms| gauge.read(Duration::from_millis(ms)).lag_us;
        assert_eq!([30, 40, 1, 30, 40].map(&mut read), [0, 0, 0, 0, 1_000]);
        assert_eq!([30, 40, 25, 30].map(&mut read), [1_000, 1_000, 25_000, 25_000]);
    }

    #[test]
    fn work_is_seen() {
        let mut gauge = Gauge::new(1);
        let begin = Instant::now();
        while process_time().saturating_sub(gauge.used) < Duration::from_millis(20) {
            assert!(begin.elapsed() < Duration::from_secs(60), "no processor time in a minute");
            std::hint::black_box(0);
        }
        let pressure = std::array::from_fn::<_, READS, _>(|_| gauge.read(Duration::ZERO));
        assert!(pressure[READS - 1].cpu_permille > 0);
    }
}
