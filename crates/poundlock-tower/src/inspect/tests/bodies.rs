//! Bodies: what waits, what passes, and when.

use super::script::{Script, Step};
use super::*;
use std::future::poll_fn;
use std::pin::Pin;
use tokio::time::Duration;

const FORM: &str = "application/x-www-form-urlencoded";

fn attack(padding: usize) -> Vec<u8> {
    format!("a={}&q=1'+OR+'1'='1'+--", "x".repeat(padding)).into_bytes()
}

#[tokio::test]
async fn a_body_that_fits_gets_its_verdict_before_the_service_is_called() {
    for body in [Script::whole(attack(10)), Script::pieces(&attack(10), &[1], false)] {
        let outcome = send(&blocking(), post(FORM), body).await;
        assert_eq!((outcome.answer, outcome.seen), (Err(Rejection::AttackDetected), Seen::default()));
        assert_eq!(outcome.told[0]["findings"][0]["location"], "body.q");
    }
    let outcome = send(&blocking(), post(FORM), Script::pieces(b"q=lock&n=1", &[3], true)).await;
    assert_eq!((outcome.answer, outcome.seen.whole), (Ok(200), true));
    assert_eq!(outcome.seen.bytes, b"q=lock&n=1");
}

#[tokio::test]
async fn a_service_never_sees_the_end_of_an_attack_that_is_longer_than_what_is_held() {
    let body = attack(1 << 20);
    for announced in [true, false] {
        let outcome = send(&blocking(), post(FORM), Script::pieces(&body, &[16 << 10], announced)).await;
        assert_eq!(outcome.answer, Err(Rejection::AttackDetected), "not the 400 of the service");
        assert!(outcome.seen.called && !outcome.seen.whole);
        assert!(outcome.seen.bytes.len() > 1_000_000 && body.starts_with(&outcome.seen.bytes));
        assert!(!outcome.seen.bytes.ends_with(b"--"));
        assert_eq!(outcome.told.len(), 1, "told once");
    }
    // Even when the very last byte decides, in a piece of its own.
    let (body, last) = body.split_at(body.len() - 1);
    let steps = [body, last].map(|piece| Step::Data(Bytes::copy_from_slice(piece)));
    let outcome = send(&blocking(), post(FORM), Script::of(steps)).await;
    assert_eq!(outcome.answer, Err(Rejection::AttackDetected));
    assert_eq!(
        (outcome.seen.whole, outcome.seen.bytes.len()),
        (false, body.len()),
        "the last one is not there"
    );
}

#[tokio::test]
async fn an_attack_in_the_head_is_refused_before_the_body_is_asked_for() {
    let request = Request::post(ATTACK).header("expect", "100-continue");
    let outcome = send(&blocking(), request, Script::of([Step::Never])).await;
    assert_eq!((outcome.answer, outcome.polls), (Err(Rejection::AttackDetected), 0));
}

#[tokio::test]
async fn when_only_told_nothing_waits_and_nothing_changes() {
    let body = attack(300_000);
    let outcome = send(&Inspection::new("shop"), post(FORM), Script::pieces(&body, &[999], false)).await;
    assert_eq!((outcome.answer, outcome.seen.whole), (Ok(200), true));
    assert!(outcome.seen.bytes == body);
    assert_eq!(outcome.told[0]["action"], "would_block");

    // What has come is there although more is to come.
    let script = Script::of([Step::Data(Bytes::from_static(b"one")), Step::Never]);
    let mut body = passed(Inspection::new("shop"), script).await;
    let frame = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await.unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), "one");
}

/// The body that a service gets.
async fn passed(inspection: Inspection, body: Script) -> InspectedBody<Script> {
    let layer = InspectLayer::new(Arc::new(inspection));
    let service = layer.layer(service_fn(|request: Request<InspectedBody<Script>>| async {
        Ok::<_, Rejection>(Response::new(request.into_body()))
    }));
    service.oneshot(post(FORM).body(body).unwrap()).await.unwrap().into_body()
}

