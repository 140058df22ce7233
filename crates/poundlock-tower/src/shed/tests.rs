//! The layer around a service that does what it is told.

mod overload;

use super::*;
use crate::limit::Patterns;
use http::HeaderName;
use poundlock_limit::throttle::{Bounds, Outcome, Window};
use proptest::prelude::*;
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::task::Waker;
use std::time::Duration;

/// What the service does with a request.
#[derive(Debug, Clone)]
enum Act {
    Answer,
    Reject(Rejection),
    Wait(Duration),
    Panic,
}

/// Does what the request's body says.
#[derive(Debug, Clone)]
struct Actor;

impl Service<Request<Act>> for Actor {
    type Response = ();
    type Error = Rejection;
    type Future = Pin<Box<dyn Future<Output = Result<(), Rejection>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Rejection>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Act>) -> Self::Future {
        Box::pin(async move {
            match request.into_body() {
                Act::Answer => Ok(()),
                Act::Reject(rejection) => Err(rejection),
                Act::Wait(time) => {
                    tokio::time::sleep(time).await;
                    Ok(())
                }
                Act::Panic => panic!("as it was told"),
            }
        })
    }
}

fn throttle(limit: u32) -> Arc<Throttle> {
    let bounds = Bounds::new(1, limit, limit).unwrap();
    Arc::new(Throttle::new("shop".into(), bounds, NonZeroUsize::MIN))
}

fn service(throttle: &Arc<Throttle>) -> ShedService<Arc<ShedPolicy>, Actor> {
    ShedLayer::new(Arc::new(ShedPolicy::new(throttle.clone()))).layer(Actor)
}

/// A request that no one answers before the test is over.
fn hold() -> Request<Act> {
    Request::new(Act::Wait(Duration::from_secs(3600)))
}

fn shed() -> Result<(), Rejection> {
    Err(Rejection::Shed("shop".into()))
}

fn window(samples: &[(u64, Outcome)]) -> Window {
    let mut window = Window::default();
    samples.iter().for_each(|(rtt, outcome)| window.sample(*rtt, *outcome));
    window
}

