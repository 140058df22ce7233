//! Lives that are too plain for `tests/simulation.rs`: what is done in which order, and which words refusals have.

use super::*;
use crate::{
    name::Name,
    plan::{Options, Strategy},
    split::Weight,
};

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn admitted(strategy: Strategy) -> Admitted {
    let known = [name("v1"), name("v2")];
    let service = name("api");
    let standing =
        Standing { service: &service, stable: Some(&known[0]), known: &known, active: None, lease: None };
    let plan = Options::new(strategy, 2).compile().unwrap();
    let asked = Asked { id: DeploymentId(41), candidate: name("v2"), plan };
    admit(&standing, asked, Millis(0), 15_000).unwrap()
}

/// A deployment whose effects all succeed at once.
struct Played {
    deployment: Deployment,
    state: State,
    actions: Vec<Action>,
    now: Millis,
}

impl Played {
    fn new(strategy: Strategy) -> Self {
        let Admitted { deployment, record, .. } = admitted(strategy);
        Self { deployment, state: record.state, actions: Vec::new(), now: Millis(0) }
    }

    fn hear(&mut self, event: Event) -> Result<(), Refusal> {
        let mut next = step(&self.deployment, &self.state, &event, self.now)?;
        loop {
            self.state = next.state;
            let effect = next.commands.into_iter().find_map(|command| match command {
                Command::Perform(effect) => Some(effect),
                _ => None,
            });
            let Some(Effect { key, action, .. }) = effect else { return Ok(()) };
            self.actions.push(action);
            let event = Event::Outcome { key, result: Ok(()) };
            next = step(&self.deployment, &self.state, &event, self.now)?;
        }
    }

    fn report(&mut self, stable: u32, candidate: u32) {
        let pool = |healthy| Pool { running: healthy, healthy };
        let weight = self.state.weight;
        let report = Report { stable: pool(stable), candidate: pool(candidate), weight };
        self.hear(Event::Report(report)).unwrap();
    }

    fn pass(&mut self, ms: u64) {
        let end = self.now.0 + ms;
        while self.now.0 < end {
            self.now = Millis(end.min(self.now.0 + 5_000));
            self.hear(Event::Tick).unwrap();
        }
    }

    fn wish(&mut self, wish: Operator) -> Result<(), Refusal> {
        self.hear(Event::Operator(wish))
    }
}

#[test]
fn blue_green_switches_keeps_and_retires() {
    let mut played = Played::new(Strategy::blue_green());
    played.wish(Operator::Start).unwrap();
    played.report(2, 1);
    assert_eq!(played.state.weight, Weight::NONE, "one of two is not healthy yet");
    played.report(2, 2);
    assert_eq!(played.state.weight, Weight::ALL);
    played.pass(60_000);
    let Phase::Soaking { until } = played.state.phase else { panic!("{:?}", played.state.phase) };
    assert_eq!(until, Millis(played.now.0 + 3 * 3_600_000));
    played.pass(3 * 3_600_000);
    assert_eq!(played.state.phase, Phase::Done);
    assert!(matches!(played.actions.last(), Some(Action::Retire { .. })));
}

#[test]
fn a_worse_candidate_loses_its_traffic_in_the_same_turn() {
    let mut played = Played::new(Strategy::canary());
    played.wish(Operator::Start).unwrap();
    played.report(2, 1);
    assert_eq!(played.state.weight.basis_points(), 500);
    played.actions.clear();
    played.hear(Event::Judged(Judged::Worse("3.1×".to_owned()))).unwrap();
    assert_eq!(played.actions[0], Action::SetWeight { weight: Weight::NONE, until: Some(Millis(60_000)) });
    let cause = Cause::Judged { detail: "3.1×".to_owned() };
    assert_eq!(played.state.phase, Phase::RolledBack { cause });
}

#[test]
fn the_warm_pool_takes_the_traffic_back_by_one_swap() {
    let mut played = Played::new(Strategy::blue_green());
    played.wish(Operator::Start).unwrap();
    played.report(2, 2);
    played.pass(60_000);
    played.actions.clear();
    played.wish(Operator::Abort).unwrap();
    assert!(matches!(played.actions[0], Action::SetWeight { weight: Weight::NONE, .. }));
    assert_eq!(played.state.phase, Phase::RolledBack { cause: Cause::Operator });
}

