//! What the pure parts of a limit cost on the path of a request. Each check of the work is outside the timing.

use std::convert::Infallible;

use criterion::{Criterion, criterion_group, criterion_main};
use poundlock_limit::headers::{rate_limit, rate_limit_policy};
use poundlock_limit::{
    Access, Anchor, Bucket, Calendar, Facts, Forwarding, Key, KeySpec, Ledger, Limit, LimitId, LimitSet,
    Micros, Period, Plans, Quota, Terms, client_ip,
};
use std::hint::black_box;
use std::net::IpAddr;
use std::num::NonZeroU64;
use std::sync::Arc;

/// A request with an address and an API key.
struct Request {
    ip: IpAddr,
}

/// {"iss":"https://id.example.com","sub":"alice","exp":1764000000,"scope":"read write"}
const TOKEN: &[u8] = b"Bearer eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUuY29tIiwic3ViIjoiYWxpY2UiLCJleHAiOjE3NjQwMDAwMDAsInNjb3BlIjoicmVhZCB3cml0ZSJ9.c2ln";

impl Facts for Request {
    fn ip(&self) -> Option<IpAddr> {
        Some(self.ip)
    }

    fn header(&self, name: &str) -> Option<&[u8]> {
        match name {
            "x-api-key" => Some(b"0123456789abcdef0123456789abcdef"),
            "authorization" => Some(TOKEN),
            _ => None,
        }
    }

    fn cookie(&self, _: &str) -> Option<&[u8]> {
        None
    }

    fn route(&self) -> Option<&str> {
        Some("/v1/*")
    }

    fn service(&self) -> Option<&str> {
        Some("api")
    }

    fn method(&self) -> Option<&str> {
        Some("GET")
    }
}

const NOW: Micros = Micros(1_764_000_000_000_000);

fn terms(quota: Option<Calendar>) -> Terms {
    let bucket = Bucket::new("100/min".parse().expect("a rate"), NonZeroU64::new(20)).expect("a bucket");
    Terms { rate: Some(bucket), quota: quota.map(|calendar| Quota { total: 100_000, calendar }) }
}

fn decide(c: &mut Criterion) {
    let gcra = terms(None).rate.expect("a rate").gcra();
    let (mut tat, mut now) = (Micros(0), NOW);
    let admitted = (0..30)
        .filter(|_| {
            let (decision, next) = gcra.decide(tat, now, 1);
            tat = next;
            decision.allowed
        })
        .count();
    assert_eq!(admitted, 20);
    c.bench_function("gcra/decide", |b| {
        b.iter(|| {
            now = now.after(600_000);
            let (decision, next) = gcra.decide(black_box(tat), now, black_box(1));
            tat = next;
            decision
        });
    });
}

fn keys(c: &mut Criterion) {
    let v4 = Request { ip: "203.0.113.77".parse().expect("an address") };
    let v6 = Request { ip: "2001:db8:1:2:3:4:5:6".parse().expect("an address") };
    for (name, text, request, expect) in [
        ("ip-v4", &["ip"][..], &v4, "203.0.113.77"),
        ("ip-v6", &["ip"], &v6, "2001:db8:1:2::/64"),
        ("header", &["header:x-api-key"], &v4, "#3eb1bd439947eb762998e566ccc2e099"),
        ("jwt", &["jwt:sub"], &v4, "#2bd806c97f0e00af1a1fc3328fa763a9"),
    ] {
        let spec = KeySpec::parse(text.iter().copied()).expect("a key");
        assert_eq!(spec.make(request).map(|key| key.to_string()).as_deref(), Some(expect), "{name}");
        c.bench_function(&format!("key/{name}"), |b| b.iter(|| spec.make(black_box(request))));
    }
    let values: [&[u8]; 1] = [b"198.51.100.1, 203.0.113.77, 10.0.0.2"];
    let ours = |ip: IpAddr| matches!(ip, IpAddr::V4(v4) if v4.octets()[0] == 10);
    let proxy: IpAddr = "10.0.0.1".parse().expect("an address");
    let find = || client_ip(Forwarding::XForwardedFor, black_box(proxy), values.iter().copied(), ours);
    assert_eq!(find().address, v4.ip);
    c.bench_function("key/client-ip", |b| b.iter(find));
}

fn periods(c: &mut Criterion) {
    for (name, period, zone) in [
        ("day-utc", Period::Day, "UTC"),
        ("hour-berlin", Period::Hour, "Europe/Berlin"),
        ("month-berlin", Period::Month, "Europe/Berlin"),
    ] {
        let calendar = Calendar::new(period, zone, Anchor::default()).expect("a calendar");
        let (start, end) = calendar.window(NOW);
        assert!(start <= NOW && NOW < end);
        c.bench_function(&format!("calendar/{name}"), |b| b.iter(|| calendar.window(black_box(NOW))));
    }
}

fn request(c: &mut Criterion) {
    let limit = |name, key, terms| {
        let key = KeySpec::parse([key]).expect("a key");
        Arc::new(Limit::new(name, key, Plans::only(terms)).expect("a limit"))
    };
    let limits = [
        limit("per-ip", "ip", terms(None)),
        limit("per-key", "header:x-api-key", terms(Some(Calendar::utc(Period::Day)))),
        limit("all", "all", terms(None)),
    ];
    let set = LimitSet::new((0u16..).map(LimitId).zip(limits)).expect("a set");
    let request = Request { ip: "203.0.113.77".parse().expect("an address") };
    let open = |_: LimitId, _: Option<&Key>| Ok::<_, Infallible>(Access::Charged { extra: 0 });
    let ask = || set.ask(black_box(&request), black_box(NOW), open).unwrap_or_default();
    let asked = ask();
    let verdict = Ledger::default().decide(asked.enforced(), NOW);
    assert!(verdict.admitted() && verdict.decisions.len() == 4);
    c.bench_function("request/ask-three-limits", |b| {
        b.iter(|| ask().enforced().len());
    });
    let left = |verdict| asked.left(&set, verdict).map(|(_, left)| left);
    let policies = || black_box(&asked).policies(&set).map(|(_, policy)| policy);
    let expect = r#""per-ip";r=19;t=1, "per-key";r=19;t=1, "per-key-quota";r=99999;t=28800, "all";r=19;t=1"#;
    assert_eq!(rate_limit(left(&verdict)).as_str(), expect);
    c.bench_function("headers/rate-limit-of-four", |b| b.iter(|| rate_limit(left(black_box(&verdict)))));
    c.bench_function("headers/policy-of-four", |b| b.iter(|| rate_limit_policy(policies())));
}

criterion_group!(benches, decide, keys, periods, request);
criterion_main!(benches);
