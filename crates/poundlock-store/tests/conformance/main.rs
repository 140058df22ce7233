//! One suite for every store, with the arithmetic of `poundlock-limit` as oracle.
//!
//! A store passes when each case of [`suite`] holds and random operations give the same answers as the [`oracle`].
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails loudly and names what it skips")]

mod oracle;
#[path = "../support/redis_server.rs"]
mod redis_server;
mod suite;

use oracle::Oracle;
use poundlock_limit::Micros;
use poundlock_store::limits::LimitDef;
use poundlock_store::limits::durable::DurableLimits;
use poundlock_store::limits::memory::MemoryStore;
use poundlock_store::limits::redis::{Clock, RedisConfig, RedisLimits, Sharing};
use poundlock_store::limits::sqlite::{SqliteConfig, SqliteQuotas};
use redis_server::{RedisServer, shared};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The names of the limits that a store under test must know, in this order.
const LIMITS: [&str; 3] = ["first", "second", "third"];

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// When the tests begin: stores that forget what is over compare with the true time.
fn today() -> Micros {
    Micros(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64)
}

#[test]
fn the_oracle_itself() {
    suite::run(&Oracle::default(), &runtime());
}

#[test]
fn memory() {
    let def = |name: &&str| LimitDef { name: (*name).to_owned(), max_keys: 10_000 };
    let defs: Vec<LimitDef> = LIMITS.iter().map(def).collect();
    suite::run(&MemoryStore::new(&defs, [1, 2]), &runtime());
}

#[test]
fn redis() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let runtime = runtime();
    let config = RedisConfig {
        clock: Clock::Caller,
        denials: 0,
        // Nothing is measured here, and the machine may be busy.
        deadline: Duration::from_secs(5),
        ..RedisConfig::new(server.url())
    };
    let store = RedisLimits::start(config, &shared(&LIMITS, Sharing::Strict), runtime.handle()).unwrap();
    suite::run(&store, &runtime);
    let keys: Vec<String> = server.command(&["KEYS", "*"]).unwrap();
    assert!(keys.len() > 100, "the suite left {} keys", keys.len());
    for key in keys {
        let ttl: i64 = server.command(&["PTTL", &key]).unwrap();
        assert!(ttl > 0 || ttl == -2, "{key} never goes away");
    }
}

#[test]
fn sqlite_with_rates_in_memory() {
    let (folder, runtime) = (tempfile::tempdir().unwrap(), runtime());
    let limits = LIMITS.map(|name| LimitDef { name: name.to_owned(), max_keys: 1000 });
    // Few keys and a busy deletion, so that both are met in the middle.
    let config = SqliteConfig {
        keys: 4,
        prune_every: Duration::from_millis(20),
        deadline: Duration::from_secs(10),
        ..SqliteConfig::new(folder.path().join("limits.db"))
    };
    let (quotas, _) = runtime.block_on(SqliteQuotas::open(config, &limits)).unwrap();
    suite::run(&DurableLimits { rates: Oracle::default(), quotas: quotas.clone() }, &runtime);
    runtime.block_on(quotas.close()).unwrap();
}
