//! A service of known capacity behind the layer, in paused time: what comes through at five times that, and below it.

use super::*;
use poundlock_limit::Micros;
use poundlock_limit::throttle::Pressure;
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;
use tokio::time::Instant;

const SERVERS: usize = 8;
const TAKES: Duration = Duration::from_millis(20);
/// Whoever waits longer has gone away in mind.
const PATIENCE: Duration = Duration::from_millis(250);
/// The time in which the limit is found, and the time that counts.
const WARM: Duration = Duration::from_secs(5);
const COUNTED: Duration = Duration::from_secs(20);

/// Servers with one queue in front of them, first come first served.
#[derive(Clone)]
struct Servers {
    free: Rc<RefCell<BinaryHeap<Reverse<Instant>>>>,
    takes: Duration,
}

impl Servers {
    fn new(servers: usize, takes: Duration) -> Self {
        let free = (0..servers).map(|_| Reverse(Instant::now())).collect();
        Self { free: Rc::new(RefCell::new(free)), takes }
    }
}

impl Service<Request<()>> for Servers {
    type Response = ();
    type Error = Rejection;
    type Future = Pin<Box<dyn Future<Output = Result<(), Rejection>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Rejection>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        let mut free = self.free.borrow_mut();
        let Reverse(soonest) = free.pop().expect("there are servers");
        let done = soonest.max(Instant::now()) + self.takes;
        free.push(Reverse(done));
        Box::pin(async move {
            tokio::time::sleep_until(done).await;
            Ok(())
        })
    }
}

#[derive(Debug, Default)]
struct Outcomes {
    good: usize,
    refused: usize,
    late: usize,
}

/// Sends requests at this multiple of the capacity, at even distances, and counts those of the second part.
fn run(load: f64, throttled: bool) -> Outcomes {
    run_on(SERVERS, TAKES, load, throttled.then(Bounds::default))
}

fn run_on(servers: usize, takes: Duration, load: f64, bounds: Option<Bounds>) -> Outcomes {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let policy = bounds.map(|bounds| {
            let throttle = Arc::new(Throttle::new("shop".into(), bounds, NonZeroUsize::MIN));
            tokio::task::spawn_local(tick(throttle.clone()));
            Arc::new(ShedPolicy::new(throttle))
        });
        let mut service = ShedLayer::new(Perhaps(policy)).layer(Servers::new(servers, takes));
        let outcomes = Rc::new(RefCell::new(Outcomes::default()));
        let distance = takes.div_f64(servers as f64 * load);
        let begin = Instant::now();
        for n in 0.. {
            let sent = begin + distance * n;
            if sent > begin + WARM + COUNTED {
                break;
            }
            tokio::time::sleep_until(sent).await;
            let call = service.call(Request::new(()));
            let (outcomes, counts) = (outcomes.clone(), sent > begin + WARM);
            tokio::task::spawn_local(async move {
                let answer = call.await;
                let mut outcomes = outcomes.borrow_mut();
                match answer {
                    _ if !counts => {}
                    Err(_) => outcomes.refused += 1,
                    Ok(()) if sent.elapsed() <= takes.max(PATIENCE) => outcomes.good += 1,
                    Ok(()) => outcomes.late += 1,
                }
            });
        }
        tokio::time::sleep(takes + PATIENCE).await;
        outcomes.take()
    })
}

async fn tick(throttle: Arc<Throttle>) {
    let begin = Instant::now();
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let now = Micros(begin.elapsed().as_micros() as u64);
        throttle.tick(now, Pressure::default(), now.0 / 10_000_000 + 1);
    }
}

/// Throttled or not.
#[derive(Clone)]
struct Perhaps(Option<Arc<ShedPolicy>>);

impl ShedScope for Perhaps {
    fn policy<'a, B>(&'a self, _: &'a Request<B>) -> Option<&'a Arc<ShedPolicy>> {
        self.0.as_ref()
    }
}

/// What the servers could answer in the time that counts.
fn capacity() -> f64 {
    SERVERS as f64 * COUNTED.div_duration_f64(TAKES)
}

#[test]
fn at_five_times_the_load_nine_tenths_of_the_capacity_are_answered_in_time() {
    let with = run(5.0, true);
    assert!(with.good as f64 >= 0.9 * capacity(), "{with:?} of {}", capacity());
    assert_eq!(with.late, 0, "{with:?}");
    let without = run(5.0, false);
    assert!((without.good as f64) < 0.1 * capacity(), "{without:?}: the load is none");
}

#[test]
fn below_the_capacity_nobody_is_refused() {
    for load in [0.1, 0.5, 0.9] {
        let outcomes = run(load, true);
        assert_eq!((outcomes.refused, outcomes.late), (0, 0), "{load}: {outcomes:?}");
    }
}

/// A hundred at once, which is ten times less than it could bear.
#[test]
fn a_service_that_answers_many_at_once_is_refused_nothing_once_its_limit_is_found_or_from_the_start() {
    let check = |takes, bounds| {
        let outcomes = run_on(1_000, Duration::from_millis(takes), 0.1, Some(bounds));
        assert_eq!((outcomes.refused, outcomes.late), (0, 0), "{takes} ms: {outcomes:?}");
    };
    check(200, Bounds::default());
    check(1_000, Bounds::new(2, 150, 10_000).unwrap());
}
