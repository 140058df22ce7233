//! Asks instances whether they are well, and tells the health board about services.
//!
//! Main type: [`Probes`]. One task an instance; a request never waits for a probe. What an outcome
//! means is `poundlock-scale`'s to say.

mod ask;

use crate::config::{Config, HealthCheck};
use crate::routing::{Routing, Service};
use crate::upstream::Instance;
use poundlock_observe::health::{ComponentId, ComponentSpec, Outcome as Checked, OutcomeKind, Thresholds};
use poundlock_scale::{Change, Outcome};
use poundlock_tower::Operations;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How soon an instance that is down is asked again, if `every` is longer: people wait for it.
const WHILE_DOWN: Duration = Duration::from_secs(1);

/// The probes of one routing table.
#[derive(Default)]
pub(super) struct Probes {
    tasks: JoinSet<()>,
    components: HashMap<Arc<str>, ComponentId>,
}

impl Probes {
    /// Probes the instances of this table instead of those before.
    pub(super) fn follow(&mut self, routing: &Routing, config: &Config, operations: &Operations) {
        self.tasks = JoinSet::new();
        let gone = |name: &Arc<str>| !routing.services.iter().any(|s| s.name == *name);
        self.components.retain(|name, id| {
            let keep = !gone(name);
            if !keep {
                operations.board().remove(*id);
            }
            keep
        });
        for service in &routing.services {
            let Some(settings) = config.services.iter().find(|s| *s.name == *service.name) else { continue };
            let component = self.component(service, &settings.health, operations);
            for instance in &service.instances {
                let probe = Probe {
                    service: service.clone(),
                    instance: instance.clone(),
                    check: settings.health.clone(),
                    operations: operations.clone(),
                    component,
                };
                self.tasks.spawn(probe.run());
            }
        }
    }

    fn component(
        &mut self,
        service: &Service,
        check: &HealthCheck,
        operations: &Operations,
    ) -> Option<ComponentId> {
        if let Some(known) = self.components.get(&service.name) {
            return Some(*known);
        }
        let spec = ComponentSpec {
            name: format!("upstream-{}", service.name),
            measurement: "instances".to_owned(),
            component_type: "component".to_owned(),
            // If the upstream is down for all gateways, all of them leaving the balancer helps nobody.
            critical: false,
            // Instances have their own thresholds; the service is what they are.
            thresholds: Thresholds {
                down_after: 1,
                up_after: 1,
                stale_after: (check.every * 3).max(Duration::from_secs(30)),
            },
        };
        let id = operations.board().add(spec).inspect_err(|error| {
            tracing::warn!(service = %service.name, %error, "the service is not on the health board");
        });
        let id = id.ok()?;
        self.components.insert(service.name.clone(), id);
        Some(id)
    }
}

/// One instance and how it is asked.
struct Probe {
    service: Arc<Service>,
    instance: Arc<Instance>,
    check: HealthCheck,
    operations: Operations,
    component: Option<ComponentId>,
}

impl Probe {
    async fn run(self) {
        // Spread the first probes, or a gateway with many instances would ask all of them at once.
        tokio::time::sleep(self.check.every.mul_f64(fastrand::f64() / 10.0)).await;
        loop {
            let start = Instant::now();
            let result = tokio::time::timeout(self.check.timeout, ask::ask(&self.instance, &self.check))
                .await
                .unwrap_or_else(|_| Err(format!("no answer within {:?}", self.check.timeout)));
            self.take_in(&result, start.elapsed());
            let every = match self.instance.health().is_up() {
                true => self.check.every,
                false => self.check.every.min(WHILE_DOWN),
            };
            // A tenth of jitter keeps gateways of a fleet from asking in step.
            tokio::time::sleep(every.mul_f64(0.95 + fastrand::f64() / 10.0)).await;
        }
    }

    fn take_in(&self, result: &Result<(), String>, took: Duration) {
        let outcome = if result.is_ok() { Outcome::ProbeOk } else { Outcome::ProbeFailed };
        let (service, instance) = (&self.service.name, &self.instance.label);
        match (self.instance.observe(outcome), result) {
            (Some(Change::WentDown), Err(reason)) => {
                tracing::warn!(%service, %instance, reason, "instance is down");
            }
            (Some(Change::CameUp), _) => tracing::info!(%service, %instance, "instance is up"),
            _ => {}
        }
        if let Some(component) = self.component {
            let state = state_of(&self.service, took, result.as_ref().err());
            self.operations.board().observe(component, state, self.operations.now());
        }
    }
}

/// All up passes, some up warns, none up fails.
fn state_of(service: &Service, latency: Duration, reason: Option<&String>) -> Checked {
    let down: Vec<&str> =
        service.instances.iter().filter(|i| !i.health().is_up()).map(|i| &*i.label).collect();
    let total = service.instances.len();
    let kind = match down.len() {
        0 => OutcomeKind::Pass,
        n if n < total => OutcomeKind::Warn,
        _ => OutcomeKind::Fail,
    };
    let output = (!down.is_empty()).then(|| {
        let because = reason.map(|r| format!(" (last probe: {r})")).unwrap_or_default();
        format!("{} of {total} instances down: {}{because}", down.len(), down.join(", "))
    });
    Checked { kind, latency, observed: None, output }
}
