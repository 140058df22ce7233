//! The layer around a service that counts its calls.

use super::*;
use crate::Peer;
use http::{HeaderMap, Method};
use poundlock_limit::{BanRule, Bucket, KeySpec, Limit, Listed, Lists, Mode, PlanSource, Plans, Terms};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::num::{NonZeroU32, NonZeroU64};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

fn terms(rate: &str) -> Terms {
    Terms { rate: Some(Bucket::new(rate.parse().unwrap(), None).unwrap()), quota: None }
}

fn rule(name: &str, key: &str, rate: &str) -> Rule {
    Rule::new(Limit::new(name, KeySpec::parse([key]).unwrap(), Plans::only(terms(rate))).unwrap())
}

/// Answers with a header that says what it cost, and counts.
#[derive(Clone, Default)]
struct App {
    calls: Arc<AtomicU64>,
    cost: Option<&'static str>,
}

impl Service<Request<()>> for App {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        self.calls.fetch_add(1, Relaxed);
        let mut response = Response::new(());
        if let Some(cost) = self.cost {
            response.headers_mut().insert("x-cost", cost.parse().unwrap());
        }
        std::future::ready(Ok(response))
    }
}

struct Client {
    service: LimitService<Arc<LimitSet>, App>,
    calls: Arc<AtomicU64>,
}

impl Client {
    fn of(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self::with(rules, App::default())
    }

    fn with(rules: impl IntoIterator<Item = Rule>, app: App) -> Self {
        let proxies = TrustedProxies::new(["10.0.0.0/8".parse().unwrap()]);
        let layer = LimitLayer::for_all(Limiter::in_memory(rules).unwrap())
            .behind(proxies, Forwarding::XForwardedFor);
        Self { calls: app.calls.clone(), service: layer.layer(app) }
    }

