//! What our own machine says of the load.
//!
//! Main types: [`Pressure`], as it was measured, and `Cap`, what follows from it. They do not know how it was measured.

use crate::Micros;

/// How short our own machine is of processor time. The default is no pressure.
///
/// The upstream's answers say nothing of this: a gateway that gets no processor time sees slow answers from a healthy
/// upstream, and the other way round. So it may only tighten the limit, never widen it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pressure {
    /// Processor time used, in thousandths of what there is (of the machine, or of the control group's quota).
    pub cpu_permille: u16,
    /// How late a timer of a worker fires, in microseconds.
    pub lag_us: u32,
}

impl Pressure {
    /// Above this share of the processor time there is pressure.
    pub const CPU_PERMILLE: u16 = 950;
    /// Above this lag there is pressure: a request waits for it several times.
    pub const LAG_US: u32 = 20_000;

    fn presses(self) -> bool {
        self.cpu_permille > Self::CPU_PERMILLE || self.lag_us > Self::LAG_US
    }
}

/// How often a cap moves, in microseconds.
pub(super) const TIGHTEN_EVERY_US: u64 = 250_000;

/// An upper bound on the limit while there is pressure and for a time after: down by a tenth, up by a twentieth, each
/// 250 ms.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cap {
    at: Option<f64>,
    next: Micros,
}

impl Cap {
    /// Moves the cap, if it is time; `used` is what is in use of the limit. Returns whether it was tightened.
    pub(super) fn tick(&mut self, now: Micros, used: f64, limit: f64, pressure: Pressure) -> bool {
        if self.next > now && self.next.since(now) <= TIGHTEN_EVERY_US {
            return false;
        }
        self.next = now.after(TIGHTEN_EVERY_US);
        let presses = pressure.presses();
        self.at = match self.at {
            // What is not in use is no help: the first step goes from what is.
            None if presses => Some(used.clamp(1.0, limit) * 0.9),
            Some(at) if presses => Some((at * 0.9).max(1.0)),
            Some(at) => Some(at * 1.05).filter(|at| *at < limit),
            None => None,
        };
        presses
    }

    /// The limit under the cap.
    pub(super) fn apply(self, limit: f64) -> f64 {
        self.at.map_or(limit, |at| at.min(limit))
    }

    /// Whether it is the cap that limits.
    pub(super) fn binds(self, limit: f64) -> bool {
        self.at.is_some_and(|at| at < limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BUSY: Pressure = Pressure { cpu_permille: 990, lag_us: 0 };

    #[test]
    fn pressure_tightens_from_what_is_used_and_lets_go_in_the_end() {
        let (mut cap, mut now) = (Cap::default(), Micros(0));
        let mut tick = |cap: &mut Cap, pressure| {
            now = now.after(TIGHTEN_EVERY_US);
            cap.tick(now, 50.0, 100.0, pressure)
        };
        assert!(tick(&mut cap, BUSY));
        assert_eq!(cap.apply(100.0), 45.0);
        assert!(tick(&mut cap, Pressure { cpu_permille: 0, lag_us: 20_001 }));
        assert_eq!(cap.apply(100.0), 40.5);
        assert!(!tick(&mut cap, Pressure { cpu_permille: 950, lag_us: 20_000 }));
        assert!(cap.binds(100.0) && cap.apply(100.0) > 40.5);
        for _ in 0..19 {
            tick(&mut cap, Pressure::default());
        }
        assert!(!cap.binds(100.0));
    }

    #[test]
    fn it_moves_once_each_quarter_second_and_survives_a_clock_set_back() {
        let mut cap = Cap::default();
        assert!(cap.tick(Micros(10_000_000), 50.0, 100.0, BUSY));
        assert!(!cap.tick(Micros(10_200_000), 50.0, 100.0, BUSY));
        assert!(cap.tick(Micros(10_250_000), 50.0, 100.0, BUSY));
        assert!(cap.tick(Micros(1_000_000), 50.0, 100.0, BUSY));
    }

    proptest! {
        #[test]
        fn it_never_widens(ticks in prop::collection::vec((any::<u16>(), any::<u32>(), 0.0..1e6f64), 1..200)) {
            let (mut cap, mut now) = (Cap::default(), Micros(0));
            for (cpu_permille, lag_us, limit) in ticks {
                now = now.after(TIGHTEN_EVERY_US);
                cap.tick(now, limit, limit.max(1.0), Pressure { cpu_permille, lag_us });
                prop_assert!(cap.apply(limit) <= limit);
                prop_assert!(cap.apply(1e9) >= 0.9);
            }
        }
    }
}
