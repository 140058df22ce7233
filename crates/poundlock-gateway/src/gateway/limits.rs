//! Limits as the configuration has them, put together with where they are counted.
//!
//! Main type: [`Counting`], which makes a limiter of each configuration and lets it go on where the last one stood. What a
//! limit decides is `poundlock-tower`'s and below.

mod rules;

use super::Shared;
use crate::config::{Config, OnError, Store};
use anyhow::{Context, Result};
use poundlock_limit::{Gcra, Micros};
use poundlock_observe::health::{ComponentSpec, Outcome, Thresholds};
use poundlock_store::limits::redis::{Health, RedisConfig, RedisLimits, SharedLimit, Sharing};
use poundlock_store::limits::sqlite::{SqliteConfig, SqliteQuotas};
use poundlock_store::limits::{Budgets, OnError as Policy};
use poundlock_tower::limit::defs;
use poundlock_tower::{Limiter, Operations, Rule};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::runtime::Handle;

/// The file of quotas in the state folder.
const QUOTAS: &str = "limits.db";
/// How long a start waits for the shared store.
const FIRST_CONTACT: Duration = Duration::from_secs(1);
/// How often the health board hears that nothing has changed.
const STILL: Duration = Duration::from_secs(5);

/// Where limits are counted, over all configurations.
#[derive(Default)]
pub(super) struct Counting {
    limiter: Option<Arc<Limiter>>,
}

impl Counting {
    /// The limiter of a configuration. What keys have spent under the same names stays spent.
    ///
    /// # Errors
    /// The store cannot be opened, or more limits meet in one request than can be decided together.
    pub(super) async fn follow(&mut self, config: &Config, shared: &Shared) -> Result<Arc<Limiter>> {
        let rules = rules::rules(config, shared.operations.registry())?;
        let limits = shared_limits(config, &rules);
        let budgets = match &self.limiter {
            Some(last) => {
                let rates: Vec<Option<Gcra>> = rules.iter().map(rate).collect();
                last.budgets().reconfigured(&limits, &rates, now())
            }
            None => first(config, &rules, &limits, &shared.operations).await?,
        };
        let budgets = Arc::new(with_file(budgets, config, &rules).await?);
        let limiter = match &self.limiter {
            Some(last) => last.succeeded_by(rules, budgets)?,
            None => Limiter::new(rules, budgets)?,
        };
        let limiter = Arc::new(limiter);
        self.limiter = Some(limiter.clone());
        Ok(limiter)
    }

    /// The last limiter.
    pub(super) fn limiter(&self) -> Option<&Arc<Limiter>> {
        self.limiter.as_ref()
    }
}

/// The budgets of the first configuration.
async fn first(
    config: &Config,
    rules: &[Rule],
    limits: &[SharedLimit],
    operations: &Operations,
) -> Result<Budgets> {
    // Who knows the seed can aim at one place of the table.
    let seed = seed().context("the system gives no randomness")?;
    let budgets = Budgets::in_memory(&defs(rules), seed);
    let Some(url) = &config.store.redis else { return Ok(budgets) };
    let Store { deadline, nodes, prefix, .. } = &config.store;
    let redis = RedisConfig { prefix: prefix.clone(), deadline: *deadline, ..RedisConfig::new(url) };
    let redis = RedisLimits::start(redis, limits, &Handle::current()).context("cannot use `store.redis`")?;
    // Limits are shared from the first request on, if the store is there; without it nobody waits for long.
    let mut health = redis.health();
    let _ =
        tokio::time::timeout(FIRST_CONTACT, health.wait_for(|health| *health != Health::Connecting)).await;
    tokio::spawn(watch(redis.clone(), operations.clone()));
    Ok(budgets.shared(redis, policy(config.store.on_error), *nodes, Handle::current()))
}

/// The same, with a file for quotas as soon as there are any and no Redis keeps them.
async fn with_file(budgets: Budgets, config: &Config, rules: &[Rule]) -> Result<Budgets> {
    let quotas = config.limits.iter().any(|limit| {
        limit.budget.quota.is_some() || limit.plans.iter().any(|(_, plan)| plan.quota.is_some())
    });
    if !quotas || budgets.redis().is_some() || budgets.quotas().is_some() {
        return Ok(budgets);
    }
    let quotas = open(&config.state_dir, rules).await?;
    Ok(budgets.durable(quotas, policy(config.store.on_error), Handle::current()))
}

async fn open(state_dir: &Path, rules: &[Rule]) -> Result<SqliteQuotas> {
    let path = state_dir.join(QUOTAS);
    let opened = SqliteQuotas::open(SqliteConfig::new(&path), &defs(rules)).await;
    let (quotas, repaired) = opened.with_context(|| format!("cannot use {}", path.display()))?;
    if let Some(aside) = repaired.set_aside {
        tracing::error!(file = %aside.display(), "the file of quotas was damaged and set aside; quotas begin anew");
    }
    if repaired.quarantined > 0 {
        tracing::error!(
            rows = repaired.quarantined,
            "rows of quotas made no sense and were put into quarantine"
        );
    }
    Ok(quotas)
}

/// Tells the health board about the shared store.
async fn watch(redis: RedisLimits, operations: Operations) {
    let spec = ComponentSpec {
        name: "store-redis".to_owned(),
        measurement: "connection".to_owned(),
        component_type: "datastore".to_owned(),
        // Without it each gateway still does what `on_error` says.
        critical: false,
        thresholds: Thresholds { down_after: 1, up_after: 1, stale_after: STILL * 6 },
    };
    let Ok(component) = operations.board().add(spec) else { return };
    let mut health = redis.health();
    loop {
        let outcome = match &*health.borrow_and_update() {
            Health::Up => Outcome::pass(Duration::ZERO),
            Health::Connecting => Outcome::fail(Duration::ZERO, "not reached yet"),
            Health::Down(why) => Outcome::fail(Duration::ZERO, why.clone()),
        };
        operations.board().observe(component, outcome, operations.now());
        if matches!(tokio::time::timeout(STILL, health.changed()).await, Ok(Err(_))) {
            return;
        }
    }
}

/// What stores are told, in the order of the rules.
fn shared_limits(config: &Config, rules: &[Rule]) -> Vec<SharedLimit> {
    let sharing = |leased| if leased { Sharing::Leased } else { Sharing::Strict };
    let limits = defs(rules).into_iter().zip(&config.limits);
    limits.map(|(def, limit)| SharedLimit { def, sharing: sharing(limit.lease) }).collect()
}

fn rate(rule: &Rule) -> Option<Gcra> {
    rule.limit().plans.default_terms().rate.map(|bucket| bucket.gcra())
}

fn policy(on_error: OnError) -> Policy {
    match on_error {
        OnError::Local => Policy::Local,
        OnError::Allow => Policy::Allow,
        OnError::Deny => Policy::Deny,
    }
}

fn now() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

/// 128 bits from the kernel.
fn seed() -> std::io::Result<[u64; 2]> {
    use std::io::Read as _;
    let mut bytes = [0; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let (low, high) = (u128::from_le_bytes(bytes) as u64, (u128::from_le_bytes(bytes) >> 64) as u64);
    Ok([low, high])
}
