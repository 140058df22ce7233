//! Single rules, by windows of made-up answers; how they work together is shown by the simulation.

use super::*;
use proptest::prelude::*;

/// An upstream of `servers` that take `service_us`: what a window would show under the present limit.
struct Upstream {
    servers: f64,
    service_us: f64,
    now: Micros,
}

impl Upstream {
    fn new() -> (Self, Controller) {
        let bounds = Bounds::new(2, 20, 1_000).unwrap();
        (Self { servers: 32.0, service_us: 20_000.0, now: Micros(0) }, Controller::new(bounds, Micros(0)))
    }

    /// Runs one tick of 50 ms in which `wanted` would like to be in flight.
    fn tick(&mut self, controller: &mut Controller, wanted: f64, pressure: Pressure) -> Change {
        let in_flight = wanted.min(f64::from(controller.limit()));
        let rtt = self.service_us * (in_flight / self.servers).max(1.0);
        let answers = 50_000.0 * in_flight / rtt;
        let mut window = Window::default();
        (0..answers as u32).for_each(|_| window.sample(rtt as u64, Outcome::Answered));
        if wanted > in_flight {
            window.refuse();
        }
        controller.absorb(&window);
        self.now = self.now.after(50_000);
        controller.tick(self.now, in_flight as u32, pressure)
    }

    fn run(&mut self, controller: &mut Controller, wanted: f64, seconds: u64) -> Vec<Change> {
        (0..seconds * 20).map(|_| self.tick(controller, wanted, Pressure::default())).collect()
    }
}

#[test]
fn under_overload_it_comes_to_rest_a_little_above_the_servers() {
    let (mut upstream, mut controller) = Upstream::new();
    upstream.run(&mut controller, 300.0, 5);
    let changes = upstream.run(&mut controller, 300.0, 20);
    assert!(changes.iter().all(|change| (32..=50).contains(&change.limit)), "{changes:?}");
    assert!((19_000..21_000).contains(&controller.base_us().unwrap()));
}

#[test]
fn without_refusals_the_limit_stays() {
    let (mut upstream, mut controller) = Upstream::new();
    let changes = upstream.run(&mut controller, 15.0, 30);
    assert!(changes.iter().all(|change| *change == Change { limit: 20, cause: Cause::Kept }));
}

#[test]
fn a_slower_upstream_is_not_mistaken_for_a_queue_for_long() {
    let (mut upstream, mut controller) = Upstream::new();
    upstream.run(&mut controller, 300.0, 10);
    upstream.service_us = 100_000.0;
    upstream.run(&mut controller, 300.0, 6);
    assert!((95_000..105_000).contains(&controller.base_us().unwrap()), "{controller:?}");
    assert!((32..=60).contains(&controller.limit()), "{controller:?}");
}

#[test]
fn a_stall_during_a_probe_does_not_become_the_base() {
    let (mut upstream, mut controller) = Upstream::new();
    upstream.run(&mut controller, 300.0, 10);
    while upstream.tick(&mut controller, 300.0, Pressure::default()).cause != Cause::Probing {}
    upstream.service_us = 400_000.0;
    for _ in 0..8 {
        upstream.tick(&mut controller, 300.0, Pressure::default());
    }
    upstream.service_us = 20_000.0;
    upstream.run(&mut controller, 300.0, 5);
    assert!(controller.base_us().unwrap() < 30_000, "{controller:?}");
    assert!((32..=60).contains(&controller.limit()), "{controller:?}");
}

#[test]
fn a_stall_that_does_become_the_base_does_no_harm_until_the_next_probe() {
    let (mut upstream, mut controller) = Upstream::new();
    upstream.run(&mut controller, 2_000.0, 10);
    while upstream.tick(&mut controller, 2_000.0, Pressure::default()).cause != Cause::Probing {}
    upstream.service_us = 400_000.0;
    upstream.run(&mut controller, 2_000.0, 3);
    assert!(controller.base_us().unwrap() > 300_000, "{controller:?}");
    upstream.service_us = 20_000.0;
    let after = upstream.run(&mut controller, 2_000.0, 10);
    assert!(after.iter().all(|change| change.limit < 150), "more in flight brings no more answers");
    assert!(controller.base_us().unwrap() < 30_000, "{controller:?}");
}

