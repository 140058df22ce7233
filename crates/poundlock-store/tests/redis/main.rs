//! What a Redis store does with a real server: in good times and when the server is gone.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails loudly and names what it skips")]

mod normal;
mod outages;
#[path = "../support/redis_server.rs"]
mod redis_server;
mod shared;

use poundlock_limit::{Budget, Charge, Gcra, Key, LimitId, Micros, Verdict, Window};
use poundlock_store::limits::redis::{Health, RedisConfig, RedisLimits, Sharing};
use poundlock_store::limits::{LimitStore, StoreError};
use redis_server::{PATIENCE, RedisServer};
use std::num::NonZeroU64;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// A request for one token of a rate that grows so slowly that a test does not see it.
fn slow(key: &str, burst: u64) -> Charge {
    charge(key, 1, Duration::from_secs(3600), burst)
}

fn charge(key: &str, count: u64, period: Duration, burst: u64) -> Charge {
    let n = |n| NonZeroU64::new(n).unwrap();
    let rate = Gcra::new(n(count), period, n(burst)).unwrap();
    Charge { limit: LimitId(0), key: Key::new(key).unwrap(), budget: Budget::Rate(rate), cost: 1 }
}

fn quota(key: &str, total: u64) -> Charge {
    let window = Window { start: Micros(1), end: Micros(4_000_000_000_000_000), total };
    Charge { limit: LimitId(0), key: Key::new(key).unwrap(), budget: Budget::Quota(window), cost: 1 }
}

/// Asks; the server's clock counts.
async fn ask(store: &RedisLimits, charges: &[Charge]) -> Result<Verdict, StoreError> {
    store.decide(charges, Micros(0)).await
}

/// A store with a deadline that only a server that is gone exceeds, also on a busy machine.
fn patient(server: &RedisServer) -> RedisConfig {
    RedisConfig { deadline: Duration::from_secs(2), denials: 0, ..RedisConfig::new(server.url()) }
}

fn start(config: RedisConfig, sharing: Sharing) -> RedisLimits {
    RedisLimits::start(config, &redis_server::shared(&["api"], sharing), &Handle::current()).unwrap()
}

/// Waits until the store says so, and returns how long that took.
async fn until(store: &RedisLimits, wanted: impl Fn(&Health) -> bool) -> Duration {
    let began = Instant::now();
    let mut health = store.health();
    let said = tokio::time::timeout(PATIENCE, health.wait_for(|health| wanted(health))).await;
    said.expect("the store's health does not change").unwrap();
    began.elapsed()
}

/// How often the server has run the script.
fn calls(server: &RedisServer) -> u64 {
    let stats: String = server.command(&["INFO", "commandstats"]).unwrap();
    let line = stats.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:calls="));
    line.map_or(0, |rest| rest.split(',').next().unwrap().parse().unwrap())
}
