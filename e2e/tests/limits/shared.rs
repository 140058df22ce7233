//! Two gateways, one Redis: together they admit what one would.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use e2e::{Config, Gateway, Redis, Upstream};

/// How long clients press; `SHARED_SECONDS` says otherwise.
fn span() -> Duration {
    let seconds = std::env::var("SHARED_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(3))
}

/// What four clients got out of two gateways at full speed, and what they may have.
fn press(redis: &Redis, limit: &str) -> (u64, u64, u64) {
    let upstream = Upstream::text("ok");
    let config = Config::to(&[&upstream])
        .top(&format!(
            "store = {{ redis = \"{}\", on_error = \"deny\", deadline = \"2s\", nodes = 2 }}",
            redis.url()
        ))
        .top(limit);
    let gateways = [Gateway::start(&config), Gateway::start(&config)];
    redis.ask(&["CONFIG", "RESETSTAT"]);
    let (admitted, asked) = (AtomicU64::new(0), AtomicU64::new(0));
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for n in 0..4 {
            let (gateway, admitted, asked) = (&gateways[n % 2], &admitted, &asked);
            scope.spawn(move || {
                let mut client = gateway.client();
                while begin.elapsed() < span() {
                    let status = client.get("/").status;
                    asked.fetch_add(1, Relaxed);
                    match status {
                        200 => _ = admitted.fetch_add(1, Relaxed),
                        429 => {}
                        other => panic!("{other}"),
                    }
                }
            });
        }
    });
    let most = 50 + 1 + 100 * u64::try_from(begin.elapsed().as_millis()).expect("a short test") / 1000;
    (admitted.into_inner(), most, asked.into_inner())
}

#[test]
fn strict_sharing_admits_no_more_than_burst_plus_rate_times_time() {
    let Some(redis) = Redis::start() else { return };
    let (admitted, most, asked) = press(&redis, "limits.a = { key = \"all\", rate = \"100/s\", burst = 50 }");
    let calls = redis.calls("evalsha");
    println!("strict: {admitted} of {asked} admitted, at most {most}; {calls} calls");
    assert!(admitted <= most, "{admitted} admitted, at most {most}");
    assert!(admitted >= most * 8 / 10, "{admitted} admitted of {most}: the limit is not used");
    assert!(calls <= asked + 4, "{calls} calls for {asked} requests");
}

#[test]
fn leased_sharing_admits_no_more_either_and_asks_less() {
    let Some(redis) = Redis::start() else { return };
    let limit = "limits.a = { key = \"all\", rate = \"100/s\", burst = 50, lease = true }";
    let (admitted, most, asked) = press(&redis, limit);
    println!("leased: {admitted} of {asked} admitted, at most {most}; {} calls", redis.calls("evalsha"));
    assert!(admitted <= most, "{admitted} admitted, at most {most}");
    assert!(admitted >= most * 7 / 10, "{admitted} admitted of {most}: the limit is not used");
}

#[test]
fn a_request_is_one_round_trip() {
    let Some(redis) = Redis::start() else { return };
    let upstream = Upstream::text("ok");
    let limits =
        "[limits.a]\nrate = \"1000/h\"\nquota = \"5000/day\"\n[limits.b]\nkey = \"all\"\nrate = \"9000/h\"\n";
    let config = Config::to(&[&upstream]).env("REDIS_URL", &redis.url()).top(limits);
    let gateway = Gateway::start(&config);
    let mut client = gateway.client();
    assert_eq!(client.get("/").status, 200);
    redis.ask(&["CONFIG", "RESETSTAT"]);
    for _ in 0..100 {
        assert_eq!(client.get("/").status, 200);
    }
    assert_eq!((redis.calls("evalsha"), redis.calls("eval")), (100, 0));
    let health = gateway.admin_get("/health/detailed").json();
    assert_eq!(health["checks"]["store-redis:connection"][0]["status"], "pass", "{health}");
    let keys = gateway.admin_get("/api/v1/limits/a/keys").json();
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(2), "{keys}");
}