#[test]
fn an_overload_from_the_start_leaves_no_inflated_base() {
    let (mut upstream, mut controller) = Upstream::new();
    upstream.servers = 2.0;
    upstream.run(&mut controller, 300.0, 40);
    assert!(controller.base_us().unwrap() < 25_000, "{controller:?}");
    assert!(controller.limit() <= 8, "{controller:?}");
}

#[test]
fn a_larger_upstream_is_found_quickly() {
    let (mut upstream, mut controller) = Upstream::new();
    upstream.run(&mut controller, 2_000.0, 10);
    upstream.servers = 512.0;
    upstream.run(&mut controller, 2_000.0, 4);
    assert!((512..=600).contains(&controller.limit()), "{controller:?}");
}

/// A controller that knows a base of 20 ms, and a function that shows it a window of 400 answers.
fn by_window() -> impl FnMut(u64, bool) -> Change {
    let mut controller = Controller::new(Bounds::new(2, 20, 1_000).unwrap(), Micros(0));
    let mut now = Micros(0);
    let mut show = move |rtt_us, refused| {
        now = now.after(250_000);
        let mut window = Window::default();
        (0..400).for_each(|_| window.sample(rtt_us, Outcome::Answered));
        if refused {
            window.refuse();
        }
        controller.absorb(&window);
        controller.tick(now, 10, Pressure::default())
    };
    show(20_000, false);
    show(20_000, false);
    show
}

#[test]
fn a_queue_in_one_window_is_a_burst_and_in_two_it_is_too_long() {
    let mut show = by_window();
    for _ in 0..60 {
        assert_eq!(show(60_000, true), Change { limit: 20, cause: Cause::Kept });
        assert_eq!(show(20_000, false), Change { limit: 20, cause: Cause::Kept });
    }
    show(60_000, true);
    assert_eq!(show(60_000, true), Change { limit: 14, cause: Cause::Queue });
}

#[test]
fn slow_start_ends_when_more_in_flight_brings_no_more_answers() {
    let mut show = by_window();
    assert_eq!([(); 2].map(|()| show(20_000, true).limit), [30, 32]);
}

#[test]
fn passing_saturation_is_no_reason_to_probe_and_lasting_is() {
    let mut show = by_window();
    for _ in 0..200 {
        assert_eq!((0..3).map(|_| show(22_000, true).cause).collect::<Vec<_>>(), [Cause::Grew; 3]);
        assert_eq!(show(22_000, false).cause, Cause::Kept);
    }
    assert!((0..10).any(|_| show(22_000, true).cause == Cause::Probing));
}

#[test]
fn in_calm_the_base_follows_the_upstream() {
    let (mut upstream, mut controller) = Upstream::new();
    upstream.run(&mut controller, 10.0, 5);
    upstream.service_us = 40_000.0;
    upstream.run(&mut controller, 10.0, 30);
    assert!((38_000..=40_000).contains(&controller.base_us().unwrap()), "{controller:?}");
}

#[test]
fn when_most_give_up_late_it_falls_to_the_minimum_and_when_they_leave_early_it_does_not() {
    let (mut upstream, mut controller) = Upstream::new();
    upstream.run(&mut controller, 15.0, 5);
    let mut abandon = |controller: &mut Controller, after_us| {
        (0..200).for_each(|_| controller.sample(after_us, Outcome::Abandoned));
        upstream.now = upstream.now.after(1_000_000);
        controller.tick(upstream.now, 20, Pressure::default())
    };
    assert_eq!(abandon(&mut controller, 1_000), Change { limit: 20, cause: Cause::Kept });
    let changes: Vec<_> = (0..10).map(|_| abandon(&mut controller, 1_000_000)).collect();
    assert_eq!(changes[0], Change { limit: 14, cause: Cause::Abandoned });
    assert_eq!(changes[9].limit, 2);
}

