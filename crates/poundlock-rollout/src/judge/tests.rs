//! The judge as a whole.

use super::*;
use crate::split::Split;
use proptest::prelude::*;

mod replay;

const FIVE: Weight = Weight::new(500).unwrap();

/// What [`check`] is told about a request.
#[derive(Debug, Clone, Copy)]
struct Request {
    unit: u64,
    outcome: Outcome,
    assignment: Assignment,
    instance: Warmth,
    arm: Option<Arm>,
}

const GOOD: Outcome = Outcome::Answered(200, 10.0);
const BAD: Outcome = Outcome::Answered(500, 10.0);
const SLOW: Outcome = Outcome::Answered(200, 900.0);

impl Request {
    fn new(unit: u64, outcome: Outcome) -> Self {
        Self { unit, outcome, assignment: Assignment::Drawn(FIVE), instance: Warmth::WARM, arm: None }
    }

    fn on(self, arm: Arm) -> Self {
        Self { arm: Some(arm), ..self }
    }

    fn tell(&self, judge: &mut Judge, at: u64) {
        let unit = Split::new(3, 4).unit(&self.unit.to_le_bytes());
        let weight = match self.assignment {
            Assignment::Drawn(weight) => weight,
            _ => FIVE,
        };
        let arm = self.arm.unwrap_or_else(|| unit.arm(weight));
        let Self { assignment, outcome, instance, .. } = *self;
        judge.observe(&Event { at: Millis(at), arm, assignment, unit, outcome, instance, id: "r" });
    }
}

/// A judge that knew 100 ms to be slow, after these requests, one each 10 ms.
fn after(requests: impl IntoIterator<Item = Request>) -> Judge {
    let mut judge = Judge::with_slow_limit(Settings::default(), Millis(0), 100.0);
    for (n, request) in requests.into_iter().enumerate() {
        request.tell(&mut judge, n as u64 * 10);
    }
    judge
}

fn dead(unit: u64) -> Request {
    let request = Request::new(unit, GOOD);
    let on = Split::new(3, 4).unit(&unit.to_le_bytes()).arm(FIVE);
    if on == Arm::Candidate { Request { outcome: BAD, ..request } } else { request }
}

fn cause(judge: &Judge) -> Option<Cause> {
    match judge.verdict(Millis(u64::MAX)) {
        Verdict::RollBack(alarm) => Some(alarm.cause),
        _ => None,
    }
}

#[test]
fn three_clients_of_a_dead_candidate_are_enough() {
    let judge = after((0..200).map(dead));
    assert_eq!(cause(&judge), Some(Cause::Metric(Metric::Errors)));
    let explained = judge.explain(Millis(2_000));
    assert_eq!(explained.verdict, "rollback");
    assert!(explained.rule.contains("errors") && explained.metrics[0].ratio.low > 1.2, "{explained}");
    assert!(explained.last_events.len() >= 3 && explained.last_events.len() <= 10);
    assert!(explained.to_string().contains("at 5 %"), "{explained}");
}

#[test]
fn a_slow_candidate_is_found() {
    let slow = (0..400)
        .map(|unit| Request { outcome: if dead(unit).outcome == BAD { SLOW } else { GOOD }, ..dead(unit) });
    let judge = after(slow);
    assert_eq!(cause(&judge), Some(Cause::Metric(Metric::Slow)));
    let rule = judge.explain(Millis(0)).rule;
    assert!(rule.starts_with("E of slow, ") && rule.ends_with(" at most 1.25 is borne"), "{rule}");
}

#[test]
fn a_retry_storm_of_one_client_is_one_event() {
    let storm = std::iter::repeat_n(Request::new(7, BAD).on(Arm::Candidate), 10_000);
    let judge = after((100..2_000).map(|unit| Request::new(unit, GOOD)).chain(storm));
    assert_eq!(cause(&judge), None);
    let errors = &judge.explain(Millis(0)).metrics[0];
    assert_eq!((errors.weights[0].candidate, errors.not_counted), (1, 9_999));
}

