//! What requests are charged, who denies them, and what shadows do.

use super::*;
use crate::headers::{rate_limit, rate_limit_policy};
use crate::testing::Request;
use crate::{Bucket, Calendar, Ledger, Period, Quota};
use proptest::prelude::*;
use std::convert::Infallible;
use std::num::NonZeroU64;

const NOW: Micros = Micros(1_700_000_000 * Micros::SECOND);

fn limit(name: &str, key: &str, rate: &str, burst: u64) -> Limit {
    let bucket = Bucket::new(rate.parse().unwrap(), NonZeroU64::new(burst)).unwrap();
    let terms = Terms { rate: Some(bucket), quota: None };
    Limit::new(name, KeySpec::parse([key]).unwrap(), Plans::only(terms)).unwrap()
}

fn quota(name: &str, key: &str, total: u64) -> Limit {
    let terms = Terms { rate: None, quota: Some(Quota { total, calendar: Calendar::utc(Period::Day) }) };
    Limit::new(name, KeySpec::parse([key]).unwrap(), Plans::only(terms)).unwrap()
}

fn shadow(limit: Limit) -> Limit {
    Limit { mode: Mode::Shadow, ..limit }
}

fn set(limits: impl IntoIterator<Item = Limit>) -> LimitSet {
    let limits = limits.into_iter().enumerate();
    LimitSet::new(limits.map(|(at, limit)| (LimitId(at as u16), Arc::new(limit)))).unwrap()
}

/// What a request is charged with all limits open to it.
fn ask_at(set: &LimitSet, request: &Request, now: Micros) -> Ask {
    set.ask(request, now, |_, _| Ok::<_, Infallible>(Access::Charged { extra: 0 })).unwrap()
}

fn ask(set: &LimitSet, request: &Request) -> Ask {
    ask_at(set, request, NOW)
}

#[test]
fn what_is_exempt_is_not_charged_and_what_is_refused_ends_the_question() {
    let limits = set([limit("a", "ip", "1/s", 1), limit("b", "header:x", "1/s", 1)]);
    let request = Request::from("192.0.2.1");
    let exempt = |id: LimitId, key: Option<&Key>| {
        assert_eq!(key.is_some(), id.0 == 0 || limits.limits[1].1.missing == Missing::ByIp);
        Ok::<_, Infallible>(if id.0 == 0 { Access::Exempt } else { Access::Charged { extra: 0 } })
    };
    let ask = limits.ask(&request, NOW, exempt).unwrap();
    assert_eq!(ask.enforced().iter().map(|c| c.limit.0).collect::<Vec<_>>(), [1]);
    assert_eq!(
        limits
            .ask(&request, NOW, |id, _| if id.0 == 1 { Err("no") } else { Ok(Access::Exempt) })
            .unwrap_err(),
        "no"
    );
}

/// Who denies a request, and which shadows would have, as a layer asks.
fn decide(
    ledger: &mut Ledger,
    set: &LimitSet,
    request: &Request,
    now: Micros,
) -> (Option<String>, Vec<String>) {
    let ask = ask_at(set, request, now);
    let verdict = ledger.decide(ask.enforced(), now);
    let denial = ask.denial(&verdict).map(|denial| set.limit(denial.charge.limit).unwrap().name().to_owned());
    assert_eq!(denial.is_none(), verdict.admitted());
    let mut would = Vec::new();
    if denial.is_none() {
        let denied = ask.shadows().filter(|charges| !ledger.decide(charges, now).admitted());
        would.extend(denied.map(|charges| set.limit(charges[0].limit).unwrap().name().to_owned()));
    }
    (denial, would)
}