#[tokio::test]
async fn framing_and_trailers_are_those_of_the_client() {
    let data = || Step::Data(Bytes::from_static(b"q=lock"));
    for hold in [0, 3, 1000] {
        for mode in [Mode::Block, Mode::Detect] {
            let inspection = Inspection { hold, mode, ..Inspection::new("shop") };
            let mut body = passed(inspection.clone(), Script::pieces(b"q=lock", &[2], true)).await;
            assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(6), false), "{hold} {mode:?}");
            let mut left = 6;
            while let Some(frame) = body.frame().await {
                left -= frame.unwrap().into_data().unwrap().len() as u64;
                assert_eq!(body.size_hint().exact(), Some(left));
            }
            assert!(body.is_end_stream());

            let mut body = passed(inspection.clone(), Script::of([data(), Step::Trailers])).await;
            assert_eq!((body.size_hint().exact(), body.is_end_stream()), (None, false));
            assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "q=lock");
            assert!(!body.is_end_stream() && body.frame().await.unwrap().unwrap().is_trailers());
            assert!(body.frame().await.is_none() && body.is_end_stream());

            let mut body = passed(inspection, Script::of([])).await;
            assert!(body.size_hint().exact().is_none() && !body.is_end_stream(), "chunked and empty");
            assert!(body.frame().await.is_none() && body.is_end_stream());
        }
    }
}

#[tokio::test]
async fn a_client_that_breaks_off_is_told_apart_and_its_attack_is_told() {
    let steps = || [Step::Data(attack(10).into()), Step::Data(Bytes::from_static(b"&z=1")), Step::Broken];
    let inspection = Inspection { mode: Mode::Detect, ..Inspection::new("shop") };
    let outcome = send(&inspection, post(FORM), Script::of(steps())).await;
    assert_eq!((outcome.answer, outcome.seen.whole), (Ok(400), false));
    assert_eq!(outcome.told[0]["action"], "would_block");
    let harmless = [Step::Data(Bytes::from_static(b"q=lock")), Step::Broken];
    let outcome = send(&blocking(), post(FORM), Script::of(harmless)).await;
    assert_eq!((outcome.answer, outcome.seen.called), (Err(Rejection::ClientGone), false));
    let half = [Step::Data(Bytes::from_static(b"{\"a\":")), Step::Broken];
    let outcome = send(&blocking(), post("application/json"), Script::of(half)).await;
    assert_eq!(outcome.told.len(), 0, "half a body is no finding: {:?}", outcome.told);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_is_told_and_leaves_nothing() {
    let told = Arc::new(Told::default());
    // Half of an attack: whoever waits for the rest does not refuse yet.
    let half = Step::Data(Bytes::from_static(b"q=1'+OR+'1'='1'+--"));
    for (inspection, called) in [(blocking(), false), (Inspection::new("shop"), true)] {
        let calls = Arc::new(Mutex::new(false));
        let calling = calls.clone();
        let layer = InspectLayer::new(Arc::new(inspection)).with_findings(Some(told.clone()));
        let service = layer.layer(service_fn(move |request: Request<InspectedBody<Script>>| {
            *calling.lock().unwrap() = true;
            async move {
                let _ = request.into_body().collect().await;
                Ok::<_, Rejection>(Response::new(()))
            }
        }));
        let script = Script::of([half.clone(), Step::Never]);
        let polls = script.polls.clone();
        let call = service.oneshot(post(FORM).body(script).unwrap());
        assert!(tokio::time::timeout(Duration::from_secs(1), call).await.is_err());
        assert_eq!(*calls.lock().unwrap(), called);
        assert_eq!(std::rc::Rc::strong_count(&polls), 1, "the body is gone");
    }
    let told = told.all();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|record| record["action"] == "would_block"), "{told:?}");
}