#[test]
fn failures_say_nothing() {
    let (mut upstream, mut controller) = Upstream::new();
    upstream.run(&mut controller, 15.0, 5);
    let base = controller.base_us();
    for _ in 0..100 {
        (0..1_000).for_each(|_| controller.sample(10, Outcome::Failed));
        upstream.now = upstream.now.after(250_000);
        assert_eq!(controller.tick(upstream.now, 5, Pressure::default()).limit, 20);
    }
    assert_eq!(controller.base_us(), base);
}

#[test]
fn pressure_tightens_and_what_it_refuses_teaches_nothing() {
    let (mut upstream, mut controller) = Upstream::new();
    upstream.run(&mut controller, 300.0, 10);
    let (before, base) = (controller.limit(), controller.base_us());
    let busy = Pressure { cpu_permille: 1_000, lag_us: 0 };
    let pressed: Vec<_> = (0..60).map(|_| upstream.tick(&mut controller, 300.0, busy)).collect();
    assert!(pressed.iter().any(|change| change.cause == Cause::Pressure));
    assert!(controller.limit() < before / 2, "{controller:?}");
    upstream.run(&mut controller, 300.0, 20);
    assert!((32..=50).contains(&controller.limit()), "{controller:?}");
    assert!(controller.base_us().unwrap().abs_diff(base.unwrap()) < 1_000);
}

#[test]
fn a_clock_set_back_does_not_stop_it() {
    let (mut upstream, mut controller) = Upstream::new();
    upstream.now = Micros(3_600 * Micros::SECOND);
    upstream.run(&mut controller, 300.0, 10);
    upstream.now = Micros(0);
    upstream.servers = 8.0;
    upstream.run(&mut controller, 300.0, 20);
    assert!((8..=20).contains(&controller.limit()), "{controller:?}");
}

#[test]
fn bounds_are_in_order() {
    assert!(Bounds::new(1, 1, 1).is_some());
    for (min, initial, max) in [(0, 1, 2), (3, 2, 4), (1, 5, 4)] {
        assert!(Bounds::new(min, initial, max).is_none());
    }
}

proptest! {
    #[test]
    fn whatever_comes_the_limit_stays_within_its_bounds(
        steps in prop::collection::vec((any::<u64>(), any::<u64>(), 0..40u8, any::<u32>(), any::<u16>()), 1..300),
    ) {
        let mut controller = Controller::new(Bounds::new(3, 20, 200).unwrap(), Micros(0));
        let mut now = Micros(0);
        for (step, rtt, kind, in_flight, cpu_permille) in steps {
            now = if kind == 0 { Micros(step) } else { now.after(step % 600_000) };
            let outcome = [Outcome::Answered, Outcome::Failed, Outcome::Abandoned][usize::from(kind % 3)];
            let rtt = if kind < 2 { rtt } else { rtt % 1_000_000 };
            let mut window = Window::default();
            (0..kind).for_each(|_| window.sample(rtt, outcome));
            if step % 2 == 0 {
                window.refuse();
            }
            controller.absorb(&window);
            let change = controller.tick(now, in_flight, Pressure { cpu_permille, lag_us: 0 });
            prop_assert!((3..=200).contains(&change.limit));
            prop_assert_eq!(change.limit, controller.limit());
        }
    }

    #[test]
    fn merging_windows_is_as_counting_in_one(samples in prop::collection::vec((any::<u64>(), 0..4u8, 0..4usize), 0..200)) {
        let (mut one, mut shards) = (Window::default(), [Window::default(); 4]);
        for (rtt, kind, shard) in samples {
            for window in [&mut one, &mut shards[shard]] {
                match kind {
                    0 => window.refuse(),
                    1 => window.sample(rtt, Outcome::Failed),
                    2 => window.sample(rtt, Outcome::Abandoned),
                    _ => window.sample(rtt, Outcome::Answered),
                }
            }
        }
        let mut merged = Window::default();
        shards.iter_mut().rev().for_each(|shard| merged.merge(&shard.take()));
        prop_assert_eq!(merged, one);
        prop_assert_eq!(shards, [Window::default(); 4]);
    }
}