#[test]
fn rate_and_quota_share_the_limit_and_say_so_in_headers() {
    let mut both = limit("per-key", "header:x-api-key", "1000/min", 20);
    let day = Quota { total: 100_000, calendar: Calendar::utc(Period::Day) };
    let bucket = Bucket::new("1000/min".parse().unwrap(), NonZeroU64::new(20)).unwrap();
    both.plans = Plans::only(Terms { rate: Some(bucket), quota: Some(day) });
    let limits = set([limit("per-ip", "ip", "100/min", 20), both]);
    let request = Request::from("192.0.2.1").with("x-api-key", "k");
    let ask = ask(&limits, &request);
    assert_eq!(ask.enforced().iter().map(|c| c.limit.0).collect::<Vec<_>>(), [0, 1, 1]);
    let policy = rate_limit_policy(ask.policies(&limits).map(|(_, policy)| policy));
    assert_eq!(
        policy.as_str(),
        r#""per-ip";q=100;w=60, "per-key";q=1000;w=60, "per-key-quota";q=100000;w=86400"#
    );
    let verdict = Ledger::default().decide(ask.enforced(), NOW);
    let left = rate_limit(ask.left(&limits, &verdict).map(|(_, left)| left));
    // 1,700,000,000 is 22:13:20 in UTC: 6,400 s to midnight.
    assert_eq!(left.as_str(), r#""per-ip";r=19;t=1, "per-key";r=19;t=1, "per-key-quota";r=99999;t=6400"#);
}

#[test]
fn the_limit_that_denies_longest_is_named() {
    let limits =
        set([limit("second", "ip", "1/s", 1), limit("minute", "ip", "1/min", 1), quota("day", "ip", 1)]);
    let (mut ledger, request) = (Ledger::default(), Request::from("192.0.2.1"));
    assert_eq!(decide(&mut ledger, &limits, &request, NOW).0, None);
    assert_eq!(decide(&mut ledger, &limits, &request, NOW).0.as_deref(), Some("day"));
    let ask = ask(&limits, &request);
    let denial =
        ask.denial(&ledger.decide(ask.enforced(), NOW)).map(|d| (d.charge.limit, d.decision.retry_after));
    assert_eq!(denial, Some((LimitId(2), Some(6_400 * Micros::SECOND))));
}

#[test]
fn a_request_without_the_key_is_counted_by_ip_or_not_at_all() {
    let by_ip = limit("a", "header:x-api-key", "1/s", 1);
    let skipped = Limit { missing: Missing::Skip, ..by_ip.clone() };
    let keys = |limit: Limit, request: &Request| {
        let limits = set([limit]);
        let ask = ask(&limits, request);
        ask.enforced().iter().map(|c| c.key.to_string()).collect::<Vec<_>>()
    };
    let request = Request::from("192.0.2.1");
    assert_eq!(keys(by_ip.clone(), &request), ["192.0.2.1"]);
    assert!(keys(skipped, &request).is_empty() && keys(by_ip, &Request::default()).is_empty());
}

#[test]
fn a_grant_enlarges_the_burst_of_its_limit_only() {
    let limits = set([limit("a", "ip", "1/s", 1), limit("b", "ip", "1/s", 1)]);
    let granted = |id: LimitId, _: Option<&Key>| {
        Ok::<_, Infallible>(Access::Charged { extra: if id.0 == 1 { 9 } else { 0 } })
    };
    let ask = limits.ask(&Request::from("192.0.2.1"), NOW, granted).unwrap();
    let verdict = Ledger::default().decide(ask.enforced(), NOW);
    assert_eq!(verdict.decisions.iter().map(|d| d.limit).collect::<Vec<_>>(), [1, 10]);
}

#[test]
fn modes_and_bounds_of_a_set() {
    let off = Limit { mode: Mode::Off, ..limit("off", "ip", "1/s", 1) };
    assert!(ask(&set([off.clone()]), &Request::from("192.0.2.1")).enforced().is_empty());
    let numbered = |n: u16| (0..n).map(|id| (LimitId(id), Arc::new(limit("a", "ip", "1/s", 1))));
    assert!(LimitSet::new(numbered(LIMITS_MAX as u16).chain([(LimitId(99), Arc::new(off))])).is_ok());
    assert_eq!(LimitSet::new(numbered(LIMITS_MAX as u16 + 1)).unwrap_err(), LimitError::TooMany);
    assert_eq!(LimitSet::new(numbered(2).chain(numbered(1))).unwrap_err(), LimitError::Twice);
    for name in ["", "a b", "ä", &"n".repeat(65)] {
        let made = Limit::new(name, KeySpec::default(), Plans::only(Terms::default()));
        assert_eq!(made, Err(LimitError::Name), "{name:?}");
    }
}

#[test]
fn shadows_are_asked_one_by_one_after_what_is_enforced() {
    let limits = set([
        shadow(limit("tight", "ip", "1/min", 1)),
        limit("real", "ip", "1/min", 3),
        shadow(limit("loose", "ip", "1/min", 2)),
    ]);
    let (mut ledger, request) = (Ledger::default(), Request::from("192.0.2.1"));
    let mut ask = || decide(&mut ledger, &limits, &request, NOW);
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(ask(), (None, names(&[])));
    // The denial of one shadow does not keep the other from being charged.
    assert_eq!(ask(), (None, names(&["tight"])));
    assert_eq!(ask(), (None, names(&["tight", "loose"])));
    assert_eq!(ask(), (Some("real".to_owned()), names(&[])));
}

#[test]
fn asking_three_limits_allocates_nothing() {
    let limits =
        set([limit("ip", "ip", "1/s", 1), limit("key", "header:x-api-key", "1/s", 1), quota("day", "ip", 5)]);
    let request = Request::from("192.0.2.1").with("x-api-key", "k");
    let counted = allocation_counter::measure(|| {
        let ask = ask(&limits, &request);
        assert_eq!((ask.enforced().len(), ask.policies(&limits).count()), (3, 3));
    });
    assert_eq!(counted.count_total, 0);
}

proptest! {
    /// With any shadows beside them, enforced limits admit and charge exactly what they do alone.
    #[test]
    fn shadows_change_nothing_for_what_is_enforced(
        bursts in prop::collection::vec((1u64..6, any::<bool>()), 1..6), waits in prop::collection::vec((0u64..900_000, any::<bool>()), 1..60),
    ) {
        let made = |(at, (burst, shadowed)): (usize, &(u64, bool))| {
            let made = limit(&at.to_string(), if at % 2 == 0 { "ip" } else { "all" }, "60/min", *burst);
            (LimitId(at as u16), Arc::new(if *shadowed { shadow(made) } else { made }))
        };
        let all: Vec<_> = bursts.iter().enumerate().map(made).collect();
        let enforced = all.iter().filter(|(_, limit)| limit.mode == Mode::Enforce).cloned();
        let (alone, beside) = (LimitSet::new(enforced).unwrap(), LimitSet::new(all).unwrap());
        let (mut one, mut other, mut now) = (Ledger::default(), Ledger::default(), NOW);
        for (wait, second) in waits {
            now = now.after(wait);
            let request = Request::from(if second { "192.0.2.2" } else { "192.0.2.1" });
            let left = decide(&mut one, &alone, &request, now).0;
            prop_assert_eq!(left, decide(&mut other, &beside, &request, now).0);
            for charge in ask_at(&alone, &request, now).enforced() {
                let peek = |ledger: &Ledger| ledger.peek(charge.limit, &charge.key, charge.budget, now);
                prop_assert_eq!(peek(&one), peek(&other));
            }
        }
    }
}