#[test]
fn a_rolling_deployment_restores_the_pool_before_it_goes_back() {
    let mut played = Played::new(Strategy::rolling());
    played.wish(Operator::Start).unwrap();
    played.report(2, 1);
    played.hear(Event::Judged(Judged::Good)).unwrap();
    played.pass(30_000);
    played.hear(Event::Judged(Judged::Good)).unwrap();
    assert!(played.actions.contains(&Action::Stop { pool: crate::split::Arm::Stable, keep: 1 }));
    played.report(1, 1);
    played.actions.clear();
    played.wish(Operator::Abort).unwrap();
    assert_eq!(played.actions, [Action::Ensure { pool: crate::split::Arm::Stable, count: 2 }]);
    assert_ne!(played.state.weight, Weight::NONE, "the candidate serves meanwhile");
    played.report(2, 1);
    assert_eq!(played.state.phase, Phase::RolledBack { cause: Cause::Operator });
}

#[test]
fn wishes_that_make_no_sense_are_refused_with_a_reason() {
    let id = DeploymentId(41);
    let mut played = Played::new(Strategy::canary());
    assert_eq!(played.wish(Operator::Hold), Err(Refusal::NotStarted(id)));
    played.wish(Operator::Start).unwrap();
    assert_eq!(played.wish(Operator::Start), Err(Refusal::Started(id)));
    let refusal = played.wish(Operator::Promote).unwrap_err();
    assert_eq!(refusal, Refusal::NothingToPromote { id, step: "await-healthy" });
    assert!(refusal.to_string().contains("deployment #41 is at `await-healthy`"), "{refusal}");
    assert_eq!(played.wish(Operator::Resume), Err(Refusal::NotHeld(id)));
    played.report(0, 1);
    played.report(0, 0);
    assert!(matches!(played.state.phase, Phase::Aborting { cause: Cause::CandidateLost }));
    played.wish(Operator::Abort).unwrap();
    assert_eq!(played.wish(Operator::PromoteFull), Err(Refusal::Aborting(id)));
    played.report(2, 0);
    assert_eq!(played.wish(Operator::Abort), Err(Refusal::Ended { id, phase: "rolled back" }));
}

#[test]
fn too_little_traffic_holds_until_somebody_decides() {
    let mut played = Played::new(Strategy::canary());
    played.wish(Operator::Start).unwrap();
    played.report(2, 1);
    played.pass(600_000);
    let Phase::Holding { why: HoldReason::LowTraffic, until } = played.state.phase else {
        panic!("{:?}", played.state.phase)
    };
    played.wish(Operator::Promote).unwrap();
    assert_eq!((played.state.weight.basis_points(), &played.state.phase), (1_000, &Phase::Running));
    played.pass(600_000);
    assert!(matches!(played.state.phase, Phase::Holding { until: again, .. } if again == until));
    played.now = until;
    played.hear(Event::Tick).unwrap();
    assert_eq!(played.state.phase, Phase::RolledBack { cause: Cause::HeldTooLong });
}

#[test]
fn a_deployment_that_may_not_begin_is_refused_with_a_reason() {
    let (service, known) = (name("api"), [name("v1"), name("v2")]);
    let first = admitted(Strategy::blue_green());
    let ask = |standing: &Standing<'_>, candidate| {
        let plan = first.deployment.plan.clone();
        let asked = Asked { id: DeploymentId(42), candidate: name(candidate), plan };
        admit(standing, asked, Millis(1), 15_000).unwrap_err().to_string()
    };
    let free =
        Standing { service: &service, stable: Some(&known[0]), known: &known, active: None, lease: None };
    assert_eq!(ask(&free, "v9"), "there is no release v9 of api; known are: v1, v2");
    assert_eq!(ask(&free, "v1"), "release v1 has the traffic already");
    let phase = Phase::Running;
    let active = Some(Active { id: DeploymentId(41), candidate: &known[1], phase: &phase });
    assert_eq!(
        ask(&Standing { active, ..free }, "v2"),
        "deployment #41 of v2 is running; wait for it, abort it or supersede it"
    );
    let lease = Some(&first.lease);
    assert_eq!(ask(&Standing { lease, ..free }, "v2"), "deployment 41 holds the lease for 14999 ms more");
}

