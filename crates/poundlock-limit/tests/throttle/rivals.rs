//! The others, from their published algorithms and with their defaults, for comparison only.
//!
//! Main type: [`Rival`]. Their upper bounds are raised to 2,000, so that none fails merely by being capped at 200.

use super::sim::Limiter;

const MOST: f64 = 2_000.0;

/// Nobody is rejected.
pub(crate) struct Unlimited;

impl Limiter for Unlimited {
    fn limit(&self) -> u32 {
        u32::MAX
    }
    fn ended(&mut self, _now: u64, _rtt: u64, _answered: bool, _in_flight: u32) {}
}

/// A fixed limit.
pub(crate) struct Fixed(pub u32);

impl Limiter for Fixed {
    fn limit(&self) -> u32 {
        self.0
    }
    fn ended(&mut self, _now: u64, _rtt: u64, _answered: bool, _in_flight: u32) {}
}

/// Additive increase, multiplicative decrease (Netflix concurrency-limits `AIMDLimit`): up by 1 for each answer while at
/// least half is used, down to 90 % for each request that was not answered in time.
pub(crate) struct Aimd(f64);

impl Default for Aimd {
    fn default() -> Self {
        Self(20.0)
    }
}

impl Limiter for Aimd {
    fn limit(&self) -> u32 {
        self.0 as u32
    }
    fn ended(&mut self, _now: u64, _rtt: u64, answered: bool, in_flight: u32) {
        if !answered {
            self.0 *= 0.9;
        } else if f64::from(in_flight) * 2.0 >= self.0 {
            self.0 += 1.0;
        }
        self.0 = self.0.clamp(20.0, MOST);
    }
}

/// Netflix `Gradient2Limit`: each answer, or the mean of each window, against an average over the last 600 of them.
pub(crate) struct Gradient2 {
    window_us: u64,
    limit: f64,
    long: f64,
    seen: u32,
    window: (f64, u32, u32),
    next: u64,
}

impl Gradient2 {
    /// By itself: it looks at every answer.
    pub(crate) fn plain() -> Self {
        Self { window_us: 0, limit: 20.0, long: 0.0, seen: 0, window: (0.0, 0, 0), next: 0 }
    }

    /// Under `WindowedLimit`: it looks at the mean of each second, of at least ten answers.
    pub(crate) fn windowed() -> Self {
        Self { window_us: 1_000_000, ..Self::plain() }
    }

    fn update(&mut self, short: f64, in_flight: u32) {
        self.seen += 1;
        // The first ten are averaged evenly, later ones exponentially.
        let weight = if self.seen <= 10 { 1.0 / f64::from(self.seen) } else { 2.0 / 601.0 };
        self.long += weight * (short - self.long);
        if self.long / short > 2.0 {
            self.long *= 0.95;
        }
        if f64::from(in_flight) < self.limit / 2.0 {
            return;
        }
        let gradient = (1.5 * self.long / short).clamp(0.5, 1.0);
        let next = self.limit * gradient + 4.0;
        self.limit = (self.limit * 0.8 + next * 0.2).clamp(20.0, MOST);
    }
}

impl Limiter for Gradient2 {
    fn limit(&self) -> u32 {
        self.limit as u32
    }
    fn ended(&mut self, now: u64, rtt: u64, _answered: bool, in_flight: u32) {
        let (sum, count, most) = self.window;
        self.window = (sum + rtt as f64, count + 1, most.max(in_flight));
        if self.window_us == 0 || (now >= self.next && self.window.1 >= 10) {
            let (sum, count, most) = std::mem::take(&mut self.window);
            self.update(sum / f64::from(count), most);
            self.next = now + self.window_us;
        }
    }
}

/// Netflix `VegasLimit`.
pub(crate) struct Vegas {
    limit: f64,
    base: u64,
    probe: f64,
    rng: fastrand::Rng,
    jitter: f64,
}

impl Default for Vegas {
    fn default() -> Self {
        Self { limit: 20.0, base: u64::MAX, probe: 0.0, rng: fastrand::Rng::with_seed(7), jitter: 0.75 }
    }
}

impl Limiter for Vegas {
    fn limit(&self) -> u32 {
        self.limit as u32
    }
    fn ended(&mut self, _now: u64, rtt: u64, answered: bool, in_flight: u32) {
        self.probe += 1.0;
        if self.jitter * 30.0 * self.limit <= self.probe {
            self.jitter = 0.5 + self.rng.f64() / 2.0;
            self.probe = 0.0;
            self.base = rtt;
            return;
        }
        if rtt < self.base {
            self.base = rtt;
            return;
        }
        let step = self.limit.log10().max(1.0);
        let queue = (self.limit * (1.0 - self.base as f64 / rtt as f64)).ceil();
        let next = match () {
            () if !answered => self.limit - step,
            () if f64::from(in_flight) * 2.0 < self.limit => return,
            () if queue <= step => self.limit + 6.0 * step,
            () if queue < 3.0 * step => self.limit + step,
            () if queue > 6.0 * step => self.limit - step,
            () => return,
        };
        self.limit = next.clamp(1.0, MOST);
    }
}

/// Envoy's gradient controller: the median of each 100 ms against a "minimum" measured every minute from 50 requests at
/// a limit of 3, with a buffer of 25 % and the square root as headroom.
pub(crate) struct Envoy {
    limit: f64,
    /// While the minimum is being measured: the limit before.
    resume: Option<f64>,
    /// Since when it is being measured; earlier requests do not count.
    epoch: u64,
    min_rtt: f64,
    samples: Vec<u64>,
    next_update: u64,
    next_min: u64,
    at_minimum: u32,
}

impl Default for Envoy {
    fn default() -> Self {
        let (resume, samples) = (Some(3.0), Vec::new());
        Self {
            limit: 3.0,
            resume,
            epoch: 0,
            min_rtt: 0.0,
            samples,
            next_update: 0,
            next_min: 0,
            at_minimum: 0,
        }
    }
}

impl Envoy {
    fn median(&mut self) -> f64 {
        self.samples.sort_unstable();
        let middle = self.samples[self.samples.len() / 2] as f64;
        self.samples.clear();
        middle
    }

    fn measure_min(&mut self, now: u64) {
        self.epoch = now;
        self.resume = Some(self.limit);
        self.limit = 3.0;
        self.samples.clear();
        self.at_minimum = 0;
    }

    fn update(&mut self) {
        let gradient = (self.min_rtt * 1.25 / self.median()).clamp(0.5, 2.0);
        let next = self.limit * gradient;
        self.limit = (next + next.sqrt()).clamp(3.0, MOST);
        self.at_minimum = if self.limit <= 3.0 { self.at_minimum + 1 } else { 0 };
    }
}

impl Limiter for Envoy {
    fn limit(&self) -> u32 {
        self.limit as u32
    }
    fn ended(&mut self, now: u64, rtt: u64, answered: bool, _in_flight: u32) {
        // A request that the client has reset gives no sample.
        if answered && (self.resume.is_none() || now - rtt >= self.epoch) {
            self.samples.push(rtt);
        }
        if let Some(resume) = self.resume
            && self.samples.len() >= 50
        {
            self.min_rtt = self.median();
            self.limit = resume;
            self.resume = None;
            self.next_min = now + 60_000_000;
            self.next_update = now + 100_000;
        }
    }
    fn tick(&mut self, now: u64, _in_flight: u32) {
        if self.resume.is_some() || now < self.next_update {
            return;
        }
        self.next_update = now + 100_000;
        if now >= self.next_min || self.at_minimum >= 5 {
            self.measure_min(now);
        } else if !self.samples.is_empty() {
            self.update();
        }
    }
}