    async fn send(
        &mut self,
        from: &str,
        uri: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<HeaderMap, Rejection> {
        let mut request = Request::builder().method(Method::POST).uri(uri).body(()).unwrap();
        let address = format!("{from}:1").parse().unwrap();
        request.extensions_mut().insert(Peer { address, trusted: from.starts_with("10.") });
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        self.service.call(request).await.map(|response| response.headers().clone())
    }

    async fn ok(&mut self, from: &str) -> bool {
        self.send(from, "/", &[]).await.is_ok()
    }
}

fn refusal(result: Result<HeaderMap, Rejection>) -> Arc<Refused> {
    match result {
        Err(Rejection::RateLimited(refused)) => refused,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_used_up_is_refused_and_said() {
    let mut client = Client::of([rule("a", "ip", "2/h")]);
    let told = client.send("192.0.2.1", "/", &[]).await.unwrap();
    assert_eq!(
        (&told["x-ratelimit-limit"], &told["x-ratelimit-remaining"]),
        (&"2".parse().unwrap(), &"1".parse().unwrap())
    );
    assert_eq!(told["ratelimit-policy"], "\"a\";q=2;w=3600");
    assert!(client.ok("192.0.2.1").await);
    let refused = refusal(client.send("192.0.2.1", "/", &[]).await);
    assert_eq!((&*refused.limit, refused.banned), ("a", false));
    assert!((1800..=1806).contains(&refused.retry_after.unwrap()), "{refused:?}");
    assert!(client.ok("192.0.2.2").await);
    assert_eq!(client.calls.load(Relaxed), 3);
}

#[tokio::test]
async fn a_client_cannot_choose_its_address_and_a_proxy_can() {
    let mut client = Client::of([rule("a", "ip", "1/h")]);
    assert!(client.send("192.0.2.1", "/", &[("x-forwarded-for", "1.1.1.1")]).await.is_ok());
    assert!(client.send("192.0.2.1", "/", &[("x-forwarded-for", "2.2.2.2")]).await.is_err());
    assert!(client.send("10.0.0.1", "/", &[("x-forwarded-for", "9.9.9.9, 3.3.3.3, 10.1.1.1")]).await.is_ok());
    assert!(client.send("10.0.0.2", "/", &[("x-forwarded-for", "3.3.3.3")]).await.is_err());
    assert!(client.send("10.0.0.2", "/", &[("x-forwarded-for", "9.9.9.9")]).await.is_ok());
}

#[tokio::test]
async fn a_shadow_refuses_nobody_and_tells_nothing() {
    let mut trial = rule("trial", "ip", "1/h");
    Arc::make_mut(&mut trial.limit).mode = Mode::Shadow;
    let metrics = trial.metrics.clone();
    let mut client = Client::of([trial, rule("real", "all", "4/h")]);
    for _ in 0..4 {
        let told = client.send("192.0.2.1", "/", &[]).await.unwrap();
        assert_eq!(told["ratelimit-policy"], "\"real\";q=4;w=3600");
    }
    assert!(!client.ok("192.0.2.1").await);
    assert_eq!((metrics.allowed.get(), metrics.would_deny.get()), (1, 3));
}

#[tokio::test]
async fn lists_paths_and_silence() {
    let network = |text: &str| Listed::Network(text.parse().unwrap());
    let mut listed = rule("a", "ip", "1/h");
    listed.lists = Lists::new([network("192.0.2.0/24")], [network("198.51.100.0/24")]).unwrap();
    listed.patterns = Patterns::new(["/v1/*"], []);
    listed.headers = false;
    let mut client = Client::of([listed]);
    for _ in 0..3 {
        assert!(client.send("192.0.2.1", "/v1/a", &[]).await.is_ok());
        assert!(client.send("203.0.113.1", "/v2/a", &[]).await.is_ok());
    }
    assert_eq!(client.send("198.51.100.9", "/v1/a", &[]).await, Err(Rejection::Denied("a".into())));
    let told = client.send("203.0.113.1", "/v1/a", &[]).await.unwrap();
    assert!(told.is_empty(), "{told:?}");
    assert!(client.send("203.0.113.1", "/v1/a", &[]).await.is_err());
}

#[tokio::test]
async fn whoever_keeps_knocking_is_shut_out_until_forgiven() {
    let mut strict = rule("a", "ip", "1/h");
    let hour = NonZeroU64::new(3_600_000_000).unwrap();
    strict.ban = Some(BanRule { denials: NonZeroU32::new(2).unwrap(), within: hour, lasts: hour });
    let mut client = Client::of([strict]);
    let limiter = client.service.layer.limiter.clone();
    assert!(client.ok("192.0.2.1").await);
    for _ in 0..2 {
        assert!(!refusal(client.send("192.0.2.1", "/", &[]).await).banned);
    }
    assert!(refusal(client.send("192.0.2.1", "/", &[]).await).banned);
    assert!(client.ok("192.0.2.2").await);
    let (limit, key) = (limiter.find("a").unwrap(), poundlock_limit::Key::new("192.0.2.1").unwrap());
    assert_eq!(limiter.bans(10).len(), 1);
    limiter.reset(limit, key).await.unwrap();
    assert!(client.ok("192.0.2.1").await && limiter.bans(10).is_empty());
}

#[tokio::test]
async fn a_plan_is_chosen_by_proxies_only() {
    let plans = BTreeMap::from([("gold".to_owned(), terms("3/h"))]);
    let plans = Plans::new(terms("1/h"), PlanSource::Header("x-plan".into()), plans).unwrap();
    let mut planned = Rule::new(Limit::new("a", KeySpec::parse(["ip"]).unwrap(), plans).unwrap());
    planned.plan_header = Some("x-plan".parse().unwrap());
    let mut client = Client::of([planned]);
    let gold = [("x-plan", "gold")];
    let through = [("x-plan", "gold"), ("x-forwarded-for", "3.3.3.3")];
    assert!(client.send("192.0.2.1", "/", &gold).await.is_ok());
    assert!(client.send("192.0.2.1", "/", &gold).await.is_err());
    for _ in 0..3 {
        assert!(client.send("10.0.0.1", "/", &through).await.is_ok());
    }
    assert!(client.send("10.0.0.1", "/", &through).await.is_err());
}

#[tokio::test]
async fn the_answer_says_what_it_cost() {
    let costing = |cost| {
        let mut reserved = rule("a", "ip", "10/h");
        reserved.cost_header = Some("x-cost".parse().unwrap());
        Client::with([reserved], App { cost, ..App::default() })
    };
    let mut dear = costing(Some("6"));
    assert!(!dear.send("192.0.2.1", "/", &[]).await.unwrap().contains_key("x-cost"));
    assert!(dear.ok("192.0.2.1").await);
    assert!(!dear.ok("192.0.2.1").await, "12 of 10 were spent");
    let mut free = costing(Some("0"));
    for _ in 0..20 {
        assert!(free.ok("192.0.2.1").await);
    }
    let mut broken = costing(Some("-1"));
    for _ in 0..10 {
        assert!(broken.ok("192.0.2.1").await);
    }
    assert!(!broken.ok("192.0.2.1").await, "what is no number costs what was estimated");
}

#[tokio::test]
async fn a_grant_is_a_larger_burst_for_one_key() {
    let mut client = Client::of([rule("a", "ip", "1/h")]);
    let limiter = client.service.layer.limiter.clone();
    let (limit, key) = (limiter.find("a").unwrap(), poundlock_limit::Key::new("192.0.2.1").unwrap());
    limiter.grant(limit, key, 2, std::time::Duration::from_secs(60));
    for _ in 0..3 {
        assert!(client.ok("192.0.2.1").await);
    }
    assert!(!client.ok("192.0.2.1").await);
    assert!(client.ok("192.0.2.2").await && !client.ok("192.0.2.2").await);
}

#[tokio::test]
async fn other_rules_go_on_where_these_stood() {
    let mut client = Client::of([rule("b", "ip", "2/h")]);
    assert!(client.ok("192.0.2.1").await && client.ok("192.0.2.1").await && !client.ok("192.0.2.1").await);
    let old = client.service.layer.limiter.clone();
    let key = poundlock_limit::Key::new("192.0.2.9").unwrap();
    old.ban(old.find("b").unwrap(), key, std::time::Duration::from_secs(60));
    let rules = vec![rule("a", "all", "100/h"), rule("b", "ip", "3/h")];
    let shared: Vec<_> = defs(&rules)
        .into_iter()
        .map(|def| poundlock_store::limits::redis::SharedLimit {
            def,
            sharing: poundlock_store::limits::redis::Sharing::Strict,
        })
        .collect();
    let budgets = old.budgets().reconfigured(&shared, &[], old.now());
    let new = old.succeeded_by(rules, Arc::new(budgets)).unwrap();
    let scope = new.all().clone();
    client.service = LimitLayer::new(Arc::new(new), scope).layer(App::default());
    assert!(client.ok("192.0.2.1").await, "a raised limit applies at once");
    assert!(!client.ok("192.0.2.1").await, "and what was spent stays spent");
    assert!(refusal(client.send("192.0.2.9", "/", &[]).await).banned);
}
