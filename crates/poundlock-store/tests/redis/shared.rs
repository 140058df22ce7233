//! Several nodes on one server, at full speed: together they admit no more than the limit.

use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const RATE: u64 = 20_000;
const BURST: u64 = 2_000;
const TIME: Duration = Duration::from_secs(2);

struct Load {
    admitted: u64,
    asked: u64,
    calls: u64,
    seconds: f64,
}

/// Two nodes with two clients each, on one key.
async fn load(server: &RedisServer, sharing: Sharing, charges: &[Charge]) -> Load {
    let nodes = [start(patient(server), sharing), start(patient(server), sharing)];
    for node in &nodes {
        until(node, |health| *health == Health::Up).await;
    }
    let before = calls(server);
    let (admitted, asked) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let began = Instant::now();
    let mut clients = Vec::new();
    for client in 0..64 {
        let node = nodes[client % 2].clone();
        let (admitted, asked, charges) = (admitted.clone(), asked.clone(), charges.to_vec());
        clients.push(tokio::spawn(async move {
            while began.elapsed() < TIME {
                let verdict = ask(&node, &charges).await.unwrap();
                asked.fetch_add(1, Ordering::Relaxed);
                admitted.fetch_add(u64::from(verdict.admitted()), Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        }));
    }
    for client in clients {
        client.await.unwrap();
    }
    Load {
        seconds: began.elapsed().as_secs_f64(),
        admitted: admitted.load(Ordering::Relaxed),
        asked: asked.load(Ordering::Relaxed),
        calls: calls(server) - before,
    }
}

/// What one key may be given in so much time, from a full bucket.
fn bound(load: &Load, rate: u64, burst: u64) -> u64 {
    burst + (rate as f64 * load.seconds) as u64 + 1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strict_nodes_admit_what_the_limit_allows_and_no_more() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let charge = charge("hot", 500, Duration::from_secs(1), 300);
    let load = load(&server, Sharing::Strict, &[charge]).await;
    let bound = bound(&load, 500, 300);
    eprintln!(
        "strict: {} of at most {bound} admitted, {} asked, {} calls",
        load.admitted, load.asked, load.calls
    );
    assert!(load.admitted <= bound, "{} > {bound}", load.admitted);
    assert!(load.asked > 2 * bound, "the load is no load: {} requests", load.asked);
    // What grows while the last clients end, nobody asks for.
    assert!(load.admitted * 100 >= bound * 80, "{} of {bound}", load.admitted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leasing_nodes_admit_no_more_from_a_full_bucket_on_and_ask_less() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let charge = charge("hot", RATE, Duration::from_secs(1), BURST);
    let load = load(&server, Sharing::Leased, &[charge]).await;
    let bound = bound(&load, RATE, BURST);
    eprintln!(
        "leased: {} of at most {bound} admitted, {} asked, {} calls",
        load.admitted, load.asked, load.calls
    );
    assert!(load.admitted <= bound, "{} > {bound}", load.admitted);
    assert!(load.admitted * 100 >= bound.min(load.asked) * 60, "{} of {bound}", load.admitted);
    assert!(load.calls < load.asked / 4, "{} calls for {} requests", load.calls, load.asked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_beside_a_strict_budget_is_given_back_when_that_denies() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let charges = [charge("hot", RATE, Duration::from_secs(1), BURST), quota("month", 700)];
    let load = load(&server, Sharing::Leased, &charges).await;
    assert_eq!(load.admitted, 700);
    assert!(load.asked > 1000, "{} requests", load.asked);
}

#[tokio::test]
async fn nodes_are_counted() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let nodes: Vec<_> = (0..3).map(|_| start(patient(&server), Sharing::Strict)).collect();
    let began = Instant::now();
    while nodes.iter().any(|node| node.nodes() != 3) {
        assert!(began.elapsed() < PATIENCE, "{:?}", nodes.iter().map(RedisLimits::nodes).collect::<Vec<_>>());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
