//! What one check costs: with a million live keys in random order, on one hot key, and with two threads on it.
//!
//! All are told the time, except limitador, which asks the clock itself. Keys are texts of IPv4 addresses, written anew
//! for each check, because a list of them would take the cache from the limiters; what that costs alone is a row too.
//! Governor is measured with numbers too, which is its best case. What is named is measured, else everything: `table`,
//! `governor`, `number`, `limitador`, `flood`.

use criterion::Criterion;
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
    /// A new limiter.
    fn new(burst: u32) -> Self;
    /// For key number `n`, below 2²⁴.
    fn ask(&self, n: u32) -> Self::Ask;
    /// Whether one more is admitted.
    fn admit(&self, ask: &Self::Ask) -> bool;
}

/// With three digits for each number, which are written fastest.
fn address(n: u32) -> [u8; 15] {
    let mut text = *b"100.000.000.000";
    let [_, b, c, d] = n.to_be_bytes();
    for (at, number) in [(4, b), (8, c), (12, d)] {
        let digits = [number / 100, number / 10 % 10, number % 10].map(|digit| b'0' + digit);
        text[at..at + 3].copy_from_slice(&digits);
    }
    text
}

fn key(n: u32) -> Key {
    Key::new(std::str::from_utf8(&address(n)).unwrap()).unwrap()
}

/// Ours.
struct Table {
    store: MemoryStore,
    budget: Budget,
}

impl Limiter for Table {
    type Ask = Charge;
    fn new(burst: u32) -> Self {
        let (count, burst) = (NonZeroU64::new(1_000).unwrap(), NonZeroU64::new(burst.into()).unwrap());
        let budget = Budget::Rate(Gcra::new(count, Duration::from_secs(1), burst).unwrap());
        let def = LimitDef { name: "bench".to_owned(), max_keys: KEYS };
        Self { store: MemoryStore::new(&[def], [0x5eed, 0x0dd5]), budget }
    }
    fn ask(&self, n: u32) -> Charge {
        Charge { limit: LimitId(0), key: key(n), budget: self.budget, cost: 1 }
    }
    fn admit(&self, ask: &Charge) -> bool {
        self.store.decide_now(from_ref(ask), NOW).admitted()
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
    fn ask(&self, n: u32) -> Key {
        key(n)
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
    fn ask(&self, n: u32) -> u64 {
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
    fn ask(&self, n: u32) -> String {
        String::from_utf8(address(n).to_vec()).unwrap()
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
        let ask = limiter.ask(n);
        assert_eq!((0..250).filter(|_| limiter.admit(&ask)).count(), 100);
    }
}

/// Key numbers in random order: the upper bits of Knuth's MMIX generator.
fn random() -> impl FnMut() -> u32 {
    let mut state = 1u64;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (((state >> 32) * KEYS as u64) >> 32) as u32
    }
}

fn measure<L: Limiter>(c: &mut Criterion, name: &str) -> String {
    admits_exactly_its_burst::<L>();
    let before = resident();
    let limiter = L::new(MANY);
    assert!((0..KEYS as u32).all(|n| limiter.admit(&limiter.ask(n))));
    let bytes = (resident() - before) as f64 / KEYS as f64;

    let (mut next, hot) = (random(), limiter.ask(0));
    c.bench_function(&format!("{name}/1M keys"), |b| b.iter(|| assert!(limiter.admit(&limiter.ask(next())))));
    c.bench_function(&format!("{name}/1M keys, not asked"), |b| {
        b.iter(|| drop(black_box(limiter.ask(next()))))
    });
    c.bench_function(&format!("{name}/hot key"), |b| b.iter(|| assert!(limiter.admit(black_box(&hot)))));
    c.bench_function(&format!("{name}/two threads, one key"), |b| {
        b.iter_custom(|n| two_threads(&limiter, &hot, n))
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
    let (limiter, before) = (Table::new(1), resident());
    assert!((0..10 * KEYS as u32).all(|n| limiter.admit(&limiter.ask(n))));
    assert!(limiter.store.evictions(LimitId(0)) > 0);
    format!("table: a flood of 10M keys added {} B", resident().saturating_sub(before))
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
    let named: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |name: &str| named.is_empty() || named.iter().any(|one| one == name);
    let all: [(&str, fn(&mut Criterion, &str) -> String); 5] = [
        ("table", measure::<Table>),
        ("governor", measure::<Governor<Key>>),
        ("number", measure::<Governor<u64>>),
        ("limitador", measure::<Limitador>),
        ("flood", |_, _| flood()),
    ];
    let memory: Vec<String> =
        all.into_iter().filter(|(name, _)| wanted(name)).map(|(name, run)| run(&mut c, name)).collect();
    memory.iter().for_each(|line| println!("{line}"));
}
