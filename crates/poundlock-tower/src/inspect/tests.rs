use super::*;
use crate::Peer;
use http_body_util::Empty;
use poundlock_observe::Registry;
use std::convert::Infallible;
use std::sync::Mutex;
use tower::{ServiceExt, service_fn};

/// Keeps what is told, as JSON.
#[derive(Default)]
struct Told(Mutex<Vec<serde_json::Value>>);

impl Findings for Told {
    fn found(&self, record: &Record<'_>) {
        self.0.lock().unwrap().push(serde_json::to_value(record).unwrap());
    }
}

/// Sends a GET past an inspection; gives what is answered and what is told.
async fn get(inspection: Inspection, target: &str) -> (Result<(), Rejection>, Vec<serde_json::Value>) {
    let told = Arc::new(Told::default());
    let layer = InspectLayer::new(Arc::new(inspection)).with_findings(Some(told.clone()));
    let service = layer.layer(service_fn(|_: Request<InspectedBody<Empty<Bytes>>>| async {
        Ok::<_, Infallible>(Response::new(()))
    }));
    let mut request = Request::get(target).header("host", "shop.example").body(Empty::new()).unwrap();
    request.extensions_mut().insert(Peer { address: "192.0.2.7:999".parse().unwrap(), trusted: false });
    let answer = service.oneshot(request).await.map(|_| ());
    let told = told.0.lock().unwrap().clone();
    (answer, told)
}

const ATTACK: &str = "/items?q=1'%20OR%20'1'='1'%20--";

#[tokio::test]
async fn an_attack_is_refused_told_or_nothing_by_mode() {
    let registry = Registry::new(Default::default());
    let metrics = InspectionMetrics::new(&registry, "shop").unwrap();
    let with = |mode| Inspection { mode, metrics: metrics.clone(), ..Inspection::new("shop") };
    let (answer, told) = get(with(Mode::Block), ATTACK).await;
    assert_eq!(answer, Err(Rejection::AttackDetected));
    let record = &told[0];
    assert_eq!((&record["action"], &record["mode"]), (&"block".into(), &"block".into()));
    assert_eq!((&record["client"], &record["path"]), (&"192.0.2.7".into(), &"/items".into()));
    assert_eq!(record["findings"][0]["class"], "sqli");
    assert_eq!(record["findings"][0]["location"], "query.q");

    let (answer, told) = get(with(Mode::Detect), ATTACK).await;
    assert_eq!((answer, &told[0]["action"]), (Ok(()), &"would_block".into()));
    assert_eq!(get(with(Mode::Off), ATTACK).await, (Ok(()), vec![]));
    let unseen = Inspection { sample: Share::per_million(0).unwrap(), ..with(Mode::Detect) };
    assert_eq!(get(unseen, ATTACK).await, (Ok(()), vec![]));
    assert_eq!(get(with(Mode::Block), "/items?q=lock").await, (Ok(()), vec![]));
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