#[tokio::test(start_paused = true)]
async fn what_is_too_much_is_refused_at_once_and_a_place_comes_free_with_the_answer() {
    let throttle = throttle(2);
    let mut service = service(&throttle);
    let wait = |ms| Request::new(Act::Wait(Duration::from_millis(ms)));
    let first = tokio::task::LocalSet::new();
    let (a, b) = (service.call(wait(18)), service.call(wait(30)));
    let both = first.run_until(async { tokio::join!(a, b) });
    assert_eq!(throttle.in_flight(), 2);
    assert_eq!(service.call(Request::new(Act::Answer)).await, shed());
    assert_eq!(both.await, (Ok(()), Ok(())));
    assert_eq!(throttle.in_flight(), 0);
    let mut expect = window(&[(18_000, Outcome::Answered), (30_000, Outcome::Answered)]);
    expect.refuse();
    assert_eq!(throttle.seen(), expect, "the time is that to the head of the answer");
    assert_eq!(service.call(Request::new(Act::Answer)).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_gives_its_place_back() {
    let throttle = throttle(1);
    let mut service = service(&throttle);
    let mut waiting = Box::pin(service.call(hold()));
    assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    tokio::time::advance(Duration::from_millis(7)).await;
    assert_eq!(throttle.in_flight(), 1);
    drop(waiting);
    assert_eq!(throttle.in_flight(), 0);
    assert_eq!(throttle.seen(), window(&[(7_000, Outcome::Abandoned)]));
}

#[test]
fn a_panic_gives_its_place_back_and_says_nothing_of_the_service() {
    let throttle = throttle(1);
    let mut service = service(&throttle);
    let call = std::panic::AssertUnwindSafe(|| {
        let future = pin!(service.call(Request::new(Act::Panic)));
        let _ = future.poll(&mut Context::from_waker(Waker::noop()));
    });
    assert!(std::panic::catch_unwind(call).is_err());
    assert_eq!((throttle.in_flight(), throttle.seen()), (0, Window::default()));
}

#[tokio::test(start_paused = true)]
async fn a_rejection_from_below_counts_by_its_kind() {
    let shop = || "shop".into();
    let silent = Window::default();
    for (rejection, expect) in [
        (Rejection::UpstreamTimeout(shop()), window(&[(0, Outcome::Abandoned)])),
        (Rejection::UpstreamConnect(shop()), window(&[(0, Outcome::Failed)])),
        (Rejection::UpstreamReset(shop()), silent),
        (Rejection::Denied(shop()), silent),
        (Rejection::LimitsUnavailable, silent),
        (Rejection::ClientTimeout, silent),
        (Rejection::BodyTooLarge(1), silent),
    ] {
        let throttle = throttle(1);
        let answer = service(&throttle).call(Request::new(Act::Reject(rejection.clone()))).await;
        assert_eq!(answer, Err(rejection.clone()));
        assert_eq!((throttle.in_flight(), throttle.seen()), (0, expect), "{rejection:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn sheddable_requests_stop_first_and_critical_ones_last() {
    let throttle = throttle(40);
    let mut policy = ShedPolicy::new(throttle.clone());
    policy.priorities = Priorities {
        critical: Some(Patterns::new(["/pay"], [])),
        sheddable: Some(Patterns::new(["/batch"], [])),
        header: Some(HeaderName::from_static("x-priority")),
    };
    let mut service = ShedLayer::new(Arc::new(policy)).layer(Actor);
    let mut fill = |path: &'static str| {
        let mut request = || {
            let mut request = hold();
            *request.uri_mut() = path.parse().unwrap();
            Box::pin(service.call(request))
        };
        let mut held = Vec::new();
        loop {
            let mut call = request();
            match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Pending => held.push(call),
                Poll::Ready(answer) => {
                    assert_eq!(answer, shed());
                    return held;
                }
            }
        }
    };
    let (batch, other, pay) = (fill("/batch"), fill("/"), fill("/pay"));
    assert_eq!([batch.len(), other.len(), pay.len()], [24, 8, 8]);
    assert_eq!(throttle.in_flight(), 40);
}

#[tokio::test(start_paused = true)]
async fn a_client_with_more_than_its_share_stops_before_others_also_behind_a_proxy() {
    let throttle = throttle(40);
    let proxies = TrustedProxies::new(["10.0.0.0/8".parse().unwrap()]);
    let layer = ShedLayer::new(Arc::new(ShedPolicy::new(throttle.clone())));
    let mut service = layer.behind(proxies.clone(), Forwarding::XForwardedFor).layer(Actor);
    let mut ask = |client: String| {
        let mut request = hold();
        request.headers_mut().insert("x-forwarded-for", client.parse().unwrap());
        request.extensions_mut().insert(proxies.peer("10.0.0.1:1".parse().unwrap()));
        let mut call = Box::pin(service.call(request));
        call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending().then_some(call)
    };
    let _few: Vec<_> = (0..8).map(|n| ask(format!("192.0.2.{n}")).unwrap()).collect();
    let greedy: Vec<_> = (0..40).map_while(|_| ask("198.51.100.1".into())).collect();
    assert_eq!(greedy.len(), 20, "it stops one step below");
    assert!((8..12).all(|n| ask(format!("192.0.2.{n}")).is_some()), "the others do not");
}

#[test]
fn other_bounds_begin_anew_and_the_same_do_not() {
    let throttle = throttle(8);
    assert!(throttle.admit(0, poundlock_limit::throttle::Priority::Critical, 0));
    throttle.keep_to(Bounds::new(2, 5, 50).unwrap());
    assert_eq!((throttle.limit(), throttle.in_flight()), (5, 1));
    throttle.load_limit(9);
    throttle.keep_to(Bounds::new(2, 5, 50).unwrap());
    assert_eq!(throttle.limit(), 9);
}

#[test]
fn a_network_of_ipv6_is_one_client() {
    let key = |text: &str| share_key(text.parse().unwrap());
    assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
    assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
    assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
    assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
}

proptest! {
    #[test]
    fn every_place_is_given_back_and_the_limit_holds(limit in 1..20u32, steps in prop::collection::vec(0..6u8, 1..200)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let throttle = throttle(limit);
            let mut service = service(&throttle);
            let mut open = Vec::new();
            for step in steps {
                match step {
                    0 => _ = service.call(Request::new(Act::Answer)).await,
                    1 => _ = service.call(Request::new(Act::Reject(Rejection::NoInstance("shop".into())))).await,
                    2 => drop(open.pop()),
                    _ => open.push(service.call(hold())),
                }
                assert!(throttle.in_flight() <= limit);
            }
            drop(open);
            assert_eq!(throttle.in_flight(), 0);
        });
    }
}