#[test]
fn an_outage_of_both_is_nobodys_fault() {
    let judge = after((0..20_000).map(|unit| Request::new(unit, BAD)));
    assert_eq!(cause(&judge), None);
    assert!((judge.explain(Millis(0)).metrics[0].ratio.estimate.unwrap() - 1.0).abs() < 0.2);
}

#[test]
fn what_was_not_drawn_or_is_our_own_proves_nothing() {
    let assigned =
        |assignment| move |unit| Request { assignment, ..Request::new(unit, BAD).on(Arm::Candidate) };
    for assignment in
        [Assignment::Forced, Assignment::Carried, Assignment::Mirrored, Assignment::Drawn(Weight::ALL)]
    {
        assert_eq!(cause(&after((0..50).map(assigned(assignment)))), None, "{assignment:?}");
    }
    let ours = after((0..50).map(|unit| Request::new(unit, Outcome::Ours).on(Arm::Candidate)));
    assert_eq!(ours.explain(Millis(0)).skipped.ours, 50);
    assert!(matches!(ours.verdict(Millis(0)), Verdict::Insufficient(_)));
    let failed = after((0..50).map(|unit| Request::new(unit, Outcome::Failed).on(Arm::Candidate)));
    assert_eq!(cause(&failed), Some(Cause::Metric(Metric::Errors)));
}

#[test]
fn a_cold_instance_may_be_slow_but_not_wrong() {
    let cold = |age_ms, served| Warmth { age_ms, served };
    let from = |outcome, instance| {
        let of = move |unit| Request { instance, ..Request::new(unit, outcome).on(Arm::Candidate) };
        cause(&after((0..50).map(of)))
    };
    assert_eq!(from(SLOW, cold(9_999, u64::MAX)), None);
    assert_eq!(from(SLOW, cold(u64::MAX, 49)), None);
    assert_eq!(from(SLOW, cold(10_000, 50)), Some(Cause::Metric(Metric::Slow)));
    assert_eq!(from(BAD, cold(0, 0)), Some(Cause::Metric(Metric::Errors)));
}

#[test]
fn units_that_do_not_follow_the_weight_are_noticed() {
    let check = |every: u64, expect: bool| {
        let place = |unit: u64| if unit.is_multiple_of(every) { Arm::Candidate } else { Arm::Stable };
        let judge = after((0..20_000).map(|unit| Request::new(unit, GOOD).on(place(unit))));
        let misrouted = matches!(judge.verdict(Millis(200_000)), Verdict::Misrouted(_));
        assert_eq!(misrouted, expect, "one of {every}");
    };
    check(20, false);
    check(10, true);
    check(40, true);
}

#[test]
fn the_history_of_the_stable_release_says_what_is_slow() {
    let before = |unit: u64| Request {
        assignment: Assignment::Drawn(Weight::NONE),
        outcome: Outcome::Answered(200, unit as f64),
        ..Request::new(unit, GOOD)
    };
    let mut judge = Judge::new(Settings::default(), Millis(0));
    (0..1_000).for_each(|unit| before(unit).tell(&mut judge, unit));
    assert_eq!(judge.explain(Millis(0)).slow_limit_ms, None);
    Request::new(1_000, GOOD).tell(&mut judge, 1_000);
    let limit = judge.explain(Millis(0)).slow_limit_ms.unwrap();
    assert!((989.0..1_085.0).contains(&limit), "{limit}");
    // And from then on it stays.
    (0..5_000).for_each(|unit| {
        Request::new(unit, Outcome::Answered(200, 5.0)).on(Arm::Stable).tell(&mut judge, 2_000)
    });
    assert_eq!(judge.explain(Millis(0)).slow_limit_ms, Some(limit));
}

#[test]
fn good_wants_time_and_units() {
    let healthy = |units: u64| after((0..units).map(|unit| Request::new(unit, GOOD)));
    let few = healthy(4_000);
    let Verdict::Insufficient(needs) = few.verdict(Millis(60_000)) else { panic!("it is too early") };
    let requests = needs.requests.unwrap();
    assert!((60..200).contains(&requests), "{needs}");
    assert!(needs.to_string().contains("more requests (about"), "{needs}");
    let many = healthy(8_000);
    assert_eq!(many.verdict(Millis(60_000)), Verdict::Good);
    let Verdict::Insufficient(needs) = many.verdict(Millis(20_000)) else { panic!("it is too early") };
    assert_eq!(needs.to_string(), "needs 40 s more in this step");
    let mut next = many;
    next.begin_step(Millis(80_000));
    assert!(matches!(next.verdict(Millis(81_000)), Verdict::Insufficient(_)));
}

