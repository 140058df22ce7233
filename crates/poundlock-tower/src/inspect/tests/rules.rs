//! What inputs must be, and findings that are only told.

use super::script::Script;
use super::*;
use poundlock_shield::validate::email::EmailLevel;
use poundlock_shield::validate::pagination::{OnExcess, Pagination};
use poundlock_shield::validate::rule::{FieldCheck, FieldRule, Pointer, Target};
use poundlock_shield::validate::{Part, RouteRules};
use poundlock_shield::{Class, Exclusion};

fn mail_and_pages(on_excess: OnExcess) -> RouteRules {
    let mail = |target| FieldRule::new(target, FieldCheck::Email(EmailLevel::Standard));
    RouteRules {
        fields: vec![
            mail(Target::Named(Part::Query, "mail".to_owned())),
            mail(Target::Json(Pointer::parse("/mail").unwrap())),
        ],
        pagination: Some(Pagination { on_excess, ..Pagination::default() }),
        ..RouteRules::default()
    }
}

fn ruled(mode: Mode, rules: RouteRules) -> Inspection {
    Inspection { mode, rules: Some(Arc::new(rules)), ..Inspection::new("shop") }
}

fn places(answer: &Result<u16, Rejection>) -> Vec<String> {
    match answer {
        Err(Rejection::InvalidRequest(issues)) => {
            issues.as_slice().iter().map(|i| i.path.to_string()).collect()
        }
        other => panic!("{other:?}"),
    }
}

const JSON: &str = "application/json";

#[tokio::test]
async fn what_is_not_valid_is_refused_where_it_is_known() {
    let inspection = ruled(Mode::Block, mail_and_pages(OnExcess::Refuse));
    let outcome = send(&inspection, get("/items?mail=test@ok&page=0"), Script::none()).await;
    assert_eq!(
        (places(&outcome.answer), outcome.seen.called),
        (vec!["query/mail".into(), "query/page".into()], false)
    );
    assert_eq!(
        (&outcome.told[0]["action"], &outcome.told[0]["issues"][1]["pointer"]),
        (&"refuse".into(), &"/page".into())
    );
    let outcome = send(&inspection, post(JSON), Script::whole(r#"{"mail":"test@ok"}"#)).await;
    assert_eq!((places(&outcome.answer), outcome.seen.called), (vec!["body/mail".to_owned()], false));
    // A body that is not held to its end is not seen to its end.
    let long = format!(r#"{{"pad":"{}","mail":"test@ok"}}"#, "x".repeat(200_000));
    let outcome = send(&inspection, post(JSON), Script::pieces(long.as_bytes(), &[8_000], true)).await;
    assert_eq!(places(&outcome.answer), ["body/mail"]);
    assert!(outcome.seen.called && !outcome.seen.whole);
    let outcome = send(&inspection, post(JSON), Script::whole(r#"{"mail":"ann@example.com"}"#)).await;
    assert_eq!((outcome.answer, outcome.seen.whole), (Ok(200), true));
}

#[tokio::test]
async fn when_only_told_invalid_requests_pass_as_they_are() {
    let inspection = ruled(Mode::Detect, mail_and_pages(OnExcess::Clamp));
    let outcome = send(&inspection, get("/items?mail=test@ok&page=0"), Script::none()).await;
    assert_eq!((outcome.answer, &*outcome.seen.target), (Ok(200), "/items?mail=test@ok&page=0"));
    assert_eq!(outcome.told[0]["action"], "would_refuse");
    let outcome = send(&inspection, post(JSON), Script::pieces(br#"{"mail":"test@ok"}"#, &[5], false)).await;
    assert_eq!((outcome.answer, outcome.seen.whole), (Ok(200), true));
    assert_eq!(outcome.told[0]["issues"][0]["pointer"], "/mail");
}

#[tokio::test]
async fn pages_are_clamped_before_the_service_sees_them() {
    let inspection = ruled(Mode::Block, mail_and_pages(OnExcess::Clamp));
    let outcome = send(&inspection, get("/items?per_page=100000&q=a"), Script::none()).await;
    assert_eq!((outcome.answer, &*outcome.seen.target), (Ok(200), "/items?per_page=100&q=a"));
}

#[tokio::test]
async fn an_attack_weighs_more_than_an_invalid_value() {
    let inspection = ruled(Mode::Block, mail_and_pages(OnExcess::Refuse));
    let outcome = send(&inspection, get("/items?page=0&q=1'%20OR%20'1'='1'%20--"), Script::none()).await;
    assert_eq!(outcome.answer, Err(Rejection::AttackDetected));
}

#[tokio::test]
async fn findings_that_are_only_told_refuse_nothing() {
    let html =
        Exclusion { field: Some("body.html".to_owned()), class: Some(Class::Xss), ..Exclusion::default() };
    let inspection = Inspection { told_only: vec![html], ..blocking() };
    let form = "application/x-www-form-urlencoded";
    let outcome = send(&inspection, post(form), Script::whole("html=<script>f()</script>")).await;
    assert_eq!((outcome.answer, outcome.seen.whole), (Ok(200), true));
    assert_eq!((&outcome.told[0]["action"], &outcome.told[0]["score"]), (&"pass".into(), &10.into()));
    for other in ["text=<script>f()</script>", "html=<script>f()</script>&q=1'+OR+'1'='1'+--"] {
        let outcome = send(&inspection, post(form), Script::whole(other)).await;
        assert_eq!(outcome.answer, Err(Rejection::AttackDetected), "{other}");
    }
    // So many findings that one which counts may not be among those that are kept.
    let all = Exclusion { field: Some("body.h*".to_owned()), ..Exclusion::default() };
    let inspection = Inspection { told_only: vec![all], ..blocking() };
    let many: Vec<String> = (0..100).map(|n| format!("h{n}=<script>f()</script>")).collect();
    let outcome = send(&inspection, post(form), Script::whole(many.join("&"))).await;
    assert_eq!(outcome.answer, Err(Rejection::AttackDetected));
}
