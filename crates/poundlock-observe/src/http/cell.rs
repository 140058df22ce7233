//! What is counted for one label set. Main types: [`ServerCell`], [`ClientCell`], both made of [`Buckets`].
//! A cell does not know its labels, nor whether one or many threads write: the [`Writer`] says that.
//!
//! A histogram's count is not stored: it is the sum of its buckets, so `+Inf` and `_count` always agree.

use super::active::Active;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Upper bounds of request durations in seconds (OpenTelemetry semantic conventions for HTTP).
pub(super) const DURATION_BOUNDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
/// The same bounds in nanoseconds.
const DURATION_BOUNDS_NS: [u64; 14] = [
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    75_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    750_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    7_500_000_000,
    10_000_000_000,
];
/// Upper bounds of body sizes in bytes: 256 B to 16 MiB, each four times the one before.
pub(super) const SIZE_BOUNDS: [f64; 9] =
    [256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 4_194_304.0, 16_777_216.0];

/// Buckets of a duration histogram, `+Inf` included.
pub(super) const DURATION_BUCKETS: usize = DURATION_BOUNDS.len() + 1;
/// Buckets of a size histogram, `+Inf` included.
pub(super) const SIZE_BUCKETS: usize = SIZE_BOUNDS.len() + 1;

/// How a counter is raised.
pub(super) trait Writer {
    /// Adds, wrapping at 2⁶⁴ (which Prometheus reads as a counter reset).
    fn add(counter: &AtomicU64, by: u64);
}

/// One writer at a time: a load and a store, no locked instruction.
pub(super) struct Exclusive;
/// Any number of writers.
pub(super) struct Shared;

impl Writer for Exclusive {
    #[inline]
    fn add(counter: &AtomicU64, by: u64) {
        counter.store(counter.load(Relaxed).wrapping_add(by), Relaxed);
    }
}

impl Writer for Shared {
    #[inline]
    fn add(counter: &AtomicU64, by: u64) {
        counter.fetch_add(by, Relaxed);
    }
}

/// A cell that a matrix can hold.
pub(super) trait Cell: Default + Send + Sync {
    /// One observation.
    type Sample;
    /// The sum of the same cell over all shards.
    type Total: Default;
    /// What a shard counts besides its cells.
    type PerShard: Default + Send + Sync;
    /// Counts one observation.
    fn add<W: Writer>(&self, sample: &Self::Sample);
    /// Adds what was counted so far.
    fn add_to(&self, total: &mut Self::Total);
}

/// Time and body sizes of requests from downstream.
#[derive(Default)]
#[repr(align(64))]
pub(super) struct ServerCell {
    duration: Buckets<DURATION_BUCKETS>,
    request: Buckets<SIZE_BUCKETS>,
    response: Buckets<SIZE_BUCKETS>,
}

/// One finished request from downstream.
pub(super) struct ServerSample {
    pub(super) duration: Duration,
    pub(super) request_bytes: u64,
    pub(super) response_bytes: u64,
}

/// A [`ServerCell`] added up.
#[derive(Default)]
pub(super) struct ServerTotal {
    pub(super) duration: Total<DURATION_BUCKETS>,
    pub(super) request: Total<SIZE_BUCKETS>,
    pub(super) response: Total<SIZE_BUCKETS>,
}

impl Cell for ServerCell {
    type Sample = ServerSample;
    type Total = ServerTotal;
    type PerShard = Active;

    #[inline]
    fn add<W: Writer>(&self, sample: &ServerSample) {
        let ns = nanoseconds(sample.duration);
        self.duration.add::<W>(duration_bucket(ns), ns);
        self.request.add::<W>(size_bucket(sample.request_bytes), sample.request_bytes);
        self.response.add::<W>(size_bucket(sample.response_bytes), sample.response_bytes);
    }

    fn add_to(&self, total: &mut ServerTotal) {
        self.duration.add_to(&mut total.duration);
        self.request.add_to(&mut total.request);
        self.response.add_to(&mut total.response);
    }
}

/// Time of requests to an upstream.
#[derive(Default)]
#[repr(align(64))]
pub(super) struct ClientCell(Buckets<DURATION_BUCKETS>);

impl Cell for ClientCell {
    type Sample = Duration;
    type Total = Total<DURATION_BUCKETS>;
    type PerShard = ();

    #[inline]
    fn add<W: Writer>(&self, duration: &Duration) {
        let ns = nanoseconds(*duration);
        self.0.add::<W>(duration_bucket(ns), ns);
    }

    fn add_to(&self, total: &mut Self::Total) {
        self.0.add_to(total);
    }
}

/// A histogram: how many observations fell into each bucket (not cumulative), and their sum.
struct Buckets<const N: usize> {
    counts: [AtomicU64; N],
    sum: AtomicU64,
}

impl<const N: usize> Buckets<N> {
    #[inline]
    fn add<W: Writer>(&self, bucket: usize, value: u64) {
        W::add(&self.counts[bucket], 1);
        W::add(&self.sum, value);
    }

    fn add_to(&self, total: &mut Total<N>) {
        for (sum, count) in total.counts.iter_mut().zip(&self.counts) {
            *sum = sum.wrapping_add(count.load(Relaxed));
        }
        total.sum = total.sum.wrapping_add(self.sum.load(Relaxed));
    }
}

impl<const N: usize> Default for Buckets<N> {
    fn default() -> Self {
        Self { counts: [const { AtomicU64::new(0) }; N], sum: AtomicU64::new(0) }
    }
}

/// [`Buckets`] added up over shards; the sum is in the unit of the observations (ns or bytes).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Total<const N: usize> {
    pub(super) counts: [u64; N],
    pub(super) sum: u64,
}

impl<const N: usize> Default for Total<N> {
    fn default() -> Self {
        Self { counts: [0; N], sum: 0 }
    }
}

/// Nanoseconds, at most 2⁶⁴ − 1 (584 years).
#[inline]
fn nanoseconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(duration.subsec_nanos()))
}

/// The bucket of a duration; bounds are inclusive. Counting the smaller bounds has no branch to mispredict.
#[inline]
fn duration_bucket(ns: u64) -> usize {
    DURATION_BOUNDS_NS.iter().map(|bound| usize::from(ns > *bound)).sum()
}

/// The bucket of a size. Bounds are 4ᵏ · 256, so half the bit length tells the bucket.
#[inline]
fn size_bucket(bytes: u64) -> usize {
    let bits = u64::BITS - bytes.saturating_sub(1).leading_zeros();
    (bits.saturating_sub(7) / 2).min(SIZE_BOUNDS.len() as u32) as usize
}
