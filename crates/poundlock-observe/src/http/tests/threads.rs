//! Writers and a scraper at the same time.

use super::cell::{Shared, Writer};
use super::*;
use std::sync::Barrier;
use std::sync::atomic::AtomicU64;
use std::thread;

const WRITERS: usize = 4;
const REQUESTS: u64 = 60_000;
/// How often an exclusive writer drops its shard and takes another.
const REOPEN_EVERY: u64 = 1_000;

fn write<R: HttpRecorder>(mut open: impl FnMut() -> R) {
    let mut recorder = open();
    for n in 0..REQUESTS {
        recorder.begin(RouteId::UNMATCHED, Method::Get);
        let status = [200, 404, 500][(n % 3) as usize];
        let duration = Duration::from_millis(n % 12_000);
        recorder.finish(&RequestRecord { duration, ..record(RouteId::UNMATCHED, status, None) });
        if n % REOPEN_EVERY == REOPEN_EVERY - 1 {
            drop(recorder);
            recorder = open();
        }
    }
}

/// `histograms` checks that `+Inf` is the count; here no bucket may ever go down.
fn check_grows(before: &BTreeMap<Labels, ParsedHistogram>, after: &BTreeMap<Labels, ParsedHistogram>) {
    for (labels, earlier) in before {
        let later = after.get(labels).unwrap_or_else(|| panic!("{labels:?} vanished"));
        for (earlier, later) in earlier.buckets.iter().zip(&later.buckets) {
            assert!(later.1 >= earlier.1, "{labels:?} went down: {earlier:?} {later:?}");
        }
        assert!(later.sum >= earlier.sum, "{labels:?}: sum went down");
    }
}

#[test]
fn a_scrape_during_writes_is_consistent_and_nothing_is_lost() {
    let metrics = HttpMetrics::new(Limits::default());
    let scrapes = thread::scope(|scope| {
        let metrics = &metrics;
        let writers = [
            scope.spawn(|| write(|| metrics.shard())),
            scope.spawn(|| write(|| metrics.shard())),
            scope.spawn(|| write(|| metrics.shared())),
            scope.spawn(|| write(|| metrics.shared())),
        ];
        let (mut before, mut scrapes) = (BTreeMap::new(), 0);
        while !writers.iter().all(|writer| writer.is_finished()) {
            let samples = scrape(metrics);
            let after = testing::histograms(&samples, REQUEST_DURATION);
            check_grows(&before, &after);
            let in_flight: f64 = samples
                .iter()
                .filter(|sample| sample.name == ACTIVE_REQUESTS)
                .map(|sample| sample.value)
                .sum();
            assert!(in_flight <= WRITERS as f64, "{in_flight} in flight");
            (before, scrapes) = (after, scrapes + 1);
        }
        scrapes
    });
    let total: u64 = durations(&metrics).values().map(|histogram| histogram.count).sum();
    assert_eq!(total, WRITERS as u64 * REQUESTS);
    assert!(scrapes > 0);
}

/// A tight loop, so that an addition that is not atomic is interrupted half-way even on a busy machine.
#[test]
fn shared_additions_are_not_lost() {
    const ADDITIONS: u64 = 1_000_000;
    let counter = AtomicU64::new(0);
    let start = Barrier::new(WRITERS);
    thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                start.wait();
                (0..ADDITIONS).for_each(|_| Shared::add(&counter, 1));
            });
        }
    });
    assert_eq!(counter.into_inner(), WRITERS as u64 * ADDITIONS);
}
