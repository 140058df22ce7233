//! What an answer takes without a queue.
//!
//! Main type: [`Base`]. It does not know how its samples came about, only how far they can be trusted.

/// The base: a mean, kept in microseconds.
///
/// It is a mean and not a minimum. With two routes of 10 and 200 ms the minimum says that everything beyond 10 ms is a
/// queue; and a minimum of noisy means is lower than any of them, so the limit would be driven below what the upstream
/// can do. A mean must come from times without a queue, and there are two: windows in which little was in flight, and
/// probes, for which the limit is lowered on purpose. A base that is only taken from what happens to be quickest lately
/// drifts upward under a lasting overload, since then nothing is without a queue (Cinnamon's authors saw the same).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Base {
    pub(super) us: Option<f64>,
}

impl Base {
    /// The variance that a base is given before each probe, in units of its square: it may have drifted by a tenth.
    const DRIFT: f64 = 0.01;
    /// How many answers in calm it averages over.
    const MEMORY: f64 = 1_000.0;

    /// The base, if anything was seen.
    pub(super) fn us(self) -> Option<f64> {
        self.us
    }

    /// Takes in the mean of `answers` answers, at least one, while nobody was refused and at most half of the limit was in
    /// use. The weight grows with their number, so that the average is over as many whatever the rate.
    pub(super) fn calm(&mut self, rtt_us: f64, answers: u64) {
        self.blend(rtt_us, answers as f64 / (answers as f64 + Self::MEMORY));
    }

    /// Takes in the mean of the answers to a probe, weighed by how far it may stray by chance (the gain of a Kalman filter
    /// with a fixed drift). One that is away by a half is right: the upstream has changed.
    pub(super) fn probed(&mut self, rtt_us: f64, variance: f64) {
        let changed = self.us.is_some_and(|base| (rtt_us / base - 1.0).abs() > 0.5);
        self.blend(rtt_us, if changed { 1.0 } else { Self::DRIFT / (Self::DRIFT + variance) });
    }

    fn blend(&mut self, rtt_us: f64, weight: f64) {
        self.us = Some(self.us.map_or(rtt_us, |base| base + weight * (rtt_us - base)));
    }

    /// Whether it is more than a tenth away from what it was, if it was anything.
    pub(super) fn moved_from(self, before: Option<f64>) -> bool {
        self.us.zip(before).is_some_and(|(now, before)| (now / before - 1.0).abs() > 0.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: Option<f64>, learn: impl FnOnce(&mut Base), expect: f64) {
        let mut it = Base { us: base };
        learn(&mut it);
        assert!(it.us.is_some_and(|us| (us - expect).abs() < 1e-9), "{base:?} {it:?} {expect}");
    }

    #[test]
    fn what_a_sample_does_depends_on_its_size_and_source() {
        check(None, |base| base.calm(30.0, 1), 30.0);
        check(Some(20.0), |base| base.calm(30.0, 1_000), 25.0);
        check(Some(20.0), |base| base.calm(200.0, 1_000), 110.0);
        check(None, |base| base.probed(30.0, 9.0), 30.0);
        check(Some(20.0), |base| base.probed(24.0, 0.01), 22.0);
        check(Some(20.0), |base| base.probed(24.0, 0.03), 21.0);
        check(Some(20.0), |base| base.probed(200.0, 0.03), 200.0);
        check(Some(20.0), |base| base.probed(9.0, 0.03), 9.0);
    }

    #[test]
    fn a_tenth_is_a_move() {
        let base = Base { us: Some(20.0) };
        assert!(base.moved_from(Some(17.0)) && base.moved_from(Some(23.0)));
        assert!(!base.moved_from(Some(19.0)) && !base.moved_from(None));
    }
}