#[test]
fn many_errors_in_both_still_let_a_candidate_be_good() {
    let judge =
        after((0..60_000).map(|unit| Request::new(unit, if unit.is_multiple_of(20) { BAD } else { GOOD })));
    assert_eq!(judge.verdict(Millis(600_000)), Verdict::Good);
}

#[test]
fn errors_that_the_stable_release_has_too_are_no_obstacle() {
    let floor = Floor { ratio: 0.0, ..Floor::default() };
    let mut judge = Judge::with_slow_limit(Settings { floor, ..Settings::default() }, Millis(0), 100.0);
    for unit in 0..60_000u64 {
        let outcome = if unit.is_multiple_of(200) { BAD } else { GOOD };
        Request::new(unit, outcome).tell(&mut judge, unit * 10);
    }
    assert_eq!(judge.verdict(Millis(600_000)), Verdict::Good);
}

#[test]
fn slow_answers_alone_stand_in_the_way() {
    // An alarm is out of reach, so that only the floor speaks.
    let settings = Settings { slow_ratio: 1e6, ..Settings::default() };
    let mut judge = Judge::with_slow_limit(settings, Millis(0), 100.0);
    for unit in 0..20_000u64 {
        let slow = unit.is_multiple_of(5) && dead(unit).outcome == BAD;
        Request::new(unit, if slow { SLOW } else { GOOD }).tell(&mut judge, unit * 10);
    }
    let Verdict::Insufficient(needs) = judge.verdict(Millis(600_000)) else { panic!("a fifth is slow") };
    assert_eq!((needs.requests, needs.metric), (None, Some(Metric::Slow)));
}

#[test]
fn good_wants_answers_of_warm_instances() {
    let cold = Warmth { age_ms: 0, served: 0 };
    let judge = after((0..20_000).map(|unit| Request { instance: cold, ..Request::new(unit, GOOD) }));
    let Verdict::Insufficient(needs) = judge.verdict(Millis(600_000)) else {
        panic!("nothing is known of latency")
    };
    assert_eq!(needs.metric, Some(Metric::Slow));
}

#[test]
fn a_client_counts_once_however_much_it_asks() {
    let judge = after((0..5_000).map(|_| Request::new(7, GOOD).on(Arm::Candidate)));
    assert!(matches!(judge.verdict(Millis(600_000)), Verdict::Insufficient(_)));
    let candidate = judge.explain(Millis(0)).candidate;
    assert_eq!((candidate.requests, candidate.units, candidate.warm_units), (5_000, 1, 1));
}

#[test]
fn the_candidate_does_not_say_what_is_slow() {
    let mut judge = Judge::new(Settings::default(), Millis(0));
    (0..500).for_each(|unit| Request::new(unit, SLOW).on(Arm::Candidate).tell(&mut judge, unit));
    assert_eq!(judge.explain(Millis(0)).slow_limit_ms, None);
}

#[test]
fn a_worse_candidate_is_not_good_before_it_is_bad() {
    let sometimes = |unit: u64| if unit.is_multiple_of(12) { dead(unit) } else { Request::new(unit, GOOD) };
    let judge = after((0..500).map(sometimes));
    let verdict = judge.verdict(Millis(600_000));
    assert!(matches!(verdict, Verdict::Insufficient(_) | Verdict::RollBack(_)), "{verdict:?}");
}

#[test]
fn what_little_traffic_can_show_is_told() {
    let judge =
        after((0..2_000).map(|unit| Request::new(unit, if unit.is_multiple_of(50) { BAD } else { GOOD })));
    let (now, later) = (Millis(20_000), Millis(600_000));
    let soon = judge.smallest_shown(Metric::Errors, now, now).unwrap();
    let then = judge.smallest_shown(Metric::Errors, now, later).unwrap();
    assert!(soon > 2.0 && then < soon && then > 1.2, "{soon} {then}");
    assert_eq!(judge.smallest_shown(Metric::Routing, now, later), None);
}

