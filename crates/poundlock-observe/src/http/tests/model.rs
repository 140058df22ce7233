//! Random requests on random shards against a plain map of lists.

use super::*;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    Request {
        shard: usize,
        route: usize,
        method: Method,
        status: u16,
        error: Option<ErrorType>,
        ns: u64,
        bytes: (u64, u64),
    },
    Reopen {
        shard: usize,
    },
}

/// A route, its scheme, and what a request of it is labelled with.
type ModelKey = (usize, Method, String, String);
type Model = BTreeMap<ModelKey, Vec<(u64, u64, u64)>>;

const EXCLUSIVE: usize = 2;
const ROUTES: [(&str, Scheme); 3] = [("/a", Scheme::Http), ("/a", Scheme::Https), ("/b\"\\\n", Scheme::Http)];

fn edges(bounds: &'static [u64]) -> impl Strategy<Value = u64> {
    let near = prop::sample::select(bounds).prop_flat_map(|bound| bound.saturating_sub(1)..=bound + 1);
    prop_oneof![near, 0..20_000_000_000_u64]
}

fn step() -> impl Strategy<Value = Step> {
    let ns = edges(&[0, 5_000_000, 75_000_000, 250_000_000, 1_000_000_000, 10_000_000_000]);
    let bytes = || edges(&[0, 256, 1_024, 65_536, 4_194_304, 16_777_216]);
    let request = (
        0..=EXCLUSIVE,
        0..ROUTES.len(),
        prop::sample::select(&Method::ALL[..]),
        prop::sample::select(&[200, 204, 404, 499, 500, 502, 504][..]),
        prop::option::of(prop::sample::select(&ErrorType::ALL[..])),
        ns,
        (bytes(), bytes()),
    );
    let request = request.prop_map(|(shard, route, method, status, error, ns, bytes)| Step::Request {
        shard,
        route,
        method,
        status,
        error,
        ns,
        bytes,
    });
    prop_oneof![20 => request, 1 => (0..EXCLUSIVE).prop_map(|shard| Step::Reopen { shard })]
}

fn error_label(status: u16, error: Option<ErrorType>) -> String {
    match error {
        Some(error) => error.as_str().to_owned(),
        None if status >= 500 => status.to_string(),
        None => String::new(),
    }
}

fn run(steps: Vec<Step>, metrics: &HttpMetrics) -> Model {
    let routes = ROUTES.map(|(route, scheme)| metrics.route(route, scheme));
    let mut exclusive = [metrics.shard(), metrics.shard()];
    let shared = metrics.shared();
    let mut model = Model::new();
    for step in steps {
        match step {
            Step::Reopen { shard } => exclusive[shard] = metrics.shard(),
            Step::Request { shard, route, method, status, error, ns, bytes } => {
                let recorder: &dyn HttpRecorder =
                    exclusive.get(shard).map_or(&shared as &dyn HttpRecorder, |shard| shard);
                recorder.begin(routes[route], method);
                recorder.finish(&RequestRecord {
                    route: routes[route],
                    method,
                    status,
                    error,
                    duration: Duration::from_nanos(ns),
                    request_bytes: bytes.0,
                    response_bytes: bytes.1,
                });
                let key = (route, method, status.to_string(), error_label(status, error));
                model.entry(key).or_default().push((ns, bytes.0, bytes.1));
            }
        }
    }
    model
}

/// Compares one histogram with the observations it must hold; `scale` turns a bound into their unit.
fn check(histogram: &ParsedHistogram, observed: &[u64], scale: f64) {
    assert_eq!(histogram.count, observed.len() as u64);
    for (le, count) in &histogram.buckets[..histogram.buckets.len() - 1] {
        let bound = (le.parse::<f64>().unwrap() * scale).round() as u64;
        assert_eq!(*count, observed.iter().filter(|value| **value <= bound).count() as u64, "le={le}");
    }
    let sum = observed.iter().sum::<u64>() as f64 / scale;
    assert!((histogram.sum - sum).abs() <= sum * 1e-12, "{} is not {sum}", histogram.sum);
}

proptest! {
    // A case reads up to ten thousand lines back.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn merged_shards_equal_the_model(steps in prop::collection::vec(step(), 0..150)) {
        let metrics = HttpMetrics::new(Limits::default());
        let model = run(steps, &metrics);
        let samples = scrape(&metrics);
        let families = [REQUEST_DURATION, REQUEST_BODY_SIZE, RESPONSE_BODY_SIZE]
            .map(|family| testing::histograms(&samples, family));
        for ((route, method, status, error), observed) in &model {
            let labels = testing::labels([
                ("http_request_method", method.as_str()),
                ("http_route", ROUTES[*route].0),
                ("http_response_status_code", status),
                ("url_scheme", ROUTES[*route].1.as_str()),
                ("error_type", error),
            ]);
            check(&families[0][&labels], &observed.iter().map(|o| o.0).collect::<Vec<_>>(), 1e9);
            check(&families[1][&labels], &observed.iter().map(|o| o.1).collect::<Vec<_>>(), 1.0);
            check(&families[2][&labels], &observed.iter().map(|o| o.2).collect::<Vec<_>>(), 1.0);
        }
        let shown: u64 = families[0].values().map(|histogram| histogram.count).sum();
        prop_assert_eq!(shown, model.values().map(|observed| observed.len() as u64).sum::<u64>());
        let active = samples.iter().filter(|sample| sample.name == ACTIVE_REQUESTS);
        prop_assert!(active.into_iter().all(|sample| sample.value == 0.0));
    }
}
