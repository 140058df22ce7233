//! The promise in numbers: steady load through a reload and a replacement of the process, and not one failed request.

use e2e::{Config, Gateway, Load, Signal, Upstream, eventually};

/// At least so many; the load goes on until the first gateway has ended.
const REQUESTS: usize = 20_000;
const CONNECTIONS: usize = 64;

#[test]
fn no_request_fails_through_a_reload_and_a_replacement() {
    let [before, after] = ["before", "after"].map(Upstream::text);
    let drain = "drain = { delay = \"500ms\", grace = \"5s\" }";
    let (old, new) = (Config::to(&[&before]).top(drain), Config::to(&[&after]).top(drain));
    let mut first = Gateway::start(&old);
    let load = Load::start(first.public_address(), CONNECTIONS, REQUESTS);

    load.wait_for(REQUESTS / 5);
    first.rewrite(&new);
    first.signal(Signal::Hangup);
    eventually("the new configuration has the traffic", || (after.connections() > 0).then_some(()));

    load.wait_for(REQUESTS / 5 * 2);
    let second = first.successor(&new);
    first.signal(Signal::Terminate);
    assert_eq!(first.wait_exit(), Some(0));

    let report = load.finish();
    assert_eq!(report.failed, 0, "{report:?}");
    assert!(report.succeeded >= REQUESTS, "{report:?}");
    assert!(second.metrics().requests(&[]) > 0.0, "the second gateway never had traffic");
}
