//! What a charge of a durable quota costs: one that is written, and one of a chunk that was written ahead.
//!
//! `cargo bench -p poundlock-store --bench sqlite`. Medians of interleaved rounds; the disk is that of `TMPDIR`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "prints what it measured")]

use poundlock_limit::{Budget, Charge, Key, LimitId, Micros, Window};
use poundlock_store::limits::LimitDef;
use poundlock_store::limits::sqlite::{SqliteConfig, SqliteQuotas};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const ROUNDS: usize = 5;
const TIME: Duration = Duration::from_secs(1);
const NOW: Micros = Micros(1_800_000_000_000_000);
/// Written for each charge, however many keys of it there are.
const SMALL: u64 = 1999;
/// Written every thousand charges.
const LARGE: u64 = 1_000_000_000_000;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let config = SqliteConfig {
        deadline: Duration::from_secs(10),
        ..SqliteConfig::new(folder.path().join("limits.db"))
    };
    let limits = [LimitDef { name: "calls".to_owned(), max_keys: 1 }];
    let (store, _) = runtime.block_on(SqliteQuotas::open(config, &limits)).unwrap();
    let cases = [(1, SMALL), (256, SMALL), (1, LARGE)];
    let mut results = [const { Vec::new() }; 3];
    for round in 0..ROUNDS {
        for (case, results) in cases.iter().zip(&mut results) {
            results.push(measure(&store, &runtime, round, *case));
        }
    }
    let [one, many, ahead] = results.map(median);
    println!("written, 1 client:         {one:9.0} charges/s");
    println!("written, 256 clients:      {many:9.0} charges/s ({:.0} times)", many / one);
    println!("written ahead, 1 client:   {ahead:9.0} charges/s, {:.0} ns each", 1e9 / ahead);
    runtime.block_on(store.close()).unwrap();
}

fn measure(store: &SqliteQuotas, runtime: &Runtime, round: usize, (clients, total): (usize, u64)) -> f64 {
    let began = Instant::now();
    let charges: u64 = runtime.block_on(async {
        let clients = (0..clients).map(|client| {
            tokio::spawn(charge(store.clone(), format!("{round}.{total}.{clients}.{client}"), total, began))
        });
        let mut charges = 0;
        for client in clients.collect::<Vec<_>>() {
            charges += client.await.unwrap();
        }
        charges
    });
    charges as f64 / began.elapsed().as_secs_f64()
}

/// Charges again and again; a key whose quota is used up makes place for another.
async fn charge(store: SqliteQuotas, name: String, total: u64, began: Instant) -> u64 {
    let window = Window { start: NOW, end: NOW.after(86_400 * Micros::SECOND), total };
    let mut charges = 0;
    while began.elapsed() < TIME {
        let key = Key::new(&format!("{name}.{}", charges / total)).unwrap();
        let charge = Charge { limit: LimitId(0), key, budget: Budget::Quota(window), cost: 1 };
        let verdict = store.decide(&[charge], NOW).await.unwrap();
        charges += 1;
        let left = total - (charges - 1) % total - 1;
        assert!(verdict.admitted() && verdict.decisions[0].remaining == left, "{verdict:?}");
    }
    charges
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}
