//! What a client does that means harm: each case has a bound or an answer.

use super::script::{Script, Step};
use super::*;
use crate::{BodyCapLayer, BodyCount, CappedBody, TimeoutLayer};
use poundlock_observe::http::{HttpMetrics, RouteId};
use tokio::time::Duration;
use tower::ServiceBuilder;

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn a_hundred_thousand_parameters_are_all_looked_at() {
    let mut body: String = (0..100_000).map(|n| format!("p{n}=v&")).collect();
    body.push_str("last=1'+OR+'1'='1'+--");
    let outcome = send(&blocking(), post(FORM), Script::pieces(body.as_bytes(), &[60_000], true)).await;
    assert_eq!(outcome.answer, Err(Rejection::AttackDetected));
    assert_eq!(outcome.told[0]["findings"][0]["location"], "body.last");
}

#[tokio::test]
async fn many_attacks_make_a_record_of_bounded_length() {
    let body: String = (0..10_000).map(|n| format!("p{n}=<script>f{n}()</script>&")).collect();
    let outcome =
        send(&Inspection::new("shop"), post(FORM), Script::pieces(body.as_bytes(), &[4_096], true)).await;
    assert_eq!(outcome.told[0]["findings"].as_array().unwrap().len(), poundlock_shield::MAX_FINDINGS);
    assert!(outcome.told[0].to_string().len() < 64 * 1024);
}

#[tokio::test]
async fn single_bytes_change_nothing() {
    let body = format!("a={}&q=1'+OR+'1'='1'+--", "x".repeat(150_000));
    let outcome = send(&blocking(), post(FORM), Script::pieces(body.as_bytes(), &[1], false)).await;
    assert_eq!(outcome.answer, Err(Rejection::AttackDetected));
    assert!(!outcome.seen.whole);
}

#[tokio::test]
async fn a_bomb_is_refused() {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = [b' '; 1 << 16];
    (0..(80 << 20) / zeros.len()).for_each(|_| encoder.write_all(&zeros).unwrap());
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 100 << 10, "it fits into what is held");
    let outcome =
        send(&blocking(), post("text/plain").header("content-encoding", "gzip"), Script::whole(bomb)).await;
    assert_eq!((outcome.answer, outcome.seen.called), (Err(Rejection::AttackDetected), false));
    assert_eq!(outcome.told[0]["findings"][0]["rule"], "zip-bomb");
}

#[tokio::test]
async fn an_attack_in_a_content_coding_is_found_and_what_passes_is_as_it_was() {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    let zipped = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let request = || post(FORM).header("content-encoding", "gzip");
    let outcome =
        send(&blocking(), request(), Script::pieces(&zipped("q=1'+OR+'1'='1'+--"), &[5], true)).await;
    assert_eq!((outcome.answer, outcome.seen.called), (Err(Rejection::AttackDetected), false));
    let harmless = zipped("q=lock&n=1");
    let outcome = send(&blocking(), request(), Script::pieces(&harmless, &[5], true)).await;
    assert_eq!((outcome.answer, outcome.seen.bytes), (Ok(200), harmless));
}

/// A body past cap, time-out and inspection, as in the gateway.
async fn stacked(script: Script) -> (Result<u16, Rejection>, Duration) {
    let service = ServiceBuilder::new()
        .layer(crate::ObserveLayer::new(HttpMetrics::new(Default::default()).shared(), RouteId::UNMATCHED))
        .layer(crate::RespondLayer)
        .layer(BodyCapLayer::new(200_000))
        .layer(TimeoutLayer::new((Duration::from_secs(5), "shop".into())))
        .layer(InspectLayer::new(Arc::new(blocking())))
        .service(service_fn(|request: Request<InspectedBody<CappedBody<Script>>>| async {
            let body = request.into_body().collect().await.map_err(|error| error.rejection())?;
            let length = body.to_bytes().len().to_string();
            Ok::<_, Rejection>(Response::new(http_body_util::Full::<Bytes>::from(length)))
        }));
    let start = tokio::time::Instant::now();
    let mut request = post(FORM).body(script).unwrap();
    request.extensions_mut().insert(BodyCount::default());
    let response = service.oneshot(request).await.unwrap();
    let rejection = response.extensions().get::<Rejection>().cloned();
    (rejection.map_or(Ok(response.status().as_u16()), Err), start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_while_it_is_held_ends_with_the_time_out() {
    let (answer, after) = stacked(Script::of([Step::Data(Bytes::from_static(b"q=lo")), Step::Never])).await;
    assert_eq!(answer, Err(Rejection::ClientTimeout));
    assert!(after <= Duration::from_secs(10), "{after:?}");
    // While it passes too: the last piece waits for its end.
    let long = Bytes::from(vec![b'x'; 140_000]);
    let (answer, after) = stacked(Script::of([Step::Data(long), Step::Never])).await;
    assert_eq!(answer, Err(Rejection::ClientTimeout));
    assert!(after <= Duration::from_secs(10), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_ends_at_the_cap() {
    let piece = Bytes::from(vec![b'x'; 1_000]);
    let steps = std::iter::repeat_n(Step::Data(piece), 1_000);
    assert_eq!(stacked(Script::of(steps)).await.0, Err(Rejection::BodyTooLarge(200_000)));
}

#[tokio::test]
async fn a_body_that_is_shorter_than_announced_is_no_request() {
    let mut script = Script::whole(&b"q=lock"[..]);
    script.announce(10);
    let outcome = send(&blocking(), post(FORM), script).await;
    assert_eq!((outcome.answer, outcome.seen.called), (Err(Rejection::ClientGone), false));
}

#[tokio::test]
async fn an_attack_in_a_trailer_is_refused() {
    let data = || Step::Data(Bytes::from_static(b"q=lock"));
    for hold in [0, 1_000] {
        let inspection = Inspection { hold, ..blocking() };
        let attack = Script::of([data(), Step::Trailer("1' OR '1'='1' --")]);
        let outcome = send(&inspection, post(FORM), attack).await;
        assert_eq!((outcome.answer, outcome.seen.whole), (Err(Rejection::AttackDetected), false));
        assert_eq!((outcome.seen.trailers, outcome.seen.bytes.len()), (0, 0));
        assert_eq!(outcome.told[0]["findings"][0]["location"], "header.x-note");
        let outcome = send(&inspection, post(FORM), Script::of([data(), Step::Trailer("lock")])).await;
        assert_eq!((outcome.answer, outcome.seen.trailers), (Ok(200), 1));
    }
}
