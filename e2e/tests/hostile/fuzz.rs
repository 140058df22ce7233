//! Thousands of damaged requests: the gateway survives each, and what it forwards is always clean.

use std::time::Duration;

use e2e::{Client, Gateway, Mutator, Upstream, violation};

/// Threads, each with a stream of mutants of its own.
const STREAMS: u64 = 6;
/// Mutants in a stream.
const LENGTH: usize = 500;
/// How long a mutant may leave the gateway waiting for more before the client ends.
const MOMENT: Duration = Duration::from_millis(20);

#[test]
fn mutated_requests_never_kill_the_gateway_nor_reach_the_upstream_damaged() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::to(&upstream);
    std::thread::scope(|scope| {
        for seed in 0..STREAMS {
            let gateway = &gateway;
            scope.spawn(move || attack(gateway, seed));
        }
    });
    assert_eq!(gateway.get("/alive").status, 200);
    assert!(
        upstream.seen().len() > 100,
        "only {} mutants were valid: nothing was tried",
        upstream.seen().len()
    );
    for head in upstream.heads() {
        if let Some(what) = violation(&head) {
            panic!("{what} in\n{}", String::from_utf8_lossy(&head.raw));
        }
    }
    let ends_inside_a_body = |what: &String| {
        what.contains("body bytes")
            || what.contains("no chunk size")
            || what.contains("fill whole buffer")
            || what.contains("reset")
    };
    let broken: Vec<String> =
        upstream.broken().into_iter().filter(|what| !ends_inside_a_body(what)).collect();
    assert_eq!(broken, Vec::<String>::new());
}

fn attack(gateway: &Gateway, seed: u64) {
    let mut mutator = Mutator::new(seed);
    for n in 0..LENGTH {
        let request = mutator.next_request();
        let mut client = Client::try_connect(gateway.public_address())
            .unwrap_or_else(|e| panic!("seed {seed}, before mutant {n}: {e}"));
        client.send(&request);
        client.hears_within(MOMENT);
        client.finish();
    }
}