#[test]
fn an_instance_that_exits_ends_it() {
    let mut judge = after((0..2_000).map(|unit| Request::new(unit, GOOD)));
    judge.sign(Millis(1), Arm::Stable, Sign::Exited);
    assert_eq!(cause(&judge), None);
    judge.sign(Millis(2), Arm::Candidate, Sign::Exited);
    judge.sign(Millis(3), Arm::Candidate, Sign::CrashLoop);
    let alarm = Alarm { cause: Cause::Exited, at: Millis(2), e: None };
    assert_eq!(judge.verdict(Millis(9)), Verdict::RollBack(alarm));
    assert!(judge.explain(Millis(9)).rule.contains("exited"));
}

#[test]
fn healthy_candidates_are_left_alone() {
    let mut random = fastrand::Rng::with_seed(11);
    let mut alarms = 0;
    for _ in 0..1_000 {
        let mut judge = Judge::with_slow_limit(Settings::default(), Millis(0), 100.0);
        let start = random.u64(..);
        for n in 0..2_000 {
            let outcome = if random.f64() < 0.05 { BAD } else { GOOD };
            Request::new(start ^ n, outcome).tell(&mut judge, n);
        }
        alarms +=
            u32::from(!matches!(judge.verdict(Millis(2_000)), Verdict::Insufficient(_) | Verdict::Good));
    }
    assert!(alarms <= 10, "{alarms} of 1000");
}

fn request() -> impl Strategy<Value = Request> {
    let outcome = prop_oneof![
        (0.0f64..2_000.0).prop_map(|ms| Outcome::Answered(200, ms)),
        Just(BAD),
        Just(Outcome::Failed),
        Just(Outcome::Ours),
    ];
    let assignment = prop_oneof![
        6 => (0u16..=20).prop_map(|step| Assignment::Drawn(Weight::new(step * 500).unwrap())),
        1 => Just(Assignment::Forced),
        1 => Just(Assignment::Carried),
        1 => Just(Assignment::Mirrored),
    ];
    let instance = (0u64..20_000, 0u64..100).prop_map(|(age_ms, served)| Warmth { age_ms, served });
    let arm = prop_oneof![Just(None), Just(Some(Arm::Stable)), Just(Some(Arm::Candidate))];
    (0u64..500, outcome, assignment, instance, arm).prop_map(|(unit, outcome, assignment, instance, arm)| {
        Request { unit, outcome, assignment, instance, arm }
    })
}

proptest! {
    #[test]
    fn written_down_and_read_again_it_goes_on_as_if_nothing_had_happened(
        requests in prop::collection::vec(request(), 0..600), cuts in prop::collection::vec(0usize..600, 0..4),
    ) {
        let mut whole = Judge::new(Settings::default(), Millis(0));
        let mut cut = whole.clone();
        for (n, request) in requests.iter().enumerate() {
            request.tell(&mut whole, n as u64);
            request.tell(&mut cut, n as u64);
            if cuts.contains(&n) {
                let text = serde_json::to_string(cut.state()).unwrap();
                cut = Judge::resume(Settings::default(), serde_json::from_str(&text).unwrap());
            }
        }
        let text = |judge: &Judge| serde_json::to_string(judge.state()).unwrap();
        prop_assert_eq!(text(&whole), text(&cut));
        prop_assert_eq!(whole.verdict(Millis(99_999)), cut.verdict(Millis(99_999)));
        prop_assert_eq!(whole.explain(Millis(99_999)), cut.explain(Millis(99_999)));
    }

    #[test]
    fn an_alarm_stays(requests in prop::collection::vec(request(), 0..300)) {
        let mut judge = after((0..200).map(dead));
        let alarm = judge.verdict(Millis(0));
        requests.iter().for_each(|request| request.tell(&mut judge, 5_000));
        prop_assert_eq!(judge.verdict(Millis(u64::MAX)), alarm);
    }
}
