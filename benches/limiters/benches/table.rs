//! What one check costs: with a million live keys in random order, on one hot key, and with two threads on it.
//!
//! All are told the time, except limitador, which asks the clock itself. Keys are texts of IPv4 addresses; governor
//! is measured with numbers too, which is its best case.

use criterion::{BatchSize, Criterion};
use governor::clock::FakeRelativeClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use limitador::limit::{Context, Expression, Limit};
use poundlock_limit::{Budget, Charge, Gcra, Key, LimitId, Micros};
use poundlock_store::limits::{LimitDef, memory::MemoryStore};
use std::collections::HashMap;
use std::hash::Hash;
use std::hint::black_box;
use std::num::{NonZeroU32, NonZeroU64};
use std::slice::from_ref;
use std::time::{Duration, Instant};

const KEYS: usize = 1_000_000;
const NOW: Micros = Micros(1_700_000_000_000_000);
/// So many that every check of a measurement is admitted.
const MANY: u32 = 4_000_000_000;

/// A limiter that was set up with a burst.
trait Limiter: Sync {
    /// What it takes to ask about one key.
    type Ask: Sync;
    /// For key number `n`.
    fn ask(n: u32, burst: u32) -> Self::Ask;
    /// A new limiter.
    fn new(burst: u32) -> Self;
    /// Whether one more is admitted.
    fn admit(&self, ask: &Self::Ask) -> bool;
}

fn address(n: u32) -> String {
    let [a, b, c, d] = n.to_be_bytes();
    format!("{}.{b}.{c}.{d}", 100 + a)
}

impl Limiter for MemoryStore {
    type Ask = Charge;
    fn ask(n: u32, burst: u32) -> Charge {
        let (count, burst) = (NonZeroU64::new(1_000).unwrap(), NonZeroU64::new(burst.into()).unwrap());
        let budget = Budget::Rate(Gcra::new(count, Duration::from_secs(1), burst).unwrap());
        Charge { limit: LimitId(0), key: Key::new(&address(n)).unwrap(), budget, cost: 1 }
    }
    fn new(_burst: u32) -> Self {
        MemoryStore::new(&[LimitDef { name: "bench".to_owned(), max_keys: KEYS }], [0x5eed, 0x0dd5])
    }
    fn admit(&self, ask: &Charge) -> bool {
        self.decide_now(from_ref(ask), NOW).admitted()
    }
}

type Governor<K> = RateLimiter<K, DashMapStateStore<K>, FakeRelativeClock, NoOpMiddleware<Nanos>>;

fn governor<K: Hash + Eq + Clone>(burst: u32) -> Governor<K> {
    let quota =
        Quota::per_second(NonZeroU32::new(1_000).unwrap()).allow_burst(NonZeroU32::new(burst).unwrap());
    RateLimiter::new(quota, DashMapStateStore::default(), FakeRelativeClock::default())
}

impl Limiter for Governor<Key> {
    type Ask = Key;
    fn ask(n: u32, _burst: u32) -> Key {
        Key::new(&address(n)).unwrap()
    }
    fn new(burst: u32) -> Self {
        governor(burst)
    }
    fn admit(&self, ask: &Key) -> bool {
        self.check_key(ask).is_ok()
    }
}

impl Limiter for Governor<u64> {
    type Ask = u64;
    fn ask(n: u32, _burst: u32) -> u64 {
        n.into()
    }
    fn new(burst: u32) -> Self {
        governor(burst)
    }
    fn admit(&self, ask: &u64) -> bool {
        self.check_key(ask).is_ok()
    }
}

struct Limitador(limitador::RateLimiter);

impl Limiter for Limitador {
    type Ask = String;
    fn ask(n: u32, _burst: u32) -> String {
        address(n)
    }
    fn new(burst: u32) -> Self {
        let limiter = limitador::RateLimiter::new(KEYS as u64 * 2);
        let key = Expression::parse("ip").unwrap();
        limiter.add_limit(Limit::new("bench", burst.into(), 86_400, vec![], vec![key]));
        Self(limiter)
    }
    fn admit(&self, ask: &String) -> bool {
        let context = Context::from(HashMap::from([("ip".to_owned(), ask.clone())]));
        !self.0.check_rate_limited_and_update(&"bench".into(), &context, 1).unwrap().limited
    }
}

/// Every figure is worth nothing if this fails.
fn admits_exactly_its_burst<L: Limiter>() {
    let limiter = L::new(100);
    for n in 0..50 {
        let ask = L::ask(n, 100);
        assert_eq!((0..250).filter(|_| limiter.admit(&ask)).count(), 100);
    }
}

fn shuffled() -> Vec<u32> {
    let mut order: Vec<u32> = (0..KEYS as u32).collect();
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    for n in (1..KEYS).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        order.swap(n, (state % (n as u64 + 1)) as usize);
    }
    order
}

fn measure<L: Limiter>(c: &mut Criterion, name: &str) -> String {
    admits_exactly_its_burst::<L>();
    let asks: Vec<L::Ask> = shuffled().into_iter().map(|n| L::ask(n, MANY)).collect();
    let before = resident();
    let limiter = L::new(MANY);
    // In another order than the measurement's.
    assert!((0..KEYS).all(|n| limiter.admit(&asks[n * 7_919 % KEYS])));
    let bytes = (resident() - before) as f64 / KEYS as f64;

    let mut next = (0..KEYS).cycle();
    c.bench_function(&format!("1M keys/{name}"), |b| {
        b.iter_batched(
            || &asks[next.next().unwrap()],
            |ask| assert!(limiter.admit(ask)),
            BatchSize::NumIterations(10_000),
        )
    });
    c.bench_function(&format!("hot key/{name}"), |b| b.iter(|| assert!(limiter.admit(black_box(&asks[0])))));
    c.bench_function(&format!("two threads, one key/{name}"), |b| {
        b.iter_custom(|n| two_threads(&limiter, &asks[1], n))
    });
    format!("{name}: {bytes:.1} B of resident memory a key")
}

/// How long two threads take for `n` checks together.
fn two_threads<L: Limiter>(limiter: &L, ask: &L::Ask, n: u64) -> Duration {
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..n.div_ceil(2)).for_each(|_| assert!(limiter.admit(ask))));
        }
    });
    start.elapsed()
}

/// Ten million keys, ten times what the table is made for.
fn flood() -> String {
    let (limiter, before) = (<MemoryStore as Limiter>::new(1), resident());
    assert!((0..10 * KEYS as u32).all(|n| limiter.admit(&MemoryStore::ask(n, 1))));
    format!("poundlock: a flood of 10M keys added {} B", resident().saturating_sub(before))
}

/// Resident bytes of this process, from Linux' `statm`.
fn resident() -> usize {
    let pages: usize =
        std::fs::read_to_string("/proc/self/statm").unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

fn main() {
    let mut c = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let memory = [
        measure::<MemoryStore>(&mut c, "poundlock"),
        measure::<Governor<Key>>(&mut c, "governor, text"),
        measure::<Governor<u64>>(&mut c, "governor, number"),
        measure::<Limitador>(&mut c, "limitador"),
        flood(),
    ];
    memory.iter().for_each(|line| println!("{line}"));
}
