//! The layer over a service that tells what it has seen, with bodies that come in any pieces.

mod bodies;
mod hostile;
mod rules;
mod script;
mod whole;

use super::*;
use crate::Peer;
use http_body_util::BodyExt;
use poundlock_observe::Registry;
use script::Script;
use std::sync::Mutex;
use tower::{ServiceExt, service_fn};

/// Keeps what is told, as JSON.
#[derive(Default)]
pub(super) struct Told(Mutex<Vec<serde_json::Value>>);

impl Findings for Told {
    fn found(&self, record: &Record<'_>) {
        self.0.lock().unwrap().push(serde_json::to_value(record).unwrap());
    }
}

impl Told {
    fn all(&self) -> Vec<serde_json::Value> {
        self.0.lock().unwrap().clone()
    }
}

/// What the service saw of a request.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    called: bool,
    target: String,
    bytes: Vec<u8>,
    trailers: usize,
    /// Whether the body came to its end.
    whole: bool,
}

/// What came of a request.
#[derive(Debug)]
pub(super) struct Outcome {
    answer: Result<u16, Rejection>,
    seen: Seen,
    told: Vec<serde_json::Value>,
    /// How often the client's body was asked for more.
    polls: usize,
}

/// Sends a request past an inspection, to a service that reads its body and answers 400 where that breaks, whyever.
pub(super) async fn send(inspection: &Inspection, request: http::request::Builder, body: Script) -> Outcome {
    let (told, seen) = (Arc::new(Told::default()), Arc::new(Mutex::new(Seen::default())));
    let layer = InspectLayer::new(Arc::new(inspection.clone())).with_findings(Some(told.clone()));
    let seeing = seen.clone();
    let service = layer.layer(service_fn(move |request: Request<InspectedBody<Script>>| {
        let seen = seeing.clone();
        async move { Ok::<_, Rejection>(read(request, &seen).await) }
    }));
    let polls = body.polls.clone();
    let mut request = request.header("host", "shop.example").body(body).unwrap();
    request.extensions_mut().insert(Peer { address: "192.0.2.7:999".parse().unwrap(), trusted: false });
    let answer = service.oneshot(request).await.map(|response| response.status().as_u16());
    let seen = seen.lock().unwrap().clone();
    Outcome { answer, seen, told: told.all(), polls: polls.get() }
}

async fn read(request: Request<InspectedBody<Script>>, seen: &Mutex<Seen>) -> Response<()> {
    let (head, mut body) = request.into_parts();
    *seen.lock().unwrap() = Seen { called: true, target: head.uri.to_string(), ..Seen::default() };
    while let Some(frame) = body.frame().await {
        let mut seen = seen.lock().unwrap();
        match frame.map(http_body::Frame::into_data) {
            Ok(Ok(data)) => seen.bytes.extend_from_slice(&data),
            Ok(Err(_)) => seen.trailers += 1,
            Err(_) => return Response::builder().status(400).body(()).unwrap(),
        }
    }
    seen.lock().unwrap().whole = true;
    Response::new(())
}

pub(super) fn get(target: &str) -> http::request::Builder {
    Request::get(target)
}

pub(super) fn post(content_type: &str) -> http::request::Builder {
    Request::post("/items").header("content-type", content_type)
}

pub(super) fn blocking() -> Inspection {
    Inspection { mode: Mode::Block, ..Inspection::new("shop") }
}

const ATTACK: &str = "/items?q=1'%20OR%20'1'='1'%20--";

#[tokio::test]
async fn an_attack_is_refused_told_or_nothing_by_mode() {
    let registry = Registry::new(Default::default());
    let metrics = InspectionMetrics::new(&registry, "shop").unwrap();
    let with = |mode| Inspection { mode, metrics: metrics.clone(), ..Inspection::new("shop") };
    let outcome = send(&with(Mode::Block), get(ATTACK), Script::none()).await;
    assert_eq!((&outcome.answer, outcome.seen.called), (&Err(Rejection::AttackDetected), false));
    let record = &outcome.told[0];
    assert_eq!((&record["action"], &record["mode"]), (&"block".into(), &"block".into()));
    assert_eq!((&record["client"], &record["path"]), (&"192.0.2.7".into(), &"/items".into()));
    assert_eq!(record["findings"][0]["class"], "sqli");
    assert_eq!(record["findings"][0]["location"], "query.q");

    let outcome = send(&with(Mode::Detect), get(ATTACK), Script::none()).await;
    assert_eq!((outcome.answer, &outcome.told[0]["action"]), (Ok(200), &"would_block".into()));
    let outcome = send(&with(Mode::Off), get(ATTACK), Script::none()).await;
    assert_eq!((outcome.answer, outcome.told), (Ok(200), vec![]));
    let unseen = Inspection { sample: Share::per_million(0).unwrap(), ..with(Mode::Detect) };
    let outcome = send(&unseen, get(ATTACK), Script::none()).await;
    assert_eq!((outcome.answer, outcome.told), (Ok(200), vec![]));
    let outcome = send(&with(Mode::Block), get("/items?q=lock"), Script::none()).await;
    assert_eq!((outcome.answer, outcome.told), (Ok(200), vec![]));

    let counts: Vec<u64> = Action::ALL.iter().map(|action| metrics.count(*action)).collect();
    assert_eq!((counts, metrics.skipped()), (vec![1, 1, 1, 0, 0], 1));
    let text = String::from_utf8(registry.render(poundlock_observe::Format::Text004)).unwrap();
    for line in [
        "poundlock_shield_blocked_total{class=\"sqli\",service=\"shop\"} 1",
        "poundlock_shield_requests_total{service=\"shop\",verdict=\"skipped\"} 1",
        "poundlock_shield_inspect_seconds_count{service=\"shop\"} 3",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
}
