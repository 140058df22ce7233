//! Which plan a request is on, and what a change of plan does to what was consumed.

use super::*;
use crate::testing::Request;
use crate::{Calendar, Ledger, LimitId, Micros, Period, charges};

fn terms(rate: &str, total: u64) -> Terms {
    let bucket = Bucket::new(rate.parse().unwrap(), None).unwrap();
    Terms { rate: Some(bucket), quota: Some(Quota { total, calendar: Calendar::utc(Period::Month) }) }
}

fn plans(source: PlanSource) -> Plans {
    let named = [("pro", terms("1000/min", 10_000)), ("free", terms("10/min", 100))];
    let named = named.into_iter().map(|(name, terms)| (name.to_owned(), terms)).collect();
    Plans::new(terms("5/min", 50), source, named).unwrap()
}

/// The total of the quota tells the plans apart.
fn total(plans: &Plans, request: &Request, key: &str) -> u64 {
    plans.terms(request, &Key::new(key).unwrap()).quota.as_ref().unwrap().total
}

#[test]
fn a_header_a_claim_or_a_list_of_keys_says_the_plan() {
    let from = Request::from("192.0.2.1");
    let by_header = plans(PlanSource::Header("x-plan".to_owned()));
    for (value, expect) in [("pro", 10_000), ("free", 100), ("other", 50), ("PRO", 50)] {
        assert_eq!(total(&by_header, &from.clone().with("x-plan", value), "k"), expect, "{value}");
    }
    assert_eq!(total(&by_header, &from, "k"), 50);

    let by_claim = plans(PlanSource::Claim("plan".to_owned()));
    // {"plan":"pro"}
    let token = from.clone().with("authorization", "Bearer e30.eyJwbGFuIjoicHJvIn0.c2ln");
    assert_eq!((total(&by_claim, &token, "k"), total(&by_claim, &from, "k")), (10_000, 50));

    let keys = BTreeMap::from([(Key::new("k").unwrap(), "pro".to_owned())]);
    let by_key = plans(PlanSource::Keys(keys));
    assert_eq!((total(&by_key, &from, "k"), total(&by_key, &from, "other")), (10_000, 50));
    assert_eq!(total(&Plans::only(terms("1/s", 7)), &from, "k"), 7);
}

#[test]
fn plans_are_bounded_and_known() {
    let source = |plan: &str| PlanSource::Keys(BTreeMap::from([(Key::EMPTY, plan.to_owned())]));
    let named = |n: usize| (0..n).map(|i| (i.to_string(), Terms::default())).collect::<BTreeMap<_, _>>();
    let make = |source, n| Plans::new(Terms::default(), source, named(n));
    assert!(make(source("0"), PLANS_MAX).is_ok());
    assert_eq!(make(source("0"), PLANS_MAX + 1), Err(PlanError::TooMany));
    assert_eq!(make(source("gold"), 1), Err(PlanError::Unknown("gold".to_owned())));
    let key = |i: usize| (Key::new(&i.to_string()).unwrap(), "0".to_owned());
    let keys = |n: usize| PlanSource::Keys((0..n).map(key).collect());
    assert!(make(keys(PLAN_KEYS_MAX), 1).is_ok());
    assert_eq!(make(keys(PLAN_KEYS_MAX + 1), 1), Err(PlanError::TooManyKeys));
}

#[test]
fn a_raised_plan_applies_to_the_current_period_less_what_was_consumed() {
    let plans = plans(PlanSource::Header("x-plan".to_owned()));
    let (mut ledger, now) = (Ledger::default(), Micros(1_700_000_000 * Micros::SECOND));
    let mut ask = |plan, cost| {
        let request = Request::from("192.0.2.1").with("x-plan", plan);
        let charges: Vec<_> =
            charges(LimitId(0), Key::EMPTY, plans.terms(&request, &Key::EMPTY), cost, 0, now).collect();
        let verdict = ledger.decide(&charges, now);
        (verdict.admitted(), verdict.decisions.iter().map(|d| d.remaining).collect::<Vec<_>>())
    };
    assert_eq!(ask("free", 10), (true, vec![0, 90]));
    assert_eq!(ask("free", 1), (false, vec![0, 90]));
    assert_eq!(ask("pro", 1), (true, vec![989, 9_989]));
    // And back: what was consumed is consumed.
    assert_eq!(ask("pro", 489), (true, vec![500, 9_500]));
    assert_eq!(ask("free", 1), (false, vec![0, 0]));
    assert_eq!(ask("pro", 0).1[1], 9_500);
}