#[test]
fn a_torn_end_of_the_journal_is_cut_and_other_damage_is_told() {
    let id = DeploymentId(41);
    let record = admitted(Strategy::canary()).record;
    let mut second = record.clone();
    second.state.rewinds = 3;
    let (a, b) = (journal::line(&record), journal::line(&second));
    let both = [a.clone(), b.clone()].concat();
    let whole = journal::replay(id, &both).unwrap();
    assert_eq!((whole.state.rewinds, whole.records, whole.torn), (3, 2, false));
    for cut in a.len()..both.len() {
        let replayed = journal::replay(id, &both[..cut]).unwrap();
        assert_eq!((replayed.state.rewinds, replayed.good, replayed.torn), (0, a.len(), cut > a.len()));
    }
    for cut in 0..a.len() {
        assert_eq!(journal::replay(id, &a[..cut]), Err(journal::JournalError::Empty));
    }
    let mut bad = both.clone();
    bad[a.len() / 2] ^= 1;
    assert_eq!(journal::replay(id, &bad), Err(journal::JournalError::Damaged { number: 1 }));
    let foreign = journal::JournalError::Foreign { number: 1, other: id };
    assert_eq!(journal::replay(DeploymentId(7), &both), Err(foreign));
}

#[test]
fn what_a_viewer_sees_is_where_it_is() {
    let mut played = Played::new(Strategy::canary());
    played.wish(Operator::Start).unwrap();
    played.report(2, 1);
    played.pass(20_000);
    let shown = show(&played.deployment, &played.state, played.now);
    assert_eq!((shown.phase, shown.step, shown.number), ("running", Some("observe"), 6));
    assert_eq!((shown.weight.basis_points(), shown.elapsed_ms), (500, 20_000));
    assert_eq!(shown.left_ms, 40_000 + 3 * 60_000 + 600_000 + 3 * 3_600_000);
}

#[test]
fn a_weight_whose_outcome_is_not_known_yet_is_not_taken_for_none() {
    let mut played = Played::new(Strategy::canary());
    played.wish(Operator::Start).unwrap();
    let pool = |healthy| Pool { running: healthy, healthy };
    let report = Report { stable: pool(0), candidate: pool(1), weight: Weight::NONE };
    let next = step(&played.deployment, &played.state, &Event::Report(report), played.now).unwrap();
    let sets = |next: &Next| {
        next.commands.iter().any(|command| {
            matches!(command, Command::Perform(Effect { action: Action::SetWeight { .. }, .. }))
        })
    };
    assert!(sets(&next));
    let abort = Event::Operator(Operator::Abort);
    let next = step(&played.deployment, &next.state, &abort, played.now).unwrap();
    assert!(!sets(&next), "nothing of the stable release could take the traffic");
    let next = step(&played.deployment, &next.state, &Event::Report(report), played.now).unwrap();
    assert!(sets(&next), "the gateways say that it has the traffic anyway");
}

#[test]
fn old_instances_stay_while_new_ones_are_missing() {
    let mut played = Played::new(Strategy::rolling());
    played.wish(Operator::Start).unwrap();
    played.report(2, 1);
    let drains = |played: &Played| played.actions.iter().any(|action| matches!(action, Action::Drain { .. }));
    played.wish(Operator::Hold).unwrap();
    played.pass(30_000);
    played.wish(Operator::Promote).unwrap();
    assert!(drains(&played), "the new one is there");

    let known = Options::new(Strategy::rolling(), 8).compile().unwrap();
    let mut played = Played::new(Strategy::rolling());
    played.deployment.plan = known;
    played.wish(Operator::Start).unwrap();
    played.report(8, 2);
    played.report(8, 1);
    played.wish(Operator::Promote).unwrap();
    assert!(!drains(&played), "one of two is missing");
    played.report(8, 2);
    assert!(drains(&played));
}

#[test]
fn the_longest_state_fits_into_a_line() {
    let Admitted { mut record, deployment, .. } = admitted(Strategy::rolling());
    // As JSON, each of these is six bytes.
    let detail = "\u{1}".repeat(event::MAX_DETAIL);
    let state = &mut record.state;
    state.back = deployment.plan.back(deployment.plan.steps().len(), crate::plan::Haste::RestoreFirst);
    state.warnings = vec![Warning::RollbackHook { detail: detail.clone() }; state::MAX_WARNINGS];
    let cause = Cause::Failed { step: "set-weight".to_owned(), detail: detail.clone() };
    state.phase =
        Phase::NeedsHuman { cause, trouble: Trouble::Failed { step: "set-weight".to_owned(), detail } };
    let line = journal::line(&record);
    assert!(line.len() > journal::MAX_LINE / 2, "{}", line.len());
    let replayed = journal::replay(DeploymentId(41), &line).unwrap();
    assert_eq!(replayed.state, record.state);
}
