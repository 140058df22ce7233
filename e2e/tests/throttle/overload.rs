//! An upstream of known capacity gets five times what it can bear, with a throttle and without.
//!
//! What counts is what the upstream itself could do: it books each request on the first of its servers that is free, and
//! an answer is good if it is booked to end within the patience of its client. So a busy machine, which delays threads
//! but not bookings, changes little.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use e2e::{Client, Config, Gateway, Upstream};

/// 133 answers a second.
const SERVERS: usize = 8;
const TAKES: Duration = Duration::from_millis(60);
/// What a client waits before an answer is of no use to it.
const PATIENCE: Duration = Duration::from_millis(300);
/// Clients that ask each 250 ms, or at once if their last request took longer: 680 requests a second.
const CLIENTS: u32 = 170;
const EACH: Duration = Duration::from_millis(250);
/// The time in which the limit is found, and a period that counts.
const WARM: Duration = Duration::from_secs(5);
const PERIOD: Duration = Duration::from_secs(6);
/// Periods that are tried. Whatever else the machine does lowers a result and never raises one; a gateway that does not
/// throttle fails in all of them, as the second test shows.
const PERIODS: usize = 5;
/// One load at a time: they would be each other's disturbance.
static ALONE: Mutex<()> = Mutex::new(());

/// An upstream whose capacity is known.
struct Servers {
    free: Mutex<BinaryHeap<Reverse<Instant>>>,
    counting: AtomicBool,
    good: AtomicUsize,
}

impl Servers {
    fn upstream() -> (Upstream, Arc<Self>) {
        let now = Instant::now();
        let servers = Arc::new(Self {
            free: Mutex::new((0..SERVERS).map(|_| Reverse(now)).collect()),
            counting: AtomicBool::new(false),
            good: AtomicUsize::new(0),
        });
        let working = servers.clone();
        let upstream = Upstream::serve(move |connection| {
            while connection.read().is_some() {
                working.work();
                if !connection.ok("done") {
                    return;
                }
            }
        });
        (upstream, servers)
    }

    /// The share of its capacity that was used well in the next period.
    fn period(&self) -> f64 {
        self.good.store(0, Ordering::SeqCst);
        let from = Instant::now();
        self.counting.store(true, Ordering::SeqCst);
        std::thread::sleep(PERIOD);
        self.counting.store(false, Ordering::SeqCst);
        let could = SERVERS as f64 * from.elapsed().div_duration_f64(TAKES);
        self.good.load(Ordering::SeqCst) as f64 / could
    }

    /// Takes its turn on the server that is free first.
    fn work(&self) {
        let arrived = Instant::now();
        let done = {
            let mut free = self.free.lock().expect("no panic here");
            let Reverse(soonest) = free.pop().expect("there are servers");
            let done = soonest.max(arrived) + TAKES;
            free.push(Reverse(done));
            done
        };
        if self.counting.load(Ordering::SeqCst) && done - arrived <= PATIENCE {
            self.good.fetch_add(1, Ordering::SeqCst);
        }
        std::thread::sleep(done.saturating_duration_since(Instant::now()));
    }
}

/// What clients saw in the time that counts.
#[derive(Debug, Default)]
struct Seen {
    answered: Vec<Duration>,
    refused: Vec<Duration>,
    other: Vec<u16>,
}

impl Seen {
    fn percentile(times: &mut [Duration], of_100: usize) -> Duration {
        times.sort_unstable();
        times[(times.len() * of_100 / 100).min(times.len() - 1)]
    }
}

/// Good answers as a share of what the servers could give in the same time, and what clients saw: of the first period
/// with the share that is `wanted`, or the best.
fn overload(gateway: &Gateway, servers: &Servers, wanted: f64) -> (f64, Seen) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (seen, stop) = (Mutex::new(Seen::default()), AtomicBool::new(false));
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (seen, stop, first) = (&seen, &stop, begin + EACH * number / CLIENTS);
            scope.spawn(move || ask_on(gateway.client(), first, seen, servers, stop));
        }
        std::thread::sleep(WARM);
        let mut best = (0.0, Seen::default());
        for _ in 0..PERIODS {
            let share = servers.period();
            let seen = std::mem::take(&mut *seen.lock().expect("no panic here"));
            if share >= best.0 {
                best = (share, seen);
            }
            if share >= wanted {
                break;
            }
        }
        stop.store(true, Ordering::SeqCst);
        best
    })
}

/// A client that asks at its times until it is told to stop.
fn ask_on(mut client: Client, mut next: Instant, seen: &Mutex<Seen>, servers: &Servers, stop: &AtomicBool) {
    while !stop.load(Ordering::SeqCst) {
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        let counts = servers.counting.load(Ordering::SeqCst);
        let sent = Instant::now();
        let answer = client.get("/");
        next = (next + EACH).max(Instant::now());
        let mut seen = seen.lock().expect("no panic here");
        match answer.status {
            _ if !counts => {}
            200 => seen.answered.push(sent.elapsed()),
            503 => {
                assert_eq!(answer.problem()["type"], "urn:poundlock:problem:shed");
                assert_eq!(
                    (answer.problem()["service"].as_str(), answer.header("retry-after")),
                    (Some("api"), Some("1"))
                );
                seen.refused.push(sent.elapsed());
            }
            other => seen.other.push(other),
        }
    }
}

#[test]
fn at_five_times_the_capacity_nine_tenths_of_it_are_answered_in_time_and_the_rest_is_refused_at_once() {
    let (upstream, servers) = Servers::upstream();
    let gateway = Gateway::start(&Config::to(&[&upstream]).service("throttle = { mode = \"on\" }"));
    let (share, mut seen) = overload(&gateway, &servers, 0.9);
    let (answered, refused) = (seen.answered.len(), seen.refused.len());
    assert!(share >= 0.9, "{share:.3} of the capacity was used well; {answered} answered, {refused} refused");
    assert_eq!(seen.other, [0; 0]);
    assert!(refused > 2 * answered, "{refused} refused, {answered} answered: the load was no overload");
    let p99 = Seen::percentile(&mut seen.answered, 99);
    assert!(p99 <= Duration::from_millis(500), "the slowest of a hundred admitted took {p99:?}");
    let half = Seen::percentile(&mut seen.refused, 50);
    assert!(half < TAKES, "half of the refused waited {half:?} for it");
    let metrics = gateway.metrics();
    assert!(
        metrics.sum("poundlock_shed_total", &[("service", "api"), ("priority", "default")]) >= refused as f64
    );
    assert_eq!(metrics.sum("poundlock_concurrency_in_flight", &[("service", "api")]), 0.0);
    gateway.wait_log("shedding has ended");
    assert_eq!(gateway.log().matches(": shedding").count(), 1, "one line when it begins");
}

#[test]
fn without_a_throttle_the_same_load_gets_hardly_a_good_answer() {
    let (upstream, servers) = Servers::upstream();
    let gateway = Gateway::to(&upstream);
    let (share, mut seen) = overload(&gateway, &servers, 0.0);
    assert!(
        share < 0.5,
        "{share:.3} of the capacity was used well without a throttle: the test above shows nothing"
    );
    assert!(Seen::percentile(&mut seen.answered, 50) > PATIENCE);
}
