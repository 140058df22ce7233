//! From a configured limit to a rule of the limit layer.
//!
//! Main function: [`rules`]. Values were checked with the configuration.

use crate::config::{Config, Limit as Configured, LimitBudget, LimitMode, Missing};
use anyhow::{Context, Result};
use http::{HeaderName, Method};
use ipnet::IpNet;
use poundlock_limit::{
    BanRule, Bucket, Limit, Listed, Lists, Missing as WhenMissing, Mode, PlanSource, Plans, Terms,
};
use poundlock_observe::Registry;
use poundlock_tower::Rule;
use poundlock_tower::limit::{Patterns, RuleMetrics};
use std::num::NonZeroU64;
use std::time::Duration;

/// The rules of a configuration, in its order.
pub(super) fn rules(config: &Config, registry: &Registry) -> Result<Vec<Rule>> {
    let rule = |limit: &Configured| rule(limit, registry).with_context(|| format!("limit `{}`", limit.name));
    config.limits.iter().map(rule).collect()
}

fn rule(limit: &Configured, registry: &Registry) -> Result<Rule> {
    let methods = limit.methods.iter().filter_map(|m| Method::from_bytes(m.as_bytes()).ok());
    let networks = |list: &[IpNet]| list.iter().copied().map(Listed::Network).collect::<Vec<_>>();
    let mut rule = Rule::new(core(limit)?);
    rule.patterns = Patterns::new(limit.paths.iter().map(String::as_str), methods);
    rule.services = limit.services.iter().map(|service| service.as_str().into()).collect();
    rule.lists = Lists::new(networks(&limit.allow), networks(&limit.deny))?;
    rule.ban = limit.ban.map(|ban| BanRule {
        denials: ban.after,
        within: micros(ban.within),
        lasts: micros(ban.lasts),
    });
    rule.refuse_missing = limit.missing == Missing::Deny;
    rule.headers = limit.headers;
    rule.cost_header = header(limit.cost_header.as_deref())?;
    rule.plan_header = header(limit.plan_header.as_deref())?;
    rule.max_keys = limit.max_keys;
    rule.metrics = RuleMetrics::new(registry, &limit.name)?;
    Ok(rule)
}

fn core(limit: &Configured) -> Result<Limit> {
    let own = terms(&limit.budget)?;
    let plans = match &limit.plan_header {
        Some(header) => {
            let plans = limit.plans.iter().map(|(name, plan)| Ok((name.clone(), terms(plan)?)));
            Plans::new(own, PlanSource::Header(header.clone()), plans.collect::<Result<_>>()?)?
        }
        None => Plans::only(own),
    };
    let mut core = Limit::new(&limit.name, limit.key.clone(), plans)?;
    core.cost = limit.cost;
    core.missing = match limit.missing {
        Missing::Ip => WhenMissing::ByIp,
        Missing::Skip | Missing::Deny => WhenMissing::Skip,
    };
    core.mode = match limit.mode {
        LimitMode::Enforce => Mode::Enforce,
        LimitMode::Shadow => Mode::Shadow,
        LimitMode::Off => Mode::Off,
    };
    Ok(core)
}

fn terms(budget: &LimitBudget) -> Result<Terms> {
    let bucket = |(rate, gcra): &(poundlock_limit::Rate, poundlock_limit::Gcra)| {
        Bucket::new(*rate, NonZeroU64::new(gcra.burst())).map_err(|error| anyhow::anyhow!("{error:?}"))
    };
    Ok(Terms { rate: budget.rate.as_ref().map(bucket).transpose()?, quota: budget.quota.clone() })
}

fn header(name: Option<&str>) -> Result<Option<HeaderName>> {
    name.map(|name| name.parse().context("malformed header name")).transpose()
}

fn micros(duration: Duration) -> NonZeroU64 {
    u64::try_from(duration.as_micros()).ok().and_then(NonZeroU64::new).unwrap_or(NonZeroU64::MIN)
}
