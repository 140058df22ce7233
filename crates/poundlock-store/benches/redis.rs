//! How many checks one core of a Redis server decides: one call each, and collected.
//!
//! `cargo bench -p poundlock-store --bench redis`. Counts the CPU time of the server's process, so that it does not
//! matter how busy the machine is with the clients. Medians of interleaved rounds.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "prints what it measured")]

#[path = "../tests/support/redis_server.rs"]
mod redis_server;

use poundlock_limit::{Budget, Charge, Gcra, Key, LimitId, Micros};
use poundlock_store::limits::LimitStore;
use poundlock_store::limits::redis::{Health, RedisConfig, RedisLimits, Sharing};
use redis_server::{RedisServer, shared};
use std::num::NonZeroU64;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const ROUNDS: usize = 5;
const TIME: Duration = Duration::from_secs(2);
const KEYS: u64 = 10_000;

fn main() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let config =
        RedisConfig { deadline: Duration::from_secs(5), denials: 0, ..RedisConfig::new(server.url()) };
    let store = RedisLimits::start(config, &shared(&["api"], Sharing::Strict), runtime.handle()).unwrap();
    runtime.block_on(async {
        store.health().wait_for(|health| *health == Health::Up).await.unwrap();
    });
    let mut results = [const { Vec::new() }; 3];
    for round in 0..ROUNDS {
        for (clients, results) in [1, 64, 256].into_iter().zip(&mut results) {
            let result = measure(&server, &store, &runtime, clients);
            println!(
                "round {round}, {clients:3} clients: {:6.0} checks/s a core, {:6.0} in all",
                result.0, result.1
            );
            results.push(result.0);
        }
    }
    let [one, some, many] = results.map(median);
    println!("one call a check:      {one:6.0} checks/s a Redis core");
    println!("64 clients, collected:  {some:6.0} ({:.1} times)", some / one);
    println!("256 clients, collected: {many:6.0} ({:.1} times)", many / one);
}

/// Checks a second of the server's CPU time, and of time.
fn measure(server: &RedisServer, store: &RedisLimits, runtime: &Runtime, clients: u64) -> (f64, f64) {
    let (before, began) = (cpu_seconds(server.pid()), Instant::now());
    let checks = runtime.block_on(async {
        let clients: Vec<_> =
            (0..clients).map(|client| tokio::spawn(ask(store.clone(), client, began))).collect();
        let mut checks = 0;
        for client in clients {
            checks += client.await.unwrap();
        }
        checks
    });
    let (used, elapsed) = (cpu_seconds(server.pid()) - before, began.elapsed().as_secs_f64());
    (checks as f64 / used, checks as f64 / elapsed)
}

/// Asks again and again, for another key each time. Each must be admitted.
async fn ask(store: RedisLimits, client: u64, began: Instant) -> u64 {
    let n = |n| NonZeroU64::new(n).unwrap();
    let budget = Budget::Rate(Gcra::new(n(1000), Duration::from_secs(1), n(1_000_000)).unwrap());
    let mut checks = 0;
    while began.elapsed() < TIME {
        let key = Key::new(&format!("192.0.2.{}", (checks * 7919 + client * 104_729) % KEYS)).unwrap();
        let charge = Charge { limit: LimitId(0), key, budget, cost: 1 };
        let verdict = store.decide(&[charge], Micros(0)).await.unwrap();
        assert!(verdict.admitted(), "{verdict:?}");
        checks += 1;
    }
    checks
}

/// What a process has used, of all its threads.
fn cpu_seconds(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    // The kernel gives hundredths of a second, whatever the machine.
    ticks as f64 / 100.0
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}
