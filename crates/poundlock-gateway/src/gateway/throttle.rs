//! Adaptive throttling of the services: which have it, and the timer that moves their limits.
//!
//! Main functions: [`policy`] and [`run`]. How a limit moves is `poundlock-limit`'s, what follows for a request
//! `poundlock-tower`'s.

mod pressure;

use super::Shared;
use crate::config::{Service as ServiceConfig, ThrottleMode};
use crate::routing::Service;
use anyhow::{Context, Result};
use http::HeaderName;
use poundlock_limit::Micros;
use poundlock_tower::limit::Patterns;
use poundlock_tower::shed::{Priorities, Tick, Turn};
use poundlock_tower::{ShedPolicy, Throttle};
use pressure::Gauge;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Between two ticks; the controller's windows are five of them.
const EVERY: Duration = Duration::from_millis(50);
/// The same while no service is throttled.
const IDLE: Duration = Duration::from_secs(1);

/// How a service is throttled, if it is. What `before` has in flight and has learnt goes on.
///
/// # Errors
/// The name of a metric belongs to something else, or that of the header is none.
pub(super) fn policy(
    service: &ServiceConfig,
    before: Option<&Arc<Service>>,
    workers: usize,
    shared: &Shared,
) -> Result<Option<Arc<ShedPolicy>>> {
    let config = &service.throttle;
    if config.mode == ThrottleMode::Off {
        return Ok(None);
    }
    let throttle = match before.and_then(|before| before.shed.as_ref()) {
        Some(known) => known.throttle.clone(),
        None => {
            let desks = NonZeroUsize::new(workers).unwrap_or(NonZeroUsize::MIN);
            let throttle = Throttle::new(service.name.as_str().into(), config.bounds, desks);
            Arc::new(throttle.counted(shared.operations.registry())?)
        }
    };
    throttle.keep_to(config.bounds);
    let header = config.priority_header.as_deref().map(|name| HeaderName::from_bytes(name.as_bytes()));
    let priorities = Priorities {
        critical: patterns(&config.critical),
        sheddable: patterns(&config.sheddable),
        header: header.transpose().context("`priority_header`")?,
    };
    Ok(Some(Arc::new(ShedPolicy { throttle, priorities })))
}

/// No path is none, and not all.
fn patterns(paths: &[String]) -> Option<Patterns> {
    (!paths.is_empty()).then(|| Patterns::new(paths.iter().map(String::as_str), []))
}

/// Moves the limits of all services for ever.
pub(super) async fn run(shared: Arc<Shared>, workers: usize) {
    let (begin, mut gauge, mut planned) = (Instant::now(), Gauge::new(workers), Instant::now());
    loop {
        let pressure = gauge.read(planned.elapsed());
        let now = Micros(u64::try_from(begin.elapsed().as_micros()).unwrap_or(u64::MAX));
        let mut pause = IDLE;
        for policy in shared.routing.load().services.iter().filter_map(|service| service.shed.as_ref()) {
            pause = EVERY;
            let tick = policy.throttle.tick(now, pressure, fastrand::u64(..));
            report(&policy.throttle, &tick);
        }
        planned = Instant::now() + pause;
        sleep_until(planned).await;
    }
}

/// Two lines for each time that requests are shed, however many they are.
fn report(throttle: &Throttle, tick: &Tick) {
    let (service, limit) = (throttle.service(), tick.limit);
    match tick.turn {
        Some(Turn::Began) => {
            tracing::warn!(%service, limit, "the service has more requests than it can take: shedding");
        }
        Some(Turn::Ended { shed, lasted_us }) => {
            let lasted = Duration::from_micros(lasted_us);
            tracing::info!(%service, limit, shed, ?lasted, "shedding has ended");
        }
        None => {
            tracing::trace!(%service, limit, cause = ?tick.cause, in_flight = throttle.in_flight(), "tick")
        }
    }
}
